"""Fixtures for every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.support.databases import database_url, empty_postgres_url, postgres_url, store

__all__ = ["database_url", "empty_postgres_url", "postgres_url", "store"]

# how long an example takes says something of the machine and nothing of the code: speed is measured in bench/
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the tables that tests recorded under `table`, also those of tests that ran in another process."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for table in (value for name, value in report.user_properties if name == "table"):
            terminalreporter.section(f"{report.nodeid.rpartition('::')[2]}: {table['title']}")
            for name, *counts in [table["head"], *table["rows"]]:
                terminalreporter.write_line(f"{name:44}" + "".join(f"{count:>9}" for count in counts))
