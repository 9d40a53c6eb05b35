"""Fixtures for every test, and what was measured, at the end of a run."""

from __future__ import annotations

import gc
import os
import pickle
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import settings

import keys.keystore
from gateway.attestations import calendar_audit
from tests.support.databases import (
    database_url,
    empty_postgres_url,
    migrated_postgres_url,
    postgres_template,
    postgres_url,
    store,
    unsynced_sqlite,
)

__all__ = [
    "database_url",
    "empty_postgres_url",
    "migrated_postgres_url",
    "postgres_template",
    "postgres_url",
    "store",
]

# how long an example takes says something of the machine and nothing of the code: speed is measured in bench/
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")
# a test goes through years in seconds; tests/functional/test_clock.py asks what an installation asks
os.environ["GATEWAY_LONGEST_PAUSE_DAYS"] = "0"
_TOLD = "told"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says what was measured: a line at the end of the run, also where another process ran the test."""
    return lambda line: record_property(_TOLD, line)


@cache
def _derived(passphrase: bytes, salt: bytes, length: int, cost: tuple[tuple[str, int], ...]) -> bytes:
    return Scrypt(salt, length, **dict(cost)).derive(passphrase)


class _Remembered:
    """scrypt at its full cost, once for each passphrase and salt: towns that are copied share theirs, and opening
    their keys was a fifth of what all tests cost."""

    def __init__(self, salt: bytes, length: int, **cost: int) -> None:
        self._of = salt, length, tuple(cost.items())

    def derive(self, passphrase: bytes) -> bytes:
        return _derived(passphrase, *self._of)


def pytest_collection_finish() -> None:
    """Ten thousand tests are no rubbish: walking over them again and again was an eighth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _audited_once(folder: Path) -> Callable[[Any], Any]:
    """The audit of a text, once for all processes of a run: it comes from the text alone, and takes seconds."""
    audit_of_text = calendar_audit._audit_of_text

    @cache
    def of_text(text: Any) -> Any:
        file = folder / f"{text.sha256}.audit"
        if file.exists():
            return pickle.loads(file.read_bytes())
        found = audit_of_text(text)
        written = file.with_suffix(f".{os.getpid()}")
        written.write_bytes(pickle.dumps(found))
        written.replace(file)
        return found

    return of_text


@pytest.fixture(scope="session", autouse=True)
def _what_comes_out_the_same_is_made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Passphrases, audits, and the tree of a hundred commands, which a process of its own builds once anyway."""
    base = tmp_path_factory.getbasetemp()  # of a worker's own, inside that of the run
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "audits"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calendar_audit, "_audit_of_text", _audited_once(folder))
        patch.setattr(keys.keystore, "Scrypt", _Remembered)
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def _nothing_waits_for_the_disk() -> Iterator[None]:
    """Thousands of commits of seven milliseconds each; processes of their own sync as they always do."""
    with unsynced_sqlite(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Every line that a test told, once, in the order of the tests' names; then the tables that tests recorded."""
    told: dict[tuple[str, str], None] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                told |= {(report.nodeid, str(line)): None for name, line in report.user_properties if name == _TOLD}
    if told:
        terminalreporter.section("measured")
        for _, line in sorted(told):
            terminalreporter.write_line(line)
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for table in (value for name, value in report.user_properties if name == "table"):
            terminalreporter.section(f"{report.nodeid.rpartition('::')[2]}: {table['title']}")
            for name, *counts in [table["head"], *table["rows"]]:
                terminalreporter.write_line(f"{name:44}" + "".join(f"{count:>9}" for count in counts))
