"""Transports by the word that a declaration uses. A module is loaded when a declaration names it, and no sooner.

Each module has `read(table) -> Settings`, which needs no library of its own, and `connect(settings, columns, secrets,
clock) -> Transport`, which may load one.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from connectors.declaration_table import Table
from connectors.transport import Clock, Secrets, Transport

_MODULES = {"file": "connectors.transports.file"}
KINDS = tuple(_MODULES)


def read_settings(table: Table) -> Any:
    """The settings of a `[transport]` table, of the type that its module has; `DeclarationInvalid`."""
    kind = table.text("kind")
    if kind not in _MODULES:
        raise table.refuse("kind", f"must be one of: {', '.join(_MODULES)}")
    settings = import_module(_MODULES[kind]).read(table)
    table.done()
    return settings


def kind_of(settings: Any) -> str:
    """The word by which a declaration names the transport that has these settings."""
    return next(kind for kind, module in _MODULES.items() if module == type(settings).__module__)


def connect(settings: Any, columns: Sequence[str], secrets: Secrets, clock: Clock) -> Transport:
    """The transport of a declaration's settings; its records hold `columns`, by the source's names, in this order."""
    transport: Transport = import_module(type(settings).__module__).connect(settings, columns, secrets, clock)
    return transport
