"""A trial as an oracle: the same people again with another text, or nearly the same people with the same text.

Each attack has its positive control: what a wider change, or other people altogether, is answered.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import delete

from gateway.errors.trial import TrialRefused
from gateway.evaluation.tried_people import TrialFiles
from gateway.simulate.drop import Drop
from gateway.store.contract_tables import TrialReportRow
from tests.support.municipality import SMALL_COURSE, SimulatedMunicipality
from tests.support.tried import people_of_a_past_year, planning_town, trial_files, tried

PRICE = ("price_minor = 150000 ", "price_minor = 150001 ")
MORE = (("people = 30", "people = 40"), ("people = 12", "people = 22"))
LATER = tuple((old, new.replace(*MORE[0]).replace(*MORE[1])) for old, new in SMALL_COURSE)


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Drop:
    return people_of_a_past_year(tmp_path_factory.mktemp("past"))


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return planning_town(tmp_path)


def rule(town: SimulatedMunicipality, files: TrialFiles) -> str:
    with pytest.raises(TrialRefused) as refused:
        tried(town.gateway, files)
    return refused.value.rule


def test_a_text_of_another_price_tells_the_same_units(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    first = tried(town.gateway, trial_files(tmp_path / "a", drop)).report
    second = tried(town.gateway, trial_files(tmp_path / "b", drop, PRICE)).report
    assert [one.measures for one in first.windows] == [one.measures for one in second.windows]
    for before, after in zip(first.windows, second.windows, strict=True):
        if before.amount_minor:
            assert after.amount_minor == before.amount_minor // 150_000 * 150_001


@pytest.mark.long
def test_a_text_that_counts_few_people_otherwise_is_refused(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    """One number of the text moves so that a few people count for less: the two totals would be about them."""
    tried(town.gateway, trial_files(tmp_path / "a", drop))
    refused = 0
    for weeks in range(104, 156, 4):
        files = trial_files(
            tmp_path / f"w{weeks}", drop, ("weeks_from_enrolment = 156", f"weeks_from_enrolment = {weeks}")
        )
        try:
            tried(town.gateway, files)
        except TrialRefused as error:
            assert error.rule == "few-apart"
            refused += 1
    assert refused


def test_a_list_without_one_person_is_refused(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    files = trial_files(tmp_path / "a", drop)
    tried(town.gateway, files)
    lines = files.people.read_text("utf-8").splitlines(keepends=True)
    without = tmp_path / "without.csv"
    without.write_text("".join(lines[:-1]), "utf-8")
    assert rule(town, trial_files(tmp_path / "b", drop, PRICE, people=without)) == "near"


def test_a_list_in_which_one_person_begins_later_is_refused(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    files = trial_files(tmp_path / "a", drop)
    tried(town.gateway, files)
    head, first, *rest = files.people.read_text("utf-8").splitlines(keepends=True)
    number, _, others = first.split(";", 2)
    moved = tmp_path / "moved.csv"
    moved.write_text("".join([head, f"{number};2018-11-25;{others}", *rest]), "utf-8")
    assert rule(town, trial_files(tmp_path / "b", drop, PRICE, people=moved)) == "near"


def test_a_newer_extract_of_the_same_people_is_refused(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    """A row that came late is about one person."""
    tried(town.gateway, trial_files(tmp_path / "a", drop))
    late = tmp_path / drop.income.name
    late.write_text(drop.income.read_text("utf-8").rpartition("\n")[0].rpartition("\n")[0] + "\n", "utf-8")
    files = trial_files(tmp_path / "b", drop, PRICE)
    assert rule(town, replace(files, extracts={**files.extracts, "income": [late]})) == "near"


def test_other_people_may_be_tried(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    """The control: so many more that no few can be what the two lists differ in."""
    tried(town.gateway, trial_files(tmp_path / "a", drop))
    others = people_of_a_past_year(tmp_path / "others", course=LATER, seed=9)
    assert tried(town.gateway, trial_files(tmp_path / "b", others, PRICE)).report.people == 40


def test_the_same_text_is_tried_once_whatever_the_list(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    tried(town.gateway, trial_files(tmp_path / "a", drop))
    others = people_of_a_past_year(tmp_path / "others", course=LATER, seed=9)
    assert rule(town, trial_files(tmp_path / "b", others)) == "tried-before"


def test_who_empties_the_table_tries_nothing_more(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    """The log still says that the text was tried, and on which files."""
    files = trial_files(tmp_path / "a", drop)
    tried(town.gateway, files)
    with town.gateway.store.engine.begin() as connection:
        connection.execute(delete(TrialReportRow))
    assert rule(town, files) == "tried-before"
    assert rule(town, trial_files(tmp_path / "b", drop, PRICE)) == "tried-before"


def test_a_person_of_a_released_contract_among_many(town: SimulatedMunicipality, drop: Drop, tmp_path: Path):
    town.release("2018H2", "payment_document", "operator")
    files = trial_files(tmp_path / "a", drop)
    enrolled = town.drop.referrals.read_text("utf-8").splitlines(keepends=True)[1]
    joined = tmp_path / "joined.csv"
    joined.write_text(files.people.read_text("utf-8") + enrolled, "utf-8")
    assert rule(town, trial_files(tmp_path / "b", drop, people=joined)) == "enrolled"
    assert tried(town.gateway, files).is_new
