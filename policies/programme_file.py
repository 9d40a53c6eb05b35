"""Reads a programme file: what is unknown or contradicts itself is refused, with its place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

from policies.basis import BASES, RecordKind, Requirements
from policies.errors import ProgrammeInvalid
from policies.programme import OTHER_SIDE, Appointment, ConditionOfWord, Grant, Notice, Programme, Retention
from policies.terms import (
    NEEDS_LAW,
    Action,
    LegalBasis,
    Party,
    Purpose,
    Role,
    SpecialCategoryBasis,
    StatusCondition,
    is_service_name,
)
from policies.usual_parties import usual_actions, usual_parties
from policies.words import read_words
from vocabulary.declaration import DeclarationTable, one_of, parse
from vocabulary.identity import is_same_person
from vocabulary.mistakes import Mistakes

SCHEMA = "programme/1"
MOST_LOOK_UPS = 100
LAW = "law"  # the key of a word
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7638, base64url of 32 bytes


@lru_cache(maxsize=64)  # a command asks for the same text at every step
def load_programme(text: bytes, *, file: str) -> Programme:
    """The programme of a TOML file's bytes. `file` is its name, for messages.

    Raises:
        ProgrammeInvalid: not UTF-8, not TOML, a key that is unknown or missing, a word outside the
            vocabulary, or declarations that contradict each other; names file, line and key.
    """
    mistakes = Mistakes()
    root = parse(text, file=file, refusal=ProgrammeInvalid, mistakes=mistakes)
    return mistakes.gather(lambda: _read(root, text, file))


def _read(root: DeclarationTable, text: bytes, file: str) -> Programme:
    part = root.part
    root.convert("schema", _schema)
    parties = root.part(lambda: _parties(root))
    programme = Programme(
        id=root.convert("id", _identifier),
        contract_id=_contract_id(root),
        contract_sha256=root.convert("contract_sha256", _digest),
        title=root.text("title"),
        active=root.flag("active", True),
        purposes=part(lambda: frozenset(root.words("purposes", Purpose))),
        legal_basis=root.word("legal_basis", LegalBasis),
        law_reference=root.text("law_reference", LAW),
        special_category_basis=root.word("special_category_basis", SpecialCategoryBasis),
        opens_on=root.day("opens_on"),
        closes_on=root.day("closes_on"),
        pull_until=root.day("pull_until") if "pull_until" in root else None,
        sources=part(lambda: frozenset(root.list_of("sources", _identifier))),
        assessments=part(lambda: _assessments(root)),
        controller=root.convert("controller", _identifier),
        parties=part(lambda: frozenset(parties)),
        grants=part(lambda: _grants(root, parties)),
        requirements=_requirements(root),
        notices=_notices(root),
        retention=part(lambda: _retention(root.table("retention"))),
        words=part(lambda: read_words(root, file=file)),
        appointments=_appointments(root),
        conditions=_conditions(root),
        suspension_days=root.integer("suspension_days", 5, least=1, most=30),
        most_look_ups=root.integer("most_look_ups", MOST_LOOK_UPS, least=1, most=9_999),
        sha256=hashlib.sha256(text).hexdigest(),
        file=file,
    )
    root.finish()
    _check(programme, root)
    return programme


def _requirements(root: DeclarationTable) -> Requirements:
    protected = root.convert("protected_persons", one_of("count", "exclude"))
    return Requirements(
        bases=root.part(lambda: frozenset(root.words("requires", RecordKind))),
        excludes_protected=root.part(lambda: protected == "exclude"),
    )


def _assessments(root: DeclarationTable) -> dict[str, str]:
    """Source -> the assessment that its use here rests on; of sources that the programme reads, and no other."""
    if "assessments" not in root:
        return {}
    table = root.table("assessments")
    sources = root.list_of("sources", _identifier)
    for name in table:
        with table.check():
            if name not in sources:
                raise table.refuse(name, "is not one of the programme's sources")
    return {source: table.text(source) for source in table}


def _conditions(root: DeclarationTable) -> tuple[ConditionOfWord, ...]:
    """What allows each status word of the contract; most contracts have none."""
    if "status_conditions" not in root:
        return ()

    def read(table: DeclarationTable) -> ConditionOfWord:
        found = ConditionOfWord(
            word=table.convert("word", _identifier),
            condition=table.word("condition", StatusCondition),
            purpose=table.word("purpose", Purpose),
            law_reference=table.text("law", ""),
            in_breakdown=table.flag("in_breakdown", False),
        )
        table.finish()
        with table.check():
            if (found.condition in NEEDS_LAW) != bool(found.law_reference):
                reason = "names the law that the condition rests on, where it rests on one, and nothing elsewhere"
                raise table.refuse("law", reason)
        return found

    return root.rows("status_conditions", read, by="word")


def _parties(root: DeclarationTable) -> tuple[Party, ...]:
    if "parties" not in root:
        operator, investor = (root.convert(key, _identifier) if key in root else "" for key in ("operator", "investor"))
        return usual_parties(root.convert("controller", _identifier), operator, investor)
    declared: set[tuple[str, Role]] = set()

    def read(table: DeclarationTable) -> Party:
        party = Party(table.convert("organisation", _identifier), table.word("role", Role))
        table.finish()
        with table.check():
            if (party.organisation, party.role) in declared:
                raise table.refuse("organisation", f"is declared twice as {party.role}")
            declared.add((party.organisation, party.role))
        return party

    return root.rows("parties", read)


def _grants(root: DeclarationTable, parties: tuple[Party, ...]) -> tuple[Grant, ...]:
    programme = root.convert("id", _identifier)
    before: list[Grant] = []

    def read(table: DeclarationTable) -> Grant:
        name = table.convert("id", _identifier)
        grant = Grant(
            id=table.part(lambda: f"{programme}/{name}"),
            organisation=table.convert("organisation", _identifier),
            role=table.word("role", Role),
            action=table.word("action", Action),
            programme=programme,
            legal_basis=table.word("legal_basis", LegalBasis) if "legal_basis" in table else None,
            law_reference=table.text("law_reference") if "law_reference" in table else "",
            line=table.line_of("legal_basis"),
        )
        table.finish()
        with table.check():
            if grant.action is Action.RELEASE_INDIVIDUAL and not (grant.legal_basis and grant.law_reference):
                raise table.refuse("action", "needs legal_basis and law_reference of its own")
        with table.check():
            if grant.party not in parties:
                raise table.refuse("organisation", f"is not declared under [[parties]] as {grant.role}")
        with table.check():
            if any((one.party, one.action) == (grant.party, grant.action) for one in before):
                raise table.refuse("action", "is granted to this party twice")
        before.append(grant)
        if grant.id in {one.id for one in usual}:
            raise table.refuse("id", "uses the name of a grant that every programme without [[parties]] has")
        return grant

    usual = () if "parties" in root else tuple(_usual_grants(root, programme, parties))
    before.extend(usual)
    grants = (*usual, *root.rows("grants", read, by="id", least=0 if usual else 1))
    return tuple(sorted(grants, key=lambda grant: grant.id))


def _usual_grants(root: DeclarationTable, programme: str, parties: tuple[Party, ...]) -> Iterator[Grant]:
    line = root.line_of("controller")
    for party in parties:
        for name, action in usual_actions(party):
            yield Grant(f"{programme}/{name}", party.organisation, party.role, action, programme, line=line)


def _contract_id(root: DeclarationTable) -> str:
    return root.convert("contract_id" if "contract_id" in root else "id", _identifier)


def _notices(root: DeclarationTable) -> tuple[Notice, ...]:
    before: set[tuple[str, int, str]] = set()

    def read(table: DeclarationTable) -> Notice:
        notice = Notice(
            id=table.convert("id", _identifier),
            version=table.integer("version", 1, least=1, most=999),
            language=table.convert("language", one_of("da", "en"), "da"),
            file=table.convert("file", _relative),
            sha256=table.convert("sha256", _digest),
        )
        table.finish()
        key = (notice.id, notice.version, notice.language)
        if key in before:
            raise table.refuse("id", "stands twice with this version and language")
        before.add(key)
        return notice

    notices = root.rows("notices", read)
    with root.check():
        known = {(one.id, one.version, one.language) for one in notices}
        for name, version in sorted({(one.id, one.version) for one in notices}):
            with root.check():
                if (name, version, "da") not in known:
                    raise root.refuse("notices", f"{name} version {version} has no Danish text")
    return notices


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
    before: list[Appointment] = []

    def read(table: DeclarationTable) -> Appointment:
        key = table.convert("key", _thumbprint) if "key" in table else ""
        one = Appointment(table.text("staff"), table.word("role", Role), table.day("until"), key)
        table.finish()
        with table.check():
            if is_service_name(one.staff):
                raise table.refuse("staff", "is the name of a service: nobody would answer for it")
        with table.check():
            if key and one.role != Role.AUDITOR:
                raise table.refuse("key", "belongs to an auditor, who signs what was found")
        with table.check():
            if key and any(other.key == key for other in before):
                raise table.refuse("key", "is that of another appointment too")
        with table.check():
            if any(OTHER_SIDE & {other.role, one.role} and is_same_person(other.staff, one.staff) for other in before):
                raise table.refuse("staff", "delivers or lends for the controller, and has another appointment")
        with table.check():
            if any(
                Role.AUDITOR in (other.role, one.role) and is_same_person(other.staff, one.staff) for other in before
            ):
                raise table.refuse("staff", "audits, and has another appointment: nobody audits their own work")
        before.append(one)
        return one

    return root.rows("appointments", read, least=0)


# whoever acts for the municipality here is the municipality: these decide what is read, counted and paid
_CONTROLLERS_OWN = frozenset({Role.SYSTEM_OWNER, Role.SETTLEMENT_OFFICER, Role.CASE_WORKER})
_EARNS = frozenset({Role.OPERATOR, Role.INVESTOR})


def _check_sides(programme: Programme, table: DeclarationTable) -> None:
    """Refuse an organisation on both sides: one that earns by a result and measures, approves or watches it.

    An organisation may be operator and investor at once: whoever earns twice is on one side all the same. An office of
    the controller may lend, by people who do nothing else here.
    """
    organisation, role = table.text("organisation"), table.word("role", Role)
    office = Party(programme.controller, Role.INVESTOR)  # beside others that lend, as the contract says
    earning = {party.organisation for party in programme.parties if party.role in _EARNS and party != office}
    if role in _CONTROLLERS_OWN and organisation != programme.controller:
        raise table.refuse("role", f"{role} belongs to the controller: it decides what is read, counted or paid")
    if role not in _EARNS and organisation in earning:
        raise table.refuse("role", f"{organisation} earns by the results, and may not measure or watch them as {role}")
    if role is Role.AUDITOR and any(
        one.organisation == organisation and one.role is not role for one in programme.parties
    ):
        raise table.refuse("role", "an auditor's organisation has no other role here: nobody audits their own work")


def _check(programme: Programme, root: DeclarationTable) -> None:
    """What several declarations say together; each check stands by itself."""
    with root.check():
        if programme.closes_on < programme.opens_on:
            raise root.refuse("closes_on", "lies before opens_on")
    with root.check():
        if Party(programme.controller, Role.MUNICIPALITY) not in programme.parties:
            raise root.refuse("controller", "is not declared under [[parties]] as municipality")
    with root.check():
        for table in root.tables("parties") if "parties" in root else ():
            with table.check():
                _check_sides(programme, table)
    with root.check():
        if programme.law_reference not in programme.words.keys:
            raise root.refuse("law_reference", "is the key of no word under [[words]]")
    with root.check():
        rows = root.tables("status_conditions") if "status_conditions" in root else ()
        for table, one in zip(rows, programme.conditions, strict=True):
            with table.check():
                if one.law_reference and one.law_reference not in programme.words.keys:
                    raise table.refuse("law", "is the key of no word under [[words]]")
            with table.check():
                if one.purpose not in programme.purposes:
                    raise table.refuse("purpose", "is none of the programme's purposes")
    with root.check():
        for table in root.tables("grants", least=0):
            with table.check():
                _check_grant(programme, table)
    with root.check():
        lends = Party(programme.controller, Role.INVESTOR) in programme.parties
        if lends != any(one.role == Role.INVESTOR for one in programme.appointments):
            reason = "must name who acts for the controller's office, where it lends: people who do nothing else here"
            raise root.refuse("appointments", reason)
    with root.check():
        if not programme.requirements.bases <= BASES:
            raise root.refuse("requires", f"must name bases: {', '.join(sorted(BASES))}")
    with root.check():
        if programme.retention.accounting_until < programme.closes_on:
            raise root.table("retention").refuse("accounting_until", "lies before closes_on")
    with root.check():
        needed = {Purpose.RIGHTS_REQUEST, Purpose.GOVERNANCE, Purpose.ACCESS_REVIEW} - programme.purposes
        if needed:
            reason = "without it nobody's right can be served, or nobody can watch"
            raise root.refuse("purposes", f"must hold {', '.join(sorted(needed))}: {reason}")


def _check_grant(programme: Programme, table: DeclarationTable) -> None:
    """A grant's basis is a word; an auditor who is granted something has a last day."""
    if "law_reference" in table and table.text("law_reference") not in programme.words.keys:
        raise table.refuse("law_reference", "is the key of no word under [[words]]")
    has_auditor = any(one.role == Role.AUDITOR for one in programme.appointments)
    if table.word("role", Role) == Role.AUDITOR and not has_auditor:
        raise table.refuse("role", "an auditor needs an entry under [[appointments]]: a name and a last day")


def _schema(text: str) -> str:
    if text != SCHEMA:
        raise ValueError(f"must be {SCHEMA!r}")
    return text


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
