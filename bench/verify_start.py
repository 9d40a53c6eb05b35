"""A cold `verify-outcome` of a whole bundle, against only importing the gateway's HTTP application.

Every run is a new interpreter with its byte code already written, as installed packages have it; the two alternate
(ABBA), and every verification must succeed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support.bundles import CONTRACT, NOW, Issuer

_REPEATS = 8


def run() -> list[str]:
    """One line: median and range of both in milliseconds, and their ratio."""
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
        load = [sys.executable, "-c", "import gateway.api.app"]
        settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        settings["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        for command in (verify, load):  # the first run of each writes byte code and fills the page cache
            _timed(command, settings)
        fast, slow = [], []
        for _ in range(_REPEATS // 2):
            fast.append(_timed(verify, settings))
            slow += [_timed(load, settings), _timed(load, settings)]
            fast.append(_timed(verify, settings))
    ratio = statistics.median(slow) / statistics.median(fast)
    return [f"cold start: verify-outcome {_span(fast)}, importing the gateway {_span(slow)}: {ratio:.1f}×"]


def _timed(command: list[str], settings: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=settings)
    return time.perf_counter() - started


def _span(seconds: list[float]) -> str:
    low, middle, high = (value * 1000 for value in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.0f} ms ({low:.0f}..{high:.0f}, n = {len(seconds)})"
