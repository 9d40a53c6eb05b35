"""`verify-outcome log`: files that were kept at different times, compared offline, each verdict with a control."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest

from outcome_verifier import canonical, cli
from outcome_verifier.comparing import Verdict, compare
from outcome_verifier.hash_tiles import HashTiles
from outcome_verifier.history import Relation, proved_hashes, relation
from outcome_verifier.kept import Kept, KeptLog, KeptTrust, read_kept, read_trust
from outcome_verifier.note import Checkpoint, sign_note
from outcome_verifier.tlog import leaf_hash, node_hash
from outcome_verifier.trust import manifest_leaf
from tests.support.bundles import HOST, Issuer, LogSigner, attestation_leaf, seal_leaf, visible
from tests.support.merkle import inclusion_path, root

CONSISTENT, FORKED, UNTOLD, UNREADABLE = 0, 31, 32, 33
ORIGIN = f"{HOST}/attest"
LEAVES = [b"leaf %d" % n for n in range(40)]
OTHERS = [*LEAVES[:6], b"another leaf", *LEAVES[7:]]  # a log that forked after six entries


def write_tiles(folder: Path, leaves: list[bytes]) -> None:
    """The tiles of exactly so many leaves, written straight from the format."""
    hashes, level = [leaf_hash(leaf) for leaf in leaves], 0
    while hashes:
        for tile in range((len(hashes) + 255) // 256):
            part = hashes[tile * 256 : (tile + 1) * 256]
            path = folder / "tile" / str(level) / f"{tile:03d}"
            if len(part) < 256:
                path = path.with_name(f"{path.name}.p") / str(len(part))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(part))
        for _ in range(8):
            hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes) - 1, 2)]
        level += 1


def head(leaves: list[bytes], size: int) -> tuple[int, bytes]:
    return size, root(leaves[:size])


def related(old: tuple[int, bytes], new: tuple[int, bytes], folder: Path, **known: Any) -> Relation:
    tables: dict[str, Any] = {"in_old": {}, "in_new": {}, **known}
    return relation(old, new, tiles=HashTiles(folder, "attest").node, **tables)


def test_tiles_prove_every_two_sizes_and_find_every_fork(tmp_path: Path):
    write_tiles(tmp_path, LEAVES)
    for size1, size2 in combinations_with_replacement(range(len(LEAVES) + 1), 2):
        assert related(head(LEAVES, size1), head(LEAVES, size2), tmp_path) is Relation.ONE_HISTORY
        if size1 > 6:
            assert related(head(OTHERS, size1), head(LEAVES, size2), tmp_path) is Relation.FORKED


def test_tiles_of_another_tree_prove_nothing(tmp_path: Path):
    write_tiles(tmp_path, OTHERS)
    assert related(head(LEAVES, 10), head(LEAVES, 20), tmp_path) is Relation.UNPROVED
    assert related(head(LEAVES, 3), head(LEAVES, 20), tmp_path) is Relation.UNPROVED
    assert related(head(OTHERS, 10), head(LEAVES, 20), tmp_path) is Relation.UNPROVED, "nobody signed the tiles"
    assert related(head(OTHERS, 10), head(OTHERS, 20), tmp_path) is Relation.ONE_HISTORY


def test_tiles_beyond_one_tile_are_found_at_every_level(tmp_path: Path):
    leaves = [b"%d" % n for n in range(700)]
    write_tiles(tmp_path / "attest", leaves)
    for old, new in [(255, 700), (256, 700), (257, 513), (512, 513), (600, 700)]:
        assert related(head(leaves, old), head(leaves, new), tmp_path) is Relation.ONE_HISTORY
    (tmp_path / "attest" / "tile" / "1" / "000.p" / "2").unlink()
    assert related(head(leaves, 512), head(leaves, 513), tmp_path) is Relation.ONE_HISTORY, "made of the level below"
    (tmp_path / "attest" / "tile" / "0" / "002.p" / "188").write_bytes(b"cut off")
    assert related(head(leaves, 600), head(leaves, 700), tmp_path) is Relation.UNPROVED


def test_a_tile_of_four_digits_has_a_folder(tmp_path: Path):
    path = tmp_path / "tile" / "0" / "x001" / "234"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\x07" * 32 * 256)
    assert HashTiles(tmp_path, "attest").node(0, 1234 * 256 + 5) == b"\x07" * 32
    assert HashTiles(tmp_path, "attest").node(0, 1235 * 256) is None


def test_receipts_prove_hashes_of_their_tree_and_no_others():
    for size in range(1, 20):
        for index in range(size):
            path = inclusion_path(LEAVES[:size], index)
            found = proved_hashes(leaf=leaf_hash(LEAVES[index]), index=index, size=size, path=path)
            assert len(found) == 2 * len(path) + 1
            assert all(value == root(LEAVES[start:end]) for (start, end), value in found.items())


def known(leaves: list[bytes], size: int, index: int) -> dict[tuple[int, int], bytes]:
    path = inclusion_path(leaves[:size], index)
    return proved_hashes(leaf=leaf_hash(leaves[index]), index=index, size=size, path=path)


def test_receipts_prove_what_they_can_without_tiles(tmp_path: Path):
    old, new = head(LEAVES, 8), head(LEAVES, 13)
    assert related(old, new, tmp_path) is Relation.UNPROVED
    assert related(old, new, tmp_path, in_new=known(LEAVES, 13, 3)) is Relation.ONE_HISTORY
    assert related(head(LEAVES, 7), new, tmp_path, in_new=known(LEAVES, 13, 3)) is Relation.UNPROVED
    forked = {"in_old": known(OTHERS, 10, 7), "in_new": known(LEAVES, 13, 7)}
    assert related(head(OTHERS, 10), new, tmp_path, **forked) is Relation.FORKED
    agreeing = {"in_old": known(LEAVES, 10, 7), "in_new": known(LEAVES, 13, 7)}
    assert related(head(LEAVES, 10), new, tmp_path, **agreeing) is not Relation.FORKED


def test_an_empty_log_has_the_empty_root(tmp_path: Path):
    assert related((0, root([])), head(LEAVES, 5), tmp_path) is Relation.ONE_HISTORY
    assert related((0, b"\x01" * 32), head(LEAVES, 5), tmp_path) is Relation.FORKED


# the command


class World:
    """An issuer and a folder of files that a reader kept of its attest log."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.issuer = folder, Issuer("history")
        self.trust_file = self.write("TRUST.json", self.issuer.trust_bytes())
        self.first = self.issuer.token()
        self.leaves = [b"another", canonical.dumps(seal_leaf()), b"a third", attestation_leaf(self.first)]

    def write(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def note(self, name: str, leaves: list[bytes], signer: LogSigner | None = None) -> str:
        log = signer or self.issuer.attest
        return self.write(name, sign_note(Checkpoint(log.name, len(leaves), root(leaves)).text(), log).encode())

    def receipt(self, name: str, leaves: list[bytes], index: int) -> str:
        return self.write(name, self.issuer.receipt(self.issuer.attest, leaves, index).encode())

    def bundle(self, name: str, leaves: list[bytes], token: str) -> str:
        """A bundle in the log of these leaves, the second of which is its seal."""

        def edit(body: dict[str, Any]) -> None:
            index = leaves.index(attestation_leaf(token))
            body["receipt"] = self.issuer.receipt(self.issuer.attest, leaves, index)
            body["seals"][0]["proof"] = self.issuer.receipt(self.issuer.attest, leaves, 1)

        return self.write(name, self.issuer.bundle(token, edit=edit))

    def tiles(self, leaves: list[bytes]) -> str:
        write_tiles(self.folder / "log" / "attest", leaves)
        return str(self.folder / "log")

    def run(self, *arguments: str, with_trust: bool = True) -> int:
        return cli.main(["log", *arguments, *(["--trust", self.trust_file] if with_trust else [])])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_two_checkpoints_are_one_history_where_tiles_prove_it(world: World, capsys: pytest.CaptureFixture[str]):
    old, new = world.note("old", LEAVES[:5]), world.note("new", LEAVES[:9])
    assert world.run(old, new) == UNTOLD
    assert "--tiles" in capsys.readouterr().out
    assert world.run(old, new, "--tiles", world.tiles(LEAVES)) == CONSISTENT
    assert "CONSISTENT: the files" in capsys.readouterr().out
    assert world.run(new, old, "--tiles", world.tiles(LEAVES)) == CONSISTENT, "in any order"


def test_a_forked_log_is_proved(world: World, capsys: pytest.CaptureFixture[str]):
    old, new = world.note("old", OTHERS[:8]), world.note("new", LEAVES[:9])
    assert world.run(old, new, "--tiles", world.tiles(LEAVES), "--json") == FORKED
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == "not_consistent"
    assert said["findings"][0]["files"] == [old, new]


def test_two_roots_for_one_size_need_no_tiles(world: World):
    one, same, other = world.note("1", LEAVES[:8]), world.receipt("2", LEAVES[:8], 3), world.note("3", OTHERS[:8])
    assert world.run(one, same) == CONSISTENT
    assert world.run(one, other) == FORKED


def test_without_the_log_s_key_nothing_can_be_told(world: World, capsys: pytest.CaptureFixture[str]):
    one, other = world.note("1", LEAVES[:8]), world.note("2", OTHERS[:8])
    assert world.run(one, other, with_trust=False) == UNTOLD, "anybody can write a note: it is no proof of a fork"
    assert "trust file" in capsys.readouterr().out
    assert world.run(one, other, world.trust_file, with_trust=False) == FORKED, "a trust file among the files will do"


def test_files_of_two_logs_are_not_compared(world: World):
    one, other = world.note("1", LEAVES[:8]), world.note("2", LEAVES[:8], world.issuer.payment)
    assert world.run(one, other) == UNTOLD
    assert world.run(one, one) == CONSISTENT


def test_bundles_are_compared_by_what_their_receipts_prove(world: World):
    second = world.issuer.token(visible(jti="urn:uuid:00000000-0000-4000-8000-000000000002", seq=2))
    later = [*world.leaves, b"a fifth", attestation_leaf(second)]
    old, new = world.bundle("old", world.leaves, world.first), world.bundle("new", later, second)
    assert world.run(old, new) == CONSISTENT, "the seal's receipt proves the first four leaves"
    forked = [*world.leaves[:2], b"not the third", *later[3:]]
    assert world.run(old, world.bundle("forked", forked, second)) == FORKED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, FORKED),
        ({"seq": 2}, CONSISTENT),
        ({"recipient": {"role": "operator", "organisation": "an-operator"}}, CONSISTENT),
        ({"template": "outcome_count"}, CONSISTENT),
    ],
)
def test_two_attestations_under_one_number(world: World, changes: dict[str, Any], expected: int):
    second = world.issuer.token(visible(jti="urn:uuid:00000000-0000-4000-8000-000000000002", **changes))
    leaves = [*world.leaves, attestation_leaf(second)]
    one, other = world.bundle("1", leaves, world.first), world.bundle("2", leaves, second)
    assert world.run(one, other) == expected
    assert world.run(one, one) == CONSISTENT


def test_a_bundle_that_was_changed_is_unreadable_and_named(world: World, capsys: pytest.CaptureFixture[str]):
    good = world.bundle("good", world.leaves, world.first)
    body = json.loads(Path(good).read_bytes())
    body["logged_at"] += 1
    bad = world.write("bad", canonical.dumps(body) + b"\n")
    assert world.run(good, bad) == UNREADABLE
    assert bad in capsys.readouterr().err


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"{}\n", b"[1]\n", b"\xff\xfe", b"text", b"a\n\n\xe2\x80\x94 b c\n", b"c2sp.org/tlog-proof@v1\n",
     b"{" * (1 << 21), b'{"schema":"evidence-bundle/1"}\n', b'{"schema":"trust/1"}\n', b'{"schema":5}\n'],
)  # fmt: skip
def test_what_is_none_of_the_kinds_is_unreadable(world: World, data: bytes, capsys: pytest.CaptureFixture[str]):
    bad = world.write("bad", data)
    assert world.run(world.note("good", LEAVES[:3]), bad) == UNREADABLE
    assert bad in capsys.readouterr().err


def test_a_note_with_a_wrong_signature_is_unreadable(world: World):
    forger = replace(world.issuer.payment, name=world.issuer.attest.name)
    good, data = world.note("good", LEAVES[:3]), Path(world.note("x", LEAVES[:4])).read_bytes()
    assert world.run(good, world.write("bad", data.replace(b"\n4\n", b"\n5\n"))) == UNREADABLE
    assert world.run(good, world.note("forged", LEAVES[:4], forger)) == UNREADABLE
    assert world.run(good, world.write("same", Path(good).read_bytes())) == CONSISTENT


def test_what_the_reader_got_wrong_has_codes_of_its_own(world: World):
    good = world.note("good", LEAVES[:3])
    assert world.run(good, str(world.folder / "missing")) == UNREADABLE
    assert world.run(good, str(world.folder)) == UNREADABLE
    assert cli.main(["log", good, good, "--trust", good]) == 3
    with pytest.raises(SystemExit) as usage:
        world.run(good)
    assert usage.value.code == 2


@pytest.mark.parametrize(("size", "counts"), [(6, True), (7, True), (8, False)])
def test_a_head_from_beyond_the_end_of_a_closed_log_is_refused(world: World, size: int, counts: bool):
    trust = read_trust(Path(world.trust_file).read_bytes())
    log = replace(trust.logs[ORIGIN], closed=(7, root(LEAVES[:7]).hex()))
    closed = replace(trust, logs={**trust.logs, ORIGIN: log})
    data = Path(world.note("head", LEAVES[:size])).read_bytes()
    if counts:
        assert read_kept("head", data, [closed]).heads[0].checkpoint.size == size
    else:
        with pytest.raises(ValueError, match="was closed at 7 entries"):
            read_kept("head", data, [closed])
        assert read_kept("head", data, [trust]).heads, "an older trust file does not know"
    other = Path(world.note("other", OTHERS[:7])).read_bytes()
    with pytest.raises(ValueError, match="was closed"):
        read_kept("other", other, [trust, closed])


# trust files


def second_trust(world: World, **changes: Any) -> str:
    """A trust file that goes on from the first one, but for the changes; its manifest is logged behind the first."""
    first, issuer = read_trust(Path(world.trust_file).read_bytes()), world.issuer
    entries = [issuer.key_entry(), issuer.key_entry(issuer.operator)]
    claims = {"version": 2, "previous": first.sha256, "keys": entries, **changes}
    manifest = json.loads(issuer.trust_bytes(**claims))["manifest"]  # signatures are deterministic
    leaves = [
        canonical.dumps(manifest_leaf(json.loads(Path(world.trust_file).read_bytes())["manifest"], 1)),
        canonical.dumps(manifest_leaf(manifest, claims["version"])),
    ]
    receipt = issuer.receipt(issuer.attest, leaves, 1)
    return world.write("second", issuer.trust_bytes(members={"receipt": receipt}, **claims))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, CONSISTENT),
        ({"previous": "ab" * 32}, FORKED),
        ({"previous": None}, FORKED),
        ({"version": 1, "previous": None}, FORKED),
        ({"version": 3, "previous": "ab" * 32}, UNTOLD),
        ({"iat": 1_000_000_000}, FORKED),
    ],
)
def test_of_two_trust_files_one_is_the_ancestor(world: World, changes: dict[str, Any], expected: int):
    second = second_trust(world, **changes)
    assert world.run(world.trust_file, second, with_trust=False) == expected
    assert world.run(second, world.trust_file, with_trust=False) == expected, "in any order"


def test_another_anchor_is_another_issuer(world: World, capsys: pytest.CaptureFixture[str]):
    other = world.write("other", Issuer("another").trust_bytes())
    assert world.run(world.trust_file, other, with_trust=False) == FORKED
    out = capsys.readouterr().out
    assert "two trust anchors" in out
    assert "two keys" in out


def kept(*trusts: KeptTrust) -> Verdict:
    files = [Kept(str(number), "trust file", trust=trust) for number, trust in enumerate(trusts)]
    return compare(files, lambda _: lambda _level, _index: None).verdict


def chain(world: World) -> tuple[KeptTrust, KeptTrust, KeptTrust]:
    first = read_trust(Path(world.trust_file).read_bytes())
    second = replace(first, version=2, sha256="02" * 32, previous=first.sha256)
    return first, second, replace(second, version=3, sha256="03" * 32, previous=second.sha256)


def test_a_chain_of_trust_files_needs_every_link(world: World):
    first, second, third = chain(world)
    assert kept(third, first, second) is Verdict.CONSISTENT
    assert kept(first, third) is Verdict.CANNOT_BE_TOLD
    assert kept(first, first) is Verdict.CONSISTENT
    assert kept(first, replace(second, fingerprint="another")) is Verdict.NOT_CONSISTENT


BREAKS: list[Callable[[KeptTrust], dict[str, Any]]] = [
    lambda one: {"kids": frozenset()},
    lambda one: {"logs": {}},
    lambda one: {"logs": {**one.logs, ORIGIN: one.logs[f"{HOST}/payment"]}},
    lambda one: {"logs": {**one.logs, ORIGIN: replace(one.logs[ORIGIN], closed=(9, "ab" * 32))}},
    lambda one: {"logs": {**one.logs, ORIGIN: replace(one.logs[ORIGIN], closed=None)}},
]


@pytest.mark.parametrize("change", BREAKS)
def test_keys_and_logs_never_vanish_and_closed_logs_stay_closed(
    world: World, change: Callable[[KeptTrust], dict[str, Any]]
):
    first, second, third = chain(world)
    closed = {**first.logs, ORIGIN: KeptLog(first.logs[ORIGIN].key, (7, "ab" * 32))}
    second, third = replace(second, logs=closed), replace(third, logs=closed)
    assert kept(first, second, third) is Verdict.CONSISTENT, "a log may be closed"
    assert kept(first, second, replace(third, **change(third))) is Verdict.NOT_CONSISTENT
    assert kept(second, replace(third, version=5, **change(third))) is Verdict.NOT_CONSISTENT, "also with links missing"
