"""Accruals and a forecast for the municipality's budget follow-up: its own eyes only, and every look is logged.

The accrual is what the registers show today of windows that are not released yet. The forecast goes on as the last 13
complete weeks went: weeks at the same pace, people as they are now. Whole numbers only; what a division leaves over is
dropped, since this is an estimate and no claim. Nothing here is ever invoiced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gateway.contracts import aggregates
from gateway.errors.aggregates import AggregateMissing
from gateway.errors.release import SourcesIncomplete
from gateway.evaluation import evaluating
from gateway.evaluation.cohort import histories
from gateway.evaluation.erased import left_by_erased
from gateway.evaluation.looking import Snapshot, look_apart
from gateway.events.settlement import ForecastMade
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.figures import Figures
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.opening import OpeningBalances
from gateway.outcomes.payers import shares
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.terms import Window
from gateway.outcomes.versions import part_of, stretch_at, tariff_stretches
from gateway.settlement.account import PaymentDocument
from gateway.settlement.reading import read_settlement
from gateway.settlement.settled import Settled, lines_of
from gateway.settlement.statement import digest
from gateway.wording.views import View
from policies.terms import Purpose
from vocabulary.danish_days import danish_day
from vocabulary.weeks import Week

PACE_WEEKS = 13


@dataclass(frozen=True, slots=True)
class ExpectedWindow:
    """One window: what is signed, what has accrued, what is expected in all, and in which budget year it is paid.

    `own_minor` is what the municipality bears of what is expected: a budget holds that, and not what others pay.
    """

    window: str
    signed_minor: int
    accrued_minor: int
    """0 once it is signed."""
    expected_minor: int
    own_minor: int
    payment_expected_on: date
    """The day on which the last of it was paid, or is expected to be."""
    budget_year: int
    """Of that day. What was paid in another year stands there in the sums by year."""


@dataclass(frozen=True, slots=True)
class StatedAgain:
    """What the parties stated of one tariff in one window, and what the registers of today would make of it."""

    window: str
    tariff: str
    stated_quantity: int
    evaluated_quantity: int
    stated_minor: int
    evaluated_minor: int

    @property
    def differs(self) -> bool:
        return (self.stated_quantity, self.stated_minor) != (self.evaluated_quantity, self.evaluated_minor)


@dataclass(frozen=True, slots=True)
class Forecast(View):
    """Accruals and forecast of one contract: an estimate and no claim, for the municipality's eyes alone.

    Amounts are whole minor units (øre).
    """

    contract: str
    complete_to: str
    """ISO week."""
    windows: tuple[ExpectedWindow, ...]
    by_year: tuple[tuple[int, int, int], ...]
    """Budget year, what the municipality bears of it, and what all payers do."""
    stated: tuple[StatedAgain, ...]
    """The windows before the gateway, as stated and as the registers show them today."""


def accruals(gateway: Gateway, contract_id: str, *, chain: Contract | None = None) -> Forecast:
    """Accruals and forecast with what is known now; under `chain`, a later version with those before it, as it would be
    were that in force. Raises `SourcesIncomplete`, `PolicyDenied`."""

    def authorise(asking: Asking) -> Authorised:
        contract = gateway.contract(asking.session, contract_id)
        programme = gateway.programme(asking.session, contract_id)
        return evaluating.ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)

    def record(asking: Asking, authorised: Authorised, seen: _Foreseen) -> Forecast:
        for evaluation in seen.evaluations:
            evaluating.record_evaluation(
                asking,
                seen.contract,
                evaluation,
                seen.cohort,
                authorised,
                Purpose.OUTCOME_EVALUATION,
                known_at=seen.known_at,
            )
        asking.uow.record(
            ForecastMade(
                contract=contract_id,
                week=seen.forecast.complete_to,
                forecast_sha256=digest(seen.forecast),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        return seen.forecast

    return look_apart(
        gateway,
        contract_id,
        Purpose.OUTCOME_EVALUATION,
        authorise=authorise,
        look=lambda at, _: _foresee(gateway, at, contract_id, chain),
        record=record,
    )


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """The forecast with the evaluations that it was made from."""

    forecast: Forecast
    contract: Contract
    cohort: list[PersonHistory]
    evaluations: list[Evaluation]
    known_at: datetime


def _foresee(gateway: Gateway, at: Snapshot, contract_id: str, chain: Contract | None) -> _Foreseen:
    contract = gateway.contract(at.session, contract_id) if chain is None else chain
    programme = gateway.programme(at.session, contract_id)
    as_of = evaluating.known_by(at.session, contract, at.now)
    settled = replace(read_settlement(gateway, at.session, contract_id, now=at.now), contract=contract)
    if as_of.complete_to is None:
        first = str(contract.windows[0].from_week)
        raise SourcesIncomplete(contract=contract_id, week=first, complete="nowhere")
    week = min(as_of.complete_to, contract.windows[-1].to_week)
    cohort = histories(at.session, contract, programme, known_at=at.now)
    remainder = left_by_erased(gateway, at.session, contract_id)
    seen = {
        end: evaluate(contract, cohort, end, remainder=remainder)
        for end in {_back(contract, week), week, *(w.to_week for w in contract.windows if w.to_week <= week)}
    }
    declared = {w.label: _declared_figures(at, contract, w) for w in contract.windows}
    made = forecast(settled, seen, week=week, declared=declared)
    return _Foreseen(made, contract, cohort, list(seen.values()), at.now)


def forecast(
    settled: Settled, seen: Mapping[Week, Evaluation], *, week: Week, declared: Mapping[str, Mapping[str, int]]
) -> Forecast:
    """The arithmetic: what is owed by each window's end, less what the windows before it are worth.

    `declared` holds the figures that evaluators signed, by window; one that is not there yet earns nothing here.
    """
    contract = settled.contract
    signed = {one.window: one for one in settled.documents if one.is_standing}
    series = [
        _figures(contract, seen, number, window, week=week, at=window.to_week, declared=declared[window.label])
        for number, window in enumerate(contract.windows, start=1)
    ]
    opening = settled.adopted.opening if settled.adopted else None
    due = owed_amounts(contract, series, opening)
    windows, before, booked = [], Counter[str](), Counter[str]()
    years: Counter[int] = Counter()
    own_years: Counter[int] = Counter()
    for number, window in enumerate(contract.windows, start=1):
        document = signed.get(window.label)
        worths = Counter({name: minor - before[name] for name, minor in due[number - 1].items()})
        accrued = 0
        if document is not None:
            worths = document.by_tariff(with_adjustments=True)
            worths.update(settled.paid_before(window.label))
        elif window.from_week <= week:
            at = min(window.to_week, week)
            now = _figures(contract, seen, number, window, week=week, at=at, declared=declared[window.label])
            owed = owed_amounts(contract, [*series[: number - 1], now], opening)[-1]
            accrued = sum(owed.values()) - before.total()
        own, worth = -shares(contract, booked)[0], sum(worths.values())
        booked.update(worths)
        own += shares(contract, booked)[0]
        parts = _parts(settled, window.label, document, worth, own)
        on = max(part.on for part in parts)
        windows.append(ExpectedWindow(window.label, worth if document else 0, accrued, worth, own, on, on.year))
        for part in parts:
            years[part.on.year] += part.minor
            own_years[part.on.year] += part.own_minor
        before.update(worths if document is None else document.by_tariff(with_adjustments=False))
        before.update(settled.paid_before(window.label) if document else {})
    by_year = tuple((year, own_years[year], years[year]) for year in sorted(years))
    stated = _stated_again(contract, series, opening)
    return Forecast(contract.id, str(week), tuple(windows), by_year, stated)


def _stated_again(
    contract: Contract, series: Sequence[Figures], opening: OpeningBalances | None
) -> tuple[StatedAgain, ...]:
    """Every stated window beside what the same arithmetic makes of the registers. A difference is reported here, and
    nowhere settled.
    """
    if opening is None:
        return ()
    found, before = [], {tariff.id: (0, 0) for tariff in contract.tariffs}
    for figures, amounts in zip(series, owed_amounts(contract, series), strict=True):
        if figures.window not in opening.windows:
            break
        for one in opening.of(figures.window):
            tariff = next(tariff for tariff in contract.tariffs if tariff.id == one.tariff)
            quantity, amount = tariff.quantity(figures), amounts[one.tariff]
            were = before[one.tariff]
            evaluated = quantity - were[0], amount - were[1]
            found.append(
                StatedAgain(one.window, one.tariff, one.quantity, evaluated[0], one.amount_minor, evaluated[1])
            )
            before[one.tariff] = quantity, amount
    return tuple(found)


def _declared_figures(at: Snapshot, contract: Contract, window: Window) -> dict[str, int]:
    try:
        return aggregates.known_figures(at.session, contract, window, at=at.now)
    except AggregateMissing:
        return {}


@dataclass(frozen=True, slots=True)
class _ExpectedPart:
    """What was paid, or is expected to be, on one day: in all, and what the municipality bears of it."""

    on: date
    minor: int
    own_minor: int


def _parts(settled: Settled, label: str, document: PaymentDocument | None, worth: int, own: int) -> list[_ExpectedPart]:
    """What a window is worth, by the day of its payment; of that the municipality bears `own`.

    What is paid counts where it was paid, what is invoiced where it is due, and the rest where it can be expected:
    after the freeze or the document, the days for disputes and the days for payment. What the parties state as paid was
    paid when that would have been, and before they signed it.
    """
    contract = settled.contract
    window = contract.window(label)
    days = timedelta(days=settled.terms.dispute_days + settled.terms.payment_days)
    found = []
    stated = sum(settled.paid_before(label).values()) if settled.adopted else 0
    if stated and settled.adopted is not None:
        on = min(contract.freezes_on(window) + days, danish_day(settled.adopted.at))
        found.append(_ExpectedPart(on, stated, shares(contract, settled.paid_before(label))[0]))
    for bill in settled.bills:
        minor = sum(line.amount_minor for line in lines_of(bill) if line.window == label)
        is_own = bill.payer == contract.payers[0].organisation
        if minor:
            found.append(_ExpectedPart(settled.paid.get(bill.id, bill.due_on), minor, minor if is_own else 0))
    rest = worth - sum(part.minor for part in found)
    if rest or not found:
        one = settled.standing(label) if document is not None else None
        start = max(contract.freezes_on(window), danish_day(settled.now)) if one is None else danish_day(one.issued_at)
        if not worth and one is not None:
            start = contract.freezes_on(window)
        found.append(_ExpectedPart(start + days, rest, own - sum(part.own_minor for part in found)))
    return found


def _figures(
    contract: Contract,
    seen: Mapping[Week, Evaluation],
    number: int,
    window: Window,
    *,
    week: Week,
    at: Week,
    declared: Mapping[str, int],
) -> Figures:
    """What the tariffs read at a week: as it was, or at the pace of the last 13 weeks where it lies ahead."""
    now = seen[min(at, week)]
    quantities, personal = {one.measure: one.quantity for one in now.totals}, dict(now.personal)
    ahead, weeks = at - week, week - _back(contract, week)
    if ahead > 0 and weeks:
        earlier = seen[_back(contract, week)]
        paces = dict(earlier.personal)
        for measure in contract.measures:
            if measure.pace_limit is None:
                continue  # people stay as they are now
            pace = quantities[measure.id] - earlier.quantity(measure.id)
            most = now.participants * measure.pace_limit
            by_time = now.participants * ahead * measure.most_a_week
            more = max(0, min(pace * ahead // weeks, by_time, most - quantities[measure.id]))
            quantities[measure.id] += more
            for tariff in contract.personal_tariffs:
                names = [part_of(tariff, stretch) for stretch in tariff_stretches(contract, tariff)]
                if tariff.of != measure.id or pace <= 0 or not personal.keys() & set(names):
                    continue
                gained = sum(personal.get(name, 0) - paces.get(name, 0) for name in names)
                there = names[stretch_at(tariff_stretches(contract, tariff), number - 1)]
                personal[there] = personal.get(there, 0) + gained * more // pace
    return Figures(window.label, quantities | dict(declared), personal, number)


def _back(contract: Contract, week: Week) -> Week:
    """The week from which the pace is measured: 13 weeks back, and not before the contract's first."""
    return max(contract.windows[0].from_week, week + -PACE_WEEKS)
