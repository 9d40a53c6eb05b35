"""What was tried before: the access log says it, and a text that is missing beside it lets nothing more be tried.

A second trial shows a second set of figures, and two sets can be subtracted. So the same text is tried once. On the
same files a text may follow that counts everybody as before, or at least k people otherwise. Other files may be about
nearly the same people: then their number differs by few, and their months lap over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from gateway.errors.trial import TrialRefused
from gateway.evaluation.tried_people import TriedHistories
from gateway.events.trial import TrialMade, TrialProposed
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.forecast import shift_weeks, weeks_between
from gateway.outcomes.told_apart import counted_columns, tells_few_apart
from gateway.outcomes.trial import STEP
from gateway.store.contract_tables import TrialReportRow
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical
from vocabulary.weeks import Month


def proposers(session: Session, contract_sha256: str, programme_sha256: str, files_sha256: str) -> list[str]:
    """Who proposed to try this text under this programme from these files, in the order of the log."""
    wanted = contract_sha256, programme_sha256, files_sha256
    return [
        str(one["by"])
        for one in _events(session, TrialProposed.kind)
        if (one["contract_sha256"], one["programme_sha256"], one["files_sha256"]) == wanted
    ]


def report_of(session: Session, contract_sha256: str) -> TrialReportRow | None:
    """The report of this very text; None where it was not tried. Raises `TrialRefused` where the log knows of one that
    is not in the database.
    """
    made = [one for one in _events(session, TrialMade.kind) if one["contract_sha256"] == contract_sha256]
    return _row_of(session, made[0]) if made else None


def check_not_near(session: Session, contract: Contract, files_sha256: str, days: Sequence[date]) -> None:
    """Raise `TrialRefused` where other files may have been about all of these people but a few."""
    k, first, last = max(STEP, contract.k), str(Month.of(days[0])), str(Month.of(days[-1]))
    for one in _events(session, TrialMade.kind):
        laps_over = one["first_month"] <= last and first <= one["last_month"]
        if one["files_sha256"] != files_sha256 and laps_over and abs(one["people"] - len(days)) < k:
            reason = (
                f"nearly as many people of the same months were tried before, as {one['contract']!r}, from other files:"
                " the two figures may tell of the few; try this text on the same list and files as then"
            )
            raise TrialRefused(draft=contract.file, rule="near", reason=reason)


def check_apart(session: Session, contract: Contract, files_sha256: str, found: TriedHistories) -> None:
    """Raise `TrialRefused` where few of these people count otherwise than under a text that was tried on them."""
    before = [one for one in _events(session, TrialMade.kind) if one["files_sha256"] == files_sha256]
    texts = [contract, *(load_contract(_row_of(session, one).text, file=contract.file) for one in before)]
    here, *others = (
        counted_columns(shift_weeks(one, weeks_between(one, found.people)), found.people, until=found.complete_to)
        for one in texts
    )
    k = max(STEP, contract.k)
    if tells_few_apart(here, set().union(*others), k=k):
        reason = f"fewer than {k} people count otherwise than under a text that was tried on them: figures would tell"
        raise TrialRefused(draft=contract.file, rule="few-apart", reason=reason)


def _events(session: Session, kind: str) -> Iterator[dict[str, Any]]:
    query = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == kind).order_by(col(LogEntry.idx))
    return (canonical.loads(body.encode()) for body in session.exec(query))


def _row_of(session: Session, made: dict[str, Any]) -> TrialReportRow:
    """The text and the report that an event names by their digests."""
    row = session.get(TrialReportRow, made["contract_sha256"])
    digests = None if row is None else (_sha256(row.text), _sha256(row.token.encode("ascii")), row.files_sha256)
    if row is None or digests != (made["contract_sha256"], made["report_sha256"], made["files_sha256"]):
        reason = f"the trial of {made['contract_sha256']} is not in the database as the log tells it: restore a backup"
        raise TrialRefused(draft=str(made["contract"]), rule="tried-before", reason=reason)
    return row


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
