"""The `gateway` command line, from `init` to the verified bundle; every command, again, and when it goes wrong."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from gateway import clients
from gateway.cli.app import app
from gateway.error_table import _OUTCOMES
from gateway.errors import Unauthenticated
from gateway.installation import Gateway
from gateway.settings import Settings
from outcome_verifier import b64, signing
from policies.vocabulary import Role
from tests.support.api_client import Client
from tests.support.command_line import PROGRAMS, WIDE, Ran, run, run_program
from tests.support.histories import EXAMPLES
from tests.support.municipality import ready


@dataclass(frozen=True)
class Place:
    """A folder with an installation and the files that it is given."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "installed"

    @property
    def environment(self) -> dict[str, str]:
        return {"GATEWAY_DATA_DIRECTORY": str(self.data)}

    def gateway(self, *arguments: str | Path) -> Ran:
        return run(*arguments, environment=self.environment, cwd=self.folder)

    def sql(self, statement: str) -> list[tuple]:
        """Run a statement behind the gateway's back."""
        connection = sqlite3.connect(self.data / "gateway.sqlite")
        try:
            rows = connection.execute(statement).fetchall()
            connection.commit()
            return rows
        finally:
            connection.close()

    @property
    def events(self) -> int:
        return self.sql("SELECT count(*) FROM logentry WHERE log = 'access'")[0][0]


INIT = ("init", "--municipality-code", "851", "--municipality-name", "Aalborg Kommune", "--host-name", "g.test.example")
ROAD: list[tuple[tuple[str, ...], str]] = [
    ((*INIT, "--demo-keys"), "installed in"),
    (("contract", "accept", "impact60.toml", "impact60.programme.toml"), "waits for investor/den-sociale-kapitalfond"),
    (("contract", "accepted", "impact60.toml", "operator.jwt", "--key", "KEY-operator"), "waits for investor/den"),
    (("contract", "accepted", "impact60.toml", "investor.jwt", "--key", "KEY-investor"), "every party has accepted"),
    (("contract", "add", "impact60.toml", "impact60.programme.toml"), "in force: impact60 version 1"),
    (("contract", "acceptances", "impact60.toml"), "every party has accepted; in force"),
    (("contract", "source", str(EXAMPLES / "sources" / "dream.toml")), "declared: dream"),
    (("contract", "source", str(EXAMPLES / "sources" / "income.toml")), "declared: income"),
    (("enrol", "impact60", "drop/enrolment/impact60.csv", "--batch", "2018"), "30 people in batch 2018"),
    (("pull", "impact60", "dream", "STATUS"), "rows read"),
    (("pull", "impact60", "income", "INCOME"), "rows read"),
    (("evaluate", "impact60", "--week", "2020-W10"), "30 people referred"),
    (
        ("release", "impact60", "2018H2", "--template", "contract_total", "--to", "investor", "--out", "total.json"),
        "total.json (entry",
    ),
    (("trust", "export", "--out", "TRUST.json"), "fingerprint"),
]


PARTIES = {"operator": "fokus-folkeoplysning", "investor": "den-sociale-kapitalfond"}


def sign_elsewhere(place: Place) -> None:
    """What operator and investor do with the trust file and the contract, each on a machine of its own."""
    for role, organisation in PARTIES.items():
        key, out, trust = f"{role}.key.pem", f"{role}.jwt", str(place.data / "public" / "trust.json")
        assert run_program("verify-outcome", "key", key, cwd=place.folder).code == 0
        options = ["--trust", trust, "--as", f"{role}/{organisation}", "--key", key, "--out", out]
        ran = run_program("verify-outcome", "accept", "impact60.toml", *options, cwd=place.folder)
        assert ran.code == 0, ran.text


def spelled(place: Place, arguments: tuple[str, ...]) -> tuple[str, ...]:
    """STATUS and INCOME as the files that the simulation wrote, KEY-role as the thumbprint that the party tells."""
    drop = place.folder / "drop"
    names = {"STATUS": next((drop / "dream").glob("*.csv")), "INCOME": next((drop / "income").glob("*.csv"))}
    for role in PARTIES:
        if (file := place.folder / f"{role}.key.pem").exists():
            names[f"KEY-{role}"] = signing.load(file, bytes).kid
    return tuple(str(names.get(argument, argument)) for argument in arguments)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Place, list[Ran]]:
    """An installation that went the whole road through the command line, and what each command said."""
    place = Place(tmp_path_factory.mktemp("cli"))
    ready(place.folder, pulled=False).gateway.store.dispose()  # for its files only
    ran = [place.gateway(*spelled(place, ROAD[0][0]))]
    sign_elsewhere(place)
    return place, [*ran, *(place.gateway(*spelled(place, arguments)) for arguments, _ in ROAD[1:])]


@pytest.fixture
def place(walked: tuple[Place, list[Ran]], tmp_path: Path) -> Place:
    """A copy of that installation, to be broken at will."""
    shutil.copytree(walked[0].folder, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path)


@pytest.mark.parametrize("step", range(len(ROAD)), ids=[" ".join(arguments[:2]) for arguments, _ in ROAD])
def test_each_command_of_the_road_works(walked: tuple[Place, list[Ran]], step: int):
    ran = walked[1][step]
    warned = [line for line in ran.err.splitlines() if line.startswith("DEVELOPMENT KEY: every attestation is marked")]
    assert (ran.code, ran.err.splitlines()) == (0, warned), ran.text
    signs = bool({"init", "accept", "release"} & set(ROAD[step][0][:2]))
    assert bool(warned) is signs  # loud where something is signed, quiet elsewhere
    assert ROAD[step][1] in ran.out


AGAIN = {
    # what is run a second time: what it says, and how many events it may leave
    0: ("installed in", 0),
    1: ("every party has accepted; in force", 0),
    2: ("every party has accepted; in force", 0),
    4: ("in force: impact60 version 1", 0),
    6: ("declared: dream", 0),
    8: ("sealed already, nothing changed", 0),
    9: ("pulled already, nothing changed", 1),  # that the file was asked for
    12: ("released before, handed out again", 1),
}


@pytest.mark.parametrize("step", AGAIN, ids=[" ".join(ROAD[step][0][:2]) for step in AGAIN])
def test_the_same_command_again_changes_nothing(place: Place, step: int):
    said, events = AGAIN[step]
    first = (place.folder / "total.json").read_bytes()
    before, public = place.events, (place.data / "public" / "trust.json").read_bytes()
    ran = place.gateway(*spelled(place, ROAD[step][0]))
    assert ran.code == 0, ran.text
    assert said in ran.out
    assert place.events == before + events
    assert (place.data / "public" / "trust.json").read_bytes() == public
    assert json.loads(first)["attestation"] == json.loads((place.folder / "total.json").read_bytes())["attestation"]


def test_the_released_bundle_verifies_outside(place: Place):
    """The last command of the road, as a program of its own: without the gateway's data, only with the trust file."""
    shutil.rmtree(place.data)
    arguments = ["total.json", "--trust", "TRUST.json", "--contract", "impact60.toml"]
    ran = run_program("verify-outcome", *arguments, cwd=place.folder)
    assert ran.code == 0, ran.text
    assert "VERIFIED  contract total, impact60 2018H2" in ran.out
    bundle = json.loads((place.folder / "total.json").read_bytes())
    bundle["attestation"] = bundle["attestation"].replace("~", "~A", 1)
    (place.folder / "total.json").write_text(json.dumps(bundle))
    assert run_program("verify-outcome", *arguments, cwd=place.folder).code > 10


def test_the_installed_program_is_the_same_command(place: Place):
    ran = run_program("gateway", "contract", "list", environment=place.environment)
    assert ran.code == 0, ran.text
    assert ran.out == place.gateway("contract", "list").out
    ran = run_program("gateway", "evaluate", "nothing", "--week", "2020-W10", environment=place.environment)
    assert (ran.code, "Traceback" in ran.err) == (4, False)


SHOWN: list[tuple[tuple[str, ...], list[str]]] = [
    (("contract", "check", "impact60.toml"), ["30 people", "sha256", "illustrative"]),
    (("contract", "list"), ["impact60", "2018H2", "2018-W40", "2020H2"]),
    (("evaluate", "impact60", "--as-of", "2020-03-02"), ["at the end of 2020-W10", "sources complete to"]),
    (("keys", "list"), ["attestation", "log-access", "vault", "development"]),
    (("log", "show", "--from", "0", "--count", "2"), ["installed", "signing_key_changed"]),
    (("log", "verify"), ["attest", "payment", "access", "entries"]),
    (("log", "checkpoint"), ["g.test.example/access\n"]),
    (("doctor",), ["Aalborg Kommune (851)", "development key", "the access log holds"]),
]


@pytest.mark.parametrize(("arguments", "words"), SHOWN, ids=[" ".join(arguments[:2]) for arguments, _ in SHOWN])
def test_what_the_looking_commands_show(place: Place, arguments: tuple[str, ...], words: list[str]):
    ran = place.gateway(*arguments)
    assert ran.code == 0, ran.text
    assert [word for word in words if word not in ran.out] == []


def test_a_checkpoint_that_was_kept_is_compared(place: Place):
    assert place.gateway("log", "checkpoint", "access", "--out", "kept.checkpoint").code == 0
    assert place.gateway("log", "checkpoint", "attest", "--out", "attest.checkpoint").code == 0
    kept = ("log", "verify", "--against", "kept.checkpoint", "--against", "attest.checkpoint")
    ran = place.gateway(*kept)
    assert ran.code == 0, ran.text
    assert place.gateway("evaluate", "impact60", "--week", "2020-W10").code == 0  # the log grows
    assert place.gateway(*kept).code == 0


def test_a_checkpoint_of_another_installation_is_not_ours(place: Place, tmp_path: Path):
    other = Place(tmp_path / "other")
    other.folder.mkdir()
    assert other.gateway(*INIT, "--demo-keys").code == 0
    assert other.gateway("log", "checkpoint", "access", "--out", tmp_path / "kept.checkpoint").code == 0
    ran = place.gateway("log", "verify", "--against", tmp_path / "kept.checkpoint")
    assert ran.code == 9, ran.text


def make_key(place: Place, name: str) -> str:
    """A new public key as a JWK file; its name."""
    numbers = generate_private_key(SECP256R1()).public_key().public_numbers()
    x, y = (b64.encode(value.to_bytes(32, "big")) for value in (numbers.x, numbers.y))
    (place.folder / name).write_text(json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y}))
    return name


def register(
    place: Place, client: str, key: str, organisation: str = "fokus-folkeoplysning", role: str = "operator"
) -> Ran:
    command = ("keys", "client", client, "--organisation", organisation, "--role", role)
    return place.gateway(*command, "--jwk", key)


def test_a_client_is_registered_once(place: Place):
    key = make_key(place, "fokus.jwk")
    first = register(place, "fokus-app", key)
    assert first.code == 0, first.text
    before = place.events
    assert register(place, "fokus-app", key).out == first.out
    assert place.events == before


def test_an_organisation_that_no_contract_names_is_refused(place: Place):
    key, before = make_key(place, "fokus.jwk"), place.events
    ran = register(place, "fokus-app", key, "fokus-folkeoplysningen")
    assert (ran.code, "(organisation-unknown)" in ran.err) == (4, True), ran.text
    assert "operator/fokus-folkeoplysning" in ran.err  # those that are known are named, with their roles
    assert register(place, "funder-app", key, "det-obelske-familiefond").code == 4  # an investor is no operator
    # named by the programme alone
    assert register(place, "funder-app", key, "det-obelske-familiefond", role="investor").code == 0
    assert place.events == before + 1


def test_a_key_belongs_to_one_client(place: Place):
    key = make_key(place, "fokus.jwk")
    assert register(place, "fokus-app", key).code == 0
    before = place.events
    ran = register(place, "another-app", key)
    assert (ran.code, "(client-key-refused)" in ran.err) == (5, True), ran.text
    assert "'fokus-app'" in ran.err
    assert place.events == before
    assert register(place, "another-app", make_key(place, "another.jwk")).code == 0
    assert register(place, "fokus-app", make_key(place, "fokus-2.jwk")).code == 0  # a client may change its key


def clients_of(place: Place) -> list[list[str]]:
    """What `keys clients` shows, a list a line, without the heading."""
    ran = place.gateway("keys", "clients")
    assert ran.code == 0, ran.text
    return [line.split() for line in ran.out.splitlines()[1:]]


def test_a_revoked_client_is_shown_and_comes_back_with_another_key_alone(place: Place):
    assert clients_of(place) == []
    key = make_key(place, "fokus.jwk")
    said = register(place, "fokus-app", key).out
    [[name, organisation, role, thumbprint, active, since]] = clients_of(place)
    assert (name, organisation, role, active) == ("fokus-app", "fokus-folkeoplysning", "operator", "yes")
    assert thumbprint in said
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", since)
    before = place.events
    assert "revoked: fokus-app" in place.gateway("keys", "revoke", "fokus-app").out
    assert place.events == before + 1
    assert "revoked already, nothing changed" in place.gateway("keys", "revoke", "fokus-app").out
    assert place.events == before + 1
    assert clients_of(place) == [[name, organisation, role, thumbprint, "no", since]]
    [(body,)] = place.sql("SELECT body FROM logentry WHERE kind = 'client_revoked'")
    assert (json.loads(body)["client"], json.loads(body)["key"]) == ("fokus-app", thumbprint)
    for client in ("fokus-app", "another-app"):
        ran = register(place, client, key)
        assert (ran.code, "(client-key-refused)" in ran.err) == (5, True), ran.text
    assert register(place, "fokus-app", make_key(place, "fokus-2.jwk")).code == 0
    assert clients_of(place)[0][4] == "yes"


def test_a_revoked_client_gets_no_token_and_its_living_ones_end_at_once(place: Place):
    gateway = Gateway.open(Settings(data_directory=place.data))
    try:
        client = Client(gateway, "fokus-app")
        client.register(place.folder, "fokus-folkeoplysning", Role.OPERATOR)
        token = clients.exchange(gateway, client.sign(client.claims()))
        assert clients.caller(gateway, token).organisation == "fokus-folkeoplysning"
        assert place.gateway("keys", "revoke", "fokus-app").code == 0
        for attempt in (
            lambda: clients.caller(gateway, token),
            lambda: clients.exchange(gateway, client.sign(client.claims())),
        ):
            with pytest.raises(Unauthenticated):
                attempt()
    finally:
        gateway.store.dispose()


def test_simulate_writes_the_same_bytes_for_the_same_seed(tmp_path: Path):
    course = EXAMPLES / "courses" / "impact60.toml"
    written = []
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        command = ("simulate", "--course", course, "--out", tmp_path / name, "--seed", seed, "--extract-people", "5")
        assert run(*command).code == 0
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append([(path.relative_to(tmp_path / name), path.read_bytes()) for path in files])
    assert len(written[0]) == 3
    assert written[0] == written[1]
    assert written[0] != written[2]


def commands() -> Iterator[tuple[str, ...]]:
    """Every command of the tree."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path
        else:
            for name, child in inner.items():
                yield from below(child, (*path, name))

    yield from below(typer.main.get_command(app), ())


@pytest.mark.parametrize("path", list(commands()), ids=" ".join)
def test_the_help_of_every_command_has_an_example_that_parses(path: tuple[str, ...]):
    ran = run(*path, "--help")
    assert ran.code == 0
    assert "Example:" in ran.out
    command: Any = typer.main.get_command(app)
    for name in path:
        command = command.commands[name]
    example = " ".join(re.search(r"Example: (gateway .*)", command.help or "", re.DOTALL)[1].split("\n"))
    words = shlex.split(example)
    assert tuple(words[1 : len(path) + 1]) == path
    command.make_context(" ".join(path), words[len(path) + 1 :])  # raises a usage error where it does not parse


def test_the_commands_are_all_there():
    """Positive control of the table above."""
    found = {" ".join(path) for path in commands()}
    assert found >= {"init", "doctor", "simulate", "serve", "demo", "enrol", "pull", "evaluate", "release"}
    assert found >= {"contract check", "contract add", "contract list", "contract source", "keys list", "keys client"}
    assert found >= {"keys clients", "keys revoke"}
    assert found >= {"log show", "log verify", "log checkpoint", "trust export"}


@pytest.fixture
def busy() -> Iterator[str]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield str(taken.getsockname()[1])


@pytest.mark.parametrize("command", [("serve",), ("demo", "--directory", "made")], ids=["serve", "demo"])
def test_a_busy_port_is_told_before_anything_is_started(place: Place, busy: str, command: tuple[str, ...]):
    ran = place.gateway(*command, "--port", busy)
    assert (ran.code, "(cannot-listen)" in ran.err) == (6, True), ran.text
    assert f"127.0.0.1:{busy}" in ran.err
    assert ran.out == ""
    assert not (place.folder / "made").exists()


def test_an_address_that_is_not_this_machine_s_cannot_be_listened_on(place: Place):
    ran = place.gateway("serve", "--host", "192.0.2.1", "--port", "0")  # RFC 5737: an address of nobody
    assert (ran.code, "(cannot-listen)" in ran.err) == (6, True), ran.text
    assert place.gateway("serve", "--host", "no.such.host.invalid", "--port", "0").code == 6
    assert place.gateway("serve", "--port", "70000").code == 2


def test_what_is_said_to_be_served_is_served_until_it_is_interrupted(place: Place):
    served = subprocess.Popen(
        [PROGRAMS / "gateway", "serve", "--port", "0"],
        env={**os.environ, **WIDE, **place.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = served.stdout.readline()
        address = re.search(r"serving on (http://127\.0\.0\.1:[1-9]\d*) ", said)
        assert address, said
        with urlopen(f"{address[1]}/health") as answer:
            assert json.load(answer) == {"status": "ok"}
        served.send_signal(signal.SIGINT)
        assert served.wait(10) == 0
        assert [line for line in served.stderr.read().splitlines() if not line.startswith("DEVELOPMENT KEY")] == []
    finally:
        served.kill()
        served.communicate()


PIPED: list[tuple[str, ...]] = [
    ("contract", "check", "impact60.toml"),
    ("contract", "list"),
    ("contract", "add", "impact60.toml", "impact60.programme.toml"),
    ("enrol", "impact60", "drop/enrolment/impact60.csv", "--batch", "2018"),
    ("evaluate", "impact60", "--week", "2020-W10"),
    ("keys", "clients"),
    ("log", "show", "--count", "3"),
    ("log", "verify"),
    ("trust", "export"),
]


@pytest.mark.long
def test_nothing_is_folded_or_cut_for_a_program_that_reads_it(place: Place):
    """Digests, fingerprints, ids and paths come out in one piece, however short lines are said to be."""
    assert register(place, "an-api-client-with-a-name", make_key(place, "fokus.jwk")).code == 0
    whole = [place.gateway(*command).out for command in PIPED]
    environment = {**place.environment, "COLUMNS": "30"}
    with ThreadPoolExecutor(4) as threads:
        short = list(
            threads.map(lambda it: run_program("gateway", *it, environment=environment, cwd=place.folder).out, PIPED)
        )
    for command, long, narrow in zip(PIPED, whole, short, strict=True):
        numbers = r"known at .*|\d+ entries.*|\d+ signed.*"  # another look is another event
        assert re.sub(numbers, "", long) == re.sub(numbers, "", narrow), command
        assert max(map(len, narrow.splitlines())) > 60, command


def test_a_name_is_shown_as_it_is_spelled(place: Place):
    """Nothing in a file's name is read as a colour or a picture."""
    assert "wrote [bold]:cat:.json\n" in place.gateway("trust", "export", "--out", "[bold]:cat:.json").out


QUICK = {
    "help": (("--help",), {"sqlalchemy", "numpy", "pydantic", "cedarpy", "cryptography", "alembic", "fastapi"}),
    "doctor": (("doctor",), {"fastapi", "uvicorn", "jwt"}),
    "log verify": (("log", "verify"), {"fastapi", "uvicorn", "jwt"}),
}


@pytest.mark.parametrize("name", QUICK)
def test_a_small_command_loads_what_it_needs_and_no_more(place: Place, name: str):
    arguments, heavy = QUICK[name]
    code = "import sys; from gateway.cli.app import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **place.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert heavy & set(done.stderr.split()) == set()


WHEN: list[tuple[tuple[str, ...], str]] = [
    ((), "give --week or --as-of"),
    (("--week", "2020-W10", "--as-of", "2020-03-02"), "not both"),
    (("--week", "2020-W60"), "2020-W60"),
    (("--as-of", "2020-02-30"), "--as-of"),
]


@pytest.mark.parametrize(("options", "words"), WHEN, ids=[" ".join(options) or "neither" for options, _ in WHEN])
def test_a_week_is_named_once_and_clearly(place: Place, options: tuple[str, ...], words: str):
    before = place.events
    ran = place.gateway("evaluate", "impact60", *options)
    assert (ran.code, "Usage:" in ran.err) == (2, True), ran.text
    assert words in ran.err
    assert place.events == before


def test_a_day_is_evaluated_with_its_whole_week_and_this_is_said(place: Place):
    ran = place.gateway("evaluate", "impact60", "--as-of", "2020-03-02")
    assert "2020-03-02 lies in 2020-W10" in ran.out
    assert "2020-03-08" in ran.out
    assert "whole weeks" in ran.out
    assert "whole weeks" not in place.gateway("evaluate", "impact60", "--week", "2020-W10").out


def test_the_doctor_names_the_source_that_is_missing(place: Place):
    out = place.gateway("doctor").out
    assert "ok    impact60: source dream is complete to 2021-W0" in out
    place.sql("DELETE FROM pullrow WHERE source_id = 'income'")
    place.sql("DELETE FROM sourcerow WHERE id = 'income'")
    ran = place.gateway("doctor")
    assert ran.code == 0, ran.text
    assert "warn  impact60: source income is not declared" in ran.out
    assert "warn  impact60: source income does not cover the first week" in ran.out
    assert "ok    impact60: source dream is complete to 2021-W0" in ran.out
    shown = "income is not there from the first week on, needed to 2020-W53"
    assert f"warn  impact60 2020H2: cannot be released yet: {shown}" in ran.out
    assert "pull the missing files of income," in ran.out


def without_installation(place: Place) -> None:
    shutil.rmtree(place.data)


def another_schema(place: Place) -> None:
    place.sql("UPDATE alembic_version SET version_num = '9999'")


def changed_log(place: Place) -> None:
    place.sql("UPDATE logentry SET body = replace(body, '851', '852') WHERE log = 'access' AND idx = 0")


def second_contract(place: Place) -> None:
    """A contract that nobody has accepted."""
    texts = [(place.folder / f"impact60{part}.toml").read_text("utf-8") for part in ("", ".programme")]
    second, programme = (text.replace('id = "impact60"', 'id = "second"') for text in texts)
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in (texts[0], second)]
    (place.folder / "second.toml").write_text(second, "utf-8")
    (place.folder / "second.programme.toml").write_text(programme.replace(*digests), "utf-8")


def deleted_acceptance(place: Place) -> None:
    place.sql("DELETE FROM acceptancerow WHERE role = 'investor'")


def later_log(place: Place) -> None:
    """Every event happened in 2099; instants are microseconds since 1970."""
    place.sql("UPDATE logentry SET at = 4070908800000000 WHERE log = 'access'")


def open_keys(place: Place) -> None:
    (place.data / "keys").chmod(0o755)
    for path in (place.data / "keys").iterdir():
        path.chmod(0o644)


def other_passphrase(place: Place) -> None:
    (place.data / "passphrase").write_text("another one")


def cut_income(place: Place) -> None:
    file = next((place.folder / "drop" / "income").glob("*.csv"))
    file.write_bytes(file.read_bytes()[:-20])


def fewer_people(place: Place) -> None:
    """A new list for a batch that nobody enrolled yet."""
    place.sql("DELETE FROM batch")
    file = place.folder / "drop" / "enrolment" / "impact60.csv"
    file.write_text("\n".join(file.read_text().splitlines()[:-3]) + "\n")


def nothing(place: Place) -> None:
    """Nothing is broken."""


COURSE = str(EXAMPLES / "courses" / "impact60.toml")
RELEASE = ("release", "impact60", "2018H2", "--to", "operator", "--template")
ERRORS: list[tuple[int, str, Callable[[Place], None], tuple[str, ...]]] = [
    (2, "", nothing, ("no-such-command",)),
    (2, "", nothing, ("pull", "impact60")),
    (2, "", nothing, ("pull", "impact60", "dream", "STATUS", "--purpose", "curiosity")),
    (2, "", nothing, ("evaluate", "impact60", "--week", "2020-W60")),
    (2, "", nothing, ("evaluate", "impact60")),
    (2, "", nothing, (*RELEASE, "everything")),
    (2, "", nothing, ("release", "impact60", "2018H2", "--to", "press", "--template", "predicate")),
    (2, "", nothing, ("log", "checkpoint", "other")),
    (2, "", nothing, ("keys", "client", "a", "--organisation", "b", "--role", "municipality", "--jwk", "total.json")),
    (3, "file-unreadable", nothing, ("contract", "check", "no-such-file.toml")),
    (3, "declaration-invalid", nothing, ("contract", "check", "impact60.programme.toml")),
    (
        3,
        "client-invalid",
        nothing,
        ("keys", "client", "a", "--organisation", "b", "--role", "dpo", "--jwk", "total.json"),
    ),
    (3, "file-truncated", cut_income, ("pull", "impact60", "income", "INCOME")),
    (3, "file-unreadable", nothing, ("pull", "impact60", "income", "no-such-file.csv")),
    (3, "file-unreadable", nothing, ("log", "verify", "--against", "no-such-file")),
    (4, "contract-unknown", nothing, ("evaluate", "other", "--week", "2020-W10")),
    (4, "contract-unknown", nothing, ("log", "show", "--contract", "other")),
    (4, "window-unknown", nothing, ("release", "impact60", "1999H1", "--to", "operator", "--template", "predicate")),
    (4, "source-unknown", nothing, ("pull", "impact60", "other", "STATUS")),
    (4, "client-unknown", nothing, ("keys", "revoke", "nobody")),
    (5, "sources-incomplete", nothing, ("evaluate", "impact60", "--week", "2021-W40")),
    (
        5,
        "programme-mismatch",
        nothing,
        ("contract", "add", "impact60.toml", str(EXAMPLES / "programmes/impact60.toml")),
    ),
    (
        5,
        "window-out-of-order",
        nothing,
        ("release", "impact60", "2019H2", "--to", "operator", "--template", "payment_document"),
    ),
    (
        3,
        "acceptance-refused",
        nothing,
        ("contract", "accepted", "impact60.toml", "operator.jwt", "--key", "KEY-investor"),
    ),
    (5, "acceptance-missing", second_contract, ("contract", "add", "second.toml", "second.programme.toml")),
    (9, "acceptances-corrupt", deleted_acceptance, (*RELEASE, "payment_document")),
    (5, "enrolment-refused", fewer_people, ("enrol", "impact60", "drop/enrolment/impact60.csv", "--batch", "2018")),
    (6, "not-installed", without_installation, ("contract", "list")),
    (6, "already-installed", nothing, (*INIT[:-1], "another.example", "--demo-keys")),
    (6, "kind-mismatch", nothing, INIT),
    (6, "key-store-unsafe", open_keys, ("keys", "list")),
    (6, "key-store-locked", other_passphrase, ("keys", "list")),
    (6, "unsafe-directory", nothing, ("demo", "--no-serve", "--directory", ".")),
    (6, "output-unwritable", nothing, ("demo", "--no-serve", "--directory", "total.json/made")),
    (6, "output-unwritable", nothing, ("simulate", "--course", COURSE, "--out", "total.json/drop")),
    (8, "policy-denied", nothing, ("pull", "impact60", "dream", "STATUS", "--purpose", "marketing")),
    (8, "policy-denied", nothing, (*RELEASE, "predicate")),
    (8, "policy-denied", nothing, ("enrol", "impact60", "impact60.toml", "--batch", "2018")),
    (9, "log-corrupt", changed_log, ("log", "verify")),
    (10, "schema-outdated", another_schema, ("contract", "list")),
    (10, "clock-went-back", later_log, ("evaluate", "impact60", "--week", "2020-W10")),
]


@pytest.mark.parametrize(
    ("code", "kind", "break_it", "arguments"), ERRORS, ids=[f"{e[0]} {e[1]} {' '.join(e[3][:2])}" for e in ERRORS]
)
def test_what_goes_wrong_has_an_exit_code_and_a_sentence(
    place: Place, code: int, kind: str, break_it: Callable[[Place], None], arguments: tuple[str, ...]
):
    break_it(place)
    ran = place.gateway(*spelled(place, arguments))
    assert ran.code == code, ran.text
    assert "Traceback" not in ran.text
    assert f"({kind})" in ran.err if kind else "Usage:" in ran.err


WRITERS = {
    "release": (*RELEASE, "payment_document"),
    "release again": ("release", "impact60", "2018H2", "--template", "contract_total", "--to", "investor"),
    "checkpoint": ("log", "checkpoint", "access"),
    "trust": ("trust", "export"),
}
PLACES = {
    "a folder that is missing": "no/such/folder/made.json",
    "a folder that is a file": "total.json/made.json",
    "a file that is a folder": "drop",
    "no regular file": "/dev/null",
}


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_done(
    place: Place, command: tuple[str, ...], where: str
):
    before = place.events
    ran = place.gateway(*command, "--out", where)
    assert (ran.code, "(output-unwritable)" in ran.err) == (6, True), ran.text
    assert where in ran.err
    assert "nothing was done" in ran.err
    assert place.events == before
    assert place.sql("SELECT count(*) FROM releaserow") == [(1,)]


@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_file_is_written_whole_and_nothing_is_left_beside_it(place: Place, command: tuple[str, ...]):
    folder = place.folder / "out"
    folder.mkdir()
    assert place.gateway(*command, "--out", "out/made").code == 0
    first = (folder / "made").read_bytes()
    assert len(first) > 100
    (folder / "linked").symlink_to("made")
    assert place.gateway(*command, "--out", "out/linked").code == 0
    assert (folder / "linked").is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == ["linked", "made"]


def test_a_refused_release_leaves_the_file_that_was_there(place: Place):
    first = (place.folder / "total.json").read_bytes()
    ran = place.gateway(*RELEASE, "predicate", "--out", "total.json")
    assert ran.code == 8, ran.text
    assert (place.folder / "total.json").read_bytes() == first
    assert not list(place.folder.glob("*.new"))
    assert not list(place.folder.glob(".*"))


def test_a_file_that_cannot_be_put_in_its_place_afterwards_can_be_had_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        patch.setattr(Path, "replace", full)
        ran = place.gateway(*RELEASE, "payment_document", "--out", "due.json")
    assert (ran.code, "(output-unwritable)" in ran.err) == (6, True), ran.text
    assert "No space left" in ran.err
    assert "run the command again" in ran.err
    assert not list(place.folder.glob("*due.json*"))
    assert "handed out again" in place.gateway(*RELEASE, "payment_document", "--out", "due.json").out


def test_an_installation_where_nothing_can_be_written_is_no_unreadable_file(place: Place):
    ran = run(*INIT, environment={"GATEWAY_DATA_DIRECTORY": str(place.folder / "total.json" / "installed")})
    assert (ran.code, "(output-unwritable)" in ran.err) == (6, True), ran.text


def test_the_help_names_every_exit_code():
    named = {int(number) for number in re.findall(r"(\d+) [a-z]", app.info.epilog)}
    assert named == {0, 2} | {shown.exit_code for shown in _OUTCOMES.values()}


def test_production_refuses_development_keys(place: Place):
    environment = {**place.environment, "GATEWAY_PROFILE": "production"}
    ran = run("contract", "list", environment=environment)
    assert (ran.code, "(unsafe-for-production)" in ran.err) == (6, True)
    ran = run("doctor", environment=environment)
    assert (ran.code, "does not open" in ran.out) == (1, True)


def test_a_setting_that_makes_no_sense_is_named_without_its_value(place: Place):
    ran = run("contract", "list", environment={**place.environment, "GATEWAY_TOKEN_LIFE_SECONDS": "zebra"})
    assert ran.code == 2, ran.text
    assert "GATEWAY_TOKEN_LIFE_SECONDS" in ran.err
    assert "zebra" not in ran.err


def test_doctor_tells_what_is_wrong_and_ends_with_one(place: Place):
    later_log(place)
    ran = place.gateway("doctor")
    assert ran.code == 1
    assert "the clock stands before the newest log entry" in ran.out
