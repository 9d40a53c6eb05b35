"""What a first day can change is all that any life on it can change, by lives that other hands write.

Every week alone, from every week on and until every week; and lives of several runs, states and pay. The spaces of the
product are found by halving and by a bound; where the bound is not reached every life is asked.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

import pytest

from connectors.codes import shown_by_kind
from gateway.attestations.calendar_audit import findings_of
from gateway.attestations.exact_figures import exact_figures
from gateway.attestations.movers import DayOfMovers, Movers
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.lint import lint
from gateway.outcomes.possible_courses import kinds_of_first_day
from tests.attacks.outsider.drawn import draw_contract
from tests.support.drawn_calendars import draw_years
from tests.support.lives import every_life, some_lives
from vocabulary.errors import DeclarationInvalid

pytestmark = pytest.mark.long


def contracts(texts: Iterator[tuple[int, str]]) -> Iterator[tuple[int, Contract]]:
    """Those that can be evaluated."""
    for seed, text in texts:
        try:
            contract = load_contract(text.encode(), file="drawn.toml")
        except DeclarationInvalid:
            continue
        if contract.releases and not any(finding.refuses for finding in lint(contract, shown_by_kind())):
            yield seed, contract


def small(seeds: range) -> Iterator[tuple[int, Contract]]:
    return contracts((seed, draw_contract(seed).text) for seed in seeds)


def years(seeds: range) -> Iterator[tuple[int, Contract]]:
    return contracts((seed, draw_years(seed)) for seed in seeds)


def movers_of(contract: Contract) -> Movers:
    return Movers(contract, [one.figure for one in exact_figures(contract)])


def lives_beyond(movers: Movers, day: DayOfMovers, seed: int, many: int) -> int:
    """How many of these lives change something that the space of their first day does not know."""
    contract, space = movers.contract, day.space.copy()
    lives = [*every_life(contract, day.day), *some_lives(contract, day.day, seed, many)]
    return sum(space.add(movers.row_of_course(life.course())) for life in lives)


@pytest.mark.parametrize(
    ("kind", "seeds", "many"),
    [
        (small, range(24), 60),
        (years, range(3), 20),
    ],
    ids=lambda value: f"{value.start} to {value.stop - 1}" if isinstance(value, range) else None,
)
def test_no_life_changes_what_its_first_day_does_not_know(
    kind: Callable[[range], Iterator[tuple[int, Contract]]], seeds: range, many: int, tell: Callable[[str], None]
):
    compared = 0
    for seed, contract in kind(seeds):
        movers = movers_of(contract)
        chosen = random.Random(seed).choice(movers.days)
        for day in {id(one): one for one in (movers.days[0], movers.days[-1], chosen)}.values():
            assert lives_beyond(movers, day, seed, many) == 0, (seed, day.day.name)
        compared += 1
    tell(f"movers, {kind.__name__} {seeds.start} to {seeds.stop - 1}: {compared} contracts compared")
    assert compared


@pytest.mark.parametrize("seed", [63, 27, 38, 92])
def test_a_small_calendar_of_which_a_shorter_search_knew_too_little(seed: int):
    """Every second week reaches days and no run; a window of one week ends no run that begins with a window."""
    [(_, contract)] = small(range(seed, seed + 1))
    movers = movers_of(contract)
    assert [lives_beyond(movers, day, seed, 200) for day in movers.days] == [0] * len(movers.days)


@pytest.mark.parametrize("seed", [38, pytest.param(48, marks=pytest.mark.soak)])
def test_years_of_which_sixteen_idle_weeks_knew_too_little(seed: int):
    [(_, contract)] = years(range(seed, seed + 1))
    movers = movers_of(contract)
    for day in (movers.days[0], movers.days[-1]):
        assert lives_beyond(movers, day, seed, 40) == 0


@pytest.mark.parametrize(
    ("kind", "seeds"),
    [(small, range(60)), (years, range(12))],
    ids=lambda value: f"{value.start} to {value.stop - 1}" if isinstance(value, range) else None,
)
def test_days_of_which_every_measure_reads_the_same_count_the_same(
    kind: Callable[[range], Iterator[tuple[int, Contract]]], seeds: range
):
    for seed, contract in kind(seeds):
        groups = [one for one in kinds_of_first_day(contract) if len(one.also) > 1]
        for first in random.Random(seed).sample(groups, min(3, len(groups))):
            for life in some_lives(contract, first, seed, 8):
                courses = [life.course(day) for day in first.also]
                assert courses.count(courses[0]) == len(courses), (seed, first.name)


def with_reasons(seed: int) -> Contract | None:
    """A drawn contract whose readers are shown, from a window on, why people are in no outcome."""
    text = draw_contract(seed).text
    if "threshold_people" not in text or "contract_total" not in text:
        return None
    label = random.Random(seed).choice(re.findall(r'label = "(w\d)"', text))
    text = re.sub(r"(?m)^(k_cohort = \d+)$", rf'\1\nreasons_windows = ["{label}"]', text)
    shown = 'template = "contract_total"\nrecipients = '
    text = re.sub(rf"({shown})\[[^]]*\]", r'\1["operator", "investor"]', text)
    _, contract = next(contracts(iter([(seed, text)])), (seed, None))
    return contract if contract and contract.people_measure and contract.reasons_window else None


def test_a_table_of_reasons_is_judged_as_if_every_life_were_asked(
    monkeypatch: pytest.MonkeyPatch, tell: Callable[[str], None]
):
    """Its cells have no bound of their own: the lives that move them are asked beside those of the measures."""
    compared = refused = 0
    for contract in filter(None, map(with_reasons, range(1200))):
        found, _ = findings_of(contract)
        with monkeypatch.context() as patch:
            patch.setattr(Movers, "_most_rank", lambda _self, _day: 10**9)
            assert findings_of(contract)[0] == found, contract.file
        compared += 1
        refused += bool(found)
    assert 0 < refused < compared
    tell(f"tables of reasons: {compared} contracts judged as if every life were asked, {refused} refused")
