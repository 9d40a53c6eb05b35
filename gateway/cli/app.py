"""The `gateway` command: its tree of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import sys

import typer

from gateway.cli import (
    acceptances,
    adoption,
    advice,
    annexes,
    audit,
    case_documents,
    comparison,
    connectors,
    contracts,
    explain,
    installation,
    keys,
    logs,
    outcomes,
    policy,
    rights,
    settle,
    signing,
    simulation,
    whatif,
)
from gateway.cli.terminal import Commands
from gateway.errors.table import outcome

_FILE_UNREADABLE = 3  # as for files of sources, see gateway/errors/tree.py
_EXIT_CODES = (
    "Exit codes: 0 done; 1 the doctor found a failure, or a shadow run a difference; 2 usage or a setting; 3 a file"
    " cannot be used; 4 not found; 5 refused; 6 installation, keys, output or address; 7 not authenticated; 8 policy;"
    " 9 a log does not add up; 10 out of order; 11 a source did not answer as it should."
)

app = typer.Typer(
    name="gateway",
    help="Signed, privacy-preserving proof of social outcomes, run inside the municipality.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(contracts.app, name="contract")
app.add_typer(connectors.app, name="connectors")
app.add_typer(case_documents.app, name="evidence")
app.add_typer(logs.app, name="log")
app.add_typer(keys.app, name="keys")
app.add_typer(keys.trust_app, name="trust")
app.add_typer(rights.app, name="rights")
app.add_typer(policy.app, name="policy")
app.add_typer(advice.app, name="advice")
app.add_typer(audit.app, name="audit")
app.add_typer(settle.app, name="settle")
_COMMANDS: dict[typer.Typer, tuple[Commands, ...]] = {
    contracts.app: (adoption.CONTRACT_COMMANDS, whatif.COMMANDS, annexes.COMMANDS, acceptances.COMMANDS),
    keys.app: (signing.COMMANDS,),
    app: (
        installation.COMMANDS,
        simulation.COMMANDS,
        outcomes.COMMANDS,
        explain.COMMANDS,
        comparison.COMMANDS,
        adoption.COMMANDS,
    ),
}
for group, tables in _COMMANDS.items():
    for name, command in (pair for table in tables for pair in table.items()):
        group.command(name)(command)


def main() -> None:
    """Run the command line; it ends with one of `_EXIT_CODES`, an error with its own (gateway/errors/tree.py)."""
    try:
        app()  # usage errors, `typer.Exit` and interrupts end inside, with exit codes of their own
    except OSError as error:
        typer.echo(f"gateway: {error.filename or 'a file'}: {error.strerror or 'cannot be used'}", err=True)
        typer.echo("  (file-unreadable)", err=True)
        sys.exit(_FILE_UNREADABLE)
    except Exception as error:
        settings = _wrong_settings(error)
        for line in settings:
            typer.echo(f"gateway: {line}", err=True)
        if settings:
            sys.exit(2)
        shown = outcome(error)
        if shown is None:
            raise
        typer.echo(f"gateway: {error}", err=True)
        typer.echo(f"  ({getattr(error, 'code', '')})", err=True)
        sys.exit(shown.exit_code)


def _wrong_settings(error: Exception) -> list[str]:
    """A line for each setting that makes no sense; none where the error is another one."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return []
    # the value is not repeated: it may be a database password
    found = error.errors(include_input=False, include_url=False)
    return [f"GATEWAY_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in found]


if __name__ == "__main__":
    main()
