"""The one rule by which a text is held to have a CPR number in it, however somebody wrote it.

Digits are those of every width and script. Groups of them that at most two separators join are a run, unless a letter
stands beside a group: `W40` and a digest are words. A run of ten digits that can be a number is one, and so are six and
four of a longer run.

Two forms. The plain one is for prose, which holds days, weeks, amounts, addresses, and CVR and KLE numbers: those are
words, and commas, brackets and columns divide a list. The strict one is for what has no need of digits that look so:
references, ids, names of people, columns and files. There a letter joins as a dash does, a number is one backwards too,
and so are nine digits, whose leading zero a spreadsheet has taken.

What is found is refused or masked, never repeated and never kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from vocabulary.cpr_digits import broken_rule

REASON = "could hold a CPR number"
MASK = "…"

_DIGITS = "0123456789"
_FEWEST_DIGITS = 9
_MOST_DIGITS_OF_A_SIGN = 3  # of ⅒
_MARKS = frozenset({"Mn", "Me"})  # accents, and what stands around a digit
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters to Unicode, and nothing to the eye
_WORD = "\uffff"  # stands for each character of a word: it joins nothing, and is in no folded text

_MONTH, _DAY, _YEAR = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])", r"(?:19|20)\d\d"
_YEAR_FIRST = "|".join(rf"{_YEAR}{between}\d\d{between}\d\d" for between in ("-", r"\.", "/")) + (
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_YEAR_LAST = "|".join(
    rf"{_DAY}{one}{_MONTH}{other}{_YEAR}" for one, other in (("-", "-"), (r"\.", r"\."), ("/", "/"), ("/", "-"))
)
# 03-01-2001 may be the rest of a number: behind another such separator, or behind what is no hour, minute or week
_NO_REST = "".join(
    rf"(?<!{before})" for before in (r"\d[-./]", r"\d[-./]\W", r"\d\W[-./]", r"[6-9]\d\W", r"[6-9]\d\W\W")
)
_BYTE = r"(?:25[0-5]|2[0-4]\d|1?[1-9]?\d)"
_DIGESTS = (
    r"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])",
    r"(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{32,}(?![0-9a-z])",
)
# what ties further digits to an amount or an address makes a part of a longer number of it
_TIE = r"[.:/_*\u00b7]"
_UNTIED, _NO_MORE = rf"(?<!\d{_TIE})(?<!\d{_TIE}\W)", rf"(?!{_TIE}\W?\d)"
_ORE = r"(?:[.,]\d\d(?!\d)|(?!\d)(?=\s?(?:kr|dkk|eur|øre|€)))"
_NAMED = (
    rf"{_UNTIED}(?<![0-9a-z])[1-9]\d{{0,2}}(?:[., ']\d{{3}})+{_ORE}{_NO_MORE}",
    r"kle[^0-9]{0,10}\d\d\.\d\d(?:\.\d\d)?(?!\d)",
    r"(?:cvr[^0-9]{0,10}|(?:tlf|telefon|mobil|phone)[^0-9]{0,10}(?:45 ?)?|\+45 ?)(?:\d{8}|\d\d(?: \d\d){3})(?!\d)",
    rf"{_UNTIED}(?<![0-9.]){_BYTE}(?:\.{_BYTE}){{3}}(?:/\d\d?)?(?![0-9.]){_NO_MORE}",
)
_CLOCK = r"(?:[01]\d|2[0-3])(?::[0-5]\d){1,2}(?:\.\d{6}|\.\d{3})?(?:z|[+-]\d\d:\d\d)?"
_DAYS = (
    rf"(?<!\d){_YEAR}-\d\d-\d\d[t ]{_CLOCK}(?![0-9a-z])(?!\W{{1,2}}\d)",
    rf"(?<!\d)(?:{_YEAR_FIRST}|{_NO_REST}(?:{_YEAR_LAST}))(?:[^0-9a-z]{{1,3}}(?:{_YEAR_FIRST}|{_YEAR_LAST}))*(?!\d)",
    rf"(?<!\d){_YEAR}-?w\d\d(?!\d)",
)
# words are taken out in this order, of ids and of prose
_OF_IDS, _OF_PROSE = (
    tuple(re.compile("|".join(words), re.IGNORECASE | re.ASCII) for words in (first, _DAYS))
    for first in (_DIGESTS, (*_DIGESTS, *_NAMED))
)
_GROUP = re.compile(r"[0-9]+")
_LONGEST_JOINT = 3  # characters; every word is longer
_LISTS = frozenset(",;()[]{}<>\"'|\n\t")  # they divide a list, its columns and its lines

_WRITTEN = frozenset({(10,), (6, 4), (2, 2, 2, 4)})  # groups in which a number is written
_BACKWARDS = frozenset(shape[::-1] for shape in _WRITTEN)
_ZERO_LOST = frozenset({(9,), (5, 4), (1, 2, 2, 4)})


class _Joint(NamedTuple):
    """What stands between two groups: `is_close` where it joins any digits, and else six and four alone."""

    between: str
    is_close: bool


class _Stretch(NamedTuple):
    """Neighbouring groups: their text, how many digits are in each, and what they are of the run that they stand in."""

    text: str
    shape: tuple[int, ...]
    is_close: bool
    is_whole: bool  # see `_is_whole`


def holds_cpr(text: str) -> bool:
    """Whether prose holds what could be a CPR number."""
    return cpr_place(text) is not None


def cpr_place(text: str) -> int | None:
    """Where the first one begins that prose could hold; None where it holds none."""
    return next((first for first, _ in _plain_spans(text)), None)


def may_hide_cpr(text: str) -> bool:
    """Whether a reference, an id or a name could be a CPR number in disguise."""
    return next(_strict_spans(text), None) is not None


def mask_cpr(text: str) -> str:
    """The text with `MASK` in the place of each number that prose could hold; the same text where it holds none."""
    return _mask(text, _plain_spans(text))


def mask_id(text: str) -> str:
    """A reference, an id or a name as it may be repeated: `MASK` where it could be a CPR number in disguise."""
    return MASK if may_hide_cpr(text) else text


def prose_without_cpr(text: str) -> str:
    """The same text. Raises `ValueError`, which never repeats it, where it is prose that could hold a CPR number."""
    if holds_cpr(text):
        raise ValueError(REASON)
    return text


def id_without_cpr(text: str) -> str:
    """The same text. Raises `ValueError`, which never repeats it, where it is an id that could be a CPR number."""
    if may_hide_cpr(text):
        raise ValueError(REASON)
    return text


def _plain_spans(text: str) -> Iterator[tuple[int, int]]:
    return _spans(text, _OF_PROSE, _joint_in_prose, _is_number_in_prose, _stands_alone)


def _strict_spans(text: str) -> Iterator[tuple[int, int]]:
    return _spans(text, _OF_IDS, _joint_in_id, _is_number_in_id, _stands_anywhere)


def _spans(
    text: str,
    words: tuple[re.Pattern[str], ...],
    joint: Callable[[str], _Joint | None],
    is_number: Callable[[_Stretch], bool],
    is_group: Callable[[str, re.Match[str]], bool],
) -> Iterator[tuple[int, int]]:
    """Where numbers stand in a text: from the first digit to behind the last, as places of the text as it is."""
    if _digits_at_most(text) < _FEWEST_DIGITS:
        return
    folded, places = _fold_all(text)
    for pattern in words:
        folded = pattern.sub(lambda word: _WORD * len(word[0]), folded)
    groups = [group for group in _GROUP.finditer(folded) if is_group(folded, group)]
    joints = [joint(folded[one.end() : other.start()]) for one, other in pairwise(groups)]
    for first, last in _stretches(groups, joints):
        within = joints[first:last]
        before = joints[first - 1] if first else None
        behind = joints[last] if last < len(joints) else None
        stretch = _Stretch(
            "".join(group[0] for group in groups[first : last + 1]),
            tuple(len(group[0]) for group in groups[first : last + 1]),
            is_close=all(one is not None and one.is_close for one in within),
            is_whole=_is_whole(within, before, behind),
        )
        if is_number(stretch):
            yield places[groups[first].start()], places[groups[last].end() - 1] + 1


def _is_whole(within: Sequence[_Joint | None], *beside: _Joint | None) -> bool:
    """Whether no group of the run stands beside a stretch, or none that is joined to it as its own are."""
    kinds = {one.between for one in within if one is not None}
    own = kinds if len(kinds) == 1 else None
    return all(one is None or not one.is_close or (own is not None and one.between not in own) for one in beside)


def _stretches(groups: list[re.Match[str]], joints: list[_Joint | None]) -> Iterator[tuple[int, int]]:
    """First and last group of each stretch of nine or ten digits."""
    for first in range(len(groups)):
        digits = 0
        for last in range(first, len(groups)):
            digits += len(groups[last][0])
            if digits in (_FEWEST_DIGITS, _FEWEST_DIGITS + 1):
                yield first, last
            if digits > _FEWEST_DIGITS or last == len(joints) or joints[last] is None:
                break


def _joint_in_prose(between: str) -> _Joint | None:
    if len(between) > _LONGEST_JOINT or any(map(str.isalnum, between)):
        return None
    return _Joint(between, is_close=len(between) < 3 and _LISTS.isdisjoint(between))


def _joint_in_id(between: str) -> _Joint | None:
    return None if len(between) > _LONGEST_JOINT else _Joint(between, is_close=True)


def _is_number_in_prose(stretch: _Stretch) -> bool:
    if not stretch.is_close:
        return stretch.shape == (6, 4) and not broken_rule(stretch.text)
    return (stretch.is_whole or stretch.shape in _WRITTEN) and not broken_rule(stretch.text)


def _is_number_in_id(stretch: _Stretch) -> bool:
    digits, shape = stretch.text, stretch.shape
    if len(digits) == _FEWEST_DIGITS:
        return shape in _ZERO_LOST and not broken_rule(f"0{digits}")
    if (stretch.is_whole or shape in _WRITTEN) and not broken_rule(digits):
        return True
    # a year and a running number is what references are made of
    is_dated = shape[0] == 4 and "2013" <= digits[:4] <= "2099"  # earlier ones are days and months forwards
    return (stretch.is_whole or shape in _BACKWARDS) and not is_dated and not broken_rule(digits[::-1])


def _stands_alone(text: str, group: re.Match[str]) -> bool:
    return not (text[group.start() - 1 : group.start()].isalpha() or text[group.end() : group.end() + 1].isalpha())


def _stands_anywhere(_text: str, _group: re.Match[str]) -> bool:
    return True


def _mask(text: str, spans: Iterator[tuple[int, int]]) -> str:
    pieces, behind = [], 0
    for first, end in spans:
        pieces += [text[behind:first], MASK] if first >= behind else []
        behind = end
    return "".join([*pieces, text[behind:]])


def _digits_at_most(text: str) -> int:
    if text.isascii():
        return sum(map(text.count, _DIGITS))
    return sum(_MOST_DIGITS_OF_A_SIGN for one in text if one.isnumeric())


def _fold_all(text: str) -> tuple[str, range | list[int]]:
    """The text with every digit as one of ASCII, and of each character the place where it stood."""
    if text.isascii():
        return text, range(len(text))
    folds = {sign: _fold(sign) for sign in set(text)}
    if all(len(fold) == 1 for fold in folds.values()):  # as in any Danish prose
        return text.translate({ord(sign): fold for sign, fold in folds.items() if sign != fold}), range(len(text))
    folded = [(one, place) for place, sign in enumerate(text) for one in folds[sign]]
    return "".join(one for one, _ in folded), [place for _, place in folded]


@lru_cache(maxsize=1024)
def _fold(sign: str) -> str:
    """A character as digits, letters and separators of ASCII where it means them; empty where it has no width."""
    if sign.isascii():
        return sign
    value = unicodedata.numeric(sign, -1.0)
    if value in range(10):
        return str(int(value))
    if sign in _FILLERS or unicodedata.category(sign) in _MARKS or not (sign.isspace() or sign.isprintable()):
        return ""
    return unicodedata.normalize("NFKC", sign)
