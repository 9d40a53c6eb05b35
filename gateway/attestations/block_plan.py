"""The windows that end a block, as they are settled with the last seal, and what a seal says of them.

The plan follows from the contract's text and the days on which people were enrolled, so that an auditor who may see
those days can compute it again. A seal holds a digest of it, salted with bytes that stay in the municipality: without
them the few plans that a calendar has could be tried, and a plan tells of the days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from gateway.attestations.calendar_audit import audit_contract, plan_of_blocks
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.contract import Contract
from outcome_verifier import canonical
from vocabulary.errors import DeclarationInvalid

SCHEMA = "block-plan/1"


def ends_of_blocks(contract: Contract, enrolled_on: Sequence[date], *, people: int) -> tuple[str, ...]:
    """The windows, by label, that end a block once everybody is sealed: `people`, of whom these days are known.

    None where the contract shows each window by itself. Where somebody was erased before the last batch was sealed, a
    day is not known any more: then the plan is the one that holds whoever begins when, or everything waits for the last
    window where there is none.
    """
    if not contract.fold.at_most:
        return ()
    if len(enrolled_on) == people:
        return plan_of_blocks(contract, enrolled_on).ends
    planned = tuple(contract.windows[place].label for place in reader_windows(contract))
    try:
        worst = audit_contract(contract).worst
    except DeclarationInvalid:
        return planned[-1:]
    return planned if worst is None else worst.ends


def plan_digest(contract_sha256: str, ends: Sequence[str], salt: bytes) -> str:
    """SHA-256(salt || canonical plan), in hexadecimal: what a seal says of the windows that end a block, if any do."""
    body = {"schema": SCHEMA, "contract_sha256": contract_sha256, "ends": list(ends)}
    return hashlib.sha256(salt + canonical.dumps(body)).hexdigest()
