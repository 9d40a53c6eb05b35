"""What must exist is missed by name, and nothing is made anew over a database that holds something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway.errors.installation import DatabaseLost
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise, upgrade
from gateway.installation.settings import Kind, Settings
from gateway.jobs.diagnosis import FAIL, WARN
from gateway.jobs.doctor import examine
from gateway.release.publication import publish
from gateway.store.ledger import rows
from keys.errors import KeysMissing, KeyStoreLocked
from keys.keystore import KINDS
from keys.lifecycle import KeyState
from tests.support.command_line import Ran, run

BEGAN_WITH = sorted({*KINDS} - {"attestation"})


def again(settings: Settings) -> Gateway:
    return initialise(
        settings,
        host_name="gateway.aalborg.example",
        municipality_code="851",
        municipality_name="Aalborg Kommune",
        kind=Kind.DEMO,
    )


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """An installation that has signed and published something."""
    made = again(Settings(data_directory=tmp_path / "var"))
    publish(made)
    return made


def command(gateway: Gateway, *words: str) -> Ran:
    return run(*words, environment={"GATEWAY_DATA_DIRECTORY": str(gateway.settings.data_directory)})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", BEGAN_WITH)
def test_a_lost_key_is_missed_by_name_and_never_made_anew(gateway: Gateway, name: str):
    keys = gateway.settings.keys_directory
    lost = keys / f"{name}.json"
    kept = lost.read_bytes()
    lost.unlink()
    before = contents(keys)
    for opened in (
        again,
        lambda town: upgrade(gateway.settings),
        lambda town: Gateway.open(gateway.settings),
    ):
        with pytest.raises(KeysMissing, match=rf"the key store lacks these keys: {name}\. ") as refused:
            opened(gateway.settings)
        assert refused.value.names == [name]
    assert contents(keys) == before
    [told] = examine(gateway.settings)
    assert told.level == FAIL
    assert name in told.advice
    assert "init" not in told.advice
    lost.write_bytes(kept)
    lost.chmod(0o600)
    again(gateway.settings)


def test_a_lost_folder_of_keys_is_missed_whole(gateway: Gateway):
    """Else `init` would make a second identity over the same database."""
    keys = gateway.settings.keys_directory
    keys.rename(keys.with_name("elsewhere"))
    for opened in (again, Gateway.open):
        with pytest.raises(KeysMissing) as refused:
            opened(gateway.settings)
        assert refused.value.names == BEGAN_WITH
    assert not keys.exists()
    [told] = examine(gateway.settings)
    assert "init" not in told.advice


def test_a_lost_database_is_not_begun_anew_under_the_same_keys(gateway: Gateway):
    """Its first entries would take the places that others have in their receipts."""
    gateway.store.dispose()
    for file in gateway.settings.data_directory.glob("gateway.sqlite*"):
        file.unlink()
    with pytest.raises(DatabaseLost, match="holds nothing; restore the database"):
        again(gateway.settings)
    assert not (gateway.settings.data_directory / "gateway.sqlite").exists()
    shutil.rmtree(gateway.settings.heads_directory)
    with pytest.raises(DatabaseLost):  # what was published says it too
        again(gateway.settings)


def test_a_start_that_was_killed_is_finished_by_the_same_command(tmp_path: Path):
    """Positive control: where nothing was ever kept or published, what is missing is made."""
    settings = Settings(data_directory=tmp_path / "var")
    again(settings).store.dispose()
    keys = contents(settings.keys_directory)
    for name in ("vault", "log-access"):
        (settings.keys_directory / f"{name}.json").unlink()
    for lost in (*settings.data_directory.glob("gateway.sqlite*"), *settings.heads_directory.iterdir()):
        lost.unlink()
    again(settings)
    after = contents(settings.keys_directory)
    assert {name for name in after if after[name] != keys[name]} == {"vault.json", "log-access.json"}


def test_upgrade_and_init_change_nothing_where_nothing_is_to_be_done(gateway: Gateway):
    before, entries = contents(gateway.settings.keys_directory), _kinds(gateway)
    upgrade(gateway.settings)
    again(gateway.settings)
    assert contents(gateway.settings.keys_directory) == before
    assert _kinds(gateway) == entries


def test_upgrade_makes_no_installation(tmp_path: Path):
    ran = run("upgrade", environment={"GATEWAY_DATA_DIRECTORY": str(tmp_path / "nothing")})
    assert ran.code == 6
    assert "holds no installation" in ran.err
    assert not (tmp_path / "nothing").exists()


def test_a_change_of_passphrase_is_an_event(gateway: Gateway):
    gateway.change_passphrase(b"another one")
    assert _kinds(gateway).count("passphrase_changed") == 1


def test_a_change_that_was_killed_after_the_swap_is_finished_under_the_new_passphrase(gateway: Gateway):
    """No key stays behind under the old one, and the change stands in the log."""
    settings = gateway.settings
    gateway.keystore.change_passphrase(b"another one")  # killed before the event
    with pytest.raises(KeyStoreLocked):
        Gateway.open(settings)
    assert settings.keys_directory.with_name("keys.old").is_dir()
    settings.passphrase_path.write_bytes(b"another one")
    opened = Gateway.open(settings)
    assert _kinds(opened).count("passphrase_changed") == 1
    assert sorted(path.name for path in gateway.settings.data_directory.glob("keys*")) == ["keys"]
    Gateway.open(settings)
    assert _kinds(opened).count("passphrase_changed") == 1


def test_what_killed_commands_left_is_told_and_mended_by_one_command(gateway: Gateway):
    keys = gateway.settings.keys_directory
    gateway.keystore.add("attestation-0badcafe", "p256", now=gateway.clock(), is_development=True)  # before its row
    (keys / "vault.1234abcd.new").write_bytes(b"{")
    (keys / "vault.1234abcd.new").chmod(0o600)
    told = [one for one in examine(gateway.settings) if "killed commands left" in one.what]
    assert [(one.level, one.what.partition(": ")[2]) for one in told] == [
        (WARN, "vault.1234abcd.new, attestation-0badcafe")
    ]
    ran = command(gateway, "keys", "mend")
    assert ran.out.strip() == "mended: vault.1234abcd.new, attestation-0badcafe"
    aside = keys.with_name("keys.aside")  # a database that was restored may have forgotten whose it is
    assert [path.name for path in aside.iterdir()] == ["attestation-0badcafe.json"]
    assert sorted(path.name for path in keys.iterdir()) == sorted(f"{name}.json" for name in (*KINDS, "store"))
    assert command(gateway, "keys", "mend").out.strip() == "nothing to mend"
    assert _kinds(gateway).count("keys_mended") == 1


def test_a_signing_key_whose_file_is_lost_is_told_and_another_may_follow(gateway: Gateway):
    (gateway.settings.keys_directory / "attestation.json").unlink()
    told = [one.what for one in examine(gateway.settings) if one.level == FAIL]
    assert any(one.startswith("the private part of signing key") for one in told)
    ran = command(gateway, "keys", "rotate")
    assert ran.code == 0, ran.text
    with gateway.store.read() as session:
        assert gateway.signer(session) is not None
    assert KeyState.ACTIVE in command(gateway, "keys", "list").out


def _kinds(gateway: Gateway) -> list[str]:
    with gateway.store.read() as session:
        return [row.kind for row in rows(session, "access")]
