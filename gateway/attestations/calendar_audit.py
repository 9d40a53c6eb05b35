"""The audit of a contract's calendar by who can still change what: asked before anybody accepts the text.

The cheap rules stand in the loader (`policies.calendar`). This one runs the evaluator on possible lives for each first
day, and asks of all exact figures of a view whether some combination of them is about a few people alone. At the
contract nobody knows how many begin on which day: each first day may be one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from gateway.attestations.exact_figures import (
    ExactFigure,
    FigureOfView,
    differences,
    exact_figures,
    parts_of,
    value_of,
)
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.possible_courses import (
    Course,
    FirstDay,
    PossibleLives,
    kinds_of_first_day,
)
from policies.calendar import groups
from policies.isolation import (
    Isolated,
    MoverClass,
    Row,
    Span,
    is_dominated,
    isolates,
    least_spread,
    smallest_isolated,
)
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Recipient, Template

SHARE = 10  # one person is at most so small a part of what is possible in a total


@dataclass(frozen=True, slots=True)
class MoverFinding:
    """Why figures may not be shown side by side: who isolates whom, by what, and the change that passes."""

    rule: str
    recipients: tuple[str, ...]
    windows: tuple[str, ...]
    figures: tuple[str, ...]
    reason: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class AuditedContract:
    """A contract whose calendar was audited and passed. `smallest` has the fewest people that any combination of a
    view's exact figures is about, by the view's roles; 0 where it has none. Only `audited` makes one."""

    contract: Contract
    smallest: Mapping[tuple[str, ...], int]


def audited(contract: Contract) -> AuditedContract:
    """The contract, where its calendar isolates nobody; `DeclarationInvalid` with the first finding else.

    A text is audited once in a process. The contract can be evaluated: `ContractNotEvaluable` else, which `lint` says
    beforehand.
    """
    found, smallest = _findings_of_text(_Text(contract.sha256, contract))
    for finding in found:
        planned = [one for one in contract.releases if one.template is Template.CONTRACT_TOTAL]
        line = next((one.line for one in planned if one.window in finding.windows), 1)
        windows, figures = ", ".join(finding.windows), ", ".join(finding.figures)
        where = f"{finding.rule}; windows {windows}; figures {figures}; seen by {' + '.join(finding.recipients)}"
        reason = f"{finding.reason} ({where}); {finding.suggestion}"
        raise DeclarationInvalid(
            file=contract.file, line=line, key="releases.windows", reason=reason, rule=finding.rule
        )
    return AuditedContract(contract, smallest)


@dataclass(frozen=True, slots=True)
class _Text:
    """A contract by its digest."""

    sha256: str
    contract: Contract = field(compare=False)


@lru_cache(maxsize=16)
def _findings_of_text(text: _Text) -> tuple[list[MoverFinding], Mapping[tuple[str, ...], int]]:
    return findings_of(text.contract)


def findings_of(contract: Contract) -> tuple[list[MoverFinding], Mapping[tuple[str, ...], int]]:
    """What the audit has against the calendar, and the fewest people of each view. No value and no person is looked
    at."""
    views = _views(contract)
    judged = [view for view in views if not view.is_free]
    if not judged:
        return [], dict.fromkeys((view.roles for view in views), 0)
    movers = _Movers(contract, judged)
    for _ in movers.run():
        found = [finding for view in judged for finding in _judge(movers, view)]
        if found:
            break
    moved = movers.spaces[0].rank > 0
    smallest = {view.roles: contract.cohort.size if moved and not view.is_free else 0 for view in views}
    return found, smallest


@dataclass(frozen=True, slots=True)
class _View:
    """What one recipient, tied ones together, or all of them hold."""

    roles: tuple[str, ...]
    figures: tuple[FigureOfView, ...]

    @property
    def is_free(self) -> bool:
        """Whether it holds payment documents alone."""
        return all(one.is_free for one in self.figures)

    def without(self, windows: set[str]) -> _View:
        """What is left of it where no total of these windows is shown."""
        return _View(self.roles, tuple(one for one in self.figures if one.is_free or one.release.window not in windows))


def _views(contract: Contract) -> list[_View]:
    figures = exact_figures(contract)
    return [
        _View(roles, tuple(one for one in figures if one.release.recipient in roles))
        for roles in groups(calendar_of(contract))
    ]


class _Movers:
    """What each kind of first day can change in each figure, taken from the evaluator once for all views."""

    def __init__(self, contract: Contract, views: Sequence[_View]) -> None:
        shown = [one.figure for view in views for one in view.figures]
        also = [one for view in views for one in differences(view.figures)]
        self.figures: list[ExactFigure] = list(dict.fromkeys([*shown, *also]))
        self.place = {figure: place for place, figure in enumerate(self.figures)}
        self.days: list[FirstDay] = []  # those that were run
        self.spaces: list[Span] = []
        self.capacities: list[list[int]] = []  # by first day: of each figure
        self.given_back: list[Row] = []  # by first day: what only time that stood still brings
        self.contract = contract
        self._lives = PossibleLives(contract)
        self.is_complete = False  # whether every first day was run

    def run(self) -> Iterator[None]:
        """Ask the evaluator of the first and the last day, and then of all others: who differs by most is seen first,
        and whom two days isolate no third one hides."""
        days, width = kinds_of_first_day(self.contract), _most_rank(self.figures)
        for some in ([days[0], *days[1:][-1:]], days[1:-1]):
            for day in some:
                self._run(day, width)
            self.is_complete = len(self.days) == len(days)
            yield

    def _run(self, day: FirstDay, width: int) -> None:
        space, least, most = Span(), [0] * len(self.figures), [0] * len(self.figures)
        for course in self._lives.courses(day):
            row = self._row(course)
            for place, value in row.items():
                least[place], most[place] = min(least[place], value), max(most[place], value)
            space.add(row)
            if space.rank == width:
                break
        self.days.append(day)
        self.spaces.append(space)
        self.capacities.append([high - low for high, low in zip(most, least, strict=True)])
        back: Row = {}
        if space.rank < width:
            rows = map(self._row, self._lives.courses_with_time_given_back(day))
            back = next((row for row in rows if space.rest(row)), {})
        self.given_back.append(back)

    def _row(self, course: Course) -> Row:
        parts = parts_of(self.contract, course)
        values = {place: value_of(figure, parts) for place, figure in enumerate(self.figures)}
        return {place: value for place, value in values.items() if value}

    def capacities_by_week(self, figure: ExactFigure) -> list[int]:
        """The least that somebody can be of a figure, for each first week; and of the week of the largest the most."""
        place = self.place[figure]
        by_week: dict[int, list[int]] = {}
        for day, capacities in zip(self.days, self.capacities, strict=True):
            by_week.setdefault(day.week.ordinal, []).append(capacities[place])
        most = max(by_week, key=lambda week: max(by_week[week]))
        return [max(found) if week == most else min(found) for week, found in by_week.items()]

    def classes(self, columns: set[int]) -> list[MoverClass]:
        """The first days as classes of unknown size, over some of the figures."""
        return [
            MoverClass(
                day.name,
                None,
                tuple({c: v for c, v in row.items() if c in columns} for row in space.basis.values()),
            )
            for day, space in zip(self.days, self.spaces, strict=True)
        ]


def _judge(movers: _Movers, view: _View) -> Iterator[MoverFinding]:
    """What is against one view: the first of the rules that it breaks."""
    found = next(filter(None, (rule(movers, view) for rule in _RULES)), None)
    if found is None:
        return
    yield replace(found, suggestion=_change(movers, view, found.windows))


def _change(movers: _Movers, view: _View, windows: tuple[str, ...]) -> str:
    """The fewest totals to leave out, of these windows, after which the view passes: tried, and not guessed."""
    planned = list(dict.fromkeys(one.release.window for one in view.figures if not one.is_free))
    tries = [{one} for one in reversed(planned) if one in windows]
    tries += [set(planned[place:]) for place in range(len(planned) - 1, -1, -1)]
    for left_out in tries:
        less = view.without(left_out)
        if not any(rule(movers, less) for rule in _RULES):
            names = ", ".join(one for one in planned if one in left_out)
            return f"plan no contract_total for {' + '.join(view.roles)} in {names}"
    return "plan payment documents for the creditor alone"


def _parts(movers: _Movers, view: _View) -> MoverFinding | None:
    """Some combination of a view's figures can be moved by somebody and by fewer than k_cohort people."""
    k, free = movers.contract.k_cohort, {movers.place[one.figure] for one in view.figures if one.is_free}
    people = movers.contract.cohort.size

    def isolated(columns: set[int]) -> Isolated | None:
        return smallest_isolated(movers.classes(columns), below=k, unknown_people=people, free=free)

    columns = {movers.place[one.figure] for one in view.figures}
    found = isolated(columns)
    if found is None:
        return None
    for column in sorted(columns - free, reverse=True):  # the fewest figures that still do it
        if (fewer := isolated(columns - {column})) is not None:
            columns, found = columns - {column}, fewer
    named = [one for one in view.figures if movers.place[one.figure] in columns - free]
    days = found.names[0]
    who = "one person" if found.people == 1 else f"{found.people} people"
    return _finding(
        "calendar-part",
        view,
        named,
        f"who begins on {days} can still change what is left when these figures are taken from each other, and others"
        f" cannot: it may be about {who}, and k_cohort is {k}",
    )


def _given_back(movers: _Movers, view: _View) -> MoverFinding | None:
    """Time that a neutral exit gives back may count in no figure that nobody else can move."""
    free = {movers.place[one.figure] for one in view.figures if one.is_free}
    columns = {movers.place[one.figure] for one in view.figures}
    for own, back in zip(movers.classes(columns), movers.given_back, strict=True):
        row = {column: value for column, value in back.items() if column in columns}
        if row and isolates(own.rows, [row], free):
            named = [one for one in view.figures if not one.is_free and movers.place[one.figure] in row]
            return _finding(
                "calendar-given-back",
                view,
                named,
                f"of those who begin on {own.name}, only who left for a time and got it back can change them",
            )
    return None


def _dominance(movers: _Movers, view: _View) -> MoverFinding | None:
    """No person may be more than a tenth of what was possible, for somebody who knows k - 1 others."""
    if Recipient.OPERATOR in view.roles or not movers.is_complete:
        return None  # the creditor knows each amount by its price
    k, people = movers.contract.k, movers.contract.cohort.size
    shown = [one.figure for one in view.figures if one.figure.is_shown]
    for figure in [*shown, *differences(view.figures)]:
        capacities = least_spread(movers.capacities_by_week(figure), people)
        if is_dominated(capacities, k=k, share=SHARE):
            windows = tuple(figure.window.split(" to "))
            return MoverFinding(
                "calendar-share",
                view.roles,
                windows,
                (figure.name,),
                f"one person can be {max(capacities)} of {sum(capacities)} that {people} people may reach together:"
                f" more than one part in {SHARE} of what is left without the {k - 1} largest others",
                "",
            )
    return None


_RULES = (_parts, _given_back, _dominance)


def _finding(rule: str, view: _View, named: Sequence[FigureOfView], reason: str) -> MoverFinding:
    windows = tuple(dict.fromkeys(one.release.window for one in named))
    return MoverFinding(rule, view.roles, windows, tuple(dict.fromkeys(one.figure.name for one in named)), reason, "")


def _most_rank(figures: Sequence[ExactFigure]) -> int:
    """The rank of the figures as sums of parts: no person can move them in more ways."""
    parts = list(dict.fromkeys(part for figure in figures for part, _ in figure.parts))
    places = {part: place for place, part in enumerate(parts)}
    span = Span()
    for figure in figures:
        row: dict[int, int] = {}
        for part, many in figure.parts:
            row[places[part]] = row.get(places[part], 0) + many
        span.add(row)
    return span.rank
