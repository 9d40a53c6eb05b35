"""What a reader kept of a log, read for comparing: bundles, receipts, checkpoints and trust files.

The kind of a file is recognised by its content. Whatever a file proves was checked when it stands here: a head by the
log's key, an attestation by the issuer's, and both against the receipt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outcome_verifier import canonical, jws, sdjwt
from outcome_verifier.bundle import Bundle, Logged, attestation_leaf
from outcome_verifier.checks import check_signature
from outcome_verifier.history import Span, proved_hashes
from outcome_verifier.note import Checkpoint, VerifierKey, open_note
from outcome_verifier.proof import HEADER, parse_proof, verify_proof
from outcome_verifier.tlog import leaf_hash
from outcome_verifier.trust import MANIFEST_TYPE, TrustFile, manifest_leaf

MOST_BYTES = 1 << 20
BUNDLE, RECEIPT, CHECKPOINT, TRUST = "bundle", "receipt", "checkpoint", "trust file"


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A signed head, the key of the log that signed it, and the hashes of its tree that a receipt under it proves."""

    checkpoint: Checkpoint
    key: VerifierKey
    proved: Mapping[Span, bytes]


@dataclass(frozen=True, slots=True)
class KeptAttestation:
    """A logged attestation: whose it is, its number in this series, and what was signed."""

    series: tuple[str, ...]  # issuer, contract, type, template, role and organisation of the recipient
    seq: int
    jti: str
    sha256: str


@dataclass(frozen=True, slots=True)
class KeptLog:
    """The key of a log as a trust file names it; `closed` is size and root where the log was closed."""

    key: VerifierKey
    closed: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class KeptTrust:
    """A trust file, as far as it says which one it follows. Digests are of the signed key manifest."""

    fingerprint: str
    version: int
    issued_at: int
    sha256: str
    previous: str | None
    kids: frozenset[str]
    logs: Mapping[str, KeptLog]
    file: TrustFile = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """One file. `unchecked` names the logs and keys that no trust file at hand holds: nothing of them counts."""

    name: str
    kind: str
    heads: tuple[KeptHead, ...] = ()
    attestations: tuple[KeptAttestation, ...] = ()
    trust: KeptTrust | None = None
    unchecked: tuple[str, ...] = ()


def read_trust(data: bytes) -> KeptTrust:
    """A trust file; `TrustInvalid` where it is none."""
    file = TrustFile.load(data)
    body = canonical.loads_canonical(data[:-1])
    manifest = jws.parse(body["manifest"], typ=MANIFEST_TYPE, members=frozenset()).payload
    return KeptTrust(
        file.fingerprint,
        file.version,
        file.issued_at,
        hashlib.sha256(body["manifest"].encode("ascii")).hexdigest(),
        manifest["previous"],
        frozenset(file.keys),
        {origin: KeptLog(key) for origin, key in file.logs.items()},
        file,
    )


def kind_of(data: bytes) -> str:
    """Which kind of file this is; `ValueError` where it is none of them."""
    if len(data) > MOST_BYTES:
        raise ValueError("it is larger than such a file can be")
    if data.startswith(HEADER.encode("ascii") + b"\n"):
        return RECEIPT
    if data.startswith(b"{"):
        body = canonical.loads(data)
        schema = str(body.get("schema"))
        for prefix, kind in (("evidence-bundle/", BUNDLE), ("trust/", TRUST)):
            if schema.startswith(prefix):
                return kind
    elif b"\n\n\xe2\x80\x94 " in data:
        return CHECKPOINT
    raise ValueError("it is no bundle, receipt, checkpoint or trust file")


def read_kept(name: str, data: bytes, trusted: Sequence[KeptTrust]) -> Kept:
    """A file with what it proves under the keys of these trust files, of which the first that holds a key counts.

    Raises `ValueError` where it is none of the four kinds, was changed, or holds what its log does not prove, and
    `TrustInvalid` for a trust file that cannot be used.
    """
    match kind_of(data):
        case "bundle":
            return _bundle(name, data, trusted)
        case "trust file":
            kept = read_trust(data)
            text = canonical.loads_canonical(data[:-1])
            leaf = canonical.dumps(manifest_leaf(text["manifest"], kept.version))
            return Kept(name, TRUST, _heads(text["receipt"], leaf, trusted), trust=kept)
        case "receipt":
            return _signed_note(name, RECEIPT, parse_proof(data.decode("utf-8")).note, trusted)
        case kind:
            return _signed_note(name, kind, data.decode("utf-8"), trusted)


def _signed_note(name: str, kind: str, note: str, trusted: Sequence[KeptTrust]) -> Kept:
    """A signed head by itself: a receipt does not say of which leaf it is, so that its path proves nothing here."""
    stated = Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")
    keys = [key for key in _keys(trusted) if key.name == stated.origin]
    if not keys:
        return Kept(name, kind, unchecked=(f"the log {stated.origin}",))
    text, signer = open_note(note, keys)
    head = Checkpoint.parse(text)
    _check_counts(head, trusted)
    return Kept(name, kind, (KeptHead(head, signer, {}),))


def _check_counts(head: Checkpoint, trusted: Sequence[KeptTrust]) -> None:
    """Raise `ValueError` for a head from beyond the end of a closed log: whoever stole its key can sign such ones."""
    for trust in trusted:
        closed = trust.logs[head.origin].closed if head.origin in trust.logs else None
        if closed is not None and (head.size > closed[0] or (head.size == closed[0] and head.root.hex() != closed[1])):
            raise ValueError(f"the log {head.origin} was closed at {closed[0]} entries, and this head is not of them")


def _bundle(name: str, data: bytes, trusted: Sequence[KeptTrust]) -> Kept:
    bundle = Bundle.load(data)
    heads: list[KeptHead] = []
    attested: list[KeptAttestation] = []
    unchecked: list[str] = []
    for seal in bundle.seals:
        heads.extend(_heads(seal.proof, canonical.dumps(seal.leaf), trusted))
    for logged in (bundle.logged, bundle.superseded_by):
        if logged is not None:
            presentation = sdjwt.parse(logged.attestation)
            origin, claims = _origin(logged.receipt), presentation.token.payload
            found = _heads(logged.receipt, _leaf(logged, presentation), trusted)
            signer = _signer(presentation, trusted)
            if not found:
                unchecked.append(f"the log {origin}")
            elif signer is None:
                unchecked.append(f"the signing key {presentation.token.header['kid']}")
            else:
                _check_signed(logged, presentation, signer)
                attested.append(_attestation(claims, presentation.jwt))
            heads.extend(found)
    return Kept(name, BUNDLE, tuple(heads), tuple(attested), None, tuple(dict.fromkeys(unchecked)))


def _heads(receipt: str, leaf: bytes, trusted: Sequence[KeptTrust]) -> tuple[KeptHead, ...]:
    """The head that a receipt leads to, with what it proves; none where no key at hand is of its log."""
    parsed = parse_proof(receipt)
    mine = [key for key in _keys(trusted) if key.name == _origin(receipt)]
    if not mine:
        return ()
    _, signer = open_note(parsed.note, mine)
    head, index = verify_proof(receipt, leaf_data=leaf, key=signer)
    _check_counts(head, trusted)
    proved = proved_hashes(leaf=leaf_hash(leaf), index=index, size=head.size, path=parsed.path)
    return (KeptHead(head, signer, proved),)


def _origin(receipt: str) -> str:
    return parse_proof(receipt).note.partition("\n")[0]


def _leaf(logged: Logged, presentation: sdjwt.SdJwt) -> bytes:
    claims = presentation.token.payload
    digest = hashlib.sha256(presentation.jwt.encode("ascii")).hexdigest()
    index = claims["status"]["status_list"]["idx"]
    return canonical.dumps(attestation_leaf(claims["jti"], digest, index, logged.logged_at))


def _attestation(claims: Mapping[str, Any], jwt: str) -> KeptAttestation:
    recipient = claims["recipient"]
    series = (
        claims["iss"],
        claims["contract"]["id"],
        claims["vct"],
        claims["template"],
        recipient["role"],
        recipient["organisation"],
    )
    if not all(isinstance(part, str) for part in (*series, claims["jti"])) or type(claims["seq"]) is not int:
        raise ValueError("the attestation does not say which one of whose it is")
    return KeptAttestation(series, claims["seq"], claims["jti"], hashlib.sha256(jwt.encode("ascii")).hexdigest())


def _check_signed(logged: Logged, presentation: sdjwt.SdJwt, signer: KeptTrust) -> None:
    """The issuer signed it in the key's time: what a thief signed later says nothing against the issuer."""
    key = check_signature(presentation, signer.file)
    if presentation.token.payload.get("iss") != signer.file.issuer:
        raise ValueError("the attestation's issuer is not the one of the trust file")
    if not key.covers(logged.logged_at):
        raise ValueError("the key was not valid at the logged time")


def _signer(presentation: sdjwt.SdJwt, trusted: Sequence[KeptTrust]) -> KeptTrust | None:
    kid = presentation.token.header["kid"]
    return next((trust for trust in trusted if kid in trust.kids), None)


def _keys(trusted: Sequence[KeptTrust]) -> list[VerifierKey]:
    return list(dict.fromkeys(log.key for trust in trusted for log in trust.logs.values()))
