"""The evaluator of the example contracts: a key that anybody can make again, so that it vouches for nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from gateway.contracts.aggregates import TYPE, checked_claims
from gateway.outcomes.contract import Contract
from keys.signer import FileSigner, Signer
from outcome_verifier import endorsement

_SEED = int.from_bytes(hashlib.sha256(b"evaluator of the example contracts").digest(), "big")
EVALUATOR = FileSigner(derive_private_key(_SEED, SECP256R1()), "ES256", True)
_AT = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DeclaredFigure:
    """A declared figure before it is signed: whole numbers in the unit that the contract names."""

    aggregate: str
    window: str
    value: int
    period: tuple[date, date]  # both days included
    inputs_sha256: str  # hexadecimal digest of what it was computed from


def sign_figure(contract: Contract, figure: DeclaredFigure, signer: Signer, *, at: datetime) -> str:
    """The figure as its evaluator signs it. Raises `KeyError` where the contract has no such aggregate."""
    aggregate = contract.aggregate(figure.aggregate)
    claims = {
        "contract": contract.identity,
        "aggregate": aggregate.id,
        "window": figure.window,
        "unit": str(aggregate.unit),
        "value": figure.value,
        "method": aggregate.method,
        "source": aggregate.source,
        "period": {"from": figure.period[0].isoformat(), "to": figure.period[1].isoformat()},
        "inputs_sha256": figure.inputs_sha256,
        "iat": int(at.timestamp()),
    }
    return endorsement.sign(signer, typ=TYPE, claims=claims)


def declared(contract: Contract, aggregate: str, window: str, value: int) -> int:
    """The figure after it was signed and held against the contract. Raises `AggregateRefused`."""
    last = next(one for one in contract.windows if one.label == window).to_week.sunday
    period = (date(2000, 1, 3), last)
    figure = DeclaredFigure(aggregate, window, value, period, hashlib.sha256(b"its inputs").hexdigest())
    return int(checked_claims(contract, sign_figure(contract, figure, EVALUATOR, at=_AT))["value"])
