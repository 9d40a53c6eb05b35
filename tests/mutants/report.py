"""docs/mutation-report.md, written from the results of the modules: what was tried, what lived, and why."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.mutants.results import Result, Survivor
from tests.mutants.staging import LEFT_OUT, NOT_YET, ROOT, TESTS

PAGE = ROOT / "docs" / "mutation-report.md"
_REASONS = Path(__file__).parent / "survivors.toml"
_HEAD = """# Mutation report

mutmut changes one thing at a time in the modules that guard privacy or money, and a test must notice. A *message text*
mutant changes nothing but the words of an error that is raised all the same. A timeout is a mutant that loops or eats
its memory and was stopped: a kill by the clock. Every survivor stands below with its reason.

A row speaks of the module with that SHA-256. A module that has changed since is run again, or a test says so.

"""
_HOW = """
## How to run it again

`make mutants` runs every module that has changed since it was run, `make mutants MODULE=policies/calendar.py` that one.
Each is laid out below `var/mutants`, and mutmut runs there with two processes. A run that was stopped goes on where it
was. After a test was added, the same line with `MODULE=` keeps what was killed and tries the survivors. A survivor that
stays gets its reason in `tests/mutants/survivors.toml`; without one the target fails.

Not mutated is code outside functions (tables of constants and of checks) and every function with a decorator of its
own (`@property`, `@contextmanager`): mutmut leaves both alone. A mutant is tried against the tests of its module
(`tests/mutants/staging.py`), without their cases on PostgreSQL, and without {left_out}, which holds a clock.
"""
_ROW = re.compile(r"^\| `([^`]+\.py)` \| `([0-9a-f]{64})` \|", re.MULTILINE)

Key = tuple[str, str, str]  # module, function, change


def reasons() -> dict[Key, str]:
    """Why a mutant may live."""
    entries = tomllib.loads(_REASONS.read_text("utf-8")).get("survivor", [])
    return {
        (entry["module"], entry["function"], change): entry["reason"]
        for entry in entries
        for change in entry["changes"]
    }


def write(results: Sequence[Result]) -> None:
    """Write the page of these results."""
    PAGE.write_text(page(results), "utf-8")


def page(results: Sequence[Result]) -> str:
    """The page of these results."""
    known = reasons()
    lines = [*_figures(results), *(line for result in results for line in _survivors(result, known))]
    how = _HOW.format(left_out=", ".join(f"`{name}`" for name in LEFT_OUT))
    return _HEAD + "\n".join(lines) + "\n" + how


def unexplained(results: Sequence[Result]) -> list[Key]:
    """The survivors that nobody has given a reason for; what changes the words of an error alone needs none."""
    known = reasons()
    lived = [(result.module, one) for result in results for one in result.survivors if not one.is_message]
    return [key for module, one in lived if (key := (module, one.function, one.change)) not in known]


def for_nobody(results: Sequence[Result]) -> list[Key]:
    """The reasons whose mutant does not live in these results; those of other modules are passed over."""
    lived = {(result.module, one.function, one.change) for result in results for one in result.survivors}
    modules = {result.module for result in results}
    return sorted(key for key in reasons() if key[0] in modules and key not in lived)


def digests(text: str) -> dict[str, str]:
    """The modules that a report speaks of, with the SHA-256 of each."""
    return dict(_ROW.findall(text))


def _figures(results: Sequence[Result]) -> list[str]:
    total = sum(result.mutants for result in results)
    texts = sum(result.messages for result in results)
    lived = [survivor for result in results for survivor in result.survivors]
    real = [survivor for survivor in lived if not survivor.is_message]
    missing = [module for module in TESTS if module not in {result.module for result in results}]
    said = [f"- Not run to its end: `{module}`: {NOT_YET.get(module, 'it is new here')}." for module in missing]
    return [
        f"- All mutants: {total}, of which {len(lived)} live ({_share(len(lived), total)}).",
        f"- Without message texts: {total - texts}, of which {len(real)} live ({_share(len(real), total - texts)}).",
        f"- Message texts: {texts}, of which {len(lived) - len(real)} live.",
        *said,
        "",
        "| module | SHA-256 | on | seconds | mutants | killed | timeout | survived | of them message text |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|",
        *map(_row, results),
    ]


def _row(result: Result) -> str:
    texts = sum(survivor.is_message for survivor in result.survivors)
    counts = (result.seconds, result.mutants, result.killed, result.timeout, len(result.survivors), texts)
    return f"| `{result.module}` | `{result.sha256}` | {result.on} | {' | '.join(map(str, counts))} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def _survivors(result: Result, known: Mapping[Key, str]) -> list[str]:
    if not result.survivors:
        return []
    title = ["", f"### `{result.module}`", "", "| function | change | reason |", "|---|---|---|"]
    return [*title, *(_survivor(result.module, survivor, known) for survivor in result.survivors)]


def _survivor(module: str, survivor: Survivor, known: Mapping[Key, str]) -> str:
    given = known.get((module, survivor.function, survivor.change), "**no reason yet**")
    reason = "message text" if survivor.is_message else given
    change = survivor.change.replace("|", "\\|").replace("`", "'")
    return f"| `{survivor.function}` | `{change}` | {reason} |"
