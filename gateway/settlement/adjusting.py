"""Use case: both parties sign what a line is worth instead of what was evaluated.

For what no register will show: a line that both agree is wrong while nothing can be corrected, or a mistake in a window
whose successor was released. The first party proposes, and whoever says the same amount signs it. From then on the
difference stands beside the line, is billed like any other, and a dispute of the line has ended. Nothing evaluated
changes: later windows go on from what was signed. A correction of the document ends its adjustments with it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from gateway.errors.settlement import SettlementRefused
from gateway.events.settlement import AdjustmentSigned
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.settlement.account import agreed_worth
from gateway.settlement.acknowledging import (
    DisputeOutcome,
    ask_to_acknowledge,
    end_dispute,
    find_line,
    letter_digest,
    name_of,
    open_window,
    same_document,
)
from gateway.store.settlement_tables import Adjustment
from policies.terms import Party


@dataclass(frozen=True, slots=True)
class ProposedWorth:
    """What a party says that a line is worth, in minor units; `is_agreed` where the other party had said the same."""

    line: str
    worth_minor: int
    is_agreed: bool


def adjust(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    line_key: str,
    *,
    worth_minor: int,
    text_sha256: str,
    jwt_sha256: str = "",
    as_party: Party | None = None,
) -> ProposedWorth:
    """Propose what a line of a window's payment document is worth, or sign what the other party proposed.

    Raises `SettlementRefused` where the line is worth that already, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        programme, settled, one, party = open_window(gateway, asking, contract_id, window_label, as_party)
        authorised = ask_to_acknowledge(asking, programme, party, settled, stands=one is not None)
        signed = same_document(one, jwt_sha256)
        line = find_line(signed, line_key)
        agreed = settled.worth_agreed(signed, line)
        if worth_minor == (line.amount_minor if agreed is None else agreed):
            reason = "the line is worth that already: `gateway settle acknowledge --line` accepts it as it stands"
            raise SettlementRefused(rule="same-worth", reason=reason)
        row = Adjustment(
            id=str(uuid.uuid4()),
            contract_id=contract_id,
            position=len(settled.adjustments) + 1,
            window=window_label,
            release_id=signed.release,
            line=line_key,
            worth_minor=worth_minor,
            text_sha256=letter_digest(text_sha256),
            role=party.role,
            by=name_of(gateway, party),
            at=asking.now,
        )
        before = [word for word in settled.adjustments if (word.release_id, word.line) == (row.release_id, row.line)]
        is_agreed = agreed_worth([*before, row]) == worth_minor
        asking.session.add(row)
        asking.uow.record(
            AdjustmentSigned(
                contract=contract_id,
                window=window_label,
                release=signed.release,
                adjustment=row.id,
                line=line_key,
                worth_minor=worth_minor,
                text_sha256=row.text_sha256,
                is_agreed=is_agreed,
                party=str(party),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        quarrel = settled.quarrel(signed, line)
        if is_agreed and quarrel is not None:
            end_dispute(asking, quarrel, DisputeOutcome.ADJUSTED, row.text_sha256, row.by, party, authorised)
        return ProposedWorth(line_key, worth_minor, is_agreed)
