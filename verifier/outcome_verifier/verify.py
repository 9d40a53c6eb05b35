"""The numbered checks of an evidence bundle, offline.

1 bundle        the file is exactly one canonical evidence bundle
2 token         the attestation is a strict SD-JWT VC
3 signature     a key of the trust file signed it
4 disclosures   every presented claim belongs to it
5 claims        issuer, type, times, numbers and names are right
6 receipt       the trusted log that it names holds it, since a time at which its key was valid
7 seals         the denominator was sealed as stated
8 status        nothing superseded it, as of the stapled list
9 contract      it was evaluated under the given contract file, and its figures add up
10 acceptances  every party accepted exactly this contract text and this trust anchor
11 audit        whatever auditors countersigned is genuine, and none of them is the issuer or a party

What was not checked is part of the result. `verify_bundle` raises at the first check that fails; it never
returns a verdict to be overlooked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from outcome_verifier import acceptance, canonical, countersignature, sdjwt
from outcome_verifier.acceptance import Acceptance
from outcome_verifier.bundle import Bundle
from outcome_verifier.checks import check_claims, check_receipt, check_signature, check_successor
from outcome_verifier.claims import check_figures, check_shapes
from outcome_verifier.countersignature import Countersignature
from outcome_verifier.errors import (
    AcceptanceInvalid,
    AuditInvalid,
    BundleMalformed,
    ClaimsInvalid,
    ContractMismatch,
    ReceiptInvalid,
    SdDisclosureInvalid,
    SealInvalid,
    SignatureInvalid,
    StatusInvalid,
    TokenMalformed,
    VerificationError,
)
from outcome_verifier.proof import verify_proof
from outcome_verifier.statuslist import VALID, StatusToken, read_status
from outcome_verifier.trust import TrustFile
from outcome_verifier.trusted_key import TrustedKey

WHOLE, PART, NOTHING = "whole", "part", "nothing"


@dataclass(frozen=True, slots=True)
class PassedCheck:
    """A check that says no to nothing. `extent` is how much of it could be made: what was not shown or not given is not
    checked, and where there was nothing to check, nothing was.
    """

    number: int
    title: str
    detail: str
    extent: str


@dataclass(frozen=True, slots=True)
class VerifiedOutcome:
    """An attestation that passed every check. `shown` holds the disclosed claims, `claims` the visible ones."""

    checks: tuple[PassedCheck, ...]
    not_checked: tuple[str, ...]
    claims: Mapping[str, Any]
    shown: Mapping[str, Any]
    withheld: int  # digests in the token without a disclosure: withheld claims and decoys
    status_as_of: int  # Unix seconds
    status_has_expired: bool
    profile: str
    acceptances: tuple[Acceptance, ...]
    countersignatures: tuple[Countersignature, ...]
    jwt_sha256: str  # of the attestation's JWT, without disclosures

    @property
    def deviations(self) -> tuple[Countersignature, ...]:
        """The countersignatures that say that the attestation is not what the registers show."""
        return tuple(one for one in self.countersignatures if one.verdict == countersignature.DEVIATIONS)


@dataclass(frozen=True, slots=True)
class Demands:
    """What a reader asks for beyond the profile `pinned-key`, which rests on the trust file alone.

    `contract` is the contract file's bytes. `anchors` is a PEM file of certificate authorities: with it the profile is
    `certificate`, and the seal's path must lead to one of them. `max_status_age` is in seconds. `status` is a status
    list token that was fetched since; the newer of the two counts. `accepted_by` and `audited_by` are thumbprints of
    keys that the reader knows some other way: each must have signed an acceptance, or countersigned and agreed.
    """

    contract: bytes | None = None
    anchors: bytes | None = None
    max_status_age: int | None = None
    status: str | None = None
    accepted_by: frozenset[str] = frozenset()
    audited_by: frozenset[str] = frozenset()

    @property
    def profile(self) -> str:
        return "pinned-key" if self.anchors is None else "certificate"


def verify_bundle(
    data: bytes,
    trust: TrustFile,
    *,
    now: int,
    demands: Demands = Demands(),
) -> VerifiedOutcome:
    """Check a bundle against a trust file at an instant (Unix seconds).

    Raises the `VerificationError` of the first step that fails.
    """
    checks: list[PassedCheck] = []

    def note_passed(number: int, title: str, detail: str, extent: str = WHOLE) -> None:
        checks.append(PassedCheck(number, title, detail, extent))

    with _step(BundleMalformed):  # 1
        bundle = Bundle.load(data)
    note_passed(1, "bundle", f"{len(data)} bytes of canonical JSON")

    with _step(TokenMalformed):  # 2
        presentation = sdjwt.parse(bundle.logged.attestation)
    claims = presentation.token.payload
    note_passed(2, "token", f"a strict SD-JWT VC, {presentation.token.header['alg']}")

    with _step(SignatureInvalid):  # 3
        key = check_signature(presentation, trust)
    note_passed(3, "signature", f"by the issuer's key {key.kid}")

    with _step(SdDisclosureInvalid):  # 4
        shown = sdjwt.disclosed_claims(presentation)
    withheld = len(claims.get("_sd", [])) - len(shown)
    note_passed(4, "disclosures", f"{len(shown)} claims shown, each belongs to the token")

    with _step(ClaimsInvalid):  # 5
        check_claims(claims, trust, now)
        check_shapes(claims, shown)
    note_passed(5, "claims", f"{claims['vct']}, dated {instant(claims['iat'])}")

    with _step(ReceiptInvalid):  # 6
        checkpoint, index = check_receipt(bundle.logged, presentation, key, trust, now)
        sealed_by = _check_certificate(presentation, key, bundle.logged.logged_at, demands)
    logged = f"entry {index} of {checkpoint.size} in the log {checkpoint.origin}, {instant(bundle.logged.logged_at)}"
    note_passed(6, "receipt", f"{logged}, when its key was valid{sealed_by}")

    with _step(SealInvalid):  # 7
        sealed = _check_seals(bundle, claims, shown, trust)
    note_passed(7, "seals", sealed, WHOLE if "cohort_seals" in shown else PART)

    with _step(StatusInvalid):  # 8
        status = _check_status(bundle, presentation, trust, now, demands)
    has_expired = status.expires_at is not None and status.expires_at < now
    is_older = status.as_of < bundle.logged.logged_at
    late = ", by a list that has expired since" if has_expired else ""
    early = ", by a list from before it was issued" if is_older else ""
    known = f"valid, status known as of {instant(status.as_of)}{early}{late}"
    note_passed(8, "status", known, PART if has_expired or is_older else WHOLE)

    with _step(ContractMismatch):  # 9
        rules = _check_contract(claims, shown, demands.contract)
    note_passed(9, "contract", rules, PART if demands.contract is None else WHOLE)

    with _step(AcceptanceInvalid):  # 10
        accepted = acceptance.check_all(
            bundle.acceptances, contract=claims["contract"], trust=trust.fingerprint, issuer_keys=trust.keys, now=now
        )
        acceptance.check_fit(accepted, recipient=claims["recipient"], anchor=trust.anchor)
        acceptance.check_demanded(accepted, demands.accepted_by)
    note_passed(10, "acceptances", f"accepted by {', '.join(map(str, accepted))}")

    digest = hashlib.sha256(presentation.jwt.encode("ascii")).hexdigest()
    with _step(AuditInvalid):  # 11
        audited = countersignature.check_all(
            bundle.countersignatures,
            claims=claims,
            shown=shown,
            jwt_sha256=digest,
            dependent={trust.anchor, *trust.keys, *(one.kid for one in accepted)},
            now=now,
        )
        countersignature.check_independent(audited, accepted)
        countersignature.check_demanded(audited, demands.audited_by)
    note_passed(11, "audit", "; ".join(map(str, audited)) or "no auditor countersigned", WHOLE if audited else NOTHING)

    open_points = [
        *_not_checked(shown, claims, demands, has_expired=has_expired, is_older=is_older),
        *_unknown_keys(accepted, audited, trust, demands),
    ]
    return VerifiedOutcome(
        tuple(checks),
        tuple(open_points),
        claims,
        shown,
        withheld,
        status.as_of,
        has_expired,
        demands.profile,
        accepted,
        audited,
        digest,
    )


@contextmanager
def _step(error: type[VerificationError]) -> Iterator[None]:
    """Whatever is wrong inside becomes this step's error."""
    try:
        yield
    except VerificationError:
        raise
    except (ValueError, KeyError, TypeError) as cause:
        raise error(str(cause)) from None


def instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _check_seals(bundle: Bundle, claims: Mapping[str, Any], shown: Mapping[str, Any], trust: TrustFile) -> str:
    keys = [key for origin, key in trust.logs.items() if origin.endswith("/attest")]
    if len(keys) != 1:
        raise ValueError("the trust file holds no attest log")
    logged = {}
    for seal in bundle.seals:
        _, index = verify_proof(seal.proof, leaf_data=canonical.dumps(seal.leaf), key=keys[0])
        logged[seal.leaf["sha256"]] = index
    if "cohort_seals" not in shown:
        return f"{len(logged)} logged; the denominator is withheld"
    named = [_seal_digest(claims["contract"]["id"], entry) for entry in shown["cohort_seals"]]
    if not set(named) <= set(logged):
        raise ValueError("a batch was not sealed as the attestation says")
    # each batch once: one that is named twice would count its people twice
    if not len(named) == len(set(named)) == len(logged) == len(bundle.seals):
        raise ValueError("the bundle proves other seals than the attestation names")
    people = sum(entry["count"] for entry in shown["cohort_seals"])
    if shown.get("participants", people) != people:
        raise ValueError("the sealed batches do not add up to the participants")
    return f"{people} people, sealed in {len(logged)} logged batch(es)"


def _seal_digest(contract: str, entry: Mapping[str, Any]) -> str:
    """What the log holds of a batch, from what the attestation discloses of it."""
    body = {name: entry[name] for name in ("batch", "count", "plan", "root", "sealed_on")}
    sealed = canonical.dumps({"contract": contract, **body})
    return hashlib.sha256(bytes.fromhex(entry["nonce"]) + sealed).hexdigest()


def _check_certificate(presentation: sdjwt.SdJwt, key: TrustedKey, at: int, demands: Demands) -> str:
    """Where the reader gave anchors: the seal's certificate path, at the logged time."""
    if demands.anchors is None:
        return ""
    if "x5c" not in presentation.token.header:
        raise ValueError("the attestation carries no certificate, and anchors were given")
    from outcome_verifier import certificates

    anchors = certificates.load_anchors(demands.anchors)
    return f", sealed by {certificates.check_path(presentation.token.header['x5c'], key.key, anchors, at=at)}"


def _check_status(
    bundle: Bundle, presentation: sdjwt.SdJwt, trust: TrustFile, now: int, demands: Demands
) -> StatusToken:
    reference = presentation.token.payload["status"]["status_list"]
    tokens = [*([] if demands.status is None else [demands.status]), bundle.status]
    read = [read_status(t, keys=trust.keys, uri=reference["uri"], index=reference["idx"], now=now) for t in tokens]
    status = max(read, key=lambda found: found.as_of)
    known = f"status known as of {instant(status.as_of)}"
    if status.value != VALID:
        if bundle.superseded_by is None:
            raise StatusInvalid(f"the attestation was revoked, {known}")
        successor = check_successor(bundle.superseded_by, presentation, trust, now)
        parts = [f"{name} {value:+d}" for name, value in sorted(successor.difference.items())]
        reason = f"superseded by {successor.jti}, no. {successor.seq}, issued {instant(successor.issued_at)}"
        difference = ", ".join(parts) or "no difference is shown"
        raise StatusInvalid(f"the attestation was {reason}; difference: {difference}; {known}", successor=successor)
    if bundle.superseded_by is not None and demands.status is None:
        raise ValueError("the bundle holds what replaced the attestation, and a status list from before that")
    if demands.max_status_age is not None and now - status.as_of > demands.max_status_age:
        raise ValueError(f"{known}, which is older than was asked for")
    return status


def _check_contract(claims: Mapping[str, Any], shown: Mapping[str, Any], contract: bytes | None) -> str:
    check_figures(shown)
    if contract is None:
        return "the shown figures do not contradict each other; rules not compared, no contract file was given"
    if hashlib.sha256(contract).hexdigest() != claims["contract"]["rules_sha256"]:
        raise ValueError("the contract file is not the one that was evaluated")
    return f"evaluated under the given contract file, version {claims['contract']['version']}"


def _not_checked(
    shown: Mapping[str, Any], claims: Mapping[str, Any], demands: Demands, *, has_expired: bool, is_older: bool
) -> list[str]:
    """What a reader might believe was checked, and was not."""
    open_points = [
        "that the registers are right: the municipality states what they show",
        "the order of events: no witness signed the log; compare it with a checkpoint that you kept",
        "the time of issue: no time-stamping authority confirmed the log's own time",
        "whether it was revoked later: the status is that of the stapled list",
    ]
    if demands.anchors is None:
        open_points.append("that the key belongs to the municipality: that rests on the trust file's fingerprint")
    if has_expired:
        open_points.append("the status of today: the stapled list has expired, ask for a new one")
    if is_older:
        open_points.append("the status since it was issued: the list is from before that, ask for a new one")
    if demands.contract is None:
        open_points.append("that the rules are those you accepted: give the contract file with --contract")
    if "cohort_seals" not in shown:
        open_points.append("the denominator: the seals that would prove it are withheld")
    if claims.get("demo"):
        open_points.append("anything real: the attestation is signed with a development key")
    return open_points


def _unknown_keys(
    accepted: tuple[Acceptance, ...], audited: tuple[Countersignature, ...], trust: TrustFile, demands: Demands
) -> Iterator[str]:
    """Whose a key is, was not checked unless the trust file or the reader named it."""
    unnamed = [str(one) for one in accepted if one.kid not in trust.keys and one.kid not in demands.accepted_by]
    if unnamed:
        yield f"that the keys of {', '.join(unnamed)} are their own: give a thumbprint you know with --accepted-by=KEY"
    if not audited:
        yield "that anybody independent looked: no auditor countersigned"
    if any(one.kid not in demands.audited_by for one in audited):
        yield "that an auditor's key is its own: give a thumbprint you know with --audited-by=KEY"
