"""A later version of a contract may add to the end, and change nothing that anybody was told or paid."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pytest

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import FIELDS, FieldRule, changes_money, changes_what_counts, check_amendment
from gateway.outcomes.contract import Contract
from gateway.outcomes.measures.earnings import EarningsMeasure, EarningsThreshold
from gateway.outcomes.reading_changes import QUALIFICATION_FIELDS, STATE_FIELDS, check_reading
from gateway.outcomes.readings import READING_FIELDS
from gateway.outcomes.terms import Index, Qualification, WeekState
from tests.support.histories import example_contract
from tests.unit.outcomes.test_lint import indexed
from vocabulary.statuses import IncomeType

LATER = {
    "version": ("version = 1", "version = 2"),
    "effective_from": ("effective_from = 2018-10-01", "effective_from = 2021-01-05"),
}
NEXT_WINDOW = '[[windows]]\nlabel = "2021H2"\nfrom_week = "2021-W27"\nto_week = "2021-W52"\n\n[freeze]'
PAUSE = '[[pauses]]\nfrom_week = "2021-W02"\nto_week = "2021-W10"\n\n[freeze]'

ALLOWED = {
    "nothing but the day": {},
    "another title": {"edit": ('title = "IMPACT60"', 'title = "IMPACT 60"')},
    "a comment that moves every line": {"edit": ("schema =", "# extended in January 2021\nschema =")},
    "one more window": {"edit": ("[freeze]", NEXT_WINDOW)},
    "a pause from now on": {"edit": ("[freeze]", PAUSE)},
    "another threshold": {"edit": ("threshold_people = 60", "threshold_people = 50")},
    "fewer days to the freeze": {"edit": ("days_after_window = 60", "days_after_window = 30")},
}

# what is replaced -> by what -> the part that the refusal names; all but the last three are IMPACT60
REFUSED = [
    ("price_minor = 150000 ", "price_minor = 160000 ", "effective_from"),  # a day in the middle of a window
    ("cap_minor = 1500000000", "cap_minor = 1600000000", "effective_from"),
    (
        'kind = "price"\nof = "weeks_in_work_or_education"\nprice_minor = 150000 ',
        'kind = "fee"\nprice_minor = 150000 ',
        "tariffs",
    ),
    ("self_support_full_or_partial", "self_support", "measures"),
    ("weeks_from_enrolment = 156", "weeks_from_enrolment = 208", "measures"),
    ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths = 900", "effective_from"),
    ('status = "dream"', 'status = "ydelsesrefusion"', "effective_from"),
    ("k = 5", "k = 4", "k"),
    ("k_cohort = 25", "k_cohort = 26", "k_cohort"),
    ('breakdown_windows = ["2020H2"]', 'breakdown_windows = ["2021H1"]', "breakdown_window"),
    ('id = "2018"', 'id = "2019"', "cohort"),
    ('organisation = "den-sociale-kapitalfond"', 'organisation = "another-fund"', "parties"),
    ('from_week = "2018-W40"', 'from_week = "2018-W41"', "windows"),
    ('label = "2019H1"', 'label = "2019A"', "windows"),
    ("[freeze]", PAUSE.replace("2021-W02", "2020-W50"), "pauses"),
    ("version = 2", "version = 1", "version"),
    ("effective_from = 2021-01-05", "effective_from = 2018-10-01", "effective_from"),
]


def later(**edits: tuple[str, str]):
    return example_contract("impact60", **LATER, **edits)


@pytest.mark.parametrize("name", ALLOWED)
def test_the_future_may_change(name: str):
    check_amendment(example_contract("impact60"), later(**ALLOWED[name]), released=["2018H2", "2020H2"])


@pytest.mark.parametrize(("old", "new", "part"), REFUSED)
def test_what_counts_may_not_change(old: str, new: str, part: str):
    edits = {**LATER, "edit": (old, new)}
    if old == 'label = "2019H1"':  # the plan names the windows too, where it does not say "all"
        edits["first"] = ('windows = "all"', 'windows = ["2018H2"]')
    contract = example_contract("impact60", **edits)
    with pytest.raises(AmendmentRefused) as refused:
        check_amendment(example_contract("impact60"), contract, released=["2018H2"], sealed=["2018"])
    assert refused.value.part == part


def test_an_index_gets_the_years_that_were_published_since_and_no_other_value():
    whole = "2018 = 100, 2019 = 103, 2020 = 97, 2021 = 110"
    known = indexed(whole)
    longer = replace(indexed(f"{whole}, 2022 = 115"), version=2, effective_from=date(2021, 1, 5))
    check_amendment(known, longer, released=["2018H2"])
    for years in (whole.replace("97", "98"), whole.removeprefix("2018 = 100, ").replace("2019 = 103, ", "")):
        changed = replace(known, tariffs=(replace(known.tariffs[0], index=index_of(years)),))
        changed = replace(changed, version=2, effective_from=date(2021, 1, 5))
        with pytest.raises(AmendmentRefused) as refused:
            check_amendment(known, changed, released=[])
        assert refused.value.part == "tariffs"


def index_of(years: str) -> Index:
    values = dict(pair.split(" = ") for pair in years.split(", "))
    return Index("wages", "invented", {int(year): int(value) for year, value in values.items()})


@pytest.mark.parametrize(("added", "part"), [(NEXT_WINDOW, "windows"), (PAUSE, "pauses")])
def test_what_was_agreed_stays(added: str, part: str):
    """A dropped window would be paid twice: the next one would begin where nothing was paid yet."""
    known = later(edit=("[freeze]", added))
    without = example_contract(
        "impact60",
        version=("version = 1", "version = 3"),
        day=("effective_from = 2018-10-01", "effective_from = 2021-02-01"),
    )
    with pytest.raises(AmendmentRefused) as refused:
        check_amendment(known, without, released=[])
    assert refused.value.part == part


def test_a_version_does_not_begin_inside_a_window_that_was_released():
    contract = later()
    check_amendment(example_contract("impact60"), contract, released=["2020H2"])
    with pytest.raises(AmendmentRefused, match="2021H1, which was released") as refused:
        check_amendment(example_contract("impact60"), contract, released=["2021H1"])
    assert refused.value.part == "effective_from"


MOVED = {
    # the predicate's window moves from 2020H2 to 2020H1; the version takes effect on this day -> refused or not
    "before either window ends, nothing was shown": ("2020-06-01", [], False),
    "after the first has ended": ("2020-07-01", [], True),
    "after both have ended": ("2021-02-01", [], True),
    "after the first was released": ("2020-06-01", ["2020H1"], True),
}


@pytest.mark.parametrize("name", MOVED)
def test_a_predicate_is_not_shown_in_a_second_window(name: str):
    """A window keeps the version that was in force at its end, so two versions could show two predicates."""
    day, released, is_refused = MOVED[name]
    moved = example_contract(
        "ballerup",
        version=("version = 1", "version = 2"),
        day=("effective_from = 2018-10-01", f"effective_from = {day}"),
        window=('windows = ["2020H2"]', 'windows = ["2020H1"]'),
    )
    if not is_refused:
        check_amendment(example_contract("ballerup"), moved, released=released)
        return
    with pytest.raises(AmendmentRefused):
        check_amendment(example_contract("ballerup"), moved, released=released)


TWO = 'id = "2018"\nsize = 90\n\n[[cohort.batches]]\nid = "later"\nsize = 30\n'
COHORTS = {  # how the second version has its batches -> what is sealed -> whether it is refused
    "one closes short": ("size = 115", TWO.replace("30", "25"), ["2018"], ""),
    "one takes more": ("size = 180", TWO.replace("30", "90"), ["2018"], ""),
    "one is left out": ("size = 90", 'id = "2018"\nsize = 90\n', ["2018"], ""),
    "one is added": ("size = 140", f'{TWO}\n[[cohort.batches]]\nid = "third"\nsize = 20\n', ["2018", "later"], ""),
    "another comes instead": ("size = 95", TWO.replace("later", "third").replace("30", "5"), ["2018"], ""),
    "a sealed one shrinks": (
        "size = 110",
        TWO.replace("30", "20"),
        ["2018", "later"],
        "batch 'later', which is sealed",
    ),
    "a sealed one is gone": ("size = 90", 'id = "2018"\nsize = 90\n', ["later"], "batch 'later', which is sealed"),
    "one is put before": (
        "size = 125",
        f'id = "first"\nsize = 5\n\n[[cohort.batches]]\n{TWO}',
        ["2018"],
        "new batches behind those",
    ),
    "they change places": (
        "size = 120",
        'id = "later"\nsize = 30\n\n[[cohort.batches]]\nid = "2018"\nsize = 90\n',
        [],
        "in the order of the version in force",
    ),
}


@pytest.mark.parametrize("name", COHORTS)
def test_who_is_not_sealed_yet_may_come_otherwise_than_planned(name: str):
    size, batches, sealed, reason = COHORTS[name]
    edits = {"all": ("size = 120\nenrolment", f"{size}\nenrolment"), "batches": ('id = "2018"\nsize = 120\n', batches)}
    known = example_contract("impact60", batches=('id = "2018"\nsize = 120\n', TWO))
    if not reason:
        check_amendment(known, later(**edits), released=["2018H2"], sealed=sealed)
        return
    with pytest.raises(AmendmentRefused, match=reason) as refused:
        check_amendment(known, later(**edits), released=["2018H2"], sealed=sealed)
    assert refused.value.part == "cohort"


def test_enrolment_may_go_on_and_not_end_before_somebody_who_is_sealed():
    known, longer = example_contract("impact60"), ("enrolment_to = 2018-12-30", "enrolment_to = 2019-06-30")
    check_amendment(known, later(edit=longer), released=[], sealed=["2018"])
    shorter = later(edit=("enrolment_to = 2018-12-30", "enrolment_to = 2018-11-30"))
    check_amendment(known, shorter, released=[], sealed=[])
    with pytest.raises(AmendmentRefused, match="somebody may be sealed already"):
        check_amendment(known, shorter, released=[], sealed=["2018"])


def test_of_every_field_of_a_contract_it_is_said_whether_it_may_change():
    assert FIELDS.keys() == {one.name for one in fields(Contract)}


@pytest.mark.parametrize("name", [name for name, rule in FIELDS.items() if rule is FieldRule.NEVER])
def test_what_may_never_change_is_refused_whatever_it_is(name: str):
    """Something else in the field, of whatever kind: the digest of both would differ, and so does what counts."""
    known = example_contract("impact60")
    with pytest.raises(AmendmentRefused) as refused:
        check_amendment(known, replace(later(), **{name: ("something else",)}), released=[])
    assert refused.value.part == name


MONEY = {  # what is replaced -> by what; each holds from 2021H1 on
    "a higher price": ("price_minor = 150000 ", "price_minor = 160000 "),
    "a price of nought": ("price_minor = 150000 ", "price_minor = 1 "),
    "a lower cap": ("cap_minor = 1500000000", "cap_minor = 1000000000"),
    "no cap": ("cap_minor = 1500000000", "# no cap"),
    "a cap of a window": ("cap_minor = 1500000000", 'cap_minor = 1500000000\ncap_window_minor = 1\nexcess = "lost"'),
    "a cap of a person": ("[freeze]", "[caps]\nperson_minor = 20000000\n\n[freeze]"),
    "a fee beside": (
        '[[windows]]\nlabel = "2018H2"',
        '[[tariffs]]\nid = "fee"\nkind = "fee"\nprice_minor = 100\n\n[[windows]]\nlabel = "2018H2"',
    ),
}
BOUNDARY = {**LATER, "effective_from": ("effective_from = 2018-10-01", "effective_from = 2021-01-04")}


@pytest.mark.parametrize("name", MONEY)
def test_terms_of_money_may_change_from_a_window_on(name: str):
    known = example_contract("impact60")
    new = example_contract("impact60", **BOUNDARY, edit=MONEY[name])
    assert changes_money(known, new)
    check_amendment(known, new, released=["2020H2"])


def test_a_tariff_never_vanishes_and_keeps_its_place():
    fee = MONEY["a fee beside"]
    known = example_contract("impact60", fee=fee)
    gone = example_contract("impact60", **BOUNDARY)
    swapped = replace(example_contract("impact60", **BOUNDARY, fee=fee), tariffs=known.tariffs[::-1])
    for new in (gone, swapped):
        with pytest.raises(AmendmentRefused, match="must begin with those of the version in force") as refused:
            check_amendment(known, new, released=[])
        assert refused.value.part == "tariffs"


READING = {  # what is replaced -> by what; each holds from 2021H1 on
    "fewer hours": ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths = 900"),
    "another status": ('statuses = ["education"]', 'statuses = ["education", "benefit"]'),
    "other types of income": ('income_types = ["wage"]', 'income_types = ["wage", "education_grant"]'),
    "a missing month": ('missing_month = "no_hours"', 'missing_month = "carry_forward"'),
    "neutral weeks": ('neutral_statuses = ["holiday"]', 'neutral_statuses = ["holiday", "sickness"]'),
    "another source": ('status = "dream"', 'status = "ydelsesrefusion"'),
    "a second source": ('status = "dream"', 'status = ["dream", "ydelsesrefusion"]'),
    "documents": ('status = "dream"', 'status = ["dream", "evidence"]\nevidence = ["education"]'),
    "codes that hold a window back": ('unknown_codes = "report"', 'unknown_codes = "block"'),
    "an exit that is recorded": ('withdrawn = "frozen"', 'withdrawn = "out"'),
    "an exit that a register shows": ('moved = "failure"', 'moved = "frozen"'),
}
ONE_VALUE = {  # the same, refused: the part that the refusal names
    "when time begins": (
        'first_week = "week_of_enrolment"',
        'first_week = "week_after_enrolment"',
        "qualification",
        "says when everybody's time begins",
    ),
    "a state's name": ('en = "ordinary job"', 'en = "job"', "states", "label_en of 'ordinary_job'"),
    "a state's Danish name": ('da = "ordinært job"', 'da = "job"', "states", "label_da of 'ordinary_job'"),
    "a new state": (
        '[[states]]\nid = "fleksjob"',
        '[[states]]\nid = "x"\nlabel = { da = "x", en = "x" }\nstatuses = ["benefit"]\n\n[[states]]\nid = "fleksjob"',
        "states",
        "a figure of no earlier week",
    ),
    "another register of pay": ('income = "income"', 'income = "eincome"', "income_source", "of one register"),
}


@pytest.mark.parametrize("name", READING)
def test_how_a_week_is_read_may_change_from_a_window_on(name: str):
    known = example_contract("impact60")
    new = example_contract("impact60", **BOUNDARY, edit=READING[name])
    assert changes_what_counts(known, new)
    assert not changes_money(known, new)
    check_amendment(known, new, released=["2020H2"])


@pytest.mark.parametrize("name", ONE_VALUE)
def test_what_of_a_persons_time_has_one_value_stays(name: str):
    old, text, part, reason = ONE_VALUE[name]
    new = example_contract("impact60", **BOUNDARY, edit=(old, text))
    with pytest.raises(AmendmentRefused, match=reason) as refused:
        check_amendment(example_contract("impact60"), new, released=[])
    assert refused.value.part == part


def test_of_every_part_of_how_a_week_is_read_it_is_said_whether_it_may_change():
    assert QUALIFICATION_FIELDS.keys() == {one.name for one in fields(Qualification)}
    assert STATE_FIELDS.keys() == {one.name for one in fields(WeekState)}
    assert all(FIELDS[name] is FieldRule.MAY_CHANGE for name in READING_FIELDS)


def test_the_pay_that_is_added_up_keeps_its_types():
    known = example_contract("impact60")
    state = known.states[0]
    summed = replace(known, measures=(EarningsMeasure("pay", (state,), 1, EarningsThreshold(100)),))
    other = replace(state, income_types=frozenset({*state.income_types, IncomeType.EDUCATION_GRANT}))
    new = replace(later(), states=(other, *known.states[1:]), measures=(replace(summed.measures[0], states=(other,)),))
    with pytest.raises(AmendmentRefused, match="whose pay is added up over months") as refused:
        check_reading(summed, new)
    assert refused.value.part == "states"


def test_a_source_that_was_dropped_does_not_come_back():
    """Nobody asked it in between: of those weeks nothing was read."""
    two = example_contract("impact60", edit=('status = "dream"', 'status = ["dream", "school"]'))
    one = replace(example_contract("impact60", **BOUNDARY), earlier=(two,))
    back = replace(two, version=3, effective_from=date(2021, 7, 5))
    check_reading(two, one)
    with pytest.raises(AmendmentRefused, match="names school, which an earlier version dropped") as refused:
        check_reading(one, back)
    assert refused.value.part == "status_sources"


def test_a_register_of_pay_may_begin_and_end_and_come_back():
    paid = example_contract("impact60")
    without = replace(paid, income_source="", version=2, effective_from=date(2021, 1, 4))
    check_reading(paid, without)
    check_reading(without, paid)
    check_reading(replace(without, earlier=(paid,)), paid)
    with pytest.raises(AmendmentRefused, match="of one register"):
        check_reading(replace(without, earlier=(paid,)), replace(paid, income_source="another"))
