"""A window that waits because of one person's share in it alone, and the amount of the block that it is shown with.

29 people begin in the first week and count in 27 weeks: in 26 of w1 and one of w2. The last one begins in the last week
of w1 and counts in one of w1 and 26 of w2, which is most of what is possible there. Everybody can still change
everything, so that the two are shown together; but not where the amount of both says what w2 was by itself.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from gateway.attestations.judged_calendar import JudgedCalendar, movers_of
from gateway.attestations.view_rules import Starts
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from tests.attacks.outsider import texts
from vocabulary.weeks import Week

INDEX = """
[[indices]]
id = "i"
source = "a table"
values = { 2019 = 100, 2020 = 110 }
"""
INDEXED = 'index = "i"\nbase_year = 2019'
FOLD = 'fold = "blocks"\nfold_at_most = 2\nfold_cost = "investor"\n'


def contract_of(begin: Week, *, price: str = "", more: str = "") -> Contract:
    """Windows of half a year, from a week on."""
    text = texts.contract(
        texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 27"),
        more,
        texts.price("m", more=price),
        texts.windows(str(begin), [26, 26, 26]),
        start=begin.monday,
        end=begin.monday + timedelta(days=26 * 7 - 1),
        disclosure=FOLD,
    )
    return load_contract(text.encode(), file="share.toml")


def sealed(contract: Contract) -> JudgedCalendar:
    first = contract.cohort.enrolment_from
    days: dict[date, int] = {first: 29, first + timedelta(days=25 * 7): 1}
    return JudgedCalendar(contract, Starts(movers_of(contract), days))


IN_2019, OVER_NEW_YEAR = Week.parse("2019-W01"), Week.parse("2019-W27")


@pytest.mark.parametrize(
    "contract",
    [
        contract_of(IN_2019),
        contract_of(OVER_NEW_YEAR),
        contract_of(IN_2019, price=INDEXED, more=INDEX),
    ],
    ids=["one price", "one price over new year", "the price changes behind the block"],
)
def test_it_waits_for_the_window_beside_it_where_both_have_one_price(contract: Contract):
    judged = sealed(contract)
    assert [finding.rule for finding in judged.findings()] == ["calendar-share"] * len(judged.findings())
    assert judged.ends() == (1, 2)


@pytest.mark.parametrize(
    ("contract", "window"),
    [
        (contract_of(OVER_NEW_YEAR, price=INDEXED, more=INDEX), "w3"),
        (contract_of(IN_2019, price='cap_window_minor = 20000\nexcess = "lost"'), "w2"),
    ],
    ids=["the price changes between them", "a window has a cap"],
)
def test_no_block_has_an_amount_that_says_what_the_window_was_by_itself(contract: Contract, window: str):
    """A reader solves count and amount for the two: a quantity for each price, or for each window under its cap."""
    judged = sealed(contract)
    assert judged.findings()
    assert judged.ends() is None
    [finding] = judged.findings([2])
    assert (finding.rule, finding.recipients, finding.windows) == ("calendar-share", ("investor",), (window,))
    assert finding.figures[0].startswith("payable: m")
