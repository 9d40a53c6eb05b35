"""A pull that looks wrong is held: nothing of it is used until somebody has looked (`intake.answering_holds`).

Until its day a window that needs the data is not released; after the day they are missing, as if they had not come.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from connectors.declaration import SourceDeclaration
from gateway.errors.holds import PullLooksWrong, PullRejected
from gateway.events.holds import HoldSuperseded, PullHeld
from gateway.installation.authority import Asking
from gateway.intake.judging_pulls import HoldFinding, HoldReason, PullMeasures, judge_pull
from gateway.intake.measuring import past_of, traits_of
from gateway.store import holds
from gateway.store.record_tables import PullHold
from gateway.wording.working_days import after_working_days
from policies.terms import Purpose
from vocabulary.danish_days import danish_day
from vocabulary.weeks import Week

ANSWERED_WITHIN = 5  # working days


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A pull as it is judged. `what` is the SHA-256 of its file, or the id of its run; `files` are those of a run."""

    contract_id: str
    declaration: SourceDeclaration
    what: str
    purpose: Purpose
    weeks: tuple[Week, Week]
    file_name: str = ""
    files: list[str] = field(default_factory=list)
    absence_is_known: bool = True


def findings_of(
    session: Session, contract_id: str, declaration: SourceDeclaration, measures: PullMeasures
) -> tuple[HoldFinding, ...]:
    """What stands out in a pull beside the source's own past."""
    past = past_of(session, contract_id, declaration.id)
    return judge_pull(measures, past, declaration.holds, traits_of(declaration))


def check_may_be_used(session: Session, contract_id: str, declaration: SourceDeclaration, digest: str) -> bool:
    """Whether a hold of this file was accepted. Raises `PullLooksWrong` where it waits for an answer, and
    `PullRejected`. A file that was held under another declaration or code list is read anew: it says otherwise now.
    """
    row = holds.hold_of(session, contract_id, declaration.id, digest)
    if row is None or row.answer == holds.SUPERSEDED:
        return False
    if row.answer == holds.REJECTED:
        raise PullRejected(source=declaration.id, hold=row.id)
    if row.meaning_sha256 != declaration.meaning_sha256:
        return False
    if not row.answer:
        raise looks_wrong(row)
    return True


def supersede_holds(
    asking: Asking, contract_id: str, declaration: SourceDeclaration, digest: str, decision: str
) -> None:
    """End what a file was held for under another declaration: it is judged anew."""
    for row in holds.open_holds(asking.session, contract_id, declaration.id):
        if row.what == digest:
            supersede_hold(asking, row, decision)


def supersede_hold(asking: Asking, row: PullHold, decision: str) -> None:
    row.answer, row.answered_at = holds.SUPERSEDED, asking.now
    asking.session.add(row)
    asking.uow.record(HoldSuperseded(contract=row.contract_id, source=row.source_id, hold=row.id, decision=decision))


def hold_pull(asking: Asking, pull: LookedAt, findings: Sequence[HoldFinding], decision: str) -> PullLooksWrong:
    """Hold it, in this transaction; the error is raised once that is committed."""
    row = PullHold(
        id=secrets.token_hex(4),
        contract_id=pull.contract_id,
        source_id=pull.declaration.id,
        what=pull.what,
        meaning_sha256=pull.declaration.meaning_sha256,
        file_name=pull.file_name,
        purpose=pull.purpose,
        from_week=pull.weeks[0].ordinal,
        to_week=pull.weeks[1].ordinal,
        files=pull.files,
        absence_is_known=pull.absence_is_known,
        findings=[_as_stored(finding) for finding in findings],
        held_at=asking.now,
        answer_by=after_working_days(danish_day(asking.now), ANSWERED_WITHIN),
        proposed="",
        proposed_by="",
        answer="",
        answered_by="",
    )
    asking.session.add(row)
    asking.uow.record(
        PullHeld(
            contract=row.contract_id,
            source=row.source_id,
            hold=row.id,
            what=row.what,
            findings=[dict(one) for one in row.findings],
            answer_by=row.answer_by.isoformat(),
            decision=decision,
        )
    )
    return looks_wrong(row)


def looks_wrong(row: PullHold) -> PullLooksWrong:
    """The hold as an error, with what stands out."""
    told = "; ".join(map(str, stored_findings(row)))
    return PullLooksWrong(source=row.source_id, hold=row.id, findings=told, answer_by=row.answer_by)


def stored_findings(row: PullHold) -> list[HoldFinding]:
    """What stands out in a held pull."""
    return list(_as_read(row.findings))


def _as_stored(finding: HoldFinding) -> dict[str, object]:
    return {"reason": finding.reason.value, "count": finding.count, "of": finding.of, "limit": finding.limit}


def _as_read(bodies: Iterable[dict[str, object]]) -> Iterable[HoldFinding]:
    for body in bodies:
        count, of, limit = (int(str(body[name])) for name in ("count", "of", "limit"))
        yield HoldFinding(HoldReason(str(body["reason"])), count, of, limit)
