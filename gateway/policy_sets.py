"""The policy set in force: its text, kept so that any decision can be judged again, and a signed approval of it.

The rules come with the software. A new version of the software may bring other rules, and an attacker with the disk
may bring worse ones: so the set on disk decides nothing until it was approved, by two people, with the signature of the
manifest key. The first set is approved by whoever installs.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlmodel import Session, col, select

from gateway.attestations.jws import sign_compact
from gateway.store.rights_tables import PolicySetRow
from keys.signer import Signer
from outcome_verifier import jws
from policies.errors import PolicySetInvalid
from policies.ruleset import SCHEMA_FILE, RuleSet, read_ruleset

TYPE = "policy-set+jwt"


def approve(session: Session, rules: RuleSet, *, anchor: Signer, issuer: str, by: str, now: datetime) -> PolicySetRow:
    """Put a policy set in force, signed with the manifest key. `by` names who approved, the second person last."""
    claims: dict[str, object] = {"iss": issuer, "iat": int(now.timestamp()), "policy_set_sha256": rules.sha256}
    token = sign_compact(anchor, header={"typ": TYPE, "kid": anchor.kid}, claims=claims)
    newest = in_force(session)
    row = PolicySetRow(
        position=1 if newest is None else newest.position + 1,
        sha256=rules.sha256,
        files={**rules.texts, SCHEMA_FILE: rules.schema},
        approval=token,
        approved_by=by,
        approved_at=now,
    )
    session.add(row)
    session.flush()
    return row


def in_force(session: Session) -> PolicySetRow | None:
    """The set that was approved last."""
    return session.exec(select(PolicySetRow).order_by(col(PolicySetRow.position).desc())).first()


def ruleset(session: Session, sha256: str) -> RuleSet | None:
    """A set that was in force once, by its digest."""
    row = session.exec(select(PolicySetRow).where(PolicySetRow.sha256 == sha256)).first()
    if row is None:
        return None
    files = dict(row.files)
    return read_ruleset(
        dict(sorted((n, t) for n, t in files.items() if n != SCHEMA_FILE)), schema=files[SCHEMA_FILE], sha256=sha256
    )


def check_approved(session: Session, rules: RuleSet, *, anchor: Signer) -> None:
    """Refuse to decide with rules that nobody approved. Raises `PolicySetInvalid`."""
    row = in_force(session)
    if row is None or row.sha256 != rules.sha256:
        raise PolicySetInvalid(
            where="the policy set on this disk",
            reason="is not the one that was approved: `gateway policy propose`, and a second person `gateway policy"
            " approve`",
        )
    try:
        token = jws.parse(row.approval, typ=TYPE, members=frozenset())
        jws.verify_signature(token, jws.public_key(dict(anchor.public_jwk)))
        signed = token.payload.get("policy_set_sha256")
    except ValueError:
        signed = None
    if signed != rules.sha256:
        raise PolicySetInvalid(where="the policy set's approval", reason="was not signed by the manifest key")


def approval_sha256(row: PolicySetRow) -> str:
    return hashlib.sha256(row.approval.encode("ascii")).hexdigest()
