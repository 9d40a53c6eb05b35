"""The rule for CPR numbers in texts, on what was never written down: random disguises, and 10,000 lines without one."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.simulate.registers import replacement_cpr
from vocabulary.cpr_digits import REPLACEMENT_DAY, broken_rule
from vocabulary.cpr_in_text import holds_cpr, mask_cpr, may_hide_cpr
from vocabulary.weeks import Week

ROOT = Path(__file__).parents[2]
LINES = 10_000
FOLDERS = ("examples", "policies", "docs", "connectors", "verifier")
# what a municipality ships, signs and publishes
SHIPPED = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".toml", ".md", ".html", ".txt", ".cedar", ".csv"}
)
TELL_OF_NUMBERS = {"docs/sources/cells.md"}  # the page shows how a number is read


people = st.builds(replacement_cpr, st.integers(0, 10_000))
scripts = st.sampled_from("0٠०０𝟎𝟘")  # zeros, which nine more digits follow
joints = st.text(st.sampled_from("-–. /_:·*\u00a0\u2009"), min_size=1, max_size=2)
letters = st.text(st.sampled_from("aXøÅ-"), min_size=1, max_size=2)
around = st.sampled_from(["", " ", "“", ": ", "– ", ", ", "\n", "og "])


def joined(digits: str, between: dict[int, str]) -> str:
    return "".join(between.get(place, "") + one for place, one in enumerate(digits))


@given(people, scripts, st.sets(st.integers(1, 9)), joints, around, around)
def test_whatever_joins_the_digits_of_a_script(
    cpr: str, zero: str, places: set[int], joint: str, before: str, behind: str
):
    """Each separator, at any places, in every script; in prose and alone. Of several mixed the rule promises less:
    one may stand in an amount, and another beside it."""
    written = joined("".join(chr(ord(zero) + int(one)) for one in cpr), dict.fromkeys(places, joint))
    text = f"{before}{written}{behind[::-1]}"
    assert holds_cpr(text)
    assert may_hide_cpr(text)
    assert not any(one.isnumeric() for one in mask_cpr(text))


@given(people, st.dictionaries(st.integers(1, 9), letters), st.booleans(), letters, letters)
def test_whatever_letters_hide_a_reference(cpr: str, between: dict[int, str], turned: bool, before: str, behind: str):
    assert may_hide_cpr(f"{before}{joined(cpr[::-1] if turned else cpr, between)}{behind}")


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(1, 3999))
def test_a_reference_whose_zero_a_spreadsheet_took(born: date, serial: int):
    """The days of the first nine of a month; the digits are looked at, and stand nowhere."""
    digits = f"{1 + born.day % 9:02}{born:%m%y}{serial:04}"
    if not broken_rule(digits):
        assert may_hide_cpr(f"SAG-{int(digits)}")
        assert may_hide_cpr(f"{digits[1:6]}-{digits[6:]}")


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.text(max_size=20), people)
def test_any_text_is_looked_at_and_masked(text: str, more: str, cpr: str):
    masked = mask_cpr(f"{text} {cpr} {more}")
    assert cpr not in masked
    assert mask_cpr(masked) == masked or holds_cpr(masked)


def _amount(draw: random.Random) -> str:
    øre = draw.randrange(10 ** draw.randint(2, 10))
    whole, part = f"{øre // 100:,}".replace(",", draw.choice("., ")), f"{øre % 100:02}"
    return draw.choice(
        [f"{whole},{part} kr.".replace(",", ",") if "," not in whole else f"{whole}.{part}", f"{øre // 10_000} kr."]
    )


def _day(draw: random.Random) -> str:
    day = date(1990, 1, 1) + timedelta(draw.randrange(50 * 365))
    return draw.choice(
        [f"{day}", f"{day:%d.%m.%Y}", f"{day:%d-%m-%Y}", f"{day:%Y%m%d}", f"{day.day}/{day.month}-{day:%Y}"]
    )


def _week(draw: random.Random) -> str:
    week = Week.of(date(2010, 1, 4) + timedelta(draw.randrange(20 * 365)))
    text = f"{week}"
    return draw.choice([text, text.replace("-", ""), f"uge {text[-2:]}", f"uge {text[-2:]}/{text[:4]}"])


def _phone(draw: random.Random) -> str:
    digits = f"{draw.randrange(20_000_000, 99_999_999)}"
    pairs = " ".join(digits[place : place + 2] for place in range(0, 8, 2))
    return draw.choice([f"+45 {pairs}", f"+45{digits}", f"tlf. {digits}", f"telefon {pairs}"])


TOKENS: tuple[Callable[[random.Random], str], ...] = (
    _amount,
    _day,
    _week,
    _phone,
    lambda draw: f"CVR {draw.randrange(10_000_000, 99_999_999)}",
    lambda draw: f"579{draw.randrange(10**10):010}",
    lambda draw: f"KLE {draw.randrange(100):02}.{draw.randrange(100):02}.{draw.randrange(100):02}",
    lambda draw: hashlib.sha256(draw.randbytes(8)).hexdigest(),
    lambda draw: str(uuid.UUID(bytes=draw.randbytes(16), version=4)),
    lambda draw: f"{draw.randrange(1000)} personer",
    lambda draw: f"{draw.randrange(100)},{draw.randrange(10)} %",
    lambda draw: f"{draw.randrange(24):02}:{draw.randrange(60):02}",
)


def line(draw: random.Random) -> str:
    """One line of a report, a contract or a letter."""
    return draw.choice([" og ", ", ", "; ", " – ", " "]).join(
        draw.choice(TOKENS)(draw) for _ in range(draw.randint(1, 4))
    )


def test_ten_thousand_lines_without_a_number_pass():
    """Days, weeks, money, CVR, GLN, KLE and telephone numbers, digests: none is refused."""
    draw = random.Random(20181001)
    assert [text for text in (line(draw) for _ in range(LINES)) if holds_cpr(text)] == []


def test_the_lines_are_not_passed_by_looking_away():
    """Positive control: the same lines with a number in them."""
    draw = random.Random(20181001)
    for number in range(1000):
        cpr = replacement_cpr(number)
        text = f"{line(draw)} {draw.choice([cpr, f'{cpr[:6]}-{cpr[6:]}'])}, {line(draw)}"
        assert cpr not in mask_cpr(text).replace("-", "")


@pytest.mark.parametrize("folder", FOLDERS)
def test_everything_that_is_shipped_passes(folder: str):
    ours = [path for path in SHIPPED if path.relative_to(ROOT).parts[0] == folder]
    assert ours
    found = {str(path.relative_to(ROOT)) for path in ours if holds_cpr(path.read_text("utf-8"))}
    assert found <= TELL_OF_NUMBERS


def test_a_replacement_day_is_looked_for_as_any_other():
    assert REPLACEMENT_DAY == 60
    assert holds_cpr(f"{1 + REPLACEMENT_DAY}0180-1234")


@pytest.mark.parametrize("text", ["6.1.0.1:601000", "6:1:0:16.010.00", "610.160.10.00"])
def test_digits_that_are_tied_to_an_amount_or_an_address_are_no_part_of_it(text: str):
    assert holds_cpr(text)
