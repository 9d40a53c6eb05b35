"""Kind `instrument`: a point for each follow-up month at which somebody's score has changed as the contract asks.

Scores are entered by one person and confirmed by another. Only whether a month was reached enters an evaluation, with
the week of its measurement (`PersonHistory.reached`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar

from gateway.outcomes.agreed_numbers import AgreedNumber, numbers_of
from gateway.outcomes.calendar import best_years, first_days, months_after
from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Cell
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import AFTER_EXIT, first_day
from gateway.outcomes.known_terms import MeasureKind
from gateway.outcomes.measures.placed import PlacedMeasure
from gateway.outcomes.phrases import NumberList, Phrase, PhraseValue
from gateway.outcomes.terms import FigureUnit, Index, WeekState, Window
from gateway.outcomes.verdicts import WeekReason, WeekVerdict
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.weeks import Week

_NOT_COUNTED = {*AFTER_EXIT.values(), WeekReason.PAUSED, WeekReason.EXIT}
_MOST_SCORE = 1_000_000


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is measured with: a questionnaire or a test in one version, with the scores that it can give."""

    id: str
    name: str
    version: str
    lowest: int
    highest: int
    is_higher_better: bool


@dataclass(frozen=True, slots=True)
class InstrumentScore:
    """What somebody scored on a day. Personal, and often about health."""

    on: date
    score: int


@dataclass(frozen=True, slots=True)
class InstrumentMeasure(PlacedMeasure):
    """Follow-up months at which the score is so much better than at the baseline, or has reached a class."""

    instrument: Instrument
    months: tuple[int, ...]  # after the person's own start, the earliest first
    baseline_within_days: int  # of the person's own start, before it or after
    follow_up_within_days: int  # of the day so many months after the start
    change_at_least: int = 0  # 0 where a class is asked for
    class_from: int = 0  # the score with which the class begins, where a class is asked for
    kind: ClassVar[str] = "instrument"
    unit: ClassVar[FigureUnit] = FigureUnit.POINT

    def read_of_start(self, first: date) -> Hashable:
        return Week.of(first), tuple(Week.of(day) for _, day in self.possible_days(first))

    def follow_up_days(self, start: date) -> list[tuple[int, date]]:
        """Each follow-up month with its day, for somebody who started on one."""
        return [(months, months_after(start, months)) for months in self.months]

    def possible_days(self, start: date) -> list[tuple[int, date]]:
        """Each follow-up month with the first day of its measurement, its own and the last one."""
        shifts = (-self.follow_up_within_days, 0, self.follow_up_within_days)
        return [(months, day + timedelta(days=shift)) for months, day in self.follow_up_days(start) for shift in shifts]

    def reached_weeks(self, start: date, scores: Sequence[InstrumentScore]) -> Iterator[tuple[int, Week]]:
        """The follow-up months that these scores of somebody reach, each with the week of its measurement.

        The baseline is the score nearest to the start, a follow-up the one nearest to its day; of two that are equally
        near the earlier one. Without a baseline nothing is reached.
        """
        before = _nearest(start, self.baseline_within_days, scores)
        for months, day in self.follow_up_days(start) if before is not None else ():
            after = _nearest(day, self.follow_up_within_days, scores)
            if before is not None and after is not None and after.on > before.on and self._is_reached(before, after):
                yield months, Week.of(after.on)

    def _is_reached(self, before: InstrumentScore, after: InstrumentScore) -> bool:
        sign = 1 if self.instrument.is_higher_better else -1
        if self.change_at_least:
            return sign * (after.score - before.score) >= self.change_at_least
        return sign * after.score >= sign * self.class_from > sign * before.score

    def placed_units(
        self, contract: Contract, person: PersonHistory, verdicts: Sequence[WeekVerdict]
    ) -> Iterator[tuple[int, Cell, int]]:
        """In the week of the measurement. One in a paused week, or behind an exit, does not count."""
        for months in self.months if verdicts else ():
            place = person.reached.get((self.id, months), -1) - verdicts[0].week.ordinal
            if 0 <= place < len(verdicts) and verdicts[place].reason not in _NOT_COUNTED:
                yield place, ("", verdicts[place].week.thursday.year), 1

    def most_units(self, contract: Contract) -> int:
        return len(self.months)

    def best_of_person(self, contract: Contract, window: Window, price: Callable[[int], int]) -> int:
        rows = [self._best_years(day, window, price) for day in first_days(contract)]
        return best_years(rows, price, most=self.most_units(contract))

    def _best_years(self, start: date, window: Window, price: Callable[[int], int]) -> list[int]:
        """Of each month that can be measured by the window's end the year in which it is worth most."""
        found: dict[int, list[int]] = {}
        for months, day in self.possible_days(start):
            if Week.of(day) <= window.to_week:
                found.setdefault(months, []).append(Week.of(day).thursday.year)
        return [max(years, key=price) for years in found.values()]

    def phrase(self) -> Phrase:
        used, is_higher = self.instrument, self.instrument.is_higher_better
        values: dict[str, PhraseValue] = {
            "name": f"{used.name} ({used.version})",
            "lowest": used.lowest,
            "highest": used.highest,
            "months": NumberList(self.months),
            "baseline": self.baseline_within_days,
            "follow_up": self.follow_up_within_days,
            "change": self.change_at_least,
            "class_from": self.class_from,
            "better": Phrase("higher" if is_higher else "lower"),
            "or_better": Phrase("or_higher" if is_higher else "or_lower"),
        }
        return Phrase("change" if self.change_at_least else "class", values)

    def numbers(self) -> Iterator[AgreedNumber[InstrumentMeasure]]:
        return numbers_of(self, "change_at_least", "class_from", "baseline_within_days", "follow_up_within_days")


def _nearest(day: date, within: int, scores: Sequence[InstrumentScore]) -> InstrumentScore | None:
    near = [one for one in scores if abs((one.on - day).days) <= within]
    return min(near, key=lambda one: (abs((one.on - day).days), one.on), default=None)


def instrument_measures(contract: Contract) -> list[InstrumentMeasure]:
    """The measures of a contract that rest on scores."""
    return [one for one in contract.measures if isinstance(one, InstrumentMeasure)]


def instruments_of(contract: Contract) -> dict[str, Instrument]:
    """What the contract measures with, by id."""
    return {one.instrument.id: one.instrument for one in instrument_measures(contract)}


def reached_marks(
    contract: Contract, person: PersonHistory, scores: Mapping[str, Sequence[InstrumentScore]]
) -> dict[tuple[str, int], int]:
    """What of somebody's scores, by instrument, enters an evaluation: measure and month -> the week of its measurement,
    where it is reached."""
    start = first_day(contract, person)
    return {
        (measure.id, months): week.ordinal
        for measure in instrument_measures(contract)
        for months, week in measure.reached_weeks(start, scores.get(measure.instrument.id, ()))
    }


def with_marks(
    contract: Contract, person: PersonHistory, scores: Mapping[str, Sequence[InstrumentScore]]
) -> PersonHistory:
    """The history with what of these scores enters an evaluation, and without them."""
    marks = reached_marks(contract, person, scores) if scores else {}
    return replace(person, reached=marks) if marks else person


def possible_marks(contract: Contract, start: date, shift: int, weeks: Sequence[int]) -> dict[tuple[str, int], int]:
    """The same of somebody who reaches every month, measured so many days from its day but never too far from it, in
    these weeks."""
    marks = {}
    for measure in instrument_measures(contract):
        days = max(-measure.follow_up_within_days, min(shift, measure.follow_up_within_days))
        for months, day in measure.follow_up_days(start):
            week = Week.of(day + timedelta(days=days)).ordinal
            if week in weeks:
                marks[measure.id, months] = week
    return marks


def _read(
    table: DeclarationTable, name: str, _states: tuple[WeekState, ...], _indices: tuple[Index, ...]
) -> InstrumentMeasure:
    used = table.part(lambda: _read_instrument(table.table("instrument")))
    months = table.integers("months", least=1, most=240)
    baseline, follow_up = (
        table.integer("baseline_within_days", most=366),
        table.integer("follow_up_within_days", most=92),
    )
    change = table.integer("change_at_least", least=1, most=_MOST_SCORE) if "change_at_least" in table else 0
    begins = table.integer("class_from", least=-_MOST_SCORE, most=_MOST_SCORE) if "class_from" in table else 0
    with table.check():
        if list(months) != sorted(set(months)) or not months:
            raise table.refuse("months", "must name months after the start, each once, the earliest first")
    with table.check():
        if ("change_at_least" in table) == ("class_from" in table):
            reason = "or class_from says what counts, and one of them alone: so much better, or a class that is reached"
            raise table.refuse("change_at_least", reason)
    with table.check():
        if change > used.highest - used.lowest:
            raise table.refuse(
                "change_at_least", "is more than the instrument's scores lie apart: nobody could reach it"
            )
    with table.check():
        worst = used.lowest if used.is_higher_better else used.highest
        if "class_from" in table and (not used.lowest <= begins <= used.highest or begins == worst):
            raise table.refuse("class_from", "must be one of the instrument's scores, and not its worst one")
    return InstrumentMeasure(name, (), table.line, used, months, baseline, follow_up, change, begins)


def _read_instrument(table: DeclarationTable) -> Instrument:
    words = table.text("id"), table.text("name"), table.text("version")
    lowest, highest = (table.integer(key, least=-_MOST_SCORE, most=_MOST_SCORE) for key in ("lowest", "highest"))
    better = table.convert("better", one_of("higher", "lower"))
    table.finish()
    with table.check():
        if highest <= lowest:
            raise table.refuse("highest", "must be above lowest")
    return Instrument(*words, lowest, highest, table.part(lambda: better == "higher"))


KIND = MeasureKind(
    word=InstrumentMeasure.kind,
    manual="Instrument",
    phrases=frozenset({"change", "class", "higher", "lower", "or_higher", "or_lower"}),
    read=_read,
    has_states=False,
)
