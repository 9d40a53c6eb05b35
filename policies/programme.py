"""The programme file: what a municipality declares before a contract may touch any data.

Legal basis, law reference, purposes, period, sources, parties and grants, and the digest of the contract
they are declared for. `policies.programme_file` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from policies.basis import Requirements
from policies.terms import Action, LegalBasis, Party, Purpose, Role, SpecialCategoryBasis, StatusCondition
from policies.words import OFFICE, ProgrammeWords
from vocabulary.identity import is_same_person

# of a contract: whoever delivers, and whoever lends
OTHER_SIDE = frozenset({Role.OPERATOR, Role.INVESTOR})


@dataclass(frozen=True, slots=True)
class Grant:
    """One party may do one thing in one programme. `id` is `<programme>/<name in the file>`."""

    id: str
    organisation: str
    role: Role
    action: Action
    programme: str
    legal_basis: LegalBasis | None = None  # of its own: statements about single people need one
    law_reference: str = ""  # the key of a word
    line: int = field(default=0, compare=False)  # where its basis, or else the grant, stands in the file

    @property
    def party(self) -> Party:
        return Party(self.organisation, self.role)


@dataclass(frozen=True, slots=True)
class Notice:
    """The text that a person is told before enrolment (GDPR art. 13 and 14), by version and language."""

    id: str
    version: int
    language: str  # "da" | "en"
    file: str  # beside the programme file
    sha256: str  # hex; of the text


@dataclass(frozen=True, slots=True)
class Retention:
    """What is asked before anything is erased (GDPR art. 17(3))."""

    case_number: str  # sagsnummer in the municipality's case system
    kle: str  # subject code of KLE, the municipalities' joint plan, such as 15.20.00
    archive: str  # "preserve": an export must have been delivered first | "discard"
    accounting_until: date  # the last day on which accounts of this programme must be kept

    @property
    def must_be_archived(self) -> bool:
        return self.archive == "preserve"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A named member of staff, or an API client by its id, may act in a role until a day. Where a programme appoints
    nobody, whoever may run the command may act, but for an auditor: an audit has an end.

    An auditor is independent: neither the person nor the organisation has another role in the programme.
    """

    staff: str
    role: Role
    until: date
    key: str = ""  # an auditor's own, as an RFC 7638 thumbprint; without one nothing is countersigned


@dataclass(frozen=True, slots=True)
class ConditionOfWord:
    """What allows a status word of the contract, and what it is needed for."""

    word: str
    condition: StatusCondition
    purpose: Purpose
    law_reference: str  # the key of a word; empty where the condition needs no law
    in_breakdown: bool  # whether a table by class may show it


@dataclass(frozen=True, slots=True)
class Programme:
    """A programme as declared; GDPR art. 5(1)(b), 6(1), 9(2) and 30(1)."""

    id: str
    contract_id: str
    contract_sha256: str  # hex; of the contract file's bytes
    title: str
    active: bool  # the controller's switch: false stops enrolment, pulls, evaluation and releases
    purposes: frozenset[Purpose]
    legal_basis: LegalBasis
    law_reference: str  # the key of a word
    special_category_basis: SpecialCategoryBasis
    opens_on: date
    closes_on: date  # the last day whose data may be asked for
    pull_until: date | None  # the last day on which sources may be read; None = as long as it is active
    sources: frozenset[str]
    assessments: Mapping[str, str]  # source supplied for another purpose -> reference of the assessment (art. 6(4))
    controller: str  # organisation
    parties: frozenset[Party]
    grants: tuple[Grant, ...]  # sorted by id
    requirements: Requirements  # of every person's records
    notices: tuple[Notice, ...]
    retention: Retention
    words: ProgrammeWords
    appointments: tuple[Appointment, ...]
    conditions: tuple[ConditionOfWord, ...]  # of the contract's status words
    suspension_days: int  # working days in which the controller decides on a suspended release
    most_look_ups: int  # people whom staff may look up in a day; never fewer than the contract's cohort
    sha256: str  # hex; of the programme file's bytes
    file: str

    def covers(self, first_day: date, last_day: date) -> bool:
        """Whether these days (both included, in order) lie within the programme's period."""
        return self.opens_on <= first_day <= last_day <= self.closes_on

    def is_assessed(self, source: str, *, for_another_purpose: bool) -> bool:
        """Whether a source may serve this programme: it was supplied for it, or its assessment is named."""
        return not for_another_purpose or source in self.assessments

    def pull_open(self, *, on: date) -> bool:
        """Whether sources may still be read on this day."""
        return self.active and (self.pull_until is None or on <= self.pull_until)

    def is_appointed(self, staff: str, role: Role, *, on: date) -> bool:
        """Whether this member of staff, or client, may act in this role on a day; in whatever spelling of the name."""
        if not self.appointments:
            return role is not Role.AUDITOR
        return any(
            one.role is role and on <= one.until and is_same_person(one.staff, staff) for one in self.appointments
        )

    def acts_on_other_side(self, staff: str) -> bool:
        """Whether somebody delivers, or lends, for the controller, or once did."""
        return any(one.role in OTHER_SIDE and is_same_person(one.staff, staff) for one in self.appointments)

    def auditor_with(self, key: str) -> Appointment | None:
        """The auditor who signs with this key, in office or not any more."""
        return next((one for one in self.appointments if one.role is Role.AUDITOR and one.key == key != ""), None)

    def office(self, *, on: date) -> str:
        """Whom a citizen talks to about work and benefits, in Danish, on a day; `WordNotValid`."""
        return self.words.word_on(on, OFFICE).danish

    def law(self, *, on: date) -> str:
        """The national law that the programme rests on, as it is cited on a day; `WordNotValid`."""
        return self.words.word_on(on, self.law_reference).danish

    def grant(self, role: Role, action: Action) -> Grant | None:
        """The grant of an action to a role, if there is one."""
        return next((grant for grant in self.grants if (grant.role, grant.action) == (role, action)), None)

    def notice(self, notice_id: str, language: str = "da") -> Notice | None:
        """The newest version of a notice in a language."""
        found = [one for one in self.notices if (one.id, one.language) == (notice_id, language)]
        return max(found, key=lambda one: one.version, default=None)

    def party(self, role: Role) -> Party | None:
        """The first declared party, by organisation, in this role."""
        return next((party for party in sorted(self.parties) if party.role == role), None)
