"""A simulated SFTP server on loopback that serves one folder, with faults that can be switched on.

It is a real server (paramiko in server mode). It differs from a real service in that it knows one user and one key,
and in that its folder is whatever the test put there.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paramiko
from paramiko import SFTPAttributes, SFTPHandle, SFTPServer, SFTPServerInterface, common, sftp

from gateway.simulate.faults import Fault, Faults

_SLOW_SECONDS = 0.05
_HANG_SECONDS = 30


class SftpSource:
    """Serves `folder` as `/` on a free port of 127.0.0.1 until `close`. `requests` counts connections.

    `client_key_file` is made beside the folder: what a client must show.
    """

    user = "kommune"

    def __init__(self, folder: Path, *, client_key_file: Path, faults: Faults | None = None) -> None:
        self.folder = folder
        self.faults = faults or Faults()
        self.requests = 0
        self.opened: list[str] = []  # names of files that were opened, in order
        self.closing = threading.Event()
        self._key, self._other_key = (paramiko.ECDSAKey.generate() for _ in range(2))
        client = paramiko.ECDSAKey.generate()
        client_key_file.touch(mode=0o600)
        client.write_private_key_file(str(client_key_file))
        self.client_key = client.asbytes()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    @property
    def host_key(self) -> str:
        """As a declaration pins it."""
        return f"{self._key.get_name()} {self._key.get_base64()}"

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):  # wakes the thread that accepts
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for transport in self._transports:
            transport.close()
            transport.join(5)

    def __enter__(self) -> SftpSource:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.requests += 1
            transport = paramiko.Transport(line)
            other = self.faults.happens(Fault.WRONG_HOST_KEY)
            transport.add_server_key(self._other_key if other else self._key)
            transport.set_subsystem_handler("sftp", SFTPServer, _Folder, source=self)
            self._transports.append(transport)
            with contextlib.suppress(paramiko.SSHException, EOFError):  # a client that goes away is its own affair
                transport.start_server(event=threading.Event(), server=_Door(self))


class _Door(paramiko.ServerInterface):
    def __init__(self, source: SftpSource) -> None:
        self._source = source

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        if self._source.faults.happens(Fault.UNAUTHORISED):
            return common.AUTH_FAILED
        is_known = username == self._source.user and key.asbytes() == self._source.client_key
        return common.AUTH_SUCCESSFUL if is_known else common.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return common.OPEN_SUCCEEDED if kind == "session" else common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Folder(SFTPServerInterface):
    def __init__(self, server: paramiko.ServerInterface, *, source: SftpSource) -> None:
        self._source = source
        super().__init__(server)

    def list_folder(self, path: str) -> Any:
        if self._source.faults.happens(Fault.FORBIDDEN):
            return sftp.SFTP_PERMISSION_DENIED
        if self._source.faults.happens(Fault.SERVER_ERROR):
            return sftp.SFTP_FAILURE
        try:
            return list(self._listing(self._local(path)))
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)

    def _listing(self, folder: Path) -> Iterator[SFTPAttributes]:
        for name in sorted(os.listdir(folder), reverse=self._source.faults.happens(Fault.REORDERED_PAGE)):
            found = SFTPAttributes.from_stat((folder / name).lstat(), name)
            if (folder / name).is_file():
                found.st_size = len(self._content(folder / name))
            yield found
            if (folder / name).is_file() and self._source.faults.happens(Fault.DUPLICATE_PAGE):
                again = SFTPAttributes.from_stat((folder / name).lstat(), name)
                again.st_size = found.st_size
                yield again

    def lstat(self, path: str) -> Any:
        try:
            return SFTPAttributes.from_stat(self._local(path).lstat())
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)

    stat = lstat

    def open(self, path: str, flags: int, attr: SFTPAttributes) -> Any:
        if flags & (os.O_WRONLY | os.O_RDWR):
            return sftp.SFTP_PERMISSION_DENIED
        local = self._local(path)
        try:
            self._source.opened.append(local.name)
            return _File(self._source, local, self._content(local))
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)

    def rename(self, oldpath: str, newpath: str) -> int:
        target = self._local(newpath)
        if target.exists():  # SSH_FXP_RENAME never replaces a file
            return sftp.SFTP_FAILURE
        try:
            self._local(oldpath).rename(target)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)
        return sftp.SFTP_OK

    def mkdir(self, path: str, attr: SFTPAttributes) -> int:
        try:
            self._local(path).mkdir()
        except OSError as error:
            return SFTPServer.convert_errno(error.errno or 0)
        return sftp.SFTP_OK

    def _local(self, path: str) -> Path:
        # `canonicalize` of the library keeps a path below `/`
        return self._source.folder / self.canonicalize(path).lstrip("/")

    def _content(self, file: Path) -> bytes:
        """What the server says that the file holds: a fault of content lasts for as long as it is switched on."""
        content = file.read_bytes()
        if self._source.faults.happens(Fault.SCHEMA_DRIFT):
            header, end, rest = content.partition(b"\n")
            content = header.rstrip(b"\r") + b";Ny kolonne" + end + rest.replace(b"\n", b";x\n")
        if self._source.faults.happens(Fault.ENCODING):
            content = content.decode("utf-8").encode("utf-16")
        return content


class _File(SFTPHandle):
    def __init__(self, source: SftpSource, file: Path, content: bytes) -> None:
        super().__init__()
        self._source, self._file, self._content = source, file, content

    def stat(self) -> Any:
        found = SFTPAttributes.from_stat(self._file.lstat())
        found.st_size = len(self._content)
        return found

    def read(self, offset: int, length: int) -> Any:
        faults = self._source.faults
        if faults.happens(Fault.HANG):
            self._source.closing.wait(_HANG_SECONDS)
            return sftp.SFTP_FAILURE
        if faults.happens(Fault.SLOW_BYTES):
            self._source.closing.wait(_SLOW_SECONDS)
            length = 1
        if faults.happens(Fault.CHANGING_PAGE):
            found = self._file.stat()
            os.utime(self._file, ns=(found.st_atime_ns, found.st_mtime_ns + 2_000_000_000))
        content = self._content
        if faults.happens(Fault.TRUNCATED):
            content = content[: len(content) // 2]
        if faults.happens(Fault.ENDLESS):  # the file goes on, whatever size was said
            return b"0" * length
        data = content[offset : offset + length]
        return data or sftp.SFTP_EOF
