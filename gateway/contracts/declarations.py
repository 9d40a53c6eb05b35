"""Use cases that put declarations into force: contracts with their programmes and notices, and sources.

The first programme of a contract comes into force at once: there is nobody in it yet. Every later change of contract,
programme or notice needs two people, one who proposes and a system owner who approves. No version of a contract comes
into force before every party that it names has accepted its text (`gateway.contracts.acceptances`).
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlmodel import Session, col, select

from connectors.codes import shown_by_kind
from connectors.declaration import SourceDeclaration, load_declaration
from gateway.attestations.calendar_audit import AuditedContract, audit_contract
from gateway.contracts import accepted
from gateway.contracts.fitting import check_fits
from gateway.contracts.later_versions import chain_of, check_later, run_lives
from gateway.contracts.notice_text import read_notice
from gateway.contracts.procurement import ChangeGround, check_ground
from gateway.contracts.sealed_plan import planned_ends
from gateway.contracts.version_events import record_changes
from gateway.errors.adoption import AdoptionRefused
from gateway.errors.contracts import ChangeNeedsApproval, ProgrammeMismatch, ProposalUnknown, SourceUnknown
from gateway.events.adoption import ContractShadowed
from gateway.events.contracts import ContractActivated, SourceDeclared
from gateway.events.rights import ChangeApproved, ChangeProposed
from gateway.installation.authority import deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of
from gateway.installation.powers import check_somebody_is_left
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.lint import lint
from gateway.outcomes.manual_evidence import EVIDENCE
from gateway.store import contract_queries, queries
from gateway.store.contract_tables import ContractVersion, NoticeRow, ProgrammeRow, Proposal
from gateway.store.tables import SourceRow
from gateway.store.unit_of_work import UnitOfWork
from outcome_verifier import canonical
from policies.errors import ProgrammeInvalid
from policies.facts import DecisionFacts
from policies.programme import Programme
from policies.programme_file import load_programme
from policies.terms import PERMITTED_BASES, Action, Purpose, Role
from vocabulary.errors import DeclarationInvalid

RESCUE = "rescue"  # the name of what a proposal of the way back says beside its files (`gateway.contracts.rescue`)


@dataclass(frozen=True, slots=True)
class Declared:
    """A contract with its programme and notices: read, audited, checked against each other, and not yet in force.

    Nothing else comes into force, and without an audited calendar there is none of it.
    """

    audited: AuditedContract
    programme: Programme
    files: dict[str, str]  # "contract/…", "programme/…" and "notice/…" -> text

    @property
    def contract(self) -> Contract:
        return self.audited.contract

    @property
    def sha256(self) -> str:
        """Of all the files together."""
        return hashlib.sha256(canonical.dumps(self.files)).hexdigest()


def read_declared(gateway: Gateway, contract_file: Path, programme_file: Path) -> Declared:
    """Read a contract file, the programme file declared for it, and the notices that the programme names.

    Raises `DeclarationInvalid`, `ProgrammeInvalid`, or `ProgrammeMismatch` where the programme was declared for another
    contract text, or the contract belongs to another municipality.
    """
    contract = load_contract(contract_file.read_bytes(), file=contract_file.name)
    programme = load_programme(programme_file.read_bytes(), file=programme_file.name)
    files = {
        f"contract/{contract_file.name}": contract_file.read_text("utf-8"),
        f"programme/{programme_file.name}": programme_file.read_text("utf-8"),
    }
    for notice in programme.notices:
        text = read_notice(programme, notice, programme_file.parent)
        files[f"notice/{notice.id}/{notice.version}/{notice.language}"] = text
    return _check_declared(gateway, contract, programme, files)


def activate_contract(
    gateway: Gateway, contract_file: Path, programme_file: Path, *, in_shadow: bool = False
) -> Contract:
    """Put a contract into force for the first time. The same files again change nothing.

    In shadow it runs beside another settlement: it is pulled and evaluated, and nothing is released before it is
    adopted (`gateway.contracts.openings`); `AdoptionRefused` where it is in force already and does not.

    Raises what `read_declared` raises, `ChangeNeedsApproval` where another version is in force, `NobodyLeft`, and
    `AcceptanceMissing` where a party has not accepted the text.
    """
    declared = read_declared(gateway, contract_file, programme_file)
    with gateway.write() as uow:
        if _is_in_force(uow.session, declared):
            if in_shadow and not contract_queries.in_shadow(uow.session, declared.contract.id):
                reason = "it is in force, and what was started cannot become a shadow"
                raise AdoptionRefused(contract=declared.contract.id, rule="in-force", reason=reason)
            return declared.contract
        if contract_queries.contract_versions(uow.session, declared.contract.id):
            raise ChangeNeedsApproval(contract=declared.contract.id)
        check_fits(declared.contract, declared.programme)
        check_somebody_is_left(gateway, uow.session, on=uow.now.date(), programme=declared.programme)
        accepted.check_accepted(gateway, uow.session, declared.contract)
        put_in_force(uow, declared)
        if in_shadow:
            uow.record(ContractShadowed(contract=declared.contract.id))
    return declared.contract


def propose_change(
    gateway: Gateway, contract_file: Path, programme_file: Path, *, ground: ChangeGround | None = None
) -> str:
    """Propose another version of a contract, its programme or its notices; returns the proposal's id.

    Nothing is in force before somebody else approves. Raises what `read_declared` raises, and `NobodyLeft`, and
    `AmendmentRefused` where a later version changes more than it may, or what is paid and for whom, and no ground is
    named on which.
    """
    declared = read_declared(gateway, contract_file, programme_file)
    run_lives(gateway, declared.contract)
    identifier = str(uuid.uuid4())
    with gateway.write() as uow:
        check_later(uow.session, declared.contract, declared.programme, on=uow.now.date())
        check_ground(uow.session, declared.contract, ground)
        check_somebody_is_left(gateway, uow.session, on=uow.now.date(), programme=declared.programme)
        uow.session.add(
            Proposal(
                id=identifier,
                contract_id=declared.contract.id,
                files=declared.files,
                sha256=declared.sha256,
                proposed_by=gateway.actor.name,
                proposed_at=uow.now,
                approved_by="",
            )
        )
        uow.record(
            ChangeProposed(
                proposal=identifier,
                contract=declared.contract.id,
                sha256=declared.sha256,
                rules_sha256=declared.contract.sha256,
                ground="" if ground is None else ground.value,
            )
        )
    return identifier


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """A proposed change that waits for a second person, for the controller's staff. `contract` is empty where it is
    the policy set that would change.
    """

    id: str
    contract: str
    proposed_on: date
    proposed_by: str
    sha256: str


def open_proposals(session: Session) -> tuple[OpenProposal, ...]:
    """The proposals that wait for a second person, oldest first."""
    query = select(Proposal).where(col(Proposal.approved_at).is_(None))
    rows = session.exec(query.order_by(col(Proposal.proposed_at), Proposal.id))
    return tuple(
        OpenProposal(row.id, row.contract_id, row.proposed_at.date(), row.proposed_by, row.sha256) for row in rows
    )


def approve_change(gateway: Gateway, proposal_id: str) -> Contract:
    """Put a proposed change into force, as a system owner who is not the one that proposed it.

    The programme that is in force decides who may. Raises `PolicyDenied`, `ProposalUnknown`, `AmendmentRefused`,
    `NobodyLeft`, and `AcceptanceMissing` where a party has not accepted the text.
    """
    with gateway.store.read() as session:
        row = session.get(Proposal, proposal_id)
        if row is not None and RESCUE not in row.files:
            run_lives(gateway, declared_in(gateway, row.files).contract)
    with deciding(gateway) as asking:
        row = asking.session.get(Proposal, proposal_id)
        if row is None or row.approved_at is not None or RESCUE in row.files:
            raise ProposalUnknown(proposal=proposal_id)
        declared = declared_in(gateway, row.files)
        programme = gateway.programme(asking.session, row.contract_id)
        facts = DecisionFacts(
            purpose=Purpose.GOVERNANCE,
            appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
            second_person=gateway.actor.is_second_to(row.proposed_by),
            retention_clear=True,  # earlier versions are kept
        )
        authorised = asking.ask(staff_party(programme, Role.SYSTEM_OWNER), Action.CHANGE_POLICY, programme, facts)
        check_later(asking.session, declared.contract, declared.programme, on=asking.now.date())
        check_somebody_is_left(gateway, asking.session, on=asking.now.date(), programme=declared.programme)
        accepted.check_accepted(gateway, asking.session, declared.contract)
        put_in_force(asking.uow, declared)
        row.approved_by, row.approved_at = gateway.actor.name, asking.now
        asking.session.add(row)
        asking.uow.record(
            ChangeApproved(
                proposal=proposal_id,
                contract=row.contract_id,
                sha256=declared.sha256,
                proposed_by=row.proposed_by,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
    return declared.contract


def declared_in(gateway: Gateway, files: dict[str, str]) -> Declared:
    """A proposal's files, read again: they may have been edited in the database since."""
    [contract_name] = [name for name in files if name.startswith("contract/")]
    [programme_name] = [name for name in files if name.startswith("programme/")]
    contract = load_contract(files[contract_name].encode(), file=contract_name.partition("/")[2])
    programme = load_programme(files[programme_name].encode(), file=programme_name.partition("/")[2])
    for notice in programme.notices:
        text = files.get(f"notice/{notice.id}/{notice.version}/{notice.language}", "")
        if hashlib.sha256(text.encode()).hexdigest() != notice.sha256:
            raise ProgrammeInvalid(file=programme.file, line=1, key="notices", reason=f"{notice.file} was changed")
    return _check_declared(gateway, contract, programme, files)


def _check_declared(gateway: Gateway, contract: Contract, programme: Programme, files: dict[str, str]) -> Declared:
    if programme.contract_id != contract.id or programme.contract_sha256 != contract.sha256:
        reason = f"{programme.file} was declared for a contract with another digest than {contract.sha256}"
        raise ProgrammeMismatch(contract=contract.id, reason=reason)
    accepted.own_parties(gateway, contract)
    _check_legal_role(contract, programme)
    for finding in lint(contract, shown_by_kind()):
        if finding.refuses and contract.end is None:  # one that ends early need not come to anything any more
            reason = f"{finding.what} ({finding.rule}); {finding.suggestion}"
            raise DeclarationInvalid(file=contract.file, line=finding.line, key="", reason=reason, rule=finding.rule)
    gateway.policies.with_programmes([programme])  # a grant that no template knows is refused here
    # the audit last: it takes the longest, and lint says what stops it
    return Declared(audit_contract(contract), programme, files)


def _check_legal_role(contract: Contract, programme: Programme) -> None:
    """Refuse a grant of statements about single people on a basis that does not go with the operator's legal role."""
    if not contract.parties_as("operator"):
        return
    role = contract.party("operator").role_in_law
    for grant in programme.grants:
        if grant.action is Action.RELEASE_INDIVIDUAL and grant.legal_basis not in PERMITTED_BASES[role]:
            reason = (
                f"{grant.id} rests on a basis that an operator who is {role} cannot be given single people's data on"
                f" ({contract.file} says legal_role)"
            )
            rule = "P52-individual-legal-role"
            raise ProgrammeInvalid(
                file=programme.file, line=grant.line, key="grants.legal_basis", reason=reason, rule=rule
            )


def _is_in_force(session: Session, declared: Declared) -> bool:
    contracts = contract_queries.contract_versions(session, declared.contract.id)
    programmes = contract_queries.programmes(session, declared.contract.id)
    newest = (contracts[-1].sha256, programmes[-1].sha256) if contracts and programmes else None
    return newest == (declared.contract.sha256, declared.programme.sha256)


def put_in_force(uow: UnitOfWork, declared: Declared) -> None:
    """Put what was checked into force, in a transaction that says with an event of its own who let it."""
    contract, programme = declared.contract, declared.programme
    known = contract_queries.contract_versions(uow.session, contract.id)
    if known and known[-1].sha256 == contract.sha256:
        version = known[-1]
    else:
        batches = len(queries.batches(uow.session, contract.id))
        chain = chain_of(uow.session, contract)
        uow.session.add(
            version := ContractVersion(
                contract_id=contract.id,
                version=contract.version,
                effective_from=contract.effective_from,
                sha256=contract.sha256,
                text=declared.files[f"contract/{contract.file}"].encode(),
                file_name=contract.file,
                activated_at=uow.now,
                batches=batches,
                block_ends=list(planned_ends(uow.session, chain)) if batches and contract.fold.at_most else [],
            )
        )
        if known:
            record_changes(uow, contract_of(known[-1]), contract)
    earlier = contract_queries.programmes(uow.session, contract.id)
    uow.session.merge(
        ProgrammeRow(
            contract_id=contract.id,
            sha256=programme.sha256,
            position=1 + max((row.position for row in earlier), default=0),
            text=declared.files[f"programme/{programme.file}"].encode(),
            file_name=programme.file,
            activated_at=uow.now,
        )
    )
    for notice in programme.notices:
        uow.session.merge(
            NoticeRow(
                contract_id=contract.id,
                notice_id=notice.id,
                version=notice.version,
                language=notice.language,
                sha256=notice.sha256,
                text=declared.files[f"notice/{notice.id}/{notice.version}/{notice.language}"].encode(),
            )
        )
    uow.record(
        ContractActivated(
            contract=contract.id,
            version=contract.version,
            rules_sha256=contract.sha256,
            programme_sha256=programme.sha256,
            batches=version.batches,
            block_ends=version.block_ends,
        )
    )


def declare_source(gateway: Gateway, file: Path) -> SourceDeclaration:
    """Put a source's declaration into force, or replace it; its digest is logged. Raises `DeclarationInvalid`."""
    text = file.read_bytes()
    declaration = load_declaration(text, file=file.name)
    if declaration.id == EVIDENCE:
        reason = f"{EVIDENCE!r} is what contracts call documents that a case worker registers; choose another"
        raise DeclarationInvalid(file=file.name, line=1, key="id", reason=reason)
    with gateway.write() as uow:
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
