"""Opening balances of a simulated contract, as its parties would state and sign them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.contracts import openings
from gateway.contracts.openings import Adopted
from gateway.outcomes.contract import Contract
from gateway.outcomes.opening import staters
from keys.signer import FileSigner
from outcome_verifier import balances
from tests.support.parties import party_key
from tests.support.simulated import Municipality, acting

Line = Mapping[str, object]


def balances_text(agreed: Contract, last: str, lines: Sequence[Line], **head: object) -> bytes:
    """The file; each line is written as it is given, and `head` replaces keys of the head."""
    keys = {
        "schema": "opening-balances/1",
        "contract": agreed.id,
        "contract_sha256": agreed.sha256,
        "last_window": last,
        "currency": agreed.currency,
        "stated_by": [party.organisation for party in staters(agreed)],
    } | head
    text = "".join(f"{name} = {_toml(value)}\n" for name, value in keys.items())
    for line in lines:
        text += "\n[[lines]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in line.items())
    return text.encode("utf-8")


def paid(window: str, tariff: str, quantity: int, minor: int, **more: object) -> Line:
    return {"window": window, "tariff": tariff, "quantity": quantity, "paid_minor": minor, **more}


def operator_signs(
    contract: Contract, text: bytes, *, at: datetime, key: FileSigner | None = None, role: str = "operator"
) -> str:
    party = (role, contract.party(role).organisation)
    return balances.sign(contract.identity, text, party, key or party_key(party[1]), at=int(at.timestamp()))


def contract_of(town: Municipality) -> Contract:
    with town.gateway.store.read() as session:
        return town.gateway.contract(session, town.contract)


def adopt(town: Municipality, text: bytes) -> Adopted:
    """Both sides sign, and the contract is adopted."""
    token = operator_signs(contract_of(town), text, at=town.gateway.clock())
    return openings.adopt(acting(town.gateway, "owner"), town.contract, text, [token], file="opening.toml")


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(f'"{one}"' for one in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
