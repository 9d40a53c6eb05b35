"""What the access log tells of evaluations: whoever looked at what people's data come to."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class ComparisonAuthorised(Event):
    """A whole extract may be read for a comparison group; nobody in it is named, here or later."""

    kind = "comparison_authorised"

    contract: str
    aggregate: str
    source: str
    selection_sha256: str
    purpose: str
    from_week: str
    to_week: str
    decisions: list[str]
    decisions_sha256: list[str]


@dataclass(frozen=True, slots=True)
class ComparisonMade(Event):
    """The figures of a comparison group were computed; `body_sha256` is that of their canonical JSON."""

    kind = "comparison_made"

    contract: str
    aggregate: str
    source: str
    file_sha256: str
    selection_sha256: str
    rows_read: int
    people: int
    body_sha256: str
    decisions: list[str]


@dataclass(frozen=True, slots=True)
class ComparisonFailed(Event):
    """The extract could not be used, or too few people matched; `error` is the stable code of the reason."""

    kind = "comparison_failed"

    contract: str
    aggregate: str
    source: str
    selection_sha256: str
    error: str


@dataclass(frozen=True, slots=True)
class EvaluationAuthorised(Event):
    """People's data may be looked at, and are from now on; what comes of it stands in a later event."""

    kind = "evaluation_authorised"

    contract: str
    purpose: str
    decisions: list[str]
    decisions_sha256: list[str]


@dataclass(frozen=True, slots=True)
class Evaluated(Event):
    """`known_at`: with what was known at which instant, in UTC; an evaluation can be repeated with it."""

    kind = "evaluated"

    contract: str
    version: int
    week: str
    known_at: str
    purpose: str
    people: int
    inputs_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class EvaluationExplained(Event):
    """Municipal staff saw, for single people, which weeks count and why. `protected` people were counted alone."""

    kind = "evaluation_explained"

    contract: str
    version: int
    week: str
    known_at: str
    people: int
    protected: int
    inputs_sha256: str
    decision: str
    decision_sha256: str


@dataclass(frozen=True, slots=True)
class DraftTried(Event):
    """A draft contract was tried on a cohort's histories; totals of money alone came out of it."""

    kind = "draft_tried"

    contract: str
    version: int
    draft_sha256: str
    purpose: str
    people: int
    inputs_sha256: str
    decision: str
    decision_sha256: str
