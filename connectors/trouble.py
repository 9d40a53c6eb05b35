"""Whose trouble it is that answers about people fail: one person's, or the source's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


def _status(error: SourceError) -> int:
    return error.status if isinstance(error, SourceRefused) else 0
