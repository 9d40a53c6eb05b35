"""The CPR type: what is a number, and that no ordinary way of writing a value writes one."""

from __future__ import annotations

import copy
import doctest
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest

import keys.cpr
from keys.cpr import Cpr
from keys.errors import InvalidCpr

DIGITS = "6101801234"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("6101801234", "as registers write it"),
        ("610180-1234", "as people write it"),
        ("  6101801234\t", "spaces around it"),
        ("8902004000", "29 February 2000: seventh digit 4, year 00"),
        ("8902609000", "29 February 1960: seventh digit 9, year 60"),
        ("8902607000", "29 February 1860: seventh digit 7, year 60"),
        ("8902245000", "29 February 2024: seventh digit 5, year 24"),
        ("9112991999", "the last day of 1999"),
    ],
)
def test_a_number(text: str, why: str) -> None:
    assert Cpr.parse(text).digits == text.strip().replace("-", ""), why


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "not ten digits"),
        ("101801234", "not ten digits"),  # a leading digit lost in a spreadsheet
        ("61018012345", "not ten digits"),
        ("6101-801234", "not ten digits"),
        ("610180--234", "not ten digits"),
        ("610180 1234", "not ten digits"),
        ("61O1801234", "not ten digits"),
        ("\u0666101801234", "not ten digits"),  # an Arabic-Indic six is a digit to str.isdigit
        ("610180123²", "not ten digits"),
        ("8902000000", "no such day"),  # 29 February 1900
        ("8902010000", "no such day"),  # 29 February 1901
        ("9102801234", "no such day"),
        ("9104801234", "no such day"),
        ("6113801234", "no such day"),
        ("6100801234", "no such day"),
        ("6000801234", "no such day"),
        ("9201801234", "no such day"),  # day 32
        ("6101800000", "nobody is given it"),  # serial numbers begin at 0001
        ("1" * 10, "nobody is given it"),
    ],
)
def test_no_number_and_the_message_does_not_repeat_it(text: str, rule: str) -> None:
    with pytest.raises(InvalidCpr) as caught:
        Cpr.parse(text)
    assert caught.value.rule == rule
    assert str(caught.value) == f"not a CPR number: {rule}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_check_digit_is_not_a_filter() -> None:
    """Since 1 October 2007 numbers are given out without modulus 11: all ten last digits are numbers."""
    weights = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    accepted = [Cpr.parse(f"610180123{last}").digits for last in range(10)]
    passing = [n for n in accepted if sum(w * int(d) for w, d in zip(weights, n, strict=True)) % 11 == 0]
    assert len(accepted) == 10
    assert len(passing) <= 1, "positive control: modulus 11 would refuse at least nine of them"


def test_equal_by_value() -> None:
    assert Cpr.parse(DIGITS) == Cpr.parse("610180-1234")
    assert Cpr.parse(DIGITS) != Cpr.parse("6101801235")
    assert len({Cpr.parse(DIGITS), Cpr.parse("610180-1234")}) == 1
    assert Cpr.parse(DIGITS) != DIGITS, "a text is no number: nobody compares by accident"


WRITTEN: dict[str, Callable[[Cpr], object]] = {
    "repr": repr,
    "str": str,
    "format": lambda cpr: f"{cpr}",
    "format with a width": lambda cpr: f"{cpr:>20}",
    "format of the repr": lambda cpr: f"{cpr!r}",
    "percent": lambda cpr: "%s %r".__mod__((cpr, cpr)),
    "in a list": lambda cpr: str([cpr]),
    "in a dictionary": lambda cpr: str({cpr: cpr}),
    "in an exception": lambda cpr: "".join(traceback.format_exception(ValueError(cpr))),
    "json with a default": lambda cpr: json.dumps([cpr], default=str),
}


@pytest.mark.parametrize("way", WRITTEN)
def test_never_written(way: str) -> None:
    written = str(WRITTEN[way](Cpr.parse(DIGITS)))
    assert "Cpr(••••••••••)" in written or "\\u2022" in written
    assert not any(DIGITS[start : start + 4] in written for start in range(7)), "nor a part of it"


def test_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The same search finds the digits once they are asked for by name: the test could fail."""
    cpr = Cpr.parse(DIGITS)
    logging.getLogger("test").error("read %s", cpr, extra={"row": cpr})
    assert DIGITS not in caplog.text + repr(vars(caplog.records[0]))
    logging.getLogger("test").error("read %s", cpr.digits)
    assert DIGITS in caplog.text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_never_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not serialised"):
        pickle.dumps(Cpr.parse(DIGITS), protocol=protocol)


REFUSED: dict[str, Callable[[Cpr], object]] = {
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "deep copy in a list": lambda cpr: copy.deepcopy([cpr]),
    "json": json.dumps,
    "attributes": vars,
    "bytes": bytes,
}


@pytest.mark.parametrize("way", REFUSED)
def test_never_copied_or_taken_apart(way: str) -> None:
    with pytest.raises(TypeError) as caught:
        REFUSED[way](Cpr.parse(DIGITS))
    assert DIGITS not in str(caught.value)


def test_the_docstring_is_true() -> None:
    result = doctest.testmod(keys.cpr)
    assert result.attempted >= 3
    assert result.failed == 0
