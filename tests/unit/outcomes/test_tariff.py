"""What is owed window by window under gates and caps, and how it goes on from what the parties state.

Weeks cost 10, days 1, and the figures are small enough for the head. `5 9 14` are figures at the end of Q1, Q2 and Q3.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.outcomes.contract import Contract
from gateway.outcomes.figures import Figures
from gateway.outcomes.opening import OpeningBalances, StatedLine
from gateway.outcomes.tariff import DueLine, capped_by, due_lines, owed_amounts
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.terms import Caps, Gate, ScalePoint
from tests.support.rule_tables import contract_of

QUARTERS = ("Q1", "Q2", "Q3", "Q4")
TERMS = """
[[aggregates]]
id = "days"
unit = "day"
evaluator = "evaluator"
method = "days avoided"
source = "a register"
windows = ["Q1", "Q2", "Q3", "Q4"]

[[measures]]
id = "weeks"
kind = "weeks"
states = ["fleksjob"]
weeks_from_enrolment = 104

[[measures]]
id = "people"
kind = "people"
states = ["fleksjob"]
sustained_weeks = 4

[[tariffs]]
id = "weeks"
kind = "price"
of = "weeks"
price_minor = 10

[[tariffs]]
id = "steps"
kind = "steps"
of = "people"
points = [{ at = 3, amount_minor = 100 }, { at = 6, amount_minor = 200 }]

[[tariffs]]
id = "days"
kind = "price"
of = "days"
price_minor = 1
may_be_negative = true
"""
ALL = contract_of(TERMS)


def only(*names: str, caps: Caps | None = None, **terms: object) -> Contract:
    """The contract with these tariffs alone, the first of them with `terms`."""
    by_name = {tariff.id: tariff for tariff in ALL.tariffs}
    first, *others = (by_name[name] for name in names)
    return replace(ALL, tariffs=(replace(first, **terms), *others), caps=caps or Caps())


def series(start: str = "Q1", **rows: str) -> list[Figures]:
    """Figures by window, from `start` on; a figure that is `-` is not there."""
    first = QUARTERS.index(start)
    columns = {name: text.split() for name, text in rows.items()}
    return [
        Figures(
            QUARTERS[first + n],
            {name: int(cells[n]) for name, cells in columns.items() if cells[n] != "-"},
            {"weeks": 10 * int(columns["weeks"][n]) if "weeks" in columns else 0},
            first + n + 1,
        )
        for n in range(len(next(iter(columns.values()))))
    ]


def stated(*windows: str, **rows: str) -> OpeningBalances:
    """What is stated of each window and tariff: `4/40 5/50`, the quantity and what is paid."""
    lines = tuple(
        StatedLine(window, tariff, *map(int, entry.split("/")), 0, 0, "", "")
        for tariff, text in rows.items()
        for window, entry in zip(windows, text.split(), strict=True)
    )
    return OpeningBalances("manual", windows, lines, "", "")


def owed(contract: Contract, opening: OpeningBalances | None = None, start: str = "Q1", **rows: str) -> dict[str, str]:
    """What each tariff owes at the end of each window."""
    amounts = owed_amounts(contract, series(start, **rows), opening)
    return {tariff.id: " ".join(str(row[tariff.id]) for row in amounts) for tariff in contract.tariffs}


def test_without_an_opening_each_tariff_owes_what_its_figures_are_worth():
    found = owed(ALL, weeks="5 9 14", people="2 3 6", days="7 -2 -")
    assert found == {"weeks": "50 90 140", "steps": "0 100 200", "days": "7 -2 0"}


@pytest.mark.parametrize(
    ("figure", "expected"), [("2 3 4", "0 90 140"), ("3 2 3", "50 0 140"), ("- 3 -", "0 90 0"), ("- - 2", "0 0 0")]
)
def test_behind_a_gate_nothing_is_owed_while_its_figure_is_too_low_or_not_there(figure: str, expected: str):
    contract = only("weeks", gate=Gate("people", 3))
    assert owed(contract, weeks="5 9 14", people=figure) == {"weeks": expected}


@pytest.mark.parametrize(
    ("carries", "weeks", "expected"),
    [
        # 30 a window at most
        (True, "5 9 14", "30 60 90"),
        (True, "5 6 7", "30 60 70"),
        (True, "5 5 5", "30 50 50"),  # the 20 that were cut are paid in the next window
        (True, "5 1 5", "30 10 40"),
        (False, "5 9 14", "30 60 90"),
        (False, "5 6 7", "30 40 50"),  # the 20 that were cut are lost
        (False, "3 6 9", "30 60 90"),
        (False, "5 4 4", "30 20 20"),  # a fall takes back
        (False, "5 1 5", "30 0 30"),  # and no more than was paid: 40 would be
        (False, "5 3 0", "30 10 0"),
    ],
)
def test_what_a_windows_cap_cuts_is_carried_or_lost(carries: bool, weeks: str, expected: str):
    contract = only("weeks", cap_window_minor=30, carries_excess=carries)
    assert owed(contract, weeks=weeks) == {"weeks": expected}


def test_an_amount_below_nothing_falls_under_a_windows_cap_as_far_as_its_figure():
    contract = only("days", cap_window_minor=30)
    assert owed(contract, days="50 -10 20") == {"days": "30 -10 20"}  # back to where it stands
    assert owed(contract, days="-10 -20 40") == {"days": "-10 -20 10"}
    lost = only("days", cap_window_minor=3)
    assert owed(lost, days="-5 100 50") == {"days": "-5 -2 -2"}  # a fall of what was never paid pays nothing


def test_parts_of_a_minor_unit_are_rounded_before_caps():
    line = LinearTariff("line", 1, "people", (ScalePoint(0, 0), ScalePoint(3, 10)))
    contract = replace(ALL, tariffs=(line,))
    assert owed(contract, people="1 2 3") == {"line": "3 7 10"}
    assert capped_by(replace(contract, tariffs=(replace(line, cap_minor=6),)), series(people="2")) == ["tariffs.line"]


def test_caps_come_one_after_the_other_and_are_felt_by_the_later_tariffs_first():
    rows = {"weeks": "5", "people": "6", "days": "70"}
    assert owed(ALL, **rows) == {"weeks": "50", "steps": "200", "days": "70"}
    assert owed(only("weeks", "steps", "days", cap_minor=40), **rows) == {"weeks": "40", "steps": "200", "days": "70"}
    under = replace(ALL, caps=Caps(contract_minor=230))
    assert owed(under, **rows) == {"weeks": "50", "steps": "180", "days": "0"}
    assert owed(replace(ALL, caps=Caps(contract_minor=30)), **rows) == {"weeks": "30", "steps": "0", "days": "0"}
    persons = replace(ALL, caps=Caps(person_minor=1, person_excess="excess"))
    assert owed(persons, excess="20", **rows) == {"weeks": "50", "steps": "200", "days": "50"}  # of declared figures
    assert owed(persons, excess="90", **rows) == {"weeks": "50", "steps": "200", "days": "0"}
    assert owed(persons, excess="-20", **rows) == owed(persons, excess="-", **rows) == owed(ALL, **rows)


@pytest.mark.parametrize(
    ("contract", "cut"),
    [
        (ALL, []),
        (only("weeks", "steps", cap_minor=140), []),
        (only("weeks", "steps", cap_minor=139), ["tariffs.weeks"]),
        (only("weeks", "steps", caps=Caps(contract_minor=240)), []),
        (only("weeks", "steps", caps=Caps(contract_minor=239)), ["caps"]),
        (only("weeks", "steps", cap_minor=139, caps=Caps(contract_minor=238)), ["tariffs.weeks", "caps"]),
        (only("weeks", "steps", cap_minor=130, caps=Caps(contract_minor=230)), ["tariffs.weeks"]),
    ],
)
def test_the_caps_that_cut_something_are_told(contract: Contract, cut: list[str]):
    assert capped_by(contract, series(weeks="5 9 14", people="2 3 3", days="0 0 0")) == cut


# what the parties state of Q1 and Q2, and what registers show by the end of each quarter -> what is owed
OPENINGS = [
    # the same as stated: later windows pay what is added
    ("weeks", "5/50 4/40", {"weeks": "5 9 14"}, "50 90 140"),
    # stated more than registers show: neither taken back nor paid again
    ("weeks", "5/50 7/70", {"weeks": "5 9 14"}, "50 120 170"),
    ("weeks", "5/50 7/70", {"weeks": "5 9 9"}, "50 120 120"),
    ("weeks", "5/50 7/70", {"weeks": "5 9 8"}, "50 120 110"),
    # stated less: what is short stays short
    ("weeks", "5/50 1/10", {"weeks": "5 9 14"}, "50 60 110"),
    ("weeks", "5/50 1/10", {"weeks": "5 9 2"}, "50 60 0"),  # takes back no more than was stated
    ("weeks", "5/50 1/10", {"weeks": "0 9 2"}, "50 60 0"),
    # a step that was stated as reached is not reached again, and what lies between steps counts on
    ("steps", "2/0 1/100", {"people": "0 1 4"}, "0 100 200"),  # 4 and the 2 that registers lack are 6
    ("steps", "2/0 1/100", {"people": "0 1 3"}, "0 100 100"),
    ("steps", "2/0 1/100", {"people": "0 1 0"}, "0 100 0"),
    ("steps", "2/0 -1/0", {"people": "0 3 4"}, "0 0 0"),  # registers show two more than the one that was stated
    ("steps", "2/0 -1/0", {"people": "0 3 5"}, "0 0 100"),
    ("steps", "2/0 -1/0", {"people": "0 3 6"}, "0 0 100"),
    ("steps", "2/0 -1/0", {"people": "0 3 1"}, "0 0 0"),
    ("steps", "2/0 4/150", {"people": "0 6 6"}, "0 150 150"),  # stated under another reading of the step
    # a declared figure is nobody's in particular: the amounts are carried, and may be negative
    ("days", "5/5 4/4", {"days": "5 9 14"}, "5 9 14"),
    ("days", "5/5 -4/-8", {"days": "5 9 14"}, "5 -3 2"),
    ("days", "5/5 -4/-8", {"days": "5 9 -4"}, "5 -3 -16"),
]


@pytest.mark.parametrize(
    ("tariff", "opening", "rows", "expected"), OPENINGS, ids=[f"{o[0]} {o[1]} {o[2]}" for o in OPENINGS]
)
def test_what_is_owed_goes_on_from_what_the_parties_state(
    tariff: str, opening: str, rows: dict[str, str], expected: str
):
    lines = stated("Q1", "Q2", **{tariff: opening})
    assert owed(only(tariff), lines, **rows) == {tariff: expected}
    later = {name: text.partition(" ")[2] for name, text in rows.items()}  # the last stated window is enough
    assert owed(only(tariff), lines, "Q2", **later) == {tariff: expected.partition(" ")[2]}


@pytest.mark.parametrize(
    ("carries", "opening", "weeks", "expected"),
    [
        # 30 a window at most, and 60 stated by the end of Q2
        (True, "3/30 3/30", "3 9 9", "30 60 90"),  # registers show 30 more, carried
        (True, "3/30 3/30", "3 6 12", "30 60 90"),
        (False, "3/30 3/30", "3 9 9", "30 60 60"),  # the same, lost
        (False, "3/30 3/30", "3 9 11", "30 60 80"),
        (False, "3/30 3/30", "3 9 15", "30 60 90"),
        (False, "3/30 3/30", "3 6 5", "30 60 50"),
        (False, "3/30 6/60", "3 6 8", "30 90 110"),
    ],
)
def test_a_windows_cap_goes_on_from_what_is_stated(carries: bool, opening: str, weeks: str, expected: str):
    contract = only("weeks", cap_window_minor=30, carries_excess=carries)
    assert owed(contract, stated("Q1", "Q2", weeks=opening), weeks=weeks) == {"weeks": expected}


def test_a_cap_counts_what_is_stated():
    contract = only("weeks", cap_minor=100)
    assert owed(contract, stated("Q1", "Q2", weeks="5/50 4/40"), weeks="5 9 14") == {"weeks": "50 90 100"}
    assert owed(contract, stated("Q1", "Q2", weeks="5/50 4/40"), weeks="5 6 8") == {"weeks": "50 90 100"}


@pytest.mark.parametrize(
    ("opening", "people", "expected"),
    [
        # weeks are owed from three people on
        ("5/50 4/40", "0 3 3", "50 90 140"),
        ("5/50 4/40", "0 2 2", "50 90 140"),  # it was open: they state what stands behind it as owed
        ("5/50 4/40", "0 2 1", "50 90 0"),  # and shuts where one is lost
        ("0/0 0/0", "0 2 2", "0 0 0"),  # nothing is stated behind it: it stays as it is
        ("0/0 0/0", "0 2 3", "0 0 140"),
    ],
)
def test_a_gate_was_open_where_something_behind_it_is_stated(opening: str, people: str, expected: str):
    contract = only("weeks", gate=Gate("people", 3))
    assert owed(contract, stated("Q1", "Q2", weeks=opening), weeks="5 9 14", people=people) == {"weeks": expected}


@pytest.mark.parametrize(
    ("at_least", "people", "expected"),
    [
        (3, "0 2 1", "50 90 140"),  # they state four people where registers show two: it is three with the one
        (3, "0 2 0", "50 90 0"),
        (4, "0 2 2", "50 90 140"),
        (4, "0 2 1", "50 90 0"),
        (5, "0 2 2", "50 90 140"),  # of the four there must have been five
        (5, "0 2 1", "50 90 0"),
    ],
)
def test_a_gate_reads_the_figure_that_they_state(at_least: int, people: str, expected: str):
    contract = only("weeks", "steps", gate=Gate("people", at_least))
    lines = stated("Q1", "Q2", weeks="5/50 4/40", steps="2/0 2/100")
    assert owed(contract, lines, weeks="5 9 14", people=people)["weeks"] == expected


@pytest.mark.parametrize("at_least", [1, 3])
def test_a_gate_whose_figure_is_not_there_yet_was_open_as_well(at_least: int):
    contract = only("weeks", gate=Gate("people", at_least))
    lines = stated("Q1", "Q2", weeks="5/50 4/40")
    assert owed(contract, lines, weeks="5 9 14", people="- - 0") == {"weeks": "50 90 140"}


def due(contract: Contract, opening: OpeningBalances | None, documented: dict, start: str = "Q1", **rows: str) -> list:
    lines = due_lines(contract, series=series(start, **rows), documented=documented, opening=opening)
    return [(line.tariff, line.kind, line.unit, line.quantity, line.amount_minor) for line in lines]


def test_a_document_adds_what_its_window_earned_and_corrects_what_earlier_ones_said():
    weeks = only("weeks")
    assert due(weeks, None, {}, weeks="5") == [("weeks", "window", "week", 5, 50)]
    assert due(weeks, None, {"weeks": (5, 50)}, weeks="5 9") == [("weeks", "window", "week", 4, 40)]
    assert due(weeks, None, {"weeks": (7, 70)}, weeks="5 9") == [
        ("weeks", "window", "week", 4, 40),
        ("weeks", "correction", "week", -2, -20),
    ]
    # a quantity alone, and an amount alone, are corrections
    assert due(weeks, None, {"weeks": (4, 50)}, weeks="5 9")[1:] == [("weeks", "correction", "week", 1, 0)]
    assert due(weeks, None, {"weeks": (5, 49)}, weeks="5 9")[1:] == [("weeks", "correction", "week", 0, 1)]
    assert due(weeks, None, {}, weeks="5 9")[1:] == [("weeks", "correction", "week", 5, 50)]  # no document yet
    assert due(ALL, None, {}, weeks="5", people="3", days="-2") == [
        ("weeks", "window", "week", 5, 50),
        ("steps", "window", "person", 3, 100),
        ("days", "window", "day", -2, -2),
    ]


@pytest.mark.parametrize(
    ("tariff", "unit", "opening", "rows", "expected"),
    [
        ("weeks", "week", "5/50 4/40", {"weeks": "5 9 14"}, (5, 50)),
        ("weeks", "week", "5/50 7/70", {"weeks": "5 9 14"}, (5, 50)),
        ("weeks", "week", "5/50 1/10", {"weeks": "5 9 2"}, (-6, -60)),  # six were stated
        ("steps", "person", "2/0 1/100", {"people": "0 1 4"}, (3, 100)),
        ("steps", "person", "2/0 -1/0", {"people": "0 3 1"}, (-1, 0)),
        ("days", "day", "5/5 -4/-8", {"days": "5 9 14"}, (5, 5)),
        ("days", "day", "5/5 4/4", {"days": "5 9 -1"}, (-10, -10)),
    ],
)
def test_the_first_document_after_what_is_stated_holds_its_own_window(
    tariff: str, unit: str, opening: str, rows: dict[str, str], expected: tuple[int, int]
):
    lines = stated("Q1", "Q2", **{tariff: opening})
    for start in ("Q1", "Q2"):
        shown = rows if start == "Q1" else {name: text.partition(" ")[2] for name, text in rows.items()}
        assert due(only(tariff), lines, lines.totals(), start, **shown) == [(tariff, "window", unit, *expected)]


@pytest.mark.parametrize(("start", "before"), [("Q1", "5 9"), ("Q2", "9")])
def test_a_later_document_goes_on_from_the_one_before(start: str, before: str):
    lines = stated("Q1", "Q2", weeks="5/50 7/70")
    documented = {"weeks": (17, 170)}  # 12 stated, and 5 in Q3
    assert due(only("weeks"), lines, documented, start, weeks=f"{before} 14 15") == [("weeks", "window", "week", 1, 10)]
    assert due(only("weeks"), lines, documented, start, weeks=f"{before} 13 15") == [
        ("weeks", "window", "week", 2, 20),
        ("weeks", "correction", "week", -1, -10),
    ]


def test_the_figures_of_the_last_stated_window_are_needed():
    lines = stated("Q1", "Q2", weeks="5/50 4/40")
    for rows in ({"start": "Q3", "weeks": "14"}, {"start": "Q1", "weeks": "5"}):
        with pytest.raises(ValueError, match="the figures of Q2, the last stated window, are needed"):
            owed(only("weeks"), lines, **rows)
        with pytest.raises(ValueError, match="the last stated window"):
            due(only("weeks"), lines, {}, **rows)


def test_a_person_level_figure_that_is_not_there_later_is_not_made_up():
    """A measure is always there; a figure of none is read as nothing where it is stated, and not after it."""
    lines = stated("Q1", "Q2", steps="2/0 4/200")
    assert owed(only("steps"), lines, people="- - 1") == {"steps": "0 200 200"}
    assert owed(only("steps"), lines, people="- - -", weeks="0 0 0") == {"steps": "0 200 0"}
    assert due(only("steps"), lines, lines.totals(), people="- - 1") == [("steps", "window", "person", 1, 0)]


def test_a_due_line_is_what_it_says():
    [line] = due_lines(only("weeks"), series=series(weeks="5"), documented={})
    assert line == DueLine("weeks", "window", "week", 5, 50)
