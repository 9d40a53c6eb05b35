"""Which ten digits can be somebody's number. People here have replacement numbers (day + 60)."""

from __future__ import annotations

import pytest

from vocabulary.cpr_digits import NOT_TEN_DIGITS, broken_rule

NO_DAY, NOBODYS = "no such day", "nobody is given it"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("6101801234", ""),
        ("9112991234", ""),
        ("6001801234", NO_DAY),
        ("9201801234", NO_DAY),
        ("9104801234", NO_DAY),
        ("6100801234", NO_DAY),
        ("6113801234", NO_DAY),
        ("8902004123", ""),  # 29 February 2000
        ("8902003123", NO_DAY),  # 1900 was no leap year
        ("8902000123", NO_DAY),
        ("8902043123", ""),
        ("8902143123", NO_DAY),
        ("8902963123", ""),
        ("9002963123", NO_DAY),
        ("6101800000", NOBODYS),
        ("1" * 10, NOBODYS),
        ("610180123", NOT_TEN_DIGITS),
        ("61018012345", NOT_TEN_DIGITS),
        ("610180-1234", NOT_TEN_DIGITS),
        ("٦١٠١٨٠١٢٣٤", NOT_TEN_DIGITS),
        ("", NOT_TEN_DIGITS),
    ],
)
def test_the_rule_that_digits_break(text: str, rule: str):
    assert broken_rule(text) == rule
