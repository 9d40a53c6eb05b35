"""Programmes to which more or fewer people came than were planned, and what is paid for them.

Denver planned housing for 250 people (payforsuccess.org, Denver Housing to Health Initiative), and 365 came; 363 were
drawn for the offer (urban.org). In Augsburg more than 100 young people were addressed and 69 took part; 20 had to be in
work or an apprenticeship for nine months, 20 were, and 250,000 euros were repaid with 3 % (alpine-space.eu;
aktive-buergerschaft.de, *Mit Zinsen zurück*).

Both are told under contracts of Danish municipalities: batches are of these sizes, and other terms are the examples'.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.contracts.procurement import ChangeGround
from gateway.errors.contracts import AmendmentRefused
from gateway.errors.enrolment import EnrolmentRefused
from gateway.simulate.course import Activity
from tests.support.forms import Change, Pay, Seal, Some, Story, Walked, walk
from tests.support.simulated import amend

OFF, JOB = Activity.NO_RECORD, Activity.JOB


def batch(name: str, size: int, cut_off: str = "") -> str:
    return f'[[cohort.batches]]\nid = "{name}"\nsize = {size}\n' + (f"cut_off = {cut_off}\n" if cut_off else "")


FIRST, SECOND, THIRD = date(2022, 1, 3), date(2022, 7, 4), date(2023, 1, 2)
PLANNED = batch("first", 100, "2022-01-03"), batch("second", 150, "2022-07-04")
CAME = (*PLANNED[:1], batch("second", 165, "2022-07-04"), batch("third", 100, "2023-01-02"))
DENVER = Story(
    "housing-first",
    "notice-2021-1",
    "2021-09",
    (
        Some(60, FIRST, (("2022-03", OFF),), "first"),
        Some(40, FIRST, (), "first"),
        Some(80, SECOND, (("2022-09", OFF),), "second"),
        Some(85, SECOND, (), "second"),
        Some(50, THIRD, (("2023-03", OFF),), "third"),
        Some(50, THIRD, (), "third"),
    ),
    (
        Seal(date(2022, 1, 5), "first"),
        Change(
            date(2022, 3, 1),
            ChangeGround.CLAUSE,
            (
                ("version = 1", "version = 2"),
                ("effective_from = 2021-10-01", "effective_from = 2022-03-07"),
                ("size = 250\n", "size = 365\n"),
                ("enrolment_to = 2022-07-04", "enrolment_to = 2023-01-02"),
                ("\n".join(PLANNED), "\n".join(CAME)),
            ),
        ),
        Seal(date(2022, 7, 6), "second"),
        Pay(date(2022, 10, 10), ("6 måneder",)),
        Seal(date(2023, 1, 4), "third"),
        Pay(date(2024, 4, 10), ("12 måneder", "18 måneder", "24 måneder")),
    ),
    edits=(
        ("size = 40\nenrolment_from", "size = 250\nenrolment_from"),
        ("enrolment_to = 2022-01-03", "enrolment_to = 2022-07-04"),
        (batch("2022", 40, "2022-01-03"), "\n".join(PLANNED)),
    ),
)


def participants(done: Walked, window: str) -> int:
    found: int = done.town.verified(done.bundles[window]).shown["participants"]
    return found


@pytest.mark.long
def test_denver_365_came_of_250_and_each_is_paid_for_alike(tmp_path: Path):
    """The second batch is raised by 15 before it is sealed, and a third one of 100 is added."""
    done = walk(DENVER, tmp_path)
    assert [participants(done, window) for window in done.bundles] == [265, 365, 365, 365]
    month_12, month_18, month_24 = (12_300, 7_200), (18_900, 10_125), (26_700, 13_500)
    reached = {
        "12 måneder": [(60, month_12)],
        "18 måneder": [(60, month_18), (80, month_12)],
        "24 måneder": [(60, month_24), (80, month_18), (50, month_12)],
    }
    owed = {
        window: [sum(people * prices[payer] for people, prices in rows) for payer in (0, 1)]
        for window, rows in reached.items()
    }
    billed = {window: [minor // 100 for minor in by.values()] for window, by in done.billed.items() if by}
    assert billed == owed


def test_a_sealed_batch_takes_nobody_more(tmp_path: Path):
    """Nor is a list sealed that holds more people than everybody has accepted."""
    unchanged = (DENVER.steps[0],)
    town = walk(replace(DENVER, steps=unchanged), tmp_path).town
    larger = ("size = 100\ncut_off", "size = 115\ncut_off"), ("size = 250\n", "size = 265\n")
    with pytest.raises(AmendmentRefused, match="may not change batch 'first', which is sealed"):
        amend(
            town,
            ("version = 1", "version = 2"),
            ("effective_from = 2021-10-01", "effective_from = 2022-03-07"),
            *larger,
        )
    with pytest.raises(EnrolmentRefused):
        walk(replace(DENVER, steps=(unchanged[0], DENVER.steps[2])), tmp_path / "unaccepted")


SINCE = date(2018, 10, 8)
PLAN, SHORT = (batch("first", 60), batch("second", 40)), (batch("first", 60), batch("second", 9))
NEEDED, REPAID = 20, 257_500  # people, and 250,000 with 3 %
PRICE = "price_minor = 25000000 # 250,000.00 kr. a person while the outcome holds; a relapse takes it back\n"
ANSWER = '[[releases]]\ntemplate = "predicate"\nrecipients = ["investor"]\nwindows = ["2020H2"]\n'  # of ten people


def augsburg(in_work: int) -> Story:
    return Story(
        "ballerup",
        "notice-2018-1",
        "2018-09",
        (
            Some(in_work - 3, SINCE, (("2018-12", JOB),), "first"),
            Some(60 - in_work + 3, SINCE, (), "first"),
            Some(3, SINCE, (("2019-02", JOB),), "second"),
            Some(6, SINCE, (), "second"),
        ),
        (
            Seal(date(2018, 12, 31), "first"),
            Change(
                date(2019, 1, 15),
                ChangeGround.CLAUSE,
                (
                    ("version = 1", "version = 2"),
                    ("effective_from = 2018-10-01", "effective_from = 2019-01-21"),
                    ("size = 100\n", "size = 69\n"),
                    ("\n".join(PLAN), "\n".join(SHORT)),
                ),
            ),
            Seal(date(2019, 1, 31), "second"),
            Pay(date(2020, 4, 15), ("2019H1", "2019H2")),
        ),
        edits=(
            ("size = 10\nenrolment_from", "size = 100\nenrolment_from"),
            (batch("2018", 10), "\n".join(PLAN)),
            ("sustained_weeks = 26", "sustained_weeks = 39"),
            ("threshold_people = 4", f"threshold_people = {NEEDED}"),
            *((f'    "tariffs.steady_and_off_benefits.{one}",\n', "") for one in ("price_minor", "cap_minor")),
            ('kind = "price"\n', 'kind = "steps"\n'),
            (f"{PRICE}cap_minor = 250000000\n", f"points = [{{ at = {NEEDED}, amount_minor = {REPAID * 100} }}]\n"),
            (ANSWER, ""),
        ),
    )


@pytest.mark.long
@pytest.mark.parametrize(("in_work", "repaid"), [(NEEDED, REPAID), (NEEDED - 1, 0)])
def test_augsburg_69_came_of_100_and_twenty_are_still_what_is_needed(in_work: int, repaid: int, tmp_path: Path):
    """The second batch closes with 9 people instead of 40. What is paid for is a number of people, and no share."""
    done = walk(augsburg(in_work), tmp_path)
    assert [participants(done, window) for window in done.bundles] == [69, 69]
    amounts = [done.town.verified(bundle).shown["payable"]["amount_minor"] // 100 for bundle in done.bundles.values()]
    assert amounts == [0, repaid]
