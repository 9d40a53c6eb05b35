"""Who pays stands in the contract: shares are whole parts, every payer has one address, and nobody pays itself."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.contracts.contact import load_contact
from gateway.documents.annexes.payment import annex_b
from gateway.documents.contract_page import Language, page
from gateway.documents.leaflet import leaflet, letter
from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.bounds import parties, ranges
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import apportion
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES, example_contract
from tests.support.payers import FUND, PARTS, REGION, SHARED
from vocabulary.errors import DeclarationInvalid


def with_payers(*edits: tuple[str, str]) -> Contract:
    """IMPACT60 paid by three, with texts replaced."""
    pairs = {f"edit{number}": pair for number, pair in enumerate((*SHARED, *edits))}
    return example_contract("impact60", **pairs)


def test_the_municipality_is_first_and_the_others_follow_in_the_order_of_the_file():
    contract = with_payers()
    assert [payer.organisation for payer in contract.payers] == ["aalborg-kommune", REGION, FUND]
    assert contract.share_parts == PARTS
    assert contract.party("outcome_payer").municipality_code == "851"
    assert contract.settlement is not None
    assert [buyer.organisation for buyer in contract.settlement.buyers] == ["aalborg-kommune", REGION, FUND]
    assert contract.settlement.buyer(FUND).order_number == "77000001"
    alone = example_contract("impact60")
    assert (len(alone.payers), alone.share_parts) == (1, (1,))


WRONG = [
    ("share_parts = 2\n", "share_parts = 0\n", "payers.0.share_parts", "at least 1"),
    ("share_parts = 2\n", "share_parts = -1\n", "payers.0.share_parts", "at least 1"),
    ("share_parts = 2\n", "share_parts = 0.5\n", "payers.0.share_parts", "whole number"),
    ("share_parts = 2\n", "", "payers.0.share_parts", "is missing"),
    ("share_parts = 4\n", "", "parties.outcome_payer.share_parts", "is missing"),
    ("share_parts = 2\n", 'share_parts = 2\ncurrency = "EUR"\n', "payers.0.currency", "not a word"),
    (f'"{REGION}"\nname', f'"{FUND}"\nname', "payers", "same name twice"),
    (f'"{REGION}"\nname', '"aalborg-kommune"\nname', "payers", "same name twice"),
    (f'organisation = "{REGION}"\ncvr', f'organisation = "{FUND}"\ncvr', "settlement.payers", "same name twice"),
    (f'organisation = "{REGION}"\ncvr', 'organisation = "nobody"\ncvr', "settlement.payers.1.organisation", "further"),
    ('cvr = "99990066"', 'cvr = "99990067"', "settlement.payers.1.cvr", "CVR"),
    ('gln = "5799999002007"\n', "", "settlement.payers.0.gln", "is missing"),
    ('account = "1.02.03"\n', "", "settlement.payers.1.account", "is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "reason"), WRONG, ids=[f"{case[2]} {case[3]}" for case in WRONG])
def test_what_cannot_be_shared_or_billed_is_refused_with_its_place(old: str, new: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        with_payers((old, new))
    assert key in str(refused.value)


def test_a_payer_without_an_address_and_a_share_without_another_payer_are_refused():
    with pytest.raises(DeclarationInvalid, match=f"where the invoices of {REGION}, {FUND} go"):
        example_contract("impact60", a=SHARED[0], b=SHARED[1])
    with pytest.raises(DeclarationInvalid, match=r"share_parts.*not a word"):
        example_contract("impact60", a=SHARED[0])
    with pytest.raises(DeclarationInvalid, match="no further payer"):
        example_contract("impact60", a=SHARED[2])


@pytest.mark.parametrize("other", ["fokus-folkeoplysning", "den-sociale-kapitalfond"])
def test_the_municipality_is_on_no_other_side_of_its_own_contract(other: str):
    """It measures, and its officer approves: it may neither earn from the result nor lend on it."""
    with pytest.raises(DeclarationInvalid, match="party-conflict") as refused:
        example_contract("impact60", edit=(f'organisation = "{other}"', 'organisation = "aalborg-kommune"'))
    assert "parties." in str(refused.value)


def test_a_later_version_may_not_move_money_between_payers():
    later = [("version = 1\n", "version = 2\n"), ("effective_from = 2018-10-01", "effective_from = 2022-01-01")]
    known = with_payers()
    check_amendment(known, with_payers(*later, ('"66000001"', '"66000002"')), released=["2018H2"])
    with pytest.raises(AmendmentRefused, match="parties"):
        check_amendment(known, with_payers(*later, ("share_parts = 2\n", "share_parts = 3\n")), released=[])


def test_everything_that_people_read_names_all_payers_and_their_shares():
    contract = with_payers()
    for language in Language:
        text = page(contract, language)
        assert "Aalborg Kommune 4/7, Region Nordjylland 2/7, Statens Fond 1/7" in text
    printed = str(annex_b(contract))
    assert "Aalborg Kommune, Region Nordjylland og Statens Fond betaler FOKUS Folkeoplysning" in printed
    assert all(text in printed for text in ("2 af 7", "66000001", "77000001", "17.46.01.10", "største brøkdel"))
    programme = load_programme((EXAMPLES / "programmes/impact60.toml").read_bytes(), file="impact60.toml")
    contact = load_contact((EXAMPLES / "contacts/aalborg.toml").read_bytes(), file="aalborg.toml")
    told = "sammen med Region Nordjylland og Statens Fond, som kun får en regning og ingen oplysninger om dig"
    for written in (leaflet, letter):
        assert told in written(contract, programme, contact, on=date(2026, 1, 5))
        assert "regning" not in written(example_contract("impact60"), programme, contact, on=date(2026, 1, 5))


def test_the_worst_and_the_best_case_of_all_payers_add_up():
    contract = with_payers()
    cases = [case for case in parties(contract) if case.role == "outcome_payer"]
    high = ranges(contract)[-1].most.minor
    assert high is not None
    assert [case.worst for case in cases] == [-share for share in apportion(high, PARTS)]
    assert sum(case.worst or 0 for case in cases) == -high


def test_what_is_left_goes_to_the_largest_fractions_and_then_to_whoever_stands_first():
    assert apportion(100, (4, 2, 1)) == (57, 29, 14)  # 57.14, 28.57, 14.29
    assert apportion(1, (1, 1, 1)) == (1, 0, 0)
    assert apportion(2, (1, 1, 1)) == (1, 1, 0)
    assert apportion(-2, (1, 1, 1)) == (-1, -1, 0)
    assert apportion(0, (4, 2, 1)) == (0, 0, 0)
    assert apportion(12_345, (1,)) == (12_345,)
