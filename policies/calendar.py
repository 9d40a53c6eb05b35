"""A contract's calendar: everything that may ever be released, and who can put what side by side.

It is judged before anything is known, by who is in which figure and never by a value, so that a refusal tells nothing
about results (simulatable auditing: Kenthapadi, Mishra and Nissim). It is asked for each recipient, for tied parties as
one recipient, and for all of them together. A payment document to its creditor is left out of it: what is owed is paid
exactly (invariant 6).

What needs the contract's text alone stands in `policies.calendar_rules`. Who can still change which figure is asked of
the evaluator itself, in `gateway.attestations.calendar_audit`, and judged by `policies.isolation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vocabulary.releases import Recipient, Template

_EXACT, _MET, _OWED = Template.CONTRACT_TOTAL, Template.PREDICATE, Template.PAYMENT_DOCUMENT


@dataclass(frozen=True, slots=True)
class PlannedShow:
    """A release of the calendar: a template for one recipient at one window."""

    template: str
    recipient: str  # role
    organisation: str
    window: str


@dataclass(frozen=True, slots=True)
class AskedThreshold:
    """From how many units of a figure on something is met, paid or open: `by` says where the contract asks it."""

    figure: str  # a measure; one that counts the same is the same figure
    at: int
    by: str
    is_goal: bool = False  # `threshold_people`: whether it is met is shown


@dataclass(frozen=True, slots=True)
class PartOfAnother:
    """A measure that a later version brought, and one that counts whoever it counts, or of whom it counts all: beside
    each other, in these windows, they are the numbers in two classes."""

    measure: str
    other: str
    windows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a contract plans to show. `tied` are pairs of roles that count as one recipient.

    `investors` are the organisations that lend, whether or not anything is shown to them: all of them get the same, and
    count as one. `billed` are the further payers, each of which learns the exact amount of every payment document from
    its share of the bill.
    """

    people: int
    k: int
    k_cohort: int
    shows: tuple[PlannedShow, ...]
    breakdown_windows: tuple[str, ...]
    tied: frozenset[frozenset[str]]
    reasons_windows: tuple[str, ...] = ()  # in which the operator sees why people are not counted
    named_windows: tuple[str, ...] = ()  # in which a grant of its own lets the operator learn of single people by name
    investors: tuple[str, ...] = ()
    creditor: str = "operator"  # whom payment documents go to
    billed: tuple[str, ...] = ()
    priced_by_state: tuple[str, ...] = ()  # tariffs under which states of one measure have other prices
    counted: tuple[str, ...] = ()  # measures that a total is made of
    thresholds: tuple[AskedThreshold, ...] = ()  # on measures of people
    classes: tuple[PartOfAnother, ...] = ()

    @property
    def totals(self) -> tuple[str, ...]:
        """The figures of a total, by name."""
        return (*self.counted, "payable")

    @property
    def bears_share(self) -> bool:
        """Whether an investor is a payer too: its bill tells it the amount of each window, on time."""
        return not set(self.investors).isdisjoint(self.billed)

    @property
    def goals(self) -> tuple[AskedThreshold, ...]:
        return tuple(one for one in self.thresholds if one.is_goal)


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


def groups(calendar: Calendar) -> tuple[tuple[str, ...], ...]:
    """The roles of each recipient (tied parties as one), then those of all of them together."""
    found = recipients(calendar)
    everybody = tuple(sorted({role for roles in found for role in roles}))
    return found if everybody in found else (*found, everybody)


def views(calendar: Calendar, smallest: Mapping[tuple[str, ...], int]) -> tuple[CalendarView, ...]:
    """Who sees what. `smallest` has the fewest people that a combination of the exact figures of these roles is about,
    0 for nobody."""
    return tuple(_view(calendar, roles, smallest.get(roles, 0)) for roles in groups(calendar))


def _view(calendar: Calendar, roles: tuple[str, ...], smallest: int) -> CalendarView:
    shows = [show for show in calendar.shows if show.recipient in roles]

    def windows(template: str) -> tuple[str, ...]:
        return labels(show for show in shows if show.template == template)

    exact, owed = windows(_EXACT), windows(_OWED)
    if calendar.bears_share and Recipient.INVESTOR in roles:
        owed = labels(show for show in calendar.shows if show.template == _OWED)
    tables = [label for label in calendar.breakdown_windows if label in exact]
    if "operator" in roles:
        totals = labels(show for show in shows if show.template == _EXACT and show.recipient == "operator")
        tables += [label for label in calendar.reasons_windows if label in totals]
    return CalendarView(
        roles=roles,
        exact=exact,
        predicates=windows(_MET),
        documents=owed,
        breakdowns=tuple(label for label in calendar.breakdown_windows if label in exact),
        smallest=_smallest(calendar, smallest, has_tables=bool(tables)),
        named=calendar.named_windows if "operator" in roles else (),
    )


def _smallest(calendar: Calendar, smallest: int, *, has_tables: bool) -> int:
    """A table is about its cells, and disclosure control lets none be seen, nor be left over, that is below k."""
    cells = [min(calendar.k, calendar.people)] if has_tables else []
    return min([*filter(None, [smallest]), *cells], default=0)


def recipients(calendar: Calendar) -> tuple[tuple[str, ...], ...]:
    """The recipients, with those put together that are one organisation or are declared as tied. An investor that bears
    a share is one whatever is planned for it."""
    organisations = {show.recipient: {show.organisation} for show in calendar.shows}
    if calendar.bears_share or Recipient.INVESTOR in organisations:
        organisations[Recipient.INVESTOR] = set(calendar.investors)  # several count as one
    groups: list[set[str]] = []
    for role in sorted(organisations):
        joined = {role}
        for group in [*groups]:
            if any(
                organisations[role] & organisations[other] or frozenset({role, other}) in calendar.tied
                for other in group
            ):
                joined |= group
                groups.remove(group)
        groups.append(joined)
    return tuple(tuple(sorted(group)) for group in groups)


def labels(shows: Iterable[PlannedShow]) -> tuple[str, ...]:
    """The windows of these releases, in the order of the calendar."""
    return tuple(dict.fromkeys(show.window for show in shows))


def roles_of(shows: Iterable[PlannedShow]) -> tuple[str, ...]:
    return tuple(sorted({show.recipient for show in shows}))
