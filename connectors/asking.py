"""Asking a source for records, and taking the numbers out of what comes back: nothing leaves here with a CPR number."""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from connectors.boundary import Boundary, CohortMatcher
from connectors.errors import (
    AnswerForAnother,
    ListMoved,
    RejectReason,
    SchemaChanged,
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from connectors.shapes import Owned
from connectors.transport import Ask, Page, PersonTransport, Record
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


@dataclass(slots=True)
class Trouble:
    """Whose trouble it is that answers fail: one person's, or the source's. Kept over the questions of one run.

    A number that the source does not know, a fault or an answer that cannot be used is that person's. It is the
    source's where nobody is answered, where one kind of failure comes several times in a row, and at once where it
    would be everybody's: our credentials, a secret that is missing, a question that may not be sent.
    """

    has_answered: bool = False
    in_a_row: int = 0
    kind: tuple[str, int] = ("", 0)  # of the last failures in a row: error code, and status over HTTP
    last: SourceError | None = None

    def note_answer(self) -> None:
        self.has_answered, self.in_a_row, self.last = True, 0, None

    def reason_for_one(self, error: SourceError) -> RejectReason:
        """Why nothing is known of this person; raises the error where it is no one person's."""
        reason = _ONES_OWN.get(type(error))
        if reason is None or _status(error) in _OUR_CREDENTIALS:
            raise error
        kind = error.code, _status(error)
        self.in_a_row = self.in_a_row + 1 if kind == self.kind else 1
        self.kind, self.last = kind, error
        if self.in_a_row >= (_UNREACHED_IN_A_ROW if reason is RejectReason.NO_ANSWER else _FAILURES_IN_A_ROW):
            raise error
        return reason

    def check_somebody_answered(self) -> None:
        """Raise the last failure where everybody who was asked about failed."""
        if self.last is not None and not self.has_answered:
            raise self.last


_ONES_OWN: Mapping[type[SourceError], RejectReason] = {
    SourceRefused: RejectReason.ANSWER_REFUSED,
    SourceMalformed: RejectReason.ANSWER_MALFORMED,
    ListMoved: RejectReason.ANSWER_MALFORMED,
    SchemaChanged: RejectReason.ANSWER_OF_ANOTHER_FORM,
    AnswerForAnother: RejectReason.ANSWER_ABOUT_ANOTHER,
    SourceUnavailable: RejectReason.NO_ANSWER,
}
_OUR_CREDENTIALS = (401, 407)
_FAILURES_IN_A_ROW = 5  # people, who are asked about in no order of theirs
_UNREACHED_IN_A_ROW = 3  # each was tried again and again until its deadline


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
            found.append(_without(record, place))
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


def _status(error: SourceError) -> int:
    return error.status if isinstance(error, SourceRefused) else 0


def own_page(matcher: CohortMatcher, page: Page, words: Sequence[str]) -> OwnPage:
    """The records of a page by whose they are."""
    place = words.index("cpr")
    if any(len(record) != len(words) for record in page.records):
        raise SourceMalformed(source="the source", reason="a record has another number of texts than columns")
    people = matcher.identify_all([record[place] for record in page.records])
    owned: list[Owned] = []
    strangers: list[Record] = []
    unowned: list[Record] = []
    rejected: Counter[RejectReason] = Counter()
    for record, person in zip(page.records, people, strict=True):
        bare = _without(record, place)
        if isinstance(person, RejectReason):
            rejected[person] += 1
            unowned.append(bare)
        elif person is None:
            strangers.append(bare)
        else:
            owned.append(Owned(person, bare))
    return OwnPage(tuple(owned), tuple(strangers), tuple(unowned), rejected, page.cursor)


def _without(record: Record, place: int) -> Record:
    return (*record[:place], "", *record[place + 1 :])
