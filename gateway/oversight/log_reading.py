"""Use cases of oversight: read the access log, verify the logs, look at one decision. Each is itself logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.errors.contracts import ContractUnknown
from gateway.events.installation import TrustExported
from gateway.events.log import CheckpointTaken, LogRead, LogVerified
from gateway.installation.authority import deciding
from gateway.installation.gateway import LOGS, Gateway
from gateway.store import contract_queries, ledger
from gateway.store.clock import ClockRule
from gateway.store.verification import LogReport, verify_all
from gateway.wording.views import JsonValue, View
from outcome_verifier import canonical
from outcome_verifier.note import VerifierKey
from policies.facts import LogFacts
from policies.terms import Action, Party, Purpose


@dataclass(frozen=True, slots=True)
class LogLine(View):
    """One event of the access log with its place and instant, for whoever may read the log."""

    index: int
    """Place in the access log, from 0."""
    at: datetime
    """UTC, ISO 8601."""
    kind: str
    """Such as `pull_completed`."""
    body: dict[str, JsonValue]
    """The event as the log commits to it; its members depend on `kind`."""


def read_log(
    gateway: Gateway,
    reader: Party,
    *,
    first: int,
    count: int,
    contract_id: str | None = None,
    purpose: Purpose = Purpose.ACCESS_REVIEW,
) -> list[LogLine]:
    """Events from `first` on, at most `count`; reading them is an event too.

    The reader's grant stands in a programme: `contract_id`'s, or the first in force. So does the appointment of whoever
    acts for the reader. Raises `PolicyDenied`.
    """
    with deciding(gateway, clock=ClockRule.READING) as asking:
        contracts = contract_queries.contract_ids(asking.session)
        if not contracts or (contract_id is not None and contract_id not in contracts):
            raise ContractUnknown(contract=contract_id or "(none)")
        programme = gateway.programme(asking.session, contract_id or contracts[0])
        facts = LogFacts(purpose=purpose, appointment_valid=asking.is_appointed(programme, reader.role))
        authorised = asking.ask(reader, Action.READ_LOG, programme, facts)
        # the log keeps this for ever: beyond its end it is whatever the reader typed
        first = min(first, ledger.size(asking.session, "access"))
        rows = ledger.rows(asking.session, "access", first=first, count=count)
        asking.uow.record(
            LogRead(
                reader=str(reader),
                purpose=purpose,
                from_index=first,
                count=len(rows),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        return [LogLine(row.idx, row.at, row.kind, canonical.loads(row.body.encode())) for row in rows]


def verify_logs(gateway: Gateway, *, against: dict[str, str] | None = None) -> list[LogReport]:
    """Recompute every log from its rows. `against` maps a log to a checkpoint that was kept outside.

    Raises `LogCorrupt` naming the entry, or `CheckpointMismatch`.
    """
    saved = against or {}
    reports = recompute_logs(gateway, against=saved)
    with gateway.write(clock=ClockRule.READING) as uow:
        for report in reports:
            # a head is signed only over what was just recomputed
            if ledger.size(uow.session, report.log) == report.size:
                ledger.checkpoint(uow.session, report.log, gateway.log_key(report.log), at=uow.now)
        uow.record(LogVerified(sizes={report.log: report.size for report in reports}, with_anchor=bool(saved)))
    return reports


def recompute_logs(gateway: Gateway, *, against: dict[str, str] | None = None) -> list[LogReport]:
    """The same, and nothing is signed or recorded: for a database that nobody else uses yet."""
    saved = against or {}
    reports = []
    with gateway.store.read() as session:  # one snapshot; writers go on meanwhile
        for log in LOGS:
            key = gateway.log_key(log)
            verifier = VerifierKey(key.name, key.public_bytes)
            reports.append(verify_all(session, log, key=verifier, against=saved.get(log)))
    return reports


def checkpoint(gateway: Gateway, log: str) -> str:
    """The signed note over a log's present head, to be kept where this installation cannot reach it."""
    with gateway.write(clock=ClockRule.READING) as uow:
        note = ledger.checkpoint(uow.session, log, gateway.log_key(log), at=uow.now)
        uow.record(CheckpointTaken(log=log, size=ledger.size(uow.session, log)))
    return note


def export_trust(gateway: Gateway) -> tuple[bytes, str]:
    """The trust file's bytes and fingerprint; that it was exported is logged."""
    mark = gateway.fingerprint
    with gateway.write(clock=ClockRule.READING) as uow:
        data = gateway.trust_bytes(uow.session)
        uow.record(TrustExported(fingerprint=mark.replace(" ", "")))
    return data, mark
