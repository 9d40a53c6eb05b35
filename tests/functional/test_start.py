"""A small command starts at once: it loads nothing that it does not use. How long it takes is measured by `make bench`
(`bench/cold_start.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.municipality import ready

HEAVY = {"numpy", "lxml", "cedarpy", "httpx", "paramiko", "openpyxl", "sqlglot", "jwt", "fastapi", "uvicorn"}
LIST = """
import sys
from gateway.cli.app import main

sys.argv = ["gateway", "contract", "list"]
try:
    main()
except SystemExit as end:
    assert not end.code
print(*sys.modules, file=sys.stderr)
"""


def test_listing_contracts_loads_nothing_heavy(tmp_path: Path):
    town = ready(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", LIST],
        env={**os.environ, **town.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "impact60" in done.stdout
    loaded = set(done.stderr.split())
    assert {"sqlmodel", "gateway.store.contract_queries"} <= loaded  # it opened the installation
    assert loaded & HEAVY == set()
