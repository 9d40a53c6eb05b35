"""A key in a hardware token signs what the verifier accepts. The token is SoftHSM 2, from the distribution."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest
from pkcs11.util.ec import encode_named_curve_parameters

from keys.errors import KeyUnknown, SignerUnavailable
from keys.keystore import KeyStore
from keys.signer import Signer, signer_from_uri
from outcome_verifier import b64, canonical, jws

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "918273"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token with a P-256 and an RSA key pair; yields the file that holds its PIN."""
    folder = tmp_path_factory.mktemp("hsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    pin = folder / "pin"
    pin.write_text(PIN)
    pin.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        made = ["softhsm2-util", "--init-token", "--free", "--label", "gateway", "--so-pin", "1234", "--pin", PIN]
        subprocess.run(made, check=True, capture_output=True)
        with pkcs11.lib(MODULE).get_token(token_label="gateway").open(rw=True, user_pin=PIN) as session:
            curve = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
            session.create_domain_parameters(pkcs11.KeyType.EC, curve, local=True).generate_keypair(
                store=True, label="seal"
            )
            session.generate_keypair(pkcs11.KeyType.RSA, 2048, store=True, label="rsa-seal")
        yield pin


def uri(pin: Path, name: str = "seal", **changes: str) -> str:
    parts = {"token": "gateway", "object": name, "module-path": MODULE, "pin-source": str(pin), **changes}
    return "pkcs11:token={token};object={object}?module-path={module-path}&pin-source={pin-source}".format(**parts)


def opened(pin: Path, alg: str, **changes: str) -> Signer:
    store = KeyStore.__new__(KeyStore)  # a token needs none
    return signer_from_uri(uri(pin, **changes), store, alg=alg)


@pytest.mark.parametrize(("alg", "name"), [("ES256", "seal"), ("PS256", "rsa-seal"), ("RS256", "rsa-seal")])
def test_the_verifier_accepts_what_the_token_signed(token: Path, alg: str, name: str):
    signer = opened(token, alg, name=name)
    header = b64.encode(canonical.dumps({"alg": alg, "typ": "x", "kid": signer.kid}))
    payload = b64.encode(b"{}")
    signature = signer.sign(f"{header}.{payload}".encode())
    parsed = jws.parse(f"{header}.{payload}.{b64.encode(signature)}", typ="x", members=frozenset())
    jws.verify_signature(parsed, jws.public_key(signer.public_jwk))
    changed = jws.Jws(parsed.header, parsed.payload, parsed.signing_input + b"x", parsed.signature)
    with pytest.raises(ValueError, match="signature is wrong"):
        jws.verify_signature(changed, jws.public_key(signer.public_jwk))
    assert not signer.is_development
    assert PIN not in repr(signer)


WRONG = {
    "another token": {"token": "elsewhere"},
    "no such key": {"name": "nothing"},
    "no such module": {"module-path": "/nowhere/module.so"},
    "a key of another kind": {"name": "rsa-seal"},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_token_that_cannot_sign_is_refused_when_it_is_opened(token: Path, name: str):
    with pytest.raises(SignerUnavailable) as refused:
        opened(token, "ES256", **WRONG[name])
    assert PIN not in str(refused.value)


def test_a_wrong_pin_is_refused(token: Path, tmp_path: Path):
    wrong = tmp_path / "pin"
    wrong.write_text("000000")
    wrong.chmod(0o600)
    with pytest.raises(SignerUnavailable, match="Pin"):
        opened(wrong, "ES256")


@pytest.mark.parametrize("text", ["pkcs11:token=a;object=b?module-path=m&pin-value=1234", "pkcs11:", "pkcs11:token=a"])
def test_a_uri_that_would_show_the_pin_is_refused(text: str):
    with pytest.raises(SignerUnavailable) as refused:
        signer_from_uri(text, KeyStore.__new__(KeyStore))
    assert "1234" not in str(refused.value)


@pytest.mark.parametrize("text", ["vault:seal", "seal", "", "https://kms.example/seal"])
def test_another_scheme_is_refused(text: str):
    with pytest.raises(KeyUnknown):
        signer_from_uri(text, KeyStore.__new__(KeyStore))
