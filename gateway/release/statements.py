"""Statements about single people, to the operator alone: whom it takes back because an outcome was lost.

The grant names its own legal basis, the contract declares the window, and the statement says no more than is needed to
act: the operator's own case references, sorted, and `contact_jobcentre`. No benefit, no date, nobody with name and
address protection, and nobody who is not followed. It is signed and its digest logged; it is never an attestation.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import select

from gateway.attestations.jws import sign_compact
from gateway.errors.contracts import WindowUnknown
from gateway.errors.rights import StatementEmptied
from gateway.evaluation import evaluating
from gateway.events.event import PersonLine
from gateway.events.rights import StatementReleased
from gateway.installation.authority import Asking, Authorised, deciding, municipality
from gateway.installation.gateway import Gateway
from gateway.intake.enrolment import is_sealed
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import person_result
from gateway.outcomes.terms import Window
from gateway.outcomes.verdicts import WeekReason
from gateway.store import basis, contract_queries, queries
from gateway.store.rights_tables import StatementRow
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.facts import IndividualFacts
from policies.programme import Grant, Programme
from policies.terms import PERMITTED_BASES, Action, LegalBasis, Party, Purpose, Role

TYPE = "individual-statement+jwt"
RELAPSE_NOTICE = "relapse_notice"
MESSAGE = "contact_jobcentre"
_LOST = frozenset({WeekReason.NO_STATE, WeekReason.NO_INCOME, WeekReason.TOO_FEW_HOURS, WeekReason.REPEATS_WEEK_BEFORE})


@dataclass(frozen=True, slots=True)
class Statement:
    """A signed statement. `people` is how many it names; an empty one is a statement too."""

    id: str
    token: str
    people: int
    is_new: bool


def state(gateway: Gateway, contract_id: str, label: str, kind: str = RELAPSE_NOTICE) -> Statement:
    """Make the declared statement of a window, or hand out the one that was made.

    Raises `PolicyDenied`, `WindowUnknown`, `StatementEmptied` where somebody whom it names was erased since.
    """
    with deciding(gateway) as asking:
        window = gateway.contract(asking.session, contract_id).window(label)
        contract = gateway.contract_for(asking.session, contract_id, window)
        programme = gateway.programme(asking.session, contract_id)
        authorised, grant = _authorise(asking, contract, programme, window, kind)
        made = asking.session.exec(
            select(StatementRow).where(
                StatementRow.contract_id == contract_id, StatementRow.window == label, StatementRow.kind == kind
            )
        ).first()
        if made is not None:
            if not made.token:
                raise StatementEmptied(contract=contract_id, window=label)
            _record(asking, made, [], authorised)
            return Statement(made.id, made.token, len(made.people), is_new=False)
        frozen = evaluating.frozen_at(asking.session, contract, window)
        if frozen is None or grant is None:  # the policy has refused this already
            raise WindowUnknown(contract=contract_id, window=label)
        read = evaluating.ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)
        people = evaluating.histories(asking.session, contract, programme, known_at=frozen)
        now = evaluate(contract, people, window.to_week, remainder=basis.remainder(asking.session, contract_id))
        evaluating.record_evaluation(asking, contract, now, people, read, Purpose.OUTCOME_EVALUATION, known_at=frozen)
        named = _people_to_name(asking, contract, programme, window, people, grant)
        row = _store(gateway, asking, contract, window, kind, named, grant)
        _record(asking, row, named, authorised)
        return Statement(row.id, row.token, len(named), is_new=True)


def relapsed_people(contract: Contract, measure: Measure, window: Window, people: Sequence[PersonHistory]) -> list[str]:
    """Subject ids, in their order, of those who held the outcome when the window before ended and do not any more.

    Whoever works again in the last week needs no notice; of whoever left, is not followed or was not observed in it
    nothing is known.
    """
    earlier = contract.windows_until(window.label)[:-1]
    if not earlier:
        return []
    found = []
    for person in people:
        before = person_result(contract, measure, person, earlier[-1].to_week)
        now = person_result(contract, measure, person, window.to_week)
        if not before.quantity or now.quantity or person.stop is not None:
            continue
        if now.verdicts[-1].reason in _LOST and not now.verdicts[-1].state:
            found.append(person.subject)
    return sorted(found)


def _authorise(
    asking: Asking, contract: Contract, programme: Programme, window: Window, kind: str
) -> tuple[Authorised, Grant | None]:
    session = asking.session
    grant = programme.grant(Role.OPERATOR, Action.RELEASE_INDIVIDUAL)
    frozen = evaluating.frozen_at(session, contract, window)
    own = grant.legal_basis if grant is not None else None
    facts = IndividualFacts(
        purpose=Purpose.INDIVIDUAL_FOLLOW_UP,
        contract_sha256=evaluating.newest_digest(session, contract),
        requested_by=municipality(programme),
        cohort_sealed=is_sealed(session, contract),
        release_planned=any((one.kind, one.window) == (kind, window.label) for one in contract.statements),
        window_frozen=asking.now.date() >= contract.freezes_on(window),
        sources_complete=frozen is not None,
        own_legal_basis=own is not None,
        legal_role_permits=own in PERMITTED_BASES[contract.operator_legal_role],
        not_suspended=not queries.is_suspended(session, contract.id, window.label),
        settled_here=contract_queries.is_settled_here(session, contract.id, window.label),
    )
    party = Party(contract.party("operator").organisation, Role.OPERATOR)
    return asking.ask(party, Action.RELEASE_INDIVIDUAL, programme, facts), grant


def _people_to_name(
    asking: Asking,
    contract: Contract,
    programme: Programme,
    window: Window,
    people: Sequence[PersonHistory],
    grant: Grant,
) -> list[Subject]:
    """Whom the statement names: nobody who is protected, and on the basis of consent nobody who gave none."""
    measure = contract.people_measure
    if measure is None:
        return []
    session, contract_id = asking.session, contract.id
    protected = basis.having(session, contract_id, RecordKind.PROTECTION, at=asking.now)
    agreed = basis.having(session, contract_id, RecordKind.GDPR_CONSENT, at=asking.now)
    stopped = basis.stops(session, programme, [one.subject for one in people], at=asking.now)
    chosen = [
        subject
        for subject in relapsed_people(contract, measure, window, people)
        if subject not in protected
        and subject not in stopped
        and (grant.legal_basis is not LegalBasis.CONSENT or Purpose.INDIVIDUAL_FOLLOW_UP in agreed.get(subject, ()))
    ]
    return sorted((session.get_one(Subject, one) for one in chosen), key=lambda row: row.case_reference)


def _store(
    gateway: Gateway,
    asking: Asking,
    contract: Contract,
    window: Window,
    kind: str,
    named: Sequence[Subject],
    grant: Grant,
) -> StatementRow:
    signer = gateway.signer(asking.session)
    identifier = str(uuid.uuid4())
    people = [{"case_reference": subject.case_reference, "message": MESSAGE} for subject in named]
    claims: dict[str, object] = {
        "iss": gateway.issuer,
        "iat": int(asking.now.timestamp()),
        "jti": f"urn:uuid:{identifier}",
        "aud": contract.party("operator").organisation,
        "contract": contract.id,
        "window": window.label,
        "kind": kind,
        "legal_basis": str(grant.legal_basis),
        "law": grant.law_reference,
    }
    if signer.is_development or gateway.installed.is_demo:
        claims["demo"] = True
    token = sign_compact(signer, header={"typ": TYPE, "kid": signer.kid}, claims=claims | {"people": people})
    row = StatementRow(
        id=identifier,
        contract_id=contract.id,
        window=window.label,
        kind=kind,
        people=people,
        claims=claims,
        token=token,
        token_sha256=hashlib.sha256(token.encode("ascii")).hexdigest(),
        at=asking.now,
    )
    asking.session.add(row)
    return row


def _record(asking: Asking, row: StatementRow, named: Sequence[Subject], authorised: Authorised) -> None:
    asking.uow.record(
        StatementReleased(
            contract=row.contract_id,
            window=row.window,
            statement=row.id,
            people=len(row.people),
            token_sha256=row.token_sha256,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        lines=[PersonLine(subject.subject_id, "statement", Purpose.INDIVIDUAL_FOLLOW_UP) for subject in named],
    )
