"""The simulated registers look like the true ones: layouts, code frequencies, numbers of nobody."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gateway.simulate.course import live, load_course
from gateway.simulate.drop import write_drop
from gateway.simulate.registers import replacement_cpr
from keys.cpr import Cpr
from tests.support.histories import EXAMPLES
from vocabulary.errors import DeclarationInvalid

# weekly marginals of the published DREAM simulation material, per ten thousand (domain facts)
PUBLISHED = {"": 6125, "651": 1891, "652": 871, "997": 236, "881": 228, "111": 142, "890": 86, "783": 80, "730": 60}


def course(name: str, *edits: tuple[str, str]):
    text = (EXAMPLES / "courses" / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return load_course(text.encode(), file=f"{name}.toml")


def test_the_extract_has_the_layout_and_the_code_frequencies_of_dream(tmp_path: Path):
    drop = write_drop(tmp_path, course("impact60"), seed=4, extract_people=4000)
    header, *rows = drop.status.read_text().splitlines()
    assert header.startswith("PNR,y_1831,y_1832")
    assert "y_2053" in header  # a year of 53 weeks
    assert "y_1953" not in header
    assert len(rows) == 4120
    cohort = {replacement_cpr(number) for number in range(120)}
    codes = Counter(code for row in rows if row[:10] not in cohort for code in row.split(",")[1:])
    for code, share in PUBLISHED.items():
        assert codes[code] / codes.total() == pytest.approx(share / 10_000, abs=0.25 * share / 10_000 + 0.002), code


def test_numbers_belong_to_nobody_and_to_one_each():
    numbers = [replacement_cpr(number) for number in range(50_000)]
    assert len(set(numbers)) == 50_000
    assert all(61 <= int(number[:2]) <= 88 for number in numbers)
    for number in numbers[::997]:
        Cpr.parse(number)
    with pytest.raises(ValueError, match="more invented people"):
        replacement_cpr(28 * 12 * 40 * 2000)


def test_a_larger_extract_holds_the_same_cohort(tmp_path: Path):
    small, large = (
        write_drop(tmp_path / str(size), course("impact60"), seed=1, extract_people=size) for size in (50, 500)
    )
    assert small.referrals.read_bytes() == large.referrals.read_bytes()
    assert len(large.status.read_text().splitlines()) - len(small.status.read_text().splitlines()) == 450


def test_lives_follow_the_course_and_the_seed():
    plan = course("impact60")
    assert live(plan, seed=1) == live(plan, seed=1)
    assert live(plan, seed=1) != live(plan, seed=2)
    months = plan.last_month - plan.first_month + 1
    assert all(len(life.activities) == months for life in live(plan, seed=1))
    assert {life.enrolled_on.weekday() for life in live(plan, seed=1)} == set(range(7))  # also mid-week


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("people = 43\n", "people = 121\n", "more people"),
        ('week = "2020-W10"', 'week = "2021-W53"', "no ISO week 53"),
        ("fleksjob = 26", "flexjob = 26", "is not a word"),
        ("sustained_months = 1", "sustained_months = 0", "at least 1"),
    ],
)
def test_a_course_that_cannot_be_is_refused_with_its_place(old: str, new: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason):
        course("impact60", (old, new))
