"""Use case: the release cycle. Nothing is signed that was not rehearsed (invariant 8).

1  authorise      the policy judges recipient, template and window
2  evaluate       the contract, with the data as they were frozen
3  plan           the release stands in the contract's calendar
4  draft          the claims of the template
5  rehearse       every rule once more, on the exact claims
6  log intent     draft and event are committed: a crash from here on is finished by the next run
7  sign           the SD-JWT, with fresh salts
8  append         leaf, checkpoint and receipt; the bundle with seals and status
9  self-verify    the finished bundle, with the investor's verifier
10 hand out       committed first; the same request again gives the same attestation

Steps 1 to 6 are one transaction, 7 to 9 another. A crash leaves nothing, or an intent that has no signature, or
one complete, logged attestation.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlmodel import Session, select

from gateway import evaluation as evaluating
from gateway.attestations import claims, status
from gateway.attestations.bundle import assemble
from gateway.attestations.metadata import integrity, metadata_files
from gateway.attestations.seals import Seal
from gateway.authority import Asking, Authorised, deciding, municipality
from gateway.errors import WindowOutOfOrder, WindowUnknown
from gateway.events import BundleHandedOut, ReleaseIntended, ReleaseIssued, ReleaseResumed
from gateway.installation import Gateway
from gateway.intake import is_sealed
from gateway.outcomes.contract import Contract, Window
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.tariff import DueLine, due_lines
from gateway.store import ledger, queries
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical, sdjwt
from policies.disclosure import DisclosureRules, may_show_total
from policies.facts import ReleaseFacts
from policies.programme import Programme
from policies.vocabulary import Action, Party, Purpose, Role

_ACTIONS = {
    "contract_total": Action.RELEASE_TOTAL,
    "predicate": Action.RELEASE_PREDICATE,
    "payment_document": Action.RELEASE_PAYMENT,
}
_DECOYS = 3


@dataclass(frozen=True, slots=True)
class Released:
    """A handed-out attestation: its evidence bundle and where it stands in the log."""

    release: str
    contract: str
    window: str
    template: str
    recipient: str
    bundle: bytes
    log: str
    leaf_index: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Draft:
    disclosable: dict[str, object]
    due: tuple[DueLine, ...]


def release(
    gateway: Gateway,
    contract_id: str,
    window_label: str,
    template: str,
    recipient: str,
    *,
    requested_by: Party | None = None,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
) -> Released:
    """Release one planned attestation, finish an interrupted one, or hand out the one that exists.

    `requested_by` is the recipient's own party over HTTP and None for the municipality's staff.

    Raises `ContractUnknown`, `WindowUnknown`, `WindowOutOfOrder`, `DraftRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        window = _window(gateway.contract(asking.session, contract_id), window_label)
        contract = gateway.contract_for(asking.session, contract_id, window)
        row = _authorise_and_draft(gateway, asking, contract, window, template, recipient, requested_by, purpose)
        if row.state == "issued":
            return _hand_out(gateway, asking, row, requested_by)
    with deciding(gateway) as asking:
        intended = asking.session.get(ReleaseRow, row.id)
        if intended is None or intended.state == "issued":  # another command was faster
            return _hand_out(gateway, asking, intended or row, requested_by)
        _issue(gateway, asking, intended)
        asking.session.flush()
        return _released(intended, is_new=True)


def _window(contract: Contract, label: str) -> Window:
    window = contract.window(label)
    if window is None:
        raise WindowUnknown(contract=contract.id, window=label)
    return window


def _authorise_and_draft(
    gateway: Gateway,
    asking: Asking,
    contract: Contract,
    window: Window,
    template: str,
    recipient: str,
    requested_by: Party | None,
    purpose: Purpose,
) -> ReleaseRow:
    """Steps 1 to 6: the intended, or already existing, release."""
    session = asking.session
    programme = gateway.programme(session, contract.id)
    frozen = evaluating.frozen_at(session, contract, window)
    is_due = frozen is not None and frozen <= asking.now
    facts = ReleaseFacts(
        purpose=purpose,
        contract_sha256=evaluating.newest_digest(session, contract),
        requested_by=requested_by or municipality(programme),
        cohort_sealed=is_sealed(session, contract),
        release_planned=contract.is_planned(template, recipient, window.label),  # 3
        window_frozen=asking.now.date() >= contract.freezes_on(window),
        sources_complete=frozen is not None,
        cohort_reaches_k=may_show_total(contract.cohort.size, DisclosureRules(contract.k, contract.k_cohort)),
        date_declared=contract.is_planned("predicate", recipient, window.label) and is_due,
        codes_acceptable=not contract.unknown_codes_block
        or frozen is None
        or not evaluating.unknown_spells(session, contract, window, known_at=frozen),
        # the draft's only table comes from show_breakdown, and the rehearsal judges it again
        cells_cleared=True,
        recipient_is_creditor=recipient == "operator",
    )
    party = Party(contract.party(recipient).organisation, Role(recipient))
    authorised = asking.ask(party, _ACTIONS[template], programme, facts)  # 1
    existing = _existing(session, contract, window, template, recipient)
    if existing is not None:
        if existing.state == "intended":
            asking.uow.record(
                ReleaseResumed(release=existing.id, decision=authorised.id, decision_sha256=authorised.sha256)
            )
        return existing
    if frozen is None:  # the policy has refused this already; nothing is ever drafted without data
        raise WindowUnknown(contract=contract.id, window=window.label)
    draft = _draft(gateway, asking, contract, programme, window, template, frozen, purpose)  # 2, 4
    return _intend(gateway, asking, contract, window, template, recipient, draft, authorised)  # 5, 6


def _draft(
    gateway: Gateway,
    asking: Asking,
    contract: Contract,
    programme: Programme,
    window: Window,
    template: str,
    frozen: datetime,
    purpose: Purpose,
) -> _Draft:
    session = asking.session
    earlier = contract.windows_until(window.label)[:-1]
    # asked first: nobody's data are read for a window whose turn has not come
    documented = {} if template == "predicate" else _documented(session, contract, earlier, window, template)
    authorised = evaluating.ask_to_evaluate(asking, contract, programme, purpose)
    cohort = evaluating.histories(session, contract, known_at=frozen)
    now = evaluate(contract, cohort, window.to_week)  # 2
    evaluating.record_evaluation(asking, contract, now, cohort, authorised, purpose)
    before: Evaluation | None = None
    if earlier:
        before = evaluate(gateway.contract_for(session, contract.id, earlier[-1]), cohort, earlier[-1].to_week)
    due: tuple[DueLine, ...] = ()
    if template != "predicate":
        due = due_lines(contract, now=now, before=before, documented=documented)
    disclosable = claims.disclosable_claims(  # 4
        template,
        contract=contract,
        window=window,
        evaluation=now,
        before=before,
        due=due,
        seals=[Seal.of_row(row).claim() for row in queries.batches(session, contract.id)],
        sources=claims.Sources(str(window.to_week), int(frozen.timestamp()), contract.sources),
    )
    return _Draft(disclosable, due)


def _documented(
    session: Session, contract: Contract, earlier: Sequence[Window], window: Window, template: str
) -> dict[str, tuple[int, int]]:
    """What the payment documents of the earlier windows add up to, by measure: (quantity, minor units).

    Raises `WindowOutOfOrder` where one that is planned is missing, or where a payment document is asked for and one of
    a later window was issued already: then the sum would not be what was paid.
    """
    rows = {
        row.window: row
        for row in queries.releases(session, contract.id)
        if row.template == "payment_document" and row.state == "issued"
    }
    labels = [part.label for part in earlier]
    for label in labels:
        if label not in rows and contract.is_planned("payment_document", "operator", label):
            raise WindowOutOfOrder(window=window.label, other=label, reason="has to be released first")
    later = rows.keys() - {*labels, window.label}
    if later and template == "payment_document":
        raise WindowOutOfOrder(window=window.label, other=min(later), reason="was released already")
    totals: dict[str, tuple[int, int]] = {}
    for label in rows.keys() & set(labels):
        for line in rows[label].due:
            quantity, amount = totals.get(line["measure"], (0, 0))
            totals[line["measure"]] = (quantity + line["quantity"], amount + line["amount_minor"])
    return totals


def _intend(
    gateway: Gateway,
    asking: Asking,
    contract: Contract,
    window: Window,
    template: str,
    recipient: str,
    draft: _Draft,
    authorised: Authorised,
) -> ReleaseRow:
    session, release_id, jti = asking.session, str(uuid.uuid4()), f"urn:uuid:{uuid.uuid4()}"
    index = status.allocate_index(session)
    seq = _next_seq(session, contract, template, recipient)
    metadata = metadata_files(gateway.issuer)[f"vct/{claims.VCT_NAMES[template]}"]
    visible = claims.visible_claims(
        template,
        contract=contract,
        window=window,
        recipient=recipient,
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
        is_demo=gateway.signer().is_development,
    )
    claims.rehearse(visible, draft.disclosable, contract=contract)  # 5
    encoded = canonical.dumps({"visible": visible, "disclosable": draft.disclosable})
    row = ReleaseRow(
        id=release_id,
        contract_id=contract.id,
        contract_version=contract.version,
        window=window.label,
        template=template,
        recipient_role=recipient,
        recipient_organisation=contract.party(recipient).organisation,
        revision=1,
        state="intended",
        seq=seq,
        jti=jti,
        status_index=index,
        draft=encoded,
        due=[asdict(line) for line in draft.due],
        decision_id=authorised.id,
        intended_at=asking.now,
    )
    session.add(row)
    asking.uow.record(  # 6
        ReleaseIntended(
            contract=contract.id,
            window=window.label,
            template=template,
            recipient=recipient,
            release=release_id,
            draft_sha256=hashlib.sha256(encoded).hexdigest(),
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        )
    )
    return row


def _issue(gateway: Gateway, asking: Asking, row: ReleaseRow) -> None:
    """Steps 7 to 9, in one transaction."""
    draft = canonical.loads(row.draft)
    signer = gateway.signer()
    token = sdjwt.issue(  # 7
        draft["visible"],
        draft["disclosable"],
        header={
            "alg": signer.alg,
            "typ": "dc+sd-jwt",
            "kid": signer.kid,
            "iat": int(asking.now.timestamp()),
        },
        sign=signer.sign,
        salts=secrets.token_bytes,
        decoys=_DECOYS,
    )
    log = claims.LOGS[row.template]
    jwt_sha256 = hashlib.sha256(token.split("~")[0].encode("ascii")).hexdigest()
    leaf = {"v": 1, "type": "attestation", "jti": row.jti, "sha256": jwt_sha256, "status": row.status_index}
    body = canonical.dumps(leaf)
    row.leaf_index = ledger.append(  # 8
        asking.session, log, leaf_data=body, kind="attestation", body=body.decode(), nonce=b"", at=asking.now
    )
    row.state, row.issued_at = "issued", asking.now
    row.bundle = _assemble(gateway, asking, row, token)  # 8, 9
    asking.session.add(row)
    asking.uow.record(
        ReleaseIssued(
            contract=row.contract_id,
            window=row.window,
            template=row.template,
            recipient=row.recipient_role,
            release=row.id,
            jwt_sha256=jwt_sha256,
            log=log,
            leaf_index=row.leaf_index,
        )
    )


def _hand_out(gateway: Gateway, asking: Asking, row: ReleaseRow, requested_by: Party | None) -> Released:
    """The existing attestation with a fresh status and receipt."""
    token = canonical.loads((row.bundle or b"").rstrip(b"\n"))["attestation"]
    row.bundle = _assemble(gateway, asking, row, token)
    asking.session.add(row)
    asking.uow.record(BundleHandedOut(release=row.id, to=str(requested_by or "municipality")))
    asking.session.flush()
    return _released(row, is_new=False)


def _assemble(gateway: Gateway, asking: Asking, row: ReleaseRow, token: str) -> bytes:
    versions = queries.contract_versions(asking.session, row.contract_id)
    text = next(version.text for version in versions if version.version == row.contract_version)
    log = claims.LOGS[row.template]
    return assemble(gateway, asking.session, row, token, log=log, contract_text=text, now=asking.now)


def _existing(session: Session, contract: Contract, window: Window, template: str, recipient: str) -> ReleaseRow | None:
    return session.exec(
        select(ReleaseRow).where(
            ReleaseRow.contract_id == contract.id,
            ReleaseRow.window == window.label,
            ReleaseRow.template == template,
            ReleaseRow.recipient_role == recipient,
        )
    ).one_or_none()


def _next_seq(session: Session, contract: Contract, template: str, recipient: str) -> int:
    """Gap-free per contract, type and recipient."""
    series = [
        row
        for row in queries.releases(session, contract.id)
        if claims.VCT_NAMES[row.template] == claims.VCT_NAMES[template] and row.recipient_role == recipient
    ]
    return len(series) + 1


def _released(row: ReleaseRow, *, is_new: bool) -> Released:
    return Released(
        release=row.id,
        contract=row.contract_id,
        window=row.window,
        template=row.template,
        recipient=row.recipient_role,
        bundle=row.bundle or b"",
        log=claims.LOGS[row.template],
        leaf_index=row.leaf_index or 0,
        is_new=is_new,
    )
