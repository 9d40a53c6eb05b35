"""What is owed under several versions: beside a slow ledger with an entry for each person, unit and window."""

from __future__ import annotations

from itertools import accumulate
from random import Random
from typing import Any

import pytest

from gateway.outcomes.tariff import due_lines
from tests.property import ledger
from tests.support.chains import LATE, chain, owed, series
from tests.support.examples import examples

WINDOWS = 6


def drawn_terms(draw: Random) -> dict[str, Any]:
    terms: dict[str, Any] = {"price": draw.choice([0, 60, 100, 100, 150])}
    for cap, most in (("cap", 2500), ("contract_cap", 3000), ("person_cap", 500)):
        if draw.random() < 0.4:
            terms[cap] = draw.randrange(100, most, 50)
    for pays in ("pays_cut", "contract_pays_cut", "person_pays_cut"):
        terms[pays] = draw.random() < 0.3
    if draw.random() < 0.4:
        terms["gate"] = draw.randrange(1, 12)
    return terms


def drawn_points(draw: Random) -> list[tuple[int, int]]:
    places = sorted(draw.sample(range(1, 16), draw.randint(1, 4)))
    return [*zip(places, accumulate(draw.randrange(50, 900) for _ in places), strict=True)]


def drawn_versions(draw: Random) -> list[ledger.Version]:
    begins = [0, *sorted(draw.sample(range(1, WINDOWS), draw.randint(0, 3)))]
    with_steps, with_late = (draw.choice([len(begins), *range(len(begins))]) for _ in range(2))  # from there on, if any
    found: list[ledger.Version] = []
    for number, since in enumerate(begins):
        terms = drawn_terms(draw) if not found or draw.random() < 0.8 else dict(found[-1][1])
        terms.pop("points", None)
        terms.pop("cut", None)
        if found and draw.random() < 0.3:  # which changes when something is paid, and not what
            terms["cut"] = [draw.randint(1, 30) for _ in range(WINDOWS - since)]
        if number >= with_steps:
            before = found[-1][1].get("points") if found else None
            terms["points"] = before if before and draw.random() < 0.5 else drawn_points(draw)
        terms.pop("late", None)
        if number >= max(1, with_late):
            terms["late"] = draw.choice([0, 40, 40, 90])
        found.append((since, terms))
    return found


def drawn_people(draw: Random, *, may_fall: bool = True, many: int = 0) -> list[list[int]]:
    people = []
    for _ in range(many or draw.randint(1, 5)):
        steps = [draw.choice([0, 1, 1, 2] + [-1, -2, -9] * may_fall) for _ in range(WINDOWS)]
        people.append([*accumulate(steps, lambda held, step: max(0, held + step), initial=0)][1:])
    return people


@pytest.mark.parametrize("stretch", [0, *(pytest.param(part, marks=pytest.mark.long) for part in range(1, 20))])
def test_what_is_owed_is_what_the_slow_ledger_says(stretch: int):
    """20,000 chains of up to four versions, of which `make test` tries some."""
    for seed in range(stretch * 1000, stretch * 1000 + examples(1000)):
        draw = Random(seed)
        versions, people = drawn_versions(draw), drawn_people(draw)
        late = drawn_people(draw, many=len(people))
        assert owed(chain(*versions), people, late) == ledger.owed(versions, people, late), (
            seed,
            versions,
            people,
            late,
        )


def test_documents_add_up_to_what_is_owed_whatever_is_learnt_in_between():
    """Each document is made under the version of its window, with what is known then."""
    for seed in range(examples(300)):
        draw = Random(seed)
        versions = drawn_versions(draw)
        documented: dict[str, tuple[int, int]] = {}
        for window in range(WINDOWS):
            people = [counts[: window + 1] for counts in drawn_people(draw)]  # learnt anew, back to the beginning
            late = [counts[: window + 1] for counts in drawn_people(draw, many=len(people))]
            begun = [one for one in versions if one[0] <= window]
            contract = chain(*begun)
            for line in due_lines(contract, series=series(contract, people, late), documented=documented):
                quantity, minor = documented.get(line.tariff, (0, 0))
                documented[line.tariff] = quantity + line.quantity, minor + line.amount_minor
            paid = sum(minor for _, minor in documented.values())
            assert paid == owed(contract, people, late)[-1] == ledger.owed(begun, people, late)[-1], seed


def test_a_measure_that_comes_later_counts_what_each_person_reached_since():
    for seed in range(examples(300)):
        draw = Random(seed)
        versions, people = (
            [(0, {"price": 1}), (draw.randrange(1, WINDOWS), {"price": 1, "late": 1})],
            drawn_people(draw),
        )
        late = drawn_people(draw, many=len(people))
        counted = series(chain(*versions), people, late)[-1].quantities[LATE]
        assert counted == sum(ledger.reached_since(versions[1][0], counts) for counts in late), seed


def test_an_amendment_with_equal_terms_changes_nothing():
    for seed in range(examples(300)):
        draw = Random(seed)
        versions, people = drawn_versions(draw), drawn_people(draw)
        again = [(since, terms) for since, terms in versions for _ in range(1)]
        free = [since for since in range(1, WINDOWS) if since not in [one for one, _ in versions]]
        if free:
            since = draw.choice(free)
            again = sorted([*again, (since, ledger.terms_of(versions, since)[1])], key=lambda one: one[0])
        assert owed(chain(*again), people) == owed(chain(*versions), people), seed


def test_while_nothing_is_lost_nothing_that_is_owed_falls():
    """Whatever prices and caps a later version says; gates and steps aside, which rest on what is asked today."""
    for seed in range(examples(300)):
        draw = Random(seed)
        versions = [(since, {**terms, "gate": 0}) for since, terms in drawn_versions(draw)]
        amounts = owed(chain(*versions), drawn_people(draw, may_fall=False))
        assert amounts == sorted(amounts), seed
