"""A contract that is changed on the way: other terms from a window on, and what was reached before as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.errors.contracts import AmendmentRefused
from gateway.errors.enrolment import SealsCorrupt
from gateway.release import correction
from gateway.store import contract_queries, queries
from tests.functional.test_batches import paid, read
from tests.functional.test_blocks import FOLD, PAYMENT, TOTAL, WINDOWS, edit
from tests.functional.test_correction import mend
from tests.functional.test_drafting import erase_whoever_worked_most_and_is_out
from tests.functional.test_traps import Clock
from tests.support.chains import chain, owed
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.simulated import Edit, amend, simulated
from vocabulary.errors import DeclarationInvalid

BEFORE = date(2019, 12, 15)  # two weeks before 2020H1 begins
AT_2020 = ("effective_from = 2018-10-01", "effective_from = 2019-12-30")
SECOND = ("version = 1", "version = 2")
DEARER = ("price_minor = 150000 ", "price_minor = 200000 ")
OLD = [0, 15_450_000, 28_500_000]  # 1,500 kr. a week, until 2019H2


def built(folder: Path, *edits: Edit, on: date = BEFORE) -> SimulatedMunicipality:
    """Everybody is sealed, and nothing is pulled yet."""
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *edits),
        clock=Clock(on),
    )
    made.enrol()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def years_later(town: SimulatedMunicipality) -> SimulatedMunicipality:
    town.gateway.clock.move((date(2030, 1, 1) - BEFORE).days)
    town.pull_all()
    return town


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """What the documents of five windows say where nothing is changed."""
    return paid(years_later(built(tmp_path_factory.mktemp("plain"))), *WINDOWS[:5])


@pytest.fixture(scope="module")
def dearer(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """2,000 kr. a week from 2020H1 on, and all five windows paid."""
    town = built(tmp_path_factory.mktemp("dearer"))
    amend(town, SECOND, AT_2020, DEARER)
    paid(years_later(town), *WINDOWS[:5])
    return town


def test_what_was_reached_before_is_worth_what_it_was(dearer: SimulatedMunicipality, plain: list[int]):
    assert plain[:3] == OLD
    assert paid(dearer, *WINDOWS[:5]) == [*OLD, *(amount * 4 // 3 for amount in plain[3:])]
    versions = [read(dearer, window, *PAYMENT).claims["contract"]["version"] for window in WINDOWS[:5]]
    assert versions == [1, 1, 1, 2, 2]


def test_readers_see_the_amounts_of_both(dearer: SimulatedMunicipality, plain: list[int]):
    shown = [read(dearer, window, *TOTAL).shown for window in WINDOWS[:5]]
    assert [one["payable"]["amount_minor"] for one in shown] == paid(dearer, *WINDOWS[:5])
    assert [one["qualifying_weeks"] for one in shown] == [amount // 150_000 for amount in plain]


def test_a_late_posting_is_priced_by_the_window_that_it_is_about(tmp_path: Path):
    """Wages of May and June 2019 are taken back when two windows were paid at the new price."""
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, DEARER)
    paid(years_later(town), *WINDOWS[:4])
    mend(town, months=("2019-05", "2019-06"))
    [done] = correction.correct(town.gateway, town.contract, WINDOWS[3], reason="source_corrected")
    lost = [line for line in town.verified(done.bundle).shown["lines"] if line["kind"] == "correction"]
    assert [line["amount_minor"] / line["quantity"] for line in lost] == [150_000]
    assert lost[0]["quantity"] < 0


@pytest.mark.long
def test_a_lower_cap_takes_nothing_back(tmp_path: Path, plain: list[int]):
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, ("cap_minor = 1500000000", "cap_minor = 50000000"))
    assert paid(years_later(town), *WINDOWS[:5]) == [*OLD, 50_000_000 - sum(OLD), 0]
    assert sum(plain[:4]) > 50_000_000 > sum(OLD)


@pytest.mark.long
def test_a_window_that_has_begun_keeps_its_terms(tmp_path: Path):
    """What was accepted too late, or takes effect in the middle of a window, is refused."""
    town = built(tmp_path)
    for day, reason in (
        ("2019-07-01", "must lie behind 2019-12-15"),
        ("2020-01-06", "must be the first day of a window, for other terms: .*2019-12-30"),
    ):
        with pytest.raises(AmendmentRefused, match=reason) as refused:
            amend(town, SECOND, ("effective_from = 2018-10-01", f"effective_from = {day}"), DEARER)
        assert refused.value.part == "effective_from"


RETENTION = (
    'kind = "weeks"\nstates = ["ordinary_job", "fleksjob", "skaanejob", "education"]\nweeks_from_enrolment = 156',
    'kind = "retention"\nperiod = "week"\nneeded = 13\nwithin = 13\nstates = ["ordinary_job", "fleksjob", "education"]',
)
TOTALS_LATER = (
    'recipients = ["operator", "investor"]\nwindows = "all"',
    'recipients = ["operator", "investor"]\nwindows = ["2019H2", "2020H1", "2020H2", "2021H1"]',
)
AT_2019 = ("effective_from = 2018-10-01", "effective_from = 2018-12-31")


@pytest.mark.long
def test_a_price_that_would_tell_of_a_few_is_refused(tmp_path: Path):
    """Nobody but who began in the first week can have 13 weeks in 2018H2, and no total of that window is shown. Another
    price from 2019H1 on would make the amount of a later total tell how many had: see the next test."""
    town = built(tmp_path, RETENTION, TOTALS_LATER)
    amend(town, SECOND, ("effective_from = 2018-10-01", "effective_from = 2020-06-29"), DEARER)
    early = built(tmp_path / "early", RETENTION, TOTALS_LATER, on=date(2018, 12, 15))
    with pytest.raises(DeclarationInvalid, match="who begins on 2018-10-01 to 2018-10-07") as refused:
        amend(early, SECOND, AT_2019, DEARER)
    assert refused.value.rule == "calendar-part"


def test_two_prices_and_a_count_tell_how_many_were_reached_at_each():
    """What the audit refuses, done by hand: of 30 outcomes one was reached before the price changed."""
    contract = chain((0, {"price": 150_000}), (1, {"price": 200_000}))
    amount = owed(contract, [[1, 1], *([[0, 1]] * 29)])[-1]
    assert (amount - 30 * 200_000) // (150_000 - 200_000) == 1


@pytest.mark.long
def test_the_plan_of_blocks_is_made_anew_with_other_terms(tmp_path: Path):
    """And stands in the event that put them in force: whoever edits it is found."""
    late = ("weeks_from_enrolment = 156", "weeks_from_enrolment = 82")
    town = built(tmp_path, late, FOLD)
    amend(town, SECOND, AT_2020, DEARER)
    with town.gateway.store.read() as session:
        [first, second] = contract_queries.contract_versions(session, town.contract)
        [batch] = queries.batches(session, town.contract)
        ends = town.gateway.contract(session, town.contract).block_ends
    assert (first.batches, first.block_ends, second.batches) == (0, [], 1)
    assert tuple(second.block_ends) == ends == tuple(batch.block_ends)
    years_later(town)
    paid(town, *WINDOWS[:2])
    assert read(town, WINDOWS[0], *TOTAL).shown["payable"]["amount_minor"] == 0
    edit(town, "UPDATE contractversion SET block_ends = ? WHERE version = 2", '["2018H2", "2019H1"]')
    with pytest.raises(SealsCorrupt, match="the event that put version 2 in force"):
        read(town, WINDOWS[1], *TOTAL)


def test_windows_may_be_added_to_a_contract_in_blocks(tmp_path: Path):
    town = built(tmp_path, ("weeks_from_enrolment = 156", "weeks_from_enrolment = 82"), FOLD)
    another = '[[windows]]\nlabel = "2021H2"\nfrom_week = "2021-W27"\nto_week = "2021-W52"\n\n[freeze]'
    amend(town, SECOND, AT_2020, ("[freeze]", another))
    with town.gateway.store.read() as session:
        ends = town.gateway.contract(session, town.contract).block_ends
    assert ends is not None
    assert ends[-1] == "2021H2"


def test_a_later_version_says_which_text_it_changes(tmp_path: Path):
    """Else whoever accepted it could be told later that it changed another."""
    town = built(tmp_path)
    with pytest.raises(AmendmentRefused, match="who accepts a change accepts what it changes") as refused:
        amend(
            town, SECOND, AT_2020, ('title = "IMPACT60"', f'follows = "{"0" * 64}"\ntitle = "IMPACT60"'), follows=False
        )
    assert refused.value.part == "follows"


@pytest.mark.long
def test_who_is_erased_stays_paid_at_the_prices_of_then(tmp_path: Path, plain: list[int]):
    """Once between two windows, and once after a price has changed: every document is what it would have been."""
    town = built(tmp_path)
    amend(town, SECOND, AT_2020, DEARER)
    years_later(town)
    found = paid(town, *WINDOWS[:2])
    erase_whoever_worked_most_and_is_out(town)
    found += paid(town, *WINDOWS[2:4])
    erase_whoever_worked_most_and_is_out(town)
    found += paid(town, WINDOWS[4])
    assert sum(found) == sum([*OLD, *(amount * 4 // 3 for amount in plain[3:])])


@pytest.mark.parametrize("shown", [0, 2])
def test_new_terms_leave_no_reader_waiting_for_ever(tmp_path: Path, shown: int):
    """Of the 60 weeks only who began late has some left in 2020: at another price each later total would tell of them,
    with whatever window it were shown. That readers were shown earlier windows changes nothing about it."""
    town = built(tmp_path, ("weeks_from_enrolment = 156", "weeks_from_enrolment = 60"), FOLD)
    replace(town, drop=town.drawn_on(date(2019, 11, 30))).pull_all()
    paid(town, *WINDOWS[:shown])
    for window in WINDOWS[:shown]:
        assert read(town, window, *TOTAL).shown
    with pytest.raises(DeclarationInvalid, match="readers could not be shown everything by 2021H1") as refused:
        amend(town, SECOND, AT_2020, DEARER)
    assert refused.value.rule == "calendar-part"
