"""The audit of a contract's calendar: everything that may ever be released, judged before anything is known.

It looks at who is in which figure and never at a value, so that a refusal tells nothing about results (simulatable
auditing: Kenthapadi, Mishra and Nissim). It is asked for each recipient, for tied parties as one recipient, and for
all of them together. A payment document to its creditor is left out of it: what is owed is paid exactly
(invariant 6).

Who can still change which figure is asked of the evaluator itself, in `gateway.attestations.calendar_audit`, and
judged by `policies.isolation`: these rules here need the contract's text alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vocabulary.releases import Template

_EXACT, _MET, _OWED = Template.CONTRACT_TOTAL, Template.PREDICATE, Template.PAYMENT_DOCUMENT


@dataclass(frozen=True, slots=True)
class PlannedShow:
    """A release of the calendar: a template for one recipient at one window."""

    template: str
    recipient: str  # role
    organisation: str
    window: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a contract plans to show. `tied` are pairs of roles that count as one recipient.

    `investor` is the investor's organisation, whether or not anything is shown to it; `billed` are the further payers,
    each of which learns the exact amount of every payment document from its share of the bill.
    """

    people: int
    k: int
    k_cohort: int
    shows: tuple[PlannedShow, ...]
    breakdown_windows: tuple[str, ...]
    tied: frozenset[frozenset[str]]
    reasons_windows: tuple[str, ...] = ()  # in which the operator sees why people are not counted
    named_windows: tuple[str, ...] = ()  # in which a grant of its own lets the operator learn of single people by name
    investor: str = ""
    billed: tuple[str, ...] = ()
    priced_by_state: tuple[str, ...] = ()  # tariffs under which states of one measure have other prices


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a calendar is refused: the rule, where, and a change that would mend it."""

    rule: str
    template: str  # with `key`, where the contract's [[releases]] must change
    key: str
    recipients: tuple[str, ...]
    windows: tuple[str, ...]
    reason: str
    suggestion: str


@dataclass(frozen=True, slots=True)
class CalendarView:
    """What one recipient, or all of them together, can put side by side."""

    roles: tuple[str, ...]
    exact: tuple[str, ...]  # windows with exact totals
    predicates: tuple[str, ...]
    documents: tuple[str, ...]  # windows whose exact amount is known
    breakdowns: tuple[str, ...]
    smallest: int  # people in the smallest group that any figure, or difference of figures, isolates; 0 for none
    named: tuple[str, ...]  # windows in which single people are named, by a grant of its own: beside all figures


def audit(calendar: Calendar) -> tuple[Finding, ...]:
    """Every reason to refuse the calendar, in the order of its rules; none where it may come into force."""
    return tuple(
        finding
        for rule in (_cohort, _creditor, _predicate, _prices, _breakdown, _tied_creditors)
        for finding in rule(calendar)
    )


def groups(calendar: Calendar) -> tuple[tuple[str, ...], ...]:
    """The roles of each recipient (tied parties as one), then those of all of them together."""
    found = _groups(calendar)
    everybody = tuple(sorted({show.recipient for show in calendar.shows}))
    return found if everybody in found else (*found, everybody)


def views(calendar: Calendar, smallest: Mapping[tuple[str, ...], int]) -> tuple[CalendarView, ...]:
    """Who sees what. `smallest` has the fewest people that a combination of the exact figures of these roles is about,
    0 for nobody."""
    return tuple(_view(calendar, roles, smallest.get(roles, 0)) for roles in groups(calendar))


def _view(calendar: Calendar, roles: tuple[str, ...], smallest: int) -> CalendarView:
    shows = [show for show in calendar.shows if show.recipient in roles]

    def windows(template: str) -> tuple[str, ...]:
        return _labels(show for show in shows if show.template == template)

    exact = windows(_EXACT)
    tables = [label for label in calendar.breakdown_windows if label in exact]
    if "operator" in roles:
        totals = _labels(show for show in shows if show.template == _EXACT and show.recipient == "operator")
        tables += [label for label in calendar.reasons_windows if label in totals]
    return CalendarView(
        roles=roles,
        exact=exact,
        predicates=windows(_MET),
        documents=windows(_OWED),
        breakdowns=tuple(label for label in calendar.breakdown_windows if label in exact),
        smallest=_smallest(calendar, smallest, has_tables=bool(tables)),
        named=calendar.named_windows if "operator" in roles else (),
    )


def _smallest(calendar: Calendar, smallest: int, *, has_tables: bool) -> int:
    """A table is about its cells, and disclosure control lets none be seen, nor be left over, that is below k."""
    cells = [min(calendar.k, calendar.people)] if has_tables else []
    return min([*filter(None, [smallest]), *cells], default=0)


def _groups(calendar: Calendar) -> tuple[tuple[str, ...], ...]:
    """The recipients, with those put together that are one organisation or are declared as tied."""
    organisations = {show.recipient: show.organisation for show in calendar.shows}
    groups: list[set[str]] = []
    for role in sorted(organisations):
        joined = {role}
        for group in [*groups]:
            if any(
                organisations[role] == organisations[other] or frozenset({role, other}) in calendar.tied
                for other in group
            ):
                joined |= group
                groups.remove(group)
        groups.append(joined)
    return tuple(tuple(sorted(group)) for group in groups)


def _cohort(calendar: Calendar) -> Iterable[Finding]:
    """R1: below k_cohort people no exact total is shown, at no window and to nobody."""
    shows = [show for show in calendar.shows if show.template == _EXACT]
    if shows and calendar.people < calendar.k_cohort:
        yield Finding(
            "calendar-cohort",
            _EXACT,
            "template",
            _roles(shows),
            _labels(shows),
            f"a cohort of {calendar.people} is below k_cohort {calendar.k_cohort}: no exact total may be shown",
            "plan a predicate for one window, and payment documents for the creditor",
        )


def _creditor(calendar: Calendar) -> Iterable[Finding]:
    """Invariant 6: the exact amount goes to the creditor alone; money that flows on is a disclosure."""
    shows = [show for show in calendar.shows if show.template == _OWED and show.recipient != "operator"]
    if shows:
        yield Finding(
            "calendar-creditor",
            _OWED,
            "recipients",
            _roles(shows),
            _labels(shows),
            "a payment document goes to the creditor (operator) only",
            "leave the other recipients out of it",
        )


def _predicate(calendar: Calendar) -> Iterable[Finding]:
    """A predicate that flips between two windows tells of one person, whoever of them all sees which."""
    shows = [show for show in calendar.shows if show.template == _MET]
    if len(_labels(shows)) > 1:
        yield Finding(
            "calendar-predicate",
            _MET,
            "windows",
            _roles(shows),
            _labels(shows),
            "a predicate that may flip is a count: it may be shown for one window in all",
            f"keep the last one, {_labels(shows)[-1]}",
        )
    if shows and calendar.people >= calendar.k_cohort:
        yield Finding(
            "calendar-predicate",
            _MET,
            "windows",
            _roles(shows),
            _labels(shows),
            "a predicate that may flip is a count: this cohort is large enough for its total",
            "plan contract_total instead",
        )


def _prices(calendar: Calendar) -> Iterable[Finding]:
    """An amount with a price for each state is the number in each of them: a table without its protection."""
    shows = [show for show in calendar.shows if show.template == _EXACT]
    for roles in _groups(calendar):
        seen = [show for show in shows if show.recipient in roles]
        if calendar.priced_by_state and seen and "operator" not in roles:
            yield Finding(
                "calendar-prices",
                _EXACT,
                "recipients",
                roles,
                _labels(seen),
                f"{', '.join(calendar.priced_by_state)} has other prices for other states: the amount, beside the count"
                f" or alone, tells how many people are in each, also where they are fewer than k {calendar.k}",
                "give all states of the measure one price, or leave the recipient out: the creditor alone may know",
            )


def _breakdown(calendar: Calendar) -> Iterable[Finding]:
    """Two tables of one cohort can be subtracted: one window in all."""
    if len(calendar.breakdown_windows) > 1:
        yield Finding(
            "calendar-breakdown",
            _EXACT,
            "windows",
            _roles(show for show in calendar.shows if show.template == _EXACT),
            calendar.breakdown_windows,
            "the tables of two windows could be subtracted",
            f"keep the last one, {calendar.breakdown_windows[-1]}",
        )


def _tied_creditors(calendar: Calendar) -> Iterable[Finding]:
    """A small cohort's creditor, or one of its payers, that is also its investor tells the investor an amount at every
    window."""
    if calendar.people >= calendar.k_cohort:
        return
    owed = [show for show in calendar.shows if show.template == _OWED]
    if calendar.investor and calendar.investor in {*calendar.billed, *(show.organisation for show in owed)}:
        tied = [tuple(sorted({"investor", *_roles(owed)}))]  # whatever is planned for it as an investor
    else:
        tied = [roles for roles in _groups(calendar) if len(roles) > 1]
    for roles in tied:
        documents = _labels(show for show in owed if show.recipient in roles)
        if len(documents) > 1:
            yield Finding(
                "calendar-tied",
                _OWED,
                "recipients",
                roles,
                documents,
                "these parties are tied: the investor would see the exact amount of a small cohort more than once",
                f"pay once, for {documents[-1]}",
            )


def _labels(shows: Iterable[PlannedShow]) -> tuple[str, ...]:
    """The windows of these releases, in the order of the calendar."""
    return tuple(dict.fromkeys(show.window for show in shows))


def _roles(shows: Iterable[PlannedShow]) -> tuple[str, ...]:
    return tuple(sorted({show.recipient for show in shows}))
