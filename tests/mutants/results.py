"""What a run of one module found, kept in a file, so that a report of all modules needs no run of all of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutants.reading import Mutant
from tests.mutants.staging import TESTS, digest

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed."""

    function: str
    change: str
    is_message: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the mutants of one module. `sha256` is the digest of the module that was mutated."""

    module: str
    sha256: str
    on: str  # the day
    seconds: int  # that the last run took, with what it knew before
    killed: int
    timeout: int
    not_run: int
    messages: int  # of all mutants, those that change the words of an error alone
    survivors: tuple[Survivor, ...]

    @property
    def mutants(self) -> int:
        return self.killed + self.timeout + self.not_run + len(self.survivors)

    @property
    def is_fresh(self) -> bool:
        """Whether the module is still the one that was mutated."""
        return self.sha256 == digest(self.module)


def result_of(module: str, found: Iterable[Mutant], *, sha256: str, on: str, seconds: int) -> Result:
    """What the mutants of a module come to; the digest is that of the module when it was laid out."""
    mutants = list(found)
    count = Counter(mutant.status for mutant in mutants)
    lived = [Survivor(one.function, one.change, one.is_message) for one in mutants if one.status == "survived"]
    return Result(
        module=module,
        sha256=sha256,
        on=on,
        seconds=seconds,
        killed=count["killed"],
        timeout=count["timeout"],
        not_run=count["not run"],
        messages=sum(mutant.is_message for mutant in mutants),
        survivors=tuple(lived),
    )


def keep(result: Result) -> None:
    """Write the file of a module's result."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(asdict(result), ensure_ascii=False, indent=1) + "\n"
    _path(result.module).write_text(text, "utf-8")


def last_result(module: str) -> Result | None:
    """The last result of a module; None where it was never run."""
    path = _path(module)
    if not path.exists():
        return None
    body = json.loads(path.read_text("utf-8"))
    return Result(**{**body, "survivors": tuple(Survivor(**one) for one in body["survivors"])})


def last_results() -> list[Result]:
    """Every result, in the order of the modules."""
    return [result for result in map(last_result, TESTS) if result is not None]


def _path(module: str) -> Path:
    return FOLDER / f"{module.removesuffix('.py').replace('/', '.')}.json"
