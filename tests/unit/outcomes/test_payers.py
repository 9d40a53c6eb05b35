"""Who pays stands in the contract: shares are whole parts, every payer has one address, and nobody pays itself."""

from __future__ import annotations

from dataclasses import replace
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
from gateway.outcomes.payers import parts_of, shares
from gateway.outcomes.terms import apportion
from gateway.wording.prices import prices_in_words
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


BY_PAYER = f"price_by_payer = {{ aalborg-kommune = 90000, {REGION} = 60001, {FUND} = 0 }}"
PRICED = ("price_minor = 150000   # 1,500.00 kr. a week", BY_PAYER)
WITHOUT_SHARES = [(f"share_parts = {part}\n", "") for part in PARTS]


def test_a_tariff_may_say_what_each_payer_owes_for_one_unit():
    contract = with_payers(PRICED)
    [tariff] = contract.tariffs
    assert (tariff.payer_prices, tariff.single_price) == ((90_000, 60_001, 0), 150_001)
    assert parts_of(contract, tariff.id) == (90_000, 60_001, 0)
    assert shares(contract, {tariff.id: 7 * 150_001}) == (630_000, 420_007, 0)
    assert parts_of(with_payers(), tariff.id) == PARTS, "without it shares hold"


def test_without_shares_every_tariff_says_it():
    contract = with_payers(PRICED, *WITHOUT_SHARES)
    assert contract.share_parts == (0, 0, 0)
    assert shares(contract, {contract.tariffs[0].id: 150_001}) == (90_000, 60_001, 0)
    with pytest.raises(DeclarationInvalid, match="no share_parts say what each payer bears") as refused:
        with_payers(*WITHOUT_SHARES)
    assert refused.value.key == "tariffs.0.price_by_payer"


@pytest.mark.parametrize(
    ("written", "key", "reason"),
    [
        (f"{BY_PAYER}\nprice_minor = 1", "price_minor", "contradict"),
        (BY_PAYER.replace(f", {FUND} = 0", ""), f"price_by_payer.{FUND}", "is missing"),
        (BY_PAYER.replace(" }", ", nobody = 1 }"), "price_by_payer.nobody", "not a word"),
        (BY_PAYER.replace("90000", "0").replace("60001", "0"), "price_by_payer", "nothing would ever be paid"),
        (BY_PAYER.replace("90000", "-1"), "price_by_payer.aalborg-kommune", "at least 0"),
        (BY_PAYER.replace("90000", "1.5"), "price_by_payer.aalborg-kommune", "whole number"),
        (BY_PAYER.replace("90000", "9000000000000"), "price_by_payer.aalborg-kommune", "at most"),
    ],
)
def test_a_price_by_payer_that_cannot_be_meant_is_refused_with_its_place(written: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        with_payers((PRICED[0], written))
    assert refused.value.key == f"tariffs.0.{key}"


def test_one_payer_alone_and_a_scale_have_no_price_by_payer():
    with pytest.raises(DeclarationInvalid, match="one pays alone"):
        example_contract("impact60", edit=(PRICED[0], BY_PAYER))
    steps = f'kind = "steps"\npoints = [{{ at = 1, amount_minor = 5 }}, {{ at = 9, amount_minor = 7 }}]\n{BY_PAYER}'
    text = ('kind = "price"\nof', f"{steps}\nof")
    with pytest.raises(DeclarationInvalid, match="needs a kind with a price"):
        with_payers((PRICED[0], "#"), text)


def test_everything_that_people_read_says_each_payers_price():
    contract = with_payers(PRICED, *WITHOUT_SHARES)
    for language, amount in ((Language.DANISH, "900,00 DKK"), (Language.ENGLISH, "DKK 900.00")):
        text = page(contract, language)
        assert f"Aalborg Kommune {amount}" in text
        assert "1/7" not in text
    printed = str(annex_b(contract))
    assert "Heraf Aalborg Kommune 900,00 kr., Region Nordjylland 600,01 kr. og Statens Fond 0,00 kr." in printed
    assert "Pris for én enhed" in printed
    assert any("heraf Aalborg Kommune 900,00 kr." in line for line in prices_in_words(contract))


def test_bounds_of_payers_rest_on_their_prices():
    """Two tariffs: of weeks the region pays all, of people the municipality. A cap over both leaves either its most."""
    people = (
        '\n[[tariffs]]\nid = "people"\nkind = "price"\nof = "self_support_full_or_partial"\n'
        f"price_by_payer = {{ aalborg-kommune = 1000, {REGION} = 0, {FUND} = 0 }}\n"
    )
    weeks = PRICED[0], BY_PAYER.replace("90000", "0")
    contract = with_payers(weeks, ('\n[[windows]]\nlabel = "2018H2"', f'{people}\n[[windows]]\nlabel = "2018H2"'))
    most = {tariff.id: tariff.most_minor(contract) or 0 for tariff in contract.tariffs}
    cases = {case.name: case for case in parties(contract) if case.role == "outcome_payer"}
    assert cases["Aalborg Kommune"].worst == -most["people"] == -120_000
    assert cases["Region Nordjylland"].worst == -min(1_500_000_000, most["weeks_in_work_or_education"])
    assert cases["Statens Fond"].worst == 0
    assert {case.best for case in cases.values()} == {0}
    capped = replace(contract, caps=replace(contract.caps, contract_minor=50_000))
    worst = [case.worst for case in parties(capped) if case.role == "outcome_payer"]
    assert worst == [-50_000, -50_000, 0]
