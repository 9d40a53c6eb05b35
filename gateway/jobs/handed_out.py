"""What `gateway doctor` tells of what others rely on: published files, the status list, bundles, and certificates."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509
from sqlmodel import Session

from gateway.attestations import status
from gateway.installation.gateway import Gateway
from gateway.jobs.diagnosis import FAIL, LOOK_AHEAD, OK, WARN, Diagnosis
from gateway.release.issuing import jwt_sha256, token_of
from gateway.release.publication import public_files
from gateway.store import contract_queries, queries
from gateway.store.log_tables import LogEntry
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from outcome_verifier.bundle import Bundle
from vocabulary.releases import Template


def diagnose_handed_out(gateway: Gateway) -> Iterator[Diagnosis]:
    """Whether what recipients fetch is there, whole, and of today."""
    now = gateway.clock()
    with gateway.store.read() as session:
        yield from _public_files(gateway, session)
        yield from _status_list(session, now)
        yield from _certificates(session, now)
        for contract_id in contract_queries.contract_ids(session):
            yield from _bundles(session, contract_id)


def _public_files(gateway: Gateway, session: Session) -> Iterator[Diagnosis]:
    """Files that are missing, damaged, or older than what the database has signed."""
    folder, tiles, wrong = gateway.settings.public_directory, [], []
    expected = public_files(gateway, session)
    if not any((folder / name).exists() for name in expected):
        what = "nothing is published: readers find no key, no status list and no log"
        yield Diagnosis(FAIL, what, "`gateway publish`")
        return
    for name, content in expected.items():
        file = folder / name
        if file.exists() and file.read_bytes() == content:
            continue
        if "/tile/" in name:
            tiles.append(name)
        else:
            wrong.append(f"{name} is {'not what was signed last' if file.exists() else 'missing'}")
    if tiles:
        wrong.append(f"{len(tiles)} tiles of logs are missing or damaged, first {tiles[0]}")
    for one in wrong:
        yield Diagnosis(FAIL, f"published files: {one}; readers hold the old one, or none", "`gateway publish`")
    if not wrong:
        yield Diagnosis(OK, "what is published is what was signed last")


def _status_list(session: Session, now: datetime) -> Iterator[Diagnosis]:
    newest = status.newest_version(session)
    if newest is None:
        return
    ends = newest.issued_at + timedelta(days=status.LIFE_DAYS)
    age = (now - newest.issued_at).days
    advice = "`gateway publish` signs it anew: run it by a timer, once a day"
    if ends <= now:
        yield Diagnosis(
            FAIL, f"the status list ended on {ends.date()}: verifiers say of every bundle that it did", advice
        )
    elif age >= status.LIFE_DAYS // 2:
        yield Diagnosis(WARN, f"the status list is {age} days old and ends on {ends.date()}", advice)
    else:
        yield Diagnosis(OK, f"the status list is {age} days old and ends on {ends.date()}")


def _certificates(session: Session, now: datetime) -> Iterator[Diagnosis]:
    for row in queries.usable_keys(session):
        if not row.x5c:
            continue
        leaf = x509.load_der_x509_certificate(base64.b64decode(row.x5c[0]))
        ends = leaf.not_valid_after_utc
        if ends <= now:
            what = f"the seal certificate of signing key {row.kid} ended on {ends.date()}"
            yield Diagnosis(
                FAIL, f"{what}: what it seals since then is refused", "order one, then `gateway keys rotate`"
            )
        elif ends - now <= LOOK_AHEAD:
            what = f"the seal certificate of signing key {row.kid} ends on {ends.date()}"
            yield Diagnosis(WARN, f"{what}: what it seals after that day is refused", "order the next one now")
        else:
            yield Diagnosis(OK, f"the seal certificate of signing key {row.kid} lasts until {ends.date()}")


def _bundles(session: Session, contract_id: str) -> Iterator[Diagnosis]:
    """Attestations that were issued and cannot be handed out again as they were logged."""
    for row in queries.releases(session, contract_id):
        if row.state == "issued" and (reason := _damage(session, row)):
            what = f"{contract_id} {row.window}: {row.template} for {row.recipient_role} {reason}"
            yield Diagnosis(FAIL, what, "restore the newest backup; its recipient may still hold the bundle")


def _damage(session: Session, row: ReleaseRow) -> str:
    """What is wrong with a stored bundle; empty where nothing is."""
    try:
        Bundle.load(row.bundle or b"")
        digest = jwt_sha256(token_of(row))
    except (ValueError, KeyError, TypeError):
        return "has a damaged bundle"
    log = "payment" if row.template == Template.PAYMENT_DOCUMENT else "attest"
    entry = session.get(LogEntry, (log, row.leaf_index))
    if entry is None or canonical.loads(entry.body.encode("utf-8")).get("sha256") != digest:
        return "is not what its log entry says"
    return ""
