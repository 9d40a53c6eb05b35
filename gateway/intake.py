"""Use cases that bring things in: contracts and programmes, source declarations, sealed cohorts, and pulls.

Every one is a transaction that carries its event (invariant 4). A pull asks the policy before the file is
opened, and again in the transaction that stores its rows.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from connectors.base import Progress, Pulled, no_progress
from connectors.declaration import SourceDeclaration
from connectors.enrolment import Referral, ReferralList, read_referrals
from connectors.errors import ConnectorError, FileNotNeeded
from connectors.pull import pull_file
from connectors.reading import file_sha256
from connectors.records import Week
from gateway.attestations.seals import Seal, seal_leaf
from gateway.authority import Asking, Authorised, deciding, municipality
from gateway.declarations import source
from gateway.errors import CohortAlreadySealed, EnrolmentRefused, FileOverlaps
from gateway.events import (
    CohortSealed,
    PersonLine,
    PullAuthorised,
    PullCompleted,
    PullFailed,
    PullNotNeeded,
    PullRepeated,
)
from gateway.installation import Gateway
from gateway.outcomes.contract import Batch as DeclaredBatch
from gateway.outcomes.contract import Contract
from gateway.store import ledger, queries, spells
from gateway.store.tables import Batch, PullRow, Subject
from policies.facts import EnrolFacts, PullFacts
from policies.vocabulary import Action, Purpose


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
    """What `pull` did: counts only, never a row. `is_new` is false where the file was pulled before."""

    source: str
    file: str
    from_week: str
    to_week: str
    rows_read: int
    rows_outside_cohort: int
    rejected: dict[str, int]
    unknown_codes: dict[str, int]
    not_found: int
    uncertain: int
    people_changed: int
    postings_added: int
    is_new: bool


def enrol(gateway: Gateway, contract_id: str, batch_id: str, file: Path) -> Enrolled:
    """Enrol everyone on a referral list and seal them as one batch, or store nothing at all.

    From here the batch's membership never changes (invariant 7). The same file again changes nothing.

    Raises `EnrolmentRefused` with the count of each reason where the list does not hold exactly the number of
    people that the contract names for the batch, `CohortAlreadySealed` for another file, `PolicyDenied`, or
    a `ConnectorError`.
    """
    digest = file_sha256(file)
    with deciding(gateway) as asking:
        contract = gateway.contract(asking.session, contract_id)
        programme = gateway.programme(asking.session, contract_id)
        batch = next((batch for batch in contract.cohort.batches if batch.id == batch_id), None)
        sealed = asking.session.get(Batch, (contract_id, batch_id))
        if sealed is not None and sealed.file_sha256 == digest:
            return Enrolled(contract_id, batch_id, sealed.count, sealed.seal_sha256, is_new=False)
        period = (contract.cohort.enrolment_from, contract.cohort.enrolment_to)
        facts = EnrolFacts(
            purpose=Purpose.OUTCOME_EVALUATION,
            contract_sha256=contract.sha256,
            period_within_programme=programme.covers(*period),
            batch_open=batch is not None and sealed is None,
        )
        authorised = asking.ask(municipality(programme), Action.ENROL, programme, facts)
        if batch is None or sealed is not None:  # the policy has refused this already
            raise CohortAlreadySealed(contract=contract_id, batch=batch_id)
        referrals = read_referrals(
            file,
            gateway.boundary(asking.session),
            contract_id,
            period=period,
            refuse_elsewhere=contract.cohort.refuses_double_enrolment,
        )
        seal = _seal(gateway, asking, contract, batch, referrals, digest, authorised)
    return Enrolled(contract_id, batch_id, seal.count, seal.sha256, is_new=True)


def _seal(
    gateway: Gateway,
    asking: Asking,
    contract: Contract,
    batch: DeclaredBatch,
    referrals: ReferralList,
    digest: str,
    authorised: Authorised,
) -> Seal:
    """Store the batch's subjects and log the commitment to them."""
    if len(referrals.accepted) != batch.size:
        reasons = {reason.value: count for reason, count in referrals.rejected.items()}
        counts = {"accepted": len(referrals.accepted), "the_contract_names": batch.size}
        raise EnrolmentRefused(contract=contract.id, batch=batch.id, reasons={**counts, **reasons})
    seal = Seal.over(
        contract=contract.id,
        batch=batch.id,
        subjects=[(referral.subject.value, referral.referred_on) for referral in referrals.accepted],
        sealed_on=asking.now.date(),
        nonce=secrets.token_bytes(32),
    )
    leaf = seal_leaf(seal)
    index = ledger.append(
        asking.session,
        "attest",
        leaf_data=leaf,
        kind="cohort_seal",
        body=leaf.decode("ascii"),
        nonce=b"",
        at=asking.now,
    )
    asking.session.add(
        Batch(
            contract_id=contract.id,
            batch_id=batch.id,
            file_sha256=digest,
            count=seal.count,
            root_hex=seal.root,
            nonce_hex=seal.nonce,
            sealed_on=seal.sealed_on,
            seal_sha256=seal.sha256,
            leaf_index=index,
        )
    )
    asking.session.add_all(_subject(contract.id, batch.id, referral) for referral in referrals.accepted)
    asking.uow.record(
        CohortSealed(
            contract=contract.id,
            batch=batch.id,
            count=seal.count,
            seal_sha256=seal.sha256,
            decision=authorised.id,
        ),
        [PersonLine(r.subject.value, "enrol", Purpose.OUTCOME_EVALUATION) for r in referrals.accepted],
    )
    ledger.checkpoint(asking.session, "attest", gateway.log_key("attest"), at=asking.now)
    return seal


def _subject(contract_id: str, batch_id: str, referral: Referral) -> Subject:
    return Subject(
        subject_id=referral.subject.value,
        contract_id=contract_id,
        batch_id=batch_id,
        enrolled_on=referral.referred_on,
        case_reference=referral.case_reference,
        notice_id=referral.notice_id,
    )


def is_sealed(session: Session, contract: Contract) -> bool:
    """Whether every batch of the contract is sealed (invariant 7)."""
    sealed = {row.batch_id for row in queries.batches(session, contract.id)}
    return sealed == {batch.id for batch in contract.cohort.batches}


def needed_weeks(contract: Contract) -> tuple[Week, Week]:
    """The weeks that the contract may ask a source for: from the first enrolment to the last window."""
    return Week.of(contract.cohort.enrolment_from), contract.windows[-1].to_week


def pull(
    gateway: Gateway,
    contract_id: str,
    source_id: str,
    file: Path,
    *,
    purpose: Purpose = Purpose.OUTCOME_PAYMENT,
    progress: Progress = no_progress,
) -> PullReport:
    """Read one file of a declared source for one contract. The same file again changes nothing.

    1 authorise and log, before the file is opened for its rows; 2 read it, outside any transaction; 3 ask again
    and store rows, cursor and event in one transaction.

    Raises `PolicyDenied`, `SourceUnknown`, `ContractUnknown` or a `ConnectorError`; then no row is stored.
    """
    digest = file_sha256(file)
    with deciding(gateway) as asking:  # 1
        declaration = source(asking.session, source_id)
        authorised, weeks = _ask_to_pull(gateway, asking, contract_id, declaration, purpose)
        known = _pulled_before(asking.session, contract_id, source_id, digest, to_week=weeks[1])
        matcher = gateway.boundary(asking.session).matcher(contract_id)
        asking.uow.record(
            PullAuthorised(
                contract=contract_id,
                source=source_id,
                file_sha256=digest,
                purpose=purpose,
                from_week=str(weeks[0]),
                to_week=str(weeks[1]),
                people=matcher.size,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            [PersonLine(ref.value, "pull", purpose) for ref in matcher.everyone],
        )
    if known is not None:
        return _report(known, people_changed=0, postings_added=0, is_new=False)
    try:
        pulled = pull_file(file, declaration, matcher, weeks=weeks, progress=progress)  # 2
    except FileNotNeeded:
        with gateway.store.write(gateway.clock()) as uow:
            uow.record(PullNotNeeded(contract=contract_id, source=source_id, file_sha256=digest))
        raise
    except ConnectorError as error:
        with gateway.store.write(gateway.clock()) as uow:
            uow.record(PullFailed(contract=contract_id, source=source_id, file_sha256=digest, error=error.code))
        raise
    with deciding(gateway) as asking:  # 3
        authorised, _ = _ask_to_pull(gateway, asking, contract_id, declaration, purpose)
        known = _pulled_before(asking.session, contract_id, source_id, digest, to_week=weeks[1])
        if known is not None:  # another command was faster
            asking.uow.record(
                PullRepeated(contract=contract_id, source=source_id, file_sha256=digest, decision=authorised.id)
            )
            return _report(known, people_changed=0, postings_added=0, is_new=False)
        row, changed, added = _store(asking, contract_id, declaration, pulled, authorised, asked_to=weeks[1])
    return _report(row, people_changed=changed, postings_added=added, is_new=True)


def _ask_to_pull(
    gateway: Gateway, asking: Asking, contract_id: str, declaration: SourceDeclaration, purpose: Purpose
) -> tuple[Authorised, tuple[Week, Week]]:
    contract = gateway.contract(asking.session, contract_id)
    programme = gateway.programme(asking.session, contract_id)
    weeks, today = needed_weeks(contract), asking.now.date()
    facts = PullFacts(
        purpose=purpose,
        contract_sha256=contract.sha256,
        source=declaration.id,
        agreement_valid=declaration.agreement.is_valid(on=today),
        agreement_purposes=declaration.agreement.permitted_purposes,
        period_within_programme=programme.covers(weeks[0].monday, weeks[1].sunday),
        pull_open=programme.pull_open(on=today),
        subjects_enrolled=is_sealed(asking.session, contract),
    )
    return asking.ask(municipality(programme), Action.PULL_SOURCE, programme, facts), weeks


def _pulled_before(session: Session, contract_id: str, source_id: str, digest: str, *, to_week: Week) -> PullRow | None:
    """The pull that read this file already, for as many weeks: an extension asks for more of the same file."""
    rows = queries.pulls(session, contract_id, source_id)
    return next((row for row in rows if (row.file_sha256, row.asked_to_week) == (digest, to_week.ordinal)), None)


def _store(
    asking: Asking,
    contract_id: str,
    declaration: SourceDeclaration,
    pulled: Pulled,
    authorised: Authorised,
    *,
    asked_to: Week,
) -> tuple[PullRow, int, int]:
    source_id = declaration.id
    # statuses are told a week and an edition; postings add up, so the same months must never count twice
    replaced = _replaced(asking.session, contract_id, source_id, pulled) if declaration.kind == "income" else []
    rejected = {reason.value: count for reason, count in pulled.rejected.items() if count}
    unknown = dict(pulled.unknown_codes)
    counts = {
        "rows_read": pulled.rows_read,
        "rows_outside_cohort": pulled.rows_outside_cohort,
        "rejected": rejected,
        "unknown_codes": unknown,
        "not_found": pulled.not_found,
        "uncertain": pulled.uncertain,
    }
    row = PullRow(
        contract_id=contract_id,
        source_id=source_id,
        file_name=pulled.file,
        file_sha256=pulled.file_sha256,
        from_week=pulled.from_week.ordinal,
        to_week=pulled.to_week.ordinal,
        edition=pulled.edition,
        asked_to_week=asked_to.ordinal,
        counts=counts,
        decision_id=authorised.id,
        known_at=asking.now,
    )
    asking.session.add(row)
    asking.session.flush()
    changed = spells.store_spells(
        asking.session,
        source_id,
        pulled.spells,
        from_week=pulled.from_week,
        to_week=pulled.to_week,
        edition=pulled.edition,
        now=asking.now,
    )
    added = spells.store_postings(
        asking.session, source_id, row.id or 0, pulled.postings, replaced=replaced, now=asking.now
    )
    asking.uow.record(
        PullCompleted(
            contract=contract_id,
            source=source_id,
            file_sha256=pulled.file_sha256,
            rows_read=pulled.rows_read,
            rows_outside_cohort=pulled.rows_outside_cohort,
            rejected=rejected,
            unknown_codes=unknown,
            not_found=pulled.not_found,
            uncertain=pulled.uncertain,
            decision=authorised.id,
        )
    )
    return row, changed, added


def _replaced(session: Session, contract_id: str, source_id: str, pulled: Pulled) -> list[int]:
    """The earlier pulls whose months this income file delivers again; `FileOverlaps` where it holds only a part."""
    replaced = []
    for row in queries.pulls(session, contract_id, source_id):
        if row.to_week < pulled.from_week.ordinal or pulled.to_week.ordinal < row.from_week:
            continue
        if row.from_week < pulled.from_week.ordinal or pulled.to_week.ordinal < row.to_week:
            raise FileOverlaps(file=pulled.file, other=row.file_name)
        replaced.append(row.id or 0)
    return replaced


def _report(row: PullRow, *, people_changed: int, postings_added: int, is_new: bool) -> PullReport:
    return PullReport(
        source=row.source_id,
        file=row.file_name,
        from_week=str(Week(row.from_week)),
        to_week=str(Week(row.to_week)),
        people_changed=people_changed,
        postings_added=postings_added,
        is_new=is_new,
        **row.counts,
    )
