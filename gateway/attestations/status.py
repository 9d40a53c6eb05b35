"""The status list: which attestations still stand (Token Status List, draft-ietf-oauth-status-list-21).

Indexes are drawn at random, so that neighbours in the list say nothing about each other.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, select

from gateway.attestations.jws import sign_compact
from gateway.errors import StatusListFull
from gateway.store.tables import StatusAllocation, StatusList
from keys.signer import Signer
from outcome_verifier.statuslist import encode

LIST_ID = 1
ENTRIES = 65_536
_LIFE_DAYS = 30


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


def status_token(session: Session, signer: Signer, *, issuer: str, now: datetime, ttl_seconds: int) -> str:
    """The signed list as of `now`, to be published and stapled to bundles."""
    bits = session.exec(select(StatusList.bits).where(StatusList.list_id == LIST_ID)).one()
    claims = {
        "sub": status_uri(issuer),
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(days=_LIFE_DAYS)).timestamp()),
        "ttl": ttl_seconds,
        "status_list": {"bits": 1, "lst": encode(bits)},
    }
    return sign_compact(signer, header={"typ": "statuslist+jwt", "kid": signer.kid}, claims=claims)
