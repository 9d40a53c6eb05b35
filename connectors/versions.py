"""The order of a source's changes: one declared form of version, and what one number may stand for.

A version orders the changes of one record and says nothing else. It is a whole number, or an instant with its offset;
which of the two is the declaration's to say, and a text of the other form is no version. What a clock on a wall showed
is none either: an hour comes twice each autumn, and whose wall it was nobody can tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from connectors.cells import read_instant
from connectors.errors import RejectReason
from connectors.keyed_digests import KeyedDigests

_INTEGER = re.compile(r"[0-9]{1,18}")
_FRACTION_AND_OFFSET = re.compile(r"(?:\.([0-9]{1,9}))?(?:Z|[+-][0-9]{2}:?[0-9]{2})\Z")  # an offset must stand there
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class VersionForm(StrEnum):
    """How a source writes the versions of its records, by the word of a declaration."""

    INTEGER = "integer"
    INSTANT = "instant"


def read_version(text: str, form: VersionForm) -> int | None:
    """The place of a version in the order of its form: the number itself, or nanoseconds since 1970. None where the
    text is no version of this form.
    """
    match form:
        case VersionForm.INTEGER:
            return int(text) if _INTEGER.fullmatch(text) else None
        case VersionForm.INSTANT:
            return _nanoseconds(text)
        case _:
            assert_never(form)


def _nanoseconds(text: str) -> int | None:
    """The instant's, to the last digit: of a database that counts finer than microseconds two versions stay two."""
    found, moment = _FRACTION_AND_OFFSET.search(text), read_instant(text)
    if found is None or isinstance(moment, RejectReason):
        return None
    return (moment - _EPOCH) // timedelta(seconds=1) * 1_000_000_000 + int((found[1] or "").ljust(9, "0"))


class NumberedAnswer:
    """The records of one answer by their numbers, over all of its pages, as digests under a key of their own.

    A record may come again, and in several versions. Two things under one number are no record: a view that puts two
    tables together gives such numbers, and the higher version of one would end what the other says of somebody else.
    """

    def __init__(self) -> None:
        self._digests = KeyedDigests()
        self._owners: dict[bytes, bytes] = {}
        self._contents: dict[bytes, bytes] = {}

    def add(self, number: str, version: int, owner: str | None, content: Sequence[str]) -> str:
        """Take a record up; returns the rule that it breaks, or an empty text. Whose it is may not be known (None)."""
        name, now = self._digests.of(number), self._digests.of(*content)
        if owner is not None:
            whose = self._digests.of(owner)
            if self._owners.setdefault(name, whose) != whose:
                return "two records of different people have one number"
        if self._contents.setdefault(self._digests.of(number, str(version)), now) != now:
            return "two records have one number and one version, and say different things"
        return ""
