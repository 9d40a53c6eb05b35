"""A contract without an operator: the municipality delivers itself, and repays whoever lent."""

from __future__ import annotations

import pytest

from gateway.attestations.calendar_audit import findings_of
from gateway.documents.annexes.payment import annex_b
from gateway.documents.contract_page import Language, page
from gateway.outcomes.contract import Contract
from gateway.wording.parties import deliverer, delivers_itself
from tests.support.histories import example_contract
from tests.support.self_delivery import CONTRACT, LENDER
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Recipient

INVESTOR = f'[parties.investor]\norganisation = "{LENDER}"\nname = "Den Sociale Kapitalfond"\n'
PAID = 'recipients = ["investor"]\nwindows = "all"\n\n# Where'
CAPS = "[caps]\nreturn_per_mille_a_year = 50\nreturn_years = 2\n"
DISCLOSURE = "[disclosure]\nk = 5\n"


def load(*edits: tuple[str, str]) -> Contract:
    return example_contract("impact60", **{str(number): edit for number, edit in enumerate((*CONTRACT, *edits))})


def test_the_municipality_delivers_and_whoever_lends_is_the_creditor():
    contract = load()
    assert delivers_itself(contract)
    assert deliverer(contract) == contract.payers[0]
    assert contract.creditor is Recipient.INVESTOR
    assert contract.settlement is not None
    assert contract.settlement.seller is None
    ordinary = example_contract("impact60")
    assert not delivers_itself(ordinary)
    assert ordinary.creditor is Recipient.OPERATOR


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (INVESTOR, "", r"parties\.operator"),  # nobody to repay
        ("size = 120\nenrolment", "size = 24\nenrolment", "must be at least k_cohort, 25"),
        (DISCLOSURE, f'{DISCLOSURE}reasons_windows = ["2020H2"]\n', "the municipality delivers itself here"),
        (PAID, PAID.replace("investor", "operator"), "operator"),
        ("dispute_days = 20", 'vat = "exempt"\ndispute_days = 20', r"settlement\.vat"),
        ("[settlement.buyer]", '[settlement.seller]\ncvr = "99990015"\n\n[settlement.buyer]', r"settlement\.seller"),
    ],
)  # fmt: skip
def test_what_such_a_contract_cannot_say(old: str, new: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason):
        load((old, new))


def test_all_that_is_owed_is_repaid_so_that_it_needs_a_limit():
    with pytest.raises(DeclarationInvalid, match=r"needs \[caps\] to limit what is owed to capital and return"):
        load((CAPS, ""), ('formula = "repaid', 'max_return_minor = 1\nformula = "repaid'))


def test_whoever_lends_knows_nobody_so_that_what_it_is_paid_is_audited():
    """Of an operator's payment documents nothing is asked: it knows each of the few."""
    small = ("threshold_people = 60", "threshold_people = 15"), ("size = 120", "size = 30")
    alone = 'template = "contract_total"\nrecipients = ["investor"]\nwindows = "all"\n\n[[releases]]\n'
    [found] = findings_of(load(*small, (alone, "")))[0]
    assert (found.rule, found.windows) == ("calendar-share", ("2018H2",))
    assert findings_of(load((alone, "")))[0] == []


def test_the_page_and_the_annex_say_so():
    contract = load()
    assert "Aalborg Kommune leverer selv indsatsen" in page(contract, Language.DANISH)
    assert "Aalborg Kommune delivers by itself and repays a conditional grant" in page(contract, Language.ENGLISH)
    printed = str(annex_b(contract))
    assert "Aalborg Kommune leverer selv indsatsen. Den Sociale Kapitalfond har givet et betinget tilskud" in printed
    assert "Tilbagebetaling til" in printed
    assert "Leverandør" not in printed
    assert "leverandør" not in printed
