"""Errors about people's rights, leaves of the tree in `gateway.errors.tree`.

NotFound
├── PersonUnknown · RequestUnknown · RecordUnknown
Refused
├── RecordRefused · RequestRefused · StatementEmptied · LookUpsEnded · OwnCase
Broken
└── ErasureUnfinished
"""

from __future__ import annotations

from gateway.errors.tree import Broken, NotFound, Refused


class PersonUnknown(NotFound):
    """Nobody with that number or case reference: the message repeats neither."""

    code = "person-unknown"
    message = "nobody with this CPR number, or with this case reference of the operator's, is enrolled in {contract!r}"


class RequestUnknown(NotFound):
    code = "request-unknown"
    message = "no request {request!r} is open; `gateway rights list` shows those that are"


class RecordUnknown(NotFound):
    code = "record-unknown"
    message = (
        "no record {record!r} of this kind is known here; the person's report (`gateway rights report`) lists them"
    )


class RecordRefused(Refused):
    code = "record-refused"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the record was not made: {reason}")


class OwnCase(Refused):
    """The municipality delivers itself, and whoever acts registered evidence in that case."""

    code = "own-case"

    def __init__(self, *, contract: str) -> None:
        super().__init__(f"under {contract} nobody decides in a case of their own: let somebody else do it")


class RequestRefused(Refused):
    """A person's request is refused or must wait; `rule` is the rule that says so."""

    code = "request-refused"

    def __init__(self, *, rule: str, reason: str) -> None:
        self.rule = rule
        super().__init__(f"{rule}: {reason}")


class StatementEmptied(Refused):
    code = "statement-emptied"

    def __init__(self, *, contract: str, window: str) -> None:
        super().__init__(f"the copy of the statement of {contract!r} {window!r} went with somebody who was erased")


class ErasureUnfinished(Broken):
    """The rows are deleted and the certificate stands; the files of the database may still hold them."""

    code = "erasure-unfinished"

    def __init__(self, *, erasures: int) -> None:
        super().__init__(
            f"{erasures} erased people are in no table any more, but may still stand in the files of the database: "
            "somebody else uses it, such as a backup or a report, and sees the rows of before; when that has ended, "
            "run `gateway rights repeat-erasures`"
        )


class LookUpsEnded(Refused):
    """More people were looked up within a day than the programme declares: nothing is told of anybody."""

    code = "look-ups-ended"

    def __init__(self, *, contract: str, most: int) -> None:
        super().__init__(
            f"more than {most} people were looked up under {contract!r} within a day: nobody is looked up there until a"
            " day has passed, and nothing was told; `gateway log show` says who looked, and the programme declares the"
            " number (most_look_ups)"
        )
