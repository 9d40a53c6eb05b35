"""The evaluator of the example contracts: a key that anybody can make again, so that it vouches for nothing."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key

from gateway.contracts.aggregates import DeclaredFigure, checked_claims, sign_figure
from gateway.outcomes.contract import Contract
from keys.signer import FileSigner

_SEED = int.from_bytes(hashlib.sha256(b"evaluator of the example contracts").digest(), "big")
EVALUATOR = FileSigner(derive_private_key(_SEED, SECP256R1()), "ES256", True)
_AT = datetime(2025, 1, 1, tzinfo=UTC)


def declared(contract: Contract, aggregate: str, window: str, value: int) -> int:
    """The figure after it was signed and held against the contract. Raises `AggregateRefused`."""
    last = next(one for one in contract.windows if one.label == window).to_week.sunday
    period = (date(2000, 1, 3), last)
    figure = DeclaredFigure(aggregate, window, value, period, hashlib.sha256(b"its inputs").hexdigest())
    return int(checked_claims(contract, sign_figure(contract, figure, EVALUATOR, at=_AT))["value"])
