"""A chain of releases that breaks at every numbered step of the cycle, again and again, and is finished each time.

`strike_all` is one round: every fault of the table strikes a release of its own, in an order drawn from a seed. After
each strike there is nothing, an intent, or one complete attestation; after each rerun exactly one, unsuperseded, and
no gap in any series.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from gateway.oversight import log_reading as oversight
from gateway.store.tables import ReleaseRow
from tests.faults.test_release_crash import FAULTS, INTENDED, ISSUED, NOTHING, Breaker, Fault
from tests.support.municipality import SimulatedMunicipality, built

WINDOWS = ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2")
RECIPIENTS = (("payment_document", "operator"), ("contract_total", "operator"), ("contract_total", "investor"))
Request = tuple[str, str, str]
NewTown = Callable[[], SimulatedMunicipality]


def requests() -> Iterator[Request]:
    """Every planned release of one municipality, in an order in which it may be asked for."""
    for window in WINDOWS:
        for template, recipient in RECIPIENTS:
            yield window, template, recipient


def strike_all(new_town: NewTown, *, rounds: int, seed: int, steps: Collection[int] = range(1, 11)) -> Counter[int]:
    """Break `rounds` releases at each fault of these steps; how often each numbered step was struck."""
    draw = random.Random(seed)
    faults = [name for name in FAULTS for _ in range(rounds) if int(name.split()[0]) in steps]
    draw.shuffle(faults)
    struck: Counter[int] = Counter()
    town, waiting = new_town(), requests()
    for fault in faults:
        request = next(waiting, None)
        if request is None:
            oversight.verify_logs(town.gateway)
            town.gateway.store.dispose()
            town, waiting = new_town(), requests()
            request = next(waiting)
        struck[strike(town, request, fault)] += 1
    oversight.verify_logs(town.gateway)
    town.gateway.store.dispose()
    return struck


def strike(town: SimulatedMunicipality, request: Request, fault: str) -> int:
    """Break one release at a fault, look, finish it, and look again; the number of the step that was struck."""
    where, name, when, after, expected = FAULTS[fault]
    breaker = Breaker(getattr(where, name), when(), after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, breaker.function())
        with pytest.raises(Fault):
            town.release(*request)
    if breaker.struck != 1:
        raise AssertionError(f"{fault} did not strike {request}")
    if left(town, request) != expected:
        raise AssertionError(f"{fault} left {left(town, request)} of {request}, not {expected}")
    town.verified(town.release(*request).bundle)
    if left(town, request) != ISSUED:
        raise AssertionError(f"{request} was not finished after {fault}")
    check_series(town.rows())
    return int(fault.split()[0])


def left(town: SimulatedMunicipality, request: Request) -> str:
    """What stands in the store of one release."""
    rows = [row for row in town.rows() if (row.window, row.template, row.recipient_role) == request]
    if not rows:
        return NOTHING
    [row] = rows  # never two
    if row.state == INTENDED:
        if (row.bundle, row.leaf_index) != (None, None):
            raise AssertionError("an intent has a bundle or a place in the log")
        return INTENDED
    town.verified(row.bundle or b"")
    return ISSUED


def check_series(rows: list[ReleaseRow]) -> None:
    """One issued attestation a window, type and recipient, and no gap in `seq`."""
    series: dict[tuple[str, str], list[int]] = defaultdict(list)
    places = Counter((row.window, row.template, row.recipient_role) for row in rows)
    if max(places.values()) > 1 or any(row.state != ISSUED for row in rows):
        raise AssertionError("a release stands twice, or is unfinished")
    for row in rows:
        series[row.template, row.recipient_role].append(row.seq)
    for numbers in series.values():
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            raise AssertionError(f"a gap in the series: {sorted(numbers)}")


def towns(folder: Path, make: Callable[[Path], SimulatedMunicipality]) -> NewTown:
    """Municipalities one after the other, each in a folder of its own."""
    numbers = iter(range(1_000_000))
    return lambda: make(folder / f"town-{next(numbers)}")


def on_postgres(server: str) -> Callable[[Path], SimulatedMunicipality]:
    """Municipalities with their people enrolled, each in a database of its own."""
    numbers = iter(range(1_000_000))

    def make(folder: Path) -> SimulatedMunicipality:
        name = f"soak_{next(numbers)}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        town = built(folder, database_url=make_url(server).set(database=name).render_as_string(hide_password=False))
        town.enrol()
        town.pull_all()
        return town

    return make
