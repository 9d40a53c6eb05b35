"""The log of the server and of jobs: a JSON line on standard error for each request and each job, and never a value.

A line says what ran and how it ended, in words that this code chose: a route's template, a command's name, a stable
error code, the names of exception types, modules and line numbers. No message of an exception and no line of source
stands in it, since either may quote what it is about; nor does what a library logs, of which only the place is told.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from time import monotonic
from traceback import walk_tb

from gateway.errors.table import outcome

ASKED_BY = "GATEWAY_LOG_JOBS"  # the setting `log_jobs`, which is asked before settings are read
_YES = ("1", "true", "yes", "on")
_SECONDS_DIGITS = 3
INTERNAL = "internal"  # the code of an error that nobody foresaw


def write_line(event: str, *, level: str = "info", **facts: object) -> None:
    """Write one line. `facts` are words of this code, numbers, and names that the municipality gave to clients."""
    import structlog  # whoever writes no line need not load it

    steps: list[structlog.typing.Processor] = [
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.JSONRenderer(),
    ]
    logger = structlog.wrap_logger(structlog.PrintLogger(sys.stderr), processors=steps)
    logger.msg(event, level=level, **{name: value for name, value in facts.items() if value is not None})


def rounded_seconds(started: float) -> float:
    """How long it took since this reading of the monotonic clock."""
    return round(monotonic() - started, _SECONDS_DIGITS)


def code_of(error: BaseException) -> str:
    """The error's stable code, or `internal` where it is in none of our trees."""
    return str(getattr(error, "code", INTERNAL)) if outcome(error) is not None else INTERNAL


def places(error: BaseException) -> list[str]:
    """Where it went wrong, `module:line` from the outermost call to the innermost: no message, no source."""
    frames = walk_tb(error.__traceback__)
    return [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in frames]


def failure(error: BaseException, *, code: str = "") -> dict[str, object]:
    """What a line tells of an error: code and type; for one that is no refusal also what led to it, and where.

    `code` is given where the error has none of ours and is a refusal all the same.
    """
    facts: dict[str, object] = {"code": code or code_of(error), "error": type(error).__name__}
    shown = outcome(error)
    if not code and (shown is None or shown.status >= 500):
        causes = [type(cause).__name__ for cause in _causes(error)]
        facts |= {"places": places(error), "causes": causes or None}
    return facts


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def hush_libraries(*, tells: bool) -> None:
    """From now on nothing that a library logs or warns of is written as it is; `tells` writes where it did so."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, _Hushed):
            root.removeHandler(handler)
    root.addHandler(_Hushed(tells=tells))
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a line that cannot be written must not be told with what it holds


class _Hushed(logging.Handler):
    """Takes what libraries log from warnings on, and tells its place alone."""

    def __init__(self, *, tells: bool) -> None:
        super().__init__(logging.WARNING)
        self._tells = tells

    def emit(self, record: logging.LogRecord) -> None:
        # what the application raised has the line of its request already
        if not self._tells or (record.name == "uvicorn.error" and record.exc_info):
            return
        error = record.exc_info[1] if record.exc_info else None
        write_line(
            "library",
            level=record.levelname.lower(),
            logger=record.name,
            place=f"{record.module}:{record.lineno}",
            **({} if error is None else {"error": type(error).__name__, "places": places(error)}),
        )


def jobs_are_logged() -> bool:
    """Whether a command leaves a line when it ends, as the setting `log_jobs` asks."""
    return os.environ.get(ASKED_BY, "").strip().lower() in _YES
