"""One week of one person, explained: every row that led to it, what was replaced, and the verdict that pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.errors.rights import PersonUnknown
from gateway.evaluation import explaining, manual_evidence
from gateway.evaluation.explaining_week import WeekShown, explain_week
from gateway.outcomes.verdicts import WeekReason
from gateway.store.tables import Subject
from tests.functional.test_evidence import BUSINESS, CASE, confirmed, protect, pull, reference_of, registered
from tests.functional.test_explain import newest
from tests.functional.test_record_pulls import PersonByPerson
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.several_sources import EDITS, several
from tests.support.simulated import acting
from vocabulary.statuses import Status
from vocabulary.weeks import Week

WEEK = Week.parse("2020-W10")


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return several(tmp_path / "town", clock=Clock(date(2030, 1, 1)))


def shown(town: SimulatedMunicipality, reference: str, week: Week = WEEK) -> WeekShown:
    found = explain_week(town.gateway, town.contract, week, reference).shown
    assert found is not None
    return found


def studies(town: SimulatedMunicipality, reference: str, *days: str) -> PersonByPerson:
    lines = [line.split(";") for line in town.drop.referrals.read_text().splitlines()[1:]]
    [cpr] = [line[0] for line in lines if line[2] == reference]
    return PersonByPerson(lambda asked: [("651", cpr, *days)] if asked == cpr else [])


def test_it_shows_who_told_what_since_when_and_who_decided(town: SimulatedMunicipality) -> None:
    someone = reference_of(town, Status.NO_BENEFIT)
    confirmed(town, someone)
    found = shown(town, someone)
    assert [one.source for one in found.sources] == ["civil", "dream", "school", "evidence"]
    assert [one.told_statuses for one in found.sources] == [
        frozenset(),
        {Status.NO_BENEFIT},
        frozenset(),
        {Status.SELF_EMPLOYED},
    ]
    [dream] = found.sources[1].rows
    assert dream.origin == "dream-2021-02.csv, edition 2021-W08"
    assert (dream.from_week <= WEEK <= dream.to_week, dream.replaced_on) == (True, None)
    [document] = found.sources[3].rows
    assert "registered by anna, confirmed by bo" in document.origin
    assert (found.decided_by, found.disagreements) == ("evidence", ())
    assert found.sources[0].complete_to is None  # nothing was pulled from the civil register yet, and it is said


def test_a_document_that_waits_was_withdrawn_or_has_expired_is_shown_and_does_not_count(
    town: SimulatedMunicipality,
) -> None:
    someone = reference_of(town, Status.NO_BENEFIT)
    made = registered(town, someone)
    for said in ("waits for a second person", "registered by anna, confirmed by bo"):
        [document] = shown(town, someone).sources[3].rows
        assert said in document.origin
        assert document.counts == (said != "waits for a second person")
        assert shown(town, someone).decided_by == ("evidence" if document.counts else "dream")
        if not document.counts:
            manual_evidence.confirm(acting(town.gateway, "bo"), made, role=CASE)
    manual_evidence.withdraw(town.gateway, made, role=CASE)
    expired = replace(BUSINESS, sha256="cd" * 32, from_week=WEEK + -1, expires_on=WEEK.thursday)
    confirmed(town, someone, expired)
    found = shown(town, someone)
    withdrawn, late = sorted(
        found.sources[3].rows, key=lambda row: row.replaced_on is None
    )  # registered at one instant
    assert (
        (withdrawn.counts, withdrawn.replaced_on is None)
        == (late.counts, late.replaced_on is not None)
        == (False, False)
    )
    assert "expired on 2020-03-05" in late.origin
    assert found.decided_by == "dream"


def test_earlier_knowledge_stays_visible_beside_what_replaced_it(town: SimulatedMunicipality) -> None:
    clock = town.gateway.clock
    assert isinstance(clock, Clock)
    someone = reference_of(town)
    pull(town, "school", studies(town, someone, "2020-03-02", "2020-03-08"))
    clock.move(1)
    pull(town, "school", studies(town, someone, "2020-03-09", "2020-03-15"))
    rows = shown(town, someone).sources[2].rows
    assert [(row.status, row.counts) for row in rows] == [(Status.EDUCATION, False), (Status.NO_BENEFIT, True)]
    assert rows[0].replaced_on == rows[1].known_since == clock.now
    assert rows[0].origin != rows[1].origin
    assert all(row.origin.startswith("pull ") for row in rows)


@pytest.mark.parametrize("week", ["2018-W40", "2020-W53"])
def test_the_verdict_is_that_of_the_whole_explanation(tmp_path: Path, week: str) -> None:
    """With one source, and for everybody: the same verdict, on the same line, as `evaluate --explain` has."""
    plain = ready(tmp_path / "plain", clock=Clock(date(2030, 1, 1)))
    chosen = Week.parse(week)
    for person in explaining.explain(plain.gateway, plain.contract, chosen).people[::6]:
        found = shown(plain, person.case_reference, chosen)
        for measure, whole in zip(found.measures, person.measures, strict=True):
            runs = [run for window in whole.windows for run in window.runs if run.from_week <= chosen <= run.to_week]
            if measure.verdict is None:
                assert runs == []
                assert chosen < Week.of(found.enrolled_on)
                continue
            [one] = runs
            assert (measure.verdict.reason, measure.verdict.state, measure.line) == (one.reason, one.state, one.line)
            assert measure.quantity == whole.quantity


def test_hours_that_are_too_few_are_said_with_what_was_needed(tmp_path: Path) -> None:
    # of the small town nobody works too few hours where ten are enough
    hours = ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths = 4000")
    plain = several(tmp_path / "plain", clock=Clock(date(2030, 1, 1)), edits=(*EDITS, hours))
    for source in ("civil", "school"):
        pull(plain, source, PersonByPerson(lambda cpr: []))
    week = Week.parse("2020-W40")
    everybody = explaining.explain(plain.gateway, plain.contract, week).people
    short = [shown(plain, person.case_reference, week) for person in everybody]
    short = [
        one for one in short if one.measures[0].verdict and one.measures[0].verdict.reason is WeekReason.TOO_FEW_HOURS
    ]
    assert short
    for one in short:
        assert any(0 <= state.paid_hundredths < state.needed_hundredths for state in one.states)
        standing = [posting for posting in one.postings if posting.replaced_on is None]
        assert sum(posting.hours_hundredths for posting in standing) >= max(s.paid_hundredths for s in one.states)


def test_the_look_is_logged_and_a_protected_person_is_not_shown(town: SimulatedMunicipality) -> None:
    someone = reference_of(town)
    shown(town, someone)
    event, lines = newest(town, "week_explained")
    assert (event["week"], event["shown"], event["by"]) == ("2020-W10", True, town.gateway.actor.name)
    assert [line["action"] for line in lines] == ["week_explained"]
    protect(town, someone)
    assert explain_week(town.gateway, town.contract, WEEK, someone).shown is None
    event, lines = newest(town, "week_explained")
    assert (event["shown"], len(lines)) == (False, 1)


def test_nobody_is_not_found(town: SimulatedMunicipality) -> None:
    for name in ("NOBODY", ""):
        with pytest.raises(PersonUnknown):
            explain_week(town.gateway, town.contract, WEEK, name)


def test_as_a_case_worker_reads_it(tmp_path: Path) -> None:
    town = several(tmp_path / "town")
    someone = reference_of(town, Status.NO_BENEFIT)
    confirmed(town, someone)
    with town.gateway.store.read() as session:
        subject = session.exec(select(Subject).where(Subject.case_reference == someone)).one().subject_id
    town.gateway.store.dispose()
    told = run("explain", "impact60", "--case", someone, "--week", "2020-W10", environment=town.environment)
    assert told.code == 0, told.text
    for said in ("window 2020H1", "1. civil", "nothing was pulled yet", "2. dream", "dream-2021-02.csv", "4. evidence"):
        assert said in told.out
    assert "evidence decides: the first that tells a status" in told.out
    assert subject not in told.text
    assert run("explain", "impact60", "--case", someone, "--week", "W10", environment=town.environment).code == 2
