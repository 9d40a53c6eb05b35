"""The `gateway` command: its tree of commands, and the one place where an error becomes an exit code."""

from __future__ import annotations

import sys

import click
import typer

from gateway.cli import contracts, installation, keys, logs, outcomes
from gateway.errors import outcome

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
    """Run the command line. Exit code 0, 2 for usage, or the error's own (gateway/errors.py)."""
    try:
        code = app(standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except Exception as error:
        shown = outcome(error)
        if shown is None:
            raise
        typer.echo(f"gateway: {error}", err=True)
        typer.echo(f"  ({getattr(error, 'code', '')})", err=True)
        sys.exit(shown.exit_code)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
