"""Erasing one person (GDPR art. 17, invariant 10): the rows go, the totals and the logs stay.

No total, no amount and no attestation changes: what the erased are part of a figure with follows from documents and
living (`gateway.evaluation.erased`). Nothing is kept of it but the sum of what was reached since the last document,
until the next. The person's lines in the log are deleted; their digests stay with the event, and without the nonces
nobody can tell what they said. A journal outside the database (`gateway.rights.journal`) holds a digest of each erased
subject id, so that an erasure is done again after a backup from before it was restored. The certificate, signed, is for
the person.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlmodel import Session, col, delete, select, update

from gateway.attestations.jws import sign_compact
from gateway.errors.rights import ErasureUnfinished, RequestUnknown
from gateway.errors.store import StoreBusy
from gateway.evaluation.erased import keep_pending
from gateway.events.rights import DatabaseRewritten, ErasureRepeated, PersonErased
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.oversight.audit.findings import forget
from gateway.rights import journal
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.record_tables import PullRun
from gateway.store.rewriting import write_anew
from gateway.store.rights_tables import BasisRow, ErasureRow, RightsRequest, StatementRow
from gateway.store.sealed import SealedRow
from gateway.store.tables import LinkageRow, Subject, SubjectKeyRow, VaultRow
from gateway.wording.rights import ERASED
from outcome_verifier import canonical
from policies.programme import Programme

TYPE = "erasure-certificate+jwt"
OF_PEOPLE = (
    VaultRow,
    SubjectKeyRow,
    LinkageRow,
    SealedRow,
    BasisRow,
    PersonLineRow,
    Subject,
)


def came_in_at(session: Session, subject: str) -> datetime:
    """When the person was enrolled here: the instant of the first line about that person. Raises `RequestUnknown`."""
    query = (
        select(LogEntry.at)
        .join(PersonLineRow, col(PersonLineRow.log_idx) == col(LogEntry.idx))
        .where(LogEntry.log == "access", PersonLineRow.subject_id == subject)
        .order_by(col(LogEntry.at))
    )
    first = session.exec(query).first()
    if first is None:
        raise RequestUnknown(request="of somebody who is not here any more")
    return first


def erase(
    gateway: Gateway, asking: Asking, programme: Programme, request: RightsRequest, authorised: Authorised
) -> str:
    """Erase the person of a granted request in this transaction and return the signed certificate.

    The intent is in the journal when this returns; `journal.confirm` is to follow the commit.
    """
    subject, contract_id = request.subject_id, programme.contract_id
    mark = digest_of(subject)
    keep_pending(gateway, asking.session, programme, subject, now=asking.now)
    _delete(asking.session, contract_id, subject)
    certificate = _certificate(gateway, asking, programme, mark)
    asking.session.add(ErasureRow(subject_sha256=mark, contract_id=contract_id, certificate=certificate, at=asking.now))
    asking.uow.record(
        PersonErased(
            contract=contract_id,
            request=request.id,
            subject_sha256=mark,
            certificate_sha256=hashlib.sha256(certificate.encode("ascii")).hexdigest(),
            decision=authorised.id,
        )
    )
    journal.intend(gateway, contract=contract_id, request=request.id, mark=mark, now=asking.now)
    return certificate


def certificate_of(session: Session, request_id: str) -> str:
    """The certificate of the erasure that answered this request, as it was signed; empty where there is none."""
    entries = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == PersonErased.kind)
    for body in session.exec(entries):
        said = canonical.loads(body.encode("utf-8"))
        if said["request"] == request_id:
            row = session.get(ErasureRow, said["subject_sha256"])
            return "" if row is None else row.certificate
    return ""


def repeat(gateway: Gateway) -> int:
    """Erase again whoever was erased and is in the database, after a restore; how many were found.

    Nothing is asked and nobody is decided on: that was done, and the journal confirms it or the database itself holds
    the erasure. An intent that nothing confirms erases nobody. Each erasure that had to be repeated is an event.
    `finish` comes after it. Raises `ValueError` where the journal holds a line that is none.
    """
    found = 0
    with gateway.write() as uow:
        journal.settle(gateway, uow.session, now=uow.now)
        marks = journal.erased_digests(gateway) | set(uow.session.exec(select(ErasureRow.subject_sha256)))
        for subject in uow.session.exec(select(Subject)).all():
            mark = digest_of(subject.subject_id)
            if mark not in marks:
                continue
            programme = gateway.programme(uow.session, subject.contract_id)
            keep_pending(gateway, uow.session, programme, subject.subject_id, now=uow.now)
            _delete(uow.session, subject.contract_id, subject.subject_id)
            row = ErasureRow(subject_sha256=mark, contract_id=subject.contract_id, certificate="", at=uow.now)
            uow.session.merge(row)
            uow.record(ErasureRepeated(contract=subject.contract_id, subject_sha256=mark))
            found += 1
    journal.forget(gateway, now=gateway.clock())
    return found


def finish(gateway: Gateway) -> int:
    """Write the database anew where somebody was erased since it last was; how many erasures that finished.

    To be called when the erasing transaction has ended. Until then `count_unfinished` counts them, and what was erased
    may still stand in gaps of the database file. Raises `ErasureUnfinished` where somebody else uses the database, and
    `StoreFull`: then it is to be called again.
    """
    unfinished = count_unfinished(gateway)
    if not unfinished:
        return 0
    try:
        write_anew(gateway.store)
    except StoreBusy:
        raise ErasureUnfinished(erasures=unfinished) from None
    with gateway.write() as uow:
        rows = uow.session.exec(select(ErasureRow).where(~col(ErasureRow.is_rewritten))).all()
        for row in rows:
            row.is_rewritten = True
            uow.session.add(row)
        uow.record(DatabaseRewritten(erasures=len(rows)))
        return len(rows)


def count_unfinished(gateway: Gateway) -> int:
    """How many erasures the database has not been written anew for."""
    with gateway.store.read() as session:
        return len(session.exec(select(ErasureRow).where(~col(ErasureRow.is_rewritten))).all())


def count_returned(gateway: Gateway) -> int:
    """How many people whose erasure is confirmed stand in the database: more than none after a restore, until `repeat`.

    Raises `ValueError` where the journal holds a line that is none.
    """
    marks = journal.erased_digests(gateway)
    if not marks:
        return 0
    with gateway.store.read() as session:
        return sum(digest_of(subject) in marks for subject in session.exec(select(Subject.subject_id)))


def digest_of(subject: str) -> str:
    """What stays of a subject id: SHA-256 over 128 random bits, which nobody can guess."""
    return hashlib.sha256(bytes.fromhex(subject)).hexdigest()


def _delete(session: Session, contract_id: str, subject: str) -> None:
    """Delete every row of a person, the lines in the log included. How many there were, nobody counts: it would tell of
    the person.
    """
    row = session.get(Subject, subject)
    reference = "" if row is None else row.case_reference
    for table in OF_PEOPLE:
        session.exec(delete(table).where(col(table.subject_id) == subject))
    session.exec(update(RightsRequest).where(col(RightsRequest.subject_id) == subject).values(subject_id=""))
    forget(session, subject)
    # a run that stopped just there begins anew: asking again changes nothing
    session.exec(update(PullRun).where(col(PullRun.position) == subject).values(position=""))
    for run in session.exec(select(PullRun).where(PullRun.contract_id == contract_id)):
        run.people = [one for one in run.people if one != subject]
    _forget_statements(session, contract_id, reference)
    session.expire_all()


def _forget_statements(session: Session, contract_id: str, reference: str) -> None:
    """Take the person out of every statement that names the person. The signed copy goes, since nothing can be taken
    out of it; its digest stays, and so does what was said of the others.
    """
    for row in session.exec(select(StatementRow).where(StatementRow.contract_id == contract_id)):
        others = [said for said in row.people if said["case_reference"] != reference]
        if len(others) == len(row.people):
            continue
        row.token, row.people = "", others
        session.add(row)
    session.flush()


def _certificate(gateway: Gateway, asking: Asking, programme: Programme, mark: str) -> str:
    signer = gateway.signer(asking.session)
    claims: dict[str, object] = {
        "iss": gateway.issuer,
        "iat": int(asking.now.timestamp()),
        "contract": programme.contract_id,
        "controller": programme.controller,
        "subject_sha256": mark,
        "told": dict(ERASED),
        "law": "GDPR art. 17(1)",
    }
    if signer.is_development or gateway.installed.is_demo:
        claims["demo"] = True
    return sign_compact(signer, header={"typ": TYPE, "kid": signer.kid}, claims=claims)
