"""A later version that reads weeks otherwise, so that a total is about a few: refused by the calendar of all versions.

No window is ever shown under two readings, so two readings cannot be subtracted. What is left is to make nobody but a
few count from a window on: then every later total is theirs. The audit asks the evaluator, on lives that every version
reads in its own weeks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.attestations.calendar_audit import audit_contract, findings_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from tests.functional.test_amendments import RETENTION, TOTALS_LATER
from tests.support.histories import example_contract
from tests.support.municipality import SMALL_CONTRACT
from tests.support.simulated import Edit
from vocabulary.errors import DeclarationInvalid
from vocabulary.statuses import Status
from vocabulary.weeks import Week

pytestmark = pytest.mark.long  # every later version is audited with all that came before, for seconds each

# nobody but who begins in the first week has 13 weeks by the end of 2018, and no total of that window is shown
FIRST_WEEK = (*SMALL_CONTRACT, RETENTION, TOTALS_LATER)
NOBODY = (  # nothing is neutral, and each state is one that nobody can be in
    ('neutral_statuses = ["holiday"]', "neutral_statuses = []"),
    ('statuses = ["no_benefit"]', 'statuses = ["dead"]'),
    ('statuses = ["fleksjob"]', 'statuses = ["dead"]'),
    ('statuses = ["education"]', 'statuses = ["dead"]'),
)
HOLIDAY = NOBODY[1:]  # the same, but that a week of holiday repeats the one before
EARLY_CUT_OFF = (
    ("enrolment_from = 2018-10-01\n", 'enrolment_from = 2018-10-01\ntime_from = "batch"\n'),
    ('id = "2018"\nsize = 30\n', 'id = "2018"\nsize = 30\ncut_off = 2018-10-02\n'),
    ("enrolment_to = 2018-11-25", "enrolment_to = 2018-10-02"),
)


def edited(*edits: Edit) -> Contract:
    return example_contract("impact60", **{str(number): edit for number, edit in enumerate(edits)})


def chain(*changes: Edit, since: date = date(2018, 12, 31), base: tuple[Edit, ...] = FIRST_WEEK) -> Contract:
    """Two versions: the second says otherwise from a day on."""
    first, second = edited(*base), edited(*base, *changes)
    return replace(second, version=2, effective_from=since, earlier=(first,))


def test_a_reading_under_which_only_a_few_can_count_is_refused():
    with pytest.raises(DeclarationInvalid, match="who begins on 2018-10-01 to 2018-10-07") as refused:
        audit_contract(chain(*NOBODY))
    assert refused.value.rule == "calendar-part"


def test_each_version_by_itself_tells_of_nobody():
    """So it is the versions together that the audit has to judge."""
    audit_contract(edited(*FIRST_WEEK))
    assert not [one for one in findings_of(edited(*FIRST_WEEK, *NOBODY))[0] if "2018-10-01" in str(one)]


PASSES = {
    "everybody had the time to count before": chain(*NOBODY, since=date(2020, 6, 29)),
    "everybody begins on the same day": chain(*NOBODY, base=(*FIRST_WEEK, *EARLY_CUT_OFF)),
    "a week of holiday repeats the one before: whoever works goes on": chain(*HOLIDAY),
    "more hours, which everybody may have": chain(
        ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths = 3000")
    ),
}


@pytest.mark.parametrize("name", PASSES)
def test_the_same_passes_where_enough_can_count(name: str):
    assert findings_of(PASSES[name])[0] == []


def worker(number: int, first: date) -> PersonHistory:
    weeks = range(Week.of(first).ordinal, Week.parse("2021-W26").ordinal + 1)
    return PersonHistory(f"{number:032x}", first, dict.fromkeys(weeks, frozenset({Status.FLEKSJOB})), {}, {}, {})


def test_what_the_total_would_tell():
    """What the audit refuses, done by hand: of 30 people who all work, the total of 2019H2 has the two of the first
    week."""
    people = [worker(number, date(2018, 10, 1 if number < 2 else 15)) for number in range(30)]
    totals = [
        evaluate(one, people, Week.parse("2019-W52")).totals[0].quantity for one in (*chain().earlier, chain(*NOBODY))
    ]
    assert totals == [30, 2]
