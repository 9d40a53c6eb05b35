"""Readers of tile logs that others wrote read both public logs, as they are served, from heads and tiles alone.

Both follow C2SP tlog-tiles: `aics-tlog` and `tlog-scales`. Between the heads that people hold lie several publications,
and more than 256 entries, so that full tiles, partial ones of each signed size and a second level are read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import aics_tlog
import pytest
from fastapi.testclient import TestClient
from sqlmodel import select
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint, InclusionProofInvalid

from gateway.api.app import create_app
from gateway.events.installation import PassphraseChanged
from gateway.release.issuing import Released
from gateway.release.publication import publish
from gateway.store import ledger
from gateway.store.log_tables import CheckpointRow
from outcome_verifier import b64, canonical
from outcome_verifier.bundle import attestation_leaf
from outcome_verifier.note import VerifierKey
from outcome_verifier.tlog import leaf_hash
from tests.support.municipality import SimulatedMunicipality, ready

LOGS = ("attest", "payment")


@dataclass
class Served:
    """One log as a reader on the network finds it; it counts what it was asked for. Fits both readers."""

    api: TestClient
    log: str

    def fetch(self, name: str) -> bytes | None:
        answer = self.api.get(f"/log/{self.log}/{name}")
        return answer.content if answer.status_code == 200 else None

    def get(self, *path: str) -> bytes | None:
        return self.fetch("/".join(path))

    def read_tile(self, level: int, index: int, width: int | None) -> bytes | None:
        return self.fetch(aics_tlog.tiles.tile_path(level, index, width))

    def read_entry_bundle(self, index: int, width: int | None) -> bytes | None:
        return self.fetch(aics_tlog.tiles.entry_bundle_path(index, width))


@dataclass
class World:
    town: SimulatedMunicipality
    api: TestClient
    released: dict[str, Released]  # by log
    notes: dict[str, list[str]]  # by log: every head that was ever signed, the empty one too
    vkeys: dict[str, str]


def lengthened(town: SimulatedMunicipality, sizes: tuple[int, ...]) -> None:
    """Entries of both logs up to each of these sizes, whose heads are signed and not published."""
    gateway = town.gateway
    for size in sizes:
        with gateway.write() as uow:
            for log in LOGS:
                for number in range(ledger.size(uow.session, log), size):
                    leaf = canonical.dumps({"filler": number})
                    ledger.append(uow.session, log, leaf_data=leaf, kind="x", body="{}", nonce=b"", at=uow.now)
                ledger.checkpoint(uow.session, log, gateway.log_key(log), at=uow.now)
            uow.record(PassphraseChanged())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    town = ready(tmp_path_factory.mktemp("readers"))
    released = {
        "payment": town.release("2018H2", "payment_document", "operator"),
        "attest": town.release("2018H2", "contract_total", "investor"),
    }
    publish(town.gateway)
    lengthened(town, (100, 255, 256))
    publish(town.gateway)
    lengthened(town, (257, 400, 512, 515))
    with town.gateway.store.read() as session:
        rows = session.exec(select(CheckpointRow).order_by(CheckpointRow.size)).all()
    notes = {log: [row.note for row in rows if row.log == log] for log in LOGS}
    keys = {log: town.gateway.log_key(log) for log in LOGS}
    vkeys = {log: VerifierKey(key.name, key.public_bytes).text() for log, key in keys.items()}
    with TestClient(create_app(town.gateway)) as api:  # which publishes
        yield World(town, api, released, notes, vkeys)
    town.gateway.store.dispose()


def leaf_of(released: Released) -> bytes:
    """The log entry that an attestation says it has, from its own bytes."""
    body = canonical.loads(released.bundle.rstrip(b"\n"))
    jwt = body["attestation"].split("~")[0]

    claims = canonical.loads(b64.decode(jwt.split(".")[1]))
    digest = hashlib.sha256(jwt.encode()).hexdigest()
    index = claims["status"]["status_list"]["idx"]
    return canonical.dumps(attestation_leaf(claims["jti"], digest, index, body["logged_at"]))


@pytest.mark.parametrize("log", LOGS)
def test_the_published_head_is_signed_and_is_the_root_of_the_tiles(world: World, log: str):
    served = Served(world.api, log)
    text = (served.fetch("checkpoint") or b"").decode()
    assert text == world.notes[log][-1]
    note = aics_tlog.parse_note(text)
    key = aics_tlog.parse_vkey(world.vkeys[log])
    checked = aics_tlog.verify_checkpoint(note, key, expected_origin=f"{world.town.gateway.host}/{log}")
    assert checked.log_ok, checked.error
    head = aics_tlog.parse_checkpoint(note.text)
    assert aics_tlog.tree_root_from_tiles(served, head.size) == head.root
    reader = TilesReader(served)
    other = reader.get_checkpoint()
    other.verify(Vkey.from_string(world.vkeys[log]))
    assert reader.calculate_root_hash() == other.root_hash == head.root


def test_every_tile_and_every_entry_of_the_public_log_agree(world: World):
    head = Checkpoint.from_text(world.notes["attest"][-1])
    report = aics_tlog.audit_tiles(Served(world.api, "attest"), head.size, head.root_hash, entries=True)
    assert report.bundles == 1 + head.size // 256
    payment = Checkpoint.from_text(world.notes["payment"][-1])
    aics_tlog.audit_tiles(Served(world.api, "payment"), payment.size, payment.root_hash, entries=False)
    assert Served(world.api, "payment").read_entry_bundle(0, None) is None


@pytest.mark.parametrize("log", LOGS)
def test_a_document_is_included_in_every_head_since(world: World, log: str):
    """With the proof that the reader makes from tiles of exactly that head's size."""
    released = world.released[log]
    hashed, served = leaf_hash(leaf_of(released)), Served(world.api, log)
    heads = [head for note in world.notes[log] if (head := Checkpoint.from_text(note)).size > released.leaf_index]
    assert len(heads) >= 7
    for head in heads:
        verified = aics_tlog.VerifiedTileReader(served, head.size, head.root_hash)
        path = aics_tlog.inclusion_proof_from_tiles(verified, released.leaf_index, head.size)
        assert aics_tlog.verify_inclusion(hashed, released.leaf_index, head.size, path, head.root_hash)
        assert not aics_tlog.verify_inclusion(leaf_hash(b"x"), released.leaf_index, head.size, path, head.root_hash)
        reader = TilesReader(served)
        reader.set_size(head.size)
        proof = reader.get_inclusion_proof(released.leaf_index, head.size)
        proof.check(hashed, head.root_hash)
        with pytest.raises(InclusionProofInvalid):
            proof.check(leaf_hash(b"x"), head.root_hash)
        assert proof.node_hashes == path


@pytest.mark.parametrize("log", LOGS)
def test_every_two_heads_are_of_one_history(world: World, log: str):
    heads = [Checkpoint.from_text(note) for note in world.notes[log]]
    served = Served(world.api, log)
    for old, new in combinations([head for head in heads if head.size], 2):
        reader = TilesReader(served)
        reader.set_size(new.size)
        proof = reader.get_consistency_proof(old.size, new.size)
        proof.check(old.root_hash, new.root_hash)
        path = aics_tlog.consistency_proof_from_tiles(served, old.size, new.size)
        assert path == proof.node_hashes
        assert aics_tlog.verify_consistency(old.size, new.size, old.root_hash, new.root_hash, path)
        assert not aics_tlog.verify_consistency(old.size, new.size, leaf_hash(b"x"), new.root_hash, path)


@pytest.mark.parametrize("log", LOGS)
def test_the_tiles_of_every_head_have_its_own_width(world: World, log: str):
    """C2SP tlog-tiles, partial tiles: whoever has a head needs no newer one to read below it."""
    served = Served(world.api, log)
    for head in (Checkpoint.from_text(note) for note in world.notes[log]):
        level = 0
        while head.size >> (8 * level):
            index, width = divmod(head.size >> (8 * level), 256)
            if width:
                assert len(served.read_tile(level, index, width) or b"") == 32 * width, (head.size, level)
            level += 1
