"""Everybody's time begins when the batch closes: then nobody is early or late, and no window has to wait.

The oracle is the same contract without cut-offs, read beside people who were all referred on the day of the cut-off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from gateway.attestations.calendar_audit import audit_contract, findings_of
from gateway.documents.annexes import measurement
from gateway.documents.contract_page import Language, page
from gateway.evaluation.cohort import histories as load
from gateway.evaluation.evaluating import evaluate_week
from gateway.intake import enrolment
from gateway.outcomes.calendar import first_days, first_weeks, people_by_first_day
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.forecast import shift_weeks
from gateway.outcomes.history import PersonHistory
from gateway.simulate.course import load_course
from gateway.simulate.invented import histories
from gateway.store import queries
from tests.functional.test_blocks import LATE, text_of
from tests.support.histories import EXAMPLES
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_COURSE
from tests.support.simulated import simulated
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

LAST = date(2018, 12, 30)
ONE = (
    ("enrolment_from = 2018-10-01\n", 'enrolment_from = 2018-10-01\ntime_from = "batch"\n'),
    ('id = "2018"\nsize = 30\n', f'id = "2018"\nsize = 30\ncut_off = {LAST}\n'),
)
SMALL = LATE[:-1]  # without a word of blocks: refused where each one's time begins on an own day


def two(first: str, *, sizes: tuple[int, int] = (15, 15)) -> tuple[tuple[str, str], ...]:
    batches = (("early", sizes[0], first), ("late", sizes[1], str(LAST)))
    rows = "\n[[cohort.batches]]\n".join(
        f'id = "{one}"\nsize = {size}\ncut_off = {day}\n' for one, size, day in batches
    )
    return ONE[0], ('id = "2018"\nsize = 30\n', rows)


def contract_of(*edits: tuple[str, str]) -> Contract:
    return load_contract(text_of(*SMALL, *edits), file="c.toml")


def people(contract: Contract) -> list[PersonHistory]:
    course = load_course((EXAMPLES / "courses" / "impact60.toml").read_bytes(), file="impact60.toml")
    return list(histories(contract, course, seed=3))


@pytest.mark.parametrize("first_week", ["week_of_enrolment", "week_after_enrolment"])
@pytest.mark.parametrize("edits", [ONE, two("2018-11-11"), two("2018-12-26")])
def test_it_counts_as_if_everybody_had_come_on_the_last_day(edits: Sequence[tuple[str, str]], first_week: str):
    word = next(one for one in ("week_of_enrolment", "week_after_enrolment") if one in text_of().decode())
    as_of = (f'first_week = "{word}"', f'first_week = "{first_week}"')
    plain, timed = contract_of(as_of), contract_of(as_of, *edits)
    cohort = people(plain)
    moved = [replace(one, enrolled_on=timed.cohort.begins_on(one.enrolled_on)) for one in cohort]
    assert {one.enrolled_on for one in moved} == {batch.cut_off for batch in timed.cohort.batches}
    for window in timed.windows:
        found, expected = evaluate(timed, cohort, window.to_week), evaluate(plain, moved, window.to_week)
        assert (found.totals, found.personal) == (expected.totals, expected.personal)
    assert any(total.quantity for total in evaluate(timed, cohort, timed.windows[-1].to_week).totals)


def test_nobody_is_early_or_late_so_nothing_is_refused_and_nothing_waits():
    assert findings_of(contract_of())[0], "positive control: with an own day each"
    passed = audit_contract(contract_of(*ONE))
    assert (passed.worst, passed.expected) == (None, None)
    assert set(passed.smallest.values()) == {30}


@pytest.mark.long  # an audit takes three seconds
def test_the_audit_is_told_how_many_begin_on_which_day():
    """Batches of fewer than k_cohort are told apart by their weeks; cut-offs of one week are one first week."""
    assert people_by_first_day(contract_of(*two("2018-11-11"))) == {date(2018, 11, 11): 15, LAST: 15}
    assert people_by_first_day(contract_of()) is None
    apart, few = (
        findings_of(contract_of(*two("2018-11-11")))[0],
        findings_of(contract_of(*two("2018-11-11", sizes=(3, 27))))[0],
    )
    assert apart
    assert few
    assert not findings_of(contract_of(*two("2018-12-26")))[0]


@pytest.mark.long  # an audit takes three seconds
def test_batches_that_are_large_enough_stand_apart():
    """What nobody knows of days of referral, the text says of cut-offs: not one person begins late, but sixty."""
    large = (("weeks_from_enrolment = 156", "weeks_from_enrolment = 82"), ONE[0])
    rows = [f'id = "{one}"\nsize = 60\ncut_off = {day}\n' for one, day in (("early", "2018-11-11"), ("late", LAST))]
    text = text_of(*large, ('id = "2018"\nsize = 120\n', "\n[[cohort.batches]]\n".join(rows)))
    assert findings_of(load_contract(text, file="two.toml"))[0] == []
    assert findings_of(load_contract(text_of(large[0]), file="own-days.toml"))[0], "positive control"


def test_first_days_are_the_cut_offs():
    timed = contract_of(*two("2018-11-11"))
    assert first_days(timed) == [date(2018, 11, 11), LAST]
    assert first_weeks(timed) == [Week.of(date(2018, 11, 11)), Week.of(LAST)]
    later = shift_weeks(timed, 52)
    assert first_days(later) == [day + timedelta(weeks=52) for day in first_days(timed)]


def test_page_and_annex_say_it():
    timed = contract_of(*two("2018-11-11"))
    said = unescape(page(timed, Language.ENGLISH))
    assert "Everybody's time begins when the batch closes: early (2018-11-11), late (2018-12-30)" in said
    annex = str(annex_a_people(timed))
    assert "Holdene lukkes: early den 11. november 2018 og late den 30. december 2018." in annex
    assert "Holdene lukkes" not in str(annex_a_people(contract_of()))


def annex_a_people(contract: Contract) -> list[object]:
    return list(measurement._people(contract))


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ((ONE[1],), "cut_off"),  # a day without the word
        ((ONE[0],), "cut_off"),  # the word without a day
        (two("2019-01-06"), "order of their cut-offs"),
        (two("2018-09-30"), "order of their cut-offs"),
        (two(str(LAST)), "order of their cut-offs"),
        ((ONE[0], (ONE[1][0], ONE[1][1].replace(str(LAST), "2018-12-23"))), "belongs to none"),
    ],
)
def test_half_of_it_is_refused(edits: Sequence[tuple[str, str]], words: str):
    with pytest.raises(DeclarationInvalid, match=words):
        contract_of(*edits)


def test_the_registers_of_a_town_count_from_the_cut_off(tmp_path: Path):
    town = simulated(tmp_path, extract_people=EXTRACT_PEOPLE, course_edits=SMALL_COURSE[:-1], edits=(*SMALL, *ONE))
    town.enrol()
    town.pull_all()
    week = Week.parse("2020-W53")
    found, _ = evaluate_week(town.gateway, "impact60", week)
    with town.gateway.store.read() as session:
        contract, programme = (one(session, "impact60") for one in (town.gateway.contract, town.gateway.programme))
        assert contract.block_ends is None
        days = {one.enrolled_on for one in queries.subjects(session, "impact60")}
        cohort = load(session, contract, programme, known_at=town.gateway.clock())
    assert len(days) > 1, "the day of referral is kept as it was"
    plain = contract_of()
    assert found.totals == evaluate(plain, [replace(one, enrolled_on=LAST) for one in cohort], week).totals
    assert found.totals != evaluate(plain, cohort, week).totals


def test_whoever_was_referred_to_the_batch_before_is_refused(tmp_path: Path):
    edits = (*SMALL, *two("2018-12-26"))
    town = simulated(tmp_path, extract_people=EXTRACT_PEOPLE, course_edits=SMALL_COURSE[:-1], edits=edits)
    header, *lines = town.drop.referrals.read_text().splitlines()
    column = next(place for place, cell in enumerate(lines[0].split(";")) if cell.startswith("2018-"))
    file = town.folder / "late.csv"
    for day, is_taken in (("2018-12-26", False), ("2018-12-27", True)):
        rows = [[*line.split(";")[:column], day, *line.split(";")[column + 1 :]] for line in lines[:15]]
        file.write_text("\n".join([header, *(";".join(row) for row in rows)]) + "\n")
        seen = enrolment.preview(town.gateway, "impact60", "late", file)
        assert (seen.would_seal, {why for _, why in seen.refused}) == (
            is_taken,
            set() if is_taken else {"referred_outside_the_enrolment_period"},
        )
