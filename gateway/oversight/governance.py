"""Changing the policy set: proposed by one, approved by another, decided under the rules that are still in force."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlmodel import Session

from gateway.errors.contracts import ProposalUnknown
from gateway.errors.rights import RequestRefused
from gateway.events.rights import ChangeProposed, PolicySetApproved
from gateway.installation import policy_sets
from gateway.installation.authority import Asking, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.powers import check_somebody_is_left
from gateway.store import contract_queries
from gateway.store.contract_tables import Proposal
from policies.engine import PolicyEngine
from policies.errors import PolicySetInvalid
from policies.facts import DecisionFacts
from policies.terms import Action, Purpose, Role


@dataclass(frozen=True, slots=True)
class PolicySetStatus:
    """The set on disk and the one in force, by digest. `approved_by` is empty where none is."""

    on_disk: str
    in_force: str
    approved_by: str
    rules: int
    objection: str  # why nothing is decided with the set on disk; empty where it is in force

    @property
    def is_approved(self) -> bool:
        return not self.objection


def status(gateway: Gateway) -> PolicySetStatus:
    """What is in force and what stands on disk."""
    rules = gateway.policies.rules
    with gateway.store.read() as session:
        row = policy_sets.in_force(session)
        try:
            policy_sets.check_approved(session, rules, anchor=gateway.anchor(), issuer=gateway.issuer)
            objection = ""
        except PolicySetInvalid as error:
            objection = str(error)
    return PolicySetStatus(
        rules.sha256, row.sha256 if row else "", row.approved_by if row else "", len(rules.rules), objection
    )


def propose_policy_set(gateway: Gateway) -> str:
    """Propose the set on disk and return the proposal's id."""
    rules = gateway.policies.rules
    with gateway.write() as uow:
        row = Proposal(
            id=str(uuid.uuid4()),
            contract_id="",
            files=rules.files,
            sha256=rules.sha256,
            proposed_by=gateway.actor.name,
            proposed_at=uow.now,
            approved_by="",
        )
        uow.session.add(row)
        uow.record(ChangeProposed(proposal=row.id, contract="", sha256=rules.sha256))
        return row.id


def approve_policy_set(gateway: Gateway, proposal_id: str) -> str:
    """Approve the proposed set, if it still stands on disk, and return its digest.

    The rules still in force decide who may, in every programme that there is: it changes them all. Raises
    `ProposalUnknown`, `PolicyDenied`, `NobodyLeft`.
    """
    rules = gateway.policies.rules
    with deciding(gateway) as asking:
        row = asking.session.get(Proposal, proposal_id)
        if row is None or row.contract_id or row.approved_at is not None or row.sha256 != rules.sha256:
            raise ProposalUnknown(proposal=proposal_id)
        if not gateway.actor.is_second_to(row.proposed_by):  # also where no programme is there to be asked
            raise RequestRefused(rule="second-person", reason="whoever approves is another than whoever proposed")
        engine = _approved_engine(gateway, asking.session)
        _ask_everywhere(gateway, asking, row, engine)
        check_somebody_is_left(gateway, asking.session, on=asking.now.date(), was=engine, rules=gateway.policies)
        row.approved_by, row.approved_at = gateway.actor.name, asking.now
        asking.session.add(row)
        by = f"{row.proposed_by}, {gateway.actor.name}"
        approved = policy_sets.approve(
            asking.session, rules, anchor=gateway.anchor(), issuer=gateway.issuer, by=by, now=asking.now
        )
        asking.uow.record(
            PolicySetApproved(sha256=approved.sha256, approval_sha256=policy_sets.approval_sha256(approved))
        )
    return rules.sha256


def _approved_engine(gateway: Gateway, session: Session) -> PolicyEngine:
    """The rules that were approved last: a forged approval or an edited text decides nothing."""
    approved = policy_sets.approvals(session, anchor=gateway.anchor(), issuer=gateway.issuer)
    known = policy_sets.ruleset(session, approved[-1].sha256) if approved else None
    return PolicyEngine.of(known) if known else gateway.policies


def _ask_everywhere(gateway: Gateway, asking: Asking, row: Proposal, engine: PolicyEngine) -> None:
    for contract_id in contract_queries.contract_ids(asking.session):
        programme = gateway.programme(asking.session, contract_id)
        facts = DecisionFacts(
            purpose=Purpose.GOVERNANCE,
            appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
            second_person=gateway.actor.is_second_to(row.proposed_by),
            retention_clear=True,  # earlier sets are kept
        )
        owner = staff_party(programme, Role.SYSTEM_OWNER)
        asking.ask(owner, Action.CHANGE_POLICY, programme, facts, engine=engine)
