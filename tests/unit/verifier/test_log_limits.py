"""The limits of notes, checkpoints and Merkle proofs: what stands at them is read, and beyond is refused and said."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from outcome_verifier import note, proof, tlog
from outcome_verifier.note import Checkpoint, VerifierKey, open_note, sign_note
from tests.support.bundles import HOST, LogSigner
from tests.support.merkle import consistency_path, root


@pytest.fixture(scope="module")
def signer() -> LogSigner:
    return LogSigner(f"{HOST}/attest", Ed25519PrivateKey.generate())


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ValueError) as caught:
        call()
    return str(caught.value)


VKEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
KEY_BYTES = VerifierKey.parse(VKEY).public_bytes


def vkey(name: str, kind: bytes, key: bytes) -> str:
    identity = hashlib.sha256(name.encode() + b"\n" + kind + key).digest()[:4]
    return f"{name}+{identity.hex()}+{base64.b64encode(kind + key).decode()}"


def test_a_verifier_key_has_a_name_a_kind_and_32_bytes() -> None:
    assert VerifierKey.parse(vkey("a", b"\x01", KEY_BYTES)).name == "a"
    encoded = VKEY.rpartition("+")[2]
    wrong = [
        vkey("", b"\x01", KEY_BYTES),
        vkey("a", b"\x02", KEY_BYTES),
        vkey("a", b"\x01", KEY_BYTES + b"\x00"),
        vkey("a", b"\x01", KEY_BYTES[1:]),
        "a",
        f"a+{encoded}",
    ]
    for text in wrong:
        assert refused(lambda text=text: VerifierKey.parse(text)) in ("not an Ed25519 verifier key", "not base64")
    assert refused(lambda: VerifierKey.parse("")) == "not an Ed25519 verifier key"
    for text in (VKEY.replace("033de0ae", "033DE0AE"), VKEY.replace("033de0ae", "033de0af")):
        assert refused(lambda text=text: VerifierKey.parse(text)) == "the key id does not belong to the key"


def test_a_note_has_at_most_16_signature_lines_and_65536_characters(signer: LogSigner) -> None:
    key = VerifierKey(signer.name, signer.public_bytes)
    other = "\u2014 w " + "A" * 92 + "\n"
    signed = sign_note("text\n", signer)
    assert open_note(signed + other * 15, [key]) == ("text\n", key)
    assert refused(lambda: open_note(signed + other * 16, [key])) == "too many signature lines"
    overhead = len(sign_note("\n", signer))
    assert open_note(sign_note("x" * (65_536 - overhead) + "\n", signer), [key])[1] == key
    assert refused(lambda: open_note(sign_note("x" * (65_537 - overhead) + "\n", signer), [key])) == "not a note"


def test_a_note_that_is_broken_is_refused_with_its_reason(signer: LogSigner) -> None:
    key = VerifierKey(signer.name, signer.public_bytes)
    signed = sign_note("text\n", signer)
    stranger = sign_note("text\n", LogSigner("other", Ed25519PrivateKey.generate()))
    wrong = {
        "text\n": "the note has no signature lines",
        signed[:-1]: "the note has no signature lines",
        signed.replace("text", "te\x1fxt"): "not a note",
        signed + "- hyphen AAAAAAAA\n": "a signature line is malformed",
        signed + "\u2014 nothing\n": "a signature line is malformed",
        signed + "\u2014  AAAAAAAA\n": "a signature line is malformed",
        signed + "\u2014 w AAAAAA==\n": "a signature is too short",
        signed + "\u2014 w A\n": "not base64",
        signed + "\u2014 w AAA!AAAA\n": "not base64",
        signed + "\u2014 two words AAAAAAA=\n": "not base64",
        signed + "\u2014 w \u00e6\n": "not base64",
        signed + "\u2014 w AB==\n": "base64 with stray trailing bits",
        signed.replace("text", "other"): "the signature of a known key is wrong",
        stranger: "no signature by a known key",
    }
    for text, reason in wrong.items():
        assert refused(lambda text=text: open_note(text, [key])) == reason
    assert open_note(signed + "\u2014 w AAAAAAA=\n", [key])[1] == key, "five bytes are a signature of somebody"
    assert open_note(sign_note("a\n\n\u2014 b\n", signer), [key])[0] == "a\n\n\u2014 b\n", "the last empty line counts"


def test_a_decimal_has_at_most_19_digits_and_no_sign() -> None:
    for text in ("0", "7", "10", "9" * 19):
        assert note.decimal(text) == int(text)
    for text in ("", "00", "07", "-1", "+1", " 1", "1 ", "\u0661", "9" * 20):
        assert refused(lambda text=text: note.decimal(text)) == "not a decimal number"


def test_a_checkpoint_that_is_broken_is_refused_with_its_reason() -> None:
    good = Checkpoint("a", 1, bytes(32)).text()
    short = base64.b64encode(bytes(31)).decode()
    wrong = {
        good + "x": "a checkpoint has three lines",
        good[:-1]: "a checkpoint has three lines",
        good[1:]: "a checkpoint has three lines",
        f"a\n1\n{short}\n": "the root hash is not 32 bytes",
        good.replace("1", "01", 1): "not a decimal number",
    }
    assert Checkpoint.parse(good) == Checkpoint("a", 1, bytes(32))
    for text, reason in wrong.items():
        assert refused(lambda text=text: Checkpoint.parse(text)) == reason
    assert refused(lambda: note.hash_line(short)) == "a hash is not 32 bytes"


def test_a_proof_has_at_most_63_hashes() -> None:
    assert len(proof.parse_proof(proof.format_proof(0, [bytes(32)] * 63, "")).path) == 63
    long = proof.format_proof(0, [bytes(32)] * 64, "")
    assert refused(lambda: proof.parse_proof(long)) == "the proof is too long"


@pytest.mark.parametrize("text", ["", "\n\n", f"{proof.HEADER}\nindex 1\n", f"{proof.HEADER}\n\n", "index 1\n\nx"])
def test_what_lacks_a_line_is_no_proof(text: str) -> None:
    assert refused(lambda: proof.parse_proof(text)) == "not a tlog-proof"


def test_a_proof_leads_to_a_checkpoint_of_the_keys_own_log(signer: LogSigner) -> None:
    """One key may sign for one log: its name is the log's origin."""
    key = VerifierKey(signer.name, signer.public_bytes)
    for origin, reason in ((signer.name, None), ("another.example/attest", "the checkpoint is of another log")):
        head = Checkpoint(origin, 1, tlog.leaf_hash(b"leaf"))
        text = proof.format_proof(0, [], sign_note(head.text(), signer))
        if reason is None:
            assert proof.verify_proof(text, leaf_data=b"leaf", key=key) == (head, 0)
        else:
            assert refused(lambda text=text: proof.verify_proof(text, leaf_data=b"leaf", key=key)) == reason


LEAVES = [bytes([n]) for n in range(7)]


def consistency(**changes: Any) -> Callable[[], object]:
    known = {"size1": 3, "root1": root(LEAVES[:3]), "size2": 7, "root2": root(LEAVES)}
    return lambda: tlog.verify_consistency(**{**known, "proof": consistency_path(LEAVES, 3), **changes})


def test_a_tree_that_did_not_grow_from_another_is_refused_with_its_reason() -> None:
    path, first, second = consistency_path(LEAVES, 3), root(LEAVES[:3]), root(LEAVES)
    consistency()()
    same = {"size1": 7, "root1": second, "proof": []}
    consistency(**same)()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"size1": 0}, "the sizes are not in order"),
        ({"size1": 8}, "the sizes are not in order"),
        ({**same, "root1": first}, "two roots for one size"),
        ({**same, "proof": path}, "two roots for one size"),
        ({"proof": []}, "the proof is too short"),
        ({"proof": path[:-1]}, "the proof is too short"),
        ({"proof": [*path, first]}, "the proof is too long"),
        ({"root1": second}, "the proof leads to other roots"),
        ({"root2": first}, "the proof leads to other roots"),
        ({"root1": first[1:]}, "a hash is not 32 bytes"),
        ({"root2": second + b"x"}, "a hash is not 32 bytes"),
        ({"proof": [*path[:-1], b""]}, "a hash is not 32 bytes"),
    ]
    for changes, reason in wrong:
        assert refused(consistency(**changes)) == reason


def test_an_inclusion_proof_that_is_too_long_is_refused_with_its_reason() -> None:
    known = {"leaf": tlog.leaf_hash(b"x"), "index": 0, "size": 1, "root": tlog.leaf_hash(b"x")}
    tlog.verify_inclusion(**known, proof=[])
    assert refused(lambda: tlog.verify_inclusion(**known, proof=[bytes(32)])) == "the proof is too long"
