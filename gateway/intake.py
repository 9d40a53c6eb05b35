"""Use cases that bring things in: contracts and programmes, sealed cohorts, and pulls from registers.

Every one is a single transaction that carries its event (invariant 4). A pull asks the policy before the file
is opened, and again in the transaction that stores its rows.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.base import Pulled, pull_file
from connectors.declaration import SourceDeclaration, load_declaration
from connectors.enrolment import Referral, read_referrals
from connectors.records import Week
from gateway.authority import decide, refuse_unless_allowed
from gateway.errors import CohortAlreadySealed, EnrolmentRefused, ProgrammeMismatch, SourceUnknown
from gateway.events import CohortSealed, ContractActivated, PersonLine, PullAuthorised, PullCompleted, PullRefused
from gateway.installation import Gateway
from gateway.outcomes.contract import Contract, load_contract
from gateway.store import ledger, queries, spells
from gateway.store.tables import Batch, ContractVersion, ProgrammeRow, PullRow, SourceRow, Subject
from gateway.store.unit_of_work import UnitOfWork
from outcome_verifier import canonical
from outcome_verifier.tlog import merkle_root
from policies.engine import Request
from policies.facts import EnrolFacts, PullFacts
from policies.programme import Programme, load_programme
from policies.vocabulary import Action, Party, Purpose, Role

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What `enrol` did. `is_new` is false where the same file was sealed before."""

    contract: str
    batch: str
    count: int
    seal_sha256: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class PullReport:
    """What `pull` did: counts only, never a row."""

    contract: str
    source: str
    file: str
    from_week: Week
    to_week: Week
    rows_read: int
    rows_outside_cohort: int
    rejected: dict[str, int]
    unknown_codes: dict[str, int]
    not_found: int
    spells_changed: int
    postings_added: int
    is_new: bool


def activate_contract(gateway: Gateway, contract_file: Path, programme_file: Path) -> Contract:
    """Put a contract version and its programme into force. The same files again change nothing.

    Raises `ContractInvalid`, `ProgrammeInvalid`, or `ProgrammeMismatch` where the programme was declared for
    another contract text, or the contract belongs to another municipality.
    """
    text, programme_text = contract_file.read_bytes(), programme_file.read_bytes()
    contract = load_contract(text, file=contract_file.name)
    programme = load_programme(programme_text, file=programme_file.name)
    if programme.contract_sha256 != contract.sha256 or programme.contract_id != contract.id:
        raise ProgrammeMismatch(contract=contract.id, reason="the programme names another contract digest")
    if contract.party("outcome_payer").municipality_code != gateway.municipality_code:
        raise ProgrammeMismatch(contract=contract.id, reason="the contract belongs to another municipality")
    gateway.policies.with_programmes([programme])  # refuses a grant that no template knows
    with gateway.store.write(gateway.clock()) as uow:
        known = queries.contract_versions(uow.session, contract.id)
        if any(row.sha256 == contract.sha256 for row in known):
            return contract
        if any(row.version >= contract.version or row.effective_from > contract.effective_from for row in known):
            raise ProgrammeMismatch(contract=contract.id, reason="a newer version is already in force")
        uow.session.add(
            ContractVersion(
                contract_id=contract.id,
                version=contract.version,
                effective_from=contract.effective_from,
                sha256=contract.sha256,
                text=text,
                file_name=contract_file.name,
                activated_at=uow.now,
            )
        )
        uow.session.merge(ProgrammeRow(contract_id=contract.id, sha256=programme.sha256, text=programme_text))
        uow.record(
            ContractActivated(
                contract=contract.id,
                version=contract.version,
                rules_sha256=contract.sha256,
                programme_sha256=programme.sha256,
            )
        )
    return contract


def declare_source(gateway: Gateway, file: Path) -> SourceDeclaration:
    """Put a source's declaration into force, or replace it; the digest of the declaration is logged."""
    text = file.read_bytes()
    declaration = load_declaration(text, file=file.name)
    with gateway.store.write(gateway.clock()) as uow:
        row = uow.session.get(SourceRow, declaration.id)
        if row is None or row.sha256 != declaration.sha256:
            uow.session.merge(
                SourceRow(id=declaration.id, kind=declaration.kind, sha256=declaration.sha256, text=text)
            )
            uow.record(SourceDeclared(source=declaration.id, sha256=declaration.sha256))
    return declaration


def enrol(gateway: Gateway, contract_id: str, batch_id: str, file: Path) -> Enrolled:
    """Enrol everyone on a referral list and seal them as one batch, or store nothing at all.

    The batch is sealed in the same transaction: from here its membership never changes (invariant 7).
    The same file again changes nothing.

    Raises `EnrolmentRefused` with the count of each reason where the list does not hold exactly the people
    that the contract names for the batch; `CohortAlreadySealed` for another file; `PolicyDenied`.
    """
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    contract = gateway.contract(contract_id)
    batch = next((batch for batch in contract.cohort.batches if batch.id == batch_id), None)
    if batch is None:
        raise EnrolmentRefused(contract=contract_id, batch=batch_id, reasons={"unknown_batch": 1})
    with gateway.store.write(gateway.clock()) as uow:
        sealed = uow.session.get(Batch, (contract_id, batch_id))
        if sealed is not None and sealed.file_sha256 == digest:
            return Enrolled(contract_id, batch_id, sealed.count, _seal_digest(sealed), is_new=False)
        programme = gateway.programme(uow, contract_id)
        facts = EnrolFacts(
            purpose=Purpose.OUTCOME_EVALUATION,
            contract_sha256=contract.sha256,
            period_within_programme=programme.covers(contract.cohort.enrolment_from, contract.cohort.enrolment_to),
            batch_open=sealed is None,
        )
        decision = decide(gateway, uow, Action.ENROL, programme, facts)
        if decision.allowed:
            referrals = read_referrals(file)
            return _seal(gateway, uow, contract, batch.id, batch.size, referrals, digest)
        uow.record(EnrolmentDenied(contract=contract_id, decision_id=decision.id))
    raise PolicyDenied(decision)
