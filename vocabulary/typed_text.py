"""The one rule for text that people type: it says something, everybody who reads it sees the same, and nobody's CPR
number stands in it.

Refused are control characters, what turns the reading direction or has no width (zero-width characters, soft hyphens,
byte order marks, variation selectors), surrogates, private and unassigned characters, separators of lines and
paragraphs, and every space but the ordinary one: a no-break space looks like it and is another text. Refused too is
what could hold a CPR number, in names more than in prose (`vocabulary.cpr_in_text`). Letters are taken as they are
written, in every script, and are never normalised: a declaration is signed by its bytes.
"""

from __future__ import annotations

from vocabulary.cpr_in_text import id_without_cpr, prose_without_cpr
from vocabulary.errors import TextInvalid

# Letters, marks and signs to Python, and nothing to the eye: fillers, joiners, variation selectors (Unicode
# DerivedCoreProperties, Default_Ignorable_Code_Point; the blank Braille cell beside them)
_UNSEEN = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)


def typed_text(text: str) -> str:
    """The same text, one line of it. Raises `ValueError`, whose message names a character by its number alone."""
    return _check_seen(_check_says_something(text))


def typed_lines(text: str) -> tuple[str, ...]:
    r"""The lines of a text that may have several, divided by `\n` or `\r\n`; tabs count as spaces, lines may be empty.

    Raises `ValueError` where the whole says nothing, or a line holds what one line may not.
    """
    lines = _check_says_something(text).replace("\r\n", "\n").replace("\t", " ").split("\n")
    return tuple(_check_seen(line) for line in lines)


def check_typed(text: str, *, what: str, is_long: bool = False) -> str:
    """The same text, of several lines only where it is long. Raises `TextInvalid`, which says of `what`."""
    try:
        if is_long:
            typed_lines(text)
        else:
            typed_text(text)
    except ValueError as error:
        raise TextInvalid(what=what, reason=str(error)) from None
    return text


def check_name(text: str, *, what: str) -> str:
    """The same name, id or reference: one line, in which no CPR number can hide. Raises `TextInvalid`."""
    try:
        return id_without_cpr(typed_text(text))
    except ValueError as error:
        raise TextInvalid(what=what, reason=str(error)) from None


def is_seen(text: str) -> bool:
    """Whether everybody who reads the text sees all of its characters; an empty one too."""
    return first_unseen(text) is None


def first_unseen(text: str) -> int | None:
    """Where the first character stands that a reader does not see as it is; None where there is none."""
    if text.isascii() and text.isprintable():
        return None  # nearly every text, and asked of each cell
    return next((place for place, character in enumerate(text) if _is_unseen(character)), None)


def code_point(character: str) -> str:
    """A character by its number, which can be printed where the character itself cannot: `U+202E`."""
    return f"U+{ord(character):04X}"


def _check_says_something(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return prose_without_cpr(text)


def _check_seen(text: str) -> str:
    place = first_unseen(text)
    if place is not None:
        raise ValueError(f"must hold printable characters only, and holds {code_point(text[place])}")
    return text


def _is_unseen(character: str) -> bool:
    if not character.isprintable():
        return True
    number = ord(character)
    return number > 0x02FF and any(first <= number <= last for first, last in _UNSEEN)
