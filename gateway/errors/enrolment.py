"""Errors of referral lists and of files that come in: branches of the tree in `gateway.errors.tree`.

Refused
└── EnrolmentRefused · CohortAlreadySealed · BatchTooLate · FileOverlaps · FileOlder
GatewayError
└── SealsCorrupt
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.errors.tree import GatewayError, Refused

_LISTED_LINES = 20  # of a refused list; the counts of the reasons are whole


class EnrolmentRefused(Refused):
    code = "enrolment-refused"

    def __init__(
        self,
        *,
        contract: str,
        batch: str,
        reasons: Mapping[str, int],
        file: str = "",
        lines: Sequence[tuple[int, str]] = (),
    ) -> None:
        self.reasons, self.lines = dict(reasons), tuple(lines)
        listed = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
        shown = ", ".join(f"line {line} {reason}" for line, reason in self.lines[:_LISTED_LINES])
        more = f", and {len(self.lines) - _LISTED_LINES} more" if len(self.lines) > _LISTED_LINES else ""
        where = f"; {file}: {shown}{more}" if shown else ""
        super().__init__(
            f"batch {batch!r} of {contract!r} was not sealed and nothing was stored ({listed}{where}); mend the list"
            " and enrol again"
        )


class CohortAlreadySealed(Refused):
    code = "cohort-already-sealed"

    def __init__(self, *, contract: str, batch: str) -> None:
        super().__init__(f"batch {batch!r} of {contract!r} is sealed: its membership never changes")


class BatchTooLate(Refused):
    code = "batch-too-late"

    def __init__(self, *, contract: str, batch: str, window: str) -> None:
        super().__init__(
            f"batch {batch!r} of {contract!r} could count in no window: something was released or stated of the last"
            f" one, {window!r}; nothing was stored; a later version may add windows"
        )


class SealsCorrupt(GatewayError):
    code = "seals-corrupt"

    def __init__(self, *, contract: str, batch: str = "", version: int = 0) -> None:
        what = f"the seal of batch {batch!r}" if batch else f"the event that put version {version} in force"
        super().__init__(
            f"{what} of {contract!r} does not hold what stands beside it in the database: how many people, from which"
            " window on they count, or which windows end a block; nothing is released to readers until it does: restore"
            " the database from a backup"
        )


class FileOverlaps(Refused):
    code = "file-overlaps"

    def __init__(self, *, file: str, other: str) -> None:
        super().__init__(
            f"{file} covers some of the months of {other}, which was pulled before, and not all of them; a file that"
            " replaces another must cover all its months; nothing was stored from this file"
        )


class FileOlder(Refused):
    code = "file-older"

    def __init__(self, *, file: str, other: str) -> None:
        super().__init__(
            f"{file} was made before {other}, which was pulled already and covers the same months; nothing was stored"
            " from this file"
        )
