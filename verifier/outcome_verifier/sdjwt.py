"""SD-JWT VC (RFC 9901, draft-ietf-oauth-sd-jwt-vc-25), issued and read strictly.

The profile is narrow: ES256 (PS256 or RS256 for the key of an RSA seal certificate), `typ` dc+sd-jwt, SHA-256,
disclosures of top-level claims only, no key binding. What the RFC leaves to a verifier's choice is refused here, so
that every token has one reading.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from outcome_verifier import b64, canonical, jws

TYPE = "dc+sd-jwt"
SALT_BYTES = 16  # RFC 9901 §9.3: at least 128 bits
_HEADER_MEMBERS = frozenset({"iat", "x5c"})
_NEVER_DISCLOSED = frozenset(
    {
        "iss",
        "nbf",
        "exp",
        "iat",
        "cnf",
        "vct",
        "vct#integrity",
        "status",
        "_sd",
        "_sd_alg",
        "...",
        "jti",
        "aud",
        "sub",
        "supersedes",
    }
)
_MOST_DISCLOSURES = 64


@dataclass(frozen=True, slots=True)
class SdJwt:
    """A parsed token: the issuer-signed JWT and the disclosures that were presented with it."""

    jwt: str
    token: jws.Jws
    disclosures: tuple[str, ...]


def issue(
    claims: Mapping[str, Any],
    disclosable: Mapping[str, Any],
    *,
    header: Mapping[str, Any],
    sign: Callable[[bytes], bytes],
    salts: Callable[[int], bytes],
    decoys: int,
) -> str:
    """A signed token with one disclosure for each disclosable claim: `<JWT>~<D1>~…~`.

    Digests are sorted, which hides the claims' order; `decoys` random ones hide their number (RFC 9901 §4.2.5).
    Raises `ValueError` for a claim that may not be disclosed selectively.
    """
    if set(disclosable) & (set(claims) | _NEVER_DISCLOSED):
        raise ValueError("a claim is both visible and disclosable, or may never be disclosable")
    disclosures = [disclosure(b64.encode(salts(SALT_BYTES)), name, value) for name, value in disclosable.items()]
    digests = [digest(text) for text in disclosures]
    digests += [b64.encode(hashlib.sha256(salts(32)).digest()) for _ in range(decoys)]
    payload = {**claims, "_sd": sorted(digests), "_sd_alg": "sha-256"}
    parts = [b64.encode(canonical.dumps(dict(part))) for part in (header, payload)]
    signature = b64.encode(sign(".".join(parts).encode("ascii")))
    return "~".join([".".join([*parts, signature]), *disclosures, ""])


def disclosure(salt: str, name: str, value: object) -> str:
    """The text of a disclosure (RFC 9901 §4.2.1); its digest is over this text, never over the JSON."""
    return b64.encode(canonical.dumps([salt, name, value]))


def digest(text: str) -> str:
    """The digest of a disclosure's text (RFC 9901 §4.2.3)."""
    return b64.encode(hashlib.sha256(text.encode("ascii")).digest())


def parse(text: str) -> SdJwt:
    """Read a presentation; `ValueError` where it is not a strict SD-JWT VC without key binding."""
    parts = text.split("~")
    if len(parts) < 2 or parts[-1]:
        raise ValueError("the token does not end with ~, or it carries a key binding that nobody asked for")
    if len(parts) - 2 > _MOST_DISCLOSURES:
        raise ValueError("too many disclosures")
    token = jws.parse(parts[0], typ=TYPE, members=_HEADER_MEMBERS)
    if not canonical.is_instant(token.header.get("iat")):
        raise ValueError("the header's iat is not a time in seconds")
    payload = token.payload
    if not isinstance(payload.get("vct"), str) or not payload["vct"]:
        raise ValueError("the token names no type (vct)")
    if payload.get("_sd_alg", "sha-256") != "sha-256":
        raise ValueError("the digest algorithm is not sha-256")
    if "_sd" in payload and not _is_digest_list(payload["_sd"]):
        raise ValueError("_sd is not a list of SHA-256 digests")
    if len(set(payload.get("_sd", []))) != len(payload.get("_sd", [])):
        raise ValueError("a digest stands twice")
    if any(_has_digests(value) for name, value in payload.items() if name != "_sd") or "..." in payload:
        raise ValueError("a digest stands deeper than the top level")
    return SdJwt(parts[0], token, tuple(parts[1:-1]))


def disclosed_claims(presentation: SdJwt) -> dict[str, Any]:
    """Name -> value of what the holder shows; `ValueError` where a disclosure does not belong (RFC 9901 §7.1)."""
    expected = set(presentation.token.payload.get("_sd", []))
    found: dict[str, Any] = {}
    for text in presentation.disclosures:
        value = digest(text) if text.isascii() else ""
        if value not in expected:
            raise ValueError("a disclosure does not belong to the token, or was sent twice")
        expected.remove(value)
        name, content = _open(text)
        if name in found or name in presentation.token.payload:
            raise ValueError("two claims have one name")
        found[name] = content
    return found


def _open(text: str) -> tuple[str, Any]:
    entry = canonical.loads(b64.decode(text))
    if not isinstance(entry, list) or len(entry) != 3 or not all(isinstance(part, str) for part in entry[:2]):
        raise ValueError("a disclosure is not [salt, name, value]")
    name, content = entry[1], entry[2]
    if name in _NEVER_DISCLOSED:
        raise ValueError("a disclosure has a reserved name")
    if _has_digests(content):
        raise ValueError("a digest stands inside a disclosure")
    return name, content


def _is_digest_list(value: object) -> bool:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        return False
    return all(len(b64.decode(item)) == hashlib.sha256().digest_size for item in value)


def _has_digests(value: object) -> bool:
    """Whether `_sd`, `_sd_alg` or `...` occurs anywhere inside."""
    inside: Iterable[object] = ()
    if isinstance(value, dict):
        if {"_sd", "_sd_alg", "..."} & set(value):
            return True
        inside = value.values()
    elif isinstance(value, list):
        inside = value
    return any(_has_digests(item) for item in inside)
