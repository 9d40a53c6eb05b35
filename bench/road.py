"""The whole road, by stage: from simulated sources on loopback to a bundle that its recipient has verified.

1,000 people × 156 weeks: benefits from a case system's changes over REST, income from the income register over SOAP;
then the contract's evaluation, a release and its offline verification. `BENCH_ASKED` sets another number of people.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.town import CONTRACT, town
from gateway.evaluation import evaluating as evaluation
from gateway.release import publication
from gateway.release.releasing import release
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import verify_bundle
from vocabulary.releases import Recipient, Template
from vocabulary.weeks import Week

T = TypeVar("T")
_STATUS, _INCOME = "case-system", "sf0770_a"
_WINDOW, _WEEK = "2020H2", "2020-W53"


def run() -> list[str]:
    """A line a stage, and one for all of it."""
    people = int(os.environ.get("BENCH_ASKED", "1000"))
    lines: list[str] = []
    whole = 0.0

    def stage(name: str, work: Callable[[], T]) -> T:
        nonlocal whole
        started = time.perf_counter()
        done = work()
        seconds = time.perf_counter() - started
        whole += seconds
        lines.append(f"{name:<28} {seconds:>6.1f} s")
        return done

    with (
        tempfile.TemporaryDirectory() as directory,
        town(
            Path(directory),
            people=people,
            latency_seconds=0.0,
            sources=(_STATUS, _INCOME),
            status=_STATUS,
            income=_INCOME,
        ) as made,
    ):
        gateway = made.gateway
        stage("pull status (REST, changes)", lambda: made.pull(_STATUS))
        stage("pull income (SOAP)", lambda: made.pull(_INCOME))
        result, _ = stage("evaluate", lambda: evaluation.evaluate_week(gateway, CONTRACT, Week.parse(_WEEK)))
        if result.participants != people:
            raise ValueError("not everybody was evaluated")
        with gateway.store.read() as session:
            windows = gateway.contract(session, CONTRACT).windows_until(_WINDOW)

        def released() -> bytes:
            for window in windows:  # what a window is worth builds on the payment documents before it
                release(gateway, CONTRACT, window.label, Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
            return release(gateway, CONTRACT, _WINDOW, Template.CONTRACT_TOTAL, Recipient.INVESTOR).bundle

        bundle = stage(f"release {len(windows) + 1} attestations", released)
        publication.publish(gateway)
        trust = TrustFile.load(gateway.trust_file())
        stage("verify", lambda: verify_bundle(bundle, trust, now=int(time.time())))
    return [*lines, f"{f'{people:,} people × 156 weeks':<28} {whole:>6.1f} s"]
