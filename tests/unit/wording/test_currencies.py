"""Every currency of ISO 4217 has its own decimals wherever an amount is written; without minor units it is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.documents.contract_page import Language, page
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.lint import lint
from gateway.wording import annexes, formats
from gateway.wording.prices import prices_in_words
from gateway.wording.settlement import printed_amount, quantity
from outcome_verifier import amounts
from outcome_verifier.currencies import MINOR_DIGITS
from vocabulary.errors import DeclarationInvalid

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "contracts"
WRITTEN = {  # 1234567 minor units in Danish and in English, and one of them: by the digits of the published list
    "DKK": ("12.345,67", "12,345.67", "øre"),
    "EUR": ("12.345,67", "12,345.67", "0,01 EUR"),
    "JPY": ("1.234.567", "1,234,567", "1 JPY"),
    "ISK": ("1.234.567", "1,234,567", "1 ISK"),
    "KWD": ("1.234,567", "1,234.567", "0,001 KWD"),
    "CLF": ("123,4567", "123.4567", "0,0001 CLF"),
}


def in_currency(name: str, currency: str) -> Contract:
    text = (EXAMPLES / f"{name}.toml").read_text("utf-8")
    old = next(code for code in ("DKK", "EUR", "GBP") if f'currency = "{code}"' in text)
    return load_contract(text.replace(f'currency = "{old}"', f'currency = "{currency}"').encode(), file="x.toml")


def test_the_list_is_whole() -> None:
    """Counted in the published table: 17 + 139 + 7 + 2 codes with minor units."""
    digits = list(MINOR_DIGITS.values())
    assert {number: digits.count(number) for number in set(digits)} == {0: 17, 2: 139, 3: 7, 4: 2}
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in MINOR_DIGITS)


@pytest.mark.parametrize("currency", WRITTEN)
def test_an_amount_has_the_decimals_of_its_currency(currency: str) -> None:
    danish, english, smallest = WRITTEN[currency]
    assert formats.danish_money(1234567, currency) == f"{danish} {'kr.' if currency == 'DKK' else currency}"
    assert printed_amount(-1234567, currency) == f"−{danish}"
    assert formats.english_money(1234567, currency) == english
    assert amounts.money(1234567, currency) == f"{english} {currency}"
    assert formats.smallest_amount(currency, formats.DANISH) == smallest
    assert quantity(1234567, "minor", currency) == f"{danish} {currency}"


@pytest.mark.parametrize("currency", ["XAU", "XXX", "XTS", "XDR", "dkk", "DKR", "kr."])
def test_what_has_no_minor_units_is_refused(currency: str) -> None:
    with pytest.raises(DeclarationInvalid) as refused:
        in_currency("impact60", currency)
    assert "ISO 4217" in str(refused.value)


def test_of_a_currency_that_nobody_knows_minor_units_are_written() -> None:
    assert amounts.money(-1234567, "XTS") == "-1,234,567 minor units of XTS"


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CLF"])
def test_page_and_annex_say_the_currency_and_never_kroner(currency: str) -> None:
    contract = in_currency("impact60", currency)
    price = contract.tariffs[0].single_price
    texts = [page(contract, language) for language in Language] + prices_in_words(contract)
    assert formats.danish_money(price, currency) in texts[0]
    assert not any(word in text for text in texts for word in ("øre ", " kr.", "DKK", " cent"))
    assert annexes.minor_unit(contract) == WRITTEN[currency][2]


def test_pay_is_read_in_hundredths_of_kroner() -> None:
    with pytest.raises(DeclarationInvalid, match="hundredths"):
        in_currency("whp", "JPY")
    text = (EXAMPLES / "whp.toml").read_text("utf-8").replace('country = "GB"', 'municipality_code = "101"')
    contract = load_contract(text.encode(), file="x.toml")
    assert "pay-in-another-currency" in {finding.rule for finding in lint(contract, {})}


def test_an_invoice_of_three_decimals_is_found() -> None:
    rules = {finding.rule for finding in lint(in_currency("impact60", "KWD"), {})}
    assert "invoice-decimals" in rules
    assert "invoice-decimals" not in {finding.rule for finding in lint(in_currency("impact60", "JPY"), {})}


def test_the_page_has_the_same_list() -> None:
    script = (ROOT / "verifier" / "page" / "verify.html").read_text("utf-8")
    [line] = [line for line in script.splitlines() if line.startswith("const MINOR_DIGITS")]
    assert json.loads(line.removeprefix("const MINOR_DIGITS = ").removesuffix(";")) == dict(MINOR_DIGITS)
