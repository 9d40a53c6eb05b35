"""Public artefacts as static files: keys, status lists, the attest log as tiles, type metadata and trust file.

They are written by whoever changed them, whole or not at all; the server only hands out files. None of them
holds anything about a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlmodel import Session, col, select

from gateway.attestations import status
from gateway.attestations.metadata import metadata_files
from gateway.errors.oversight import CheckpointMismatch
from gateway.installation.gateway import Gateway
from gateway.store import heads, ledger, queries
from gateway.store.tables import StatusVersion
from gateway.store.tiles import tile_files
from keys.whole_file import lock_folder, write_whole
from outcome_verifier import canonical
from outcome_verifier.note import Checkpoint, VerifierKey, open_note

PREFIX = "log/attest"
_NEVER = datetime.fromtimestamp(0, UTC)


def publish(gateway: Gateway) -> list[str]:
    """Write every public file and return their paths below the public directory.

    Raises `CheckpointMismatch` where the log does not continue what was published before.
    """
    with gateway.write() as uow:
        session = uow.session
        published = check_continues(gateway, session)
        # without an active key nothing is signed, and that key's end must be published all the same
        status_token = None if queries.active_key(session) is None else gateway.status_token(uow)
        ledger.checkpoint(session, "attest", gateway.log_key("attest"), at=uow.now)
        files = dict(metadata_files(gateway.issuer))
        keys = [
            {**key.jwk, "kid": key.kid, "alg": key.alg, "use": "sig", **({"x5c": key.x5c} if key.x5c else {})}
            for key in queries.published_keys(session)
        ]
        metadata = {"issuer": gateway.issuer, "jwks": {"keys": keys}}
        files[".well-known/jwt-vc-issuer"] = canonical.dumps(metadata)
        files["trust.json"] = gateway.trust_bytes(session)
        if status_token is not None:
            files[f"status/{status.LIST_ID}"] = status_token.encode("ascii")
        versions = select(StatusVersion).where(col(StatusVersion.issued_at) > _newest_archived_at(gateway))
        for version in session.exec(versions.order_by(col(StatusVersion.issued_at))):  # oldest first: no gap is left
            files[status.archive_name(version.issued_at)] = version.token.encode("ascii")
        size = ledger.size(session, "attest")
        tiles = tile_files(session, "attest", size=size, since=0 if published is None else published.size)
        files.update((f"{PREFIX}/{name}", content) for name, content in tiles)
        # last: a reader who sees the new head finds the tiles below it
        files[f"{PREFIX}/checkpoint"] = (ledger.newest_checkpoint(session, "attest") or "").encode("utf-8")
    return _write_newest(gateway, files, size=size)


def _write_newest(gateway: Gateway, files: Mapping[str, bytes], *, size: int) -> list[str]:
    """Write files that were made when the attest log had this size; none where somebody who committed later was faster,
    and newer ones stand there."""
    folder = gateway.settings.public_directory
    folder.mkdir(exist_ok=True)  # it may be lost, and is not in a backup
    with lock_folder(folder):
        published = _published_head(gateway)
        if published is not None and published.size > size:
            return []
        for name, content in files.items():
            path = folder / name
            if not path.exists() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, content, mode=0o644)
    return sorted(files)


def check_continues(gateway: Gateway, session: Session) -> Checkpoint | None:
    """The published head of the attest log, where the log still holds it; None where nothing was published.

    Raises `CheckpointMismatch`: a database that was restored from an old backup would give its next entries places
    that others have in somebody's receipt.
    """
    head = _published_head(gateway)
    if head is not None:
        heads.check_continues(session, {"attest": heads.LogHead(head.size, head.root)})
    return head


def _published_head(gateway: Gateway) -> Checkpoint | None:
    """What the published checkpoint says, where our log key signed it."""
    path = gateway.settings.public_directory / PREFIX / "checkpoint"
    if not path.exists():
        return None
    log = gateway.log_key("attest")
    try:
        text, _ = open_note(path.read_text(encoding="utf-8"), [VerifierKey(log.name, log.public_bytes)])
        return Checkpoint.parse(text)
    except ValueError as error:
        raise CheckpointMismatch(log="attest", size=0, reason=f"{path.name} is not a checkpoint: {error}") from None


def _newest_archived_at(gateway: Gateway) -> datetime:
    """The time of the newest status list in the archive; the files before it never change."""
    folder = (gateway.settings.public_directory / status.archive_name(_NEVER)).parent
    times = [int(name.rpartition("-")[2]) for path in folder.glob("*-*") if (name := path.name)[-1].isdigit()]
    return datetime.fromtimestamp(max(times, default=0), UTC)
