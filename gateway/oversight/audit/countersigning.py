"""Use case: what an auditor signed is taken in, whatever it says, and goes into the bundle from then on.

It must be about a closed sample of the very attestation, say what was found, and be signed with the key that the
programme's appointment names while that appointment was in force. Whoever may run the command may take it in: there is
nothing to decide. An agreement gives way to later deviations of the same auditor, and never the other way round.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session, select

from gateway.contracts import accepted
from gateway.errors.audit import CountersignatureRefused
from gateway.events.audit import CountersignatureTaken
from gateway.installation.gateway import Gateway
from gateway.oversight.audit.findings import findings_body
from gateway.release import countersigned
from gateway.release.issuing import jwt_sha256, token_of
from gateway.store.audit_tables import AuditSample, CountersignatureRow
from gateway.store.tables import ReleaseRow, SigningKeyRow
from gateway.wording.views import JsonValue
from outcome_verifier import canonical, countersignature, jws
from policies.programme import Programme
from policies.terms import Role


@dataclass(frozen=True, slots=True)
class TakenCountersignature:
    """What an auditor's token says, and with which key. `is_new` is false where the very token had been taken in."""

    verdict: str
    kid: str
    is_new: bool


def take(gateway: Gateway, token: str) -> TakenCountersignature:
    """Take in a countersignature; the same one again changes nothing.

    Raises `CountersignatureRefused` with the reason.
    """
    token = token.strip()
    with gateway.write() as uow:
        session = uow.session
        claims = _claims(token)
        release = _release(session, claims)
        said = _read(token, release, now=uow.now)
        programme = gateway.programme(session, release.contract_id)
        _check_key(gateway, session, programme, said)
        sample = _sample(session, programme, release, claims)
        digest = hashlib.sha256(token.encode("ascii")).hexdigest()
        known = session.get(CountersignatureRow, digest)
        if known is not None:
            return TakenCountersignature(known.verdict, known.kid, is_new=False)
        mine = [row for row in countersigned.rows(session, release.id) if row.kid == said.kid]
        if any(row.verdict in (countersignature.DEVIATIONS, said.verdict) for row in mine):
            raise CountersignatureRefused(reason="this auditor has countersigned the attestation already")
        row = CountersignatureRow(
            token_sha256=digest,
            release_id=release.id,
            sample_id=sample.id,
            token=token,
            kid=said.kid,
            verdict=said.verdict,
            taken_by=gateway.actor.name,
            at=uow.now,
        )
        session.add(row)
        uow.record(
            CountersignatureTaken(
                contract=release.contract_id,
                release=release.id,
                sample=sample.id,
                key=said.kid,
                verdict=said.verdict,
                token_sha256=digest,
            )
        )
    return TakenCountersignature(said.verdict, said.kid, is_new=True)


def _claims(token: str) -> Mapping[str, JsonValue]:
    """What a token says. Nothing of it is believed yet."""
    try:
        return jws.parse(token, typ=countersignature.TYPE, members=frozenset({"jwk"})).payload
    except (ValueError, KeyError, TypeError):
        raise CountersignatureRefused(reason="it is no countersignature") from None


def _release(session: Session, claims: Mapping[str, JsonValue]) -> ReleaseRow:
    """The issued release that it is about."""
    about = claims.get("attestation")
    jti = about.get("jti") if isinstance(about, dict) else None
    query = select(ReleaseRow).where(ReleaseRow.jti == str(jti), ReleaseRow.state == "issued")
    row = session.exec(query).one_or_none()
    if row is None:
        raise CountersignatureRefused(reason="it is about no attestation of this gateway")
    return row


def _read(token: str, row: ReleaseRow, *, now: datetime) -> countersignature.Countersignature:
    """The countersignature, as whoever gets the bundle will read it."""
    visible = canonical.loads(row.draft)["visible"]
    digest = jwt_sha256(token_of(row))
    try:
        return countersignature.read(token, claims=visible, jwt_sha256=digest, now=int(now.timestamp()))
    except (ValueError, KeyError, TypeError) as error:
        raise CountersignatureRefused(reason=str(error)) from None


def _check_key(
    gateway: Gateway, session: Session, programme: Programme, said: countersignature.Countersignature
) -> None:
    appointment = programme.auditor_with(said.kid)
    if appointment is None:
        raise CountersignatureRefused(reason="it is signed with the key of no auditor whom the programme names")
    if datetime.fromtimestamp(said.at, UTC).date() > appointment.until:
        raise CountersignatureRefused(reason="it was signed after the auditor's appointment had ended")
    ours = {row.kid for row in session.exec(select(SigningKeyRow))} | {gateway.anchor().kid}
    theirs = set(accepted.known_keys(session).values())
    if said.kid in ours | theirs:
        raise CountersignatureRefused(reason="it is signed with a key of the municipality or of a party")


def _sample(session: Session, programme: Programme, row: ReleaseRow, claims: Mapping[str, JsonValue]) -> AuditSample:
    """The closed sample whose findings it says, to the letter."""
    party = programme.party(Role.AUDITOR)
    said = {name: claims[name] for name in ("auditor", "sample", "verdict")}
    query = select(AuditSample).where(AuditSample.release_id == row.id, AuditSample.verdict != "")
    for sample in session.exec(query):
        if party is not None and said == findings_body(sample, party.organisation):
            return sample
    raise CountersignatureRefused(reason="it says something else than what was found in a sample of the attestation")
