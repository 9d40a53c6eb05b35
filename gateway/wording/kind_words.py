"""How the sentences of a kind are said: one entry a kind, a sentence for each of its phrases, and a voice that speaks.

A kind names its phrases and their values (`gateway.outcomes.phrases`); here stand the words, once for the contract's
page in both languages, once for the annexes, and once more in short words: of measures for the leaflet, of tariffs for
whoever checks a contract file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, assert_never

from gateway.outcomes.phrases import (
    Hours,
    Money,
    NumberList,
    PeriodWord,
    PerMille,
    Phrase,
    PhraseValue,
    Reached,
    ReachedList,
    ScaleWords,
    StatePrices,
)
from gateway.outcomes.terms import Index

Both = Mapping[str, str]


def in_both(danish: str, english: str) -> Both:
    """A sentence of the contract's page in its two languages."""
    return {"da": danish, "en": english}


@dataclass(frozen=True, slots=True)
class KindSentence:
    """One phrase in every register; values stand in braces."""

    page: Both
    annex: str
    short: str = ""


KindWords = Mapping[str, KindSentence]  # of one kind, by phrase


class SpokenKind(Protocol):
    """A kind of measure or tariff, as far as words are owed to it."""

    @property
    def word(self) -> str: ...
    @property
    def phrases(self) -> frozenset[str]: ...


def words_for(kinds: Mapping[str, SpokenKind], table: Mapping[str, KindWords]) -> Mapping[str, KindWords]:
    """The table, read-only, with an entry for every kind and a sentence for every phrase; called at import.

    Raises `TypeError`, which names what is missing or too much.
    """
    wanted = {word: kind.phrases for word, kind in kinds.items()}
    given = {word: frozenset(sentences) for word, sentences in table.items()}
    for word in sorted(wanted.keys() | given.keys()):
        needed, found = wanted.get(word, frozenset()), given.get(word, frozenset())
        if needed != found or (word in wanted) != (word in given):
            differing = ", ".join(sorted(needed ^ found)) or "an entry"
            raise TypeError(f"the words of kind {word!r} and its phrases differ in: {differing}")
    return MappingProxyType(dict(table))


class Voice(ABC):
    """A register in one language: which sentence it takes, and how it writes each sort of value."""

    def say(self, words: KindWords, phrase: Phrase, extra: Mapping[str, str] | None = None) -> str:
        """The sentence of a phrase with its values; `extra` are words that the kind itself cannot know."""
        template = self.sentence(words[phrase.key])
        values = {name: self._write(words, value) for name, value in phrase.values.items() if f"{{{name}}}" in template}
        return template.format(**values, **(extra or {}))

    def _write(self, words: KindWords, value: PhraseValue) -> str:
        match value:
            case Phrase():
                return self.say(words, value)
            case PeriodWord():
                return self.period(value)
            case str():
                return value
            case int():
                return self.number(value)
            case Money():
                return self.money(value.minor)
            case Hours():
                return self.hours(value.hundredths)
            case PerMille():
                return self.share(value.value)
            case Index():
                return self.index(value)
            case StatePrices():
                return self.prices(value)
            case ScaleWords():
                return self.points(value)
            case Reached():
                return self.threshold(value)
            case ReachedList():
                return self.thresholds(value)
            case NumberList():
                return self.numbers(value)
            case _:
                assert_never(value)

    @abstractmethod
    def sentence(self, words: KindSentence) -> str: ...
    @abstractmethod
    def number(self, value: int) -> str: ...
    @abstractmethod
    def numbers(self, value: NumberList) -> str: ...
    @abstractmethod
    def money(self, minor: int) -> str: ...
    @abstractmethod
    def hours(self, hundredths: int) -> str: ...
    @abstractmethod
    def share(self, per_mille: int) -> str: ...
    @abstractmethod
    def period(self, word: PeriodWord) -> str: ...
    @abstractmethod
    def index(self, index: Index) -> str: ...
    @abstractmethod
    def prices(self, value: StatePrices) -> str: ...
    @abstractmethod
    def points(self, value: ScaleWords) -> str: ...
    @abstractmethod
    def threshold(self, value: Reached) -> str: ...
    @abstractmethod
    def thresholds(self, value: ReachedList) -> str: ...
