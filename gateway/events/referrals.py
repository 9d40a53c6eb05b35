"""What the access log tells of referrals against plan."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class ReferralsSeen(Event):
    """Municipal staff saw by month how many people were referred; nobody's row but the day was read."""

    kind = "referrals_seen"
    contract: str
    people: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class ReferralsTold(Event):
    """What readers were told for the first time, by month: to the nearest five, and for good. Empty where they asked
    for what was told before.
    """

    kind = "referrals_told"
    contract: str
    to: str
    months: list[str]
    people: list[int]
    decision: str
    decision_sha256: str
