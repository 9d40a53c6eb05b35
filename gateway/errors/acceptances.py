"""Errors of acceptances, leaves of the tree in `gateway.errors.tree`.

Refused
├── AcceptanceRefused
└── AcceptanceMissing
GatewayError
└── AcceptancesCorrupt
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors.tree import GatewayError, Refused


class AcceptanceRefused(Refused):
    """What was sent does not say that a party of this contract accepts it."""

    code = "acceptance-refused"

    def __init__(self, *, contract: str, reason: str) -> None:
        super().__init__(f"the acceptance of {contract!r} was not taken in: {reason}")


class AcceptanceMissing(Refused):
    """A version is not accepted by everybody it names. `missing` are (role, organisation)."""

    code = "acceptance-missing"

    def __init__(self, *, contract: str, version: int, own: Sequence[str], others: Sequence[str]) -> None:
        advice = []
        if own:
            advice.append("the municipality runs `gateway contract accept CONTRACT PROGRAMME`")
        if others:
            advice.append(
                "each other party runs `verify-outcome accept` and sends the file, which `gateway contract accepted"
                " CONTRACT FILE --key THUMBPRINT` takes in"
            )
        super().__init__(
            f"version {version} of {contract!r} is not accepted by {', '.join([*own, *others])}: {'; '.join(advice)}"
        )


class AcceptancesCorrupt(GatewayError):
    code = "acceptances-corrupt"

    def __init__(self, *, contract: str, version: int, reason: str) -> None:
        super().__init__(
            f"the acceptances of version {version} of {contract!r} do not hold: {reason}; nothing is put into force or"
            " released under it until they do: restore the database from a backup, or have the version accepted again"
        )
