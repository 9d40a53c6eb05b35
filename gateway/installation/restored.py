"""That an installation came from a backup: a note beside the database until its log says so.

The first transaction that writes in a restored place calls `record_restore` first: `gateway restore` itself, or, where
that may not write, the command by which two people let it (`gateway log keep-heads`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import select

from gateway.errors.recovery import RestoreRefused
from gateway.events.installation import BackupRestored
from gateway.installation.settings import Settings
from gateway.store.log_tables import LogEntry
from gateway.store.unit_of_work import UnitOfWork
from keys.whole_file import write_whole
from outcome_verifier import canonical

_NOTE = "restored.json"


@dataclass(frozen=True, slots=True)
class RestoredNote:
    """From which backup a place came: SHA-256 of its encrypted manifest, and its instant as the manifest says it."""

    manifest_sha256: str
    made_at: str


def leave_note(folder: Path, note: RestoredNote) -> None:
    """Say in a data directory from which backup it came."""
    said = {"v": 1, "manifest_sha256": note.manifest_sha256, "made_at": note.made_at}
    write_whole(folder / _NOTE, canonical.dumps(said))


def read_note(folder: Path) -> RestoredNote | None:
    """What `leave_note` left; None where nothing was restored here. Raises `RestoreRefused` where it is damaged."""
    try:
        said = json.loads((folder / _NOTE).read_bytes())
        return RestoredNote(str(said["manifest_sha256"]), str(said["made_at"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise RestoreRefused(reason=f"{folder / _NOTE} is damaged") from None


def record_restore(settings: Settings, uow: UnitOfWork) -> None:
    """Record that this place was restored, where it was and its log does not say so yet."""
    note = read_note(settings.data_directory)
    if note is None:
        return
    event = BackupRestored(manifest=note.manifest_sha256, made_at=note.made_at)
    query = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == BackupRestored.kind)
    if not any(json.loads(body)["manifest"] == event.manifest for body in uow.session.exec(query)):
        uow.record(event)
