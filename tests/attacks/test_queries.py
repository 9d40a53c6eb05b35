"""Attacks by asking: other forms of a question, refusals, sizes, what else is public. Named by their numbers.

The numbers are those of tests/attacks/README.md. Two worlds are two municipalities that differ in one person's outcome.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from gateway.evaluation import evaluating as evaluation
from gateway.release import publication
from gateway.simulate.registers import replacement_cpr
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support.api_client import Client
from tests.support.municipality import SimulatedMunicipality, ready

PARTIES = {
    "fokus-app": ("fokus-folkeoplysning", Role.OPERATOR),
    "dsk-app": ("den-sociale-kapitalfond", Role.INVESTOR),
    "dpo-app": ("aalborg-kommune", Role.DPO),
    "stranger-app": ("den-sociale-kapitalfond", Role.INVESTOR),
}
ROAD = "/contracts/impact60/windows/{}/attestations/{}"
FIRST = ROAD.format("2018H2", "contract_total")


class World:
    """A municipality with its API and its clients."""

    def __init__(self, folder: Path, *, changed: bool) -> None:
        self.town = ready(folder, pulled=False, clock=Clock(date(2030, 1, 1)))
        if changed:
            change_one(self.town)
        self.town.enrol()
        self.town.pull_all()
        publication.publish(self.town.gateway)
        self.api = TestClient(create_app(self.town.gateway), raise_server_exceptions=False)
        self.clients = {name: Client(self.town.gateway, name) for name in PARTIES}
        for name, (organisation, role) in PARTIES.items():
            self.clients[name].register(folder, organisation, role)
        self.clients["stranger-app"].turn_into(Role.OPERATOR)  # of a contract in which it is none

    def ask(self, client: str, method: str, path: str):
        headers = self.clients[client].headers(self.api) if client else {}
        return self.api.request(method, path, headers=headers)

    def public(self) -> dict[str, bytes]:
        folder = self.town.gateway.settings.public_directory
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change_one(town: SimulatedMunicipality) -> None:
    """A person who is in fleksjob at the end has been ill all the time, in rows of the same length."""
    lines = town.drop.status.read_text().splitlines()
    people, at = {replacement_cpr(number) for number in range(30)}, lines[0].split(",").index("y_2050")
    chosen = next(n for n, line in enumerate(lines) if line[:10] in people and line.split(",")[at] == "771")
    cpr, *codes = lines[chosen].split(",")
    lines[chosen] = ",".join([cpr, *("890" for _ in codes)])
    town.drop.status.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    made = tuple(World(tmp_path_factory.mktemp(name), changed=name == "changed") for name in ("as-it-is", "changed"))
    yield made
    for world in made:
        world.api.close()
        world.town.gateway.store.dispose()


REFUSED = {
    "not frozen yet": ("dsk-app", "POST", ROAD.format("2021H1", "contract_total")),
    "not planned": ("dsk-app", "POST", ROAD.format("2018H2", "payment_document")),
    "a predicate of a large cohort": ("dsk-app", "POST", ROAD.format("2018H2", "predicate")),
    "out of order": ("fokus-app", "POST", ROAD.format("2020H1", "payment_document")),
    "no such window": ("fokus-app", "POST", ROAD.format("2017H1", "contract_total")),
    "no such contract": ("fokus-app", "POST", FIRST.replace("impact60", "impact61")),
    "no such template": ("fokus-app", "POST", ROAD.format("2018H2", "participants")),
    "no such revision": ("dsk-app", "POST", f"{FIRST}?revision=7"),
    "no revision at all": ("dsk-app", "POST", f"{FIRST}?revision=all"),
    "a window of one's own": ("dsk-app", "POST", ROAD.format("2018H2;2018-12-29", "contract_total")),
    "another organisation": ("stranger-app", "POST", FIRST),
    "a data protection officer": ("dpo-app", "POST", FIRST),
    "the access log": ("dsk-app", "GET", "/access-log"),
    "another method": ("dsk-app", "PUT", FIRST),
    "no token": ("", "POST", FIRST),
    "no such page": ("", "GET", "/participants"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a9_a_refusal_is_the_same_whatever_a_person_did(worlds: tuple[World, World], name: str):
    """Status, body, headers and size are equal in both worlds: a refusal is no oracle."""
    answers = [world.ask(*REFUSED[name]) for world in worlds]
    assert answers[0].status_code >= 400 or answers[0].status_code == 202
    assert len({(answer.status_code, answer.content, str(answer.headers)) for answer in answers}) == 1


def test_a9_the_worlds_do_differ(worlds: tuple[World, World]):
    """Positive control: in what is asked for and shown, one person is missing."""
    assert worlds[0].town.people("2020-W50") - worlds[1].town.people("2020-W50") == 1


FORMS = {
    "A5 a filter": "?age=18-24",
    "A5 a filter on a class": "?class=fleksjob&enrolled_from=2018-12-01",
    "A5 a filter as a list": "?filter[status]=fleksjob",
    "A6 a day earlier": "?from=2018-09-30&to=2018-12-29",
    "A6 a week later": "?from_week=2018-W41&to_week=2019-W01",
    "A6 another day of knowledge": "?known_at=2019-01-01&as_of=2018-12-01",
    "A8 the first revision": "?revision=1",
    "A8 a padded revision": "?revision=01",
    "A8 rounded": "?round=10&precision=1",
    "A8 a smaller k": "?k=1&k_cohort=1",
    "A8 a fragment": "?#participants",
    "A8 a body of one's own": "",
}


@pytest.mark.parametrize("form", FORMS)
def test_a5_a6_a8_another_form_of_the_question_has_the_same_answer_to_the_byte(worlds: tuple[World, World], form: str):
    """There is no parameter for a filter, a range or a rounding; what is unknown changes nothing."""
    world, _ = worlds
    world.town.release("2018H2", "contract_total", "investor")
    plain = world.ask("dsk-app", "POST", FIRST)
    headers = world.clients["dsk-app"].headers(world.api)
    body = {"json": {"window": {"to_week": "2018-W51"}, "filter": "fleksjob"}} if "body" in form else {}
    again = world.api.post(FIRST + FORMS[form], headers=headers, **body)
    assert (plain.status_code, again.status_code) == (200, 200)
    assert again.content == plain.content


def test_a13_a14_a15_no_pseudonym_leaves(worlds: tuple[World, World]):
    """No subject id in any form, nor a hash of one, in any bundle, refusal, list or public file."""
    world, _ = worlds
    gateway = world.town.gateway
    with gateway.store.read() as session:
        contract = gateway.contract(session, "impact60")
        programme = gateway.programme(session, "impact60")
        people = evaluation.histories(session, contract, programme, known_at=gateway.clock())
    planned = sorted(contract.releases, key=lambda entry: entry.template != "payment_document")
    sent = [
        world.town.release(entry.window, entry.template, entry.recipient).bundle
        for entry in planned
        if entry.window != "2021H1"
    ]
    sent += [world.ask(*asked).content for asked in REFUSED.values()]
    sent += [world.ask("dsk-app", "GET", "/contracts").content, *world.public().values()]
    for body in [json.loads(one) for one in sent if one.startswith(b'{"acceptances"')]:
        parts = [*body["attestation"].split("~"), *body["acceptances"]]
        sent += [decoded(part.encode("ascii")) for part in parts]
    everything = b"\n".join(sent)
    assert len(people) == 30
    assert b'"participants",30' in everything  # disclosures are searched in clear
    assert b'"organisation":"den-sociale-kapitalfond"' in everything  # and so is what the parties signed
    for person in people:
        raw = bytes.fromhex(person.subject)
        digests = [
            hashlib.new(name, data).digest() for name in ("sha1", "sha256") for data in (raw, raw.hex().encode())
        ]
        for secret in (raw, *digests, person.leaf()):
            assert secret not in everything
            assert secret.hex().encode() not in everything
            assert base64.urlsafe_b64encode(secret).rstrip(b"=") not in everything


def decoded(part: bytes) -> bytes:
    """A disclosure in clear; the parts of the JWT one after the other."""
    return b"".join(base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4)) for text in part.split(b"."))


def test_a17_public_files_and_answers_have_the_same_sizes_in_both_worlds(tmp_path: Path):
    """Names and sizes of everything public, and of what the server says of itself, before and after a release."""
    seen = []
    for changed in (False, True):
        world = World(tmp_path / str(changed), changed=changed)
        sizes = [{name: len(data) for name, data in world.public().items()}]
        world.town.release("2018H2", "payment_document", "operator")
        world.town.release("2018H2", "contract_total", "operator")
        publication.publish(world.town.gateway)
        after = world.public()
        sizes.append({name: len(data) for name, data in after.items() if "/entries/" not in name})
        said = [world.ask("", "GET", path).content for path in ("/health", "/docs", "/openapi.json")]
        seen.append((sizes, sorted(after), said))
        world.town.gateway.store.dispose()
    assert seen[0] == seen[1]
