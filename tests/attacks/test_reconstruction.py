"""An attacker with an integer solver learns no person's status from all that is received, and does without the rules.

The last part is what makes the first one worth something: each rule is switched off by itself, and the same attacker
then finds persons. That not everything is withheld is held as well: every window is paid, to the øre.
"""

from __future__ import annotations

import csv
import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import highspy
import pytest

from gateway.outcomes.contract import Contract, PlannedRelease, Window
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from policies.disclosure import DisclosureRules, ShownCell, show_breakdown
from tests.attacks.reconstruction import Contradiction, Knowledge, Received, attack, run_backwards
from tests.attacks.seeded import OUT, cohort, contract_for, course, person, roster, steady
from tests.support.money import owed_at
from tests.support.municipality import ready

SIDES = {"operator": ("operator",), "investor": ("investor",), "both": ("operator", "investor")}
COHORTS = [
    (10, 0, 1),
    (25, 6, 1),
    (60, 6, 1),
    (120, 6, 1),
    (500, 12, 1),
    *(
        pytest.param(*case, marks=pytest.mark.long)
        for case in ((10, 0, 2), (25, 3, 1), (25, 3, 2), (60, 3, 1), (120, 3, 2), (500, 6, 1))
    ),
]


def contract_of(size: int, months: int) -> Contract:
    return contract_for("impact60" if months else "ballerup", size=size, months=months)


@pytest.mark.parametrize(("size", "months", "seed"), COHORTS)
def test_nobody_is_found_in_what_two_years_of_releases_say(size: int, months: int, seed: int):
    """(a) Beyond what payment documents fix by themselves; 0 months: the windows of the example contract.

    Whoever has less finds less: where both together find nothing, each alone is tried in a few small cohorts only.
    """
    contract, people = contract_of(size, months), cohort(size, seed)
    received = course(contract, people)
    for side, recipients in SIDES.items():
        if side != "both" and (size > 25 or seed > 1):
            continue
        learned = attack(contract, roster(people), received.by(*recipients))
        print(f"{size} people, {side}: {len(learned.persons)} fixed, {len(learned.persons_by_payment)} by payments")
        assert not learned.persons, sorted({(s.window, s.what, s.value) for s in learned.fixed})


def test_nobody_is_found_in_the_verified_bundles_of_a_municipality(tmp_path: Path):
    """(a) End to end: 30 people, every planned release through store, key and log, read as its recipient reads it."""
    town = ready(tmp_path)
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    windows = [window.label for window in contract.windows_until("2020H2")]
    planned = [entry for entry in contract.releases if entry.window in windows]
    planned.sort(key=lambda entry: (windows.index(entry.window), entry.template != "payment_document"))
    received = []
    for entry in planned:
        shown = town.verified(town.release(entry.window, entry.template, entry.recipient).bundle).shown
        received.append(Received(entry.recipient, entry.window, entry.template, shown))
    assert sum("outcomes_by_class" in document.claims for document in received) == 2
    with town.drop.referrals.open(encoding="utf-8") as file:
        days = [date.fromisoformat(row[1]) for row in list(csv.reader(file, delimiter=";"))[1:]]
    assert len(days) == contract.cohort.size == 30
    # a total of nobody is a leak of its own: tests/attacks/test_known_leaks.py
    empty = {one.window for one in received if one.claims.get("outcomes_achieved") == 0}
    assert len(empty) <= 1
    learned = attack(contract, days, received)
    assert {statement.window for statement in learned.fixed} <= empty


# (b) withholding everything is no solution


def late(people: Sequence[PersonHistory], window: Window, seed: int) -> Sequence[PersonHistory]:
    """The cohort when the window froze: one in twenty has no wages yet in its last month."""
    draw = random.Random(f"{seed} {window.label}")
    month = window.to_week.month.ordinal
    without = lambda columns: {key: value for key, value in columns.items() if key[0] != month}  # noqa: E731
    return [
        replace(one, hours=without(one.hours), postings=without(one.postings)) if draw.random() < 0.05 else one
        for one in people
    ]


@pytest.mark.parametrize("seed", [1])
def test_every_window_is_paid_and_shown_on_time_and_every_oere_by_the_end(seed: int):
    """(b) With wages that come late, at least 90 % of windows have their payment document and an exact total."""
    contract, people = contract_of(120, 6), cohort(120, seed, weeks=104)
    versions = {window.label: late(people, window, seed) for window in contract.windows[:-1]}
    received = course(contract, lambda window: versions.get(window.label, people))
    in_time = 0
    for window, lines in received.due.items():
        documents = [one for one in received.received if one.window == window]
        earned = [line for line in lines if line.kind == "window"]
        exact = [one for one in documents if one.template == "contract_total" and "outcomes_achieved" in one.claims]
        paid = [one.claims["payable"]["amount_minor"] for one in documents if one.template == "payment_document"]
        in_time += len(exact) == 2 and paid == [sum(line.amount_minor for line in lines)] and bool(earned[0].quantity)
    final = evaluate(contract, people, contract.windows[-1].to_week)
    owed = owed_at(contract, final)
    corrections = sum(line.kind == "correction" for lines in received.due.values() for line in lines)
    print(f"{in_time} of {len(received.due)} windows on time; {received.paid} of {owed} øre; {corrections} corrections")
    assert in_time >= 0.9 * len(received.due)
    assert received.paid == owed > 0
    assert corrections  # or nothing came late


@pytest.mark.parametrize("seed", [1])
def test_a_table_of_a_large_cohort_shows_most_people_by_class(seed: int):
    """(b) The classes of 500 people are not all withheld: at least half of those in the outcome are shown."""
    contract, people = contract_of(500, 24), cohort(500, seed, weeks=104)
    [table, *_] = [one.claims for one in course(contract, people).by("investor") if "outcomes_by_class" in one.claims]
    shown = sum(cell["value"] or 0 for cell in table["outcomes_by_class"])
    print(f"{shown} of {table['outcomes_achieved']} people in the outcome are shown by class")
    assert shown >= table["outcomes_achieved"] / 2


# (c) every rule by itself


@dataclass(frozen=True)
class Scenario:
    """What the investor receives under the rules, and without one of them, and what the investor knows besides."""

    contract: Contract
    people: list[PersonHistory]
    off: Callable[[Contract, list[PersonHistory], pytest.MonkeyPatch], list[Received]]
    knowledge: Knowledge = field(default_factory=Knowledge)


Show = Callable[[Mapping[str, int], int, DisclosureRules], Sequence[int | None]]


def table_by(show: Show):
    """The same releases, with tables by another rule."""

    def replaced(cells: Mapping[str, int], *, parent: int, rules: DisclosureRules) -> tuple[ShownCell, ...]:
        return tuple(map(ShownCell, cells, show(cells, parent, rules)))

    def off(contract: Contract, people: list[PersonHistory], patch: pytest.MonkeyPatch) -> list[Received]:
        patch.setattr("gateway.attestations.claims.show_breakdown", replaced)
        return course(contract, people, refuse=False).by("investor")

    return off


def all_shown(cells: Mapping[str, int], _parent: int, _rules: DisclosureRules) -> list[int | None]:
    return list(cells.values())


def small_withheld_alone(cells: Mapping[str, int], _parent: int, rules: DisclosureRules) -> list[int | None]:
    """Neither is a cell that is (nearly) everybody withheld, nor is a second one with a single small cell."""
    return [value if value >= rules.k else None for value in cells.values()]


def zeros_marked(cells: Mapping[str, int], parent: int, rules: DisclosureRules) -> list[int | None]:
    return [0 if not cells[cell.label] else cell.value for cell in show_breakdown(cells, parent=parent, rules=rules)]


def two_tables(contract: Contract, people: list[PersonHistory], _patch: pytest.MonkeyPatch) -> list[Received]:
    documents = []
    for label in ("w1", "w2"):
        shown = course(replace(contract, breakdown_window=label), people).by("investor")
        documents += [one for one in shown if one.window == label]
    return documents


def predicate_always(contract: Contract, people: list[PersonHistory], _patch: pytest.MonkeyPatch) -> list[Received]:
    releases = tuple(PlannedRelease("predicate", "investor", window.label) for window in contract.windows)
    return course(replace(contract, releases=releases), people, refuse=False).by("investor")


def exact_totals(contract: Contract, people: list[PersonHistory], _patch: pytest.MonkeyPatch) -> list[Received]:
    releases = tuple(PlannedRelease("contract_total", "investor", window.label) for window in contract.windows)
    return course(replace(contract, releases=releases), people, refuse=False).by("investor")


def cells(*counts: int) -> dict[str, int]:
    return dict(zip(("ordinary_job", "fleksjob", "skaanejob", "education", "partial_job"), counts, strict=True))


def of_120(counts: dict[str, int], off: Show, **knowledge) -> Scenario:
    return Scenario(contract_of(120, 24), steady(counts, 120, weeks=104), table_by(off), Knowledge(**knowledge))


def small_cohort(size: int) -> Scenario:
    """3 to 10 people, who are soon all in or all out, or of whom only a few are enrolled in the first window."""
    months, seed = SMALL[size]
    predicate = {TOTALS: f'template = "predicate"\nrecipients = ["investor"]\nwindows = ["w{24 // months}"]'}
    contract = contract_for("impact60", size=size, months=months, replaced=predicate, threshold=2)
    return Scenario(contract, cohort(size, seed, weeks=104), exact_totals)


TOTALS = 'template = "contract_total"\nrecipients = ["operator", "investor"]\nwindows = "all"'
SMALL = {3: (3, 1), 5: (3, 1), 10: (1, 5)}  # people -> months of a window, seed


def mover(before: str, after: str, others: dict[str, int], size: int, at: int) -> list[PersonHistory]:
    """The first person moves in week `at`, nobody else ever does."""
    rest = steady(others, size - 1)
    moving = person(size, [*[before] * at, *[after] * (117 - at)])
    return [moving, *rest]


def changes_class() -> Scenario:
    contract = contract_of(120, 12)
    people = mover("fleksjob", "education", cells(30, 20, 10, 10, 10), 120, 60)
    return Scenario(contract, people, two_tables, Knowledge(still=(("w1", "w2", frozenset({0})),)))


def finds_work() -> Scenario:
    contract = contract_of(10, 0)
    people = mover(OUT, "ordinary_job", {"ordinary_job": 4}, 10, 60)
    labels = [window.label for window in contract.windows]
    still = tuple((one, other, frozenset({0})) for one, other in itertools.pairwise(labels))
    return Scenario(contract, people, predicate_always, Knowledge(still=still))


RULES: dict[str, Callable[[], Scenario]] = {
    "k": lambda: of_120(cells(40, 10, 1, 9, 10), all_shown, states={(50, "w1"): "skaanejob"}),
    "class": lambda: of_120(cells(40, 0, 0, 0, 0), small_withheld_alone),
    "complement": lambda: of_120(cells(40, 9, 0, 8, 10), small_withheld_alone),
    "one mark for true zeros too": lambda: of_120(cells(40, 9, 0, 8, 10), zeros_marked),
    "one breakdown window": changes_class,
    "a predicate at one date": finds_work,
    **{f"k-cohort, {size} people": lambda size=size: small_cohort(size) for size in SMALL},
}


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=pytest.mark.long) if "10 people" in rule else rule for rule in RULES]
)
def test_without_the_rule_the_same_attacker_finds_persons(rule: str, monkeypatch: pytest.MonkeyPatch):
    """(c) Positive controls: at least one person is fixed with the rule off, and nobody with it on."""
    made = RULES[rule]()
    days = roster(made.people)
    held = attack(made.contract, days, course(made.contract, made.people).by("investor"), made.knowledge)
    with monkeypatch.context() as patch:
        received = made.off(made.contract, made.people, patch)
    tables = "unknown" if any("outcomes_by_class" in one.claims for one in received) else "stages"
    broken = attack(made.contract, days, received, replace(made.knowledge, rule=tables))
    print(f"{rule}: {len(broken.persons)} persons fixed without it, {len(held.persons)} with it")
    assert not held.persons, held.fixed
    assert broken.persons


# the attacker's own correctness


def test_the_attacker_runs_the_rule_backwards_exactly():
    """Three and four cells, k = 3: the tables that the programme admits are those that the code withholds alike."""
    rules = DisclosureRules(k=3)
    for count, parent in ((3, 4), (3, 7), (3, 11), (4, 9)):
        tables = [table for table in itertools.product(range(parent + 1), repeat=count) if sum(table) == parent]
        alike: dict[tuple[int | None, ...], set[tuple[int, ...]]] = defaultdict(set)
        for table in tables:
            shown = show_breakdown(dict(zip("abcd", table, strict=False)), parent=parent, rules=rules)
            alike[tuple(cell.value for cell in shown)].add(table)
        for shown, expected in alike.items():
            assert {table for table in tables if admits(table, shown, parent)} == expected, shown


def admits(table: tuple[int, ...], shown: tuple[int | None, ...], parent: int) -> bool:
    if any(value not in (None, count) for value, count in zip(shown, table, strict=True)):
        return False
    if None not in shown:
        return True
    h = highspy.Highs()
    h.silent()
    hidden = [h.addIntegral(count, count) for value, count in zip(shown, table, strict=True) if value is None]
    run_backwards(h, hidden, [value for value in shown if value is not None], parent=parent, k=3)
    h.solve()
    return h.getModelStatus() == highspy.HighsModelStatus.kOptimal


def test_the_attacker_sees_a_contradiction():
    """Positive control of the constraints: a total that no history has is refused, not explained away."""
    contract, people = contract_of(25, 6), cohort(25, 1)
    [first, *rest] = course(contract, people).by("investor")
    forged = replace(first, claims={**first.claims, "outcomes_achieved": 26})
    with pytest.raises(Contradiction):
        attack(contract, roster(people), [forged, *rest])
