"""Vectors of what others than the issuer sign: good ones, and bad ones of steps 10 (acceptances) and 11 (audit)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from outcome_verifier import acceptance, b64, canonical, countersignature
from tests.support.bundles import (
    CONTRACT,
    INVESTOR,
    NOW,
    OPERATOR,
    PARTIES,
    PAYER,
    SAMPLE,
    Issuer,
    SigningKey,
    visible,
)
from tests.vectors.making import SECOND, Vector, accepted, audited, claim, reheaded

Rows = list[tuple[str, str, Callable[[Issuer], bytes]]]
Party = tuple[str, str]
SECOND_ROLE = ("evaluator", "an-operator")
SECOND_PAYER = ("outcome_payer", "a-region")


def among(issuer: Issuer, *parties: Party, signers: dict[Party, SigningKey] | None = None, **changes: Any) -> list[str]:
    """Acceptances by these parties, each of which names them all."""
    own = {PAYER: issuer.key, OPERATOR: issuer.operator, INVESTOR: issuer.investor, SECOND_ROLE: issuer.operator}
    signers = {**own, **(signers or {})}
    named = acceptance.claims(visible()["contract"], parties, parties[0], trust=issuer.fingerprint, at=NOW)["parties"]
    told = {"parties": named, **changes}
    return [
        issuer.accepts(PAYER, signers[role, name], party={"role": role, "organisation": name}, **told)
        for role, name in parties
    ]


def others(issuer: Issuer, changed: Party, token: str | None) -> list[str]:
    """All parties accept, and one of them otherwise; None for not at all."""
    tokens = {party: issuer.accepts(party) for party in PARTIES}
    return [made for made in {**tokens, changed: token}.values() if made is not None]


def investor(signer: Callable[[Issuer], SigningKey] | None = None, **changes: Any) -> Callable[[Issuer], bytes]:
    """All parties accept, and the investor with other claims or another key."""
    return accepted(lambda i: others(i, INVESTOR, i.accepts(INVESTOR, signer(i) if signer else None, **changes)))


def payer(signer: Callable[[Issuer], SigningKey] | None = None, **changes: Any) -> Callable[[Issuer], bytes]:
    return accepted(lambda i: others(i, PAYER, i.accepts(PAYER, signer(i) if signer else None, **changes)))


def header(**changes: Any) -> Callable[[Issuer], bytes]:
    """All parties accept, and the investor's header is another one."""
    return accepted(lambda i: others(i, INVESTOR, reheaded(i.accepts(INVESTOR), i.investor, **changes)))


def another_key(issuer: Issuer) -> SigningKey:
    return SigningKey.drawn(issuer.draw)


def retyped(issuer: Issuer) -> list[str]:
    """The investor's acceptance with the type of a countersignature."""
    made = issuer.accepts(INVESTOR)
    return others(issuer, INVESTOR, reheaded(made, issuer.investor, typ=countersignature.TYPE))


def by(verdict: str = "agreed", **changes: Any) -> Callable[[Issuer], bytes]:
    """A bundle with one countersignature."""
    return audited(lambda i, token: [i.countersigns(token, verdict=verdict, **changes)])


def with_key(pick: Callable[[Issuer], SigningKey], **changes: Any) -> Callable[[Issuer], bytes]:
    return audited(lambda i, token: [i.countersigns(token, pick(i), **changes)])


def audit_header(**changes: Any) -> Callable[[Issuer], bytes]:
    return audited(lambda i, token: [reheaded(i.countersigns(token), i.auditor, **changes)])


def two_auditors(issuer: Issuer, token: str) -> list[str]:
    second = SigningKey.drawn(issuer.draw)
    deviating = issuer.countersigns(token, second, auditor="another-auditor", verdict="deviations")
    return [issuer.countersigns(token), deviating]


def withheld_and_audited(issuer: Issuer) -> bytes:
    """No claim is shown, so that nobody can compare the population."""
    token = issuer.token(shown={})
    return issuer.bundle(token, edit=lambda b: b.update(countersignatures=[issuer.countersigns(token)]))


def sample(**changes: int) -> dict[str, Any]:
    return {**SAMPLE, **changes}


def sixteen(issuer: Issuer) -> bytes:
    """Thirteen further payers and sixteen auditors, each with a key of its own."""
    payers = {("outcome_payer", f"payer-{n:02}"): SigningKey.drawn(issuer.draw) for n in range(13)}
    token = issuer.token()
    auditors = [issuer.countersigns(token, SigningKey.drawn(issuer.draw)) for _ in range(16)]
    members = {"acceptances": among(issuer, *PARTIES, *payers, signers=payers), "countersignatures": auditors}
    return issuer.bundle(token, edit=lambda body: body.update(members))


GOOD = [
    Vector("countersigned", 0, "Nothing: an auditor looked at a sample, and agreed.", by()),
    Vector("deviations", 0, "Nothing: an auditor found deviations, which must not be overlooked.", by("deviations")),
    Vector("two-auditors", 0, "Nothing: two auditors, and one of them found deviations.", audited(two_auditors)),
    Vector("countersigned-and-withheld", 0, "Nothing: the population cannot be compared.", withheld_and_audited),
    Vector(
        "whole-cohort-audited", 0, "Nothing: the sample is the whole cohort.", by(sample=sample(size=40)),
    ),
    Vector(
        "two-roles", 0, "Nothing: one organisation accepts in two roles with one key.",
        accepted(lambda i: among(i, *PARTIES, SECOND_ROLE)),
    ),
    Vector(
        "two-payers", 0, "Nothing: a second payer accepts with a key of its own.",
        accepted(lambda i: among(i, *PARTIES, SECOND_PAYER, signers={SECOND_PAYER: another_key(i)})),
    ),
    Vector(
        "accepted-in-another-order", 0, "Nothing: the order of the acceptances says nothing.",
        accepted(lambda i: i.acceptances()[::-1]),
    ),
    Vector("sixteen-parties-and-auditors", 0, "Nothing: as many as a bundle may hold.", sixteen),
    Vector("third-draw", 0, "Nothing: two draws came before it, and the reader sees it.", by(sample=sample(draw=3))),
    Vector("one-person-audited", 0, "Nothing: the sample is one person.", by(sample=sample(size=1))),
    Vector("audited-within-the-skew", 0, "Nothing: an auditor's clock is a minute slow.", by(iat=NOW - 60)),
    Vector("audited-within-the-other-skew", 0, "Nothing: an auditor's clock is a minute fast.", by(iat=NOW + 60)),
    Vector(
        "accepted-within-the-skew", 0, "Nothing: a party's clock is a minute fast.", investor(iat=NOW + 60),
    ),
]  # fmt: skip


def step1() -> list[Vector]:
    """The members themselves."""
    seventeen = ["x"] * 17
    rows: Rows = [
        ("no-acceptances", "Nobody has accepted the contract.", accepted(lambda _: [])),
        ("seventeen-acceptances", "More acceptances than a bundle may hold.", accepted(lambda _: seventeen)),
        ("acceptance-is-no-text", "An acceptance is an object.", accepted(lambda _: [{}])),
        (
            "seventeen-countersignatures",
            "More countersignatures than a bundle may hold.",
            audited(lambda *_: seventeen),
        ),
        ("countersignature-is-null", "A countersignature is null.", audited(lambda *_: [None])),
    ]
    return [Vector(name, 11, flaw, make) for name, flaw, make in rows]


def step10() -> list[Vector]:
    contract = visible()["contract"]
    elsewhere = Issuer("another municipality")

    def contract_but(**changes: Any) -> dict[str, Any]:
        return {"contract": {**contract, **changes}}

    def parties(*named: Party) -> list[dict[str, str]]:
        return [{"role": role, "organisation": organisation} for role, organisation in named]

    def own_header(issuer: Issuer) -> bytes:
        private = {**issuer.investor.jwk, "d": "AA"}
        token = reheaded(issuer.accepts(INVESTOR), issuer.investor, jwk=private)
        return issuer.bundle(edit=lambda body: body.update(acceptances=others(issuer, INVESTOR, token)))

    def other_jwk(issuer: Issuer) -> bytes:
        token = reheaded(issuer.accepts(INVESTOR), issuer.investor, jwk=issuer.operator.jwk)
        return issuer.bundle(edit=lambda body: body.update(acceptances=others(issuer, INVESTOR, token)))

    def swapped_key(issuer: Issuer) -> bytes:
        """Key and thumbprint fit each other, and the signature is by another key."""
        pair = {"jwk": issuer.operator.jwk, "kid": issuer.operator.kid}
        token = reheaded(issuer.accepts(INVESTOR), issuer.investor, **pair)
        return issuer.bundle(edit=lambda body: body.update(acceptances=others(issuer, INVESTOR, token)))

    def party_key_in_trust(issuer: Issuer) -> bytes:
        return issuer.trust_bytes(keys=[issuer.key_entry(), issuer.key_entry(issuer.investor)])

    def key_later(issuer: Issuer) -> bytes:
        """The key that accepts became valid after it did; it covers what the log holds."""
        return issuer.trust_bytes(keys=[issuer.key_entry(valid_from=NOW - 100)])

    def without_issuer(issuer: Issuer) -> list[str]:
        return among(issuer, OPERATOR, INVESTOR)

    def two_roles_two_hands(issuer: Issuer) -> list[str]:
        """The municipality is also operator, and accepts as such with a key that the trust file does not hold."""
        second = ("operator", PAYER[1])
        return among(issuer, PAYER, INVESTOR, second, signers={second: another_key(issuer)})

    rows: Rows = [
        (
            "accepts-another-text",
            "A party accepted another contract text.",
            investor(**contract_but(rules_sha256="00" * 32)),
        ),
        ("accepts-another-version", "A party accepted another version.", investor(**contract_but(version=2))),
        ("accepts-another-contract", "A party accepted another contract.", investor(**contract_but(id="other"))),
        (
            "accepts-another-anchor",
            "A party accepted another trust anchor.",
            investor(trust=elsewhere.fingerprint.replace(" ", "")),
        ),
        (
            "all-accept-another-anchor",
            "All accepted another trust anchor.",
            accepted(lambda i: i.acceptances(trust="00" * 32)),
        ),
        (
            "investor-missing",
            "A party that the others name has not accepted.",
            accepted(lambda i: others(i, INVESTOR, None)),
        ),
        (
            "only-one-accepts",
            "One party accepted, and none of the others that it names.",
            accepted(lambda i: [i.accepts(PAYER)]),
        ),
        ("municipality-missing", "The municipality has not accepted.", accepted(lambda i: others(i, PAYER, None))),
        ("issuer-no-party", "Nobody accepted with the issuer's key.", accepted(without_issuer)),
        (
            "parties-differ",
            "One party names fewer parties than the others.",
            investor(parties=parties(INVESTOR, PAYER)),
        ),
        (
            "a-party-nobody-else-names",
            "Somebody accepts whom the others do not name.",
            accepted(lambda i: [*i.acceptances(), *among(i, *PARTIES, SECOND_ROLE)[-1:]]),
        ),
        (
            "recipient-no-party",
            "The attestation is for nobody who accepted.",
            claim(recipient={"role": "investor", "organisation": "another"}),
        ),
        (
            "recipient-in-another-role",
            "The attestation's recipient accepted in another role.",
            claim(recipient={"role": "operator", "organisation": INVESTOR[1]}),
        ),
        ("issuer-accepts-for-the-investor", "The issuer's key accepts for the investor.", investor(lambda i: i.key)),
        (
            "investor-accepts-for-the-municipality",
            "A key of nobody's accepts for the municipality.",
            payer(another_key),
        ),
        ("two-organisations-one-key", "Two organisations accept with one key.", investor(lambda i: i.operator)),
        (
            "municipality-with-two-keys",
            "The municipality accepts in a second role with a key that the trust file does not hold.",
            accepted(two_roles_two_hands),
        ),
        (
            "issuer-accepts-for-two-payers",
            "The issuer's key accepts for two payers.",
            accepted(lambda i: among(i, *PARTIES, SECOND_PAYER, signers={SECOND_PAYER: i.key})),
        ),
        (
            "manifest-key-accepts-for-the-investor",
            "The issuer's manifest key accepts for the investor.",
            investor(lambda i: i.anchor),
        ),
        (
            "issuer-does-not-pay",
            "The issuer's key accepts for an operator, and the payer has a key of its own.",
            accepted(lambda i: among(i, *PARTIES, signers={OPERATOR: i.key, PAYER: i.operator})),
        ),
        ("accepted-in-the-future", "A party accepted in the future.", investor(iat=NOW + 61)),
        ("accepted-before-the-key", "The municipality's key was not valid when it accepted.", payer(iat=NOW - 1001)),
        (
            "accepted-twice",
            "A party accepts twice.",
            accepted(lambda i: [*i.acceptances(), i.accepts(INVESTOR, iat=NOW)]),
        ),
        (
            "party-named-twice",
            "A party is named twice.",
            accepted(lambda i: i.acceptances(parties=parties(INVESTOR, INVESTOR, OPERATOR, PAYER))),
        ),
        (
            "parties-out-of-order",
            "The parties are not in order.",
            accepted(lambda i: i.acceptances(parties=parties(PAYER, OPERATOR, INVESTOR))),
        ),
        (
            "signer-not-among-the-parties",
            "A party accepts and does not name itself.",
            investor(parties=parties(OPERATOR, PAYER)),
        ),
        ("acceptance-jwk-of-another", "The key is not that of the key id.", other_jwk),
        ("acceptance-kid-of-another", "The key id is not that of the key.", header(kid="A" * 43)),
        ("acceptance-signed-by-another", "Another key signed than the header brings.", swapped_key),
        ("acceptance-private-key", "The header brings a private key.", own_header),
        ("acceptance-without-a-key", "The header brings no key.", header(jwk=None)),
        ("acceptance-key-is-a-text", "The header's key is a text.", header(jwk="key")),
        (
            "acceptance-key-off-the-curve",
            "The key lies on no curve.",
            header(jwk={"crv": "P-256", "kty": "EC", "x": "A" * 43, "y": "A" * 43}),
        ),
        ("acceptance-with-jku", "The header points to a key elsewhere.", header(jku="https://elsewhere.example/keys")),
        ("acceptance-alg-none", "The algorithm is none.", header(alg="none")),
        ("acceptance-typ-jwt", "The type is JWT.", header(typ="JWT")),
        ("acceptance-typed-as-audit", "The type is that of a countersignature.", accepted(retyped)),
        ("acceptance-claim-to-spare", "A claim that acceptances do not have.", investor(note="hello")),
        ("acceptance-time-is-text", "The time is a text.", investor(iat=str(NOW))),
        (
            "acceptance-trust-is-grouped",
            "The fingerprint is written with spaces.",
            accepted(lambda i: i.acceptances(trust=i.fingerprint)),
        ),
        ("acceptance-party-is-a-text", "The party is a text.", investor(party="investor/an-investor")),
        (
            "acceptance-of-control-characters",
            "A party's name turns the reading direction.",
            accepted(
                lambda i: among(
                    i, *PARTIES, ("investor", "a\u202eb"), signers={("investor", "a\u202eb"): another_key(i)}
                )
            ),
        ),
        (
            "acceptance-changed",
            "The signed text was changed.",
            accepted(lambda i: others(i, INVESTOR, _changed(i.accepts(INVESTOR)))),
        ),
        (
            "attestation-as-acceptance",
            "The attestation itself as an acceptance.",
            accepted(lambda i: [i.token().split("~")[0]]),
        ),
    ]

    def two_issuer_keys(issuer: Issuer) -> bytes:
        return issuer.trust_bytes(keys=[issuer.key_entry(), issuer.key_entry(issuer.auditor)])

    two_keys = accepted(lambda i: among(i, *PARTIES, SECOND_PAYER, signers={SECOND_PAYER: i.auditor}))
    return [
        *(Vector(name, 20, flaw, make) for name, flaw, make in rows),
        Vector(
            "issuer-accepts-for-two-payers-with-two-keys",
            20,
            "Two keys of the issuer accept for two payers.",
            two_keys,
            two_issuer_keys,
        ),
        Vector(
            "investors-key-in-the-trust-file",
            20,
            "The trust file holds the investor's key.",
            Issuer.bundle,
            party_key_in_trust,
        ),
        Vector(
            "accepted-with-a-key-not-valid-yet",
            20,
            "The municipality's key became valid after it accepted.",
            Issuer.bundle,
            key_later,
        ),
    ]


def step11() -> list[Vector]:
    contract = {"id": "test", "version": 1, "rules_sha256": hashlib.sha256(CONTRACT).hexdigest()}

    def other_key(issuer: Issuer, token: str) -> list[str]:
        pair = {"jwk": issuer.operator.jwk, "kid": issuer.operator.kid}
        return [reheaded(issuer.countersigns(token), issuer.auditor, **pair)]

    def of_another(issuer: Issuer, _token: str) -> list[str]:
        return [issuer.countersigns(issuer.token(visible(jti=SECOND)))]

    def of_other_bytes(issuer: Issuer, _token: str) -> list[str]:
        """The same claims with other salts: another token."""
        return [issuer.countersigns(issuer.token())]

    def accepts(issuer: Issuer, _token: str) -> list[str]:
        return [issuer.accepts(INVESTOR, issuer.auditor)]

    def private(issuer: Issuer, token: str) -> list[str]:
        jwk = {**issuer.auditor.jwk, "d": "AA"}
        return [reheaded(issuer.countersigns(token), issuer.auditor, jwk=jwk)]

    rows: Rows = [
        ("countersigns-another", "It countersigns another attestation.", audited(of_another)),
        ("countersigns-other-bytes", "It countersigns another token with the same claims.", audited(of_other_bytes)),
        (
            "countersigns-another-contract",
            "It is about another contract text.",
            by(contract={**contract, "rules_sha256": "00" * 32}),
        ),
        ("countersigns-another-window", "It is about another window.", by(window="2021H1")),
        ("audited-by-the-issuer", "The issuer's key countersigns.", with_key(lambda i: i.key)),
        ("audited-by-the-manifest-key", "The issuer's manifest key countersigns.", with_key(lambda i: i.anchor)),
        (
            "audited-by-the-operators-key",
            "The operator's key countersigns, under an auditor's name.",
            with_key(lambda i: i.operator),
        ),
        (
            "audited-by-the-investors-key",
            "The investor's key countersigns, under an auditor's name.",
            with_key(lambda i: i.investor),
        ),
        ("audited-by-a-party", "A party countersigns with another key.", by(auditor=INVESTOR[1])),
        ("audited-another-population", "Another number of people than participants.", by(sample=sample(population=41))),
        ("audited-nobody", "The sample is empty.", by(sample=sample(size=0))),
        (
            "audited-in-no-draw",
            "The draw has no number: nobody sees how many came before it.",
            by(sample=sample(draw=0)),
        ),
        ("audited-more-than-there-are", "The sample is larger than the cohort.", by(sample=sample(size=41))),
        (
            "audited-twice",
            "An auditor countersigns twice.",
            audited(lambda i, t: [i.countersigns(t), i.countersigns(t)]),
        ),
        (
            "audited-twice-with-two-verdicts",
            "An auditor countersigns with two verdicts.",
            audited(lambda i, t: [i.countersigns(t), i.countersigns(t, verdict="deviations")]),
        ),
        ("audited-before-it-was-signed", "It was countersigned before it was signed.", by(iat=NOW - 61)),
        ("audited-in-the-future", "It was countersigned in the future.", by(iat=NOW + 61)),
        ("audit-with-another-verdict", "The verdict is neither of the two.", by("fine")),
        ("audit-size-is-text", "The sample's size is a text.", by(sample={**SAMPLE, "size": "12"})),
        ("audit-seed-is-no-digest", "The seed is no digest.", by(sample={**SAMPLE, "seed": "1"})),
        ("audit-sample-to-spare", "The sample has a member to spare.", by(sample={**SAMPLE, "names": "x"})),
        ("audit-claim-to-spare", "A claim that countersignatures do not have.", by(note="hello")),
        ("audit-time-is-null", "It has no time.", by(iat=None)),
        ("audit-auditor-is-empty", "The auditor has no name.", by(auditor="")),
        (
            "audit-jti-is-no-uuid",
            "The attestation's number is none.",
            by(attestation={"jti": "1", "sha256": "00" * 32}),
        ),
        ("audit-signed-by-another", "Another key signed than the header brings.", audited(other_key)),
        ("audit-kid-of-another", "The key id is not that of the key.", audit_header(kid="A" * 43)),
        ("audit-private-key", "The header brings a private key.", audited(private)),
        ("audit-without-a-key", "The header brings no key.", audit_header(jwk=None)),
        ("audit-typ-jwt", "The type is JWT.", audit_header(typ="JWT")),
        ("audit-alg-none", "The algorithm is none.", audit_header(alg="none")),
        ("audit-with-crit", "The header has a member that is not understood.", audit_header(crit=["exp"])),
        ("acceptance-as-countersignature", "An acceptance as a countersignature.", audited(accepts)),
        ("audit-is-no-jws", "A countersignature is no JWS.", audited(lambda *_: ["x"])),
        ("audit-changed", "The signed text was changed.", audited(lambda i, t: [_changed(i.countersigns(t))])),
    ]

    def second_key(issuer: Issuer) -> bytes:
        return issuer.trust_bytes(
            keys=[issuer.key_entry(), issuer.key_entry(issuer.auditor, state="pending", valid_from=None)]
        )

    return [
        *(Vector(name, 21, flaw, make) for name, flaw, make in rows),
        Vector(
            "audited-by-a-key-the-issuer-has-not-used",
            21,
            "A pending key of the issuer countersigns.",
            by(),
            second_key,
        ),
    ]


def _changed(token: str) -> str:
    """The claims with another time under the signature as it was."""
    head, body, signature = token.split(".")
    claims = json.loads(b64.decode(body))
    return f"{head}.{b64.encode(canonical.dumps({**claims, 'iat': claims['iat'] + 1}))}.{signature}"
