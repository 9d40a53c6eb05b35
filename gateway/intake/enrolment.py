"""Use case: a referral list becomes a sealed batch, or nothing of it is stored; before that, what would be sealed.

Everybody on the list was told before (GDPR art. 13 and 14): the list names the notice, and its text stands in the
programme by version and digest. From here the batch's membership never changes (invariant 7).
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlmodel import Session

from connectors.base import Progress, no_progress
from connectors.enrolment import Referral, ReferralList, read_referrals
from connectors.errors import FileChanged, RejectReason
from connectors.reading import file_sha256
from connectors.source_file import LocalFile
from gateway.attestations.block_plan import SealedDays, ends_of_blocks, plan_digest
from gateway.attestations.calendar_audit import known_movers
from gateway.attestations.seals import Seal, seal_leaf
from gateway.contracts.sealed_plan import first_open_window, sealed_days, shown_windows
from gateway.errors.enrolment import CohortAlreadySealed, EnrolmentRefused
from gateway.events.contracts import CohortSealed
from gateway.events.event import PersonLine
from gateway.events.look_ups import EnrolmentPreviewed, ReferralListRefused
from gateway.events.rights import BasesRecorded
from gateway.installation.authority import Asking, Authorised, deciding, municipality
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import newest_contract
from gateway.installation.look_ups import check_look_ups, found_lines
from gateway.outcomes.blocks import in_blocks, is_unsettled, shown_with
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import ReferralBatch as DeclaredBatch
from gateway.store import contract_queries, ledger, queries
from gateway.store.basis import FOLLOWED_FOR
from gateway.store.rights_tables import BasisRow
from gateway.store.tables import Batch, Subject
from policies.basis import Change, RecordKind
from policies.facts import EnrolFacts
from policies.programme import Notice, Programme
from policies.terms import Action, Purpose

FEW = 5  # so many people who are enrolled already are told line by line, and not more
_TELLS_OF_PEOPLE = frozenset({RejectReason.ENROLLED_ALREADY, RejectReason.CASE_REFERENCE_TAKEN})


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What `enrol` did. `is_new` is false where the same file was sealed before."""

    contract: str
    batch: str
    count: int
    seal_sha256: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class EnrolmentPreview:
    """What a referral list would seal: counts, days and lines of the file, and nothing of a row. For municipal eyes.

    `refused` says of each row that would not be accepted in which line it stands, and why. `sealed` is the batch where
    this very file was sealed before.
    """

    contract: str
    batch: str
    file_sha256: str
    named: int  # people, by the contract
    accepted: int = 0
    referred: tuple[date, date] | None = None  # the first day and the last
    notices: tuple[tuple[str, int], ...] = ()  # by id, with how many were told by it
    refused: tuple[tuple[int, str], ...] = ()
    listed: int = 0  # rows of the file
    found: int = 0  # people who are enrolled already
    is_too_long: bool = False
    sealed: Enrolled | None = None
    counts_from: str = ""  # label of the first window in which its people count
    waiting: tuple[tuple[str, str], ...] = ()  # windows shown later, and with which: empty if nobody knows

    @property
    def would_seal(self) -> bool:
        return self.accepted == self.named and not self.refused


@dataclass(frozen=True, slots=True)
class _Opened:
    """A batch that is open, the place of the first window in which its people would count, and the policy's leave to
    fill it."""

    contract: Contract
    programme: Programme
    batch: DeclaredBatch
    counts_from: int
    authorised: Authorised

    @property
    def first_window(self) -> str:
        return self.contract.windows[self.counts_from].label

    def ends(self, session: Session, referrals: ReferralList) -> list[str]:
        """The windows that end a block with these people, of a contract that is shown in blocks."""
        new = SealedDays(self.counts_from, len(referrals.accepted), _days_of(referrals))
        shown = shown_windows(session, self.contract.id)
        return list(ends_of_blocks(self.contract, [*sealed_days(session, self.contract), new], shown=shown))

    def read(self, gateway: Gateway, session: Session, file: Path, *, rehearses: bool) -> ReferralList:
        return read_referrals(
            LocalFile(file),
            gateway.boundary(session, rehearses=rehearses),
            self.contract.id,
            period=self.contract.cohort.period_of(self.batch.id),
            notices={notice.id for notice in self.programme.notices},
            taken={row.case_reference: row.subject_id for row in queries.subjects(session, self.contract.id)},
            most=self.batch.size,
            refuse_elsewhere=True,  # totals of two contracts over the same people could be subtracted
        )


def preview(
    gateway: Gateway, contract_id: str, batch_id: str, file: Path, *, progress: Progress = no_progress
) -> EnrolmentPreview:
    """What `enrol` would do with this list. Nobody is enrolled and nothing is sealed; that somebody looked is logged.

    `progress` is told of so many first days that are asked of so many, where windows are shown in blocks. Raises what
    `enrol` raises, but for `EnrolmentRefused`: what is wrong is what it shows.
    """
    digest = file_sha256(LocalFile(file))
    _run_lives(gateway, contract_id, progress)
    with deciding(gateway) as asking:
        opened = _open(gateway, asking, contract_id, batch_id, digest)
        if isinstance(opened, Enrolled):
            return EnrolmentPreview(contract_id, batch_id, digest, opened.count, sealed=opened)
        referrals = opened.read(gateway, asking.session, file, rehearses=True)
        check_look_ups(asking, opened.programme, opened.contract, _ids_found(referrals))
        asking.uow.record(
            EnrolmentPreviewed(
                contract=contract_id,
                batch=batch_id,
                listed=referrals.listed,
                accepted=len(referrals.accepted),
                file_sha256=referrals.file_sha256,
                decision=opened.authorised.id,
                found=len(referrals.found),
            ),
            found_lines(_ids_found(referrals), Purpose.OUTCOME_EVALUATION),
        )
        ends = opened.ends(asking.session, referrals) if referrals.accepted else []
    days = sorted(_days_of(referrals))
    return EnrolmentPreview(
        contract=contract_id,
        batch=batch_id,
        file_sha256=referrals.file_sha256,
        named=opened.batch.size,
        accepted=len(referrals.accepted),
        referred=(days[0], days[-1]) if days else None,
        notices=tuple(sorted(Counter(referral.notice_id for referral in referrals.accepted).items())),
        refused=_lines_named(referrals),
        listed=referrals.listed,
        found=len(referrals.found),
        is_too_long=referrals.is_too_long,
        counts_from=opened.first_window,
        waiting=_waiting(opened, ends) if referrals.accepted else (),
    )


def _waiting(opened: _Opened, ends: list[str]) -> tuple[tuple[str, str], ...]:
    """The windows in which the people of a batch count that are shown later, and with which; empty for unsettled."""
    if not opened.contract.fold.at_most:
        return ()
    folded = in_blocks(opened.contract, ends)
    labels = [window.label for window in folded.windows[opened.counts_from :]]
    return tuple(
        (label, later) for label in labels if (later := shown_with(folded, label)) or is_unsettled(folded, label)
    )


def enrol(gateway: Gateway, contract_id: str, batch_id: str, file: Path, *, previewed_sha256: str = "") -> Enrolled:
    """Enrol everyone on a referral list and seal them as one batch, or store nothing at all.

    From here the batch's membership never changes (invariant 7). The same file again changes nothing.
    `previewed_sha256` is the digest of the list that somebody looked at and said yes to.

    Raises `EnrolmentRefused` with the count of each reason where the list does not hold exactly the number of
    people that the contract names for the batch, `CohortAlreadySealed` for another file, `BatchTooLate` where the
    people would count in no window, `PolicyDenied`, `FileChanged` where it is not the list that was looked at, or
    another `ConnectorError`.
    """
    digest = file_sha256(LocalFile(file))
    _run_lives(gateway, contract_id, no_progress)
    with deciding(gateway) as asking:
        opened = _open(gateway, asking, contract_id, batch_id, digest)
        if isinstance(opened, Enrolled):
            return opened
        referrals = opened.read(gateway, asking.session, file, rehearses=False)
        _keep_refusal(asking, opened, referrals)
        check_look_ups(asking, opened.programme, opened.contract, _ids_found(referrals))
        if not referrals.file_sha256 == digest == (previewed_sha256 or digest):
            raise FileChanged(file=file.name)
        seal = _seal(gateway, asking, opened, referrals, file.name)
        _record_bases(asking, opened.programme, opened.batch, referrals, opened.authorised)
    return Enrolled(contract_id, batch_id, seal.count, seal.sha256, is_new=True)


def _open(gateway: Gateway, asking: Asking, contract_id: str, batch_id: str, digest: str) -> _Opened | Enrolled:
    """The batch, where it is open and the policy allows; or what was sealed before from the file with this digest."""
    contract = newest_contract(asking.session, contract_id)
    programme = gateway.programme(asking.session, contract_id)
    batch = next((batch for batch in contract.cohort.batches if batch.id == batch_id), None)
    sealed = asking.session.get(Batch, (contract_id, batch_id))
    if sealed is not None and sealed.file_sha256 == digest:
        return Enrolled(contract_id, batch_id, sealed.count, sealed.seal_sha256, is_new=False)
    facts = EnrolFacts(
        purpose=Purpose.OUTCOME_EVALUATION,
        contract_sha256=contract_queries.newest_digest(asking.session, contract_id),
        period_within_programme=programme.covers(contract.cohort.enrolment_from, contract.cohort.enrolment_to),
        batch_open=batch is not None and sealed is None and contract.end is None,
    )
    authorised = asking.ask(municipality(programme), Action.ENROL, programme, facts)
    if batch is None or sealed is not None or contract.end is not None:  # the policy has refused this already
        raise CohortAlreadySealed(contract=contract_id, batch=batch_id)
    return _Opened(contract, programme, batch, first_open_window(asking.session, contract, batch_id), authorised)


def _days_of(referrals: ReferralList) -> list[date]:
    return [one.referred_on for one in referrals.accepted]


def _ids_found(referrals: ReferralList) -> list[str]:
    return [one.value for one in referrals.found]


def _lines_named(referrals: ReferralList) -> tuple[tuple[int, str], ...]:
    """The refused lines, with their reasons. Where many are of people enrolled already, those are only counted."""
    hides = len(referrals.found) > FEW
    return tuple(
        (line, reason.value) for line, reason in referrals.refused if not (hides and reason in _TELLS_OF_PEOPLE)
    )


def _keep_refusal(asking: Asking, opened: _Opened, referrals: ReferralList) -> None:
    """What the log holds where this list is not sealed: its digest, its counts, and a line for whoever was found."""
    refused = ReferralListRefused(
        contract=opened.contract.id,
        batch=opened.batch.id,
        listed=referrals.listed,
        accepted=len(referrals.accepted),
        file_sha256=referrals.file_sha256,
        found=len(referrals.found),
    )
    lines = found_lines(_ids_found(referrals), Purpose.OUTCOME_EVALUATION)
    asking.keep(refused, lines, also_now=False)


def _seal(gateway: Gateway, asking: Asking, opened: _Opened, referrals: ReferralList, file_name: str) -> Seal:
    """Store the batch's subjects and log the commitment to them."""
    contract, batch = opened.contract, opened.batch
    if len(referrals.accepted) != batch.size:
        reasons = {reason.value: count for reason, count in referrals.rejected.items()}
        counts = {"accepted": len(referrals.accepted), "the_contract_names": batch.size}
        if referrals.is_too_long:
            counts = {"listed": referrals.listed, "looked_up": 0, "the_contract_names": batch.size}
        raise EnrolmentRefused(
            contract=contract.id,
            batch=batch.id,
            reasons={**counts, **reasons},
            file=file_name,
            lines=_lines_named(referrals),
        )
    ends = opened.ends(asking.session, referrals)
    salt = secrets.token_bytes(32)
    seal = Seal.over(
        contract=contract.id,
        batch=batch.id,
        subjects=[(referral.subject.value, referral.referred_on) for referral in referrals.accepted],
        plan=plan_digest(contract.sha256, opened.first_window, ends, salt),
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
            file_sha256=referrals.file_sha256,
            count=seal.count,
            root_hex=seal.root,
            nonce_hex=seal.nonce,
            sealed_on=seal.sealed_on,
            sealed_at=asking.now,
            seal_sha256=seal.sha256,
            leaf_index=index,
            counts_from=opened.first_window,
            block_ends=ends,
            plan_sha256=seal.plan,
            plan_salt_hex=salt.hex(),
        )
    )
    asking.session.add_all(_subject(contract.id, batch.id, referral) for referral in referrals.accepted)
    asking.uow.record(
        CohortSealed(
            contract=contract.id,
            batch=batch.id,
            count=seal.count,
            seal_sha256=seal.sha256,
            decision=opened.authorised.id,
            counts_from=opened.first_window,
            block_ends=ends,
        ),
        [PersonLine(r.subject.value, "enrol", Purpose.OUTCOME_EVALUATION) for r in referrals.accepted],
    )
    ledger.checkpoint(asking.session, "attest", gateway.log_key("attest"), at=asking.now)
    return seal


def _run_lives(gateway: Gateway, contract_id: str, progress: Progress) -> None:
    """Run what the plan of blocks is made from, for seconds, before anybody waits for the writer."""
    with gateway.store.read() as session:
        contract = newest_contract(session, contract_id)
    if contract.fold.at_most:
        known_movers(contract, progress=progress)


def _record_bases(
    asking: Asking, programme: Programme, batch: DeclaredBatch, referrals: ReferralList, authorised: Authorised
) -> None:
    """Record for everybody that they were told, and the statutory basis where the programme rests on one.

    A consent is never assumed: where the programme requires one, nobody is followed before it was registered.
    """
    if RecordKind.STATUTORY_BASIS not in programme.requirements.bases:
        return
    told = {notice_id: _newest(programme, notice_id) for notice_id in {r.notice_id for r in referrals.accepted}}
    asking.session.add_all(
        BasisRow(
            record_id=str(uuid.uuid4()),
            change=Change.BEGINS,
            subject_id=referral.subject.value,
            contract_id=programme.contract_id,
            kind=RecordKind.STATUTORY_BASIS,
            purposes=sorted(FOLLOWED_FOR),
            notice_id=referral.notice_id,
            notice_version=told[referral.notice_id].version,
            valid_to=None,
            channel="referral_list",
            at=asking.now,
        )
        for referral in referrals.accepted
    )
    for notice_id, people in sorted(Counter(r.notice_id for r in referrals.accepted).items()):
        asking.uow.record(
            BasesRecorded(
                contract=programme.contract_id,
                batch=batch.id,
                notice=notice_id,
                notice_version=told[notice_id].version,
                people=people,
                decision=authorised.id,
            ),
            [
                PersonLine(referral.subject.value, "notice", Purpose.OUTCOME_EVALUATION)
                for referral in referrals.accepted
                if referral.notice_id == notice_id
            ],
        )


def _newest(programme: Programme, notice_id: str) -> Notice:
    notice = programme.notice(notice_id)
    if notice is None:  # the reader of the list has refused it, and every notice has a Danish text
        raise EnrolmentRefused(contract=programme.contract_id, batch="", reasons={"no_notice": 1})
    return notice


def _subject(contract_id: str, batch_id: str, referral: Referral) -> Subject:
    return Subject(
        subject_id=referral.subject.value,
        contract_id=contract_id,
        batch_id=batch_id,
        enrolled_on=referral.referred_on,
        case_reference=referral.case_reference,
        notice_id=referral.notice_id,
    )
