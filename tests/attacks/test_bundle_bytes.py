"""Whoever changes a byte of an evidence bundle is caught, and at the check that answers for that byte."""

from __future__ import annotations

import json

import pytest

from outcome_verifier import b64, canonical
from outcome_verifier.errors import VerificationError
from outcome_verifier.verify import Demands, verify_bundle
from tests.support.bundles import CONTRACT, NOW, Issuer

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture(scope="module")
def bundle(issuer: Issuer) -> bytes:
    return issuer.bundle()


def step(data: bytes, issuer: Issuer) -> int:
    """The number of the check that refuses these bytes, 0 where every check passes."""
    try:
        verify_bundle(data, issuer.trust(), now=NOW, demands=Demands(CONTRACT))
    except VerificationError as error:
        return error.step
    return 0


def test_the_untouched_bundle_passes(issuer: Issuer, bundle: bytes):
    """Positive control: without it, everything below could pass by refusing all."""
    assert step(bundle, issuer) == 0


@pytest.mark.long
@pytest.mark.parametrize("mask", [0x01, 0x20, 0x80])
def test_every_changed_byte_is_refused(issuer: Issuer, bundle: bytes, mask: int):
    accepted = [
        place
        for place in range(len(bundle))
        if step(bundle[:place] + bytes([bundle[place] ^ mask]) + bundle[place + 1 :], issuer) == 0
    ]
    assert accepted == []


def test_every_cut_is_refused(issuer: Issuer, bundle: bytes):
    assert all(step(bundle[:length], issuer) != 0 for length in range(0, len(bundle), 7))
    assert step(bundle + b"\n", issuer) == 1


def _changed(body: dict, part: str, start: int, end: int):
    """The bundle with each base64url letter of `part`[start:end] changed in turn."""
    text = body[part]
    for place in range(start, end):
        letter = "A" if text[place] != "A" else "B"
        yield canonical.dumps({**body, part: text[:place] + letter + text[place + 1 :]}) + b"\n"


def _steps(bundle: bytes, issuer: Issuer, part: str, start: int, end: int) -> set[int]:
    body = json.loads(bundle)
    return {step(data, issuer) for data in _changed(body, part, start, end)}


@pytest.mark.long
def test_each_region_is_refused_by_the_check_that_answers_for_it(issuer: Issuer, bundle: bytes):
    body = json.loads(bundle)
    token, receipt, status = body["attestation"], body["receipt"], body["status"]
    header, payload, signature = (len(part) for part in token.split("~")[0].split("."))
    first = token.index("~")
    assert _steps(bundle, issuer, "attestation", 0, header) <= {2, 3}
    assert _steps(bundle, issuer, "attestation", header + 1, header + 1 + payload) <= {2, 3}
    assert _steps(bundle, issuer, "attestation", first - signature, first) <= {2, 3}
    assert _steps(bundle, issuer, "attestation", first + 1, token.index("~", first + 1)) == {4}
    assert _steps(bundle, issuer, "receipt", receipt.index("\n", 24) + 1, len(receipt) - 1) == {6}
    assert _steps(bundle, issuer, "status", 0, len(status)) == {8}


def test_a_changed_seal_proof_is_refused_by_the_seal_check(issuer: Issuer, bundle: bytes):
    body = json.loads(bundle)
    proof = body["seals"][0]["proof"]
    for place in range(len(proof) - 120, len(proof) - 2):
        letter = "A" if proof[place] != "A" else "B"
        seal = {**body["seals"][0], "proof": proof[:place] + letter + proof[place + 1 :]}
        assert step(canonical.dumps({**body, "seals": [seal]}) + b"\n", issuer) == 7


def test_a_malleated_signature_passes_the_signature_check_and_fails_at_the_receipt(issuer: Issuer, bundle: bytes):
    """ES256 accepts (r, n - s) as well; the log's leaf hashes the signature, so the twin has no receipt."""
    body = json.loads(bundle)
    jwt, *rest = body["attestation"].split("~")
    head, payload, signature = jwt.split(".")
    raw = b64.decode(signature)
    twin = raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    body["attestation"] = "~".join([".".join([head, payload, b64.encode(twin)]), *rest])
    assert step(canonical.dumps(body) + b"\n", issuer) == 6


def test_a_bundle_of_another_issuer_is_refused(bundle: bytes):
    assert step(bundle, Issuer()) == 3
