"""Invariant 1 in an audit: CPR numbers reach the auditor's terminal, and no other byte that is written or sent.

Every command runs as it does for an auditor, the rows on a terminal of their own. Searched are what the other commands
print, what is logged down to every SQL statement, temporary and removed files, the findings, the bundle and the
installation afterwards. The terminal is the positive control: the same search finds the people there.
"""

from __future__ import annotations

import os
import pty
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attacks import traces
from tests.attacks.canaries import files, forms, leaks
from tests.attacks.test_canary import talkative
from tests.support import auditing
from tests.support.auditing import AUDITOR, WINDOW
from tests.support.command_line import PROGRAMS, run
from tests.support.municipality import ready

pytestmark = pytest.mark.long  # most of a minute by itself

# the command line with a fault that nobody foresaw while rows are looked for
FAULT = """
import sys
from connectors import boundary
from gateway.cli.app import main

def fault(*_):
    raise RuntimeError("nobody foresaw this")

boundary.SourceRows.add = fault
main()
"""


@dataclass(frozen=True)
class Ran:
    channels: dict[str, bytes]
    terminal: bytes
    cohort: list[str]
    sampled: list[str]


def on_a_terminal(command: list[str], environment: dict[str, str], cwd: Path) -> bytes:
    """What a program shows on a terminal of its own, both outputs."""
    child, master = pty.fork()
    if child == 0:
        os.chdir(cwd)
        os.execve(command[0], command, {**os.environ, **environment})
    shown = b""
    while True:
        try:
            part = os.read(master, 1 << 16)
        except OSError:  # what Linux says when the other end is closed
            break
        if not part:
            break
        shown += part
    os.waitpid(child, 0)
    os.close(master)
    return shown


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("audit-canary")
    town = ready(folder)
    here, temporary = folder / "here", folder / "temporary"
    here.mkdir()
    temporary.mkdir()
    rows = [line.split(";") for line in town.drop.referrals.read_text().splitlines()[1:]]
    numbers = {row[2]: row[0].replace("-", "") for row in rows}
    environment = {
        **town.environment,
        "GATEWAY_STAFF": AUDITOR,
        "TMPDIR": str(temporary),
        "SQLITE_TMPDIR": str(temporary),
    }
    channels: dict[str, bytes] = {}
    with talkative() as log, traces.traced(folder / "traces") as traced:
        auditing.appoint(town)
        released = town.release(WINDOW, "payment_document", "operator")
        sample = auditing.draw(town, size=5).sample.id
        auditing.approve(town, sample)
        sampled = [numbers[shown.case_reference] for shown, _ in auditing.look(town, sample).people]
        told = auditing.look(town, sample)
        channels["what the gateway holds of it"] = repr((told.opening, told.people)).encode()
        sources = [str(path) for path in auditing.sources(town)]
        command = [str(PROGRAMS / "gateway"), "audit", "rows", sample, *sources]
        terminal = on_a_terminal(command, environment | traced, here)
        fault = [sys.executable, "-X", "dev", "-c", FAULT, "audit", "rows", sample, *sources]
        channels["traceback"] = on_a_terminal(fault, environment | traced, here)
        commands = (
            ("audit", "rows", sample, *sources),  # no terminal
            ("audit", "find", sample, "--item", "1", "--deviates", "other_hours", "--weeks", "2018-W41"),
            *(("audit", "find", sample, "--item", str(item), "--agrees") for item in range(2, 6)),
            ("audit", "close", sample, "--out", "findings.json", "--items", "items.json"),
            ("audit", "list"),
        )
        printed = [run(*one, environment=environment, cwd=here) for one in commands]
        channels["command line"] = "".join(one.text for one in printed).encode()
        auditing.take(town, auditing.signed(town, auditing.close(town, sample), released))
        channels["bundle"] = town.release(WINDOW, "payment_document", "operator").bundle
    assert [one.code for one in printed] == [5, *[0] * 7]
    town.gateway.store.dispose()
    channels |= {"logging": log.getvalue().encode(), "removed files": traces.removed(folder / "traces")}
    channels |= {**files(folder / "gateway"), **files(here), **files(temporary)}
    return Ran(channels, terminal, sorted(numbers.values()), sampled)


def test_no_number_goes_anywhere_but_to_the_terminal(ran: Ran):
    assert leaks(ran.channels, ran.cohort) == []


def test_the_terminal_shows_the_sampled_and_nobody_else(ran: Ran):
    """Positive control of the search, and the rows' own test: a real terminal, the installed program."""
    assert all(number.encode() in ran.terminal for number in ran.sampled)
    assert len(ran.sampled) == 5
    assert not any(number.encode() in ran.terminal for number in set(ran.cohort) - set(ran.sampled))


def test_every_channel_was_filled_and_the_search_works_in_each(ran: Ran):
    assert b"an error that nobody foresaw: RuntimeError, " in ran.channels["traceback"]
    assert b"nobody foresaw this" not in ran.channels["traceback"]
    assert b"INSERT INTO audititem" in ran.channels["logging"]
    assert b'"countersignatures":["' in ran.channels["bundle"]
    assert {"findings.json", "items.json"} <= set(ran.channels)
    for name, data in ran.channels.items():
        for form, pattern in forms(ran.cohort[0]):
            assert leaks({name: data[:1000] + pattern + data[-1000:]}, ran.cohort[:1]), (name, form)
