"""A contract's status sources: one, or several in order of precedence, and documents where it names their kinds."""

from __future__ import annotations

import re

import pytest

from connectors.codes import shown_by_kind
from gateway.documents.contract_page import Language, page
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.lint import lint
from gateway.outcomes.manual_evidence import STATUS_OF, EvidenceType, last_week
from tests.support.histories import EXAMPLES
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

TEXT = (EXAMPLES / "contracts" / "impact60.toml").read_text(encoding="utf-8")
SEVERAL = 'status = ["civil", "dream", "evidence"]\nevidence = ["self_employed"]'


def load(status: str, *, states: str = "") -> Contract:
    text = re.sub('^status = "dream"$', lambda _: status, TEXT, flags=re.MULTILINE)
    text = text.replace('statuses = ["fleksjob"] #', f"statuses = [{states}] #") if states else text
    return load_contract(text.encode(), file="impact60.toml")


def test_one_source_is_written_as_before_and_a_list_of_one_is_the_same() -> None:
    for status in ('status = "dream"', 'status = ["dream"]'):
        contract = load(status)
        assert (contract.status_sources, contract.evidence) == (("dream",), frozenset())
        assert contract.sources == contract.named_sources == ("dream", "income")


def test_evidence_is_a_source_that_nobody_waits_for() -> None:
    contract = load(SEVERAL)
    assert contract.status_sources == ("civil", "dream", "evidence")
    assert contract.evidence == {EvidenceType.SELF_EMPLOYED}
    assert contract.sources == ("civil", "dream", "income")
    assert contract.named_sources == ("civil", "dream", "evidence", "income")


@pytest.mark.parametrize(
    ("status", "key"),
    [
        ("status = []", "sources.status"),
        ('status = [""]', "sources.status"),
        ('status = ["dream", "dream"]', "sources.status"),
        ("status = 3", "sources.status"),
        ('status = "evidence"\nevidence = ["education"]', "sources.status"),
        ('status = ["evidence"]\nevidence = ["education"]', "sources.status"),
        ('status = ["dream", "evidence"]', "sources.status"),
        ('status = "dream"\nevidence = ["education"]', "sources.evidence"),
        ('status = ["dream", "evidence"]\nevidence = []', "sources.status"),
        ('status = ["dream", "evidence"]\nevidence = ["hearsay"]', "sources.evidence"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(status: str, key: str) -> None:
    with pytest.raises(DeclarationInvalid) as refused:
        load(status)
    assert f": {key} " in str(refused.value)


def test_evidence_pays_no_hours() -> None:
    text = TEXT.replace('income = "income"', 'income = "evidence"')
    with pytest.raises(DeclarationInvalid, match=r"sources\.income"):
        load_contract(text.encode(), file="impact60.toml")


def test_a_state_that_no_source_can_show_is_refused_unless_a_document_can() -> None:
    """`self_employed` stands in no code list: only a contract that accepts such documents can mean it."""
    shown = {**shown_by_kind(), "civil": frozenset()}
    for status, refused in (('status = "dream"', True), (SEVERAL, False)):
        rules = [one.rule for one in lint(load(status, states='"self_employed"'), shown) if one.refuses]
        assert rules == (["unseen-state"] if refused else [])


def test_what_is_not_known_of_a_register_refuses_nothing() -> None:
    assert not [one for one in lint(load(SEVERAL, states='"self_employed"'), {}) if one.rule == "unseen-state"]


def test_every_kind_of_document_shows_a_status() -> None:
    assert set(STATUS_OF) == set(EvidenceType)


def test_a_week_rests_on_a_document_that_is_valid_to_its_end() -> None:
    week = Week.parse("2020-W10")
    later = week + 5
    assert last_week(later, week.sunday) == week
    assert last_week(later, week.thursday) == week + -1
    assert last_week(later, week.monday) == week + -1
    assert last_week(week, later.sunday) == week


def test_the_page_says_the_order_and_the_documents() -> None:
    text = page(load(SEVERAL), Language.ENGLISH)
    assert "civil, dream, evidence" in text
    assert "self_employed" in text
    assert "decided by the first" not in page(load('status = "dream"'), Language.ENGLISH)
