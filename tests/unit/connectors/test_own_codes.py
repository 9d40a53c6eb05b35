"""A declaration explains codes of its own: data of the municipality, under the declaration's digest, no code here."""

from __future__ import annotations

import pytest

from connectors.declaration import load_declaration
from connectors.shapes import Owned, read_records
from tests.support.histories import EXAMPLES
from vocabulary.errors import DeclarationInvalid
from vocabulary.records import SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

SAGER = (EXAMPLES / "sources" / "sager.toml").read_text("utf-8")
LINE = 'code_list = "dream" # illustrative: a system with codes of its own explains them in [codes], see docs/sources\n'
OWN = """
[codes]
source = "list of the supplier, 1 March 2026"

[codes.statuses]
no_benefit = [""]
unemployed = ["KTH", "Kontant  hjælp"]
sickness = ["115"]

[[codes.limits]]
codes = ["kth"]
first = 2020-03-09
source = "the same"
"""
WEEKS = Week.parse("2020-W09"), Week.parse("2020-W12")


def declared(own: str = OWN, line: str = ""):
    return load_declaration((SAGER.replace(LINE, line) + own).encode(), file="sager.toml")


def test_the_example_holds_the_line_that_is_replaced():
    assert LINE in SAGER


def test_own_codes_are_read_whatever_their_case_and_within_their_days():
    declaration = declared()
    subject = SubjectRef("a" * 32)
    owned = [
        Owned(subject, ("", "kth", "2020-03-02", "2020-03-15")),
        Owned(subject, ("", "kontant hjælp", "2020-03-16", "2020-03-22")),
    ]
    read = read_records("periods", owned, ("cpr", "code", "from_day", "to_day"), weeks=WEEKS, codes=declaration.codes)
    assert [(str(spell.from_week), spell.status) for spell in read.spells] == [
        ("2020-W10", Status.UNKNOWN),
        ("2020-W11", Status.UNEMPLOYED),
        ("2020-W12", Status.UNEMPLOYED),
    ]
    assert read.unknown_codes == {"kth": 1}


def test_without_a_named_list_own_codes_are_all_there_are():
    assert set(declared().codes.statuses) == {"", "kth", "kontant hjælp", "115"}


def test_own_codes_add_to_a_list_that_comes_with_the_software_and_stand_before_it():
    both = declared(OWN.replace('"115"', '"115", "730"'), 'code_list = "dream"\n').codes
    assert both.statuses["115"] is Status.SICKNESS, "which the list does not have"
    assert both.statuses["730"] is Status.SICKNESS, "which the list says is a benefit"
    assert both.statuses["771"] is Status.FLEKSJOB


def test_own_codes_hold_in_weeks_before_the_list_that_they_add_to():
    """Whoever explains a code says from when; the days of the list are those of its own codes."""
    both = declared(OWN.replace('"115"', '"115", "730"'), 'code_list = "dream"\n').codes
    before = Week.parse("1990-W01")
    assert both.status_in("730", before) is Status.SICKNESS
    assert both.status_in("kth", before) is None, "which has a first day of its own"
    assert both.status_in("771", before) is None


@pytest.mark.parametrize("kind", ["dream", "ydelsesrefusion"])
def test_a_kind_of_file_takes_own_codes_as_well(kind: str):
    text = (EXAMPLES / "sources" / f"{kind}.toml").read_text("utf-8")
    own = '[codes]\nsource = "x"\n[codes.statuses]\nold_age_pension = ["621"]\n'
    assert load_declaration((text + own).encode(), file=kind).codes.statuses["621"] is Status.OLD_AGE_PENSION


def test_the_digest_of_the_declaration_covers_them():
    assert declared().sha256 != declared(OWN.replace("sickness", "benefit")).sha256


BAD = {
    "no list at all": ("", "", "code_list is missing"),
    "a list that there is none of": ("", 'code_list = "nosuch"\n', "code_list must be one of: dream"),
    "a path": ("", 'code_list = "../codes/dream"\n', "code_list must be one of: dream"),
    "no status": (OWN.replace("unemployed", "idle"), "", "codes.statuses.idle is no status; known are: activation"),
    "unknown, which would hide a code": (
        OWN.replace("unemployed", "unknown"),
        "",
        "codes.statuses.unknown is no status",
    ),
    "twice": (OWN.replace('"115"', '"kth "'), "", "has 'kth', which unemployed has as well"),
    "no source": (OWN.replace('source = "list of the supplier, 1 March 2026"', ""), "", "codes.source is missing"),
    "another word": (OWN.replace("[codes]", "[codes]\nvalid = 1"), "", "codes.valid is not a word"),
    "a limit of no code": (OWN.replace('codes = ["kth"]', 'codes = ["771"]'), "", "is not in the list"),
}


@pytest.mark.parametrize("name", BAD)
def test_codes_that_cannot_be_meant_are_refused_when_the_source_is_declared(name: str):
    own, line, said = BAD[name]
    with pytest.raises(DeclarationInvalid) as refused:
        declared(own, line)
    assert said in str(refused.value)


def test_a_code_that_dream_cannot_have_is_refused():
    text = (EXAMPLES / "sources" / "dream.toml").read_text("utf-8")
    own = '[codes]\nsource = "x"\n[codes.statuses]\nsickness = ["kth"]\n'
    with pytest.raises(DeclarationInvalid, match="not of three digits"):
        load_declaration((text + own).encode(), file="dream.toml")


def test_incomes_have_no_list_of_statuses():
    text = (EXAMPLES / "sources" / "income.toml").read_text("utf-8")
    with pytest.raises(DeclarationInvalid, match="codes is not a word"):
        load_declaration((text + '[codes]\nsource = "x"\n[codes.statuses]\n').encode(), file="income.toml")
