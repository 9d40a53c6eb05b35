"""The words of printed settlements, Danish and English, and amounts as both read them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from gateway.outcomes.terms import FigureUnit
from gateway.wording import formats
from policies.disclosure import Band
from vocabulary.total import total

STATES: dict[str, tuple[str, str]] = {
    "accruing": ("løber", "accruing"),
    "frozen": ("frosset", "frozen"),
    "evaluated": ("opgjort", "evaluated"),
    "released": ("frigivet", "released"),
    "acknowledged": ("godkendt", "acknowledged"),
    "disputed": ("bestridt", "disputed"),
    "upheld": ("bestridt med rette", "dispute upheld"),
    "invoiced": ("faktureret", "invoiced"),
    "paid": ("betalt", "paid"),
    "held": ("tilbageholdt", "held back"),
    "contested": ("bestridt", "stated and contested"),
    "conceded": ("bestridt med rette", "stated, dispute upheld"),
    "stated": ("oplyst", "stated, not evaluated"),
    "superseded": ("erstattet", "superseded"),
}
NEXT = {
    "payment_document": ("Betalingsbilag", "payment document"),
    "acknowledge_or_dispute": ("Godkend eller bestrid senest", "acknowledge or dispute by"),
    "answer_dispute": ("Svar på indsigelse", "answer the dispute"),
    "correct_or_adjust": ("Berigtig eller reguler", "correct or adjust"),
    "set_off": ("Modregnes i næste faktura", "set off in the next invoice"),
    "invoice": ("Betales, hvis faktureret i dag", "paid if invoiced today"),
    "payment": ("Betaling", "payment"),
}
CHECKS = {
    "agreed_price": ("Aftalt pris", "agreed price"),
    "recalculated": ("Efterregnet", "recalculated"),
    "acknowledged": ("Godkendt af begge parter", "acknowledged by both parties"),
    "account_and_year": ("Konto og år", "account and year"),
    "contract_version": ("Kontraktens version", "contract version"),
    "not_paid_before": ("Ikke betalt før", "not paid before"),
    "second_person": ("En anden person attesterer", "a second person approves"),
}
UNITS = total(
    {
        "week": ("uger", "weeks"),
        "person": ("personer", "people"),
        "point": ("point", "points"),
        "day": ("dage", "days"),
        "minor": ("beløb", "an amount"),
        "per_mille": ("promille", "per mille"),
        "events_per_100": ("hundrededele hændelse pr. 100", "hundredths of an event per 100"),
        "window": ("perioder", "windows"),
    },
    FigureUnit,
)
_ONE_IN_DANISH = total(
    {
        FigureUnit.WEEK: "uge",
        FigureUnit.PERSON: "person",
        FigureUnit.POINT: "point",
        FigureUnit.DAY: "dag",
        FigureUnit.MINOR: "beløb",
        FigureUnit.PER_MILLE: "promille",
        FigureUnit.EVENTS_PER_100: "hundrededel hændelse pr. 100",
        FigureUnit.WINDOW: "periode",
    },
    FigureUnit,
)
KINDS = {
    "window": ("i perioden", "in the window"),
    "correction": ("berigtigelse", "correction"),
    "stated": ("oplyst betalt", "stated as paid"),
    "held": ("oplyst tilbageholdt", "stated as held back"),
    "disputed": ("oplyst bestridt", "stated as disputed"),
    "window_adjustment": ("aftalt regulering", "adjustment agreed by both"),
    "correction_adjustment": ("aftalt regulering af berigtigelse", "adjustment of a correction"),
    "held_adjustment": ("aftalt regulering af tilbageholdt", "adjustment of what was held back"),
    "disputed_adjustment": ("aftalt regulering af bestridt", "adjustment of what was disputed"),
}
BANDS = total(
    {
        "under_10": ("under 10 %", "below 10 %"),
        "from_10_to_25": ("10–25 %", "10 to 25 %"),
        "from_25_to_50": ("25–50 %", "25 to 50 %"),
        "from_50": ("50 % eller mere", "50 % or more"),
        "withheld": ("vises ikke", "not shown"),
    },
    Band,
)
BILLS = {
    "invoice": ("Faktura", "invoice"),
    "credit_note": ("Kreditnota", "credit note"),
    "repayment": ("Tilbagebetaling", "repayment"),
}
ROLES = {
    "operator": ("leverandøren", "operator"),
    "investor": ("investoren", "investor"),
    "settlement_officer": ("kommunen", "municipality"),
}


def printed_amount(minor: int, currency: str) -> str:
    """Minor units as Danes write them, the currency beside: -150005 of DKK -> "−1.500,05"."""
    return formats.amount(minor, currency, formats.DANISH_TYPESET)


def quantity(number: int, unit: str, currency: str) -> str:
    """How much of what, in Danish; a line that is an amount alone says no number of nothing."""
    if not number:
        return "·"
    if unit == FigureUnit.MINOR:
        return f"{printed_amount(number, currency)} {currency}"
    word = _ONE_IN_DANISH[FigureUnit(unit)] if abs(number) == 1 else pair_of(UNITS, unit)[0]
    return f"{formats.whole(number, formats.DANISH_TYPESET)} {word}"


def in_both_languages(pair: tuple[str, str]) -> str:
    """Danish, and English below it in small."""
    return f"{escape(pair[0])}<small>{escape(pair[1])}</small>"


def pair_of(table: Mapping[str, tuple[str, str]], word: str) -> tuple[str, str]:
    """The pair of a word; the word itself twice where the table does not have it."""
    return table.get(word, (word, word))


def readable(identifier: str) -> str:
    return escape(identifier.replace("_", " "))
