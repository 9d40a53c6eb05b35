"""Papers use the words of their day: foreseen by doctor and check, refused where a day has none, and the same again."""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from pathlib import Path

import pytest

from gateway.jobs.doctor import FAIL, WARN, examine_opened
from gateway.rights.people import Who
from gateway.rights.report import report
from policies.errors import WordNotValid
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT, SMALL_COURSE
from tests.support.simulated import simulated

CONTRACT, PROGRAMME = EXAMPLES / "contracts" / "ballerup.toml", EXAMPLES / "programmes" / "ballerup.toml"
CONTACT = EXAMPLES / "contacts" / "ballerup.toml"
NO_LAW_OF_2027 = ("valid_from = 2027-01-01", "valid_from = 2028-01-01")


def programme_without(folder: Path, *edit: str) -> Path:
    """Ballerup's programme with a text replaced, beside its notices."""
    shutil.copytree(EXAMPLES / "notices", folder / "notices")
    (folder / "programmes").mkdir()
    file = folder / "programmes" / "ballerup.toml"
    text = PROGRAMME.read_text("utf-8")
    assert edit[0] in text
    file.write_text(text.replace(*edit), "utf-8")
    return file


PAPERS = {
    "leaflet": ("leaflet", CONTRACT, PROGRAMME, "--contact", CONTACT, "--out"),
    "letter": ("leaflet", CONTRACT, PROGRAMME, "--contact", CONTACT, "--out", "other.html", "--letter-out"),
    "annex": ("annex", CONTRACT, PROGRAMME, "--out"),
    "notice": ("notice", PROGRAMME, "--out"),
    "notice in English": ("notice", PROGRAMME, "--language", "en", "--out"),
}


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_calls_the_office_what_it_is_called_on_its_day(tmp_path: Path, name: str):
    before, after = ("job centre", "the municipality") if "English" in name else ("jobcentret", "kommunen")
    texts = []
    for day in ("2026-06-30", "2026-07-01", "2026-07-01"):
        ran = run("contract", *PAPERS[name], tmp_path / "paper", "--on", day, cwd=tmp_path)
        assert (ran.code, ran.err) == (0, "")
        texts.append((tmp_path / "paper").read_text("utf-8"))
    old, new, again = texts
    assert before in old
    assert before not in new
    assert after in new
    assert new == again, "the same day gives the same paper"
    assert "{" not in new.partition("</style>")[2]


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_of_a_day_without_a_word_is_refused_with_key_and_day_and_not_written(tmp_path: Path, name: str):
    ran = run("contract", *PAPERS[name], tmp_path / "paper", "--on", "2017-12-31", cwd=tmp_path)
    assert ran.code == 5
    assert "no word for employment_office on 2017-12-31" in ran.err or "no word for law on 2017-12-31" in ran.err
    assert not (tmp_path / "paper").exists()


def test_the_record_of_processing_uses_the_words_of_its_day():
    sources = [
        part for name in ("ydelsesrefusion", "income") for part in ("--source", EXAMPLES / "sources" / f"{name}.toml")
    ]
    said = run("contract", "processing-record", CONTRACT, PROGRAMME, *sources, "--on", "2027-01-01").out
    assert "tale med kommunen igen" in said
    assert "ny hovedlov fra 2027" in said


def test_what_is_no_day_is_refused(tmp_path: Path):
    ran = run("contract", *PAPERS["annex"], tmp_path / "paper", "--on", "1 July", cwd=tmp_path)
    assert ran.code == 2
    assert not (tmp_path / "paper").exists()


def test_a_notice_that_leaves_a_place_without_a_word_is_refused(tmp_path: Path):
    file = programme_without(tmp_path, "x", "x")
    notice = tmp_path / "notices" / "ballerup" / "1.da.md"
    old = notice.read_bytes()
    notice.write_bytes(old + b"\n{office}\n")
    text = file.read_text("utf-8").replace(*(hashlib.sha256(one).hexdigest() for one in (old, notice.read_bytes())))
    file.write_text(text, "utf-8")
    ran = run("contract", "notice", file, "--out", tmp_path / "paper")
    assert ran.code == 3
    assert "has a place for 'office', for which there is no word" in ran.err


def test_check_warns_of_a_word_that_ends(tmp_path: Path):
    ended = programme_without(tmp_path, "valid_to = 2026-06-30", "valid_to = 2019-12-31")
    ended.write_text(ended.read_text("utf-8").replace("valid_from = 2026-07-01", "valid_from = 2999-07-01"), "utf-8")
    said = run("contract", "check", CONTRACT, "--programme", ended)
    assert said.code == 0
    assert "the word for employment_office ends on 2019-12-31, and none begins the day after" in said.out
    assert "the word for" not in run("contract", "check", CONTRACT, "--programme", PROGRAMME).out


def test_check_ends_with_prices_and_caps_in_words(tmp_path: Path):
    ended = programme_without(tmp_path, "valid_to = 2026-06-30", "valid_to = 2019-12-31")
    *_, before, head, last = run("contract", "check", CONTRACT, "--programme", ended).out.splitlines()
    assert "the word for" in before or "illustrative" in before
    assert head == "prices and caps, in the words of the parties:"
    assert last == "  steady_and_off_benefits: 250.000,00 kr. pr. person; højst 2.500.000,00 kr. i alt"


def test_doctor_foresees_the_end_of_a_word_and_names_one_that_has_ended(tmp_path: Path):
    clock = Clock(date(2026, 10, 31))
    town = simulated(
        tmp_path,
        course_edits=SMALL_COURSE,
        edits=SMALL_CONTRACT,
        programme_edits=(NO_LAW_OF_2027,),
        extract_people=20,
        clock=clock,
    )
    town.enrol()

    def said() -> list[tuple[str, str]]:
        return [(one.level, one.what) for one in examine_opened(town.gateway) if "its word for" in one.what]

    assert said() == [], "61 days before"
    clock.move(1)
    assert said() == [(WARN, "impact60: its word for law ends on 2026-12-31, and none begins the day after")]
    report(town.gateway, town.contract, Who(case_reference="SAG-0001"), role=Role.SYSTEM_OWNER)
    clock.move(61)
    assert said() == [(FAIL, "impact60: its word for law ends on 2026-12-31, and none begins the day after")]
    with pytest.raises(WordNotValid, match="no word for law on 2027-01-01"):
        report(town.gateway, town.contract, Who(case_reference="SAG-0001"), role=Role.SYSTEM_OWNER)
