"""Base64url, canonical JSON, signed notes, checkpoints, receipts and Merkle proofs: known answers and refusals."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from outcome_verifier import b64, canonical, statuslist, tlog
from outcome_verifier.note import Checkpoint, VerifierKey, open_note, sign_note
from outcome_verifier.proof import format_proof, parse_proof
from tests.support.bundles import LogSigner
from tests.support.merkle import consistency_path, inclusion_path, root

# The eight leaves of the Certificate Transparency test tree and its root (google/certificate-transparency,
# merkle tree tests; also in transparency-dev/merkle): public known answers for RFC 6962 §2.1.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@pytest.mark.parametrize("text", ["QQ==", "Q Q", "QR", "Q", "Q+", "Q/", "QQ\n"])
def test_base64url_has_one_text_for_one_value(text: str):
    with pytest.raises(ValueError, match="base64url"):
        b64.decode(text)


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", ""), (b"\x00", "AA"), (b"\x00\x00", "AAA"), (b"\x00\x00\x17", "AAAX"), (b"\xfb\xff", "-_8")],
)
def test_base64url_loses_its_padding_and_nothing_else(data: bytes, text: str):
    assert b64.encode(data) == text
    assert b64.decode(text) == data


@given(st.binary(max_size=64))
def test_base64url_reads_what_it_writes(data: bytes):
    assert b64.decode(b64.encode(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":1e2}', b'{"a":NaN}', b"[-0]",
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}', b"\xef\xbb\xbf{}", b'{"a":9007199254740992}', b"{}\n", b'"\xff"', b'"\\ud800"',
    ],
)  # fmt: skip
def test_what_is_not_canonical_json_is_refused(data: bytes):
    with pytest.raises(ValueError):
        canonical.loads_canonical(data)


def test_half_a_character_is_refused_in_any_layout():
    with pytest.raises(UnicodeEncodeError):
        canonical.loads(b'{"a": ["\\ud800"]}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=126), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_canonical_json_reads_what_it_writes(value: object):
    assert canonical.loads_canonical(canonical.dumps(value)) == value


@pytest.mark.parametrize("value", [1.0, {"a": 0.1}, 2**53, {1: 2}, {"ø": 1}, (1,), b"x"])
def test_values_without_a_canonical_form_are_refused(value: object):
    with pytest.raises(ValueError):
        canonical.dumps(value)


def test_the_root_of_the_public_test_tree_is_reproduced():
    assert tlog.merkle_root(CT_LEAVES).hex() == CT_ROOT
    assert root(CT_LEAVES).hex() == CT_ROOT
    assert tlog.merkle_root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.integers(1, 40), st.data())
def test_inclusion_proofs_agree_with_the_recursive_definition(size: int, data: st.DataObject):
    leaves = [bytes([n]) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof, top, leaf = inclusion_path(leaves, index), root(leaves), tlog.leaf_hash(leaves[index])
    tlog.verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=top)
    wrong: list[Callable[[], None]] = [
        lambda: tlog.verify_inclusion(leaf=tlog.leaf_hash(b"x"), index=index, size=size, proof=proof, root=top),
        lambda: tlog.verify_inclusion(leaf=leaf, index=size, size=size, proof=proof, root=top),
        lambda: tlog.verify_inclusion(leaf=leaf, index=index, size=size, proof=[*proof, top], root=top),
        lambda: tlog.verify_inclusion(leaf=leaf, index=index, size=0, proof=proof, root=top),
        lambda: tlog.verify_inclusion(leaf=leaf, index=index, size=size, proof=[p[:-1] for p in proof], root=top[:-1]),
    ]
    if proof:
        wrong.append(lambda: tlog.verify_inclusion(leaf=leaf, index=index, size=size, proof=proof[:-1], root=top))
    for attempt in wrong:
        with pytest.raises(ValueError):
            attempt()


@given(st.integers(1, 40), st.data())
def test_consistency_proofs_agree_with_the_recursive_definition(size: int, data: st.DataObject):
    leaves = [bytes([n]) for n in range(size)]
    old = data.draw(st.integers(1, size))
    proof, first, second = consistency_path(leaves, old), root(leaves[:old]), root(leaves)
    tlog.verify_consistency(size1=old, root1=first, size2=size, root2=second, proof=proof)
    for change in ({"root1": root([b"x"])}, {"root2": root([b"x"])}, {"size1": 0}, {"proof": [*proof, first]}):
        known = {"size1": old, "root1": first, "size2": size, "root2": second, "proof": proof}
        with pytest.raises(ValueError):
            tlog.verify_consistency(**{**known, **change})


def test_the_published_verifier_key_of_the_go_checksum_database_is_read():
    """The published key of the Go checksum database: name, id and Ed25519 key in one text (c2sp.org/signed-note)."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    key = VerifierKey.parse(text)
    assert (key.name, key.key_id.hex(), key.text()) == ("sum.golang.org", "033de0ae", text)


@pytest.mark.parametrize(
    "text",
    [
        "sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.net+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
        "sum.golang.org+033de0ae+",
        "sum.golang.org",
    ],
)
def test_a_verifier_key_whose_parts_do_not_belong_together_is_refused(text: str):
    with pytest.raises(ValueError):
        VerifierKey.parse(text)


@pytest.fixture(scope="module")
def signer() -> LogSigner:
    return LogSigner("log.example/attest", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def key_of(signer: LogSigner) -> VerifierKey:
    return VerifierKey(signer.name, signer.public_bytes)


def test_a_note_opens_with_its_key_and_passes_over_unknown_signatures(signer: LogSigner):
    text = Checkpoint(signer.name, 7, bytes(32)).text()
    note = sign_note(text, signer)
    extra = note + "\u2014 witness.example " + base64.b64encode(bytes(68)).decode() + "\n"
    assert open_note(note, [key_of(signer)])[0] == text
    assert open_note(extra, [key_of(signer)])[0] == text


BROKEN_NOTES: dict[str, Callable[[str], str]] = {
    "text changed": lambda note: note.replace("\n7\n", "\n8\n"),
    "signature changed": lambda note: note[:-10] + ("A" if note[-10] != "A" else "B") + note[-9:],
    "no signature": lambda note: note.split("\n\n")[0] + "\n",
    "no line end": lambda note: note[:-1],
    "control character": lambda note: note.replace("\n7\n", "\n7\r\n"),
    "hyphen for dash": lambda note: note.replace("\u2014", "-"),
    "known key with a wrong second signature": lambda note: note + note.splitlines()[-1][:-8] + "AAAAAAA=\n",
    "too many signatures": lambda note: note + ("\u2014 w " + "A" * 92 + "\n") * 20,
}


@pytest.mark.parametrize("name", BROKEN_NOTES)
def test_a_broken_note_is_refused(signer: LogSigner, name: str):
    note = sign_note(Checkpoint(signer.name, 7, bytes(32)).text(), signer)
    with pytest.raises(ValueError):
        open_note(BROKEN_NOTES[name](note), [key_of(signer)])


@pytest.mark.parametrize("text", ["a\n1\n", "a\n01\nAAAA\n", "a\n1\nAAAA\n", "\n1\n" + "A" * 43 + "=\n", "a\n-1\nx\n"])
def test_a_malformed_checkpoint_is_refused(text: str):
    with pytest.raises(ValueError):
        Checkpoint.parse(text)


def test_an_extension_line_is_refused():
    good = Checkpoint("a", 1, bytes(32)).text()
    assert Checkpoint.parse(good).size == 1
    with pytest.raises(ValueError, match="three lines"):
        Checkpoint.parse(good + "extension\n")


def test_a_receipt_reads_what_it_writes(signer: LogSigner):
    note = sign_note(Checkpoint(signer.name, 7, bytes(32)).text(), signer)
    text = format_proof(3, [bytes(32), bytes([1]) * 32], note)
    receipt = parse_proof(text)
    assert (receipt.index, len(receipt.path), receipt.note) == (3, 2, note)
    for broken in (text.replace("@v1", "@v2"), text.replace("index 3", "index -3"), text[:40], "\n" + text):
        with pytest.raises(ValueError):
            parse_proof(broken)


def test_status_bits_are_read_from_the_lowest_bit():
    """draft-ietf-oauth-status-list §4.1: the example 0xB9 0xA3 with one bit an entry."""
    bits = bytes([0xB9, 0xA3])
    expected = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert [statuslist.status_at(bits, n) for n in range(16)] == expected
    assert statuslist.decode("eNrbuRgAAhcBXQ") == bits  # the draft's published encoding of the same list
    assert statuslist.decode(statuslist.encode(bits)) == bits
