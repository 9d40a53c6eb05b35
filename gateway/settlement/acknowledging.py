"""Use cases: a party acknowledges what a payment document says, disputes one line of it, or settles a dispute.

Operator and municipality both have to acknowledge a line before it is invoiced. A dispute holds back its own line and
no other. Its letter stays in the case system: here are the reason, from a closed list, and the letter's digest.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from gateway.errors.settlement import DisputeUnknown, SettlementRefused
from gateway.events.actor import OUTSIDE
from gateway.events.settlement import DisputeResolved, ResultAcknowledged, ResultDisputed
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.outcomes.settlement_terms import ANSWER_DAYS
from gateway.settlement.account import DocumentLine
from gateway.settlement.reading import Settled, SignedDocument, read_settlement
from gateway.settlement.states import QUARRELS, SettlementStep, after
from gateway.store.settlement_tables import Acknowledgement, Dispute
from policies.facts import AcknowledgeFacts
from policies.programme import Programme
from policies.terms import Action, Party, Purpose, Role
from vocabulary.danish_days import danish_day

_DIGEST = re.compile(r"[0-9a-f]{64}")


class DisputeReason(StrEnum):
    """Why a line is disputed; what else there is to say stands in the letter."""

    QUANTITY = "quantity"  # weeks or people are counted wrongly
    AMOUNT = "amount"  # price, step or cap is applied wrongly
    SOURCE = "source"  # a register is wrong or incomplete
    PERIOD = "period"  # a week belongs to another window
    CONTRACT = "contract"  # the contract is read wrongly


class DisputeOutcome(StrEnum):
    """How a dispute ends."""

    STANDS = "stands"  # the line is as it was; both parties acknowledge it anew
    WITHDRAWN = "withdrawn"  # by the party that raised it
    UPHELD = "upheld"  # the line stays held back until `gateway correct` supersedes the document


def acknowledge(
    gateway: Gateway, contract_id: str, window_label: str, *, jwt_sha256: str = "", as_party: Party | None = None
) -> list[str]:
    """Accept every undisputed line of a window's payment document; their keys, none where all were accepted before.

    `as_party` is the operator over HTTP and None for the municipality's settlement officer. `jwt_sha256` is the
    digest of the document that the party holds: another one is refused. Raises `SettlementRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        programme, settled, one, party = _open(gateway, asking, contract_id, window_label, as_party)
        authorised = _ask(asking, programme, party, stands=one is not None)
        signed = _same(one, jwt_sha256)
        keys = [
            line.key
            for line in signed.document.lines
            if party.role not in settled.accepted_by(signed.release, line.key)
            and settled.state(signed, line) not in QUARRELS
        ]
        if not keys:
            asking.uow.record(_acknowledgement_event(contract_id, signed, [], party, authorised))
            return []
        asking.session.add(
            Acknowledgement(
                id=str(uuid.uuid4()),
                contract_id=contract_id,
                window=window_label,
                release_id=signed.release,
                lines=keys,
                jwt_sha256=signed.jwt_sha256,
                role=party.role,
                by=_name_of(gateway, party),
                at=asking.now,
            )
        )
        asking.uow.record(_acknowledgement_event(contract_id, signed, keys, party, authorised))
        return keys


def dispute(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    line_key: str,
    *,
    reason: DisputeReason,
    text_sha256: str,
    jwt_sha256: str = "",
    as_party: Party | None = None,
) -> Dispute:
    """Contest one line, within the contract's days and before both parties acknowledged it.

    Raises `SettlementRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        programme, settled, one, party = _open(gateway, asking, contract_id, window_label, as_party)
        in_time = one is None or danish_day(asking.now) <= settled.dispute_until(one)
        authorised = _ask(asking, programme, party, stands=one is not None, in_time=in_time)
        signed = _same(one, jwt_sha256)
        after(settled.state(signed, _line(signed, line_key)), SettlementStep.DISPUTE)
        row = Dispute(
            id=str(uuid.uuid4()),
            contract_id=contract_id,
            window=window_label,
            release_id=signed.release,
            line=line_key,
            reason=reason,
            text_sha256=_sha256(text_sha256),
            role=party.role,
            by=_name_of(gateway, party),
            at=asking.now,
            answer_by=danish_day(asking.now) + timedelta(days=ANSWER_DAYS),
            outcome="",
            outcome_sha256="",
            resolved_by="",
        )
        asking.session.add(row)
        asking.uow.record(
            ResultDisputed(
                contract=contract_id,
                window=window_label,
                release=signed.release,
                dispute=row.id,
                line=line_key,
                reason=reason,
                text_sha256=row.text_sha256,
                answer_by=row.answer_by.isoformat(),
                party=str(party),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        return row


def resolve(
    gateway: Gateway,
    dispute_id: str,
    *,
    outcome: DisputeOutcome,
    text_sha256: str,
    contract_id: str = "",
    as_party: Party | None = None,
) -> Dispute:
    """Settle a dispute. The party that raised it may withdraw it; the other one answers; nobody judges alone.

    A line that stands has to be acknowledged anew by both. Raises `DisputeUnknown`, `SettlementRefused`,
    `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        row = asking.session.get(Dispute, dispute_id)
        if row is None or row.outcome or contract_id not in ("", row.contract_id):
            raise DisputeUnknown(dispute=dispute_id)
        programme, _, one, party = _open(gateway, asking, row.contract_id, row.window, as_party)
        stands = one is not None and one.release == row.release_id
        authorised = _ask(asking, programme, party, stands=stands)
        is_own = party.role == row.role
        if is_own != (outcome is DisputeOutcome.WITHDRAWN):
            raise SettlementRefused(
                rule="other-party", reason="the party that raised a dispute withdraws it, the other one answers it"
            )
        # a dispute that is withdrawn, or answered with agreement of both, leaves the line as it was signed
        row.outcome, row.outcome_sha256 = outcome, _sha256(text_sha256)
        row.resolved_by, row.resolved_at = _name_of(gateway, party), asking.now
        asking.session.add(row)
        asking.uow.record(
            DisputeResolved(
                contract=row.contract_id,
                dispute=row.id,
                outcome=outcome,
                text_sha256=row.outcome_sha256,
                party=str(party),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        return row


def party_of(programme: Programme, as_party: Party | None) -> Party:
    """Who acts: the party of an access token, or the municipality's settlement officer at the keyboard."""
    return as_party or staff_party(programme, Role.SETTLEMENT_OFFICER)


def is_appointed(asking: Asking, programme: Programme, party: Party) -> bool:
    """Whether whoever sits at the keyboard may act in that role; a token's party was authenticated already."""
    return party.role in OUTSIDE or asking.is_appointed(programme, party.role)


def _open(
    gateway: Gateway, asking: Asking, contract_id: str, label: str, as_party: Party | None
) -> tuple[Programme, Settled, SignedDocument | None, Party]:
    programme = gateway.programme(asking.session, contract_id)
    settled = read_settlement(gateway, asking.session, contract_id, now=asking.now)
    settled.contract.window(label)
    return programme, settled, settled.standing(label), party_of(programme, as_party)


def _ask(asking: Asking, programme: Programme, party: Party, *, stands: bool, in_time: bool = True) -> Authorised:
    facts = AcknowledgeFacts(
        purpose=Purpose.OUTCOME_PAYMENT,
        appointment_valid=is_appointed(asking, programme, party),
        document_stands=stands,
        in_time=in_time,
    )
    return asking.ask(party, Action.ACKNOWLEDGE, programme, facts)


def _same(one: SignedDocument | None, jwt_sha256: str) -> SignedDocument:
    if one is None:  # the policy has refused this already
        raise SettlementRefused(rule="no-document", reason="no payment document of this window stands")
    if jwt_sha256 and jwt_sha256 != one.jwt_sha256:
        raise SettlementRefused(rule="other-document", reason="the digest is that of another payment document")
    return one


def _line(one: SignedDocument, key: str) -> DocumentLine:
    found = next((line for line in one.document.lines if line.key == key), None)
    if found is None:
        known = ", ".join(line.key for line in one.document.lines)
        raise SettlementRefused(rule="line-unknown", reason=f"the payment document has these lines: {known}")
    return found


def _sha256(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise SettlementRefused(rule="digest", reason="the letter's digest must be a SHA-256 as 64 hex digits")
    return text


def _name_of(gateway: Gateway, party: Party) -> str:
    return str(party) if party.role is Role.OPERATOR else gateway.actor.name


def _acknowledgement_event(
    contract_id: str, one: SignedDocument, keys: Sequence[str], party: Party, authorised: Authorised
) -> ResultAcknowledged:
    return ResultAcknowledged(
        contract=contract_id,
        window=one.document.window,
        release=one.release,
        lines=list(keys),
        jwt_sha256=one.jwt_sha256,
        party=str(party),
        decision=authorised.id,
        decision_sha256=authorised.sha256,
    )
