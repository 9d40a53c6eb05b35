"""Offline receipts in the C2SP tlog-proof format: index, inclusion path, and the checkpoint they lead to."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from outcome_verifier.note import Checkpoint, VerifierKey, decimal, hash_line, open_note
from outcome_verifier.tlog import leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
_MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parsed tlog-proof. Nothing in it is trusted before `verify_receipt`."""

    index: int
    path: tuple[bytes, ...]
    note: str


def format_proof(index: int, path: Sequence[bytes], note: str) -> str:
    """The text of a proof without extra data."""
    hashes = "".join(base64.b64encode(value).decode("ascii") + "\n" for value in path)
    return f"{HEADER}\nindex {index}\n{hashes}\n{note}"


def parse_proof(text: str) -> Receipt:
    """Read a proof; `ValueError` for an `extra` line, which nobody would check, and for anything malformed."""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or len(lines) < 2 or lines[0] != HEADER or not lines[1].startswith("index "):
        raise ValueError("not a tlog-proof")
    if len(lines) - 2 > _MOST_HASHES:
        raise ValueError("the proof is too long")
    return Receipt(decimal(lines[1].removeprefix("index ")), tuple(hash_line(line) for line in lines[2:]), note)


def verify_proof(text: str, *, leaf_data: bytes, key: VerifierKey) -> tuple[Checkpoint, int]:
    """The checkpoint that holds the leaf and the leaf's index; `ValueError` where the proof does not hold."""
    receipt = parse_proof(text)
    signed, _ = open_note(receipt.note, [key])
    checkpoint = Checkpoint.parse(signed)
    if checkpoint.origin != key.name:
        raise ValueError("the checkpoint is of another log")
    verify_inclusion(
        leaf=leaf_hash(leaf_data),
        index=receipt.index,
        size=checkpoint.size,
        proof=receipt.path,
        root=checkpoint.root,
    )
    return checkpoint, receipt.index
