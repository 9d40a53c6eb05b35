"""Public files follow the order of the transactions, whoever is slow or killed while writing them, and wherever."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from gateway.errors.oversight import CheckpointMismatch
from gateway.events.installation import PassphraseChanged
from gateway.installation import signing
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.oversight.log_reading import checkpoint, verify_logs
from gateway.release import publication
from gateway.release.publication import GENERATION, publish
from gateway.store import ledger
from keys import whole_file
from tests.support.command_line import run

_KILLED = 9


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    settings = Settings(data_directory=tmp_path / "var", staff="ole")
    made = initialise(
        settings, host_name="g.example", municipality_code="851", municipality_name="Aalborg Kommune", kind=Kind.DEMO
    )
    publish(made)
    yield made
    made.store.dispose()


def public(gateway: Gateway) -> Path:
    return gateway.settings.public_directory


def contents(gateway: Gateway) -> dict[str, bytes]:
    folder = public(gateway)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def is_of_now(gateway: Gateway) -> bool:
    """Whether every public file is that of the newest transaction, and nothing else lies there."""
    with gateway.store.read() as session:
        wanted = dict(publication.public_files(gateway, session))
        sizes = {log: ledger.size(session, log) for log in ("attest", "payment")}
    found = contents(gateway)
    said = publication.read_generation(public(gateway))
    return (
        found.keys() - wanted.keys() == {GENERATION}
        and found.items() >= wanted.items()
        and said == (publication.Generation(sizes, is_whole=True))
    )


Write = Callable[..., list[str]]


def held(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """A publisher that has made its files and not begun to write them; calling it lets it go on."""
    taken: list[tuple[Path, Mapping[str, bytes], Mapping[str, int]]] = []
    with monkeypatch.context() as patch:
        patch.setattr(
            publication, "_write_newest", lambda folder, files, *, sizes: taken.append((folder, files, sizes)) or []
        )
        assert publish(gateway) == []
    [(folder, files, sizes)] = taken
    return lambda: publication._write_newest(folder, files, sizes=sizes)


def in_a_child(gateway: Gateway, do: Callable[[], object]) -> int:
    """The exit code of a process of its own that does this and dies."""
    gateway.store.dispose()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            do()
            os._exit(0)
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def dying_at(number: int, *, renamed: bool) -> Callable[..., Path]:
    """A rename that ends the process, at the file of this number, before it or behind it."""
    real, seen = Path.replace, iter(range(1, 1_000))

    def replace(path: Path, target: Path) -> Path:
        if next(seen) != number:
            return real(path, target)
        if renamed:
            real(path, target)
        os._exit(_KILLED)

    return replace


@pytest.mark.parametrize("renamed", [False, True])
def test_killed_at_each_file_a_newer_publisher_is_finished_and_never_overwritten(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, renamed: bool
):
    """The older one, which was slower, finds that newer files were begun; the next one does the rest."""
    number, died = 1, True
    while died:
        signing.add_key(gateway)
        older = held(gateway, monkeypatch)
        signing.add_key(gateway)
        newer = held(gateway, monkeypatch)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", dying_at(number, renamed=renamed))
            died = in_a_child(gateway, newer) == _KILLED
        left = contents(gateway)
        has_begun = number > 1 or renamed
        if has_begun:
            assert older() == []
            assert {name: data for name, data in contents(gateway).items() if name != GENERATION} == {
                name: data for name, data in left.items() if name != GENERATION
            }
        else:
            assert older()  # nothing of the newer one was seen yet
        assert is_of_now(gateway) or died
        publish(gateway)
        assert is_of_now(gateway), number
        number += 1
    assert number > 8  # the generation twice, keys, trust file, status lists, tiles, head


class Holder:
    """Writes whole files, and holds the thread called `older` at the file of one number until it may go on."""

    def __init__(self, number: int) -> None:
        self.number, self.seen = number, 0
        self.reached, self.go_on = threading.Event(), threading.Event()

    def write(self, path: Path, content: bytes, *, mode: int) -> None:
        if threading.current_thread().name == "older":
            self.seen += 1
            if self.seen == self.number:
                self.reached.set()
                assert self.go_on.wait(10)
        whole_file.write_whole(path, content, mode=mode)


def test_a_publisher_that_is_held_at_each_file_holds_the_newer_one(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    """Two servers: whoever committed later writes behind the other, at whichever file that one is held."""
    number, held_once = 1, True
    while held_once:
        signing.add_key(gateway)
        older = held(gateway, monkeypatch)
        signing.add_key(gateway)
        newer, holder = held(gateway, monkeypatch), Holder(number)
        with monkeypatch.context() as patch:
            patch.setattr(publication, "write_whole", holder.write)
            slow = threading.Thread(target=older, name="older")
            fast = threading.Thread(target=newer, name="newer")
            slow.start()
            while slow.is_alive() and not holder.reached.is_set():
                slow.join(0.005)
            held_once = holder.reached.is_set()
            fast.start()
            if held_once:
                fast.join(0.02)
                assert fast.is_alive()
                holder.go_on.set()
            slow.join()
            fast.join()
        assert is_of_now(gateway), number
        number += 1
    assert number > 6


def test_what_a_killed_publisher_left_behind_goes(gateway: Gateway):
    (public(gateway) / "trust.json.0a1b2c3d.new").write_bytes(b"half")
    deep = public(gateway) / "log" / "attest" / "tile" / "0" / "000.p" / "1.0a1b2c3d.new"
    deep.write_bytes(b"half")
    (public(gateway) / GENERATION).unlink()
    publish(gateway)
    assert is_of_now(gateway)


@pytest.mark.parametrize("how", ["gone", "damaged"])
def test_without_the_generation_the_published_heads_say_what_is_newer(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, how: str
):
    older = held(gateway, monkeypatch)
    signing.add_key(gateway)
    publish(gateway)
    file = public(gateway) / GENERATION
    file.unlink() if how == "gone" else file.write_text("{")
    assert older() == []
    publish(gateway)
    assert is_of_now(gateway)


def test_nothing_is_written_where_nothing_changed(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(publication, "write_whole", lambda *_, **__: pytest.fail("written"))
    assert "trust.json" in publish(gateway)


def test_an_older_database_publishes_nothing_over_what_was_begun(gateway: Gateway, monkeypatch: pytest.MonkeyPatch):
    publication._write_generation(public(gateway), publication.Generation({"attest": 99}, is_whole=False))
    with pytest.raises(CheckpointMismatch, match="files of that size were published"):
        publish(gateway)


def test_the_folder_may_be_lost_and_one_file_too(gateway: Gateway):
    """What never changes is looked at again by `gateway publish` alone."""
    before = contents(gateway)
    tile = next(path for path in public(gateway).rglob("*") if "/tile/0/" in str(path) and path.is_file())
    tile.unlink()
    environment = {"GATEWAY_DATA_DIRECTORY": str(gateway.settings.data_directory)}
    done = run("publish", environment=environment)
    assert done.code == 0, done.text
    assert contents(gateway) == before
    for path in sorted(public(gateway).rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    public(gateway).rmdir()
    publish(gateway)
    assert contents(gateway) == before


def test_tiles_of_every_size_that_anybody_has_a_head_of_are_public(gateway: Gateway):
    """Also of heads that stand in receipts alone: four keys in turn, and one publication."""
    notes = []
    for _ in range(4):
        signing.add_key(gateway)
        notes.append(int(checkpoint(gateway, "attest").splitlines()[1]))
    publish(gateway)
    with gateway.store.read() as session:
        signed = ledger.signed_sizes(session, "attest")
    assert set(notes) <= set(signed)
    for size in signed:
        for name in ("0", "entries"):
            assert (public(gateway) / f"log/attest/tile/{name}/000.p/{size}").is_file()


def test_the_payment_log_is_published_as_hashes_and_kept_as_long_as_it_may_be(gateway: Gateway):
    with gateway.write() as uow:
        ledger.append(uow.session, "payment", leaf_data=b"secret", kind="attestation", body="{}", nonce=b"", at=uow.now)
        gateway.record_manifest(uow.session, now=uow.now)
        uow.record(PassphraseChanged())
    checkpoint(gateway, "payment")
    publish(gateway)
    found = contents(gateway)
    assert "log/payment/tile/0/000.p/1" in found
    assert not [name for name, data in found.items() if b"secret" in data or "payment/tile/entries" in name]
    with TestClient(create_app(gateway)) as api:
        head = api.get("/log/payment/checkpoint")
        assert head.text.splitlines()[:2] == ["g.example/payment", "1"]
        assert head.headers["cache-control"] == "max-age=5"
        assert head.headers["content-type"] == "text/plain; charset=utf-8"
        part = api.get("/log/payment/tile/0/000.p/1")
        assert (len(part.content), part.headers["cache-control"]) == (32, "max-age=60")
        for name in ("checkpoint", "tile/0/000.p/1"):
            asked, got = api.head(f"/log/payment/{name}"), api.get(f"/log/payment/{name}")
            assert (asked.status_code, asked.content) == (200, b"")
            assert asked.headers["content-length"] == str(len(got.content))
        assert api.get("/log/payment/tile/entries/000.p/1").status_code == 404
        full = public(gateway) / "log" / "payment" / "tile" / "0" / "000"
        full.write_bytes(bytes(8192))
        assert api.get("/log/payment/tile/0/000").headers["cache-control"] == "public, max-age=31536000, immutable"
        archived = next(name for name in found if "archive" in name)
        assert "immutable" in api.get(f"/{archived}").headers["cache-control"]
        assert api.get(f"/{GENERATION}").status_code == 404
        assert api.get("/log/access/checkpoint").status_code == 404
        assert api.get("/log/payment/tile/0/001").headers["cache-control"] == "no-store"


def test_an_empty_payment_log_has_a_head_too(gateway: Gateway):
    """Else the first payment document would be told by a file that appears."""
    assert contents(gateway)["log/payment/checkpoint"].split(b"\n")[:2] == [b"g.example/payment", b"0"]
    verify_logs(gateway)
