"""Use case: the release cycle. Nothing is signed that was not rehearsed (invariant 8).

A release is allowed and logged (1, 3), evaluated and drafted on a snapshot (2, 4), then asked again, rehearsed and
committed as an intent (1, 3, 5, 6), all by `evaluation.looking`; 7 to 9 (`release.issuing`) are another transaction, 10
is what is returned. A crash leaves nothing but that somebody looked, or an intent that has no signature, or one
complete, logged attestation. Whatever signs asks the policy: what was suspended, ended or taken away meanwhile stays
unsigned (`StaysUnsigned`), until it is allowed again and the next run finishes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import assert_never

from sqlmodel import Session

from gateway.contracts.todays_rules import judge_versions
from gateway.errors.release import RevisionUnknown
from gateway.errors.signer import StaysUnsigned
from gateway.evaluation import evaluating
from gateway.evaluation.looking import Answered, Snapshot, look_apart
from gateway.events.releases import ReleaseChecked, ReleaseResumed
from gateway.installation.authority import Asking, Authorised, deciding, lines_of_people_read
from gateway.installation.gateway import Gateway
from gateway.release import drafting, issuing
from gateway.release.drafting import DraftAllowed, DraftClaims
from gateway.release.issuing import Released
from gateway.release.planning import Draft, Finish, HandOut, Plan, is_issued, plan, request_of
from gateway.store import queries
from gateway.store.tables import ReleaseRow
from policies.decision import Decision
from policies.engine import PolicyRequest as Question
from policies.errors import PolicyDenied
from policies.facts import Facts
from policies.programme import Programme
from policies.terms import Action, Party, Purpose
from vocabulary.releases import Recipient, Template


def release(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    template: Template,
    recipient: Recipient,
    *,
    revision: int | None = None,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> Released:
    """Release one planned attestation, finish an interrupted one, or hand out the one that exists, for the
    municipality: whoever asks from outside never evaluates (`release.asks`).

    `revision` asks for an earlier one, which says by which it was superseded.

    Raises `ContractUnknown`, `WindowUnknown`, `RevisionUnknown`, `WindowOutOfOrder`, `ReleaseInterrupted`,
    `ReadersHeld`, `DraftRefused`, `PolicyDenied`, and of these `StaysUnsigned` where it was drafted before.
    """
    key = (contract_id, window_label, template, recipient)

    def authorise(asking: Asking) -> DraftAllowed | Answered[Released | ReleaseRow]:  # 1, 3
        request = request_of(gateway, asking.session, *key, purpose=purpose)
        planned = plan(gateway, asking.session, request, now=asking.now, ask=asking.ask, revision=revision)
        match planned:
            case HandOut():
                return Answered(issuing.hand_out(gateway, asking, planned.row))
            case Finish():
                row, authorised = planned.row, planned.authorised
                asking.uow.record(
                    ReleaseResumed(release=row.id, decision=authorised.id, decision_sha256=authorised.sha256)
                )
                return Answered(row)
            case Draft():
                programme = gateway.programme(asking.session, contract_id)
                looking = evaluating.ask_to_evaluate(asking, request.contract, programme, purpose)
                return DraftAllowed(request, planned, looking)
            case _:
                assert_never(planned)

    def look(at: Snapshot, allowed: DraftAllowed) -> DraftClaims:  # 2, 4
        return drafting.draft(gateway, at.session, allowed.request, allowed.planned)

    def record(asking: Asking, allowed: DraftAllowed, made: DraftClaims) -> Released | ReleaseRow:  # 1, 3, 5, 6
        again = plan(gateway, asking.session, allowed.request, now=asking.now, ask=asking.ask)
        drafting.record_look(asking, allowed.request, made, allowed.looking)
        return drafting.intend(gateway, asking, allowed.request, made, again.authorised)

    if template != Template.PAYMENT_DOCUMENT:
        judge_versions(gateway, contract_id)
    with _telling_what_stays(gateway, *key):
        done = look_apart(gateway, contract_id, purpose, authorise=authorise, look=look, record=record)
    return done if isinstance(done, Released) else finish(gateway, done, purpose=purpose)


def check(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    template: Template,
    recipient: Recipient,
    *,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> str:
    """A dry run: what a release would do now, before anybody's data are looked at, and nothing is drafted.

    "hand out" where the attestation exists, "finish" where it was interrupted, else "release". Raises what `release`
    would raise before it looks at data: `PolicyDenied` with the reason, and of these `StaysUnsigned`,
    `WindowOutOfOrder`, `ReleaseInterrupted`, `ContractUnknown`, `WindowUnknown`.
    """
    key = (contract_id, window_label, template, recipient)
    if template != Template.PAYMENT_DOCUMENT:
        judge_versions(gateway, contract_id)
    with _telling_what_stays(gateway, *key), deciding(gateway) as asking:
        request = request_of(gateway, asking.session, *key, purpose=purpose)
        planned = plan(gateway, asking.session, request, now=asking.now, ask=asking.ask)
        asking.uow.record(
            ReleaseChecked(
                contract=contract_id,
                window=window_label,
                template=template,
                recipient=recipient,
                decision=planned.authorised.id,
                decision_sha256=planned.authorised.sha256,
            ),
            lines_of_people_read(asking.session, purpose),
        )
    return _word(planned)


def finish(
    gateway: Gateway,
    row: ReleaseRow,
    *,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> Released:
    """Issue what was intended and committed, or hand it out where another command was faster.

    The policy is asked again, in the transaction that signs. Raises `StaysUnsigned` where it refuses by now.
    """
    key = _key(row)
    with _telling_what_stays(gateway, *key), deciding(gateway) as asking:
        request = request_of(gateway, asking.session, *key, purpose=purpose)
        planned = plan(gateway, asking.session, request, now=asking.now, ask=asking.ask, revision=row.revision)
        match planned:
            case HandOut():
                return issuing.hand_out(gateway, asking, planned.row)
            case Finish():
                return issuing.issue(gateway, asking, planned.row, planned.authorised)
            case Draft():
                raise RevisionUnknown(window=row.window, revision=row.revision)
            case _:
                assert_never(planned)


def refusal(gateway: Gateway, session: Session, row: ReleaseRow) -> Decision | None:
    """The decision that keeps an interrupted release unsigned today, or None where it would be signed. Not recorded.

    Raises `ReadersHeld`.
    """

    def ask(principal: Party, action: Action, programme: Programme, facts: Facts) -> Authorised:
        question = Question(principal, action, programme, facts)
        decision = gateway.policies.with_programmes([programme]).authorise(question)
        if not decision.is_allowed:
            raise PolicyDenied(decision)
        return Authorised("", decision)

    request = request_of(gateway, session, *_key(row))
    try:
        plan(gateway, session, request, now=gateway.clock(), ask=ask, revision=row.revision)
    except PolicyDenied as error:
        return error.decision
    return None


def _key(row: ReleaseRow) -> tuple[str, str, Template, Recipient]:
    return row.contract_id, row.window, Template(row.template), Recipient(row.recipient_role)


def _word(planned: Plan) -> str:
    match planned:
        case HandOut():
            return "hand out"
        case Finish():
            return "finish"
        case Draft():
            return "release"
        case _:
            assert_never(planned)


@contextmanager
def _telling_what_stays(
    gateway: Gateway, contract_id: str, window: str, template: Template, recipient: Recipient
) -> Iterator[None]:
    """Turns a refusal into `StaysUnsigned` where the release was drafted already."""
    try:
        yield
    except PolicyDenied as error:
        with gateway.store.read() as session:
            left = [
                row.id
                for row in queries.releases(session, contract_id)
                if (row.window, row.template, row.recipient_role) == (window, template, recipient)
                and not is_issued(row)
            ]
        if not left:
            raise
        raise StaysUnsigned(error.decision, release=left[0]) from None
