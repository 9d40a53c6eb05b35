"""Statuses beyond the labour market: words that a contract declares, each from a source and of a category.

Health, custody and housing are special categories or criminal data (GDPR art. 9 and 10): the programme names the
condition that allows a word (`policies.programme`), and no table by class shows one unless both files say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.outcomes.terms import WeekState
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.statuses import Status

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class WordCategory(StrEnum):
    """What a word tells of somebody: it decides which conditions can allow it."""

    HEALTH = "health"
    CUSTODY = "custody"
    HOUSING = "housing"
    CARE = "care"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A status that no list of ours has."""

    id: str
    label_da: str
    label_en: str
    source: str  # the register that tells it
    category: WordCategory
    in_breakdown: bool  # whether a table by class may show a state that rests on it
    line: int

    @property
    def status(self) -> Status:
        return Status.of_word(self.id)


def read_status_words(root: DeclarationTable) -> tuple[StatusWord, ...]:
    """Every word that the contract declares; most have none."""
    if "status_words" not in root:
        return ()
    return root.rows("status_words", _read_word, by="id")


def _read_word(table: DeclarationTable) -> StatusWord:
    label = table.table("label")
    labels = label.text("da"), label.text("en")
    label.finish()
    word = StatusWord(
        table.convert("id", _name),
        *labels,
        table.text("source"),
        WordCategory(table.convert("category", one_of(*WordCategory))),
        in_breakdown=table.flag("in_breakdown") if "in_breakdown" in table else False,
        line=table.line,
    )
    table.finish()
    return word


def _name(text: str) -> str:
    if not _NAME.fullmatch(text) or text in {str(status) for status in Status} | {"any"}:
        raise ValueError("must be lower-case letters, digits and _, and no status that every contract knows")
    return text


def check_status_words(
    root: DeclarationTable, words: Sequence[StatusWord], sources: Sequence[str], shown_by_class: Sequence[WeekState]
) -> None:
    """Each word comes from a register that the contract reads, and no table by class shows one that may not be."""
    for table, word in zip(root.tables("status_words", least=0), words, strict=True):
        with table.check():
            if word.source not in sources:
                raise table.refuse("source", f"must be one of the status sources: {', '.join(sources)}")
    with root.check():
        hidden = [one.id for one in words if not one.in_breakdown]
        told = [word for state in shown_by_class for word in hidden if Status.of_word(word) in state.statuses]
        if told:
            reason = f"would show by class who is {told[0]!r}: only a word with in_breakdown = true may be"
            raise root.table("disclosure").refuse("breakdown", reason, rule="breakdown-of-words")


def labels_of(words: Sequence[StatusWord], *, danish: bool) -> Mapping[Status, str]:
    """What the words are called in a language."""
    return {one.status: one.label_da if danish else one.label_en for one in words}
