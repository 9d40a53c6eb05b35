"""Errors of the release cycle: branches of the tree in `gateway.errors.tree`.

Refused
├── WindowOutOfOrder · WindowInBlock · ReadersHeld · NothingToCorrect · ReleaseInterrupted
└── SourcesIncomplete · DraftRefused
NotFound
└── RevisionUnknown · NothingAsked
Broken
└── StatusListFull
"""

from __future__ import annotations

from gateway.errors.tree import Broken, NotFound, Refused


class WindowOutOfOrder(Refused):
    code = "window-out-of-order"

    def __init__(self, *, window: str, other: str, reason: str) -> None:
        super().__init__(
            f"what {window!r} is worth builds on the payment documents before it: that of {other!r} {reason}"
        )


class WindowInBlock(Refused):
    code = "window-in-block"

    def __init__(self, *, window: str, later: str) -> None:
        none = "is not shown with the people who are sealed, or in the time that the contract has left"
        when = f"is shown with {later!r}" if later else none
        super().__init__(f"window {window!r} {when}: by itself it could be about a few people")


class ReadersHeld(Refused):
    """A contract in force plans to show what would be refused today. Its creditor is paid on time, and exactly."""

    code = "readers-held"

    def __init__(self, *, contract: str, refused: str) -> None:
        super().__init__(
            f"nothing of {contract!r} is released to readers, since it would be refused today: {refused}; payment"
            " documents go out as before"
        )


class RevisionUnknown(NotFound):
    code = "revision-unknown"
    message = "window {window!r} has no revision {revision} of this attestation"


class NothingAsked(NotFound):
    code = "nothing-asked"
    message = "no {template} of {window!r} was released to you, and you have not asked for it: POST asks"


class NothingToCorrect(Refused):
    code = "nothing-to-correct"

    def __init__(self, *, contract: str, window: str) -> None:
        super().__init__(
            f"with what is known now no attestation of {contract!r} {window!r} would show another figure; where both"
            " parties agree that a line is wrong all the same, `gateway settle adjust` says what it is worth"
        )


class ReleaseInterrupted(Refused):
    code = "release-interrupted"

    def __init__(self, *, contract: str, window: str, template: str) -> None:
        super().__init__(
            f"a release of {contract!r} {window!r} ({template}) was interrupted; run `gateway release` for it once more"
            " first"
        )


class SourcesIncomplete(Refused):
    code = "sources-incomplete"

    def __init__(self, *, contract: str, week: str, complete: str) -> None:
        super().__init__(
            f"the sources of {contract!r} are not complete to {week} ({complete}); pull the missing files first"
        )


class DraftRefused(Refused):
    code = "draft-refused"

    def __init__(self, *, rule: str, reason: str) -> None:
        self.rule = rule
        super().__init__(f"the draft was not signed (rule {rule}): {reason}")


class StatusListFull(Broken):
    code = "status-list-full"

    def __init__(self) -> None:
        super().__init__("nine tenths of the status list are in use")
