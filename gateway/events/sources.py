"""What the access log tells of sources beside their pulls. As `gateway.events.event`: closed, no free text."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class FolderAuthorised(Event):
    """The folder of a source may be opened for a contract. Each file in it is then authorised by itself."""

    kind = "folder_authorised"

    contract: str
    source: str
    declaration_sha256: str
    purpose: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class FolderFailed(Event):
    """The folder of a source could not be reached, or a file in it could not be read to its end. `error` is a code."""

    kind = "folder_failed"

    contract: str
    source: str
    error: str


@dataclass(frozen=True, slots=True)
class SourceAnswersAgain(Event):
    """A source that pulls could not reach can be reached."""

    kind = "source_answers_again"

    source: str


@dataclass(frozen=True, slots=True)
class SourceCheckAuthorised(Event):
    """A source may be read to check its declaration; nothing of it is stored. The person lines say about whom."""

    kind = "source_check_authorised"

    contract: str
    source: str
    declaration_sha256: str
    purpose: str
    people: int
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class SourceChecked(Event):
    """How a check ended: records of one sample, or `error`, the stable code of what went wrong."""

    kind = "source_checked"

    contract: str
    source: str
    declaration_sha256: str
    records: int
    of_cohort: int
    error: str


@dataclass(frozen=True, slots=True)
class StatisticsAsked(Event):
    """A statistics service was asked about groups, and nobody in them: how many figures it gave, of them `not_shown`
    without a number, or `error`, the stable code of what went wrong. A key goes to `host` and nowhere else.
    """

    kind = "statistics_asked"

    service: str
    host: str
    table: str
    declaration_sha256: str
    answer_sha256: str  # empty where there was none
    figures: int
    not_shown: int
    error: str
