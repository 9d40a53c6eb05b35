"""The plain contracts and histories of the oracle as the gateway's own values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from gateway.outcomes.contract import Contract, EarningsThreshold, Measure, MeasureKind
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.terms import (
    Aggregate,
    Caps,
    CohortThreshold,
    Evaluator,
    ExitRule,
    FigureUnit,
    Index,
    Pause,
    Qualification,
    RegisterExit,
    Rounding,
    ScalePoint,
    Tariff,
    TariffKind,
    WeekState,
    Window,
)
from policies.basis import Stop, StopReason
from tests.support.histories import example_contract
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

TEMPLATE = example_contract("impact60")


def contract_from(plain: dict[str, Any]) -> Contract:
    """The contract that a plain one describes; what no evaluation reads is that of an example."""
    changed: dict[str, Any] = {
        "qualification": Qualification(
            carries_missing_month_forward=plain["missing_month"] == "carry_forward",
            first_week_is_enrolment_week=plain["first_week"] == "week_of_enrolment",
            neutral_statuses=frozenset(map(Status, plain["neutral"])),
        ),
        "pauses": tuple(Pause(Week.parse(first), Week.parse(last)) for first, last in plain["pauses"]),
        "windows": tuple(Window(label, Week.parse(first), Week.parse(last)) for label, first, last in plain["windows"]),
        "exits": {StopReason(reason): ExitRule(rule) for reason, rule in plain["record_exits"].items()},
        "register_exits": {RegisterExit(exit_): ExitRule(rule) for exit_, rule in plain["register_exits"].items()},
        "measures": tuple(_measure(one, 100 * number) for number, one in enumerate(plain["measures"], start=1)),
        "aggregates": tuple(_aggregate(name, plain) for name in plain["declared"]),
        "tariffs": tuple(_tariff(one) for one in plain["tariffs"]),
        "rounding": Rounding(plain["rounding"]),
        "caps": Caps(**plain["caps"]),
    }
    values = {name: getattr(TEMPLATE, name) for name in Contract.__dataclass_fields__}
    return Contract(**values | changed)


def _measure(plain: dict[str, Any], line: int) -> Measure:
    states = tuple(
        WeekState(
            one["id"],
            one["id"],
            one["id"],
            frozenset(map(Status, one["statuses"])),
            frozenset(map(IncomeType, one["income_types"])),
            one["hours"],
            line + number,
        )
        for number, one in enumerate(plain["states"], start=1)
    )
    same = ("weeks_from_enrolment", "sustained_weeks", "needed", "within", "by_month", "days_from_enrolment")
    found = {name: plain[name] for name in same if name in plain}
    if "months" in plain:
        found["months"] = tuple(plain["months"])
    if "earnings" in plain:
        pay = plain["earnings"]
        found["earnings"] = EarningsThreshold(
            pay["amount_minor"], pay["hours_hundredths"], _index(pay["index"]), pay["counts_partial_months"]
        )
    return Measure(plain["id"], MeasureKind(plain["kind"]), states, line, **found)


def _aggregate(name: str, plain: dict[str, Any]) -> Aggregate:
    labels = tuple(label for label, _, _ in plain["windows"])
    return Aggregate(
        name, FigureUnit.MINOR, Evaluator("evaluator", "An evaluator", ""), "made up", "made up", labels, 1
    )


def _index(values: dict[int, int] | None) -> Index | None:
    return Index("wage", "made up", values) if values else None


def _tariff(plain: dict[str, Any]) -> Tariff:
    same = (
        *("id", "of", "price_minor", "price_by_state", "base_year", "minus", "share_per_mille", "multiplier"),
        *("may_be_negative", "cap_minor", "cap_window_minor", "carries_excess"),
    )
    found = {name: plain[name] for name in same if name in plain}
    pooled = plain.get("pooled")
    return Tariff(
        kind=TariffKind(plain["kind"]),
        line=1,
        index=_index(plain.get("index")),
        points=tuple(ScalePoint(*point) for point in plain.get("points", ())),
        cohorts=tuple(CohortThreshold(*one) for one in plain.get("cohorts", ())),
        pooled=CohortThreshold(*pooled[:2]) if pooled else None,
        pooled_from=pooled[2] if pooled else "",
        **found,
    )


def history_from(plain: dict[str, Any], subject: int) -> PersonHistory:
    """The history that these rows amount to, through the gateway's own adding up."""
    ref = SubjectRef(f"{subject:032x}")
    stop = None
    if plain["stop"] is not None:
        reason, since = plain["stop"]
        at = datetime.combine(date.fromisoformat(since), time(12), tzinfo=UTC) if since else None
        stop = Stop(StopReason(reason), at)
    return PersonHistory.build(
        subject=ref.value,
        enrolled_on=date.fromisoformat(plain["enrolled_on"]),
        spells=[
            StatusSpell(ref, Status(status), str(number), Week.parse(first), Week.parse(last))
            for number, (status, first, last) in enumerate(plain["spells"])
        ],
        postings=[
            IncomePosting(ref, Month.parse(month), IncomeType(kind), *rest) for month, kind, *rest in plain["postings"]
        ],
        stop=stop,
    )
