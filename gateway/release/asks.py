"""Use cases of a recipient that asks from outside, and of the municipality that answers.

A request from outside never evaluates: it hands out what was released, or it is kept as an ask that waits. So nothing
that a register says of anybody can show in an answer, in how long it takes or in how many rows are read for it. Staff
answer what waits with `gateway release --asked`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from gateway.errors.release import NothingAsked, RevisionUnknown
from gateway.errors.tree import Refused
from gateway.events.releases import ReleaseAsked
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.release import issuing
from gateway.release.issuing import Released
from gateway.release.planning import ask_from_outside, check_is_shown, holders, request_of
from gateway.release.releasing import release
from gateway.store import queries
from gateway.store.tables import ReleaseAsk
from gateway.wording.views import View
from policies.errors import PolicyDenied
from policies.terms import Party
from vocabulary.danish_days import danish_day
from vocabulary.releases import Recipient, Template


@dataclass(frozen=True, slots=True)
class WaitingAttestation(View):
    """What a recipient asked for and is not released yet, for that recipient."""

    contract: str
    """The contract's id."""
    window: str
    """The window's label."""
    template: Template
    asked_on: date
    """The day on which you asked first."""
    look_at: str
    """Where it will be, once it is released."""


def ask(
    gateway: Gateway,
    party: Party,
    contract_id: str,
    window_label: str,
    template: Template,
    *,
    revision: int | None = None,
    keeps: bool = True,
) -> Released | WaitingAttestation:
    """The attestation where it was released to this party, or what says that it waits; with `keeps` the ask is kept.

    Raises `ContractUnknown`, `WindowUnknown`, `RevisionUnknown`, `NothingAsked` for a look at what nobody asked for,
    `WindowInBlock` for a party of the contract, and `PolicyDenied`; none of them by what is known of anybody.
    """
    recipient = Recipient(party.role)
    with deciding(gateway) as asking:
        session = asking.session
        request = request_of(gateway, session, contract_id, window_label, template, recipient, requested_by=party)
        if party.organisation in holders(session, request.contract, recipient):
            check_is_shown(request)
        programme = gateway.programme(session, contract_id)
        authorised = ask_from_outside(session, programme, request, now=asking.now, ask=asking.ask)
        rows = queries.issued_revisions(session, contract_id, window_label, template, recipient)
        chosen = [row for row in rows if revision is None or row.revision == revision]
        if chosen:
            return issuing.hand_out(gateway, asking, chosen[-1], party)
        if revision is not None:
            raise RevisionUnknown(window=window_label, revision=revision)
        kept = session.get(ReleaseAsk, (contract_id, window_label, template, recipient))
        if kept is None and not keeps:
            raise NothingAsked(template=template, window=window_label)
        if kept is None:
            kept = ReleaseAsk(
                contract_id=contract_id,
                window=window_label,
                template=template,
                recipient_role=recipient,
                asked_at=asking.now,
            )
            session.add(kept)
        asking.uow.record(
            ReleaseAsked(
                contract=contract_id,
                window=window_label,
                template=template,
                recipient=recipient,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        return WaitingAttestation(contract_id, window_label, template, danish_day(kept.asked_at), _path(kept))


@dataclass(frozen=True, slots=True)
class AnsweredAsk:
    """What became of an ask: the release, or why it waits on; for municipal eyes."""

    contract: str
    window: str
    template: str
    recipient: str
    released: Released | None
    why_not: str = ""


def answer_asks(gateway: Gateway) -> Iterator[AnsweredAsk]:
    """Release what recipients asked for, the earliest windows and payment documents first; what is refused waits on."""
    with gateway.store.read() as session:
        asks = list(queries.waiting_asks(session))
        order = {
            one.contract_id: [window.label for window in gateway.contract(session, one.contract_id).windows]
            for one in asks
        }
    asks.sort(
        key=lambda one: (
            one.contract_id,
            order[one.contract_id].index(one.window),
            one.template != Template.PAYMENT_DOCUMENT,
            one.template,
            one.recipient_role,
        )
    )
    for one in asks:
        key = (one.contract_id, one.window, Template(one.template), Recipient(one.recipient_role))
        try:
            yield AnsweredAsk(*key, released=release(gateway, *key))
        except (PolicyDenied, Refused) as error:
            yield AnsweredAsk(*key, released=None, why_not=str(error))


def _path(kept: ReleaseAsk) -> str:
    return f"/contracts/{kept.contract_id}/windows/{kept.window}/attestations/{kept.template}"
