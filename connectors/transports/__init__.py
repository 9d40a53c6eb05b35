"""Transports by the word that a declaration uses. A module is loaded when a declaration names it, and no sooner.

Each module has `read(table) -> Settings`, which needs no library of its own, and `connect(settings, schema, secrets,
clock) -> Transport`, which may load one. A module whose settings have a `form` brings files, and has `inbox` too.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from connectors.inbox import Inbox
from connectors.schema import Schema
from connectors.transport import Clock, Secrets, Transport
from vocabulary.declaration import DeclarationTable

_MODULES = {
    "file": "connectors.transports.file",
    "rest": "connectors.transports.rest",
    "sftp": "connectors.transports.sftp",
    "soap": "connectors.transports.soap",
    "sql": "connectors.transports.sql",
}
KINDS = tuple(_MODULES)


def read_settings(table: DeclarationTable) -> Any:
    """The settings of a `[transport]` table, of the type that its module has; `DeclarationInvalid`."""
    kind = table.text("kind")
    if kind not in _MODULES:
        raise table.refuse("kind", f"must be one of: {', '.join(_MODULES)}")
    settings = import_module(_MODULES[kind]).read(table)
    table.done()
    return settings


def check(root: DeclarationTable, settings: Any, schema: Schema) -> None:
    """Refuse what no table shows by itself: settings that contradict the columns. `DeclarationInvalid` at its key.

    A module in which that can happen has `check(root, settings, schema)`.
    """
    says = getattr(import_module(type(settings).__module__), "check", None)
    if says is not None:
        says(root, settings, schema)


def kind_of(settings: Any) -> str:
    """The word by which a declaration names the transport that has these settings."""
    return next(kind for kind, module in _MODULES.items() if module == type(settings).__module__)


def connect(settings: Any, schema: Schema, secrets: Secrets, clock: Clock) -> Transport:
    """The transport of a declaration's settings; its records hold the schema's columns, in their order.

    Both are of one declaration, in which `check` found no contradiction. Raises `SecretMissing`.
    """
    transport: Transport = import_module(type(settings).__module__).connect(settings, schema, secrets, clock)
    return transport


def lists_everybody(settings: Any) -> bool:
    """Whether the transport of these settings is a `ListTransport`, as far as its module says so without connecting.

    A module that can be asked about one person says `lists_everybody(settings)`; all others list.
    """
    says = getattr(import_module(type(settings).__module__), "lists_everybody", None)
    return says is None or bool(says(settings))


def inbox(settings: Any, secrets: Secrets, clock: Clock, *, claims: bool = True) -> Inbox:
    """Where the files of a transport that brings files lie. Without `claims` nothing is renamed."""
    box: Inbox = import_module(type(settings).__module__).inbox(settings, secrets, clock, claims=claims)
    return box
