"""Windows that are told together, from docs/contracts.md: which, so that nobody is alone with what is told.

The plan hangs on the contract and on first days alone, so whoever knows these expects every notice that a window waits,
every date on which money flows on, and every size of a batch: they tell nothing more.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations, pairwise

from tests.attacks.outsider import texts
from tests.attacks.outsider.attacking import Entry, isolation_of
from tests.attacks.outsider.documents import Release, Terms, monday, read, week_named
from tests.attacks.outsider.rules import is_dominated
from tests.attacks.outsider.views import Reading, figures_of, with_differences

SHOWN = ("outcomes_achieved", "outcomes_reached", "points_reached", "days_reached", "qualifying_weeks", "payable")
RETURN = "[caps]\ncapital_minor = 2000000\nreturn_per_mille_a_year = 100\nreturn_years = 2\n"
ADDED = ("qualifying_weeks", "payable")  # told window by window, so that differences say nothing of a person's time


def in_blocks(terms: Terms, ends: Sequence[int]) -> list[Release]:
    """What is released where totals are told at these ends alone; payment documents as ever."""
    found = [one for one in terms.releases if one.template == "payment_document"]
    for since, end in pairwise((-1, *ends)):
        found += [replace(one, of_block=since) for one in terms.releases if one not in found and one.at == end]
    return found


def plan_of(terms: Terms, count: Mapping[Entry, int], told: Sequence[int] = ()) -> tuple[int, ...] | None:
    """The ends of the blocks with the least wait in all, of equal ones those that end earlier; None for none. They go
    on from the ends at which something was told before."""
    shown = sorted({one.at for one in terms.releases if one.template != "payment_document"})
    inner = [some for many in range(len(shown)) for some in combinations(shown[:-1], many)]
    plans = sorted(((*some, shown[-1]) for some in inner), key=lambda ends: (_wait(shown, ends), ends))
    plans = [ends for ends in plans if ends[: len(told)] == tuple(told)]
    return next((ends for ends in plans if _may_be_told(terms, count, ends)), None)


def _wait(shown: Sequence[int], ends: Sequence[int]) -> int:
    places = [shown.index(end) for end in ends]
    return sum(min(place for place in places if place >= at) - at for at in range(len(shown)))


def _may_be_told(terms: Terms, count: Mapping[Entry, int], ends: Sequence[int]) -> bool:
    """Whether nobody is alone with what any view tells, and nobody is too much of a total that another gets."""
    told = in_blocks(terms, ends)
    for roles in dict.fromkeys(terms.parties().values()):
        held = [one for one in told if one.recipient in roles]
        paid = [one for one in held if one.template == "payment_document"]
        if len(paid) == len(held):
            continue
        wide, free = (figures_of(terms, some, Reading(expands=True)) for some in (held, paid))
        if isolation_of(terms, count, wide, terms.k_cohort, free)[0] is not None:
            return False
        shown = [one for one in figures_of(terms, held, Reading()) if one.name in SHOWN]
        apart = with_differences([one for one in shown if one.name not in ADDED])
        if "operator" not in roles and any(is_dominated(terms, count, one, 10) for one in [*shown, *apart]):
            return False
    return True


def evenly(terms: Terms) -> dict[Entry, int]:
    """As many people as the contract names, evenly over the days of enrolment."""
    start, end = terms.enrolment
    days = (end - start).days + 1
    return {Entry(day): many for day, many in Counter(
        start + timedelta(days=place * days // terms.size) for place in range(terms.size)
    ).items()}  # fmt: skip


def plan_said(terms: Terms, said: str) -> tuple[int, ...] | None:
    """What `gateway contract check` says of people who begin evenly: the windows that nobody waits behind."""
    places = {one.label: at for at, one in enumerate(terms.windows)}
    if "every window is shown on time" in said:
        return tuple(sorted({one.at for one in terms.releases if one.template != "payment_document"}))
    found = re.search(r"where people begin evenly: (.*)", said)
    if found is None:
        return None
    waits = set(re.findall(r"(\w+) is shown with", found[1]))
    shown = {one.at for one in terms.releases if one.template != "payment_document"}
    return tuple(sorted(at for label, at in places.items() if at in shown and label not in waits))


def draw_folded_contract(seed: int) -> Terms:
    """One contract that is shown in blocks: people begin over some weeks, and have some weeks for an outcome."""
    draw = random.Random(seed)
    lengths = [draw.randint(1, 4) for _ in range(draw.randint(3, 4))]
    while sum(lengths) > 10:
        lengths[lengths.index(max(lengths))] -= 1
    first = monday(week_named("2020-W01"))
    needed = draw.randint(1, 3)
    kind, more = draw.choice(
        (
            ("retention", f'period = "week"\nneeded = {needed}\ndays_from_enrolment = {7 * draw.randint(needed, 6)}'),
            ("weeks", f"weeks_from_enrolment = {draw.randint(2, 6)}"),
            ("days", f"needed = {7 * needed}\ndays_from_enrolment = {7 * draw.randint(needed, 6)}"),
            ("people", f"sustained_weeks = {needed}"),
        )
    )
    goal = draw.choice((0, 20)) if kind in ("people", "retention") else 0
    return read(
        texts.contract(
            texts.measure(kind, ["fleksjob"], more, goal=goal),
            texts.price("m", draw.choice((1000, 150000))),
            RETURN if draw.random() < 0.3 else "",
            texts.windows("2020-W01", lengths),
            start=first,
            end=first + timedelta(days=draw.choice((13, 20, 27, 34))),
            size=draw.choice((30, 40, 60, 120)),
            totals=texts.release("contract_total", draw.choice((["investor"], ["operator", "investor"]))),
            disclosure=f'fold = "blocks"\nfold_at_most = {len(lengths)}\nfold_cost = "investor"\n',
        )
    )
