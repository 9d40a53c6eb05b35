"""The programme file: what a municipality declares before a contract may touch any data.

Legal basis, law reference, purposes, period, sources, parties and grants, and the digest of the contract
they are declared for. Reading is strict (invariant 3): a key that is not understood is refused with file,
line and key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from policies.basis import BASES, RecordKind, Requirements
from policies.errors import ProgrammeInvalid
from policies.terms import Action, LegalBasis, Party, Purpose, Role, SpecialCategoryBasis, is_service_name
from policies.words import OFFICE, ProgrammeWords, read_words
from vocabulary.declaration import DeclarationTable, one_of, parse
from vocabulary.identity import is_same_person

SCHEMA = "programme/1"
MOST_LOOK_UPS = 100
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7638, base64url of 32 bytes


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


@lru_cache(maxsize=64)  # a command asks for the same text at every step
def load_programme(text: bytes, *, file: str) -> Programme:
    """The programme of a TOML file's bytes. `file` is its name, for messages.

    Raises:
        ProgrammeInvalid: not UTF-8, not TOML, a key that is unknown or missing, a word outside the
            vocabulary, or declarations that contradict each other; names file, line and key.
    """
    root = parse(text, file=file, refusal=ProgrammeInvalid)
    if root.text("schema") != SCHEMA:
        raise root.refuse("schema", f"must be {SCHEMA!r}")
    parties = _parties(root)
    programme = Programme(
        id=root.convert("id", _identifier),
        contract_id=root.convert("contract_id", _identifier),
        contract_sha256=root.convert("contract_sha256", _digest),
        title=root.text("title"),
        active=root.flag("active"),
        purposes=frozenset(root.words("purposes", Purpose)),
        legal_basis=root.word("legal_basis", LegalBasis),
        law_reference=root.text("law_reference"),
        special_category_basis=root.word("special_category_basis", SpecialCategoryBasis),
        opens_on=root.day("opens_on"),
        closes_on=root.day("closes_on"),
        pull_until=root.day("pull_until") if "pull_until" in root else None,
        sources=frozenset(root.list_of("sources", _identifier)),
        assessments=_assessments(root),
        controller=root.convert("controller", _identifier),
        parties=frozenset(parties),
        grants=_grants(root, parties),
        requirements=Requirements(
            bases=frozenset(root.words("requires", RecordKind)),
            excludes_protected=root.convert("protected_persons", one_of("count", "exclude")) == "exclude",
        ),
        notices=_notices(root),
        retention=_retention(root.table("retention")),
        words=read_words(root, file=file),
        appointments=_appointments(root),
        suspension_days=root.integer("suspension_days", least=1, most=30),
        most_look_ups=root.integer("most_look_ups", least=1, most=9_999) if "most_look_ups" in root else MOST_LOOK_UPS,
        sha256=hashlib.sha256(text).hexdigest(),
        file=file,
    )
    root.finish()
    _consistent(programme, root)
    return programme


def _assessments(root: DeclarationTable) -> dict[str, str]:
    """Source -> the assessment that its use here rests on; of sources that the programme reads, and no other."""
    if "assessments" not in root:
        return {}
    table = root.table("assessments")
    sources = root.list_of("sources", _identifier)
    for name in table:
        if name not in sources:
            raise table.refuse(name, "is not one of the programme's sources")
    return {source: table.text(source) for source in table}


def _parties(root: DeclarationTable) -> tuple[Party, ...]:
    parties: list[Party] = []
    for table in root.tables("parties"):
        party = Party(table.convert("organisation", _identifier), table.word("role", Role))
        table.finish()
        if party in parties:
            raise table.refuse("organisation", f"is declared twice as {party.role}")
        parties.append(party)
    return tuple(parties)


def _grants(root: DeclarationTable, parties: tuple[Party, ...]) -> tuple[Grant, ...]:
    programme = root.convert("id", _identifier)
    grants: dict[str, Grant] = {}
    for table in root.tables("grants"):
        name = f"{programme}/{table.convert('id', _identifier)}"
        grant = Grant(
            id=name,
            organisation=table.convert("organisation", _identifier),
            role=table.word("role", Role),
            action=table.word("action", Action),
            programme=programme,
            legal_basis=table.word("legal_basis", LegalBasis) if "legal_basis" in table else None,
            law_reference=table.text("law_reference") if "law_reference" in table else "",
            line=table.line_of("legal_basis"),
        )
        if grant.action is Action.RELEASE_INDIVIDUAL and not (grant.legal_basis and grant.law_reference):
            raise table.refuse("action", "needs legal_basis and law_reference of its own")
        table.finish()
        if name in grants:
            raise table.refuse("id", "names another grant too")
        if grant.party not in parties:
            raise table.refuse("organisation", f"is not declared under [[parties]] as {grant.role}")
        if any((one.party, one.action) == (grant.party, grant.action) for one in grants.values()):
            raise table.refuse("action", "is granted to this party twice")
        grants[name] = grant
    return tuple(grants[name] for name in sorted(grants))


def _notices(root: DeclarationTable) -> tuple[Notice, ...]:
    notices: list[Notice] = []
    for table in root.tables("notices"):
        notice = Notice(
            id=table.convert("id", _identifier),
            version=table.integer("version", least=1, most=999),
            language=table.convert("language", one_of("da", "en")),
            file=table.convert("file", _relative),
            sha256=table.convert("sha256", _digest),
        )
        table.finish()
        if any((one.id, one.version, one.language) == (notice.id, notice.version, notice.language) for one in notices):
            raise table.refuse("id", "stands twice with this version and language")
        notices.append(notice)
    for notice in notices:
        if not any((one.id, one.version, one.language) == (notice.id, notice.version, "da") for one in notices):
            raise root.refuse("notices", f"{notice.id} version {notice.version} has no Danish text")
    return tuple(notices)


def _retention(table: DeclarationTable) -> Retention:
    retention = Retention(
        case_number=table.text("case_number"),
        kle=table.convert("kle", _kle),
        archive=table.convert("archive", one_of("preserve", "discard")),
        accounting_until=table.day("accounting_until"),
    )
    table.finish()
    return retention


def _appointments(root: DeclarationTable) -> tuple[Appointment, ...]:
    appointments: list[Appointment] = []
    for table in root.tables("appointments", least=0):
        key = table.convert("key", _thumbprint) if "key" in table else ""
        one = Appointment(table.text("staff"), table.word("role", Role), table.day("until"), key)
        if is_service_name(one.staff):
            raise table.refuse("staff", "is the name of a service: nobody would answer for it")
        if key and one.role is not Role.AUDITOR:
            raise table.refuse("key", "belongs to an auditor, who signs what was found")
        if key and any(other.key == key for other in appointments):
            raise table.refuse("key", "is that of another appointment too")
        if any(
            Role.AUDITOR in (other.role, one.role) and is_same_person(other.staff, one.staff) for other in appointments
        ):
            raise table.refuse("staff", "audits, and has another appointment: nobody audits their own work")
        appointments.append(one)
        table.finish()
    return tuple(appointments)


# whoever acts for the municipality here is the municipality: these decide what is read, counted and paid
_CONTROLLERS_OWN = frozenset({Role.SYSTEM_OWNER, Role.SETTLEMENT_OFFICER, Role.CASE_WORKER})
_EARNS = frozenset({Role.OPERATOR, Role.INVESTOR})


def _separate(programme: Programme, root: DeclarationTable) -> None:
    """Refuse an organisation on both sides: one that earns by a result and measures, approves or watches it.

    An organisation may be operator and investor at once: whoever earns twice is on one side all the same.
    """
    earning = {party.organisation for party in programme.parties if party.role in _EARNS}
    for table in root.tables("parties"):
        organisation, role = table.text("organisation"), table.word("role", Role)
        if role in _CONTROLLERS_OWN and organisation != programme.controller:
            raise table.refuse("role", f"{role} belongs to the controller: it decides what is read, counted or paid")
        if role not in _EARNS and organisation in earning:
            raise table.refuse(
                "role", f"{organisation} earns by the results, and may not measure or watch them as {role}"
            )


def _consistent(programme: Programme, root: DeclarationTable) -> None:
    if programme.closes_on < programme.opens_on:
        raise root.refuse("closes_on", "lies before opens_on")
    if Party(programme.controller, Role.MUNICIPALITY) not in programme.parties:
        raise root.refuse("controller", "is not declared under [[parties]] as municipality")
    _separate(programme, root)
    for table in (root, *root.tables("grants")):
        if "law_reference" in table and table.text("law_reference") not in programme.words.keys:
            raise table.refuse("law_reference", "is the key of no word under [[words]]")
    if not programme.requirements.bases <= BASES:
        raise root.refuse("requires", f"must name bases: {', '.join(sorted(BASES))}")
    if programme.retention.accounting_until < programme.closes_on:
        raise root.table("retention").refuse("accounting_until", "lies before closes_on")
    if not any(one.role is Role.AUDITOR for one in programme.appointments):
        for table in root.tables("grants"):
            if table.word("role", Role) is Role.AUDITOR:
                raise table.refuse("role", "an auditor needs an entry under [[appointments]]: a name and a last day")
    for table in root.tables("parties"):
        organisation, role = table.text("organisation"), table.word("role", Role)
        if role is Role.AUDITOR and any(
            one.organisation == organisation and one.role is not role for one in programme.parties
        ):
            raise table.refuse("role", "an auditor's organisation has no other role here: nobody audits their own work")
    needed = {Purpose.RIGHTS_REQUEST, Purpose.GOVERNANCE, Purpose.ACCESS_REVIEW} - programme.purposes
    if needed:
        reason = "without it nobody's right can be served, or nobody can watch"
        raise root.refuse("purposes", f"must hold {', '.join(sorted(needed))}: {reason}")


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError("must be lower-case letters, digits, '-' and '_', and start with a letter")
    return text


def _relative(text: str) -> str:
    """A path below the folder of the programme or beside it, with plain names only."""
    if not re.fullmatch(r"(\.\./)?([a-z0-9_-]+/)*[a-z0-9_.-]+\.md", text):
        raise ValueError("must be a plain path such as ../notices/impact60/1.da.md")
    return text


def _kle(text: str) -> str:
    if not re.fullmatch(r"\d{2}\.\d{2}\.\d{2}", text):
        raise ValueError("must be a KLE subject code such as 15.20.00")
    return text


def _thumbprint(text: str) -> str:
    if not _THUMBPRINT.fullmatch(text):
        raise ValueError("must be an RFC 7638 thumbprint: 43 letters, digits, '-' and '_'")
    return text


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError("must be a SHA-256 as 64 lower-case hex digits")
    return text
