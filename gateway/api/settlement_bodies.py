"""What the settlement routes take, and what they answer where they show no view."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from gateway.settlement.acknowledging import DisputeOutcome, DisputeReason

_DIGEST = "^[0-9a-f]{64}$"


class AcceptedDocument(BaseModel):
    """Which payment document is accepted."""

    model_config = ConfigDict(extra="forbid")

    jwt_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the JWT that you hold; another is refused.")


class AcceptedLines(BaseModel):
    """What was accepted."""

    lines: list[str] = Field(description="The lines that you accept now; none where you did before.")


class NewDispute(BaseModel):
    """One line of a payment document, and why it is contested."""

    model_config = ConfigDict(extra="forbid")

    line: str = Field(pattern="^[a-z0-9_]{1,80}/[a-z_]{1,40}$", description="The line's key in the statement.")
    reason: DisputeReason
    letter_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the letter that explains it; send that apart.")
    jwt_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the JWT that you hold.")


class RaisedDispute(BaseModel):
    """The dispute, and the day by which the municipality answers."""

    dispute: str = Field(description="Its id.")
    line: str
    answer_by: str


class DisputeAnswer(BaseModel):
    """How a dispute ends, and the letter that says why."""

    model_config = ConfigDict(extra="forbid")

    outcome: DisputeOutcome = Field(
        description="`withdrawn` for a dispute of your own; the others answer the municipality's."
    )
    letter_sha256: str = Field(pattern=_DIGEST)


class ResolvedDispute(BaseModel):
    """How the dispute ended."""

    dispute: str
    line: str
    outcome: str
