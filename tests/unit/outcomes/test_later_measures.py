"""A measure that a later version brings: what it must say, and that it counts nothing that was reached before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.attestations.judged_calendar import judged_at_contract, movers_of
from gateway.documents.contract_page import Language, page
from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.in_window import first_window_of
from gateway.outcomes.lint import lint
from gateway.outcomes.opening import OpeningBalances, StatedLine
from gateway.outcomes.possible_courses import PossibleLives, kinds_of_first_day
from gateway.outcomes.results import ask_measures, person_result, units_at, units_by_window
from gateway.outcomes.tariff import due_lines, owed_amounts
from policies.calendar_rules import audit
from tests.support.chains import chain, series
from tests.support.histories import example_contract, history
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

OLD = "weeks_in_work_or_education"
OPERATOR_ALONE = (
    'template = "contract_total"\nrecipients = ["operator", "investor"]',
    'template = "contract_total"\nrecipients = ["operator"]',
)
KNOWN = example_contract("impact60", alone=OPERATOR_ALONE)
NEW = """[[measures]]
id = "thirteen_weeks"
kind = "retention"
period = "week"
needed = 13
states = ["ordinary_job", "fleksjob", "skaanejob", "education"]
SAYS

[[tariffs]]
id = "thirteen_weeks"
kind = "price"
of = "thirteen_weeks"
price_minor = 5000000

[[windows]]
label = "2018H2"
"""
NOUGHT = ("price_minor = 150000 ", "price_minor = 0 ")


def later(says: str, *more: tuple[str, str], new: str = NEW) -> Contract:
    edits = {str(place): edit for place, edit in enumerate(more)}
    return example_contract(
        "impact60",
        alone=OPERATOR_ALONE,
        version=("version = 1", f'version = 2\nfollows = "{"0" * 64}"'),
        day=("effective_from = 2018-10-01", "effective_from = 2019-12-30"),
        new=('[[windows]]\nlabel = "2018H2"\n', new.replace("SAYS", says)),
        **edits,
    )


BESIDE = later(f'beside = ["{OLD}"]')
CHAIN = replace(BESIDE, earlier=(KNOWN,))


def test_it_says_beside_which_or_instead_of_which():
    check_amendment(KNOWN, BESIDE, released=["2019H1"])
    check_amendment(KNOWN, later(f'instead_of = "{OLD}"', NOUGHT), released=["2019H1"])


REFUSED = {  # what the later version says -> what of it is refused, and why
    "nothing of those before it": (later(""), "measures", "must say of 'thirteen_weeks' instead_of which, or beside"),
    "instead of one that is still paid": (
        later(f'instead_of = "{OLD}"'),
        "tariffs",
        "price_minor = 0 for 'weeks_in_work_or_education'",
    ),
    "a second goal": (
        replace(BESIDE, measures=(*BESIDE.measures[:2], replace(KNOWN.measures[1], id="second", beside=(OLD,)))),
        "measures",
        "may not give 'second' threshold_people",
    ),
    "in the middle of a window": (replace(BESIDE, effective_from=date(2020, 1, 6)), "effective_from", "first day of a"),
    "before the others": (replace(BESIDE, measures=BESIDE.measures[::-1]), "measures", "may not change"),
    "and drops another": (replace(BESIDE, measures=BESIDE.measures[:1]), "measures", "must begin with those of"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_new_measure_is_refused_where_it_would_pay_twice_or_say_nothing_of_it(name: str):
    new, part, reason = REFUSED[name]
    with pytest.raises(AmendmentRefused, match=reason) as refused:
        check_amendment(KNOWN, new, released=[])
    assert refused.value.part == part


def test_nothing_more_is_paid_of_what_was_replaced_by_any_version_behind():
    second = later(f'instead_of = "{OLD}"', NOUGHT)
    third = later(f'instead_of = "{OLD}"', ("price_minor = 150000 ", "price_minor = 1 "))
    third = replace(third, version=3, effective_from=date(2020, 6, 29))
    with pytest.raises(AmendmentRefused, match="must pay nothing for 'weeks_in_work_or_education' from here on"):
        check_amendment(second, third, released=[])


def test_opening_balances_state_nothing_of_a_tariff_that_comes_later():
    """They are of the version that was adopted; what the new one owes begins at nought."""
    chained = chain((0, {"price": 100}), (2, {"price": 100, "late": 70}))
    stated = StatedLine("w0", "unit", 3, 300, 0, 0, "", "")
    opening = OpeningBalances("impact60", ("w0",), (stated,), "0" * 64, "opening.toml")
    amounts = owed_amounts(chained, series(chained, [[2, 3, 4]], [[0, 1, 3]]), opening)
    assert [one["unit"] for one in amounts] == [300, 400, 500]
    assert [one["late"] for one in amounts] == [0, 0, 140]
    lines = due_lines(chained, series=series(chained, [[2, 3, 4]], [[0, 1, 3]]), documented={}, opening=opening)
    assert [one.amount_minor for one in lines if one.tariff == "late"] == [140]


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ('instead_of = "another"', "measures.2.instead_of knows no measure 'another' before this one"),
        ('beside = ["thirteen_weeks"]', "measures.2.beside knows no measure 'thirteen_weeks' before this one"),
        (f'instead_of = "{OLD}"\nbeside = ["{OLD}"]', "and instead_of contradict each other"),
    ],
)
def test_the_file_names_measures_that_stand_before_it(says: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason):
        later(says)


def test_a_first_version_brings_no_measure_beside_others():
    for says in (f'beside = ["{OLD}"]', f'instead_of = "{OLD}"'):
        with pytest.raises(DeclarationInvalid, match=r"follows is missing: .* is for a measure that a later version"):
            example_contract("impact60", new=('[[windows]]\nlabel = "2018H2"\n', NEW.replace("SAYS", says)))


def test_what_is_paid_no_more_is_linted_no_more():
    """Its cap stays for what was reached before, and nobody is paid twice for a week."""
    weeks = NEW.replace(
        'kind = "retention"\nperiod = "week"\nneeded = 13', 'kind = "weeks"\nweeks_from_enrolment = 156'
    )
    for new in (NEW, weeks):
        assert lint(later(f'instead_of = "{OLD}"', NOUGHT, new=new), {}) == []
    assert [one.rule for one in lint(later(f'beside = ["{OLD}"]', new=weeks), {})] == ["pays-twice"]


def test_a_price_of_nought_is_for_later_versions():
    with pytest.raises(DeclarationInvalid, match="price_minor"):
        example_contract("impact60", nought=NOUGHT)


EARLY = history("E" * 20 + "B" * 40 + "E" * 40, start="2018-W40", subject=1)  # thirteen weeks twice, the first in 2018
NEWLY = history("B" * 60 + "E" * 40, start="2018-W40", subject=2)  # from 2019-W48 on
WINDOW = {window.label: window.to_week for window in KNOWN.windows}


def test_it_counts_who_reaches_it_since_its_first_window_and_nobody_who_had():
    measure = BESIDE.measures[2]
    assert first_window_of(CHAIN, measure) == 3
    assert [person_result(BESIDE, measure, EARLY, week).quantity for week in WINDOW.values()] == [1] * 6
    assert [person_result(CHAIN, measure, EARLY, week).quantity for week in WINDOW.values()] == [0] * 6
    assert [person_result(CHAIN, measure, NEWLY, week).quantity for week in WINDOW.values()] == [0, 0, 0, 1, 1, 1]


def test_the_evaluation_pays_for_those_alone():
    found = evaluate(CHAIN, [EARLY, NEWLY], WINDOW["2020H1"])
    assert found.quantity("thirteen_weeks") == 1
    assert dict(found.personal)["thirteen_weeks@3"] == 5_000_000
    plain = evaluate(BESIDE, [EARLY, NEWLY], WINDOW["2020H1"])
    assert (plain.quantity("thirteen_weeks"), found.quantity(OLD)) == (2, plain.quantity(OLD))


def test_weeks_are_counted_from_its_first_window_on():
    weeks = NEW.replace(
        'kind = "retention"\nperiod = "week"\nneeded = 13', 'kind = "weeks"\nweeks_from_enrolment = 156'
    )
    text = later(f'beside = ["{OLD}"]', new=weeks)
    chain, measure = replace(text, earlier=(KNOWN,)), text.measures[2]
    for person in (EARLY, NEWLY):
        all_weeks, since = (
            [person_result(one, measure, person, w).quantity for w in WINDOW.values()] for one in (text, chain)
        )
        assert since == [max(0, count - all_weeks[2]) for count in all_weeks]


@pytest.mark.parametrize("person", [EARLY, NEWLY])
def test_every_way_to_ask_says_the_same(person):
    """By single weeks, inside windows too, and for all windows in one pass."""
    measure = BESIDE.measures[2]
    asked = ask_measures(CHAIN, person, CHAIN.windows[-1].to_week)[measure.id]
    ends = [Week.parse("2019-W50"), WINDOW["2019H2"], Week.parse("2020-W08"), Week.parse("2020-W20"), WINDOW["2020H1"]]
    one_by_one = [person_result(CHAIN, measure, person, week).cells for week in ends]
    assert units_at(CHAIN, measure, person, asked, ends) == one_by_one
    by_window = units_by_window(CHAIN, measure, person, asked)
    assert by_window == [person_result(CHAIN, measure, person, week).cells for week in WINDOW.values()]


def test_no_life_adds_anything_to_it_before_it_came():
    day = kinds_of_first_day(CHAIN)[0]
    courses = list(PossibleLives(CHAIN).courses(day))
    assert all(not any(cells) for course in courses for cells in [course["thirteen_weeks"][:3]])
    assert any(any(course["thirteen_weeks"]) for course in courses)


def test_beside_a_measure_of_the_same_weeks_no_reader_is_shown_both():
    """As many as are counted by one and not by the other: a table of two classes."""
    assert not audit(calendar_of(CHAIN))
    both = tuple(replace(one, recipient="investor") for one in CHAIN.releases if one.template == "contract_total")
    shown = replace(CHAIN, releases=(*CHAIN.releases, *both))
    [found] = [one for one in audit(calendar_of(shown)) if one.rule == "calendar-classes"]
    assert found.recipients == ("investor",)
    assert found.windows == ("2020H1", "2020H2", "2021H1")
    assert found.figures == ("thirteen_weeks", "self_support_full_or_partial")
    early = replace(CHAIN, releases=(*CHAIN.releases, *(one for one in both if one.window < "2020")))
    assert not audit(calendar_of(early))


def test_all_versions_together_are_judged_by_what_it_counts_since_it_came():
    found = judged_at_contract(CHAIN, movers_of(CHAIN)).findings()
    assert not [one for one in found if "thirteen_weeks" in one.figures]


def test_the_page_says_what_becomes_of_the_other():
    instead = later(f'instead_of = "{OLD}"', NOUGHT)
    assert f"counted instead of {OLD}, of which nothing more is paid" in page(instead, Language.ENGLISH)
    assert f"tælles i stedet for {OLD}, som der ikke betales mere for" in page(instead, Language.DANISH)
    assert f"counted and paid beside {OLD}" in page(BESIDE, Language.ENGLISH)
