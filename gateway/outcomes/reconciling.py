"""Where status sources disagree, and how much rests on documents: counts for the municipality's own eyes.

Both tell of single people where groups are small. One thing leaves from here: `rests_on_documents`, a band of percent
under the rules of disclosure, which a payment document's release keeps for the statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import Evaluation
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import first_week
from gateway.outcomes.precedence import by_week, disagreements
from gateway.outcomes.readings import Reading
from gateway.outcomes.results import person_result
from policies.disclosure import Band, DisclosureRules, show_band
from vocabulary.records import StatusSpell
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Disagreeing:
    """Two sources, the one with precedence first, told different statuses in so many weeks of so many people."""

    first: str
    second: str
    window: str
    weeks: int
    people: int


@dataclass(frozen=True, slots=True)
class OnEvidence:
    """How much of a measure's total would be missing without documents; negative where a document takes weeks away."""

    measure: str
    quantity: int


@dataclass(frozen=True, slots=True)
class DocumentsBand:
    """What part of an outcome, counted from the first week, would be missing without documents (manual evidence)."""

    band: Band
    """Percent; `withheld` where fewer than k people stand on either side, or nobody."""
    k: int
    """The contract's, on the day of the release."""
    measure: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What several sources of one contract amount to; empty where there is one."""

    disagreeing: tuple[Disagreeing, ...] = ()
    on_evidence: tuple[OnEvidence, ...] = ()


NOTHING_TO_RECONCILE = Reconciled()


def count_disagreements(
    contract: Contract,
    cohort: Sequence[PersonHistory],
    told: Sequence[Mapping[str, Sequence[StatusSpell]]],
    until: Week,
    *,
    read: Reading,
) -> tuple[Disagreeing, ...]:
    """By pair of sources and window, up to a week, in the weeks that the same sources decide; `told` has the spells of
    each of these by subject."""
    found: dict[tuple[int, int, int], list[str]] = defaultdict(list)
    ends = [(number, window) for number, window in enumerate(contract.windows)]
    for person in cohort:
        start = first_week(contract, person)
        weeks = [by_week(source.get(person.subject, ())) for source in told]
        for one in disagreements(weeks):
            window = next((n for n, w in ends if w.from_week.ordinal <= one.week <= w.to_week.ordinal), None)
            is_own = max(start.ordinal, read.since) <= one.week < min(until.ordinal + 1, read.until)
            if window is not None and is_own:
                found[window, one.first, one.second].append(person.subject)
    names = read.version.status_sources
    return tuple(
        Disagreeing(names[first], names[second], contract.windows[window].label, len(people), len(set(people)))
        for (window, first, second), people in sorted(found.items())
    )


def on_evidence(evaluation: Evaluation, without: Evaluation) -> tuple[OnEvidence, ...]:
    """By measure; `without` is the same evaluation of what registers alone tell."""
    return tuple(
        OnEvidence(total.measure, total.quantity - without.quantity(total.measure)) for total in evaluation.totals
    )


def rests_on_documents(
    contract: Contract, cohort: Sequence[PersonHistory], by_registers: Sequence[PersonHistory], week: Week
) -> DocumentsBand | None:
    """Of the outcome that is paid, what part would be missing by the end of a week had only registers told.

    Counted person by person, so that weeks which a document takes away make up for nobody's. Erased people are on
    neither side: what they rested on is forgotten with them. `by_registers` are the same people as `cohort`, in the
    same order. None where the contract has no measure of its own.
    """
    measure = _paid_measure(contract)
    if measure is None:
        return None
    part = whole = people = others = 0
    for person, same in zip(cohort, by_registers, strict=True):
        units = person_result(contract, measure, person, week).quantity
        missing = max(0, units - person_result(contract, measure, same, week).quantity)
        part, whole = part + missing, whole + units
        people, others = people + bool(missing), others + bool(units and not missing)
    band = show_band(
        part,
        whole,
        people=people,
        others=others,
        cohort=contract.cohort.size,
        rules=DisclosureRules(contract.k, contract.k_cohort),
    )
    return DocumentsBand(band, contract.k, measure.id)


def _paid_measure(contract: Contract) -> Measure | None:
    """One measure alone: bands of several outcomes of the same people could be set against each other."""
    paid = [measure for measure in contract.measures if measure.id in contract.paid_measures]
    return next(iter([*paid, *contract.measures]), None)
