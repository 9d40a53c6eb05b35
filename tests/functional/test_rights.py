"""People's rights end to end: records, the stop receipt, the access report, requests, erasure and the archive."""

from __future__ import annotations

import hashlib
import json
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from gateway.documents.report_page import page
from gateway.errors.rights import RecordRefused, RequestRefused, RequestUnknown, StatementEmptied
from gateway.evaluation.evaluating import evaluate_week
from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from gateway.jobs.doctor import examine_opened
from gateway.oversight.log_reading import verify_logs
from gateway.release import statements
from gateway.rights import archive, erasure, journal, requests
from gateway.rights.people import Channel, NewRecord, Who, begin, end
from gateway.rights.receipt import consent_receipt
from gateway.rights.report import report
from gateway.rights.report_view import NoticeReceived
from gateway.rights.requests import Right
from gateway.settlement.acknowledging import DisputeOutcome
from gateway.store.log_tables import DecisionRow, LogEntry, PersonLineRow
from gateway.store.rights_tables import BasisRow, StopReceiptRow
from gateway.store.tables import Subject
from gateway.wording.views import as_json
from outcome_verifier import b64, jws
from outcome_verifier.trust import TrustFile
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from policies.terms import Purpose, Role
from tests.attacks.test_deleted_rows import on_disk
from tests.functional.test_consent_receipt import CONTACT
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.settling import answer, contest
from tests.support.simulated import acting
from tests.support.stored import stored_spells

CASE, OWNER = Role.CASE_WORKER, Role.SYSTEM_OWNER
OBJECTS = NewRecord(RecordKind.OBJECTION, Channel.LETTER)
WINDOWS = ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2")


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def someone(town: SimulatedMunicipality, place: int = 0) -> Who:
    with town.gateway.store.read() as session:
        rows = session.exec(select(Subject).order_by(Subject.case_reference)).all()
    return Who(case_reference=rows[place].case_reference)


def subject_of(town: SimulatedMunicipality, who: Who) -> str:
    with town.gateway.store.read() as session:
        rows = session.exec(select(Subject).where(Subject.case_reference == who.case_reference))
        return rows.one().subject_id


def lines_of(town: SimulatedMunicipality, subject: str) -> list[str]:
    with town.gateway.store.read() as session:
        rows = session.exec(select(PersonLineRow).where(PersonLineRow.subject_id == subject))
        return [json.loads(row.body)["action"] for row in rows]


def claims_of(town: SimulatedMunicipality, token: str, typ: str) -> dict[str, Any]:
    """The claims of a compact token that the trust file's key signed."""
    trust = TrustFile.load(town.gateway.trust_file())
    parsed = jws.parse(token, typ=typ, members=frozenset())
    jws.verify_signature(parsed, trust.keys[parsed.header["kid"]].key)
    return json.loads(b64.decode(token.split(".")[1]))


def pull_again(town: SimulatedMunicipality) -> None:
    """A file with another name and one byte more is another file: the registers are read again."""
    header, *lines = town.drop.income.read_text().splitlines()
    town.drop.income.write_text("\n".join([header, *lines, lines[-1]]) + "\n")
    town.pull_all()


def paid_everything(town: SimulatedMunicipality) -> None:
    for window in _windows(town):
        town.release(window.label, "payment_document", "operator")


@pytest.fixture
def finished(tmp_path: Path) -> SimulatedMunicipality:
    """Ballerup, whose last window's data are all there, with everything paid."""
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    paid_everything(town)
    return town


def test_an_objection_stops_the_reading_of_that_person_and_of_nobody_else(town: SimulatedMunicipality):
    who, other = someone(town), someone(town, 1)
    subject, neighbour = subject_of(town, who), subject_of(town, other)
    done = begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    said = claims_of(town, done.stop_receipt, "stop-receipt+jwt")
    assert (said["record"], said["reasons"], said["contract"]) == (done.record, ["objected"], town.contract)
    assert said["last_pull_at"] <= said["stopped_at"]
    before = {one: lines_of(town, one).count("pull") for one in (subject, neighbour)}
    pull_again(town)
    after = {one: lines_of(town, one).count("pull") for one in (subject, neighbour)}
    assert after[subject] == before[subject]
    assert after[neighbour] > before[neighbour]
    end(town.gateway, town.contract, done.record, channel=Channel.PHONE, role=CASE)
    pull_again(town)
    assert lines_of(town, subject).count("pull") > before[subject]  # taken back: the reading goes on


def test_withdrawing_one_consent_touches_no_other_record(town: SimulatedMunicipality):
    who = someone(town)
    consent = NewRecord(
        RecordKind.GDPR_CONSENT, Channel.MEETING, frozenset({Purpose.OUTCOME_EVALUATION}), "notice-2018-1"
    )
    first = begin(town.gateway, town.contract, who, consent, role=CASE)
    second = begin(
        town.gateway, town.contract, who, replace(consent, kind=RecordKind.ADMINISTRATIVE_CONSENT), role=CASE
    )
    ended = end(town.gateway, town.contract, first.record, channel=Channel.LETTER, role=CASE)
    assert not ended.stop_receipt  # the programme rests on the statute, so the reading goes on
    with town.gateway.store.read() as session:
        rows = session.exec(select(BasisRow).where(BasisRow.subject_id == subject_of(town, who))).all()
    assert {(row.record_id, row.change) for row in rows if row.change == "ends"} == {(first.record, "ends")}
    with pytest.raises(RecordRefused, match="ended already"):
        end(town.gateway, town.contract, first.record, channel=Channel.LETTER, role=CASE)
    receipt = consent_receipt(town.gateway, town.contract, first.record, CONTACT, role=CASE)
    record = receipt["dpv:hasRecordOfActivity"]
    assert [status["@type"][0] for status in record["dpv:hasConsentStatus"]] == [
        "dpv:ConsentGiven",
        "dpv:ConsentWithdrawn",
    ]
    assert record["dpv:hasNotice"]["dct:identifier"] == "notice-2018-1/1"
    text = json.dumps(receipt)
    assert who.case_reference not in text
    assert subject_of(town, who) not in text
    assert second.record not in text


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (NewRecord(RecordKind.STATUTORY_BASIS, Channel.LETTER), "batch is sealed"),
        (NewRecord(RecordKind.GDPR_CONSENT, Channel.LETTER), "names purposes"),
        (
            NewRecord(RecordKind.GDPR_CONSENT, Channel.LETTER, frozenset({Purpose.MARKETING}), "notice-2018-1"),
            "one of the programme's",
        ),
        (
            NewRecord(RecordKind.GDPR_CONSENT, Channel.LETTER, frozenset({Purpose.OUTCOME_EVALUATION}), "hearsay"),
            "names the notice",
        ),
        (NewRecord(RecordKind.OBJECTION, Channel.LETTER, valid_to=date(2029, 1, 1)), "has passed"),
        (NewRecord(RecordKind.OBJECTION, Channel.LETTER, notice="notice-2018-1"), "no purposes and no notice"),
    ],
)
def test_a_record_that_cannot_stand_is_refused(town: SimulatedMunicipality, new: NewRecord, reason: str):
    with pytest.raises(RecordRefused, match=reason):
        begin(town.gateway, town.contract, someone(town), new, role=CASE)


def test_nobody_of_that_name_is_refused_by_rule_and_the_refusal_is_logged(town: SimulatedMunicipality):
    for who in (Who(case_reference="nobody"), Who(cpr="7001012345"), Who(cpr="no number")):
        with pytest.raises(PolicyDenied, match="P62"):
            begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    with pytest.raises(PolicyDenied, match="P60"):
        report(town.gateway, town.contract, someone(town), role=Role.AUDITOR)


def test_the_report_holds_all_and_names_no_member_of_staff(town: SimulatedMunicipality):
    who = someone(town)
    for window in WINDOWS:
        town.release(window, "payment_document", "operator")
    bundle = town.release("2020H2", "contract_total", "investor")
    begin(acting(town.gateway, "frederikke.sagsbehandler"), town.contract, who, OBJECTS, role=CASE)
    made = report(acting(town.gateway, "frederikke.sagsbehandler"), town.contract, who, role=CASE)
    assert made.held.case_reference == who.case_reference
    assert made.held.statuses
    assert made.held.income
    assert {row.action for row in made.look_ups} >= {"enrol", "notice", "pull", "evaluate", "record_changed"}
    assert {row.source for row in made.look_ups if row.action == "pull"} == {"dream", "income"}
    [total] = [one for one in made.received if one.template == "contract_total"]
    assert total.content == town.verified(bundle.bundle).shown
    assert len([one for one in made.received if one.template == "payment_document"]) == len(WINDOWS)
    html = page(made)
    assert "frederikke" not in html + json.dumps(as_json(made))
    assert "Insigt" not in html
    assert "Indsigt i dine oplysninger" in html
    again = report(town.gateway, town.contract, who, role=CASE)
    assert [row.action for row in again.look_ups][-1] == "access_report"


@pytest.mark.long
def test_thirty_monthly_files_are_one_run_each_and_nothing_is_called_corrected(finished: SimulatedMunicipality):
    """Every file tells the weeks before it again; what it only confirms is known since it was first told."""
    pull_again(finished)
    for place in range(10):
        held = report(finished.gateway, finished.contract, someone(finished, place), role=CASE).held
        assert [row for row in held.statuses if row.replaced_on] == []
        assert [row for row in held.income if row.replaced_on] == []
        told = [(row.status, row.code) for row in held.statuses]
        assert 0 < len(told) <= 8
    with finished.gateway.store.read() as session:
        assert len(stored_spells(session)) < 400


def test_whoever_stopped_keeps_the_hours_that_were_read_when_the_file_comes_again(finished: SimulatedMunicipality):
    """The file is read without that person: it says nothing of the person, and takes nothing back."""
    town = finished
    weeks = [window.to_week for window in _windows(town)]
    before = [evaluate_week(town.gateway, town.contract, week)[0].totals for week in weeks]
    for place in range(0, 10, 2):
        begin(town.gateway, town.contract, someone(town, place), OBJECTS, role=CASE)
    pull_again(town)
    assert [evaluate_week(town.gateway, town.contract, week)[0].totals for week in weeks] == before


def test_what_law_keeps_refuses_an_erasure_by_name(tmp_path: Path):
    town = ready(tmp_path, clock=Clock(date(2026, 12, 15)))
    who = someone(town)
    asked = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    with pytest.raises(RequestRefused, match="asked-already"):
        requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    with pytest.raises(PolicyDenied, match="P64"):
        requests.decide(town.gateway, town.contract, asked, grant=True)
    answer = requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True)
    assert not answer.granted
    assert [hold.rule for hold in answer.holds] == [
        "still-followed",
        "accounting-period",
        "archive-decision",
        "unsettled-window",
    ]
    with town.gateway.store.read() as session:
        decided = session.exec(select(DecisionRow).where(DecisionRow.action == "decide_right")).all()
        events = session.exec(select(LogEntry).where(LogEntry.log == "access").order_by(col(LogEntry.idx))).all()
    asked_with = [
        (row.effect, row.body["facts"]["retention_clear"], row.body["facts"]["second_person"]) for row in decided
    ]
    assert sorted(asked_with) == [("allow", True, True), ("deny", False, False), ("deny", False, True)]
    denied, said = (json.loads(row.body) for row in events[-2:])
    assert (denied["kind"], denied["rules"]) == ("denied", ["P65-retention-clear"])
    assert (said["kind"], said["answer"]) == ("right_decided", "refused")
    assert said["rule"] == (
        "P65-retention-clear, still-followed, accounting-period, archive-decision, unsettled-window"
    )
    with pytest.raises(RequestUnknown):
        requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True)
    assert [one.answer for one in report(town.gateway, town.contract, who, role=CASE).requests] == ["refused"]


@pytest.mark.parametrize("place", [pytest.param(0, marks=pytest.mark.long), 4, pytest.param(9, marks=pytest.mark.long)])
def test_an_erased_person_is_gone_and_no_total_changes(finished: SimulatedMunicipality, tmp_path: Path, place: int):
    town, who = finished, someone(finished, place)
    subject = subject_of(town, who)
    begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    end_weeks = [window.to_week for window in _windows(town)]
    before = [evaluate_week(town.gateway, town.contract, week)[0] for week in end_weeks]
    backup = tmp_path / "backup"
    town.gateway.store.dispose()
    shutil.copytree(town.gateway.settings.data_directory, backup)
    archive.export(town.gateway, town.contract)
    asked = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    answer = requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True)
    assert answer.granted, answer.holds
    said = claims_of(town, answer.certificate, erasure.TYPE)
    assert said["subject_sha256"] == erasure.digest_of(subject)
    assert said.keys().isdisjoint({"rows", "kept"})  # nothing of what there was
    assert said["told"]["da"].startswith("Alt, der handler om dig, er slettet")
    assert lines_of(town, subject) == []
    with pytest.raises(PolicyDenied, match="P62"):
        report(town.gateway, town.contract, who, role=CASE)
    after = [evaluate_week(town.gateway, town.contract, week)[0] for week in end_weeks]
    assert [(one.participants, one.totals) for one in after] == [(one.participants, one.totals) for one in before]
    verify_logs(town.gateway)  # the tree stands without what was erased
    assert erasure.repeat(town.gateway) == 0
    assert [one.what for one in examine_opened(town.gateway) if "unfinished" in one.what]
    assert erasure.finish(town.gateway) == 1
    assert not [one.what for one in examine_opened(town.gateway) if "unfinished" in one.what]
    assert erasure.finish(town.gateway) == 0
    town.gateway.store.dispose()
    assert subject.encode() in on_disk(backup)
    assert subject.encode() not in on_disk(town.data_directory)
    _restore(town, backup)
    restored = Gateway.open(Settings(data_directory=backup), clock=town.gateway.clock)
    assert erasure.repeat(restored) == 1
    again = [evaluate_week(restored, town.contract, week)[0] for week in end_weeks]
    assert [one.totals for one in again] == [one.totals for one in before]
    assert erasure.repeat(restored) == 0


def erased(town: SimulatedMunicipality, who: Who) -> requests.RequestAnswer:
    """Somebody who objects, and whose erasure is granted."""
    begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    archive.export(town.gateway, town.contract)
    asked = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    answer = requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True)
    assert answer.granted, answer.holds
    return answer


def test_an_erasure_takes_one_name_out_of_a_statement_and_leaves_what_was_said_of_the_others(
    finished: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    town = finished
    leaves, stays, alone = (someone(town, place) for place in range(3))
    named = [subject_of(town, one) for one in (leaves, stays)]
    monkeypatch.setattr(statements, "relapsed_people", lambda *_: named)
    made = statements.state(town.gateway, town.contract, "2020H2")
    named[:] = [subject_of(town, alone)]
    other = statements.state(town.gateway, town.contract, "2020H1")

    def told(who: Who) -> list[NoticeReceived]:
        received = report(town.gateway, town.contract, who, role=CASE).received
        return [one for one in received if isinstance(one, NoticeReceived)]

    [before] = told(stays)
    erased(town, leaves)
    [after] = told(stays)
    assert after == before
    assert after.window == "2020H2"
    assert after.content["people"] == [{"case_reference": stays.case_reference, "message": "contact_municipality"}]
    assert after.content["law"].startswith("Lov om en aktiv")
    assert after.token_sha256 == hashlib.sha256(made.token.encode()).hexdigest()
    assert after.token is None  # it names somebody else
    assert [one.token for one in told(alone)] == [other.token]  # it names nobody else: the exact copy
    with pytest.raises(StatementEmptied):
        statements.state(town.gateway, town.contract, "2020H2")
    assert statements.state(town.gateway, town.contract, "2020H1").token == other.token
    erasure.finish(town.gateway)
    town.gateway.store.dispose()
    data = on_disk(town.data_directory)
    assert leaves.case_reference.encode() not in data
    assert stays.case_reference.encode() in data


def test_an_open_dispute_holds_every_erasure_of_the_contract_until_it_is_settled(finished: SimulatedMunicipality):
    town, who = finished, someone(finished)
    begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    archive.export(town.gateway, town.contract)
    open_one = contest(town, "2020H1", "steady_and_off_benefits/window")
    asked = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    answered = requests.decide(acting(town.gateway, "second"), town.contract, asked, grant=True)
    assert [(hold.rule, hold.until) for hold in answered.holds] == [
        ("open-dispute", "the dispute about 2020H1 is settled")
    ]
    assert journal.lines(town.gateway) == []
    answer(town, open_one, DisputeOutcome.STANDS)
    again = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    assert requests.decide(acting(town.gateway, "second"), town.contract, again, grant=True).granted


def _windows(town: SimulatedMunicipality):
    with town.gateway.store.read() as session:
        return town.gateway.contract(session, town.contract).windows


def _restore(town: SimulatedMunicipality, backup: Path) -> None:
    """The database of the day before, and the journal of today, which is kept apart from it."""
    shutil.copy(town.data_directory / journal.NAME, backup)


def test_two_people_erased_leave_one_sum(finished: SimulatedMunicipality):
    town = finished
    people = [someone(town, 0), someone(town, 1)]
    weeks = [window.to_week for window in _windows(town)]
    before = [evaluate_week(town.gateway, town.contract, week)[0].totals for week in weeks]
    for who in people:
        erased(town, who)
    assert [evaluate_week(town.gateway, town.contract, week)[0].totals for week in weeks] == before


def test_the_archive_gets_runs_and_no_number(town: SimulatedMunicipality):
    made = archive.export(town.gateway, town.contract)
    root = ET.fromstring(made.xml)
    assert root.findtext("caseNumber") == "15.20.00-G01-1-18"
    assert root.findtext("kle") == "15.20.00"
    people = root.findall("people/person")
    assert len(people) == made.people == 30
    assert all(person.findall("run") for person in people)
    with town.gateway.store.read() as session:
        for subject in session.exec(select(Subject)):
            assert subject.subject_id.encode() not in made.xml


def test_a_receipt_of_every_stop_is_kept(town: SimulatedMunicipality):
    begin(town.gateway, town.contract, someone(town), OBJECTS, role=CASE)
    begin(town.gateway, town.contract, someone(town, 1), NewRecord(RecordKind.EXIT, Channel.MEETING), role=CASE)
    with town.gateway.store.read() as session:
        assert len(session.exec(select(StopReceiptRow)).all()) == 2
