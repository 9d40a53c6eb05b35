"""Commands of the way back, where nobody is left who could change the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import Commands, console, open_gateway

PassphraseFile = Annotated[
    Path, typer.Option(help="A file with the passphrase of the key store, from where its copy is kept apart.")
]


def rescue(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    second: Annotated[str, typer.Option(help="The other person, who approves.")],
    officer: Annotated[str, typer.Option(help="The data protection officer, who reads the log.")],
    passphrase_file: PassphraseFile,
) -> None:
    """Ask for the way back as the first of two people: only where nobody can change the rules any more.

    Example: gateway contract rescue impact60 --second bo --officer dorte --passphrase-file /media/kept/passphrase
    """
    from gateway.contracts.rescue import propose_rescue
    from keys.keystore import read_passphrase

    passphrase = read_passphrase(passphrase_file)
    proposal = propose_rescue(open_gateway(), contract, second=second, officer=officer, passphrase=passphrase)
    console.print(f"asked for: {proposal}; {second} runs `gateway contract approve-rescue {proposal}`")


def approve_rescue(
    proposal: Annotated[str, typer.Argument(help="The proposal's id.")], passphrase_file: PassphraseFile
) -> None:
    """Take the way back as the second of two people: both are system owners for 30 days.

    Example: gateway contract approve-rescue 5f0c… --passphrase-file /media/kept/passphrase
    """
    from gateway.contracts.rescue import approve_rescue as use_case
    from keys.keystore import read_passphrase

    done = use_case(open_gateway(), proposal, passphrase=read_passphrase(passphrase_file))
    people = f"{done.first} and {done.second} as system owners, {done.officer} as officer"
    console.print(f"in force until {done.until}: {people}")
    console.print("  propose and approve a programme with the people who stay; the access log holds what was done here")


COMMANDS: Commands = {"rescue": rescue, "approve-rescue": approve_rescue}
