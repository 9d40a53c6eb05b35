"""How figures, days and lists are written, each once; integers alone, so that no amount is a hair off.

A `Notation` is one register: what Danes read in print, what the English terminal shows, what other programs read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outcome_verifier.currencies import MINOR_DIGITS
from vocabulary.weeks import Month, Week

_MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november",
    "december",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notation:
    """The signs of a register: between thousands, before the decimals, and of what is owed back."""

    thousands: str
    point: str
    minus: str = "-"


DANISH = Notation(thousands=".", point=",")
DANISH_TYPESET = Notation(thousands=".", point=",", minus="−")  # the settlement's pages, where a hyphen is too short
ENGLISH = Notation(thousands=",", point=".")
UNDIVIDED = Notation(thousands="", point=".")  # what other programs read, such as an invoice in XML
DANISH_UNDIVIDED = Notation(thousands="", point=",")


def whole(value: int, notation: Notation) -> str:
    """`1234567` as `1.234.567` in Danish."""
    return (notation.minus if value < 0 else "") + f"{abs(value):,}".replace(",", notation.thousands)


def decimal(value: int, notation: Notation, *, places: int = 2) -> str:
    """A number of hundredths, or of so many places, with all of them: `150005` as `1.500,05` in Danish."""
    if not places:
        return whole(value, notation)
    units, rest = divmod(abs(value), 10**places)
    return f"{notation.minus if value < 0 else ''}{whole(units, notation)}{notation.point}{rest:0{places}}"


def short_decimal(value: int, notation: Notation, *, places: int = 2) -> str:
    """As `decimal`, with no more places than it needs: `1550` as `15,5` in Danish."""
    if not places:
        return whole(value, notation)
    return decimal(value, notation, places=places).rstrip("0").removesuffix(notation.point)


def amount(minor: int, currency: str, notation: Notation) -> str:
    """Minor units with the decimals of their currency: `150000` as `1.500,00` of DKK, and as `150.000` of JPY."""
    return decimal(minor, notation, places=MINOR_DIGITS[currency])


def per_cent(per_mille: int, notation: Notation) -> str:
    """`125` as `12,5 %` in Danish."""
    return f"{short_decimal(per_mille, notation, places=1)} %"


def danish_number(value: int) -> str:
    """`1234567` as `1.234.567`."""
    return whole(value, DANISH)


def danish_hundredths(value: int) -> str:
    """`1550` as `15,5`."""
    return short_decimal(value, DANISH)


def danish_per_cent(per_mille: int) -> str:
    """`125` as `12,5 %`."""
    return per_cent(per_mille, DANISH)


def english_money(minor: int, currency: str) -> str:
    """`150000` of DKK as `1,500.00`: amounts on the terminal, whose currency stands beside them."""
    return amount(minor, currency, ENGLISH)


def danish_money(minor: int, currency: str) -> str:
    """`150000` as `1.500,00 kr.`, and with the currency's code where it is not Danish."""
    return f"{amount(minor, currency, DANISH)} {'kr.' if currency == 'DKK' else currency}"


def smallest_amount(currency: str, notation: Notation) -> str:
    """One minor unit in words: `øre` in Danish, and `0,001 KWD` of a currency whose parts have no name here."""
    if currency == "DKK" and notation.point == DANISH.point:
        return "øre"
    return f"{amount(1, currency, notation)} {currency}"


def day(when: date) -> str:
    """As Danes write a day in a sentence: `2. marts 2020`."""
    return f"{when.day}. {month(when.month)} {when.year}"


def short_day(when: date) -> str:
    """As Danes write a day in a table: `2.3.2020`."""
    return f"{when.day}.{when.month}.{when.year}"


def month(number: int) -> str:
    """The Danish name of a month, 1 to 12."""
    return _MONTHS[number - 1]


def month_of_year(when: Month) -> str:
    """`marts 2020`."""
    return f"{month(when.first_day.month)} {when.first_day.year}"


def week(when: Week) -> str:
    """`2020-W09` as `uge 9, 2020`."""
    year, number, _ = when.monday.isocalendar()
    return f"uge {number}, {year}"


def enumeration(words: Sequence[str], word: str = "og") -> str:
    """`["a", "b", "c"]` as `a, b og c`."""
    return f" {word} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
