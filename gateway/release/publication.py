"""Public artefacts as static files: keys, status lists, the attest log as tiles, type metadata and trust file.

They are written by whoever changed them, whole or not at all; the server only hands out files. None of them
holds anything about a person.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session, col, select

from gateway.attestations import status
from gateway.attestations.metadata import metadata_files
from gateway.errors.oversight import CheckpointMismatch
from gateway.installation.gateway import Gateway
from gateway.store import ledger, queries
from gateway.store.tables import StatusVersion
from gateway.store.tiles import tile_files
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
    for name, content in files.items():
        _write(gateway.settings.public_directory / name, content)
    return sorted(files)


def check_continues(gateway: Gateway, session: Session) -> Checkpoint | None:
    """The published head of the attest log, where the log still holds it; None where nothing was published.

    Raises `CheckpointMismatch`: a database that was restored from an old backup would give its next entries places
    that others have in somebody's receipt.
    """
    path = gateway.settings.public_directory / PREFIX / "checkpoint"
    if not path.exists():
        return None
    log = gateway.log_key("attest")
    try:
        text, _ = open_note(path.read_text(encoding="utf-8"), [VerifierKey(log.name, log.public_bytes)])
        head = Checkpoint.parse(text)
    except ValueError as error:
        raise CheckpointMismatch(log="attest", size=0, reason=f"{path.name} is not a checkpoint: {error}") from None
    size = ledger.size(session, "attest")
    if size < head.size:
        reason = f"the database holds {size} entries; it was restored from an older backup, and needs a newer one"
        raise CheckpointMismatch(log="attest", size=head.size, reason=reason)
    if ledger.root(session, "attest", head.size) != head.root:
        raise CheckpointMismatch(log="attest", size=head.size, reason="the database holds other entries")
    return head


def _newest_archived_at(gateway: Gateway) -> datetime:
    """The time of the newest status list in the archive; the files before it never change."""
    folder = (gateway.settings.public_directory / status.archive_name(_NEVER)).parent
    times = [int(name.rpartition("-")[2]) for path in folder.glob("*-*") if (name := path.name)[-1].isdigit()]
    return datetime.fromtimestamp(max(times, default=0), UTC)


def _write(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    temporary.write_bytes(content)
    temporary.chmod(0o644)
    temporary.replace(path)
