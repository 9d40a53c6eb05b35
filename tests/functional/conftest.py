"""Where a story is told on both databases, `make test` tells it on SQLite and `make long` on PostgreSQL.

What differs between the two has tests of its own that run on both at once: the store, transactions, faults, and
`test_postgres`.
"""

from __future__ import annotations

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Called for each test of this folder."""
    is_repeated = item.path.name != "test_postgres.py"
    if is_repeated and item.get_closest_marker("postgres") is not None:
        item.add_marker(pytest.mark.long)
