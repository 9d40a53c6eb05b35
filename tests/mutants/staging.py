"""The tree that mutmut works in: every root package under one `src`, since that is the layout it understands."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
STAGE = ROOT / "var" / "mutants"
PACKAGES = ("vocabulary", "connectors", "keys", "policies", "gateway", "verifier/outcome_verifier")

BESIDE = ("tests", "examples")

MODULES = (
    "connectors/boundary.py",
    "policies/disclosure.py",
    "policies/calendar.py",
    "gateway/store/ledger.py",
    *(
        f"outcome_verifier/{name}.py"
        for name in (
            "acceptance",
            "b64",
            "bundle",
            "canonical",
            "claims",
            "countersignature",
            "endorsement",
            "jws",
            "note",
            "proof",
            "sdjwt",
            "shapes",
            "statuslist",
            "tlog",
            "trust",
            "trusted_key",
            "verify",
        )
    ),
)

# what a mutant is tried against: fast, without a server, without a clock
TESTS = (
    "tests/unit/connectors/test_boundary.py",
    "tests/unit/policies/test_calendar.py",
    "tests/unit/policies/test_disclosure.py",
    "tests/unit/store/test_ledger.py",
    "tests/unit/verifier",
    "tests/property/test_log.py",
    "tests/faults/test_log_cells.py",
    "tests/faults/test_log_tampering.py",
    "tests/vectors",
)
LEFT_OUT = ("tests/unit/verifier/test_hostile.py::test_a_bomb_costs_little",)  # it holds a clock against the bomb


def stage() -> None:
    """Lay the tree out anew; files keep their times, so that mutmut knows what changed since."""
    for package in PACKAGES:
        _copy(ROOT / package, STAGE / "src" / Path(package).name)
    for beside in BESIDE:
        _copy(ROOT / beside, STAGE / beside)
    (STAGE / "pyproject.toml").write_text(_configuration())


def _copy(source: Path, target: Path) -> None:
    unwanted = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(source, target, ignore=unwanted, dirs_exist_ok=True)


def _configuration() -> str:
    """The project's own pytest options, and what mutmut is told."""
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    left_out = [f"--deselect={name}" for name in LEFT_OUT]
    options = ["-p", "tests.mutants.plugin", "-p", "no:cacheprovider", "-m", "not postgres and not long", *left_out]
    pytest = {"filterwarnings": ours["filterwarnings"], "markers": ours["markers"], "addopts": "--strict-markers"}
    mutmut = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{module}" for module in MODULES],
        "also_copy": list(BESIDE),
        "pytest_add_cli_args": options,
        "pytest_add_cli_args_test_selection": list(TESTS),
        "use_git_change_detection": False,
        # far beyond what the plugin grants: these hold the clock, which a busy machine stretches
        "timeout_constant": 20.0,
        "timeout_multiplier": 5.0,
    }
    return "".join(
        f"[tool.{table}]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())
        for table, values in (("pytest.ini_options", pytest), ("mutmut", mutmut))
    )


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)
