"""What a later version may say of windows: nothing else of those that have begun, or were shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.contract import Contract
from gateway.outcomes.later_windows import changes_windows
from gateway.outcomes.terms import Aggregate, Evaluator, FigureUnit, PlannedRelease, Window
from tests.support.histories import example_contract
from vocabulary.releases import Recipient, Template
from vocabulary.weeks import Week

KNOWN = example_contract("impact60")  # windows 2018H2 to 2021H1, half a year each
H1 = date(2020, 12, 28)  # before 2021H1 begins, on 2021-01-04


def later(on: date = H1, **changed: object) -> Contract:
    return replace(KNOWN, version=2, effective_from=on, sha256="f" * 64, **changed)


def cut(*spans: tuple[str, str, str], since: int = 5) -> tuple[Window, ...]:
    """The windows of the contract up to a place, and these behind."""
    return *KNOWN.windows[:since], *(Window(label, Week.parse(a), Week.parse(b)) for label, a, b in spans)


def shown_in(windows: tuple[Window, ...]) -> tuple[PlannedRelease, ...]:
    """Payment documents of each, and whatever else was planned of those that stay."""
    labels = [one.label for one in windows]
    kept = tuple(one for one in KNOWN.releases if one.window in labels)
    new = [label for label in labels if label not in [one.label for one in KNOWN.windows]]
    return *kept, *(PlannedRelease(Template.PAYMENT_DOCUMENT, Recipient.OPERATOR, label) for label in new)


QUARTERS = cut(("2021Q1", "2021-W01", "2021-W13"), ("2021Q2", "2021-W14", "2021-W26"))


def test_windows_that_have_not_begun_may_be_cut_otherwise():
    new = later(date(2021, 1, 4), windows=QUARTERS, releases=shown_in(QUARTERS))
    check_amendment(KNOWN, new, released=["2020H1"])
    assert changes_windows(KNOWN, new)
    longer = cut(("2021", "2021-W01", "2021-W52"))
    check_amendment(KNOWN, later(windows=longer, releases=shown_in(longer)), released=["2020H1"])


RECUT = {  # the windows from 2021 on -> what is refused
    "one that has begun": (
        cut(("2020Q3", "2020-W27", "2020-W39"), ("2020Q4", "2020-W40", "2021-W26"), since=4),
        "must begin with those that have begun by 2020-12-28: 2018H2, 2019H1, 2019H2, 2020H1, 2020H2",
    ),
    "a shorter contract": (cut(("2021Q1", "2021-W01", "2021-W13")), "and not end before 2021-W26"),
    "other weeks under a label that is known": (
        cut(("2021H1", "2021-W01", "2021-W13"), ("2021Q2", "2021-W14", "2021-W26")),
        "may not call other weeks '2021H1', which is 2021-W01 to 2021-W26",
    ),
}


@pytest.mark.parametrize("name", RECUT)
def test_an_end_that_was_agreed_stays_where_its_window_has_begun(name: str):
    windows, reason = RECUT[name]
    with pytest.raises(AmendmentRefused, match=reason) as refused:
        check_amendment(KNOWN, later(windows=windows, releases=shown_in(windows)), released=[])
    assert refused.value.part == "windows"


def test_a_label_of_a_version_long_gone_names_no_other_weeks():
    second = replace(later(windows=QUARTERS, releases=shown_in(QUARTERS)), earlier=(KNOWN,))
    back = cut(("2021H1", "2021-W01", "2021-W52"))
    third = replace(later(date(2020, 12, 29), windows=back, releases=shown_in(back)), version=3)
    with pytest.raises(AmendmentRefused, match="which is 2021-W01 to 2021-W26"):
        check_amendment(second, third, released=[])


def test_days_before_the_freeze_may_change_for_windows_that_have_not_ended():
    shorter = later(freeze_days=30)
    check_amendment(KNOWN, shorter, released=["2020H1"])
    assert changes_windows(KNOWN, shorter)
    chain = replace(shorter, earlier=(KNOWN,))
    ends = [window.to_week.sunday for window in KNOWN.windows]
    days = [(chain.freezes_on(window) - end).days for window, end in zip(KNOWN.windows, ends, strict=True)]
    assert days == [60, 60, 60, 60, 30, 30]  # 2020H2 ends on 2021-01-03


def test_no_window_freezes_before_the_one_before_it():
    known = replace(KNOWN, freeze_days=300)
    with pytest.raises(AmendmentRefused, match="would let 2020H2 freeze no later than 2020H1") as refused:
        check_amendment(known, later(freeze_days=10), released=[])
    assert refused.value.part == "freeze_days"


def test_a_figure_is_declared_for_the_same_end_under_whatever_label():
    evaluator = Evaluator("evaluator", "Evaluator", "k" * 43)
    due = Aggregate("jobs", FigureUnit.PERSON, evaluator, "method", "source", ("2021H1",), 1)
    known = replace(KNOWN, aggregates=(due,))
    changed = {"windows": QUARTERS, "releases": shown_in(QUARTERS)}
    check_amendment(known, later(**changed, aggregates=(replace(due, windows=("2021Q2",)),)), released=[])
    with pytest.raises(AmendmentRefused) as refused:
        check_amendment(known, later(**changed, aggregates=(replace(due, windows=("2021Q1",)),)), released=[])
    assert refused.value.part == "aggregates"


def test_parties_may_be_tied_and_never_untied():
    tied = (("investor", "operator"),)
    check_amendment(KNOWN, later(tied=tied), released=[])
    with pytest.raises(AmendmentRefused) as refused:
        check_amendment(replace(KNOWN, tied=tied), later(), released=[])
    assert refused.value.part == "tied"


TABLES = {  # the table's window before, and in the later version, from 2020-12-28 on -> whether that is refused
    "it comes": ("", "2021H1", False),
    "it comes to a window that has ended": ("", "2020H1", True),
    "it moves to a later window": ("2020H2", "2021H1", False),
    "it goes": ("2021H1", "", False),
    "it goes when its window has ended": ("2020H1", "", True),
    "a second one, when the first has ended": ("2020H1", "2021H1", True),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("table", ["breakdown_window", "reasons_window"])
def test_there_is_one_table_in_all(name: str, table: str):
    before, after, is_refused = TABLES[name]
    known, new = replace(KNOWN, **{table: before}), replace(later(), **{table: after})
    if not is_refused:
        check_amendment(known, new, released=[])
        return
    with pytest.raises(AmendmentRefused, match="has its one table") as refused:
        check_amendment(known, new, released=[])
    assert refused.value.part == table


def test_of_a_table_that_was_shown_nobody_gets_another_by_other_states():
    """The same window, and another measure."""
    known = replace(KNOWN, breakdown_window="2020H1")
    with pytest.raises(AmendmentRefused) as refused:
        check_amendment(known, later(breakdown="another", breakdown_window="2020H1"), released=[])
    assert refused.value.part == "breakdown_window"
