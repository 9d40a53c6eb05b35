"""What the rules of today say of a contract that came into force under others: may its readers be shown what it plans?

A contract in force is a promise to pay, and is kept: payment documents go to the creditor on time, and exactly. What
readers would get waits for an amendment, since a figure that isolates somebody is not made harmless by a signature.
"""

from __future__ import annotations

from sqlmodel import Session

from gateway.attestations.block_plan import starts_of
from gateway.attestations.calendar_audit import audit_contract
from gateway.attestations.judged_calendar import JudgedCalendar
from gateway.contracts.sealed_plan import sealed_days
from gateway.errors.contracts import ContractNotEvaluable
from gateway.errors.release import ReadersHeld
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import newest_contract
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.store import contract_queries, queries
from gateway.store.contract_tables import ContractVersion
from vocabulary.errors import DeclarationInvalid


def objection_to(version: ContractVersion) -> str:
    """Why this text would be refused today, in the words of `gateway contract check`; empty where it would not be."""
    try:
        audit_contract(load_contract(version.text, file=version.file_name))
    except (DeclarationInvalid, ContractNotEvaluable) as refused:
        return str(refused)
    return ""


def judge_versions(gateway: Gateway, contract_id: str) -> None:
    """Judge each version once, and remember it: an audit takes its time, and whoever writes waits for no audit."""
    with gateway.store.read() as session:
        for version in contract_queries.contract_versions(session, contract_id):
            objection_to(version)
        objection_to_batches(session, contract_id)


def objection_today(session: Session, contract: Contract) -> str:
    """The same of a contract in force."""
    versions = contract_queries.contract_versions(session, contract.id)
    return next((objection_to(one) for one in versions if one.sha256 == contract.sha256), "")


def objection_to_batches(session: Session, contract_id: str) -> str:
    """Why a contract that shows each window by itself would isolate somebody of the batches that are sealed; empty
    where it would not.

    Its text was audited for everybody at once. A batch that is not sealed yet, or that counts from a later window on
    than others, is in some figures and not in others: then the days are judged as they are.
    """
    contract, sealed = newest_contract(session, contract_id), queries.batches(session, contract_id)
    if contract.fold.at_most or not sealed or not reader_windows(contract):
        return ""
    first = contract.windows[0].label
    if len(sealed) == len(contract.cohort.batches) and all(batch.counts_from == first for batch in sealed):
        return ""
    found = JudgedCalendar(contract, starts_of(contract, sealed_days(session, contract))).findings()
    return f"with the people who are sealed, {found[0]}" if found else ""


def check_readers(session: Session, contract: Contract) -> None:
    """Raise `ReadersHeld`, with those words, where nothing may be released to readers."""
    if refused := objection_today(session, contract) or objection_to_batches(session, contract.id):
        raise ReadersHeld(contract=contract.id, refused=refused)
