"""What the access log tells of acceptances. Closed, without free text or a personal value."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class AcceptanceRecorded(Event):
    """A party's signed acceptance of a contract version was taken in; `replaces` is the key that the party had before,
    or empty. `by` is the member of staff.
    """

    kind = "acceptance_recorded"

    contract: str
    version: int
    rules_sha256: str
    role: str
    organisation: str
    key: str
    replaces: str
    token_sha256: str
