"""Public artefacts as static files: keys, status lists, two logs as tiles, type metadata and trust file.

They are written by whoever changed them, each whole or not at all; the server only hands out files. None of them holds
anything about a person.

What is published follows from the signed heads of the public logs: whatever changes a key, a status or an attestation
appends to one of them. So the sizes are the generation of a publication. They are noted before its first file is
written and again behind its last, under a lock: a slower publisher finds that newer files were begun and leaves them
alone, and the next one finishes what a killed one began.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session, col, select

from gateway.attestations import status
from gateway.attestations.metadata import metadata_files
from gateway.errors.oversight import CheckpointMismatch
from gateway.installation.gateway import PUBLIC_LOGS, Gateway
from gateway.store import heads, ledger, queries
from gateway.store.heads import LogHead
from gateway.store.tables import StatusVersion
from gateway.store.tiles import tile_files
from keys.whole_file import UNFINISHED, lock_folder, make_folder, write_whole
from outcome_verifier import canonical
from outcome_verifier.note import Checkpoint, VerifierKey, open_note

GENERATION = ".generation.json"  # below the public directory; no name of it is served
_WITH_ENTRIES = "attest"  # a payment document's entry says when it was made, and is for whoever holds it
_NEVER = datetime.fromtimestamp(0, UTC)
_MODE = 0o644


@dataclass(frozen=True, slots=True)
class Generation:
    """Of which sizes of the public logs the files are, and whether each of them was written."""

    sizes: Mapping[str, int]
    is_whole: bool

    def is_newer_than(self, sizes: Mapping[str, int]) -> bool:
        """Whether a log has grown since these sizes; no log ever shrinks."""
        return any(size > sizes.get(log, 0) for log, size in self.sizes.items())


def publish(gateway: Gateway, *, anew: bool = False) -> list[str]:
    """Write every public file that is not written yet and return their paths below the public directory; none where
    somebody who committed later was faster. `anew` looks at all of them, also at those that never change.

    Raises `CheckpointMismatch` where a log does not continue what was published before.
    """
    with gateway.write() as uow:
        published = check_continues(gateway, uow.session)
        # without an active key nothing is signed, and that key's end must be published all the same
        if queries.active_key(uow.session) is not None:
            gateway.status_token(uow)
        sizes = {log: max(ledger.signed_sizes(uow.session, log), default=0) for log in PUBLIC_LOGS}
        since = {log: published[log].size if log in published and not anew else 0 for log in PUBLIC_LOGS}
        archived = _NEVER if anew else _newest_archived_at(gateway.settings.public_directory)
        files = dict(_files(gateway, uow.session, since=since, archived=archived))
    return _write_newest(gateway.settings.public_directory, files, sizes=sizes)


def check_continues(gateway: Gateway, session: Session) -> Mapping[str, Checkpoint]:
    """The published heads by log, each of which its log still holds; a log of which nothing was published has none.

    Raises `CheckpointMismatch`: a database that was restored from an old backup would give its next entries places
    that others have in somebody's receipt.
    """
    folder = gateway.settings.public_directory
    found = {log: head for log in PUBLIC_LOGS if (head := published_head(gateway, log)) is not None}
    heads.check_continues(session, {log: LogHead(head.size, head.root) for log, head in found.items()})
    begun = read_generation(folder)
    for log, size in ledger.sizes(session).items():
        if begun is not None and begun.sizes.get(log, 0) > size:
            reason = f"files of that size were published, and the database holds {size} entries; it needs a newer one"
            raise CheckpointMismatch(log=log, size=begun.sizes[log], reason=reason)
    return found


def published_head(gateway: Gateway, log: str) -> Checkpoint | None:
    """What the published checkpoint of a log says, where our log key signed it; None where there is none."""
    path = gateway.settings.public_directory / checkpoint_name(log)
    if not path.exists():
        return None
    key = gateway.log_key(log)
    try:
        text, _ = open_note(path.read_text(encoding="utf-8"), [VerifierKey(key.name, key.public_bytes)])
        return Checkpoint.parse(text)
    except ValueError as error:
        raise CheckpointMismatch(log=log, size=0, reason=f"{path.name} is not a checkpoint: {error}") from None


def checkpoint_name(log: str) -> str:
    """Where the head of a log is published below the public directory."""
    return f"log/{log}/checkpoint"


def read_generation(folder: Path) -> Generation | None:
    """What was published last, or begun to be; where that is lost, what the published heads say, which are written
    last. None where nothing was published."""
    try:
        said = json.loads((folder / GENERATION).read_bytes())
        return Generation({str(log): int(size) for log, size in said["sizes"].items()}, said["is_whole"] is True)
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        sizes = {log: size for log in PUBLIC_LOGS if (size := _size_said(folder / checkpoint_name(log))) is not None}
        return Generation(sizes, is_whole=False) if sizes else None


def _size_said(checkpoint: Path) -> int | None:
    """The size that a published head tells, whoever signed it."""
    try:
        return Checkpoint.parse(checkpoint.read_text(encoding="utf-8").partition("\n\n")[0] + "\n").size
    except (FileNotFoundError, ValueError):
        return None


def public_files(gateway: Gateway, session: Session) -> Mapping[str, bytes]:
    """Every public file as this moment of the database has it, by its path below the public directory."""
    return dict(_files(gateway, session, since=dict.fromkeys(PUBLIC_LOGS, 0), archived=_NEVER))


def _files(
    gateway: Gateway, session: Session, *, since: Mapping[str, int], archived: datetime
) -> Iterator[tuple[str, bytes]]:
    """Path and content of what is published, but for tiles up to the sizes `since` and status lists up to `archived`;
    in the order in which they are written, since a reader who sees a new head must find the tiles below it."""
    yield from metadata_files(gateway.issuer).items()
    keys = [
        {**key.jwk, "kid": key.kid, "alg": key.alg, "use": "sig", **({"x5c": key.x5c} if key.x5c else {})}
        for key in queries.published_keys(session)
    ]
    yield ".well-known/jwt-vc-issuer", canonical.dumps({"issuer": gateway.issuer, "jwks": {"keys": keys}})
    yield "trust.json", gateway.trust_bytes(session)
    versions = select(StatusVersion).where(col(StatusVersion.issued_at) > archived)
    for version in session.exec(versions.order_by(col(StatusVersion.issued_at))):  # oldest first: no gap is left
        yield status.archive_name(version.issued_at), version.token.encode("ascii")
    if (newest := status.newest_version(session)) is not None:
        yield f"status/{status.LIST_ID}", newest.token.encode("ascii")
    for log in PUBLIC_LOGS:
        signed = ledger.signed_sizes(session, log, since=since[log])
        tiles = tile_files(session, log, signed=signed, since=since[log], with_entries=log == _WITH_ENTRIES)
        for name, content in tiles:
            yield f"log/{log}/{name}", content
    for log in PUBLIC_LOGS:
        if (note := ledger.newest_checkpoint(session, log)) is not None:
            yield checkpoint_name(log), note.encode("utf-8")


def _write_newest(folder: Path, files: Mapping[str, bytes], *, sizes: Mapping[str, int]) -> list[str]:
    """Write files that were made when the public logs had these sizes; none where newer ones were begun."""
    make_folder(folder)
    with lock_folder(folder):
        before = read_generation(folder)
        if before is not None and before.is_newer_than(sizes):
            return []
        changed = [name for name, content in files.items() if not _holds(folder / name, content)]
        if changed or before != Generation(sizes, is_whole=True):
            _remove_left_overs(folder, everywhere=before is None or not before.is_whole)
            _write_generation(folder, Generation(sizes, is_whole=False))
            for name in changed:
                make_folder((folder / name).parent)
                write_whole(folder / name, files[name], mode=_MODE)
            _write_generation(folder, Generation(sizes, is_whole=True))
    return sorted(files)


def _holds(path: Path, content: bytes) -> bool:
    return path.exists() and path.read_bytes() == content


def _write_generation(folder: Path, generation: Generation) -> None:
    said = {"v": 1, "sizes": dict(generation.sizes), "is_whole": generation.is_whole}
    write_whole(folder / GENERATION, canonical.dumps(said), mode=_MODE)


def _remove_left_overs(folder: Path, *, everywhere: bool) -> None:
    """What killed publishers were writing; only under the lock, since a living one writes such files too."""
    for path in folder.rglob(f"*{UNFINISHED}") if everywhere else folder.glob(f"*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def _newest_archived_at(folder: Path) -> datetime:
    """The time of the newest status list in the archive; the files before it never change."""
    archive = (folder / status.archive_name(_NEVER)).parent
    times = [int(name.rpartition("-")[2]) for path in archive.glob("*-*") if (name := path.name)[-1].isdigit()]
    return datetime.fromtimestamp(max(times, default=0), UTC)
