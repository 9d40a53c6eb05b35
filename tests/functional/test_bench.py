"""Measurements of `make bench` that rest on many parts still run, at a size of seconds. Speed is not judged here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = {"BENCH_PEOPLE": "3000", "BENCH_ROWS": "600000", "BENCH_ASKED": "130", "BENCH_WEEKS": "1"}


@pytest.mark.long
@pytest.mark.parametrize("name", ["extract_scan", "rate_card", "calendar_audit", "road"])
def test_it_runs(name: str, monkeypatch: pytest.MonkeyPatch):
    for key, value in SMALL.items():
        monkeypatch.setenv(key, value)
    ran = subprocess.run([sys.executable, "-m", "bench", name], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr
    assert [line for line in ran.stdout.splitlines() if line.startswith("  ")], ran.stdout
