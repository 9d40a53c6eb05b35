"""Use case: an auditor draws a sample of the people behind an attestation, so that nobody can steer it.

The seed is SHA-256 over the canonical JSON of the auditor's nonce, the SHA-256 of the attestation's JWT and the roots
of the sealed batches that it names, in the order of their ids. Each person has a rank, SHA-256(seed ‖ subject id);
those with the lowest ranks are taken. The municipality fixed attestation and roots before it knew the nonce; the
auditor, who chooses the nonce, knows no subject id. A larger sample of one nonce holds every smaller one. Every draw is
numbered and logged, and how many came before it is part of what the auditor signs: drawing until it fits is not
prevented, it is seen.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from gateway.attestations.seals import named_batches
from gateway.errors.audit import AuditRefused, SampleUnknown
from gateway.errors.contracts import WindowUnknown
from gateway.events.audit import AuditSampleDrawn
from gateway.events.event import PersonLine
from gateway.installation.authority import Asking, Authorised, deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.release import countersigned
from gateway.release.issuing import jwt_sha256, token_of
from gateway.store import basis, queries
from gateway.store.audit_tables import AuditItem, AuditSample
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from policies.basis import RecordKind, StopReason
from policies.facts import AuditFacts
from policies.programme import Programme
from policies.terms import Action, Purpose, Role

_NONCE = re.compile(r"([0-9a-f]{2}){16,64}")
# whoever left was read until then; every other stop says that the person's data are not to be read
_LEFT = frozenset({StopReason.EXITED, StopReason.PRISON, StopReason.COHABITATION, StopReason.MISTAKEN})
ERASED, NOT_TO_BE_READ = "erased", "not_to_be_read"


@dataclass(frozen=True, slots=True)
class SampleShown:
    """A sample and how far it has come, for the auditor and the controller's staff: it tells no person and no finding.

    `position` is 1 for the first draw of its attestation. Of the `population` behind it `people` were drawn, and of
    `found` of them something was found; `not_drawn` counts, by reason, who could not be. `rows_until` is the last day
    on which rows may be shown, None where nobody approved that; `verdict` is empty until the sample is closed.
    """

    id: str
    contract: str
    window: str
    template: str
    recipient: str
    position: int
    seed: str
    population: int
    people: int
    not_drawn: Mapping[str, int]
    drawn_on: date
    rows_until: date | None
    found: int
    verdict: str
    is_countersigned: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample that was asked for. `is_new` is false where the same inputs had drawn it before."""

    sample: SampleShown
    is_new: bool


def seed_of(*, nonce: str, attestation: str, roots: Sequence[str]) -> str:
    """The seed of a draw, in hexadecimal, from hexadecimal parts."""
    body = {"attestation": attestation, "nonce": nonce, "roots": list(roots)}
    return hashlib.sha256(canonical.dumps(body)).hexdigest()


def drawing_order(seed: str, subjects: Collection[str]) -> list[str]:
    """Subject ids in the order in which this seed draws them."""
    start = bytes.fromhex(seed)
    return sorted(set(subjects), key=lambda subject: hashlib.sha256(start + bytes.fromhex(subject)).digest())


def draw(
    gateway: Gateway, contract_id: str, window: str, template: str, recipient: str, *, size: int, nonce: str
) -> Drawn:
    """Draw `size` people behind the standing attestation of a window; the same inputs give the same sample.

    The population is everyone in the batches that the attestation rests on. Who was erased cannot be drawn, and who
    objected, withdrew or has the processing restricted is not: both are counted. Raises `AuditRefused`, `PolicyDenied`,
    `ContractUnknown`, `WindowUnknown`.
    """
    nonce = nonce.strip().lower()
    with deciding(gateway) as asking:
        session = asking.session
        programme = gateway.programme(session, contract_id)
        gateway.contract(session, contract_id).window(window)
        row = standing_attestation(session, contract_id, window, template, recipient)
        authorised = ask_to_audit(asking, programme, row)
        if row is None:  # P92 has refused this already
            raise WindowUnknown(contract=contract_id, window=window)
        if not _NONCE.fullmatch(nonce):
            raise AuditRefused(reason="a nonce is 16 to 64 random bytes in hexadecimal, made by the auditor")
        named = named_batches(row.draft)
        batches = [batch for batch in queries.batches(session, contract_id) if batch.batch_id in named]
        seed = seed_of(nonce=nonce, attestation=jwt_sha256(token_of(row)), roots=[batch.root_hex for batch in batches])
        earlier = session.exec(select(AuditSample).where(AuditSample.release_id == row.id)).all()
        known = next((one for one in earlier if (one.seed, one.asked) == (seed, size)), None)
        if known is not None:
            _record(asking, known, window, authorised, drawn=(), again=True)
            return Drawn(_sample_shown(session, known, row), is_new=False)
        people = queries.subjects(session, contract_id)
        everyone = [subject.subject_id for subject in people if subject.batch_id in named]
        held = not_to_be_read(session, programme, everyone, at=asking.now)
        can_be_drawn = [subject for subject in everyone if subject not in held]
        if not 0 < size <= len(can_be_drawn):
            raise AuditRefused(reason=f"the size must be 1 to {len(can_be_drawn)}, who can be drawn")
        population = sum(batch.count for batch in batches)
        sample = AuditSample(
            id=str(uuid.uuid4()),
            contract_id=contract_id,
            release_id=row.id,
            position=len(earlier) + 1,
            nonce=nonce,
            seed=seed,
            asked=size,
            population=population,
            not_drawn={ERASED: population - len(everyone), NOT_TO_BE_READ: len(held)},
            drawn_by=gateway.actor.name,
            drawn_at=asking.now,
        )
        drawn = drawing_order(seed, can_be_drawn)[:size]
        session.add(sample)
        session.add_all(
            AuditItem(sample_id=sample.id, item=number, subject_id=subject, weeks=[], salt=b"")
            for number, subject in enumerate(drawn, start=1)
        )
        session.flush()
        _record(asking, sample, window, authorised, drawn=drawn, again=False)
        return Drawn(_sample_shown(session, sample, row), is_new=True)


def ask_to_audit(asking: Asking, programme: Programme, row: ReleaseRow | None) -> Authorised:
    """The decision on a step of an audit of this release; `PolicyDenied` with its refusal recorded."""
    facts = AuditFacts(
        purpose=Purpose.AUDIT,
        appointment_valid=asking.is_appointed(programme, Role.AUDITOR),
        attestation_stands=row is not None and stands(asking.session, row),
    )
    return asking.ask(staff_party(programme, Role.AUDITOR), Action.AUDIT, programme, facts)


def stands(session: Session, row: ReleaseRow) -> bool:
    """Whether an attestation is issued, and nothing superseded it."""
    others = queries.releases(session, row.contract_id)
    return row.state == "issued" and not any(other.supersedes == row.id and other.state == "issued" for other in others)


def not_to_be_read(session: Session, programme: Programme, subjects: Collection[str], *, at: datetime) -> set[str]:
    """Who of these people objected, withdrew, has the processing restricted, or is protected where the programme leaves
    protected people out: their rows are shown to nobody, an auditor included.
    """
    stops = basis.stops(session, programme, subjects, at=at)
    held = {subject for subject, stop in stops.items() if stop.reason not in _LEFT}
    if programme.requirements.excludes_protected:
        held |= basis.having(session, programme.contract_id, RecordKind.PROTECTION, at=at).keys() & set(subjects)
    return held


def find_sample(session: Session, sample_id: str) -> tuple[AuditSample, ReleaseRow]:
    """A sample and the release that it is of; `SampleUnknown`."""
    sample = session.get(AuditSample, sample_id)
    if sample is None:
        raise SampleUnknown(sample=sample_id)
    return sample, session.get_one(ReleaseRow, sample.release_id)


def items(session: Session, sample_id: str) -> Sequence[AuditItem]:
    """The items of a sample, by number."""
    return session.exec(select(AuditItem).where(AuditItem.sample_id == sample_id).order_by(col(AuditItem.item))).all()


def list_samples(session: Session, contract_id: str = "") -> tuple[SampleShown, ...]:
    """The samples of one contract or of all, oldest first."""
    query = select(AuditSample).order_by(col(AuditSample.drawn_at), AuditSample.id)
    rows = session.exec(query.where(AuditSample.contract_id == contract_id) if contract_id else query).all()
    return tuple(_sample_shown(session, row, session.get_one(ReleaseRow, row.release_id)) for row in rows)


def _sample_shown(session: Session, sample: AuditSample, release: ReleaseRow) -> SampleShown:
    everyone = items(session, sample.id)
    return SampleShown(
        id=sample.id,
        contract=sample.contract_id,
        window=release.window,
        template=release.template,
        recipient=release.recipient_role,
        position=sample.position,
        seed=sample.seed,
        population=sample.population,
        people=len(everyone),
        not_drawn=dict(sample.not_drawn),
        drawn_on=sample.drawn_at.date(),
        rows_until=sample.approved_until,
        found=sum(bool(one.digest) for one in everyone),
        verdict=sample.verdict,
        is_countersigned=any(one.sample_id == sample.id for one in countersigned.rows(session, release.id)),
    )


def standing_attestation(
    session: Session, contract_id: str, window: str, template: str, recipient: str
) -> ReleaseRow | None:
    """The newest issued attestation of a window and recipient, or None."""
    key = (window, template, recipient, "issued")
    rows = [
        row
        for row in queries.releases(session, contract_id)
        if (row.window, row.template, row.recipient_role, row.state) == key
    ]
    return max(rows, key=lambda row: row.revision, default=None)


def _record(
    asking: Asking,
    sample: AuditSample,
    window: str,
    authorised: Authorised,
    *,
    drawn: Sequence[str],
    again: bool,
) -> None:
    asking.uow.record(
        AuditSampleDrawn(
            contract=sample.contract_id,
            window=window,
            release=sample.release_id,
            sample=sample.id,
            position=sample.position,
            nonce=sample.nonce,
            seed=sample.seed,
            asked=sample.asked,
            population=sample.population,
            not_drawn=sample.not_drawn,
            again=again,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        # in the order of the ids: the log does not tell who has which item
        [PersonLine(subject, "sampled", Purpose.AUDIT) for subject in sorted(drawn)],
    )
