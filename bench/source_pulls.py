"""A pull of 1,000 people over REST and over SOAP, against the least that the source's own latency allows.

The source is a process of its own on loopback, whose every answer takes as long as `_LATENCY_SECONDS` says beside its
own work; the bound is people × latency / parallel. Everything is real: TLS, tokens, signatures both ways, the store.
`BENCH_ASKED` sets another number of people.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from bench.town import town

_LATENCY_SECONDS = 0.2
_PARALLEL = 4  # as the declarations have it
_SOURCES = (("REST (dfdg)", "dfdg"), ("SOAP (sf0770_a)", "sf0770_a"))


def run() -> list[str]:
    """One line a source: seconds, the bound and their ratio."""
    people = int(os.environ.get("BENCH_ASKED", "1000"))
    bound = people * _LATENCY_SECONDS / _PARALLEL
    lines = []
    with tempfile.TemporaryDirectory() as directory:
        sources = [source for _, source in _SOURCES]
        with town(Path(directory), people=people, latency_seconds=_LATENCY_SECONDS, sources=sources) as made:
            for title, source in _SOURCES:
                started = time.perf_counter()
                records = made.pull(source)
                seconds = time.perf_counter() - started
                told = f"{people:,} people, {records:,} records in {seconds:.1f} s"
                lines.append(f"{title}: {told}; latency bound {bound:.1f} s: {seconds / bound:.2f}×")
    return lines
