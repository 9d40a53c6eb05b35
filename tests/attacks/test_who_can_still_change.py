"""Who can still change a figure: refused for every kind of measure and tariff, and what a reader learns without it.

30 people: most begin in the first quarter of the enrolment, one at its end. By the second window nobody but her can
still change anything, so that two totals and a subtraction are her outcome.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from gateway.attestations.calendar_audit import audit_contract, findings_of
from gateway.attestations.judged_calendar import JudgedCalendar, movers_of
from gateway.attestations.view_rules import Starts
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.kinds import MEASURES, TARIFFS
from gateway.outcomes.possible_courses import kinds_of_first_day
from tests.attacks.outsider import texts
from tests.attacks.seeded import contract_text, person
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

HALF_A_YEAR = "days_from_enrolment = 182"
FOUR = 'states = ["ordinary_job", "fleksjob", "skaanejob", "education"]'
WAGE = 'states = ["ordinary_job"]'
PAY = 'earnings = { amount_minor = 100000, partial_months = "leave_out" }'
INDEX = 'instrument = { id = "i", name = "An index", version = "1", lowest = 0, highest = 100, better = "higher" }'
# kind -> its terms, of somebody whose time ends after half a year or who was asked for the last time then
LATE = {
    "weeks": f"{FOUR}\nweeks_from_enrolment = 26",
    "people": f"{FOUR}\nsustained_weeks = 39",
    "retention": f'{FOUR}\nperiod = "week"\nneeded = 13\nwithin = 26\n{HALF_A_YEAR}',
    "days": f"{FOUR}\nneeded = 91\n{HALF_A_YEAR}",
    "earnings": f"{WAGE}\n{PAY}\n{HALF_A_YEAR}",
    "follow_up": f"{FOUR}\nmonths = [5]",
    "each_day": f"{FOUR}\n{HALF_A_YEAR}",
    "week_blocks": f"{FOUR}\nweeks_per_block = 13\nmost_blocks = 2\nconsecutive = true\nweeks_from_enrolment = 26",
    "pay": f'{WAGE}\npartial_months = "leave_out"\nmost_minor = 1000000\n{HALF_A_YEAR}',
    "instrument": f"{INDEX}\nchange_at_least = 10\nbaseline_within_days = 14\nmonths = [5]\nfollow_up_within_days = 7",
}
NEVER_MOVED = {"started"}  # nobody can change by what they do whether they began
FEES = 'kind = "fee"\nprice_minor = 100\n\n[[tariffs]]\nid = "more"\nkind = "price"\nof = "m"\nprice_minor = 1'
# kind -> its terms on a measure of people or of units
PAYS = {
    "price": 'kind = "price"\nof = "m"\nprice_minor = 150000',
    "steps": 'kind = "steps"\nof = "m"\npoints = [{ at = 3, amount_minor = 100 }]',
    "linear": 'kind = "linear"\nof = "m"\npoints = [{ at = 0, amount_minor = 0 }, { at = 30, amount_minor = 3000 }]',
    "fee": FEES,
}
OF_PAY = 'kind = "share"\nof = "m"\nshare_per_mille = 100'
NEVER_PERSONS = {"share", "cohort_threshold"}  # they read declared figures alone, or pay
WINDOWS = """[[windows]]
label = "first"
from_week = "2018-W40"
to_week = "2019-W26"

[[windows]]
label = "second"
from_week = "2019-W27"
to_week = "2019-W39"

"""


def text_of(measure: str, terms: str, pays: str, *, shown: str = '"all"', until: str = "2019-03-31") -> str:
    text = contract_text("impact60", size=30)
    text = text.replace("enrolment_to = 2018-12-30", f"enrolment_to = {until}").replace('"neutral"', '"frozen"')
    text = re.sub(r"(?s)\[\[measures\]\].*?(?=\[\[windows)", "", text, count=1)
    text = re.sub(r"(?s)\[\[windows\]\].*?(?=\[freeze\])", WINDOWS, text)
    text = re.sub(r"(?m)^(breakdown|breakdown_windows|reasons_windows) =.*\n", "", text)
    text = re.sub(r"(?s)illustrative = \[.*?\]", "illustrative = []", text, count=1)
    text = re.sub(r"(?s)# Where the invoice goes.*", "", text)
    text = text.replace('windows = "all"', f"windows = {shown}", 1).replace('rounding = "none"', 'rounding = "down"')
    return f'{text}\n[[measures]]\nid = "m"\nkind = "{measure}"\n{terms}\n\n[[tariffs]]\nid = "t"\n{pays}\n'


def contract_of(measure: str, pays: str = "price", **more: str) -> Contract:
    terms = OF_PAY if measure == "pay" else PAYS[pays]
    return load_contract(text_of(measure, LATE[measure], terms, **more).encode(), file="late.toml")


def test_every_kind_has_its_case():
    assert set(LATE) | NEVER_MOVED == set(MEASURES)
    assert set(PAYS) | NEVER_PERSONS == set(TARIFFS)


@pytest.mark.parametrize("kind", LATE)
def test_a_window_in_which_only_late_people_can_still_change_anything_is_refused(kind: str):
    contract = contract_of(kind)
    with pytest.raises(DeclarationInvalid) as refused:
        audit_contract(contract)
    assert refused.value.rule == "calendar-part"
    is_first = kind in ("people", "follow_up", "instrument")  # who begins late never counts in the first window
    who = "2018-10-01" if is_first else "2019-03-31"
    for word in (
        who,
        "first" if is_first else "second",
        "one person",
        "k_cohort is 25",
        "investor",
        "plan no contract_total",
    ):
        assert word in str(refused.value), word
    assert refused.value.line == contract.releases[0].line


@pytest.mark.parametrize("pays", PAYS)
def test_whatever_pays_for_it(pays: str):
    found, _ = findings_of(contract_of("retention", pays))
    assert [one.rule for one in found] == ["calendar-part"]


@pytest.mark.parametrize("kind", ["weeks", "follow_up", "people"])
def test_the_change_that_it_names_passes(kind: str):
    contract = contract_of(kind, until="2018-10-07", shown='["first"]')
    assert findings_of(contract)[0] == []


# kind -> how many kinds of first day 182 days are: a kind says itself what it reads of one
DAYS = {"weeks": 26, "people": 26, "retention": 52, "days": 52, "earnings": 182, "follow_up": 52}
DAYS |= {"each_day": 182, "week_blocks": 26, "pay": 182, "instrument": 52}


@pytest.mark.parametrize("kind", LATE)
def test_a_first_day_is_told_apart_where_its_kind_reads_more_than_the_week(kind: str):
    days = kinds_of_first_day(contract_of(kind))
    assert sum(len(day.also) for day in days) == 182
    assert len(days) == DAYS[kind]


def test_without_the_rule_two_totals_tell_the_outcome_of_the_late_person():
    """Positive control: the totals that the contract planned, in two worlds that differ in her alone."""
    contract = contract_of("retention")
    early = [person(number, ["fleksjob" if number < 12 else ""] * 52) for number in range(29)]
    late = date(2019, 3, 25)
    worlds = [
        [*early, person(29, [""] * 38 + ["fleksjob"] * 13, enrolled=late)],
        [*early, person(29, [""] * 52, enrolled=late)],
    ]
    ends = [Week.parse("2019-W26"), Week.parse("2019-W39")]
    told = [[evaluate(contract, world, end).quantity("m") for end in ends] for world in worlds]
    assert told == [[12, 13], [12, 12]]
    assert findings_of(contract)[0], "and so it is refused"


@pytest.mark.long
def test_one_person_with_thirteen_weeks_among_people_with_one_is_refused():
    """A total of 31 would say that she has at least 7: refused at 25 and at 60 people, and not at 120."""
    for size, rules in ((25, ["calendar-share"]), (60, ["calendar-share"]), (120, [])):
        contract = load_contract(contract_text("impact60", size=size).encode(), file="impact60.toml")
        found, _ = findings_of(contract)
        assert [one.rule for one in found] == rules
        for one in found:
            assert (one.recipients, one.windows, one.figures) == (("investor",), ("2018H2",), ("qualifying_weeks",))
            assert "investor in 2018H2" in one.suggestion


def test_time_that_an_exit_gives_back_may_not_count_where_nobody_else_does():
    """26 weeks end with the first window for all; only who was away and got time back would count in the second."""
    terms = 'states = ["fleksjob"]\nweeks_from_enrolment = 26'
    text = text_of("weeks", terms, PAYS["price"], until="2018-10-07").replace("size = 30", "size = 120")
    assert findings_of(load_contract(text.encode(), file="short.toml"))[0] == []
    back = text.replace('moved = "failure"', 'moved = "neutral"')
    found, _ = findings_of(load_contract(back.encode(), file="back.toml"))
    assert [one.rule for one in found] == ["calendar-given-back"]


EDITS = [
    ({"enrolment_to = 2018-12-30": "enrolment_to = 2019-01-06"}, "2018H2"),
    ({"weeks_from_enrolment = 156": "weeks_from_enrolment = 117"}, "2021H1"),
    ({"sustained_weeks = 1\n": "sustained_weeks = 2\n"}, "2018H2"),
    ({"[freeze]": '[[pauses]]\nfrom_week = "2018-W51"\nto_week = "2018-W52"\n[freeze]'}, "2018H2"),
]


@pytest.mark.long
@pytest.mark.parametrize(("replaced", "window"), EDITS)
def test_a_seed_bond_with_one_term_changed_is_refused(replaced: dict[str, str], window: str):
    contract = load_contract(contract_text("impact60", size=120, replaced=replaced).encode(), file="edited.toml")
    found, _ = findings_of(contract)
    assert found
    assert {"calendar-part"} == {one.rule for one in found}
    assert window in {label for one in found for label in one.windows}


def test_the_same_text_in_another_file_is_audited_once_and_keeps_its_name():
    text = contract_text("impact60", size=120)
    names = [audit_contract(load_contract(text.encode(), file=name)).contract.file for name in ("a.toml", "b.toml")]
    assert names == ["a.toml", "b.toml"]


OF_JOBS = """[[states]]
id = "job"
label = { da = "job", en = "job" }
statuses = ["no_benefit"]
income_types = ["wage"]
hours_per_week_hundredths = 1000

[[states]]
id = "free"
label = { da = "uden ydelse", en = "off benefit" }
statuses = ["no_benefit"]
income_types = ["wage"]

[exits]"""
# a table -> the states of the outcome, and of the weeks that one of its cells is nearly the same as
TABLES = {
    "by class": (["fleksjob", "education"], ["fleksjob"], 'breakdown = "m"\nbreakdown_windows = ["w1"]'),
    "by reason": (["job"], ["free"], 'reasons_windows = ["w1"]'),
}


def with_table(outcome: list[str], counted: list[str], table: str, *, until: date = date(2020, 1, 20)) -> bytes:
    """60 people; one may begin in the third of four weeks, and all others in the last: each has a week or none."""
    text = texts.contract(
        texts.measure("people", outcome, "sustained_weeks = 1", goal=20),
        texts.measure("weeks", counted, "weeks_from_enrolment = 20", name="n"),
        texts.price("m"),
        texts.windows("2020-W01", [4]),
        start=date(2020, 1, 13),
        end=until,
        size=60,
        totals=texts.release("contract_total", ["operator", "investor"]),
    )
    return text.replace("k = 5", f"k = 5\n{table}").replace("[exits]", OF_JOBS).encode()


@pytest.mark.parametrize("table", TABLES)
def test_a_cell_that_a_total_counts_once_more_is_an_exact_figure(table: str):
    """Weeks less a cell, or with it, are the first week of whoever began a week before all others, whatever it was."""
    outcome, counted, declared = TABLES[table]
    audit_contract(load_contract(with_table(outcome, counted, ""), file="c.toml"))
    with pytest.raises(DeclarationInvalid) as refused:
        audit_contract(load_contract(with_table(outcome, counted, declared), file="c.toml"))
    said = str(refused.value)
    assert "calendar-part" in said
    assert {"by class": "outcomes_by_class: fleksjob", "by reason": "not_counted: on_benefit"}[table] in said
    key = declared.partition(" =")[0]
    assert f"leave {key}" in said


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_people_who_begin_together_is_shown(table: str):
    """Positive control: nobody began earlier."""
    outcome, counted, declared = TABLES[table]
    text = with_table(outcome, counted, declared, until=date(2020, 1, 19))
    assert audit_contract(load_contract(text, file="c.toml")).worst is None


def with_answer(at: int, *, until: date, release: str = "") -> bytes:
    """Ten people who need four weeks of work; met or not met is told at the end of 13 weeks."""
    text = texts.contract(
        texts.measure(
            "retention", ["fleksjob"], 'needed = 4\nwithin = 4\nperiod = "week"\ndays_from_enrolment = 56', goal=at
        ),
        texts.price("m"),
        texts.windows("2020-W01", [13, 13]),
        start=date(2019, 12, 30),
        end=until,
        size=10,
        totals=texts.release("predicate", ["investor"], ["w1"]),
    )
    return text.encode()


@pytest.mark.parametrize("at", [2, 9])
def test_an_answer_is_about_nobody_only_where_everybody_can_be_in_it(at: int):
    """Whoever begins in the last two weeks has no four weeks by then: were the others as many as the threshold, met
    would be about each of them."""
    with pytest.raises(DeclarationInvalid) as refused:
        audit_contract(load_contract(with_answer(at, until=date(2020, 3, 16)), file="c.toml"))
    said = str(refused.value)
    assert f"(calendar-threshold; windows w1; figures m; seen by investor; about {at} people)" in said
    assert "plan no predicate for investor in w1" in said
    audit_contract(load_contract(with_answer(at, until=date(2020, 3, 2)), file="c.toml"))  # four weeks are left


def test_where_days_are_known_an_answer_waits_until_it_is_about_nobody():
    """At sealing: as many as the threshold, one more, and fewer of them can be in it."""
    contract = load_contract(with_answer(5, until=date(2020, 3, 2)), file="c.toml")
    early, late = date(2019, 12, 30), date(2020, 3, 16)
    for able, is_refused in ((4, False), (5, True), (6, False), (10, False)):
        later = replace(contract, cohort=replace(contract.cohort, enrolment_to=late))
        starts = Starts(movers_of(later), {early: able, late: 10 - able})
        found = JudgedCalendar(later, starts).findings()
        assert {one.rule for one in found} == ({"calendar-threshold"} if is_refused else set()), able
