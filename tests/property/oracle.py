"""A slow oracle of everything a person can be paid for, and of every tariff. It imports nothing of ours.

Written from what the contract language promises, and as unlike the gateway as could be: plain dicts and texts instead
of classes, a calendar that is walked day by day, fractions instead of rounded quotients, sets of days instead of runs.
A week is a number of its own: 0 is the week of Monday 1 January 2007, from which the calendar begins.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any, NamedTuple

Cells = dict[tuple[str, int], int]  # (state, ISO year) -> units

EXIT_OF = {
    "not_resident": "moved",
    "dead": "dead",
    "disability_pension": "pension",
    "old_age_pension": "pension",
}
NEVER = 10**6


class Day(NamedTuple):
    year: int
    month: int
    day: int


def _days() -> list[Day]:
    """Every day from Monday 1 January 2007 on, one after the other."""
    lengths = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    found = []
    for year in range(2007, 2042):
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        for month, length in enumerate(lengths, start=1):
            days = length + (is_leap and month == 2)
            found.extend(Day(year, month, day) for day in range(1, days + 1))
    return found


DAYS = _days()
NUMBER = {day: number for number, day in enumerate(DAYS)}
WEEKS = len(DAYS) // 7


def _names() -> dict[str, int]:
    """`2020-W53` -> the number of the week: weeks are counted anew in the year of each Thursday."""
    found, year, count = {}, 0, 0
    for week in range(WEEKS):
        thursday = DAYS[7 * week + 3]
        year, count = (year, count + 1) if thursday.year == year else (thursday.year, 1)
        found[f"{year}-W{count:02d}"] = week
    return found


WEEK_OF_NAME = _names()


def day_number(text: str) -> int:
    return NUMBER[Day(*map(int, text.split("-")))]


def month_of_week(week: int) -> tuple[int, int]:
    return DAYS[7 * week + 3][:2]


@cache
def weeks_of_month(month: tuple[int, int]) -> list[int]:
    """The weeks of the Thursdays in a month."""
    days = [NUMBER[Day(*month, 1)] + offset for offset in range(31)]
    return [day // 7 for day in days if DAYS[day][:2] == month and day % 7 == 3]


def year_of_week(week: int) -> int:
    return month_of_week(week)[0]


def month_before(month: tuple[int, int]) -> tuple[int, int]:
    return DAYS[NUMBER[Day(*month, 1)] - 1][:2]


class Person:
    """One history in the oracle's words. `followed` is the last week that was followed to its end."""

    def __init__(self, contract: dict[str, Any], history: dict[str, Any]) -> None:
        enrolled = day_number(history["enrolled_on"])
        if contract["first_week"] == "week_of_enrolment":
            self.first, self.start = enrolled // 7, enrolled
        else:
            self.first = enrolled // 7 + 1
            self.start = 7 * self.first
        self.shown: dict[int, set[str]] = {}
        for status, from_week, to_week in history["spells"]:
            week = WEEK_OF_NAME[from_week]
            while week <= WEEK_OF_NAME[to_week]:
                self.shown.setdefault(week, set()).add(status)
                week += 1
        self.postings = [(tuple(map(int, month.split("-"))), *rest) for month, *rest in history["postings"]]
        self.scores = {day_number(day): score for day, score in history.get("scores", ())}
        self.followed, self.stop_rule = NEVER, ""
        if history["stop"] is not None:
            reason, since = history["stop"]
            self.stop_rule = contract["record_exits"][reason]
            self.followed = day_number(since) // 7 - 1 if since else -1

    def sum_of(self, month: tuple[int, int], types: list[str], column: int) -> int:
        """Hours (column 2) or minor units (column 4) of some income types in a month, corrections among them."""
        return sum(row[column] for row in self.postings if row[0] == month and row[1] in types)

    def shows_pay(self, month: tuple[int, int], types: list[str]) -> bool:
        """Whether something of a type was paid and not taken back: a posting more than reversals, or hours left."""
        for kind in types:
            rows = [row for row in self.postings if row[0] == month and row[1] == kind]
            if sum(-1 if row[3] else 1 for row in rows) > 0 or sum(row[2] for row in rows) > 0:
                return True
        return False


def person_cells(contract: dict[str, Any], measure: dict[str, Any], person: Person, until: int) -> Cells:
    """Units of one person under one measure at the end of week `until`."""
    return _Walk(contract, measure, person, until).cells()


def counted_weeks(contract: dict[str, Any], measure: dict[str, Any], person: Person, until: int) -> dict[int, str]:
    """The weeks that count, with the state that each counts for."""
    walk = _Walk(contract, measure, person, until)
    return {week: state for week in walk.weeks if (state := walk.marks[week])}


class _Walk:
    """One person's weeks under one measure, up to the end of a week.

    `kinds` says of each week whether it is open, or why it is not asked; `marks` the state that an asked week counts
    for, an empty text where it counts for none, and None where it is neither for nor against.
    """

    def __init__(self, contract: dict[str, Any], measure: dict[str, Any], person: Person, until: int) -> None:
        self.contract, self.measure, self.person, self.until = contract, measure, person, until
        self.weeks = list(range(person.first, until + 1))
        is_stopped = until > person.followed and person.stop_rule == "out"
        self.is_out = is_stopped or any("out" in self._rules(week) for week in self.weeks)
        self.gone = min((week for week in self.weeks if "censored" in self._rules(week)), default=NEVER)
        self.kinds = {week: self._kind(week) for week in self.weeks}
        self.end = self._last_day()
        for week in self.weeks:
            if self.kinds[week] == "open" and 7 * week > self.end:
                self.kinds[week] = "over"
        self.marks = {week: self._mark(week) for week in self.weeks}

    def _rules(self, week: int) -> set[str]:
        """The exit rules that the register calls for in a week; nobody is looked at who is not followed."""
        if week < self.person.first or week > self.person.followed:
            return set()
        shown = self.person.shown.get(week, set())
        return {self.contract["register_exits"][EXIT_OF[status]] for status in shown if status in EXIT_OF}

    def _kind(self, week: int) -> str:
        """Two exits in one week: out, then censored, then failure, then frozen, then neutral."""
        for first, last in self.contract["pauses"]:
            if WEEK_OF_NAME[first] <= week <= WEEK_OF_NAME[last]:
                return "paused"
        if self.is_out:
            return "out"
        if week >= self.gone:
            return "gone"
        if week > self.person.followed:
            return {"censored": "gone", "failure": "gone"}.get(self.person.stop_rule, self.person.stop_rule)
        rules = self._rules(week)
        return next((kind for kind in ("failure", "frozen", "neutral") if kind in rules), "open")

    def _last_day(self) -> int:
        """Time is spent day by day; a week in which it stands still gives its seven days back."""
        if self.measure.get("weeks_from_enrolment"):
            day, left = 7 * self.person.first, 7 * self.measure["weeks_from_enrolment"]
        elif self.measure.get("days_from_enrolment"):
            day, left = self.person.start, self.measure["days_from_enrolment"]
        else:
            return NEVER
        first = day
        while True:
            if (day % 7 == 0 or day == first) and self.kinds.get(day // 7) in ("paused", "neutral"):
                left += 7
            left -= 1
            if not left:
                return day
            day += 1

    def _mark(self, week: int) -> str | None:
        kind = self.kinds[week]
        if kind in ("paused", "frozen", "neutral"):
            return None
        if kind != "open":
            return ""
        shown = self.person.shown.get(week, set())
        if not shown or "unknown" in shown or shown & set(EXIT_OF):
            return ""
        if not shown - set(self.contract["neutral"]):
            before = [
                one for one in self.weeks if one < week and self.kinds[one] not in ("paused", "frozen", "neutral")
            ]
            return self._mark(before[-1]) if before else ""
        for state in self.measure["states"]:
            if self._is_shown(state, shown) and self._is_paid(state, week):
                return state["id"]
        return ""

    def _is_shown(self, state: dict[str, Any], shown: set[str]) -> bool:
        if state.get("off"):  # the benefits that must not be shown, one by one
            told = [status for status in shown if not status.startswith("word:")]  # which say nothing of benefits
            return bool(told) and not any(benefit in shown for benefit in state["off"])
        return bool(shown & set(state["statuses"]))

    def _is_paid(self, state: dict[str, Any], week: int) -> bool:
        types = state["income_types"]
        if not types:
            return True
        month = month_of_week(week)
        if not self.person.shows_pay(month, types) and self.contract["missing_month"] == "carry_forward":
            month = month_before(month)
        if not state["hours"]:
            return self.person.shows_pay(month, types)
        a_week = Fraction(self.person.sum_of(month, types, 2), len(weeks_of_month(month)))
        return a_week >= state["hours"]

    def cells(self) -> Cells:
        return getattr(self, "_" + self.measure["kind"])()

    def _weeks(self) -> Cells:
        return Counter((mark, year_of_week(week)) for week, mark in self.marks.items() if mark)

    def _asked(self) -> list[int]:
        return [week for week in self.weeks if self.marks[week] is not None]

    def _people(self) -> Cells:
        asked, needed = self._asked(), self.measure["sustained_weeks"]
        failed = max((place for place, week in enumerate(asked) if not self.marks[week]), default=-1)
        run = asked[failed + 1 :]
        if len(run) < needed:
            return {}
        return {(self._state([self.marks[week] for week in run[-needed:]]), year_of_week(run[needed - 1])): 1}

    def _state(self, marks: list[str | None]) -> str:
        """The state that an outcome counts for, of the marks of its weeks or days from the first to the last."""
        said = [mark for mark in marks if mark]
        word = self.measure.get("outcome_state") or "last"
        if word == "lowest":
            return [one["id"] for one in self.measure["states"] if one["id"] in said][-1]
        if word == "most":
            often = max(said.count(mark) for mark in said)
            said = [mark for mark in said if said.count(mark) == often]
        return said[-1]

    def _retention(self) -> Cells:
        asked = [week for week in self._asked() if 7 * week + 6 <= self.end]
        periods = self._months(asked) if self.measure["by_month"] else [[week] for week in asked]
        good = [place for place, weeks in enumerate(periods) if all(self.marks[week] for week in weeks)]
        for nth in range(self.measure["needed"] - 1, len(good)):
            rest = good[nth - self.measure["needed"] + 1 : nth + 1]
            if rest[-1] - rest[0] < self.measure["within"]:
                marks = [self.marks[week] for place in rest for week in periods[place]]
                return {(self._state(marks), year_of_week(periods[rest[-1]][-1])): 1}
        return {}

    def _months(self, asked: list[int]) -> list[list[int]]:
        """The asked weeks of each month whose weeks all lie in the person's time and before the end of `until`."""
        found = []
        for month in sorted({month_of_week(week) for week in asked}):
            whole = weeks_of_month(month)
            if whole[0] < self.person.first or whole[-1] > self.until or 7 * whole[-1] + 6 > self.end:
                continue
            found.append([week for week in whole if week in asked])
        return found

    def _days(self) -> Cells:
        days = []
        for day in range(self.person.start, min(self.end, 7 * self.until + 6) + 1):
            days += [self.marks[day // 7]] if self.marks[day // 7] else []
            if len(days) == self.measure["needed"]:
                return {(self._state(days), year_of_week(day // 7)): 1}
        return {}

    def _earnings(self) -> Cells:
        if "out" in self.kinds.values():
            return {}
        [state] = self.measure["states"]
        goal = threshold(self.measure["earnings"], DAYS[self.person.start].year, self.contract["rounding"])
        reached, total = None, 0
        opened = [week for week in self.weeks if self.kinds[week] == "open"]
        months = {month_of_week(week) for week in opened}
        for edge in (self.person.start, self.end):  # such a day may lie in the month before or after its Thursday's
            if edge // 7 in opened and DAYS[edge][:2] <= month_of_week(self.until):
                months.add(DAYS[edge][:2])
        for month in sorted(months):
            days = [number for number, day in _days_of(month) if self.person.start <= number <= self.end]
            is_read = (
                bool(days) if self.measure["earnings"]["counts_partial_months"] else len(days) == len(_days_of(month))
            )
            if is_read:
                total += self.person.sum_of(month, state["income_types"], 4)
                reached = None if total < goal else reached or month
        return {} if reached is None else {(state["id"], reached[0]): 1}

    def _pay(self) -> Cells:
        """A month is told of where one of its weeks is open; its pay counts where one of its weeks is marked."""
        if "out" in self.kinds.values():
            return {}
        [state] = self.measure["states"]
        total, year = 0, 0
        for month in sorted({month_of_week(week) for week in self.weeks if self.kinds[week] == "open"}):
            days = [number for number, _ in _days_of(month) if self.person.start <= number <= self.end]
            if not days or (len(days) < len(_days_of(month)) and not self.measure["counts_partial_months"]):
                continue
            pay = self.person.sum_of(month, state["income_types"], 4)
            if pay < 0 or any(self.marks[week] for week in weeks_of_month(month) if week in self.marks):
                total += pay
                year = month[0] if pay else year
        most = self.measure["most_minor"] or total
        return {(state["id"], year): min(total, most)} if total > 0 else {}

    def _instrument(self) -> Cells:
        """By hand: the score at the start, then for each month the score nearest to its day."""
        measure, found = self.measure, Counter[tuple[str, int]]()
        before = self._near(self.person.start, measure["baseline_within_days"])
        for months in measure["months"] if before is not None else ():
            after = self._near(months_later(self.person.start, months), measure["follow_up_within_days"])
            if after is None or before is None or after[0] <= before[0]:
                continue
            first, then = (before[1], after[1]) if measure["better"] == "higher" else (-before[1], -after[1])
            if measure["change_at_least"]:
                is_better = then - first >= measure["change_at_least"]
            else:
                begins = measure["class_from"] if measure["better"] == "higher" else -measure["class_from"]
                is_better = first < begins <= then
            week = after[0] // 7
            if is_better and self.kinds.get(week) == "open" and not self.person.shown.get(week, set()) & set(EXIT_OF):
                found["", year_of_week(week)] += 1
        return found

    def _near(self, day: int, within: int) -> tuple[int, int] | None:
        """Earlier days first, so that of two the earlier one is found."""
        for away in range(within + 1):
            for one in (day - away, day + away):
                if one in self.person.scores:
                    return one, self.person.scores[one]
        return None

    def _each_day(self) -> Cells:
        days = range(self.person.start, min(self.end, 7 * self.until + 6) + 1)
        return Counter((self.marks[day // 7], year_of_week(day // 7)) for day in days if self.marks[day // 7])

    def _week_blocks(self) -> Cells:
        """By cutting: each run of weeks, or all of them, into pieces of so many weeks."""
        found: Counter[tuple[str, int]] = Counter()
        runs: list[list[int]] = [[]]
        for week in self._asked():
            if self.marks[week]:
                runs[-1].append(week)
            elif self.measure["consecutive"]:
                runs.append([])
        size = self.measure["weeks_per_block"]
        pieces = [run[at : at + size] for run in runs for at in range(0, len(run), size)]
        for piece in [one for one in pieces if len(one) == size][: self.measure["most_blocks"]]:
            found[self._state([self.marks[week] for week in piece]), year_of_week(piece[-1])] += 1
        return found

    def _started(self) -> Cells:
        return {("", year_of_week(self.person.first)): 1} if self.weeks and not self.is_out else {}

    def _follow_up(self) -> Cells:
        found: Counter[tuple[str, int]] = Counter()
        for months in self.measure["months"]:
            week = months_later(self.person.start, months) // 7
            while self.kinds.get(week) in ("paused", "neutral"):
                week += 1
            if mark := self.marks.get(week):
                found[mark, year_of_week(week)] += 1
        return found


@cache
def _days_of(month: tuple[int, int]) -> list[tuple[int, Day]]:
    first = NUMBER[Day(*month, 1)]
    return [(number, day) for number, day in enumerate(DAYS[first : first + 31], start=first) if day[:2] == month]


def months_later(number: int, months: int) -> int:
    """The same day so many months later; the last day of a month that has no such day."""
    year, month, day = DAYS[number]
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    while Day(year, month, day) not in NUMBER:
        day -= 1
    return NUMBER[Day(year, month, day)]


def rounded(exact: Fraction, word: str) -> int:
    if word == "half_up":
        return floor(exact + Fraction(1, 2))
    if word == "half_even":
        return round(exact)
    if word == "none":
        assert exact.denominator == 1
    return floor(exact)


def threshold(earnings: dict[str, Any], year: int, rounding: str) -> int:
    if not earnings["index"]:
        return int(earnings["amount_minor"])
    return rounded(Fraction(earnings["hours_hundredths"], 100) * earnings["index"][year], rounding)


def person_pay(contract: dict[str, Any], cells: dict[str, Cells]) -> dict[str, int]:
    """What one person earns under each tariff with a price: one unit after the other, the person's cap over all."""
    found: dict[str, int] = {}
    for tariff in (one for one in contract["tariffs"] if one["kind"] == "price" or one["of"] in cells):
        if tariff["kind"] not in ("price", "share"):
            continue
        amount = 0
        if tariff["kind"] == "share":
            pay = sum(cells[tariff["of"]].values())
            amount = rounded(Fraction(pay * tariff["share_per_mille"], 1000), contract["rounding"])
        for (state, year), units in cells[tariff["of"]].items() if tariff["kind"] == "price" else ():
            price = Fraction(tariff["price_by_state"][state] if tariff["price_by_state"] else tariff["price_minor"])
            if tariff["index"]:
                price = price * tariff["index"][year] / tariff["index"][tariff["base_year"]]
            for _ in range(units):
                amount += rounded(price, contract["rounding"])
        cap = contract["caps"]["person_minor"]
        found[tariff["id"]] = min(amount, cap - sum(found.values())) if cap else amount
    return found


def tariff_raw(contract: dict[str, Any], tariff: dict[str, Any], figures: dict[str, Any]) -> int:
    """What a tariff owes in all at the end of a window, before caps."""
    known, rounding = figures["quantities"], contract["rounding"]
    kind = tariff["kind"]
    if tariff["id"] in figures["personal"]:
        return int(figures["personal"][tariff["id"]])
    if kind == "fee":
        return int(tariff["price_minor"] * figures["windows"])
    if kind == "cohort_threshold":
        reached = [1 for of, least in tariff["cohorts"] if of in known and known[of] >= least]
        if not reached and tariff["pooled"] is not None:
            of, least, from_window = tariff["pooled"]
            labels = [label for label, _, _ in contract["windows"]]
            if figures["windows"] > labels.index(from_window) and of in known and known[of] >= least:
                reached = [1 for _ in tariff["cohorts"]]
        return int(tariff["price_minor"] * len(reached))
    names = [name for name in (tariff["of"], tariff.get("minus"), tariff.get("multiplier")) if name]
    if any(name not in known for name in names):
        return 0
    figure = known[tariff["of"]]
    if kind == "share":
        difference = Fraction(figure - (known[tariff["minus"]] if tariff["minus"] else 0))
        for _ in range(bool(tariff["multiplier"])):
            difference *= known[tariff["multiplier"]]
        amount = rounded(difference * Fraction(tariff["share_per_mille"], 1000), rounding)
        return amount if tariff["may_be_negative"] else max(0, amount)
    points = tariff["points"]
    below = [amount for at, amount in points if at <= figure]
    if kind == "steps":
        return int(below[-1]) if below else 0
    if len(below) in (0, len(points)):
        return int(points[0][1] if not below else points[-1][1])
    (low, at_low), (high, at_high) = points[len(below) - 1], points[len(below)]
    return rounded(at_low + Fraction(at_high - at_low) * Fraction(figure - low, high - low), rounding)


def most(caps: dict[str, int]) -> int:
    """The lower of the contract's cap and the capital with its return, compounded year by year; 0 for none."""
    bounds = [caps["contract_minor"]] if caps["contract_minor"] else []
    if caps["capital_minor"]:
        grown = Fraction(caps["capital_minor"])
        for _ in range(caps["return_years"]):
            grown += grown * Fraction(caps["return_per_mille_a_year"], 1000)
        bounds.append(floor(grown))
    return min(bounds) if bounds else 0


def owed(contract: dict[str, Any], series: list[dict[str, Any]]) -> list[dict[str, int]]:
    """What each tariff owes in all at the end of each window: a clerk goes through the windows one by one."""
    found = []
    paid = {tariff["id"]: 0 for tariff in contract["tariffs"]}
    earned_before = dict(paid)
    for figures in series:
        shown: dict[str, int] = {}
        for tariff in contract["tariffs"]:
            name, cap = tariff["id"], tariff["cap_window_minor"]
            earned = tariff_raw(contract, tariff, figures)
            paid[name] = held(earned, earned_before[name], paid[name], cap, carries=tariff["carries_excess"])
            earned_before[name] = earned
            shown[name] = min(paid[name], tariff["cap_minor"]) if tariff["cap_minor"] else paid[name]
        bound = most(contract["caps"])
        while bound and sum(shown.values()) > bound:  # the last one that is owed something gives
            last = [name for name, amount in shown.items() if amount > 0][-1]
            shown[last] = max(0, shown[last] - (sum(shown.values()) - bound))
        found.append(shown)
    return found


def held(earned: int, earned_before: int, paid: int, cap: int, *, carries: bool) -> int:
    """What one tariff has been paid in all by the end of a window, under the window's cap."""
    if not cap:
        return earned
    if carries:
        return paid + min(earned - paid, cap)
    if earned >= earned_before:
        return paid + min(earned - earned_before, cap)
    there = paid - min(paid, 0, earned)  # what can be taken back: nothing below nothing, unless so much was earned
    return paid - min(there, earned_before - earned)


def looks(people: list[Person], until: int) -> dict[str, int]:
    """What the evaluation counts beside outcomes: see `gateway.outcomes.evaluate.Evaluation`."""
    found = Counter({"exits": 0, "not_observed": 0, "unknown_weeks": 0, "not_followed": 0})
    for person in people:
        seen = [week for week in person.shown if week <= until]
        found["exits"] += bool(seen) and bool(person.shown[max(seen)] & set(EXIT_OF))
        found["not_followed"] += until > person.followed
        found["not_observed"] += until <= person.followed and until not in person.shown
        found["unknown_weeks"] += sum("unknown" in person.shown[week] for week in seen if week >= person.first)
    return dict(found)
