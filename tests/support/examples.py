"""On how many examples a property is tried: on all of them with the long tests, on a third by `make test`."""

from __future__ import annotations

import os


def examples(number: int) -> int:
    """So many, or a third of them; `make long` sets EXAMPLES=all and runs what is marked `property` again."""
    return number if os.environ.get("EXAMPLES") == "all" else -(-number // 3)
