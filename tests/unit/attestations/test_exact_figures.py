"""Every exact figure of small contracts, written out: what a reader holds, and what it can be taken apart into.

`m@1` are the units of measure m from the enrolment to the end of the second window; `m@1[t 10]` those at a price of 10
under tariff t, and `m@1[t 0]` what a person earned under t. A figure that is shown by itself ends with an exclamation
mark.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.attestations.exact_figures import (
    ExactFigure,
    FigurePart,
    answers,
    cell_name,
    differences,
    exact_figures,
    is_reason,
    parts_earned,
    parts_of_measure,
)
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Index
from tests.attacks.outsider import texts
from tests.unit.attestations.test_movers import EDUCATION, FLEKSJOB, contract_of, people, retention, weeks, with_cap

BOTH = (*FLEKSJOB, *EDUCATION)
TO_BOTH = texts.release("contract_total", ["operator", "investor"])
TO_OPERATOR = texts.release("contract_total", ["operator"])


def spell_part(part: FigurePart, many: int) -> str:
    tariff = f"[{part.tariff} {part.price_minor}]" if part.tariff else ""
    return ("" if many == 1 else f"{many} ") + f"{part.of}@{part.position}{tariff}"


def spell(figure: ExactFigure) -> str:
    """`<name> <window>: <parts>`."""
    parts = " + ".join(spell_part(part, many) for part, many in figure.parts)
    return f"{figure.name} {figure.window}: {parts}{'!' if figure.is_shown else ''}"


def figures_of(contract: Contract, ends: list[int] | None = None) -> dict[str, list[str]]:
    """By template and recipient and window of the release."""
    found: dict[str, list[str]] = {}
    for one in exact_figures(contract, ends):
        kind = "total" if one.release.template == "contract_total" else "paid"
        found.setdefault(f"{kind} {one.release.recipient} {one.release.window}", []).append(spell(one.figure))
    return found


def test_weeks_are_told_for_each_window_and_an_amount_by_the_ends_of_two():
    first = ["payable: m at 1000 w1: m@0", "payable w1: 1000 m@0!"]
    second = ["payable: m at 1000 w1: m@0", "payable: m at 1000 w2: m@1", "payable w2: 1000 m@1 + -1000 m@0!"]
    found = figures_of(contract_of(weeks()))
    assert found == {
        "total investor w1": ["qualifying_weeks w1: m@0!", *first, "cash w1: 1000 m@0"],
        "paid operator w1": ["quantity of m w1: m@0", *first],
        "total investor w2": ["qualifying_weeks w2: m@1 + -1 m@0!", *second, "cash w2: 1000 m@1 + -1000 m@0"],
        "paid operator w2": ["quantity of m w2: m@1 + -1 m@0", *second],
    }
    cash = [one.figure for one in exact_figures(contract_of(weeks())) if one.figure.name == "cash"]
    assert cash[0] == ExactFigure("cash", "w1", ((FigurePart("m", 0), 1000),), is_shown=False)
    assert [*found] == ["total investor w1", "paid operator w1", "total investor w2", "paid operator w2"]


def test_a_block_tells_what_was_added_since_the_one_before_and_documents_stay_as_they_are():
    contract = contract_of(weeks(), windows=(1, 1, 1))
    found = figures_of(contract, [0, 2])
    assert found["total investor w1"] == figures_of(contract)["total investor w1"]
    assert "total investor w2" not in found
    assert found["total investor w3"] == [
        "qualifying_weeks w3: m@2 + -1 m@0!",
        "payable: m at 1000 w1: m@0",
        "payable: m at 1000 w3: m@2",
        "payable w3: 1000 m@2 + -1000 m@0!",
        "cash w3: 1000 m@2 + -1000 m@0",
    ]
    whole = figures_of(contract, [2])
    assert whole["total investor w3"] == [
        "qualifying_weeks w3: m@2!",
        "payable: m at 1000 w3: m@2",
        "payable w3: 1000 m@2!",
        "cash w3: 1000 m@2",
    ]
    for window in ("w1", "w2", "w3"):
        paid = f"paid operator {window}"
        assert found[paid] == whole[paid] == figures_of(contract)[paid]


def test_people_and_what_was_reached_are_told_from_the_enrolment_on_and_tables_by_their_cells():
    tables = 'reasons_windows = ["w2"]\n' + texts.table("w2", "p")
    contract = contract_of(
        people("p", 1, BOTH, goal=12), retention("q", 2, 14), disclosure=tables, totals=TO_BOTH, windows=(2, 2, 2)
    )
    found = figures_of(contract)
    reached = ["outcomes_achieved w2: p@1!", "outcomes_reached w2: q@1!"]
    classes = [f"outcomes_by_class: {one} w2: p: {one}@1" for one in BOTH]
    buckets = ["not_long_enough", "on_benefit", "no_pay_reported", "too_few_hours", "left", "not_observed", "other"]
    reasons = [f"not_counted: {one} w2: not_counted: {one}@1" for one in buckets]
    amounts = [
        "payable: p at 1000 w1: p@0",
        "payable: p at 1000 w2: p@1",
        "payable: q at 1000 w1: q@0",
        "payable: q at 1000 w2: q@1",
        "payable w2: 1000 p@1 + 1000 q@1 + -1000 p@0 + -1000 q@0!",
    ]
    assert found["total operator w2"] == [*reached, *classes, *reasons, *amounts]
    cash = "cash w2: 1000 p@1 + 1000 q@1 + -1000 p@0 + -1000 q@0"
    assert found["total investor w2"] == [*reached, *classes, *amounts, cash]
    assert found["paid operator w2"] == [
        "quantity of p w2: p@1 + -1 p@0",
        "quantity of q w2: q@1 + -1 q@0",
        *amounts,
    ]
    for window in ("w1", "w3"):
        assert not any("by_class" in one or "not_counted" in one for one in found[f"total operator {window}"])
    in_block = figures_of(contract, [0, 2])["total operator w3"]
    assert [one for one in in_block if "by_class" in one] == [
        f"outcomes_by_class: {one} w3: p: {one}@2" for one in BOTH
    ]
    assert sum("not_counted" in one for one in in_block) == 7
    assert not any("by_class" in one for one in figures_of(contract, [0, 1, 2])["total operator w3"])
    assert sum("by_class" in one for one in figures_of(contract, [2])["total operator w3"]) == 2


def test_what_nobody_pays_for_is_in_no_number_of_what_was_reached():
    free = contract_of(
        people("p", 1, goal=12), retention("q", 2, 14), weeks("n"), texts.price("p"), disclosure=texts.table("w1", "p")
    )
    assert figures_of(free)["total investor w1"] == [
        "outcomes_achieved w1: p@0!",
        "qualifying_weeks w1: n@0!",
        "outcomes_by_class: fleksjob w1: p: fleksjob@0",
        "payable: p at 1000 w1: p@0",
        "payable w1: 1000 p@0!",
        "cash w1: 1000 p@0",
    ]


def test_points_are_told_apart_from_people():
    follow_up = texts.measure("follow_up", FLEKSJOB, "months = [1]", name="f")
    contract = contract_of(follow_up, people("p", 1), retention("q", 2, 14), windows=(5, 5))
    assert figures_of(contract)["total investor w1"][:2] == [
        "outcomes_reached w1: p@0 + q@0!",
        "points_reached w1: f@0!",
    ]


def test_under_a_cap_of_a_person_what_was_earned_is_a_figure_of_its_own():
    found = figures_of(with_cap(contract_of(weeks(), people("p", 1))))
    assert found["paid operator w2"][2:] == [
        "payable: m at 1000 w1: m@0",
        "payable: m under the cap of a person w1: m@0[m 0]",
        "payable: m at 1000 w2: m@1",
        "payable: m under the cap of a person w2: m@1[m 0]",
        "payable: p at 1000 w1: p@0",
        "payable: p under the cap of a person w1: p@0[p 0]",
        "payable: p at 1000 w2: p@1",
        "payable: p under the cap of a person w2: p@1[p 0]",
        "payable w2: m@1[m 0] + p@1[p 0] + -1 m@0[m 0] + -1 p@0[p 0]!",
    ]


def by_state(**prices: int) -> Contract:
    return contract_of(weeks("m", BOTH), texts.price("m", prices), totals=TO_OPERATOR)


@pytest.mark.parametrize(
    ("prices", "amounts"),
    [
        (
            {"fleksjob": 2, "education": 1},
            ["payable: m at 1 w1: m@0[m 1]", "payable: m at 2 w1: m@0[m 2]", "payable w1: m@0[m 1] + 2 m@0[m 2]!"],
        ),
        ({"fleksjob": 2, "education": 0}, ["payable: m at 2 w1: m@0[m 2]", "payable w1: 2 m@0[m 2]!"]),
    ],
)
def test_a_price_for_each_state_tells_units_at_each_price_but_nought(prices: dict[str, int], amounts: list[str]):
    assert figures_of(by_state(**prices))["total operator w1"] == ["qualifying_weeks w1: m@0!", *amounts]


def test_a_price_for_each_state_is_taken_off_at_its_own_price():
    found = figures_of(by_state(fleksjob=2, education=1))["total operator w2"]
    assert found[-1] == "payable w2: m@1[m 1] + 2 m@1[m 2] + -1 m@0[m 1] + -2 m@0[m 2]!"


def test_the_amount_of_a_block_tells_the_units_at_each_of_several_prices():
    contract = contract_of(
        weeks("m", BOTH), texts.price("m", {"fleksjob": 2, "education": 1}), totals=TO_OPERATOR, windows=(1, 1, 1)
    )
    shown = [one for one in figures_of(contract, [0, 2])["total operator w3"] if one.endswith("!")]
    assert shown == [
        "qualifying_weeks w3: m@2 + -1 m@0!",
        "payable: m at 1 w3: m@2[m 1] + -1 m@0[m 1]!",
        "payable: m at 2 w3: m@2[m 2] + -1 m@0[m 2]!",
        "payable w3: m@2[m 1] + 2 m@2[m 2] + -1 m@0[m 1] + -2 m@0[m 2]!",
    ]
    alone = figures_of(contract, [0, 1, 2])["total operator w3"]
    assert [one for one in alone if one.endswith("!")] == [
        "qualifying_weeks w3: m@2 + -1 m@1!",
        "payable w3: m@2[m 1] + 2 m@2[m 2] + -1 m@1[m 1] + -2 m@1[m 2]!",
    ]


def test_the_bill_of_an_investor_that_bears_a_share_tells_what_a_payment_document_does():
    """Of a cohort that is large enough for totals, and of no other payer."""
    contract = contract_of(weeks())
    found = figures_of(with_payers(contract, "investor"))
    assert found["paid investor w2"] == [
        "bill: quantity of m w2: m@1 + -1 m@0!",
        "bill: payable: m at 1000 w1: m@0",
        "bill: payable: m at 1000 w2: m@1",
        "bill: payable w2: 1000 m@1 + -1000 m@0!",
    ]
    assert [*found] == [
        f"{kind} w{at}" for at in (1, 2) for kind in ("total investor", "paid operator", "paid investor")
    ]
    bills = [one for one in exact_figures(with_payers(contract, "investor")) if one.figure.name.startswith("bill")]
    assert not any(one.is_free for one in bills)
    assert differences(tuple(bills)) == ()
    assert figures_of(with_payers(contract, "another town")) == figures_of(contract)
    assert "paid investor w1" in figures_of(with_people(with_payers(contract, "investor"), 25))
    assert "paid investor w1" not in figures_of(with_people(with_payers(contract, "investor"), 24))


def with_payers(contract: Contract, further: str) -> Contract:
    [payer] = contract.payers
    return replace(contract, parties=(*contract.parties, replace(payer, organisation=further)))


def with_people(contract: Contract, size: int) -> Contract:
    return replace(contract, cohort=replace(contract.cohort, size=size))


def indexed(values: dict[int, int], *windows: int) -> Contract:
    """The week that holds the first enrolment lies in 2020, its first day in 2019."""
    contract = contract_of(weeks(), windows=windows or (2, 2))
    [tariff] = contract.tariffs
    return replace(contract, tariffs=(replace(tariff, index=Index("wage", "", values), base_year=2019),))


def test_the_prices_of_all_years_of_the_calendar_that_an_index_has():
    amounts = [f"payable: m at {price} w1: m@0[m {price}]" for price in (1000, 1100)]
    sums = "payable w1: 1000 m@0[m 1000] + 1100 m@0[m 1100]!"
    found = figures_of(indexed({2018: 5, 2019: 10, 2020: 11, 2021: 20}))["paid operator w1"]
    assert found == ["quantity of m w1: m@0", *amounts, sums]
    years = figures_of(indexed({2019: 10, 2020: 10, 2021: 20}, 2, 2, 60))["paid operator w1"]
    assert years[1:3] == [amounts[0], "payable: m at 2000 w1: m@0[m 2000]"], "the last window ends in 2021"
    assert figures_of(indexed({2019: 10}))["paid operator w1"][1:] == [amounts[0], "payable w1: 1000 m@0[m 1000]!"]
    assert figures_of(indexed({2019: 10, 2020: 10}))["paid operator w1"][1:2] == amounts[:1]


def test_under_a_cap_of_a_window_the_end_of_every_earlier_one_is_told():
    """What the cap cut in one window is paid in a later one, so that an amount rests on all of them."""
    capped = texts.price("m", more='cap_window_minor = 5000\nexcess = "carried"')
    contract = contract_of(weeks(), capped, windows=(1, 1, 1))
    assert figures_of(contract)["paid operator w3"][1:] == [
        "payable: m at 1000 w1: m@0",
        "payable: m at 1000 w2: m@1",
        "payable: m at 1000 w3: m@2",
        "payable w3: 1000 m@2 + -1000 m@1!",
    ]
    in_block = figures_of(contract, [0, 2])["total investor w3"]
    assert in_block == [
        "qualifying_weeks w3: m@2 + -1 m@0!",
        "payable: m at 1000 w1: m@0",
        "payable: m at 1000 w2: m@1",
        "payable: m at 1000 w3: m@2",
        "payable: m at 1000 w2: m@1 + -1 m@0!",
        "payable: m at 1000 w3: m@2 + -1 m@1!",
        "payable w3: 1000 m@2 + -1000 m@0!",
        "cash w3: 1000 m@2 + -1000 m@0",
    ], "the amount of a block says what each of its windows added"
    four = contract_of(weeks(), capped, windows=(1, 1, 1, 1))
    shown = [one for one in figures_of(four, [1, 3])["total investor w4"] if one.startswith("payable: ") and "!" in one]
    assert shown == ["payable: m at 1000 w3: m@2 + -1 m@1!", "payable: m at 1000 w4: m@3 + -1 m@2!"]
    alone = figures_of(contract, [0, 1, 2])["total investor w3"]
    assert [one for one in alone if one.endswith("!")] == [
        in_block[0].replace("@0", "@1"),
        "payable w3: 1000 m@2 + -1000 m@1!",
    ]


def test_a_gate_tells_the_figure_that_opens_it():
    gate = texts.price("m", more='gate = { of = "p", at_least = 3 }')
    contract = contract_of(weeks(), people("p", 1), gate)
    assert figures_of(contract)["total investor w1"] == [
        "qualifying_weeks w1: m@0!",
        "payable: m at 1000 w1: m@0",
        "payable: p w1: p@0",
        "payable w1: 1000 m@0!",
        "cash w1: 1000 m@0",
    ]


def test_steps_are_a_function_of_the_people_whom_they_read_and_a_fee_of_nobody():
    steps = '[[tariffs]]\nid = "s"\nkind = "steps"\nof = "p"\npoints = [{ at = 3, amount_minor = 100 }]\n'
    fee = '[[tariffs]]\nid = "fee"\nkind = "fee"\nprice_minor = 700\n'
    contract = contract_of(people("p", 1), weeks(), steps, fee)
    assert figures_of(contract) == {
        "total investor w1": ["outcomes_reached w1: p@0!", "qualifying_weeks w1: m@0!", "payable: p w1: p@0"],
        "paid operator w1": ["quantity of s w1: p@0", "payable: p w1: p@0"],
        "total investor w2": [
            "outcomes_reached w2: p@1!",
            "qualifying_weeks w2: m@1 + -1 m@0!",
            "payable: p w1: p@0",
            "payable: p w2: p@1",
        ],
        "paid operator w2": ["quantity of s w2: p@1 + -1 p@0", "payable: p w1: p@0", "payable: p w2: p@1"],
    }


def test_behind_an_answer_is_the_count_of_its_measure():
    text = people("p", 1, goal=12)
    small = replace(contract_of(text, totals=texts.release("contract_total", ["investor"])), k_cohort=25)
    asked = tuple(
        replace(one, template=type(one.template).PREDICATE) if one.recipient == "investor" else one
        for one in small.releases
    )
    contract = replace(small, releases=asked)
    said = [(spell(one.figure), one.release.window, one.release.recipient) for one in answers(contract)]
    assert said == [("threshold w1: p@0!", "w1", "investor"), ("threshold w2: p@1!", "w2", "investor")]
    assert [one.release.window for one in answers(contract, [1])] == ["w2"]
    assert answers(small) == ()
    assert answers(contract_of(weeks())) == ()
    assert [name for name in figures_of(contract) if "investor" in name] == [], "its number is shown to nobody"


def test_two_windows_of_one_name_can_be_taken_from_each_other():
    """Though both recipients hold it; weeks and amounts are told window by window as they are."""
    contract = contract_of(people("p", 1, goal=12), weeks(), windows=(1, 1, 1), totals=TO_BOTH)
    seen = tuple(one for one in exact_figures(contract) if one.release.template == "contract_total")
    assert [(spell(one), one.is_shown) for one in differences(seen)] == [
        ("outcomes_achieved w1 to w2: p@1 + -1 p@0", False),
        ("outcomes_achieved w2 to w3: p@2 + -1 p@1", False),
    ]
    assert differences(seen[:1]) == ()


PARTS = {
    ("fleksjob", 2020): 3,
    ("fleksjob", 2021): 1,
    ("education", 2020): 2,
}


def spelled(parts: dict[FigurePart, int]) -> dict[str, int]:
    return {spell_part(part, 1): many for part, many in parts.items()}


def test_what_a_person_adds_to_each_part_of_a_measure():
    units = [{}, PARTS, {}]
    two = contract_of(weeks("m", BOTH), texts.price("m", {"fleksjob": 2, "education": 1}), totals=TO_OPERATOR)
    assert spelled(parts_of_measure(two, "m", units)) == {"m@1": 6, "m@1[m 1]": 2, "m@1[m 2]": 4}
    one = contract_of(weeks("m", BOTH), texts.price("m", {"fleksjob": 2, "education": 0}), totals=TO_OPERATOR)
    assert spelled(parts_of_measure(one, "m", units)) == {"m@1": 6, "m@1[m 2]": 4}
    alike = contract_of(weeks("m", BOTH))
    assert spelled(parts_of_measure(alike, "m", units)) == {"m@1": 6}, "every unit has one price"
    assert spelled(parts_of_measure(two, "another", units)) == {"another@1": 6}


def test_a_unit_has_the_price_of_its_year():
    contract = indexed({2019: 3, 2020: 4, 2021: 6}, 2, 60)
    parts = parts_of_measure(contract, "m", [PARTS])
    assert spelled(parts) == {"m@0": 6, "m@0[m 1333]": 5, "m@0[m 2000]": 1}, "rounded as the contract says"


def test_of_a_table_a_person_adds_to_cells():
    contract = contract_of(people("p", 1, BOTH, goal=12), weeks(), disclosure=texts.table("w1", "p"))
    assert spelled(parts_of_measure(contract, "p", [PARTS])) == {"p@0": 6, "p: fleksjob@0": 4, "p: education@0": 2}
    assert spelled(parts_of_measure(contract, "m", [PARTS])) == {"m@0": 6}
    reason = parts_of_measure(contract, "not_counted", [{("left", 0): 1}])
    assert spelled(reason) == {"not_counted@0": 1, "not_counted: left@0": 1}
    assert [is_reason(part) for part in reason] == [False, True]
    assert not is_reason(FigurePart(cell_name("p", "left"), 0))


def test_what_a_person_earned_is_told_only_under_a_cap_of_a_person():
    contract = contract_of(weeks(), people("p", 1))
    course = {"m": [{}, {("fleksjob", 2020): 1}, {("fleksjob", 2020): 3}], "p": [{}, {("fleksjob", 2020): 1}, {}]}
    short = replace(contract, windows=contract.windows[:1] * 3)
    assert parts_earned(short, course) == {}
    assert spelled(parts_earned(with_cap(short), course)) == {"m@1[m 0]": 1000, "p@1[p 0]": 500, "m@2[m 0]": 1500}


# versions of other terms


def after(contract: Contract, place: int, *, price: int = 1000, **changes: int) -> Contract:
    """The contract, and a version from a window on with another price or cap."""
    tariffs = tuple(
        replace(one, price_minor=price, cap_minor=changes.get("cap_minor", one.cap_minor)) for one in contract.tariffs
    )
    begins = contract.windows[place].from_week.monday
    caps = replace(contract.caps, contract_minor=changes.get("contract_minor", 0))
    return replace(contract, version=2, effective_from=begins, tariffs=tariffs, caps=caps, earlier=(contract,))


THREE = (2, 2, 2)


def test_another_price_tells_the_units_of_each():
    chain = after(contract_of(weeks(), windows=THREE, totals=TO_OPERATOR), 1, price=1500)
    found = figures_of(chain)["total operator w2"]
    assert found[1:] == [
        "payable: m at 1000 w1: m@0[m 1000]",
        "payable: m at 1500 w1: m@0[m 1500]",
        "payable: m at 1000 w2: m@1[m 1000]",
        "payable: m at 1500 w2: m@1[m 1500]",
        "payable w2: 1000 m@1[m 1000] + 1500 m@1[m 1500] + -1000 m@0[m 1000] + -1500 m@0[m 1500]!",
    ]
    assert figures_of(after(contract_of(weeks(), windows=THREE), 1)) == figures_of(contract_of(weeks(), windows=THREE))


def test_another_cap_makes_an_amount_rest_on_every_window_before():
    for changes in ({"cap_minor": 5000}, {"contract_minor": 5000}):
        chain = after(contract_of(weeks(), windows=THREE, totals=TO_OPERATOR), 1, **changes)
        codes = [one for one in figures_of(chain)["total operator w3"] if one.startswith("payable: ")]
        assert codes == [f"payable: m at 1000 w{place + 1}: m@{place}" for place in range(3)]


def test_what_somebody_earned_is_told_apart_by_the_price_of_its_window():
    """A week in each window: the first at 1,000, and the others at 1,500."""
    chain = after(contract_of(weeks(), windows=THREE), 1, price=1500)
    units = [{("fleksjob", 2020): count} for count in (1, 2, 3)]
    parts = parts_of_measure(chain, "m", units)
    assert parts == {
        **{FigurePart("m", place): place + 1 for place in range(3)},
        **{FigurePart("m", place, "m", 1000): 1 for place in range(3)},
        **{FigurePart("m", place, "m", 1500): place for place in (1, 2)},
    }
    capped = replace(with_cap(chain), earlier=(with_cap(chain.earlier[0]),))
    assert parts_earned(capped, {"m": units}) == {
        FigurePart("m", 0, "m"): 1000,
        FigurePart("m", 1, "m"): 1500,
        FigurePart("m", 2, "m"): 1500,
    }


def test_other_steps_rest_on_the_figure_at_which_they_began():
    """And a block on what lies on either side of it."""
    steps = '[[tariffs]]\nid = "s"\nkind = "steps"\nof = "m"\npoints = [{ at = 1, amount_minor = 100 }]\n'
    known = contract_of(weeks(), steps, windows=THREE, totals=TO_OPERATOR)
    [tariff] = known.tariffs
    other = replace(tariff, points=(replace(tariff.points[0], amount_minor=200),))
    chain = replace(known, effective_from=known.windows[1].from_week.monday, tariffs=(other,), earlier=(known,))
    codes = [one for one in figures_of(chain)["total operator w3"] if one.startswith("payable: ")]
    assert codes == [f"payable: m w{place + 1}: m@{place}" for place in range(3)]
    block = [one for one in figures_of(chain, [2])["total operator w3"] if one.startswith("payable: ")]
    assert block == [
        "payable: m w1: m@0",
        "payable: m w3: m@2",
        "payable: m w1: m@0!",
        "payable: m w3: m@2 + -1 m@0!",
    ]


def test_other_steps_that_begin_with_a_blocks_last_window_rest_on_the_one_before_it():
    steps = '[[tariffs]]\nid = "s"\nkind = "steps"\nof = "m"\npoints = [{ at = 1, amount_minor = 100 }]\n'
    known = contract_of(weeks(), steps, windows=THREE, totals=TO_OPERATOR)
    [tariff] = known.tariffs
    other = replace(tariff, points=(replace(tariff.points[0], amount_minor=200),))
    chain = replace(known, effective_from=known.windows[2].from_week.monday, tariffs=(other,), earlier=(known,))
    block = [one for one in figures_of(chain, [2])["total operator w3"] if one.startswith("payable: ")]
    assert block == ["payable: m w2: m@1", "payable: m w3: m@2", "payable: m w2: m@1!", "payable: m w3: m@2 + -1 m@1!"]


def test_a_price_that_comes_back_is_one_price():
    """A week in each window, at 1,000, 1,500 and 1,000: an amount tells two of the one and one of the other."""
    first = contract_of(weeks(), windows=THREE)
    dearer = after(first, 1, price=1500)
    again = replace(after(first, 2), version=3, earlier=(first, replace(dearer, earlier=())))
    units = [{("fleksjob", 2020): count} for count in (1, 2, 3)]
    assert parts_of_measure(again, "m", units)[FigurePart("m", 2, "m", 1000)] == 2


def test_under_a_persons_cap_each_unit_keeps_the_price_of_its_window():
    """At 1,000 and then at 300: with everything at the first price it would be the cap."""
    chain = after(contract_of(weeks(), windows=THREE), 1, price=300)
    capped = replace(with_cap(chain), earlier=(with_cap(chain.earlier[0]),))
    units = [{("fleksjob", 2020): count} for count in (1, 1, 2)]
    earned = parts_earned(capped, {"m": units})
    assert [earned[FigurePart("m", place, "m")] for place in range(3)] == [1000, 1000, 1300]


PAY = texts.measure("pay", ["paid"], 'partial_months = "leave_out"\nmost_minor = 100000', name="p")
SHARE = '[[tariffs]]\nid = "s"\nkind = "share"\nof = "p"\nshare_per_mille = 200\n'


def test_a_share_of_pay_is_told_in_thousandths_beside_what_units_are_worth():
    """200 of a thousand of each minor unit of pay, and 1,000 for a week: as whole numbers of one size."""
    found = figures_of(contract_of(weeks(), PAY, SHARE, texts.price("m"), totals=TO_OPERATOR))["total operator w1"]
    assert [one for one in found if one.startswith("payable w1")] == ["payable w1: 200 p@0 + 1000000 m@0!"]


def test_who_began_is_no_figure_that_anybody_can_move():
    started = texts.measure("started", [], "", name="b")
    found = figures_of(contract_of(weeks(), started, texts.price("m"), texts.price("b"), totals=TO_OPERATOR))
    assert not [one for figures in found.values() for one in figures if one.startswith("payable: b ")]
