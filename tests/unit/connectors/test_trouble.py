"""Whose trouble it is that answers fail: one person's, or the source's."""

from __future__ import annotations

import pytest

from connectors.errors import (
    RejectReason,
    RequestUnsafe,
    SchemaChanged,
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from connectors.trouble import Trouble

UNKNOWN = SourceRefused(source="s", reason="no such number", status=404)
FAULT = SourceRefused(source="s", reason="a fault")
BUSY = SourceUnavailable(source="s", reason="status 500")
ODD = SourceMalformed(source="s", reason="not JSON")


def ending(*told: SourceError | None) -> SourceError | list[RejectReason]:
    """What these answers come to, in this order; None is an answer that can be used."""
    trouble = Trouble()
    reasons = []
    try:
        for error in told:
            if error is None:
                trouble.note_answer()
            else:
                reasons.append(trouble.reason_for_one(error))
        trouble.check_somebody_answered()
    except SourceError as raised:
        return raised
    return reasons


@pytest.mark.parametrize(
    "told",
    [
        [],
        [None],
        [UNKNOWN, None],
        [None, UNKNOWN],
        [UNKNOWN] * 4 + [None],
        [None] + [UNKNOWN] * 4,
        [UNKNOWN] * 4 + [None] + [UNKNOWN] * 4,
        [UNKNOWN] * 4 + [FAULT] + [UNKNOWN] * 4 + [None],
        [BUSY, BUSY, None, BUSY, BUSY],
    ],
)
def test_some_fail_and_the_others_are_told(told: list[SourceError | None]) -> None:
    failed = [error for error in told if error is not None]
    assert ending(*told) == [
        RejectReason.NO_ANSWER if error is BUSY else RejectReason.ANSWER_REFUSED for error in failed
    ]


@pytest.mark.parametrize(
    ("told", "raised"),
    [
        ([UNKNOWN], UNKNOWN),
        ([UNKNOWN, ODD], ODD),
        ([None] + [UNKNOWN] * 5, UNKNOWN),
        ([None] + [BUSY] * 3, BUSY),
        ([None, SourceRefused(source="s", reason="who are you", status=401)], None),
        ([None, SourceRefused(source="s", reason="who are you", status=407)], None),
        ([None, RequestUnsafe(source="s", reason="it leads elsewhere")], None),
    ],
)
def test_it_is_the_sources(told: list[SourceError | None], raised: SourceError | None) -> None:
    assert ending(*told) is (told[-1] if raised is None else raised)


def test_each_failure_has_its_reason() -> None:
    assert ending(None, ODD, SchemaChanged(source="s", reason="new")) == [
        RejectReason.ANSWER_MALFORMED,
        RejectReason.ANSWER_OF_ANOTHER_FORM,
    ]
