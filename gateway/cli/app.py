"""The `gateway` command: its tree of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from gateway.cli import contracts, installation, keys, logs, outcomes
from gateway.errors import outcome
from gateway.settings import Settings

_FILE_UNREADABLE = 3  # as for files of sources, see gateway/errors.py

app = typer.Typer(
    name="gateway",
    help="Signed, privacy-preserving proof of social outcomes, run inside the municipality.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(contracts.app, name="contract")
app.add_typer(logs.app, name="log")
app.add_typer(keys.app, name="keys")
app.add_typer(keys.trust_app, name="trust")
for command in (*installation.COMMANDS, *outcomes.COMMANDS):
    app.command()(command)


def main() -> None:
    """Run the command line. Exit code 0, 2 for usage and settings, or the error's own (gateway/errors.py)."""
    try:
        app()  # usage errors, `typer.Exit` and interrupts end inside, with exit codes of their own
    except ValidationError as error:
        if error.title != Settings.__name__:
            raise
        # the value is not repeated: it may be a database password
        for found in error.errors(include_input=False, include_url=False):
            typer.echo(f"gateway: GATEWAY_{'_'.join(map(str, found['loc'])).upper()}: {found['msg']}", err=True)
        sys.exit(2)
    except OSError as error:
        typer.echo(f"gateway: {error.filename or 'a file'}: {error.strerror or 'cannot be used'}", err=True)
        typer.echo("  (file-unreadable)", err=True)
        sys.exit(_FILE_UNREADABLE)
    except Exception as error:
        shown = outcome(error)
        if shown is None:
            raise
        typer.echo(f"gateway: {error}", err=True)
        typer.echo(f"  ({getattr(error, 'code', '')})", err=True)
        sys.exit(shown.exit_code)


if __name__ == "__main__":
    main()
