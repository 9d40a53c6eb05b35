"""Asking a source for records, and taking the numbers out of what comes back: nothing leaves here with a CPR number."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from connectors.boundary import Boundary, CohortMatcher
from connectors.cells import trim
from connectors.errors import AnswerForAnother, RejectReason, SourceError, SourceMalformed
from connectors.shapes import Owned
from connectors.transport import Ask, Page, PersonTransport, Record
from connectors.trouble import Trouble
from vocabulary.cpr_in_text import MASK, holds_cpr
from vocabulary.records import SubjectRef


@dataclass(frozen=True, slots=True)
class OwnPage:
    """The cohort's records of a page, and the others, all without their number: those of `strangers`, and `unowned`
    ones of which nobody can tell whose they are, by reason in `rejected`.
    """

    owned: tuple[Owned, ...]
    strangers: tuple[Record, ...]
    unowned: tuple[Record, ...]
    rejected: Counter[RejectReason]
    cursor: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What people's answers hold, and why nothing was learnt of the others."""

    owned: tuple[Owned, ...]
    failed: Mapping[SubjectRef, RejectReason]


def ask_people(
    boundary: Boundary,
    refs: Sequence[SubjectRef],
    transport: PersonTransport,
    ask: Ask,
    words: Sequence[str],
    trouble: Trouble,
) -> Answers:
    """What a source tells of these people, each asked about alone, several at once where the source allows it.

    An answer with a record that names another number than was asked for is no answer. Raises what the transport raises
    where it is no one person's trouble: then nothing of any answer is given.
    """
    place = words.index("cpr")

    def ask_one(digits: str) -> list[Record]:
        found = []
        for record in transport.ask(digits, ask):
            text = record[place].strip().replace("-", "")
            if text and not hmac.compare_digest(text.encode(), digits.encode()):
                raise AnswerForAnother(
                    source="the source", reason="a record is about another person than was asked for"
                )
            found.append(_without_numbers(record, words, boundary.hide))
        return found

    owned: list[Owned] = []
    failed: dict[SubjectRef, RejectReason] = {}
    with ThreadPoolExecutor(max_workers=max(1, transport.parallel)) as pool:
        futures = boundary.with_cpr(refs, lambda digits: pool.submit(ask_one, digits))
        try:
            for ref, future in zip(refs, futures, strict=True):
                try:
                    owned += [Owned(ref, record) for record in future.result()]
                    trouble.note_answer()
                except SourceError as error:
                    failed[ref] = trouble.reason_for_one(error)
        finally:
            for future in futures:
                future.cancel()
    return Answers(tuple(owned), failed)


def own_page(matcher: CohortMatcher, page: Page, words: Sequence[str], hide: Callable[[str], str]) -> OwnPage:
    """The records of a page by whose they are. `hide` is `Boundary.hide`, for the new numbers that they tell."""
    place = words.index("cpr")
    if any(len(record) != len(words) for record in page.records):
        raise SourceMalformed(source="the source", reason="a record has another number of texts than columns")
    people = matcher.identify_all([record[place] for record in page.records])
    owned: list[Owned] = []
    strangers: list[Record] = []
    unowned: list[Record] = []
    rejected: Counter[RejectReason] = Counter()
    for record, person in zip(page.records, people, strict=True):
        if person is None:  # of these no text is ever kept
            strangers.append((*record[:place], "", *record[place + 1 :]))
            continue
        bare = _without_numbers(record, words, hide)
        if isinstance(person, RejectReason):
            rejected[person] += 1
            unowned.append(bare)
        else:
            owned.append(Owned(person, bare))
    return OwnPage(tuple(owned), tuple(strangers), tuple(unowned), rejected, page.cursor)


def _without_numbers(record: Record, words: Sequence[str], hide: Callable[[str], str]) -> Record:
    """The record without the person's number, and with its new one hidden; a cell that could hold a number where none
    belongs is `MASK`, which no cell means. Of a record's own number and its version the store keeps neither.
    """
    texts = []
    for word, text in zip(words, record, strict=True):
        match word:
            case "cpr":
                texts.append("")
            case "new_cpr":
                texts.append(hide(trim(text)) if trim(text) else "")
            case "record" | "version":
                texts.append(text)
            case _:
                texts.append(MASK if holds_cpr(text) else text)
    return tuple(texts)
