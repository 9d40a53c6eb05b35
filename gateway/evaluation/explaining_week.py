"""Use case: a case worker has one week of one person explained, from the rows of each source to the verdict that pays.

For municipal eyes alone, asked and logged as any explained evaluation. Nothing of a protected person is shown. Sources
need not be complete: what is missing is what is often asked about, and the explanation says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from gateway.errors.rights import PersonUnknown
from gateway.evaluation.cohort import histories
from gateway.evaluation.evaluating import AsOf, ask_to_evaluate, known_by
from gateway.events.event import PersonLine
from gateway.events.evidence import WeekExplained
from gateway.installation.authority import Asking, deciding
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import texts_before
from gateway.installation.look_ups import NamedBy, look_up
from gateway.outcomes.contract import Contract
from gateway.outcomes.explain import Rules
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.manual_evidence import EVIDENCE, STATUS_OF, EvidenceType
from gateway.outcomes.precedence import decider, disagreements
from gateway.outcomes.results import person_result
from gateway.outcomes.verdicts import WeekVerdict
from gateway.store import basis, queries, registered_evidence
from gateway.store.postings import postings_of_person
from gateway.store.spells import spell_versions
from gateway.store.tables import PullRow, SourceRow, Subject
from policies.basis import RecordKind, StopReason
from policies.terms import Purpose
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

_EDITIONS = {"dream": lambda number: str(Week(number))}  # kind of source -> how its editions are written; else a day


@dataclass(frozen=True, slots=True)
class RowShown:
    """A row that covers the week. `origin` is the file, or the pull, that told it first; `replaced_on` is None while it
    stands. `counts` says whether it does now: a document that waits, was withdrawn or is not accepted does not.
    """

    status: Status
    code: str
    from_week: Week
    to_week: Week
    known_since: datetime
    replaced_on: datetime | None
    origin: str
    counts: bool


@dataclass(frozen=True, slots=True)
class SourceShown:
    """What one status source tells of the week. `complete_to` is None for evidence, and where nothing was told yet."""

    source: str
    complete_to: Week | None
    rows: tuple[RowShown, ...]

    @property
    def told_statuses(self) -> frozenset[Status]:
        return frozenset(row.status for row in self.rows if row.counts)


@dataclass(frozen=True, slots=True)
class PostingShown:
    month: Month
    income_type: IncomeType
    hours_hundredths: int
    is_reversal: bool
    known_since: datetime
    replaced_on: datetime | None
    origin: str


@dataclass(frozen=True, slots=True)
class StateShown:
    """A state that the week's status fits, with the hours that the month needs for it; 0 where none are asked for."""

    state: str
    line: int
    needed_hundredths: int
    paid_hundredths: int  # of its income types


@dataclass(frozen=True, slots=True)
class MeasureShown:
    measure: str
    verdict: WeekVerdict | None  # None where the week lies before the person's first
    line: int
    earlier_version: int  # of the contract, whose file that is; 0 for the one that is explained
    quantity: int  # of the measure at the end of this week


@dataclass(frozen=True, slots=True)
class WeekShown:
    case_reference: str
    enrolled_on: date
    begins_on: date  # when the person's time begins, by the contract
    stop: StopReason | None
    sources: tuple[SourceShown, ...]  # in order of precedence
    decided_by: str  # empty where no source tells the week
    disagreements: tuple[tuple[str, str], ...]
    month: Month
    postings: tuple[PostingShown, ...]
    states: tuple[StateShown, ...]
    measures: tuple[MeasureShown, ...]


@dataclass(frozen=True, slots=True)
class WeekExplanation:
    """`shown` is None where the person is protected."""

    contract: Contract
    week: Week
    window: str  # empty where it lies in none
    income_complete_to: Week | None
    shown: WeekShown | None


def explain_week(gateway: Gateway, contract_id: str, week: Week, case_reference: str) -> WeekExplanation:
    """What led to the status of one week of one person, with everything known now.

    Raises `PersonUnknown` for a case reference that is nobody's here, `PolicyDenied`, `ContractUnknown`.
    """
    with deciding(gateway) as asking:
        session = asking.session
        contract, text = gateway.contract_and_text(session, contract_id, on=week.sunday)
        programme = gateway.programme(session, contract_id)
        authorised = ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)
        subject = queries.subject_of(session, contract_id, case_reference)
        found = None if subject is None else subject.subject_id
        look_up(asking, programme, contract, found, NamedBy.CASE_REFERENCE, purpose=Purpose.OUTCOME_EVALUATION)
        if subject is None:
            raise PersonUnknown(contract=contract_id)
        is_protected = subject.subject_id in basis.having(session, contract_id, RecordKind.PROTECTION, at=asking.now)
        as_of = known_by(session, contract, asking.now)
        shown = None
        if not is_protected:
            [person] = histories(session, contract, programme, known_at=asking.now, only=subject.subject_id)
            shown = _show_week(
                asking, Rules(contract, text, texts_before(session, contract)), as_of, subject, person, week
            )
        asking.uow.record(
            WeekExplained(
                contract=contract_id,
                version=contract.version,
                week=str(week),
                shown=not is_protected,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            [PersonLine(subject.subject_id, "week_explained", Purpose.OUTCOME_EVALUATION)],
        )
    window = next((one.label for one in contract.windows if one.from_week <= week <= one.to_week), "")
    return WeekExplanation(contract, week, window, dict(as_of.by_source).get(contract.income_source), shown)


def _show_week(
    asking: Asking, rules: Rules, as_of: AsOf, subject: Subject, person: PersonHistory, week: Week
) -> WeekShown:
    session, contract = asking.session, rules.contract
    complete = dict(as_of.by_source)
    sources = [
        SourceShown(
            source,
            complete.get(source),
            _documents(session, contract, subject, week)
            if source == EVIDENCE
            else _rows(session, contract, source, subject, week),
        )
        for source in contract.status_sources
    ]
    told = [{week.ordinal: source.told_statuses} if source.told_statuses else {} for source in sources]
    number = decider(told, week.ordinal)
    names = contract.status_sources
    return WeekShown(
        case_reference=subject.case_reference,
        enrolled_on=subject.enrolled_on,
        begins_on=contract.cohort.begins_on(subject.enrolled_on),
        stop=person.stop,
        sources=tuple(sources),
        decided_by="" if number is None else names[number],
        disagreements=tuple((names[one.first], names[one.second]) for one in disagreements(told)),
        month=week.month,
        postings=_postings(session, contract, subject, week.month),
        states=_states(contract, person, week),
        measures=_measures(rules, person, week),
    )


def _rows(session: Session, contract: Contract, source: str, subject: Subject, week: Week) -> tuple[RowShown, ...]:
    told = spell_versions(session, contract.id, source, [subject.subject_id]).get(subject.subject_id, [])
    shown = [one for one in told if one.from_week <= week.ordinal <= one.to_week]
    pulls = queries.pulls(session, contract.id, source)
    declared = session.get(SourceRow, source)
    kind = "" if declared is None else declared.kind
    return tuple(
        RowShown(
            status=row.status,
            code=row.code,
            from_week=Week(row.from_week),
            to_week=Week(row.to_week),
            known_since=row.known_from,
            replaced_on=row.known_to,
            origin=f"{_origin(pulls, row.known_from)}, edition {_edition(kind, row.edition)}",
            counts=row.known_to is None,
        )
        for row in sorted(shown, key=lambda one: (one.known_from, one.code, one.from_week))
    )


def _edition(kind: str, number: int) -> str:
    return _EDITIONS[kind](number) if kind in _EDITIONS else date.fromordinal(number).isoformat()


def _origin(pulls: Sequence[PullRow], known_from: datetime) -> str:
    """The file that told a row, or the pull of records in which it came: the first that had ended by then or later."""
    pull = next((pull for pull in pulls if pull.known_at >= known_from), None)
    if pull is None:
        return "a pull that has not ended"
    return pull.file_name or f"pull {pull.file_sha256[:12]} of {pull.known_at:%Y-%m-%d}"


def _documents(session: Session, contract: Contract, subject: Subject, week: Week) -> tuple[RowShown, ...]:
    found = []
    for row in registered_evidence.of_person(session, contract.id, subject.subject_id):
        if row.score is not None or not row.from_week <= week.ordinal <= row.to_week:
            continue
        said = f"document {row.document_sha256[:12]}, registered by {row.registered_by}"
        if row.confirmed_at is None:
            said += ", waits for a second person"
        else:
            said += f", confirmed by {row.confirmed_by}"
        is_valid = week <= row.counted_to
        if not is_valid:
            said += f", expired on {row.expires_on}"
        kind = EvidenceType(row.type)
        if kind not in contract.evidence:
            said += ", of a kind that this version of the contract does not accept"
        stands = row.confirmed_at is not None and row.withdrawn_at is None
        found.append(
            RowShown(
                status=STATUS_OF[kind],
                code=row.type,
                from_week=Week(row.from_week),
                to_week=Week(row.to_week),
                known_since=row.confirmed_at or row.registered_at,
                replaced_on=row.withdrawn_at,
                origin=said,
                counts=stands and is_valid and kind in contract.evidence,
            )
        )
    return tuple(found)


def _postings(session: Session, contract: Contract, subject: Subject, month: Month) -> tuple[PostingShown, ...]:
    """Postings of the month, and of the one before where the contract carries a missing month forward."""
    first = month + -1 if contract.qualification.carries_missing_month_forward else month
    if not contract.income_source:
        return ()
    told = postings_of_person(session, contract.id, subject.subject_id).get(contract.income_source, [])
    shown = [one for one in told if first <= one.posting.month <= month]
    pulls = queries.pulls(session, contract.id, contract.income_source)
    return tuple(
        PostingShown(
            one.posting.month,
            one.posting.income_type,
            one.posting.paid_hours_hundredths,
            one.posting.is_reversal,
            one.known_from,
            one.known_to,
            _origin(pulls, one.known_from),
        )
        for one in sorted(shown, key=lambda one: (one.posting.month, one.known_from, one.posting.income_type))
    )


def _states(contract: Contract, person: PersonHistory, week: Week) -> tuple[StateShown, ...]:
    shown = person.statuses.get(week.ordinal, frozenset())
    by_registers = person.behind_documents.get(week.ordinal, shown)
    month = week.month
    return tuple(
        StateShown(
            state.id,
            state.line,
            state.hours_per_week_hundredths * len(month.weeks()) if state.income_types else 0,
            sum(person.hours.get((month.ordinal, kind), 0) for kind in state.income_types),
        )
        for state in contract.states
        if state.fits(shown, by_registers)
    )


def _measures(rules: Rules, person: PersonHistory, week: Week) -> tuple[MeasureShown, ...]:
    found = []
    for measure in rules.contract.measures:
        result = person_result(rules.contract, measure, person, week)
        verdict = next((one for one in result.verdicts if one.week == week), None)
        line, earlier = (measure.line, 0) if verdict is None else rules.line_for(measure, person, verdict)
        found.append(MeasureShown(measure.id, verdict, line, earlier, result.quantity))
    return tuple(found)
