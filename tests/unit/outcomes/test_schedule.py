"""The schedule holds every planned release and statement, once, and no earlier than the freeze."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.outcomes.bounds import parties
from gateway.outcomes.schedule import schedule
from tests.support.histories import EXAMPLES, example_contract


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_nothing_is_missing_and_nothing_comes_early(name: str):
    contract = example_contract(name)
    planned = {(one.recipient, one.template, one.window) for one in contract.releases}
    planned |= {("operator", one.kind, one.window) for one in contract.statements}
    found = schedule(contract)
    assert {(one.recipient, one.template, one.window.label) for one in found} == planned
    assert len(found) == len(planned)
    assert all(one.earliest_on == contract.freezes_on(one.window) for one in found)
    assert [one.earliest_on for one in found] == sorted(one.earliest_on for one in found)


def test_the_one_table_and_the_reasons_stand_where_the_contract_declares_them():
    found = {(one.recipient, one.window.label): one.adds for one in schedule(example_contract("impact60")) if one.adds}
    assert found == {("investor", "2020H2"): ("by_state",), ("operator", "2020H2"): ("by_state", "reasons")}


def test_cases_of_the_parties_mirror_each_other():
    capped = (
        "\n[cohort]\n",
        "\n[caps]\ncapital_minor = 100000000\nreturn_per_mille_a_year = 50\nreturn_years = 2\n\n[cohort]\n",
    )
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8")
    unsaid = (text[text.index("[settlement.investor]") :], "")
    contract = example_contract("impact60", caps=capped, unsaid=unsaid)
    operator, payer, investor = parties(contract)
    assert (operator.worst, operator.best) == (0, 110_250_000)
    assert (payer.worst, payer.best) == (-110_250_000, 0)
    assert (investor.worst, investor.best, investor.basis) == (-100_000_000, 10_250_000, "earns on its capital")
    assert parties(replace(example_contract("impact60"), settlement=None))[2].basis == "not said"


def test_what_an_investor_gets_is_bounded_by_its_own_terms():
    """IMPACT60: 9 million kr. lent, at most 1.5 million kr. of return; payments could reach 15 million kr."""
    investor = parties(example_contract("impact60"))[2]
    assert (investor.worst, investor.best) == (-900_000_000, 150_000_000)


def test_a_contract_without_an_investor_has_two_cases():
    assert [case.role for case in parties(example_contract("whp"))] == ["operator", "outcome_payer"]
