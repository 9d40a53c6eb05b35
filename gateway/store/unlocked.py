"""Which sessions open what is sealed. Apart from the sealed rows, so that a command that reads none loads no table of
people and no cipher."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session

_VAULT_KEY = "vault_key"  # of `Session.info`


def unlock(session: Session, load_vault_key: Callable[[], bytes]) -> None:
    """From now on this session opens what is sealed; the key is loaded when the first value is."""
    session.info[_VAULT_KEY] = load_vault_key


def vault_key(session: Session) -> bytes:
    """The key that the session was unlocked with."""
    load_vault_key: Callable[[], bytes] = session.info[_VAULT_KEY]
    return load_vault_key()
