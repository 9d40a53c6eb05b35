"""What `gateway doctor` tells of the database: who else may read it, whether it can be written, and lost rows."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from sqlmodel import Session, col, select

from gateway.errors.store import StoreBusy
from gateway.errors.tree import Broken
from gateway.installation.gateway import Gateway
from gateway.jobs.diagnosis import FAIL, OK, WARN, Diagnosis
from gateway.outcomes.readings import sources_ever
from gateway.store import contract_queries, counting, queries
from gateway.store.sealed import About, SealedRow
from gateway.store.tables import Subject

_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
_OTHERS_ENTER = stat.S_IXGRP | stat.S_IXOTH


def diagnose_database(gateway: Gateway) -> Iterator[Diagnosis]:
    """Whether others may read what is to be secret, this role may write, and everybody has what was pulled."""
    yield from _open_to_others(gateway)
    try:
        gateway.store.try_writing()
    except StoreBusy as error:
        yield Diagnosis(WARN, "another command writes, and nothing can be said of the database meanwhile", str(error))
    except Broken as error:
        yield Diagnosis(FAIL, "nothing can be written to the database", str(error))
    else:
        yield Diagnosis(OK, "the database can be written")
    with gateway.store.read() as session:
        for contract_id in contract_queries.contract_ids(session):
            yield from _lost_rows(gateway, session, contract_id)


def _open_to_others(gateway: Gateway) -> Iterator[Diagnosis]:
    settings = gateway.settings
    secret = [settings.passphrase_path, settings.database_password_file]
    if gateway.store.is_sqlite:
        database = Path(gateway.store.engine.url.database or "")
        secret += [database, database.with_name(f"{database.name}-wal")]
    for file in secret:
        if file is not None and file.exists() and _others_may_read(file):
            what = f"{file.name} may be read by others on this machine"
            yield Diagnosis(FAIL, what, f"`chmod go-rwx` it, or the folder that it lies in: {file.parent}")


def _others_may_read(file: Path) -> bool:
    """Whether others than the owner may read a file, and may enter the folder that it lies in."""
    return bool(file.stat().st_mode & _OTHERS_READ and file.parent.stat().st_mode & _OTHERS_ENTER)


def _lost_rows(gateway: Gateway, session: Session, contract_id: str) -> Iterator[Diagnosis]:
    """Sources that told of everybody, and of whom less stands there now than people."""
    contract = gateway.contract(session, contract_id)
    batches = counting.known_batches(session, contract)
    for source in sorted(sources_ever(contract)):
        pulled = queries.pulls(session, contract_id, source)
        if not pulled or not pulled[-1].counts.get("rows_read"):
            continue
        told = [batch.batch_id for batch in batches[: pulled[-1].batches]]
        of_batches = select(Subject.subject_id).where(Subject.contract_id == contract_id)
        people = len(session.exec(of_batches.where(col(Subject.batch_id).in_(told))).all())
        of_source = select(SealedRow.subject_id).where(SealedRow.contract_id == contract_id)
        of_source = of_source.where(SealedRow.source_id == source, col(SealedRow.about).in_((About.WEEKS, About.PAY)))
        kept = len(session.exec(of_source).all())
        if kept < people:
            what = f"{contract_id}: what {source} told of {people - kept} of {people} people is gone"
            yield Diagnosis(FAIL, what, "restore the newest backup; figures are wrong until then, so release nothing")
