"""What the access log tells of a contract that starts mid-way. As `gateway.events.event`: closed, without free text."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class ContractShadowed(Event):
    """A contract came into force beside another settlement: nothing of it is released until it is adopted."""

    kind = "contract_shadowed"

    contract: str


@dataclass(frozen=True, slots=True)
class ContractAdopted(Event):
    """Opening balances came into force: what both parties signed as stated, and not evaluated. `keys` by party."""

    kind = "contract_adopted"

    contract: str
    last_window: str
    balances_sha256: str
    keys: dict[str, str]
    stated_minor: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ShadowCompared(Event):
    """An evaluation was held against the cells of an old workbook; `differing` counts figures that are not equal."""

    kind = "shadow_compared"

    contract: str
    sheet_sha256: str
    map_sha256: str
    windows: list[str]
    figures: int
    differing: int
    decision: str
    decision_sha256: str
