"""`make soak`: the release cycle broken and killed for long on both databases, the verifier fed for long, money
searched deep, and worlds drawn by the thousand.

Writes docs/soak-report.md with the seed. Every part stops at the first thing that is wrong. The search takes longest:
`python -m tests.soak --search-only` runs it alone, and leaves what the report says of the others.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import typer

from gateway.oversight import log_reading as oversight
from tests.faults.chain import check_series, on_postgres, requests, strike_all, towns
from tests.soak.search import SEARCH, searched
from tests.support.databases import running_postgres
from tests.support.municipality import ready

ROOT = Path(__file__).parents[2]
MEASURED = ("outsider,", "policy boundary table,")
REPORT = ROOT / "docs" / "soak-report.md"
KILLED = """
import sys
from gateway.installation.gateway import Gateway
from gateway.release.releasing import release
from gateway.installation.settings import Settings

release(Gateway.open(Settings()), *sys.argv[1:])
"""


def main(
    rounds: int = 10,
    kills: int = 120,
    examples: int = 3000,
    runs: int = 300_000,
    depth: int = 12,
    seed: int = 20_261_123,
    search_only: bool = False,
) -> None:
    """Run every part and write the report."""
    if search_only:
        text_ = REPORT.read_text("utf-8")
        kept = text_[text_.index("- Seed") :].splitlines()
        _write([line for line in kept if not line.startswith(f"- {SEARCH}")] + [f"- {one}" for one in searched(depth)])
        return
    lines = [f"Seed {seed}, {datetime.now(UTC).date()}."]
    with tempfile.TemporaryDirectory() as folder, running_postgres() as server:
        here = Path(folder)
        for name, make in (("SQLite", ready), ("PostgreSQL", on_postgres(server))):
            started = time.monotonic()
            struck = strike_all(towns(here / name, make), rounds=rounds, seed=seed)
            counts = ", ".join(f"step {step}: {count}" for step, count in sorted(struck.items()))
            lines.append(f"{name}: {struck.total()} releases broken and finished in {_spent(started)} ({counts})")
            print(lines[-1], flush=True)
        started = time.monotonic()
        left = killed_at_random(here / "killed", kills, random.Random(seed))
        counts = ", ".join(f"{state} {count}" for state, count in sorted(left.items()))
        lines.append(f"SIGKILL at random moments: {kills} processes in {_spent(started)}; left behind: {counts}")
        print(lines[-1], flush=True)
    for told in (hostile(examples, seed), fuzzed(runs, seed), *drawn(), *searched(depth)):
        lines.append(told)
        print(told, flush=True)
    _write([f"- {line}" for line in lines])


def _write(lines: list[str]) -> None:
    text_ = "\n".join(lines)
    REPORT.write_text(f"# Soak report\n\n`make soak`, two cores. Nothing was wrong.\n\n{text_}\n", "utf-8")


def killed_at_random(folder: Path, kills: int, draw: random.Random) -> Counter[str]:
    """Kill a releasing process at a random moment, look at what it left, and let the next one go on from there."""
    left: Counter[str] = Counter()
    new_town = towns(folder, ready)
    town, waiting = new_town(), requests()
    request = next(waiting)
    for _ in range(kills):
        environment = {**os.environ, **town.environment}
        started = subprocess.Popen([sys.executable, "-c", KILLED, town.contract, *request], env=environment)
        time.sleep(draw.uniform(1.2, 4.0))
        started.send_signal(signal.SIGKILL)
        started.wait()
        rows = [row for row in town.rows() if (row.window, row.template, row.recipient_role) == request]
        state = rows[0].state if rows else "nothing"
        left[state] += 1
        oversight.verify_logs(town.gateway)
        if state == "issued":
            town.verified(rows[0].bundle or b"")
            check_series(town.rows())
            following = next(waiting, None)
            if following is None:
                town, waiting = new_town(), requests()
                following = next(waiting)
            request = following
    return left


def drawn() -> list[str]:
    """The tests that are marked `soak`: what each measured, and how many there were."""
    started = time.monotonic()
    command = ["make", "--no-print-directory", "worlds"]
    told = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    measured = [line for line in told if line.startswith(MEASURED)]
    return [f"Worlds and combinations: {told[-1].strip('= ')} ({_spent(started)})", *measured]


def hostile(examples: int, number: int) -> str:
    """The properties of the hostile tests, with so many examples each (Hypothesis)."""
    started = time.monotonic()
    environment = {**os.environ, "HOSTILE_EXAMPLES": str(examples)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--hypothesis-seed={number}",
        "tests/unit/verifier/test_hostile.py",
    ]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    return (
        f"Hypothesis: {examples} hostile inputs for each property in {_spent(started)}; only refusals of its own tree"
    )


def fuzzed(runs: int, number: int) -> str:
    """Coverage-guided fuzzing of the verifier from the test vectors on (atheris); a crash ends it."""
    started = time.monotonic()
    command = [sys.executable, "-m", "tests.soak.fuzz", f"-runs={runs}", f"-seed={number % 2**31}", "-max_len=20000"]
    with tempfile.TemporaryDirectory() as corpus:
        for vector in sorted((ROOT / "tests" / "vectors").rglob("*.bundle.json")):
            (Path(corpus) / vector.name).write_bytes(vector.read_bytes())
        limits = ["-timeout=2", "-rss_limit_mb=512", corpus]
        subprocess.run([*command, *limits], cwd=ROOT, check=True, capture_output=True)
    return f"atheris: {runs} inputs from the test vectors on in {_spent(started)}; only refusals of its own tree"


def _spent(started: float) -> str:
    return f"{time.monotonic() - started:.0f} s"


if __name__ == "__main__":
    typer.run(main)
