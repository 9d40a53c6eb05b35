"""Every numbered step of the release cycle is struck at least ten times; `make soak` does it for longer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.chain import on_postgres, strike_all, towns
from tests.faults.test_release_crash import FAULTS
from tests.support.databases import running_postgres
from tests.support.municipality import ready

# step 3 has no code of its own that could break: the plan is a fact that step 1 judges; step 10 is the return
STEPS = {int(name.split()[0]) for name in FAULTS}


@pytest.mark.long
def test_every_step_is_struck_ten_times_and_finished(tmp_path: Path, tell: Callable[[str], None]):
    struck: Counter[int] = Counter()
    for seed in range(20):
        rare = [step for step in STEPS if struck[step] < 10]
        if not rare:
            break
        struck += strike_all(towns(tmp_path / str(seed), ready), rounds=1, seed=seed, steps=rare)
    tell(f"release cycle, steps struck: {dict(sorted(struck.items()))}")
    assert {step for step, count in struck.items() if count >= 10} == STEPS == {1, 2, 4, 5, 6, 7, 8, 9, 10}


@pytest.mark.long
@pytest.mark.postgres
def test_every_step_is_struck_and_finished_on_postgresql(tmp_path: Path):
    with running_postgres() as server:
        struck = strike_all(towns(tmp_path, on_postgres(server)), rounds=1, seed=1)
    assert set(struck) == STEPS
