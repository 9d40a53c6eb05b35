"""`make mutants`: every small change of the modules that guard privacy or money, and whether a test notices.

Runs what has changed since it was run, or the one module that is named, and goes on where a run was stopped. Writes
docs/mutation-report.md. Fails where a mutant lives that `survivors.toml` gives no reason for, or where more than one in
twenty lives.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.mutants import report
from tests.mutants.reading import forget_survivors, mutants
from tests.mutants.results import Result, keep, last_result, last_results, result_of
from tests.mutants.staging import ROOT, TESTS, stage, stage_of

MOST_SURVIVORS = 0.05
PROCESSES = 2


def main(
    module: Annotated[str, typer.Argument(help="Such as policies/calendar.py; every stale one if left out.")] = "",
) -> None:
    """Run the modules that are asked for, keep what they came to, and write the report."""
    if module and module not in TESTS:
        raise typer.BadParameter(f"is none of: {', '.join(TESTS)}")
    for each in [module] if module else [one for one in TESTS if not _is_known(one)]:
        _run(each)
        report.write(last_results())
    if not _is_good([result for result in last_results() if module in ("", result.module)]):
        sys.exit(1)


def _is_known(module: str) -> bool:
    """Whether the module as it is now was run to its end."""
    result = last_result(module)
    return result is not None and result.is_fresh and not result.not_run


def _run(module: str) -> None:
    started = time.monotonic()
    sha256 = stage(module)
    forget_survivors(module)
    mutmut = str(Path(sys.executable).parent / "mutmut")
    # thousands of starts: none of the plugins is used
    bare = {**os.environ, "EXAMPLES": "all", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run([mutmut, "run", "--max-children", str(PROCESSES)], cwd=stage_of(module), env=bare, check=True)
    today, seconds = str(datetime.now(UTC).date()), round(time.monotonic() - started)
    keep(result_of(module, mutants(module), sha256=sha256, on=today, seconds=seconds))


def _is_good(results: list[Result]) -> bool:
    """Whether few live, and each with a reason; says what is not so."""
    unexplained = report.unexplained(results)
    for module, function, change in unexplained:
        print(f"lives without a reason: {module} {function}: {change}")
    for module, function, change in report.for_nobody(results):
        print(f"a reason for nobody: {module} {function}: {change}")
    lived, total = sum(len(result.survivors) for result in results), sum(result.mutants for result in results)
    print(f"{lived} of {total} live; see {report.PAGE.relative_to(ROOT)}")
    is_done = all(_is_known(result.module) for result in results)
    return is_done and not unexplained and lived <= MOST_SURVIVORS * total


if __name__ == "__main__":
    typer.run(main)
