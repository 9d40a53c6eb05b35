"""Every simulated source × every fault, end to end, held to the committed table `source_faults.toml`.

Each cell proves that the fault happened, that the pull ended as the table says, that a pull that failed left nothing
and one that ended well the very rows of an undisturbed one, that the pull after the fault gives those rows too, and
that no number is anywhere in the store's files or in an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest

from gateway.simulate.faults import Fault
from tests.faults.source_cells import (
    NOT_POSSIBLE,
    ROWS,
    TABLE,
    World,
    leaks,
    passing,
    possible,
    run_cell,
    world,
)

_MIB = 1 << 20
_TABLE = tomllib.loads(TABLE.read_text("utf-8"))
# the one row of `make test`: a source asked person by person, whose cells are quick
_QUICK = ("dfdg", ("401", "412", "429", "truncated_body", "endless_body", "duplicate_page", "schema_drift"))


@pytest.fixture(scope="module")
def everything() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture(scope="module")
def one_source() -> Iterator[World]:
    with world(_QUICK[0]) as made:
        yield made


def test_the_table_has_every_source_and_every_fault():
    assert tuple(_TABLE) == ROWS
    for row in ROWS:
        cells = _TABLE[row]
        assert {Fault(name) for name in cells["lasting"]} == set(possible(row))
        assert {Fault(name): why for name, why in cells["not_possible"].items()} == NOT_POSSIBLE[row]
        assert {Fault(name) for name in cells.get("once", {})} == set(passing(row))


def held(everything: World, row: str, kind: str, fault: Fault) -> None:
    cell = run_cell(everything, row, fault, times=1 if kind == "once" else 1_000_000)
    assert cell.fired > 0, "the fault never happened"
    assert cell.state == _TABLE[row][kind][fault], cell.said
    assert cell.peak_growth < 48 * _MIB
    assert cell.seconds < 15


@pytest.mark.parametrize("fault", _QUICK[1])
def test_one_source_with_what_goes_wrong_most(one_source: World, fault: str):
    held(one_source, _QUICK[0], "lasting", Fault(fault))


@pytest.mark.long
# of a connection that the database ended, its driver warns that a cursor was never closed
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("row", "kind", "fault"),
    [(row, kind, Fault(name)) for row in ROWS for kind in ("lasting", "once") for name in _TABLE[row].get(kind, {})],
)
def test_every_source_with_every_fault(everything: World, row: str, kind: str, fault: Fault):
    held(everything, row, kind, fault)


def test_a_number_that_leaked_would_be_found(one_source: World):
    """The positive control of what each cell looks for."""
    number = one_source.numbers[0]
    assert leaks(b"row " + number + b";651", one_source.numbers) == [number]
    assert leaks(b"navn Opdigtet Eksempelsen", one_source.numbers)
    assert not leaks(b"nothing", one_source.numbers)
