"""The `gateway` command line, from `init` to the verified bundle: every command, and again; clients and their keys."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from gateway.errors.installation import Unauthenticated
from gateway.installation import clients
from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from policies.terms import Role
from tests.support.api_client import Client
from tests.support.command_line import Ran, on_terminal, run, run_program
from tests.support.histories import EXAMPLES
from tests.support.road import INIT, ROAD, Place, make_key, place, register, spelled, walked

__all__ = ["place", "walked"]


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
        assert clients.calling(gateway, token).party.organisation == "fokus-folkeoplysning"
        assert place.gateway("keys", "revoke", "fokus-app").code == 0
        for attempt in (
            lambda: clients.calling(gateway, token),
            lambda: clients.exchange(gateway, client.sign(client.claims())),
        ):
            with pytest.raises(Unauthenticated):
                attempt()
    finally:
        gateway.store.dispose()


def test_an_audit_shows_how_far_it_has_come_at_a_terminal_and_nowhere_else():
    check = "contract", "check", EXAMPLES / "contracts" / "ballerup.toml"
    assert "auditing the calendar" not in run(*check).text
    written = on_terminal(*check)
    assert "100%" in written
    assert written.index("auditing the calendar") < written.index("Ballerup and Specialisterne")


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
