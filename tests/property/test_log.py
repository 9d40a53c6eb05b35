"""Logs with stored levels give the roots and proofs of RFC 6962's own recursive definition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.events.contracts import SourceDeclared
from gateway.store import ledger
from gateway.store.unit_of_work import Store
from outcome_verifier.note import Checkpoint, open_note
from outcome_verifier.proof import verify_proof
from outcome_verifier.tlog import leaf_hash, verify_consistency, verify_inclusion
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_log_key, verifier_key

LARGEST = 70
DATA = [f"leaf {n}".encode() for n in range(LARGEST)]
SLOW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def slow_root(data: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = largest_power(len(data))
    return hashlib.sha256(b"\x01" + slow_root(data[:k]) + slow_root(data[k:])).digest()


def slow_path(m: int, data: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, word for word."""
    if len(data) == 1:
        return []
    k = largest_power(len(data))
    if m < k:
        return [*slow_path(m, data[:k]), slow_root(data[k:])]
    return [*slow_path(m - k, data[k:]), slow_root(data[:k])]


def slow_proof(m: int, data: Sequence[bytes], is_whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, word for word."""
    if m == len(data):
        return [] if is_whole else [slow_root(data)]
    k = largest_power(len(data))
    if m <= k:
        return [*slow_proof(m, data[:k], is_whole), slow_root(data[k:])]
    return [*slow_proof(m - k, data[k:], False), slow_root(data[:k])]


def largest_power(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@pytest.fixture
def filled(store: Store) -> Store:
    """A store whose attest log holds `DATA`, and whose payment log holds other leaves in between."""
    with store.write(NOW, by=SOMEBODY) as uow:
        for n, data in enumerate(DATA):
            ledger.append(uow.session, "attest", leaf_data=data, kind="", body="", nonce=b"", at=NOW)
            if n % 3 == 0:
                ledger.append(uow.session, "payment", leaf_data=b"x", kind="", body="", nonce=b"", at=NOW)
        uow.record(SourceDeclared(source="dream", sha256="0" * 64))
    return store


def test_every_root(filled: Store) -> None:
    with filled.read() as session:
        assert ledger.size(session, "attest") == LARGEST
        for size in range(LARGEST + 1):
            assert ledger.root(session, "attest", size) == slow_root(DATA[:size])


def test_inclusion_and_consistency_proofs(filled: Store) -> None:
    """For any sizes: equal to the slow oracle, and accepted by what the investor runs."""

    @SLOW
    @given(st.integers(1, LARGEST), st.integers(1, LARGEST), st.integers(0, LARGEST - 1))
    def check(one: int, other: int, leaf: int) -> None:
        size1, size2 = sorted((one, other))
        index = leaf % size2
        root1, root2 = slow_root(DATA[:size1]), slow_root(DATA[:size2])
        path = ledger.inclusion_path(session, "attest", index, size2)
        assert path == slow_path(index, DATA[:size2])
        verify_inclusion(leaf=leaf_hash(DATA[index]), index=index, size=size2, proof=path, root=root2)
        proof = slow_proof(size1, DATA[:size2])
        verify_consistency(size1=size1, root1=root1, size2=size2, root2=root2, proof=proof)

    with filled.read() as session:
        check()


def test_no_proof_outside_the_tree(filled: Store) -> None:
    with filled.read() as session:
        for index, size in ((-1, 3), (3, 3), (0, 0)):
            with pytest.raises(ValueError, match=r"^the index lies outside the tree$"):
                ledger.inclusion_path(session, "attest", index, size)


def test_a_receipt_is_accepted_by_the_verifier(filled: Store) -> None:
    """The same head is signed once, and every leaf's receipt leads to it."""
    key = a_log_key("gateway.test.example/attest")
    with filled.write(NOW, by=SOMEBODY) as uow:
        receipts = [ledger.receipt(uow.session, "attest", n, key, at=NOW) for n in range(LARGEST)]
        note = ledger.checkpoint(uow.session, "attest", key, at=NOW)
        uow.record(SourceDeclared(source="dream", sha256="0" * 64))
    head = Checkpoint.parse(open_note(note, [verifier_key(key)])[0])
    assert head == Checkpoint(key.origin, LARGEST, slow_root(DATA))
    for n, receipt in enumerate(receipts):
        assert receipt.endswith(note)
        assert verify_proof(receipt, leaf_data=DATA[n], key=verifier_key(key)) == (head, n)
        with pytest.raises(ValueError, match="another root"):
            verify_proof(receipt, leaf_data=b"another", key=verifier_key(key))
