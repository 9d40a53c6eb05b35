"""What is typed on the command line, before anything of it is understood, repeated or kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import PurePath

from vocabulary.cpr_in_text import REASON, holds_cpr, may_hide_cpr
from vocabulary.errors import TextInvalid

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7638, base64url of 32 bytes
_AMOUNT = re.compile(r"--[a-z-]+-minor")  # an option whose value is a number, and refused where it is none


def check_arguments(command: Sequence[str]) -> None:
    """Raise `TextInvalid` where an argument of the command could hold a CPR number; it is named by its place alone.

    What has spaces is prose, of a path the file's own name is looked at closely, and everything else is taken for an
    id or a reference.
    """
    for place, (before, argument) in enumerate(pairwise(command), start=1):
        if _could_hold_number(argument, before):
            raise TextInvalid(what=f"argument {place} of the command line", reason=REASON)


def _could_hold_number(argument: str, before: str) -> bool:
    option, _, value = argument.rpartition("=")
    if value.isdecimal() and _AMOUNT.fullmatch(option or before):
        return False
    if holds_cpr(argument):
        return True
    is_prose = any(map(str.isspace, argument))
    return not is_prose and not _THUMBPRINT.fullmatch(value) and may_hide_cpr(PurePath(argument).name)
