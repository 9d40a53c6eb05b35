"""Commands of a backup and of what comes back from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, open_gateway, progress_bar

if TYPE_CHECKING:
    from gateway.recovery.backing_up import Backup
    from gateway.recovery.restoring import Restored


def backup(
    out: Annotated[
        Path | None,
        typer.Option(help="Where it goes, in a folder of its own; by default GATEWAY_BACKUP_DIRECTORY."),
    ] = None,
    recipient: Annotated[
        str, typer.Option(help="Public key of age of whoever may open it; by default GATEWAY_BACKUP_RECIPIENT.")
    ] = "",
) -> None:
    """Copy database, subject keys, key files, heads and journal of erasures, while the server runs, encrypted.

    Each part is a file of its own. Example: gateway backup --out /mnt/backup --recipient age1…
    """
    from gateway.recovery.backing_up import back_up

    gateway = open_gateway()
    with progress_bar("rows") as report:
        made = back_up(gateway, out=out, recipient=recipient, report=report)
    show_backup(made)


def show_backup(made: Backup) -> None:
    """What was made, and where."""
    console.print(f"backup of {made.manifest.issuer} in {made.folder}")
    console.print(f"  for the recipient  {made.recipient}")
    console.print(f"  manifest           {made.manifest_sha256}")
    for name, part in made.manifest.parts.items():
        rows = f", {part.rows:,} rows" if part.rows else ""
        console.print(f"  {name:<18} {part.size:,} bytes{rows}")
    if made.without_subject_keys:
        console.print(f"  the subject keys of {made.without_subject_keys} backups older than 30 days were removed")


def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of one backup.", metavar="BACKUP")],
    into: Annotated[Path, typer.Option(help="The data directory that is to be; empty, or not there yet.")],
    identity: Annotated[Path, typer.Option(help="The file of the recipient's private key, for its owner alone.")],
    anchors: Annotated[
        Path | None,
        typer.Option(help="Folder of the heads that are kept now, only read; by default GATEWAY_ANCHORS_DIRECTORY."),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="The newest journal of erasures, erasures.jsonl, beside that of the backup.")
    ] = None,
) -> None:
    """Bring an installation back into an empty place, and say of each thing what was looked at. Signs nothing.

    Rows go into SQLite there, or into the empty database of GATEWAY_DATABASE_URL.
    Example: gateway restore /mnt/backup/gateway.aalborg.example-2026-12-01T020000Z --into var
    --identity /media/usb/identity.txt --anchors /mnt/anchors --journal /mnt/journal/erasures.jsonl
    """
    from gateway.errors.recovery import RestoredReadOnly
    from gateway.installation.settings import Settings
    from gateway.recovery.restoring import restore as use_case

    with progress_bar("rows") as report:
        found = use_case(
            folder,
            into=into,
            identity=identity,
            settings=Settings(),
            anchors=anchors,
            newer_journal=journal,
            report=report,
        )
    _show_restored(found)
    if found.read_only:
        raise RestoredReadOnly(reason=found.read_only)


def _show_restored(found: Restored) -> None:
    manifest = found.manifest
    console.print(
        f"manifest   {manifest.issuer}, {manifest.kind}, of {manifest.at:%Y-%m-%d %H:%M:%S} UTC, by version"
        f" {manifest.program} at schema {manifest.schema}; made with the keys beside it"
    )
    console.print(f"           {found.manifest_sha256}")
    rows = [("part", "SHA-256", "rows")]
    for name, part in manifest.parts.items():
        rows.append((name, "not there" if name in found.absent else part.sha256, f"{part.rows:,}" if part.rows else ""))
    columns(rows, indent=11, numbers=[2])
    console.print(f"keys       {found.keys} files, each opens with the passphrase")
    for log in found.logs:
        console.print(f"log        {log.log:<8} {log.size:>6} entries recomputed, root {log.root.hex()}")
    console.print(f"event      {'of this backup is in the log' if found.has_event else _NO_EVENT}")
    if found.without_key:
        console.print(
            f"people     {found.without_key} have no subject key: nothing of their contracts is pulled or released"
        )
    else:
        console.print("people     everybody's subject key is here")
    if not found.read_only:
        console.print("heads      the logs continue those that are kept now")
    if found.returned:
        console.print(f"erasures   {found.returned} people who were erased stand here until something can be written")
    elif found.erased_again:
        console.print(f"erasures   {found.erased_again} people who had come back are erased again")
    else:
        console.print("erasures   nobody whom the journal names as erased stands here")
    console.print(f"{'restored in' if found.is_new else 'nothing to do: it was restored before, in'} {found.into}")


_NO_EVENT = "of this backup is not in the log: others wrote while it was made, or its file is not there"

COMMANDS: Commands = {"backup": backup, "restore": restore}
