"""Rows as lines: every kind of cell comes back as it was, and a line that is no row is none, on both databases."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, insert, text

from gateway.errors.recovery import BackupInvalid, BackupRefused
from gateway.store import dump
from gateway.store.tables import PullRow, StatusList
from gateway.store.unit_of_work import Store

PEOPLE = [
    {
        "subject_id": f"{at:032x}",
        "contract_id": "c",
        "batch_id": "1",
        "enrolled_on": date(2020, 1, 31),
        "case_reference": f'"Æ",\n\\{at}',
        "notice_id": "",
    }
    for at in range(2_500)  # several pieces on each side
]


def lines_of(store: Store, *names: str) -> list[Any]:
    with store.read() as session:
        data = b"".join(dump.dump(session.connection(), list(names), lambda _: None))
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def write(store: Store, table: str, rows: list[dict[str, Any]]) -> None:
    with store.alone() as connection:
        connection.execute(insert(dump.tables_of(connection)[table]), rows)


def load(store: Store, data: bytes, *names: str, pieces: int = 1_000) -> int:
    with store.alone() as connection:
        loading = dump.Loading(connection, "rows.age", lambda _: None, list(names))
        for at in range(0, len(data), pieces):
            loading.take(data[at : at + pieces])
        return loading.finish()


def dumped(store: Store, *names: str) -> bytes:
    heard: list[int] = []
    with store.read() as session:
        data = b"".join(dump.dump(session.connection(), list(names), heard.append))
        assert sum(heard) == dump.count_rows(session.connection(), list(names))
    return data


def test_every_kind_of_cell_comes_back_as_it_was(store: Store):
    write(store, "subject", PEOPLE)
    pull: dict[str, Any] = dict.fromkeys(("contract_id", "source_id", "file_name", "file_sha256"), "x")
    pull |= {"meaning_sha256": "m", "decision_id": "d", "known_at": 1_796_000_000_123_456, "batches": 1}
    pull |= {"from_week": 1, "to_week": 2, "edition": 3, "asked_to_week": 4, "id": 7}
    pull |= {"counts": {"æ": [1, None, True]}, "measures": {}}
    write(store, "pullrow", [pull])
    write(store, "statuslist", [{"list_id": 9, "bits": bytes(range(256)), "updated_at": 5}])
    names = ("subject", "pullrow", "statuslist")
    before, data = lines_of(store, *names), dumped(store, *names)
    assert before[1][3] == "2020-01-31"
    with store.alone() as connection:
        for name in names:
            connection.execute(delete(dump.tables_of(connection)[name]))
    assert load(store, data, *names) == len(PEOPLE) + 2
    assert lines_of(store, *names) == before
    with store.read() as session:
        assert session.get_one(StatusList, 9).bits == bytes(range(256))
        assert session.get_one(PullRow, 7).counts == {"æ": [1, None, True]}


@pytest.mark.parametrize("people", [0, 1, 499, 500, 501, 999, 1000])
def test_as_many_rows_are_heard_as_there_are(store: Store, people: int):
    """Around the size of a piece: the manifest names what was heard, and a restore asks for just as many."""
    if people:
        write(store, "subject", PEOPLE[:people])
    data = dumped(store, "subject")
    with store.alone() as connection:
        connection.execute(delete(dump.tables_of(connection)["subject"]))
    assert load(store, data, "subject") == people


def test_the_next_number_follows_those_that_came(store: Store):
    with store.alone() as connection:
        connection.execute(
            insert(dump.tables_of(connection)["statuslist"]), {"list_id": 9, "bits": b"", "updated_at": 5}
        )
        dump.go_on_counting(connection)
        connection.execute(insert(dump.tables_of(connection)["statuslist"]), {"bits": b"", "updated_at": 5})
    assert [row[0] for row in lines_of(store, "statuslist")[1:]] == [9, 10]


SPOILT: dict[str, Callable[[list[str]], list[str]]] = {
    "another table": lambda lines: [lines[0].replace('"statuslist"', '"subject"'), *lines[1:]],
    "a table that there is not": lambda lines: [lines[0].replace('"statuslist"', '"none"'), *lines[1:]],
    "another column": lambda lines: [lines[0].replace('"bits"', '"bytes"'), *lines[1:]],
    "another kind": lambda lines: [lines[0].replace('"bytes"', '"text"'), *lines[1:]],
    "a cell less": lambda lines: [lines[0], '[1,"AA=="]'],
    "no base64": lambda lines: [lines[0], '[1,"*",5]'],
    "no JSON": lambda lines: [lines[0], "[1,"],
    "a row before its table": lambda lines: lines[1:],
    "no row": lambda lines: [lines[0], '"text"'],
}


def test_a_line_that_is_no_row_of_this_schema_is_refused(store: Store):
    write(store, "statuslist", [{"list_id": 9, "bits": b"\0", "updated_at": 5}])
    data = dumped(store, "statuslist")
    lines = gzip.decompress(data).decode().splitlines()
    with store.alone() as connection:
        connection.execute(delete(dump.tables_of(connection)["statuslist"]))
    for how, spoil in SPOILT.items():
        spoilt = gzip.compress(("\n".join(spoil(lines)) + "\n").encode())
        with pytest.raises(BackupInvalid) as refused:
            load(store, spoilt, "statuslist")
        assert "holds a line that is no row of this schema" in str(refused.value), how
    for cut in (1, 9, 30):
        with pytest.raises(BackupInvalid, match="ends before its end"):
            load(store, data[:-cut], "statuslist")
    assert load(store, data, "statuslist", pieces=1) == 1  # positive control


def test_a_cell_of_another_kind_is_not_written_out(store: Store):
    if not store.is_sqlite:  # PostgreSQL keeps the kinds of its columns
        return
    write(store, "statuslist", [{"list_id": 9, "bits": b"\0", "updated_at": 5}])
    for column, value in (("bits", "'text'"), ("updated_at", "'text'"), ("updated_at", "x'00'")):
        with store.alone() as connection:
            connection.execute(text(f"UPDATE statuslist SET {column} = {value}"))
        with pytest.raises(BackupRefused, match="table statuslist holds a value of another kind"):
            dumped(store, "statuslist")
