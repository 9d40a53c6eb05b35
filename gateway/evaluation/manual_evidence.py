"""Use cases of manual evidence: a case worker registers a document, a second person confirms it, either withdraws it.

The document stays in the municipality's case system; its digest, kind and weeks come here. It counts from its
confirmation on, in the weeks to whose end it was valid, at the place that the contract gives evidence among its
sources. Every step is asked and logged with the person's line.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import assert_never

from gateway.errors.evidence import EvidenceRefused, EvidenceUnknown
from gateway.errors.rights import PersonUnknown
from gateway.evaluation.evaluating import ask_to_evaluate, newest_digest
from gateway.events.event import PersonLine
from gateway.events.evidence import EvidenceConfirmed, EvidenceListed, EvidenceRegistered, EvidenceWithdrawn
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.look_ups import NamedBy, look_up
from gateway.outcomes.calendar import needed_weeks
from gateway.outcomes.contract import Contract
from gateway.outcomes.manual_evidence import SCORE, EvidenceType, last_week
from gateway.outcomes.measures.instrument import instrument_measures, instruments_of
from gateway.outcomes.readings import readings
from gateway.store import basis, contract_queries, queries, registered_evidence
from gateway.store.registered_evidence import RegisteredEvidence
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.facts import EvidenceFacts
from policies.terms import Action, Purpose, Role
from vocabulary.weeks import Week

STAFF = (Role.CASE_WORKER, Role.SYSTEM_OWNER)  # rule P90
_PURPOSE = Purpose.OUTCOME_PAYMENT
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class EvidenceDocument:
    """What a document shows: these weeks, both included, as far as it is valid. `sha256` is that of its file."""

    type: EvidenceType
    from_week: Week
    to_week: Week
    expires_on: date  # the last day on which it is valid
    sha256: str


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """What an instrument of the contract measured on a day; `sha256` is that of the filled-in form."""

    instrument: str
    on: date
    score: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ListedEvidence:
    """A document as staff see it, by the person's case reference."""

    id: str
    case_reference: str
    type: str
    from_week: Week
    to_week: Week  # the last that counts
    expires_on: date
    document_sha256: str
    state: str  # waiting | counts | withdrawn
    registered_by: str
    confirmed_by: str


def register(
    gateway: Gateway, contract_id: str, case_reference: str, document: EvidenceDocument | ScoreSheet, *, role: Role
) -> str:
    """Register a document, or a score; it counts when a second person has confirmed it. Returns its id.

    Raises `PolicyDenied` (also where nobody has that case reference), `EvidenceRefused`, `ContractUnknown`.
    """
    with deciding(gateway) as asking:
        contract = gateway.contract(asking.session, contract_id)
        subject = queries.subject_of(asking.session, contract_id, case_reference)
        _look_up(gateway, asking, contract, role, subject, NamedBy.CASE_REFERENCE)
        kind, instrument = (
            (document.type, "") if isinstance(document, EvidenceDocument) else (SCORE, document.instrument)
        )
        declared = _is_declared(contract, kind, instrument)
        authorised = _ask(gateway, asking, contract, role, subject, declared=declared, second_person=True)
        if subject is None:  # P62 has refused this already
            raise PersonUnknown(contract=contract_id)
        row = _row(gateway, asking, contract, subject, document)
        _check_form(asking, row)
        registered_evidence.keep(asking.session, row)
        asking.uow.record(
            EvidenceRegistered(contract_id, row.id, authorised.id, authorised.sha256),
            [PersonLine(subject.subject_id, "evidence_registered", _PURPOSE)],
        )
        return row.id


def confirm(gateway: Gateway, evidence_id: str, *, role: Role) -> None:
    """Confirm a document as the second person who has seen it: it counts from now on. Nothing of the person is shown.

    Raises `PolicyDenied`, `EvidenceUnknown`, `EvidenceRefused` where it is confirmed or withdrawn already.
    """
    with deciding(gateway) as asking:
        row, contract, subject = _open(gateway, asking, evidence_id, role)
        authorised = _ask(
            gateway,
            asking,
            contract,
            role,
            subject,
            declared=_is_declared(contract, row.type, row.instrument),
            second_person=gateway.actor.is_second_to(row.registered_by),
        )
        if row.withdrawn_at is not None or row.confirmed_at is not None:
            raise EvidenceRefused(reason=f"it is {_state(row)} already; register the document anew")
        confirmed = replace(row, confirmed_by=gateway.actor.name, confirmed_at=asking.now)
        registered_evidence.keep(asking.session, confirmed)
        asking.uow.record(
            EvidenceConfirmed(contract.id, row.id, row.registered_by, authorised.id, authorised.sha256),
            [PersonLine(row.subject_id, "evidence_confirmed", _PURPOSE)],
        )


def withdraw(gateway: Gateway, evidence_id: str, *, role: Role) -> None:
    """Withdraw a document, confirmed or not: from now on it counts no more. What was known before stays known.

    It may be withdrawn of somebody who is not followed any more, too: wrong data are put right (GDPR art. 5(1)(d)).
    Raises `PolicyDenied`, `EvidenceUnknown`, `EvidenceRefused` where it is withdrawn already.
    """
    with deciding(gateway) as asking:
        row, contract, subject = _open(gateway, asking, evidence_id, role)
        authorised = _ask(gateway, asking, contract, role, subject, declared=True, second_person=True, is_added=False)
        if row.withdrawn_at is not None:
            raise EvidenceRefused(reason="it is withdrawn already")
        withdrawn = replace(row, withdrawn_by=gateway.actor.name, withdrawn_at=asking.now)
        registered_evidence.keep(asking.session, withdrawn)
        asking.uow.record(
            EvidenceWithdrawn(contract.id, row.id, authorised.id, authorised.sha256),
            [PersonLine(row.subject_id, "evidence_withdrawn", _PURPOSE)],
        )


def list_evidence(gateway: Gateway, contract_id: str) -> tuple[list[ListedEvidence], int]:
    """Every document under a contract, oldest first, and how many are of protected people, who are never shown.

    The look is the municipality's own, asked and logged as an evaluation is. Raises `PolicyDenied`, `ContractUnknown`.
    """
    with deciding(gateway) as asking:
        contract = gateway.contract(asking.session, contract_id)
        programme = gateway.programme(asking.session, contract_id)
        authorised = ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)
        protected = basis.having(asking.session, contract_id, RecordKind.PROTECTION, at=asking.now)
        rows = registered_evidence.of_contract(asking.session, contract_id)
        shown = [row for row in rows if row.subject_id not in protected]
        asking.uow.record(
            EvidenceListed(
                contract_id,
                len({row.subject_id for row in shown}),
                len({row.subject_id for row in rows} & protected.keys()),
                authorised.id,
                authorised.sha256,
            ),
            [
                PersonLine(subject, "evidence_listed", Purpose.OUTCOME_EVALUATION)
                for subject in sorted({row.subject_id for row in rows})
            ],
        )
        found = [_listing(row, asking.session.get_one(Subject, row.subject_id)) for row in shown]
    return found, len(rows) - len(shown)


def _open(
    gateway: Gateway, asking: Asking, evidence_id: str, role: Role
) -> tuple[RegisteredEvidence, Contract, Subject]:
    contracts = contract_queries.contract_ids(asking.session)
    row = registered_evidence.document_of(asking.session, contracts, evidence_id)
    if row is None:
        raise EvidenceUnknown(evidence=evidence_id)
    contract = gateway.contract(asking.session, row.contract_id)
    subject = asking.session.get_one(Subject, row.subject_id)
    _look_up(gateway, asking, contract, role, subject, NamedBy.RECORD)
    return row, contract, subject


def _look_up(
    gateway: Gateway, asking: Asking, contract: Contract, role: Role, subject: Subject | None, named_by: NamedBy
) -> None:
    programme = gateway.programme(asking.session, contract.id)
    asking.act_in(role)
    found = None if subject is None else subject.subject_id
    look_up(asking, programme, contract, found, named_by, purpose=_PURPOSE)


def _ask(
    gateway: Gateway,
    asking: Asking,
    contract: Contract,
    role: Role,
    subject: Subject | None,
    *,
    declared: bool,
    second_person: bool,
    is_added: bool = True,
) -> Authorised:
    programme = gateway.programme(asking.session, contract.id)
    known = [] if subject is None else [subject.subject_id]
    facts = EvidenceFacts(
        purpose=_PURPOSE,
        contract_sha256=newest_digest(asking.session, contract),
        appointment_valid=asking.is_appointed(programme, role),
        subject_enrolled=subject is not None,
        subjects_covered=not is_added or not basis.stops(asking.session, programme, known, at=asking.now),
        evidence_declared=declared,
        second_person=second_person,
    )
    return asking.ask(staff_party(programme, role), Action.REGISTER_EVIDENCE, programme, facts)


def _is_declared(contract: Contract, kind: str, instrument: str) -> bool:
    """Whether the contract accepts such documents in some week, or measures with this instrument."""
    if kind == SCORE:
        return instrument in instruments_of(contract)
    return any(kind in one.version.evidence for one in readings(contract))


def _row(
    gateway: Gateway, asking: Asking, contract: Contract, subject: Subject, document: EvidenceDocument | ScoreSheet
) -> RegisteredEvidence:
    """What is stored. Raises `EvidenceRefused` where it could never count."""
    match document:
        case EvidenceDocument():
            _check_document(contract, document)
            kind, first, last, until = document.type.value, document.from_week, document.to_week, document.expires_on
            measured: tuple[str, int | None] = "", None
        case ScoreSheet():
            _check_score(contract, document)
            kind, first, last, until = SCORE, Week.of(document.on), Week.of(document.on), document.on
            measured = document.instrument, document.score
        case _:
            assert_never(document)
    return RegisteredEvidence(
        id=str(uuid.uuid4()),
        contract_id=contract.id,
        subject_id=subject.subject_id,
        type=kind,
        from_week=first.ordinal,
        to_week=last.ordinal,
        expires_on=until,
        document_sha256=document.sha256,
        registered_by=gateway.actor.name,
        registered_at=asking.now,
        instrument=measured[0],
        score=measured[1],
    )


def _check_document(contract: Contract, document: EvidenceDocument) -> None:
    first, last = needed_weeks(contract)
    if document.to_week < document.from_week:
        raise EvidenceRefused(reason="the last week lies before the first")
    if document.from_week < first or document.to_week > last:
        raise EvidenceRefused(reason=f"the contract needs weeks {first} to {last}, and no others are kept")
    read = [one for one in readings(contract) if document.type in one.version.evidence]
    if not any(one.since <= document.to_week.ordinal and document.from_week.ordinal < one.until for one in read):
        raise EvidenceRefused(reason="no version of the contract accepts such a document for any of these weeks")
    if last_week(document.to_week, document.expires_on) < document.from_week:
        raise EvidenceRefused(reason="the document expires before the first week ends, so that no week would count")


def _check_score(contract: Contract, sheet: ScoreSheet) -> None:
    used = instruments_of(contract)[sheet.instrument]
    if not used.lowest <= sheet.score <= used.highest:
        raise EvidenceRefused(reason=f"a score of {used.id!r} lies between {used.lowest} and {used.highest}")
    before = max(one.baseline_within_days for one in instrument_measures(contract) if one.instrument == used)
    first, last = contract.cohort.enrolment_from - timedelta(days=before), contract.windows[-1].to_week.sunday
    if not first <= sheet.on <= last:
        raise EvidenceRefused(reason=f"the contract needs scores from {first} to {last}, and no others are kept")


def _check_form(asking: Asking, row: RegisteredEvidence) -> None:
    """Raise `EvidenceRefused` where the digest is none, or the same is registered already."""
    if not _DIGEST.fullmatch(row.document_sha256):
        raise EvidenceRefused(reason="the document's digest is a SHA-256: 64 lower-case hexadecimal digits")
    for other in registered_evidence.of_person(asking.session, row.contract_id, row.subject_id):
        if other.withdrawn_at is not None or other.type != row.type:
            continue
        if row.score is not None and (other.instrument, other.expires_on) == (row.instrument, row.expires_on):
            raise EvidenceRefused(reason=f"a score of this day is registered already, as {other.id}: withdraw it first")
        same = (other.document_sha256, other.from_week, other.to_week)
        if row.score is None and same == (row.document_sha256, row.from_week, row.to_week):
            raise EvidenceRefused(reason=f"this document is registered for these weeks already, as {other.id}")


def _listing(row: RegisteredEvidence, subject: Subject) -> ListedEvidence:
    return ListedEvidence(
        id=row.id,
        case_reference=subject.case_reference,
        type=f"score of {row.instrument}" if row.score is not None else row.type,  # never what it is
        from_week=Week(row.from_week),
        to_week=row.counted_to,
        expires_on=row.expires_on,
        document_sha256=row.document_sha256,
        state=_state(row),
        registered_by=row.registered_by,
        confirmed_by=row.confirmed_by,
    )


def _state(row: RegisteredEvidence) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "waiting" if row.confirmed_at is None else "counts"
