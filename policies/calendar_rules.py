"""The rules of a contract's calendar that need its text alone: what may not be shown side by side, whoever did what.

Each finding says windows, figures, who sees them, of how few people they tell, and the changes that pass: tried on the
calendar, and not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from policies.calendar import Calendar, PlannedShow, labels, recipients, roles_of
from vocabulary.releases import Template

_EXACT, _MET, _OWED = Template.CONTRACT_TOTAL, Template.PREDICATE, Template.PAYMENT_DOCUMENT


@dataclass(frozen=True, slots=True)
class CalendarFinding:
    """Why a calendar is refused: the rule, where, whom it tells of, and the changes that pass.

    Each change was tried: with it the calendar breaks no rule, or, where it breaks others besides, no longer this one.
    """

    rule: str
    template: str  # with `key`, where the contract's [[releases]] must change; empty for the measure with the threshold
    key: str
    recipients: tuple[str, ...]
    windows: tuple[str, ...]
    figures: tuple[str, ...]
    people: int  # so few may be known by it
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        where = f"windows {', '.join(self.windows)}; figures {', '.join(self.figures)}"
        who = f"seen by {' + '.join(self.recipients)}; about {self.people} {'person' if self.people == 1 else 'people'}"
        return f"{self.reason} ({self.rule}; {where}; {who}); {self.suggestion}"


@dataclass(frozen=True, slots=True)
class _Objection:
    """A finding, and the changes that might mend it: in words, and as the calendar that it would be."""

    finding: CalendarFinding
    changes: tuple[tuple[str, Calendar], ...]


def audit(calendar: Calendar) -> tuple[CalendarFinding, ...]:
    """Every reason to refuse the calendar, in the order of its rules; none where it may come into force."""
    return tuple(
        replace(one.finding, suggestion=_suggestion(rule, one.changes)) for rule in _RULES for one in rule(calendar)
    )


def _suggestion(rule: Callable[[Calendar], Iterable[_Objection]], changes: Iterable[tuple[str, Calendar]]) -> str:
    """The changes after which nothing is refused; where there is none, those after which this rule does not."""
    mended = [(words, changed) for words, changed in changes if not [*rule(changed)]]
    whole = [words for words, changed in mended if not any([*other(changed)] for other in _RULES)]
    return ", or ".join(whole or [words for words, _ in mended])


def _without(calendar: Calendar, *templates: str, roles: Iterable[str] | None = None) -> Calendar:
    """The calendar that shows nothing of these templates, to these roles or to anybody."""
    chosen = None if roles is None else {*roles}
    shows = [
        show
        for show in calendar.shows
        if show.template not in templates or not (chosen is None or show.recipient in chosen)
    ]
    return replace(calendar, shows=tuple(shows))


def _cohort(calendar: Calendar) -> Iterator[_Objection]:
    """R1: below k_cohort people no exact total is shown, at no window and to nobody."""
    shows = [show for show in calendar.shows if show.template == _EXACT]
    if not shows or calendar.people >= calendar.k_cohort:
        return
    last, without = shows[-1], _without(calendar, _EXACT)
    answer = replace(last, template=_MET)
    changes = [("plan no contract_total, and payment documents for the creditor alone", without)]
    if calendar.goals and not any(show.template == _MET for show in calendar.shows):
        words = f"plan a predicate for {last.recipient} in {last.window} alone, payment documents for the creditor"
        changes.insert(0, (words, replace(without, shows=(*without.shows, answer))))
    yield _Objection(
        CalendarFinding(
            "calendar-cohort",
            _EXACT,
            "template",
            roles_of(shows),
            labels(shows),
            calendar.totals,
            calendar.people,
            f"a cohort of {calendar.people} is below k_cohort {calendar.k_cohort}: no exact total may be shown",
        ),
        tuple(changes),
    )


def _creditor(calendar: Calendar) -> Iterator[_Objection]:
    """Invariant 6: the exact amount goes to the creditor alone; money that flows on is a disclosure."""
    shows = [show for show in calendar.shows if show.template == _OWED and show.recipient != calendar.creditor]
    if shows:
        yield _Objection(
            CalendarFinding(
                "calendar-creditor",
                _OWED,
                "recipients",
                roles_of(shows),
                labels(shows),
                ("payable",),
                calendar.people,
                f"a payment document goes to the creditor ({calendar.creditor}) only",
            ),
            (("leave the other recipients out of it", _without(calendar, _OWED, roles=roles_of(shows))),),
        )


def _predicate(calendar: Calendar) -> Iterator[_Objection]:
    """A predicate that flips between two windows tells of one person, whoever of them all sees which."""
    shows = [show for show in calendar.shows if show.template == _MET]
    windows = labels(shows)
    if shows and calendar.people >= calendar.k_cohort:
        totals = tuple(replace(show, template=_EXACT) if show in shows else show for show in calendar.shows)
        reason = "a predicate that may flip is a count: this cohort is large enough for its total"
        change = ("plan contract_total instead", replace(calendar, shows=tuple(dict.fromkeys(totals))))
    elif len(windows) > 1:
        last = windows[-1]
        kept = tuple(show for show in calendar.shows if show not in shows or show.window == last)
        reason = "a predicate that may flip is a count: it may be shown for one window in all"
        change = (f"keep the last one, {last}", replace(calendar, shows=kept))
    else:
        return
    yield _Objection(
        CalendarFinding(
            "calendar-predicate", _MET, "windows", roles_of(shows), windows, _goal_names(calendar), 1, reason
        ),
        (change,),
    )


def _threshold(calendar: Calendar) -> Iterator[_Objection]:
    """Met or not met of anybody, or of everybody, is about each of them; and there is one such answer in all."""
    shows = [show for show in calendar.shows if show.template in (_MET, _EXACT)] or [*calendar.shows]
    finding = CalendarFinding(
        "calendar-threshold",
        "",
        "threshold_people",
        roles_of(shows),
        labels(shows),
        _goal_names(calendar),
        calendar.people,
        "",
    )
    others = tuple(one for one in calendar.thresholds if not one.is_goal)
    if len(calendar.goals) > 1:
        reason = "at most one measure may have threshold_people: the answers to two are a count between them"
        changes = [
            (f"keep {goal.by} alone, {goal.at}", replace(calendar, thresholds=(goal, *others)))
            for goal in calendar.goals
        ]
        yield _Objection(replace(finding, people=1, reason=reason), tuple(changes))
    for goal in calendar.goals:
        if 1 < goal.at < calendar.people:
            continue
        nearest = replace(goal, at=max(2, min(goal.at, calendar.people - 1)))
        asked = tuple(nearest if one == goal else one for one in calendar.thresholds)
        none = tuple(one for one in calendar.thresholds if one != goal)
        reason = (
            f"threshold_people = {goal.at} of {calendar.people} must lie above 1 and below the cohort's size: else met"
            " or not met tells of everybody"
        )
        changes = [
            (f"threshold_people = {nearest.at}", replace(calendar, thresholds=asked)),
            ("leave it out", replace(_without(calendar, _MET), thresholds=none)),
        ]
        yield _Objection(replace(finding, reason=reason), tuple(changes))


def _thresholds_of_few(calendar: Calendar) -> Iterator[_Objection]:
    """Below k_cohort people a figure has one threshold in all, gates and steps included: what two of them let happen,
    or not, is a count between them."""
    shows = [show for show in calendar.shows if show.template == _MET]
    for goal in calendar.goals:
        asked = [one for one in calendar.thresholds if one.figure == goal.figure]
        if not shows or calendar.people >= calendar.k_cohort or len({one.at for one in asked}) < 2:
            continue
        alike = tuple(replace(one, at=goal.at) if one in asked else one for one in calendar.thresholds)
        said = ", ".join(f"{one.at} by {one.by}" for one in asked)
        yield _Objection(
            CalendarFinding(
                "calendar-threshold",
                "",
                "threshold_people",
                roles_of(shows),
                labels(shows),
                (goal.figure,),
                1,
                f"{goal.figure} of {calendar.people} people, below k_cohort {calendar.k_cohort}, is asked at {said}:"
                " what one lets happen and another does not is a count between them",
            ),
            (
                (f"ask all of them at {goal.at}", replace(calendar, thresholds=tuple(dict.fromkeys(alike)))),
                ("plan no predicate", _without(calendar, _MET)),
            ),
        )


def _prices(calendar: Calendar) -> Iterator[_Objection]:
    """An amount with a price for each state is the number in each of them: a table without its protection."""
    for roles, seen, (words, without) in _seen_beside_creditor(calendar) if calendar.priced_by_state else ():
        yield _Objection(
            CalendarFinding(
                "calendar-prices",
                _EXACT,
                "recipients",
                roles,
                labels(seen),
                calendar.totals,
                1,
                f"{', '.join(calendar.priced_by_state)} has other prices for other states: the amount, beside the count"
                f" or alone, tells how many people are in each, also fewer than k {calendar.k}",
            ),
            (
                ("give all states of the measure one price", replace(calendar, priced_by_state=())),
                (f"{words}: the creditor alone may know", without),
            ),
        )


def _classes(calendar: Calendar) -> Iterator[_Objection]:
    """A measure that came later, and is a part of another or has it as a part, is a table of two classes without its
    protection."""
    for roles, shown, (words, without) in _seen_beside_creditor(calendar):
        for part in calendar.classes:
            seen = [show for show in shown if show.window in part.windows]
            if not seen:
                continue
            others = tuple(one for one in calendar.classes if one.measure != part.measure)
            yield _Objection(
                CalendarFinding(
                    "calendar-classes",
                    _EXACT,
                    "recipients",
                    roles,
                    labels(seen),
                    (part.measure, part.other),
                    1,
                    f"{part.measure!r} and {part.other!r} may count the same weeks: beside each other they tell how"
                    f" many people are in one of them and not in the other, also fewer than k {calendar.k}",
                ),
                (
                    (f"leave {part.measure} out", replace(calendar, classes=others)),
                    (f"{words}: the creditor alone may know", without),
                ),
            )


def _seen_beside_creditor(
    calendar: Calendar,
) -> Iterator[tuple[tuple[str, ...], list[PlannedShow], tuple[str, Calendar]]]:
    """Each recipient but the creditor with the releases by which it knows exact amounts or counts; in words, and as a
    calendar, how it would know none."""
    for roles in recipients(calendar):
        is_billed = calendar.bears_share and "investor" in roles
        seen = [show for show in calendar.shows if show.template == _EXACT and show.recipient in roles]
        bills = [show for show in calendar.shows if show.template == _OWED] if is_billed else []
        if not seen + bills or calendar.creditor in roles:
            continue
        without, words = _without(calendar, _EXACT, roles=roles), f"plan no contract_total for {' + '.join(roles)}"
        if is_billed:
            billed = tuple(one for one in calendar.billed if one not in calendar.investors)
            without, words = replace(without, billed=billed), f"{words}, and let it bear no share"
        yield roles, seen + bills, (words, without)


def _breakdown(calendar: Calendar) -> Iterator[_Objection]:
    """Two tables of one cohort can be subtracted: one window in all."""
    if len(calendar.breakdown_windows) > 1:
        last = calendar.breakdown_windows[-1]
        yield _Objection(
            CalendarFinding(
                "calendar-breakdown",
                _EXACT,
                "windows",
                roles_of(show for show in calendar.shows if show.template == _EXACT),
                calendar.breakdown_windows,
                calendar.counted,
                1,
                "the tables of two windows could be subtracted",
            ),
            ((f"keep the last one, {last}", replace(calendar, breakdown_windows=(last,))),),
        )


def _tied_creditors(calendar: Calendar) -> Iterator[_Objection]:
    """A small cohort's creditor, or one of its payers, that is also its investor tells the investor an amount at every
    window."""
    if calendar.people >= calendar.k_cohort:
        return
    owed = [show for show in calendar.shows if show.template == _OWED]
    if not {*calendar.investors}.isdisjoint({*calendar.billed, *(show.organisation for show in owed)}):
        tied = [tuple(sorted({"investor", *roles_of(owed)}))]  # whatever is planned for it as an investor
    else:
        tied = [roles for roles in recipients(calendar) if len(roles) > 1]
    for roles in tied:
        documents = labels(show for show in owed if show.recipient in roles)
        if len(documents) > 1:
            last = documents[-1]
            once = tuple(show for show in calendar.shows if show not in owed or show.window == last)
            yield _Objection(
                CalendarFinding(
                    "calendar-tied",
                    _OWED,
                    "recipients",
                    roles,
                    documents,
                    ("payable",),
                    1,
                    "these parties are tied: the investor would see the exact amount of a small cohort more than once",
                ),
                ((f"pay once, for {last}", replace(calendar, shows=once)),),
            )


_RULES: tuple[Callable[[Calendar], Iterable[_Objection]], ...] = (
    _threshold,
    _cohort,
    _creditor,
    _predicate,
    _thresholds_of_few,
    _prices,
    _classes,
    _breakdown,
    _tied_creditors,
)


def _goal_names(calendar: Calendar) -> tuple[str, ...]:
    """The figures whose threshold is asked, each once."""
    return tuple(dict.fromkeys(goal.figure for goal in calendar.goals))
