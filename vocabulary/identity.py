"""Who is who: the one rule by which two names are held to be one person's.

Names are typed, by people and by programs, so one person's comes in several spellings: in capitals, with another space,
composed or decomposed, in full width. Compared is what a reader would take for the same. It is the text that a name was
typed as that is shown and logged; nothing is guessed beyond it: initials, accents and letters of two scripts that look
alike make another name. Whoever signs in has one name, that of the account or of the registered client.
"""

from __future__ import annotations

import unicodedata

from vocabulary.typed_text import is_seen


def identity_of(name: str) -> str:
    """What a name, or a label that people write by hand, is compared by, and never shown.

    NFKC and case-folded (Unicode 3.13, D146), what nobody sees left out, spaces of every kind one. Empty where it says
    nothing.
    """
    said = f"{name}"  # one that could not be read (`mistakes.Hole`) says so here, and would be a TypeError below
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", said).casefold())
    seen = "".join(one for one in folded if one.isspace() or is_seen(one))
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are one person's. A name that says nothing is nobody's, and not the same as itself."""
    return identity_of(one) == identity_of(other) != ""


def are_two_people(one: str, other: str) -> bool:
    """Whether both names say who it is, and it is not the same person."""
    return "" not in (identity_of(one), identity_of(other)) and not is_same_person(one, other)
