"""Errors of pulls of records, leaves of the tree in `gateway.errors.tree`.

Refused
├── IncomeNotRead
├── NothingComplete
├── RunOvertaken
└── SourceRests
"""

from __future__ import annotations

from gateway.errors.tree import Refused


class IncomeNotRead(Refused):
    """The contract counts nothing of pay, so that nothing may be asked of it."""

    code = "income-not-read"

    def __init__(self, *, contract: str, source: str) -> None:
        super().__init__(f"{contract} names no register of pay in sources.income: {source} is not read for it")


class NothingComplete(Refused):
    """No week that is needed can be known by the source yet."""

    code = "nothing-complete"

    def __init__(self, *, source: str, first: str, complete_to: str) -> None:
        super().__init__(f"{source} can know weeks up to {complete_to}, and the first that is needed is {first}: wait")


class RunOvertaken(Refused):
    """Two commands pull the same at once."""

    code = "run-overtaken"

    def __init__(self, *, source: str) -> None:
        super().__init__(f"another command has finished this pull of {source} meanwhile; nothing more is to be done")


class SourceRests(Refused):
    """A source that could not be reached, pull after pull, is left alone until an instant."""

    code = "source-rests"

    def __init__(self, *, source: str, failures: int, until: str) -> None:
        super().__init__(
            f"{source} could not be reached by {failures} pulls in a row and is left alone until {until};"
            f" `gateway connectors check {source}` asks it at once, and ends that where it answers"
        )
