"""Each numbered check refuses what it answers for, and what was not checked is said."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from outcome_verifier import b64, canonical, statuslist
from outcome_verifier.errors import StatusInvalid, TrustInvalid, VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, verify_bundle
from tests.support.bundles import (
    CONTRACT,
    INDEX,
    ISSUER,
    NONCE,
    NOW,
    SEAL,
    Issuer,
    SigningKey,
    disclosable,
    replaced,
    visible,
)


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def step(data: bytes, issuer: Issuer, *, now: int = NOW, contract: bytes | None = CONTRACT) -> int:
    try:
        verify_bundle(data, issuer.trust(), now=now, demands=Demands(contract))
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
    verified = verify_bundle(issuer.bundle(), issuer.trust(), now=NOW + 10 * 365 * 86_400, demands=Demands(CONTRACT))
    assert verified.status_has_expired
    assert "status known as of 2026-02-02" in verified.checks[7].detail
    assert any("expired" in point for point in verified.not_checked)


FIGURES = {
    "more outcomes than people": disclosable(outcomes_achieved=41),
    "more by mistake than people": disclosable(mistaken=41),
    "verdict against the figures": disclosable(threshold={"people": 22, "met": True}),
    "classes beyond the outcomes": disclosable(outcomes_by_class=[{"class": "job", "value": 22}]),
    "classes short of the outcomes": disclosable(outcomes_by_class=[{"class": "job", "value": 20}]),
    "lines against the amount": disclosable(
        lines=[{"tariff": "m", "kind": "window", "unit": "week", "quantity": 1, "amount_minor": 1}]
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_that_contradict_each_other_are_refused(issuer: Issuer, name: str):
    assert step(issuer.bundle(issuer.token(shown=FIGURES[name])), issuer) == 9


def test_another_contract_file_is_refused_and_none_is_said(issuer: Issuer):
    assert step(issuer.bundle(), issuer, contract=b"another contract") == 9
    verified = verify_bundle(issuer.bundle(), issuer.trust(), now=NOW)
    assert "that the rules are those you accepted: give the contract file with --contract" in verified.not_checked
    said = "the shown figures do not contradict each other; rules not compared, no contract file was given"
    assert verified.checks[8].detail == said


def test_a_demo_attestation_says_that_it_proves_nothing_real(issuer: Issuer):
    token = issuer.token(visible(demo=True))
    verified = verify_bundle(issuer.bundle(token), issuer.trust(), now=NOW)
    assert any("development key" in point for point in verified.not_checked)
    assert step(issuer.bundle(issuer.token(visible(demo=False))), issuer) == 5


TRUST_CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "not JSON": lambda data: data[1:],
    "not canonical": lambda data: data.replace(b",", b", ", 1),
    "unknown schema": lambda data: data.replace(b"trust/1", b"trust/2"),
    "another anchor": lambda data: data.replace(b'"x":"', b'"x":"A', 1),
    "manifest cut off": lambda data: data.replace(b'"manifest":"', b'"manifest":"A', 1),
}


@pytest.mark.parametrize("name", TRUST_CHANGES)
def test_a_wrong_trust_file_cannot_be_used(issuer: Issuer, name: str):
    with pytest.raises(TrustInvalid):
        TrustFile.load(TRUST_CHANGES[name](issuer.trust_bytes()))


def test_the_fingerprint_is_over_issuer_and_anchor_and_outlives_a_rotation(issuer: Issuer):
    """A contract prints it once: SHA-256 of their canonical JSON, in groups of four hexadecimal digits."""
    body = canonical.loads(issuer.trust_bytes())
    text = canonical.dumps({"anchor": body["anchor"], "issuer": body["issuer"]})
    digest = hashlib.sha256(text).hexdigest()
    assert issuer.trust().fingerprint.replace(" ", "") == digest
    assert len(issuer.trust().fingerprint.split()) == 16
    rotated = issuer.trust(version=2, keys=[issuer.key_entry(SigningKey.drawn(issuer.draw))])
    assert rotated.fingerprint == issuer.trust().fingerprint
    other = Issuer()
    assert other.trust().fingerprint != issuer.trust().fingerprint


WHEN = {
    # the key's validity in the manifest -> logged at -> step that refuses, or 0
    "logged while the key was active": ({}, NOW, 0),
    "logged before the key was active": ({"valid_from": NOW + 1}, NOW, 6),
    "logged by a key that is pending": ({"state": "pending", "valid_from": None}, NOW, 6),
    "logged in a retired key's time": ({"state": "retired", "valid_to": NOW + 5}, NOW, 0),
    "logged after a retired key's time": ({"state": "retired", "valid_to": NOW + 5}, NOW + 6, 6),
    "logged before the key was stolen": ({"state": "compromised", "compromised_since": NOW + 5}, NOW, 0),
    "logged since the key was stolen": ({"state": "compromised", "compromised_since": NOW + 5}, NOW + 5, 6),
    "logged before it was issued": ({}, NOW - 61, 6),
    "logged in the future": ({}, NOW + 161, 6),
}


@pytest.mark.parametrize("name", WHEN)
def test_the_logged_time_decides_whether_the_key_was_valid(issuer: Issuer, name: str):
    """Whoever steals a signing key can backdate a token, not the log."""
    validity, logged_at, expected = WHEN[name]
    data = issuer.bundle(logged_at=logged_at, status=issuer.status(iat=NOW))
    trust = issuer.trust(keys=[issuer.key_entry(**validity)])
    try:
        verify_bundle(data, trust, now=NOW + 100, demands=Demands(CONTRACT))
    except VerificationError as error:
        assert error.step == expected, str(error)
    else:
        assert expected == 0


def test_a_logged_time_that_was_changed_is_refused(issuer: Issuer):
    assert step(issuer.bundle(edit=lambda body: body.update(logged_at=NOW + 1)), issuer) == 6


def revoked(issuer: Issuer, *indexes: int) -> str:
    bits = issuer.bits
    for index in indexes:
        bits = statuslist.with_status(bits, index, statuslist.INVALID)
    return issuer.status(status_list={"bits": 1, "lst": statuslist.encode(bits)})


ONE_LESS = {"outcomes_achieved": -1}


def correction(issuer: Issuer, token: str, difference: dict[str, int] | None = ONE_LESS, **changes: Any) -> str:
    """What replaces a token: one success less."""
    second = "urn:uuid:00000000-0000-4000-8000-000000000002"
    listed = {"status_list": {"uri": f"{ISSUER}/status/1", "idx": INDEX + 1}}
    claims = visible(**{"jti": second, "seq": 2, "status": listed, "supersedes": replaced(token), **changes})
    shown = disclosable(outcomes_achieved=20, outcomes_by_class=None, difference=difference)
    return issuer.token(claims, shown)


def test_a_superseded_attestation_says_by_which_and_by_how_much(issuer: Issuer):
    old = issuer.token()
    data = issuer.bundle(old, status=revoked(issuer, INDEX), superseded_by=correction(issuer, old))
    with pytest.raises(StatusInvalid) as refused:
        verify_bundle(data, issuer.trust(), now=NOW)
    assert "000000000002, no. 2" in str(refused.value)
    assert "outcomes_achieved -1" in str(refused.value)
    assert refused.value.successor is not None
    assert refused.value.successor.difference == {"outcomes_achieved": -1}


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ({"outcomes_achieved": -1, "amount_minor": 500}, "amount_minor +500, outcomes_achieved -1"),
        (None, "no difference is shown"),
    ],
)
def test_each_figure_of_a_difference_is_said_with_its_sign(issuer: Issuer, difference: Any, said: str):
    old = issuer.token()
    data = issuer.bundle(old, status=revoked(issuer, INDEX), superseded_by=correction(issuer, old, difference))
    with pytest.raises(StatusInvalid, match=re.escape(f"; difference: {said}; status known as of")):
        verify_bundle(data, issuer.trust(), now=NOW)


def test_what_supersedes_verifies_itself(issuer: Issuer):
    new = correction(issuer, issuer.token())
    verified = verify_bundle(issuer.bundle(new, status=revoked(issuer, INDEX)), issuer.trust(), now=NOW)
    assert verified.shown["difference"] == {"outcomes_achieved": -1}


SUCCESSORS: dict[str, dict[str, Any]] = {
    "replaces another": {"supersedes": {"jti": "urn:uuid:00000000-0000-4000-8000-000000000009", "sha256": "00" * 32}},
    "replaces nothing": {"supersedes": None},
    "has an earlier number": {"seq": 1},
    "is about another window": {"window": {"label": "2021H1", "from_week": "2021-W01", "to_week": "2021-W26"}},
    "is for another recipient": {"recipient": {"role": "operator", "organisation": "an-operator"}},
    "is of another contract": {"contract": {"id": "other", "version": 1, "rules_sha256": "00" * 32}},
}


@pytest.mark.parametrize("name", SUCCESSORS)
def test_a_successor_that_does_not_fit_is_not_believed(issuer: Issuer, name: str):
    """The attestation stays refused, and nobody is sent to a wrong one."""
    old = issuer.token()
    new = correction(issuer, old, **SUCCESSORS[name])
    with pytest.raises(StatusInvalid) as refused:
        verify_bundle(issuer.bundle(old, status=revoked(issuer, INDEX), superseded_by=new), issuer.trust(), now=NOW)
    assert refused.value.successor is None


def test_a_successor_beside_an_old_status_list_is_refused(issuer: Issuer):
    old = issuer.token()
    reason = "the bundle holds what replaced the attestation, and a status list from before that"
    with pytest.raises(StatusInvalid, match=f"^{reason}$"):
        verify_bundle(issuer.bundle(old, superseded_by=correction(issuer, old)), issuer.trust(), now=NOW)


def test_an_old_staple_fails_only_where_its_age_was_limited(issuer: Issuer):
    late = NOW + 40 * 86_400
    verified = verify_bundle(issuer.bundle(), issuer.trust(), now=late)
    assert "status known as of" in verified.checks[7].detail
    limited = Demands(max_status_age=30 * 86_400)
    with pytest.raises(StatusInvalid, match="older than was asked for"):
        verify_bundle(issuer.bundle(), issuer.trust(), now=late, demands=limited)
    assert verify_bundle(issuer.bundle(), issuer.trust(), now=NOW + 30 * 86_400, demands=limited)
