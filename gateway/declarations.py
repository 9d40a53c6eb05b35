"""Use cases that put declarations into force: contracts with their programmes, and sources."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import Session, select

from connectors.declaration import SourceDeclaration, load_declaration
from gateway.errors import ProgrammeMismatch, SourceUnknown
from gateway.events import ContractActivated, SourceDeclared
from gateway.installation import Gateway
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.store import queries
from gateway.store.tables import ContractVersion, ProgrammeRow, SourceRow
from policies.programme import load_programme


def activate_contract(gateway: Gateway, contract_file: Path, programme_file: Path) -> Contract:
    """Put a contract version and its programme into force. The same files again change nothing.

    Raises `DeclarationInvalid`, `ProgrammeInvalid`, `AmendmentRefused` where a later version changes more than it may,
    or `ProgrammeMismatch` where the programme was declared for another contract text, or the contract belongs to
    another municipality.
    """
    text, programme_text = contract_file.read_bytes(), programme_file.read_bytes()
    contract = load_contract(text, file=contract_file.name)
    programme = load_programme(programme_text, file=programme_file.name)
    if programme.contract_id != contract.id or programme.contract_sha256 != contract.sha256:
        reason = f"{programme_file.name} was declared for a contract with another digest than {contract.sha256}"
        raise ProgrammeMismatch(contract=contract.id, reason=reason)
    if contract.party("outcome_payer").municipality_code != gateway.installed.municipality_code:
        raise ProgrammeMismatch(contract=contract.id, reason="it belongs to another municipality")
    gateway.policies.with_programmes([programme])  # a grant that no template knows is refused here
    with gateway.store.write(gateway.clock()) as uow:
        known = queries.contract_versions(uow.session, contract.id)
        row = uow.session.get(ProgrammeRow, contract.id)
        newest = known[-1] if known else None
        if newest is not None and newest.sha256 == contract.sha256:
            if row is not None and row.sha256 == programme.sha256:
                return contract
        else:
            if newest is not None:
                # each version was held against the one before it, so the newest stands for all of them
                released = {release.window for release in queries.releases(uow.session, contract.id)}
                check_amendment(load_contract(newest.text, file=newest.file_name), contract, released=released)
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
        uow.session.merge(
            ProgrammeRow(
                contract_id=contract.id,
                sha256=programme.sha256,
                text=programme_text,
                file_name=programme_file.name,
            )
        )
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
    """Put a source's declaration into force, or replace it; its digest is logged."""
    text = file.read_bytes()
    declaration = load_declaration(text, file=file.name)
    with gateway.store.write(gateway.clock()) as uow:
        row = uow.session.get(SourceRow, declaration.id)
        if row is None or row.sha256 != declaration.sha256:
            uow.session.merge(
                SourceRow(
                    id=declaration.id,
                    kind=declaration.kind,
                    sha256=declaration.sha256,
                    text=text,
                    file_name=file.name,
                )
            )
            uow.record(SourceDeclared(source=declaration.id, sha256=declaration.sha256))
    return declaration


def source(session: Session, source_id: str) -> SourceDeclaration:
    """A declared source; `SourceUnknown` where there is none."""
    row = session.exec(select(SourceRow).where(SourceRow.id == source_id)).one_or_none()
    if row is None:
        raise SourceUnknown(source=source_id)
    return load_declaration(row.text, file=row.file_name)
