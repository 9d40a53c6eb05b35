"""Files on an SFTP server: listed, read in place by the same code as files here, and never copied to a disk.

The host's key stands in the declaration and is never learnt. Files and folders are all that is asked for: no shell, no
command, and nothing is written unless `claim = "rename"` lets files be moved into `taken` and `done`.
"""

from __future__ import annotations

import base64
import hmac
import io
import logging
import re
import secrets as randomness
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

from connectors.errors import FileUnreadable, Remedy, SourceMalformed, SourceRefused, SourceUnavailable
from connectors.file_form import Arrival, FileForm, read_arrival, read_form
from connectors.inbox import Entry, Inbox, Where
from connectors.schema import Schema
from connectors.transport import Clock, Secrets
from connectors.transports.addresses import Network, may_be_dialled, read_networks
from connectors.transports.file import FolderRecords
from connectors.transports.tunnel import read_tunnel, tunnel
from vocabulary.declaration import DeclarationTable, one_of

if TYPE_CHECKING:
    from paramiko import SFTPAttributes, SFTPClient, SFTPFile, Transport

_KEY_TYPES = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),  # the key's own type; its signatures are never made with SHA-1
}
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_REQUEST_BYTES = 32_768  # what every server gives at once
_ATTEMPTS = 3
_BUFFER_BYTES = 1 << 18
_WINDOW_BYTES = 1 << 20  # asked for at once, so that a far server is read as fast as the line allows


@dataclass(frozen=True, slots=True)
class SftpSettings:
    kind: ClassVar[str] = "sftp"
    form: FileForm
    arrival: Arrival
    host: str
    port: int
    user: str
    host_key: tuple[str, bytes]  # type and key, as in a known_hosts file
    client_key: str  # the secret's name
    claims: bool
    networks: tuple[Network, ...]
    proxy: str  # an address, or empty
    timeout_seconds: int  # of silence
    deadline_seconds: int  # of everything, without the time in which files must be quiet


def read(table: DeclarationTable) -> SftpSettings:
    host = table.text("host")
    if not _HOST.fullmatch(host):
        raise table.refuse("host", "must be a name or an address")
    return SftpSettings(
        form=read_form(table),
        arrival=read_arrival(table),
        host=host,
        port=table.integer("port", 22, least=1, most=65_535),
        user=table.text("user"),
        host_key=table.convert("host_key", _host_key),
        client_key=table.text("client_key"),
        claims=table.convert("claim", one_of("rename", "none")) == "rename",
        networks=read_networks(table),
        proxy=read_tunnel(table),
        timeout_seconds=table.integer("timeout_seconds", 30, least=1, most=600),
        deadline_seconds=table.integer("deadline_seconds", 3_600, least=1, most=86_400),
    )


def check(root: DeclarationTable, settings: SftpSettings, schema: Schema) -> None:
    """Nothing: a file says its columns itself."""


def lists_everybody(settings: SftpSettings) -> bool:
    """Always: a file tells of everybody in it."""
    return True


def inbox(settings: SftpSettings, secrets: Secrets, clock: Clock, *, claims: bool = True) -> Inbox:
    """The folder on the server; raises `SecretMissing`, `SourceRefused` or `SourceUnavailable`."""
    claims = claims and settings.claims
    place = SftpFolder(settings, secrets, clock, claims=claims)
    return Inbox(place, settings.form, settings.arrival, clock, claims=claims)


def connect(settings: SftpSettings, schema: Schema, secrets: Secrets, clock: Clock) -> FolderRecords:
    """The records of what lies in the folder."""
    box = inbox(settings, secrets, clock)
    return FolderRecords(box, settings.form, schema, newest=settings.arrival.reads == "newest")


class SftpFolder:
    """A `connectors.inbox.Place` over one connection, which ends with its deadline whatever the server does."""

    def __init__(self, settings: SftpSettings, secrets: Secrets, clock: Clock, *, claims: bool) -> None:
        # file names may be more than a log should hold; errors say what there is to say
        logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)
        self.label = f"{settings.host}:{settings.arrival.folder}"
        self._settings = settings
        self._claims = claims
        self._transport: Transport | None = None
        self._is_over = False
        seconds = settings.deadline_seconds + settings.arrival.quiet_seconds
        self._watch = threading.Timer(seconds, self._give_up)
        self._watch.daemon = True
        self._watch.start()
        try:
            self._sftp = self._connect(secrets.path(settings.client_key), clock)
            if claims:
                self._make_folders()
        except BaseException:
            self.close()
            raise

    def entries(self, where: Where) -> list[Entry]:
        if where is not Where.COMING and not self._claims:
            return []
        with self._asking():
            return [_entry(found.filename, found) for found in _listed_files(self._sftp, self._path(where))]

    def open(self, where: Where, entry: Entry) -> BinaryIO:
        with self._asking():
            handle = self._sftp.open(self._path(where, entry.name), "rb")
        return io.BufferedReader(_Remote(self, handle, entry), _BUFFER_BYTES)

    def move(self, name: str, source: Where, target: Where, new_name: str) -> bool:
        with self._asking():
            try:
                self._sftp.rename(self._path(source, name), self._path(target, new_name))
            except FileNotFoundError:
                return False
        return True

    def close(self) -> None:
        self._watch.cancel()
        if self._transport is not None:
            self._transport.close()

    def _path(self, where: Where, name: str = "") -> str:
        return "/".join(part for part in (self._settings.arrival.folder.rstrip("/"), where, name) if part)

    def _give_up(self) -> None:
        self._is_over = True
        if self._transport is not None:
            self._transport.close()

    def _connect(self, key_file: str, clock: Clock) -> SFTPClient:
        """Connect, a few times where nobody answers; a refusal is final."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._connect_once(key_file)
            except SourceUnavailable:
                if attempt == _ATTEMPTS or self._is_over:
                    raise
            clock.sleep(2**attempt * (0.5 + randomness.randbelow(1000) / 1000))
        raise AssertionError("the last attempt returns or raises")

    def _connect_once(self, key_file: str) -> SFTPClient:
        import paramiko
        from paramiko.ssh_exception import IncompatiblePeer

        settings = self._settings
        timeout = settings.timeout_seconds
        line = _dial(settings)
        with self._asking():
            transport = self._transport = paramiko.Transport(line)  # the line is its own from here on
            if self._is_over:  # while the name was looked up: nobody else would end this connection
                raise TimeoutError
            kind, pinned = settings.host_key
            transport.get_security_options().key_types = _KEY_TYPES[kind]
            transport.banner_timeout = transport.auth_timeout = transport.channel_timeout = timeout
            try:
                transport.start_client(timeout=timeout)
            except IncompatiblePeer:
                reason = f"the host has no key of the type {kind}"
                raise SourceRefused(source=self.label, reason=reason, remedy=Remedy.HOST_KEY) from None
            shown = transport.get_remote_server_key().asbytes()
            if not hmac.compare_digest(shown, pinned):
                reason = "the host's key is not the one that is declared: it was changed, or another host answers"
                raise SourceRefused(source=self.label, reason=reason, remedy=Remedy.HOST_KEY)
            try:
                transport.auth_publickey(settings.user, _client_key(key_file, settings.client_key))
            except paramiko.AuthenticationException:
                raise SourceRefused(source=self.label, reason="it does not accept the user with this key") from None
            client = paramiko.SFTPClient.from_transport(transport)
            channel = None if client is None else client.get_channel()
            if client is None or channel is None:
                raise SourceRefused(source=self.label, reason="it gives no channel for files")
            channel.settimeout(timeout)
            return client

    def _make_folders(self) -> None:
        there = {entry.name for entry in self.entries(Where.COMING)}
        with self._asking():
            for where in (Where.TAKEN, Where.DONE):
                if where not in there:
                    self._sftp.mkdir(self._path(where), 0o700)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What the library raises within is one of ours after it, without a word that the server sent."""
        from paramiko import SFTPError, SSHException

        try:
            yield
            return
        except (SourceRefused, SourceUnavailable, SourceMalformed, FileUnreadable):
            raise
        except PermissionError:
            found: Exception = SourceRefused(source=self.label, reason="it does not let this user do that")
        except FileNotFoundError:
            found = SourceRefused(source=self.label, reason="it has no such folder or file", remedy=Remedy.DECLARATION)
        except (SFTPError, SSHException, EOFError, OSError) as error:
            found = self._failure(error)
        raise found from None

    def _failure(self, error: Exception) -> SourceMalformed | SourceUnavailable:
        """What the library's error comes to: the deadline where that ended the connection, whatever it is called."""
        from paramiko import SFTPError, SSHException

        reason = "it could not do what was asked"
        if self._is_over:
            reason = f"it was not done within {self._settings.deadline_seconds} seconds"
        elif isinstance(error, SFTPError):
            return SourceMalformed(source=self.label, reason="it does not speak SFTP")
        elif isinstance(error, SSHException | EOFError | TimeoutError | ConnectionError):
            reason = "the connection broke, or it fell silent"
            if self._transport is not None:  # an answer that comes late would be taken for another
                self._transport.close()
        return SourceUnavailable(source=self.label, reason=reason)


class _Remote(io.RawIOBase):
    """A remote file as a stream. As many bytes as were listed, no more and no fewer, of a file that stays the same."""

    def __init__(self, folder: SftpFolder, handle: SFTPFile, entry: Entry) -> None:
        self._folder, self._handle, self._entry = folder, handle, entry
        self._place = 0
        self._check_unchanged()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._entry.size}[whence]
        self._place = start + offset
        return self._place

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._entry.size - self._place, _WINDOW_BYTES)
        if wanted <= 0:
            self._check_unchanged()
            return 0
        ends = range(self._place, self._place + wanted, _REQUEST_BYTES)
        parts = [(start, min(_REQUEST_BYTES, self._place + wanted - start)) for start in ends]
        with self._folder._asking():
            data = b"".join(self._handle.readv(parts))
        if len(data) != wanted:
            raise SourceMalformed(source=self._folder.label, reason="a file ends before the size that was listed")
        buffer[:wanted] = data
        self._place += wanted
        return wanted

    def readall(self) -> bytes:
        whole = memoryview(bytearray(max(self._entry.size - self._place, 0)))
        done = 0
        while read := self.readinto(whole[done:]):
            done += read
        return bytes(whole[:done])

    def close(self) -> None:
        from paramiko import SSHException

        if not self.closed:
            # the handle ends with its connection, which may be gone: that was said when it was read
            with suppress(SSHException):
                self._handle.close()
        super().close()

    def _check_unchanged(self) -> None:
        with self._folder._asking():
            found = self._handle.stat()
        now = _entry(self._entry.name, found)
        if (now.size, now.state) != (self._entry.size, self._entry.state):
            raise FileUnreadable(file=self._entry.name, line=1, reason="changed since it was listed")


def _listed_files(client: Any, folder: str) -> list[SFTPAttributes]:
    """What lies in a folder, under names as they are: bytes that are not UTF-8 stand as lone surrogates, as names on
    this machine do. The library's own listing ends at the first such name, whoever put it there (RFC draft
    filexfer-02 §6.7, §7).
    """
    from paramiko import SFTPAttributes, SFTPError
    from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

    kind, message = client._request(CMD_OPENDIR, folder)
    if kind != CMD_HANDLE:
        raise SFTPError("no handle")
    handle, attributes = message.get_binary(), cast(Any, SFTPAttributes)
    found: list[SFTPAttributes] = []
    while True:
        try:
            kind, message = client._request(CMD_READDIR, handle)
        except EOFError:
            break
        if kind != CMD_NAME:
            raise SFTPError("no names")
        for _ in range(message.get_int()):
            name, long_name = (message.get_binary().decode("utf-8", "surrogateescape") for _ in range(2))
            found.append(attributes._from_msg(message, name, long_name))
    client._request(CMD_CLOSE, handle)
    return [one for one in found if one.filename not in (".", "..")]


def _entry(name: str, found: SFTPAttributes) -> Entry:
    mode = found.st_mode
    refusal = ""
    if mode is None or found.st_size is None:
        refusal = "the server does not say what it is"
    elif stat.S_ISLNK(mode):
        refusal = "it is a symbolic link"
    elif stat.S_ISDIR(mode):
        refusal = "it is a folder"
    elif not stat.S_ISREG(mode):
        refusal = "it is a pipe, a socket or a device"
    return Entry(name, found.st_size or 0, (found.st_mtime or 0,), refusal)


def _host_key(text: str) -> tuple[str, bytes]:
    """`ssh-ed25519 AAAA…`, as a line of known_hosts without the name."""
    kind, _, encoded = text.partition(" ")
    if kind not in _KEY_TYPES:
        raise ValueError(f"must begin with one of: {', '.join(_KEY_TYPES)}")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise ValueError("must be a type and a key in base64, as `ssh-keyscan` prints them") from None
    if not key.startswith(len(kind).to_bytes(4, "big") + kind.encode()):  # RFC 4253 §6.6
        raise ValueError(f"is no key of the type {kind}")
    return kind, key


def _dial(settings: SftpSettings) -> socket.socket:
    """A line to the host. Its name is looked up once, every address is judged, and a judged address is dialled; where a
    proxy is declared it looks the name up, and its own address is the declaration's.
    """
    if settings.proxy:
        seconds = min(settings.timeout_seconds, settings.deadline_seconds)
        line = tunnel(settings.proxy, settings.host, settings.port, seconds=seconds)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    except OSError:
        raise SourceUnavailable(source=settings.host, reason="its name is not found") from None
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    # one bad answer spoils all: whoever can add it can add others
    if not all(may_be_dialled(address, settings.networks, loopback=False) for address in addresses):
        reason = "its address lies in no network that the declaration allows"
        raise SourceRefused(source=settings.host, reason=reason, remedy=Remedy.DECLARATION)
    for address in addresses:
        try:
            line = socket.create_connection((address, settings.port), timeout=settings.timeout_seconds)
        except OSError:
            continue
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # small requests do not wait for each other
        return line
    raise SourceUnavailable(source=settings.host, reason=f"nobody answers on port {settings.port}")


def _client_key(path: str, name: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from paramiko import PKey, SSHException
    from paramiko.pkey import UnknownKeyType

    try:
        return PKey.from_path(path)
    except (SSHException, UnknownKeyType, UnsupportedAlgorithm, ValueError, TypeError, OSError):
        pass  # raised below: what was caught may hold a part of the file
    raise SourceRefused(source="the declaration", reason=f"the secret {name!r} is no private key without a passphrase")
