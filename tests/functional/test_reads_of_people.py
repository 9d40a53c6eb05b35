"""Looking somebody up is a read, whatever it is called: what every command, route and job that touches people leaves.

The table names all of them. What touches nobody says why; of everything else a case shows whose lines it leaves, also
where nothing came of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select
from starlette.routing import Route

from connectors.source_file import LocalFile
from gateway.api.app import create_app
from gateway.errors.enrolment import EnrolmentRefused
from gateway.errors.rights import LookUpsEnded, PersonUnknown
from gateway.evaluation import manual_evidence
from gateway.evaluation.evaluating import evaluate_week
from gateway.evaluation.explaining import explain
from gateway.evaluation.explaining_week import explain_week
from gateway.evaluation.manual_evidence import EvidenceDocument
from gateway.installation import look_ups
from gateway.installation.gateway import Gateway
from gateway.intake import enrolment
from gateway.intake.checking import check_source
from gateway.jobs.doctor import examine_opened
from gateway.outcomes.manual_evidence import EvidenceType
from gateway.release.releasing import check, release
from gateway.rights import requests
from gateway.rights.people import Channel, NewRecord, Who, begin, end
from gateway.rights.report import report
from gateway.rights.requests import Right
from gateway.store import ledger
from gateway.store.log_tables import PersonLineRow
from gateway.store.tables import Subject
from gateway.store.unlocked import unlock
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from policies.terms import Purpose, Role
from tests.functional.test_cli_help import commands
from tests.functional.test_traps import Clock
from tests.support.clocks import Waiting
from tests.support.municipality import SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from tests.support.routes import all_routes
from tests.support.simulated import acting, declare, simulated
from tests.support.stored import edit_spells, stored_spells
from vocabulary.errors import ProductError
from vocabulary.releases import Recipient, Template
from vocabulary.statuses import Status
from vocabulary.weeks import Week

CASE = Role.CASE_WORKER
WEEK = Week.parse("2020-W40")
NOBODY = Who(case_reference="SAG-9999")

# what each command touches of people: nothing, and why; or the cases below (and elsewhere) that show its lines
TOUCHES_NOBODY = {
    "init": "makes an installation",
    "publish": "writes public files",
    "upgrade": "changes tables",
    "backup": "copies everybody's rows unread, as a sealed file; `backup_begun` says for whom before",
    "restore": "writes rows as they were, and counts who was erased",
    "keys mend": "removes files of keys",
    "log keep-heads": "compares sizes and roots of logs",
    "log confirm-day": "confirms a day",
    "log set-clock-back": "changes instants in everybody's values, and shows how many",
    "doctor": "counts and names nobody; sources by day",
    "serve": "its routes stand below",
    "demo": "runs the other commands",
    "simulate": "invents people in a folder of its own",
    "contract check": "reads a contract",
    "contract show": "reads a contract",
    "contract new": "asks questions, and writes two files",
    "contract add": "declares",
    "contract propose": "declares",
    "contract approve": "declares",
    "contract proposals": "lists declarations",
    "contract source": "declares",
    "contract declare": "takes a signed figure of a group",
    "contract processing-record": "is made from declarations",
    "contract leaflet": "is made from declarations",
    "contract notice": "is made from declarations",
    "contract list": "lists contracts",
    "contract adopt": "takes signed sums of earlier windows",
    "contract annex": "is made from declarations",
    "contract accept": "signs a contract text",
    "contract accepted": "takes a signature",
    "contract acceptances": "lists signatures",
    "contract rescue": "names staff",
    "contract approve-rescue": "names staff",
    "connectors new": "reads a file before there is a source: names of columns, no cell",
    "connectors statistics": "figures of groups, and nobody in them",
    "connectors list": "lists declarations",
    "log show": "events hold no person; the lines are not shown",
    "log verify": "recomputes hashes",
    "log checkpoint": "signs a head",
    "keys list": "keys",
    "keys client": "keys",
    "keys clients": "keys",
    "keys revoke": "keys",
    "keys add": "keys",
    "keys rotate": "keys",
    "keys activate": "keys",
    "keys retire": "keys",
    "keys destroy": "keys",
    "keys compromised": "keys",
    "keys passphrase": "keys",
    "trust export": "keys",
    "policy status": "rules",
    "policy propose": "rules",
    "policy approve": "rules",
    "policy explain": "a decision and its facts, which are of a group or name nobody",
    "policy replay": "the same",
    "holds list": "counts of a pull whose lines stand with it",
    "advice give": "about a window",
    "advice answer": "about a window",
    "advice lift": "about a window",
    "advice list": "about a window",
    "advice sample": "events, without their lines",
    "audit approve": "lets rows be shown; showing them leaves the lines",
    "audit take": "takes a signature",
    "audit list": "counts",
    "settle state": "signed payment documents",
    "settle statement": "signed payment documents",
    "settle acknowledge": "signed payment documents",
    "settle dispute": "signed payment documents",
    "settle resolve": "signed payment documents",
    "settle adjust": "signed payment documents",
    "settle invoice": "signed payment documents",
    "settle sheet": "signed payment documents",
    "settle approve": "signed payment documents",
    "settle paid": "signed payment documents",
    "settle investor": "signed payment documents",
    "comparison": "reads a whole extract; whoever is in a cohort here is dropped in memory, and nobody is told apart",
}
LEAVES_LINES = {  # command -> the actions of its lines, of which `looked_up` and `checked` also stand for a refusal
    "enrol": ("enrol", "notice", "looked_up"),
    "pull": ("pull",),
    "evaluate": ("evaluate", "checked"),
    "release": ("evaluate", "checked"),
    "state": ("statement", "checked"),
    "correct": ("evaluate", "checked"),
    "explain": ("explain", "week_explained", "looked_up", "checked"),
    "shadow": ("evaluate",),
    "contract simulate": ("evaluate",),
    "contract amend": ("evaluate",),
    "connectors check": ("check",),
    "evidence add": ("evidence_registered", "looked_up"),
    "evidence score": ("evidence_registered", "looked_up"),
    "evidence confirm": ("evidence_confirmed", "looked_up"),
    "evidence withdraw": ("evidence_withdrawn", "looked_up"),
    "evidence list": ("evidence_listed",),
    "rights record": ("record_changed", "looked_up"),
    "rights end": ("record_changed", "looked_up"),
    "rights report": ("access_report", "looked_up"),
    "rights consent": ("consent_receipt", "looked_up"),
    "rights ask": ("asked_erasure", "asked_rectification", "looked_up"),
    "rights list": ("requests_listed",),
    "rights decide": ("decided_erasure", "decided_rectification", "looked_up"),
    "rights archive": ("archive",),
    "rights repeat-erasures": (),  # whom it touches is erased, and so are the lines
    "holds accept": ("held_accepted",),  # of answers; a file is read by the next pull
    "holds reject": ("held_rejected",),
    "audit sample": ("sampled",),
    "audit recompute": ("evaluate",),
    "audit rows": ("audit_rows",),
    "audit find": ("found",),
    "audit close": ("audit_closed",),
    "settle accruals": ("evaluate", "checked"),
    "contract trial": ("looked_up",),  # whoever is enrolled here; nobody who is tried has an id that stays
    "contract referrals": ("referrals",),
}
# no route evaluates, and none takes a person's name: tests/attacks/test_oracle.py
ROUTES = {
    "/",
    "/docs",
    "/openapi.json",
    "/health",
    "/token",
    "/access-log",
    "/contracts",
    "/contracts/{contract_id}/windows/{window}/attestations/{template}",
    "/contracts/{contract_id}/settlement",
    "/contracts/{contract_id}/windows/{window}/acknowledgement",
    "/contracts/{contract_id}/windows/{window}/disputes",
    "/contracts/{contract_id}/disputes/{dispute}/outcome",
    "/contracts/{contract_id}/windows/{window}/adjustments",
    "/contracts/{contract_id}/windows/{window}/invoice",
}


def test_the_table_holds_every_command_and_every_route(town: Town):
    assert {" ".join(path) for path in commands()} == TOUCHES_NOBODY.keys() | LEAVES_LINES.keys()
    assert not TOUCHES_NOBODY.keys() & LEAVES_LINES.keys()
    routes = {route.path for route in all_routes(create_app(town.gateway).routes) if isinstance(route, Route)}
    assert {path for path in routes if "well-known" not in path and "/public" not in path} >= ROUTES
    assert all("{case" not in path and "{subject" not in path and "{person" not in path for path in routes)


def test_every_action_of_the_table_is_one_that_some_line_has():
    written = " ".join(path.read_text() for path in (Path(__file__).parents[2] / "gateway").rglob("*.py"))
    for action in {action for actions in LEAVES_LINES.values() for action in actions}:
        assert f'"{action}"' in written or f"_{action.partition('_')[2]}" in written, action


@dataclass(frozen=True)
class Town:
    """A municipality, and what its log says from some moment on."""

    made: SimulatedMunicipality

    @property
    def gateway(self) -> Gateway:
        return self.made.gateway

    def size(self) -> int:
        with self.gateway.store.read() as session:
            return ledger.size(session, "access")

    def since(self, start: int) -> tuple[list[dict], set[tuple[str, str]]]:
        """The events from an index on, and (subject, action) of their lines."""
        with self.gateway.store.read() as session:
            events = [json.loads(row.body) for row in ledger.rows(session, "access")][start:]
            lines = session.exec(select(PersonLineRow).where(PersonLineRow.log_idx >= start)).all()
            return events, {(line.subject_id, json.loads(line.body)["action"]) for line in lines}

    def person(self, place: int = 0) -> tuple[Who, str]:
        with self.gateway.store.read() as session:
            row = session.exec(select(Subject).order_by(Subject.case_reference)).all()[place]
        return Who(case_reference=row.case_reference), row.subject_id

    def cpr(self, reference: str) -> str:
        lines = self.made.drop.referrals.read_text().splitlines()[1:]
        return next(line.split(";")[0] for line in lines if f";{reference};" in line)

    def everybody(self) -> set[str]:
        with self.gateway.store.read() as session:
            return set(session.exec(select(Subject.subject_id)).all())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(ready(tmp_path_factory.mktemp("reads"), clock=Clock(date(2030, 1, 1))))


def _refused(act: Callable[[], object], *errors: type[Exception]) -> None:
    with pytest.raises(errors):
        act()


def _document(kind: EvidenceType = EvidenceType.EDUCATION) -> EvidenceDocument:
    return EvidenceDocument(kind, WEEK, WEEK, date(2021, 1, 1), "a" * 64)


def _looked_up_by_name(town: Town) -> dict[str, tuple[Callable[[], object], Callable[[], object]]]:
    """Every way to name one person: somebody's name, where nothing comes of it; and nobody's."""
    gateway, contract = town.gateway, town.made.contract
    who, _ = town.person()
    late = NewRecord(RecordKind.OBJECTION, Channel.LETTER, valid_to=date(2001, 1, 1))
    number = Who(cpr=town.cpr(who.case_reference))
    listed = town.made.drop.referrals.read_text().replace("-", "")
    digits = number.cpr.replace("-", "")
    numbers = (f"{digits[:7]}{serial:03}" for serial in range(1000))
    stranger = Who(cpr=next(one for one in numbers if one not in listed))
    service = replace(gateway, settings=gateway.settings.model_copy(update={"service": "test"}))

    def each(act: Callable[[Who], object]) -> tuple[Callable[[], object], Callable[[], object]]:
        return (lambda: act(who)), (lambda: act(NOBODY))

    return {
        "rights record": each(lambda one: begin(gateway, contract, one, late, role=CASE)),
        "rights record, by number": (
            lambda: begin(gateway, contract, number, late, role=CASE),
            lambda: begin(gateway, contract, stranger, late, role=CASE),
        ),
        "rights report, by whom nobody answers for": each(lambda one: report(service, contract, one, role=CASE)),
        "evidence add": each(
            lambda one: manual_evidence.register(gateway, contract, one.case_reference, _document(), role=CASE)
        ),
        "explain": each(
            lambda one: explain(gateway, contract, Week.parse("2045-W01"), case_reference=one.case_reference)
        ),
    }


@pytest.mark.parametrize(
    "name",
    [
        "rights record",
        "rights record, by number",
        "rights report, by whom nobody answers for",
        "evidence add",
        "explain",
    ],
)
def test_whoever_is_named_has_a_line_also_where_nothing_comes_of_it(town: Town, name: str):
    somebody, nobody = _looked_up_by_name(town)[name]
    _, subject = town.person()
    start = town.size()
    with pytest.raises((ProductError, PolicyDenied)):
        somebody()
    events, lines = town.since(start)
    assert (subject, "looked_up") in lines
    [seen] = [event for event in events if event["kind"] == "person_looked_up"]
    assert (seen["contract"], seen["lines"]["count"]) == (town.made.contract, 1)
    start = town.size()
    with pytest.raises((ProductError, PolicyDenied)):
        nobody()
    events, lines = town.since(start)
    assert "person_looked_up" in [event["kind"] for event in events], "a name that is nobody's was tried too"
    assert lines == set()


def test_a_look_up_stands_in_the_report_with_role_and_purpose_and_no_name(town: Town):
    who, _ = town.person(2)
    staff = acting(town.gateway, "frederikke.sagsbehandler")
    with pytest.raises(PolicyDenied):
        manual_evidence.register(staff, town.made.contract, who.case_reference, _document(), role=CASE)
    made = report(town.gateway, town.made.contract, who, role=CASE)
    assert (made.look_ups[-1].action, made.look_ups[-1].role) == ("looked_up", "case_worker")
    assert made.look_ups[-1].purpose == Purpose.OUTCOME_PAYMENT
    assert "frederikke" not in repr(made)


def test_ids_of_records_and_requests_name_a_person_too(town: Town):
    gateway, contract = town.gateway, town.made.contract
    who, subject = town.person(3)
    begun = begin(gateway, contract, who, NewRecord(RecordKind.OBJECTION, Channel.LETTER), role=CASE)
    asked = requests.ask(gateway, contract, who, Right.RECTIFICATION, role=CASE)
    end(gateway, contract, begun.record, channel=Channel.LETTER, role=CASE)
    for act in (
        lambda: end(gateway, contract, begun.record, channel=Channel.LETTER, role=CASE),  # has ended already
        lambda: requests.decide(gateway, contract, asked, grant=True),  # by whoever registered it
        lambda: requests.ask(gateway, contract, who, Right.RECTIFICATION, role=CASE),  # is open already
    ):
        start = town.size()
        with pytest.raises((ProductError, PolicyDenied)):
            act()
        assert town.since(start)[1] == {(subject, "looked_up")}
    start = town.size()
    assert requests.open_requests(gateway, contract)
    assert town.since(start)[1] == {(subject, "requests_listed")}


def test_an_evaluation_that_ends_without_a_result_says_whose_data_it_read(town: Town):
    gateway, contract = town.gateway, town.made.contract
    start = town.size()
    with pytest.raises(PersonUnknown):
        explain_week(gateway, contract, WEEK, "SAG-9999")
    events, lines = town.since(start)
    assert [event["kind"] for event in events] == ["person_looked_up", "not_done"]
    assert lines == set()

    def breaks(*_: object, **__: object) -> None:
        raise PersonUnknown(contract=contract)

    start = town.size()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.evaluation.evaluating.evaluate", breaks)
        with pytest.raises(PersonUnknown):
            evaluate_week(gateway, contract, WEEK)
    events, lines = town.since(start)
    assert [event["kind"] for event in events] == ["evaluation_authorised", "not_done"]
    assert lines == {(one, "checked") for one in town.everybody()}


def test_a_check_of_a_source_and_a_list_of_documents_name_everybody_whom_they_read(town: Town):
    gateway, contract = town.gateway, town.made.contract
    start = town.size()
    check_source(
        gateway,
        contract,
        "income",
        LocalFile(town.made.drop.income),
        secrets=gateway.secrets,
        clock=Waiting().clock,
    )
    assert {one for one, action in town.since(start)[1] if action == "check"} == town.everybody()


@pytest.fixture
def blocking(tmp_path: Path) -> Town:
    """A contract under which one week with a code that nobody knows holds a release back, with one such week."""
    made = simulated(
        tmp_path,
        extract_people=20,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, ('unknown_codes = "report"', 'unknown_codes = "block"')),
        clock=Clock(date(2030, 1, 1)),
    )
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    town.enrol()
    town.pull_all()
    return Town(town)


def test_a_dry_run_that_asks_for_codes_of_people_leaves_their_lines(blocking: Town):
    asked = (blocking.gateway, blocking.made.contract, "2018H2", Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
    start = blocking.size()
    assert check(*asked) == "release"
    assert blocking.since(start)[1] == {(one, "checked") for one in blocking.everybody()}
    with Session(blocking.gateway.store.engine) as session:
        unlock(session, lambda: blocking.gateway.keystore.load("vault").private_bytes)
        first = min(stored_spells(session), key=lambda row: row.from_week)
        edit_spells(
            session,
            blocking.made.contract,
            first.source_id,
            first.subject_id,
            lambda found: [replace(found[0], status=Status.UNKNOWN), *found[1:]],
        )
        session.commit()
    for act in (check, release):
        start = blocking.size()
        with pytest.raises(PolicyDenied):
            act(*asked)
        events, lines = blocking.since(start)
        assert [event["kind"] for event in events] == ["denied"]
        assert lines == {(one, "checked") for one in blocking.everybody()}


# ── lists ───────────────────────────────────────────────────────────────────────────────────────────────────────────

HEADER = "CPR nummer;Henvist dato;Leverandørens sagsnummer;Underretning"


@pytest.fixture
def second(tmp_path: Path) -> Town:
    """A town with everybody enrolled in one contract, and another contract in force with nobody."""
    town = ready(tmp_path, pulled=False, clock=Clock(date(2030, 1, 1)))
    town.enrol()
    folder = tmp_path / "second"
    folder.mkdir()
    declare(
        town.gateway,
        "impact60",
        folder,
        edits=(*SMALL_CONTRACT, ('id = "impact60"', 'id = "second"')),
        programme_edits=(('id = "impact60"', 'id = "second"'),),
    )
    return Town(town)


def _list(town: Town, enrolled: int, others: int) -> Path:
    """A referral list of so many who are enrolled already and so many who are not."""
    lines = town.made.drop.referrals.read_text().splitlines()[1:]
    rows = [f"{line.split(';')[0]};2018-10-01;NY-{place:04};notice-2018-1" for place, line in enumerate(lines)]
    new = [
        f"{60 + place % 28 + 1:02}{place % 12 + 1:02}55{1000 + place};2018-10-01;ANDEN-{place:04};notice-2018-1"
        for place in range(others)
    ]
    file = town.made.folder / "list.csv"
    file.write_text("\n".join([HEADER, *rows[:enrolled], *new]) + "\n", encoding="utf-8")
    return file


def test_a_list_that_is_refused_is_logged_with_count_digest_and_a_line_for_whoever_was_found(second: Town):
    gateway = second.gateway
    few = _list(second, 3, 27)
    start = second.size()
    seen = enrolment.preview(gateway, "second", "2018", few)
    assert seen.refused == ((2, "enrolled_already"), (3, "enrolled_already"), (4, "enrolled_already"))
    assert "contract" not in "".join(reason for _, reason in seen.refused), "never in which contract somebody is"
    with pytest.raises(EnrolmentRefused):
        enrolment.enrol(gateway, "second", "2018", few)
    events, lines = second.since(start)
    assert [event["kind"] for event in events] == ["enrolment_previewed", "referral_list_refused", "not_done"]
    for event in events[:2]:
        assert (event["listed"], event["accepted"], event["found"]) == (30, 27, 3)
        assert (event["file_sha256"], event["lines"]["count"]) == (seen.file_sha256, 3)
    assert len(lines) == 3
    assert {action for _, action in lines} == {"looked_up"}
    who = next(Who(case_reference=one.case_reference) for one in [second.person(0)[0]])
    made = report(gateway, second.made.contract, who, role=CASE)
    assert [one.action for one in made.look_ups][-2:] == ["looked_up", "looked_up"]
    many = enrolment.preview(gateway, "second", "2018", _list(second, 6, 24))
    assert (many.found, many.refused) == (6, ()), "many are counted, and no line is named"


def test_of_a_mass_list_nobody_is_looked_up(second: Town):
    """The list of 620 that told 120 apart."""
    start = second.size()
    seen = enrolment.preview(second.gateway, "second", "2018", _list(second, 30, 300))
    assert (seen.is_too_long, seen.listed, seen.accepted, seen.found, seen.refused) == (True, 330, 0, 0, ())
    with pytest.raises(EnrolmentRefused) as refused:
        enrolment.enrol(second.gateway, "second", "2018", _list(second, 30, 300))
    assert refused.value.lines == ()
    events, lines = second.since(start)
    assert [event["listed"] for event in events if "listed" in event] == [330, 330]
    assert lines == set()


def test_a_list_of_the_declared_size_never_ends_the_look_ups(second: Town):
    for _ in range(4):
        seen = enrolment.preview(second.gateway, "second", "2018", _list(second, 30, 0))
        assert (seen.accepted, seen.found) == (0, 30)


def test_mass_look_ups_end_at_the_declared_number_and_alert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    clock = Clock(date(2030, 1, 1))
    town = Town(ready(tmp_path, clock=clock))
    monkeypatch.setattr(look_ups, "most_people", lambda *_: 10)
    gateway, contract = town.gateway, town.made.contract
    for place in range(10):
        _refused(
            lambda place=place: report(gateway, contract, Who(case_reference=f"X-{place}"), role=CASE), PolicyDenied
        )
    assert not [one for one in examine_opened(gateway) if "looked up" in one.what]
    start = town.size()
    for who in (NOBODY, town.person()[0]):  # the answer is the same for somebody and for nobody
        _refused(lambda who=who: report(gateway, contract, who, role=CASE), LookUpsEnded)
    events, lines = town.since(start)
    assert [event["kind"] for event in events] == ["look_ups_stopped"]
    assert lines == set()
    assert [one.level for one in examine_opened(gateway) if "looked up" in one.what] == ["fail"]
    objection = NewRecord(RecordKind.OBJECTION, Channel.LETTER)
    assert begin(gateway, contract, town.person()[0], objection, role=CASE).record, "a right waits for nobody"
    _refused(lambda: report(gateway, contract, town.person()[0], role=CASE), LookUpsEnded)
    later = replace(gateway, clock=lambda: datetime(2030, 1, 2, tzinfo=UTC) + timedelta(days=1))
    assert report(later, contract, town.person()[0], role=CASE).held
