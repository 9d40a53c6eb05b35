"""Use case: a copy of everything for a declared recipient, made while the server runs.

Rows and files are of one moment: under the writer lock a snapshot of the database is opened and the small files are
read; then the lock goes, and the rows are written out from the snapshot while others write. What becomes of it is a
folder of its own, whole or not at all, and an event that names its manifest.

The event is younger than the snapshot. It lies in the backup as a file beside the manifest, so that what is restored
holds it too: else every restored database would be one entry shorter than the heads that are kept outside.
"""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session, select

from connectors.base import Progress
from gateway.attestations.manifest import trust_fingerprint
from gateway.errors.installation import OutputUnwritable
from gateway.errors.recovery import BackupRefused
from gateway.events.installation import BackupBegun, BackupMade
from gateway.installation.gateway import Gateway, open_keys
from gateway.installation.in_force import store_of
from gateway.installation.settings import Settings
from gateway.recovery.manifest import (
    DATABASE,
    EVENT,
    FILES,
    HEADS,
    JOURNAL,
    KEYS,
    MANIFEST,
    SUBJECT_KEYS,
    BackupManifest,
    BackupPart,
    with_mac,
)
from gateway.rights import journal
from gateway.store import dump
from gateway.store.heads import FILE as HEADS_FILE
from gateway.store.heads import Heads, heads_of
from gateway.store.log_tables import LogEntry
from gateway.store.schema import migration_of
from gateway.store.unit_of_work import Store, UnitOfWork
from keys.age_files import check_recipient, measure_file, write_sealed
from keys.keystore import KeyStore
from keys.signer import signer_from_uri
from keys.whole_file import UNFINISHED, lock_folder, sync

SUBJECT_KEYS_FOR = timedelta(days=30)  # invariant 10
_INSTANT = "%Y-%m-%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made: its folder, what it says, and SHA-256 over its manifest as it lies there."""

    folder: Path
    manifest: BackupManifest
    manifest_sha256: str
    recipient: str
    without_subject_keys: int  # earlier backups in the same folder that lost theirs, being older than 30 days


@dataclass(frozen=True, slots=True)
class _Moment:
    """An installation at one instant: a snapshot of its rows, and the bytes of its files."""

    session: Session
    at: datetime
    host_name: str
    kind: str
    schema: str
    heads: Heads
    keys: Mapping[str, bytes]
    kept_heads: bytes
    journal: bytes


def back_up(gateway: Gateway, *, out: Path | None = None, recipient: str = "", report: Progress) -> Backup:
    """Write a backup into a new folder below `out`, and record it; `out` and `recipient` are those of the settings
    where they are not named.

    Killed anywhere, the next one removes what is not whole, and keeps what the log names. Raises `BackupRefused`,
    `RecipientInvalid` before anything is written, `OutputUnwritable`, and what `Store.write` raises.
    """
    out, recipient = _declaration(gateway.settings, out, recipient)
    with _alone_in(out):
        _finish(gateway, out)
        with gateway.write() as uow:  # whoever reads everybody's rows is named first, also where they end half-way
            uow.record(BackupBegun(recipient=recipient))
        now = gateway.clock()
        made = _write(gateway.settings, gateway.store, gateway.keystore, now, out, recipient, report)
        with gateway.write() as uow:
            _seal_event(made, uow, uow.record(_event(made)), gateway.keystore.load("vault").private_bytes)
        _put_in_place(made)
    return made


def back_up_before_upgrade(settings: Settings, *, now: datetime, report: Progress) -> Backup:
    """The same of a database that an upgrade is about to change. `record_backup` follows the upgrade: until then the
    tables may be other ones. Raises `BackupRefused` where no recipient or no folder is declared.
    """
    store = store_of(settings)
    out, recipient = _declaration(settings, None, "")
    with _alone_in(out):
        made = _write(settings, store, open_keys(settings), now, out, recipient, report)
        _put_in_place(made)
    store.dispose()
    return made


def record_backup(gateway: Gateway, made: Backup) -> None:
    """Record a backup that was made before an upgrade."""
    with gateway.write() as uow:
        uow.record(_event(made))


def _declaration(settings: Settings, out: Path | None, recipient: str) -> tuple[Path, str]:
    """Where a backup goes and for whom. Raises `BackupRefused`, `RecipientInvalid`."""
    out, recipient = out or settings.backup_directory, recipient or settings.backup_recipient
    if out is None:
        raise BackupRefused(reason="no folder is declared; GATEWAY_BACKUP_DIRECTORY or --out names one")
    if not recipient:
        reason = "no recipient is declared; GATEWAY_BACKUP_RECIPIENT or --recipient names one, made by `age-keygen`"
        raise BackupRefused(reason=reason)
    check_recipient(recipient)
    return out, recipient


@contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    """The folder, made where it is missing; one backup at a time goes into it. Raises `OutputUnwritable`."""
    with _output(out):
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_folder(out):
        yield


@contextmanager
def _output(out: Path, *, is_done: bool = False) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputUnwritable(where=str(out), reason=error.strerror or "refused", is_done=is_done) from None


def _write(
    settings: Settings, store: Store, keystore: KeyStore, now: datetime, out: Path, recipient: str, report: Progress
) -> Backup:
    """Every file of a backup, on the disk in a folder that is not in its place yet; none where it raises."""
    with ExitStack() as stack:
        moment = _look(stack, settings, store, now)
        name = f"{moment.host_name}-{moment.at.astimezone(UTC):{_INSTANT}}"
        folder = out / f"{name}{UNFINISHED}"
        if (out / name).exists():
            raise BackupRefused(reason=f"{out / name} is a backup of this second; run again")
        with _output(out):
            try:
                shutil.rmtree(folder, ignore_errors=True)  # of an upgrade that was killed within this second
                folder.mkdir(mode=0o700)
                manifest = _write_parts(folder, moment, recipient, report, keystore)
                sealed = manifest.encode(keystore.load("vault").private_bytes)
                digest = write_sealed(folder / MANIFEST, [sealed], recipient).sha256
                sync(folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return Backup(out / name, manifest, digest, recipient, _forget_subject_keys(out, moment))


def _look(stack: ExitStack, settings: Settings, store: Store, now: datetime) -> _Moment:
    """One moment, whose snapshot stays open as long as the stack: nobody writes while it is taken."""
    with store.write(now, by=settings.actor) as uow:
        session = stack.enter_context(store.read())
        heads = heads_of(session)  # the first read, and with it the snapshot
        schema = migration_of(session.connection())
        host, kind = session.execute(text("SELECT host_name, kind FROM installation")).one()
        files = {path.name: path.read_bytes() for path in sorted(settings.keys_directory.glob("*.json"))}
        kept, erased = settings.heads_directory / HEADS_FILE, settings.data_directory / journal.NAME
        return _Moment(
            session,
            uow.now,
            host,
            kind,
            str(schema),
            heads,
            files,
            kept.read_bytes() if kept.exists() else b"",
            erased.read_bytes() if erased.exists() else b"",
        )


def _write_parts(folder: Path, moment: _Moment, recipient: str, report: Progress, keystore: KeyStore) -> BackupManifest:
    connection = moment.session.connection()
    every = [*dump.tables_of(connection)]
    hear = dump.RowsHeard(report, dump.count_rows(connection, every))
    names = {DATABASE: [name for name in every if name != dump.SUBJECT_KEYS], SUBJECT_KEYS: [dump.SUBJECT_KEYS]}
    parts = {}
    for part, tables in names.items():
        before = hear.done
        written = write_sealed(folder / FILES[part], dump.dump(connection, tables, hear), recipient)
        parts[part] = BackupPart(written.sha256, written.size, hear.done - before)
    small = {KEYS: _tar(moment.keys, moment.at), HEADS: moment.kept_heads, JOURNAL: moment.journal}
    for part, content in small.items():
        written = write_sealed(folder / FILES[part], [content], recipient)
        parts[part] = BackupPart(written.sha256, written.size, rows=0)
    issuer, program = f"https://{moment.host_name}", version("outcome-gateway")
    mark = trust_fingerprint(issuer=issuer, anchor=signer_from_uri("file:manifest", keystore))
    return BackupManifest(issuer, moment.kind, mark, moment.at, program, moment.schema, moment.heads, parts)


def _tar(files: Mapping[str, bytes], at: datetime) -> bytes:
    """Files under their names, for their owner alone (POSIX.1-1988 ustar)."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o600, int(at.timestamp())
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()


def _event(made: Backup) -> BackupMade:
    return BackupMade(recipient=made.recipient, manifest=made.manifest_sha256)


def _seal_event(made: Backup, uow: UnitOfWork, index: int, vault_key: bytes) -> None:
    """Write the entry that names the backup beside its manifest, before it is committed."""
    entry = uow.session.exec(select(LogEntry).where(LogEntry.log == "access", LogEntry.idx == index)).one()
    said = {
        "idx": entry.idx,
        "kind": entry.kind,
        "body": entry.body,
        "leaf_data": b64encode(entry.leaf_data).decode("ascii"),
        "nonce": b64encode(entry.nonce).decode("ascii"),
        "at": entry.at.isoformat(timespec="microseconds"),
    }
    folder = _on_its_way(made)
    with _output(folder.parent):
        write_sealed(folder / EVENT, [with_mac(said, vault_key)], made.recipient)
        sync(folder)


def _on_its_way(made: Backup) -> Path:
    return made.folder.with_name(f"{made.folder.name}{UNFINISHED}")


def _put_in_place(made: Backup) -> None:
    with _output(made.folder.parent, is_done=True):
        _on_its_way(made).rename(made.folder)
        sync(made.folder.parent)


def _finish(gateway: Gateway, out: Path) -> None:
    """Put in place what a killed command had recorded, and remove what it had not."""
    left = [*out.glob(f"{gateway.host}-*{UNFINISHED}")]
    if not left:
        return
    with gateway.store.read() as session:
        query = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == BackupMade.kind)
        known = {json.loads(body)["manifest"] for body in session.exec(query)}
    for folder in left:
        manifest = folder / MANIFEST
        if manifest.exists() and measure_file(manifest).sha256 in known:
            folder.rename(folder.with_name(folder.name.removesuffix(UNFINISHED)))
        else:
            shutil.rmtree(folder)
    sync(out)


def _forget_subject_keys(out: Path, moment: _Moment) -> int:
    """Remove the subject keys of earlier backups here that are older than they may be; of how many."""
    oldest, removed = moment.at - SUBJECT_KEYS_FOR, 0
    for folder in out.glob(f"{moment.host_name}-*Z"):
        instant = folder.name.removeprefix(f"{moment.host_name}-")
        try:
            is_old = datetime.strptime(instant, _INSTANT).replace(tzinfo=UTC) < oldest
        except ValueError:
            continue
        if is_old and (folder / FILES[SUBJECT_KEYS]).exists():
            (folder / FILES[SUBJECT_KEYS]).unlink()
            removed += 1
    return removed
