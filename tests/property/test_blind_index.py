"""The batched blind index and the column checks, against one number at a time."""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from connectors.boundary import CohortMatcher
from connectors.errors import RejectReason
from keys.blind_index import BlindIndexKey, Column, are_digits, can_be_given
from keys.cpr import Cpr
from keys.errors import InvalidCpr
from vocabulary.records import SubjectRef

KEY = BlindIndexKey(b"\x5a" * 32)
DIGIT = st.sampled_from("0123456789")
TEN_DIGITS = st.text(DIGIT, min_size=10, max_size=10)
# mostly near a real number, so that the rules for days and centuries decide
PARTS = st.tuples(
    st.sampled_from(["60", "61", "88", "89", "90", "91", "92", "99"]),
    st.sampled_from(["00", "01", "02", "04", "12", "13"]),
    st.sampled_from(["00", "01", "04", "36", "37", "57", "58", "60", "99"]),
    st.text(DIGIT, min_size=4, max_size=4),
)
NEARLY = PARTS.map("".join)
TEN_BYTES = st.one_of(TEN_DIGITS.map(str.encode), NEARLY.map(str.encode), st.binary(min_size=10, max_size=10))


def column(rows: list[bytes]) -> Column:
    return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, 10)


def reason(row: bytes) -> RejectReason | None:
    """What one number at a time says of a row."""
    if not (row.isascii() and row.isdigit()):
        return RejectReason.NOT_TEN_DIGITS
    try:
        Cpr.parse(row.decode("ascii"))
    except InvalidCpr:
        return RejectReason.NO_SUCH_NUMBER
    return None


@given(st.lists(TEN_BYTES, max_size=40))
def test_a_column_is_the_librarys_cmac_of_each_row(rows: list[bytes]) -> None:
    expected = []
    for row in rows:
        mac = CMAC(algorithms.AES(b"\x5a" * 32))
        mac.update(row)
        expected.append(mac.finalize())
    assert [tag.tobytes() for tag in KEY.column(column(rows))] == expected


@given(st.lists(TEN_BYTES, max_size=40))
def test_the_checks_of_a_column_are_those_of_one_number(rows: list[bytes]) -> None:
    digits = column(rows)
    is_number, is_possible = are_digits(digits), can_be_given(digits)
    expected = [reason(row) for row in rows]
    assert is_number.tolist() == [why is not RejectReason.NOT_TEN_DIGITS for why in expected]
    assert (is_number & is_possible).tolist() == [why is None for why in expected]


@given(st.data())
def test_matching_a_column_finds_what_a_dictionary_of_numbers_finds(data: st.DataObject) -> None:
    rows = data.draw(st.lists(TEN_BYTES, max_size=40))
    real = sorted({row for row in rows if reason(row) is None})
    cohort = data.draw(st.lists(st.sampled_from(real), unique=True)) if real else []
    people = {row: SubjectRef(f"{n:032x}") for n, row in enumerate(cohort)}
    indexes = {KEY.index_of(Cpr.parse(row.decode("ascii"))): ref.value for row, ref in people.items()}
    matcher = CohortMatcher(KEY, indexes)

    found, rejected = matcher.rows(column(rows))
    assert found == {place: people[row] for place, row in enumerate(rows) if row in people}
    for why in (RejectReason.NOT_TEN_DIGITS, RejectReason.NO_SUCH_NUMBER):
        assert rejected[why] == sum(reason(row) is why for row in rows)

    texts = [row.decode("latin-1") for row in rows]
    assert matcher.identify_all(texts) == [matcher.identify(text) for text in texts]
