"""What the product lets pass fixes nobody; and what it refuses for privacy's sake fixes somebody in a world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.attacks.outsider.attacking import gain_of
from tests.attacks.outsider.bayes import CERTAIN
from tests.attacks.outsider.documents import Terms
from tests.attacks.outsider.drawn import draw_contract, draw_small_contract
from tests.attacks.outsider.exhibits import answered_by_all, exhibit, is_open, isolations, spread_out
from tests.attacks.outsider.intricate import draw_intricate_contract
from tests.attacks.outsider.product import verdict
from tests.attacks.outsider.scenarios_of_tables import table_of_an_inner_window

SOME = 50


def runs_of(few: int, start: int, stop: int) -> list:
    """A few seeds for `make test`, some for `make long`, and stretches of many for `make soak`."""
    some = pytest.param(range(start, start + SOME), marks=pytest.mark.long)
    rest = range(start + SOME, stop, 250)
    many = (pytest.param(range(first, min(first + 250, stop)), marks=pytest.mark.soak) for first in rest)
    return [range(few), some, *many]


def name_of_run(seeds: range) -> str:
    return f"{seeds.start} to {seeds.stop - 1}"


@pytest.mark.parametrize("seeds", runs_of(6, 4000, 5000), ids=name_of_run)
def test_a_contract_passes_exactly_where_nobody_can_be_fixed(seeds: range, tell: Callable[[str], None]):
    check_drawn("contracts", seeds, draw_contract, tell, shown=0.95)


@pytest.mark.parametrize("seeds", runs_of(4, 20000, 20250), ids=name_of_run)
def test_an_intricate_contract_passes_exactly_where_nobody_can_be_fixed(seeds: range, tell: Callable[[str], None]):
    """Measures that are nearly one, several tariffs at once, tables, and time that begins with the batch.

    Fewer worlds are shown of what is refused: a table of reasons beside an exit at which time stands still tells of the
    last of five who left, and the worlds that are tried have one; and of small batches few worlds are tried."""
    check_drawn("intricate contracts", seeds, draw_intricate_contract, tell, shown=0.85)


def check_drawn(
    what: str, seeds: range, draw: Callable[[int], Terms], tell: Callable[[str], None], *, shown: float
) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        terms = draw(seed)
        asked = verdict(terms.text)
        if asked.passes:
            seen["pass"] += 1
            fixed = next(iter(isolations(terms)), None)
            assert fixed is None, (seed, fixed, terms.text)
        elif asked.rule.startswith("calendar"):
            seen["refused"] += 1
            found = exhibit(terms)
            seen["shown"] += found is not None
            if found is None:
                tell(f"outsider, of {what} {seed} is refused ({asked.rule}), and no world is found")
        else:
            seen["broken" if "nobody foresaw" in asked.said else "for other reasons"] += 1
    tell(f"outsider, {len(seeds)} {what} drawn: {dict(seen)}")
    assert not seen["broken"]  # an answer is owed to every text
    assert seen["pass"]
    assert seen["shown"] >= shown * seen["refused"]


@pytest.mark.parametrize(
    "seeds", [range(20), pytest.param(range(20, 400), marks=pytest.mark.long)], ids=["a few", "380"]
)
def test_an_answer_is_given_exactly_where_it_is_about_nobody(seeds: range, tell: Callable[[str], None]):
    """Fewer than k_cohort people, met or not met: nobody may be able to say of each who can be in it what each did."""
    seen: Counter[str] = Counter()
    gain = 1.0
    for seed in seeds:
        terms = draw_small_contract(seed)
        asked, found = verdict(terms.text), answered_by_all(terms)
        assert not (asked.passes and found), (seed, found, terms.text)
        refused = asked.rule.startswith("calendar") and is_open(terms)
        seen["pass" if asked.passes else "refused" if refused else "for other reasons"] += 1
        seen["shown"] += refused and found is not None
        if asked.passes:
            asked_once = [one for one in terms.releases if one.template == "predicate"]
            gain = max(gain, gain_of(spread_out(terms), asked_once))
    tell(f"outsider, {len(seeds)} contracts of met or not met drawn: {dict(seen)}; the largest gain in odds {gain:.3g}")
    assert 1.0 < gain < CERTAIN
    assert seen["pass"]
    assert seen["shown"] >= 0.95 * seen["refused"]


@pytest.mark.parametrize("seed", [4555, 4744])
def test_time_that_an_exit_gives_back_to_one_person_alone_is_in_no_figure(seed: int):
    """The operator's payments of an earlier window show such time too; it is the later one that the investor sees."""
    asked = verdict(draw_contract(seed).text)
    assert (asked.passes, asked.rule) == (False, "calendar-given-back")


@pytest.mark.parametrize("seed", [4125, 4171])
def test_a_start_behind_the_last_window_is_answered(seed: int):
    """It ended with an error that nobody foresaw."""
    assert "nobody foresaw" not in verdict(draw_contract(seed).text).said


def test_a_table_of_a_window_that_its_reader_is_not_shown_is_answered():
    """In blocks it stands with a later window: it was asked for there, and ended with an error that nobody foresaw."""
    asked = verdict(table_of_an_inner_window().text)
    assert "nobody foresaw" not in asked.said
    assert (asked.passes, asked.rule) == (False, "calendar-part")
