"""The tables of the logs: their entries, the hashes over them, the signed heads, the lines about people, and the
decisions that entries name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from gateway.store.columns import blob, instant, json_value
from gateway.store.order import OF_PEOPLE


def _of_kinds(name: str, kinds: str) -> Index:
    """An index of the few entries of these kinds; a query finds it where it says the same of them in literals.

    With all three columns: SQLite would rather read the whole log by its primary key than an index of fewer.
    """
    # on PostgreSQL the migration says the same: said here, it would load that dialect at the start of every command
    return Index(name, "kind", "log", "idx", sqlite_where=text(kinds))


_SETTLEMENTS = (
    "kind IN ('adjustment_signed', 'dispute_resolved', 'payment_registered', 'payment_requested', "
    "'release_intended', 'result_acknowledged', 'result_disputed')"
)

LOOK_UPS = (
    "kind IN ('enrolment_previewed', 'look_ups_stopped', 'person_looked_up', 'referral_list_refused',"
    " 'trial_list_refused')"
)


class LogEntry(SQLModel, table=True):
    """Leaves of the logs with what they commit to. Not trusted: the signed checkpoints are."""

    __table_args__ = (
        # every decision asks which policy set the log names last
        _of_kinds("ix_logentry_policy_sets", "kind = 'policy_set_approved'"),
        # every release asks which acceptances the log names
        _of_kinds("ix_logentry_acceptances", "kind = 'acceptance_recorded'"),
        # every transaction asks whether the clock was ever set back
        _of_kinds("ix_logentry_set_backs", "kind = 'clock_set_back'"),
        # and which countersignatures
        _of_kinds("ix_logentry_countersignatures", "kind = 'countersignature_taken'"),
        # and which plan of blocks each later version of its contract came with
        _of_kinds("ix_logentry_versions", "kind = 'contract_activated'"),
        # and whether a contract runs in shadow, or was adopted mid-way
        _of_kinds("ix_logentry_adoptions", "kind IN ('contract_adopted', 'contract_shadowed')"),
        # and every settlement, what was drafted, and what parties said, asked for and paid
        _of_kinds("ix_logentry_settlements", _SETTLEMENTS),
        # and whenever somebody is looked up, how many were before
        _of_kinds("ix_logentry_look_ups", LOOK_UPS),
    )
    log: str = Field(primary_key=True)
    idx: int = Field(primary_key=True)
    leaf_data: bytes = blob()
    kind: str
    body: str  # canonical JSON; for the access log the event, for the others the leaf itself
    nonce: bytes = blob()  # 32 random bytes in the access log, empty in the others
    at: datetime = instant()


class LogNode(SQLModel, table=True):
    """Stored levels of the trees: hashes of complete subtrees. May be rebuilt from the leaves."""

    log: str = Field(primary_key=True)
    level: int = Field(primary_key=True)
    idx: int = Field(primary_key=True)
    hash: bytes = Field(sa_column=Column(LargeBinary(32), nullable=False))


class CheckpointRow(SQLModel, table=True):
    """Signed heads, one a size. Trusted as far as their signature; a copy kept outside is the real anchor."""

    log: str = Field(primary_key=True)
    size: int = Field(primary_key=True)
    note: str
    at: datetime = instant()


class PersonLineRow(SQLModel, table=True):
    """The parts of events that concern one subject. Personal data; an edit contradicts the digests of its event.
    Erasing a person deletes the person's lines.
    """

    __table_args__ = OF_PEOPLE
    log_idx: int = Field(primary_key=True)
    nonce: bytes = Field(sa_column=Column(LargeBinary(32), primary_key=True))
    subject_id: str = Field(index=True)
    body: str


class LineDigests(SQLModel, table=True):
    """The salted digests of an event's person lines, one after another in their own order; the event holds count and
    root over them. Not trusted: the event is. Those of lines that were erased stay, and say nothing without the nonce,
    so that the lines of the others can still be checked.
    """

    log_idx: int = Field(primary_key=True)
    digests: bytes = blob()


class DecisionRow(SQLModel, table=True):
    """Policy decisions with their facts. Not trusted: each decision's digest stands in its event."""

    id: str = Field(primary_key=True)
    at: datetime = instant()
    sha256: str
    action: str
    principal: str
    programme: str
    effect: str
    body: dict[str, Any] = json_value()
