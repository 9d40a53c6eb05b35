"""Pages are one list, or a list that moved; changes end where the cursor stands still, and not at an empty page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from connectors.errors import ListMoved, SourceMalformed
from connectors.page_rules import MOST_EMPTY_PAGES, PagesOfChanges, PagesOfOneList

STAYS = "; what came with it was not stored, and what was stored before stays"
MOVED = "source.example: the list changed while it was read: "


@contextmanager
def refused(said: str, kind: type[SourceMalformed] = ListMoved) -> Iterator[None]:
    """That what is done within is refused with these very words."""
    with pytest.raises(kind) as found:
        yield
    assert (type(found.value), str(found.value)) == (kind, f"{said}{STAYS}")


A, B, C = ("6101801234", "651"), ("6404801237", "651"), ("6101801234", "730")
HOUR = 3_600 * 10**9


def read(*pages: Sequence[tuple[str, ...]], total: str = "") -> int:
    reading = PagesOfOneList("source.example")
    for number, page in enumerate(pages):
        reading.add(page)
        if total:
            reading.announce(total)
        if number:
            reading.go_on(str(number))
    reading.end()
    return reading.records_read


@pytest.mark.parametrize(
    "pages", [([A],), ([A, B], [C]), ([A, A], [B]), ([], [A]), ([A], [], [B]), ([("a", "bc")], [("ab", "c")])]
)
def test_a_list_that_stands_still(pages: Sequence[Sequence[tuple[str, ...]]]) -> None:
    assert read(*pages) == sum(map(len, pages))


@pytest.mark.parametrize("pages", [([A], [A]), ([A], [B], [A]), ([A, B], [C], [], [C, B])])
def test_a_record_on_two_pages_whichever_they_are(pages: Sequence[Sequence[tuple[str, ...]]]) -> None:
    with refused(f"{MOVED}a record comes on two pages"):
        read(*pages)


def test_the_number_of_records() -> None:
    assert read([A], [B], total="2") == 2
    assert read([A], [B], total="02") == 2
    with refused(f"{MOVED}2 records came, and the source said 3"):
        read([A], [B], total="3")
    with refused(f"{MOVED}2 records came, and the source said 0"):
        read([A], [B], total="0")
    reading = PagesOfOneList("source.example")
    assert reading.announce("12345678901") == 12_345_678_901
    with refused(f"{MOVED}the number of records changed"):
        reading.announce("12345678902")


@pytest.mark.parametrize("total", ["", "-1", "1.0", "123456789012", "\u0661", "1 "])
def test_a_total_that_is_none(total: str) -> None:
    with refused("source.example: its total is no number of records", SourceMalformed):
        PagesOfOneList("source.example").announce(total)


def test_pages_that_go_in_a_circle() -> None:
    reading = PagesOfOneList("source.example")
    for position in ("a", "b"):
        reading.go_on(position)
    for position in ("", "a", "b"):
        with refused(f"{MOVED}the same page follows again"):
            reading.go_on(position)


def test_a_list_keeps_digests() -> None:
    reading = PagesOfOneList("source.example")
    reading.add([A, ("\ud800",)])
    assert {type(one) for one in reading._seen} == {bytes}
    assert A[0] not in repr(vars(reading))


def changes(*, repeats: bool = False, began: int = 10 * HOUR) -> PagesOfChanges:
    return PagesOfChanges("source.example", "c0", repeats=repeats, began=began)


def test_changes_end_where_an_empty_page_leaves_the_cursor() -> None:
    pages = changes()
    assert not pages.is_last("c0", "c1", 2, None)
    assert not pages.is_last("c1", "c2", 0, None)  # more may follow behind a cursor that moved
    assert not pages.is_last("c2", "c3", 1, None)
    assert pages.is_last("c3", "c3", 0, None)


def test_changes_that_are_told_again_end_where_the_cursor_stands_still() -> None:
    assert changes(repeats=True).is_last("c0", "c0", 2, None)
    with refused(f"{MOVED}the same page follows again"):
        changes().is_last("c0", "c0", 2, None)


def test_changes_that_go_in_a_circle() -> None:
    pages = changes()
    assert not pages.is_last("c0", "c1", 1, None)
    assert not pages.is_last("c1", "c2", 1, None)
    with refused(f"{MOVED}the same page follows again"):
        pages.is_last("c2", "c1", 1, None)


@pytest.mark.parametrize(
    ("records", "instant", "is_last"),
    [
        (0, 10 * HOUR, True),
        (0, 9 * HOUR, True),  # the source's clock is behind ours
        (0, 9 * HOUR - 1, False),
        (1, 10 * HOUR, False),
        (0, None, False),
    ],
)
def test_a_cursor_that_is_now_has_told_everything(records: int, instant: int | None, is_last: bool) -> None:
    assert changes().is_last("c0", "c1", records, instant) is is_last


def test_empty_pages_without_end() -> None:
    pages = changes()
    for number in range(MOST_EMPTY_PAGES):
        assert not pages.is_last(f"e{number}", f"e{number + 1}", 0, None)
    with refused("source.example: 100 pages in a row hold no record", SourceMalformed):
        pages.is_last("y", "z", 0, None)
    pages = changes()
    assert not pages.is_last("c0", "c1", 1, None)
    for number in range(MOST_EMPTY_PAGES):
        assert not pages.is_last(f"e{number}", f"e{number + 1}", 0, None)
    pages = changes()
    for number in range(3 * MOST_EMPTY_PAGES):  # a record in between begins the count anew
        assert not pages.is_last(f"e{number}", f"e{number + 1}", number % 2, None)
