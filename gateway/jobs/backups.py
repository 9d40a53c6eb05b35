"""What `gateway doctor` tells of backups: when the last one was made, and for whom the next one would be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlmodel import col, select

from gateway.events.installation import BackupMade
from gateway.installation.gateway import Gateway
from gateway.installation.settings import Kind
from gateway.jobs.diagnosis import FAIL, OK, WARN, Diagnosis
from gateway.store.log_tables import LogEntry
from gateway.store.vault import count_without_key


def diagnose_backups(gateway: Gateway) -> Iterator[Diagnosis]:
    """Whether everybody's subject key is here, which a backup holds apart; and whether a backup of a production
    installation was made, and lately enough: of another kind none is asked for."""
    with gateway.store.read() as session:
        without_key = count_without_key(session)
    if without_key:
        what = f"{without_key} people have no subject key: nothing of their contracts is pulled, evaluated or released"
        advice = "restore once more into an empty place, with the file of the subject keys beside the others"
        yield Diagnosis(FAIL, what, advice)
    if gateway.installed.kind != Kind.PRODUCTION:
        return
    settings = gateway.settings
    query = select(LogEntry.at).where(LogEntry.log == "access", LogEntry.kind == BackupMade.kind)
    with gateway.store.read() as session:
        newest = session.exec(query.order_by(col(LogEntry.idx).desc()).limit(1)).first()
    if settings.backup_recipient and settings.backup_directory:
        advice = "`gateway backup`, every night by a timer"
    else:
        advice = "declare GATEWAY_BACKUP_RECIPIENT and GATEWAY_BACKUP_DIRECTORY, then `gateway backup` every night"
    if newest is None:
        yield Diagnosis(WARN, "no backup was ever made: what is lost now is lost for good", advice)
        return
    made = f"the last backup was made on {newest:%Y-%m-%d at %H:%M} UTC"
    if gateway.clock() - newest > timedelta(days=settings.backup_days):
        yield Diagnosis(WARN, f"{made}, more than {settings.backup_days} days ago", advice)
    else:
        yield Diagnosis(OK, f"{made}; whether it can be restored, only a rehearsal tells")
