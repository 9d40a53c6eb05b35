"""Use cases: a party acknowledges what a payment document says, disputes one line of it, or settles a dispute.

Operator and municipality both have to acknowledge a line before it is invoiced. A dispute holds back its own line, or a
part of it, and nothing else. Its letter stays in the case system: here are the reason, from a closed list, and the
letter's digest. No dispute is the end of a line: what is upheld is corrected, adjusted (`gateway.settlement.adjusting`)
or accepted as it stands by both, and whoever raised it may withdraw it at any time.
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
from gateway.settlement.reading import read_settlement
from gateway.settlement.settled import OPEN_OUTCOMES, Settled, SignedDocument, is_within
from gateway.settlement.states import SettlementStep, after
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
    WITHDRAWN = "withdrawn"  # by the party that raised it, also after the answer
    UPHELD = "upheld"  # it is wrong: held back until it is corrected, adjusted, or accepted after all
    ACCEPTED = "accepted"  # upheld, and both acknowledged the line as it stands after all
    ADJUSTED = "adjusted"  # both signed what it is worth instead


ANSWERS = (DisputeOutcome.STANDS, DisputeOutcome.WITHDRAWN, DisputeOutcome.UPHELD)  # the others follow from deeds


def acknowledge(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    *,
    line_key: str = "",
    jwt_sha256: str = "",
    as_party: Party | None = None,
) -> list[str]:
    """Accept every undisputed line of a window's payment document, and of one that is disputed in part the rest.

    Gives their keys, none where all were accepted before. A line whose dispute was upheld is accepted as it stands only
    by its name, `line_key`; once both parties did, the dispute has ended. `as_party` is the operator over HTTP and None
    for the municipality's settlement officer. `jwt_sha256` is the digest of the document that the party holds: another
    one is refused. Raises `SettlementRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        programme, settled, one, party = open_window(gateway, asking, contract_id, window_label, as_party)
        authorised = ask_to_acknowledge(asking, programme, party, settled, stands=one is not None)
        signed = same_document(one, jwt_sha256)
        lines = [find_line(signed, line_key)] if line_key else signed.document.lines
        keys = [line.key for line in lines if may_accept(settled, signed, line, party.role, by_name=bool(line_key))]
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
                by=name_of(gateway, party),
                at=asking.now,
            )
        )
        asking.uow.record(_acknowledgement_event(contract_id, signed, keys, party, authorised))
        for line in lines:
            quarrel = settled.quarrel(signed, line)
            other = settled.accepted_by(signed, line) | {party.role} >= {*settled.parties}
            if quarrel is not None and quarrel.outcome and line.key in keys and line_key and other:
                digest, name = signed.jwt_sha256, name_of(gateway, party)
                end_dispute(asking, quarrel, DisputeOutcome.ACCEPTED, digest, name, party, authorised)
        return keys


def dispute(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    line_key: str,
    *,
    reason: DisputeReason,
    text_sha256: str,
    amount_minor: int | None = None,
    jwt_sha256: str = "",
    as_party: Party | None = None,
) -> Dispute:
    """Contest one line, within the contract's days and before both parties acknowledged it.

    `amount_minor` is how much of the line is contested, where it is not all of it: from nothing (it should be more) to
    the whole; the rest is acknowledged and invoiced meanwhile. Raises `SettlementRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        programme, settled, one, party = open_window(gateway, asking, contract_id, window_label, as_party)
        in_time = one is None or danish_day(asking.now) <= settled.dispute_until(one)
        authorised = ask_to_acknowledge(asking, programme, party, settled, stands=one is not None, in_time=in_time)
        signed = same_document(one, jwt_sha256)
        line = find_line(signed, line_key)
        after(settled.state(signed, line), SettlementStep.DISPUTE)
        contested = line.amount_minor if amount_minor is None else amount_minor
        if not is_within(contested, line.amount_minor):
            most = f"of this line 0 to {line.amount_minor} minor units can be contested"
            raise SettlementRefused(rule="amount", reason=most)
        row = Dispute(
            id=str(uuid.uuid4()),
            contract_id=contract_id,
            window=window_label,
            release_id=signed.release,
            line=line_key,
            amount_minor=contested,
            reason=reason,
            text_sha256=letter_digest(text_sha256),
            role=party.role,
            by=name_of(gateway, party),
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
                amount_minor=contested,
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
    """Answer a dispute. The party that raised it may withdraw it, also when it was upheld; the other one answers it.

    A line that stands has to be acknowledged anew by both; of one that is upheld see the module. Raises
    `DisputeUnknown`, `SettlementRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        row = asking.session.get(Dispute, dispute_id)
        if row is None or contract_id not in ("", row.contract_id):
            raise DisputeUnknown(dispute=dispute_id)
        programme, settled, one, party = open_window(gateway, asking, row.contract_id, row.window, as_party)
        stands = one is not None and one.release == row.release_id
        authorised = ask_to_acknowledge(asking, programme, party, settled, stands=stands)
        check_answer(row.outcome, outcome, is_own=party.role == row.role)
        digest, name = letter_digest(text_sha256), name_of(gateway, party)
        end_dispute(asking, row, outcome, digest, name, party, authorised)
        return row


def check_answer(current: str, outcome: DisputeOutcome, *, is_own: bool) -> None:
    """Raise `SettlementRefused` where a dispute that has come to `current` does not go on to `outcome`.

    `is_own`: by the party that raised it.
    """
    if current not in OPEN_OUTCOMES:
        raise SettlementRefused(rule="dispute-ended", reason=f"the dispute has ended: {current}")
    if outcome not in ANSWERS:
        raise SettlementRefused(rule="answer", reason=f"a dispute is answered by one of: {', '.join(ANSWERS)}")
    if current and not is_own:
        follows = "you agreed that the line is wrong: correct it, adjust it, or acknowledge it by its name"
        raise SettlementRefused(rule="answered", reason=follows)
    if is_own != (outcome is DisputeOutcome.WITHDRAWN):
        raise SettlementRefused(
            rule="other-party", reason="the party that raised a dispute withdraws it, the other one answers it"
        )


def end_dispute(
    asking: Asking,
    row: Dispute,
    outcome: DisputeOutcome,
    text_sha256: str,
    by: str,
    party: Party,
    authorised: Authorised,
) -> None:
    """Write how a dispute goes on or ends, with its event. When both speak anew is decided by the answer alone."""
    row.resolved_at = row.resolved_at if outcome is DisputeOutcome.ACCEPTED else asking.now
    row.outcome, row.outcome_sha256, row.resolved_by = outcome, text_sha256, by
    asking.session.add(row)
    asking.uow.record(
        DisputeResolved(
            contract=row.contract_id,
            dispute=row.id,
            outcome=outcome,
            text_sha256=text_sha256,
            party=str(party),
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        )
    )


def may_accept(settled: Settled, signed: SignedDocument, line: DocumentLine, role: str, *, by_name: bool) -> bool:
    """Whether there is something of the line that this party accepts now and did not before."""
    quarrel = settled.quarrel(signed, line)
    if quarrel is None:
        return role not in settled.accepted_by(signed, line)
    if quarrel.outcome and by_name:
        return role not in settled.accepted_by(signed, line)
    rest = settled.accept_rest(signed, line)
    return bool(rest) and role not in rest


def party_of(programme: Programme, as_party: Party | None) -> Party:
    """Who acts: the party of an access token, or the municipality's settlement officer at the keyboard."""
    return as_party or staff_party(programme, Role.SETTLEMENT_OFFICER)


def is_appointed(asking: Asking, programme: Programme, party: Party) -> bool:
    """Whether whoever sits at the keyboard may act in that role; a token's party was authenticated already."""
    return party.role in OUTSIDE or asking.is_appointed(programme, party.role)


def open_window(
    gateway: Gateway, asking: Asking, contract_id: str, label: str, as_party: Party | None
) -> tuple[Programme, Settled, SignedDocument | None, Party]:
    """Everything that a word about a window needs; the document is None where none stands."""
    programme = gateway.programme(asking.session, contract_id)
    settled = read_settlement(gateway, asking.session, contract_id, now=asking.now)
    settled.contract.window(label)
    return programme, settled, settled.standing(label), party_of(programme, as_party)


def ask_to_acknowledge(
    asking: Asking, programme: Programme, party: Party, settled: Settled, *, stands: bool, in_time: bool = True
) -> Authorised:
    """The decision on speaking of a payment document; `PolicyDenied`."""
    facts = AcknowledgeFacts(
        purpose=Purpose.OUTCOME_PAYMENT,
        appointment_valid=is_appointed(asking, programme, party),
        document_stands=stands,
        in_time=in_time,
        party_is_creditor=party.role is settled.parties[0],
    )
    return asking.ask(party, Action.ACKNOWLEDGE, programme, facts)


def same_document(one: SignedDocument | None, jwt_sha256: str) -> SignedDocument:
    """The document, where it stands and is the one that the party holds; else `SettlementRefused`."""
    if one is None:  # the policy has refused this already
        raise SettlementRefused(rule="no-document", reason="no payment document of this window stands")
    if jwt_sha256 and jwt_sha256 != one.jwt_sha256:
        raise SettlementRefused(rule="other-document", reason="the digest is that of another payment document")
    return one


def find_line(one: SignedDocument, key: str) -> DocumentLine:
    """A line that was signed, by its key; `SettlementRefused`."""
    lines = [line for line in one.document.lines if not line.is_adjustment]
    found = next((line for line in lines if line.key == key), None)
    if found is None:
        known = ", ".join(line.key for line in lines)
        raise SettlementRefused(rule="line-unknown", reason=f"the payment document has these lines: {known}")
    return found


def letter_digest(text: str) -> str:
    """The digest of a letter, as it is kept; `SettlementRefused`."""
    if not _DIGEST.fullmatch(text):
        raise SettlementRefused(rule="digest", reason="the letter's digest must be a SHA-256 as 64 hex digits")
    return text


def name_of(gateway: Gateway, party: Party) -> str:
    """Who speaks for a party."""
    return str(party) if party.role in OUTSIDE else gateway.actor.name


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
