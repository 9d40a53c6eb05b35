"""What the settlement routes take, and what they answer where they show no view."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gateway.settlement.acknowledging import DisputeOutcome, DisputeReason
from vocabulary.cpr_in_text import id_without_cpr

_DIGEST = "^[0-9a-f]{64}$"
_LINE = "[a-z0-9_]{1,80}/[a-z_]{1,40}"
_MOST_MINOR = 10**15


class SentBody(BaseModel):
    """What a request may send: the members that are named, and no text that could hold a CPR number."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _holds_no_number(cls, sent: object) -> object:
        for text in sent.values() if isinstance(sent, dict) else ():
            if isinstance(text, str):
                id_without_cpr(text)
        return sent


class AcceptedDocument(SentBody):
    """Which payment document is accepted."""

    jwt_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the JWT that you hold; another is refused.")
    line: str = Field(
        default="",
        pattern=f"^({_LINE})?$",
        description="One line alone, also one whose dispute was upheld; every undisputed line if left out.",
    )


class AcceptedLines(BaseModel):
    """What was accepted."""

    lines: list[str] = Field(description="The lines that you accept now; none where you did before.")


class NewDispute(SentBody):
    """One line of a payment document, and why it is contested."""

    line: str = Field(pattern=f"^{_LINE}$", description="The line's key in the statement.")
    reason: DisputeReason
    letter_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the letter that explains it; send that apart.")
    jwt_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the JWT that you hold.")
    amount_minor: int | None = Field(
        default=None,
        ge=-_MOST_MINOR,
        le=_MOST_MINOR,
        description="How much of the line, in minor units; all of it if left out. The rest goes on.",
    )


class RaisedDispute(BaseModel):
    """The dispute, and the day by which the municipality answers."""

    dispute: str = Field(description="Its id.")
    line: str
    answer_by: str


class NewAdjustment(SentBody):
    """What a line of a payment document is worth instead of what was evaluated."""

    line: str = Field(pattern=f"^{_LINE}$", description="The line's key in the statement.")
    worth_minor: int = Field(ge=-_MOST_MINOR, le=_MOST_MINOR, description="In minor units.")
    letter_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the letter that explains it; send that apart.")
    jwt_sha256: str = Field(pattern=_DIGEST, description="SHA-256 of the JWT that you hold.")


class AdjustedLine(BaseModel):
    """What you say that the line is worth, and whether both parties do."""

    line: str
    worth_minor: int
    is_agreed: bool


class DisputeAnswer(SentBody):
    """How a dispute ends, and the letter that says why."""

    outcome: DisputeOutcome = Field(
        description="`withdrawn` for a dispute of your own; `stands` or `upheld` answer the municipality's."
    )
    letter_sha256: str = Field(pattern=_DIGEST)


class ResolvedDispute(BaseModel):
    """How the dispute ended."""

    dispute: str
    line: str
    outcome: str
