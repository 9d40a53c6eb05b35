"""On how much a test is tried: on all of it with the long tests, on a third by `make test`."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest


def examples(number: int) -> int:
    """So many, or a third of them; `make long` sets EXAMPLES=all and runs what is marked `property` again."""
    return number if os.environ.get("EXAMPLES") == "all" else -(-number // 3)


def every_third(cases: Iterable[object]) -> list[pytest.ParameterSet]:
    """Cases of one kind: the first of three is tried by `make test`, the other two with the long tests."""
    return [pytest.param(case, marks=pytest.mark.long if at % 3 else ()) for at, case in enumerate(cases)]
