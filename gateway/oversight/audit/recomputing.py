"""Use case: an auditor computes again, in the municipality, what an attestation commits to and shows to nobody.

Two salted digests: of the inputs that its figures rest on, and, in each seal, of the windows that end a block. The
salts stand in the municipal records. The access log says the digest of every look at the inputs, and the plan follows
from the days on which people were enrolled; as long as nobody was erased since, both are computed anew. What each payer
owes by a payment document follows from its lines, from the documents before it and from the contract.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from gateway.attestations.claims import payers_claim
from gateway.attestations.inputs import salted_digest
from gateway.contracts import openings
from gateway.contracts.sealed_plan import opening_versions, planned_ends
from gateway.errors.contracts import WindowUnknown
from gateway.errors.enrolment import SealsCorrupt
from gateway.evaluation.cohort import histories
from gateway.evaluation.evaluating import record_evaluation, utc_text
from gateway.evaluation.looking import Answered, Snapshot, look_apart
from gateway.events.audit import CommitmentsRecomputed
from gateway.events.evaluation import Evaluated
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import join_versions
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.tariff import DueLine
from gateway.oversight.audit.counted_people import last_week, rules_of
from gateway.oversight.audit.sampling import ask_to_audit, standing_attestation
from gateway.release.planning import documented_before
from gateway.store import contract_queries, queries
from gateway.store.log_tables import LogEntry
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from policies.terms import Purpose


class Recomputed(StrEnum):
    """What became of a salted digest that was computed again."""

    SAME = "same"
    NOT_COMPUTED = "not_computed"  # somebody was erased since: the records alone say what was committed to
    DIFFERS = "differs"  # the store gives something else
    NOT_OPENED = "not_opened"  # what the records say, with its salt, is not what was signed

    @property
    def holds(self) -> bool:
        return self in (Recomputed.SAME, Recomputed.NOT_COMPUTED)


@dataclass(frozen=True, slots=True)
class RecomputedCommitments:
    """The salted digest of inputs that was signed, and what became of it, of the seals' digests of the plan, and of
    what each payer owes; None of an attestation that says nothing of that."""

    inputs_sha256: str
    inputs: Recomputed
    plan: Recomputed
    payers: Recomputed | None


def recompute(gateway: Gateway, contract_id: str, window: str, template: str, recipient: str) -> RecomputedCommitments:
    """Whether the attestation that stands rests on what the records and the store hold. Everybody in the cohort is
    looked at, unless somebody was erased since.

    Raises `ContractUnknown`, `WindowUnknown`, `PolicyDenied`.
    """

    def authorise(asking: Asking) -> _Attestation | Answered[RecomputedCommitments]:
        session = asking.session
        programme = gateway.programme(session, contract_id)
        gateway.contract(session, contract_id).window(window)
        row = standing_attestation(session, contract_id, window, template, recipient)
        authorised = ask_to_audit(asking, programme, row)
        if row is None:  # P92 has refused this already
            raise WindowUnknown(contract=contract_id, window=window)
        found = _Attestation(row, rules_of(session, row).contract, authorised)
        if _has_erased(session, contract_id):
            inputs = Recomputed.NOT_COMPUTED if found.is_logged(session) else Recomputed.NOT_OPENED
            return Answered(_record(gateway, asking, found, inputs, _plan_again(session, contract_id)))
        return found

    def look(at: Snapshot, found: _Attestation) -> _ComputedAgain:
        row, contract = found.row, found.contract
        programme = gateway.programme(at.session, contract.id, known_at=row.intended_at)
        cohort = histories(at.session, contract, programme, known_at=row.known_at)
        evaluation = evaluate(contract, cohort, last_week(contract, row))
        return _ComputedAgain(evaluation, cohort, _plan_again(at.session, contract.id))

    def record(asking: Asking, found: _Attestation, seen: _ComputedAgain) -> RecomputedCommitments:
        is_logged = found.is_logged(asking.session)  # before this very look is
        record_evaluation(
            asking,
            found.contract,
            seen.evaluation,
            seen.cohort,
            found.authorised,
            Purpose.AUDIT,
            known_at=found.row.known_at,
        )
        is_same = found.rests_on(seen.evaluation.inputs_sha256)
        inputs = (Recomputed.SAME if is_same else Recomputed.DIFFERS) if is_logged else Recomputed.NOT_OPENED
        return _record(gateway, asking, found, inputs, seen.plan)

    return look_apart(gateway, contract_id, Purpose.AUDIT, authorise=authorise, look=look, record=record)


@dataclass(frozen=True, slots=True)
class _ComputedAgain:
    """The inputs evaluated again, whom that looked at, and the plan."""

    evaluation: Evaluation
    cohort: list[PersonHistory]
    plan: Recomputed


@dataclass(frozen=True, slots=True)
class _Attestation:
    """The attestation that is computed again, and its contract as it was made under."""

    row: ReleaseRow
    contract: Contract
    authorised: Authorised

    @property
    def signed_sha256(self) -> str:
        return str(canonical.loads(self.row.draft)["disclosable"]["method"]["inputs_sha256"])

    def rests_on(self, inputs_sha256: str) -> bool:
        """Whether this digest, with the release's salt, is what was signed."""
        salt = bytes.fromhex(canonical.loads(self.row.draft)["inputs_salt"])
        return salted_digest(inputs_sha256, salt) == self.signed_sha256

    def is_logged(self, session: Session) -> bool:
        """Whether a look at this window with the data of then, before it was drafted, was at what was signed."""
        query = select(LogEntry.body).where(
            LogEntry.log == "access", col(LogEntry.kind) == Evaluated.kind, col(LogEntry.at) <= self.row.intended_at
        )
        bodies = (canonical.loads(body.encode("utf-8")) for body in session.exec(query))
        wanted = (self.contract.id, str(last_week(self.contract, self.row)), utc_text(self.row.known_at))
        looks = (one for one in bodies if (one["contract"], one["week"], one["known_at"]) == wanted)
        return any(self.rests_on(one["inputs_sha256"]) for one in looks)


def _has_erased(session: Session, contract_id: str) -> bool:
    """Whether somebody who was sealed is not here any more."""
    return sum(one.count for one in queries.batches(session, contract_id)) > len(queries.subjects(session, contract_id))


def _plan_again(session: Session, contract_id: str) -> Recomputed:
    """What became of the plan: each seal's digest is of the ends that stand beside it, and these follow from the days.

    The seals name no version of the contract: it is the one whose text opens them.
    """
    sealed = queries.batches_as_sealed(session, contract_id)
    try:
        opening = opening_versions(session, contract_id)
    except SealsCorrupt:
        return Recomputed.NOT_OPENED
    versions, batch = contract_queries.contract_versions(session, contract_id), sealed[-1]
    if versions[-1].batches == len(sealed):  # it came into force after the last seal, and the plan was made anew
        tried, ends, at = [versions], versions[-1].block_ends, versions[-1].activated_at
    else:
        of_seal = {one.sha256 for one in opening}
        tried = [versions[: place + 1] for place, one in enumerate(versions) if one.sha256 in of_seal]
        ends, at = batch.block_ends, batch.sealed_at
    if any(planned_ends(session, join_versions(one), before=at) == tuple(ends) for one in tried):
        return Recomputed.SAME
    return Recomputed.NOT_COMPUTED if _has_erased(session, contract_id) else Recomputed.DIFFERS


def _payers_again(gateway: Gateway, session: Session, found: _Attestation) -> Recomputed | None:
    """What became of the payers' parts of a payment document."""
    signed = canonical.loads(found.row.draft)["disclosable"]
    if "payers" not in signed:
        return None
    contract = found.contract
    opening = openings.opening_of(gateway, session, contract.id)
    before = documented_before(session, contract, found.row.window, opening)
    documented = {name: minor for name, (_, minor) in before.items()}
    due = [DueLine(**line) for line in signed["lines"]]
    return Recomputed.SAME if payers_claim(contract, due, documented) == signed["payers"] else Recomputed.DIFFERS


def _record(
    gateway: Gateway, asking: Asking, found: _Attestation, inputs: Recomputed, plan: Recomputed
) -> RecomputedCommitments:
    payers = _payers_again(gateway, asking.session, found)
    asking.uow.record(
        CommitmentsRecomputed(
            contract=found.contract.id,
            window=found.row.window,
            release=found.row.id,
            inputs=inputs,
            plan=plan,
            payers=payers or "",
            decision=found.authorised.id,
            decision_sha256=found.authorised.sha256,
        )
    )
    return RecomputedCommitments(found.signed_sha256, inputs, plan, payers)
