"""The words of a programme that a law can change: what an office is called, and where the law stands.

A municipality prints them in notices, leaflets, letters, annexes and answers. Each has the days on which it holds and
the place that says so; a paper uses the words of its own day. A day that no word covers is refused, since nobody can
say what the paper should have said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from policies.errors import WordNotValid
from vocabulary.declaration import DeclarationTable

OFFICE = "employment_office"  # whom a citizen talks to about work and benefits: "jobcentret", "kommunen"
WARN_DAYS = 60
_KEY = re.compile(r"[a-z][a-z_]{0,63}")
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class ProgrammeWord:
    """What stands for a key on these days, both ends included, in Danish and in English."""

    key: str
    danish: str
    english: str
    valid_from: date
    valid_to: date | None  # the last day; None = until another word is declared
    source: str  # the law that says so, or that the day is illustrative

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class ProgrammeWords:
    """All words of one programme, in the order of its file; at most one for a key and a day."""

    entries: tuple[ProgrammeWord, ...]
    file: str

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(one.key for one in self.entries)

    def word_on(self, day: date, key: str) -> ProgrammeWord:
        """The word of a key on a day; `WordNotValid` where none covers it."""
        for one in self.entries:
            if one.key == key and one.covers(day):
                return one
        raise WordNotValid(file=self.file, key=key, day=day)

    def fill(self, text: str, *, day: date, language: str) -> str:
        """A text with the words of a day in the places `{key}` that it leaves for them; `WordNotValid`."""

        def word(place: re.Match[str]) -> str:
            found = self.word_on(day, place[1])
            return found.danish if language == "da" else found.english

        return _PLACE.sub(word, text)

    def last_day(self, key: str, *, since: date) -> date | None:
        """The last day up to which every day since then has a word of this key, or the last before then that had one;
        None where there is no end.
        """
        day = since
        while True:
            found = next((one for one in self.entries if one.key == key and one.covers(day)), None)
            if found is None:
                ends = [one.valid_to for one in self.entries if one.key == key and one.valid_to is not None]
                return max((end for end in ends if end < day), default=day - timedelta(days=1))
            if found.valid_to is None:
                return None
            day = found.valid_to + timedelta(days=1)

    def last_days(self, *, on: date) -> dict[str, date]:
        """Key -> the last day that has a word, of the keys that have none some day within 60 days."""
        last = {key: self.last_day(key, since=on) for key in sorted(self.keys)}
        return {key: day for key, day in last.items() if day is not None and day <= on + timedelta(days=WARN_DAYS)}


def places_of(text: str) -> frozenset[str]:
    """The keys of the words for which a text leaves places."""
    return frozenset(_PLACE.findall(text))


def read_words(root: DeclarationTable, *, file: str) -> ProgrammeWords:
    """`[[words]]` of a programme; a day with two words of one key is refused, and so is an office without a word."""
    before: list[ProgrammeWord] = []

    def read(table: DeclarationTable) -> ProgrammeWord:
        danish = table.text("da")
        one = ProgrammeWord(
            key=table.convert("key", _key),
            danish=danish,
            english=table.text("en") if "en" in table else danish,
            valid_from=table.day("valid_from"),
            valid_to=table.day("valid_to") if "valid_to" in table else None,
            source=table.text("source"),
        )
        table.finish()
        if one.valid_to is not None and one.valid_to < one.valid_from:
            raise table.refuse("valid_to", "lies before valid_from")
        with table.check():
            if any(other.key == one.key and _share_a_day(other, one) for other in before):
                raise table.refuse("valid_from", f"gives {one.key} two words on one day")
        before.append(one)
        return one

    entries = root.rows("words", read)
    with root.check():
        if not any(one.key == OFFICE for one in entries):
            raise root.refuse("words", f"has no word for {OFFICE}")
    return ProgrammeWords(entries, file)


def _share_a_day(one: ProgrammeWord, other: ProgrammeWord) -> bool:
    last = min(one.valid_to or date.max, other.valid_to or date.max)
    return max(one.valid_from, other.valid_from) <= last


def _key(text: str) -> str:
    if not _KEY.fullmatch(text):
        raise ValueError("must be lower-case letters and '_', and start with a letter")
    return text
