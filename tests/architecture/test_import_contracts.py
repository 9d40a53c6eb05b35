"""Every import contract of pyproject.toml can fail: one forbidden import is planted for each in a copy of the tree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.imports import ROOTS, import_graph, modules
from tests.support.examples import every_third
from tests.support.scratch import copy_product

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS = {contract["name"]: contract for contract in CONFIGURATION["contracts"]}
THE_ROOMS = "inside the gateway, a room imports downwards alone"
MOST_LINES = 20

# contract -> the module that imports, and what it must not import
PLANTS = {
    "rooms follow the road": ("vocabulary/weeks.py", "policies.decision"),
    "policies import the bottom root and nothing else of ours": ("policies/terms.py", "outcome_verifier.b64"),
    THE_ROOMS: ("gateway/jobs/doctor.py", "gateway.api.page"),
    "the arithmetic of settlement knows no database and no use case": ("gateway/settlement/states.py", "sqlmodel"),
    "the CPR type stays behind the boundary": ("gateway/api/page.py", "keys.cpr"),
    "CPR text passes one module": ("connectors/dream.py", "keys.cpr"),
    "the verifier needs the standard library and cryptography": ("verifier/outcome_verifier/b64.py", "jwt"),
    "frameworks and file formats stay in the gateway": ("policies/terms.py", "fastapi"),
    "one HTTP client, one place that speaks SQL to sources": ("gateway/jobs/doctor.py", "httpx"),
    "SFTP and workbooks are read in one module each": ("gateway/jobs/doctor.py", "paramiko"),
    "XML from outside is read by the SOAP transport alone": ("gateway/jobs/doctor.py", "lxml"),
    "a figure about a group is no person's status: aggregates know no people": (
        "connectors/aggregates.py",
        "vocabulary.records",
    ),
    "a figure about a group is no person's status: what pulls people's records knows no aggregates": (
        "connectors/pull.py",
        "connectors.aggregates",
    ),
    "of the connectors, the SQL transport alone knows SQLAlchemy": ("connectors/pull.py", "sqlalchemy"),
    "only the policies know the engine": ("keys/lifecycle.py", "cedarpy"),
    "one module seals what leaves for a recipient": ("gateway/jobs/doctor.py", "pyrage"),
    "no network from the verifier, no random outside the simulation": ("verifier/outcome_verifier/b64.py", "urllib"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product in which every contract is kept."""
    copied = copy_product(tmp_path_factory.mktemp("contracts"))
    assert _broken(copied) == (set(CONTRACTS), set())
    return copied


def test_every_contract_has_a_forbidden_import_to_try():
    assert set(PLANTS) == set(CONTRACTS)


@pytest.mark.parametrize("name", every_third(PLANTS))
def test_a_forbidden_import_breaks_its_contract_and_no_other(tree: Path, name: str):
    """The import stands in a function, where it is easiest to overlook."""
    place, target = PLANTS[name]
    path = tree / place
    text = path.read_text("utf-8")
    try:
        path.write_text(f"{text}\n\ndef _planted() -> None:\n    import {target}\n", "utf-8")
        assert _broken(tree) == (set(CONTRACTS) - {name}, {name})
    finally:
        path.write_text(text, "utf-8")


def test_the_contract_inside_the_gateway_is_short_and_names_every_room_once_and_nothing_else():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    [contract] = re.findall(rf'^name = "{THE_ROOMS}"\n.*?^\]$', text, flags=re.MULTILINE | re.DOTALL)
    assert len(contract.splitlines()) <= MOST_LINES
    named = [room for layer in CONTRACTS[THE_ROOMS]["layers"] for room in layer.split(" | ")]
    rooms = [f"gateway.{path.parent.name}" for path in sorted((ROOT / "gateway").glob("*/__init__.py"))]
    assert sorted(named) == rooms


def test_every_root_is_in_the_contracts():
    assert sorted(CONFIGURATION["root_packages"]) == sorted(Path(root).name for root in ROOTS)


def test_the_command_line_alone_simulates():
    """A town that does not exist is nothing that a use case may rest on, and needs none of them itself."""
    graph = import_graph(modules(ROOT, ["gateway"]))
    arrows = [(name, target) for name, targets in graph.items() for target in targets]
    above = {_room(name) for name, target in arrows if _room(target) == "simulate"}
    below = {_room(target) for name, target in arrows if _room(name) == "simulate"}
    assert above == {"cli", "simulate"}
    assert below <= {"simulate", "installation", "outcomes"}  # settings of a server, and what a contract counts


def _room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def _broken(tree: Path) -> tuple[set[str], set[str]]:
    """The contracts that are kept and those that are broken in this tree."""
    linter = str(Path(sys.executable).parent / "lint-imports")
    done = subprocess.run(
        [linter, "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": f"{tree}:{tree / 'verifier'}", "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, flags=re.MULTILINE)
    assert verdicts, done.stdout + done.stderr
    kept, broken = ({name for name, said in verdicts if said == word} for word in ("KEPT", "BROKEN"))
    return kept, broken
