"""What the access log tells of trials: a draft contract on people who are in no contract, and in no line of it either.

Nobody who is tried has an id that outlives the command. Whoever of a list is enrolled here has a line, since the list
was refused for them.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class TrialProposed(Event):
    """Somebody proposed that a draft is tried on the people of one list, from these files, under one programme."""

    kind = "trial_proposed"
    contract: str
    contract_sha256: str
    programme_sha256: str
    files_sha256: str  # over the list and every file of a register


@dataclass(frozen=True, slots=True)
class TrialAuthorised(Event):
    """The policy let every source be read for a trial, and the list of people was read."""

    kind = "trial_authorised"
    contract: str
    contract_sha256: str
    programme_sha256: str
    files_sha256: str
    proposed_by: str
    sources: list[str]
    people: int
    decisions: list[str]
    decisions_sha256: list[str]


@dataclass(frozen=True, slots=True)
class TrialListRefused(Event):
    """A list was refused since `found` people on it are enrolled here: each of them has a line."""

    kind = "trial_list_refused"
    contract: str
    contract_sha256: str
    listed: int
    found: int


@dataclass(frozen=True, slots=True)
class TrialFailed(Event):
    """A file of a register could not be used; nothing came out."""

    kind = "trial_failed"
    contract: str
    contract_sha256: str
    error: str


@dataclass(frozen=True, slots=True)
class TrialMade(Event):
    """A report was signed. The days of the `people` lie in the months from `first_month` to `last_month`."""

    kind = "trial_made"
    contract: str
    contract_sha256: str
    programme_sha256: str
    files_sha256: str
    people: int
    first_month: str
    last_month: str
    report_sha256: str
    decisions: list[str]
