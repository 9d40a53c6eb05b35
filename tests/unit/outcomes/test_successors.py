"""Who may be in the place of whom under a later version, and who has today what somebody had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.successors import holder_today
from tests.support.histories import EXAMPLES, example_contract
from tests.support.lenders import ALL, LENDER
from tests.support.payers import FUND
from tests.support.simulated import Edit
from vocabulary.errors import DeclarationInvalid

OPERATOR = "fokus-folkeoplysning"
LATER: tuple[Edit, ...] = (
    ("version = 1", "version = 2"),
    ("effective_from = 2018-10-01", f'follows = "{"0" * 64}"\neffective_from = 2020-01-06'),
)


def text(*edits: Edit, name: str = "impact60") -> Contract:
    found = (EXAMPLES / "contracts" / f"{name}.toml").read_text("utf-8")
    for old, new in edits:
        assert old in found, old
        found = found.replace(old, new)
    return load_contract(found.encode(), file="later.toml")


def instead(old: str, new: str = "another", more: str = "") -> Edit:
    said = f'organisation = "{new}"\nsucceeds = "{old}"\nsuccession_reason = "merger"\n{more}'
    return f'organisation = "{old}"\n', said


def test_who_has_what_somebody_had_follows_the_chain():
    first, second = text(), text(*LATER, instead(OPERATOR, "b"))
    third = text(*LATER, ("version = 2", "version = 3"), instead(OPERATOR, "c"), (f'"{OPERATOR}"', '"b"'))
    chain = replace(third, earlier=(first, second))
    assert [holder_today(chain, "operator", one) for one in (OPERATOR, "b", "c")] == ["c", "c", "c"]
    assert holder_today(chain, "investor", OPERATOR) == OPERATOR
    assert holder_today(first, "operator", OPERATOR) == OPERATOR


def test_the_municipality_that_pays_is_not_replaced():
    with pytest.raises(DeclarationInvalid) as refused:
        text(*LATER, instead("aalborg-kommune"))
    assert "succeeds" in str(refused.value)


def test_a_successor_has_the_role_in_law_that_was_there():
    new = text(*LATER, instead(OPERATOR), ('legal_role = "other_actor"', 'legal_role = "processor"'))
    with pytest.raises(AmendmentRefused, match="part and role in law") as refused:
        check_amendment(example_contract("impact60"), new, released=[])
    assert refused.value.part == "parties"


def test_one_of_several_investors_is_replaced_with_its_part():
    known, new = text(*ALL), text(*ALL, *LATER, (f'organisation = "{LENDER}"\n', instead(LENDER)[1]))
    check_amendment(known, new, released=[])
    other = replace(new, parties=tuple(replace(one, share_parts=one.share_parts + 1) for one in new.parties))
    with pytest.raises(AmendmentRefused):
        check_amendment(known, other, released=[])


def test_nobody_is_taken_in_or_left_out_beside_it():
    known = text(*ALL)
    fewer = replace(text(*ALL, *LATER), parties=known.parties[:-1])
    with pytest.raises(AmendmentRefused, match="more or fewer") as refused:
        check_amendment(known, fewer, released=[])
    assert refused.value.part == "parties"


def test_a_first_version_has_no_successor_and_nobody_succeeds_itself():
    with pytest.raises(DeclarationInvalid, match="in which text the party stands"):
        text(instead(OPERATOR))
    with pytest.raises(DeclarationInvalid, match="names the organisation itself"):
        text(*LATER, instead(OPERATOR, OPERATOR))


def test_an_office_of_the_municipality_is_in_nobody_elses_place():
    unit = 'unit = "investeringsrådet"\n'
    office = unit, f'{unit}succeeds = "{FUND}"\nsuccession_reason = "sale"\n'
    with pytest.raises(DeclarationInvalid, match="in nobody else's place"):
        text(*ALL, *LATER, office)


def test_an_investor_that_takes_over_the_operator_is_one_party_with_it():
    """What both are shown is then in one hand, and a calendar that may not be is refused with its rule."""
    with pytest.raises(DeclarationInvalid) as refused:
        text(*LATER, instead("specialisterne", "den-sociale-kapitalfond"), name="ballerup")
    assert refused.value.rule.startswith("calendar-")
