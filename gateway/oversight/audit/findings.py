"""Use case: an auditor says of each sampled person whether what counted agrees with the sources, and closes the sample.

A finding is salted and hashed, and the digest of all of them is what the auditor signs: so it binds every finding, and
tells none. Whoever was erased, or is not to be read any more, before anything was found is left out and counted.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, select

from gateway.errors.audit import AuditRefused
from gateway.events.audit import AuditClosed, FindingRecorded
from gateway.events.event import PersonLine
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.outcomes.calendar import needed_weeks
from gateway.oversight.audit.counted_people import last_week, rules_of
from gateway.oversight.audit.sampling import ask_to_audit, find_sample, items, not_to_be_read
from gateway.store.audit_tables import AuditItem, AuditSample
from gateway.wording.views import JsonValue
from outcome_verifier import canonical
from outcome_verifier.countersignature import AGREED, DEVIATIONS
from policies.terms import Purpose, Role
from vocabulary.weeks import Week

SALT_BYTES = 32


class Deviation(StrEnum):
    """Why what was counted does not agree with the sources: a closed list, so that nothing is told of a person."""

    ROW_MISSING = "row_missing"  # the source has a row that was not counted, or has none of one that was
    OTHER_CODE = "other_code"
    OTHER_HOURS = "other_hours"
    WRONG_PERSON = "wrong_person"
    WRONG_WEEK_RULE = "wrong_week_rule"  # the data agree, and the contract's rule was applied otherwise
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ClosedSample:
    """A closed sample: the findings for the auditor to sign, and the items that their digest is of."""

    findings: bytes  # canonical JSON
    items: bytes  # canonical JSON
    verdict: str
    size: int
    left_out: int


def find(
    gateway: Gateway,
    sample_id: str,
    item: int,
    *,
    deviation: Deviation | None = None,
    weeks: Sequence[tuple[Week, Week]] = (),
) -> None:
    """Record that an item agrees, or why not and in which weeks; until the sample is closed a later word replaces it.

    Only of what was shown can anything be found. Raises `SampleUnknown`, `AuditRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        sample, row = find_sample(asking.session, sample_id)
        programme = gateway.programme(asking.session, sample.contract_id)
        authorised = ask_to_audit(asking, programme, row)
        found = _open_item(sample, asking.session.get(AuditItem, (sample.id, item)))
        if (deviation is None) == bool(weeks):
            raise AuditRefused(reason="a deviation names its weeks, and an agreement has none")
        contract = rules_of(asking.session, row).contract
        first, last = needed_weeks(contract)[0], last_week(contract, row)
        if any(not first <= start <= end <= last for start, end in weeks):
            raise AuditRefused(reason=f"the weeks must lie, in order, within {first} to {last}")
        found.agrees, found.reason = deviation is None, "" if deviation is None else deviation.value
        found.weeks = [f"{start}..{end}" for start, end in weeks]
        found.salt, found.found_at = secrets.token_bytes(SALT_BYTES), asking.now
        found.digest = digest_of(found)
        asking.session.add(found)
        asking.uow.record(
            FindingRecorded(
                contract=sample.contract_id,
                sample=sample.id,
                item=item,
                digest=found.digest,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            [PersonLine(found.subject_id, "found", Purpose.AUDIT)],
        )


def close(gateway: Gateway, sample_id: str) -> ClosedSample:
    """Close a sample of which something was found for every item, and return what is to be signed; again, the same.

    Raises `SampleUnknown`, `AuditRefused`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        session = asking.session
        sample, row = find_sample(session, sample_id)
        programme = gateway.programme(session, sample.contract_id)
        authorised = ask_to_audit(asking, programme, row)
        is_new = sample.closed_at is None
        everyone = items(session, sample.id)
        found = [one for one in everyone if one.digest]
        subjects = [one.subject_id for one in everyone if one.subject_id]
        if is_new:
            held = not_to_be_read(session, programme, subjects, at=asking.now)
            waiting = [one.item for one in everyone if not one.digest and one.subject_id and one.subject_id not in held]
            if waiting:
                raise AuditRefused(reason=f"nothing was found yet of item {', '.join(map(str, waiting))}")
            if not found:
                raise AuditRefused(reason="nobody is left in the sample")
            sample.closed_at, sample.size = asking.now, len(found)
            sample.items_sha256 = hashlib.sha256(items_body(sample, everyone)).hexdigest()
            sample.verdict = AGREED if all(one.agrees for one in found) else DEVIATIONS
            session.add(sample)
        asking.uow.record(
            AuditClosed(
                contract=sample.contract_id,
                sample=sample.id,
                size=sample.size,
                items_sha256=sample.items_sha256,
                verdict=sample.verdict,
                again=not is_new,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            [PersonLine(subject, "audit_closed", Purpose.AUDIT) for subject in sorted(subjects)],
        )
        auditor = programme.party(Role.AUDITOR)
        if auditor is None:  # P01 has refused this already
            raise AuditRefused(reason="the programme names no auditor")
        body = canonical.dumps(findings_body(sample, auditor.organisation)) + b"\n"
        return ClosedSample(
            body, items_body(sample, everyone), sample.verdict, sample.size, len(everyone) - sample.size
        )


def findings_body(sample: AuditSample, auditor: str) -> dict[str, JsonValue]:
    """What the auditor signs, but for the attestation that it is about."""
    return {
        "auditor": auditor,
        "sample": {
            "size": sample.size,
            "population": sample.population,
            "draw": sample.position,
            "seed": sample.seed,
            "items_sha256": sample.items_sha256,
        },
        "verdict": sample.verdict,
    }


def items_body(sample: AuditSample, everyone: Sequence[AuditItem]) -> bytes:
    """What `items_sha256` is of, as canonical JSON: salted digests and counts, and nobody."""
    body = {
        "asked": sample.asked,
        "items": [{"item": one.item, "sha256": one.digest} for one in everyone if one.digest],
        "not_drawn": sample.not_drawn,
        "nonce": sample.nonce,
    }
    return canonical.dumps(body)


def digest_of(one: AuditItem) -> str:
    """SHA-256 over the salt and the canonical finding, in hexadecimal."""
    body = {"agrees": one.agrees, "item": one.item, "reason": one.reason, "weeks": list(one.weeks)}
    return hashlib.sha256(one.salt + canonical.dumps(body)).hexdigest()


def forget(session: Session, subject: str) -> int:
    """Take an erased person out of every sample, and return of how many: the digests of what was found stay."""
    rows = session.exec(select(AuditItem).where(AuditItem.subject_id == subject)).all()
    for row in rows:
        row.subject_id, row.salt, row.reason, row.weeks = "", b"", "", []
        session.add(row)
    return len(rows)


def _open_item(sample: AuditSample, found: AuditItem | None) -> AuditItem:
    """The item, where something may still be found of it. Raises `AuditRefused`."""
    if sample.closed_at is not None:
        raise AuditRefused(reason="the sample is closed")
    if found is None:
        raise AuditRefused(reason="the sample has no such item")
    if not found.subject_id:
        raise AuditRefused(reason="the person was erased, and is left out when the sample is closed")
    if found.shown_at is None:
        raise AuditRefused(reason="the item was not shown yet; `gateway audit rows` shows it")
    return found
