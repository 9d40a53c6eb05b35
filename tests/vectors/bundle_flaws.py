"""Good vectors, and bad ones of steps 1 and 6 to 9 and of the trust file."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

from outcome_verifier import b64, canonical
from tests.support.bundles import (
    INDEX,
    ISSUER,
    NONCE,
    NOW,
    SEAL,
    Issuer,
    SigningKey,
    attestation_leaf,
    disclosable,
    seal_leaf,
)
from tests.vectors.making import (
    LINE,
    RARE,
    Vector,
    claim,
    disclosure,
    edited,
    key_times,
    listed,
    malleated,
    parts,
    payment,
    predicate,
    replacement,
    revoked_bits,
    shows,
    status,
    status_header,
    superseded,
    with_edit,
)

Rows = list[tuple[str, str, Callable[[Issuer], bytes]]]

GOOD = [
    Vector("full", 0, "Nothing: the claims that most bundles show.", Issuer.bundle),
    Vector("every-claim", 0, "Nothing: the claims that few bundles show.", shows(**RARE)),
    Vector(
        "reached-withheld", 0, "Nothing: how much was reached is withheld, which is told.",
        disclosure("c2FsdA", "outcomes_reached", None),
    ),
    Vector("referred-by-mistake", 0, "Nothing: some were referred by mistake, which is told.", shows(mistaken=2)),
    Vector("nothing-shown", 0, "Nothing: every claim is withheld.", parts(lambda p: [p[0], ""])),
    Vector("two-shown", 0, "Nothing: all but two claims are withheld.", parts(lambda p: [p[0], p[1], p[3], ""])),
    Vector("predicate", 0, "Nothing: met, without a number.", predicate),
    Vector("payment-document", 0, "Nothing: what is owed, with its lines.", payment),
    Vector("correction", 0, "Nothing: it supersedes another and signs the difference.", replacement),
    Vector("demo", 0, "Nothing: signed with a development key, and it says so.", claim(demo=True)),
    Vector("expired-staple", 0, "Nothing: the status list has expired, which is told.", status(iat=NOW - 90, exp=NOW - 9)),
    Vector("danish-letters", 0, "Nothing: names with Danish letters.", claim(operator={"name": "Ærø Øst & Søn – Åbo"})),
    Vector("not-yet-expired", 0, "Nothing: an expiry in the future.", claim(exp=NOW + 1)),
    Vector(
        "key-retired-since", 0, "Nothing: the key was valid at the logged time.", Issuer.bundle,
        key_times(state="retired", valid_to=NOW + 5),
    ),
    Vector(
        "key-stolen-since", 0, "Nothing: the key was stolen after the logged time.", Issuer.bundle,
        key_times(state="compromised", compromised_since=NOW + 5),
    ),
]  # fmt: skip


def _raw(body: bytes) -> Callable[[Issuer], bytes]:
    return lambda _issuer: body


def logged_at(number: bytes) -> Callable[[Issuer], bytes]:
    """The logged time as these characters."""
    return lambda issuer: issuer.bundle().replace(b'"logged_at":%d' % NOW, b'"logged_at":' + number)


def step1() -> list[Vector]:
    def repeated(issuer: Issuer) -> bytes:
        return b'{"schema":"evidence-bundle/1",' + issuer.bundle()[1:]

    rows: Rows = [
        ("another-schema", "The schema is another one.", edited(schema="evidence-bundle/2")),
        ("unknown-member", "A member that the schema does not have.", edited(note="hello")),
        ("missing-member", "A member is missing.", with_edit(lambda b: b.pop("status"))),
        (
            "not-canonical",
            "White space that the canonical form does not have.",
            lambda i: i.bundle().replace(b":", b": ", 1),
        ),
        ("repeated-member", "A member twice: two readers could read two things.", repeated),
        ("cut-off", "The last line feed is missing.", lambda i: i.bundle()[:-1]),
        ("deep-nesting", "Brackets within brackets, thousands deep.", _raw(b"[" * 5000 + b"]" * 5000 + b"\n")),
        ("not-utf-8", "Bytes that are no UTF-8.", _raw(b'{"schema":"\xff\xfe"}\n')),
        ("empty-file", "An empty file.", _raw(b"")),
        ("a-list", "JSON, and no object.", _raw(b"[]\n")),
        ("huge-number", "An integer beyond 53 bits.", logged_at(b"9" * 400)),
        ("fraction", "A number with a fraction.", logged_at(b"1770000000.0")),
        ("logged-at-is-negative", "The logged time lies before 1970.", edited(logged_at=-1)),
        (
            "seal-version-is-true",
            "A seal's version is true.",
            with_edit(lambda b: b["seals"][0]["leaf"].update(v=True)),
        ),
        ("logged-at-is-text", "The logged time is a text.", edited(logged_at=str(NOW))),
        ("seals-is-no-list", "The seals are no list.", edited(seals={})),
        (
            "seal-of-another-type",
            "A seal's leaf is of another type.",
            with_edit(lambda b: b["seals"][0]["leaf"].update(type="attestation")),
        ),
        (
            "successor-without-receipt",
            "What replaced the attestation has no receipt.",
            edited(superseded_by={"attestation": "x"}),
        ),
    ]
    return [Vector(name, 11, flaw, make) for name, flaw, make in rows]


def receipt(old: str, new: str) -> Callable[[Issuer], bytes]:
    """The receipt's text changed in one place."""

    def edit(body: dict[str, Any]) -> None:
        if old not in body["receipt"]:
            raise ValueError(f"the receipt has no {old!r}")
        body["receipt"] = body["receipt"].replace(old, new, 1)

    return with_edit(edit)


def without_hash(body: dict[str, Any]) -> None:
    """The inclusion path loses its first hash."""
    lines = body["receipt"].split("\n")
    body["receipt"] = "\n".join(lines[:2] + lines[3:])


def of_another_tree(issuer: Issuer) -> bytes:
    """A genuine receipt of the same index in another tree."""
    other = canonical.loads_canonical(issuer.bundle(issuer.token())[:-1])["receipt"]
    return issuer.bundle(edit=lambda body: body.update(receipt=other))


def step6() -> list[Vector]:
    rows: Rows = [
        ("not-logged", "The log holds another token at that place.", of_another_tree),
        ("other-signature-of-the-same-text", "A malleated ES256 signature, which verifies.", malleated),
        ("another-index", "The receipt is of another place.", receipt("index 3", "index 2")),
        ("index-beyond-the-tree", "The place lies beyond the tree.", receipt("index 3", "index 7")),
        ("index-with-a-leading-zero", "A decimal with a leading zero.", receipt("index 3", "index 03")),
        ("extra-line", "Data that nobody would check.", receipt("index", "extra YQ==\nindex")),
        ("path-too-short", "A hash of the path is missing.", with_edit(without_hash)),
        (
            "unsigned-checkpoint",
            "The checkpoint is not signed.",
            with_edit(lambda b: b.update(receipt=b["receipt"].rsplit("\u2014", 1)[0])),
        ),
        ("another-size", "The signed size was changed.", receipt("/attest\n5\n", "/attest\n6\n")),
        ("size-zero", "An empty tree holds nothing.", receipt("/attest\n5\n", "/attest\n0\n")),
        (
            "receipt-of-the-seal",
            "The receipt is that of the seal.",
            with_edit(lambda b: b.update(receipt=b["seals"][0]["proof"])),
        ),
        ("another-logged-time", "The logged time was changed.", edited(logged_at=NOW + 1)),
        ("unknown-log", "A log that the trust file does not hold.", claim(log={"origin": "elsewhere.example/attest"})),
        (
            "logged-before-it-was-issued",
            "The log's time lies before the token's.",
            lambda i: i.bundle(logged_at=NOW - 61),
        ),
        ("logged-in-the-future", "The log's time lies in the future.", lambda i: i.bundle(logged_at=NOW + 61)),
    ]
    return [
        *(Vector(name, 16, flaw, make) for name, flaw, make in rows),
        Vector("key-not-valid-yet", 16, "The key became valid later.", Issuer.bundle, key_times(valid_from=NOW + 1)),
        Vector(
            "key-pending",
            16,
            "The key has never been active.",
            Issuer.bundle,
            key_times(state="pending", valid_from=None),
        ),
        Vector(
            "key-retired", 16, "The key had been retired.", Issuer.bundle, key_times(state="retired", valid_to=NOW - 1)
        ),
        Vector(
            "key-stolen",
            16,
            "The key had been stolen.",
            Issuer.bundle,
            key_times(state="compromised", compromised_since=NOW),
        ),
    ]


def batch_twice(issuer: Issuer) -> bytes:
    """Eighty people where forty were sealed; the second proof is of another sealed batch."""
    other, mine = seal_leaf(batch="2019"), seal_leaf()
    made = issuer.token(shown=disclosable(cohort_seals=[{**SEAL, "nonce": NONCE}] * 2, participants=80))
    leaves = [canonical.dumps(mine), canonical.dumps(other), attestation_leaf(made)]
    proofs = [issuer.receipt(issuer.attest, leaves, index) for index in range(3)]
    seals = [{"leaf": mine, "proof": proofs[0]}, {"leaf": other, "proof": proofs[1]}]
    return issuer.bundle(made, edit=lambda body: body.update(seals=seals, receipt=proofs[2]))


def step7() -> list[Vector]:
    def seals(**changes: Any) -> list[dict[str, Any]]:
        return [{**SEAL, "nonce": NONCE, **changes}]

    rows: Rows = [
        (
            "another-count",
            "Another number of people than was sealed.",
            shows(cohort_seals=seals(count=39), participants=39),
        ),
        ("another-batch", "A batch that was not sealed.", shows(cohort_seals=seals(batch="2019"))),
        ("another-plan", "Another plan of blocks than was sealed.", shows(cohort_seals=seals(plan="00" * 32))),
        ("batch-twice", "One batch is named twice, beside a leaf of something else.", batch_twice),
        ("another-nonce", "A nonce that does not open the seal.", shows(cohort_seals=seals(nonce="00" * 32))),
        ("people-added", "More participants than were sealed.", shows(participants=41)),
        ("no-seal-proofs", "The proofs of the seals are missing.", edited(seals=[])),
        ("seal-proof-twice", "A proof stands twice.", with_edit(lambda b: b["seals"].append(b["seals"][0]))),
        (
            "seal-with-another-receipt",
            "The seal's proof is the attestation's.",
            with_edit(lambda b: b["seals"][0].update(proof=b["receipt"])),
        ),
    ]
    return [Vector(name, 17, flaw, make) for name, flaw, make in rows]


def step8() -> list[Vector]:
    def lst(data: bytes) -> Callable[[Issuer], bytes]:
        return status(status_list={"bits": 1, "lst": b64.encode(data)})

    packed = zlib.compress(bytes(8192))
    other_bits = status(status_list={"bits": 2, "lst": b64.encode(packed)})
    rows: Rows = [
        ("revoked", "It was revoked.", status(**listed(revoked_bits()))),
        ("superseded", "It was superseded, and the bundle says by what.", superseded()),
        (
            "successor-of-another",
            "What is said to supersede it supersedes another.",
            superseded(supersedes={"jti": "urn:uuid:00000000-0000-4000-8000-000000000009", "sha256": "00" * 32}),
        ),
        ("successor-with-an-earlier-number", "What supersedes it has no later number.", superseded(seq=1)),
        ("empty-status", "No status list.", edited(status="")),
        ("another-list", "A list at another address.", status(sub=f"{ISSUER}/status/2")),
        ("list-from-the-future", "A list that is not issued yet.", status(iat=NOW + 61)),
        ("list-without-a-time", "A list without a time.", status(iat=None)),
        ("expiry-is-text", "A list whose expiry is a text.", status(exp="tomorrow")),
        ("two-bits", "Two bits an attestation.", other_bits),
        ("list-too-short", "The list does not reach the index.", status(**listed(bytes(INDEX // 8)))),
        ("no-zlib", "The list is no zlib stream.", lst(b"abc")),
        ("zlib-cut-off", "The zlib stream is cut off.", lst(zlib.compress(bytes(range(256)) * 32)[:-5])),
        ("zlib-bomb", "Four MiB of zeroes in four kB.", lst(zlib.compress(bytes(1 << 22)))),
        ("after-the-stream", "A byte after the zlib stream.", lst(packed + b"x")),
        ("expiry-is-null", "A list whose expiry is null.", status(exp=None)),
        ("status-typ-jwt", "The list's type is JWT.", status_header(typ="JWT")),
        ("status-alg-none", "The list is not signed.", status_header(alg="none")),
        ("status-by-an-unknown-key", "The list was signed by nobody we know.", status_header(kid="another")),
        (
            "attestation-as-status",
            "The attestation itself as its status list.",
            with_edit(lambda b: b.update(status=b["attestation"].split("~")[0])),
        ),
    ]
    return [
        *(Vector(name, 18, flaw, make) for name, flaw, make in rows),
        Vector(
            "list-by-a-retired-key",
            18,
            "The list was signed after its key's time.",
            status(iat=NOW + 10),
            key_times(state="retired", valid_to=NOW + 5),
        ),
    ]


def step9() -> list[Vector]:
    rows: Rows = [
        (
            "another-contract",
            "Evaluated under another contract file.",
            claim(contract={"id": "test", "version": 1, "rules_sha256": "00" * 32}),
        ),
        (
            "more-outcomes-than-people",
            "More outcomes than participants.",
            shows(outcomes_achieved=41, outcomes_by_class=None),
        ),
        (
            "more-by-mistake-than-people",
            "More referred by mistake than participants.",
            shows(mistaken=41),
        ),
        (
            "verdict-against-the-figures",
            "The threshold is said to be met and is not.",
            shows(threshold={"people": 22, "met": True}),
        ),
        (
            "classes-beyond-the-outcomes",
            "The classes exceed the outcomes.",
            shows(outcomes_by_class=[{"class": "job", "value": 22}]),
        ),
        (
            "classes-short-of-the-outcomes",
            "Nothing is withheld, and the classes fall short.",
            shows(outcomes_by_class=[{"class": "job", "value": 20}]),
        ),
        (
            "reasons-beyond-the-others",
            "The reasons exceed the people who are not in the outcome.",
            shows(not_counted=[{"reason": "left", "value": 20}]),
        ),
        (
            "reasons-short-of-the-others",
            "Nothing is withheld, and the reasons fall short.",
            shows(not_counted=[{"reason": "left", "value": 18}]),
        ),
        (
            "lines-against-the-amount",
            "The lines do not add up to the amount.",
            shows(lines=[{**LINE, "amount_minor": 1}]),
        ),
        (
            "payers-against-the-amount",
            "What the payers owe does not add up to the amount.",
            shows(payers=[{"organisation": "aalborg-kommune", "amount_minor": 2_100_001}]),
        ),
    ]
    return [Vector(name, 19, flaw, make) for name, flaw, make in rows]


def trust() -> list[Vector]:
    """Trust files that cannot be used; the bundle beside them is good."""

    def members(**changes: Any) -> Callable[[Issuer], bytes]:
        return lambda issuer: issuer.trust_bytes(members=changes)

    def manifest(**changes: Any) -> Callable[[Issuer], bytes]:
        return lambda issuer: issuer.trust_bytes(**changes)

    def other_receipt(issuer: Issuer) -> bytes:
        found = canonical.loads_canonical(issuer.trust_bytes(version=2)[:-1])["receipt"]
        return issuer.trust_bytes(members={"receipt": found})

    def private(issuer: Issuer) -> bytes:
        return issuer.trust_bytes(keys=[issuer.key_entry(jwk={**issuer.key.jwk, "d": "AA"})])

    def keys_twice(issuer: Issuer) -> bytes:
        return issuer.trust_bytes(keys=[issuer.key_entry(), issuer.key_entry()])

    rows: Rows = [
        ("trust-schema", "The schema is another one.", members(schema="trust/2")),
        ("trust-cut-off", "The last line feed is missing.", lambda i: i.trust_bytes()[:-1]),
        ("trust-not-canonical", "White space.", lambda i: i.trust_bytes().replace(b",", b", ", 1)),
        ("trust-unknown-member", "A member to spare.", members(note="hello")),
        ("trust-of-another-issuer", "The manifest is another issuer's.", members(issuer="https://elsewhere.example")),
        (
            "trust-another-anchor",
            "The anchor did not sign the manifest.",
            lambda i: i.trust_bytes(members={"anchor": SigningKey.drawn(i.draw).jwk}),
        ),
        ("trust-signed-by-the-signing-key", "The signing key appointed itself.", lambda i: i.trust_bytes(signer=i.key)),
        ("trust-manifest-typ", "The manifest's type is another one.", manifest(header={"alg": "ES256", "typ": "JWT"})),
        ("trust-not-logged", "The manifest is not in the log.", other_receipt),
        ("trust-no-keys", "No keys.", manifest(keys=[])),
        ("trust-key-twice", "A key stands twice.", keys_twice),
        ("trust-wrong-thumbprint", "A key's id is not its thumbprint.", key_times(kid="A")),
        ("trust-private-key", "A private key.", private),
        ("trust-unknown-state", "A state that does not exist.", key_times(state="sleeping")),
        ("trust-validity-is-text", "A time is a text.", key_times(valid_to="x")),
        ("trust-no-logs", "No logs.", manifest(logs=[])),
        ("trust-vkey-is-a-number", "A log's key is a number.", manifest(logs=[{"origin": "x/attest", "vkey": 5}])),
        ("trust-previous-is-no-digest", "The manifest before is no digest.", manifest(previous="x")),
        ("trust-version-zero", "Versions begin with 1.", manifest(version=0)),
    ]
    return [Vector(name, 3, flaw, Issuer.bundle, make) for name, flaw, make in rows]
