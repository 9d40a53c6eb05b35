"""The road of the command line, from `init` to a released bundle: walked once, then copied to be broken at will."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from outcome_verifier import b64, signing
from tests.support.command_line import Ran, run, run_program
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
    (("enrol", "impact60", "drop/enrolment/impact60.csv", "--batch", "2018", "--yes"), "30 people in batch 2018"),
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


@cache
def _whole_road() -> tuple[Place, list[Ran]]:
    place = Place(Path(tempfile.mkdtemp(prefix="road-")))
    ready(place.folder, pulled=False).gateway.store.dispose()  # for its files only
    ran = [place.gateway(*spelled(place, ROAD[0][0]))]
    sign_elsewhere(place)
    return place, [*ran, *(place.gateway(*spelled(place, arguments)) for arguments, _ in ROAD[1:])]


@pytest.fixture
def walked() -> tuple[Place, list[Ran]]:
    """An installation that went the whole road through the command line, and what each command said; made once."""
    return _whole_road()


@pytest.fixture
def place(walked: tuple[Place, list[Ran]], tmp_path: Path) -> Place:
    """A copy of that installation, to be broken at will."""
    shutil.copytree(walked[0].folder, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path)
