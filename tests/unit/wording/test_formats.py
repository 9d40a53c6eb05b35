"""Every figure is written once, from integers: no amount is a hair off, and the verifier writes the same."""

from __future__ import annotations

import ast
import random
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.documents.contract_page import Language, money
from gateway.wording import formats
from gateway.wording.formats import DANISH, DANISH_TYPESET, DANISH_UNDIVIDED, ENGLISH, UNDIVIDED, Notation
from gateway.wording.settlement import printed_amount
from outcome_verifier import amounts
from vocabulary.weeks import Month, Week

ROOT = Path(__file__).parents[3]
NOTATIONS = [DANISH, DANISH_TYPESET, DANISH_UNDIVIDED, ENGLISH, UNDIVIDED]
ABOVE_A_FLOAT = 2**53 + 1  # øre: the first whole number that a float does not hold


def values(count: int = 10_000) -> list[int]:
    """Seeded: nothing, the neighbours of what carries over, and amounts of up to forty digits, either way."""
    rng = random.Random(20261129)
    edges = [0, 1, 9, 10, 99, 100, 101, 999, 1_000, 99_999, 100_000, 2**53, ABOVE_A_FLOAT, 2**63, 10**30]
    drawn = [rng.randrange(10 ** rng.randint(1, 40)) for _ in range(count // 2 - len(edges))]
    return [sign * value for value in edges + drawn for sign in (1, -1)]


def test_the_verifier_writes_the_same_amounts() -> None:
    tried = values()
    assert len(tried) == 10_000
    for minor in tried:
        for currency in ("DKK", "JPY", "KWD", "CLF"):
            assert amounts.money(minor, currency) == f"{formats.english_money(minor, currency)} {currency}"


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("places", [1, 2, 5, 8])
def test_what_is_written_is_the_number(notation: Notation, places: int) -> None:
    """Read back by another road, `Decimal`, whose digits are exact."""

    def read(text: str) -> Decimal:
        plain = text.replace(notation.minus, "-").replace(notation.thousands or "_", "")
        return Decimal(plain.replace(notation.point, "."))

    for value in values(1_000):
        exact = Decimal(f"{value}e-{places}")
        assert read(formats.decimal(value, notation, places=places)) == exact
        assert read(formats.short_decimal(value, notation, places=places)) == exact
        assert read(formats.whole(value, notation)) == value
        assert not re.search(
            rf"{re.escape(notation.point)}\d*0$", formats.short_decimal(value, notation, places=places)
        )


def test_each_register_has_its_signs() -> None:
    written = [formats.decimal(-123456789, one) for one in NOTATIONS]
    assert written == ["-1.234.567,89", "−1.234.567,89", "-1234567,89", "-1,234,567.89", "-1234567.89"]
    assert [formats.decimal(5, one) for one in NOTATIONS] == ["0,05", "0,05", "0,05", "0.05", "0.05"]
    assert (printed_amount(-150005, "DKK"), printed_amount(0, "DKK")) == ("−1.500,05", "0,00")
    assert formats.danish_money(150000, "DKK") == "1.500,00 kr."
    assert formats.danish_money(-5, "EUR") == "-0,05 EUR"
    assert [formats.danish_hundredths(value) for value in (1550, 1500, 1505, -50, 0)] == [
        "15,5",
        "15",
        "15,05",
        "-0,5",
        "0",
    ]
    assert [formats.danish_per_cent(value) for value in (125, 120, 5, 1000, 0)] == [
        "12,5 %",
        "12 %",
        "0,5 %",
        "100 %",
        "0 %",
    ]
    assert formats.danish_number(1234567) == "1.234.567"


def test_what_a_float_does_not_hold_is_written_as_it_is() -> None:
    """A citizen's report and the page of a contract went through a float: `/ 100`, and `:g` with six digits."""
    assert f"{ABOVE_A_FLOAT / 100:,.2f}" == "90,071,992,547,409.94"  # positive control: a float is a hair off
    assert formats.danish_money(ABOVE_A_FLOAT, "DKK") == "90.071.992.547.409,93 kr."
    assert [money(ABOVE_A_FLOAT, "DKK", one) for one in Language] == [
        "90.071.992.547.409,93 DKK",
        "DKK 90,071,992,547,409.93",
    ]
    assert formats.short_decimal(1_234_567, UNDIVIDED) == "12345.67"  # as :g it was 12345.7


def test_days_weeks_months_and_lists() -> None:
    monday = date(2020, 3, 2)
    assert (formats.day(monday), formats.short_day(monday)) == ("2. marts 2020", "2.3.2020")
    assert [formats.month(number) for number in (1, 12)] == ["januar", "december"]
    assert formats.month_of_year(Month.parse("2020-03")) == "marts 2020"
    assert [formats.week(Week.parse(text)) for text in ("2020-W09", "2020-W53")] == ["uge 9, 2020", "uge 53, 2020"]
    assert [formats.enumeration(list("abc")[:count]) for count in range(4)] == ["", "a", "a og b", "a, b og c"]
    assert formats.enumeration(["a", "b"], "eller") == "a eller b"


WRITERS = [
    path
    for room in ("cli", "documents", "wording", "settlement", "evaluation", "rights", "release", "oversight", "api")
    for path in sorted((ROOT / "gateway" / room).rglob("*.py"))
]
RECKON = {"wording/formats.py", "wording/number_words.py", "wording/working_days.py"}  # hundreds, and centuries


@pytest.mark.parametrize("path", WRITERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_figure_is_made_by_hand(path: Path) -> None:
    """No hundredth is cut off, no float is made, and no thousand is set apart, outside of the one place."""
    if str(path.relative_to(ROOT / "gateway")) in RECKON:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=ast.Constant(value=int(number))):
                assert number % 100, f"line {node.lineno}"
            case ast.Call(func=ast.Name(id="divmod"), args=[_, ast.Constant(value=int(number))]):
                assert number % 100, f"line {node.lineno}"
            case ast.FormattedValue(format_spec=ast.JoinedStr(values=[ast.Constant(value=str(spec))])):
                assert not re.search(r"\.[1-9]\d*[fe]$|g$", spec), f"line {node.lineno}"
