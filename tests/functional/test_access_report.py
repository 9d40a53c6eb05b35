"""The access report: what it must hold (GDPR art. 15(1)), the exact copies, and plain Danish on paper."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass, replace
from datetime import date
from enum import Enum
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.documents.report_page import page
from gateway.outcomes.not_counted import BUCKETS
from gateway.outcomes.terms import FigureUnit
from gateway.rights import requests
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.rights.report import report
from gateway.rights.requests import Right
from gateway.store import holds as answered_holds
from gateway.store.log_tables import PersonLineRow
from gateway.store.tables import Subject
from gateway.wording import register as register_words
from gateway.wording import report as words
from outcome_verifier import canonical
from policies.basis import Change, RecordKind
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from tests.support.simulated import acting, simulated
from vocabulary.statuses import IncomeType, Status

CASE = Role.CASE_WORKER
OBJECTS = NewRecord(RecordKind.OBJECTION, Channel.LETTER)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def someone(town: SimulatedMunicipality, place: int = 0) -> Who:
    with town.gateway.store.read() as session:
        rows = session.exec(select(Subject.case_reference).order_by(Subject.case_reference)).all()
    return Who(case_reference=rows[place])


class _Text(HTMLParser):
    """The words that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden = tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def seen(html: str) -> str:
    reader = _Text()
    reader.feed(html)
    return " ".join(reader.parts)


def test_before_the_first_release_the_report_names_what_is_held_and_who_may_get_something(tmp_path: Path):
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    made = report(town.gateway, town.contract, someone(town), role=CASE)
    assert made.received == ()
    assert [(one.name, one.role, one.gets) for one in made.recipients] == [
        ("Den Sociale Kapitalfond", "investor", ("predicate",)),
        ("Specialisterne", "operator", ("payment_document", "relapse_notice")),
    ]
    assert [one.id for one in made.categories] == ["identification", "referral", "benefits", "income", "records"]
    assert {one.id for one in made.categories if one.special} == {"referral", "benefits"}
    assert (made.third_countries, made.automated_decisions) == ((), False)
    shown = seen(page(made))
    for text in ("Specialisterne", "Om målet er nået, ja eller nej", "Betalte timer", "Ydelsesrefusion"):
        assert text in shown


def test_what_a_recipient_got_stands_there_as_it_was_handed_out(town: SimulatedMunicipality):
    """The same token with the same disclosures: whoever reads the report verifies it as the recipient does."""
    handed = {
        (template, to): canonical.loads(town.release("2018H2", template, to).bundle)
        for template, to in (("payment_document", "operator"),)
    }
    town.release("2019H1", "payment_document", "operator")
    bundle = town.release("2019H1", "contract_total", "investor")
    made = report(town.gateway, town.contract, someone(town), role=CASE)
    [paid] = [one for one in made.received if one.window == "2018H2"]
    assert paid.attestation == handed["payment_document", "operator"]["attestation"]
    [total] = [one for one in made.received if one.template == "contract_total"]
    verified = town.verified(bundle.bundle)
    assert total.attestation == canonical.loads(bundle.bundle)["attestation"]
    assert total.content == dict(verified.shown)
    assert total.visible.items() <= verified.claims.items()
    assert total.name == "Den Sociale Kapitalfond"


@pytest.mark.long
@pytest.mark.parametrize("rule", ["frozen", "out"])
def test_whoever_is_taken_out_was_counted_until_then_and_not_after(tmp_path: Path, rule: str):
    clock = Clock(date(2019, 4, 1))
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, ('objected = "frozen"', f'objected = "{rule}"')),
        clock=clock,
    )
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    town.enrol()
    replace(town, drop=town.drawn_on(clock().date())).pull_all()
    town.release("2018H2", "payment_document", "operator")
    who = someone(town)
    clock.move(1)
    begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    clock.move(365)
    replace(town, drop=town.drawn_on(clock().date())).pull_all()
    town.release("2019H1", "payment_document", "operator")
    for place, windows in ((0, ["2018H2"] if rule == "out" else ["2018H2", "2019H1"]), (1, ["2018H2", "2019H1"])):
        received = report(town.gateway, town.contract, someone(town, place), role=CASE).received
        assert [one.window for one in received] == windows


def test_every_word_that_a_report_can_hold_is_danish():
    assert set(register_words.STATUSES) == set(Status)
    assert set(register_words.INCOME) == set(IncomeType)
    assert set(words.KIND) == set(RecordKind)
    assert set(words.CHANGE) == set(Change)
    assert set(words.CHANNEL) == {*Channel, "referral_list"}
    assert set(words.REQUEST) == set(Right)
    assert set(words.REASON) == set(BUCKETS)
    assert set(words.UNIT) == set(FigureUnit)
    holds = re.findall(r'Hold\(\s*"([a-z-]+)"', (ROOT / "gateway/rights/retention.py").read_text())
    assert set(words.HOLD) == set(holds)
    lines = {
        action
        for file in (ROOT / "gateway").rglob("*.py")
        for action in re.findall(r'PersonLine\([^,]+, f?"([a-z_{}.]+)"', " ".join(file.read_text().split()))
    }
    plain = {line for line in lines if "{" not in line}
    made = {f"{stem}_{right}" for stem in ("asked", "decided") for right in Right}
    made |= {f"held_{answer}" for answer in (answered_holds.ACCEPTED, answered_holds.REJECTED)}
    assert {line.partition("_{")[0] for line in lines - plain} == {"asked", "decided", "held"}
    assert set(words.ACTION) == plain | made


@pytest.mark.long
def test_the_printed_page_has_no_word_of_the_machinery(town: SimulatedMunicipality):
    who = someone(town, 3)
    for window in ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2"):
        town.release(window, "payment_document", "operator")
    for to in ("investor", "operator"):
        town.release("2020H2", "contract_total", to)
    asked = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True)
    begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    made = report(town.gateway, town.contract, who, role=CASE)
    with town.gateway.store.read() as session:
        actions = {json.loads(row.body)["action"] for row in session.exec(select(PersonLineRow)) if row.body}
    vocabulary = {
        *Status, *IncomeType, *RecordKind, *Right, *BUCKETS, *words.TEMPLATE, *words.HOLD, *actions, "referral_list",
        "digital_post", "Income and paid hours", "DREAM extract", "ordinary_job", "partial_job", "skaanejob",
        "weeks_in_work_or_education", "2019H1", "fokus-folkeoplysning", "granted", "refused", "None", "True",
    } - {"fleksjob", "exit", "statement", "notice", "other", "left", "dead"}  # fmt: skip
    shown = seen(page(made))
    assert sorted(word for word in vocabulary if re.search(rf"\b{re.escape(word)}\b", shown)) == []
    for text in (
        "kontanthjælp",
        "arkivet skal have en kopi først",
        "mindst 15",
        "skjult",
        "kr.",
        "1.10.2018 – 30.12.2018",
    ):
        assert text in shown, text


def test_every_value_on_the_page_is_escaped(town: SimulatedMunicipality):
    made = report(town.gateway, town.contract, someone(town), role=CASE)
    evil = "<script>alert(1)</script>"

    def poisoned(value: object) -> object:
        match value:
            case dict():
                return {name: poisoned(one) for name, one in value.items()}
            case list() | tuple():
                return type(value)(map(poisoned, value))
            case str() if not isinstance(value, Enum) and not re.fullmatch(r"\d{4}-\d{2}(-\d{2}.*)?", value):
                return evil
            case _ if is_dataclass(value):
                return replace(value, **{one.name: poisoned(getattr(value, one.name)) for one in fields(value)})
        return value

    html = page(poisoned(made))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
