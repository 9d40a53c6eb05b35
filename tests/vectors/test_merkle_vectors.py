"""The Merkle and signed-note code gives the values that others published, not only its own.

Trees: the eight leaves, roots and consistency proofs of Certificate Transparency's reference tests (RFC 6962 §2.1).
Note: the worked example of c2sp.org/signed-note.
"""

from __future__ import annotations

import pytest

from outcome_verifier import tlog
from outcome_verifier.note import VerifierKey, open_note
from tests.support import merkle

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
CONSISTENCY = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
NOTE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE_TEXT = "This is an example message.\n"
NOTE = NOTE_TEXT + (
    "\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


@pytest.mark.parametrize("size", range(1, 9))
def test_every_published_root(size: int) -> None:
    """The verifier's own tree and the tests' slow oracle both reach the published root."""
    assert tlog.merkle_root(LEAVES[:size]).hex() == ROOTS[size - 1]
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("sizes", CONSISTENCY)
def test_every_published_consistency_proof(sizes: tuple[int, int]) -> None:
    """The verifier accepts it, and the slow oracle produces exactly it."""
    one, other = sizes
    proof = [bytes.fromhex(text) for text in CONSISTENCY[sizes]]
    roots = bytes.fromhex(ROOTS[one - 1]), bytes.fromhex(ROOTS[other - 1])
    tlog.verify_consistency(size1=one, root1=roots[0], size2=other, root2=roots[1], proof=proof)
    assert merkle.consistency_path(LEAVES[:other], one) == proof
    with pytest.raises(ValueError):
        tlog.verify_consistency(size1=one, root1=roots[0], size2=other, root2=roots[1], proof=proof[:-1])


def test_the_note_of_the_specification_opens() -> None:
    key = VerifierKey.parse(NOTE_KEY)
    assert key.name == "example.com/foo"
    assert key.text() == NOTE_KEY
    assert open_note(NOTE, [key]) == (NOTE_TEXT, key)


def test_the_note_of_the_specification_with_another_text_does_not_open() -> None:
    with pytest.raises(ValueError, match="wrong"):
        open_note(NOTE.replace("example message", "exemplar message"), [VerifierKey.parse(NOTE_KEY)])
