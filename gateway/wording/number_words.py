"""Amounts in words, so that whoever types one nought too many hears it: Danish and English, kroner and øre.

Written here since the library that does it, num2words 0.5.14, writes Danish that nobody speaks ("en millioner",
"ettusinde og femhundrede").
"""

from __future__ import annotations

_MOST = 10**15
_DANISH = (
    "nul", "en", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv", "tretten", "fjorten",
    "femten", "seksten", "sytten", "atten", "nitten",
)  # fmt: skip
_DANISH_TENS = ("tyve", "tredive", "fyrre", "halvtreds", "tres", "halvfjerds", "firs", "halvfems")
_DANISH_SCALE = ((10**12, "billion"), (10**9, "milliard"), (10**6, "million"))
_ENGLISH = (
    "nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_ENGLISH_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH_SCALE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))


def danish_kroner(minor: int) -> str:
    """`150000` as `femten hundrede kroner`, `2500050` as `femogtyve tusind kroner og halvtreds øre`."""
    kroner, oere = _parts(minor)
    words = f"{danish_words(kroner)} {'krone' if kroner == 1 else 'kroner'}"
    return f"{words} og {danish_words(oere)} øre" if oere else words


def english_kroner(minor: int) -> str:
    """`150000` as `one thousand five hundred kroner`."""
    kroner, oere = _parts(minor)
    words = f"{english_words(kroner)} {'krone' if kroner == 1 else 'kroner'}"
    return f"{words} and {english_words(oere)} øre" if oere else words


def danish_words(number: int) -> str:
    """A whole number from 0 to below a thousand billions; `ValueError` for any other."""
    _check(number)
    if not number:
        return _DANISH[0]
    parts = []
    for size, name in _DANISH_SCALE:
        several, number = divmod(number, size)
        if several:
            parts.append(f"{_danish_below_million(several)} {name}{'er' if several > 1 else ''}")
    if number:
        parts.append(_danish_below_million(number, follows=bool(parts)))
    return " ".join(parts)


def _danish_below_million(number: int, *, follows: bool = False) -> str:
    hundreds, small = divmod(number, 100)
    if 11 <= hundreds <= 19 and not small:
        return f"{_DANISH[hundreds]} hundrede"
    thousands, rest = divmod(number, 1000)
    parts = [f"{'et' if thousands == 1 else _danish_below_thousand(thousands)} tusind"] if thousands else []
    if rest:
        joins = (thousands or follows) and rest < 100
        parts.append(f"{'og ' if joins else ''}{_danish_below_thousand(rest)}")
    return " ".join(parts)


def _danish_below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _danish_below_hundred(rest)
    words = f"{'et' if hundreds == 1 else _DANISH[hundreds]} hundrede"
    return f"{words} og {_danish_below_hundred(rest)}" if rest else words


def _danish_below_hundred(number: int) -> str:
    if number < len(_DANISH):
        return _DANISH[number]
    tens, ones = divmod(number, 10)
    ten = _DANISH_TENS[tens - 2]
    return f"{_DANISH[ones]}og{ten}" if ones else ten


def english_words(number: int) -> str:
    """A whole number from 0 to below a thousand trillions; `ValueError` for any other."""
    _check(number)
    if not number:
        return _ENGLISH[0]
    parts = []
    for size, name in _ENGLISH_SCALE:
        several, number = divmod(number, size)
        if several:
            parts.append(f"{_english_below_thousand(several)} {name}")
    if number:
        joins = bool(parts) and number < 100
        parts.append(f"{'and ' if joins else ''}{_english_below_thousand(number)}")
    return " ".join(parts)


def _english_below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    parts = [f"{_ENGLISH[hundreds]} hundred"] if hundreds else []
    if rest >= len(_ENGLISH):
        tens, ones = divmod(rest, 10)
        parts.append(_ENGLISH_TENS[tens - 2] + (f"-{_ENGLISH[ones]}" if ones else ""))
    elif rest:
        parts.append(_ENGLISH[rest])
    return " and ".join(parts)


def _parts(minor: int) -> tuple[int, int]:
    if minor < 0:
        raise ValueError("an amount in words is at least 0")
    return divmod(minor, 100)


def _check(number: int) -> None:
    if not 0 <= number < _MOST:
        raise ValueError("a number in words is at least 0 and below a thousand billions")
