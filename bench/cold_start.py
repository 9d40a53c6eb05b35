"""How fast commands start: a cold `verify-outcome` of a whole bundle, against only importing the gateway's HTTP
application, and `gateway contract list`, against only importing what no command can do without.

Every run is a new interpreter with its byte code already written, as installed packages have it; the two of a pair
alternate (ABBA), and every command must succeed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gateway.contracts import declarations
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from tests.support.bundles import CONTRACT, NOW, Issuer
from tests.support.parties import accept_all

_EXAMPLES = Path(__file__).parents[1] / "examples"
_REPEATS = 20
MOST_TIMES = 1.6  # of importing SQLModel and Typer, that `gateway contract list` may take


def run() -> list[str]:
    """Two lines: median and range of both of a pair in milliseconds, and their ratio."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        issuer = Issuer()
        (folder / "bundle.json").write_bytes(issuer.bundle())
        (folder / "TRUST.json").write_bytes(issuer.trust_bytes())
        (folder / "contract.toml").write_bytes(CONTRACT)
        verify = [
            *(sys.executable, "-m", "outcome_verifier.cli", str(folder / "bundle.json")),
            *("--trust", str(folder / "TRUST.json"), "--contract", str(folder / "contract.toml"), "--at", str(NOW)),
        ]
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        settings |= {"PYTHONPYCACHEPREFIX": str(folder / "bytecode"), **_installation(folder)}
        fast, slow = _pairs(verify, _python("import gateway.api.app"), settings)
        listed = _python("from gateway.cli.app import main; main()", "contract", "list")
        lists, imports = _pairs(listed, _python("import sqlmodel, typer"), settings)
    wanted = f"{_ratio(lists, imports):.2f}×, at most {MOST_TIMES}×"
    return [
        f"verify-outcome {_span(fast)}, importing the gateway {_span(slow)}: {_ratio(slow, fast):.1f}×",
        f"gateway contract list {_span(lists)}, importing SQLModel and Typer {_span(imports)}: {wanted}",
    ]


def _installation(folder: Path) -> dict[str, str]:
    """IMPACT60 in force, and nobody in it: the settings of an installation."""
    gateway = initialise(
        Settings(data_directory=folder / "gateway"),
        host_name="gateway.example",
        municipality_code="851",
        municipality_name="Aalborg Kommune",
        kind=Kind.DEMO,
    )
    for source in ("dream", "income"):
        declarations.declare_source(gateway, _EXAMPLES / "sources" / f"{source}.toml")
    files = (_EXAMPLES / "contracts" / "impact60.toml", _EXAMPLES / "programmes" / "impact60.toml")
    accept_all(gateway, *files)
    declarations.activate_contract(gateway, *files)
    gateway.store.dispose()
    return {"GATEWAY_DATA_DIRECTORY": str(folder / "gateway")}


def _python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def _pairs(one: list[str], other: list[str], settings: dict[str, str]) -> tuple[list[float], list[float]]:
    """The seconds that each took, run by run."""
    for command in (one, other):  # the first run of each writes byte code and fills the page cache
        _timed(command, settings)
    ones, others = [], []
    for _ in range(_REPEATS // 2):
        ones.append(_timed(one, settings))
        others += [_timed(other, settings), _timed(other, settings)]
        ones.append(_timed(one, settings))
    return ones, others


def _timed(command: list[str], settings: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=settings)
    return time.perf_counter() - started


def _ratio(slow: list[float], fast: list[float]) -> float:
    return statistics.median(slow) / statistics.median(fast)


def _span(seconds: list[float]) -> str:
    low, middle, high = (value * 1000 for value in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.0f} ms ({low:.0f}..{high:.0f}, n = {len(seconds)})"
