"""What a cap cut is paid by a later version that raises it and says so, and by no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.documents.contract_page import Language, page
from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import changes_money, check_amendment
from gateway.outcomes.contract import Contract
from tests.support.histories import example_contract
from vocabulary.errors import DeclarationInvalid

TARIFF = "cap_minor = 1500000000"
CAPS = "[caps]\ncontract_minor = 2000\nperson_minor = 100\n"


def known(caps: str = CAPS) -> Contract:
    return example_contract("impact60", caps=("[freeze]", f"{caps}\n[freeze]"))


def later(tariff: str = TARIFF, caps: str = CAPS) -> Contract:
    text = f'version = 2\nfollows = "{"0" * 64}"'
    return example_contract(
        "impact60",
        version=("version = 1", text),
        day=("effective_from = 2018-10-01", "effective_from = 2021-01-04"),
        tariff=(TARIFF, tariff),
        caps=("[freeze]", f"{caps}\n[freeze]"),
    )


RAISED = {
    "a tariff's": later(tariff="cap_minor = 1600000000\npays_cut = true"),
    "a tariff's, to none": later(tariff="pays_cut = true"),
    "the contract's": later(caps=f"{CAPS.replace('2000', '3000')}pays_cut = true\n"),
    "a person's": later(caps=f"{CAPS.replace('100', '101')}person_pays_cut = true\n"),
    "all, to none": later(caps="[caps]\npays_cut = true\nperson_pays_cut = true\n"),
}


@pytest.mark.parametrize("name", RAISED)
def test_a_raised_cap_may_pay_what_it_cut(name: str):
    check_amendment(known(), RAISED[name], released=[])
    assert changes_money(known(), RAISED[name])


REFUSED = {  # the later version, and what of it is refused
    "a tariff's that stays": (later(tariff=f"{TARIFF}\npays_cut = true"), "tariffs", "of 'weeks_in_work"),
    "a tariff's that is lowered": (later(tariff="cap_minor = 1\npays_cut = true"), "tariffs", "which is not raised"),
    "the contract's that stays": (later(caps=f"{CAPS}pays_cut = true\n"), "caps", "pays_cut of the contract"),
    "a person's that stays": (later(caps=f"{CAPS}person_pays_cut = true\n"), "caps", "person_pays_cut of a person"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_paid_of_what_a_cap_cut_that_is_not_raised(name: str):
    new, part, reason = REFUSED[name]
    with pytest.raises(AmendmentRefused, match=reason) as refused:
        check_amendment(known(), new, released=[])
    assert refused.value.part == part


def test_there_must_have_been_a_cap():
    with pytest.raises(AmendmentRefused, match="pays_cut of the contract, which is not raised"):
        check_amendment(known(caps="[caps]\nperson_minor = 100\n"), RAISED["the contract's"], released=[])


def test_what_was_said_of_a_raised_cap_may_stand_in_the_text_after_it():
    second = RAISED["a tariff's"]
    third = replace(second, version=3, effective_from=date(2021, 1, 5))
    check_amendment(second, third, released=[])
    lowered = replace(third, tariffs=(replace(third.tariffs[0], cap_minor=1), *third.tariffs[1:]))
    with pytest.raises(AmendmentRefused, match="which is not raised"):
        check_amendment(second, lowered, released=[])


def test_a_first_version_has_nothing_that_was_cut():
    for edit in (("[freeze]", "[caps]\npays_cut = true\n\n[freeze]"), (TARIFF, f"{TARIFF}\npays_cut = true")):
        with pytest.raises(DeclarationInvalid, match="follows is missing: pays_cut is for a later version"):
            example_contract("impact60", edit=edit)


def test_the_page_says_so():
    for language, words in ((Language.DANISH, "skar væk i den tidligere udgave"), (Language.ENGLISH, "is paid now")):
        assert [page(RAISED[name], language).count(words) for name in RAISED] == [1, 1, 1, 1, 2]
        assert words not in page(known(), language)
