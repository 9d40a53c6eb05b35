"""Steps 1 to 6 of the release cycle: from a request to an intent that is committed and not yet signed.

1  authorise      the policy judges recipient, template and window
2  evaluate       the contract, with the data as they were frozen
3  plan           the release stands in the contract's calendar
4  draft          the claims of the template
5  rehearse       every rule once more, on the exact claims
6  log intent     draft and event are committed: a crash from here on is finished by the next run
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from gateway.attestations import claims, status
from gateway.attestations.metadata import integrity, metadata_files
from gateway.attestations.seals import Seal
from gateway.contracts import accepted, aggregates, openings
from gateway.errors.release import ReleaseInterrupted, WindowOutOfOrder
from gateway.evaluation import evaluating
from gateway.events.releases import ReleaseIntended
from gateway.installation.authority import Asking, Authorised, municipality
from gateway.installation.gateway import Gateway
from gateway.intake.enrolment import is_sealed
from gateway.outcomes.contract import Contract, Window
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory, Remainder
from gateway.outcomes.not_counted import not_counted
from gateway.outcomes.opening import Opening
from gateway.outcomes.reconciling import OnDocuments
from gateway.outcomes.tariff import DueLine, due_lines
from gateway.store import basis, queries
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from policies.disclosure import DisclosureRules, may_show_total
from policies.facts import ReleaseFacts
from policies.programme import Programme
from policies.terms import Party, Purpose, Role


@dataclass(frozen=True, slots=True)
class Request:
    """One attestation that somebody wants. `requested_by` is None for the municipality's own staff."""

    contract: Contract
    window: Window
    template: str
    recipient: str
    requested_by: Party | None
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Draft:
    """The claims that may be disclosed, what is due, and the instant at which its data were known."""

    disclosable: dict[str, Any]
    due: tuple[DueLine, ...]
    known_at: datetime
    on_documents: OnDocuments | None = None  # of a payment document; for the statement, and in no attestation


@dataclass(frozen=True, slots=True)
class Replaced:
    """The issued attestation that a correction supersedes."""

    row: ReleaseRow
    jwt_sha256: str
    difference: Mapping[str, int]


def revisions(session: Session, request: Request) -> list[ReleaseRow]:
    """Every revision of the requested attestation, oldest first."""
    rows = [
        row
        for row in queries.releases(session, request.contract.id)
        if (row.window, row.template, row.recipient_role) == (request.window.label, request.template, request.recipient)
    ]
    return sorted(rows, key=lambda row: row.revision)


def authorise(asking: Asking, gateway: Gateway, request: Request) -> tuple[Authorised, datetime | None]:
    """Steps 1 and 3: the decision, and the instant at which the window's data froze. Raises `PolicyDenied`."""
    programme = gateway.programme(asking.session, request.contract.id)
    facts, frozen = release_facts(asking.session, programme, request, now=asking.now)
    action = claims.ACTIONS[request.template]
    return asking.ask(recipient_of(request), action, programme, facts), frozen  # 1


def recipient_of(request: Request) -> Party:
    """The principal of a release: whom the contract names in the recipient's role."""
    return Party(request.contract.party(request.recipient).organisation, Role(request.recipient))


def release_facts(
    session: Session, programme: Programme, request: Request, *, now: datetime
) -> tuple[ReleaseFacts, datetime | None]:
    """What the policy is told of a release, and the instant at which the window's data froze."""
    contract, window = request.contract, request.window
    frozen = evaluating.frozen_at(session, contract, window)
    is_due = frozen is not None and frozen <= now
    facts = ReleaseFacts(
        purpose=request.purpose,
        contract_sha256=evaluating.newest_digest(session, contract),
        requested_by=request.requested_by or municipality(programme),
        cohort_sealed=is_sealed(session, contract),
        release_planned=contract.is_planned(request.template, request.recipient, window.label),  # 3
        window_frozen=now.date() >= contract.freezes_on(window),
        sources_complete=frozen is not None,
        cohort_reaches_k=may_show_total(contract.cohort.size, DisclosureRules(contract.k, contract.k_cohort)),
        date_declared=contract.is_planned("predicate", request.recipient, window.label) and is_due,
        codes_acceptable=not contract.unknown_codes_block
        or frozen is None
        or not evaluating.unknown_spells(session, contract, window, known_at=frozen),
        # the draft's only table comes from show_breakdown, and the rehearsal judges it again
        cells_cleared=True,
        recipient_is_creditor=request.recipient == "operator",
        not_suspended=not queries.is_suspended(session, contract.id, window.label),
        settled_here=queries.is_settled_here(session, contract.id, window.label),
    )
    return facts, frozen


def known_at(session: Session, contract: Contract, window: Window, frozen: datetime) -> datetime:
    """The instant whose knowledge a window's attestations show: its freeze, or that of a correction before it.

    Never earlier than what an attestation of this or an earlier window was made with: otherwise a later payment
    document would undo a correction.
    """
    labels = {part.label for part in contract.windows_until(window.label)}
    earlier = [row.known_at for row in queries.releases(session, contract.id) if row.window in labels]
    return max([frozen, *earlier])


def draft(gateway: Gateway, asking: Asking, programme: Programme, request: Request, *, known: datetime) -> Draft:
    """Steps 2 and 4, with the data as they were known at an instant.

    Raises `WindowOutOfOrder`, `PolicyDenied`.
    """
    session, contract, window = asking.session, request.contract, request.window
    earlier = contract.windows_until(window.label)[:-1]
    # asked first: nobody's data are read for a window whose turn has not come
    documented = check_order(gateway, session, request)
    authorised = evaluating.ask_to_evaluate(asking, contract, programme, request.purpose)
    cohort = evaluating.histories(session, contract, programme, known_at=known)
    remainder = basis.remainder(session, contract.id)
    now = evaluate(contract, cohort, window.to_week, remainder=remainder)  # 2
    evaluating.record_evaluation(asking, contract, now, cohort, authorised, request.purpose, known_at=known)
    opening = openings.opening_of(gateway, session, contract.id)
    needed = _needed(contract, earlier, opening)
    rules = [gateway.contract_for(session, contract.id, part) for part in needed]
    before = [
        evaluate(rule, cohort, part.to_week, remainder=remainder) for rule, part in zip(rules, needed, strict=True)
    ]
    due: tuple[DueLine, ...] = ()
    if request.template != "predicate":
        series = [
            one.figures(rule, aggregates.known_figures(session, contract, part, at=known))
            for one, rule, part in zip([*before, now], [*rules, contract], [*needed, window], strict=True)
        ]
        due = due_lines(contract, series=series, documented=documented, opening=opening)
    disclosable = claims.disclosable_claims(  # 4
        request.template,
        contract=contract,
        window=window,
        evaluation=now,
        before=before[-1] if before else None,
        due=due,
        seals=[Seal.of_row(row).claim() for row in queries.batches(session, contract.id)],
        sources=claims.Sources(str(window.to_week), int(known.timestamp()), contract.named_sources),
        reasons=_reasons(request, cohort, remainder),
    )
    if _shown_as_known_before(session, request, known):
        disclosable.pop("outcomes_by_class", None)
        disclosable.pop("not_counted", None)
    on_documents = None
    if request.template == "payment_document":
        on_documents = evaluating.on_documents(session, contract, programme, cohort, window.to_week, known_at=known)
    return Draft(disclosable, due, known, on_documents)


def _reasons(request: Request, cohort: Sequence[PersonHistory], remainder: Remainder) -> dict[str, int] | None:
    """Why people are not counted, where the contract declares that its operator gets it with this window."""
    contract, measure = request.contract, request.contract.people_measure
    if measure is None or (request.recipient, request.window.label) != ("operator", contract.reasons_window):
        return None
    return not_counted(contract, measure, cohort, request.window.to_week, remainder=remainder)


def _shown_as_known_before(session: Session, request: Request, known: datetime) -> bool:
    """Whether anybody holds this window's figures as they were known at another instant.

    Then no second table is made: two tables of one window, subtracted, tell whose class changed (A3, A10). The answer
    rests on instants alone, so that it is the same whatever was corrected.
    """
    rows = queries.releases(session, request.contract.id)
    same = [row for row in rows if (row.window, row.template) == (request.window.label, request.template)]
    return any(row.known_at != known for row in same)


def _needed(contract: Contract, earlier: Sequence[Window], opening: Opening | None) -> list[Window]:
    """The earlier windows that what is due rests on: all under a cap by window, else the last and the last stated."""
    if any(tariff.cap_window_minor for tariff in contract.tariffs):
        return list(earlier)
    last_stated = "" if opening is None else opening.last_window
    return [window for window in earlier if window.label == last_stated or window is earlier[-1]]


def check_order(gateway: Gateway, session: Session, request: Request) -> dict[str, tuple[int, int]]:
    """What the payment documents of the earlier windows, and the opening balances, add up to, by tariff: (quantity,
    minor units).

    Raises `WindowOutOfOrder` where one that is planned is missing, or where a payment document is asked for and one of
    a later window was issued already: then the sum would not be what was paid. A predicate builds on none of them.
    Raises `ReleaseInterrupted` where a total's or predicate's series has a number that was given away and not signed.
    """
    for row in _series(session, request):
        if row.template != "payment_document" and row.state == "intended" and row.window != request.window.label:
            raise ReleaseInterrupted(contract=row.contract_id, window=row.window, template=row.template)
    if request.template == "predicate":
        return {}
    contract, label = request.contract, request.window.label
    earlier = contract.windows_until(label)[:-1]
    rows = queries.payment_documents(session, contract.id)
    labels = [part.label for part in earlier]
    opening = openings.opening_of(gateway, session, contract.id)
    for other in labels:
        if opening is not None and other in opening.windows:
            continue
        if other not in rows and contract.is_planned("payment_document", "operator", other):
            raise WindowOutOfOrder(window=label, other=other, reason="has to be released first")
        if other in rows and rows[other].state == "intended":
            raise WindowOutOfOrder(window=label, other=other, reason="was interrupted and has to be released first")
    later = rows.keys() - {*labels, label}
    if later and request.template == "payment_document":
        raise WindowOutOfOrder(window=label, other=min(later), reason="was released already")
    totals = {} if opening is None else opening.totals()
    for other in rows.keys() & set(labels):
        for line in rows[other].due:
            quantity, amount = totals.get(line["tariff"], (0, 0))
            totals[line["tariff"]] = (quantity + line["quantity"], amount + line["amount_minor"])
    return totals


def intend(
    gateway: Gateway,
    asking: Asking,
    request: Request,
    made: Draft,
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
        issued_at=int(asking.now.timestamp()),
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
    beside = {} if made.on_documents is None else {"on_documents": asdict(made.on_documents)}
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
        state="intended",
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


def _next_seq(session: Session, request: Request) -> int:
    """Gap-free per contract, type and recipient."""
    return len(_series(session, request)) + 1


def _series(session: Session, request: Request) -> list[ReleaseRow]:
    """What one recipient counts together: the releases of one type, by its numbers."""
    return [
        row
        for row in queries.releases(session, request.contract.id)
        if claims.VCT_NAMES[row.template] == claims.VCT_NAMES[request.template]
        and row.recipient_role == request.recipient
    ]
