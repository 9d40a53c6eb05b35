"""A measure that a later version brings, in an installation: from the seal to the documents, also of who is erased."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.test_amendments import AT_2020, OLD, SECOND, built, years_later
from tests.functional.test_batches import paid, read
from tests.functional.test_blocks import PAYMENT, WINDOWS
from tests.functional.test_drafting import erase_whoever_worked_most_and_is_out
from tests.support.municipality import SimulatedMunicipality
from tests.support.simulated import Edit, amend
from tests.unit.outcomes.test_later_measures import NEW, NOUGHT, OPERATOR_ALONE
from vocabulary.errors import DeclarationInvalid

pytestmark = pytest.mark.long  # every later version is audited with all that came before, for seconds each

NAME, PRICE = "thirteen_weeks", 5_000_000


def brought(says: str) -> Edit:
    return '[[windows]]\nlabel = "2018H2"\n', NEW.replace("SAYS", says)


BESIDE = brought('beside = ["weeks_in_work_or_education"]')
INSTEAD = brought('instead_of = "weeks_in_work_or_education"')


def lines_of(town: SimulatedMunicipality, window: str) -> dict[str, tuple[int, int]]:
    lines = read(town, window, *PAYMENT).shown["lines"]
    names = dict.fromkeys(one["tariff"] for one in lines)
    return {
        name: (
            sum(one["quantity"] for one in lines if one["tariff"] == name),
            sum(one["amount_minor"] for one in lines if one["tariff"] == name),
        )
        for name in names
    }


def test_what_was_reached_before_it_came_is_not_paid_by_it(tmp_path: Path):
    town, other = built(tmp_path / "late", OPERATOR_ALONE), built(tmp_path / "always", OPERATOR_ALONE, brought(""))
    amend(town, SECOND, AT_2020, BESIDE)
    amounts = paid(years_later(town), *WINDOWS[:5])
    paid(years_later(other), *WINDOWS[:5])
    assert amounts[:3] == OLD
    assert all(NAME not in lines_of(town, window) for window in WINDOWS[:3])
    found, always = ([lines_of(one, window).get(NAME, (0, 0)) for window in WINDOWS[:5]] for one in (town, other))
    assert found[3:] == always[3:]
    assert sum(quantity for quantity, _ in always[:3]) > 0
    assert sum(quantity for quantity, _ in found) > 0
    assert all(minor == quantity * PRICE for quantity, minor in found)


def test_of_the_measure_that_it_replaces_nothing_more_is_paid(tmp_path: Path):
    town = built(tmp_path, OPERATOR_ALONE)
    amend(town, SECOND, AT_2020, NOUGHT, INSTEAD)
    amounts = paid(years_later(town), *WINDOWS[:5])
    assert amounts[:3] == OLD
    assert [amounts[3], amounts[4]] == [lines_of(town, window)[NAME][1] for window in WINDOWS[3:5]]


def test_who_is_erased_stays_in_what_both_measures_paid(tmp_path: Path):
    town, twin = built(tmp_path / "erased", OPERATOR_ALONE), built(tmp_path / "twin", OPERATOR_ALONE)
    for one in (town, twin):
        amend(one, SECOND, AT_2020, BESIDE)
        years_later(one)
        paid(one, *WINDOWS[:2])
    erase_whoever_worked_most_and_is_out(town)
    assert paid(town, *WINDOWS[2:4]) == paid(twin, *WINDOWS[2:4])
    erase_whoever_worked_most_and_is_out(town)
    assert sum(paid(town, *WINDOWS[:5])) == sum(paid(twin, *WINDOWS[:5]))


def test_a_reader_who_would_see_both_is_refused(tmp_path: Path):
    town = built(tmp_path)
    with pytest.raises(DeclarationInvalid, match="calendar-classes"):
        amend(town, SECOND, AT_2020, BESIDE)
