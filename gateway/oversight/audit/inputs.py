"""Use case: an auditor checks, in the municipality, which inputs an attestation rests on.

What is signed is a salted digest, which tells its readers nothing. Its salt stands in the municipal record of the
release, and the access log says the digest of every look at the inputs; both together must give what was signed. As
long as nobody was erased since, the inputs themselves are evaluated again as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from gateway.attestations.inputs import salted_digest
from gateway.errors.contracts import WindowUnknown
from gateway.evaluation.cohort import histories
from gateway.evaluation.evaluating import record_evaluation, utc_text
from gateway.evaluation.looking import Answered, Snapshot, look_apart
from gateway.events.audit import InputsChecked
from gateway.events.evaluation import Evaluated
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory
from gateway.oversight.audit.counted_people import last_week, rules_of
from gateway.oversight.audit.sampling import ask_to_audit, standing_attestation
from gateway.store import queries
from gateway.store.log_tables import LogEntry
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from policies.terms import Purpose


class InputsVerdict(StrEnum):
    """What a check of inputs came to."""

    SAME = "same"
    NOT_COMPUTED = "not_computed"  # somebody was erased since: the log alone says what the inputs were
    DIFFER = "differ"
    NOT_LOGGED = "not_logged"  # no look that the access log holds was at what was signed


@dataclass(frozen=True, slots=True)
class CheckedInputs:
    """The salted digest that was signed, and whether log and store give it."""

    release: str
    signed_sha256: str
    verdict: InputsVerdict


def check_inputs(gateway: Gateway, contract_id: str, window: str, template: str, recipient: str) -> CheckedInputs:
    """Whether the attestation that stands rests on what the access log and the store hold. Everybody in the cohort is
    looked at, unless somebody was erased since.

    Raises `ContractUnknown`, `WindowUnknown`, `PolicyDenied`.
    """

    def authorise(asking: Asking) -> _InputsAllowed | Answered[CheckedInputs]:
        session = asking.session
        programme = gateway.programme(session, contract_id)
        gateway.contract(session, contract_id).window(window)
        row = standing_attestation(session, contract_id, window, template, recipient)
        authorised = ask_to_audit(asking, programme, row)
        if row is None:  # P92 has refused this already
            raise WindowUnknown(contract=contract_id, window=window)
        allowed = _InputsAllowed(row, rules_of(session, row).contract, authorised)
        if not allowed.is_logged(session):
            return Answered(_record(asking, allowed, InputsVerdict.NOT_LOGGED))
        sealed = sum(one.count for one in queries.batches(session, contract_id))
        if sealed > len(queries.subjects(session, contract_id)):
            return Answered(_record(asking, allowed, InputsVerdict.NOT_COMPUTED))
        return allowed

    def look(at: Snapshot, allowed: _InputsAllowed) -> tuple[Evaluation, list[PersonHistory]]:
        row, contract = allowed.row, allowed.contract
        programme = gateway.programme(at.session, contract.id, known_at=row.intended_at)
        cohort = histories(at.session, contract, programme, known_at=row.known_at)
        return evaluate(contract, cohort, last_week(contract, row)), cohort

    def record(asking: Asking, allowed: _InputsAllowed, seen: tuple[Evaluation, list[PersonHistory]]) -> CheckedInputs:
        evaluation, cohort = seen
        known = allowed.row.known_at
        record_evaluation(
            asking, allowed.contract, evaluation, cohort, allowed.authorised, Purpose.AUDIT, known_at=known
        )
        is_same = allowed.gives(evaluation.inputs_sha256)
        return _record(asking, allowed, InputsVerdict.SAME if is_same else InputsVerdict.DIFFER)

    return look_apart(gateway, contract_id, Purpose.AUDIT, authorise=authorise, look=look, record=record)


@dataclass(frozen=True, slots=True)
class _InputsAllowed:
    """The attestation that may be checked, and its contract as it was made under."""

    row: ReleaseRow
    contract: Contract
    authorised: Authorised

    @property
    def signed_sha256(self) -> str:
        return str(canonical.loads(self.row.draft)["disclosable"]["method"]["inputs_sha256"])

    def gives(self, inputs_sha256: str) -> bool:
        """Whether this digest, with the release's salt, is what was signed."""
        salt = bytes.fromhex(canonical.loads(self.row.draft)["inputs_salt"])
        return salted_digest(inputs_sha256, salt) == self.signed_sha256

    def is_logged(self, session: Session) -> bool:
        """Whether a look at this window with the data of then was at what was signed."""
        query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == Evaluated.kind)
        bodies = (canonical.loads(body.encode("utf-8")) for body in session.exec(query))
        wanted = (self.contract.id, str(last_week(self.contract, self.row)), utc_text(self.row.known_at))
        looks = (one for one in bodies if (one["contract"], one["week"], one["known_at"]) == wanted)
        return any(self.gives(one["inputs_sha256"]) for one in looks)


def _record(asking: Asking, allowed: _InputsAllowed, verdict: InputsVerdict) -> CheckedInputs:
    asking.uow.record(
        InputsChecked(
            contract=allowed.contract.id,
            window=allowed.row.window,
            release=allowed.row.id,
            verdict=verdict,
            decision=allowed.authorised.id,
            decision_sha256=allowed.authorised.sha256,
        )
    )
    return CheckedInputs(allowed.row.id, allowed.signed_sha256, verdict)
