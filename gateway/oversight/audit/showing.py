"""Use case: a system owner lets the rows of a sample be shown, and the auditor sees them on a terminal.

Rows go from the connectors through the boundary to the terminal: nothing here can read one. That they are opened is
logged, with a line for each person, before the first is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from connectors.boundary import RowsApproval, SourceRows, Terminal, check_terminal, show_source
from connectors.errors import RejectReason
from connectors.source_file import LocalFile
from connectors.source_rows import Search, find_rows
from gateway.errors.audit import AuditRefused
from gateway.events.audit import AuditRowsApproved, SourceRowsOpened
from gateway.events.event import PersonLine
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.outcomes.calendar import needed_weeks
from gateway.outcomes.contract import Contract
from gateway.oversight.audit import counted_people
from gateway.oversight.audit.counted_people import FileGiven, PersonCounted
from gateway.oversight.audit.sampling import find_sample, items, not_to_be_read, stands
from gateway.store import basis
from gateway.store.audit_tables import AuditItem, AuditSample
from gateway.store.tables import ReleaseRow, Subject
from policies.basis import RecordKind
from policies.facts import AuditRowsFacts, DecisionFacts
from policies.programme import Programme
from policies.terms import Action, Purpose, Role
from vocabulary.records import SubjectRef

APPROVAL_DAYS = 14


@dataclass(frozen=True, slots=True)
class LaidFile:
    """A file with the rows in it that are nobody's, by reason: one of them may be a sampled person's."""

    file: FileGiven
    rejected: dict[RejectReason, int]


@dataclass(frozen=True, slots=True)
class ShowingIntroduction:
    """What is told before the first person. `missing` are files that were pulled and not laid, by name; `left_out` are
    items that can be shown no more, since the person was erased or is not to be read.
    """

    contract: Contract
    window: str
    known_at: datetime
    files: tuple[LaidFile, ...]
    missing: tuple[str, ...]
    left_out: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ItemShown:
    """A sampled person, but for the rows. `case_reference` is empty for somebody protected."""

    item: int
    of: int
    case_reference: str
    counted: PersonCounted


def approve(gateway: Gateway, sample_id: str) -> date:
    """Let the rows of one sample be shown for `APPROVAL_DAYS` days, as a system owner who is not the auditor; returns
    the last of them.

    Raises `SampleUnknown`, `AuditRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        sample, _ = find_sample(asking.session, sample_id)
        programme = gateway.programme(asking.session, sample.contract_id)
        today = asking.now.date()
        facts = DecisionFacts(
            purpose=Purpose.GOVERNANCE,
            appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
            second_person=gateway.actor.is_second_to(sample.drawn_by),
            retention_clear=True,  # nothing is lost
        )
        owner = staff_party(programme, Role.SYSTEM_OWNER)
        authorised = asking.ask(owner, Action.CHANGE_POLICY, programme, facts)
        if sample.closed_at is not None:
            raise AuditRefused(reason="the sample is closed")
        until = today + timedelta(days=APPROVAL_DAYS)
        sample.approved_by, sample.approved_until = gateway.actor.name, until
        asking.session.add(sample)
        asking.uow.record(
            AuditRowsApproved(
                contract=sample.contract_id,
                sample=sample.id,
                until=until.isoformat(),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return until


def show(
    gateway: Gateway,
    sample_id: str,
    files: Sequence[Path],
    *,
    on: Terminal,
    begin: Callable[[ShowingIntroduction], None],
    tell: Callable[[ItemShown, int], None],
    only: Sequence[int] = (),
) -> None:
    """Show sampled people: `begin` is called once, `tell` with each person and how many rows follow, then the rows.

    `only` names items; all of them without it. Raises `SampleUnknown`, `AuditRefused`, `PolicyDenied`, `RowsNotShown`
    where `on` is no terminal, and the `ConnectorError` of a file that cannot be used.
    """
    with deciding(gateway) as asking:
        session = asking.session
        sample, row = find_sample(session, sample_id)
        programme = gateway.programme(session, sample.contract_id)
        authorised = _ask(gateway, asking, programme, sample, row)
        check_terminal(on)
        rules = counted_people.rules_of(session, row)
        contract, until = rules.contract, counted_people.last_week(rules.contract, row)
        given = [counted_people.file_given(session, contract, row, path) for path in files]
        chosen, left_out, of = _chosen_items(asking, programme, sample, only)
        people = counted_people.people_counted(gateway, session, rules, row, [one.subject_id for one in chosen])
        protected = basis.having(session, contract.id, RecordKind.PROTECTION, at=asking.now)
        refs = frozenset(SubjectRef(one.subject_id) for one in chosen)
        approval = RowsApproval(refs, frozenset(ref for ref in refs if ref.value in protected))
        references = {
            one.subject_id: ""
            if one.subject_id in protected
            else session.get_one(Subject, one.subject_id).case_reference
            for one in chosen
        }
        matcher = gateway.boundary(session).matcher(contract.id).only(refs)
        missing = counted_people.not_given(session, contract, row, given)
        _record(asking, sample, chosen, given, authorised)
    rows = SourceRows()
    search = Search(matcher, (needed_weeks(contract)[0], until), contract.needs_amounts)
    laid = tuple(
        LaidFile(file, dict(find_rows(LocalFile(file.path), file.declaration, search, rows))) for file in given
    )
    begin(ShowingIntroduction(contract, row.window, row.known_at, laid, missing, left_out))
    for one in chosen:
        ref = SubjectRef(one.subject_id)
        tell(ItemShown(one.item, of, references[ref.value], people[ref.value]), rows.count(ref))
        show_source(rows, ref, approval, on)


def _ask(gateway: Gateway, asking: Asking, programme: Programme, sample: AuditSample, row: ReleaseRow) -> Authorised:
    today = asking.now.date()
    facts = AuditRowsFacts(
        purpose=Purpose.AUDIT,
        appointment_valid=asking.is_appointed(programme, Role.AUDITOR),
        attestation_stands=stands(asking.session, row),
        second_person=gateway.actor.is_second_to(sample.approved_by),
        sample_approved=(
            sample.approved_until is not None and today <= sample.approved_until and sample.closed_at is None
        ),
    )
    return asking.ask(staff_party(programme, Role.AUDITOR), Action.AUDIT_ROWS, programme, facts)


def _chosen_items(
    asking: Asking, programme: Programme, sample: AuditSample, only: Sequence[int]
) -> tuple[list[AuditItem], tuple[int, ...], int]:
    """The items to be shown, those among them that cannot be, and how many there are in all."""
    everyone = items(asking.session, sample.id)
    unknown = sorted(set(only) - {one.item for one in everyone})
    if unknown:
        raise AuditRefused(reason=f"the sample has no item {unknown[0]}; it has 1 to {len(everyone)}")
    asked = [one for one in everyone if one.item in only or not only]
    subjects = [one.subject_id for one in asked if one.subject_id]
    held = not_to_be_read(asking.session, programme, subjects, at=asking.now)
    chosen = [one for one in asked if one.subject_id and one.subject_id not in held]
    if not chosen:
        raise AuditRefused(reason="nobody is left to be shown: erased, or not to be read any more")
    return chosen, tuple(one.item for one in asked if one not in chosen), len(everyone)


def _record(
    asking: Asking,
    sample: AuditSample,
    chosen: Sequence[AuditItem],
    given: Sequence[FileGiven],
    authorised: Authorised,
) -> None:
    for one in chosen:
        one.shown_at = asking.now
        asking.session.add(one)
    asking.uow.record(
        SourceRowsOpened(
            contract=sample.contract_id,
            sample=sample.id,
            items=[one.item for one in chosen],
            files_sha256=[file.sha256 for file in given],
            unknown_files=sum(file.pulled_at is None for file in given),
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        [PersonLine(subject, "audit_rows", Purpose.AUDIT) for subject in sorted(one.subject_id for one in chosen)],
    )
