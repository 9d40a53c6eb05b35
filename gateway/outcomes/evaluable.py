"""Whether a contract can be evaluated: invented people live through all of its calendar, window by window.

What stops an evaluation then would stop it for good once the contract is in force: a year that an index lacks, an
amount that is not whole where no rounding is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors.contracts import ContractNotEvaluable
from gateway.outcomes.best_seen import plain_life
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.findings import LintFinding
from gateway.outcomes.forecast import Recount
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.results import person_result
from gateway.outcomes.terms import Index
from vocabulary.weeks import Week

_ODD = 9_999_999  # no price, share or line of it is whole unless every one is


def published_indices(contract: Contract) -> list[Index]:
    """Every published series that a price or a threshold reads, each once."""
    indices = [tariff.published_index for tariff in contract.tariffs]
    indices += [measure.published_index for measure in contract.measures]
    return list({index.id: index for index in indices if index is not None}.values())


def missing_years(contract: Contract) -> Iterator[LintFinding]:
    """Years of the calendar for which an index has no value: nobody who reaches a unit in one could be paid."""
    first, last = Week.of(contract.cohort.enrolment_from), contract.windows[-1].to_week
    calendar = range(first.thursday.year, last.thursday.year + 1)
    for tariff in contract.tariffs:
        if tariff.published_index is not None:
            yield from _lacking(contract, tariff.published_index, calendar, tariff.line)
    for measure in contract.measures:
        index = measure.published_index
        if index is not None:  # of the year of each person's start
            began, ended = map(index.year_of, (contract.cohort.enrolment_from, contract.cohort.enrolment_to))
            yield from _lacking(contract, index, range(began, ended + 1), measure.line)


def _lacking(contract: Contract, index: Index, years: range, line: int) -> Iterator[LintFinding]:
    lacking = [year for year in years if year not in index.values]
    if lacking:
        window = next(one.label for one in contract.windows if one.to_week.thursday.year >= lacking[0])
        yield LintFinding(
            "index-year-missing",
            line,
            f"index {index.id!r} has no value for {', '.join(map(str, lacking))}: from window {window!r} on nothing"
            " could be evaluated",
            "add the years, or let the calendar end before them: a later version can add windows and published years",
            refuses=True,
        )


def is_reached(contract: Contract, measure: Measure) -> bool:
    """Whether anybody reaches a unit of the measure by being in one of its states in every week."""
    last = contract.windows[-1].to_week
    return any(person_result(contract, measure, life, last).quantity for life in _tried_people(contract))


def _tried_people(contract: Contract) -> list[PersonHistory]:
    """For each state and for the first and the last day of enrolment somebody who is in it all the time."""
    starts = sorted({contract.cohort.enrolment_from, contract.cohort.enrolment_to})
    return [plain_life(contract, state, day) for state in contract.states or (None,) for day in starts]


def stopped_evaluations(contract: Contract) -> Iterator[LintFinding]:
    """What stops the evaluation of people who are in a state in every week, and of odd declared figures."""
    cohort = _tried_people(contract)
    declared = {one.id: dict.fromkeys(one.windows, _ODD) for one in contract.aggregates}
    try:
        Recount(contract, cohort).payments(contract, declared)
    except ContractNotEvaluable as error:
        yield LintFinding(
            "not-evaluable",
            1,
            f"somebody who is in a state all the time cannot be evaluated: {error.reason}",
            "mend the term that it names",
            refuses=True,
        )
