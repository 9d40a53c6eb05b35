"""Files over SFTP from a real server on loopback: the pinned key, faults of the line, and reading in place."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from paramiko import Message, SFTPAttributes, SFTPError
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_STATUS

from connectors.dream import pull_dream
from connectors.errors import (
    ConnectorError,
    FileUnreadable,
    SchemaChanged,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from connectors.source_file import LocalFile
from connectors.transports.addresses import may_be_dialled
from connectors.transports.sftp import _listed_files
from gateway.simulate.faults import Fault
from tests.support.clocks import Waiting
from tests.unit.connectors.cohort import ANNE, WEEKS, declared, matcher, write
from tests.unit.connectors.sftp_town import RECORDS, Town, served
from vocabulary.errors import DeclarationInvalid


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with served(tmp_path) as town:
        yield town


def test_a_file_is_read_in_place_and_is_the_one_that_is_there(town: Town):
    content = os.urandom(1 << 20)
    (town.folder / "x-1.csv").write_bytes(content)
    with closing(town.inbox()) as box:
        [file] = box.take().files
        with file.open() as stream:
            assert hashlib.sha256(stream.read()).digest() == hashlib.sha256(content).digest()
            assert stream.seek(-10, 2) == len(content) - 10
            assert stream.read() == content[-10:]
            stream.seek(5)
            assert stream.read(7) == content[5:12]
    assert sorted(os.listdir(town.folder)) == ["x-1.csv"]  # without a claim nothing is written there


def test_an_extract_over_sftp_says_what_it_says_here(town: Town):
    rows = [f"{ANNE},730,", *(f"63{n % 12 + 1:02d}82{n:04d},730,651" for n in range(2000))]
    path = write(town.folder / "dream-1.csv", "PNR,y_2001,y_2002", *rows)
    here = pull_dream(LocalFile(path), declared("dream"), matcher(), weeks=WEEKS)
    with closing(town.inbox(pattern='"dream-*.csv"')) as box:
        [file] = box.take().files
        there = pull_dream(file, declared("dream"), matcher(), weeks=WEEKS)
    assert there == here
    assert here.rows_read == 2001


def test_records_come_through_the_same_reader(town: Town):
    (town.folder / "x-1.csv").write_text(RECORDS.replace("110", "999"))
    (town.folder / "x-2.csv").write_text(RECORDS)
    assert town.records() == [("110", ANNE, "2020-01-06", "")]  # the newest alone
    assert [record[0] for record in town.records(reads='"all"')] == ["999", "110"]


def test_a_claim_is_a_rename_and_a_claimed_file_is_taken_up_again(town: Town):
    (town.folder / "x-1.csv").write_text(RECORDS)
    with closing(town.inbox(claim='"rename"')) as box:
        assert len(box.take().files) == 1
    assert (town.folder / "taken" / "x-1.csv").exists()
    with closing(town.inbox(claim='"rename"')) as box:
        [file] = box.take().files
        box.finish(file)
    assert (town.folder / "done" / "x-1.csv").exists()


def test_a_file_of_a_manifest_is_whole_when_the_digest_is_right(town: Town):
    (town.folder / "x-1.csv").write_text(RECORDS)
    (town.folder / "x-1.csv.sha256").write_text("0" * 64)
    changed = {"quiet_seconds": "", "manifest": '"sha256"'}
    with closing(town.inbox(**changed)) as box:
        assert box.take().left[0].waits
    (town.folder / "x-1.csv.sha256").write_text(hashlib.sha256(RECORDS.encode()).hexdigest())
    with closing(town.inbox(**changed)) as box:
        assert len(box.take().files) == 1


def test_links_folders_and_pipes_are_refused(town: Town):
    (town.folder / "x-1.csv").symlink_to("/etc/hostname")
    (town.folder / "x-2.csv").mkdir()
    os.mkfifo(town.folder / "x-3.csv")
    with closing(town.inbox()) as box:
        found = box.take()
    assert [left.reason for left in found.left] == [
        "it is a symbolic link",
        "it is a folder",
        "it is a pipe, a socket or a device",
    ]
    assert town.server.opened == []


def test_a_file_that_changes_within_the_quiet_period_waits(town: Town):
    path = town.folder / "x-1.csv"
    path.write_text(RECORDS)
    with closing(town.inbox(Waiting(lambda: path.write_text(RECORDS * 2)))) as box:
        assert [left.waits for left in box.take().left] == [True]


FAULTS: dict[Fault, tuple[type[ConnectorError], str]] = {
    Fault.WRONG_HOST_KEY: (
        SourceRefused,
        "is not the one that is declared: it was changed, or another host answers; ask the host's owner",
    ),
    Fault.UNAUTHORISED: (SourceRefused, "it does not accept the user with this key"),
    Fault.FORBIDDEN: (SourceRefused, "it does not let this user do that"),
    Fault.SERVER_ERROR: (SourceUnavailable, "it could not do what was asked"),
    Fault.HANG: (SourceUnavailable, "the connection broke, or it fell silent"),
    Fault.SLOW_BYTES: (SourceUnavailable, "it was not done within 1 seconds"),
    Fault.TRUNCATED: (SourceMalformed, "a file ends before the size that was listed"),
    Fault.CHANGING_PAGE: (SourceUnavailable, "no whole file lies there"),  # seen in the quiet period
    Fault.SCHEMA_DRIFT: (SchemaChanged, "6 'Ny kolonne'"),
    Fault.ENCODING: (ConnectorError, "nothing was stored|was not stored"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_ends_in_its_error_and_tells_nothing_of_a_row(town: Town, fault: Fault):
    (town.folder / "x-1.csv").write_text(RECORDS)
    assert town.records() == [("110", ANNE, "2020-01-06", "")]  # positive control
    town.server.faults.switch_on(fault)
    kind, said = FAULTS[fault]
    started = time.monotonic()
    with pytest.raises(kind, match=said) as refused:
        town.records(deadline_seconds="1")
    assert time.monotonic() - started < 6
    assert town.server.faults.fired[fault] > 0
    shown: BaseException | None = refused.value
    while shown is not None:
        assert ANNE not in f"{shown} {shown!r} {vars(shown)}"
        shown = shown.__cause__ or shown.__context__
    town.server.faults.clear()
    assert len(town.records()) == 1  # the next one goes on


@pytest.mark.parametrize("error", [OSError("Socket is closed"), EOFError(), TimeoutError(), SFTPError("Garbage")])
def test_after_the_deadline_it_is_the_deadline_whatever_the_library_calls_it(town: Town, error: Exception):
    with closing(town.inbox(deadline_seconds="1")) as box:
        place = box._place
        place._give_up()
        with pytest.raises(SourceUnavailable, match="it was not done within 1 seconds"), place._asking():
            raise error


def test_a_connection_that_broke_leaves_the_deadline_to_the_next_attempt(town: Town):
    with closing(town.inbox()) as box:
        with pytest.raises(SourceUnavailable, match="the connection broke"), box._place._asking():
            raise EOFError
        assert not box._place._watch.finished.is_set()


def test_a_file_that_changes_while_it_is_read_is_noticed_at_its_end(town: Town):
    (town.folder / "x-1.csv").write_text(RECORDS)
    with closing(town.inbox()) as box:
        [file] = box.take().files
        town.server.faults.switch_on(Fault.CHANGING_PAGE)
        with file.open() as stream, pytest.raises(FileUnreadable, match="changed since it was listed"):
            stream.read()
        with pytest.raises(FileUnreadable, match="changed since it was listed"):  # and when it is opened again
            file.open()
    assert town.server.faults.fired[Fault.CHANGING_PAGE] > 0


def test_a_name_that_is_listed_twice_is_read_once(town: Town):
    (town.folder / "x-1.csv").write_text(RECORDS)
    town.server.faults.switch_on(Fault.DUPLICATE_PAGE)
    assert len(town.records(reads='"all"')) == 1
    assert town.server.faults.fired[Fault.DUPLICATE_PAGE] > 0


def test_nothing_is_sent_to_a_host_with_another_key(town: Town, monkeypatch: pytest.MonkeyPatch):
    """Neither the user's name nor a signature with the client's key: the key is checked before."""
    asked: list[str] = []
    monkeypatch.setattr("paramiko.Transport.auth_publickey", lambda *_: asked.append("authenticated"))
    town.server.faults.switch_on(Fault.WRONG_HOST_KEY)
    with pytest.raises(SourceRefused):
        town.inbox()
    assert asked == []


def test_a_host_that_hangs_up_is_tried_again_with_jitter_and_then_left(tmp_path: Path, town: Town):
    waiting = Waiting()
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with pytest.raises(SourceUnavailable, match=f"nobody answers on port {port}"):
        town.inbox(waiting, port=str(port))
    assert len(waiting.waited) == 2
    assert 1 <= waiting.waited[0] <= 3
    assert 2 <= waiting.waited[1] <= 6


def test_a_host_that_says_nothing_is_left_after_the_timeout(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.transports.sftp._ATTEMPTS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(SourceUnavailable):
            town.inbox(port=str(silent.getsockname()[1]), deadline_seconds="2", quiet_seconds="1")
    assert time.monotonic() - started < 8


@pytest.mark.parametrize(
    ("address", "is_fine"),
    [
        ("127.0.0.1", False),
        ("169.254.169.254", False),  # a cloud's metadata
        ("100.100.100.200", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:169.254.169.254", False),
        ("fd00:ec2::254", False),
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
    ],
)
def test_without_a_declared_network_only_public_addresses_are_reached(address: str, is_fine: bool):
    assert may_be_dialled(address, (), loopback=False) is is_fine


def test_a_declared_network_opens_itself_alone(town: Town):
    settings = town.settings(networks='["10.0.0.0/8", "169.254.0.0/16"]')
    assert may_be_dialled("10.1.2.3", settings.networks, loopback=False)
    assert may_be_dialled("::ffff:10.1.2.3", settings.networks, loopback=False)
    assert not may_be_dialled("192.168.1.1", settings.networks, loopback=False)


def test_a_host_outside_the_networks_is_not_connected_to(town: Town):
    with pytest.raises(SourceRefused, match="no network that the declaration allows"):
        town.inbox(networks="[]")
    assert town.server.requests == 0


def test_a_secret_that_is_no_key_is_said_and_not_shown(town: Town):
    (town.secrets.folder / "client").write_text("hunter2")
    with pytest.raises(SourceRefused, match="'client' is no private key") as refused:
        town.inbox()
    assert "hunter2" not in repr(refused.value.__context__)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"host_key": '"ssh-ed25519 !"'}, "transport.host_key must be a type and a key in base64"),
        ({"host_key": '"ssh-dss AAAA"'}, "transport.host_key must begin with one of"),
        ({"host_key": f'"ssh-ed25519 {base64.b64encode(b"x" * 40).decode()}"'}, "is no key of the type ssh-ed25519"),
        ({"host_key": ""}, "transport.host_key is missing"),
        ({"host": '"user@host/path"'}, "transport.host must be a name or an address"),
        ({"folder": '"/a/../b"'}, "transport.folder must be a whole path"),
        ({"folder": '"relative"'}, "transport.folder must be a whole path"),
        ({"pattern": '"../*.csv"'}, "transport.pattern must be of names"),
        ({"claim": '"delete"'}, "transport.claim must be one of: rename, none"),
        ({"quiet_seconds": ""}, 'transport.folder needs manifest = "sha256" or quiet_seconds'),
        ({"networks": '["everywhere"]'}, "is not a network"),
        ({"networks": '["10.0.0.1/8"]'}, "is not a network"),
        ({"password": '"hunter2"'}, "transport.password is not a word"),
    ],
)
def test_a_declaration_that_is_not_strict_is_refused(town: Town, changed: dict[str, str], said: str):
    with pytest.raises(DeclarationInvalid, match=said.replace("(", r"\(")):
        town.settings(**changed)


def test_nothing_of_a_row_or_a_name_is_logged_and_nothing_is_written_to_a_disk(
    town: Town, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """At the most talkative, and where the read ends in an error; the library logs names of files by itself."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="paramiko")
    logging.getLogger("paramiko").debug("positive control %s", ANNE)
    assert ANNE in caplog.text
    caplog.clear()
    for module in ("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile"):
        monkeypatch.setattr(f"tempfile.{module}", None)
    (town.folder / "x-secret.csv").write_text(RECORDS)
    assert len(town.records()) == 1
    (town.folder / "x-secret.csv").write_text(f"{RECORDS}{ANNE}\n")
    with pytest.raises(SourceMalformed, match="row 3 has 1 fields"):
        town.records()
    assert ANNE not in caplog.text
    assert "x-secret" not in caplog.text


def test_no_thread_stays_behind(town: Town):
    (town.folder / "x-1.csv").write_text(RECORDS)
    town.records()
    deadline = time.monotonic() + 2
    while any(isinstance(one, threading.Timer) for one in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(isinstance(one, threading.Timer) for one in threading.enumerate())


class Listing:
    """What the library's client is asked for, and a server that writes names in ISO-8859-1."""

    def __init__(self, names: list[bytes]) -> None:
        self.pages = [names[:2], names[2:]]
        self.closed: list[bytes] = []

    def _request(self, command: int, argument: bytes) -> tuple[int, Message]:
        answer = Message()
        if command == CMD_OPENDIR:
            answer.add_string(b"handle")
            return CMD_HANDLE, Message(answer.asbytes())
        if command == CMD_CLOSE:
            self.closed.append(argument)
            return CMD_STATUS, answer
        if not self.pages:
            raise EOFError
        page = self.pages.pop(0)
        answer.add_int(len(page))
        for name in page:
            answer.add_string(name)
            answer.add_string(b"-rw-r--r-- " + name)
            answer.add_int(SFTPAttributes.FLAG_SIZE)
            answer.add_int64(len(name))
        return CMD_NAME, Message(answer.asbytes())


def test_a_name_that_is_no_utf_8_does_not_end_a_listing():
    """The control: the library's own listing ends at it, whoever put the file there."""
    names = [b".", b"x-1.csv", b"s\xf8gning.csv", b"x-\xc3\xa6.csv"]
    client = Listing(names)
    found = _listed_files(client, "/")
    assert [(one.filename, one.st_size) for one in found] == [
        ("x-1.csv", 7), ("s\udcf8gning.csv", 11), ("x-æ.csv", 8),
    ]  # fmt: skip
    assert client.closed == [b"handle"]
    with pytest.raises(UnicodeDecodeError):
        Message(b"\x00\x00\x00\x0b" + names[2]).get_text()
