"""Why a week of a person counts or does not, and what totals rest on: made from the very verdicts that pay.

Nothing is judged here. Verdicts come from `results`, so that the weeks that an explanation counts add up to what is
paid; this joins weeks of one verdict into runs, and finds the line of the contract file whose rule decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.evaluate import Evaluation
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import AFTER_EXIT, rule_of_stop, week_of_stop
from gateway.outcomes.readings import version_of_week
from gateway.outcomes.results import person_result
from gateway.outcomes.terms import EXIT_OF, ExitRule, Window
from gateway.outcomes.verdicts import WeekReason, WeekVerdict
from vocabulary.mistakes import line_of
from vocabulary.weeks import Week

_RULE_OF = {reason: rule for rule, reason in AFTER_EXIT.items()}
OUTSIDE = ""  # label of weeks that lie in no window


@dataclass(frozen=True, slots=True)
class WeekRun:
    """Consecutive weeks with one verdict. `state` is empty where they do not count."""

    from_week: Week
    to_week: Week
    reason: WeekReason
    state: str
    line: int  # of the rule in the contract file
    earlier_version: int  # of the contract, whose file that is; 0 for the one that is explained

    @property
    def weeks(self) -> int:
        return self.to_week - self.from_week + 1


@dataclass(frozen=True, slots=True)
class WindowExplained:
    """One person's weeks in one window. `units` is what the measure holds of the person at its end, from the start."""

    window: str
    to_week: Week  # the window's last week, or the last one that was evaluated
    units: int
    runs: tuple[WeekRun, ...]

    @property
    def counted_weeks(self) -> int:
        return sum(run.weeks for run in self.runs if run.state)

    @property
    def not_counted(self) -> int:
        return sum(run.weeks for run in self.runs if not run.state)


@dataclass(frozen=True, slots=True)
class MeasureExplained:
    """One person under one measure, from the person's first week to the evaluation's."""

    measure: str
    kind: str
    line: int
    quantity: int
    windows: tuple[WindowExplained, ...]

    @property
    def counted_weeks(self) -> int:
        return sum(window.counted_weeks for window in self.windows)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a total: what one state gives, or what a window adds."""

    name: str
    line: int  # of the state in the contract file; of the window, where it is one
    quantity: int


@dataclass(frozen=True, slots=True)
class TotalExplained:
    """The chain of a total: the total, what each window added, the rules that counted, the digest of the inputs."""

    measure: str
    kind: str
    line: int
    quantity: int
    windows: tuple[Part, ...]
    states: tuple[Part, ...]
    inputs_sha256: str


class Rules:
    """A contract with the text of its file, and those of the versions before it, to say on which line a rule stands."""

    def __init__(self, contract: Contract, text: str, earlier: Sequence[str] = ()) -> None:
        self.contract = contract
        texts = zip((*contract.earlier, contract), (*earlier, text), strict=True) if earlier else [(contract, text)]
        self._texts = {version.version: words for version, words in texts}
        self._lines: dict[tuple[int, tuple[str | int, ...], str], int] = {}

    def line(self, *path: str | int, key: str = "") -> int:
        """The 1-based line of a key, or of the table where the key does not stand."""
        return self._line(self.contract, *path, key=key)

    def _line(self, version: Contract, *path: str | int, key: str) -> int:
        if (version.version, path, key) not in self._lines:
            self._lines[version.version, path, key] = line_of(self._texts[version.version], path, key)
        return self._lines[version.version, path, key]

    def line_for(self, measure: Measure, person: PersonHistory, verdict: WeekVerdict) -> tuple[int, int]:
        """The line of the rule by which a week has its verdict, and the earlier version whose file that is; 0 for the
        newest."""
        line, version = self._line_for(measure, person, verdict)
        return line, 0 if version is self.contract else version.version

    def _line_for(self, measure: Measure, person: PersonHistory, verdict: WeekVerdict) -> tuple[int, Contract]:
        read_by = version_of_week(self.contract, verdict.week.ordinal)
        match verdict.reason:
            case WeekReason.REPEATS_WEEK_BEFORE:
                return self._line(read_by, "qualification", key="neutral_statuses"), read_by
            case WeekReason.PAUSED:
                at = [pause.from_week <= verdict.week <= pause.to_week for pause in self.contract.pauses].index(True)
                return self.line("pauses", at, key="from_week"), self.contract
            case WeekReason.NOT_OBSERVED:
                return self._line(read_by, "sources", key="status"), read_by
            case WeekReason.UNKNOWN_CODE:
                return self._line(read_by, "sources", key="unknown_codes"), read_by
            case WeekReason.NO_STATE:
                has_it = self._having(read_by, measure)
                return self._line(has_it, *_place(has_it, measure), key="states"), has_it
            case WeekReason.AFTER_LAST_WEEK:
                key = "weeks_from_enrolment" if measure.weeks_limit else "days_from_enrolment"
                has_it = self._having(read_by, measure)
                return self._line(has_it, *_place(has_it, measure), key=key), has_it
            case (
                WeekReason.FROZEN
                | WeekReason.NEUTRAL
                | WeekReason.CENSORED
                | WeekReason.FAILED
                | WeekReason.EXIT
                | WeekReason.OUT
            ):
                version, key = self._exit(person, verdict)
                return self._line(version, "exits", key=key), version
            case WeekReason.QUALIFIES | WeekReason.INCOME_UNREADABLE | WeekReason.NO_INCOME | WeekReason.TOO_FEW_HOURS:
                return verdict.line, read_by
            case _:
                assert_never(verdict.reason)

    def _having(self, read_by: Contract, measure: Measure) -> Contract:
        """The version that read a week, or the newest where that one did not have the measure yet."""
        return self.contract if read_by.measure(measure.id) is None else read_by

    def _exit(self, person: PersonHistory, verdict: WeekVerdict) -> tuple[Contract, str]:
        """The version and its word under `exits` that decided: of the record, or of what the register showed by
        then."""
        rule = _RULE_OF[WeekReason.FAILED if verdict.reason is WeekReason.EXIT else verdict.reason]
        is_stopped = rule_of_stop(self.contract, person) is rule
        if is_stopped and (rule is ExitRule.OUT or verdict.week.ordinal > person.last_week):
            return version_of_week(self.contract, week_of_stop(self.contract, person)), str(person.stop)
        lasts = rule in (ExitRule.OUT, ExitRule.CENSORED)
        shown = [
            (version_of_week(self.contract, week), EXIT_OF[status])
            for week, statuses in sorted(person.statuses.items())
            if lasts or week == verdict.week.ordinal
            for status in sorted(statuses & EXIT_OF.keys())
        ]
        found = ((one, str(exit_)) for one, exit_ in shown if one.register_exits[exit_] is rule)
        return next(found, (self.contract, ""))


def _place(version: Contract, measure: Measure) -> tuple[str, int]:
    return "measures", [one.id for one in version.measures].index(measure.id)


def explain_person(rules: Rules, person: PersonHistory, until: Week) -> tuple[MeasureExplained, ...]:
    """Every measure of one person at the end of a week, window by window."""
    return tuple(_explain(rules, measure, person, until) for measure in rules.contract.measures)


def _explain(rules: Rules, measure: Measure, person: PersonHistory, until: Week) -> MeasureExplained:
    contract = rules.contract
    result = person_result(contract, measure, person, until)
    windows = []
    for label, verdicts in groupby(result.verdicts, key=lambda verdict: _window_of(contract, verdict.week)):
        runs = _runs(rules, measure, person, list(verdicts))
        last = runs[-1].to_week if label == OUTSIDE else min(contract.window(label).to_week, until)
        units = person_result(contract, measure, person, last).quantity
        windows.append(WindowExplained(label, last, units, runs))
    return MeasureExplained(measure.id, str(measure.kind), measure.line, result.quantity, tuple(windows))


def _window_of(contract: Contract, week: Week) -> str:
    labels = (window.label for window in contract.windows if window.from_week <= week <= window.to_week)
    return next(labels, OUTSIDE)


def _runs(
    rules: Rules, measure: Measure, person: PersonHistory, verdicts: Sequence[WeekVerdict]
) -> tuple[WeekRun, ...]:
    found: list[WeekRun] = []
    for verdict in verdicts:
        said, before = (verdict.reason, verdict.state, *rules.line_for(measure, person, verdict)), found[-1:]
        if before and (before[0].reason, before[0].state, before[0].line, before[0].earlier_version) == said:
            found[-1] = WeekRun(before[0].from_week, verdict.week, *said)
        else:
            found.append(WeekRun(verdict.week, verdict.week, *said))
    return tuple(found)


def explain_totals(
    rules: Rules, evaluation: Evaluation, ends: Sequence[tuple[Window, Evaluation]]
) -> tuple[TotalExplained, ...]:
    """The chain of every measure's total. `ends` are the same people at the end of each window that has begun, the
    last one cut at the evaluation's week."""
    found = []
    for number, measure in enumerate(rules.contract.measures):
        before, added = 0, []
        for window, end in ends:
            quantity = end.quantity(measure.id)
            position = rules.contract.windows.index(window)
            added.append(Part(window.label, rules.line("windows", position, key="label"), quantity - before))
            before = quantity
        by_state = evaluation.by_state(measure.id)
        states = tuple(Part(state.id, state.line, by_state[state.id]) for state in measure.states)
        total = evaluation.totals[number]
        found.append(
            TotalExplained(
                measure.id,
                str(measure.kind),
                measure.line,
                total.quantity,
                tuple(added),
                states,
                evaluation.inputs_sha256,
            )
        )
    return tuple(found)
