"""Every command and every route stands in one of two tables: it asks the policy, or it says why nothing is asked.

The first table is proved with rules that refuse everything: the command is refused with exit code 8 and leaves nothing
but the refusal. What is new and in neither table fails.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import pytest
import typer
from fastapi.routing import APIWebSocketRoute
from fastapi.testclient import TestClient
from sqlalchemy import inspect, text
from sqlmodel import select
from starlette.routing import BaseRoute, Host, Mount, Route, WebSocketRoute

from gateway.api import public
from gateway.api.app import create_app
from gateway.cli.app import tree
from gateway.contracts import declarations
from gateway.errors.holds import PullLooksWrong
from gateway.evaluation.trial import propose_trial
from gateway.events.evidence import EvidenceRegistered
from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings, utc_now
from gateway.intake import pulling
from gateway.oversight import advice, governance
from gateway.rights import requests
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.store.log_tables import DecisionRow, LogEntry
from gateway.store.registered_evidence import RegisteredEvidence, keep
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.decision import Decision
from policies.engine import PolicyEngine, PolicyRequest
from policies.terms import Action, Purpose, Role
from tests.support import auditing
from tests.support.api_client import Client
from tests.support.command_line import run
from tests.support.examples import every_third
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.opening import balances_text, contract_of, operator_signs, paid
from tests.support.routes import all_routes
from tests.support.settling import accept, contest, invoiced
from tests.support.simulated import acting
from tests.support.tried import people_of_a_past_year, trial_files
from vocabulary.weeks import Week

# command -> what the policy is asked first, and how the command is written
ASKS: dict[str, tuple[Action, tuple[str, ...]]] = {
    "enrol": (Action.ENROL, ("impact60", "REFERRALS", "--batch", "2018", "--yes")),
    "pull": (Action.PULL_SOURCE, ("impact60", "dream", "STATUS")),
    "connectors check": (Action.PULL_SOURCE, ("dream", "STATUS")),
    "comparison": (Action.PULL_SOURCE, ("impact60", "SELECTION", "--extract", "STATUS", "--out", "figures.json")),
    "evaluate": (Action.EVALUATE, ("impact60", "--week", "2020-W10")),
    "shadow": (Action.EVALUATE, ("impact60", "--workbook", "STATUS", "--map", "MAP")),
    "explain": (Action.EVALUATE, ("impact60", "--case", "REFERENCE", "--week", "2020-W10")),
    "evidence add": (
        Action.REGISTER_EVIDENCE,
        (
            *("impact60", "--case", "REFERENCE", "--kind", "education", "--from-week", "2020-W10"),
            *("--to-week", "2020-W11", "--valid-to", "2020-12-31", "--document-sha256", "0" * 64),
        ),
    ),
    "evidence score": (
        Action.REGISTER_EVIDENCE,
        (
            *("impact60", "--case", "REFERENCE", "--instrument", "index", "--on", "2020-04-01", "--points", "5"),
            *("--document-sha256", "0" * 64),
        ),
    ),
    "evidence confirm": (Action.REGISTER_EVIDENCE, ("EVIDENCE",)),
    "evidence withdraw": (Action.REGISTER_EVIDENCE, ("EVIDENCE",)),
    "evidence list": (Action.EVALUATE, ("impact60",)),
    "release": (Action.RELEASE_PAYMENT, ("impact60", "2018H2", "--template", "payment_document", "--to", "operator")),
    "state": (Action.RELEASE_INDIVIDUAL, ("impact60", "2020H2", "--out", "statement.jwt")),
    "correct": (Action.RELEASE_PAYMENT, ("impact60", "2019H2", "--reason", "source_corrected")),
    "contract approve": (Action.CHANGE_POLICY, ("PROPOSAL",)),
    "contract trial": (
        Action.TRY_CONTRACT,
        (
            *(
                "DRAFT",
                "TRIAL_PROGRAMME",
                "--list",
                "TRIED",
                "--register",
                "TRIED_STATUS",
                "--register",
                "TRIED_INCOME",
            ),
            *("--out", "draft.trial.jwt"),
        ),
    ),
    "contract referrals": (Action.EVALUATE, ("impact60",)),
    "contract adopt": (Action.CHANGE_POLICY, ("impact60", "BALANCES", "--signed", "STATEMENT")),
    "log show": (Action.READ_LOG, ()),
    "rights record": (Action.REGISTER_RIGHT, ("impact60", "objection", "--case", "REFERENCE")),
    "rights end": (Action.REGISTER_RIGHT, ("impact60", "CONSENT")),
    "rights report": (Action.READ_PERSON, ("impact60", "--case", "REFERENCE", "--out", "report.html")),
    "rights consent": (Action.READ_PERSON, ("impact60", "CONSENT", "--contact", "CONTACT", "--out", "consent.jsonld")),
    "rights ask": (Action.REGISTER_RIGHT, ("impact60", "rectification", "--case", "REFERENCE")),
    "rights decide": (Action.DECIDE_RIGHT, ("impact60", "REQUEST", "--answer", "grant")),
    "rights archive": (Action.READ_PERSON, ("impact60", "--out", "archive.xml")),
    "policy approve": (Action.CHANGE_POLICY, ("POLICY_SET",)),
    "policy explain": (Action.READ_LOG, ("DECISION",)),
    "policy replay": (Action.READ_LOG, ("DECISION",)),
    "holds accept": (Action.CHANGE_POLICY, ("HOLD",)),
    "holds reject": (Action.CHANGE_POLICY, ("HOLD",)),
    "advice give": (Action.ADVISE, ("impact60", "--text", "Wait.", "--suspend")),
    "advice answer": (Action.CHANGE_POLICY, ("ADVICE", "--followed")),
    "advice lift": (Action.ADVISE, ("ADVICE",)),
    "advice sample": (Action.READ_LOG, ("impact60",)),
    "audit sample": (Action.AUDIT, ("impact60", "2018H2", "--size", "3", "--nonce", "NONCE")),
    "audit recompute": (Action.AUDIT, ("impact60", "2018H2")),
    "audit approve": (Action.CHANGE_POLICY, ("SAMPLE",)),
    "audit rows": (Action.AUDIT_ROWS, ("SAMPLE", "STATUS")),
    "audit find": (Action.AUDIT, ("SAMPLE", "--item", "1", "--agrees")),
    "audit close": (Action.AUDIT, ("SAMPLE", "--out", "findings.json")),
    "settle state": (Action.READ_SETTLEMENT, ("impact60",)),
    "settle statement": (Action.READ_SETTLEMENT, ("impact60", "--out", "statement.html")),
    "settle acknowledge": (Action.ACKNOWLEDGE, ("impact60", "2018H2")),
    "settle dispute": (
        Action.ACKNOWLEDGE,
        ("impact60", "2018H2", "--line", "weeks/window", "--reason", "source", "--letter", "STATUS"),
    ),
    "settle resolve": (Action.ACKNOWLEDGE, ("DISPUTE", "--outcome", "stands", "--letter", "STATUS")),
    "settle adjust": (
        Action.ACKNOWLEDGE,
        ("impact60", "2018H2", "--line", "weeks/window", "--worth-minor", "1", "--letter", "STATUS"),
    ),
    "settle invoice": (Action.REQUEST_PAYMENT, ("impact60", "2018H2", "--out", "invoice.xml")),
    "settle sheet": (Action.READ_SETTLEMENT, ("impact60", "BILL", "--out", "sheet.html")),
    "settle approve": (Action.APPROVE_PAYMENT, ("impact60", "BILL")),
    "settle paid": (Action.APPROVE_PAYMENT, ("impact60", "BILL", "--on", "2026-01-01")),
    "settle investor": (Action.READ_SETTLEMENT, ("impact60",)),
    "settle accruals": (Action.EVALUATE, ("impact60",)),
}
# the same for options that show more than their command does by itself
OPTIONS_ASK: dict[str, tuple[Action, tuple[str, ...]]] = {
    "pull impact60 dream": (Action.PULL_SOURCE, ()),  # what lies in the source's folder
    "evaluate --explain": (Action.EVALUATE, ("impact60", "--week", "2020-W10", "--json", "explained.json")),
    "evaluate --explain --case REFERENCE": (Action.EVALUATE, ("impact60", "--week", "2020-W10")),
    "evaluate --known-at TODAY": (Action.EVALUATE, ("impact60", "--week", "2020-W10")),
    "evaluate --changed-since TODAY": (Action.EVALUATE, ("impact60",)),
}
# command -> why nobody is asked
ASKS_NOBODY = {
    "init": "makes the installation; there is no rule and no person yet",
    "publish": "writes public files, which hold nothing of anybody",
    "upgrade": "changes tables, and no row of anybody",
    "backup": "copies everything for a declared recipient, whom the log names first, and shows nothing here",
    "restore": "fills an empty place, and erases again whom it was decided to erase",
    "keys mend": "removes files that signed and opened nothing",
    "log keep-heads": "compares sizes and roots of logs, by two people",
    "log confirm-day": "says that the machine's clock is right, and of nobody anything",
    "log set-clock-back": "changes instants that have not come, by two people",
    "doctor": "shows counts, dates and states of the installation, and no person",
    "simulate": "writes invented people",
    "serve": "serves routes that ask one by one",
    "demo": "builds an installation of its own with invented people, through the use cases that ask",
    "connectors new": "reads the first row of one file, and refuses it where it could be a person's",
    "connectors list": "shows declared sources, agreements and weeks, and no person",
    "connectors statistics": "asks a service about groups, never about a person, and stores no figure",
    "contract check": "reads one file",
    "contract show": "reads one file",
    "contract accept": "signs that the municipality accepts a text; nothing is in force by it, and nobody is in it yet",
    "contract accepted": "takes in what a party signed about a text; nothing is in force by it",
    "contract acceptances": "shows organisations, public keys and days",
    "contract add": "puts a first version in force, with the grants that could be asked; a later one needs two people",
    "contract propose": "changes nothing until a second person approves, who is asked",
    "contract proposals": "shows digests and days",
    "contract rescue": "changes nothing until the second of two people approves, with the key store's passphrase",
    "contract approve-rescue": "is open where the policy would refuse everybody, to two with the passphrase",
    "contract source": "declares where data come from; every pull asks whether the agreement covers it",
    "contract declare": "takes in a figure about a whole group, whose signature the contract's own key must have made",
    "contract leaflet": "reads files",
    "contract notice": "reads files",
    "contract processing-record": "reads files",
    "contract simulate": "invents people; with --cohort it asks as `evaluate` does, see test_whatif.py",
    "contract new": "asks questions, and writes two files",
    "contract amend": "reads texts and released figures; with --on-people it asks as `settle accruals` does",
    "contract annex": "reads files, and prints the fingerprint of the anchor, which is public",
    "contract list": "shows contracts",
    "log verify": "recomputes hashes and shows roots",
    "log checkpoint": "signs a root",
    "keys list": "shows public keys",
    "keys client": "registers an organisation's public key; what is asked for with it is decided each time",
    "keys clients": "shows public keys",
    "keys revoke": "takes a client's access away",
    "keys add": "makes a key that signs nothing yet",
    "keys rotate": "changes which key signs; what is signed is decided each time",
    "keys activate": "changes which key signs; what is signed is decided each time",
    "keys retire": "takes a key out of use",
    "keys destroy": "takes a key out of use",
    "keys compromised": "takes a key out of use",
    "keys passphrase": "encrypts the key store again",
    "trust export": "writes public keys",
    "rights list": "shows requests by id and day, and no person",
    "rights repeat-erasures": "repeats erasures that were decided, after a restore",
    "policy status": "shows digests",
    "policy propose": "changes nothing until a second person approves, who is asked",
    "audit take": "takes in what an auditor signed, whose key the programme names, whatever it says",
    "audit list": "shows how far samples have come, and no person",
    "holds list": "shows counts and days of pulls, and no person",
    "advice list": "shows advice, which is about windows",
}
ROUTES_ASK = {
    ("POST", "/contracts/{contract_id}/windows/{window}/attestations/{template}"): Action.RELEASE_TOTAL,
    ("GET", "/contracts/{contract_id}/windows/{window}/attestations/{template}"): Action.RELEASE_TOTAL,
    ("GET", "/access-log"): Action.READ_LOG,
    ("GET", "/contracts/{contract_id}/settlement"): Action.READ_SETTLEMENT,
    ("POST", "/contracts/{contract_id}/windows/{window}/acknowledgement"): Action.ACKNOWLEDGE,
    ("POST", "/contracts/{contract_id}/windows/{window}/disputes"): Action.ACKNOWLEDGE,
    ("POST", "/contracts/{contract_id}/windows/{window}/adjustments"): Action.ACKNOWLEDGE,
    ("POST", "/contracts/{contract_id}/disputes/{dispute}/outcome"): Action.ACKNOWLEDGE,
    ("POST", "/contracts/{contract_id}/windows/{window}/invoice"): Action.REQUEST_PAYMENT,
}
DIGEST = "0" * 64
BODIES = {
    "acknowledgement": {"jwt_sha256": DIGEST},
    "disputes": {
        "line": "weeks/window",
        "reason": "source",
        "letter_sha256": DIGEST,
        "jwt_sha256": DIGEST,
    },
    "adjustments": {"line": "weeks/window", "worth_minor": 1, "letter_sha256": DIGEST, "jwt_sha256": DIGEST},
    "outcome": {"outcome": "stands", "letter_sha256": DIGEST},
}
ROUTES_ASK_NOBODY = {
    "/": "the documentation",
    "/docs": "the documentation",
    "/openapi.json": "the documentation",
    "/health": "whether it answers",
    "/token": "authenticates; what is asked for with the token is decided each time",
    "/contracts": "shows an authenticated party the contracts that name it, without people",
}


# (class, path) of a route that is no plain `Route`, such as a mounted application or a socket -> why it asks nobody
ROUTES_OF_OTHER_CLASSES: dict[tuple[str, str], str] = {}


def commands(of: typer.Typer | None = None, prefix: tuple[str, ...] = ()) -> Iterator[str]:
    of = of or tree()
    for command in of.registered_commands:
        assert command.callback is not None
        yield " ".join((*prefix, command.name or command.callback.__name__.replace("_", "-")))
    for group in of.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, (*prefix, str(group.name)))


def test_every_command_stands_in_one_of_the_tables():
    assert sorted(commands()) == sorted([*ASKS, *ASKS_NOBODY])


def test_every_action_is_asked_for_by_some_command_or_route():
    asked = {action for action, _ in ASKS.values()} | set(ROUTES_ASK.values())
    assert asked | {Action.RELEASE_PREDICATE} == set(Action)  # by `release --template predicate`


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulatedMunicipality, dict[str, str]]:
    """A municipality in which everything that a command may name exists, and the names."""
    town = ready(tmp_path_factory.mktemp("enforcement"))
    gateway, contract = town.gateway, town.contract
    with gateway.store.read() as session:
        reference = session.exec(select(Subject.case_reference).order_by(Subject.case_reference)).first()
        decision = session.exec(select(DecisionRow.id)).first()
    assert reference
    assert decision
    who = Who(case_reference=reference)
    consent = NewRecord(RecordKind.GDPR_CONSENT, Channel.LETTER, frozenset({Purpose.OUTCOME_PAYMENT}), "notice-2018-1")
    for label in ("2018H2", "2019H1", "2019H2"):
        town.release(label, "payment_document", "operator")
    accept(town, "2019H1")
    text = (town.folder / "impact60.programme.toml").read_text().replace("suspension_days = 5 ", "suspension_days = 6 ")
    (town.folder / "later.programme.toml").write_text(text)
    another = town.folder / "others.csv"  # the sealed list again would only be told that it is sealed
    another.write_text(town.drop.referrals.read_text() + "\n")
    names = {
        "REFERENCE": reference,
        "DECISION": decision,
        "EVIDENCE": documented(town, reference),
        "CONSENT": begin(gateway, contract, who, consent, role=Role.CASE_WORKER).record,
        "REQUEST": requests.ask(
            acting(gateway, "case-worker"), contract, who, requests.Right.RECTIFICATION, role=Role.CASE_WORKER
        ),
        "ADVICE": advice.advise(acting(gateway, "dpo"), contract, "Wait.").id,
        "POLICY_SET": governance.propose_policy_set(acting(gateway, "first")),
        "PROPOSAL": declarations.propose_change(
            acting(gateway, "first"), town.folder / "impact60.toml", town.folder / "later.programme.toml"
        ),
        "DISPUTE": contest(town, "2019H2", "weeks_in_work_or_education/window").id,
        "BILL": invoiced(town, "2019H1").number,
        "HOLD": odd_pull(town),
        "TODAY": str(utc_now().date()),
        "STATUS": str(town.drop.status),
        "CONTACT": str(EXAMPLES / "contacts" / "aalborg.toml"),
        "SELECTION": str(EXAMPLES / "comparisons" / "impact60.toml"),
        "REFERRALS": str(another),
        "NONCE": auditing.NONCE,
        "MAP": str(EXAMPLES / "adoption" / "impact60.map.toml"),
        **opening_of(town),
        **proposed_trial(town),
    }
    auditing.appoint(town)  # last: from then on only those who are named act
    names["SAMPLE"] = auditing.draw(town).sample.id
    gateway.store.dispose()
    return town, names


def odd_pull(town: SimulatedMunicipality) -> str:
    """The id of a hold: an extract whose codes no list explains."""
    odd = town.folder / "odd" / town.drop.status.name
    odd.parent.mkdir()
    odd.write_text(town.drop.status.read_text().replace(",7", ",8").replace(",1", ",8"))
    with pytest.raises(PullLooksWrong) as held:
        pulling.pull(town.gateway, town.contract, "dream", odd)
    return held.value.hold


def proposed_trial(town: SimulatedMunicipality) -> dict[str, str]:
    """A draft, its programme and people of a past year, as somebody proposed them."""
    drop = people_of_a_past_year(town.folder / "past")
    files = trial_files(town.folder / "trial", drop)
    propose_trial(acting(town.gateway, "first"), files)
    return {
        "DRAFT": str(files.contract),
        "TRIAL_PROGRAMME": str(files.programme),
        "TRIED": str(files.people),
        "TRIED_STATUS": f"dream={drop.status}",
        "TRIED_INCOME": f"income={drop.income}",
    }


def opening_of(town: SimulatedMunicipality) -> dict[str, str]:
    """Opening balances, and what the operator signed of them."""
    [tariff], balances, statement = contract_of(town).tariffs, town.folder / "opening.toml", town.folder / "opening.jwt"
    text = balances_text(contract_of(town), "2018H2", [paid("2018H2", tariff.id, 0, 0)])
    balances.write_bytes(text)
    statement.write_text(operator_signs(contract_of(town), text, at=utc_now()))
    return {"BALANCES": str(balances), "STATEMENT": str(statement)}


def documented(town: SimulatedMunicipality, reference: str) -> str:
    """A document that waits: put into the store, since this contract accepts none."""
    with town.gateway.write() as uow:
        subject = uow.session.exec(select(Subject.subject_id).where(Subject.case_reference == reference)).one()
        week = Week.parse("2020-W10").ordinal
        row = RegisteredEvidence(
            id="5f0c",
            contract_id=town.contract,
            subject_id=subject,
            type="education",
            from_week=week,
            to_week=week,
            expires_on=date(2020, 12, 31),
            document_sha256=DIGEST,
            registered_by="somebody else",
            registered_at=uow.now,
        )
        keep(uow.session, row)
        uow.record(EvidenceRegistered(town.contract, row.id, "", ""))
        return row.id


def rows(town: SimulatedMunicipality) -> dict[str, int]:
    """How many rows each table has."""
    with town.gateway.store.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()) for name in names}


@pytest.mark.parametrize("command", every_third([*ASKS, *OPTIONS_ASK]))
def test_a_command_that_asks_does_nothing_where_the_answer_is_no(
    original: tuple[SimulatedMunicipality, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
):
    source, names = original
    data = tmp_path / "gateway"
    shutil.copytree(source.data_directory, data)
    action, arguments = (ASKS | OPTIONS_ASK)[command]
    spelled = [names.get(argument, argument) for argument in (*command.split(), *arguments)]
    asked: list[Action] = []

    def no(engine: PolicyEngine, request: PolicyRequest) -> Decision:
        asked.append(request.action)
        return engine._denied_by_engine(request, "no-permit")

    monkeypatch.setattr(PolicyEngine, "authorise", no)
    before = rows(source)
    folder = tmp_path / "here"
    folder.mkdir()
    environment = {"GATEWAY_DATA_DIRECTORY": str(data), "GATEWAY_STAFF": "somebody"}
    ran = run(*spelled, environment=environment, cwd=folder)
    assert (ran.code, asked) == (8, [action]), ran.text
    assert list(folder.iterdir()) == []
    copied = opened(source, data)
    after = rows(copied)
    grown = {name for name, count in after.items() if count != before[name]}
    # whoever was looked up on the way to a no has a line all the same
    assert grown <= {
        "decisionrow",
        "logentry",
        "lognode",
        "checkpointrow",
        "stopreceiptrow",
        "personlinerow",
        "linedigests",
    }
    with copied.gateway.store.read() as session:
        kinds = [row.kind for row in session.exec(select(LogEntry).where(LogEntry.log == "access"))]
    seen = [kind for kind in kinds[before_count(source) :] if kind != "person_looked_up"]
    assert seen in (["denied"], ["denied", "pull_stopped"], ["pull_stopped", "denied"])
    copied.gateway.store.dispose()


def opened(source: SimulatedMunicipality, data: Path) -> SimulatedMunicipality:
    gateway = Gateway.open(Settings(data_directory=data))
    return SimulatedMunicipality(gateway, source.contract, source.drop, data.parent)


def before_count(source: SimulatedMunicipality) -> int:
    with source.gateway.store.read() as session:
        return len(session.exec(select(LogEntry).where(LogEntry.log == "access")).all())


def strange(routes: Iterable[BaseRoute]) -> list[tuple[str, str]]:
    """Routes of another class than `Route` that stand in no table, by class and path: nobody knows what they ask."""
    others = [(type(one).__name__, str(getattr(one, "path", one))) for one in routes if not isinstance(one, Route)]
    return sorted(set(others) - set(ROUTES_OF_OTHER_CLASSES))


async def nothing(*_: object) -> None:
    """An application, or a socket, that does nothing."""


@pytest.mark.parametrize(
    "route",
    [
        Mount("/files", app=nothing),
        WebSocketRoute("/live", nothing),
        APIWebSocketRoute("/live", nothing),
        Host("other.example", app=nothing),
        BaseRoute(),
    ],
    ids=lambda route: type(route).__name__,
)
def test_a_route_of_another_class_fails_unless_it_stands_in_the_table(
    original: tuple[SimulatedMunicipality, dict[str, str]], monkeypatch: pytest.MonkeyPatch, route: BaseRoute
):
    api = create_app(original[0].gateway)
    assert strange(all_routes(api.routes)) == []
    api.router.routes.append(route)
    [found] = strange(all_routes(api.routes))
    assert found[0] == type(route).__name__
    monkeypatch.setitem(ROUTES_OF_OTHER_CLASSES, found, "a reason")
    assert strange(all_routes(api.routes)) == []


def test_every_route_stands_in_one_of_the_tables(original: tuple[SimulatedMunicipality, dict[str, str]]):
    api = create_app(original[0].gateway)
    assert strange(all_routes(api.routes)) == []
    found = {
        (method, route.path)
        for route in all_routes(api.routes)
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    files = {f"/{file.name}" for file in public.FILES} | {f"/{one.folder}/{{name:path}}" for one in public.FAMILIES}
    assert {path for _, path in found} == {path for _, path in ROUTES_ASK} | set(ROUTES_ASK_NOBODY) | files
    assert set(ROUTES_ASK) <= found
    assert all(method == "GET" for method, path in found if path in files)


@pytest.mark.parametrize("route", ROUTES_ASK, ids=[path for _, path in ROUTES_ASK])
def test_a_route_that_asks_says_no_where_the_answer_is_no(
    original: tuple[SimulatedMunicipality, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    route: tuple[str, str],
):
    source, names = original
    shutil.copytree(source.data_directory, tmp_path / "gateway")
    town = opened(source, tmp_path / "gateway")
    role, organisation = (
        (Role.DPO, "aalborg-kommune") if route[1] == "/access-log" else (Role.INVESTOR, "den-sociale-kapitalfond")
    )
    client = Client(town.gateway, "an-app")
    client.register(tmp_path, organisation, role)
    api = TestClient(create_app(town.gateway))
    headers = client.headers(api)
    asked: list[Action] = []

    def no(engine: PolicyEngine, request: PolicyRequest) -> Decision:
        asked.append(request.action)
        return engine._denied_by_engine(request, "no-permit")

    monkeypatch.setattr(PolicyEngine, "authorise", no)
    path = route[1].format(contract_id="impact60", window="2020H2", template="contract_total", dispute=names["DISPUTE"])
    body = BODIES.get(path.rsplit("/", 1)[-1])
    answer = api.request(route[0], path, headers=headers, json=body)
    assert (answer.status_code, asked) == (403, [ROUTES_ASK[route]])
    assert answer.json()["type"].endswith("policy-denied")
    town.gateway.store.dispose()
