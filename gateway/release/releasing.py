"""Use case: the release cycle. Nothing is signed that was not rehearsed (invariant 8).

Steps 1 to 6 (`release.drafting`) are one transaction, 7 to 9 (`release.issuing`) another, 10 is what is returned. A
crash leaves nothing, or an intent that has no signature, or one complete, logged attestation. Both transactions ask the
policy: what was suspended, ended or taken away between them stays unsigned (`StaysUnsigned`), until it is allowed
again and the next run finishes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from gateway.attestations.claims import ACTIONS
from gateway.errors.contracts import WindowUnknown
from gateway.errors.release import RevisionUnknown
from gateway.errors.signer import StaysUnsigned
from gateway.events.releases import ReleaseChecked, ReleaseResumed
from gateway.installation.authority import Asking, deciding
from gateway.installation.gateway import Gateway
from gateway.release import drafting, issuing
from gateway.release.drafting import Request
from gateway.release.issuing import Released
from gateway.store import queries
from gateway.store.tables import ReleaseRow
from policies.decision import Decision
from policies.engine import Request as Question
from policies.errors import PolicyDenied
from policies.terms import Party, Purpose


def release(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    template: str,
    recipient: str,
    *,
    revision: int | None = None,
    requested_by: Party | None = None,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> Released:
    """Release one planned attestation, finish an interrupted one, or hand out the one that exists.

    `revision` asks for an earlier one, which says by which it was superseded. `requested_by` is the recipient's own
    party over HTTP and None for the municipality's staff.

    Raises `ContractUnknown`, `WindowUnknown`, `RevisionUnknown`, `WindowOutOfOrder`, `DraftRefused`, `PolicyDenied`,
    and of these `StaysUnsigned` where it was drafted before.
    """
    with _telling_what_stays(gateway, contract_id, window_label, template, recipient), deciding(gateway) as asking:
        window = gateway.contract(asking.session, contract_id).window(window_label)
        contract = gateway.contract_for(asking.session, contract_id, window)
        request = Request(contract, window, template, recipient, requested_by, purpose)
        row = _authorise_and_draft(gateway, asking, request, revision)
        if row.state == "issued":
            return issuing.hand_out(gateway, asking, row, requested_by)
    return finish(gateway, row, requested_by, purpose=purpose)


def check(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    template: str,
    recipient: str,
    *,
    requested_by: Party | None = None,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> str:
    """A dry run: what a release would do now, before anybody's data are looked at, and nothing is drafted.

    "hand out" where the attestation exists, "finish" where it was interrupted, else "release". Raises what `release`
    would raise: `PolicyDenied` with the reason, `WindowOutOfOrder`, `ContractUnknown`, `WindowUnknown`.
    """
    with deciding(gateway) as asking:
        window = gateway.contract(asking.session, contract_id).window(window_label)
        contract = gateway.contract_for(asking.session, contract_id, window)
        request = Request(contract, window, template, recipient, requested_by, purpose)
        authorised, _ = drafting.authorise(asking, gateway, request)
        drafting.check_order(gateway, asking.session, request)
        asking.uow.record(
            ReleaseChecked(
                contract=contract_id,
                window=window_label,
                template=template,
                recipient=recipient,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        states = [row.state for row in drafting.revisions(asking.session, request)]
    return {"issued": "hand out", "intended": "finish"}[states[-1]] if states else "release"


def finish(
    gateway: Gateway,
    row: ReleaseRow,
    requested_by: Party | None = None,
    *,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> Released:
    """Issue what was intended and committed, or hand it out where another command was faster.

    The policy is asked again, in the transaction that signs. Raises `StaysUnsigned` where it refuses by now.
    """
    key = (row.contract_id, row.window, row.template, row.recipient_role)
    with _telling_what_stays(gateway, *key), deciding(gateway) as asking:
        intended = asking.session.get_one(ReleaseRow, row.id)
        request = request_of(gateway, asking.session, intended, requested_by, purpose)
        authorised, _ = drafting.authorise(asking, gateway, request)
        if intended.state == "issued":
            return issuing.hand_out(gateway, asking, intended, requested_by)
        return issuing.issue(gateway, asking, intended, authorised)


def refusal(gateway: Gateway, session: Session, row: ReleaseRow) -> Decision | None:
    """The decision that keeps an interrupted release unsigned today, or None where it would be signed. Not recorded."""
    request = request_of(gateway, session, row)
    programme = gateway.programme(session, row.contract_id)
    facts, _ = drafting.release_facts(session, programme, request, now=gateway.clock())
    question = Question(drafting.recipient_of(request), ACTIONS[row.template], programme, facts)
    decision = gateway.policies.with_programmes([programme]).authorise(question)
    return None if decision.allowed else decision


def request_of(
    gateway: Gateway,
    session: Session,
    row: ReleaseRow,
    requested_by: Party | None = None,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> Request:
    """What a drafted release was asked for, under the contract as it stands now."""
    window = gateway.contract(session, row.contract_id).window(row.window)
    contract = gateway.contract_for(session, row.contract_id, window)
    return Request(contract, window, row.template, row.recipient_role, requested_by, purpose)


@contextmanager
def _telling_what_stays(
    gateway: Gateway, contract_id: str, window: str, template: str, recipient: str
) -> Iterator[None]:
    """Turns a refusal into `StaysUnsigned` where the release was drafted already."""
    try:
        yield
    except PolicyDenied as error:
        with gateway.store.read() as session:
            left = [
                row.id
                for row in queries.releases(session, contract_id)
                if (row.window, row.template, row.recipient_role, row.state)
                == (window, template, recipient, "intended")
            ]
        if not left:
            raise
        raise StaysUnsigned(error.decision, release=left[0]) from None


def _authorise_and_draft(gateway: Gateway, asking: Asking, request: Request, revision: int | None) -> ReleaseRow:
    """Steps 1 to 6: the intended, or already existing, release."""
    authorised, frozen = drafting.authorise(asking, gateway, request)
    existing = drafting.revisions(asking.session, request)
    if revision is not None:
        existing = [row for row in existing if row.revision == revision]
        if not existing:
            raise RevisionUnknown(window=request.window.label, revision=revision)
    if existing:
        newest = existing[-1]
        if newest.state == "intended":
            asking.uow.record(
                ReleaseResumed(release=newest.id, decision=authorised.id, decision_sha256=authorised.sha256)
            )
        return newest
    if frozen is None:  # the policy has refused this already; nothing is ever drafted without data
        raise WindowUnknown(contract=request.contract.id, window=request.window.label)
    programme = gateway.programme(asking.session, request.contract.id)
    known = drafting.known_at(asking.session, request.contract, request.window, frozen)
    made = drafting.draft(gateway, asking, programme, request, known=known)
    return drafting.intend(gateway, asking, request, made, authorised)
