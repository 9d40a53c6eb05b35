"""The plain contracts and histories of the oracle as the gateway's own values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.measures.days import DaysMeasure
from gateway.outcomes.measures.each_day import EachDayMeasure
from gateway.outcomes.measures.earnings import EarningsMeasure, EarningsThreshold
from gateway.outcomes.measures.follow_up import FollowUpMeasure
from gateway.outcomes.measures.instrument import Instrument, InstrumentMeasure, InstrumentScore, with_marks
from gateway.outcomes.measures.outcome_state import OutcomeState
from gateway.outcomes.measures.pay import PayMeasure
from gateway.outcomes.measures.people import PeopleMeasure
from gateway.outcomes.measures.retention import RetentionMeasure
from gateway.outcomes.measures.started import StartedMeasure
from gateway.outcomes.measures.week_blocks import WeekBlocksMeasure
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.tariffs.cohort_threshold import CohortTariff, CohortThreshold
from gateway.outcomes.tariffs.declared_price import DeclaredPriceTariff
from gateway.outcomes.tariffs.fee import FeeTariff
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.pay_share import PayShareTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.tariffs.share import ShareTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import (
    EXIT_OF,
    Aggregate,
    Caps,
    Evaluator,
    ExitRule,
    FigureUnit,
    Index,
    Pause,
    Qualification,
    RegisterExit,
    Rounding,
    ScalePoint,
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
        "tariffs": tuple(_tariff(one, {m["id"] for m in plain["measures"]}) for one in plain["tariffs"]),
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
            frozenset(Status).difference(EXIT_OF, {Status.UNKNOWN}, map(Status, one["off"]))
            if "off" in one
            else frozenset(map(Status, one["statuses"])),
            frozenset(map(IncomeType, one["income_types"])),
            one["hours"],
            line + number,
            "off" in one,
        )
        for number, one in enumerate(plain["states"], start=1)
    )
    head = (plain["id"], states, line)
    days, needed = plain.get("days_from_enrolment", 0), plain.get("needed", 0)
    word = OutcomeState(plain["outcome_state"]) if plain.get("outcome_state") else None
    match plain["kind"]:
        case "weeks":
            return WeeksMeasure(*head, plain["weeks_from_enrolment"])
        case "people":
            return PeopleMeasure(*head, plain["sustained_weeks"], outcome_state=word)
        case "retention":
            return RetentionMeasure(*head, needed, plain["within"], plain["by_month"], days, outcome_state=word)
        case "days":
            return DaysMeasure(*head, needed, days, outcome_state=word)
        case "follow_up":
            return FollowUpMeasure(*head, tuple(plain["months"]))
        case "pay":
            return PayMeasure(*head, plain["counts_partial_months"], plain["most_minor"], days)
        case "instrument":
            used = Instrument("i", "an index", "1", 0, 100, plain["better"] == "higher")
            near = plain["baseline_within_days"], plain["follow_up_within_days"]
            changes = plain["change_at_least"], plain["class_from"]
            return InstrumentMeasure(*head, used, tuple(plain["months"]), *near, *changes)
        case "each_day":
            return EachDayMeasure(*head, days)
        case "week_blocks":
            blocks = {name: plain[name] for name in ("weeks_per_block", "most_blocks", "weeks_from_enrolment")}
            return WeekBlocksMeasure(*head, **blocks, is_consecutive=plain["consecutive"], outcome_state=word)
        case "started":
            return StartedMeasure(*head)
    pay = plain["earnings"]
    threshold = EarningsThreshold(
        pay["amount_minor"], pay["hours_hundredths"], _index(pay["index"]), pay["counts_partial_months"]
    )
    return EarningsMeasure(*head, threshold, days)


def _aggregate(name: str, plain: dict[str, Any]) -> Aggregate:
    labels = tuple(label for label, _, _ in plain["windows"])
    return Aggregate(
        name, FigureUnit.MINOR, Evaluator("evaluator", "An evaluator", ""), "made up", "made up", labels, 1
    )


def _index(values: dict[int, int] | None) -> Index | None:
    return Index("wage", "made up", values) if values else None


def _tariff(plain: dict[str, Any], measures: set[str]) -> Tariff:
    limits = {name: plain[name] for name in ("cap_minor", "cap_window_minor", "carries_excess") if name in plain}
    name, of, negative = plain["id"], plain["of"], plain.get("may_be_negative", False)
    points, pooled = tuple(ScalePoint(*point) for point in plain.get("points", ())), plain.get("pooled")
    match plain["kind"]:
        case "price" if of in measures:
            index = _index(plain.get("index"))
            price, by_state = plain.get("price_minor", 0), plain.get("price_by_state")
            return PriceTariff(name, 1, of, price, by_state, index, plain.get("base_year", 0), **limits)
        case "price":
            return DeclaredPriceTariff(name, 1, of, plain["price_minor"], negative, **limits)
        case "fee":
            return FeeTariff(name, 1, plain["price_minor"], **limits)
        case "steps":
            return StepsTariff(name, 1, of, points, **limits)
        case "linear":
            return LinearTariff(name, 1, of, points, **limits)
        case "share" if of in measures:
            return PayShareTariff(name, 1, of, plain["share_per_mille"], **limits)
        case "share":
            minus, times = plain.get("minus", ""), plain.get("multiplier", "")
            return ShareTariff(name, 1, of, plain["share_per_mille"], minus, times, negative, **limits)
    cohorts = tuple(CohortThreshold(*one) for one in plain["cohorts"])
    together = CohortThreshold(*pooled[:2]) if pooled else None
    return CohortTariff(name, 1, plain["price_minor"], cohorts, together, pooled[2] if pooled else "", **limits)


def person_from(contract: Contract, plain: dict[str, Any], subject: int) -> PersonHistory:
    """The history that these rows amount to, with what its scores reach under a contract."""
    scores = [InstrumentScore(date.fromisoformat(day), score) for day, score in plain["scores"]]
    return with_marks(contract, history_from(plain, subject), {"i": sorted(scores, key=lambda one: one.on)})


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
