"""Hostile bytes end in a refusal of the verifier's own tree, in little time and memory; `make soak` goes on.

Each example begins with a good bundle and breaks it where a stranger could: bytes, JSON values, parts of tokens, the
receipt's lines, the packed status list.
"""

from __future__ import annotations

import json
import os
import time
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outcome_verifier import b64, canonical
from outcome_verifier.bundle import MOST_BYTES
from outcome_verifier.errors import BundleMalformed, StatusInvalid, TrustInvalid, VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, verify_bundle
from tests.support.bundles import CONTRACT, NOW, PARTIES, Issuer

ISSUER = Issuer("hostile")
GOOD = ISSUER.bundle()
BODY = canonical.loads_canonical(GOOD[:-1])
TRUST = ISSUER.trust()
MOST_SECONDS, MOST_MEMORY = 2, 128 << 20
HARD = settings(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "30")), deadline=None, suppress_health_check=list(HealthCheck)
)


def judged(data: bytes, *, seconds: float = MOST_SECONDS) -> str:
    """`ok`, or the class of the refusal; anything else is raised."""
    started = time.process_time()
    try:
        verify_bundle(data, TRUST, now=NOW, demands=Demands(CONTRACT))
    except VerificationError as error:
        assert str(error).isprintable()
        return type(error).__name__
    finally:
        assert time.process_time() - started < seconds
    return "ok"


NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=True),
    st.text(max_size=40),
    st.sampled_from(["\x00", "\u202e", "\ud800", "a\u0308", "е", "~" * 99, "." * 99, "=", "-" * 4000, "9" * 5000]),
    st.lists(st.integers(), max_size=4),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)


@HARD
@given(st.binary(max_size=3000))
def test_any_bytes(data: bytes):
    assert judged(data) == "BundleMalformed"


@HARD
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes(changes: list[tuple[int, int]]):
    data = bytearray(GOOD)
    for place, value in changes:
        data[place] = value
    assert judged(bytes(data)) != "ok" or bytes(data) == GOOD


@HARD
@given(st.sampled_from(sorted(BODY)), NASTY)
def test_a_member_is_anything(name: str, value: Any):
    try:
        text = json.dumps({**BODY, name: value}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        data = text.encode("utf-8", "surrogatepass") + b"\n"
    except ValueError:
        return
    assert judged(data) != "ok" or data == GOOD


CLAIMS = json.loads(b64.decode(BODY["attestation"].split("~")[0].split(".")[1]))


@HARD
@given(st.sampled_from(sorted(CLAIMS)), NASTY)
def test_a_signed_claim_is_anything(name: str, value: Any):
    """A careless issuer, or one that turned: the signature and the receipt are genuine."""
    jwt, *rest = BODY["attestation"].split("~")
    try:
        payload = json.dumps({**CLAIMS, name: value}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except ValueError:
        return
    signed = f"{jwt.split('.')[0]}.{b64.encode(payload)}"
    token = "~".join([f"{signed}.{b64.encode(ISSUER.sign(signed.encode()))}", *rest])
    try:
        data = ISSUER.bundle(token)
    except (ValueError, TypeError, AttributeError):  # the payload has no leaf at all
        return
    assert judged(data) in {"ok", "TokenMalformed", "SdDisclosureInvalid", "ClaimsInvalid", "ReceiptInvalid",
                            "SealInvalid", "StatusInvalid", "ContractMismatch",
                            "AcceptanceInvalid", "AuditInvalid"}  # fmt: skip


@HARD
@given(st.sampled_from(["acceptances", "countersignatures"]), st.data())
def test_a_signed_claim_of_an_endorsement_is_anything(member: str, data: st.DataObject):
    """A party or an auditor that turned: the signature is its own."""
    token = BODY["attestation"]
    signed = ISSUER.accepts(PARTIES[2]) if member == "acceptances" else ISSUER.countersigns(token)
    head, payload, _ = signed.split(".")
    said = json.loads(b64.decode(payload))
    name, value = data.draw(st.sampled_from(sorted(said))), data.draw(NASTY)
    try:
        changed = json.dumps({**said, name: value}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    except ValueError:
        return
    text = f"{head}.{b64.encode(changed)}"
    signer = ISSUER.investor if member == "acceptances" else ISSUER.auditor
    made = f"{text}.{b64.encode(signer.sign(text.encode()))}"
    others = [ISSUER.accepts(party) for party in PARTIES[:2]] if member == "acceptances" else []
    bundle = canonical.dumps({**BODY, member: [*others, made]}) + b"\n"
    assert judged(bundle) in {"ok", "AcceptanceInvalid" if member == "acceptances" else "AuditInvalid"}


@HARD
@given(st.lists(st.sampled_from(BODY["receipt"].split("\n")) | st.text(max_size=60), max_size=14))
def test_a_receipt_is_any_lines(lines: list[str]):
    try:
        data = canonical.dumps({**BODY, "receipt": "\n".join(lines)}) + b"\n"
    except ValueError:
        return
    assert judged(data) in {"ReceiptInvalid", "ok"}


@HARD
@given(st.binary(max_size=2000), st.booleans())
def test_a_status_list_is_any_stream(data: bytes, is_packed: bool):
    lst = b64.encode(zlib.compress(data) if is_packed else data)
    bundle = ISSUER.bundle(status=ISSUER.status(status_list={"bits": 1, "lst": lst}))
    assert judged(bundle) in {"StatusInvalid", "ok"}


@HARD
@given(st.binary(max_size=500) | st.sampled_from(sorted(canonical.loads(ISSUER.trust_bytes()))).map(str.encode))
def test_a_trust_file_is_anything(data: bytes):
    for body in (data, ISSUER.trust_bytes().replace(data[:20], b"", 1) if data else b""):
        try:
            TrustFile.load(body)
        except TrustInvalid as error:
            assert str(error).isprintable()


BOMBS = {
    "a status list that unpacks to a gigabyte": lambda: ISSUER.bundle(
        status=ISSUER.status(status_list={"bits": 1, "lst": b64.encode(_packed_zeroes(1 << 30))})
    ),
    "a list within a list, a megabyte deep": lambda: b"[" * (MOST_BYTES - 1) + b"\n",
    "a number of a million digits": lambda: b'{"schema":' + b"9" * (MOST_BYTES - 20) + b"}\n",
    "a text of a million characters": lambda: b'{"schema":"' + b"a" * (MOST_BYTES - 20) + b'"}\n',
    "a hundred thousand members": lambda: b"{" + b",".join(b'"%06d":1' % n for n in range(90_000)) + b"}\n",
    "one byte too many": lambda: b" " * (MOST_BYTES + 1),
}


def _packed_zeroes(size: int) -> bytes:
    packer, block = zlib.compressobj(9), bytes(1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little(name: str):
    data = BOMBS[name]()
    judged(data)
    tracemalloc.start()
    try:
        verdict = judged(data, seconds=60)  # counting each allocation takes longer than making it
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert verdict in {BundleMalformed.__name__, StatusInvalid.__name__}
    assert most < MOST_MEMORY


def test_a_good_bundle_is_good():
    """Positive control of everything above."""
    assert judged(GOOD) == "ok"
