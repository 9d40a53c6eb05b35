"""The journal of erasures forgets whom no backup can bring back, and nobody else; whatever happens at the same time."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from gateway.rights import erasure, journal
from tests.support.simulated import simulated

NOW = datetime(2030, 3, 15, tzinfo=UTC)


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """An installation whose backups are kept for two years."""
    return keeping(simulated(tmp_path / "town", "ballerup").gateway, 24)


def keeping(gateway: Gateway, months: int) -> Gateway:
    return replace(gateway, settings=gateway.settings.model_copy(update={"backup_months": months}))


def mark(number: int) -> str:
    return f"{number:064x}"


def erased(gateway: Gateway, number: int, year: int, month: int) -> None:
    at = datetime(year, month, 28, tzinfo=UTC)
    journal.intend(gateway, contract="ballerup", request=f"r{number}", mark=mark(number), now=at)
    journal.confirm(gateway, mark(number), now=at)


def test_two_whole_years_after_its_month_an_erasure_is_forgotten(gateway: Gateway):
    for number, (year, month) in enumerate([(2028, 1), (2028, 2), (2028, 3), (2030, 3)]):
        erased(gateway, number, year, month)
    journal.forget(gateway, now=NOW)
    assert journal.erased_digests(gateway) == {mark(2), mark(3)}
    assert [line["at"] for line in journal.lines(gateway)] == ["2028-03", "2028-03", "2030-03", "2030-03"]
    journal.forget(gateway, now=NOW)
    assert len(journal.lines(gateway)) == 4


def test_where_backups_are_kept_for_ever_nothing_is_forgotten(gateway: Gateway):
    """The default, since a journal that forgets too early brings people back."""
    assert Settings().backup_months == 0
    erased(gateway, 1, 1990, 1)
    journal.forget(keeping(gateway, 0), now=NOW)
    assert journal.erased_digests(gateway) == {mark(1)}


def test_an_intent_that_nothing_has_closed_stays(gateway: Gateway):
    journal.intend(gateway, contract="ballerup", request="r", mark=mark(1), now=datetime(2020, 1, 1, tzinfo=UTC))
    erased(gateway, 2, 2020, 1)
    journal.forget(gateway, now=NOW)
    assert [line["subject_sha256"] for line in journal.unconfirmed_intents(gateway)] == [mark(1)]
    assert journal.erased_digests(gateway) == set()


def test_the_next_repetition_forgets(gateway: Gateway):
    erased(gateway, 1, 2000, 1)
    assert erasure.repeat(gateway) == 0
    assert journal.lines(gateway) == []


def test_a_line_that_is_none_is_never_written_over(gateway: Gateway):
    erased(gateway, 1, 2000, 1)
    file = gateway.settings.data_directory / journal.NAME
    file.write_text("{}\n" + file.read_text())
    with pytest.raises(ValueError, match="restore it"):
        journal.forget(gateway, now=NOW)
    assert len(file.read_text().splitlines()) == 3


def test_nothing_is_readable_by_others(gateway: Gateway):
    erased(gateway, 1, 2000, 1)
    erased(gateway, 2, 2030, 1)
    journal.forget(gateway, now=NOW)
    assert (gateway.settings.data_directory / journal.NAME).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in gateway.settings.data_directory.glob("erasures*")] == [journal.NAME]


def _write(folder: Path, start: int) -> None:
    gateway = keeping(Gateway.open(Settings(data_directory=folder)), 24)
    for number in range(start, start + 40):
        erased(gateway, number, *((2000, 1) if number % 2 else (2030, 1)))
        journal.forget(gateway, now=NOW)


def test_erasures_that_are_noted_while_it_is_written_anew_are_not_lost(gateway: Gateway):
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_write, args=(gateway.settings.data_directory, start)) for start in (0, 1000)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    kept = {mark(number) for start in (0, 1000) for number in range(start, start + 40, 2)}
    assert journal.erased_digests(gateway) == kept
    text = (gateway.settings.data_directory / journal.NAME).read_text("ascii")
    assert all(json.loads(line)["at"] == "2030-01" for line in text.splitlines())
