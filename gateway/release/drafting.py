"""Steps 2 and 4 to 6 of the release cycle: from a plan to an intent that is committed and not yet signed.

2  evaluate       the contract, with the data as they were frozen
4  draft          the claims of the template
5  rehearse       every rule once more, on the exact claims
6  log intent     draft and event are committed: a crash from here on is finished by the next run
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session

from gateway.attestations import claims, status
from gateway.attestations.inputs import SALT_BYTES, salted_digest, slot_seconds
from gateway.attestations.metadata import integrity, metadata_files
from gateway.attestations.seals import Seal
from gateway.contracts import accepted, aggregates, openings
from gateway.evaluation import evaluating
from gateway.evaluation.cohort import histories
from gateway.evaluation.erased import keep_figures, left_by_erased
from gateway.events.releases import ReleaseIntended
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.outcomes.blocks import block_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory, Remainder
from gateway.outcomes.not_counted import not_counted
from gateway.outcomes.opening import OpeningBalances
from gateway.outcomes.reconciling import DocumentsBand
from gateway.outcomes.tariff import DueLine, due_lines
from gateway.outcomes.terms import Window
from gateway.outcomes.versions import has_changed_terms
from gateway.release.planning import Draft, ReleaseRequest, series_of
from gateway.release.states import ReleaseAction, ReleaseState, after
from gateway.store import queries
from gateway.store.counting import counted_batches
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from vocabulary.releases import Recipient, Template


@dataclass(frozen=True, slots=True)
class DraftAllowed:
    """A request whose plan is a draft, and the decision that people's data may be looked at for it."""

    request: ReleaseRequest
    planned: Draft
    looking: Authorised


@dataclass(frozen=True, slots=True)
class DraftClaims:
    """The claims that may be disclosed and what is due, with the evaluation that they say and whom it looked at."""

    disclosable: claims.Claims
    due: tuple[DueLine, ...]
    known_at: datetime  # when its data were known, exactly; for municipal eyes
    slot: int  # what is shown instead
    salt: bytes  # of the digest of its inputs
    evaluation: Evaluation
    earlier: list[Evaluation]  # that its municipal record holds too
    cohort: list[PersonHistory]
    on_documents: DocumentsBand | None = None  # of a payment document; for the statement, and in no attestation


@dataclass(frozen=True, slots=True)
class Replaced:
    """The issued attestation that a correction supersedes."""

    row: ReleaseRow
    jwt_sha256: str
    difference: Mapping[str, int]


def draft(gateway: Gateway, session: Session, request: ReleaseRequest, planned: Draft) -> DraftClaims:
    """Steps 2 and 4, with the data as they were known at the plan's instant; whoever calls this logs the look."""
    contract, window, known = request.contract, request.window, planned.known_at
    earlier = contract.windows_until(window.label)[:-1]
    programme = gateway.programme(session, contract.id)
    cohort = histories(session, contract, programme, known_at=known)
    remainder = left_by_erased(gateway, session, contract.id)
    now = evaluate(contract, cohort, window.to_week, remainder=remainder)  # 2
    opening = openings.opening_of(gateway, session, contract.id)
    block = block_of(contract, window.label)
    if request.template == Template.PAYMENT_DOCUMENT:
        block = (window,)
    behind = contract.windows_until(block[0].label)[:-1]  # what the figures of the window, or its block, come after
    needed = _needed_windows(contract, earlier, behind, opening)
    # what is pending of the erased goes with this document, which then holds every window
    kept = list(earlier) if remainder.people else needed
    rules = {part: gateway.contract_for(session, contract.id, part) for part in kept}
    ends = {part: evaluate(rule, cohort, part.to_week, remainder=remainder) for part, rule in rules.items()}
    before = [ends[part] for part in needed]
    due: tuple[DueLine, ...] = ()
    if request.template != Template.PREDICATE:
        series = [
            one.figures(rule, aggregates.known_figures(session, contract, part, at=known))
            for one, rule, part in zip(
                [*before, now], [*(rules[part] for part in needed), contract], [*needed, window], strict=True
            )
        ]
        due = due_lines(contract, series=series, documented=planned.documented, opening=opening)
    slot, salt = slot_seconds(planned.slot), secrets.token_bytes(SALT_BYTES)
    disclosable = claims.disclosable_claims(  # 4
        request.template,
        contract=contract,
        window=window,
        evaluation=now,
        before=next((found for found, part in zip(before, needed, strict=True) if part in behind[-1:]), None),
        due=due,
        documented={name: minor for name, (_, minor) in planned.documented.items()},
        seals=[Seal.of_row(row).claim() for row in counted_batches(session, contract, window.to_week)],
        sources=claims.Sources(
            str(window.to_week), slot, contract.named_sources, salted_digest(now.inputs_sha256, salt)
        ),
        reasons=_reasons(request, cohort, remainder),
    )
    if _shown_as_known_before(session, request, known):
        disclosable.pop("outcomes_by_class", None)
        disclosable.pop("not_counted", None)
    on_documents = None
    if request.template == Template.PAYMENT_DOCUMENT:
        on_documents = evaluating.on_documents(session, contract, programme, cohort, window.to_week, known_at=known)
    return DraftClaims(disclosable, due, known, slot, salt, now, list(ends.values()), cohort, on_documents)


def _reasons(request: ReleaseRequest, cohort: Sequence[PersonHistory], remainder: Remainder) -> dict[str, int] | None:
    """Why people are not counted, where the contract declares that its operator gets it with this window."""
    contract, measure = request.contract, request.contract.people_measure
    if measure is None or (request.recipient, request.window.label) != (Recipient.OPERATOR, contract.reasons_window):
        return None
    return not_counted(contract, measure, cohort, request.window.to_week, remainder=remainder)


def _shown_as_known_before(session: Session, request: ReleaseRequest, known: datetime) -> bool:
    """Whether anybody holds this window's figures as they were known at another instant.

    Then no second table is made: two tables of one window, subtracted, tell whose class changed (A3, A10). The answer
    rests on instants alone, so that it is the same whatever was corrected.
    """
    rows = queries.releases(session, request.contract.id)
    same = [row for row in rows if (row.window, row.template) == (request.window.label, request.template)]
    return any(row.known_at != known for row in same)


def _needed_windows(
    contract: Contract, earlier: Sequence[Window], behind: Sequence[Window], opening: OpeningBalances | None
) -> list[Window]:
    """The earlier windows that what is due rests on: all under a cap by window or where terms have changed, else the
    last, the last stated, and the end of the block before."""
    if any(tariff.cap_window_minor for tariff in contract.tariffs) or has_changed_terms(contract):
        return list(earlier)
    last_stated = "" if opening is None else opening.last_window
    return [window for window in earlier if window.label == last_stated or window in (earlier[-1], *behind[-1:])]


def record_look(asking: Asking, request: ReleaseRequest, made: DraftClaims, looking: Authorised) -> None:
    """Log that everybody was looked at for a draft, whether it is kept or not."""
    evaluating.record_evaluation(
        asking, request.contract, made.evaluation, made.cohort, looking, request.purpose, known_at=made.known_at
    )


def intend(
    gateway: Gateway,
    asking: Asking,
    request: ReleaseRequest,
    made: DraftClaims,
    authorised: Authorised,
    *,
    replaced: Replaced | None = None,
) -> ReleaseRow:
    """Steps 5 and 6: judge the exact claims, and commit to them.

    Raises `DraftRefused`, and `AcceptanceMissing` or `AcceptancesCorrupt` where not every party stands by the contract.
    """
    session, contract, window = asking.session, request.contract, request.window
    release_id, jti = str(uuid.uuid4()), f"urn:uuid:{uuid.uuid4()}"
    index = status.allocate_index(session)
    seq = _next_seq(session, request)
    metadata = metadata_files(gateway.issuer)[f"vct/{claims.VCT_NAMES[request.template]}"]
    signer = gateway.signer(session)
    visible = claims.visible_claims(
        request.template,
        contract=contract,
        window=window,
        recipient=request.recipient,
        issuer=gateway.issuer,
        host=gateway.host,
        vct_integrity=integrity(metadata),
        jti=jti,
        seq=seq,
        status_index=index,
        status_uri=status.status_uri(gateway.issuer),
        slot=made.slot,
        decision_id=authorised.id,
        policy_set_sha256=authorised.decision.policy_set_sha256,
        is_demo=signer.is_development or gateway.installed.is_demo,
    )
    disclosable = made.disclosable
    if replaced is not None:
        visible["supersedes"] = {"jti": replaced.row.jti, "sha256": replaced.jwt_sha256}
        disclosable = {**disclosable, "difference": dict(replaced.difference)}
    claims.rehearse(visible, disclosable, contract=contract)  # 5
    accepted.tokens(gateway, session, contract)
    # beside what is signed, and under the digest that the log names: what was said stays said, whatever is erased
    beside: claims.Claims = {"inputs_salt": made.salt.hex()}
    if made.on_documents is not None:
        beside["on_documents"] = asdict(made.on_documents)
    encoded = canonical.dumps({"visible": visible, "disclosable": disclosable, **beside})
    row = ReleaseRow(
        id=release_id,
        contract_id=contract.id,
        contract_version=contract.version,
        window=window.label,
        template=request.template,
        recipient_role=request.recipient,
        recipient_organisation=contract.party(request.recipient).organisation,
        revision=1 if replaced is None else replaced.row.revision + 1,
        supersedes="" if replaced is None else replaced.row.id,
        state=after(ReleaseState.ABSENT, ReleaseAction.INTEND),
        seq=seq,
        jti=jti,
        status_index=index,
        draft=encoded,
        due=[asdict(line) for line in made.due],
        decision_id=authorised.id,
        known_at=made.known_at,
        intended_at=asking.now,
    )
    session.add(row)
    if request.template == Template.PAYMENT_DOCUMENT:
        keep_figures(session, contract, row, [*made.earlier, made.evaluation], drafted_at=asking.now)
    asking.uow.record(  # 6
        ReleaseIntended(
            contract=contract.id,
            window=window.label,
            template=request.template,
            recipient=request.recipient,
            release=release_id,
            draft_sha256=hashlib.sha256(encoded).hexdigest(),
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        )
    )
    return row


def _next_seq(session: Session, request: ReleaseRequest) -> int:
    """Gap-free per contract, type and recipient."""
    return len(series_of(session, request)) + 1
