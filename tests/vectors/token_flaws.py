"""Bad vectors of steps 2 to 5: header, signature, disclosures and claims."""

from __future__ import annotations

from collections.abc import Callable

from outcome_verifier import b64, sdjwt
from tests.support.bundles import NONCE, NOW, SEAL, Issuer, SigningKey, disclosable, visible
from tests.vectors.making import (
    PAYMENT,
    SECOND,
    Vector,
    bytes_of,
    claim,
    deep_disclosure,
    disclosure,
    header,
    parts,
    payload,
    shows,
    token,
)

Rows = list[tuple[str, str, Callable[[Issuer], bytes]]]
WITHOUT_PLAN = {name: value for name, value in SEAL.items() if name != "plan"} | {"nonce": NONCE}


def step2() -> list[Vector]:
    def no_fraction(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        return head, body.replace(b'"seq":1', b'"seq":1.0')

    def twice(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        return b'{"alg":"none",' + head[1:], body

    rows: Rows = [
        ("alg-none", "No signature algorithm.", header(alg="none")),
        ("alg-hs256", "A secret key algorithm.", header(alg="HS256")),
        ("alg-es384", "An algorithm that is not in the profile.", header(alg="ES384")),
        ("typ-jwt", "The type is JWT.", header(typ="JWT")),
        ("typ-of-the-w3c", "The type is vc+sd-jwt.", header(typ="vc+sd-jwt")),
        ("no-kid", "No key is named.", header(kid=None)),
        ("no-header-iat", "The header names no time.", header(iat=None)),
        ("header-iat-is-true", "The header's time is true.", header(iat=True)),
        ("crit", "An extension that must be understood.", header(crit=["b64"], b64=False)),
        ("jku", "It brings an address for its own keys.", header(jku="https://elsewhere.example/keys")),
        ("x5u", "It brings an address for its own certificate.", header(x5u="https://elsewhere.example/cert")),
        ("jwk", "It brings its own key.", header(jwk={"kty": "EC"})),
        ("header-repeats-a-member", "The algorithm stands twice.", bytes_of(twice)),
        ("no-vct", "The type of the credential is missing.", claim(vct=None)),
        ("empty-vct", "The type of the credential is empty.", claim(vct="")),
        ("fraction-in-the-payload", "A number with a fraction.", bytes_of(no_fraction)),
        ("other-digest-algorithm", "Digests of another algorithm.", payload(lambda p: p.update(_sd_alg="sha-512"))),
        ("digest-twice", "A digest stands twice.", payload(lambda p: p["_sd"].append(p["_sd"][0]))),
        ("sd-is-no-list", "_sd is a text.", payload(lambda p: p.update(_sd="abc"))),
        ("sd-is-empty", "_sd is an empty list.", payload(lambda p: p.update(_sd=[]))),
        ("sd-holds-no-digest", "_sd holds a text that is no SHA-256.", payload(lambda p: p["_sd"].append("abc"))),
        (
            "digest-deeper-down",
            "A digest below the top level.",
            payload(lambda p: p["contract"].update(_sd=[p["_sd"][0]])),
        ),
        ("digest-in-a-list", "A digest in a list.", payload(lambda p: p.update(list=[{"...": p["_sd"][0]}]))),
        ("no-closing-tilde", "The last tilde is missing.", parts(lambda p: p[:-1])),
        ("no-tilde-at-all", "A JWT and no SD-JWT.", parts(lambda p: p[:1])),
        ("key-binding", "A key binding that nobody asked for.", parts(lambda p: [*p[:-1], p[0]])),
        ("padding-in-the-signature", "base64 with padding.", parts(lambda p: [p[0] + "=", *p[1:]])),
        ("four-parts", "A JWT with four parts.", parts(lambda p: [p[0] + ".", *p[1:]])),
        (
            "stray-bits",
            "base64url whose last character has stray bits.",
            parts(lambda p: [p[0][:-1] + "B" if p[0][-1] in "AQgw" else p[0][:-1] + "_", *p[1:]]),
        ),
        (
            "short-signature",
            "A signature of 63 bytes.",
            parts(lambda p: [p[0].rpartition(".")[0] + "." + "A" * 84, *p[1:]]),
        ),
        ("too-many-disclosures", "Sixty-five disclosures.", parts(lambda p: [p[0], *[p[1]] * 65, ""])),
    ]
    return [Vector(name, 12, flaw, make) for name, flaw, make in rows]


def step3() -> list[Vector]:
    def another_key(issuer: Issuer) -> str:
        stranger = SigningKey.drawn(issuer.draw)
        jwt, *rest = issuer.token().split("~")
        signed = jwt.rpartition(".")[0]
        return "~".join([f"{signed}.{b64.encode(stranger.sign(signed.encode()))}", *rest])

    def changed(p: list[str]) -> list[str]:
        head, body, signature = p[0].split(".")
        text = b64.decode(body).replace(b'"seq":1', b'"seq":2')
        return [f"{head}.{b64.encode(text)}.{signature}", *p[1:]]

    rows: Rows = [
        ("unknown-key", "The key is not in the trust file.", header(kid="another")),
        ("signed-by-another-key", "Another key signed under this one's name.", token(another_key)),
        ("changed-after-signing", "A visible claim was changed.", parts(changed)),
        (
            "zero-signature",
            "A signature of zeroes.",
            parts(lambda p: [p[0].rpartition(".")[0] + "." + "A" * 86, *p[1:]]),
        ),
        ("algorithm-of-another-key-type", "PS256 under an elliptic curve key.", header(alg="PS256")),
    ]
    return [Vector(name, 13, flaw, make) for name, flaw, make in rows]


def step4() -> list[Vector]:
    salt = "c2FsdA"
    rows: Rows = [
        (
            "disclosure-that-is-not-the-tokens",
            "A disclosure without a digest in the token.",
            parts(lambda p: [*p[:-1], sdjwt.disclosure(salt, "extra", 1), ""]),
        ),
        ("disclosure-twice", "A disclosure stands twice.", parts(lambda p: [*p[:-1], p[1], ""])),
        ("empty-disclosure", "An empty disclosure.", parts(lambda p: [*p[:-1], "", ""])),
        ("disclosure-with-padding", "base64 with padding.", parts(lambda p: [p[0], p[1] + "=", *p[2:]])),
        ("disclosure-beyond-ascii", "A character beyond ASCII.", parts(lambda p: [p[0], p[1] + "æ", *p[2:]])),
        ("reserved-name", "A disclosure named _sd.", disclosure(salt, "_sd", ["x"])),
        ("reserved-ellipsis", "A disclosure named with three dots.", disclosure(salt, "...", "x")),
        ("discloses-exp", "The expiry must not be withheld.", disclosure(salt, "exp", NOW + 10)),
        ("discloses-status", "The status must not be withheld.", disclosure(salt, "status", {})),
        ("discloses-supersedes", "What it supersedes must not be withheld.", disclosure(salt, "supersedes", {})),
        (
            "clashes-with-a-visible-claim",
            "A disclosed claim has the name of a visible one.",
            disclosure(salt, "template", "predicate"),
        ),
        ("clashes-with-another-disclosure", "Two disclosures have one name.", disclosure(salt, "participants", 41)),
        ("array-element", "A disclosure of two parts.", disclosure(salt, "participants")),
        ("name-is-no-text", "A disclosure whose name is a number.", disclosure(salt, 5, 1)),
        ("digest-inside-a-disclosure", "A disclosed value holds digests.", disclosure(salt, "sources", {"_sd": ["x"]})),
        ("deep-disclosure", "A disclosed value is nested thirty-three deep.", token(deep_disclosure)),
    ]
    return [Vector(name, 14, flaw, make) for name, flaw, make in rows]


def doubly(issuer: Issuer) -> str:
    claims = visible(supersedes={"jti": SECOND, "sha256": "00" * 32})
    return issuer.token(claims, disclosable(difference={"threshold_met": 2}))


def step5() -> list[Vector]:
    def window(first: str, last: str) -> dict[str, str]:
        return {"label": "x", "from_week": first, "to_week": last}

    mixed = {name: value for name, value in PAYMENT.items() if name != "log"}
    rows: Rows = [
        ("another-issuer", "The issuer is not the trust file's.", claim(iss="https://elsewhere.example")),
        ("no-issuer", "No issuer.", claim(iss=None)),
        ("another-type", "A type that the issuer does not issue.", claim(vct="https://elsewhere.example/vct/1")),
        ("expired", "It has expired.", claim(exp=NOW - 61)),
        ("not-valid-yet", "It is not valid yet.", claim(nbf=NOW + 61)),
        ("issued-in-the-future", "It was issued in the future.", claim(iat=NOW + 61)),
        ("nbf-is-text", "A time is a text.", claim(nbf=str(NOW))),
        ("nbf-is-true", "A time is true.", claim(nbf=True)),
        ("issued-before-1970", "A time before 1970.", claim(iat=-1)),
        ("member-to-spare", "A visible object has a member to spare.", claim(operator={"name": "An operator", "x": 1})),
        ("week-in-other-digits", "A week in Arabic-Indic digits.", claim(window=window("٢٠٢٠-W٢٧", "٢٠٢٠-W٥٣"))),
        ("verdict-changes-by-two", "A mark can change by one.", token(doubly)),
        ("integrity-is-no-digest", "The digest of the type is none.", claim(**{"vct#integrity": "sha256-AAAA"})),
        ("no-jti", "No identifier.", claim(jti=None)),
        ("jti-is-no-uuid", "The identifier is no UUID.", claim(jti="urn:uuid:1")),
        ("no-status", "No status.", claim(status=None)),
        ("seq-zero", "The series begins with 1.", claim(seq=0)),
        ("unknown-template", "A template that does not exist.", claim(template="everything")),
        ("no-rules-digest", "No digest of the contract.", claim(contract={"id": "test", "version": 1})),
        ("week-without-a-year", "A week that is none.", claim(window=window("W27", "W53"))),
        (
            "window-ends-before-it-begins",
            "The window ends before it begins.",
            claim(window=window("2020-W27", "2020-W26")),
        ),
        ("payment-document-in-the-public-log", "Type and log do not belong together.", claim(**mixed)),
        ("demo-false", "The demo mark is true or is not there.", claim(demo=False)),
        ("supersedes-without-a-digest", "What is superseded has no digest.", claim(supersedes={"jti": SECOND})),
        (
            "difference-from-nothing",
            "A difference, and nothing is superseded.",
            shows(difference={"outcomes_achieved": 1}),
        ),
        ("unknown-claim", "A disclosed claim that the type does not have.", disclosure("c2FsdA", "bonus", 1)),
        ("participants-is-text", "A number is a text.", shows(participants="40")),
        ("seal-without-a-plan", "A seal that names no plan of blocks.", shows(cohort_seals=[WITHOUT_PLAN])),
        ("reached-is-negative", "What was reached is a count.", shows(outcomes_reached=-1)),
        ("points-are-text", "What was reached is a count.", shows(points_reached="3")),
        ("participants-is-negative", "A count is negative.", shows(participants=-40)),
        (
            "control-character-in-a-name",
            "A name that clears the screen.",
            claim(operator={"name": "An\x1b[2J operator"}),
        ),
        ("nul-in-a-name", "A name with NUL.", claim(operator={"name": "An\x00operator"})),
        ("bidi-in-a-name", "A name that turns the reading direction.", claim(operator={"name": "An\u202eoperator"})),
        (
            "look-alike-letters-in-a-name",
            "A name with Cyrillic letters.",
            claim(operator={"name": "Sp\u0435cialist\u0435rne"}),
        ),
        ("endless-name", "A name of 2001 characters.", claim(operator={"name": "a" * 2001})),
        ("payer-without-a-name", "A payer's part that names nobody.", shows(payers=[{"amount_minor": 2_100_000}])),
        (
            "look-alike-claim",
            "A payable in another member.",
            shows(payable={"amount_minor": 1, "currency": "DKK", "x": 1}),
        ),
    ]
    return [Vector(name, 15, flaw, make) for name, flaw, make in rows]
