"""Steps 1 and 3 of the release cycle, once for whoever asks: what a request comes to, before anybody's data are read.

1  authorise      the policy judges recipient, template and window
3  plan           the release stands in the contract's calendar, and its turn has come

A release does what its plan says, and a dry run says it. A signature and a correction are planned the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, assert_never

from sqlmodel import Session

from gateway.attestations import claims
from gateway.contracts import openings
from gateway.contracts.sealed_plan import opening_versions
from gateway.contracts.todays_rules import check_readers
from gateway.errors.contracts import WindowUnknown
from gateway.errors.release import ReleaseInterrupted, RevisionUnknown, WindowInBlock, WindowOutOfOrder
from gateway.evaluation import evaluating
from gateway.installation.authority import Authorised, municipality
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import newest_contract
from gateway.outcomes.blocks import block_of, is_unsettled, shown_with
from gateway.outcomes.contract import Contract
from gateway.outcomes.opening import OpeningBalances
from gateway.outcomes.successors import holder_today
from gateway.outcomes.terms import Window
from gateway.release.states import ReleaseState
from gateway.store import contract_queries, counting, queries
from gateway.store.tables import ReleaseRow
from policies.disclosure import DisclosureRules, may_show_total
from policies.facts import Facts, ReleaseFacts
from policies.programme import Programme
from policies.terms import Action, Party, Purpose, Role
from vocabulary.releases import Recipient, Template

Ask: TypeAlias = Callable[[Party, Action, Programme, Facts], Authorised]


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """One attestation that somebody wants. `requested_by` is None for the municipality's own staff."""

    contract: Contract
    window: Window
    template: Template
    recipient: Recipient
    requested_by: Party | None = None
    purpose: Purpose = Purpose.OUTCOME_PAYMENT


@dataclass(frozen=True, slots=True)
class HandOut:
    """The attestation exists: it is handed out once more."""

    authorised: Authorised
    row: ReleaseRow


@dataclass(frozen=True, slots=True)
class Finish:
    """An earlier run was interrupted after its intent was committed: that draft is signed, and no other."""

    authorised: Authorised
    row: ReleaseRow


@dataclass(frozen=True, slots=True)
class Draft:
    """There is none yet, or a correction asks for another.

    `known_at` is the instant whose knowledge it shows, and `slot` the day that it says: of the freeze, as calendar and
    pulls have it, or of its own correction. `documented` is what earlier payment documents and opening
    balances add up to, by tariff: (quantity, minor units).
    """

    authorised: Authorised
    known_at: datetime
    slot: date
    documented: dict[str, tuple[int, int]]


Plan: TypeAlias = HandOut | Finish | Draft


def request_of(
    gateway: Gateway,
    session: Session,
    contract_id: str,
    window_label: str,
    template: Template,
    recipient: Recipient,
    *,
    requested_by: Party | None = None,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> ReleaseRequest:
    """A request under the contract as it stands now. Raises `ContractUnknown`, `WindowUnknown`."""
    window = gateway.contract(session, contract_id).window(window_label)
    contract = gateway.contract_for(session, contract_id, window)
    return ReleaseRequest(contract, window, template, recipient, requested_by, purpose)


def plan(
    gateway: Gateway,
    session: Session,
    request: ReleaseRequest,
    *,
    now: datetime,
    ask: Ask,
    revision: int | None = None,
    corrects: bool = False,
) -> Plan:
    """What a request comes to; the policy is asked first, through `ask`.

    `revision` asks for an earlier attestation. `corrects` asks for another one where there is one, with everything
    known now. Raises `PolicyDenied`, and of these `DataHeld` where nothing stands against it but that data which it
    needs are held; `RevisionUnknown`, `WindowInBlock`, `ReadersHeld`, `WindowOutOfOrder`, `ReleaseInterrupted`.
    """
    check_is_shown(request)
    programme = gateway.programme(session, request.contract.id)
    freeze = evaluating.freeze_of(session, request.contract, request.window)
    frozen = freeze.at if freeze else None
    held = evaluating.held_back(session, request.contract, request.window, None if corrects else frozen, now=now)
    facts = _facts(
        session,
        programme,
        request,
        now=now,
        is_due=frozen is not None and frozen <= now,
        sources_complete=frozen is not None and held is None,
        codes_acceptable=not request.contract.unknown_codes_block
        or frozen is None
        or not evaluating.unknown_spells(session, request.contract, request.window, known_at=frozen),
    )
    with evaluating.telling_what_is_held(held):
        # 1: of everybody in the role, since all of them get the same; the first of them is whom it names
        authorised, *_ = [
            ask(one, claims.ACTIONS[request.template], programme, facts) for one in _parties(session, request)
        ]
    existing = [row for row in _revisions(session, request) if revision is None or row.revision == revision]
    if revision is not None and not existing:
        raise RevisionUnknown(window=request.window.label, revision=revision)
    if existing and not corrects:
        newest = existing[-1]
        if is_issued(newest):
            return HandOut(authorised, newest)
        _check_today(session, request)
        return Finish(authorised, newest)
    _check_today(session, request)
    if freeze is None:  # the policy has refused this already; nothing is ever drafted without data
        raise WindowUnknown(contract=request.contract.id, window=request.window.label)
    documented = _check_order(gateway, session, request)  # 3
    if corrects:
        return Draft(authorised, now, now.date(), documented)
    return Draft(authorised, _known_at(session, request, freeze.at), freeze.slot, documented)


def check_is_shown(request: ReleaseRequest) -> None:
    """Raise `WindowInBlock` where what is asked for is shown with a later window, if with any; the creditor is paid on
    time."""
    contract, label = request.contract, request.window.label
    later = shown_with(contract, label)
    if (later or is_unsettled(contract, label)) and request.template is not Template.PAYMENT_DOCUMENT:
        raise WindowInBlock(window=label, later=later)


def _check_today(session: Session, request: ReleaseRequest) -> None:
    """Raise `ReadersHeld` where what a reader would get may not be shown by today's rules, and `SealsCorrupt` where the
    windows that wait are not those that were sealed; the creditor is paid."""
    if request.template is not Template.PAYMENT_DOCUMENT:
        opening_versions(session, request.contract.id)
        check_readers(session, request.contract)


def is_issued(row: ReleaseRow) -> bool:
    """Whether a stored release is signed, and not only intended."""
    state = ReleaseState(row.state)
    match state:
        case ReleaseState.INTENDED:
            return False
        case ReleaseState.ISSUED:
            return True
        case ReleaseState.ABSENT | ReleaseState.SUPERSEDED:
            raise ValueError(f"no row says {state}")
        case _:
            assert_never(state)


def holders(session: Session, contract: Contract, role: str) -> list[str]:
    """The organisations that have today what a version of a contract gave a role: those that it names, or their
    successors."""
    chain = newest_contract(session, contract.id)
    return [holder_today(chain, role, one.organisation) for one in contract.parties_as(role)]


def _parties(session: Session, request: ReleaseRequest) -> list[Party]:
    """The principals of a release: who has the recipient's role; where the contract names nobody, nobody that the
    policy knows."""
    organisations = holders(session, request.contract, request.recipient) or ["nobody"]
    return [Party(one, Role(request.recipient)) for one in organisations]


def ask_from_outside(
    session: Session, programme: Programme, request: ReleaseRequest, *, now: datetime, ask: Ask
) -> Authorised:
    """The policy's answer to a recipient who asks itself: by the contract, the calendar and what people decided.

    What registers say is no fact here: it would show in whether the answer is yes. The municipality's own release asks
    with all that is true. Raises `PolicyDenied`.
    """
    is_due = now.date() >= request.contract.freezes_on(request.window)
    facts = _facts(session, programme, request, now=now, is_due=is_due, sources_complete=True, codes_acceptable=True)
    first, *others = _parties(session, request)
    named = {party: party for party in (first, *others)}
    principal = named.get(request.requested_by or first, first)
    return ask(principal, claims.ACTIONS[request.template], programme, facts)


def _facts(
    session: Session,
    programme: Programme,
    request: ReleaseRequest,
    *,
    now: datetime,
    is_due: bool,
    sources_complete: bool,
    codes_acceptable: bool,
) -> ReleaseFacts:
    """What the policy is told of a release. What is held is not complete."""
    contract, window = request.contract, request.window
    people = counting.counted_people(session, contract, window.to_week)
    return ReleaseFacts(
        purpose=request.purpose,
        contract_sha256=evaluating.newest_digest(session, contract),
        requested_by=request.requested_by or municipality(programme),
        cohort_sealed=people > 0,
        release_planned=contract.is_planned(request.template, request.recipient, window.label),  # 3
        window_frozen=now.date() >= contract.freezes_on(window),
        sources_complete=sources_complete,
        cohort_reaches_k=may_show_total(people, DisclosureRules(contract.k, contract.k_cohort)),
        date_declared=contract.is_planned(Template.PREDICATE, request.recipient, window.label) and is_due,
        codes_acceptable=codes_acceptable,
        # the draft's only table comes from show_breakdown, and the rehearsal judges it again
        cells_cleared=True,
        recipient_is_creditor=request.recipient == request.contract.creditor,
        not_suspended=not queries.is_suspended(session, contract.id, window.label),
        settled_here=contract_queries.is_settled_here(session, contract.id, window.label),
    )


def _revisions(session: Session, request: ReleaseRequest) -> list[ReleaseRow]:
    """Every revision of the requested attestation, oldest first."""
    rows = [
        row
        for row in queries.releases(session, request.contract.id)
        if (row.window, row.template, row.recipient_role) == (request.window.label, request.template, request.recipient)
    ]
    return sorted(rows, key=lambda row: row.revision)


def series_of(session: Session, request: ReleaseRequest) -> list[ReleaseRow]:
    """What one recipient counts together: the releases of one type, by its numbers."""
    return [
        row
        for row in queries.releases(session, request.contract.id)
        if claims.VCT_NAMES[Template(row.template)] == claims.VCT_NAMES[request.template]
        and row.recipient_role == request.recipient
    ]


def _known_at(session: Session, request: ReleaseRequest, frozen: datetime) -> datetime:
    """The instant whose knowledge a window's attestations show: its freeze, or that of a correction before it.

    Never earlier than what an attestation of this or an earlier window was made with: otherwise a later payment
    document would undo a correction.
    """
    labels = {part.label for part in request.contract.windows_until(request.window.label)}
    earlier = [row.known_at for row in queries.releases(session, request.contract.id) if row.window in labels]
    return max([frozen, *earlier])


def _check_order(gateway: Gateway, session: Session, request: ReleaseRequest) -> dict[str, tuple[int, int]]:
    """What the payment documents of the earlier windows, and the opening balances, add up to, by tariff: (quantity,
    minor units).

    Raises `WindowOutOfOrder` where one that is planned is missing, or where a payment document is asked for and one of
    a later window was issued already: then the sum would not be what was paid. A predicate builds on none of them.
    Raises `ReleaseInterrupted` where a total's or predicate's series has a number that was given away and not signed.
    """
    label = request.window.label
    for row in series_of(session, request):
        if row.template != Template.PAYMENT_DOCUMENT and not is_issued(row) and row.window != label:
            raise ReleaseInterrupted(contract=row.contract_id, window=row.window, template=row.template)
    if request.template == Template.PREDICATE:
        return {}
    contract = request.contract
    earlier = [part.label for part in contract.windows_until(label)[:-1]]
    rows = queries.payment_documents(session, contract.id)
    opening = openings.opening_of(gateway, session, contract.id)
    for other in earlier:
        if opening is not None and other in opening.windows:
            continue
        if other not in rows and contract.is_planned(Template.PAYMENT_DOCUMENT, contract.creditor, other):
            raise WindowOutOfOrder(window=label, other=other, reason="has to be released first")
        if other in rows and not is_issued(rows[other]):
            raise WindowOutOfOrder(window=label, other=other, reason="was interrupted and has to be released first")
    later = rows.keys() - {*earlier, label}
    if later and request.template == Template.PAYMENT_DOCUMENT:
        raise WindowOutOfOrder(window=label, other=min(later), reason="was released already")
    if request.template != Template.PAYMENT_DOCUMENT:  # a total tells of its whole block
        label = block_of(contract, label)[0].label
    return documented_before(session, contract, label, opening)


def documented_before(
    session: Session, contract: Contract, label: str, opening: OpeningBalances | None
) -> dict[str, tuple[int, int]]:
    """What the payment documents of the windows before one, and the opening balances, add up to, by tariff: (quantity,
    minor units). Once a window has its document, no earlier one is corrected any more."""
    rows = queries.payment_documents(session, contract.id)
    totals = {} if opening is None else opening.totals()
    for window in contract.windows_until(label)[:-1]:
        for line in rows[window.label].due if window.label in rows else ():
            quantity, amount = totals.get(line["tariff"], (0, 0))
            totals[line["tariff"]] = (quantity + line["quantity"], amount + line["amount_minor"])
    return totals
