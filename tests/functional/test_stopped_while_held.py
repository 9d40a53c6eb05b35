"""Somebody objects, or is erased, while a pull that looks wrong waits for an answer: it says nothing of them any more.

The answer that is held is three kinds of source, and it is accepted or rejected; what stands of everybody else is what
it would be without that person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import SQLModel, select

from connectors.transport import Page, Record
from gateway.errors.holds import PullLooksWrong
from gateway.installation.gateway import Gateway
from gateway.intake import answering_holds
from gateway.rights import archive, requests
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.rights.requests import Right
from gateway.store.sealed import About, opened_values
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.terms import Role
from tests.functional.test_holds import ask, declare
from tests.functional.test_record_pulls import (
    CHANGES,
    PERIODS,
    POSTINGS,
    Pages,
    PersonByPerson,
    change,
    source_text,
    subject_of,
)
from tests.functional.test_traps import Clock
from tests.support.examples import every_third
from tests.support.municipality import SimulatedMunicipality, built, ready
from tests.support.simulated import acting
from tests.support.stored import shelves, stored_answers, stored_postings, stored_spells

OBJECTS = NewRecord(RecordKind.OBJECTION, Channel.PHONE)
Way = Callable[[Sequence[str], Sequence[str], str], PersonByPerson | Pages]


def told(cpr: str) -> Sequence[Record]:
    return [("730", cpr, "2018-10-01", "")]


def _by_person(people: Sequence[str], gone: Sequence[str], cursor: str) -> PersonByPerson:
    return PersonByPerson(lambda cpr: [] if cpr in gone else told(cpr))


def _as_list(people: Sequence[str], gone: Sequence[str], cursor: str) -> Pages:
    return Pages([Page([record for cpr in people if cpr not in gone for record in told(cpr)])])


def _as_changes(people: Sequence[str], gone: Sequence[str], cursor: str) -> Pages:
    rows = [change(cpr, f"r{cpr}", cursor, "730", deleted="1" if cpr in gone else "") for cpr in people]
    return Pages([Page(rows, cursor)])


WAYS: dict[str, tuple[dict[str, str], str, Way]] = {
    "person": (PERIODS, "whole", _by_person),
    "list": (PERIODS, "whole", _as_list),
    "changes": (CHANGES, "changes", _as_changes),
}


def reference_of(town: SimulatedMunicipality, subject: str) -> Who:
    with town.gateway.store.read() as session:
        return Who(
            case_reference=session.exec(select(Subject).where(Subject.subject_id == subject)).one().case_reference
        )


def spells(town: SimulatedMunicipality) -> list[tuple[object, ...]]:
    """Everything that was ever known."""
    with town.gateway.store.read() as session:
        rows = stored_spells(session)
    return sorted((r.subject_id, r.status, r.code, r.from_week, r.to_week, r.known_to is None) for r in rows)


def held(town: SimulatedMunicipality, folder: Path, way: str, name: str = "dream") -> tuple[str, list[str]]:
    """The id of a hold, and the numbers of those whose benefit it says has ended: all but two of the cohort."""
    columns, answers, source = WAYS[way]
    people = [line.split(";")[0] for line in town.drop.referrals.read_text().splitlines()[1:]]
    declare(town, folder, source_text("periods", columns, name=name, answers=answers))
    try:
        ask(town, source(people, [], "1"), name)
    except PullLooksWrong as first:  # as Ballerup's, after its files
        answering_holds.accept(town.gateway, first.hold)
    with pytest.raises(PullLooksWrong) as looks_wrong:
        ask(town, source(people, people[2:], "2"), name)
    return looks_wrong.value.hold, people[2:]


@pytest.mark.parametrize("answer", every_third(["accepted late", "accepted", "rejected"]))
@pytest.mark.parametrize("way", WAYS)
def test_an_objection_while_a_pull_is_held_wins(tmp_path: Path, way: str, answer: str) -> None:
    town = ready(tmp_path / "town", pulled=False, clock=Clock(date(2030, 3, 1)))
    town.enrol()
    hold, gone = held(town, tmp_path, way)
    before = spells(town)
    subject = subject_of(town, gone[0])
    begin(town.gateway, town.contract, reference_of(town, subject), OBJECTS, role=Role.CASE_WORKER)
    if answer == "accepted late":
        assert isinstance(town.gateway.clock, Clock)
        town.gateway.clock.move(9)
        assert answering_holds.accept(acting(town.gateway, "second"), hold).needs_second
    if answer == "rejected":
        answering_holds.reject(town.gateway, hold)
        assert spells(town) == before
    else:
        done = answering_holds.accept(town.gateway, hold)
        assert done.report is not None
        assert done.report.people_changed == len(gone) - 1
        assert {row[0] for row in {*spells(town)} ^ {*before}} == {subject_of(town, cpr) for cpr in gone[1:]}
    with town.gateway.store.read() as session:
        assert stored_answers(session) == {}
    source = WAYS[way][2](gone, [], "3")  # and is asked about no more
    try:
        ask(town, source)
    except PullLooksWrong as again:  # they came back: a list that is short, of whom two are missing
        answering_holds.accept(town.gateway, again.hold)
    if isinstance(source, PersonByPerson):
        assert gone[0] not in source.asked
    assert [row for row in spells(town) if row[0] == subject] == [row for row in before if row[0] == subject]


@pytest.mark.parametrize("way", WAYS)
def test_whoever_is_erased_while_a_pull_is_held_stands_in_nothing_of_it(
    tmp_path: Path, database_url: str, way: str
) -> None:
    made = built(tmp_path / "town", "ballerup", database_url=database_url if "postgres" in database_url else "")
    town = SimulatedMunicipality(
        Gateway.open(made.gateway.settings, clock=Clock(date(2030, 3, 1))), made.contract, made.drop, made.folder
    )
    town.enrol()
    town.pull_all()
    with town.gateway.store.read() as session:
        windows = town.gateway.contract(session, town.contract).windows
    for window in windows:
        town.release(window.label, "payment_document", "operator")
    hold, gone = held(town, tmp_path, way, "ydelsesrefusion")
    subject = subject_of(town, gone[0])
    who = reference_of(town, subject)
    with town.gateway.store.read() as session:  # there is something to erase
        about = About.RECORDS if way == "changes" else About.ANSWERS
        assert [shelf for shelf in shelves(session, about) if opened_values(session, shelf, [subject])[subject]]
    begin(town.gateway, town.contract, who, OBJECTS, role=Role.CASE_WORKER)
    archive.export(town.gateway, town.contract)
    asked = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=Role.CASE_WORKER)
    granted = requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True)
    assert granted.granted, granted.holds
    assert tables_with(town, subject) == set()
    done = answering_holds.accept(town.gateway, hold)
    assert done.report is not None
    assert done.report.people_changed == len(gone) - 1
    assert tables_with(town, subject) == set()
    town.gateway.store.dispose()
    made.gateway.store.dispose()


def tables_with(town: SimulatedMunicipality, subject: str) -> set[str]:
    """Every table of the database in which the id stands, in whatever column."""

    with town.gateway.store.read() as session:
        return {
            table.name
            for table in SQLModel.metadata.sorted_tables
            if any(subject in str(tuple(row)) for row in session.execute(table.select()))
        }


def test_pay_that_is_told_of_somebody_who_objects_is_not_stored(tmp_path: Path) -> None:
    """Of postings all that was told is stored: the person's part of what is held has to be left out."""
    town = ready(tmp_path / "town", pulled=False, clock=Clock(date(2030, 3, 1)))
    town.enrol()
    declare(town, tmp_path, source_text("postings", POSTINGS, name="income"))
    people = [line.split(";")[0] for line in town.drop.referrals.read_text().splitlines()[1:]]

    def paid(hours: str, of: Sequence[str]) -> PersonByPerson:
        return PersonByPerson(lambda cpr: [("1000", cpr, "00", "2019-03", hours)] if cpr in of else [])

    ask(town, paid("100", people), "income")
    with pytest.raises(PullLooksWrong) as looks_wrong:
        ask(town, paid("120", people[:2]), "income")
    subject, other = (subject_of(town, cpr) for cpr in people[:2])
    begin(town.gateway, town.contract, reference_of(town, subject), OBJECTS, role=Role.CASE_WORKER)
    answering_holds.accept(town.gateway, looks_wrong.value.hold)
    with town.gateway.store.read() as session:
        rows = [row for row in stored_postings(session) if row.known_to is None]
    assert {row.subject_id: row.paid_hours_hundredths for row in rows} == {subject: 100_00, other: 120_00}
