"""A signer whose key never leaves a hardware token: PKCS #11, named by an RFC 7512 URI.

`pkcs11:token=gateway;object=seal?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/run/secrets/pin`
The PIN stands in a file that only its owner may read, never in the URI: `pin-value` is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pkcs11
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11.util.ec import encode_ec_public_key
from pkcs11.util.rsa import encode_rsa_public_key

from keys.errors import SignerUnavailable
from keys.keystore import read_passphrase
from outcome_verifier.jws import thumbprint
from outcome_verifier.signing import jwk_of

_PATH = {"token", "object"}
_QUERY = {"module-path", "pin-source"}
_RSA_HEADER = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo of SHA-256, RFC 8017 §9.2


@dataclass(frozen=True, slots=True)
class TokenUri:
    """The parts of a PKCS #11 URI that are understood here."""

    token: str
    object: str
    module_path: str
    pin_source: str


@dataclass(frozen=True, slots=True, repr=False)
class TokenSigner:
    """A key pair in a token. Each signature is one session, so that nothing stays logged in."""

    uri: TokenUri
    alg: str
    public_jwk: Mapping[str, str]
    is_development: bool = False

    @property
    def kid(self) -> str:
        return thumbprint(self.public_jwk)

    def sign(self, message: bytes) -> bytes:
        """Raises `SignerUnavailable` where the token does not answer."""
        digest = hashlib.sha256(message).digest()
        with _session(self.uri) as session:
            key = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, label=self.uri.object)
            if self.alg == "ES256":
                return bytes(key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))  # raw r || s
            if self.alg == "PS256":
                parameters = (pkcs11.Mechanism.SHA256, pkcs11.MGF.SHA256, len(digest))
                mechanism = pkcs11.Mechanism.RSA_PKCS_PSS
                return bytes(key.sign(digest, mechanism=mechanism, mechanism_param=parameters))
            return bytes(key.sign(_RSA_HEADER + digest, mechanism=pkcs11.Mechanism.RSA_PKCS))

    def __repr__(self) -> str:
        return f"TokenSigner({self.kid})"


def open_signer(uri: str, *, alg: str) -> TokenSigner:
    """The signer that a PKCS #11 URI names; `SignerUnavailable` where there is none of this kind."""
    parsed = parse_uri(uri)
    with _session(parsed) as session:
        public = session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, label=parsed.object)
        is_rsa = public.key_type == pkcs11.KeyType.RSA
        encoded = encode_rsa_public_key(public) if is_rsa else encode_ec_public_key(public)
    key = _public(encoded, parsed)
    if is_rsa != (alg != "ES256"):
        raise SignerUnavailable(uri=_printable_uri(parsed), reason=f"the key is of another kind than {alg} needs")
    return TokenSigner(parsed, alg, jwk_of(key))


def parse_uri(uri: str) -> TokenUri:
    """The parts of a URI; `SignerUnavailable` where one is missing, unknown, or would show the PIN."""
    scheme, _, rest = uri.partition(":")
    path, _, query = rest.partition("?")
    pairs = [part.partition("=") for part in [*path.split(";"), *(query.split("&") if query else [])]]
    values = {name: unquote(value) for name, _, value in pairs}
    if scheme != "pkcs11" or set(values) != _PATH | _QUERY or len(pairs) != len(values):
        wanted = "pkcs11:token=…;object=…?module-path=…&pin-source=…"
        raise SignerUnavailable(uri="pkcs11:…", reason=f"the URI must have the form {wanted}")
    return TokenUri(values["token"], values["object"], values["module-path"], values["pin-source"])


@contextmanager
def _session(uri: TokenUri) -> Iterator[Any]:
    try:
        pin = read_passphrase(Path(uri.pin_source.removeprefix("file:"))).decode("utf-8")
        token = pkcs11.lib(uri.module_path).get_token(token_label=uri.token)
        with token.open(user_pin=pin) as session:
            yield session
    except (pkcs11.PKCS11Error, RuntimeError) as error:  # the module's own failures; a PIN is in none of their names
        raise SignerUnavailable(uri=_printable_uri(uri), reason=type(error).__name__) from None


def _printable_uri(uri: TokenUri) -> str:
    return f"pkcs11:token={uri.token};object={uri.object}"


def _public(encoded: bytes, uri: TokenUri) -> EllipticCurvePublicKey | RSAPublicKey:
    """The public key in PKCS #1 (RSA) or SubjectPublicKeyInfo (EC) bytes."""
    key = load_der_public_key(encoded)
    if isinstance(key, RSAPublicKey) or (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)):
        return key
    raise SignerUnavailable(uri=_printable_uri(uri), reason="the key is neither P-256 nor RSA")
