"""What pages must be to make one list: every record on one of them, none twice, and as many as were announced.

A list that moves while it is read shifts a record on to the next page, where it comes again, or back to one that was
read, where it is lost. Which it was nobody can tell, so both end the reading (`ListMoved`), whatever page it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from connectors.errors import ListMoved, SourceMalformed
from connectors.keyed_digests import KeyedDigests
from connectors.transport import Record

MOST_EMPTY_PAGES = 100  # of changes, one after the other
_TOTAL = re.compile(r"[0-9]{1,11}")
_CLOCKS_APART = 3_600 * 1_000_000_000  # nothing is lost where it is more: the next pull goes on at the cursor


class PagesOfOneList:
    """The pages of one reading, in the order in which they came. Keeps a digest of each record, under a key of its own,
    and no record.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._digests = KeyedDigests()
        self._seen: set[bytes] = set()
        self._positions = {""}
        self._total: int | None = None
        self.records_read = 0

    def add(self, records: Iterable[Record]) -> None:
        """Take up a page; `ListMoved` where an earlier page has one of its records. Within a page the source may say
        one thing twice.
        """
        here = set()
        for record in records:
            here.add(self._digests.of(*record))
            self.records_read += 1
        if not self._seen.isdisjoint(here):
            raise ListMoved(source=self._source, reason="a record comes on two pages")
        self._seen |= here

    def announce(self, total: str) -> int:
        """The number of records that a page says there are; `ListMoved` where another page said another."""
        if not _TOTAL.fullmatch(total):
            raise SourceMalformed(source=self._source, reason="its total is no number of records")
        if self._total not in (None, int(total)):
            raise ListMoved(source=self._source, reason="the number of records changed")
        self._total = int(total)
        return self._total

    def go_on(self, position: str) -> None:
        """The place of the next page; `ListMoved` where it was asked for before, and the pages would go in a circle."""
        if position in self._positions:
            raise ListMoved(source=self._source, reason="the same page follows again")
        self._positions.add(position)

    def end(self) -> None:
        """That the list has as many records as was said; `ListMoved`."""
        if self._total not in (None, self.records_read):
            reason = f"{self.records_read} records came, and the source said {self._total}"
            raise ListMoved(source=self._source, reason=reason)


class PagesOfChanges:
    """Where a source of changes ends: its cursor stands still, whether the page is empty or told again.

    An empty page alone is no end: more may follow behind a cursor that moved. A cursor that is an instant moves with
    the source's clock where nothing is left; near the instant at which the reading began, it has told everything.
    """

    def __init__(self, source: str, position: str, *, repeats: bool, began: int) -> None:
        self._source, self._repeats, self._began = source, repeats, began
        self._seen = {position}
        self._empty = 0

    def is_last(self, position: str, after: str, records: int, instant: int | None) -> bool:
        """Whether the page that was asked for at `position` ends the changes; `after` is its cursor, and `instant` what
        that is in nanoseconds where it is an instant. `ListMoved` where the pages go in a circle.
        """
        if after == position and (self._repeats or not records):
            return True
        if after in self._seen:
            raise ListMoved(source=self._source, reason="the same page follows again")
        self._seen.add(after)
        self._empty = 0 if records else self._empty + 1
        if self._empty > MOST_EMPTY_PAGES:
            raise SourceMalformed(source=self._source, reason=f"{MOST_EMPTY_PAGES} pages in a row hold no record")
        return not records and instant is not None and instant >= self._began - _CLOCKS_APART
