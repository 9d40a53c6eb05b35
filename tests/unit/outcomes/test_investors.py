"""Several may lend on a contract: whole parts of what is lent, one of them perhaps an office of the municipality."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.documents.annexes.payment import annex_b
from gateway.documents.contract_page import Language, page
from gateway.outcomes.bounds import parties
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import apportion
from gateway.settlement.investor import InvestorSettlement, ShownToInvestor, investor_view
from policies.calendar import recipients
from tests.support.histories import example_contract
from tests.support.lenders import ALL, LENDERS, LENT, NAME, OFFICE, TOWN
from tests.support.payers import FUND
from vocabulary.errors import DeclarationInvalid

NAMES = ("Den Sociale Kapitalfond", "Statens Fond", OFFICE)


def load(*edits: tuple[str, str], of: tuple[tuple[str, str], ...] = LENDERS) -> Contract:
    return example_contract("impact60", **{str(number): edit for number, edit in enumerate((*of, *edits))})


def test_the_first_stands_where_one_alone_would_and_the_others_follow():
    contract = load()
    lenders = contract.parties_as("investor")
    assert [one.name for one in lenders] == list(NAMES)
    assert tuple(one.share_parts for one in lenders) == LENT
    assert [one.unit for one in lenders] == ["", "", "investeringsrådet"]
    assert contract.party("investor") == lenders[0]


def test_all_of_them_may_stand_in_the_list():
    first = '[parties.investor]\norganisation = "den-sociale-kapitalfond"\n'
    row = '[[investors]]\norganisation = "den-sociale-kapitalfond"\n'
    listed = load((first, row))
    assert listed.parties_as("investor") == load().parties_as("investor")


def test_one_alone_says_no_parts():
    [lender] = example_contract("impact60").parties_as("investor")
    assert lender.share_parts == 1
    with pytest.raises(DeclarationInvalid, match=r"share_parts.*not a word"):
        example_contract("impact60", edit=(NAME, f"{NAME}share_parts = 1\n"))


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        (f"share_parts = {LENT[0]}\n", "", "parties.investor.share_parts", "is missing"),
        (f"share_parts = {LENT[0]}\n", "share_parts = 0\n", "parties.investor.share_parts", "at least 1"),
        (f'organisation = "{FUND}"', 'organisation = "den-sociale-kapitalfond"', "investors", "twice"),
        ('unit = "investeringsrådet"\n', "", "investors.1.organisation", "on the other side as well"),
        (
            f'organisation = "{FUND}"',
            f'organisation = "{FUND}"\nunit = "x"',
            "investors.0.unit",
            "another organisation",
        ),
    ],
)
def test_what_cannot_be_lent_is_refused_with_its_place(old: str, new: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        load((old, new))
    assert refused.value.key == key


def test_the_municipality_never_lends_alone():
    alone = f'organisation = "{TOWN}"\nunit = "investeringsrådet"\n'
    with pytest.raises(DeclarationInvalid, match="may not lend alone") as refused:
        example_contract("impact60", edit=('organisation = "den-sociale-kapitalfond"\n', alone))
    assert (refused.value.key, refused.value.rule) == ("parties.investor.unit", "party-conflict")


def test_whoever_lends_and_pays_makes_one_view_of_all_who_lend():
    contract = load(of=ALL)
    calendar = calendar_of(contract)
    assert calendar.bears_share
    assert ("investor",) in recipients(calendar)
    operates = replace(calendar, investors=(*calendar.investors, contract.party("operator").organisation))
    assert recipients(operates) == (("investor", "operator"),)


def test_papers_name_all_of_them_their_parts_and_the_office():
    contract = load()
    for language, word in ((Language.DANISH, "kommunen selv"), (Language.ENGLISH, "the municipality itself")):
        text = page(contract, language)
        assert all(name in text for name in NAMES)
        assert f"Den Sociale Kapitalfond {LENT[0]}/7" in text
        assert word in text
    assert "Den Sociale Kapitalfond, Statens Fond og Aalborg Kommunes investeringsråd får" in page(
        contract, Language.DANISH
    )
    printed = str(annex_b(contract))
    assert "3 af 7" in printed
    assert "er kommunen selv ved investeringsrådet" in printed


def test_the_worst_and_the_best_case_of_all_who_lend_add_up():
    [alone] = [case for case in parties(example_contract("impact60")) if case.role == "investor"]
    cases = [case for case in parties(load()) if case.role == "investor"]
    assert [case.name for case in cases] == list(NAMES)
    assert alone.worst is not None
    assert alone.best is not None
    assert tuple(case.worst for case in cases) == apportion(alone.worst, LENT)
    assert tuple(case.best for case in cases) == apportion(alone.best, LENT)


@pytest.mark.parametrize("paid", [0, 1, 100_000_001, 900_000_003, 1_000_000_007])
def test_what_was_lent_repaid_and_earned_is_divided_to_the_minor_unit(paid: int):
    contract = load()
    shown = [ShownToInvestor("2018H2", "contract_total", True, 60, paid)]
    made = investor_view(
        contract, shown=shown, documents={"2018H2": paid}, paid=frozenset({"2018H2"}), on=date(2030, 1, 1)
    )
    assert isinstance(made, InvestorSettlement)
    whole = made.flow
    for name in ("drawn_minor", "repaid_minor", "return_minor"):
        assert tuple(getattr(one, name) for one in made.investors) == apportion(getattr(whole, name), LENT)
    assert sum(one.at_risk_minor for one in made.investors) == whole.at_risk_minor
    assert all(one.drawn_minor == one.repaid_minor + one.at_risk_minor for one in made.investors)
    alone = investor_view(
        example_contract("impact60"), shown=shown, documents={"2018H2": paid}, paid=frozenset({"2018H2"}),
        on=date(2030, 1, 1),
    )  # fmt: skip
    assert isinstance(alone, InvestorSettlement)
    assert (alone.flow, alone.investors) == (whole, ())
