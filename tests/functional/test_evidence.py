"""Documents as evidence: two people see each, it counts where the contract puts it, and it stays the person's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from gateway.documents.report_page import page
from gateway.errors.evidence import EvidenceRefused, EvidenceUnknown
from gateway.errors.holds import PullLooksWrong
from gateway.evaluation import manual_evidence
from gateway.evaluation.evaluating import evaluate_week, freeze_of
from gateway.evaluation.manual_evidence import EvidenceDocument
from gateway.events.rights import ErasureRepeated
from gateway.intake import answering_holds, pulling_records
from gateway.outcomes.manual_evidence import EvidenceType
from gateway.rights import archive, erasure
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.rights.report import report
from gateway.store import histories
from gateway.store.log_tables import LogEntry
from gateway.store.rights_tables import ErasureRow
from gateway.store.tables import Subject
from gateway.wording.views import as_json
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from policies.terms import Role
from tests.functional.test_record_pulls import PersonByPerson
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.several_sources import several
from tests.support.simulated import acting
from tests.support.stored import stored_documents
from vocabulary.statuses import Status
from vocabulary.weeks import Week

CASE = Role.CASE_WORKER
WEEKS = Week.parse("2020-W10"), Week.parse("2020-W20")
BUSINESS = EvidenceDocument(EvidenceType.SELF_EMPLOYED, *WEEKS, date(2020, 12, 31), "ab" * 32)


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return several(tmp_path / "town", clock=Clock(date(2030, 1, 1)))


def reference_of(town: SimulatedMunicipality, status: Status = Status.BENEFIT) -> str:
    """Somebody of whom DREAM shows this status, and nothing else, in the weeks of `BUSINESS`."""
    with town.gateway.store.read() as session:
        people = session.exec(select(Subject).order_by(Subject.case_reference)).all()
        shown = histories.load_told(
            session,
            town.contract,
            [one.subject_id for one in people],
            ["dream"],
            evidence=(),
            known_at=town.gateway.clock(),
        )[0]
    weeks = set(range(WEEKS[0].ordinal, WEEKS[1].ordinal + 1))
    for one in people:
        told = [s for s in shown.get(one.subject_id, []) if s.status is status]
        if weeks <= {w for s in told for w in range(s.from_week.ordinal, s.to_week.ordinal + 1)}:
            return one.case_reference
    raise AssertionError(f"nobody is {status}")


def subject_of(town: SimulatedMunicipality, reference: str) -> str:
    with town.gateway.store.read() as session:
        return session.exec(select(Subject).where(Subject.case_reference == reference)).one().subject_id


def statuses(town: SimulatedMunicipality, reference: str, week: Week, *, days_ago: float = 0) -> frozenset[Status]:
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        [person] = histories.load_histories(
            session,
            town.contract,
            status_sources=contract.status_sources,
            evidence=contract.evidence,
            income_source="income",
            known_at=town.gateway.clock() - timedelta(days=days_ago),
            subjects=[subject_of(town, reference)],
        )
    return person.statuses.get(week.ordinal, frozenset())


def registered(town: SimulatedMunicipality, reference: str, document: EvidenceDocument = BUSINESS) -> str:
    return manual_evidence.register(acting(town.gateway, "anna"), town.contract, reference, document, role=CASE)


def confirmed(town: SimulatedMunicipality, reference: str, document: EvidenceDocument = BUSINESS) -> str:
    made = registered(town, reference, document)
    manual_evidence.confirm(acting(town.gateway, "bo"), made, role=CASE)
    return made


def pull(town: SimulatedMunicipality, source: str, transport: PersonByPerson) -> None:
    """That nobody of a cohort studies looks wrong, and is right here."""
    try:
        pulling_records.pull_records(town.gateway, town.contract, source, transport)
    except PullLooksWrong as held:
        answering_holds.accept(town.gateway, held.hold)


def protect(town: SimulatedMunicipality, reference: str, kind: RecordKind = RecordKind.PROTECTION) -> None:
    begin(town.gateway, town.contract, Who(case_reference=reference), NewRecord(kind, Channel.LETTER), role=CASE)


def test_it_counts_once_a_second_person_confirmed_it_and_no_sooner(town: SimulatedMunicipality) -> None:
    someone = reference_of(town, Status.NO_BENEFIT)
    made = registered(town, someone)
    assert statuses(town, someone, WEEKS[0]) == {Status.NO_BENEFIT}
    with pytest.raises(PolicyDenied, match="P64-second-person"):
        manual_evidence.confirm(acting(town.gateway, "anna"), made, role=CASE)
    with pytest.raises(PolicyDenied, match="P64-second-person"):  # nor in another role
        manual_evidence.confirm(acting(town.gateway, "anna"), made, role=Role.SYSTEM_OWNER)
    assert statuses(town, someone, WEEKS[0]) == {Status.NO_BENEFIT}
    manual_evidence.confirm(acting(town.gateway, "bo"), made, role=CASE)
    for week in WEEKS:
        assert statuses(town, someone, week) == {Status.SELF_EMPLOYED}
    assert statuses(town, someone, WEEKS[0] + -1) == statuses(town, someone, WEEKS[1] + 1) == {Status.NO_BENEFIT}
    with pytest.raises(EvidenceRefused):
        manual_evidence.confirm(acting(town.gateway, "carl"), made, role=CASE)


def test_what_was_known_before_stays_known(town: SimulatedMunicipality) -> None:
    """Confirmed on one day and withdrawn on another: an evaluation of each day can be repeated."""
    clock = town.gateway.clock
    assert isinstance(clock, Clock)
    someone = reference_of(town, Status.NO_BENEFIT)
    clock.move(1)
    made = confirmed(town, someone)
    clock.move(1)
    manual_evidence.withdraw(acting(town.gateway, "carl"), made, role=CASE)
    assert statuses(town, someone, WEEKS[0]) == {Status.NO_BENEFIT}
    assert statuses(town, someone, WEEKS[0], days_ago=0.5) == {Status.SELF_EMPLOYED}
    assert statuses(town, someone, WEEKS[0], days_ago=1.5) == {Status.NO_BENEFIT}
    with pytest.raises(EvidenceRefused, match="withdrawn already"):
        manual_evidence.withdraw(town.gateway, made, role=CASE)
    with pytest.raises(EvidenceRefused, match="it is withdrawn already"):
        manual_evidence.confirm(acting(town.gateway, "bo"), made, role=CASE)


def test_no_week_counts_to_whose_end_the_document_was_not_valid(town: SimulatedMunicipality) -> None:
    someone = reference_of(town, Status.NO_BENEFIT)
    middle = WEEKS[0] + 4
    confirmed(town, someone, replace(BUSINESS, expires_on=middle.thursday))
    assert statuses(town, someone, middle + -1) == {Status.SELF_EMPLOYED}
    assert statuses(town, someone, middle) == {Status.NO_BENEFIT}


def test_a_register_that_comes_before_it_overrules_it_and_the_disagreement_is_counted(
    town: SimulatedMunicipality,
) -> None:
    someone = reference_of(town, Status.NO_BENEFIT)
    confirmed(town, someone)
    pull(town, "civil", PersonByPerson(lambda cpr: []))
    cpr = next(
        line.split(";")[0] for line in town.drop.referrals.read_text().splitlines()[1:] if line.split(";")[2] == someone
    )
    studies = [("651", cpr, "2020-03-02", "2020-03-15")]  # 2020-W10 and W11
    pull(town, "school", PersonByPerson(lambda asked: studies if asked == cpr else []))
    assert statuses(town, someone, WEEKS[0]) == {Status.EDUCATION}
    assert statuses(town, someone, WEEKS[0] + 2) == {Status.SELF_EMPLOYED}
    _, as_of = evaluate_week(town.gateway, town.contract, Week.parse("2020-W53"))
    assert [(d.first, d.second, d.window, d.weeks, d.people) for d in as_of.reconciled.disagreeing] == [
        ("school", "evidence", "2020H1", 2, 1)
    ]


def test_the_share_of_documents_is_what_registers_alone_would_not_count(town: SimulatedMunicipality) -> None:
    pull(town, "civil", PersonByPerson(lambda cpr: []))
    pull(town, "school", PersonByPerson(lambda cpr: []))
    week = Week.parse("2020-W53")
    before, _ = evaluate_week(town.gateway, town.contract, week)
    long = replace(BUSINESS, from_week=Week.parse("2019-W01"), to_week=week)
    with town.gateway.store.read() as session:
        people = session.exec(select(Subject.case_reference).order_by(Subject.case_reference)).all()
    for someone in people[20:24]:
        confirmed(town, someone, long)
    after, as_of = evaluate_week(town.gateway, town.contract, week)
    shares = {one.measure: one.quantity for one in as_of.reconciled.on_evidence}
    for total in after.totals:
        assert shares[total.measure] == total.quantity - before.quantity(total.measure)
    assert shares["weeks_in_work_or_education"] > 0


def test_every_register_must_be_complete_and_no_document_is_waited_for(town: SimulatedMunicipality) -> None:
    def frozen() -> bool:
        with town.gateway.store.read() as session:
            contract = town.gateway.contract(session, town.contract)
            return freeze_of(session, contract, contract.windows[0]) is not None

    assert not frozen()
    pull(town, "civil", PersonByPerson(lambda cpr: []))
    assert not frozen()
    pull(town, "school", PersonByPerson(lambda cpr: []))
    assert frozen()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (replace(BUSINESS, sha256="AB" * 32), "SHA-256"),
        (replace(BUSINESS, sha256="document.pdf"), "SHA-256"),
        (replace(BUSINESS, to_week=WEEKS[0] + -1), "before the first"),
        (replace(BUSINESS, from_week=Week.parse("2018-W39")), "no others are kept"),
        (replace(BUSINESS, to_week=Week.parse("2021-W27")), "no others are kept"),
        (replace(BUSINESS, expires_on=WEEKS[0].thursday), "no week would count"),
    ],
)
def test_what_could_never_count_is_refused(
    town: SimulatedMunicipality, document: EvidenceDocument, reason: str
) -> None:
    with pytest.raises(EvidenceRefused, match=reason):
        registered(town, reference_of(town), document)


def test_the_same_document_is_registered_once_until_it_is_withdrawn(town: SimulatedMunicipality) -> None:
    someone = reference_of(town)
    made = registered(town, someone)
    with pytest.raises(EvidenceRefused, match=made):
        registered(town, someone)
    manual_evidence.withdraw(town.gateway, made, role=CASE)
    assert registered(town, someone) != made


def test_a_kind_that_the_contract_does_not_accept_is_refused_by_rule(town: SimulatedMunicipality) -> None:
    with pytest.raises(PolicyDenied, match="P96-evidence-declared"):
        registered(town, reference_of(town), replace(BUSINESS, type=EvidenceType.FLEKSJOB_PERMIT))


def test_a_contract_that_names_no_documents_takes_none(tmp_path: Path) -> None:
    plain = ready(tmp_path / "plain")
    with plain.gateway.store.read() as session:
        someone = session.exec(select(Subject.case_reference)).first()
    assert someone
    with pytest.raises(PolicyDenied, match="P96-evidence-declared"):
        manual_evidence.register(plain.gateway, plain.contract, someone, BUSINESS, role=CASE)


def test_nobody_is_found_by_guessing(town: SimulatedMunicipality) -> None:
    for name in ("NOBODY", ""):
        with pytest.raises(PolicyDenied, match="P62-subject-enrolled"):
            registered(town, name)
    with pytest.raises(EvidenceUnknown):
        manual_evidence.confirm(town.gateway, "5f0c", role=CASE)


def test_of_somebody_who_objected_nothing_is_added_and_what_is_wrong_can_still_go(
    town: SimulatedMunicipality,
) -> None:
    someone = reference_of(town)
    waiting = registered(town, someone)
    protect(town, someone, RecordKind.OBJECTION)
    with pytest.raises(PolicyDenied, match="P18-subjects-covered"):
        manual_evidence.confirm(acting(town.gateway, "bo"), waiting, role=CASE)
    with pytest.raises(PolicyDenied, match="P18-subjects-covered"):
        registered(town, someone, replace(BUSINESS, sha256="cd" * 32))
    manual_evidence.withdraw(town.gateway, waiting, role=CASE)


def test_a_protected_person_is_in_no_list(town: SimulatedMunicipality) -> None:
    hidden = reference_of(town)
    confirmed(town, hidden)
    with town.gateway.store.read() as session:
        other = session.exec(select(Subject.case_reference).where(Subject.case_reference != hidden)).first()
    assert other
    registered(town, other)
    found, protected = manual_evidence.list_evidence(town.gateway, town.contract)
    assert ({one.case_reference for one in found}, protected) == ({hidden, other}, 0)  # positive control
    protect(town, hidden)
    found, protected = manual_evidence.list_evidence(town.gateway, town.contract)
    assert ([one.case_reference for one in found], protected) == ([other], 1)


def test_the_log_says_who_did_what_and_nothing_of_the_person(town: SimulatedMunicipality) -> None:
    someone = reference_of(town)
    made = confirmed(town, someone)
    manual_evidence.list_evidence(town.gateway, town.contract)
    manual_evidence.withdraw(town.gateway, made, role=CASE)
    with town.gateway.store.read() as session:
        query = select(LogEntry).where(LogEntry.log == "access", col(LogEntry.kind).like("evidence_%"))
        bodies = [row.body for row in session.exec(query.order_by(col(LogEntry.idx)))]
    kinds = [json.loads(body)["kind"] for body in bodies]
    assert kinds == ["evidence_registered", "evidence_confirmed", "evidence_listed", "evidence_withdrawn"]
    secret = ("self_employed", "2020-W10", str(WEEKS[0].ordinal), "ab" * 32, someone, subject_of(town, someone))
    for body in bodies:
        assert not [value for value in secret if value in body]
    assert "anna" in bodies[0]
    assert "bo" in bodies[1]


def test_the_person_reads_it_and_no_colleagues_name(town: SimulatedMunicipality) -> None:
    someone = reference_of(town)
    confirmed(town, someone)
    made = report(town.gateway, town.contract, Who(case_reference=someone), role=CASE)
    [document] = made.held.documents
    assert (document.kind, document.from_, document.to) == ("self_employed", date(2020, 3, 2), date(2020, 5, 17))
    assert document.confirmed_on == date(2030, 1, 1)
    actions = [one.action for one in made.look_ups]
    assert {"evidence_registered", "evidence_confirmed"} <= set(actions)
    text = page(made)
    assert "selvstændig virksomhed" in text
    assert "anna" not in json.dumps(as_json(made)) + text
    exported = archive.export(town.gateway, town.contract).xml.decode()
    assert 'kind="self_employed"' in exported
    assert "anna" not in exported


def test_an_erasure_takes_documents_along(town: SimulatedMunicipality) -> None:
    """By the way of a restored backup, which erases without deciding again."""
    someone, other = reference_of(town), reference_of(town, Status.NO_BENEFIT)
    subject = subject_of(town, someone)
    confirmed(town, someone)
    confirmed(town, other)
    mark = erasure.digest_of(subject)
    with town.gateway.write() as uow:
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark))
    assert erasure.repeat(town.gateway) == 1
    with town.gateway.store.read() as session:
        assert [row.subject_id for row in stored_documents(session)] == [subject_of(town, other)]


def test_on_the_command_line(tmp_path: Path) -> None:
    town = several(tmp_path / "town")
    someone = reference_of(town)
    town.gateway.store.dispose()
    anna, bo = ({**town.environment, "GATEWAY_STAFF": name} for name in ("anna", "bo"))
    weeks = ("--from-week", "2020-W10", "--to-week", "2020-W20", "--valid-to", "2020-12-31")
    add = ("evidence", "add", "impact60", "--case", someone, "--kind", "education", *weeks)
    told = run(*add, "--document-sha256", "ef" * 32, environment=anna)
    assert told.code == 0, told.text
    made = told.out.split()[1]
    assert run("evidence", "confirm", made, environment=anna).code == 8
    assert run("evidence", "confirm", made, environment=bo).code == 0
    listed = run("evidence", "list", "impact60", environment=bo)
    assert (someone in listed.out, "counts" in listed.out) == (True, True)
    protect(town, someone)
    town.gateway.store.dispose()
    listed = run("evidence", "list", "impact60", environment=bo)
    assert (listed.code, someone in listed.text, "protected: 1 documents" in listed.out) == (0, False, True)
    week = run("explain", "impact60", "--case", someone, "--week", "2020-W10", environment=bo)
    assert (week.code, "protected" in week.out, someone in week.text, "education" in week.text) == (
        0,
        True,
        False,
        False,
    )
    assert run("evidence", "withdraw", made, environment=bo).code == 0
    for wrong in (("--kind", "hearsay"), ("--from-week", "2020-10"), ("--valid-to", "soon"), ("--as", "dpo")):
        changed = (*add, "--document-sha256", "ef" * 32, *wrong)
        assert run(*changed, environment=anna).code == 2, wrong
    assert run(*add, "--document-sha256", "short", environment=anna).code == 5
    assert run("evidence", "confirm", "5f0c", environment=bo).code == 4
