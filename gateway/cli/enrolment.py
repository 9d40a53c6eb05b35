"""`gateway enrol`: a referral list is shown, and sealed when somebody has said yes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, console, open_gateway, progress_bar, writing

if TYPE_CHECKING:
    from gateway.intake.enrolment import EnrolmentPreview

_REFUSED = 5  # as gateway.errors.table says of a list that is refused


def enrol(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    file: Annotated[Path, typer.Argument(help="The referral list (CSV).")],
    batch: Annotated[str, typer.Option(help="The batch's id in the contract.")],
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be sealed and which rows are refused; store nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Seal without asking, where nobody sits at a terminal.")] = False,
) -> None:
    """Enrol everyone on a referral list and seal them as one batch, or store nothing at all.

    A seal cannot be undone: it shows what would be sealed, and asks before. --preview shows it and ends there.

    Example: gateway enrol impact60 drop/enrolment/impact60.csv --batch 2018 --preview
    """
    from gateway.intake import enrolment
    from gateway.release.publication import publish

    if preview and yes:
        raise typer.BadParameter("--preview seals nothing, --yes does: give one", param_hint="--preview")
    if not preview and not yes and not sys.stdin.isatty():
        advice = "there is no terminal to ask at: look with --preview, then seal with --yes"
        raise typer.BadParameter(advice, param_hint="--yes")
    gateway = open_gateway()
    digest = ""
    if not yes:
        with progress_bar("auditing the calendar") as report:
            seen = enrolment.preview(gateway, contract, batch, file, progress=report)
        _show_preview(seen)
        is_refused = seen.sealed is None and not seen.would_seal
        if preview:
            raise typer.Exit(_REFUSED if is_refused else 0)
        if seen.sealed is None and not is_refused and not typer.confirm(f"Seal batch {batch} of {contract} for good?"):
            console.print("not sealed; nothing was stored")
            raise typer.Exit(_REFUSED)
        digest = seen.file_sha256
    done = enrolment.enrol(gateway, contract, batch, file, previewed_sha256=digest)
    with writing(gateway.settings.public_directory):
        publish(gateway)  # the seal stands in the log of attestations
    word = "sealed" if done.is_new else "sealed already, nothing changed"
    console.print(f"{word}: {done.count} people in batch {done.batch} of {done.contract}")
    console.print(f"  seal {done.seal_sha256}")


def _show_preview(seen: EnrolmentPreview) -> None:
    if seen.sealed is not None:
        console.print(f"this very list was sealed before, as batch {seen.batch} of {seen.contract}")
        return
    console.print(f"batch {seen.batch} of {seen.contract}: {seen.accepted} of the {seen.named} people that it names")
    if seen.referred is not None:
        console.print(f"  referred   {seen.referred[0]} to {seen.referred[1]}")
    for notice, people in seen.notices:
        console.print(f"  told by    {notice}: {people} people")
    if seen.is_too_long:
        console.print(f"  {seen.listed} rows: more than the batch has people, so nobody was looked up", style="yellow")
    if seen.found:
        console.print(f"  {seen.found} people are enrolled already; each of them can see this look-up", style="yellow")
    for line, reason in seen.refused:
        console.print(f"  line {line}: {reason.replace('_', ' ')}", style="yellow")
    if seen.counts_from:
        console.print(f"  counts     from {seen.counts_from} on: of that window nothing was released yet")
    for window, later in seen.waiting:
        when = f"will be shown with {later}" if later else "is not shown to readers before others are sealed"
        console.print(f"  {window} {when}: by itself it could be about a few people")
    if seen.would_seal:
        console.print("the list can be sealed; nothing was stored")
    else:
        console.print("the list would be refused; nothing was stored: mend it, and look again", style="red")


COMMANDS: Commands = {"enrol": enrol}
