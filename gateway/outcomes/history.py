"""One person's register history as the evaluator reads it: columns by week and by month, no identity."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gateway.outcomes.precedence import by_week, resolve, without_source
from outcome_verifier import canonical
from outcome_verifier.tlog import merkle_root
from policies.basis import Stop, StopReason
from vocabulary.danish_days import danish_day
from vocabulary.records import IncomePosting, StatusSpell
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """What is known of one subject at one instant. Keys are ordinals of `Week` and `Month`."""

    subject: str
    enrolled_on: date
    statuses: Mapping[int, frozenset[Status]]  # week -> what the deciding source shows; absent = not observed
    hours: Mapping[tuple[int, IncomeType], int]  # (month, type) -> paid hours in hundredths, corrections summed
    postings: Mapping[tuple[int, IncomeType], int]  # (month, type) -> postings less reversals
    earnings: Mapping[tuple[int, IncomeType], int]  # (month, type) -> minor units; empty where the contract needs none
    stop: StopReason | None = None  # why the person is not followed
    last_week: int = 0  # with a stop: the last week that was followed to its end; 0 for none
    # week that a document decides -> what the deciding register shows of it, empty where none covers it
    behind_documents: Mapping[int, frozenset[Status]] = field(default_factory=dict)
    # (measure of an instrument, follow-up month) -> the week of the measurement that reached it; no score ever
    reached: Mapping[tuple[str, int], int] = field(default_factory=dict)
    counts_from: int = 0  # the first week at whose end they count: with their batch, which may have come later
    _leaf: list[bytes] = field(default_factory=list, init=False, repr=False, compare=False)  # once somebody asked

    def counts_at(self, week: Week) -> bool:
        """Whether they are in the cohort at the end of a week."""
        return self.counts_from <= week.ordinal

    def has_unreadable_income(self, month: Month) -> bool:
        """Whether a posting of this month was lost: then whatever else is posted, its income is not known."""
        return (month.ordinal, IncomeType.UNREADABLE) in self.postings

    @classmethod
    def build(
        cls,
        *,
        subject: str,
        enrolled_on: date,
        spells: Iterable[StatusSpell],
        postings: Iterable[IncomePosting],
        behind: Sequence[Iterable[StatusSpell]] = (),
        documents: int | None = None,
        stop: Stop | None = None,
    ) -> PersonHistory:
        """The history that these rows amount to, whatever their order.

        `behind` has the spells of the status sources that come after the first one, in their order of precedence;
        `documents` is the place of evidence among them all, from 0.
        """
        hours: dict[tuple[int, IncomeType], int] = defaultdict(int)
        counts: dict[tuple[int, IncomeType], int] = defaultdict(int)
        earnings: dict[tuple[int, IncomeType], int] = defaultdict(int)
        for posting in postings:
            key = (posting.month.ordinal, posting.income_type)
            hours[key] += posting.paid_hours_hundredths
            counts[key] += -1 if posting.is_reversal else 1
            if posting.amount_minor:
                earnings[key] += posting.amount_minor
        told = [by_week(spells), *map(by_week, behind)]
        statuses = resolve(told)
        behind_documents = {} if documents is None else without_source(told, documents)
        last_week = Week.of(danish_day(stop.since)).ordinal - 1 if stop and stop.since else 0
        reason = stop.reason if stop else None
        sums = dict(hours), dict(counts), dict(earnings)
        return cls(subject, enrolled_on, statuses, *sums, reason, last_week, behind_documents)

    def leaf(self) -> bytes:
        """SHA-256 over the subject id and this history. The id is 128 random bits that never leave the
        municipality, so it is also the salt: nobody can test a guess, and erasing it ends the link. It is the same for
        every window of an evaluation, and computed for the first.
        """
        if not self._leaf:
            self._leaf.append(self._hash())
        return self._leaf[0]

    def _hash(self) -> bytes:
        body: dict[str, object] = {
            "enrolled_on": self.enrolled_on.isoformat(),
            "statuses": [[week, sorted(found)] for week, found in sorted(self.statuses.items())],
            "hours": [[*key, value] for key, value in sorted(self.hours.items())],
            "postings": [[*key, value] for key, value in sorted(self.postings.items())],
        }
        if self.earnings:
            body["earnings"] = [[*key, value] for key, value in sorted(self.earnings.items())]
        if self.behind_documents:
            body["behind_documents"] = [[week, sorted(found)] for week, found in sorted(self.behind_documents.items())]
        if self.reached:
            body["reached"] = [[*key, week] for key, week in sorted(self.reached.items())]
        if self.stop is not None:
            body["stop"] = [self.stop, self.last_week]
        return hashlib.sha256(bytes.fromhex(self.subject) + canonical.dumps(body)).digest()


def splice_weeks(stretches: Sequence[tuple[int, int, PersonHistory]]) -> PersonHistory:
    """One person's history out of several of the same rows: from each the weeks of its stretch, from the first ordinal
    until before the second. What is not about weeks of a status is that of the last."""

    def weeks_of(part: str) -> dict[int, frozenset[Status]]:
        return {
            week: shown
            for since, until, one in stretches
            for week, shown in getattr(one, part).items()
            if since <= week < until
        }

    return replace(stretches[-1][2], statuses=weeks_of("statuses"), behind_documents=weeks_of("behind_documents"))


@dataclass(frozen=True, slots=True)
class Remainder:
    """What erased people leave in a contract's totals (invariant 10): sums, and nothing of any person.

    `by_week` maps the last week of each window to measure to state to quantity, `amounts` to tariff to minor units;
    everybody erased added up. `later` says of how many of the people it is by which week that they count from it on.
    """

    people: int
    by_week: Mapping[int, Mapping[str, Mapping[str, int]]]
    amounts: Mapping[int, Mapping[str, int]]
    later: Mapping[int, int] = field(default_factory=dict)

    def people_at(self, week: Week) -> int:
        """How many of them are in the cohort at the end of a week."""
        return self.people - sum(people for since, people in self.later.items() if since > week.ordinal)

    def at(self, week: Week) -> Mapping[str, Mapping[str, int]]:
        """The sums at the end of the newest window that ended by this week."""
        ended = [last for last in self.by_week if last <= week.ordinal]
        return self.by_week[max(ended)] if ended else {}

    def amounts_at(self, week: Week) -> Mapping[str, int]:
        """The minor units by tariff at the end of the newest window that ended by this week."""
        ended = [last for last in self.amounts if last <= week.ordinal]
        return self.amounts[max(ended)] if ended else {}

    def plus(self, other: Remainder) -> Remainder:
        """Both together; they speak of the same windows."""
        by_week = {
            week: {
                measure: _sums_by_name(mine.get(measure, {}), theirs.get(measure, {})) for measure in {*mine, *theirs}
            }
            for week, mine, theirs in _pairs(self.by_week, other.by_week)
        }
        amounts = {week: _sums_by_name(mine, theirs) for week, mine, theirs in _pairs(self.amounts, other.amounts)}
        return Remainder(self.people + other.people, by_week, amounts)

    def body(self) -> dict[str, object]:
        """The remainder as canonical JSON holds it."""
        weeks = [
            [week, [[measure, _pairs_in_order(states)] for measure, states in sorted(measures.items())]]
            for week, measures in sorted(self.by_week.items())
        ]
        amounts = [[week, _pairs_in_order(tariffs)] for week, tariffs in sorted(self.amounts.items())]
        return {"people": self.people, "weeks": weeks, "amounts": amounts}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Remainder:
        """The remainder that `body` wrote."""
        return cls(
            body["people"],
            {week: {measure: dict(states) for measure, states in measures} for week, measures in body["weeks"]},
            {week: dict(tariffs) for week, tariffs in body["amounts"]},
        )


NOBODY = Remainder(0, {}, {})


def _pairs(mine: Mapping[int, Any], theirs: Mapping[int, Any]) -> Iterable[tuple[int, Any, Any]]:
    return ((week, mine.get(week, {}), theirs.get(week, {})) for week in {*mine, *theirs})


def _sums_by_name(mine: Mapping[str, int], theirs: Mapping[str, int]) -> dict[str, int]:
    return {name: mine.get(name, 0) + theirs.get(name, 0) for name in {*mine, *theirs}}


def _pairs_in_order(numbers: Mapping[str, int]) -> list[list[str | int]]:
    return [list(pair) for pair in sorted(numbers.items())]


def inputs_root(cohort: Sequence[PersonHistory], remainder: Remainder = NOBODY) -> str:
    """Hexadecimal RFC 6962 root over the cohort's leaves in the order of their subject ids (invariant 12), and after
    them that of the erased people's sums, where there are any."""
    ordered = sorted(cohort, key=lambda person: person.subject)
    leaves = [person.leaf() for person in ordered]
    if remainder.people:
        leaves.append(hashlib.sha256(canonical.dumps(remainder.body())).digest())
    return merkle_root(leaves).hex()
