"""What can go wrong with files from outside. Messages name file, line, column and rule, never a cell's content.

ConnectorError (vocabulary.errors.ProductError)
├── FileUnreadable         not a text file in UTF-8 or ISO-8859-1
├── HeaderMismatch         a column is missing, doubled or in the wrong place: nothing is stored
├── FileTruncated          the file ends in the middle of a line: nothing is stored
├── FileNameMismatch       the name does not follow the source's pattern
├── FileChanged            the file is not the one whose digest was taken: nothing is stored
├── FileAhead              the file tells of days that have not come: nothing is stored
├── FileNotNeeded          the file covers no week that the contract asks for
├── RowsNotShown           source rows are shown on a terminal, of sampled people, and nowhere else
├── SecretMissing          a secret that a declaration names is not there, or others may read it
└── SourceError            a source did not answer as it should: nothing of the answer is stored
    ├── SourceUnavailable  it could not be reached, or was busy, until the deadline: try later
    │   └── FolderEmpty    it was reached, and no whole file lies there
    ├── SourceRefused      it refused, or may not be believed; the message says what helps
    ├── SourceMalformed    the answer is cut off, too large, or not in the declared form
    │   └── ListMoved      it changed while it was read, page after page: what it left out nobody can tell
    ├── SchemaChanged      a column is new, missing or of another type
    ├── AnswerForAnother   the answer is about another person than was asked for
    └── RequestUnsafe      the request was not sent: it would lead, or show, what the declaration does not allow
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from vocabulary.errors import ProductError


class RejectReason(StrEnum):
    """Why a single row was left out. Rejected rows are counted by reason and never kept."""

    NOT_TEN_DIGITS = "cpr_not_ten_digits"
    NO_SUCH_NUMBER = "cpr_no_such_number"
    FIELD_COUNT = "wrong_number_of_fields"
    WEEK = "not_a_week"
    MONTH = "not_a_month"
    HOURS = "not_hours"
    AMOUNT = "not_an_amount"
    AFTER_FILE = "later_than_the_file_can_know"
    DAY = "not_a_day"
    INSTANT = "not_an_instant"
    FLAG = "neither_yes_nor_no"
    CODE = "no_code"
    INCOME_TYPE = "not_an_income_type"
    EVENT = "not_a_life_event"
    NUMBER_TAKEN = "changed_number_is_another_persons"
    CASE_REFERENCE = "not_a_case_reference"
    CASE_REFERENCE_TWICE = "case_reference_twice_in_the_list"
    CASE_REFERENCE_TAKEN = "case_reference_of_somebody_enrolled"
    NO_NOTICE = "person_was_not_told"
    DUPLICATE = "enrolled_twice_in_the_list"
    DUPLICATE_ROW = "two_rows_for_one_person"
    DOUBLED = "every_posting_twice"
    ENROLLED_ALREADY = "enrolled_already"  # in this contract or in another: nobody is told in which
    OUTSIDE_PERIOD = "referred_outside_the_enrolment_period"
    # of a source that is asked person by person: why nothing was learnt of one of them
    ANSWER_REFUSED = "source_refused_to_answer"
    ANSWER_MALFORMED = "answer_cannot_be_used"
    ANSWER_OF_ANOTHER_FORM = "answer_of_another_form"
    ANSWER_ABOUT_ANOTHER = "answer_about_another_person"
    NO_ANSWER = "source_did_not_answer"


_NOT_STORED = "what came with it was not stored, and what was stored before stays"


class Remedy(StrEnum):
    """What helps against a refusal, as its message says it."""

    CREDENTIALS = "check the credentials and the agreement"
    REQUEST = "compare the request with the source's own description, or ask its owner"
    DECLARATION = "compare it with the declaration"
    CLOCKS = "compare the two systems' clocks"
    PROXY = "ask whoever runs the proxy"
    CERTIFICATE = "ask the source's owner which certificate it shows, and who issues it"
    HOST_KEY = "ask the host's owner, not over this line, whether its key was changed, and then declare the new one"


class ConnectorError(ProductError):
    code = "connector-error"


class FileUnreadable(ConnectorError):
    code = "file-unreadable"

    def __init__(self, *, file: str, line: int, reason: str) -> None:
        self.reason = reason
        super().__init__(f"{file}, line {line}: {reason}; nothing was stored from this file")


class FileAhead(ConnectorError):
    """A file tells of days that have not come: columns that were made in advance would read as weeks without a benefit,
    and no right file would ever be newer.
    """

    code = "file-ahead"

    def __init__(self, *, file: str, newest: date) -> None:
        reason = f"tells of {newest}, or was made then, and that day has not come: ask for it without what is ahead"
        super().__init__(f"{file} {reason}; nothing was stored from this file")


class HeaderMismatch(ConnectorError):
    """`column` is a declared name, or empty: what else stands in line 1 may be a row that lost its header."""

    code = "header-mismatch"

    def __init__(self, *, file: str, column: str, position: int, reason: str) -> None:
        self.column = column
        where = " ".join([*([f"column {position}"] if position else []), *([repr(column)] if column else [])])
        super().__init__(f"{file}, line 1, {where}: {reason}; nothing was stored from this file")


class FileTruncated(ConnectorError):
    code = "file-truncated"

    def __init__(self, *, file: str, line: int) -> None:
        super().__init__(
            f"{file}, line {line}: the last line has no line end, so the file may be cut off; ask for it again;"
            " nothing was stored from this file"
        )


class FileNameMismatch(ConnectorError):
    code = "file-name-mismatch"

    def __init__(self, *, file: str, pattern: str) -> None:
        super().__init__(f"{file} does not follow the source's pattern {pattern!r}")


class FileChanged(ConnectorError):
    code = "file-changed"

    def __init__(self, *, file: str) -> None:
        super().__init__(f"{file} changed while it was read; nothing was stored from this file")


class FileNotNeeded(ConnectorError):
    code = "file-not-needed"

    def __init__(self, *, file: str, first: str, last: str) -> None:
        super().__init__(f"{file} covers no week of {first} to {last}; nothing was stored from this file")


class RowsNotShown(ConnectorError):
    code = "rows-not-shown"

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"no row was shown: {reason}")


class SecretMissing(ConnectorError):
    code = "secret-missing"

    def __init__(self, *, name: str, reason: str) -> None:
        super().__init__(f"the secret {name!r} {reason}")


class SourceError(ConnectorError):
    """`source` names the transport's end as its declaration does: a host or a folder, never a query or a value."""

    code = "source-error"
    advice = _NOT_STORED

    def __init__(self, *, source: str, reason: str) -> None:
        self.source = source
        super().__init__(f"{source}: {reason}; {self.advice}")


class SourceUnavailable(SourceError):
    code = "source-unavailable"
    advice = "what was stored before stays, and the next pull goes on from there"


class FolderEmpty(SourceUnavailable):
    code = "folder-empty"


class SourceRefused(SourceError):
    code = "source-refused"

    def __init__(self, *, source: str, reason: str, status: int = 0, remedy: Remedy = Remedy.CREDENTIALS) -> None:
        self.status = status  # of HTTP, where that is how it refused
        self.advice = f"{remedy}; {_NOT_STORED}"
        super().__init__(source=source, reason=reason)


class SourceMalformed(SourceError):
    code = "source-malformed"


class ListMoved(SourceMalformed):
    code = "list-moved"

    def __init__(self, *, source: str, reason: str) -> None:
        super().__init__(source=source, reason=f"the list changed while it was read: {reason}")


class SchemaChanged(SourceError):
    code = "schema-changed"
    advice = f"{Remedy.DECLARATION}; {_NOT_STORED}"


class AnswerForAnother(SourceError):
    code = "answer-for-another"
    advice = f"tell the source's owner; {_NOT_STORED}"


class RequestUnsafe(SourceError):
    code = "request-unsafe"
    advice = "the request was not sent"
