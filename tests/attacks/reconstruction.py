"""An attacker who reckons back from everything that was legitimately received to single persons.

What the recipients received, the contract, the roster with its days of enrolment and the code of the rules become one
integer programme. Its solutions are all the histories that fit. A statement about a person (is out of the outcome, is
in this class, worked at all in this window) is *fixed* where it has the same value in every solution.

Persons of whom the same is known are interchangeable, so one of each group stands for all of it. Every solver run looks
for a history that turns as many statements as possible that have not been seen both ways; a best of none proves that
all the rest are fixed. The programme is exact for what it knows, but for two things that only make it weaker: a cap
that binds hides the quantity behind an amount, and data as known at two instants are not assumed to be alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import highspy

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.not_counted import NOT_LONG_ENOUGH, OTHER
from gateway.outcomes.terms import Window
from tests.attacks.backwards import Contradiction, run_backwards, run_fold_backwards
from tests.attacks.knowledge import Knowledge, Learned, Notice, Received, Statement
from tests.support.money import tariff_of
from vocabulary.weeks import Week

OUT = ""


def attack(
    contract: Contract,
    roster: Sequence[date],
    received: Iterable[Received | Notice],
    knowledge: Knowledge | None = None,
    *,
    creditor: str = "operator",
) -> Learned:
    """The statements that are fixed by what was received, and not already by the knowledge.

    A payment document is declared where it went to the `creditor`; to nobody, where that is empty.
    """
    everything, known = list(received), knowledge or Knowledge()
    documents = [one for one in everything if isinstance(one, Received)]
    notices = [one for one in everything if isinstance(one, Notice)]
    views = {(document.window, document.known_at) for document in documents}
    # windows hang together only through who is known not to have moved, or to have fallen back
    labels = {label for label, _ in views}
    is_one = bool(known.still or notices)
    parts = [views] if is_one else [{view for view in views if view[0] == label} for label in sorted(labels)]

    def fixed_by(chosen: list[Received], notices: list[Notice]) -> set[Statement]:
        return {one for part in parts for one in _Programme(contract, roster, chosen, notices, known, part).fixed()}

    found = fixed_by(documents, notices)
    if not found:
        return Learned(frozenset(), frozenset())
    before = fixed_by([], [])
    payments = [one for one in documents if (one.template, one.recipient) == ("payment_document", creditor)]
    declared = fixed_by(payments, notices) - before
    return Learned(frozenset(found - before - declared), frozenset(declared))


def group_of(
    contract: Contract, roster: Sequence[date], known: Knowledge, notices: Sequence[Notice] = ()
) -> list[list[int]]:
    """Persons of whom the same is known: the same first week, the same notices, and nothing else said by name."""
    named = {person for person, _ in known.states} | {person for _, _, moved in known.still for person in moved}
    groups: dict[tuple[int, int, tuple[str, ...]], list[int]] = defaultdict(list)
    for person, day in enumerate(roster):
        first = Week.of(day).ordinal + (not contract.qualification.first_week_is_enrolment_week)
        told = tuple(notice.window for notice in notices if person in notice.named)
        groups[first, person if person in named else -1, told].append(person)
    return list(groups.values())


@dataclass(slots=True)
class _Unit:
    """Interchangeable persons that are counted together: one representative, or all the others of its group."""

    persons: list[int]
    first: int  # ordinal of the first week that may count
    represents: list[int]  # the group, where this is its representative


@dataclass(slots=True)
class _View:
    """One window as known at one instant: people by state and weeks, by unit."""

    states: list[dict[str, Any]]
    weeks: list[Any]


class _Programme:
    def __init__(
        self,
        contract: Contract,
        roster: Sequence[date],
        documents: Sequence[Received],
        notices: Sequence[Notice],
        known: Knowledge,
        views: Iterable[tuple[str, int]],
    ) -> None:
        self.contract, self.known, self.documents = contract, known, documents
        measure = contract.people_measure
        assert measure is not None, "the attacker knows contracts with a measure of people"
        self.people: Measure = measure
        self.weekly = next((m for m in contract.measures if m.kind == "weeks"), None)
        self._check_modelled()
        self.h = highspy.Highs()
        self.h.silent()
        for option, value in (("threads", 1), ("random_seed", 1), ("time_limit", 60.0)):
            self.h.setOptionValue(option, value)
        self.statements: dict[tuple[int, str, int, str], Any] = {}  # (unit, window, known_at, what) -> binary
        groups = group_of(contract, roster, known, notices)
        self.units = [unit for group in groups for unit in self._split(group, roster)]
        self.views = {key: self._view(*key) for key in sorted(views)}
        self._know()
        for notice in notices:
            self._notice(notice)
        for document in documents:
            if (document.window, document.known_at) in self.views:
                self._receive(document)

    def _check_modelled(self) -> None:
        lengths = [window.to_week - window.from_week + 1 for window in self.contract.windows]
        if self.people.sustained_weeks > min(lengths) or (self.weekly and self.people.sustained_weeks > 1):
            raise ValueError("windows that share weeks of one outcome are not modelled")
        if self.contract.pauses or sum(m.kind == "weeks" for m in self.contract.measures) > 1:
            raise ValueError("pauses and two measures of weeks are not modelled")

    def _split(self, group: list[int], roster: Sequence[date]) -> list[_Unit]:
        first = Week.of(roster[group[0]]).ordinal + (not self.contract.qualification.first_week_is_enrolment_week)
        units = [_Unit(group[:1], first, group)]
        return [*units, _Unit(group[1:], first, [])] if group[1:] else units

    def _sum(self, terms: Iterable[Any]) -> Any:
        return self.h.qsum(list(terms))

    def _whole(self, most: int) -> Any:
        return self.h.addIntegral(0, most)

    # what is possible at all

    def _view(self, label: str, known_at: int) -> _View:
        window = self.contract.window(label)
        assert window is not None
        view = _View([], [])
        for number, unit in enumerate(self.units):
            size = len(unit.persons)
            observed = min(window.to_week.ordinal - unit.first + 1, window.to_week - window.from_week + 1)
            may = observed >= self.people.sustained_weeks
            states = {state.id: self._whole(size if may else 0) for state in self.people.states}
            states[OUT] = self._whole(size)
            self.h.addConstr(self._sum(states.values()) == size)
            view.states.append(states)
            if unit.represents and may:  # that nobody is in the outcome before the first weeks is public
                for state, count in states.items():
                    self.statements[number, label, known_at, state or "out"] = count
            if self.weekly:
                view.weeks.append(self._weeks(number, states, self._countable(window, unit), label, known_at))
        return view

    def _countable(self, window: Window, unit: _Unit, *, since_enrolment: bool = False) -> int:
        """How many weeks of the window a person of the unit can earn at most."""
        assert self.weekly is not None
        start = unit.first if since_enrolment else max(unit.first, window.from_week.ordinal)
        end = min(window.to_week.ordinal, unit.first + self.weekly.weeks_from_enrolment - 1)
        return max(0, end - start + 1)

    def _weeks(self, number: int, states: dict[str, Any], most: int, label: str, known_at: int) -> Any:
        """Weeks earned by the unit: whoever is in one of the measure's states at the end earned the last one."""
        assert self.weekly is not None
        unit = self.units[number]
        weeks = self._whole(most * len(unit.persons))
        window = self.contract.window(label)
        assert window is not None
        counts_last = window.to_week.ordinal < unit.first + self.weekly.weeks_from_enrolment
        if most and counts_last:
            earning = self._sum(states[state.id] for state in self.weekly.states if state.id in states)
            self.h.addConstr(weeks - earning >= 0)
            self.h.addConstr(weeks - earning <= (most - 1) * len(unit.persons))
        if unit.represents and most:
            self._worked(number, weeks, most, (label, known_at, "worked"))
        return weeks

    def _worked(self, number: int, weeks: Any, most: int, what: tuple[str, int, str]) -> None:
        worked = self.h.addBinary()
        self.h.addConstr(weeks - worked >= 0)
        self.h.addConstr(weeks - most * worked <= 0)
        self.statements[(number, *what)] = worked

    # what is known and received

    def _know(self) -> None:
        for (label, _), view in self.views.items():
            for unit, states in zip(self.units, view.states, strict=True):
                for (person, window), state in self.known.states.items():
                    if window == label and unit.persons == [person]:
                        self.h.addConstr(1 * states[state] == 1)
        for one, other, moved in self.known.still:
            pairs = [
                (a, b) for (w, _), a in self.views.items() for (x, _), b in self.views.items() if (w, x) == (one, other)
            ]
            for first, second in pairs:
                for unit, before, after in zip(self.units, first.states, second.states, strict=True):
                    if not set(unit.persons) <= moved:
                        for state, count in before.items():
                            self.h.addConstr(count - after[state] == 0)

    def _notice(self, notice: Notice) -> None:
        """Whoever is named was in the outcome when the window before ended, and is not any more.

        Where one week is the whole outcome, whoever was in it and is not named still is: nobody here is protected,
        has left or went unobserved. With longer outcomes somebody may be out who works again, and goes unnamed.
        """
        labels = [window.label for window in self.contract.windows_until(notice.window)][-2:]
        if len(labels) < 2:
            return
        for before in (view for (label, _), view in self.views.items() if label == labels[0]):
            for now in (view for (label, _), view in self.views.items() if label == labels[1]):
                for unit, earlier, later in zip(self.units, before.states, now.states, strict=True):
                    if set(unit.persons) <= notice.named:
                        self.h.addConstr(1 * earlier[OUT] == 0)
                        self.h.addConstr(1 * later[OUT] == len(unit.persons))
                    elif self.people.sustained_weeks == 1:
                        self.h.addConstr(later[OUT] - earlier[OUT] <= 0)

    def _receive(self, document: Received) -> None:
        view, claims = self.views[document.window, document.known_at], document.claims
        achieved = self._sum(count for states in view.states for state, count in states.items() if state != OUT)
        if "outcomes_achieved" in claims:
            self.h.addConstr(achieved == claims["outcomes_achieved"])
        if "threshold" in claims:
            people, met = claims["threshold"]["people"], claims["threshold"]["met"]
            self.h.addConstr(achieved >= people) if met else self.h.addConstr(achieved <= people - 1)
        if "qualifying_weeks" in claims:
            self.h.addConstr(self._sum(view.weeks) == claims["qualifying_weeks"])
        if "outcomes_by_class" in claims:
            self._table(view, claims["outcomes_by_class"], claims["outcomes_achieved"])
        if "not_counted" in claims:
            self._reasons(document, view, claims["participants"] - claims["outcomes_achieved"])
        for measure in self.contract.measures:
            self._money(document, view, measure, achieved)

    def _money(self, document: Received, view: _View, measure: Measure, achieved: Any) -> None:
        """A payment, and those before it, say how much was earned by now with what is known now."""
        parts = [self._quantity(other, measure) for other in self._series(document)]
        if not parts or None in parts or tariff_of(self.contract, measure) is None:
            return
        held = sum(part for part in parts if part is not None)
        if measure.kind == "people":
            self.h.addConstr(achieved == held)
            return
        window = self.contract.window(document.window)
        assert window is not None
        weeks = []
        for number, unit in enumerate(self.units):
            most = self._countable(window, unit, since_enrolment=True)
            weeks.append(self._whole(most * len(unit.persons)))
            if unit.represents and most:
                self._worked(number, weeks[-1], most, (document.window, document.known_at, "ever worked"))
        self.h.addConstr(self._sum(weeks) == held)
        for line in document.claims.get("lines", []):
            if (line["tariff"], line["kind"]) == (measure.id, "window"):
                self.h.addConstr(self._sum(view.weeks) == line["quantity"])

    def _series(self, document: Received) -> list[Received]:
        """The newest documents of its kind up to this one, one a window."""
        planned = {(one.template, one.recipient, one.window) for one in self.contract.releases}
        labels = [window.label for window in self.contract.windows_until(document.window)]
        if document.template == "payment_document":  # an amount makes up for the windows before it that had none
            labels = [label for label in labels if (document.template, document.recipient, label) in planned]
        newest: dict[str, Received] = {}
        for other in sorted(self.documents, key=lambda one: one.known_at):
            same = (other.recipient, other.template) == (document.recipient, document.template)
            if same and other.window in labels and other.known_at <= document.known_at:
                newest[other.window] = other
        return list(newest.values()) if len(newest) == len(labels) else []

    def _quantity(self, document: Received, measure: Measure) -> int | None:
        """Weeks or people behind a payment; None where they cannot be told from it."""
        if "lines" in document.claims:
            return sum(line["quantity"] for line in document.claims["lines"] if line["tariff"] == measure.id)
        tariff = tariff_of(self.contract, measure)
        amount = document.claims.get("payable", {}).get("amount_minor")
        if amount is None or len(self.contract.tariffs) > 1 or tariff is None:
            return None
        amounts = sum(other.claims["payable"]["amount_minor"] for other in self._series(document))
        return None if tariff.cap_minor and amounts >= tariff.cap_minor else amount // tariff.price_minor

    def _table(self, view: _View, table: Sequence[Mapping[str, Any]], parent: int) -> None:
        hidden = []
        for row in table:
            cell = self._whole(parent)
            self.h.addConstr(self._sum(states[row["class"]] for states in view.states) - cell == 0)
            if row["value"] is None:
                hidden.append(cell)
            else:
                self.h.addConstr(1 * cell == row["value"])
        shown = [row["value"] for row in table if row["value"] is not None]
        if hidden and self.known.rule == "stages":
            run_backwards(self.h, hidden, shown, parent=parent, k=self.contract.k)

    def _reasons(self, document: Received, view: _View, parent: int) -> None:
        """Everybody who is out is out for one reason; what is withheld stands under `other`."""
        table = {row["reason"]: row["value"] for row in document.claims["not_counted"]}
        counts = [{reason: self._whole(len(unit.persons)) for reason in table} for unit in self.units]
        cells = {reason: self._whole(parent) for reason in table}
        for number, (unit, states, reasons) in enumerate(zip(self.units, view.states, counts, strict=True)):
            self.h.addConstr(self._sum(reasons.values()) - states[OUT] == 0)
            for reason, count in reasons.items():
                if unit.represents and not self._is_void(reason):
                    self.statements[number, document.window, document.known_at, f"because {reason}"] = count
        for reason, cell in cells.items():
            self.h.addConstr(self._sum(reasons[reason] for reasons in counts) - cell == 0)
            if self._is_void(reason):
                self.h.addConstr(1 * cell == 0)
            if reason != OTHER and table[reason] is not None:
                self.h.addConstr(1 * cell == table[reason])
        folded = [cells[reason] for reason, value in table.items() if value is None and reason != OTHER]
        if table[OTHER] is not None:
            self.h.addConstr(self._sum([*folded, cells[OTHER]]) == table[OTHER])
        shown = [value for reason, value in table.items() if value is not None and reason != OTHER]
        if self.known.rule == "stages":
            run_fold_backwards(self.h, folded, cells[OTHER], shown, parent=parent, k=self.contract.k)

    def _is_void(self, reason: str) -> bool:
        """Where one week is the whole outcome, nobody's is not long enough: everybody knows."""
        return reason == NOT_LONG_ENOUGH and self.people.sustained_weeks == 1

    # what follows

    def fixed(self) -> set[Statement]:
        """The statements with one value in every solution. Raises `Contradiction` where there is no solution."""
        seen: dict[tuple[int, str, int, str], set[int]] = {key: set() for key in self.statements}
        self._solve(seen, [])
        while True:
            open_ = [key for key, values in seen.items() if len(values) == 1]
            if not open_ or not self._solve(seen, open_):
                break
        found = set()
        for (number, window, known_at, what), values in seen.items():
            if len(values) == 1:
                for person in self.units[number].represents:
                    found.add(Statement(person, window, known_at, what, bool(*values)))
        return found

    def _solve(self, seen: dict[tuple[int, str, int, str], set[int]], turn: list[tuple[int, str, int, str]]) -> bool:
        """One history that turns as many of these statements as can be; whether it turned any."""
        if turn:  # how many are turned; half of the most is enough, and none at all is still proved
            self.h.setOptionValue("mip_rel_gap", 0.5)
            var = self.statements
            self.h.maximize(self._sum(1 - var[key] if 1 in seen[key] else 1 * var[key] for key in turn))
        else:
            self.h.solve()
        status = self.h.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise Contradiction(self.h.modelStatusToString(status))
        values = self.h.getSolution().col_value
        before = sum(map(len, seen.values()))
        for key, variable in self.statements.items():
            seen[key].add(round(values[variable.index]))
        return sum(map(len, seen.values())) > before
