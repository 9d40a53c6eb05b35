"""What the engine answers: a value that can be logged, hashed and replayed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

from policies.terms import Action, Party

FactValue = str | int | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One judged request. Equal requests under equal rules give equal decisions (invariant 12).

    `effect` is "allow" or "deny". On allow, `rule_ids` are the grant templates that permit and `grant_ids`
    the grants themselves; on deny, `rule_ids` are the rules that forbid, or one of the engine's own
    `no-permit`, `programme-not-loaded`, `engine-error`. Both are sorted.
    """

    effect: str
    action: Action
    principal: Party
    programme: str  # the programme's id
    rule_ids: tuple[str, ...]
    grant_ids: tuple[str, ...]
    reason_en: str
    reason_da: str
    facts: Mapping[str, FactValue]
    policy_set_sha256: str  # hex; the digest in POLICYSET.json
    programme_sha256: str  # hex; of the programme file's bytes
    engine_version: str

    @property
    def is_allowed(self) -> bool:
        return self.effect == "allow"

    def canonical(self) -> bytes:
        """The decision as RFC 8785 JSON (strings, integers and booleans only)."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["principal"] = {"organisation": self.principal.organisation, "role": self.principal.role}
        values["facts"] = dict(self.facts)
        return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of `canonical()`."""
        return hashlib.sha256(self.canonical()).hexdigest()
