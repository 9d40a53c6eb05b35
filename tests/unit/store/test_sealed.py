"""Sealed values, on both databases: of one length for everybody, and bound to the place where they stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import func, select

from gateway.events.contracts import SourceDeclared
from gateway.store.sealed import (
    NO_PERSON,
    About,
    SealedRow,
    Shelf,
    clear,
    everybodys_values,
    instant_of,
    microseconds,
    opened_values,
    seal_values,
    sources_of_contract,
    values_of_person,
)
from gateway.store.unit_of_work import Store
from keys.errors import KeyUnknown, VaultCorrupt
from keys.sealing import OVERHEAD, pad, size_class, unpad
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_subject, add_subject

ANNE, BO = "a" * 32, "b" * 32
EVENT = SourceDeclared(source="dream", sha256="0" * 64)
SHELF = Shelf("c", About.WEEKS, "dream")
LONG = [[f"{n * n:x}"] for n in range(500)]


@pytest.fixture
def people(store: Store) -> Store:
    with store.write(NOW, by=SOMEBODY) as uow:
        for number, one in enumerate((ANNE, BO)):
            subject = a_subject(one)
            subject.case_reference = f"F-{number}"
            add_subject(uow.session, subject)
        seal_values(uow.session, SHELF, everybodys_values(uow.session, SHELF) | {ANNE: [["FLEKSJOB", 1]]})
        uow.record(EVENT)
    return store


def lengths(store: Store) -> set[int]:
    with store.read() as session:
        return set(session.exec(select(func.length(SealedRow.sealed))))


def test_whoever_has_nothing_has_a_value_of_the_same_length_also_when_one_outgrows_it(people: Store) -> None:
    [before] = lengths(people)
    with people.write(NOW, by=SOMEBODY) as uow:
        seal_values(uow.session, SHELF, {BO: LONG})
        uow.record(EVENT)
    [after] = lengths(people)
    assert after > before
    with people.read() as session:
        assert opened_values(session, SHELF) == {ANNE: [["FLEKSJOB", 1]], BO: LONG}
        assert opened_values(session, SHELF, [BO]) == {BO: LONG}
        assert values_of_person(session, "c", About.WEEKS, ANNE) == {"dream": [["FLEKSJOB", 1]]}
        assert opened_values(session, replace(SHELF, contract_id="d")) == {}
        sealed = session.exec(select(SealedRow.sealed)).all()
    assert not any(b"FLEKSJOB" in one for one in sealed)


def test_one_value_is_never_sealed_alike_twice(people: Store) -> None:
    def sealed() -> bytes:
        with people.read() as session:
            return session.exec(select(SealedRow.sealed).where(SealedRow.subject_id == ANNE)).one()

    before = sealed()
    with people.write(NOW, by=SOMEBODY) as uow:
        seal_values(uow.session, SHELF, everybodys_values(uow.session, SHELF))
        uow.record(EVENT)
    assert sealed() != before


@pytest.mark.parametrize("change", ["contract_id", "about", "source_id", "sealed"])
def test_a_value_that_was_moved_or_changed_does_not_open(people: Store, change: str) -> None:
    changed = {"contract_id": "d", "about": "pay", "source_id": "other", "sealed": b"x" * 300}
    with people.write(NOW, by=SOMEBODY) as uow:
        row = uow.session.exec(select(SealedRow).where(SealedRow.subject_id == ANNE)).one()
        setattr(row, change, changed[change])
        uow.record(EVENT)
    shelf = Shelf(row.contract_id, About(row.about), row.source_id)
    with people.read() as session, pytest.raises(VaultCorrupt):
        opened_values(session, shelf, [ANNE])


def test_another_persons_value_does_not_open_as_ones_own(people: Store) -> None:
    with people.write(NOW, by=SOMEBODY) as uow:
        rows = {row.subject_id: row for row in uow.session.exec(select(SealedRow))}
        rows[BO].sealed = rows[ANNE].sealed
        uow.record(EVENT)
    with people.read() as session, pytest.raises(VaultCorrupt):
        opened_values(session, SHELF, [BO])


def test_without_the_vault_key_nothing_opens(people: Store) -> None:
    locked = Store(people.engine.url.render_as_string(hide_password=False))
    with locked.read() as session, pytest.raises(KeyUnknown):
        opened_values(session, SHELF)
    locked.dispose()


def test_what_is_nobodys_opens_under_its_contract_alone(people: Store) -> None:
    pending = Shelf("c", About.PENDING, "")
    with people.write(NOW, by=SOMEBODY) as uow:
        seal_values(uow.session, pending, {NO_PERSON: [1, 2]})
        uow.record(EVENT)
    with people.read() as session:
        assert opened_values(session, pending) == {NO_PERSON: [1, 2]}
    with people.write(NOW, by=SOMEBODY) as uow:
        clear(uow.session, pending)
        uow.record(EVENT)
        assert opened_values(uow.session, pending) == {}
        assert opened_values(uow.session, SHELF).keys() == {ANNE, BO}


def test_sources_and_values_are_those_of_one_contract_subject_and_person(people: Store) -> None:
    with people.write(NOW, by=SOMEBODY) as uow:
        for shelf, values in (
            (replace(SHELF, source_id="a"), {ANNE: [1], BO: [2]}),
            (replace(SHELF, about=About.PAY, source_id="income"), {ANNE: [3]}),
            (replace(SHELF, contract_id="d", source_id="elsewhere"), {ANNE: [4]}),
        ):
            seal_values(uow.session, shelf, values)
        uow.record(EVENT)
    with people.read() as session:
        assert sources_of_contract(session, "c", About.WEEKS) == ["a", "dream"]
        assert sources_of_contract(session, "c", About.PAY) == ["income"]
        assert sources_of_contract(session, "d", About.WEEKS) == ["elsewhere"]
        assert list(values_of_person(session, "c", About.WEEKS, ANNE).items()) == [
            ("a", [1]),
            ("dream", [["FLEKSJOB", 1]]),
        ]
        assert values_of_person(session, "c", About.PAY, BO) == {}


def test_a_value_of_one_person_alone_is_opened_for_nobody_else(people: Store) -> None:
    """Another's value that was changed does not stand in the way."""
    with people.write(NOW, by=SOMEBODY) as uow:
        row = uow.session.exec(select(SealedRow).where(SealedRow.subject_id == BO)).one()
        row.sealed = b"x" * len(row.sealed)
        uow.record(EVENT)
    with people.read() as session:
        assert values_of_person(session, "c", About.WEEKS, ANNE) == {"dream": [["FLEKSJOB", 1]]}


def test_lengths_grow_with_the_longest_and_never_shrink(people: Store) -> None:
    for value, length in (([], 256), (LONG, 2048), ([], 2048)):
        with people.write(NOW, by=SOMEBODY) as uow:
            seal_values(uow.session, SHELF, {BO: value})
            uow.record(EVENT)
        assert lengths(people) == {length + OVERHEAD}


def test_nobodys_values_make_a_shelf_that_is_empty(store: Store) -> None:
    with store.write(NOW, by=SOMEBODY) as uow:
        seal_values(uow.session, SHELF, {})
        uow.record(EVENT)
        assert opened_values(uow.session, SHELF) == {}


def test_more_people_than_one_statement_takes(store: Store) -> None:
    everybody = {f"{n:032x}": [n] for n in range(1_001)}
    with store.write(NOW, by=SOMEBODY) as uow:
        for number, one in enumerate(everybody):
            subject = a_subject(one)
            subject.case_reference = f"F-{number}"
            add_subject(uow.session, subject)
        seal_values(uow.session, SHELF, everybody)
        seal_values(uow.session, replace(SHELF, source_id="other"), everybody)
        seal_values(uow.session, SHELF, {f"{0:032x}": ["changed"]})
        uow.record(EVENT)
    with store.read() as session:
        assert opened_values(session, SHELF, everybody) == everybody | {f"{0:032x}": ["changed"]}
        assert opened_values(session, replace(SHELF, source_id="other")) == everybody


@pytest.mark.parametrize(
    ("at", "number"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC), 1_770_091_506_000_007),
        (datetime(2026, 2, 3, 5, 5, 6, 7, tzinfo=timezone(timedelta(hours=1))), 1_770_091_506_000_007),
    ],
)
def test_an_instant_is_whole_microseconds(at: datetime, number: int) -> None:
    assert (microseconds(at), instant_of(number)) == (number, at)
    assert type(microseconds(at)) is int


@given(st.binary(max_size=5_000))
def test_padding_hides_all_but_the_class(data: bytes) -> None:
    size = size_class(len(data))
    assert len(pad(data, size)) == size
    assert unpad(pad(data, size)) == data
    assert size_class(size - 4) == size
    assert size == 256 or size <= 1.5 * (len(data) + 4)
