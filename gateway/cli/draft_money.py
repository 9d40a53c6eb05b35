"""What a draft may cost while it is asked for: bounds from its tariffs, and what invented people make of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from gateway.contracts.draft import DraftTerms, contract_text
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.forecast import Recount
from gateway.simulate.invented import generate_course, histories

_HALF = 50  # per cent in a counted state at the end
_SAMPLE = 100  # people who are invented; more are reckoned from them
_SEEDS = (1, 2, 3)
_FEW_HOURS = 1000  # hundredths a week: jobs are invented from there up to a full week


@dataclass(frozen=True, slots=True)
class DraftMoney:
    """Minor units over the whole contract; `expected` with half of the people in a counted state at the end, and None
    where nobody can be invented who would reach it."""

    least: int
    expected: int | None
    most: int


@lru_cache(maxsize=8)
def money_of(terms: DraftTerms) -> DraftMoney:
    """What the draft may cost. Raises `DeclarationInvalid` for a draft that is no contract."""
    bounds = ranges(load_contract(contract_text(terms).encode(), file="draft"))[-1]
    least, most = bounds.least.minor or 0, bounds.most.minor or 0
    try:
        expected = _expected_minor(terms)
    except ValueError:
        return DraftMoney(least, None, most)
    return DraftMoney(least, min(expected, most), most)


def _expected_minor(terms: DraftTerms) -> int:
    """Before the cap, in whole results. Raises `ValueError` where no activity that can be invented counts.

    The people are the same whatever weeks and hours the draft asks for: so more of either is seen to pay for fewer.
    """
    few = replace(terms, title="draft", people=min(terms.people, _SAMPLE), cap_minor=0)
    lenient = replace(few, weeks=1, hours_hundredths=min(few.hours_hundredths, _FEW_HOURS))
    sample, lives_of = (load_contract(contract_text(one).encode(), file="draft") for one in (few, lenient))
    course = generate_course(lives_of, per_cent=_HALF)
    cohorts = [histories(lives_of, course, seed=seed, hours_vary=True) for seed in _SEEDS]
    owed = sum(Recount(sample, cohort).payments(sample, {})[-1].owed_minor for cohort in cohorts)
    reached = owed * terms.people // (len(_SEEDS) * few.people * terms.price_minor)
    return reached * terms.price_minor
