"""`make mutants`: every small change of the modules that guard privacy, and whether a test notices.

Writes docs/mutation-report.md. Fails where a mutant lives that `survivors.toml` gives no reason for, or where more than
one in twenty lives. `again` keeps what is known and tries only what lived, or was never tried.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import typer

from tests.mutants.reading import Mutant, forget_survivors, mutants
from tests.mutants.staging import LEFT_OUT, MODULES, ROOT, STAGE, TESTS, stage

REPORT = ROOT / "docs" / "mutation-report.md"
REASONS = Path(__file__).parent / "survivors.toml"
MOST_SURVIVORS = 0.05
HEAD = """# Mutation report

`make mutants` on {today}: mutmut changes one thing at a time in the modules that guard privacy, and a test must
notice. A *message text* mutant changes nothing but the words of an error that is raised all the same. A timeout is a
mutant that loops or eats its memory and was stopped: a kill by the clock. Every survivor stands below with its reason.

"""
HOW = """
## How to run it again

`make mutants` lays the packages and the tests out below `var/mutants`, runs mutmut there with two processes, and
writes this file. After a test was added, `.venv/bin/python -m tests.mutants --again` keeps what was killed and tries
the survivors. A survivor that stays gets its reason in `tests/mutants/survivors.toml`; without one the target fails.

Not mutated is code outside functions (tables of constants and of checks) and every function with a decorator of its
own (`@property`, `@contextmanager`): mutmut leaves both alone. A mutant is tried against these tests:

{tests}

without their cases on PostgreSQL, and without {left_out}, which holds a clock.
"""
PROCESSES = 2


def main(again: bool = False, run: bool = True) -> None:
    """Run mutmut and write the report; with `--no-run`, only the report."""
    if run:
        if not again:
            shutil.rmtree(STAGE, ignore_errors=True)
        stage()
        forget_survivors()
        mutmut = str(Path(sys.executable).parent / "mutmut")
        bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # thousands of starts: none of the plugins is used
        subprocess.run([mutmut, "run", "--max-children", str(PROCESSES)], cwd=STAGE, env=bare, check=True)
    found = list(mutants())
    reasons = _reasons()
    REPORT.write_text(_report(found, reasons), "utf-8")
    lived = [mutant for mutant in found if mutant.status == "survived"]
    unexplained = [mutant for mutant in lived if not mutant.is_message and _key(mutant) not in reasons]
    for mutant in unexplained:
        print(f"lives without a reason: {mutant.module} {mutant.function}: {mutant.change}")
    spared = {_key(mutant) for mutant in lived}
    for module, function, change in sorted(set(reasons) - spared):
        print(f"a reason for nobody: {module} {function}: {change}")
    share = len(lived) / len(found)
    print(f"{len(lived)} of {len(found)} live ({share:.1%}); see {REPORT.relative_to(ROOT)}")
    if unexplained or share > MOST_SURVIVORS or any(mutant.status == "not run" for mutant in found):
        sys.exit(1)


Key = tuple[str, str, str]


def _key(mutant: Mutant) -> Key:
    return mutant.module, mutant.function, mutant.change


def _reasons() -> dict[Key, str]:
    entries = tomllib.loads(REASONS.read_text("utf-8")).get("survivor", [])
    return {
        (entry["module"], entry["function"], change): entry["reason"]
        for entry in entries
        for change in entry["changes"]
    }


def _report(found: list[Mutant], reasons: dict[Key, str]) -> str:
    lived = [mutant for mutant in found if mutant.status == "survived"]
    real = [mutant for mutant in lived if not mutant.is_message]
    texts = [mutant for mutant in found if mutant.is_message]
    without = len(found) - len(texts)
    figures = [
        f"- All mutants: {len(found)}, of which {len(lived)} live ({len(lived) / len(found):.1%}).",
        f"- Without message texts: {without}, of which {len(real)} live ({len(real) / without:.1%}).",
        f"- Message texts: {len(texts)}, of which {len(lived) - len(real)} live.",
        "",
        "| module | mutants | killed | timeout | survived | of them message text |",
        "|---|--:|--:|--:|--:|--:|",
        *(_counts(found, module) for module in [*MODULES, None]),
    ]
    rows = [
        line
        for module in MODULES
        for line in _survivors(module, [mutant for mutant in lived if mutant.module == module], reasons)
    ]
    today = str(datetime.now(UTC).date())
    tests = "\n".join(f"- `{name}`" for name in TESTS)
    left_out = ", ".join(f"`{name}`" for name in LEFT_OUT)
    told = (figures, rows, [HOW.format(tests=tests, left_out=left_out)])
    return HEAD.format(today=today) + "\n".join(line for part in told for line in part)


def _counts(found: list[Mutant], module: str | None) -> str:
    """A row of the table: a module, or all of them."""
    these = [mutant for mutant in found if module in (mutant.module, None)]
    count = Counter(mutant.status for mutant in these)
    told = sum(mutant.is_message for mutant in these if mutant.status == "survived")
    name = "**all**" if module is None else f"`{module}`"
    cells = (len(these), count["killed"], count["timeout"], count["survived"], told)
    return f"| {name} | {' | '.join(map(str, cells))} |"


def _survivors(module: str, these: list[Mutant], reasons: dict[Key, str]) -> list[str]:
    if not these:
        return []
    title = ["", f"### `{module}`", "", "| function | change | reason |", "|---|---|---|"]
    return [*title, *(_row(mutant, reasons) for mutant in these)]


def _row(mutant: Mutant, reasons: dict[Key, str]) -> str:
    reason = "message text" if mutant.is_message else reasons.get(_key(mutant), "**no reason yet**")
    change = mutant.change.replace("|", "\\|").replace("`", "'")
    return f"| `{mutant.function}` | `{change}` | {reason} |"


if __name__ == "__main__":
    typer.run(main)
