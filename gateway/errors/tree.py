"""The root of what can go wrong in the gateway, and its three great branches; the leaves stand in modules by topic.

    GatewayError (vocabulary.errors.ProductError)
    ├── NotFound     something that was named does not exist here
    ├── Refused      understood, and not done
    └── Broken       an invariant of the installation does not hold: nothing was changed

The other rooms have trees of their own below the same root (`connectors.errors`, `keys.errors`, `policies.errors`), and
the verifier has one that hangs from nothing of ours (`outcome_verifier.errors`). Every class in all of them has a
stable `code`; `gateway.errors.table` maps it to an exit code and to an RFC 9457 problem. No message ever holds a
personal value.
"""

from __future__ import annotations

from vocabulary.errors import ProductError


class GatewayError(ProductError):
    """The root: a stable `code`, and a message that says what happened, where, and what to do."""

    code = "gateway-error"


class NotFound(GatewayError):
    """Something that was named does not exist here; `message` says what, from the names it was asked by."""

    code = "not-found"
    message = ""

    def __init__(self, **names: object) -> None:
        super().__init__(self.message.format(**names))


class Refused(GatewayError):
    code = "refused"


class Broken(GatewayError):
    code = "broken"
