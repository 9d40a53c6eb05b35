"""Each numbered check refuses what it answers for, and what was not checked is said."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import pytest

from outcome_verifier import b64, canonical, statuslist
from outcome_verifier.errors import TrustInvalid, VerificationError
from outcome_verifier.trust import TrustFile, fingerprint
from outcome_verifier.verify import verify_bundle
from tests.support.bundles import CONTRACT, INDEX, ISSUER, NONCE, NOW, SEAL, Issuer, disclosable, visible


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def step(data: bytes, issuer: Issuer, *, now: int = NOW, contract: bytes | None = CONTRACT) -> int:
    try:
        verify_bundle(data, issuer.trust(), now=now, contract=contract)
    except VerificationError as error:
        assert error.exit_code == 10 + error.step
        return error.step
    return 0


BUNDLE_EDITS: dict[str, tuple[int, Callable[[dict[str, Any]], None]]] = {
    "another schema": (1, lambda b: b.update(schema="evidence-bundle/2")),
    "unknown member": (1, lambda b: b.update(note="hello")),
    "missing member": (1, lambda b: b.pop("status")),
    "seals is no list": (1, lambda b: b.update(seals={})),
    "seal leaf of another type": (1, lambda b: b["seals"][0]["leaf"].update(type="attestation")),
    "no seal proofs": (7, lambda b: b.update(seals=[])),
    "seal proof twice": (7, lambda b: b["seals"].append(b["seals"][0])),
    "receipt with extra line": (6, lambda b: b.update(receipt=b["receipt"].replace("index", "extra YQ==\nindex", 1))),
    "receipt with another index": (6, lambda b: b.update(receipt=b["receipt"].replace("index 3", "index 2", 1))),
    "receipt with leading zero": (6, lambda b: b.update(receipt=b["receipt"].replace("index 3", "index 03", 1))),
    "receipt without signature": (6, lambda b: b.update(receipt=b["receipt"].rsplit("\u2014", 1)[0])),
    "receipt of the seal": (6, lambda b: b.update(receipt=b["seals"][0]["proof"])),
    "status is empty": (8, lambda b: b.update(status="")),
}


@pytest.mark.parametrize("name", BUNDLE_EDITS)
def test_an_edited_bundle_is_refused(issuer: Issuer, name: str):
    expected, edit = BUNDLE_EDITS[name]
    assert step(issuer.bundle(edit=edit), issuer) == expected


def test_a_bundle_that_is_not_canonical_is_refused(issuer: Issuer):
    data = issuer.bundle()
    assert step(data.replace(b'"schema":', b'"schema": '), issuer) == 1
    assert step(b'{"schema":"evidence-bundle/1",' + data[1:], issuer) == 1  # a key twice


SEAL_CLAIMS = {
    "another count": disclosable(cohort_seals=[{**SEAL, "count": 39, "nonce": NONCE}], participants=39),
    "another batch": disclosable(cohort_seals=[{**SEAL, "batch": "2019", "nonce": NONCE}]),
    "another nonce": disclosable(cohort_seals=[{**SEAL, "nonce": "00" * 32}]),
    "people added": disclosable(participants=41),
    "no seals": disclosable(
        cohort_seals=[], participants=0, outcomes_achieved=0, threshold=None, outcomes_by_class=None
    ),
}


@pytest.mark.parametrize("name", SEAL_CLAIMS)
def test_a_denominator_that_was_not_sealed_is_refused(issuer: Issuer, name: str):
    assert step(issuer.bundle(issuer.token(shown=SEAL_CLAIMS[name])), issuer) == 7


def test_a_revoked_attestation_is_refused_and_others_are_not(issuer: Issuer):
    revoked = statuslist.with_status(issuer.bits, INDEX, statuslist.INVALID)
    listed = {"bits": 1, "lst": statuslist.encode(revoked)}
    assert step(issuer.bundle(status=issuer.status(status_list=listed)), issuer) == 8
    others = statuslist.with_status(bytes(b"\xff" * 8192), INDEX, statuslist.VALID)
    listed = {"bits": 1, "lst": statuslist.encode(others)}
    assert step(issuer.bundle(status=issuer.status(status_list=listed)), issuer) == 0


STATUS_CHANGES: dict[str, dict[str, Any]] = {
    "another list": {"sub": f"{ISSUER}/status/2"},
    "from the future": {"iat": NOW + 120},
    "two bits": {"status_list": {"bits": 2, "lst": b64.encode(zlib.compress(bytes(8192)))}},
    "too short for the index": {"status_list": {"bits": 1, "lst": b64.encode(zlib.compress(bytes(10)))}},
    "no zlib": {"status_list": {"bits": 1, "lst": b64.encode(b"abc")}},
    "cut off": {"status_list": {"bits": 1, "lst": b64.encode(zlib.compress(bytes(range(256)) * 32)[:-5])}},
    "a bomb": {"status_list": {"bits": 1, "lst": b64.encode(zlib.compress(bytes(1 << 22)))}},
    "trailing bytes": {"status_list": {"bits": 1, "lst": b64.encode(zlib.compress(bytes(8192)) + b"x")}},
    "no list": {"status_list": None},
    "expiry as text": {"exp": "tomorrow"},
}


@pytest.mark.parametrize("name", STATUS_CHANGES)
def test_a_wrong_status_token_is_refused(issuer: Issuer, name: str):
    assert step(issuer.bundle(status=issuer.status(**STATUS_CHANGES[name])), issuer) == 8


def test_an_attestation_is_no_status_token(issuer: Issuer):
    token = issuer.token()
    assert step(issuer.bundle(token, status=token.split("~")[0]), issuer) == 8


def test_an_expired_staple_says_as_of_when_the_status_was_known(issuer: Issuer):
    verified = verify_bundle(issuer.bundle(), issuer.trust(), now=NOW + 10 * 365 * 86_400, contract=CONTRACT)
    assert verified.status_has_expired
    assert "status known as of 2026-02-02" in verified.checks[7].detail
    assert any("expired" in point for point in verified.not_checked)


FIGURES = {
    "more outcomes than people": disclosable(outcomes_achieved=41),
    "verdict against the figures": disclosable(threshold={"people": 22, "met": True}),
    "classes beyond the outcomes": disclosable(outcomes_by_class=[{"class": "job", "value": 22}]),
    "classes short of the outcomes": disclosable(outcomes_by_class=[{"class": "job", "value": 20}]),
    "lines against the amount": disclosable(
        lines=[{"measure": "m", "kind": "window", "unit": "week", "quantity": 1, "amount_minor": 1}]
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_that_contradict_each_other_are_refused(issuer: Issuer, name: str):
    assert step(issuer.bundle(issuer.token(shown=FIGURES[name])), issuer) == 9


def test_another_contract_file_is_refused_and_none_is_said(issuer: Issuer):
    assert step(issuer.bundle(), issuer, contract=b"another contract") == 9
    verified = verify_bundle(issuer.bundle(), issuer.trust(), now=NOW)
    assert any("--contract" in point for point in verified.not_checked)


def test_a_demo_attestation_says_that_it_proves_nothing_real(issuer: Issuer):
    token = issuer.token(visible(demo=True))
    verified = verify_bundle(issuer.bundle(token), issuer.trust(), now=NOW)
    assert any("development key" in point for point in verified.not_checked)
    assert step(issuer.bundle(issuer.token(visible(demo=False))), issuer) == 5


TRUST_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "not JSON": lambda data: data[1:],
    "not canonical": lambda data: data.replace(b",", b", ", 1),
    "unknown schema": lambda data: data.replace(b"trust/1", b"trust/2"),
    "kid is not the thumbprint": lambda data: data.replace(b'"kid":"', b'"kid":"A', 1),
    "log key of another origin": lambda data: data.replace(b'"origin":"gateway', b'"origin":"elsewhere', 1),
    "key for another use": lambda data: data.replace(b'"use":"attestation"', b'"use":"token"'),
    "validity as text": lambda data: data.replace(b'"valid_to":null', b'"valid_to":"x"'),
}


@pytest.mark.parametrize("name", TRUST_CHANGES)
def test_a_wrong_trust_file_cannot_be_used(issuer: Issuer, name: str):
    with pytest.raises(TrustInvalid):
        TrustFile.load(TRUST_CHANGES[name](issuer.trust_bytes()))


def test_a_private_key_in_a_trust_file_is_refused(issuer: Issuer):
    body = canonical.loads(issuer.trust_bytes())
    body["keys"][0]["d"] = "AAAA"
    with pytest.raises(TrustInvalid):
        TrustFile.load(canonical.dumps(body) + b"\n")


def test_the_fingerprint_is_the_sha256_of_the_file(issuer: Issuer):
    assert fingerprint(b"abc").startswith("ba78 16bf 8f01 cfea")
    assert len(fingerprint(issuer.trust_bytes()).split()) == 16
