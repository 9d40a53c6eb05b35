"""Whoever may end a contract chooses the last week that a figure is about. That tells nobody anything."""

from __future__ import annotations

import pytest

from gateway.attestations.calendar_audit import audit_contract
from gateway.attestations.exact_figures import ExactFigure, answers, exact_figures
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.end_terms import ContractEnd, EndReason
from gateway.outcomes.ends import cut_at
from tests.functional.test_amendments import RETENTION
from tests.support.histories import EXAMPLES, example_contract
from tests.support.municipality import SMALL_CONTRACT
from tests.support.self_delivery import CONTRACT
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

TEXT = (EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8")


def told_to_readers(contract: Contract) -> set[ExactFigure]:
    """Every figure that is not in what an operator is paid."""
    figures = {one.figure for one in exact_figures(contract) if not one.is_free}
    return figures | {one.figure for one in answers(contract)}


@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_no_last_week_makes_a_figure_that_readers_would_not_have_had(name: str):
    """Of every week in which the contract runs."""
    contract = example_contract(name)
    planned, first, last = told_to_readers(contract), contract.windows[0].from_week, contract.windows[-1].to_week
    assert planned
    for offset in range(last - first):
        week = first + offset
        if week.sunday < contract.cohort.enrolment_from:
            continue
        left = cut_at(contract, ContractEnd(week, EndReason.AGREED, 60))
        assert told_to_readers(left) <= planned
        assert left.windows[-1].to_week == week


ONE_LONG_WINDOW = ('to_week = "2018-W52"\n\n[[windows]]\nlabel = "2019H1"\nfrom_week = "2019-W01"\n', "")


def self_delivering(last_week: Week | None) -> Contract:
    text = TEXT
    for old, new in (*SMALL_CONTRACT, *CONTRACT, RETENTION, ONE_LONG_WINDOW):
        assert old in text
        text = text.replace(old, new)
    if last_week is not None:
        follows = f'follows = "{"0" * 64}"\ntitle ='
        text = text.replace("title =", follows, 1) + f'\n[end]\nlast_week = "{last_week}"\nreason = "agreed"\n'
    return load_contract(text.encode(), file="impact60.toml")


def test_where_payment_documents_go_to_who_lends_a_last_week_that_isolates_somebody_is_refused():
    """Thirteen weeks on end: in the week after the first possible outcome only who began first can have had one."""
    audit_contract(self_delivering(None))
    audit_contract(self_delivering(Week.parse("2019-W25")))
    with pytest.raises(DeclarationInvalid, match="who begins on 2018-10-01") as refused:
        audit_contract(self_delivering(Week.parse("2018-W52")))
    assert refused.value.rule == "calendar-part"
