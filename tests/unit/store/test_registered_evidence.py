"""Documents in the store, on both databases: known from their confirmation to their withdrawal, and then resolved."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from gateway.events.contracts import SourceDeclared
from gateway.outcomes.manual_evidence import EvidenceType
from gateway.store import histories, spells
from gateway.store.registered_evidence import RegisteredEvidence, confirmed_spells, keep, of_contract, of_person
from gateway.store.unit_of_work import Store
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_subject, add_subject
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

REF = SubjectRef("a" * 32)
FIRST = Week.parse("2020-W01")
DAY = timedelta(days=1)
EVENT = SourceDeclared(source="dream", sha256="0" * 64)
BOTH = frozenset({EvidenceType.SELF_EMPLOYED, EvidenceType.EDUCATION})


def document(
    name: str, weeks: tuple[int, int], *, kind: str, confirmed: int | None, withdrawn: int | None
) -> RegisteredEvidence:
    def at(day: int | None) -> datetime | None:
        return None if day is None else NOW + day * DAY

    return RegisteredEvidence(
        id=name,
        contract_id="c",
        subject_id=REF.value,
        type=kind,
        from_week=FIRST.ordinal + weeks[0],
        to_week=FIRST.ordinal + weeks[1],
        expires_on=date(2020, 12, 31),
        document_sha256="0" * 64,
        registered_by="anna",
        registered_at=NOW,
        confirmed_by="" if confirmed is None else "bo",
        confirmed_at=at(confirmed),
        withdrawn_by="" if withdrawn is None else "bo",
        withdrawn_at=at(withdrawn),
    )


@pytest.fixture
def told(store: Store) -> Store:
    """DREAM knows of no benefit in six weeks; three documents, one of which nobody confirmed."""
    with store.write(NOW, by=SOMEBODY) as uow:
        add_subject(uow.session, a_subject(REF.value))
        spells.store_spells(
            uow.session,
            "c",
            "dream",
            [StatusSpell(REF, Status.NO_BENEFIT, "", FIRST, FIRST + 5)],
            from_week=FIRST,
            to_week=FIRST + 5,
            edition=1,
            now=uow.now,
        )
        keep(uow.session, document("1", (0, 2), kind="self_employed", confirmed=1, withdrawn=3))
        keep(uow.session, document("2", (2, 3), kind="education", confirmed=2, withdrawn=None))
        keep(uow.session, document("3", (5, 5), kind="education", confirmed=None, withdrawn=None))
        uow.record(EVENT)
    return store


def shown(store: Store, *, day: float, kinds: frozenset[EvidenceType] = BOTH) -> str:
    letters = {Status.NO_BENEFIT: "-", Status.SELF_EMPLOYED: "S", Status.EDUCATION: "E"}
    with store.read() as session:
        [person] = histories.load_histories(
            session,
            "c",
            status_sources=("dream", "evidence"),
            evidence=kinds,
            income_source="income",
            known_at=NOW + day * DAY,
        )
    weeks = range(FIRST.ordinal, FIRST.ordinal + 6)
    return " ".join("".join(sorted(letters[one] for one in person.statuses.get(week, ()))) for week in weeks)


def test_it_is_known_from_its_confirmation_until_it_is_withdrawn(told: Store) -> None:
    assert shown(told, day=0.5) == "- - - - - -"
    assert shown(told, day=1) == "S S S - - -"
    assert shown(told, day=2) == "S S ES E - -"
    assert shown(told, day=2.9) == "S S ES E - -"
    assert shown(told, day=3) == "- - E E - -"


def test_a_kind_that_the_contract_does_not_name_counts_nowhere(told: Store) -> None:
    assert shown(told, day=2, kinds=frozenset({EvidenceType.EDUCATION})) == "- - E E - -"
    assert shown(told, day=2, kinds=frozenset()) == "- - - - - -"


def test_nobody_elses_is_read(told: Store) -> None:
    with told.read() as session:
        assert confirmed_spells(session, "c", ["b" * 32], BOTH, known_at=NOW + 2 * DAY) == {}
        assert [row.id for row in of_person(session, "c", REF.value)] == ["1", "2", "3"]
        assert [row.id for row in of_contract(session, "c")] == ["1", "2", "3"]
        assert (of_person(session, "c", "b" * 32), of_contract(session, "d")) == ([], [])
