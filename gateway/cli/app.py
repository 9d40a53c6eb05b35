"""The `gateway` command: its tree of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from time import monotonic
from typing import Any

import typer

from gateway.cli.terminal import Commands
from gateway.cli.typed import check_arguments
from gateway.errors.table import outcome
from gateway.installation.server_log import (
    INTERNAL,
    failure,
    hush_libraries,
    jobs_are_logged,
    places,
    rounded_seconds,
    write_line,
)
from vocabulary.cpr_in_text import mask_cpr
from vocabulary.errors import TextInvalid

_FILE_UNREADABLE = 3  # as for files of sources, see gateway/errors/tree.py
_EXIT_CODES = (
    "Exit codes: 0 done; 1 the doctor found a failure, or a shadow run a difference or"
    " a missing window; 2 usage or a setting; 3 a file"
    " cannot be used; 4 not found; 5 refused; 6 installation, keys, output or address; 7 not authenticated; 8 policy;"
    " 9 a log does not add up, or its heads are lost or ahead of it; 10 out of order; 11 a source did not answer as it"
    " should."
)


@cache
def tree(word: str = "") -> typer.Typer:
    """The commands below one word, such as `contract`, or all of them: what is not asked for is not loaded."""
    app = typer.Typer(
        name="gateway",
        help="Signed, privacy-preserving proof of social outcomes, run inside the municipality.",
        epilog=_EXIT_CODES,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,  # a word in [brackets] is a word, and no colour
        pretty_exceptions_enable=False,
    )
    for name, group in _GROUPS.items():
        if word in ("", name):
            app.add_typer(group(), name=name)
    return app if word else _with(app, *_top())


def _top() -> tuple[Commands, ...]:
    from gateway.cli import adoption, comparison, enrolment, explain, installation, outcomes, recovery, simulation

    return (
        installation.COMMANDS,
        recovery.COMMANDS,
        simulation.COMMANDS,
        enrolment.COMMANDS,
        outcomes.COMMANDS,
        explain.COMMANDS,
        comparison.COMMANDS,
        adoption.COMMANDS,
    )


def _with(group: typer.Typer, *tables: Commands) -> typer.Typer:
    for table in tables:
        for name, command in table.items():
            group.command(name)(command)
    return group


def _contract() -> typer.Typer:
    from gateway.cli import (
        acceptances,
        adoption,
        amendments,
        annexes,
        contracts,
        drafting,
        referrals,
        rescue,
        trial,
        whatif,
    )

    tables = (adoption.CONTRACT_COMMANDS, whatif.COMMANDS, annexes.COMMANDS, acceptances.COMMANDS, rescue.COMMANDS)
    return _with(contracts.app, drafting.COMMANDS, *tables, amendments.COMMANDS, trial.COMMANDS, referrals.COMMANDS)


def _connectors() -> typer.Typer:
    from gateway.cli import connectors

    return connectors.app


def _case_documents() -> typer.Typer:
    from gateway.cli import case_documents

    return case_documents.app


def _logs() -> typer.Typer:
    from gateway.cli import logs

    return logs.app


def _keys() -> typer.Typer:
    from gateway.cli import keys, signing

    return _with(keys.app, signing.COMMANDS)


def _trust() -> typer.Typer:
    from gateway.cli import keys

    return keys.trust_app


def _rights() -> typer.Typer:
    from gateway.cli import rights

    return rights.app


def _policy() -> typer.Typer:
    from gateway.cli import policy

    return policy.app


def _holds() -> typer.Typer:
    from gateway.cli import holds

    return holds.app


def _advice() -> typer.Typer:
    from gateway.cli import advice

    return advice.app


def _audit() -> typer.Typer:
    from gateway.cli import audit

    return audit.app


def _settle() -> typer.Typer:
    from gateway.cli import settle

    return settle.app


_GROUPS: dict[str, Callable[[], typer.Typer]] = {
    "contract": cache(_contract),
    "connectors": _connectors,
    "evidence": _case_documents,
    "log": _logs,
    "keys": cache(_keys),
    "trust": _trust,
    "rights": _rights,
    "policy": _policy,
    "holds": _holds,
    "advice": _advice,
    "audit": _audit,
    "settle": _settle,
}


def main() -> None:
    """Run the command line; it ends with one of `_EXIT_CODES`, an error with its own (gateway/errors/tree.py).

    Of an error that nobody foresaw its type and its place in our code are told, and nothing that it says. Where the
    setting `log_jobs` asks, the command leaves a line in JSON when it ends.
    """
    started = monotonic()
    is_logged = jobs_are_logged()
    hush_libraries(tells=is_logged)
    code, error = _run()
    if is_logged:
        facts = {} if error is None else failure(error)
        level = "error" if code else "info"
        seconds = rounded_seconds(started)
        write_line("job", level=level, command=_typed_command(), exit_code=code, seconds=seconds, **facts)
    sys.exit(code)


def _run() -> tuple[int, Exception | None]:
    """Run what was typed; its exit code, and the error that it ended with."""
    try:
        check_arguments(sys.argv)
    except TextInvalid as error:
        _tell(str(error), error.code)
        return 2, error
    try:
        first = sys.argv[1] if len(sys.argv) > 1 else ""
        # usage errors, `typer.Exit` and interrupts end inside, with exit codes of their own
        tree(first if first in _GROUPS else "")()
    except SystemExit as ended:
        return (ended.code if isinstance(ended.code, int) else int(ended.code is not None)), None
    except OSError as error:
        _tell(f"{error.filename or 'a file'}: {error.strerror or 'cannot be used'}", "file-unreadable")
        return _FILE_UNREADABLE, error
    except Exception as error:
        settings = _wrong_settings(error)
        for line in settings:
            typer.echo(f"gateway: {line}", err=True)
        if settings:
            return 2, error
        shown = outcome(error)
        if shown is None:
            _tell(f"an error that nobody foresaw: {type(error).__name__}, {' > '.join(places(error))}", INTERNAL)
            return 1, error
        _tell(str(error), str(getattr(error, "code", "")))
        return shown.exit_code, error
    return 0, None


def _tell(message: str, code: str) -> None:
    typer.echo(f"gateway: {mask_cpr(message)}", err=True)
    typer.echo(f"  ({code})", err=True)


def _typed_command() -> str:
    """The command that was typed, such as `contract add`; never a word that is no command's."""
    command: Any = typer.main.get_command(tree())
    words = []
    for word in sys.argv[1:]:
        command = getattr(command, "commands", {}).get(word)
        if command is None:
            break
        words.append(word)
    return " ".join(words)


def _wrong_settings(error: Exception) -> list[str]:
    """A line for each setting that makes no sense; none where the error is another one."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return []
    # the value is not repeated: it may be a database password
    found = error.errors(include_input=False, include_url=False)
    return [": ".join([*(f"GATEWAY_{str(name).upper()}" for name in one["loc"]), one["msg"]]) for one in found]


if __name__ == "__main__":
    main()
