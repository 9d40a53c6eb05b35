"""Steps 7 to 10 of the release cycle: from a committed intent to a bundle that is handed out.

7  sign           the SD-JWT, with fresh salts, under a decision of this very transaction
8  append         leaf, checkpoint and receipt; the bundle with seals and status
9  self-verify    the finished bundle, with the investor's verifier
10 hand out       committed first; the same request again gives the same attestation
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from gateway.attestations import claims, status
from gateway.contracts import accepted
from gateway.errors.signer import SignerRefused
from gateway.events.releases import BundleHandedOut, ReleaseIssued, ReleaseSuperseded
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of, newest_contract
from gateway.outcomes.successors import holder_today
from gateway.release import countersigned
from gateway.release.bundle import assemble
from gateway.release.publication import check_continues
from gateway.release.states import ReleaseAction, ReleaseState, after
from gateway.store import contract_queries, ledger, queries
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical, sdjwt
from outcome_verifier.bundle import attestation_leaf
from policies.terms import Party, Role
from vocabulary.releases import Template

_DECOYS = 3


@dataclass(frozen=True, slots=True)
class Released:
    """A handed-out attestation: its evidence bundle and where it stands in the log."""

    release: str
    contract: str
    window: str
    template: str
    recipient: str
    revision: int
    bundle: bytes
    log: str
    leaf_index: int
    is_new: bool


def issue(gateway: Gateway, asking: Asking, row: ReleaseRow, authorised: Authorised) -> Released:
    """Steps 7 to 9, in one transaction; what the attestation supersedes is turned invalid in the same one.

    The key that is active now signs, and the time that the log holds is this transaction's. Raises `SignerRefused`
    unless `authorised` was decided in this transaction, for this release.
    """
    _check_authorised(gateway, asking, row, authorised)
    session, draft = asking.session, canonical.loads(row.draft)
    check_continues(gateway, session)  # a log that went back must not sign over places that were given away
    signer, key = gateway.signer(session), queries.active_key(session)
    header = {"alg": signer.alg, "typ": sdjwt.TYPE, "kid": signer.kid, "iat": draft["visible"]["iat"]}
    if key is not None and key.x5c:
        header["x5c"] = key.x5c
    token = sdjwt.issue(  # 7
        draft["visible"],
        draft["disclosable"],
        header=header,
        sign=signer.sign,
        salts=secrets.token_bytes,
        decoys=_DECOYS,
    )
    log, digest = claims.LOGS[Template(row.template)], jwt_sha256(token)
    leaf = canonical.dumps(attestation_leaf(row.jti, digest, row.status_index, int(asking.now.timestamp())))
    row.leaf_index = ledger.append(  # 8
        session, log, leaf_data=leaf, kind="attestation", body=leaf.decode(), nonce=b"", at=asking.now
    )
    row.state, row.issued_at = after(ReleaseState(row.state), ReleaseAction.ISSUE), asking.now
    session.add(row)
    if row.supersedes:
        replaced = session.get_one(ReleaseRow, row.supersedes)
        status.revoke(session, replaced.status_index, now=asking.now)
        asking.uow.record(ReleaseSuperseded(release=replaced.id, successor=row.id))
    row.bundle = _assemble(gateway, asking, row, token)  # 8, 9
    asking.uow.record(
        ReleaseIssued(
            contract=row.contract_id,
            window=row.window,
            template=row.template,
            recipient=row.recipient_role,
            release=row.id,
            jwt_sha256=digest,
            log=log,
            leaf_index=row.leaf_index,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        )
    )
    session.flush()
    return _released_bundle(row, is_new=True)


def hand_out(gateway: Gateway, asking: Asking, row: ReleaseRow, requested_by: Party | None = None) -> Released:
    """Step 10 for an attestation that exists: with a fresh status and receipt, and with what superseded it."""
    row.bundle = _assemble(gateway, asking, row, token_of(row))
    asking.session.add(row)
    asking.uow.record(BundleHandedOut(release=row.id, to=str(requested_by or "municipality")))
    asking.session.flush()
    return _released_bundle(row, is_new=False)


def token_of(row: ReleaseRow) -> str:
    """The SD-JWT of an issued attestation, with every disclosure."""
    return str(canonical.loads((row.bundle or b"").rstrip(b"\n"))["attestation"])


def jwt_sha256(token: str) -> str:
    """SHA-256 of the issuer-signed JWT, without disclosures: what the log and a correction point at."""
    return hashlib.sha256(token.split("~")[0].encode("ascii")).hexdigest()


def _check_authorised(gateway: Gateway, asking: Asking, row: ReleaseRow, authorised: Authorised) -> None:
    decision = authorised.decision
    asked = (decision.action, decision.principal, decision.programme)
    chain = newest_contract(asking.session, row.contract_id)
    named = holder_today(chain, row.recipient_role, row.recipient_organisation)
    recipient = Party(named, Role(row.recipient_role))
    programme = gateway.programme(asking.session, row.contract_id)
    if not asking.has_allowed(authorised) or asked != (claims.ACTIONS[Template(row.template)], recipient, programme.id):
        raise SignerRefused(release=row.id)


def _assemble(gateway: Gateway, asking: Asking, row: ReleaseRow, token: str) -> bytes:
    versions = contract_queries.contract_versions(asking.session, row.contract_id)
    version = next(version for version in versions if version.version == row.contract_version)
    contract = contract_of(version)
    later = queries.successor(asking.session, row.id)
    return assemble(
        gateway,
        asking.uow,
        row,
        token,
        successor=None if later is None else (later, token_of(later)),
        contract_text=version.text,
        acceptances=accepted.tokens(gateway, asking.session, contract),
        countersignatures=countersigned.tokens(asking.session, row.id),
    )


def _released_bundle(row: ReleaseRow, *, is_new: bool) -> Released:
    return Released(
        release=row.id,
        contract=row.contract_id,
        window=row.window,
        template=row.template,
        recipient=row.recipient_role,
        revision=row.revision,
        bundle=row.bundle or b"",
        log=claims.LOGS[Template(row.template)],
        leaf_index=row.leaf_index or 0,
        is_new=is_new,
    )
