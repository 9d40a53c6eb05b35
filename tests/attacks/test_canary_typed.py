"""A CPR number typed wherever a text can be typed: refused or masked, never repeated, never kept.

`CHANNELS` is the registry: every place where somebody, or a source, can write what becomes a text here. In each a
number is typed, plainly and in the disguises that belong there, and what comes back is searched, and afterwards every
file of the installation: database, journal, keys, public files. The positive control of a channel is the same with
the rule switched off: then the number is repeated or kept. Where it is neither even then, the search finds it where it
is planted.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient

from connectors.transport import Page
from gateway.api.app import create_app
from policies.terms import Role
from tests.attacks.canaries import files
from tests.functional.test_record_pulls import CHANGES, Pages, change, declare, numbers, pull, source_text
from tests.support.api_client import Client
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready
from vocabulary import cpr_in_text
from vocabulary.errors import ProductError

CPR = "7303012001"
DASHED, WIDE = f"{CPR[:6]}-{CPR[6:]}", "７３０３０１２００１"
PROSE = (CPR, DASHED, WIDE)
NAME = (CPR, f"{CPR[:6]}X{CPR[6:]}", CPR[::-1])
SOURCE = (EXAMPLES / "sources" / "dream.toml").read_text("utf-8")


@dataclass(frozen=True)
class World:
    """An installation with people, its API, and a client with a token."""

    town: SimulatedMunicipality
    folder: Path  # for files that somebody makes
    api: TestClient
    client: Client


@dataclass(frozen=True)
class Channel:
    """One place where a text is typed. `type` gives all that came back; `is_silent`: nothing of it ever does."""

    type: Callable[[World, str], str]
    texts: tuple[str, ...] = PROSE
    is_silent: bool = False


def command(*arguments: str, **setting: str) -> Callable[[World, str], str]:
    """A command in which `{}` is what is typed; a setting of the environment too."""

    def type_it(world: World, text: str) -> str:
        environment = {**world.town.environment, "GATEWAY_STAFF": "officer"}
        environment |= {name: value.format(text) for name, value in setting.items()}
        typed = [one.replace("{}", text).replace("FOLDER", str(world.folder)) for one in arguments]
        return run(*typed, environment=environment, cwd=world.folder).text

    return type_it


def declaration(old: str, new: str) -> Callable[[World, str], str]:
    """A source's declaration with something typed into it, brought into force."""

    def type_it(world: World, text: str) -> str:
        assert old in SOURCE, old
        file = world.folder / "source.toml"
        file.write_text(SOURCE.replace(old, new.replace("{}", text), 1), "utf-8")
        return run("contract", "source", file, environment=world.town.environment).text

    return type_it


def escaped(world: World, text: str) -> str:
    return declaration('schema = "source/1"', 'schema = "source/1"\n"{}" = 1')(
        world, "".join(f"\\u{ord(one):04x}" for one in text)
    )


def dropped_column(world: World, text: str) -> str:
    """A column that a pattern drops, of which `connectors check` tells."""
    header, *rows = world.town.drop.status.read_text().splitlines()
    file = world.folder / "dream-2020.csv"
    file.write_text("\n".join([f"{header},br_{text}", *(f"{row}," for row in rows)]) + "\n", "utf-8")
    declare(world.town, world.folder, SOURCE)
    return run("connectors", "check", "dream", file, environment=world.town.environment).text


def new_column(world: World, text: str) -> str:
    """The header of a sample, from which a declaration is drafted."""
    file = world.folder / "sample.csv"
    file.write_text(f"CPR;Ydelse;x{text}\n", "utf-8")
    return run("connectors", "new", file, environment=world.town.environment).text


def workbook_column(world: World, text: str) -> str:
    book = openpyxl.Workbook()
    book.active.title = "ark"
    book.active.append(["CPR", "Ydelse", f"x{text}"])
    book.save(world.folder / "sample.xlsx")
    return run(
        "connectors", "new", world.folder / "sample.xlsx", "--sheet", "ark", environment=world.town.environment
    ).text


def case_reference(world: World, text: str) -> str:
    """A referral list in which somebody's case reference is what is typed, and how the installation is after it."""
    town = ready(world.folder / "fresh", pulled=False)
    header, first, *rows = town.drop.referrals.read_text().splitlines()
    cpr, day, _, notice = first.split(";")
    town.drop.referrals.write_text("\n".join([header, f"{cpr};{day};{text};{notice}", *rows]) + "\n", "utf-8")
    answer = told_by(town.enrol)
    is_kept = bool(kept(town, text))
    town.gateway.store.dispose()
    shutil.rmtree(town.folder)
    return answer + (text if is_kept else "")


def file_name(world: World, text: str) -> str:
    declare(world.town, world.folder, SOURCE)
    file = world.folder / f"dream-{text}.csv"
    file.write_text(world.town.drop.status.read_text(), "utf-8")
    try:
        return run("pull", world.town.contract, "dream", file, environment=world.town.environment).text
    finally:
        file.unlink()


def told(*cells: str, cursor: str = "c") -> Callable[[World, str], str]:
    """A record of a source of changes with something in its cells, or as its cursor."""

    def type_it(world: World, text: str) -> str:
        declare(world.town, world.folder, source_text("periods", CHANGES, answers="changes"))
        record, version, code = (cell.replace("{}", text) for cell in cells)
        page = Page([change(numbers(world.town)[0], record, version, code)], cursor=cursor.replace("{}", text))
        return told_by(lambda: pull(world.town, Pages([page])))

    return type_it


def told_by(act: Callable[[], object]) -> str:
    try:
        return repr(act())
    except ProductError as error:
        return str(error)


def request(method: str, path: str, **sent: object) -> Callable[[World, str], str]:
    def type_it(world: World, text: str) -> str:
        headers = world.client.headers(world.api) | {
            str(name): str(value).replace("{}", text) for name, value in dict(sent.get("headers", {})).items()
        }
        content = str(sent["content"]).replace("{}", text) if "content" in sent else None
        answer = world.api.request(method, path.replace("{}", text), headers=headers, content=content)
        return f"{answer.status_code} {answer.headers} {answer.text}"

    return type_it


def assertion(**claims: str) -> Callable[[World, str], str]:
    def type_it(world: World, text: str) -> str:
        changes = {name: value.replace("{}", text) for name, value in claims.items()}
        form = {**world.client.form(), "client_assertion": world.client.sign(world.client.claims(**changes))}
        return world.api.post("/token", data=form).text

    return type_it


def form_key(world: World, text: str) -> str:
    return world.api.post("/token", data={text: text}).text


def registered(world: World, text: str) -> str:
    (world.folder / "client.jwk").write_text(json.dumps(Client(world.town.gateway, "x").jwk))
    party = ("--organisation", "den-sociale-kapitalfond", "--role", "investor")
    return command("keys", "client", "app {}", *party, "--jwk", "client.jwk")(world, text)


RELEASE = ("--template", "payment_document", "--to", "operator")
EXPLAIN = command("explain", "impact60", "--case", "{}", "--week", "2020-W10")
NO_CONTRACT = "/contracts/x/settlement"
DISPUTE = "/contracts/impact60/windows/2019H1/disputes"
JSON = {"Content-Type": "application/json"}
CHANNELS: dict[str, Channel] = {
    "a command's word": Channel(command("{}"), NAME),
    "an option's name": Channel(command("contract", "list", "--{}"), NAME),
    "an option's value": Channel(command("connectors", "check", "dream", "--contract", "{}"), NAME),
    "what is too much": Channel(command("log", "verify", "{}"), NAME),
    "a contract's id": Channel(command("evaluate", "{}", "--week", "2020-W10"), NAME),
    "a window": Channel(
        command("release", "impact60", "{}", "--template", "payment_document", "--to", "operator"), NAME
    ),
    "a case reference": Channel(
        command("explain", "impact60", "--case", "{}", "--week", "2020-W10"), NAME, is_silent=True
    ),
    "a file's name": Channel(command("contract", "source", "{}.toml"), NAME),
    "advice": Channel(command("advice", "give", "impact60", "--text", "Vent med {}.")),
    "staff": Channel(command("advice", "give", "impact60", "--text", "x", GATEWAY_STAFF="Bo {}"), NAME),
    "a service": Channel(command("advice", "give", "impact60", "--text", "x", GATEWAY_SERVICE="n {}"), NAME),
    "a client's id": Channel(registered, NAME),
    "a title": Channel(declaration('title = "', 'title = "{} ')),
    "a comment": Channel(declaration('schema = "source/1"', '# {}\nschema = "source/1"')),
    "an id": Channel(declaration('id = "dream"', 'id = "{}"'), NAME),
    "a key": Channel(declaration('schema = "source/1"', 'schema = "source/1"\n"{}" = 1'), NAME),
    "a key in escapes": Channel(escaped, NAME),
    "a number of a declaration": Channel(declaration('schema = "source/1"', 'schema = "source/1"\nx{} = {}'), (CPR,)),
    "a column that is declared": Channel(declaration("dropped_patterns = [", 'dropped_patterns = ["xx{}", '), NAME),
    "a column that is dropped": Channel(dropped_column, NAME),
    "a column of a sample": Channel(new_column, NAME),
    "a column of a workbook": Channel(workbook_column, NAME),
    "a case reference of a list": Channel(case_reference, (*NAME, "303012001")),
    "a file that is pulled": Channel(file_name, NAME),
    "a record's number": Channel(told("{}", "1", "651"), (CPR,), is_silent=True),
    "a record's version": Channel(told("1", "{}", "651"), (CPR,), is_silent=True),
    "a record's code": Channel(told("2", "1", "{}"), is_silent=True),  # what is kept of it is sealed
    "a cursor": Channel(told("3", "1", "651", cursor="{}"), NAME),
    "a path": Channel(request("GET", "/contracts/{}/settlement"), NAME),
    "a window in a path": Channel(
        request("POST", "/contracts/impact60/windows/{}/attestations/payment_document"), NAME
    ),
    "a query": Channel(request("GET", "/access-log?{}={}&count=x{}"), NAME, is_silent=True),
    "a header": Channel(
        request("GET", "/contracts/x/settlement", headers={"X-Request-Id": "{}"}), (CPR, DASHED), is_silent=True
    ),
    "a body's key": Channel(request("POST", DISPUTE, headers=JSON, content='{"{}": 1}'), NAME),
    "a body's text": Channel(
        request("POST", DISPUTE, headers=JSON, content='{"line": "x/y", "reason": "{}"}'), NAME, is_silent=True
    ),
    "a body": Channel(request("POST", DISPUTE, headers=JSON, content="{}"), is_silent=True),
    "a form's key": Channel(form_key, NAME, is_silent=True),
    "a client's name": Channel(assertion(iss="{}", sub="{}"), NAME, is_silent=True),
    "a token's id": Channel(assertion(jti="{}"), (CPR, DASHED)),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("typed")
    town = ready(folder / "town", pulled=False)
    town.enrol()
    (folder / "made").mkdir()
    client = Client(town.gateway, "fokus-app")
    client.register(folder, "fokus-folkeoplysning", Role.OPERATOR)
    yield World(town, folder / "made", TestClient(create_app(town.gateway), raise_server_exceptions=False), client)
    town.gateway.store.dispose()


def shown(text: str, data: bytes) -> bool:
    """Whether what was typed stands there, as it was typed or as its digits."""
    return any(form.encode() in data for form in {text, CPR, DASHED, CPR[::-1]})


def kept(town: SimulatedMunicipality, text: str) -> list[str]:
    installed = files(town.folder / "gateway")
    return [name for name, data in installed.items() if shown(text, data)]


@pytest.mark.long
@pytest.mark.parametrize("name", CHANNELS)
def test_a_number_that_is_typed_is_neither_repeated_nor_kept(world: World, name: str):
    channel = CHANNELS[name]
    for text in channel.texts:
        answer = channel.type(world, text)
        assert answer
        assert not shown(text, answer.encode()), answer
        assert kept(world.town, text) == []


@pytest.mark.long
@pytest.mark.parametrize("name", CHANNELS)
def test_without_the_rule_it_would_be(world: World, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Positive control, in a copy of the installation."""
    channel = CHANNELS[name]
    town = ready(tmp_path / "town", pulled=False)
    town.enrol()
    client = Client(town.gateway, "fokus-app")
    client.register(tmp_path, "fokus-folkeoplysning", Role.OPERATOR)
    careless = World(town, tmp_path, TestClient(create_app(town.gateway), raise_server_exceptions=False), client)
    monkeypatch.setattr(cpr_in_text, "_spans", lambda *_, **__: iter(()))
    [text, *_] = channel.texts
    answer = channel.type(careless, text)
    is_told = shown(text, answer.encode()) or bool(kept(town, text))
    if channel.is_silent:
        assert shown(text, f"{answer}{text}".encode())
    else:
        assert is_told, answer
    town.gateway.store.dispose()
