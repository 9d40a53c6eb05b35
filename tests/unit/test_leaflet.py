"""The citizen's leaflet, letter and notice say what the contract says, in words that are easy to read."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from gateway.contracts.contact import Contact, load_contact
from gateway.contracts.notice_text import notice_text
from gateway.documents.leaflet import leaflet, letter
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.terms import ExitRule, PlannedRelease
from gateway.wording.plain_danish import PROMISE
from policies.programme import Programme
from policies.programme_file import load_programme
from policies.terms import LegalBasis, purpose_terms
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from vocabulary.errors import DeclarationInvalid

TOWNS = {"impact60": "aalborg", "ballerup": "ballerup"}
DAY = date(2019, 3, 1)  # whose words the papers use
HOSTILE = "<script src=//x.test>alert(1)</script>\"'&"


def read(folder: str, name: str) -> bytes:
    return (EXAMPLES / folder / f"{name}.toml").read_bytes()


def facts(name: str) -> tuple[Contract, Programme, Contact]:
    return (
        load_contract(read("contracts", name), file=name),
        load_programme(read("programmes", name), file=name),
        load_contact(read("contacts", TOWNS[name]), file=name),
    )


def lines(page: str) -> list[str]:
    """The text of a page, a block (paragraph, cell, item, heading) a line."""
    body = re.sub(r"<(title|style)>.*?</\1>", "", page, flags=re.DOTALL)
    blocks = re.sub(r"</?(?:p|h\d|li|ul|td|th|tr|dt|dd|div|section|footer|small|header|aside)\b[^>]*>|<br>", "\n", body)
    return [line.strip() for line in unescape(re.sub(r"<[^>]+>", "", blocks)).splitlines() if line.strip()]


def lix(texts: list[str]) -> float:
    """Björnsson's LIX: words a sentence, plus per cent of words longer than six letters; a block ends a sentence."""
    sentences = [part for text in texts for part in re.split(r"[.:!?](?:\s|$)", text) if re.search(r"\w", part)]
    found = [word for part in sentences for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", part)]
    return len(found) / len(sentences) + 100 * sum(len(word) > 6 for word in found) / len(found)


def cells(page: str, row: str) -> list[str]:
    """The marks of a row of the table of recipients: the municipality's first."""
    [found] = re.findall(rf"<tr><th scope=row>{re.escape(row)}</th>((?:<td class=\w+>\w+</td>)+)</tr>", page)
    return re.findall(r">(\w+)<", found)


@pytest.fixture(params=TOWNS)
def town(request: pytest.FixtureRequest) -> tuple[Contract, Programme, Contact]:
    return facts(request.param)


def test_it_names_every_party_source_and_purpose(town: tuple[Contract, Programme, Contact]):
    contract, programme, contact = town
    text = "\n".join(lines(leaflet(*town, on=DAY)))
    for party in contract.parties:
        assert party.name in text
    names = {"dream": "DREAM", "ydelsesrefusion": "Ydelsesrefusion", "income": "Indkomstregisteret"}
    for source in contract.sources:
        assert names[source] in text
    for purpose in programme.purposes:
        assert purpose_terms()[purpose].label_da in text.lower()
    assert programme.law(on=DAY) in text
    assert "artikel 6, stk. 1, litra e" in text
    assert "artikel 9, stk. 2, litra g" in text
    for right in ("indsigt", "berigtigelse", "begrænsning", "indsigelse", "sletning", "Datatilsynet"):
        assert right in text
    for place in (contact.name, contact.address, contact.email, contact.phone, contact.dpo_email):
        assert place in text


def test_it_says_from_which_time_the_registers_are_read():
    contract, programme, contact = facts("impact60")
    assert {"1. oktober 2018 til 4. juli 2021", "oktober 2018 til juli 2021"} <= set(
        lines(leaflet(contract, programme, contact, on=DAY))
    )


@pytest.mark.parametrize("own", ["Dit navn og dit CPR-nummer", "Dine ydelser og timer", "Om du selv nåede målet"])
def test_what_is_about_one_person_goes_to_nobody_outside(town: tuple[Contract, Programme, Contact], own: str):
    assert cells(leaflet(*town, on=DAY), own) == ["ja", "nej", "nej"]


def test_a_large_cohort_shares_figures_with_both_recipients():
    page = leaflet(*facts("impact60"), on=DAY)
    assert cells(page, "Hvor mange der nåede målet, og om det er mindst 60") == ["ja", "ja", "ja"]
    assert "Kun ja eller nej" not in page


def test_below_k_cohort_the_investor_gets_yes_or_no_and_no_number():
    page = leaflet(*facts("ballerup"), on=DAY)
    assert cells(page, "Kun ja eller nej: Nåede mindst 4 ud af 10 målet?") == ["ja", "nej", "ja"]
    assert cells(page, "Hvad kommunen skal betale, og for hvor mange") == ["ja", "ja", "nej"]
    assert "Hvor mange der" not in page
    assert "Én gang, efter 3. januar 2021" in page


def test_a_notice_about_one_person_is_told_where_the_contract_has_it():
    """Ballerup's operator is told whom it takes back; IMPACT60's is told of nobody."""
    row = "Deres sagsnummer for dig, hvis du skal tale med jobcentret igen"
    assert cells(leaflet(*facts("ballerup"), on=DAY), row) == ["ja", "ja", "nej"]
    assert row not in leaflet(*facts("impact60"), on=DAY)
    assert "deres eget sagsnummer for dig og den ene besked" in letter(*facts("ballerup"), on=DAY)


def test_it_says_what_becomes_of_the_results_of_somebody_who_objects():
    contract, programme, contact = facts("impact60")
    assert "bliver stående som et tal for gruppen" in leaflet(contract, programme, contact, on=DAY)
    out = replace(contract, exits=dict.fromkeys(contract.exits, ExitRule.OUT))
    assert "tæller dine resultater ikke med" in leaflet(out, programme, contact, on=DAY)


def test_below_k_cohort_a_planned_total_is_not_promised_either():
    """The contract file refuses such a plan; a contract from anywhere else gets no promise from the leaflet."""
    contract, programme, contact = facts("ballerup")
    plan = (PlannedRelease("contract_total", "investor", "2020H2"),)
    assert "Hvor mange der" not in leaflet(replace(contract, releases=plan), programme, contact, on=DAY)
    positive = replace(contract, releases=plan, k_cohort=contract.cohort.size)
    assert "Hvor mange der nåede målet" in leaflet(positive, programme, contact, on=DAY)


def test_text_of_the_files_is_escaped(town: tuple[Contract, Programme, Contact]):
    contract, programme, _ = town
    parties = tuple(replace(party, name=party.name + HOSTILE) for party in contract.parties)
    states = tuple(replace(state, label_da=HOSTILE) for state in contract.states)
    measures = tuple(replace(measure, states=states) for measure in contract.measures)
    hostile = replace(
        contract, id=HOSTILE, title=HOSTILE, parties=parties, measures=measures, status_sources=(HOSTILE,)
    )
    entries = tuple(replace(one, danish=HOSTILE) for one in programme.words.entries)
    why = replace(programme, title=HOSTILE, words=replace(programme.words, entries=entries))
    where = Contact(*([HOSTILE] * 5))
    for page in (leaflet(hostile, why, where, on=DAY), letter(hostile, why, where, on=DAY)):
        assert "&lt;script src=//x.test&gt;" in page
        assert "<script" not in page
        assert HOSTILE not in page


def test_the_pages_ask_for_nothing_from_outside(town: tuple[Contract, Programme, Contact]):
    for page in (leaflet(*town, on=DAY), letter(*town, on=DAY)):
        assert not re.search(r"https?:|//|@import|url\(|<(?:script|link|img|iframe|object|form)|\bon\w+=|\bhref=", page)
        assert "default-src 'none'" in page
        assert page.startswith("<!doctype html><html lang=da>")


def test_saying_no_does_not_touch_a_benefit(town: tuple[Contract, Programme, Contact]):
    contract, programme, contact = town
    notice = (EXAMPLES / "notices" / contract.id / "1.da.md").read_text("utf-8")
    for text in (leaflet(*town, on=DAY), letter(*town, on=DAY), notice):
        assert PROMISE in text
    obliged = replace(programme, legal_basis=LegalBasis.LEGAL_OBLIGATION)
    page = leaflet(contract, obliged, contact, on=DAY)
    assert PROMISE in page
    assert "gøre indsigelse" not in page  # GDPR art. 21(1) knows that right under art. 6(1)(e) and (f)


def test_the_letter_names_the_notice_and_leaves_address_and_date_open(town: tuple[Contract, Programme, Contact]):
    contract, programme, contact = town
    newer = replace(programme, notices=(*programme.notices, replace(programme.notices[0], version=3)))
    page = letter(contract, newer, contact, on=DAY)
    assert "Underretning notice-2018-1, version 3" in page
    assert "data-hint='Navn og adresse'></div>" in page
    assert "Dato: <span contenteditable=true class=blank></span>" in page


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_notice_names_what_article_13_asks_for(town: tuple[Contract, Programme, Contact], language: str):
    contract, programme, contact = town
    told = notice_text(programme, EXAMPLES / "programmes", notice_id="", language=language, on=DAY)
    text = " ".join(told.split())
    for party in contract.parties:
        assert party.name in text
    terms = purpose_terms()
    for purpose in programme.purposes:
        assert (terms[purpose].label_da if language == "da" else terms[purpose].label_en) in text
    for place in (contact.email, contact.dpo_email, "Datatilsynet"):
        assert place in text
    if language == "da":
        assert programme.law(on=DAY)[1:] in text
    assert 250 <= len(text.split()) <= {"da": 400, "en": 450}[language]  # one page; English takes more words


def test_the_pages_are_easy_to_read(town: tuple[Contract, Programme, Contact]):
    notice = (EXAMPLES / "notices" / town[0].id / "1.da.md").read_text("utf-8").replace("*", "").split("\n\n")
    for text in (lines(leaflet(*town, on=DAY)), lines(letter(*town, on=DAY)), notice):
        prose = [line for line in text if len(line.split()) > 3]  # a "ja" in a cell would flatter the rest
        assert len(prose) > 10
        assert lix(prose) < 45


def test_lix_is_that_of_the_definition():
    """Positive control: 10 words in 2 sentences, 3 of them longer than six letters."""
    assert lix(["Kommunen betaler kun for det. Vi tæller derfor hele gruppen."]) == 10 / 2 + 100 * 3 / 10


@pytest.mark.parametrize(
    ("line", "instead", "key"),
    [
        ('phone = "00 00 00 00"', "", "contact.phone"),
        ("phone =", 'fax = "1"\nphone =', "contact.fax"),
        ("phone =", 'cvr = "1"\nphone =', "contact.cvr"),
    ],
)
def test_a_contact_file_is_read_strictly(line: str, instead: str, key: str):
    text = read("contacts", "aalborg").decode().replace(line, instead)
    with pytest.raises(DeclarationInvalid, match=rf"aalborg\.toml.*{re.escape(key)}"):
        load_contact(text.encode(), file="aalborg.toml")


def test_the_command_writes_both_pages_and_refuses_a_programme_of_another_contract(tmp_path: Path):
    contract, contact = EXAMPLES / "contracts" / "ballerup.toml", EXAMPLES / "contacts" / "ballerup.toml"
    out, post = tmp_path / "leaflet.html", tmp_path / "letter.html"
    options = ("--contact", contact, "--out", out, "--letter-out", post, "--on", DAY)
    other = run("contract", "leaflet", contract, EXAMPLES / "programmes" / "impact60.toml", *options)
    assert (other.code, out.exists()) == (3, False)
    assert re.search(r"impact60\.toml.*contract_sha256", other.err)
    ran = run("contract", "leaflet", contract, EXAMPLES / "programmes" / "ballerup.toml", *options)
    assert (ran.code, ran.err) == (0, "")
    assert out.read_text("utf-8") == leaflet(*facts("ballerup"), on=DAY)
    assert post.read_text("utf-8") == letter(*facts("ballerup"), on=DAY)
