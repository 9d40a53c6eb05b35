"""Whose rows were read in a session, so that what ends without a result still says whom it touched (invariant 4)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

_READ = "people_read"


def note_people_read(session: Session, subjects: Iterable[str]) -> None:
    """The rows of these people are read, from here on or just now."""
    session.info.setdefault(_READ, set()).update(subjects)


def people_read(session: Session) -> list[str]:
    """Everybody whose rows this session has read, by subject id."""
    return sorted(session.info.get(_READ, ()))
