"""Errors of contracts and of what is asked of them by name: branches of the tree in `gateway.errors.tree`.

NotFound
└── ContractUnknown · WindowUnknown · SourceUnknown · OrganisationUnknown · ProposalUnknown
Refused
└── ChangeNeedsApproval · ProgrammeMismatch · AmendmentRefused · ContractNotEvaluable · NobodyLeft · RescueRefused
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors.tree import NotFound, Refused


class ContractUnknown(NotFound):
    code = "contract-unknown"
    message = "no contract {contract!r} is in force here; `gateway contract list` shows those that are"


class WindowUnknown(NotFound):
    code = "window-unknown"
    message = "contract {contract!r} declares no window {window!r}"


class SourceUnknown(NotFound):
    code = "source-unknown"
    message = "no source {source!r} is declared; `gateway contract source FILE` declares one"


class OrganisationUnknown(NotFound):
    code = "organisation-unknown"
    message = "no contract in force names {organisation!r} as {role}; those named are: {listed}"

    def __init__(self, *, organisation: str, role: str, known: Iterable[str]) -> None:
        listed = ", ".join(sorted(known)) or "none yet; `gateway contract add` comes first"
        super().__init__(organisation=organisation, role=role, listed=listed)


class ProposalUnknown(NotFound):
    code = "proposal-unknown"
    message = "no proposal {proposal!r} is open; `gateway contract proposals` shows those that are"


class ChangeNeedsApproval(Refused):
    code = "change-needs-approval"

    def __init__(self, *, contract: str) -> None:
        super().__init__(
            f"another version of {contract!r} is in force: propose the change with `gateway contract propose`, and let"
            " a second person approve it"
        )


class ContractNotEvaluable(Refused):
    """Its terms lack what some window or person needs: `check` refuses such a contract before it is in force."""

    code = "contract-not-evaluable"

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the contract cannot be evaluated: {reason}")


class NobodyLeft(Refused):
    """A change would leave an installation in which nobody could do what somebody must be able to do."""

    code = "nobody-left"

    def __init__(self, *, losses: Iterable[object]) -> None:
        said = "; ".join(map(str, losses))
        super().__init__(f"nothing was changed. {said}. Name in the same change who could")


class RescueRefused(Refused):
    """The way back is not taken; `rule` says why in a stable word."""

    code = "rescue-refused"

    def __init__(self, *, contract: str, rule: str, reason: str) -> None:
        self.rule = rule
        super().__init__(f"nobody was let back into {contract!r}: {reason} ({rule})")


class ProgrammeMismatch(Refused):
    code = "programme-mismatch"

    def __init__(self, *, contract: str, reason: str) -> None:
        super().__init__(f"contract {contract!r} was not put into force: {reason}")


class AmendmentRefused(Refused):
    """A later version of a contract changes what it may not; `part` is the contract file's key."""

    code = "amendment-refused"

    def __init__(self, *, file: str, part: str, reason: str) -> None:
        self.part = part
        super().__init__(f"{file} was not put into force: {part} {reason}")
