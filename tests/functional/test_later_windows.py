"""Windows, readers and days that a later version changes, in an installation that was paid under the one before."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.errors.contracts import AmendmentRefused
from gateway.store import queries
from policies.errors import PolicyDenied
from tests.functional.test_amendments import AT_2020, BEFORE, DEARER, OLD, SECOND, TOTALS_LATER, built, years_later
from tests.functional.test_batches import paid, read
from tests.functional.test_blocks import PAYMENT, TOTAL, WINDOWS
from tests.functional.test_drafting import erase_whoever_worked_most_and_is_out
from tests.support.municipality import SimulatedMunicipality
from tests.support.simulated import amend

BOTH = 'template = "contract_total"\nrecipients = ["operator", "investor"]\nwindows = "all"'
ALONE = 'template = "contract_total"\nrecipients = ["operator"]\nwindows = "all"'
NEWCOMER = (
    f'{ALONE}\n\n[[releases]]\ntemplate = "contract_total"\nrecipients = ["investor"]\n'
    'windows = ["2020H1", "2020H2", "2021H1"]'
)
H1 = '[[windows]]\nlabel = "2020H1"\nfrom_week = "2020-W01"\nto_week = "2020-W26"\n'
QUARTERS = (
    '[[windows]]\nlabel = "2020Q1"\nfrom_week = "2020-W01"\nto_week = "2020-W13"\n\n'
    '[[windows]]\nlabel = "2020Q2"\nfrom_week = "2020-W14"\nto_week = "2020-W26"\n'
)


def paid_on_time(town: SimulatedMunicipality, *windows: str) -> list[int]:
    return paid(years_later(town), *windows)


def test_a_reader_who_comes_later_gets_nothing_of_the_windows_before(tmp_path: Path):
    """Its first token says what its own window added; the windows before are not planned for it, and never will be."""
    town = built(tmp_path, (BOTH, ALONE))
    amend(town, SECOND, AT_2020, (ALONE, NEWCOMER))
    amounts = paid_on_time(town, *WINDOWS[:4])
    for window in WINDOWS[:3]:
        with pytest.raises(PolicyDenied):
            read(town, window, *TOTAL)
    shown = read(town, WINDOWS[3], *TOTAL).shown
    assert shown["payable"]["amount_minor"] == amounts[3]
    assert shown["qualifying_weeks"] == amounts[3] // 150_000


@pytest.mark.long
def test_nobody_is_planned_for_a_window_that_has_ended(tmp_path: Path):
    """Else everything that others were shown before could be handed out to somebody who sees more elsewhere."""
    town = built(tmp_path, (BOTH, ALONE))
    early = NEWCOMER.replace('["2020H1"', '["2019H1", "2019H2", "2020H1"')
    for day, part in (("2019-12-30", "releases"), ("2019-06-24", "effective_from")):
        with pytest.raises(AmendmentRefused) as refused:
            amend(town, SECOND, ("effective_from = 2018-10-01", f"effective_from = {day}"), (ALONE, early))
        assert refused.value.part == part


def test_what_is_shown_changes_once_everybody_has_accepted(tmp_path: Path):
    """A window that ended meanwhile could have been frozen, and shown, under the version before."""
    town = built(tmp_path)
    town.gateway.clock.move((date(2020, 2, 1) - BEFORE).days)
    days = ("days_after_window = 60", "days_after_window = 90")
    with pytest.raises(AmendmentRefused, match="must lie behind 2020-02-01") as refused:
        amend(town, SECOND, AT_2020, days)
    assert refused.value.part == "effective_from"


def test_a_window_freezes_by_the_days_of_its_own_version(tmp_path: Path):
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, ("days_after_window = 60", "days_after_window = 90"))
    paid_on_time(town, *WINDOWS[:4])
    with town.gateway.store.read() as session:
        newest = town.gateway.contract(session, town.contract)
        days = [
            (town.gateway.contract_for(session, town.contract, one).freezes_on(one) - one.to_week.sunday).days
            for one in newest.windows
        ]
        assert days == [60, 60, 60, 90, 90, 90]
        assert [newest.freezes_on(one) for one in newest.windows] == [
            town.gateway.contract_for(session, town.contract, one).freezes_on(one) for one in newest.windows
        ]


@pytest.mark.long
def test_windows_cut_anew_pay_what_the_old_ones_would_have(tmp_path: Path):
    """2020H1 in two quarters: the documents before stay valid, and both quarters add up to the half-year."""
    town, other = built(tmp_path / "cut"), built(tmp_path / "plain")
    amend(town, SECOND, AT_2020, (H1, QUARTERS))
    found = paid_on_time(town, *WINDOWS[:3], "2020Q1", "2020Q2", "2020H2")
    plain = paid_on_time(other, *WINDOWS[:5])
    assert found[:3] == plain[:3] == OLD
    assert min(found[3:5]) > 0
    assert [sum(found[3:5]), found[5]] == plain[3:]
    assert read(town, "2020Q2", *TOTAL).shown["payable"]["amount_minor"] == found[4]
    assert read(town, WINDOWS[0], *PAYMENT).claims["contract"]["version"] == 1


@pytest.mark.long
def test_who_is_erased_between_windows_cut_anew_stays_paid(tmp_path: Path):
    """Once before the cut, and once between its quarters."""
    town, twin = built(tmp_path / "erased"), built(tmp_path / "twin")
    for one in (town, twin):
        amend(one, SECOND, AT_2020, (H1, QUARTERS))
        paid_on_time(one, *WINDOWS[:2])
    found = []
    for windows in (("2019H2", "2020Q1"), ("2020Q2", "2020H2")):
        erase_whoever_worked_most_and_is_out(town)
        found += paid(town, *windows)
    assert found == paid(twin, "2019H2", "2020Q1", "2020Q2", "2020H2")


@pytest.mark.long
def test_windows_cut_anew_at_another_price(tmp_path: Path):
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, DEARER, (H1, QUARTERS))
    found = paid_on_time(town, *WINDOWS[:3], "2020Q1", "2020Q2")
    assert found[:3] == OLD
    assert all(amount % 200_000 == 0 < amount for amount in found[3:])


@pytest.mark.long
def test_the_window_from_which_a_batch_counts_stays(tmp_path: Path):
    """Sealed before anything began, and the version is accepted before that too."""
    early = ("effective_from = 2018-10-01", "effective_from = 2018-09-01")
    town = built(tmp_path, early, TOTALS_LATER, on=date(2018, 9, 1))
    whole = '[[windows]]\nlabel = "2018H2"\nfrom_week = "2018-W40"\nto_week = "2018-W52"\n'
    halves = (
        '[[windows]]\nlabel = "2018A"\nfrom_week = "2018-W40"\nto_week = "2018-W46"\n\n'
        '[[windows]]\nlabel = "2018B"\nfrom_week = "2018-W47"\nto_week = "2018-W52"\n'
    )
    with town.gateway.store.read() as session:
        [batch] = queries.batches(session, town.contract)
    assert batch.counts_from == "2018H2"
    with pytest.raises(AmendmentRefused, match="must keep 2018H2: batch '2018' is sealed"):
        amend(town, SECOND, ("effective_from = 2018-09-01", "effective_from = 2018-09-20"), (whole, halves))


@pytest.mark.long
def test_met_or_not_met_is_asked_by_the_threshold_of_the_window(tmp_path: Path):
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, ("threshold_people = 15", "threshold_people = 12"))
    paid_on_time(town, *WINDOWS[:4])
    assert [read(town, window, *TOTAL).shown["threshold"]["people"] for window in WINDOWS[:4]] == [15, 15, 15, 12]
