"""The tables of pulls that bring records, as `gateway.store.tables` describes its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from gateway.store.columns import instant, json_value, optional_instant


class PullRun(SQLModel, table=True):
    """Pulls of records, begun and ended: how far each came, so that the next one goes on there. Trusted; an edit hides
    a gap, or asks for the same again.
    """

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    source_id: str
    source_sha256: str  # of the declaration: another one begins anew
    from_week: int
    to_week: int
    asked_to_week: int
    position: str  # the last subject whose answer is kept; of a source that is asked person by person
    cursor: str  # where a source of changes goes on: the last that cannot be a CPR number
    newest_file: str  # the name of the file that told everything, where the records came as one; empty until then
    batches: int  # sealed when it began
    people: list[str] = json_value()  # subject ids asked about; of the newest run of a source alone
    counts: dict[str, Any] = json_value()
    began_at: datetime = instant()
    ended_at: datetime | None = optional_instant()


class CircuitRow(SQLModel, table=True):
    """Sources that could not be reached, pull after pull: how often in a row, and until when they are left alone.
    Trusted; may be lost; an edit delays a pull.
    """

    source_id: str = Field(primary_key=True)
    failures: int
    rests_until: datetime | None = optional_instant()


class PullHold(SQLModel, table=True):
    """Pulls that look wrong: what stands out, and what was decided. Trusted; an edit lets a pull through, and
    contradicts the logged event.
    """

    id: str = Field(primary_key=True)
    contract_id: str = Field(index=True)
    source_id: str
    what: str  # SHA-256 of the file, or the id of the run
    meaning_sha256: str  # of the declaration and code list that it was read by
    file_name: str  # empty of a run
    purpose: str
    from_week: int
    to_week: int
    files: list[str] = json_value()  # SHA-256 of those that a run's records came in
    absence_is_known: bool
    findings: list[dict[str, Any]] = json_value()
    held_at: datetime = instant()
    answer_by: date
    proposed: str  # after that day, by one of two: empty | "accepted" | "rejected"
    proposed_by: str
    answer: str  # empty while it waits | "accepted" | "rejected" | "superseded"
    answered_by: str
    answered_at: datetime | None = optional_instant()
