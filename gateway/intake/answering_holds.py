"""Use cases: municipal eyes look at pulls that are held, and the system owner accepts or rejects each.

One person decides until the hold's day; after it, two do, since the data have been missing to somebody by then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.contracts.declarations import source
from gateway.errors.holds import HoldRefused, HoldUnknown
from gateway.events.event import PersonLine
from gateway.events.holds import HoldAnswered, HoldProposed
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.intake.holding import stored_findings
from gateway.intake.judging_pulls import HoldFinding
from gateway.intake.pulling import PullReport
from gateway.intake.record_runs import reject_run, store_held_run
from gateway.store import holds, queries
from gateway.store.record_tables import PullHold, PullRun
from policies.facts import DecisionFacts
from policies.terms import Action, Purpose, Role
from vocabulary.danish_days import danish_day


@dataclass(frozen=True, slots=True)
class HoldShown:
    """A held pull, for municipal eyes alone: counts of people and rows, and nobody's row.

    `file` is empty of a source that is asked; `proposed_by` is who has said `proposed` after the day, where a second
    person is needed. `answer` is empty, `accepted` or `rejected`.
    """

    id: str
    contract: str
    source: str
    file: str
    what: str
    findings: tuple[HoldFinding, ...]
    held_on: date
    answer_by: date
    is_overdue: bool
    proposed: str
    proposed_by: str
    answer: str
    answered_by: str


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """What became of a hold. `needs_second`: it is after the day, and another person has to say the same. `report` is
    what was stored of a run; a file that is accepted is pulled again.
    """

    hold: HoldShown
    needs_second: bool
    report: PullReport | None


def list_holds(gateway: Gateway, contract_id: str = "") -> list[HoldShown]:
    """The holds of one contract or of all, oldest first."""
    today = danish_day(gateway.clock())
    with gateway.store.read() as session:
        return [_hold_shown(row, today) for row in holds.holds_of(session, contract_id)]


def accept(gateway: Gateway, hold_id: str) -> HoldAnswer:
    """Let exactly this file or run through: staged answers are stored at once, a file by the next pull.

    Raises `HoldUnknown`, `HoldRefused` where the declaration has changed since, `PolicyDenied`.
    """
    return _answer(gateway, hold_id, holds.ACCEPTED)


def reject(gateway: Gateway, hold_id: str) -> HoldAnswer:
    """Leave it out for good. Raises `HoldUnknown`, `PolicyDenied`."""
    return _answer(gateway, hold_id, holds.REJECTED)


def _answer(gateway: Gateway, hold_id: str, answer: str) -> HoldAnswer:
    """What is stored or dropped of a person leaves a line; a file that is answered for is read by the next pull."""
    with deciding(gateway) as asking:
        row = asking.session.get(PullHold, hold_id)
        if row is None or row.answer:
            raise HoldUnknown(hold=hold_id)
        today = danish_day(asking.now)
        needs_two = today > row.answer_by
        is_first = needs_two and row.proposed != answer
        authorised = _ask(gateway, asking, row, is_second=needs_two and not is_first)
        report = None
        if is_first:
            row.proposed, row.proposed_by = answer, gateway.actor.name
            asking.uow.record(
                HoldProposed(
                    contract=row.contract_id,
                    source=row.source_id,
                    hold=row.id,
                    answer=answer,
                    decision=authorised.id,
                    decision_sha256=authorised.sha256,
                )
            )
        else:
            people = _people_of(asking, row)
            report = _carry_out(gateway, asking, row, answer)
            row.answer, row.answered_by, row.answered_at = answer, gateway.actor.name, asking.now
            asking.uow.record(
                HoldAnswered(
                    contract=row.contract_id,
                    source=row.source_id,
                    hold=row.id,
                    answer=answer,
                    proposed_by=row.proposed_by if needs_two else "",
                    decision=authorised.id,
                    decision_sha256=authorised.sha256,
                ),
                [PersonLine(one, f"held_{answer}", Purpose(row.purpose)) for one in people],
            )
        asking.session.add(row)
        return HoldAnswer(_hold_shown(row, today), is_first, report)


def _ask(gateway: Gateway, asking: Asking, row: PullHold, *, is_second: bool) -> Authorised:
    """Whether the system owner may decide; a second one has to be another person than the first."""
    programme = gateway.programme(asking.session, row.contract_id)
    second_person = not is_second or gateway.actor.is_second_to(row.proposed_by)
    facts = DecisionFacts(
        purpose=Purpose.GOVERNANCE,
        appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
        second_person=second_person,
        retention_clear=True,  # what is rejected was never used
    )
    return asking.ask(staff_party(programme, Role.SYSTEM_OWNER), Action.CHANGE_POLICY, programme, facts)


def _carry_out(gateway: Gateway, asking: Asking, row: PullHold, answer: str) -> PullReport | None:
    """Of a file nothing is kept, and the next pull asks whether it was accepted or rejected."""
    if row.file_name:
        return None
    if answer == holds.REJECTED:
        reject_run(asking, row)
        return None
    declaration = source(asking.session, row.source_id)
    run = asking.session.get_one(PullRun, row.what)
    if run.source_sha256 != declaration.sha256:
        reason = "the source is declared in another way since; reject it, and pull again"
        raise HoldRefused(hold=row.id, reason=reason)
    return store_held_run(gateway, asking, row, declaration)


def _people_of(asking: Asking, row: PullHold) -> list[str]:
    """Whose answers a run holds, in the order of their random ids; nobody's of a file, of which nothing is kept."""
    if row.file_name:
        return []
    asked_about = set(asking.session.get_one(PullRun, row.what).people)
    here = (one.subject_id for one in queries.subjects(asking.session, row.contract_id))
    return sorted(asked_about.intersection(here))


def _hold_shown(row: PullHold, today: date) -> HoldShown:
    return HoldShown(
        id=row.id,
        contract=row.contract_id,
        source=row.source_id,
        file=row.file_name,
        what=row.what,
        findings=tuple(stored_findings(row)),
        held_on=danish_day(row.held_at),
        answer_by=row.answer_by,
        is_overdue=not row.answer and today > row.answer_by,
        proposed=row.proposed,
        proposed_by=row.proposed_by,
        answer=row.answer,
        answered_by=row.answered_by,
    )
