"""The audit of a contract's calendar by who can still change what: asked before anybody accepts the text.

The cheap rules stand in the loader (`policies.calendar`). This one runs the evaluator on possible lives for each first
day, and asks of all exact figures of a view whether some combination of them is about a few people alone. At the
contract nobody knows how many begin on which day: each first day may be one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from gateway.attestations.exact_figures import FigureOfView, differences, exact_figures
from gateway.attestations.movers import Movers
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from policies.calendar import groups
from policies.isolation import Isolated, is_dominated, isolates, least_spread, smallest_isolated
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
    shown = [one.figure for view in judged for one in view.figures]
    movers = Movers(contract, [*shown, *(one for view in judged for one in differences(view.figures))])
    for _ in movers.run():
        found = [finding for view in judged for finding in _judge(movers, view)]
        if found:
            break
    moved = movers.days[0].space.rank > 0
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


def _judge(movers: Movers, view: _View) -> Iterator[MoverFinding]:
    """What is against one view: the first of the rules that it breaks."""
    found = next(filter(None, (rule(movers, view) for rule in _RULES)), None)
    if found is None:
        return
    yield replace(found, suggestion=_change(movers, view, found.windows))


def _change(movers: Movers, view: _View, windows: tuple[str, ...]) -> str:
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


def _parts(movers: Movers, view: _View) -> MoverFinding | None:
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


def _given_back(movers: Movers, view: _View) -> MoverFinding | None:
    """Time that a neutral exit gives back may count in no figure that nobody else can move."""
    free = {movers.place[one.figure] for one in view.figures if one.is_free}
    columns = {movers.place[one.figure] for one in view.figures}
    for day in movers.days:
        own = day.over(columns)
        row = {column: value for column, value in day.given_back.items() if column in columns}
        if row and isolates(own.rows, [row], free):
            named = [one for one in view.figures if not one.is_free and movers.place[one.figure] in row]
            return _finding(
                "calendar-given-back",
                view,
                named,
                f"of those who begin on {own.name}, only who left for a time and got it back can change them",
            )
    return None


def _dominance(movers: Movers, view: _View) -> MoverFinding | None:
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
