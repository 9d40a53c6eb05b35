"""Tiles of every size that was signed, as C2SP tlog-tiles defines them, whichever publications they come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import Session

from gateway.store import ledger
from gateway.store.tiles import tile_files
from outcome_verifier.tlog import leaf_hash
from tests.support.databases import NOW, sqlite_store
from tests.support.merkle import root

SIZES = (1, 2, 255, 256, 257, 511, 600)
LEAVES = [bytes([number % 251]) * (number % 5 + 1) for number in range(600)]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory):
    """A log of 600 entries; nothing is committed."""
    store = sqlite_store(tmp_path_factory.mktemp("tiles") / "gateway.sqlite")
    with Session(store.engine) as session:
        for leaf in LEAVES:
            ledger.append(session, "attest", leaf_data=leaf, kind="k", body="b", nonce=b"", at=NOW)
        yield session
    store.dispose()


def paths_of(size: int) -> dict[str, list[int]]:
    """Path -> range of hashes on its level of every tile of a tree, from the text of the specification."""
    found = {}
    level = 0
    while size // 256**level:
        hashes = size // 256**level
        for name in [str(level), *(["entries"] if level == 0 else [])]:
            for index in range(hashes // 256):
                found[f"tile/{name}/{index:03d}"] = [level, index * 256, 256]
            if width := hashes % 256:
                found[f"tile/{name}/{hashes // 256:03d}.p/{width}"] = [level, hashes // 256 * 256, width]
        level += 1
    return found


def content_of(name: str, level: int, first: int, width: int) -> bytes:
    if "/entries/" in name:
        return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in LEAVES[first : first + width])
    span = 256**level
    below = [LEAVES[index * span : (index + 1) * span] for index in range(first, first + width)]
    return b"".join(leaf_hash(leaves[0]) if level == 0 else root(leaves) for leaves in below)


def test_every_signed_size_has_its_tiles(session: Session) -> None:
    made = dict(tile_files(session, "attest", signed=SIZES))
    wanted = {name: place for size in SIZES for name, place in paths_of(size).items()}
    assert {"tile/0/002.p/88", "tile/0/000.p/255", "tile/1/000.p/1", "tile/1/000.p/2", "tile/0/000"} <= set(wanted)
    assert set(made) == set(wanted)
    assert made == {name: content_of(name, *place) for name, place in wanted.items()}


@pytest.mark.parametrize("cuts", [(1, 255, 256, 600), (257,), (2, 511)])
def test_publications_in_turn_write_what_one_writes(session: Session, cuts: tuple[int, ...]) -> None:
    found, since = {}, 0
    for size in (*cuts, 600):
        signed = [one for one in SIZES if since < one <= size]
        new = dict(tile_files(session, "attest", signed=signed, since=since))
        assert not new.keys() & found.keys()  # nothing is made twice
        found |= new
        since = size
    assert found == dict(tile_files(session, "attest", signed=SIZES))


def test_hashes_alone(session: Session) -> None:
    made = dict(tile_files(session, "attest", signed=SIZES, with_entries=False))
    assert set(made) == {name for size in SIZES for name in paths_of(size) if "/entries/" not in name}


def test_nothing_signed_is_no_tile(session: Session, tmp_path: Path) -> None:
    assert [*tile_files(session, "attest", signed=[])] == []
    assert [*tile_files(session, "attest", signed=[], since=600)] == []
