"""Faults that a simulated source can be told to have, and what fired: a test of a fault that never happened is none."""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong at sources. The first group is of the line, the second of the content."""

    UNAUTHORISED = "401"
    FORBIDDEN = "403"
    PRECONDITION = "412"  # the DFDG's answer to a request id that was used before
    TOO_MANY = "429"  # with Retry-After
    SERVER_ERROR = "500"
    SLOW_BYTES = "slow_bytes"
    HANG = "hang"
    TRUNCATED = "truncated_body"
    WRONG_TYPE = "wrong_content_type"
    EXPIRED_CERTIFICATE = "expired_certificate"
    WRONG_HOST_KEY = "wrong_host_key"  # another machine answers under the address of an SFTP server
    CLOCK_SKEW = "clock_skew"  # the source's clock is an hour ahead: its tokens are not valid yet
    ENDLESS = "endless_body"
    ENCODING = "encoding_change"

    DUPLICATE_PAGE = "duplicate_page"  # a page, a file or, of one person's answers, the one before comes once more
    REORDERED_PAGE = "reordered_page"
    CHANGING_PAGE = "page_changes_while_read"
    SCHEMA_DRIFT = "schema_drift"  # a column is new, or has gone


class Faults:
    """The switches of one simulated source. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: Counter[Fault] = Counter()
        self.fired: Counter[Fault] = Counter()

    def switch_on(self, fault: Fault, *, times: int = 1_000_000) -> None:
        """The next `times` chances, the fault happens."""
        with self._lock:
            self._left[fault] = times

    def clear(self) -> None:
        with self._lock:
            self._left.clear()
            self.fired.clear()

    def happens(self, fault: Fault) -> bool:
        """Whether the fault happens now; it is then counted."""
        with self._lock:
            if not self._left[fault]:
                return False
            self._left[fault] -= 1
            self.fired[fault] += 1
            return True
