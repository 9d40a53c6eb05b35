"""What the signer refuses.

Broken (gateway.errors)
└── SignerRefused        a release was to be signed without a decision on it

PolicyDenied (policies.errors)
└── StaysUnsigned        a drafted release that is refused by now
"""

from __future__ import annotations

from gateway.errors import Broken
from policies.decision import Decision
from policies.errors import PolicyDenied


class SignerRefused(Broken):
    code = "signer-refused"

    def __init__(self, *, release: str) -> None:
        super().__init__(f"release {release} was to be signed without a decision of the same transaction on it")


class StaysUnsigned(PolicyDenied):
    """A release was drafted, and the policy refuses it since: it is kept as it is and is not signed."""

    code = "release-unsigned"

    def __init__(self, decision: Decision, *, release: str) -> None:
        super().__init__(decision)
        self.release = release
        self.args = (f"release {release} was drafted and stays unsigned: {self.args[0]}",)
