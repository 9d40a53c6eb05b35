"""The policy set in force: its text, kept so that any decision can be judged again, and signed approvals in a chain.

The rules come with the software. A new version of the software may bring other rules, and an attacker with the disk
may bring worse ones: so the set on disk decides nothing until it was approved, by two people, with the signature of the
manifest key. The first set is approved by whoever installs. Every approval signs its place and the digest of the one
before it, and the access log names it: so an older approval cannot be put last, and the last one cannot be taken away.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, literal_column
from sqlmodel import Session, col, select

from gateway.attestations.jws import sign_compact
from gateway.events.rights import PolicySetApproved
from gateway.store.log_tables import LogEntry
from gateway.store.rights_tables import PolicySetRow
from keys.signer import Signer
from outcome_verifier import canonical, jws
from policies.errors import PolicySetInvalid
from policies.ruleset import CASES, SCHEMA_FILE, RuleSet, digest_of, read_ruleset

TYPE = "policy-set+jwt"


def approve(session: Session, rules: RuleSet, *, anchor: Signer, issuer: str, by: str, now: datetime) -> PolicySetRow:
    """Put a policy set in force, signed with the manifest key. `by` names who approved, the second person last.

    The caller records `PolicySetApproved` in the same transaction. Raises `PolicySetInvalid` where the approvals so far
    do not hold.
    """
    rows = approvals(session, anchor=anchor, issuer=issuer)
    position, before = len(rows) + 1, approval_sha256(rows[-1]) if rows else ""
    claims: dict[str, object] = {
        "iss": issuer,
        "iat": int(now.timestamp()),
        **_approval_content(position=position, sha256=rules.sha256, before=before),
    }
    row = PolicySetRow(
        position=position,
        sha256=rules.sha256,
        files=rules.files,
        approval=sign_compact(anchor, header={"typ": TYPE, "kid": anchor.kid}, claims=claims),
        approved_by=by,
        approved_at=now,
    )
    session.add(row)
    session.flush()
    return row


def in_force(session: Session) -> PolicySetRow | None:
    """The set that was approved last; `approvals` says whether that holds."""
    return session.exec(select(PolicySetRow).order_by(col(PolicySetRow.position).desc())).first()


def ruleset(session: Session, sha256: str) -> RuleSet | None:
    """A set that was in force once, by its digest. Raises `PolicySetInvalid` where its text was changed since."""
    row = session.exec(select(PolicySetRow).where(PolicySetRow.sha256 == sha256)).first()
    if row is None:
        return None
    files = dict(row.files)
    if digest_of(files) != sha256:
        raise PolicySetInvalid(where=f"the stored policy set {row.position}", reason="has another text than its digest")
    schema, cases = files.pop(SCHEMA_FILE), files.pop(CASES)
    return read_ruleset(dict(sorted(files.items())), schema=schema, sha256=sha256, cases=cases)


def approvals(session: Session, *, anchor: Signer, issuer: str) -> list[PolicySetRow]:
    """Every approval, the first one first: each signed for its place and for the one before it, the last one logged.

    Raises `PolicySetInvalid` naming the first that is not.
    """
    rows = list(session.exec(select(PolicySetRow).order_by(col(PolicySetRow.position))))
    key, before = jws.public_key(dict(anchor.public_jwk)), ""
    for position, row in enumerate(rows, start=1):
        expected = {"iss": issuer, **_approval_content(position=position, sha256=row.sha256, before=before)}
        try:
            token = jws.parse(row.approval, typ=TYPE, members=frozenset())
            jws.verify_signature(token, key)
            signed = {name: token.payload.get(name) for name in expected}
        except ValueError:
            signed = {}
        if signed != expected or row.position != position:
            raise PolicySetInvalid(
                where=f"approval {position} of the policy sets",
                reason="was not signed by the manifest key for this set at this place",
            )
        before = approval_sha256(row)
    if before != _logged_last(session):
        raise PolicySetInvalid(where="the policy set approved last", reason="is not the one that the access log names")
    return rows


def check_approved(session: Session, rules: RuleSet, *, anchor: Signer, issuer: str) -> None:
    """Refuse to decide with rules that are not the ones approved last. Raises `PolicySetInvalid`."""
    rows = approvals(session, anchor=anchor, issuer=issuer)
    if not rows or rows[-1].sha256 != rules.sha256:
        raise PolicySetInvalid(
            where="the policy set on this disk",
            reason="is not the one that was approved: `gateway policy propose`, and a second person `gateway policy"
            " approve`",
        )


def approval_sha256(row: PolicySetRow) -> str:
    return hashlib.sha256(row.approval.encode("ascii")).hexdigest()


def _approval_content(*, position: int, sha256: str, before: str) -> dict[str, object]:
    """What an approval signs; `before` is the digest of the approval before it, empty for the first."""
    return {"position": position, "policy_set_sha256": sha256, "previous_approval_sha256": before}


def _logged_last(session: Session) -> str:
    """The digest of the approval that the access log names last, or empty. The log has an index for just this."""
    # as a literal: a bound value would not let the database see that its partial index fits
    kind: ColumnElement[str] = literal_column(f"'{PolicySetApproved.kind}'")
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == kind)
    body = session.exec(query.order_by(col(LogEntry.idx).desc()).limit(1)).first()
    return "" if body is None else str(canonical.loads(body.encode("utf-8"))["approval_sha256"])
