"""The programme file: what a municipality declares before a contract may touch any data.

Legal basis, law reference, purposes, period, sources, parties and grants, and the digest of the contract
they are declared for. Reading is strict (invariant 3): a key that is not understood is refused with file,
line and key.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from policies.toml_table import Table, parse
from policies.vocabulary import Action, LegalBasis, Party, Purpose, Role, SpecialCategoryBasis

SCHEMA = "programme/1"
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Grant:
    """One party may do one thing in one programme. `id` is `<programme>/<name in the file>`."""

    id: str
    organisation: str
    role: Role
    action: Action
    programme: str

    @property
    def party(self) -> Party:
        return Party(self.organisation, self.role)


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
    law_reference: str
    special_category_basis: SpecialCategoryBasis
    opens_on: date
    closes_on: date  # the last day whose data may be asked for
    pull_until: date | None  # the last day on which sources may be read; None = as long as it is active
    sources: frozenset[str]
    controller: str  # organisation
    parties: frozenset[Party]
    grants: tuple[Grant, ...]  # sorted by id
    sha256: str  # hex; of the programme file's bytes
    file: str

    def covers(self, first_day: date, last_day: date) -> bool:
        """Whether these days (both included, in order) lie within the programme's period."""
        return self.opens_on <= first_day <= last_day <= self.closes_on

    def pull_open(self, *, on: date) -> bool:
        """Whether sources may still be read on this day."""
        return self.active and (self.pull_until is None or on <= self.pull_until)

    def party(self, role: Role) -> Party | None:
        """The first declared party, by organisation, in this role."""
        return next((party for party in sorted(self.parties) if party.role == role), None)


def load_programme(text: bytes, *, file: str) -> Programme:
    """The programme of a TOML file's bytes. `file` is its name, for messages.

    Raises:
        ProgrammeInvalid: not UTF-8, not TOML, a key that is unknown or missing, a word outside the
            vocabulary, or declarations that contradict each other; names file, line and key.
    """
    root = parse(text, file=file)
    if root.text("schema") != SCHEMA:
        raise root.refuse("schema", f"must be {SCHEMA!r}")
    parties = _parties(root)
    programme = Programme(
        id=root.converted("id", _identifier),
        contract_id=root.converted("contract_id", _identifier),
        contract_sha256=root.converted("contract_sha256", _digest),
        title=root.text("title"),
        active=root.switch("active"),
        purposes=frozenset(root.words("purposes", Purpose)),
        legal_basis=root.word("legal_basis", LegalBasis),
        law_reference=root.text("law_reference"),
        special_category_basis=root.word("special_category_basis", SpecialCategoryBasis),
        opens_on=root.day("opens_on"),
        closes_on=root.day("closes_on"),
        pull_until=root.day("pull_until") if "pull_until" in root else None,
        sources=frozenset(root.list_of("sources", _identifier)),
        controller=root.converted("controller", _identifier),
        parties=frozenset(parties),
        grants=_grants(root, parties),
        sha256=hashlib.sha256(text).hexdigest(),
        file=file,
    )
    root.done()
    _consistent(programme, root)
    return programme


def _parties(root: Table) -> tuple[Party, ...]:
    parties: list[Party] = []
    for table in root.tables("parties"):
        party = Party(table.converted("organisation", _identifier), table.word("role", Role))
        table.done()
        if party in parties:
            raise table.refuse("organisation", f"is declared twice as {party.role}")
        parties.append(party)
    return tuple(parties)


def _grants(root: Table, parties: tuple[Party, ...]) -> tuple[Grant, ...]:
    programme = root.converted("id", _identifier)
    grants: dict[str, Grant] = {}
    for table in root.tables("grants"):
        name = f"{programme}/{table.converted('id', _identifier)}"
        grant = Grant(
            id=name,
            organisation=table.converted("organisation", _identifier),
            role=table.word("role", Role),
            action=table.word("action", Action),
            programme=programme,
        )
        table.done()
        if name in grants:
            raise table.refuse("id", "names another grant too")
        if grant.party not in parties:
            raise table.refuse("organisation", f"is not declared under [[parties]] as {grant.role}")
        if any((one.party, one.action) == (grant.party, grant.action) for one in grants.values()):
            raise table.refuse("action", "is granted to this party twice")
        grants[name] = grant
    return tuple(grants[name] for name in sorted(grants))


def _consistent(programme: Programme, root: Table) -> None:
    if programme.closes_on < programme.opens_on:
        raise root.refuse("closes_on", "lies before opens_on")
    if Party(programme.controller, Role.MUNICIPALITY) not in programme.parties:
        raise root.refuse("controller", "is not declared under [[parties]] as municipality")


def _identifier(text: str) -> str:
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError("must be lower-case letters, digits, '-' and '_', and start with a letter")
    return text


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError("must be a SHA-256 as 64 lower-case hex digits")
    return text
