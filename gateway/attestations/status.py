"""The status list: which attestations still stand (Token Status List, draft-ietf-oauth-status-list-21).

Indexes are drawn at random, so that neighbours in the list say nothing about each other.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from gateway.attestations.jws import sign_compact
from gateway.errors.release import StatusListFull
from gateway.events.installation import StatusListSigned
from gateway.store import ledger
from gateway.store.tables import StatusAllocation, StatusList, StatusVersion
from gateway.store.unit_of_work import UnitOfWork
from keys.signer import LogKey, Signer
from outcome_verifier import canonical
from outcome_verifier.statuslist import INVALID, encode, with_status

LIST_ID = 1
ENTRIES = 65_536
LIFE_DAYS = 30


def create_list(session: Session, *, now: datetime) -> None:
    """An empty list: every index valid."""
    session.add(StatusList(list_id=LIST_ID, bits=bytes(ENTRIES // 8), updated_at=now))


def allocate_index(session: Session) -> int:
    """A random index that no attestation uses yet; `StatusListFull` when nine tenths are taken."""
    taken = set(session.exec(select(StatusAllocation.idx).where(StatusAllocation.list_id == LIST_ID)))
    if len(taken) >= ENTRIES * 9 // 10:
        raise StatusListFull()
    while True:
        index = secrets.randbelow(ENTRIES)
        if index not in taken:
            session.add(StatusAllocation(list_id=LIST_ID, idx=index))
            return index


def status_uri(issuer: str) -> str:
    return f"{issuer}/status/{LIST_ID}"


def revoke(session: Session, index: int, *, now: datetime) -> None:
    """Turn the status of a superseded attestation to invalid."""
    row = session.exec(select(StatusList).where(StatusList.list_id == LIST_ID)).one()
    row.bits, row.updated_at = with_status(row.bits, index, INVALID), now
    session.add(row)


def current_token(
    uow: UnitOfWork,
    signer: Signer,
    *,
    issuer: str,
    log_key: LogKey,
    ttl_seconds: int,
    no_older_than: datetime | None = None,
) -> str:
    """The signed list, to be published and stapled: the newest version, or a new one.

    A new version is signed, logged and kept when a status or the signing key changed, or the newest is older than
    `ttl_seconds`, or than the attestation to which it is stapled: a list from before that says nothing about it. Every
    version is kept for ever: what was known when is a fact about money.
    """
    session, now = uow.session, uow.now
    session.flush()
    bits = session.exec(select(StatusList.bits).where(StatusList.list_id == LIST_ID)).one()
    digest = hashlib.sha256(bits).hexdigest()
    newest = newest_version(session)
    if newest is not None:
        is_fresh = now - newest.issued_at < timedelta(seconds=ttl_seconds)
        is_fresh = is_fresh and (no_older_than is None or newest.issued_at >= no_older_than.replace(microsecond=0))
        if is_fresh and (newest.bits_sha256, newest.kid) == (digest, signer.kid):
            return newest.token
    issued_at = now.replace(microsecond=0)
    if newest is not None and newest.issued_at >= issued_at:  # a change within the second of the version before
        issued_at = newest.issued_at + timedelta(seconds=1)
    claims = {
        "sub": status_uri(issuer),
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + timedelta(days=LIFE_DAYS)).timestamp()),
        "ttl": ttl_seconds,
        "status_list": {"bits": 1, "lst": encode(bits)},
    }
    token = sign_compact(signer, header={"typ": "statuslist+jwt", "kid": signer.kid}, claims=claims)
    token_sha256 = hashlib.sha256(token.encode("ascii")).hexdigest()
    leaf = canonical.dumps({"v": 1, "type": "status_list", "iat": claims["iat"], "sha256": token_sha256})
    index = ledger.append(
        session, "attest", leaf_data=leaf, kind="status_list", body=leaf.decode("ascii"), nonce=b"", at=now
    )
    ledger.checkpoint(session, "attest", log_key, at=now)
    session.add(
        StatusVersion(
            list_id=LIST_ID,
            issued_at=issued_at,
            token=token,
            kid=signer.kid,
            bits_sha256=digest,
            leaf_index=index,
        )
    )
    uow.record(StatusListSigned(list=LIST_ID, sha256=token_sha256, leaf_index=index))
    return token


def newest_version(session: Session) -> StatusVersion | None:
    return session.exec(select(StatusVersion).order_by(col(StatusVersion.leaf_index).desc()).limit(1)).first()


def archive_name(issued_at: datetime) -> str:
    """Where a version is published below the public directory."""
    return f"status/archive/{LIST_ID}-{int(issued_at.timestamp())}"
