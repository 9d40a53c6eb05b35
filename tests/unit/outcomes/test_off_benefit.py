"""Weeks off benefits: what a contract may say of them, what papers and lint say, and whose word is asked."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest

from connectors.codes import shown_by_kind
from gateway.contracts.contact import load_contact
from gateway.documents.annexes.measurement import annex_a
from gateway.documents.contract_page import Language, page
from gateway.documents.leaflet import leaflet
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.judging import judge_weeks
from gateway.outcomes.lint import lint
from gateway.outcomes.off_benefit import BENEFITS
from gateway.outcomes.terms import EXIT_OF
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from tests.support.off_benefit import off_benefit_text
from vocabulary.errors import DeclarationInvalid
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

WEEK = Week.parse("2019-W10")
REF = SubjectRef(f"{1:032x}")


def load(*edits: tuple[str, str]) -> Contract:
    return load_contract(off_benefit_text(*edits).encode(), file="x.toml")


def test_every_status_is_a_benefit_or_an_exit_or_none():
    none = {Status.NO_BENEFIT, Status.SELF_EMPLOYED, Status.WORK_ABROAD, Status.UNKNOWN}
    assert BENEFITS.isdisjoint(none)
    assert BENEFITS | none | EXIT_OF.keys() == set(Status)


def test_without_names_every_benefit_stands_in_the_way_but_those_that_repeat_the_week_before():
    [state] = load().states
    assert state.is_off_benefit
    assert state.statuses == {Status.NO_BENEFIT, Status.SELF_EMPLOYED, Status.WORK_ABROAD, Status.HOLIDAY}


def test_off_benefit_false_is_a_state_as_any_other():
    with pytest.raises(DeclarationInvalid, match="statuses"):
        load(("off_benefit = true", "off_benefit = false"))


@pytest.mark.parametrize(
    ("added", "key", "reason"),
    [
        ('statuses = ["no_benefit"]', "statuses", "is not said"),
        ('income_types = ["wage"]', "income_types", "is not said"),
        ("hours_per_week_hundredths = 1000", "hours_per_week_hundredths", "is not said"),
        ("benefits = []", "benefits", "at least one"),
        ('benefits = ["no_benefit"]', "benefits", "names no_benefit: no benefit"),
        ('benefits = ["dead"]', "benefits", "names dead: no benefit"),
        ('benefits = ["any"]', "benefits", "no benefit"),
        ('benefits = ["hearsay"]', "benefits", "knows no status"),
        ('benefits = ["holiday"]', "benefits", "repeat the week before"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(added: str, key: str, reason: str):
    text = off_benefit_text(("off_benefit = true\n", f"off_benefit = true\n{added}\n"))
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        load_contract(text.encode(), file="x.toml")
    assert refused.value.key == f"states.0.{key}"
    assert text.splitlines()[refused.value.line - 1] == added


def test_benefits_are_named_of_weeks_off_benefits_alone():
    with pytest.raises(DeclarationInvalid, match="benefits"):
        load(("off_benefit = true\n", 'statuses = ["fleksjob"]\nbenefits = ["sickness"]\n'))


def judged(*told: Status | None, documents: int | None) -> str:
    """The state of a week of which sources in order tell this; one of them may be documents."""
    contract = load()
    spells = [[] if status is None else [StatusSpell(REF, status, "", WEEK, WEEK)] for status in told]
    person = PersonHistory.build(
        subject=REF.value,
        enrolled_on=WEEK.monday,
        spells=spells[0],
        postings=[],
        behind=spells[1:],
        documents=documents,
    )
    [verdict] = judge_weeks(contract, contract.measures[0], person, WEEK)
    return verdict.state


@pytest.mark.parametrize(
    ("told", "documents", "is_off"),
    [
        ((Status.NO_BENEFIT,), None, True),
        ((Status.NO_BENEFIT, Status.SELF_EMPLOYED), 1, True),
        ((Status.SELF_EMPLOYED, Status.NO_BENEFIT), 0, True),
        ((Status.SELF_EMPLOYED, Status.BENEFIT), 0, False),  # a document decides, and the register shows a benefit
        ((None, Status.SELF_EMPLOYED), 1, False),  # a document covers no week
        ((Status.WORK_ABROAD, Status.NOT_RESIDENT), 0, False),
        ((Status.SELF_EMPLOYED, Status.UNKNOWN), 0, False),
        ((Status.EDUCATION, Status.NO_BENEFIT), 0, True),  # of SU the register would tell
        ((Status.NO_BENEFIT, Status.BENEFIT), None, False),  # no_benefit yields
        ((None, Status.NO_BENEFIT), None, True),
        ((Status.NOT_RESIDENT, Status.NO_BENEFIT), None, False),
    ],
)
def test_registers_alone_are_asked(told: tuple[Status | None, ...], documents: int | None, is_off: bool):
    assert bool(judged(*told, documents=documents)) is is_off


def test_what_registers_show_behind_a_document_is_among_the_inputs():
    def person(behind: Status) -> PersonHistory:
        spells = [[StatusSpell(REF, one, "", WEEK, WEEK)] for one in (Status.SELF_EMPLOYED, behind)]
        first, *rest = spells
        return PersonHistory.build(
            subject=REF.value, enrolled_on=WEEK.monday, spells=first, postings=[], behind=rest, documents=0
        )

    assert person(Status.NO_BENEFIT).leaf() != person(Status.BENEFIT).leaf()


def test_papers_say_that_it_is_no_job():
    contract, on = load(), date(2019, 3, 1)
    programme = load_programme((EXAMPLES / "programmes" / "impact60.toml").read_bytes(), file="p.toml")
    contact = load_contact((EXAMPLES / "contacts" / "aalborg.toml").read_bytes(), file="c.toml")
    danish = "uden ydelse, ikke nødvendigvis i job"
    assert danish in page(contract, Language.DANISH)
    assert "off benefits, not necessarily in work" in page(contract, Language.ENGLISH)
    assert danish in str(annex_a(contract, programme, on=on))
    assert danish in unescape(leaflet(contract, programme, contact, on=on))


def test_lint_says_what_is_no_result_and_what_no_register_tells():
    dream = {one.rule: one for one in lint(load(), shown_by_kind())}
    assert dream["off-benefit"].line == load().states[0].line
    assert not dream["off-benefit"].refuses
    for said in ('cohabitation = "failure"', 'prison = "neutral"', 'moved = "failure"', 'dead = "failure"'):
        assert said in dream["off-benefit"].what
    assert "prison would keep what was reached" in dream["off-benefit"].suggestion
    assert "off-benefit-unseen" not in dream, "DREAM shows who died and who left"
    refunds = load(('status = "dream"', 'status = "ydelsesrefusion"'))
    found = {one.rule: one for one in lint(refunds, shown_by_kind())}
    assert "never shows dead or not_resident" in found["off-benefit-unseen"].what
    assert not any(one.refuses for one in found.values())


def test_a_state_behind_one_that_holds_all_of_its_weeks_is_told():
    well = '[[states]]\nid = "well"\nlabel = { da = "rask", en = "well" }\noff_benefit = true\nbenefits = ["sickness"]'
    text = (
        off_benefit_text()
        .replace("\n[[measures]]", f"\n{well}\n\n[[measures]]", 1)
        .replace('states = ["off"]', 'states = ["well", "off"]', 1)
    )
    found = lint(load_contract(text.encode(), file="x.toml"), shown_by_kind())
    assert "ambiguous-precedence" in {one.rule for one in found}
