"""Opening balances are read strictly: what does not fit the contract is refused, with its line."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from gateway.outcomes.opening import load_opening
from tests.support.histories import example_contract
from tests.support.opening import balances_text, paid
from vocabulary.errors import DeclarationInvalid

CONTRACT = example_contract("impact60")
WEEKS = "weeks_in_work_or_education"
PRICE = 150_000
LINES = [paid("2018H2", WEEKS, 0, 0), paid("2019H1", WEEKS, 40, 30 * PRICE, held_minor=10 * PRICE)]


def text_of(lines=LINES, **head: object) -> bytes:
    return balances_text(CONTRACT, "2019H1", lines, **head)


def test_what_both_sides_state_is_read_as_it_stands():
    text = text_of()
    opening = load_opening(text, CONTRACT, file="opening.toml")
    assert (opening.windows, opening.last_window) == (("2018H2", "2019H1"), "2019H1")
    assert opening.sha256 == hashlib.sha256(text).hexdigest()
    assert opening.totals() == {WEEKS: (40, 40 * PRICE)}  # what is held back is owed too, and counts against caps
    assert opening.totals("2018H2") == {WEEKS: (0, 0)}
    assert opening.paid_minor == 30 * PRICE


def test_a_disputed_amount_says_who_disputes_it():
    disputed = {"disputed_minor": PRICE, "disputed_by": "operator", "reason": "quantity"}
    lines = [LINES[0], paid("2019H1", WEEKS, 40, 39 * PRICE, **disputed)]
    [_, one] = load_opening(text_of(lines), CONTRACT, file="opening.toml").stated
    assert (one.disputed_by, one.reason, one.amount_minor) == ("operator", "quantity", 40 * PRICE)


WRONG = {
    "another schema": (text_of(schema="opening-balances/2"), 1, "schema"),
    "another contract": (text_of(contract="ballerup"), 2, "contract"),
    "another text of the contract": (text_of(contract_sha256="0" * 64), 3, "contract_sha256"),
    "a window that is none": (text_of(last_window="2017H1"), 4, "last_window"),
    "the last window": (text_of(last_window="2021H1"), 4, "last_window"),
    "another currency": (text_of(currency="EUR"), 5, "currency"),
    "one side alone": (text_of(stated_by=["aalborg-kommune"]), 6, "stated_by"),
    "a stranger": (text_of(stated_by=["aalborg-kommune", "den-sociale-kapitalfond"]), 6, "stated_by"),
    "a window left out": (text_of(LINES[:1]), 8, "lines"),
    "a line twice": (text_of([*LINES, LINES[1]]), 23, "tariff"),
    "a window after the last": (text_of([*LINES, paid("2019H2", WEEKS, 1, PRICE)]), 22, "window"),
    "a tariff that is none": (text_of([LINES[0], paid("2019H1", "bonus", 1, PRICE)]), 16, "tariff"),
    "a fraction": (text_of([LINES[0], paid("2019H1", WEEKS, 1, 0.5)]), 18, "paid_minor"),
    "held back below zero": (text_of([LINES[0], paid("2019H1", WEEKS, 1, 1, held_minor=-1)]), 19, "held_minor"),
    "disputed by nobody": (text_of([LINES[0], paid("2019H1", WEEKS, 1, 1, disputed_minor=1)]), 14, "disputed_by"),
    "disputed by the investor": (
        text_of([LINES[0], paid("2019H1", WEEKS, 1, 1, disputed_minor=1, disputed_by="investor", reason="amount")]),
        20,
        "disputed_by",
    ),
    "for no reason": (
        text_of([LINES[0], paid("2019H1", WEEKS, 1, 1, disputed_minor=1, disputed_by="operator", reason="=1+1")]),
        21,
        "reason",
    ),
    "a dispute of nothing": (
        text_of([LINES[0], paid("2019H1", WEEKS, 1, 1, disputed_by="operator")]),
        19,
        "disputed_by",
    ),
    "a word of nobody": (text_of([LINES[0], paid("2019H1", WEEKS, 1, 1, cpr="6101701234")]), 19, "cpr"),
    "more than the cap": (text_of([LINES[0], paid("2019H1", WEEKS, 1, 1_500_000_001)]), 8, "lines"),
    "no TOML": (b"schema = ", 1, ", column 10: is not TOML"),
    "not UTF-8": (b"schema = \xff", 1, ", column 10: is not UTF-8"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused_with_its_line(name: str):
    text, line, key = WRONG[name]
    with pytest.raises(DeclarationInvalid) as refused:
        load_opening(text, CONTRACT, file="opening.toml")
    assert str(refused.value).startswith((f"opening.toml, line {line}: ", f"opening.toml, line {line}, column ")), str(
        refused.value
    )
    assert key in str(refused.value)
    assert "6101701234" not in str(refused.value)


def test_more_than_the_contracts_cap_over_all_tariffs_is_refused():
    capped = replace(CONTRACT, caps=replace(CONTRACT.caps, contract_minor=39 * PRICE))
    with pytest.raises(DeclarationInvalid, match="more than the contract's cap"):
        load_opening(text_of(), capped, file="opening.toml")


def test_two_tariffs_of_one_figure_state_it_alike():
    [tariff] = CONTRACT.tariffs
    two = replace(CONTRACT, tariffs=(tariff, replace(tariff, id="bonus")))
    lines = [
        paid(window, name, 3 if name == "bonus" else 2, 0)
        for window in ("2018H2", "2019H1")
        for name in (WEEKS, "bonus")
    ]
    with pytest.raises(DeclarationInvalid, match="other quantities"):
        load_opening(text_of(lines), two, file="opening.toml")
