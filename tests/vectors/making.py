"""How vectors are made: from a good issuer, with one thing wrong. The receipt of a wrong token is genuine."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from outcome_verifier import b64, canonical, sdjwt, statuslist
from tests.support.bundles import (
    HOST,
    INDEX,
    ISSUER,
    Issuer,
    SigningKey,
    disclosable,
    replaced,
    visible,
)

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
PAYMENT = {
    "vct": f"{ISSUER}/vct/payment-document/1",
    "template": "payment_document",
    "log": {"origin": f"{HOST}/payment"},
    "recipient": {"role": "operator", "organisation": "an-operator"},
}
LINE = {"tariff": "weeks", "kind": "window", "unit": "week", "quantity": 14, "amount_minor": 2_100_000}
RARE = {
    "outcomes_reached": 34,
    "points_reached": 0,
    "qualifying_weeks": -3,
    "method": {"inputs_sha256": "ab" * 32, "engine_version": "1", "data_sources": ["ydelser", "e-indkomst"]},
    "not_counted": [{"reason": "on_benefit", "value": 12}, {"reason": "left", "value": None}],
    "suppression": {"k": 5, "k_cohort": 20, "rules": ["k-threshold", "complementary"]},
    "payers": [
        {"organisation": "aalborg-kommune", "amount_minor": 1_230_000},
        {"organisation": "a-region", "amount_minor": 870_000},
    ],
    "illustrative": ["measures"],
}
SECOND = "urn:uuid:00000000-0000-4000-8000-000000000002"


@dataclass(frozen=True)
class Vector:
    """One file, or a bundle with the trust file that it needs."""

    name: str
    exit_code: int
    flaw: str
    bundle: Callable[[Issuer], bytes]
    trust: Callable[[Issuer], bytes] = Issuer.trust_bytes

    @property
    def path(self) -> str:
        folder = {0: "good", 3: "bad/trust"}.get(self.exit_code, f"bad/step-{self.exit_code - 10}")
        return f"{folder}/{self.name}.bundle.json"


def edited(**changes: Any) -> Callable[[Issuer], bytes]:
    """A good bundle with members replaced."""
    return lambda issuer: issuer.bundle(edit=lambda body: body.update(changes))


def with_edit(edit: Callable[[dict[str, Any]], object]) -> Callable[[Issuer], bytes]:
    return lambda issuer: issuer.bundle(edit=lambda body: (edit(body), None)[1])


def token(make: Callable[[Issuer], str]) -> Callable[[Issuer], bytes]:
    """A bundle around a token; its receipt is genuine, so that only the token is wrong."""
    return lambda issuer: issuer.bundle(make(issuer))


def header(**changes: Any) -> Callable[[Issuer], bytes]:
    return token(lambda i: i.token(header={n: v for n, v in i.header(**changes).items() if v is not None}))


def claim(**changes: Any) -> Callable[[Issuer], bytes]:
    return token(lambda i: i.token(visible(**changes)))


def shows(**changes: Any) -> Callable[[Issuer], bytes]:
    return token(lambda i: i.token(shown=disclosable(**changes)))


def parts(change: Callable[[list[str]], list[str]]) -> Callable[[Issuer], bytes]:
    """The presentation's parts between the tildes, changed after the signature."""
    return token(lambda i: "~".join(change(i.token().split("~"))))


def payload(change: Callable[[dict[str, Any]], object]) -> Callable[[Issuer], bytes]:
    """The signed payload changed as a careless issuer would, and signed again."""

    def make(issuer: Issuer) -> str:
        jwt, *rest = issuer.token().split("~")
        head, body, _ = jwt.split(".")
        claims = json.loads(b64.decode(body))
        change(claims)
        return resigned(issuer, b64.decode(head), canonical.dumps(claims), rest)

    return token(make)


def resigned(issuer: Issuer, head: bytes, body: bytes, rest: list[str]) -> str:
    signed = f"{b64.encode(head)}.{b64.encode(body)}"
    return "~".join([f"{signed}.{b64.encode(issuer.sign(signed.encode()))}", *rest])


def bytes_of(change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> Callable[[Issuer], bytes]:
    """Header and payload as bytes, changed and signed again: what no JSON library would write."""

    def make(issuer: Issuer) -> str:
        jwt, *rest = issuer.token().split("~")
        head, body, _ = jwt.split(".")
        return resigned(issuer, *change(b64.decode(head), b64.decode(body)), rest)

    return token(make)


def disclosure(*entry: Any) -> Callable[[Issuer], bytes]:
    """A disclosure that the issuer signed and should not have."""

    def make(issuer: Issuer) -> str:
        text = b64.encode(canonical.dumps(list(entry)))
        jwt, *rest = issuer.token().split("~")
        head, body, _ = jwt.split(".")
        claims = json.loads(b64.decode(body))
        claims["_sd"] = sorted([*claims["_sd"], sdjwt.digest(text)])
        return resigned(issuer, b64.decode(head), canonical.dumps(claims), [*rest[:-1], text, ""])

    return token(make)


def malleated(issuer: Issuer) -> bytes:
    """The other ES256 signature of the same text: s becomes n - s. It verifies, and was never logged."""
    good = issuer.token()
    jwt, *rest = good.split("~")
    signed, _, signature = jwt.rpartition(".")
    raw = b64.decode(signature)
    other = raw[:32] + (_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    changed = "~".join([f"{signed}.{b64.encode(other)}", *rest])
    return issuer.bundle(good, edit=lambda body: body.update(attestation=changed))


def status(**changes: Any) -> Callable[[Issuer], bytes]:
    return lambda issuer: issuer.bundle(status=issuer.status(**changes))


def status_header(**changes: Any) -> Callable[[Issuer], bytes]:
    def make(issuer: Issuer) -> bytes:
        claims = json.loads(b64.decode(issuer.status().split(".")[1]))
        return issuer.bundle(status=issuer.compact({"alg": "ES256", "typ": "statuslist+jwt", **changes}, claims))

    return make


def listed(bits: bytes) -> dict[str, Any]:
    return {"status_list": {"bits": 1, "lst": b64.encode(zlib.compress(bits))}}


def revoked_bits() -> bytes:
    return statuslist.with_status(bytes(8192), INDEX, statuslist.INVALID)


def correction(issuer: Issuer, old: str, **changes: Any) -> str:
    """What replaces a token: one success less."""
    place = {"status_list": {"uri": f"{ISSUER}/status/1", "idx": INDEX + 1}}
    claims = visible(**{"jti": SECOND, "seq": 2, "status": place, "supersedes": replaced(old), **changes})
    return issuer.token(
        claims, disclosable(outcomes_achieved=20, outcomes_by_class=None, difference={"outcomes_achieved": -1})
    )


def superseded(**changes: Any) -> Callable[[Issuer], bytes]:
    """A revoked attestation with what replaced it."""

    def make(issuer: Issuer) -> bytes:
        old = issuer.token()
        fresh = issuer.status(**listed(revoked_bits()))
        return issuer.bundle(old, status=fresh, superseded_by=correction(issuer, old, **changes))

    return make


def payment(issuer: Issuer) -> bytes:
    """A payment document: its receipt is from the payment log, its seals from the attest log."""
    shown = disclosable(outcomes_achieved=None, threshold=None, outcomes_by_class=None, lines=[LINE])
    made = issuer.token(visible(**PAYMENT), shown)
    swapped = Issuer()
    swapped.key, swapped.anchor = issuer.key, issuer.anchor
    swapped.attest, swapped.payment = issuer.payment, issuer.attest
    receipt = canonical.loads_canonical(swapped.bundle(made, status=issuer.status())[:-1])["receipt"]
    return issuer.bundle(made, edit=lambda body: body.update(receipt=receipt))


def predicate(issuer: Issuer) -> bytes:
    shown = disclosable(outcomes_achieved=None, outcomes_by_class=None, payable=None, threshold={"met": True})
    return issuer.bundle(issuer.token(visible(template="predicate"), shown))


def replacement(issuer: Issuer) -> bytes:
    return issuer.bundle(correction(issuer, issuer.token()), status=issuer.status(**listed(revoked_bits())))


def key_times(**changes: Any) -> Callable[[Issuer], bytes]:
    return lambda issuer: issuer.trust_bytes(keys=[issuer.key_entry(**changes)])


def deep_disclosure(issuer: Issuer) -> str:
    text = b64.encode(b'["c2FsdA","sources",' + b"[" * 40 + b"]" * 40 + b"]")
    jwt, *rest = issuer.token().split("~")
    head, body, _ = jwt.split(".")
    claims = json.loads(b64.decode(body))
    claims["_sd"] = sorted([*claims["_sd"], sdjwt.digest(text)])
    return resigned(issuer, b64.decode(head), canonical.dumps(claims), [*rest[:-1], text, ""])


def accepted(change: Callable[[Issuer], list[str]]) -> Callable[[Issuer], bytes]:
    """A good bundle with these acceptances."""
    return lambda issuer: issuer.bundle(edit=lambda body: body.update(acceptances=change(issuer)))


def audited(change: Callable[[Issuer, str], list[str]]) -> Callable[[Issuer], bytes]:
    """A good bundle with these countersignatures, made for its token."""

    def make(issuer: Issuer) -> bytes:
        made = issuer.token()
        return issuer.bundle(made, edit=lambda body: body.update(countersignatures=change(issuer, made)))

    return make


def reheaded(signed: str, signer: SigningKey, **changes: Any) -> str:
    """An endorsement with a changed header, signed again; None removes a member."""
    head, body, _ = signed.split(".")
    header = {**json.loads(b64.decode(head)), **changes}
    kept = b64.encode(canonical.dumps({name: value for name, value in header.items() if value is not None}))
    return f"{kept}.{body}.{b64.encode(signer.sign(f'{kept}.{body}'.encode()))}"
