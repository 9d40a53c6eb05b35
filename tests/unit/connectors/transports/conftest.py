"""Connections that a test opened are closed when it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.connectors.transports.outside import OPENED


@pytest.fixture(autouse=True)
def _connections_are_closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()
