"""A test installation cannot sign for production, and production signs with no development key.

Somebody who holds copies of both tries every way to make one of them pass for the other. Each attack is refused before
anything is opened; the positive controls are the same installations left alone.
"""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway.errors.installation import UnsafeForProduction
from gateway.errors.signer import KindMismatch
from gateway.installation import signing
from gateway.installation.gateway import Gateway, check_signer
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.jobs.doctor import examine
from gateway.store.tables import SigningKeyRow
from keys.errors import KeyStoreLocked
from tests.support.command_line import run
from vocabulary.errors import TextInvalid

WHERE = {"host_name": "gateway.aalborg.example", "municipality_code": "851", "municipality_name": "Aalborg Kommune"}


@dataclass(frozen=True)
class Two:
    """A production installation and a test installation of one municipality, under the same passphrase."""

    production: Path
    test: Path

    def open(self, folder: Path, profile: str = "development") -> Gateway:
        return Gateway.open(Settings(data_directory=folder, profile=profile))


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both as they were installed; each test gets a copy."""
    folder = tmp_path_factory.mktemp("kinds")
    for kind in (Kind.PRODUCTION, Kind.TEST):
        made = folder / kind
        made.mkdir()
        (made / "passphrase").write_text("the same for both")
        (made / "passphrase").chmod(0o600)
        initialise(Settings(data_directory=made), **WHERE, kind=kind).store.dispose()
    return folder


@pytest.fixture
def two(originals: Path, tmp_path: Path) -> Two:
    shutil.copytree(originals, tmp_path, dirs_exist_ok=True)
    return Two(tmp_path / Kind.PRODUCTION, tmp_path / Kind.TEST)


def edit(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "gateway.sqlite") as database:
        database.execute(statement)
    database.close()


@pytest.mark.parametrize("where", ["municipality_name", "host_name"])
@pytest.mark.parametrize(
    "text", ["Aalborg\x1b[2J", "Aalborg\u202e", "Aal\u200bborg", "Aalborg\xa0Kommune", " ", "a\nb"]
)
def test_names_are_what_everybody_sees(tmp_path: Path, where: str, text: str):
    with pytest.raises(TextInvalid, match="must"):
        initialise(Settings(data_directory=tmp_path / "new"), **(WHERE | {where: text}), kind=Kind.TEST)
    assert not (tmp_path / "new").exists()
    with pytest.raises(TextInvalid, match="GATEWAY_STAFF"):
        _ = Settings(data_directory=tmp_path, staff=f"{text}\u202e").actor


def test_each_opens_as_what_it_is(two: Two):
    """Positive control."""
    assert not two.open(two.production, "production").has_development_key()
    assert two.open(two.test, "test").has_development_key()
    assert two.open(two.production).installed.kind == Kind.PRODUCTION


def test_a_copied_production_key_store_does_not_open_in_a_test_installation(two: Two):
    shutil.rmtree(two.test / "keys")
    shutil.copytree(two.production / "keys", two.test / "keys")
    for profile in ("development", "test"):
        with pytest.raises(KindMismatch, match="production key"):
            two.open(two.test, profile)


@pytest.mark.parametrize("name", ["attestation", "manifest", "log-attest"])
def test_one_copied_production_key_is_enough_to_refuse(two: Two, name: str):
    """Its settings come along, so that the key opens; the keys that were there do not open any more."""
    shutil.copy(two.production / "keys" / "store.json", two.test / "keys" / "store.json")
    shutil.copy(two.production / "keys" / f"{name}.json", two.test / "keys" / f"{name}.json")
    with pytest.raises((KindMismatch, KeyStoreLocked)):
        two.open(two.test)


def test_a_development_key_store_does_not_open_in_production(two: Two):
    """A restore that mixes the database of one with the keys of the other."""
    shutil.rmtree(two.production / "keys")
    shutil.copytree(two.test / "keys", two.production / "keys")
    for profile in ("development", "production"):
        with pytest.raises(KindMismatch, match="development key"):
            two.open(two.production, profile)


@pytest.mark.parametrize("kind", ["production", "PRODUCTION", ""])
def test_an_edited_kind_makes_no_production_of_a_test(two: Two, kind: str):
    edit(two.test, f"UPDATE installation SET kind = '{kind}'")
    for profile in ("development", "production"):
        with pytest.raises((KindMismatch, UnsafeForProduction)):
            two.open(two.test, profile)


def test_an_edited_kind_makes_no_test_of_production(two: Two):
    edit(two.production, "UPDATE installation SET kind = 'test'")
    with pytest.raises(KindMismatch):
        two.open(two.production)


def test_the_profile_changes_no_kind(two: Two):
    with pytest.raises(UnsafeForProduction, match="test installation"):
        two.open(two.test, "production")
    with pytest.raises(UnsafeForProduction, match="production installation"):
        two.open(two.production, "test")  # production's whole data directory, copied to the machine for tests
    assert two.open(two.test, "development").installed.is_demo


@pytest.mark.parametrize("kind", [Kind.TEST, Kind.DEMO])
def test_init_makes_nothing_else_of_what_is_there(two: Two, kind: Kind):
    before = sorted(path.name for path in (two.production / "keys").iterdir())
    with pytest.raises(KindMismatch):
        initialise(Settings(data_directory=two.production), **WHERE, kind=kind)
    with pytest.raises(KindMismatch):
        initialise(Settings(data_directory=two.test), **WHERE, kind=Kind.PRODUCTION)
    assert sorted(path.name for path in (two.production / "keys").iterdir()) == before


def test_test_and_demo_are_not_each_other(two: Two):
    """Both have development keys: what differs is whose data may be there."""
    with pytest.raises(KindMismatch, match="test installation"):
        initialise(Settings(data_directory=two.test), **WHERE, kind=Kind.DEMO)


def test_a_test_installation_takes_no_seal_certificate_and_no_hardware_key(two: Two, tmp_path: Path):
    gateway = two.open(two.test)
    seal = tmp_path / "seal.p12"
    seal.write_bytes(b"never looked at")
    with pytest.raises(KindMismatch, match="seal certificate"):
        signing.add_key(gateway, certificate=seal, password=b"secret")

    with gateway.store.read() as session:
        hardware = replace(gateway.signer(session), is_development=False)
    with pytest.raises(KindMismatch, match="pkcs11:token=seal"):
        check_signer(hardware, gateway.installed.kind, uri="pkcs11:token=seal?pin-source=secret")
    assert [row.is_development for row in signing.list_signing_keys(gateway)] == [True]


def test_a_new_key_of_a_test_installation_is_a_development_key(two: Two):
    gateway = two.open(two.test)
    kid = signing.add_key(gateway).kid
    signing.activate(gateway, kid)
    assert two.open(two.test).has_development_key()
    assert not two.open(two.production).has_development_key()


def test_a_row_that_names_a_key_of_the_other_kind_signs_nothing(two: Two):
    """An edited row cannot make a test key pass: the key's own file says what it is."""
    edit(two.test, "UPDATE signingkeyrow SET is_development = 0")
    gateway = two.open(two.test)
    with gateway.store.read() as session:
        assert gateway.signer(session).is_development
        assert not session.get_one(SigningKeyRow, gateway.signer(session).kid).is_development
    with pytest.raises(UnsafeForProduction):
        two.open(two.test, "production")


def test_the_command_says_which_kind_it_made_and_the_doctor_repeats_it(tmp_path: Path):
    environment = {"GATEWAY_DATA_DIRECTORY": str(tmp_path / "var"), "GATEWAY_PROFILE": "test"}
    options = ("--municipality-code", "851", "--municipality-name", "Aalborg Kommune", "--host-name", "g.example")
    ran = run("init", *options, environment=environment)
    assert (ran.code, "(unsafe-for-production)" in ran.err) == (6, True)
    ran = run("init", *options, "--test", "--demo-keys", environment=environment)
    assert ran.code == 2
    assert not (tmp_path / "var").exists()
    ran = run("init", *options, "--test", environment=environment)
    assert (ran.code, "kind             test" in ran.out) == (0, True), ran.text
    said = [finding.what for finding in examine(Settings(data_directory=tmp_path / "var", profile="test"))]
    assert "Aalborg Kommune (851) at g.example: test" in said
    assert not [one for one in said if one.startswith("the profile")]
