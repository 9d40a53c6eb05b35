"""Contracts and people whose releases are attacked."""

from __future__ import annotations

from collections.abc import Callable

from gateway.outcomes.contract import Contract
from tests.attacks.seeded import contract_for

CAP = "cap_minor = 1500000000"
Tell = Callable[[str], None]


def contract_of(size: int, months: int) -> Contract:
    """An example for so many people. Where there are more than in IMPACT60 the cap is out of reach: it would hide."""
    larger = {CAP: CAP.replace("15", "150", 1)} if size > 120 else {}
    return contract_for("impact60" if months else "ballerup", size=size, months=months, replaced=larger)
