"""Refusals are no oracle: what is answered from outside never hangs on one person, and costs the same.

Pairs of worlds that differ in one thing about one person. Every route that a party may call is called by every party in
both: status, body, headers, the number of SQL statements and of rows read are equal, before and after the municipality
has released. Positive control: the old way, which evaluated on request, tells two of them apart.
"""

from __future__ import annotations

import itertools
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from sqlalchemy.engine import cursor as cursors
from sqlmodel import Session, select

from gateway.api import attestations as routes
from gateway.api.app import create_app
from gateway.release import asks
from gateway.release.releasing import release
from gateway.store.rights_tables import BasisRow
from gateway.store.spells import SpellVersion
from gateway.store.tables import Subject
from gateway.store.unlocked import unlock
from policies.basis import Change, RecordKind
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.api_client import Client
from tests.support.examples import every_third
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.simulated import declare, reopened, simulated
from tests.support.stored import edit_spells, stored_spells
from vocabulary.releases import Recipient
from vocabulary.statuses import Status

BLOCK = ('unknown_codes = "report"', 'unknown_codes = "block"')
PARTIES = {
    "fokus-app": ("fokus-folkeoplysning", Role.OPERATOR),
    "dsk-app": ("den-sociale-kapitalfond", Role.INVESTOR),
}
CLOCK = Clock(date(2030, 1, 1))
DIGEST = "0" * 64
LINE = "weeks_in_work_or_education/window"
ROAD = "/contracts/impact60"


def _in_the_first_spell(session: Session, subject: str, edit: Callable[[SpellVersion], list[SpellVersion]]) -> None:
    first = next(row for row in stored_spells(session) if row.subject_id == subject)
    edit_spells(session, "impact60", first.source_id, subject, lambda found: [*edit(found[0]), *found[1:]])


def one_person_week(session: Session, subject: str) -> None:
    def edit(row: SpellVersion) -> list[SpellVersion]:
        status = Status.NO_BENEFIT if row.status != Status.NO_BENEFIT else Status.FLEKSJOB
        return [replace(row, status=status)]

    _in_the_first_spell(session, subject, edit)


def unknown_code(session: Session, subject: str) -> None:
    _in_the_first_spell(session, subject, lambda row: [replace(row, status=Status.UNKNOWN)])


def correction(session: Session, subject: str) -> None:
    """The register said something else later: it stands corrected beside what is not known any more."""

    def edit(row: SpellVersion) -> list[SpellVersion]:
        later = row.known_from + timedelta(hours=1)
        return [replace(row, known_to=later), replace(row, status=Status.UNKNOWN, known_from=later)]

    _in_the_first_spell(session, subject, edit)


def _recorded(kind: RecordKind) -> Callable[[Session, str], None]:
    """Straight into the table: a log that is one event longer costs another number of rows, whatever the event is."""

    def act(session: Session, subject: str) -> None:
        session.add(
            BasisRow(
                record_id=str(uuid.uuid4()),
                change=Change.BEGINS,
                subject_id=subject,
                contract_id="impact60",
                kind=kind,
                purposes=[],
                notice_id="",
                notice_version=0,
                channel="letter",
                at=datetime(2020, 1, 1, tzinfo=UTC),
            )
        )

    return act


DIFFERENCES: dict[str, Callable[[Session, str], None]] = {
    "one person-week": one_person_week,
    "an unknown code": unknown_code,
    "a correction": correction,
    "an exit": _recorded(RecordKind.EXIT),
    "an objection": _recorded(RecordKind.OBJECTION),
}
_WINDOWS = ("2018H2", "2021H1")
_TEMPLATES = ("contract_total", "payment_document", "predicate")
_BODY = {"line": LINE, "letter_sha256": DIGEST, "jwt_sha256": DIGEST}
ASKED: list[tuple[str, str, dict[str, Any] | None]] = [
    ("GET", "/contracts", None),
    ("GET", f"{ROAD}/settlement", None),
    *(
        (method, f"{ROAD}/windows/{window}/attestations/{template}", None)
        for method, window, template in itertools.product(("GET", "POST", "GET"), _WINDOWS, _TEMPLATES[:2])
    ),
    ("POST", f"{ROAD}/windows/2018H2/attestations/payment_document?revision=2", None),
    ("POST", f"{ROAD}/windows/2018H2/attestations/predicate", None),
    ("POST", f"{ROAD}/windows/2018H2/acknowledgement", {"jwt_sha256": DIGEST}),
    ("POST", f"{ROAD}/windows/2018H2/disputes", {**_BODY, "reason": "source"}),
    ("POST", f"{ROAD}/windows/2018H2/adjustments", {**_BODY, "worth_minor": 1}),
    ("POST", f"{ROAD}/disputes/{DIGEST[:36]}/outcome", {"outcome": "stands", "letter_sha256": DIGEST}),
    ("POST", f"{ROAD}/windows/2018H2/invoice", None),
    ("GET", "/access-log", None),
]


@dataclass
class Cost:
    """SQL statements and the rows that came back for them."""

    statements: list[str] = field(default_factory=list)
    rows: int = 0


@contextmanager
def costing(town: SimulatedMunicipality) -> Iterator[Cost]:
    cost = Cost()
    engine = town.gateway.store.engine

    def note(_c: object, cursor: Any, statement: str, _p: object, context: Any, _m: object) -> None:
        cost.statements.append(statement)

    fetched = cursors.CursorFetchStrategy

    def counted(name: str) -> Callable[..., Any]:
        original = getattr(fetched, name)

        def fetch(self: Any, *args: Any, **words: Any) -> Any:
            found = original(self, *args, **words)
            cost.rows += len(found) if isinstance(found, list) else int(found is not None)
            return found

        return fetch

    event.listen(engine, "before_cursor_execute", note)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fetchone", "fetchmany", "fetchall"):
            patch.setattr(fetched, name, counted(name))
        try:
            yield cost
        finally:
            event.remove(engine, "before_cursor_execute", note)


class World:
    """A municipality with its API and parties, in which something about one person may differ."""

    def __init__(self, town: SimulatedMunicipality, clients: dict[str, Client]) -> None:
        self.town = town
        self.api = TestClient(create_app(town.gateway), raise_server_exceptions=False)
        self.clients = {name: Client(town.gateway, name, one.key) for name, one in clients.items()}
        self.headers = {name: one.headers(self.api) for name, one in self.clients.items()}

    def subject(self) -> str:
        with self.town.gateway.store.read() as session:
            return session.exec(select(Subject.subject_id).order_by(Subject.case_reference)).all()[3]

    def differ(self, change: Callable[[Session, str], None]) -> None:
        with Session(self.town.gateway.store.engine) as session:
            unlock(session, lambda: self.town.gateway.keystore.load("vault").private_bytes)
            change(session, self.subject())
            session.commit()

    def ask(self, client: str, method: str, path: str, body: Any = None) -> tuple[Any, Cost]:
        with costing(self.town) as cost:
            return self.api.request(method, path, json=body, headers=self.headers[client]), cost


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulatedMunicipality, dict[str, Client]]:
    made = simulated(
        tmp_path_factory.mktemp("original"),
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, BLOCK),
        clock=CLOCK,
    )
    made.enrol()
    made.pull_all()
    clients = {name: Client(made.gateway, name) for name in PARTIES}
    for name, (organisation, role) in PARTIES.items():
        clients[name].register(made.folder, organisation, role)
    made.gateway.store.dispose()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder), clients


Original = tuple[SimulatedMunicipality, dict[str, Client]]


def copied(original: Original, folder: Path) -> World:
    town, clients = original
    shutil.copytree(town.folder, folder)
    again = reopened(town, folder, clock=CLOCK)
    return World(SimulatedMunicipality(again.gateway, again.contract, again.drop, folder), clients)


def told(answer: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.content, sorted(answer.headers.items())


Run = list[tuple[tuple[str, str, str], Any, Cost]]


def _run(world: World) -> Run:
    """Every party calls every route."""
    called = itertools.product(PARTIES, ASKED)
    return [((client, method, path), *world.ask(client, method, path, body)) for client, (method, path, body) in called]


@pytest.fixture(scope="module")
def as_it_is(original: Original, tmp_path_factory: pytest.TempPathFactory) -> Run:
    found = _run(copied(original, tmp_path_factory.mktemp("as") / "it-is"))
    assert {200, 202, 403, 404} <= {answer.status_code for _, answer, _ in found}, "it answers in every way"
    return found


@pytest.mark.parametrize("difference", every_third(DIFFERENCES))
def test_every_route_answers_and_costs_the_same_whatever_a_person_did(
    original: Original, as_it_is: Run, tmp_path: Path, difference: str
):
    world = copied(original, tmp_path / "other")
    world.differ(DIFFERENCES[difference])
    for (where, one, cost), (_, other, other_cost) in zip(as_it_is, _run(world), strict=True):
        assert told(one) == told(other), where
        assert cost.statements == other_cost.statements, where
        assert cost.rows == other_cost.rows > 0, where


def test_what_a_request_evaluates_tells_two_worlds_apart(
    original: Original, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Positive control: the old way."""

    def evaluates(gateway: Any, party: Any, contract: str, window: str, template: Any, **_: object) -> Any:
        return release(gateway, contract, window, template, Recipient(party.role))

    monkeypatch.setattr(routes.asks, "ask", evaluates)
    worlds = [copied(original, tmp_path / name) for name in ("a", "b")]
    worlds[1].differ(unknown_code)
    path = f"{ROAD}/windows/2018H2/attestations/contract_total"
    answers = [world.ask("dsk-app", "POST", path)[0] for world in worlds]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["rules"] == ["P25-codes-acceptable"]


def test_what_was_asked_for_is_answered_by_the_municipality_and_then_handed_out(original: Original, tmp_path: Path):
    world = copied(original, tmp_path / "a")
    path = f"{ROAD}/windows/2018H2/attestations/contract_total"
    assert world.ask("dsk-app", "GET", path)[0].status_code == 404, "nothing was asked for yet"
    first = world.ask("dsk-app", "POST", path)[0]
    assert (first.status_code, first.headers["location"]) == (202, path)
    assert first.json() == {
        "contract": "impact60",
        "window": "2018H2",
        "template": "contract_total",
        "asked_on": "2030-01-01",
        "look_at": path,
    }
    assert world.ask("dsk-app", "GET", path)[0].content == first.content
    assert not world.town.rows(), "nothing was evaluated"
    world.ask("fokus-app", "POST", f"{ROAD}/windows/2019H1/attestations/payment_document")
    answered = list(asks.answer_asks(world.town.gateway))
    assert [(one.window, one.template, one.released is not None) for one in answered] == [
        ("2018H2", "contract_total", True),
        ("2019H1", "payment_document", False),
    ]
    assert "P25" in answered[1].why_not, "the invented town has codes that no list explains"
    for method in ("GET", "POST"):
        given = world.ask("dsk-app", method, path)[0]
        assert given.status_code == 200
        world.town.verified(given.content)
    assert [one.window for one in asks.answer_asks(world.town.gateway)] == ["2019H1"], "what is answered waits no more"


@pytest.mark.long
def test_a_party_of_one_contract_learns_nothing_of_another(original: Original, tmp_path: Path):
    """A contract of others is answered as one that does not exist."""
    world = copied(original, tmp_path / "a")
    folder = tmp_path / "second"
    folder.mkdir()
    others = (
        ('organisation = "fokus-folkeoplysning"', 'organisation = "another-operator"'),
        ('organisation = "den-sociale-kapitalfond"', 'organisation = "another-investor"'),
    )
    declare(
        world.town.gateway,
        "impact60",
        folder,
        edits=(*SMALL_CONTRACT, ('id = "impact60"', 'id = "second00"'), *others),
        programme_edits=(('id = "impact60"', 'id = "second00"'), *others),
    )
    for client, (method, path, body) in itertools.product(PARTIES, ASKED):
        if "impact60" not in path:
            assert "second00" not in world.ask(client, method, path)[0].text
            continue
        there, nowhere = (
            world.ask(client, method, path.replace("impact60", name), body) for name in ("second00", "nowhere0")
        )
        assert there[0].status_code == 404
        assert told(there[0]) == (404, nowhere[0].content.replace(b"nowhere0", b"second00"), told(nowhere[0])[2])
        assert there[1].statements == nowhere[1].statements
