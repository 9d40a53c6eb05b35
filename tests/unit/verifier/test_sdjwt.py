"""Every departure from RFC 9901 and SD-JWT VC that a holder or a careless issuer could try is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from outcome_verifier import b64, canonical, sdjwt
from outcome_verifier.errors import VerificationError
from outcome_verifier.verify import Demands, verify_bundle
from tests.support.bundles import CONTRACT, NOW, Issuer, disclosable, visible

Maker = Callable[[Issuer], str]


def step(token: str, issuer: Issuer, *, now: int = NOW) -> int:
    try:
        verify_bundle(issuer.bundle(token), issuer.trust(), now=now, demands=Demands(CONTRACT))
    except VerificationError as error:
        return error.step
    return 0


def payload_with(**changes: Any) -> Maker:
    """A token whose visible claims are changed and that is signed again."""
    return lambda issuer: issuer.token(visible(**changes))


def header_with(**changes: Any) -> Maker:
    return lambda issuer: issuer.token(header=issuer.header(**changes))


def header_without_time(issuer: Issuer) -> str:
    header = issuer.header()
    del header["iat"]
    return issuer.token(header=header)


def raw(edit: Callable[[dict[str, Any]], None], extra: tuple[str, ...] = ()) -> Maker:
    """A token whose payload, digests included, is edited and signed again; `extra` disclosures are added."""

    def make(issuer: Issuer) -> str:
        jwt, *disclosures, _ = issuer.token().split("~")
        payload = json.loads(b64.decode(jwt.split(".")[1]))
        edit(payload)
        return "~".join([issuer.compact(issuer.header(), payload), *disclosures, *extra, ""])

    return make


def parts(edit: Callable[[list[str]], list[str]]) -> Maker:
    """A good token whose ~-separated parts are rearranged."""
    return lambda issuer: "~".join(edit(issuer.token().split("~")))


def disclosed(*entry: Any) -> Maker:
    """A token with one more digest that belongs to this disclosure."""
    text = b64.encode(json.dumps(list(entry)).encode())
    return raw(lambda payload: payload["_sd"].append(sdjwt.digest(text)), (text,))


def hs256(issuer: Issuer) -> str:
    jwt, *rest = issuer.token(header=issuer.header(alg="HS256")).split("~")
    return "~".join([jwt, *rest])


def repeated_key(issuer: Issuer) -> str:
    """A header that names its algorithm twice: two readers could read two things."""
    jwt, *rest = issuer.token().split("~")
    _, payload, _ = jwt.split(".")
    header = b64.encode(b'{"alg":"none","alg":"ES256","kid":"%s","typ":"dc+sd-jwt"}' % issuer.kid.encode())
    signature = b64.encode(issuer.sign(f"{header}.{payload}".encode()))
    return "~".join([f"{header}.{payload}.{signature}", *rest])


DEPARTURES: dict[str, tuple[int, Maker]] = {
    "alg none": (2, header_with(alg="none")),
    "alg HS256": (2, hs256),
    "alg ES384": (2, header_with(alg="ES384")),
    "typ JWT": (2, header_with(typ="JWT")),
    "typ vc+sd-jwt": (2, header_with(typ="vc+sd-jwt")),
    "no kid": (2, header_with(kid=None)),
    "unknown kid": (3, header_with(kid="another")),
    "crit": (2, header_with(crit=["b64"], b64=False)),
    "jku": (2, header_with(jku="https://elsewhere.example/keys")),
    "jwk": (2, header_with(jwk={"kty": "EC"})),
    "x5u": (2, header_with(x5u="https://elsewhere.example/cert")),
    "no time in the header": (2, header_without_time),
    "time in the header: text": (2, header_with(iat="2020-01-01")),
    "time in the header: yes": (2, header_with(iat=True)),
    "time in the header: null": (2, header_with(iat=None)),
    "time in the header: list": (2, header_with(iat=[1_600_000_000])),
    "header repeats a key": (2, repeated_key),
    "no vct": (2, payload_with(vct=None)),
    "another vct": (5, payload_with(vct="https://elsewhere.example/vct/1")),
    "another issuer": (5, payload_with(iss="https://elsewhere.example")),
    "no issuer": (5, payload_with(iss=None)),
    "expired": (5, payload_with(exp=NOW - 61)),
    "not valid yet": (5, payload_with(nbf=NOW + 61)),
    "nbf is text": (5, payload_with(nbf=str(NOW))),
    "nbf is true": (5, payload_with(nbf=True)),
    "header iat is text": (2, header_with(iat=str(NOW))),
    "header iat is true": (2, header_with(iat=True)),
    "header iat is a float": (2, lambda issuer: float_header(issuer)),
    "supersedes without a digest": (
        5,
        payload_with(supersedes={"jti": "urn:uuid:00000000-0000-4000-8000-000000000002"}),
    ),
    "a difference from nothing": (
        5,
        lambda issuer: issuer.token(shown=disclosable(difference={"outcomes_achieved": 1})),
    ),
    "disclosure of supersedes": (4, disclosed("c2FsdA", "supersedes", {})),
    "a window that ends before it begins": (
        5,
        payload_with(window={"label": "x", "from_week": "2020-W27", "to_week": "2020-W26"}),
    ),
    "look-alike letters in a name": (5, payload_with(operator={"name": "Sp\u0435cialist\u0435rne"})),
    "an endless name": (5, payload_with(operator={"name": "a" * 2001})),
    "no jti": (5, payload_with(jti=None)),
    "no status": (5, payload_with(status=None)),
    "no seq": (5, payload_with(seq=None)),
    "seq zero": (5, payload_with(seq=0)),
    "unknown template": (5, payload_with(template="everything")),
    "no rules digest": (5, payload_with(contract={"id": "test", "version": 1})),
    "unknown log": (6, payload_with(log={"origin": "elsewhere.example/attest"})),
    "other digest algorithm": (2, raw(lambda p: p.update(_sd_alg="sha-512"))),
    "digest twice": (2, raw(lambda p: p["_sd"].append(p["_sd"][0]))),
    "_sd is no list": (2, raw(lambda p: p.update(_sd="abc"))),
    "_sd holds no digest": (2, raw(lambda p: p["_sd"].append("abc"))),
    "digest deeper down": (2, raw(lambda p: p["contract"].update(_sd=[p["_sd"][0]]))),
    "array digest": (2, raw(lambda p: p.update(list=[{"...": p["_sd"][0]}]))),
    "array digest at the top": (2, raw(lambda p: p.update({"...": p["_sd"][0]}))),
    "float": (2, lambda issuer: float_claim(issuer)),
    "disclosure that nobody asked for": (4, parts(lambda p: [*p[:-1], sdjwt.disclosure("c2FsdA", "extra", 1), ""])),
    "disclosure twice": (4, parts(lambda p: [*p[:-1], p[1], ""])),
    "disclosure with reserved name _sd": (4, disclosed("c2FsdA", "_sd", ["x"])),
    "disclosure with reserved name ...": (4, disclosed("c2FsdA", "...", "x")),
    "disclosure of exp": (4, disclosed("c2FsdA", "exp", NOW + 10)),
    "disclosure of status": (4, disclosed("c2FsdA", "status", {})),
    "disclosure that clashes with a visible claim": (4, disclosed("c2FsdA", "template", "predicate")),
    "disclosure that clashes with another": (4, disclosed("c2FsdA", "participants", 41)),
    "disclosure of an array element": (4, disclosed("c2FsdA", "participants")),
    "disclosure with a digest inside": (4, disclosed("c2FsdA", "sources", {"_sd": ["x"]})),
    "disclosure with an unknown name": (5, disclosed("c2FsdA", "bonus", 1)),
    "disclosure with a wrong type": (5, lambda issuer: issuer.token(shown=disclosable(participants="40"))),
    "disclosure is not base64url": (4, parts(lambda p: [p[0], p[1] + "=", *p[2:]])),
    "empty disclosure": (4, parts(lambda p: [*p[:-1], "", ""])),
    "no closing ~": (2, parts(lambda p: p[:-1])),
    "no ~ at all": (2, parts(lambda p: p[:1])),
    "key binding": (2, parts(lambda p: [*p[:-1], p[0]])),
    "four parts": (2, parts(lambda p: [p[0] + ".", *p[1:]])),
    "padding in the signature": (2, parts(lambda p: [p[0] + "=", *p[1:]])),
}


def float_header(issuer: Issuer) -> str:
    jwt, *rest = issuer.token().split("~")
    header, payload, _ = jwt.split(".")
    changed = b64.encode(b64.decode(header).replace(str(NOW).encode(), f"{NOW}.0".encode()))
    signature = b64.encode(issuer.sign(f"{changed}.{payload}".encode()))
    return "~".join([f"{changed}.{payload}.{signature}", *rest])


def float_claim(issuer: Issuer) -> str:
    jwt, *rest = issuer.token().split("~")
    header, payload, _ = jwt.split(".")
    changed = b64.encode(b64.decode(payload).replace(b'"seq":1', b'"seq":1.0'))
    signature = b64.encode(issuer.sign(f"{header}.{changed}".encode()))
    return "~".join([f"{header}.{changed}.{signature}", *rest])


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def test_a_good_token_passes(issuer: Issuer):
    assert step(issuer.token(), issuer) == 0


@pytest.mark.parametrize("name", DEPARTURES)
def test_departure_is_refused(issuer: Issuer, name: str):
    expected, make = DEPARTURES[name]
    assert step(make(issuer), issuer) == expected


@pytest.mark.parametrize("shown", [[], [0], [2, 3], [0, 1, 2, 3, 4, 5, 6]])
def test_any_subset_of_disclosures_verifies(issuer: Issuer, shown: list[int]):
    """The holder may withhold; what is withheld is listed as not checked."""
    jwt, *disclosures, _ = issuer.token().split("~")
    token = "~".join([jwt, *(disclosures[n] for n in shown), ""])
    verified = verify_bundle(issuer.bundle(token), issuer.trust(), now=NOW, demands=Demands(CONTRACT))
    assert len(verified.shown) == len(shown)
    assert any("denominator" in point for point in verified.not_checked) is (len(shown) < 7)


def test_the_digest_is_over_the_text_as_in_rfc_9901():
    """RFC 9901 §4.2.3: the known answer for the family name disclosure, with the spaces of its JSON."""
    text = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    assert b64.decode(text).decode() == '["_26bc4LT-ac6q2KI6cBW5es", "family_name", "Möbius"]'
    assert sdjwt.digest(text) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"


def test_a_salt_has_128_bits_and_is_never_used_twice(issuer: Issuer):
    entries = [canonical.loads(b64.decode(text)) for text in issuer.token().split("~")[1:-1]]
    salts = [entry[0] for entry in entries]
    assert len(set(salts)) == len(salts)
    assert all(len(b64.decode(salt)) == 16 for salt in salts)


def test_issuing_refuses_a_claim_that_may_not_be_disclosed(issuer: Issuer):
    with pytest.raises(ValueError, match="disclosable"):
        issuer.token(shown={"status": {}})
