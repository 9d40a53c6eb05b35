"""Canary secrets: each reaches whoever needs it, by a file or a credential, and is found in nothing that is written.

Searched are both outputs of every command with its log line, files that `--json` writes, and what the doctor says, also
where the command fails in the middle of using the secret.
"""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from gateway.jobs import doctor
from tests.support.command_line import Ran, run
from tests.support.municipality import SimulatedMunicipality, ready

PASSPHRASE = "canary-passphrase-4f1c9d"
DATABASE = "canary-database-77ab03"
SOURCE = "canary-source-token-e5520b"
CANARIES = (PASSPHRASE, DATABASE, SOURCE)


def forms(canary: str) -> set[str]:
    """As it is, and as it could be carried."""
    raw = canary.encode()
    return {canary, base64.b64encode(raw).decode().rstrip("="), raw.hex(), repr(raw)[2:-1], canary.upper()}


def found(text: str) -> set[str]:
    return {canary for canary in CANARIES if any(form in text for form in forms(canary))}


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """An installation whose secrets are canaries, given as systemd gives credentials."""
    made = ready(tmp_path / "town")
    made.gateway.keystore.change_passphrase(PASSPHRASE.encode())
    (made.data_directory / "passphrase").unlink()
    credentials = tmp_path / "credentials"
    credentials.mkdir(mode=0o700)
    for name, secret in (
        ("gateway-passphrase", PASSPHRASE),
        ("gateway-database-password", DATABASE),
        ("jobindsats-key", SOURCE),
    ):
        (credentials / name).write_text(secret + "\n")
    return made


def environment(town: SimulatedMunicipality, **more: str) -> dict[str, str]:
    return {
        "GATEWAY_DATA_DIRECTORY": str(town.data_directory),
        "CREDENTIALS_DIRECTORY": str(town.folder.parent / "credentials"),
        "GATEWAY_LOG_JOBS": "true",
        **more,
    }


COMMANDS = [
    ("doctor",),
    ("keys", "list"),
    ("contract", "list"),
    ("connectors", "list"),
    ("log", "show", "--count", "5"),
    ("evaluate", "impact60", "--week", "2020-W10", "--explain", "--json", "explained.json"),
    ("release", "impact60", "2018H2", "--template", "payment_document", "--to", "operator", "--out", "bundle.json"),
    ("trust", "export", "--out", "TRUST.json"),
]


def test_secrets_are_used_and_told_nowhere(town: SimulatedMunicipality, tmp_path: Path):
    said = [run(*command, environment=environment(town), cwd=tmp_path) for command in COMMANDS]
    assert [ran.code for ran in said] == [0] * len(COMMANDS), [ran.text for ran in said if ran.code]
    written = [file.read_text("utf-8") for file in tmp_path.glob("*.json")]
    assert len(written) == 3
    assert found("".join([*(ran.text for ran in said), *written])) == set()
    assert all('"event": "job"' in ran.err for ran in said), "positive control: the log was written"


def test_the_search_finds_what_is_told(town: SimulatedMunicipality):
    """Positive control: the files hold the canaries, and each form of one is found."""
    folder = town.folder.parent / "credentials"
    assert found("".join(file.read_text() for file in folder.iterdir())) == set(CANARIES)
    for canary in CANARIES:
        assert all(found(f"x{form}y") == {canary} for form in forms(canary))


def fails(ran: Ran, code: int) -> None:
    assert ran.code == code, ran.text
    assert found(ran.text) == set()


def test_a_database_that_refuses_is_told_without_the_password(town: SimulatedMunicipality):
    address = "postgresql+psycopg://gateway@127.0.0.1:9/gateway?connect_timeout=2"
    settings = Settings(data_directory=town.data_directory, database_url=address)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CREDENTIALS_DIRECTORY", environment(town)["CREDENTIALS_DIRECTORY"])
        assert DATABASE in settings.store_url, "positive control: it is used"
        assert found(repr(settings)) == set()
    for command in (("contract", "list"), ("doctor",), ("evaluate", "impact60", "--week", "2020-W10")):
        ran = run(*command, environment=environment(town, GATEWAY_DATABASE_URL=address))
        fails(ran, 1 if command == ("doctor",) else 10)


def test_an_error_inside_that_holds_a_secret_is_told_without_it(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    """Whatever a library puts into its exception, such as the URL that it could not open."""

    def raises(_gateway: Gateway) -> list[object]:
        raise ConnectionRefusedError(f"cannot connect to postgresql://gateway:{DATABASE}@db/gateway")

    def surprises(_gateway: Gateway) -> list[object]:
        raise LookupError(f"{PASSPHRASE} {SOURCE}")

    monkeypatch.setattr(doctor, "examine_opened", raises)
    fails(run("doctor", environment=environment(town)), 3)
    monkeypatch.setattr(doctor, "examine_opened", surprises)
    fails(run("doctor", environment=environment(town)), 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PASSPHRASE", PASSPHRASE),
        ("GATEWAY_DATABASE_PASSWORD", DATABASE),
        ("PGPASSWORD", DATABASE),
        ("GATEWAY_DATABASE_URL", f"postgresql+psycopg://gateway:{DATABASE}@127.0.0.1:9/gateway"),
        ("GATEWAY_DATABASE_URL", f"postgresql+psycopg://127.0.0.1:9/gateway?user=gateway&password={DATABASE}"),
        ("GATEWAY_DATABASE_URL", f"postgresql+psycopg:/gateway:{DATABASE}@127.0.0.1:nine/gateway"),
    ],
)
def test_a_secret_in_the_environment_is_refused_without_its_value(town: SimulatedMunicipality, name: str, value: str):
    for command in (("contract", "list"), ("doctor",), ("init", "--municipality-code", "851")):
        if command[0] == "init":
            command = (*command, "--municipality-name", "Aalborg", "--host-name", "g.example", "--demo-keys")
        ran = run(*command, environment=environment(town, **{name: value}))
        fails(ran, 2)
        assert name in ran.err


@pytest.mark.parametrize("setting", ["GATEWAY_PASSPHRASE_FILE", "GATEWAY_DATABASE_PASSWORD_FILE"])
def test_a_secret_that_others_may_read_is_refused(town: SimulatedMunicipality, tmp_path: Path, setting: str):
    file = tmp_path / "open-secret"
    file.write_text(PASSPHRASE if "PASSPHRASE" in setting else DATABASE)
    file.chmod(0o644)
    address = "postgresql+psycopg://gateway@127.0.0.1:9/gateway?connect_timeout=2"
    more = {setting: str(file)} | ({} if "PASSPHRASE" in setting else {"GATEWAY_DATABASE_URL": address})
    command = ("keys", "list") if "PASSPHRASE" in setting else ("contract", "list")
    fails(run(*command, environment=environment(town, **more)), 6)
    file.chmod(0o600)  # positive control
    ran = run(*command, environment=environment(town, **more))
    fails(ran, 0 if "PASSPHRASE" in setting else 10)


def test_the_key_of_a_source_is_sent_to_nobody_else_and_told_nowhere(town: SimulatedMunicipality):
    """The service cannot be reached from here: the command fails with the key in its hands."""
    declared = Path(__file__).parents[2] / "examples" / "statistics" / "jobindsats.toml"
    ran = run("connectors", "statistics", declared, environment=environment(town))
    fails(ran, 11)
    assert "source-unavailable" in ran.err
    (town.folder.parent / "credentials" / "jobindsats-key").unlink()  # positive control: it was read
    fails(run("connectors", "statistics", declared, environment=environment(town)), 6)
