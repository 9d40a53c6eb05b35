"""Sealed values, on both databases: of one length for everybody, and bound to the place where they stand."""

from __future__ import annotations

from dataclasses import replace

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
    opened_values,
    seal_values,
    values_of_person,
)
from gateway.store.unit_of_work import Store
from keys.errors import KeyUnknown, VaultCorrupt
from keys.sealing import pad, size_class, unpad
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


@given(st.binary(max_size=5_000))
def test_padding_hides_all_but_the_class(data: bytes) -> None:
    size = size_class(len(data))
    assert len(pad(data, size)) == size
    assert unpad(pad(data, size)) == data
    assert size_class(size - 4) == size
    assert size == 256 or size <= 1.5 * (len(data) + 4)
