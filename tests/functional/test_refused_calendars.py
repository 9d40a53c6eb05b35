"""A contract whose calendar could tell of few people is refused by `contract check` and by `contract accept` alike.

Both say windows, figures, who would see them, of how many people they tell, and a change that passes: it is made here.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.road import INIT, Place

pytestmark = pytest.mark.long

Edits = tuple[tuple[str, str], ...]
FEW: Edits = (("size = 120", "size = 30"), ("threshold_people = 60", "threshold_people = 15"))
FOLDS: Edits = (("k_cohort = 25", 'k_cohort = 25\nfold = "blocks"\nfold_at_most = 2\nfold_cost = "payer"'),)
TOTALS = 'recipients = ["operator", "investor"]\nwindows = "all"'
APART = """recipients = ["operator"]
windows = ["2019H2", "2020H1", "2020H2", "2021H1"]

[[releases]]
template = "contract_total"
recipients = ["investor"]
windows = ["2019H2", "2020H1"]"""
PRICE = "price_minor = 150000   # 1,500.00 kr. a week\n"
LATE: Edits = (*FEW, ("weeks_from_enrolment = 156", "weeks_from_enrolment = 60"))
INDEX: Edits = (
    ('rounding = "none"', 'rounding = "down"'),
    (PRICE, f'{PRICE}index = "wages"\nbase_year = 2018\n'),
    (
        '[[windows]]\nlabel = "2018H2"',
        """[[indices]]
id = "wages"
source = "published"
values = { 2018 = 100, 2019 = 102, 2020 = 104, 2021 = 106 }

[[windows]]
label = "2018H2\"""",
    ),
)
BY_STATE = "price_by_state = { ordinary_job = 2, fleksjob = 1, skaanejob = 1, education = 1 }"
GATE = 'gate = { of = "steady_and_off_benefits", at_least = 3 }\ncap_minor = 250000000'
SECOND = """[[measures]]
id = "early"
kind = "people"
states = ["ordinary_job", "education"]
sustained_weeks = 26
threshold_people = 3

[[tariffs]]"""
CODE = "payable: weeks_in_work_or_education at"
SIX = "2018H2, 2019H1, 2019H2, 2020H1, 2020H2, 2021H1"


@dataclass(frozen=True)
class Case:
    """A text that is refused, the five facts, and the edits that make of it what the message says."""

    base: str
    edits: Edits
    rule: str
    windows: str
    figures: str
    seen_by: str
    people: str
    change: str
    mended: Edits


CASES = {
    "no plan, whatever is folded": Case(
        "impact60",
        (*FEW, *FOLDS, ("enrolment_to = 2018-12-30", "enrolment_to = 2021-06-20")),
        "calendar-share",
        "2021H1",
        "qualifying_weeks",
        "investor",
        "about 1 person",
        "plan no contract_total for investor in 2018H2, 2019H1, 2020H2, 2021H1 and for operator in 2018H2, 2019H1",
        ((TOTALS, APART),),
    ),
    "folds, and does not say so": Case(
        "impact60",
        LATE,
        "calendar-part",
        "2020H1",
        "qualifying_weeks",
        "investor",
        "about 1 person",
        'say fold = "blocks" and fold_at_most = 1 under [disclosure], and who bears it as fold_cost',
        (("k_cohort = 25", 'k_cohort = 25\nfold = "blocks"\nfold_at_most = 1\nfold_cost = "payer"'),),
    ),
    "a neutral exit that reaches behind the last block": Case(
        "impact60",
        (
            ("enrolment_to = 2018-12-30", "enrolment_to = 2018-10-07"),
            ("weeks_from_enrolment = 156", "weeks_from_enrolment = 39"),
            ('moved = "failure"', 'moved = "neutral"'),
        ),
        "calendar-given-back",
        "2019H2, 2020H1, 2020H2, 2021H1",
        f"qualifying_weeks, {CODE} 150000, payable, cash",
        "investor",
        "about 1 person",
        "make every neutral exit frozen",
        (('moved = "neutral"', 'moved = "frozen"'), ('prison = "neutral"', 'prison = "frozen"')),
    ),
    "a threshold of one": Case(
        "ballerup",
        (("threshold_people = 4", "threshold_people = 1"),),
        "calendar-threshold",
        "2020H2",
        "steady_and_off_benefits",
        "investor",
        "about 10 people",
        "threshold_people = 2",
        (("threshold_people = 1", "threshold_people = 2"),),
    ),
    "a threshold of all": Case(
        "ballerup",
        (("threshold_people = 4", "threshold_people = 10"),),
        "calendar-threshold",
        "2020H2",
        "steady_and_off_benefits",
        "investor",
        "about 10 people",
        "threshold_people = 9",
        (("threshold_people = 10", "threshold_people = 9"),),
    ),
    "a threshold of all of many": Case(
        "impact60",
        (("threshold_people = 60", "threshold_people = 120"),),
        "calendar-threshold",
        SIX,
        "self_support_full_or_partial",
        "investor + operator",
        "about 120 people",
        "threshold_people = 119",
        (("threshold_people = 120", "threshold_people = 119"),),
    ),
    "two thresholds on one figure of few people: a gate beside the answer": Case(
        "ballerup",
        (("cap_minor = 250000000", GATE),),
        "calendar-threshold",
        "2020H2",
        "steady_and_off_benefits",
        "investor",
        "about 1 person",
        "ask all of them at 4",
        (("at_least = 3", "at_least = 4"),),
    ),
    "two thresholds on one figure of few people: two answers": Case(
        "ballerup",
        (("[[tariffs]]", SECOND),),
        "calendar-threshold",
        "2020H2",
        "steady_and_off_benefits",
        "investor",
        "about 1 person",
        "keep threshold_people of steady_and_off_benefits alone, 4",
        (("threshold_people = 3\n", ""),),
    ),
    "a window cap inside a possible block": Case(
        "impact60",
        (*LATE, *FOLDS, (PRICE, f'{PRICE}cap_window_minor = 500000000\nexcess = "lost"\n')),
        "calendar-part",
        "2019H2, 2021H1",
        f"qualifying_weeks, {CODE} 150000",
        "investor",
        "about 1 person",
        "leave cap_window_minor of weeks_in_work_or_education out",
        (('cap_window_minor = 500000000\nexcess = "lost"\n', ""),),
    ),
    "a price change inside a possible block": Case(
        "impact60",
        (*LATE, *FOLDS, *INDEX),
        "calendar-part",
        "2021H1",
        f"qualifying_weeks, {CODE} 150000, {CODE} 153000",
        "investor",
        "about 1 person",
        "give weeks_in_work_or_education one price for all years",
        (('index = "wages"\nbase_year = 2018\n', ""),),
    ),
    "prices by state beside a count": Case(
        "impact60",
        (("price_minor = 150000", BY_STATE),),
        "calendar-prices",
        SIX,
        "weeks_in_work_or_education, self_support_full_or_partial, payable",
        "investor",
        "about 1 person",
        "give all states of the measure one price",
        ((BY_STATE, "price_minor = 150000"),),
    ),
    "totals of a cohort that is too small": Case(
        "ballerup",
        (('template = "predicate"', 'template = "contract_total"'),),
        "calendar-cohort",
        "2020H2",
        "steady_and_off_benefits, payable",
        "investor",
        "about 10 people",
        "plan a predicate for investor in 2020H2 alone",
        (('template = "contract_total"', 'template = "predicate"'),),
    ),
}


def edited(text: str, edits: Edits) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("refused"))
    shutil.copytree(EXAMPLES / "notices", place.folder.parent / "notices", dirs_exist_ok=True)
    assert place.gateway(*INIT, "--demo-keys").code == 0
    return place


def accepted(place: Place, base: str, text: str) -> str:
    """What `contract accept` says of the text, with the programme declared for it; it is refused."""
    programme = (EXAMPLES / "programmes" / f"{base}.toml").read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = re.sub(r'contract_sha256 = "\w+"', f'contract_sha256 = "{digest}"', programme)
    (place.folder / "bad.toml").write_text(text, "utf-8")
    (place.folder / "programme.toml").write_text(known, "utf-8")
    ran = place.gateway("contract", "accept", "bad.toml", "programme.toml")
    assert ran.code == 3, ran.text
    return ran.err


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_refused_with_the_facts_and_passes_with_the_change(case: Case, installed: Place, tmp_path: Path):
    text = (EXAMPLES / "contracts" / f"{case.base}.toml").read_text("utf-8").replace('code = "151"', 'code = "851"')
    bad, file = edited(text, case.edits), tmp_path / "bad.toml"
    file.write_text(bad, "utf-8")
    ran = run("contract", "check", file)
    assert (ran.code, "(declaration-invalid)" in ran.err) == (3, True), ran.text
    facts = f"({case.rule}; windows {case.windows}; figures {case.figures}; seen by {case.seen_by}; {case.people})"
    assert facts in ran.err
    assert case.change in ran.err.partition(facts)[2]
    assert facts in accepted(installed, case.base, bad)
    file.write_text(edited(bad, case.mended), "utf-8")
    ran = run("contract", "check", file)
    assert (ran.code, "calendar-" in ran.text) == (0, False), ran.text
