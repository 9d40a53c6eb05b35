"""What a hostile file, a retired key or a careless issuer could have slipped past the numbered checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outcome_verifier import b64, canonical, cli
from outcome_verifier.errors import TrustInvalid, VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, VerifiedOutcome, verify_bundle
from tests.support.bundles import CONTRACT, HOST, ISSUER, NONCE, NOW, SEAL, Issuer, disclosable, visible


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def check(data: bytes, issuer: Issuer) -> VerifiedOutcome:
    return verify_bundle(data, issuer.trust(), now=NOW, demands=Demands(CONTRACT))


def refused_at(data: bytes, issuer: Issuer) -> int:
    with pytest.raises(VerificationError) as caught:
        check(data, issuer)
    return caught.value.step


@pytest.mark.parametrize("depth", [33, 300, 800, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_a_refusal_and_never_an_exhausted_stack(opening: str, closing: str, depth: int) -> None:
    """Both below and beyond what the JSON reader itself survives."""
    with pytest.raises(ValueError, match="deeply"):
        canonical.loads((opening * depth + "1" + closing * depth).encode())


def test_nesting_that_real_files_have_is_read() -> None:
    assert canonical.loads(b"[" * 20 + b"]" * 20)


def test_deep_nesting_is_refused_wherever_a_stranger_can_put_it(issuer: Issuer) -> None:
    deep = b64.encode(b"[" * 5000 + b"]" * 5000)
    token = f"{deep}.{deep}.{'A' * 86}"
    shown = issuer.token()
    assert refused_at(b"[" * 100_000 + b"\n", issuer) == 1
    assert refused_at(issuer.bundle(edit=lambda body: body.update(attestation=f"{token}~")), issuer) == 2
    assert refused_at(issuer.bundle(shown, edit=lambda body: body.update(status=token)), issuer) == 8
    with pytest.raises(TrustInvalid):
        TrustFile.load(b"[" * 100_000 + b"\n")


def with_key_until(issuer: Issuer, end: int) -> TrustFile:
    return issuer.trust(keys=[issuer.key_entry(state="retired", valid_to=end)])


def test_a_retired_key_cannot_say_that_an_attestation_is_still_valid(issuer: Issuer) -> None:
    """Otherwise whoever finds an old key could cover up a revocation with a fresh status list."""
    trust = with_key_until(issuer, NOW + 10)
    data = issuer.bundle(status=issuer.status(iat=NOW + 11, exp=NOW + 1000))
    with pytest.raises(VerificationError) as caught:
        verify_bundle(data, trust, now=NOW + 20, demands=Demands(CONTRACT))
    assert caught.value.step == 8
    in_time = issuer.bundle(status=issuer.status(iat=NOW + 10, exp=NOW + 1000))
    assert verify_bundle(in_time, trust, now=NOW + 20, demands=Demands(CONTRACT)).status_as_of == NOW + 10


def test_shown_seals_are_checked_even_where_the_participants_are_withheld(issuer: Issuer) -> None:
    good = disclosable(participants=None)
    assert "40 people" in check(issuer.bundle(issuer.token(shown=good)), issuer).checks[6].detail
    wrong = disclosable(participants=None, cohort_seals=[{**SEAL, "count": 10, "nonce": NONCE}])
    assert refused_at(issuer.bundle(issuer.token(shown=wrong)), issuer) == 7


def test_participants_without_their_seals_are_said_to_be_unproven(issuer: Issuer) -> None:
    verified = check(issuer.bundle(issuer.token(shown=disclosable(cohort_seals=None))), issuer)
    assert any("denominator" in point for point in verified.not_checked)


PAYMENT = {
    "vct": f"{ISSUER}/vct/payment-document/1",
    "template": "payment_document",
    "log": {"origin": f"{HOST}/payment"},
}


@pytest.mark.parametrize("missing", [{"vct"}, {"template"}, {"log"}, {"vct", "log"}, {"vct", "template"}])
def test_template_type_and_log_must_belong_together(issuer: Issuer, missing: set[str]) -> None:
    """A total that only the private log holds, or a payment document in the public one, is refused."""
    mixed = {name: value for name, value in PAYMENT.items() if name not in missing}
    assert refused_at(issuer.bundle(issuer.token(visible(**mixed))), issuer) == 5


def test_a_payment_document_in_the_payment_log_verifies(issuer: Issuer) -> None:
    """Positive control of the mixtures above; its seals stay in the attest log."""
    token = issuer.token(visible(**PAYMENT))
    other = Issuer()
    other.key, other.attest, other.payment = issuer.key, issuer.payment, issuer.attest
    receipt = canonical.loads_canonical(other.bundle(token)[:-1])["receipt"]
    verified = check(issuer.bundle(token, edit=lambda body: body.update(receipt=receipt)), issuer)
    assert f"{HOST}/payment" in verified.checks[5].detail


@pytest.mark.parametrize("text", ["a\x1b[2Jb", "a\nb", "a\x9bb", "a\u202eb"])
def test_no_claim_can_write_over_the_verdict_on_a_terminal(issuer: Issuer, text: str) -> None:
    recipient = {"role": "investor", "organisation": text}
    assert refused_at(issuer.bundle(issuer.token(visible(recipient=recipient))), issuer) == 5
    danish = {"name": "Opdigtet Fond Ærø & Søn"}
    assert check(issuer.bundle(issuer.token(visible(operator=danish))), issuer)


def test_a_reason_never_repeats_control_characters_of_the_file(issuer: Issuer) -> None:
    token = issuer.token(header=issuer.header(**{"x\x1b[2J": 1}))
    with pytest.raises(VerificationError) as caught:
        check(issuer.bundle(token), issuer)
    assert str(caught.value).isprintable()
    shown = issuer.token(shown={"x\x1b[2J": 1})
    with pytest.raises(VerificationError) as caught:
        check(issuer.bundle(shown), issuer)
    assert str(caught.value).isprintable()


def test_an_instant_without_a_calendar_date_is_refused(issuer: Issuer) -> None:
    sources = {"complete_to_week": "2020-W53", "known_at": 2**52}
    assert refused_at(issuer.bundle(issuer.token(shown=disclosable(sources=sources))), issuer) == 5


def test_a_threshold_may_keep_its_number_of_people_to_itself(issuer: Issuer) -> None:
    verified = check(issuer.bundle(issuer.token(shown=disclosable(threshold={"met": False}))), issuer)
    lines = "\n".join(cli.report(verified, issuer.trust()))
    assert "NOT met" in lines
    assert "None" not in lines


TRUST_SHAPES: dict[str, dict[str, Any]] = {
    "types as one text": {"vct": "https"},
    "type as number": {"vct": [1]},
    "issuer as number": {"members": {"issuer": 5}},
    "another issuer": {"members": {"issuer": "https://elsewhere.example"}},
    "no keys": {"keys": []},
    "keys null": {"keys": None},
    "logs as object": {"logs": {}},
    "logs of texts": {"logs": ["x"]},
    "no logs": {"logs": []},
    "version zero": {"version": 0},
    "a member to spare": {"note": "hello"},
    "receipt of nothing": {"members": {"receipt": ""}},
    "another type of token": {"header": {"alg": "ES256", "typ": "statuslist+jwt"}},
    "an anchor with its private part": {
        "members": {"anchor": {"kty": "EC", "crv": "P-256", "x": "", "y": "", "d": ""}}
    },
}


@pytest.mark.parametrize("name", TRUST_SHAPES)
def test_a_trust_file_of_another_shape_cannot_be_used(issuer: Issuer, name: str) -> None:
    with pytest.raises(TrustInvalid):
        TrustFile.load(issuer.trust_bytes(**TRUST_SHAPES[name]))


def test_a_manifest_that_another_key_signed_cannot_be_used(issuer: Issuer) -> None:
    """The signing key may not appoint itself, even where the receipt is genuine."""
    with pytest.raises(TrustInvalid, match="not signed by the file's anchor"):
        issuer.trust(signer=issuer.key)


def test_a_manifest_that_is_not_in_the_log_cannot_be_used(issuer: Issuer) -> None:
    """Otherwise one reader could be shown a manifest that nobody else has seen."""
    other = canonical.loads_canonical(issuer.trust_bytes(version=2)[:-1])["receipt"]
    with pytest.raises(TrustInvalid, match="another root"):
        issuer.trust(members={"receipt": other})


KEY_SHAPES: dict[str, dict[str, Any]] = {
    "kid is not the thumbprint": {"kid": "A"},
    "unknown state": {"state": "sleeping"},
    "validity as text": {"valid_to": "x"},
    "validity as truth": {"valid_from": True},
    "a private part": {"jwk": {**Issuer("x").key.jwk, "d": "AA"}},
    "a member to spare": {"use": "attestation"},
}


@pytest.mark.parametrize("name", KEY_SHAPES)
def test_a_key_of_another_shape_cannot_be_used(issuer: Issuer, name: str) -> None:
    with pytest.raises(TrustInvalid):
        issuer.trust(keys=[issuer.key_entry(**KEY_SHAPES[name])])


def test_a_trust_file_without_its_last_byte_cannot_be_used(issuer: Issuer) -> None:
    """Its fingerprint would differ from the pinned one although its content is the same."""
    assert TrustFile.load(issuer.trust_bytes())
    with pytest.raises(TrustInvalid, match="cut off"):
        TrustFile.load(issuer.trust_bytes()[:-1])


def run(folder: Path, issuer: Issuer, data: bytes, at: str) -> int:
    (folder / "bundle.json").write_bytes(data)
    (folder / "TRUST.json").write_bytes(issuer.trust_bytes())
    return cli.main([str(folder / "bundle.json"), "--trust", str(folder / "TRUST.json"), "--at", at])


@pytest.mark.parametrize("at", [str(NOW), "2026-02-02T02:40:00Z", "2026-02-02T03:40:00+01:00"])
def test_a_time_may_be_given_as_seconds_or_with_its_offset(issuer: Issuer, tmp_path: Path, at: str) -> None:
    """All three are `NOW`, and a bundle that becomes valid 60 s later is just accepted at it."""
    token = issuer.token(visible(nbf=NOW + 60))
    assert run(tmp_path, issuer, issuer.bundle(token), at) == 0
    late = issuer.token(visible(nbf=NOW + 61))
    assert run(tmp_path, issuer, issuer.bundle(late), at) == 15


@pytest.mark.parametrize("at", ["2026-02-02T02:40:00", "2026-02-02", "soon", "-1", ""])
def test_a_time_without_an_offset_is_a_usage_error(
    issuer: Issuer, tmp_path: Path, at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(tmp_path, issuer, issuer.bundle(), at)
    assert caught.value.code == 2
    assert "--at" in capsys.readouterr().err


def test_a_failure_shows_the_fingerprint_that_its_advice_speaks_of(
    issuer: Issuer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, issuer, Issuer().bundle(), str(NOW)) == 13
    assert issuer.trust().fingerprint in capsys.readouterr().out
