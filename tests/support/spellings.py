"""Names in other spellings, and names that are somebody else's."""

from __future__ import annotations

import unicodedata

SPELLINGS = [
    ("anna", "Anna"),
    ("anna", "ANNA"),
    ("anna", "ANNA "),
    ("anna", " anna"),
    ("anna", "\tanna\n"),
    ("anna", "\u00a0anna"),  # no-break space
    ("anna", "an\u200bna"),  # zero-width space
    ("anna", "an\u00adna"),  # soft hyphen
    ("anna", "\ufeffanna"),
    ("anna", "ａｎｎａ"),  # full width
    ("anna berg", "Anna  Berg"),
    ("anna berg", "anna\u00a0berg"),
    ("anna berg", "anna\u2009berg"),
    ("anna berg", "anna\u3000berg"),
    ("åse", "Åse"),
    ("åse", unicodedata.normalize("NFD", "åse")),
    ("åse", unicodedata.normalize("NFD", "ÅSE")),
    ("åse", "\u212bse"),  # Ångström sign
    ("søren", "SØREN"),
    ("rené", unicodedata.normalize("NFD", "RENÉ")),
    ("weiß", "WEISS"),
    ("νίκος", "ΝΊΚΟΣ"),
]
OTHER_PEOPLE = [("anna", "anne"), ("anna", "anna b"), ("anna berg", "berg anna"), ("åse", "ase"), ("søren", "soren")]
