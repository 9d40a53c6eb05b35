"""A slow ledger of versions: an entry for each person, unit and window. It imports nothing of ours.

Written from the rules alone: a unit is worth what its window's version says; one that is lost and comes again is worth
the less of its two prices; steps pay for each step of the figure by the latest version that began below it; a cap that
changes keeps what the one before cut, unless it says that it pays that, and takes nothing back.
"""

from __future__ import annotations

from typing import Any

Terms = dict[str, Any]
Version = tuple[int, Terms]  # the first window, and what holds from it on


def terms_of(versions: list[Version], window: int) -> tuple[int, Terms]:
    """The number of the version of a window, and its terms."""
    number = max(place for place, (since, _) in enumerate(versions) if since <= window)
    return number, versions[number][1]


class Person:
    """Units in the order in which they were reached: each with its price, and the version by which it last was."""

    def __init__(self) -> None:
        self.held: list[tuple[int, int]] = []  # price, version
        self.gone: list[tuple[int, int]] = []

    def go_on(self, units: int, price: int, version: int) -> None:
        while len(self.held) > units:
            self.gone.append(self.held.pop())
        while len(self.held) < units:
            old = self.gone.pop()[0] if self.gone else None
            self.held.append((price if old is None else min(old, price), version))


def owed(versions: list[Version], people: list[list[int]], late: list[list[int]] | None = None) -> list[int]:
    """What is owed in all at the end of each window; `late` has the units of a measure that comes later, at no price
    before that."""
    windows = len(people[0])
    late = late or [[0] * windows for _ in people]
    persons, later = [Person() for _ in people], [Person() for _ in people]
    person_raw: list[list[int]] = [[] for _ in people]
    person_paid: list[list[int]] = [[] for _ in people]
    tariff_raw: dict[str, list[int]] = {"unit": [], "steps": [], "late": []}
    tariff_paid: dict[str, list[int]] = {"unit": [], "steps": [], "late": []}
    whole_raw: list[int] = []
    found: list[int] = []
    for window in range(windows):
        number, terms = terms_of(versions, window)
        figure = sum(counts[window] for counts in people)
        unit = new = 0
        for place, person in enumerate(persons):
            person.go_on(people[place][window], terms.get("price", 0), number)
            parts: dict[int, int] = {}
            for price, version in person.held:
                parts[_like(versions, version)] = parts.get(_like(versions, version), 0) + price
            later[place].go_on(late[place][window], terms.get("late", 0), number)
            own = sum(price for price, _ in later[place].held)
            person_raw[place].append(sum(parts.values()) + own)
            person_paid[place].append(_capped(person_raw[place], _caps(versions, window, "person_cap")))
            over = person_raw[place][-1] - person_paid[place][-1]
            cut = min(over, own)  # first of the measure that came last
            over, new = over - cut, new + own - cut
            for version in sorted(parts, reverse=True):  # what a person's cap cuts is cut from what came last
                cut = min(over, parts[version])
                over, parts[version] = over - cut, parts[version] - cut
            for version, minor in parts.items():
                unit += minor if figure >= versions[version][1].get("gate", 0) else 0
        amounts = {"unit": unit, "steps": _steps(versions, people, window), "late": new}
        for name, cap in (("unit", "cap"), ("steps", "no cap"), ("late", "no cap")):
            tariff_raw[name].append(amounts[name])
            tariff_paid[name].append(_capped(tariff_raw[name], _caps(versions, window, cap)))
        whole_raw.append(sum(paid[-1] for paid in tariff_paid.values()))
        found.append(_capped(whole_raw, _caps(versions, window, "contract_cap")))
    return found


def reached_since(since: int, counts: list[int]) -> int:
    """How many units one person holds at the end that were first reached in a window, or behind it."""
    person = Person()
    for window, units in enumerate(counts):
        person.go_on(units, int(window >= since), 0)
    return sum(price for price, _ in person.held)


def _like(versions: list[Version], number: int) -> int:
    """The first of the versions up to this one, without another between, that price and gate a unit as it does."""

    def says(place: int) -> tuple[int, int]:
        return versions[place][1].get("price", 0), versions[place][1].get("gate", 0)

    while number and says(number - 1) == says(number):
        number -= 1
    return number


def _caps(versions: list[Version], window: int, cap: str) -> list[tuple[int, bool]]:
    """The cap of each window up to one, and whether it pays what the one before cut."""
    pays = {"cap": "pays_cut", "contract_cap": "contract_pays_cut", "person_cap": "person_pays_cut"}.get(cap, "")
    all_terms = [terms_of(versions, at)[1] for at in range(window + 1)]
    return [(terms.get(cap, 0), terms.get(pays, False)) for terms in all_terms]


def _capped(raw: list[int], caps: list[tuple[int, bool]]) -> int:
    """What is owed at the end of the last window, told from the first one on."""
    owed: list[int] = []
    changed_at: int | None = None
    for window, amount in enumerate(raw):
        cap, pays_cut = caps[window]
        if window and cap != caps[window - 1][0] and not pays_cut:
            changed_at = window
        cap = cap or 10**18
        if changed_at is None:
            owed.append(min(amount, max(cap, owed[window - 1]) if window else cap))
            continue
        lost, then = raw[changed_at - 1] - owed[changed_at - 1], owed[changed_at - 1]
        owed.append(min(max(amount - lost, min(amount, then)), max(cap, owed[window - 1])))
    return owed[-1]


def _steps(versions: list[Version], people: list[list[int]], window: int) -> int:
    """Each step of the figure, by the latest version of other steps that began below it."""
    stretches: list[tuple[int, list[tuple[int, int]]]] = []
    for since, terms in versions:
        points = terms.get("points", [])
        if since <= window and (not stretches or points != stretches[-1][1]):
            stretches.append((since, points))
    total = 0
    for step in range(1, sum(counts[window] for counts in people) + 1):
        points: list[tuple[int, int]] = []
        for since, own in stretches:
            if not since or sum(counts[since - 1] for counts in people) < step:
                points = own
        total += _at(points, step) - _at(points, step - 1)
    return total


def _at(points: list[tuple[int, int]], figure: int) -> int:
    reached = [amount for at, amount in points if at <= figure]
    return reached[-1] if reached else 0
