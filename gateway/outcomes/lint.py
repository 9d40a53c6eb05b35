"""What a careful reader would say of a contract before anybody signs it: each finding with its line and a way out.

The loader refuses what cannot be understood. This looks at what can, and yet cannot be meant: a term that never pays,
one that pays twice, a cap or a state that nothing reaches. A finding that `refuses` keeps the contract from being put
in force; the others are for people to decide about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.calendar import first_days, first_weeks, months_after
from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.evaluable import is_reached, missing_years, stopped_evaluations
from gateway.outcomes.findings import LintFinding
from gateway.outcomes.later_measures import pays_nothing
from gateway.outcomes.manual_evidence import EVIDENCE, STATUS_OF
from gateway.outcomes.measures.follow_up import FollowUpMeasure
from gateway.outcomes.measures.instrument import InstrumentMeasure
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.off_benefit import lint_off_benefit
from gateway.outcomes.terms import WeekState
from outcome_verifier.currencies import MINOR_DIGITS
from vocabulary.statuses import Status
from vocabulary.weeks import Week

_AN_HOUR = 100  # hundredths
_INVOICE_DIGITS = 2  # decimals of an amount: EN 16931, rules BR-DEC-01 to BR-DEC-28


def lint(contract: Contract, shown_by: Mapping[str, frozenset[Status]]) -> list[LintFinding]:
    """Every finding, in the order of lines. `shown_by` maps a source to the statuses that its code list knows."""
    stops = list(missing_years(contract)) or list(stopped_evaluations(contract))
    found = [
        *stops,
        *(() if stops else _never_pays(contract)),
        *_late_points(contract),
        *_few_hours(contract),
        *_currencies(contract),
        *_pays_twice(contract),
        *(finding for tariff in contract.tariffs for finding in tariff.lint(contract)),
        *_gates(contract),
        *_unreachable_caps(contract),
        *_low_caps(contract),
        *_payers_of_few(contract),
        *_batches_apart(contract),
        *_empty_windows(contract),
        *_unseen_states(contract, shown_by),
        *_hidden_states(contract),
        *_unneeded_income(contract),
        *lint_off_benefit(contract, shown_by),
    ]
    return sorted(found, key=lambda finding: (finding.line, finding.rule))


def _never_pays(contract: Contract) -> Iterator[LintFinding]:
    for measure in contract.measures:
        if measure.id in contract.paid_measures and not is_reached(contract, measure):
            yield LintFinding(
                "never-pays",
                measure.line,
                f"nobody reaches {measure.id!r} before the last window ends in {contract.windows[-1].to_week}, not even"
                " who is in one of its states in every week",
                "ask for less, or give people more time for it",
                refuses=True,
            )


def _late_points(contract: Contract) -> Iterator[LintFinding]:
    """Follow-up months that lie behind the calendar for everybody."""
    first, last = first_days(contract)[0], contract.windows[-1].to_week
    for measure in contract.measures:
        if isinstance(measure, FollowUpMeasure | InstrumentMeasure):
            late = [months for months in measure.months if Week.of(months_after(first, months)) > last]
            if late and late != list(measure.months):  # with all of them nobody reaches the measure
                yield LintFinding(
                    "never-pays",
                    measure.line,
                    f"month {', '.join(map(str, late))} of {measure.id!r} lies behind the last window, which ends in"
                    f" {last}, for everybody",
                    "leave it out, or let windows go on for longer",
                )


def _few_hours(contract: Contract) -> Iterator[LintFinding]:
    """Less than an hour a week is hardly meant: the number is in hundredths of an hour."""
    for state in contract.states:
        if 0 < state.hours_per_week_hundredths < _AN_HOUR:
            hours = f"{state.hours_per_week_hundredths // _AN_HOUR}.{state.hours_per_week_hundredths % _AN_HOUR:02}"
            yield LintFinding(
                "few-hours",
                state.line,
                f"{state.id!r} asks for {hours} hours a week",
                f"write hundredths of an hour: {state.hours_per_week_hundredths} hours are"
                f" {state.hours_per_week_hundredths}00",
            )


def _currencies(contract: Contract) -> Iterator[LintFinding]:
    """A currency that pay is not reported in, or that an invoice cannot be written in as its standard says."""
    code, country = contract.currency, contract.payers[0].country
    if country == "DK" and code != "DKK" and contract.needs_amounts:
        yield LintFinding(
            "pay-in-another-currency",
            1,
            f"amounts are in {code}, and the income register reports pay in DKK: one is taken for the other",
            "write the contract in DKK, or count weeks and no pay",
            refuses=True,
        )
    if contract.settlement is not None and MINOR_DIGITS[code] > _INVOICE_DIGITS:
        yield LintFinding(
            "invoice-decimals",
            1,
            f"amounts in {code} have {MINOR_DIGITS[code]} decimals; EN 16931 allows an invoice {_INVOICE_DIGITS}",
            "ask the buyer whether it takes invoices with more decimals, or agree on another currency",
        )


def _pays_twice(contract: Contract) -> Iterator[LintFinding]:
    for first, second in combinations([one for one in contract.personal_tariffs if not pays_nothing(one)], 2):
        one, other = contract.measure(first.of), contract.measure(second.of)
        if one is None or other is None:
            continue
        if one.id == other.id:
            yield LintFinding(
                "pays-twice",
                second.line,
                f"{first.id!r} and {second.id!r} both price {one.id!r}",
                "add the prices up in one tariff",
                refuses=True,
            )
        elif _adds_up(one) and _adds_up(other) and set(one.states) & set(other.states):
            shared = min(state.id for state in set(one.states) & set(other.states))
            yield LintFinding(
                "pays-twice",
                second.line,
                f"a week in {shared!r} is paid under {first.id!r} and under {second.id!r}",
                "leave the state out of one of the measures, or price states apart with price_by_state",
            )


def _adds_up(measure: Measure) -> bool:
    """Whether each of its weeks, or days, is paid for by itself."""
    return isinstance(measure, PlacedMeasure) and measure.weeks_add_up


def _gates(contract: Contract) -> Iterator[LintFinding]:
    """A gate that nothing opens, or that is open whenever its own tariff owes anything."""
    for tariff in contract.tariffs:
        gate = tariff.gate
        if gate is None:
            continue
        measure = contract.measure(gate.of)
        most = contract.cohort.size * measure.most_units(contract) if measure is not None else gate.at_least
        if gate.at_least > most:
            yield LintFinding(
                "gate-never-opens",
                tariff.line,
                f"the gate of {tariff.id!r} opens at {gate.at_least}, and {gate.of!r} counts at most {most}",
                "lower at_least",
                refuses=True,
            )
        elif gate.of == tariff.main_figure and gate.at_least <= tariff.first_paid():
            yield LintFinding(
                "gate-never-shuts",
                tariff.line,
                f"{tariff.id!r} owes nothing below {tariff.first_paid()} anyway: its gate at {gate.at_least} changes"
                " nothing",
                "raise at_least, or leave the gate out",
            )


def _low_caps(contract: Contract) -> Iterator[LintFinding]:
    """A cap that is below a single unit: nobody is ever paid for as the price says."""
    person = contract.caps.person_minor
    for tariff in contract.tariffs:
        price = tariff.least_unit_price()
        if price is None:
            continue
        lost = 0 if tariff.carries_excess else tariff.cap_window_minor
        for cap, line, word in (
            (person, contract.caps.line, "the cap of a person"),
            (tariff.cap_minor, tariff.line, f"the cap of {tariff.id!r}"),
            (lost, tariff.line, f"the cap of a window of {tariff.id!r}"),
        ):
            if 0 < cap < price:
                yield LintFinding(
                    "cap-below-unit",
                    line,
                    f"{word}, {cap}, is less than a single unit of {tariff.id!r}, which is priced at {price}",
                    "raise the cap, or lower the price",
                )


def _payers_of_few(contract: Contract) -> Iterator[LintFinding]:
    if len(contract.payers) > 1 and contract.cohort.size < contract.k_cohort:
        yield LintFinding(
            "payer-learns-of-few",
            1,
            f"the further payers learn the exact amount of {contract.cohort.size} people from each of their bills, and"
            f" k_cohort is {contract.k_cohort}",
            "plan payment documents for few windows, and agree with those payers on what the amounts may be used for",
        )


def _batches_apart(contract: Contract) -> Iterator[LintFinding]:
    cohort = contract.cohort
    if len(cohort.batches) > 1 and not (cohort.has_cut_offs or contract.fold.at_most) and reader_windows(contract):
        yield LintFinding(
            "batches-apart",
            1,
            f"{len(cohort.batches)} batches may be sealed in turn, and who counts later is in some windows and not in"
            " others: where these tell of a few, readers get nothing before an amendment",
            'say fold = "blocks" in [disclosure], or let everybody\'s time begin with the batch (time_from = "batch")',
        )


def _unreachable_caps(contract: Contract) -> Iterator[LintFinding]:
    most = {tariff.id: tariff.most_minor(contract) for tariff in contract.tariffs}
    for tariff in contract.tariffs:
        highest = most[tariff.id]
        if tariff.cap_minor and highest is not None and tariff.cap_minor > highest and not pays_nothing(tariff):
            yield LintFinding(
                "unreachable-cap",
                tariff.line,
                f"the cap of {tariff.id!r} can never bind: all people together earn at most {highest} minor units",
                "lower it, or leave it out",
            )
        windows = tariff.cap_window_minor * len(contract.windows)
        if 0 < windows < tariff.cap_minor:
            yield LintFinding(
                "unreachable-cap",
                tariff.line,
                f"the cap of {tariff.id!r} can never bind: its windows together pay at most {windows} minor units",
                "lower it, or leave it out",
            )
    yield from _unreachable_person_cap(contract)
    known = [
        bound
        for tariff in contract.tariffs
        if (bound := _most_under_caps(contract, tariff, most[tariff.id])) is not None
    ]
    if contract.caps.most_minor and len(known) == len(most) and contract.caps.most_minor > sum(known):
        yield LintFinding(
            "unreachable-cap",
            contract.caps.line,
            f"the contract's cap can never bind: all tariffs together pay at most {sum(known)} minor units",
            "lower it, or leave it out",
        )


def _unreachable_person_cap(contract: Contract) -> Iterator[LintFinding]:
    """One person never earns so much: the most of every price by itself, added up."""
    highest = [tariff.most_minor(contract) for tariff in contract.personal_tariffs]
    known = [most for most in highest if most is not None]
    is_declared = any(tariff.bears_person_excess for tariff in contract.tariffs)
    if not contract.caps.person_minor or is_declared or len(known) < len(highest):
        return  # behind a declared figure or an index there is no bound for one person
    most = sum(minor // contract.cohort.size for minor in known)
    if contract.caps.person_minor > most:
        yield LintFinding(
            "unreachable-cap",
            contract.caps.line,
            f"the cap of a person can never bind: one person earns at most {most} minor units under all prices",
            "lower it, or leave it out",
        )


def _most_under_caps(contract: Contract, tariff: Tariff, highest: int | None) -> int | None:
    """The most that a tariff can pay under its own caps; None where nothing bounds it."""
    bounds = [highest, tariff.cap_minor or None, tariff.cap_window_minor * len(contract.windows) or None]
    return min((bound for bound in bounds if bound is not None), default=None)


def _empty_windows(contract: Contract) -> Iterator[LintFinding]:
    """A window that begins when the time of everybody is over can bring corrections and nothing else."""
    ends = [_last_week(contract, measure) for measure in contract.measures]
    last = max((end for end in ends if end is not None), default=None)
    if last is None or None in ends:
        return
    for window in contract.windows:
        if window.from_week > last:
            yield LintFinding(
                "window-after-end",
                1,
                f"window {window.label!r} begins in {window.from_week}, after everybody's time ends in {last}",
                "end the calendar there, or give people more time",
            )


def _last_week(contract: Contract, measure: Measure) -> Week | None:
    """The last week in which the measure asks anybody anything; None where it has no end."""
    last = first_weeks(contract)[-1]
    paused = sum(pause.to_week - pause.from_week + 1 for pause in contract.pauses)
    if measure.weeks_limit:
        return last + (measure.weeks_limit - 1 + paused)
    if measure.days_limit:
        return last + (measure.days_limit // 7 + 1 + paused)
    return None


def _unseen_states(contract: Contract, shown_by: Mapping[str, frozenset[Status]]) -> Iterator[LintFinding]:
    """Nothing is said where the contract reads a register whose codes are not known here."""
    registers = [source for source in contract.status_sources if source != EVIDENCE]
    if not registers or any(source not in shown_by for source in registers):
        return
    shown = frozenset(STATUS_OF[kind] for kind in contract.evidence) | {one.status for one in contract.status_words}
    shown = shown.union(*(shown_by[one] for one in registers))
    for state in contract.states:
        if not state.statuses & shown:
            yield LintFinding(
                "unseen-state",
                state.line,
                f"source {' or '.join(map(repr, contract.status_sources))} never shows a status of {state.id!r}",
                "name a status that its code list knows, or read another source",
                refuses=True,
            )


def _unneeded_income(contract: Contract) -> Iterator[LintFinding]:
    """A register that is read and decides nothing (GDPR art. 5(1)(c))."""
    if contract.income_source and not any(state.income_types for state in contract.states):
        yield LintFinding(
            "income-not-needed",
            1,
            f"{contract.income_source!r} is read of everybody, and no state rests on pay",
            "leave sources.income out",
        )


def _hidden_states(contract: Contract) -> Iterator[LintFinding]:
    """The first state that fits decides: one behind it that asks for no less of the same can never be reached."""
    for measure in contract.measures:
        reader = next((one for one in contract.tariffs if one.main_figure == measure.id), None)
        for first, second in combinations(measure.states, 2):
            if _covers(first, second):
                differs = reader is not None and reader.tells_apart(first.id, second.id)
                yield LintFinding(
                    "ambiguous-precedence",
                    second.line,
                    f"{measure.id!r} never counts {second.id!r}: whatever fits it fits {first.id!r} before it",
                    "put the narrower state first",
                    refuses=differs,
                )


def _covers(first: WeekState, second: WeekState) -> bool:
    if not second.statuses <= first.statuses or (first.is_off_benefit and not second.is_off_benefit):
        return False
    if not first.income_types:
        return True
    same = second.income_types and second.income_types <= first.income_types
    return bool(same) and first.hours_per_week_hundredths <= second.hours_per_week_hundredths
