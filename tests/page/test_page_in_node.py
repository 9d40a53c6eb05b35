"""The page's verifier gives the command line's exit code, for every vector and for thousands of damaged bundles.

The page's checks run in Node, all cases in one process; `outcome_verifier` says what is right.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from outcome_verifier import b64, canonical, jws, sdjwt
from outcome_verifier.errors import TrustInvalid, VerificationError
from outcome_verifier.signing import PemSigner
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, verify_bundle
from tests.support.bundles import CONTRACT, INDEX, INVESTOR, NOW, PARTIES, Issuer, disclosable, replaced, visible
from tests.vectors.making import reheaded

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "verifier" / "page"
VECTORS = HERE.parent / "vectors"
SECOND = "urn:uuid:00000000-0000-4000-8000-000000000002"


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    bundle: bytes
    trust: bytes
    contract: bytes | None = None
    now: int = NOW


def in_node(cases: Iterable[Case], folder: Path) -> list[dict[str, Any]]:
    """The page's verdicts, in order."""

    def stored(data: bytes | None) -> str | None:
        if data is None:
            return None
        if data not in paths:
            paths[data] = str(folder / str(len(paths)))
            Path(paths[data]).write_bytes(data)
        return paths[data]

    paths: dict[bytes, str] = {}
    asked = [
        {"bundle": stored(case.bundle), "trust": stored(case.trust), "contract": stored(case.contract), "now": case.now}
        for case in cases
    ]
    told = folder / "asked.json"
    told.write_text(json.dumps(asked), encoding="utf-8")
    run = subprocess.run(["node", HERE / "run_verify.cjs", told], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def in_python(case: Case) -> tuple[int, dict[str, Any]]:
    """The exit code, and what of the verdict both must say."""
    try:
        trust = TrustFile.load(case.trust)
    except TrustInvalid as error:
        return error.exit_code, {}
    try:
        verified = verify_bundle(case.bundle, trust, now=case.now, demands=Demands(case.contract))
    except VerificationError as error:
        newer = error.may_need_newer_trust
        return error.exit_code, {"fingerprint": trust.fingerprint.replace(" ", ""), "newer": newer}
    details = [(check.number, check.title, check.detail, check.extent) for check in verified.checks]
    said = {"details": details, "shown": dict(verified.shown), "open": len(verified.not_checked)}
    return 0, {"fingerprint": trust.fingerprint.replace(" ", ""), **said}


def said_by_page(verdict: dict[str, Any]) -> dict[str, Any]:
    if verdict["trust"] is None:
        return {}
    said: dict[str, Any] = {"fingerprint": verdict["trust"]["fingerprint"]}
    if not verdict["verified"]:
        said["newer"] = verdict["mayNeedNewerTrust"]
    else:
        details = [
            tuple(check[name] for name in ("number", "title", "detail", "extent")) for check in verdict["checks"]
        ]
        said |= {"details": details, "shown": verdict["shown"], "open": len(verdict["notChecked"])}
    return said


def assert_agreement(cases: list[Case], folder: Path) -> list[dict[str, Any]]:
    verdicts = in_node(cases, folder)
    wrong = []
    for case, verdict in zip(cases, verdicts, strict=True):
        code, said = in_python(case)
        if (verdict["exitCode"], verdict["verified"], said_by_page(verdict)) != (code, code == 0, said):
            wrong.append((case.name, code, verdict["exitCode"], verdict["reason"]))
    assert wrong == []
    return verdicts


# ── Vectors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def vectors() -> list[tuple[Case, int]]:
    found = []
    for entry in json.loads((VECTORS / "index.json").read_text(encoding="utf-8")):
        if entry["profile"] == "pinned-key":
            files = ((VECTORS / entry[name]).read_bytes() for name in ("path", "trust", "contract"))
            found.append((Case(entry["path"], *files, now=entry["now"]), entry["exit_code"]))
    return found


def test_every_vector_gives_its_exit_code(tmp_path: Path):
    known = vectors()
    verdicts = assert_agreement([case for case, _ in known], tmp_path)
    assert [verdict["exitCode"] for verdict in verdicts] == [code for _, code in known]


def test_no_vector_is_refused_by_accident(tmp_path: Path):
    reasons = {verdict["reason"] for verdict in in_node([case for case, _ in vectors()], tmp_path)}
    assert "something has another form than expected" not in reasons


# ── Bundles made here ────────────────────────────────────────────────────────────────────────────────────────────────


def rsa_cases() -> Iterator[Case]:
    """The other two algorithms: an RSA key signs the attestation, the issuer's own key the status list."""
    key = generate_private_key(65_537, 2048)
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": b64.encode(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
    kid = jws.thumbprint(jwk)
    issuer = Issuer("page")
    trust = issuer.trust_bytes(keys=[issuer.key_entry(), {**issuer.key_entry(), "kid": kid, "jwk": jwk}])
    paddings = {"PS256": PSS(MGF1(SHA256()), 32), "RS256": PKCS1v15()}
    for named in paddings:
        for used, padding in paddings.items():
            header = issuer.header(alg=named, kid=kid)
            token = sdjwt.issue(
                visible(),
                disclosable(),
                header=header,
                sign=lambda message, padding=padding: key.sign(message, padding, SHA256()),
                salts=issuer.draw,
                decoys=0,
            )
            yield Case(f"{named} by {used}", issuer.bundle(token), trust, CONTRACT)


def test_rsa_signatures(tmp_path: Path):
    verdicts = assert_agreement(list(rsa_cases()), tmp_path)
    assert [verdict["exitCode"] for verdict in verdicts] == [0, 13, 13, 0]


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**53 - 1, "", "x", "x" * 2001, "0", "2020-W99", "a\u202eb", "a\u00adb", "a\u00a0b",
    "æøå – ’", "Α", "\U0001f600", [], [None], [[]], {}, {"__proto__": 1}, {"a": 1}, "ab" * 32, "AB" * 32,
    [{"class": "job", "value": 2**53 - 1}, {"class": "other", "value": 2**53 - 1}],
)  # fmt: skip


def odd_claims() -> Iterator[Case]:
    """Each claim in turn replaced by each odd value, and signed."""
    issuer = Issuer("page")
    trust = issuer.trust_bytes()
    everything = disclosable(
        qualifying_weeks=1,
        outcomes_reached=1,
        points_reached=1,
        lines=[{"tariff": "m", "kind": "window", "unit": "week", "quantity": 1, "amount_minor": 2_100_000}],
        method={"inputs_sha256": "ab" * 32, "engine_version": "1", "data_sources": ["a"]},
        suppression={"k": 5, "k_cohort": 25, "rules": ["k"]},
        illustrative=["a"],
    )
    optional = {"exp": 0, "demo": True, "supersedes": {"jti": SECOND, "sha256": "ab" * 32}}
    for value in ODD:
        for name in {**visible(), **optional}.keys() - {"status", "jti"}:  # the issuer's own leaf needs these
            odd = {**visible(), name: value}
            yield Case(f"{name}: {value!r:.40}", issuer.bundle(issuer.token(odd, everything)), trust)
        for name in (*everything, "difference", "unknown", "constructor", "__proto__"):
            token = issuer.token(visible(), {**everything, name: value})
            yield Case(f"~{name}: {value!r:.40}", issuer.bundle(token), trust)


def test_every_claim_with_odd_values(tmp_path: Path):
    assert_agreement(list(odd_claims()), tmp_path)


def odd_endorsements() -> Iterator[Case]:
    """Each claim of an acceptance and of a countersignature in turn replaced by each odd value, and signed."""
    issuer = Issuer("page")
    trust, token = issuer.trust_bytes(), issuer.token()
    countersignature = canonical.loads(b64.decode(issuer.countersigns(token).split(".")[1]))
    acceptance = canonical.loads(b64.decode(issuer.accepts(INVESTOR).split(".")[1]))

    def bundle(name: str, **members: list[str]) -> Case:
        return Case(name, issuer.bundle(token, edit=lambda body: body.update(members)), trust)

    def accepting(name: str, change: dict[str, Any]) -> Case:
        others = [issuer.accepts(party) for party in PARTIES[:2]]
        return bundle(name, acceptances=[*others, issuer.accepts(INVESTOR, **change)])

    def auditing(name: str, change: dict[str, Any]) -> Case:
        return bundle(name, countersignatures=[issuer.countersigns(token, **change)])

    for value in ODD:
        for said, make in ((acceptance, accepting), (countersignature, auditing)):
            for name, whole in said.items():
                yield make(f"{name}: {value!r:.40}", {name: value})
                for inner in whole if isinstance(whole, dict) else ():
                    yield make(f"{name}.{inner}: {value!r:.40}", {name: {**whole, inner: value}})
            yield make(f"unknown: {value!r:.40}", {"unknown": value})
        for members in ({"acceptances": value}, {"countersignatures": value}):
            yield bundle(f"{members!r:.40}", **members)
        for name in ("alg", "typ", "kid", "jwk", "crit"):
            signed = reheaded(issuer.accepts(INVESTOR), issuer.investor, **{name: value})
            yield bundle(f"header {name}: {value!r:.40}", acceptances=[signed])


def test_every_claim_of_an_endorsement_with_odd_values(tmp_path: Path):
    codes = {verdict["exitCode"] for verdict in assert_agreement(list(odd_endorsements()), tmp_path)}
    assert codes == {0, 11, 20, 21}  # 0: an auditor may be called anything that reads as it looks


def test_endorsements_with_rsa_keys(tmp_path: Path):
    issuer = Issuer("page")
    token = issuer.token()
    signer = PemSigner(generate_private_key(65_537, 2048))
    others = [issuer.accepts(party) for party in PARTIES[:2]]
    members = {
        "acceptances": [*others, issuer.accepts(INVESTOR, signer)],
        "countersignatures": [issuer.countersigns(token, PemSigner(generate_private_key(65_537, 3072)))],
    }
    wrong = {**members, "countersignatures": [issuer.countersigns(token, signer)]}
    cases = [
        Case("RSA", issuer.bundle(token, edit=lambda body, made=made: body.update(made)), issuer.trust_bytes())
        for made in (members, wrong)
    ]
    assert [verdict["exitCode"] for verdict in assert_agreement(cases, tmp_path)] == [0, 21]


def damaged() -> Iterator[Case]:
    """Good bundles and trust files with a byte changed, dropped or doubled, and with a member's value exchanged."""
    draw = random.Random(20_200_101)
    trust, good = (VECTORS / "TRUST.json").read_bytes(), (VECTORS / "good" / "full.bundle.json").read_bytes()

    def byte_by_byte(data: bytes, count: int) -> Iterator[bytes]:
        for _ in range(count):
            at = draw.randrange(len(data))
            new = draw.choice([b"", data[at : at + 1] * 2, bytes([draw.randrange(256)]), b'"', b"~", b".", b"\\", b"0"])
            yield data[:at] + new + data[at + 1 :]

    for n, changed in enumerate(byte_by_byte(good, 1200)):
        yield Case(f"bundle {n}", changed, trust)
    for n, changed in enumerate(byte_by_byte(trust, 400)):
        yield Case(f"trust {n}", good, changed)
    body = canonical.loads(good)
    for name in body:
        for value in ODD:
            yield Case(f"{name}: {value!r:.40}", canonical.dumps({**body, name: value}) + b"\n", trust)
    for n in range(300):
        text = body[part := draw.choice(["attestation", "receipt", "status"])]
        at = draw.randrange(len(text))
        changed = text[:at] + draw.choice(["", "\n", "A", "=", "—", "~", "."]) + text[at + 1 :]
        yield Case(f"{part} {n}", canonical.dumps({**body, part: changed}) + b"\n", trust)


def test_damaged_files(tmp_path: Path):
    assert_agreement(list(damaged()), tmp_path)


def signed_texts() -> Iterator[Case]:
    """Payloads that only a strict reader refuses, signed as they are written."""
    issuer = Issuer("page")
    trust = issuer.trust_bytes()
    good = canonical.dumps(visible()).decode()
    spellings = {
        "white space": good.replace(":", " :\t"),
        "a form feed": good.replace(":", ":\f"),
        "a repeated name": good.replace("{", '{"a":1,"a":1,', 1),
        "a repeated name, escaped": good.replace("{", '{"a":1,"\\u0061":1,', 1),
        "a fraction": good.replace("{", '{"a":1.0,', 1),
        "an exponent": good.replace("{", '{"a":1e0,', 1),
        "minus zero": good.replace("{", '{"a":-0,', 1),
        "a leading zero": good.replace("{", '{"a":01,', 1),
        "a plus": good.replace("{", '{"a":+1,', 1),
        "NaN": good.replace("{", '{"a":NaN,', 1),
        "minus infinity": good.replace("{", '{"a":-Infinity,', 1),
        "2^53": good.replace("{", '{"a":9007199254740992,', 1),
        "2^53 + 1": good.replace("{", '{"a":9007199254740993,', 1),
        "2^53 - 1": good.replace("{", '{"a":9007199254740991,', 1),
        "a lone surrogate": good.replace("{", '{"a":"\\ud800",', 1),
        "a surrogate pair": good.replace("{", '{"a":"\\ud83d\\ude00",', 1),
        "a pair the wrong way round": good.replace("{", '{"a":"\\ude00\\ud83d",', 1),
        "a name beyond ASCII": good.replace("{", '{"å":1,', 1),
        "a name beyond ASCII, escaped": good.replace("{", '{"\\u00e5":1,', 1),
        "a raw control character": good.replace("{", '{"a":"\x01",', 1),
        "a raw DEL": good.replace("{", '{"a":"\x7f",', 1),
        "a wrong escape": good.replace("{", '{"a":"\\x41",', 1),
        "a short escape": good.replace("{", '{"a":"\\u00g0",', 1),
        "a trailing comma": good[:-1] + ",}",
        "something after it": good + "1",
        "a mark at the beginning": "\ufeff" + good,
        "thirty-two lists": good.replace("{", '{"a":' + "[" * 32 + "]" * 32 + ",", 1),
        "thirty-three lists": good.replace("{", '{"a":' + "[" * 33 + "]" * 33 + ",", 1),
        "a value thirty-two deep": good.replace("{", '{"a":' + "[" * 31 + "1" + "]" * 31 + ",", 1),
        "a value thirty-three deep": good.replace("{", '{"a":' + "[" * 32 + "1" + "]" * 32 + ",", 1),
        "many lists": good.replace("{", '{"a":' + "[" * 40_000 + ",", 1),
        "a name of the prototype": good.replace("{", '{"__proto__":{"demo":true},"constructor":1,', 1),
    }
    head = b64.encode(canonical.dumps(issuer.header()))
    placed = issuer.bundle(issuer.token(shown={}))
    for name, text in spellings.items():
        signed = f"{head}.{b64.encode(text.encode('utf-8', 'surrogatepass'))}"
        token = f"{signed}.{b64.encode(issuer.sign(signed.encode()))}~"
        body = {**canonical.loads(placed), "attestation": token}
        yield Case(name, canonical.dumps(body) + b"\n", trust)


def test_what_only_a_strict_reader_refuses(tmp_path: Path):
    verdicts = assert_agreement(list(signed_texts()), tmp_path)
    assert {verdict["exitCode"] for verdict in verdicts} == {12, 16}  # 16: read, and not what the log holds


def test_what_replaced_it_is_told(tmp_path: Path):
    issuer = Issuer("page")
    old = issuer.token()
    difference = {"outcomes_achieved": -2, "amount_minor": -200_000, "threshold_met": -1}
    new = issuer.token(visible(seq=2, jti=SECOND, supersedes=replaced(old)), {"difference": difference})
    bits = bytearray(issuer.bits)
    bits[INDEX // 8] |= 1 << INDEX % 8
    issuer.bits = bytes(bits)
    case = Case("superseded", issuer.bundle(old, superseded_by=new), issuer.trust_bytes())
    [verdict] = assert_agreement([case], tmp_path)
    assert verdict["exitCode"] == 18
    assert verdict["supersededBy"] == {"jti": SECOND, "seq": 2, "issuedAt": NOW, "difference": difference}


def test_a_batch_that_is_named_twice_is_refused(tmp_path: Path):
    """Two entries for one batch would count its people twice."""
    issuer = Issuer("page")
    entry = disclosable()["cohort_seals"][0]
    token = issuer.token(shown=disclosable(participants=80, cohort_seals=[entry, entry]))

    def prove_the_attestations_neighbour(body: dict[str, Any]) -> None:
        other = {"v": 1, "type": "cohort_seal", "sha256": "ee" * 32}
        leaves = [canonical.dumps(other)]
        body["seals"].append({"leaf": other, "proof": issuer.receipt(issuer.attest, leaves, 0)})

    bundle = issuer.bundle(token, edit=prove_the_attestations_neighbour)
    [verdict] = in_node([Case("twice", bundle, issuer.trust_bytes())], tmp_path)
    assert verdict["exitCode"] == 17


# ── The files themselves ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_is_what_its_sources_build():
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("page_build", PAGE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = module_from_spec(spec)
    spec.loader.exec_module(build)
    assert (PAGE / "verify.html").read_text(encoding="utf-8") == build.page()


def test_the_page_names_nothing_outside_itself():
    text = (PAGE / "verify.html").read_text(encoding="utf-8")
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+/?[^\s\"'`)]*", text))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, not an address
    assert not re.search(
        r"innerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|fetch\(|XMLHttp| on\w+=", text
    )
    assert not re.search(r"\s(src|href)=", text)


def test_every_reason_is_said_in_danish():
    script = (
        "require('./words.js');"
        "const names = (table) => Object.entries(table).flatMap(([name, value]) =>"
        " typeof value === 'object' ? names(value).map((inner) => name + '.' + inner) : [name]);"
        "console.log(JSON.stringify({da: names(WORDS.da), en: names(WORDS.en), reasons: Object.keys(REASONS_DA)}))"
    )
    run = subprocess.run(["node", "-e", script], cwd=PAGE, capture_output=True, text=True, check=True)
    said = json.loads(run.stdout)
    assert said["da"] == said["en"]
    [source] = re.findall(r"<script>(.*?)</script>", (PAGE / "verify.html").read_text(encoding="utf-8"), re.DOTALL)[:1]
    found = re.findall(r'(?:, |refuse\(|super\(|: |return )"((?:[a-zA-Z_][^"]* |not )[^"]*)"', source)
    assert {text for text in found if text != "SHA-256"} == set(said["reasons"])
