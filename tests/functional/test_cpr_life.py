"""The life of a CPR number: it changes, comes back, is told of two people, and its person dies or leaves.

Numbers here are replacement numbers (day + 60), but for one that becomes ordinary: its day of birth is yet to come, so
that nobody has it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from connectors.errors import SourceUnavailable
from gateway.events.rights import ErasureRepeated
from gateway.intake import pulling, pulling_records
from gateway.rights import erasure
from gateway.store import basis
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.rights_tables import BasisRow, ErasureRow
from gateway.store.tables import LinkageRow
from policies.basis import RecordKind
from tests.attacks.canaries import files, leaks
from tests.functional.test_record_pulls import (
    EVENTS,
    POSTINGS,
    PersonByPerson,
    declare,
    numbers,
    pull,
    source_text,
    subject_of,
)
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.stored import stored_answers, stored_postings, stored_spells
from vocabulary.records import SubjectRef

ORDINARY = "0101" + "576007"  # born in 2057; never whole in a file, so that a search for numbers finds none
OTHER = "6303821236"


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """30 people enrolled, a civil register declared in the place of DREAM."""
    made = ready(tmp_path / "town", pulled=False)
    made.enrol()
    declare(made, tmp_path, source_text("life_events", EVENTS))
    return made


def told(town: SimulatedMunicipality, lives: dict[str, list[tuple[str, str, str]]]) -> dict[str, int]:
    """The civil register tells these events of numbers: (event, on, new number); what was refused."""
    answers = {cpr: [(cpr, event, on, new) for event, on, new in events] for cpr, events in lives.items()}
    return pull(town, PersonByPerson(lambda cpr: answers.get(cpr, []))).rejected


def asked_by(town: SimulatedMunicipality, subject: str) -> str:
    """The number by which a source would be asked about somebody."""
    with town.gateway.store.read() as session:
        [digits] = town.gateway.boundary(session).with_cpr([SubjectRef(subject)], lambda text: text)
    return digits


def indexes(town: SimulatedMunicipality, subject: str) -> int:
    with town.gateway.store.read() as session:
        return session.exec(select(func.count()).select_from(LinkageRow).where(LinkageRow.subject_id == subject)).one()


def test_a_replacement_number_becomes_an_ordinary_one(town: SimulatedMunicipality) -> None:
    old = numbers(town)[0]
    assert int(old[0]) >= 6  # day + 60
    subject = subject_of(town, old)
    assert told(town, {old: [("number_changed", "2020-02-01", ORDINARY)]}) == {}
    assert (asked_by(town, subject), subject_of(town, ORDINARY), subject_of(town, old)) == (ORDINARY, subject, subject)


def test_a_number_that_comes_back_is_the_one_to_ask_by(town: SimulatedMunicipality) -> None:
    """Also told again and again: no index is added, and nothing goes round."""
    old = numbers(town)[0]
    subject = subject_of(town, old)
    there_and_back = [("number_changed", "2020-02-01", OTHER), ("number_changed", "2020-03-01", old)]
    for _ in range(3):
        assert told(town, {old: there_and_back}) == {}
        assert asked_by(town, subject) == old
        assert indexes(town, subject) == 4  # two numbers in two domains


def test_the_same_new_number_for_two_people_is_neithers(town: SimulatedMunicipality) -> None:
    anne, bo = numbers(town)[:2]
    subjects = [subject_of(town, one) for one in (anne, bo)]
    change = [("number_changed", "2020-02-01", OTHER)]
    refused = told(town, {anne: change, bo: change})
    assert refused == {"changed_number_is_another_persons": 2}
    assert [asked_by(town, subject) for subject in subjects] == [anne, bo]
    with pytest.raises(AssertionError):
        subject_of(town, OTHER)
    assert told(town, {anne: change}) == {}  # positive control: alone it is taken
    assert asked_by(town, subjects[0]) == OTHER


def test_two_people_never_swap_numbers(town: SimulatedMunicipality) -> None:
    anne, bo = numbers(town)[:2]
    before = {one: subject_of(town, one) for one in (anne, bo)}
    swap = {anne: [("number_changed", "2020-02-01", bo)], bo: [("number_changed", "2020-02-01", anne)]}
    assert told(town, swap) == {"changed_number_is_another_persons": 2}
    assert {one: subject_of(town, one) for one in (anne, bo)} == before
    assert [asked_by(town, before[one]) for one in (anne, bo)] == [anne, bo]


def test_a_number_that_somebody_had_before_is_taken_too(town: SimulatedMunicipality) -> None:
    anne, bo = numbers(town)[:2]
    told(town, {anne: [("number_changed", "2020-02-01", OTHER)]})
    assert told(town, {bo: [("number_changed", "2020-02-02", anne)]}) == {"changed_number_is_another_persons": 1}
    assert subject_of(town, bo) != subject_of(town, anne)


def test_a_person_with_two_numbers_is_one_person(town: SimulatedMunicipality, tmp_path: Path) -> None:
    """Asked about once, by the number of today, with one line in the log, and paid hours counted once."""
    old = numbers(town)[0]
    subject = subject_of(town, old)
    told(town, {old: [("number_changed", "2020-02-01", OTHER)]})
    declare(town, tmp_path, source_text("postings", POSTINGS, name="income"))
    source = PersonByPerson(lambda cpr: [("100,00", cpr, "00", "2020-03", "160")])
    pull(town, source, "income")
    assert sorted(source.asked) == sorted([OTHER, *numbers(town)[1:]])
    with town.gateway.store.read() as session:
        assert [row.subject_id for row in stored_postings(session)].count(subject) == 1
        newest = session.exec(
            select(LogEntry).where(LogEntry.kind == "records_asked").order_by(col(LogEntry.idx).desc())
        ).first()
        assert newest is not None
        lines = session.exec(select(PersonLineRow).where(PersonLineRow.log_idx == newest.idx)).all()
    assert len(lines) == len({line.subject_id for line in lines}) == 30


def test_a_file_finds_the_person_by_either_number(tmp_path: Path) -> None:
    town = ready(tmp_path / "town", pulled=False)
    town.enrol()
    old = numbers(town)[0]
    subject = subject_of(town, old)
    with town.gateway.write() as uow:
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=""))
        assert not town.gateway.boundary(uow.session).renumber([(SubjectRef(subject), OTHER)], town.contract)
    text = town.drop.income.read_text()
    assert old in text
    town.drop.income.write_text(text.replace(old, OTHER))
    report = pulling.pull(town.gateway, town.contract, "income", town.drop.income)
    assert report.postings_added > 0
    with town.gateway.store.read() as session:
        assert subject in {row.subject_id for row in stored_postings(session)}


def test_double_enrolment_is_found_by_the_new_number(town: SimulatedMunicipality) -> None:
    """A second contract of the municipality: whoever has another number by now is the same person."""
    old = numbers(town)[0]
    told(town, {old: [("number_changed", "2020-02-01", OTHER)]})
    with town.gateway.write() as uow:
        uow.record(ErasureRepeated(contract="", subject_sha256=""))
        boundary = town.gateway.boundary(uow.session)
        for number in (OTHER, old):
            assert boundary.enrol(number, "another", refuse_elsewhere=True) == "enrolled_already"
        assert isinstance(boundary.enrol(ORDINARY, "another", refuse_elsewhere=True), SubjectRef)  # positive control


def test_an_erasure_takes_every_index(town: SimulatedMunicipality) -> None:
    old = numbers(town)[0]
    subject = subject_of(town, old)
    told(town, {old: [("number_changed", "2020-02-01", OTHER), ("number_changed", "2020-03-01", ORDINARY)]})
    assert indexes(town, subject) == 6
    mark = erasure.digest_of(subject)
    with town.gateway.write() as uow:
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark))
    assert erasure.repeat(town.gateway) == 1
    assert indexes(town, subject) == 0
    for number in (old, OTHER, ORDINARY):
        with pytest.raises(AssertionError):
            subject_of(town, number)


def test_a_file_is_asked_about_the_dead_until_it_has_told_the_weeks_before(tmp_path: Path) -> None:
    """A death in the register, then files: those weeks count as anybody's do, and after them nothing is read."""
    town = ready(tmp_path / "town", pulled=False)
    town.enrol()
    dead = numbers(town)[0]
    subject = subject_of(town, dead)
    text = source_text(
        "life_events", EVENTS, name="income"
    )  # the programme names no civil register: its place is taken
    declare(town, tmp_path, text)
    answer = PersonByPerson(lambda cpr: [(cpr, "dead", "2020-03-02", "")] if cpr == dead else [])
    pull(town, answer, "income")
    first = pulling.pull(town.gateway, town.contract, "dream", town.drop.status)
    assert first.people_changed == 30

    def rows() -> int:
        with town.gateway.store.read() as session:
            found = [row for row in stored_spells(session) if row.subject_id == subject]
        return sum(row.source_id == "dream" for row in found)

    before = rows()
    assert before > 0
    later = town.drop.status.with_name("dream-2021-03.csv")
    later.write_text(town.drop.status.read_text() + "\n")
    pulling.pull(town.gateway, town.contract, "dream", later)
    with town.gateway.store.read() as session:
        query = select(LogEntry).where(LogEntry.kind == "pull_authorised").order_by(col(LogEntry.idx).desc())
        newest = session.exec(query).first()
        assert newest is not None
        asked = session.exec(select(PersonLineRow.subject_id).where(PersonLineRow.log_idx == newest.idx)).all()
    assert (len(asked), subject in asked, rows()) == (29, False, before)


def is_protected(town: SimulatedMunicipality, subject: str, day: str) -> bool:
    at = datetime.combine(date.fromisoformat(day), time(12), tzinfo=UTC)
    with town.gateway.store.read() as session:
        return subject in basis.having(session, town.contract, RecordKind.PROTECTION, at=at)


def test_protection_holds_until_an_end_that_has_come(town: SimulatedMunicipality) -> None:
    """Asked on one day in 2030; what the calendar makes of it needs no further pull."""
    today = town.gateway.clock().date()
    ahead, past, day_before = today + timedelta(days=184), today - timedelta(days=1), today - timedelta(days=181)
    people = numbers(town)[:5]
    both, over, coming, open_end, end_alone = (subject_of(town, one) for one in people)
    told(
        town,
        {
            people[0]: [("protected", str(day_before), ""), ("protection_ended", str(ahead), "")],
            people[1]: [("protected", str(day_before), ""), ("protection_ended", str(past), "")],
            people[2]: [("protected", str(ahead), "")],
            people[3]: [("protected", str(day_before), "")],
            people[4]: [("protection_ended", str(ahead), "")],
        },
    )
    after = str(ahead + timedelta(days=1))

    def protected_on(day: str) -> list[bool]:
        return [is_protected(town, one, day) for one in (both, over, coming, open_end, end_alone)]

    tomorrow = str(today + timedelta(days=1))
    assert protected_on(tomorrow) == [True, False, False, True, True]
    assert protected_on(str(ahead)) == [True, False, True, True, True]
    assert protected_on(after) == [False, False, True, True, False]
    with town.gateway.store.read() as session:
        stored = len(session.exec(select(BasisRow).where(BasisRow.channel == "register")).all())
    told(town, {people[0]: [("protected", str(day_before), ""), ("protection_ended", str(ahead), "")]})
    with town.gateway.store.read() as session:  # the same again changes nothing, nor does silence
        assert len(session.exec(select(BasisRow).where(BasisRow.channel == "register")).all()) == stored
    assert protected_on(tomorrow) == [True, False, False, True, True]
    told(town, {people[0]: [("protected", str(day_before), ""), ("protection_ended", after, "")]})  # extended
    assert is_protected(town, both, tomorrow)
    assert is_protected(town, both, after)
    told(town, {people[0]: [("protected", str(day_before), ""), ("protection_ended", str(past), "")]})
    assert not is_protected(town, both, tomorrow)


def test_an_event_ahead_has_not_happened(town: SimulatedMunicipality) -> None:
    """A number that changes tomorrow is not asked by, and whoever dies tomorrow is asked about today."""
    ahead = str(town.gateway.clock().date() + timedelta(days=2))
    changing, dying = numbers(town)[:2]
    subject = subject_of(town, changing)
    told(town, {changing: [("number_changed", ahead, OTHER)], dying: [("dead", ahead, "")]})
    assert asked_by(town, subject) == changing
    source = PersonByPerson(lambda cpr: [])
    pull(town, source)
    assert {changing, dying} <= set(source.asked)


def test_a_new_number_waits_hidden_until_it_is_taken(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that breaks off leaves what it was told in the store, and the number in no form of it."""
    monkeypatch.setattr(pulling_records, "_CHUNK_PEOPLE", 10)
    events = [("", "number_changed", "2020-03-02", OTHER)]
    with pytest.raises(SourceUnavailable):
        pulling_records.pull_records(town.gateway, town.contract, "dream", PersonByPerson(lambda _: events, dies_at=15))
    with town.gateway.store.read() as session:
        waiting = [record for records in stored_answers(session).values() for record in records]
    assert len(waiting) == 10
    assert {record[list(EVENTS).index("new_cpr")].partition(":")[0] for record in waiting} == {"hidden"}
    assert leaks(files(town.folder / "gateway"), [OTHER]) == []
