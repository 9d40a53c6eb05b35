"""What the access log tells of looking people up: by a name that somebody typed, or by a referral list.

Whoever was found has a line of their own, also where nothing came of it. In which contract somebody is stands in none
of these: an event is of the contract that was asked under.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class PersonLookedUp(Event):
    """One person was looked up by a name: `named_by` says which sort of name. Without a line nobody has it."""

    kind = "person_looked_up"

    contract: str
    named_by: str


@dataclass(frozen=True, slots=True)
class EnrolmentPreviewed(Event):
    """Somebody looked at what a referral list would seal; nothing was sealed, and nobody was enrolled.

    `accepted` of the `listed` rows would be; `found` people were enrolled before, and each of them has a line.
    """

    kind = "enrolment_previewed"
    contract: str
    batch: str
    listed: int
    accepted: int
    file_sha256: str
    decision: str
    found: int


@dataclass(frozen=True, slots=True)
class ReferralListRefused(Event):
    """A referral list was to be sealed and was refused, with the same counts as a preview has."""

    kind = "referral_list_refused"
    contract: str
    batch: str
    listed: int
    accepted: int
    file_sha256: str
    found: int


@dataclass(frozen=True, slots=True)
class LookUpsStopped(Event):
    """More people were to be looked up within a day than `most`: nothing was told, nor is until a day has passed."""

    kind = "look_ups_stopped"
    contract: str
    most: int


@dataclass(frozen=True, slots=True)
class RequestsListed(Event):
    """Staff saw which requests of people wait for an answer, and nobody's name."""

    kind = "requests_listed"
    contract: str
    waiting: int
