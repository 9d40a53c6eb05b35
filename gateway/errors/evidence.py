"""Errors of manual evidence, leaves of the tree in `gateway.errors.tree`.

NotFound
├── EvidenceUnknown
Refused
├── EvidenceRefused
"""

from __future__ import annotations

from gateway.errors.tree import NotFound, Refused


class EvidenceUnknown(NotFound):
    code = "evidence-unknown"
    message = "no evidence {evidence!r} is registered here; `gateway evidence list` shows what is"


class EvidenceRefused(Refused):
    """The document cannot count as it was told, or stands otherwise already."""

    code = "evidence-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"nothing was registered: {reason}")
