"""The zone of the machine changes nothing that a source says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.property.test_damage import SOURCES, find_complaints
from tests.spec.test_cells_table import READERS, TABLE

ROOT = Path(__file__).parents[2]
ZONES = ("UTC", "America/Los_Angeles", "Pacific/Kiritimati")
SUITE = (
    "tests/spec/test_cells_table.py",
    "tests/unit/connectors/test_shapes_codes.py",
    "tests/unit/connectors/test_income.py",
    "tests/unit/connectors/test_dream.py",
    "tests/unit/connectors/test_ydelsesrefusion.py",
    "tests/unit/connectors/test_record_file.py",
    "tests/unit/connectors/test_workbook.py",
    "tests/unit/connectors/transports/test_sql.py",
    "tests/unit/connectors/transports/test_rest.py",
    "tests/unit/connectors/transports/soap",
    "tests/functional/test_record_changes.py",
)


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine's clock in a zone. Positive control: local time follows it."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    hours = {"UTC": 0, "America/Los_Angeles": -8, "Pacific/Kiritimati": 14}[request.param]
    offset = datetime.fromtimestamp(1_578_000_000, UTC).astimezone().utcoffset()
    assert offset is not None
    assert offset.total_seconds() == hours * 3600
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_a_cell_says_the_same(zone: str) -> None:
    for kind, (certain, _) in TABLE.items():
        for text, value in certain:
            assert str(READERS[kind](text)) == value


@pytest.mark.parametrize("source", [name for name in SOURCES if "xlsx" not in name])
def test_a_source_says_the_same_and_so_do_its_instants(zone: str, source: str, tmp_path: Path) -> None:
    kinds = ["a day as the instant of its midnight", "rows in another order"]
    assert [found for seed in (1, 2) for found in find_complaints(source, seed, kinds, tmp_path)] == []


@pytest.mark.parametrize(
    "zone",
    [
        pytest.param(zone, marks=pytest.mark.long if place == 2 else pytest.mark.soak)
        for place, zone in enumerate(ZONES)
    ],
)
def test_the_suite_of_sources_holds_in_a_process_of_another_zone(zone: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "-m", "not postgres and not long and not soak", *SUITE],
        cwd=ROOT,
        env={**os.environ, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-2000:]
