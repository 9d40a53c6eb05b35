"""A version that ends a contract early: what is left of its calendar, and what it may not do beside."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.calendar import needed_weeks
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.end_terms import EndReason, EndRight
from tests.support.histories import EXAMPLES, example_contract
from tests.support.lenders import ALL as ALL_LENDERS
from tests.support.municipality import SMALL_CONTRACT
from tests.support.self_delivery import CONTRACT
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Template
from vocabulary.weeks import Week

TEXT = (EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8")
KNOWN = example_contract("impact60")
IN_2020H1 = "2020-01-06"


def ending(
    last_week: str,
    *edits: tuple[str, str],
    on: str = IN_2020H1,
    follows: str = KNOWN.sha256,
    reason: str = "agreed",
    more: str = "",
) -> Contract:
    text = TEXT.replace("version = 1", "version = 2")
    named = f'follows = "{follows}"\n' if follows else ""
    text = text.replace("effective_from = 2018-10-01", f"{named}effective_from = {on}")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    text += f'\n[end]\nlast_week = "{last_week}"\nreason = "{reason}"\n{more}'
    return load_contract(text.encode(), file="later.toml")


def planned(contract: Contract, label: str) -> set[Template]:
    return {one.template for one in contract.releases if one.window == label}


def test_the_time_is_cut_at_a_whole_week():
    contract = ending("2020-W13")
    assert [window.label for window in contract.windows] == ["2018H2", "2019H1", "2019H2", "2020H1"]
    assert contract.windows[:3] == KNOWN.windows[:3]
    assert str(needed_weeks(contract)[1]) == "2020-W13"
    assert contract.end is not None
    assert (contract.end.reason, contract.end.cut) == (EndReason.AGREED, "2020H1")
    assert contract.end.read_until.isoformat() == "2020-08-26"  # 90 days more than until a window freezes


def test_the_cut_window_is_paid_and_shows_no_figure():
    contract = ending("2020-W13")
    assert planned(contract, "2020H1") == {Template.PAYMENT_DOCUMENT}
    assert (
        planned(contract, "2019H2") == planned(KNOWN, "2019H2") == {Template.PAYMENT_DOCUMENT, Template.CONTRACT_TOTAL}
    )
    assert (contract.breakdown, contract.breakdown_window, contract.reasons_window) == ("", "", "")


def test_a_window_that_ends_with_the_last_week_stays_as_it_was_planned():
    contract = ending("2020-W26")
    assert planned(contract, "2020H1") == planned(KNOWN, "2020H1")
    assert contract.end is not None
    assert contract.end.cut == ""


@pytest.mark.parametrize(
    ("last_week", "reason"),
    [
        ("2018-W39", "must be a week of its windows before the last"),
        ("2021-W26", "must be a week of its windows before the last"),
    ],
)
def test_a_week_in_which_it_does_not_run_ends_nothing(last_week: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        ending(last_week)
    assert refused.value.key == "end.last_week"


def test_a_first_version_ends_nothing():
    with pytest.raises(DeclarationInvalid, match="say which text under follows"):
        ending("2020-W13", follows="")


def test_registers_are_read_until_the_freeze_at_least():
    with pytest.raises(DeclarationInvalid, match="must be at least 60"):
        ending("2020-W13", more="read_days = 59\n")
    contract = ending("2020-W13", more="read_days = 90\n")
    assert contract.end is not None
    assert contract.end.read_until.isoformat() == "2020-06-27"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({}, ""),
        ({"told": ["2019H2"]}, ""),
        ({"told": ["2020H1"]}, "end.last_week"),
        ({"told": ["2020H2"]}, "end.last_week"),
        ({"on": "2019-12-29"}, "effective_from"),  # of a window that is settled by the version before
        ({"on": "2020-03-30"}, "effective_from"),
        ({"edits": [("price_minor = 150000 ", "price_minor = 100000 ")]}, "tariffs"),
        ({"edits": [("days_after_window = 60", "days_after_window = 30")]}, "freeze_days"),
        ({"edits": [('id = "2018"\nsize = 120', 'id = "2018"\nsize = 119'), ("size = 120", "size = 119")]}, "cohort"),
        ({"edits": [('organisation = "den-sociale-kapitalfond"', 'organisation = "another-fund"')]}, "parties"),
    ],
)
def test_it_changes_nothing_else_and_takes_back_nothing(change: dict[str, Any], part: str):
    new = ending("2020-W13", *change.get("edits", []), on=change.get("on", IN_2020H1))
    if not part:
        check_amendment(KNOWN, new, released=change.get("told", []))
        return
    with pytest.raises(AmendmentRefused) as refused:
        check_amendment(KNOWN, new, released=change.get("told", []))
    assert refused.value.part == part


RIGHT = '[[end_rights]]\nid = "r"\nrole = "{role}"\nnotice_weeks = 4\nground = {{ da = "f", en = "f" }}\n\n[freeze]'


@pytest.mark.parametrize(
    ("given", "first_week", "last"),
    [
        ("2020-03-04", None, "2020-W13"),  # a Wednesday: four weeks later week 14 is not over
        ("2020-03-08", None, "2020-W14"),  # a Sunday
        ("2020-03-09", None, "2020-W14"),
        ("2020-03-09", "2020-W26", "2020-W26"),
    ],
)
def test_a_notice_runs_to_the_last_whole_week(given: str, first_week: str | None, last: str):
    right = EndRight("r", "operator", 4, "f", "f", Week.parse(first_week) if first_week else None)
    assert right.earliest_week(date.fromisoformat(given)) == Week.parse(last)


def with_right(role: str, *edits: tuple[str, str]) -> Contract:
    text = TEXT.replace("[freeze]", RIGHT.format(role=role))
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return load_contract(text.encode(), file="rights.toml")


def test_a_right_is_one_partys():
    assert [one.role for one in with_right("investor").end_rights] == ["investor"]
    with pytest.raises(DeclarationInvalid, match="must be that of one party, and 3 are investor"):
        with_right("investor", *ALL_LENDERS)


def test_nobody_chooses_a_week_where_whoever_lends_gets_payment_documents_or_bills():
    lends = ('organisation = "den-sociale-kapitalfond"', 'organisation = "fokus-folkeoplysning"')  # the operator itself
    for edits in ((*SMALL_CONTRACT, *CONTRACT), (*ALL_LENDERS,), (lends,)):
        with pytest.raises(DeclarationInvalid, match="would let a party choose a week") as refused:
            with_right("outcome_payer", *edits)
        assert refused.value.rule == "calendar-part"


def test_a_right_is_named_by_whoever_uses_one_and_by_nobody_else():
    for more, reason in (('right = "r"\n', "agreed"), ("", "right_used")):
        with pytest.raises(DeclarationInvalid, match="goes with reason"):
            ending("2020-W13", reason=reason, more=more)


def test_an_end_is_not_taken_back_or_moved():
    known = ending("2020-W13")
    for last_week, on in (("2020-W14", "2020-03-30"), ("2020-W12", "2020-03-02")):
        new = ending(last_week, ("version = 2", "version = 3"), on=on, follows=known.sha256)
        with pytest.raises(AmendmentRefused, match="ended the contract") as refused:
            check_amendment(known, new, released=[])
        assert refused.value.part == "end"
