"""What the access log tells: a closed set of events, without free text and without a personal value.

An event is hashed with 32 random bytes into the leaf of the access log. What concerns one subject stands in
person lines apart, each with its own nonce, so that it can be erased (GDPR art. 17) while the tree stays whole;
the event holds a root over them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from gateway.events.actor import Actor
from outcome_verifier import canonical
from outcome_verifier.tlog import merkle_root


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events. Who did it, in which role and when is no field of any: whoever records it says so."""

    kind: ClassVar[str]  # written out in each class: it stands in logs, so no renamed class may change it
    schema: ClassVar[int] = 1  # raised by whoever adds a field; see CONTRIBUTING

    @classmethod
    def of_body(cls, body: Mapping[str, Any]) -> Self:
        """The event that a log holds. Raises `KeyError` where it was written under a schema that lacks a field."""
        return cls(**{field.name: body[field.name] for field in fields(cls)})

    def body(self, by: Actor, at: str) -> dict[str, object]:
        """What the log commits to."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"kind": self.kind, "schema": self.schema, **by.body(), "at": at, **values}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """That one subject's data took part in an event, and for which purpose."""

    subject: str
    action: str
    purpose: str

    def digest(self, nonce: bytes) -> bytes:
        return hashlib.sha256(nonce + self.canonical()).digest()

    def canonical(self) -> bytes:
        body = {"subject": self.subject, "action": self.action, "purpose": self.purpose}
        return canonical.dumps(body)


def lines_root(digests: Sequence[bytes]) -> str:
    """Hexadecimal root over the digests of an event's person lines, in the order of the digests."""
    return merkle_root(sorted(digests)).hex()
