"""A notice as a person gets it: the programme's text, with the words of its day where the text leaves places for them.

What was told can be told again: the text by its digest, the words by the programme and the day.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

from policies.errors import ProgrammeInvalid
from policies.programme import Notice, Programme
from policies.words import places_of
from vocabulary.typed_text import typed_lines


def notice_text(programme: Programme, folder: Path, *, notice_id: str, language: str, on: date) -> str:
    """The newest version of a notice in a language; of all notices where no id is given.

    Raises `ProgrammeInvalid` where there is none or its file does not fit, and `WordNotValid`.
    """
    found = [one for one in programme.notices if one.language == language and notice_id in ("", one.id)]
    if not found:
        reason = f"has no notice {notice_id!r} in {language!r}"
        raise ProgrammeInvalid(file=programme.file, line=1, key="notices", reason=reason)
    newest = max(found, key=lambda one: one.version)
    text = read_notice(programme, newest, folder)
    return programme.words.fill(text, day=on, language=language)


def read_notice(programme: Programme, notice: Notice, folder: Path) -> str:
    """The text of a notice beside its programme file, with its places; `ProgrammeInvalid` where it does not fit."""
    path = folder / notice.file
    try:
        text = path.read_bytes()
    except OSError:
        raise _refusal(programme, f"{path} is missing") from None
    if hashlib.sha256(text).hexdigest() != notice.sha256:
        raise _refusal(programme, f"{notice.file} has another digest than the programme says")
    return _checked_text(text, notice.file, programme)


def _checked_text(text: bytes, file: str, programme: Programme) -> str:
    """What a person is told, as everybody sees it: it holds nothing that nobody sees, and no place without a word."""
    try:
        notice = text.decode("utf-8")
        typed_lines(notice)
    except UnicodeDecodeError:
        raise _refusal(programme, f"{file} is not UTF-8") from None
    except ValueError as error:
        raise _refusal(programme, f"{file} {error}") from None
    if unknown := sorted(places_of(notice) - programme.words.keys):
        raise _refusal(programme, f"{file} has a place for {unknown[0]!r}, for which there is no word")
    return notice


def _refusal(programme: Programme, reason: str) -> ProgrammeInvalid:
    return ProgrammeInvalid(file=programme.file, line=1, key="notices", reason=reason)
