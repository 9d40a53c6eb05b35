"""Transports by the word that a declaration uses. None loads a library of its own before a source is connected to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from connectors.inbox import Inbox
from connectors.schema import Schema
from connectors.transport import Clock, Secrets, Transport
from connectors.transports import file, rest, sftp, soap, sql
from vocabulary.declaration import DeclarationTable


class TransportSettings(Protocol):
    """What a declaration says of its transport: `kind` is the word by which it names it."""

    @property
    def kind(self) -> str: ...


class TransportModule(Protocol):
    """What the module of a transport has. The settings are of the type that its `read` gives."""

    def read(self, table: DeclarationTable) -> TransportSettings:
        """The settings of a `[transport]` table; `DeclarationInvalid`."""
        ...

    def check(self, root: DeclarationTable, settings: Any, schema: Schema) -> None:
        """Refuse what no table shows by itself: settings that contradict the columns. `DeclarationInvalid`."""
        ...

    def lists_everybody(self, settings: Any) -> bool:
        """Whether the transport is a `ListTransport`, as far as the settings say so without connecting."""
        ...

    def connect(self, settings: Any, schema: Schema, secrets: Secrets, clock: Clock) -> Transport:
        """The transport; its records hold the schema's columns, in their order. `SecretMissing`."""
        ...


class FolderModule(TransportModule, Protocol):
    """A transport that brings files: its settings have a `form`."""

    def inbox(self, settings: Any, secrets: Secrets, clock: Clock, *, claims: bool = True) -> Inbox:
        """Where the files lie. Without `claims` nothing is renamed."""
        ...


_FOLDERS: Mapping[str, FolderModule] = {"file": file, "sftp": sftp}
_MODULES: Mapping[str, TransportModule] = {"file": file, "rest": rest, "sftp": sftp, "soap": soap, "sql": sql}
KINDS = tuple(_MODULES)


def read_settings(table: DeclarationTable) -> TransportSettings:
    """The settings of a `[transport]` table, of the type that its module has; `DeclarationInvalid`."""
    kind = table.text("kind")
    if kind not in _MODULES:
        raise table.refuse("kind", f"must be one of: {', '.join(_MODULES)}")
    settings = _MODULES[kind].read(table)
    table.finish()
    return settings


def check(root: DeclarationTable, settings: TransportSettings, schema: Schema) -> None:
    """Refuse what no table shows by itself: settings that contradict the columns. `DeclarationInvalid` at its key."""
    _MODULES[settings.kind].check(root, settings, schema)


def connect(settings: TransportSettings, schema: Schema, secrets: Secrets, clock: Clock) -> Transport:
    """The transport of a declaration's settings; its records hold the schema's columns, in their order.

    Both are of one declaration, in which `check` found no contradiction. Raises `SecretMissing`.
    """
    return _MODULES[settings.kind].connect(settings, schema, secrets, clock)


def lists_everybody(settings: TransportSettings) -> bool:
    """Whether the transport of these settings is a `ListTransport`, as far as they say so without connecting."""
    return _MODULES[settings.kind].lists_everybody(settings)


def inbox(settings: TransportSettings, secrets: Secrets, clock: Clock, *, claims: bool = True) -> Inbox:
    """Where the files of a transport that brings files lie. Without `claims` nothing is renamed."""
    return _FOLDERS[settings.kind].inbox(settings, secrets, clock, claims=claims)
