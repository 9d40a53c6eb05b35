"""Use case: an installation comes back from its backup, into an empty place.

1. The place is empty, the manifest opens, and every part has the digest that it names: nothing was written by then.
2. Everything is put together in a folder beside the place, and the database is marked so that no command opens it.
3. The keys open, and made the manifest; the rows are as many and the heads those that it says; every log is recomputed.
4. The logs are held against the heads that are kept now. Where they continue them, the first event says that this was
   restored, and whoever was erased since is erased again. Where they do not, or where no heads were given, nothing is
   written: others may hold receipts of entries that are not here.
5. The folder takes its place, and the mark goes.

Killed anywhere, the same command again begins anew or does the rest. Nothing is signed, so a rehearsal is no other
command.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from connectors.base import Progress
from gateway.attestations.manifest import trust_fingerprint
from gateway.errors.installation import OutputUnwritable
from gateway.errors.oversight import CheckpointMismatch, HeadsLost
from gateway.errors.recovery import BackupInvalid, RestoreRefused
from gateway.errors.signer import KindMismatch
from gateway.installation.gateway import Clock, Gateway, check_keys, policies_on_disk
from gateway.installation.in_force import check_profile, installation_in, store_of
from gateway.installation.restored import RestoredNote, leave_note, read_note, record_restore
from gateway.installation.settings import Settings, utc_now
from gateway.oversight.log_reading import recompute_logs
from gateway.recovery.filling import fill, let_commands_in, take_out
from gateway.recovery.manifest import (
    DATABASE,
    FILES,
    JOURNAL,
    KEYS,
    BackupManifest,
)
from gateway.recovery.opened_parts import OpenedBackup, key_files, look_at
from gateway.rights import erasure, journal
from gateway.store.heads import Heads, KeptHeads, heads_of
from gateway.store.unit_of_work import Store
from gateway.store.vault import count_without_key
from gateway.store.verification import LogReport
from keys.age_files import AgeIdentity
from keys.keystore import KeyStore
from keys.whole_file import lock_folder, sync, write_whole


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and what was looked at. `is_new` is false where it stood there already, from this backup."""

    into: Path
    manifest: BackupManifest
    manifest_sha256: str
    is_new: bool
    absent: tuple[str, ...]  # parts that are not beside the manifest
    keys: int  # key files, each of which opens
    has_event: bool  # whether the log holds the event of this very backup
    logs: tuple[LogReport, ...]
    without_key: int  # people whose subject key is not here
    erased_again: int  # people who had been erased since
    returned: int  # people who were erased, and stand there until something can be written
    read_only: str  # why nothing can be written there; empty where it can


def restore(
    folder: Path,
    *,
    into: Path,
    identity: Path,
    settings: Settings,
    anchors: Path | None = None,
    newer_journal: Path | None = None,
    clock: Clock = utc_now,
    report: Progress,
) -> Restored:
    """Restore the backup in `folder` into the data directory `into`, and its rows into the database of the settings.

    `anchors` is the folder of the heads that are kept now, and is only read; `newer_journal` the journal of erasures of
    now. Raises `RestoreRefused` where the place is not empty, `BackupInvalid`, `IdentityRefused`, `KeyStoreLocked`
    where the passphrase is another one, `LogCorrupt`, `OutputUnwritable`. Where it raises, nothing is there.
    """
    kept = _heads_in(anchors, settings)
    passphrase = settings.passphrase_path.absolute()
    if not passphrase.exists():
        reason = f"{passphrase}, the passphrase of its keys, is not there; GATEWAY_PASSPHRASE_FILE names its file"
        raise RestoreRefused(reason=reason)
    into, private = into.resolve(), AgeIdentity.load(identity)
    newest = b"" if newer_journal is None else newer_journal.read_bytes()
    place = settings.model_copy(update={"passphrase_file": passphrase, "anchors_directory": None})
    with _alone_beside(into):
        backup = look_at(folder, private)
        if into.is_dir() and (note := read_note(into)) is not None and note.manifest_sha256 == backup.manifest_sha256:
            return _stands(backup, into, place)
        erasures = _all_erasures(backup, newest, newer_journal)
        _check_empty(into)
        with _output(into):
            return _restore(backup, into, place, kept, erasures, clock, report)


def _restore(
    backup: OpenedBackup,
    into: Path,
    place: Settings,
    kept: Heads | None,
    erasures: bytes,
    clock: Clock,
    report: Progress,
) -> Restored:
    beside = _beside(into)
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    inside = place.model_copy(update={"data_directory": beside})
    store = store_of(inside)
    try:
        found = _put_together(backup, inside, store, kept, erasures, into, clock, report)
        store.dispose()
        beside.rename(into)
        sync(into.parent)
    except BaseException:
        _undo(store, beside)
        raise
    let_commands_in(store_of(place.model_copy(update={"data_directory": into})))
    return found


def _put_together(
    backup: OpenedBackup,
    inside: Settings,
    store: Store,
    kept: Heads | None,
    erasures: bytes,
    into: Path,
    clock: Clock,
    report: Progress,
) -> Restored:
    """Everything in the folder beside the place, looked at."""
    keys = key_files(backup.read_part(KEYS))
    inside.keys_directory.mkdir(mode=0o700)
    for name, content in keys.items():
        write_whole(inside.keys_directory / name, content)
    keystore = KeyStore.open(inside.keys_directory, inside.read_passphrase())
    vault_key = keystore.load("vault").private_bytes
    backup.manifest.check(backup.mac, vault_key)
    has_event = fill(backup, store, vault_key, report)
    installed = installation_in(store)
    if installed is None:
        raise BackupInvalid(file=FILES[DATABASE], reason="holds no installation")
    check_profile(inside, installed.kind)
    check_keys(keystore, installed.kind)
    store.unlock(lambda: vault_key)
    gateway = Gateway(inside, store, keystore, cache(policies_on_disk), installed, clock)
    said = (backup.manifest.issuer, backup.manifest.kind, backup.manifest.fingerprint)
    if said != (gateway.issuer, installed.kind, trust_fingerprint(issuer=gateway.issuer, anchor=gateway.anchor())):
        raise KindMismatch(kind=installed.kind, reason="the manifest of the backup names another installation")
    logs = tuple(recompute_logs(gateway))
    if kept is not None:
        with KeptHeads(inside.heads_directory).keeping(kept, anew=True):
            pass
    if erasures:
        write_whole(inside.data_directory / journal.NAME, erasures)
    leave_note(inside.data_directory, RestoredNote(backup.manifest_sha256, f"{backup.manifest.at:%Y-%m-%dT%H:%M:%SZ}"))
    read_only, erased_again = _read_only(store), 0
    if not read_only:
        with gateway.write() as uow:
            record_restore(inside, uow)
        erased_again = erasure.repeat(gateway)
        erasure.finish(gateway)
    sync(inside.data_directory)
    return Restored(
        into,
        backup.manifest,
        backup.manifest_sha256,
        True,
        backup.absent,
        len([*keystore.names()]),
        has_event,
        logs,
        _without_key(store),
        erased_again,
        erasure.count_returned(gateway),
        read_only,
    )


def _heads_in(anchors: Path | None, settings: Settings) -> Heads | None:
    """The heads that are kept now: of the folder that was named, or of the one of the settings where it holds any.

    Raises `RestoreRefused` where the named one holds none, `HeadsLost` where they are damaged.
    """
    if anchors is None:
        return None if settings.anchors_directory is None else KeptHeads(settings.anchors_directory).read_or_none()
    kept = KeptHeads(anchors).read()
    if kept is None:
        raise RestoreRefused(reason=f"{anchors} holds no heads of the logs; leave --anchors out where they are lost")
    return kept


def _all_erasures(backup: OpenedBackup, newest: bytes, file: Path | None) -> bytes:
    """The journal of the backup and the newest one, joined. Raises `BackupInvalid` where a line is none."""
    try:
        return journal.join(backup.read_part(JOURNAL), newest)
    except ValueError:
        raise BackupInvalid(file=str(file or FILES[JOURNAL]), reason="is no journal of erasures") from None


def _read_only(store: Store) -> str:
    """Why nothing may be written, or nothing."""
    try:
        with store.read() as session:
            store.check_heads(session)
    except CheckpointMismatch as error:
        return f"{error}. Restore a newer backup; where there is none, nothing more can be signed (docs/keys.md)"
    except HeadsLost:
        return (
            "the heads of the logs that are kept now were not given (--anchors). Where they are lost, one person and"
            " then another run `gateway log keep-heads` there, and then `gateway rights repeat-erasures`"
        )
    return ""


def _without_key(store: Store) -> int:
    with store.read() as session:
        return count_without_key(session)


def _stands(backup: OpenedBackup, into: Path, place: Settings) -> Restored:
    """What an earlier run of the same command put in place; it does the rest of it."""
    settings = place.model_copy(update={"data_directory": into})
    let_commands_in(store_of(settings))
    gateway = Gateway.open(settings)
    store = gateway.store
    try:
        with store.read() as session:
            has_event = heads_of(session)["access"].size > backup.manifest.heads["access"].size
        return Restored(
            into,
            backup.manifest,
            backup.manifest_sha256,
            False,
            backup.absent,
            len([*gateway.keystore.names()]),
            has_event,
            tuple(recompute_logs(gateway)),
            _without_key(store),
            0,
            erasure.count_returned(gateway),
            _read_only(store),
        )
    finally:
        store.dispose()


def _check_empty(into: Path) -> None:
    if into.is_mount():
        raise RestoreRefused(reason=f"{into} is a disk of its own; name a folder on it that is not there yet")
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise RestoreRefused(reason=f"{into} holds something; name a folder that is empty or not there")


def _undo(store: Store, beside: Path) -> None:
    """Leave neither the folder nor rows in a database of the municipality's own."""
    if beside.exists():
        take_out(store)
        shutil.rmtree(beside)


def _beside(into: Path) -> Path:
    return into.with_name(f".{into.name}.restoring")


@contextmanager
def _alone_beside(into: Path) -> Iterator[None]:
    """One restore at a time into folders beside each other."""
    with _output(into):
        into.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock_folder(into.parent):
        yield


@contextmanager
def _output(into: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputUnwritable(where=str(into), reason=error.strerror or "refused") from None
