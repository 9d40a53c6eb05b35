"""Stop receipts: signed proof that reading of registers has stopped, for a person or for a whole programme.

The failure that they answer: a public feed that went on following people after their referral was withdrawn. A receipt
names no person. The record's id in it stands on the paper that the citizen gets, so that the citizen, the data
protection officer and a court can hold the access log against it: no pull of that person after `stopped_at`.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from sqlmodel import Session, col, select

from gateway.attestations.jws import sign_compact
from gateway.events.rights import PullStopped
from gateway.installation.gateway import Gateway
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.rights_tables import StopReceiptRow
from gateway.store.tables import PullRow
from gateway.store.unit_of_work import UnitOfWork
from policies.decision import Decision
from policies.programme import Programme

TYPE = "stop-receipt+jwt"
_PULL_EVENTS = ("pull_authorised",)


def record_person_stop(
    gateway: Gateway, uow: UnitOfWork, programme: Programme, *, subject: str, record: str, reason: str
) -> str:
    """The signed receipt that a person is not read any more, recorded in this transaction."""
    return _record(
        gateway,
        uow,
        programme,
        record=record,
        reasons=[reason],
        scope={"record": record},
        last_pull=_last_pull_of_person(uow.session, subject),
    )


def record_programme_stop(
    gateway: Gateway, uow: UnitOfWork, programme: Programme, decision: Decision, *, source: str
) -> str:
    """The signed receipt that a source was not read, with the rules that stopped it, recorded in this transaction."""
    return _record(
        gateway,
        uow,
        programme,
        record="",
        reasons=list(decision.rule_ids),
        scope={"source": source},
        last_pull=_last_pull_of_source(uow.session, programme.contract_id, source),
    )


def _record(
    gateway: Gateway,
    uow: UnitOfWork,
    programme: Programme,
    *,
    record: str,
    reasons: list[str],
    scope: dict[str, str],
    last_pull: datetime | None,
) -> str:
    signer = gateway.signer(uow.session)
    identifier, now = str(uuid.uuid4()), int(uow.now.timestamp())
    claims: dict[str, object] = {
        "iss": gateway.issuer,
        "iat": now,
        "jti": f"urn:uuid:{identifier}",
        "contract": programme.contract_id,
        "controller": programme.controller,
        "reasons": reasons,
        "stopped_at": now,
        "last_pull_at": None if last_pull is None else int(last_pull.timestamp()),
        **scope,
    }
    if signer.is_development or gateway.installed.is_demo:
        claims["demo"] = True
    token = sign_compact(signer, header={"typ": TYPE, "kid": signer.kid}, claims=claims)
    uow.session.add(
        StopReceiptRow(id=identifier, contract_id=programme.contract_id, record_id=record, at=uow.now, token=token)
    )
    uow.record(
        PullStopped(
            contract=programme.contract_id,
            record=record,
            reasons=reasons,
            receipt=identifier,
            receipt_sha256=hashlib.sha256(token.encode("ascii")).hexdigest(),
        )
    )
    return token


def _last_pull_of_person(session: Session, subject: str) -> datetime | None:
    query = (
        select(LogEntry.at)
        .join(PersonLineRow, col(PersonLineRow.log_idx) == col(LogEntry.idx))
        .where(LogEntry.log == "access", col(LogEntry.kind).in_(_PULL_EVENTS), PersonLineRow.subject_id == subject)
        .order_by(col(LogEntry.at).desc())
    )
    return session.exec(query).first()


def _last_pull_of_source(session: Session, contract_id: str, source: str) -> datetime | None:
    query = select(PullRow.known_at).where(PullRow.contract_id == contract_id, PullRow.source_id == source)
    return session.exec(query.order_by(col(PullRow.known_at).desc())).first()
