"""Statements about single people, to the operator alone: whom it takes back because an outcome was lost.

The grant names its own legal basis, the contract declares the window, and the statement says no more than is needed to
act: the operator's own case references, sorted, and `contact_municipality`. No benefit, no date, nobody with name and
address protection, and nobody who is not followed. It is signed and its digest logged; it is never an attestation.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import select

from gateway.attestations.inputs import slot_seconds
from gateway.attestations.jws import sign_compact
from gateway.errors.contracts import WindowUnknown
from gateway.errors.rights import StatementEmptied
from gateway.evaluation import evaluating
from gateway.evaluation.cohort import histories
from gateway.evaluation.erased import left_by_erased
from gateway.evaluation.looking import Answered, Snapshot, look_apart
from gateway.events.event import PersonLine
from gateway.events.rights import StatementReleased
from gateway.installation.authority import Asking, Authorised, municipality
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import person_result
from gateway.outcomes.terms import Window
from gateway.outcomes.verdicts import WeekReason
from gateway.release.planning import holders
from gateway.store import basis, contract_queries, counting, queries
from gateway.store.rights_tables import StatementRow
from gateway.store.tables import Subject
from gateway.wording.parties import deliverer
from policies.basis import RecordKind
from policies.facts import IndividualFacts
from policies.programme import Grant, Programme
from policies.terms import PERMITTED_BASES, Action, LegalBasis, Party, Purpose, Role

TYPE = "individual-statement+jwt"
RELAPSE_NOTICE = "relapse_notice"
MESSAGE = "contact_municipality"
_LOST = frozenset({WeekReason.NO_STATE, WeekReason.NO_INCOME, WeekReason.TOO_FEW_HOURS, WeekReason.REPEATS_WEEK_BEFORE})


@dataclass(frozen=True, slots=True)
class IndividualStatement:
    """A signed statement. `people` is how many it names; an empty one is a statement too."""

    id: str
    token: str
    people: int
    is_new: bool


def state(gateway: Gateway, contract_id: str, label: str, kind: str = RELAPSE_NOTICE) -> IndividualStatement:
    """Make the declared statement of a window, or hand out the one that was made.

    Raises `PolicyDenied`, `WindowUnknown`, `StatementEmptied` where somebody whom it names was erased since.
    """

    def authorise(asking: Asking) -> _Allowed | Answered[IndividualStatement]:
        authorised, asked = _authorise(gateway, asking, contract_id, label, kind)
        made = asking.session.exec(
            select(StatementRow).where(
                StatementRow.contract_id == contract_id, StatementRow.window == label, StatementRow.kind == kind
            )
        ).first()
        if made is not None:
            if not made.token:
                raise StatementEmptied(contract=contract_id, window=label)
            _record(asking, made, [], authorised)
            return Answered(IndividualStatement(made.id, made.token, len(made.people), is_new=False))
        if asked is None:  # the policy has refused this already
            raise WindowUnknown(contract=contract_id, window=label)
        looking = evaluating.ask_to_evaluate(asking, asked.contract, asked.programme, Purpose.OUTCOME_EVALUATION)
        return _Allowed(asked, looking)

    def record(asking: Asking, allowed: _Allowed, seen: _Seen) -> IndividualStatement:
        authorised, _ = _authorise(gateway, asking, contract_id, label, kind)
        evaluating.record_evaluation(
            asking,
            allowed.asked.contract,
            seen.evaluation,
            seen.people,
            allowed.looking,
            Purpose.OUTCOME_EVALUATION,
            known_at=allowed.asked.frozen_at,
        )
        row = _store(gateway, asking, allowed.asked, seen.named)
        _record(asking, row, seen.named, authorised)
        return IndividualStatement(row.id, row.token, len(seen.named), is_new=True)

    return look_apart(
        gateway,
        contract_id,
        Purpose.OUTCOME_EVALUATION,
        authorise=authorise,
        look=lambda at, allowed: _look(gateway, at, allowed),
        record=record,
    )


@dataclass(frozen=True, slots=True)
class _AskedStatement:
    """What a statement is made under."""

    contract: Contract
    programme: Programme
    window: Window
    kind: str
    grant: Grant
    frozen_at: datetime  # exactly; for municipal eyes
    slot: date  # what is shown instead


@dataclass(frozen=True, slots=True)
class _Allowed:
    asked: _AskedStatement
    looking: Authorised


@dataclass(frozen=True, slots=True)
class _Seen:
    """Everybody who was looked at, and whom the statement names."""

    evaluation: Evaluation
    people: list[PersonHistory]
    named: list[Subject]


def _look(gateway: Gateway, at: Snapshot, allowed: _Allowed) -> _Seen:
    asked = allowed.asked
    people = histories(at.session, asked.contract, asked.programme, known_at=asked.frozen_at)
    remainder = left_by_erased(gateway, at.session, asked.contract.id)
    now = evaluate(asked.contract, people, asked.window.to_week, remainder=remainder)
    return _Seen(now, people, _people_to_name(at, asked, people))


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
    gateway: Gateway, asking: Asking, contract_id: str, label: str, kind: str
) -> tuple[Authorised, _AskedStatement | None]:
    session = asking.session
    window = gateway.contract(session, contract_id).window(label)
    contract = gateway.contract_for(session, contract_id, window)
    programme = gateway.programme(session, contract_id)
    grant = programme.grant(Role.OPERATOR, Action.RELEASE_INDIVIDUAL)
    freeze = evaluating.freeze_of(session, contract, window)
    frozen = freeze.at if freeze else None
    held = evaluating.held_back(session, contract, window, frozen, now=asking.now)
    own = grant.legal_basis if grant is not None else None
    facts = IndividualFacts(
        purpose=Purpose.INDIVIDUAL_FOLLOW_UP,
        contract_sha256=evaluating.newest_digest(session, contract),
        requested_by=municipality(programme),
        cohort_sealed=counting.counted_people(session, contract, window.to_week) > 0,
        release_planned=any((one.kind, one.window) == (kind, window.label) for one in contract.statements),
        window_frozen=asking.now.date() >= contract.freezes_on(window),
        sources_complete=frozen is not None and held is None,
        own_legal_basis=own is not None,
        legal_role_permits=any(own in PERMITTED_BASES[one.role_in_law] for one in contract.parties_as("operator")),
        not_suspended=not queries.is_suspended(session, contract.id, window.label),
        settled_here=contract_queries.is_settled_here(session, contract.id, window.label),
    )
    named = holders(session, contract, Role.OPERATOR) or [deliverer(contract).organisation]
    party = Party(named[0], Role.OPERATOR)
    with evaluating.telling_what_is_held(held):
        authorised = asking.ask(party, Action.RELEASE_INDIVIDUAL, programme, facts)
    if grant is None or freeze is None:
        return authorised, None
    return authorised, _AskedStatement(contract, programme, window, kind, grant, freeze.at, freeze.slot)


def _people_to_name(at: Snapshot, asked: _AskedStatement, people: Sequence[PersonHistory]) -> list[Subject]:
    """Whom the statement names: nobody who is protected, and on the basis of consent nobody who gave none."""
    contract, session, grant = asked.contract, at.session, asked.grant
    measure = contract.people_measure
    if measure is None:
        return []
    protected = basis.having(session, contract.id, RecordKind.PROTECTION, at=at.now)
    agreed = basis.having(session, contract.id, RecordKind.GDPR_CONSENT, at=at.now)
    stopped = basis.stops(session, asked.programme, [one.subject for one in people], at=at.now)
    chosen = [
        subject
        for subject in relapsed_people(contract, measure, asked.window, people)
        if subject not in protected
        and subject not in stopped
        and (grant.legal_basis is not LegalBasis.CONSENT or Purpose.INDIVIDUAL_FOLLOW_UP in agreed.get(subject, ()))
    ]
    return sorted((session.get_one(Subject, one) for one in chosen), key=lambda row: row.case_reference)


def _store(gateway: Gateway, asking: Asking, asked: _AskedStatement, named: Sequence[Subject]) -> StatementRow:
    contract, grant = asked.contract, asked.grant
    signer = gateway.signer(asking.session)
    identifier = str(uuid.uuid4())
    people = [{"case_reference": subject.case_reference, "message": MESSAGE} for subject in named]
    claims: dict[str, object] = {
        "iss": gateway.issuer,
        "iat": slot_seconds(asked.slot),
        "jti": f"urn:uuid:{identifier}",
        "aud": holders(asking.session, contract, Role.OPERATOR)[0],
        "contract": contract.id,
        "window": asked.window.label,
        "kind": asked.kind,
        "legal_basis": str(grant.legal_basis),
        "law": asked.programme.words.word_on(asking.now.date(), grant.law_reference).danish,
    }
    if signer.is_development or gateway.installed.is_demo:
        claims["demo"] = True
    token = sign_compact(signer, header={"typ": TYPE, "kid": signer.kid}, claims=claims | {"people": people})
    row = StatementRow(
        id=identifier,
        contract_id=contract.id,
        window=asked.window.label,
        kind=asked.kind,
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
