"""The journal of erasures: what survives when the database is restored to a day before an erasure.

A file of lines beside the database, to be backed up apart from it. Each erasure writes two: `intended` before the
commit that decides it, `confirmed` after. A crash between them leaves an intent, which is no decision: nobody is erased
by it. `settle` closes it as soon as the database says how it went: `confirmed` where it holds the erasure, `dropped`
where it holds a refusal of the same request. A line names a person by the digest of the random
subject id, and tells the month alone. It goes when no backup can hold the person any more.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlmodel import Session, col, select

from gateway.installation.gateway import Gateway
from gateway.store.rights_tables import ErasureRow, RightsRequest
from keys.whole_file import sync

NAME = "erasures.jsonl"
INTENDED, CONFIRMED, DROPPED = "intended", "confirmed", "dropped"
_FIELDS = {"at", "contract", "request", "state", "subject_sha256"}

Line = dict[str, str]


def intend(gateway: Gateway, *, contract: str, request: str, mark: str, now: datetime) -> None:
    """Note an erasure that is about to be committed; on the disk when this returns."""
    _append(gateway, {"contract": contract, "request": request, "subject_sha256": mark, "state": INTENDED}, now)


def confirm(gateway: Gateway, mark: str, *, now: datetime) -> None:
    """Note that the erasure of this digest was committed; on the disk when this returns."""
    for line in unconfirmed_intents(gateway):
        if line["subject_sha256"] == mark:
            _append(gateway, {**line, "state": CONFIRMED}, now)


def settle(gateway: Gateway, session: Session, *, now: datetime) -> None:
    """Close every intent of which the database knows how it ended."""
    for line in unconfirmed_intents(gateway):
        if session.get(ErasureRow, line["subject_sha256"]) is not None:
            _append(gateway, {**line, "state": CONFIRMED}, now)
        elif _was_refused(session, line["request"]):
            _append(gateway, {**line, "state": DROPPED}, now)


def forget(gateway: Gateway, *, now: datetime) -> None:
    """Leave out whom no backup can bring back: everybody whose newest line is closed and older than `backup_months`
    whole months. An intent that nothing has closed stays, and so does everything where backups are kept for ever.
    """
    months = gateway.settings.backup_months
    if not months or not _file(gateway).exists():
        return
    file, oldest = _file(gateway), now.year * 12 + now.month - months
    with _alone(file):
        every = lines(gateway)
        newest = {line["subject_sha256"]: line for line in every}
        gone = {mark for mark, line in newest.items() if line["state"] != INTENDED and _month(line["at"]) < oldest}
        if not gone:
            return
        fresh = file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as written:
            written.writelines(_text(line) for line in every if line["subject_sha256"] not in gone)
            written.flush()
            os.fsync(written.fileno())
        fresh.replace(file)
        sync(file.parent)


def erased_digests(gateway: Gateway) -> set[str]:
    """The digests of everybody whose erasure is confirmed."""
    return {line["subject_sha256"] for line in lines(gateway) if line["state"] == CONFIRMED}


def unconfirmed_intents(gateway: Gateway) -> list[Line]:
    """The intents that nothing has closed, the newest of each person, oldest first."""
    newest = {line["subject_sha256"]: line for line in lines(gateway)}
    done = erased_digests(gateway)
    return [line for mark, line in newest.items() if line["state"] == INTENDED and mark not in done]


def lines(gateway: Gateway) -> list[Line]:
    """Every whole line, oldest first. `ValueError` where one is none, since a lost erasure must not go unseen.

    Half a line at the end is none: the crash that broke it came before the commit, or the database holds what it says.
    """
    file = _file(gateway)
    return _lines_of(file.read_text("ascii")) if file.exists() else []


def join(older: bytes, newer: bytes) -> bytes:
    """One journal that names everybody whom either names: what only the older one says, and then the newer one.

    Whom the newer one has forgotten comes back with the older one, and so does the erasure. Raises `ValueError` where
    a line is none.
    """
    first, then = (_lines_of(text.decode("ascii")) for text in (older, newer))
    return "".join(_text(line) for line in [*(line for line in first if line not in then), *then]).encode("ascii")


def _lines_of(text: str) -> list[Line]:
    found = [json.loads(line) for line in text.split("\n")[:-1]]
    for line in found:
        if not isinstance(line, dict) or set(line) != _FIELDS or line["state"] not in (INTENDED, CONFIRMED, DROPPED):
            raise ValueError(f"{NAME} holds a line that is none: restore it from its own backup")
    return found


def _file(gateway: Gateway) -> Path:
    return gateway.settings.data_directory / NAME


def _was_refused(session: Session, request: str) -> bool:
    query = select(RightsRequest).where(RightsRequest.id == request, col(RightsRequest.answer) == "refused")
    return session.exec(query).first() is not None


def _append(gateway: Gateway, line: Line, now: datetime) -> None:
    """Append a line, in the place of half a line where a crash left one, and wait until the disk has it."""
    file = _file(gateway)
    is_new = not file.exists()
    with _alone(file) as handle:
        whole = os.pread(handle, os.fstat(handle).st_size, 0)
        end = whole.rfind(b"\n") + 1
        os.ftruncate(handle, end)
        os.pwrite(handle, _text({**line, "at": f"{now:%Y-%m}"}).encode("ascii"), end)
        os.fsync(handle)
    if is_new:
        sync(file.parent)


@contextmanager
def _alone(file: Path) -> Iterator[int]:
    """The file, open and locked, and still the one of that name: another process may have put a shorter one there."""
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if file.exists() and os.path.samestat(os.fstat(handle), file.stat()):
                yield handle
                return
        finally:
            os.close(handle)


def _text(line: Line) -> str:
    return json.dumps(line, sort_keys=True) + "\n"


def _month(at: str) -> int:
    year, month = at.split("-")
    return int(year) * 12 + int(month)
