"""What a source of changes tells: a record by its number and version, and whether it still stands."""

from __future__ import annotations

from connectors.cells import read_flag
from connectors.declaration import SourceDeclaration
from connectors.errors import RejectReason, SourceMalformed
from connectors.shapes import Owned
from connectors.transport import Record
from connectors.versions import NumberedAnswer, VersionForm, read_version
from gateway.store.records import Versioned
from vocabulary.records import SubjectRef

_STRANGER = ""  # the owner of every record that is nobody's of the cohort
_SAID_BESIDE = ("record", "version", "deleted")  # words whose cells are read here, and are no part of what it says


class ChangesTold:
    """The records of one answer, over all of its pages.

    Each method raises `SourceMalformed` where a record has no number, no version of the declared form or no readable
    `deleted`, for a cursor that passed it would lose it for good; and where another record has its number.
    """

    def __init__(self, declaration: SourceDeclaration, form: VersionForm) -> None:
        self._source, self._words, self._form = declaration.id, list(declaration.columns), form
        self._answer = NumberedAnswer()

    def of_person(self, owned: Owned) -> Versioned:
        return self._with_version(owned.subject, owned.record, owner=owned.subject.value)

    def of_stranger(self, record: Record) -> Versioned:
        return self._with_version(None, record, owner=_STRANGER)

    def of_anybody(self, record: Record) -> Versioned:
        """A record of which nobody can tell whose it is."""
        return self._with_version(None, record, owner=None)

    def _with_version(self, subject: SubjectRef | None, record: Record, *, owner: str | None) -> Versioned:
        texts = dict(zip(self._words, (text.strip() for text in record), strict=True))
        number, version = texts["record"], read_version(texts["version"], self._form)
        is_deleted = read_flag(texts.get("deleted", ""))
        if not number or version is None:
            said = "a whole number" if self._form is VersionForm.INTEGER else "an instant with its offset"
            raise self._refusal(f"a record has no number or no version, which is {said} here ([coverage] version)")
        if isinstance(is_deleted, RejectReason):
            raise self._refusal("whether a record is deleted is neither yes nor no")
        content = tuple("" if word in _SAID_BESIDE else text for word, text in texts.items())
        if reason := self._answer.add(number, version, owner, (*content, str(is_deleted))):
            raise self._refusal(reason)
        return Versioned(subject, content, number, version, is_deleted)

    def _refusal(self, reason: str) -> SourceMalformed:
        return SourceMalformed(source=self._source, reason=reason)
