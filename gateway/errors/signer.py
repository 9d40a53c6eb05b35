"""What the signer refuses.

Broken (gateway.errors.tree)
└── SignerRefused        a release was to be signed without a decision on it

GatewayError (gateway.errors.tree)
└── KindMismatch         a key of another kind of installation than this one

PolicyDenied (policies.errors)
└── StaysUnsigned        a drafted release that is refused by now
"""

from __future__ import annotations

from gateway.errors.tree import Broken, GatewayError
from policies.decision import Decision
from policies.errors import PolicyDenied


class SignerRefused(Broken):
    code = "signer-refused"

    def __init__(self, *, release: str) -> None:
        super().__init__(f"release {release} was to be signed without a decision of the same transaction on it")


class KindMismatch(GatewayError):
    """A test installation never holds a production key, nor the other way round."""

    code = "kind-mismatch"

    def __init__(self, *, kind: str, reason: str) -> None:
        super().__init__(f"this is a {kind} installation: {reason}; nothing was opened or signed")


class StaysUnsigned(PolicyDenied):
    """A release was drafted, and the policy refuses it since: it is kept as it is and is not signed."""

    code = "release-unsigned"

    def __init__(self, decision: Decision, *, release: str) -> None:
        super().__init__(decision)
        self.release = release
        self.args = (f"release {release} was drafted and stays unsigned: {self.args[0]}",)
