"""Reads how single people are read and followed: registers and documents, what makes a week count, and exits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.measures_file import NEUTRAL, statuses
from gateway.outcomes.terms import ExitRule, Qualification, RegisterExit, WeekState
from policies.basis import StopReason
from vocabulary.declaration import DeclarationTable, one_of


@dataclass(frozen=True, slots=True)
class PeopleTerms:
    """How single people are read and followed."""

    status_sources: tuple[str, ...]
    evidence: frozenset[EvidenceType]
    income_source: str
    unknown_codes_block: bool
    qualification: Qualification
    exits: Mapping[StopReason, ExitRule]
    register_exits: Mapping[RegisterExit, ExitRule]


def read_people(root: DeclarationTable, states: Sequence[WeekState]) -> PeopleTerms:
    """What the file says of single people. Without `sources.income` no register of pay is read, and no state may
    ask for what only such a register tells.
    """
    part, sources, exits = root.part, root.table("sources"), root.table("exits", or_empty=True)
    income = part(lambda: sources.text("income") if "income" in sources else "")
    qualification = part(lambda: _qualification(root.table("qualification", or_empty=True)))
    status, evidence = part(lambda: _status_sources(sources)), part(lambda: _evidence_types(sources))
    codes = part(lambda: sources.convert("unknown_codes", one_of("report", "block"), "report"))
    with root.check():
        sources.finish()
    stops = {reason: _exit_rule(exits, reason) for reason in StopReason}
    shown = {exit_: _exit_rule(exits, exit_) for exit_ in RegisterExit}
    with root.check():
        exits.finish()
    with root.check():
        if bool(evidence) != (EVIDENCE in status):
            where = "evidence" if evidence else "status"
            reason = "evidence stands among the status sources with its kinds under evidence, or nowhere"
            raise sources.refuse(where, reason)
    with root.check():
        if income == EVIDENCE:
            raise sources.refuse("income", "must name a register: a document shows weeks, and no paid hours")
        if not income:
            _check_no_income(root, states)
    return PeopleTerms(
        status_sources=status,
        evidence=evidence,
        income_source=income,
        unknown_codes_block=part(lambda: codes == "block"),
        qualification=qualification,
        exits=stops,
        register_exits=shown,
    )


def _exit_rule(exits: DeclarationTable, key: str) -> ExitRule:
    return exits.part(lambda: ExitRule(exits.convert(key, one_of(*ExitRule), ExitRule.FROZEN)))


def _evidence_types(table: DeclarationTable) -> frozenset[EvidenceType]:
    kinds = table.texts("evidence", [])
    for word in kinds:
        if word not in set(EvidenceType):
            raise table.refuse("evidence", f"knows no kind {word!r}; known are: {', '.join(EvidenceType)}")
    return frozenset(EvidenceType(word) for word in kinds)


def _status_sources(table: DeclarationTable) -> tuple[str, ...]:
    """One source, or several in order of precedence; with evidence among them, its kinds must be named."""
    named = (table.text("status"),) if table.is_text("status") else table.texts("status")
    if not named or not all(named):
        raise table.refuse("status", "must name one source, or several in order of precedence")
    if set(named) == {EVIDENCE}:
        raise table.refuse("status", "must name a register: evidence adds to one, and never stands alone")
    return named


def _check_no_income(root: DeclarationTable, states: Sequence[WeekState]) -> None:
    """Whatever counts pay or hours names a state with income types."""
    reason = "rests on pay or paid hours, and sources.income names no register that tells them"
    for table, state in zip(root.tables("states"), states, strict=True):
        if state.income_types:
            raise table.refuse("income_types", reason, rule="income-source")


def terms_of_nobody(root: DeclarationTable) -> PeopleTerms:
    """A contract that rests on declared aggregates alone reads no register and follows nobody: what it said of single
    people would never be used, and is refused."""
    for key in ("sources", "qualification", "states", "exits", "pauses", "statements"):
        with root.check():
            if key in root:
                raise root.refuse(key, "says how single people are counted, and this contract has no measures")
    return PeopleTerms(
        status_sources=(),
        evidence=frozenset(),
        income_source="",
        unknown_codes_block=False,
        qualification=Qualification(False, True, frozenset()),
        exits=dict.fromkeys(StopReason, ExitRule.FROZEN),  # nothing is counted of anybody, so nothing is taken back
        register_exits=dict.fromkeys(RegisterExit, ExitRule.FROZEN),
    )


def _qualification(table: DeclarationTable) -> Qualification:
    table.convert("week_belongs_to", one_of("month_of_thursday"), "month_of_thursday")
    missing = table.convert("missing_month", one_of("no_hours", "carry_forward"), "no_hours")
    first = table.convert("first_week", one_of("week_of_enrolment", "week_after_enrolment"), "week_of_enrolment")
    neutral = table.part(lambda: statuses(table, "neutral_statuses", NEUTRAL))
    table.finish()
    return Qualification(missing == "carry_forward", first == "week_of_enrolment", neutral)
