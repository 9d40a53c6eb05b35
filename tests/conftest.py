"""Fixtures for every test, and what was measured, at the end of a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings

from tests.support.databases import database_url, empty_postgres_url, postgres_url, store

__all__ = ["database_url", "empty_postgres_url", "postgres_url", "store"]

# how long an example takes says something of the machine and nothing of the code: speed is measured in bench/
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")

_TOLD = "told"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says what was measured: a line at the end of the run, also where another process ran the test."""
    return lambda line: record_property(_TOLD, line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Every line that a test told, once, in the order of the tests' names."""
    told: dict[tuple[str, str], None] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                told |= {(report.nodeid, str(line)): None for name, line in report.user_properties if name == _TOLD}
    if told:
        terminalreporter.section("measured")
        for _, line in sorted(told):
            terminalreporter.write_line(line)
