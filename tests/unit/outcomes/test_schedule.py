"""The schedule holds every planned release and statement, once, and no earlier than the freeze."""

from __future__ import annotations

import pytest

from gateway.outcomes.bounds import parties
from gateway.outcomes.schedule import schedule
from tests.support.histories import example_contract


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
    operator, payer, investor = parties(example_contract("impact60", caps=capped))
    assert (operator.worst, operator.best) == (0, 110_250_000)
    assert (payer.worst, payer.best) == (-110_250_000, 0)
    assert (investor.worst, investor.best, investor.basis) == (-100_000_000, 10_250_000, "earns on its capital")
    assert parties(example_contract("impact60"))[2].basis == "not said"
