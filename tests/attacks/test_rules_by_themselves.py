"""Every rule of disclosure by itself: without it the attacker of `test_reconstruction` finds persons.

And that this attacker is right: it runs each rule backwards exactly, and sees a contradiction.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import highspy
import pytest

from gateway.attestations.calendar_audit import findings_of
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.not_counted import OTHER
from gateway.outcomes.terms import PlannedRelease, Window
from policies.calendar_rules import audit
from policies.disclosure import DisclosureRules, ShownCell, fold_small, show_breakdown
from tests.attacks.backwards import Contradiction, run_backwards, run_fold_backwards
from tests.attacks.knowledge import Knowledge, Notice, Received
from tests.attacks.reconstruction import attack
from tests.attacks.reconstruction_worlds import Tell, contract_of
from tests.attacks.seeded import OUT, cohort, contract_for, course, person, roster, steady


@dataclass(frozen=True)
class Scenario:
    """What recipients receive under the rules, and without one of them, and what they know besides."""

    contract: Contract
    people: list[PersonHistory]
    off: Callable[[Contract, list[PersonHistory], pytest.MonkeyPatch], Sequence[Received | Notice]]
    knowledge: Knowledge = field(default_factory=Knowledge)
    recipients: tuple[str, ...] = ("investor",)
    creditor: str = "operator"
    apart: Contract | None = None  # the contract without the rule, where it is another


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


def reasons_by(show: Show) -> Callable[..., list[Received | Notice]]:
    """The same releases, with the operator's reasons by another rule."""

    def replaced(cells: Mapping[str, int], *, into: str, rules: DisclosureRules) -> tuple[ShownCell, ...]:
        return tuple(map(ShownCell, cells, show(cells, sum(cells.values()), rules)))

    def off(contract: Contract, people: list[PersonHistory], patch: pytest.MonkeyPatch) -> list[Received | Notice]:
        patch.setattr("gateway.attestations.claims.fold_small", replaced)
        return course(contract, people, refuse=False).by("operator")

    return off


def folded_once(cells: Mapping[str, int], _parent: int, rules: DisclosureRules) -> list[int | None]:
    """What is below k stands under `other`, and nobody looks whether that is k people."""
    rest = sum(value for name, value in cells.items() if name != OTHER and value < rules.k)
    return [value + rest if name == OTHER else value if value >= rules.k else None for name, value in cells.items()]


def why_not(show: Show) -> Scenario:
    """120 people of whom 80 work; whoever does not is on a benefit."""
    people = steady(cells(30, 20, 10, 10, 10), 120, weeks=104)
    return Scenario(contract_of(120, 24), people, reasons_by(show), recipients=("operator",))


def small_paid(months: int, **changes: str) -> Contract:
    """Ten people, a predicate at the end, and a payment document for the windows that `changes` leaves."""
    last = f'windows = ["w{24 // months}"]'
    predicate = {TOTALS: f'template = "predicate"\nrecipients = ["investor"]\n{last}', **changes}
    return contract_for("impact60", size=10, months=months, replaced=predicate, threshold=2)


def paid_to(recipient: str) -> Callable[..., list[Received | Notice]]:
    """A payment document for each window to this recipient."""

    def off(contract: Contract, people: list[PersonHistory], _patch: pytest.MonkeyPatch) -> list[Received | Notice]:
        releases = tuple(PlannedRelease("payment_document", recipient, window.label) for window in contract.windows)
        return course(replace(contract, releases=releases), people, refuse=False).by(recipient)

    return off


def investor_is_shown_amounts() -> Scenario:
    contract = small_paid(1)
    every = tuple(PlannedRelease("payment_document", "investor", window.label) for window in contract.windows)
    apart = replace(contract, releases=every)
    return Scenario(contract, cohort(10, 5, weeks=104), paid_to("investor"), apart=apart)


def creditor_is_investor() -> Scenario:
    """One organisation in both roles: what it is owed is what its investor sees. The rule leaves one amount."""
    every = 'template = "payment_document"\nrecipients = ["operator"]\nwindows = "all"'
    once = every.replace('"all"', '["w24"]')
    contract = small_paid(1, **{every: once, "k_cohort = 25": 'k_cohort = 25\ntied = ["operator+investor"]'})
    apart = small_paid(1)
    sides = ("operator", "investor")
    return Scenario(
        contract,
        cohort(10, 5, weeks=104),
        lambda _contract, people, _patch: course(apart, people, refuse=False).by(*sides),
        recipients=sides,
        creditor="",
        apart=apart,
    )


def few_begin_early() -> Scenario:
    """Two people are enrolled half a year before all others; a window of their own would be theirs alone."""
    later = {"enrolment_to = 2018-12-30": "enrolment_to = 2019-04-28"}
    contract = contract_for("impact60", size=120, months=12, replaced=later)
    people = [
        replace(one, enrolled_on=one.enrolled_on + timedelta(days=0 if place < 2 else 182))
        for place, one in enumerate(steady(cells(60, 10, 10, 10, 10), 120, weeks=104))
    ]
    first, *rest = contract.windows
    parts = (
        Window("early", first.from_week, first.from_week + 12),
        Window("late", first.from_week + 13, first.to_week),
    )
    apart = replace(
        contract,
        windows=(*parts, *rest),
        releases=tuple(PlannedRelease("contract_total", "investor", window.label) for window in (*parts, *rest)),
    )
    return Scenario(
        contract,
        people,
        lambda _contract, people, _patch: course(apart, people, refuse=False).by("investor"),
        apart=apart,
    )


RULES: dict[str, Callable[[], Scenario]] = {
    "reasons: k": lambda: why_not(all_shown),
    "reasons: k under other": lambda: why_not(folded_once),
    "calendar-creditor": investor_is_shown_amounts,
    "calendar-tied": creditor_is_investor,
    "calendar-part": few_begin_early,
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
def test_without_the_rule_the_same_attacker_finds_persons(rule: str, monkeypatch: pytest.MonkeyPatch, tell: Tell):
    """(c) Positive controls: at least one person is fixed with the rule off, and nobody with it on."""
    made = RULES[rule]()
    days, contract = roster(made.people), made.contract
    received = course(contract, made.people).by(*made.recipients)
    held = attack(contract, days, received, made.knowledge, creditor=made.creditor)
    with monkeypatch.context() as patch:
        without = made.off(contract, made.people, patch)
    shown = [one.claims for one in without if isinstance(one, Received)]
    tables = "unknown" if any("outcomes_by_class" in one or "not_counted" in one for one in shown) else "stages"
    knowledge = replace(made.knowledge, rule=tables)
    broken = attack(made.apart or contract, days, without, knowledge, creditor=made.creditor)
    tell(f"rule {rule}: {len(broken.persons)} persons fixed without it, {len(held.persons)} with it")
    assert not held.persons, held.fixed
    assert broken.persons


@pytest.mark.long
@pytest.mark.parametrize("rule", ["calendar-creditor", "calendar-tied", "calendar-part"])
def test_a_calendar_without_the_rule_is_what_the_audit_refuses(rule: str):
    """The scenarios above are those that the rules are for, and each is refused by its rule."""
    made = RULES[rule]()
    assert made.apart is not None
    assert audit(calendar_of(made.contract)) == ()
    assert findings_of(made.contract)[0] == []
    apart = made.apart if rule != "calendar-tied" else replace(made.apart, tied=(("operator", "investor"),))
    assert rule in {finding.rule for finding in (*audit(calendar_of(apart)), *findings_of(apart)[0])}


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


def test_the_attacker_runs_the_folding_backwards_exactly():
    """Two to four reasons, k = 3: the programme admits exactly the tables that the code shows alike."""
    rules, names = DisclosureRules(k=3), "abcd"
    for count, parent in ((2, 5), (3, 4), (3, 8), (3, 13), (4, 9)):
        tables = [table for table in itertools.product(range(parent + 1), repeat=count) if sum(table) == parent]
        alike: dict[tuple[int | None, ...], set[tuple[int, ...]]] = defaultdict(set)
        for table in tables:
            shown = fold_small(dict(zip(names, table, strict=False)), into=names[count - 1], rules=rules)
            alike[tuple(cell.value for cell in shown)].add(table)
        for shown, expected in alike.items():
            assert {table for table in tables if admits_folded(table, shown, parent)} == expected, shown


def admits_folded(table: tuple[int, ...], shown: tuple[int | None, ...], parent: int) -> bool:
    """Whether the reader of the folded table holds this one for possible; the last cell is what others fold into."""
    if any(value not in (None, count) for value, count in zip(shown[:-1], table[:-1], strict=True)):
        return False
    if None not in shown[:-1]:
        return table[-1] == shown[-1]
    if shown[-1] is not None and shown[-1] != parent - sum(value for value in shown[:-1] if value is not None):
        return False
    h = highspy.Highs()
    h.silent()
    hidden = [h.addIntegral(count, count) for value, count in zip(shown[:-1], table, strict=False) if value is None]
    known = [value for value in shown[:-1] if value is not None]
    run_fold_backwards(h, hidden, h.addIntegral(table[-1], table[-1]), known, parent=parent, k=3)
    h.solve()
    return h.getModelStatus() == highspy.HighsModelStatus.kOptimal


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
