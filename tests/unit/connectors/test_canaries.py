"""Invariant 1 at the door: no error and no result of a pull repeats a cell of a row, however the file is broken."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.declaration import SourceDeclaration
from connectors.errors import ConnectorError
from connectors.pull import pull_file
from connectors.source_file import LocalFile
from tests.unit.connectors.cohort import ANNE, INCOME_HEADER, WEEKS, YR_HEADER, declared, matcher

OTHER = "6402991237"
CANARIES = (ANNE, OTHER, f"{ANNE[:6]}-{ANNE[6:]}", "Gadenavn", "31415")
ROWS = {
    "dream": ("PNR,y_2001,y_2002", f"{ANNE},730,{OTHER}"),
    "ydelsesrefusion": (YR_HEADER, f"{ANNE};2020-05;{OTHER};Gadenavn 7;31415,92;31415,92;{OTHER}"),
    "income": (INCOME_HEADER, f"{ANNE};2020-03;{OTHER};12,00;{OTHER};31415,92"),
}
NAMES = {
    "dream": "dream-x.csv",
    "ydelsesrefusion": "yr-ydelsesrefusion-beregning-2020-02-10.csv",
    "income": "indkomst-2020-03.csv",
}
BREAK: dict[str, Callable[[str, str], str]] = {
    "whole": lambda header, row: f"{header}\n{row}\n",
    "no header": lambda header, row: f"{row}\n{row}\n",
    "empty line first": lambda header, row: f"\n{header}\n{row}\n",
    "header in one cell": lambda header, row: f'"{header}"\n{row}\n',
    "row after the header's end": lambda header, row: f"{header}{row}\n",
    "cut off": lambda header, row: f"{header}\n{row}\n{row[:15]}",
    "no row": lambda header, row: f"{header}\n",
    "a field short": lambda header, row: f"{header}\n{row[:12]}\n",
    "a field more": lambda header, row: f"{header}\n{row};{OTHER},{OTHER}\n",
    "shifted by a column": lambda header, row: f"{header}\n;,{row}\n",
    "dashed number": lambda header, row: f"{header}\n{row.replace(ANNE, CANARIES[2])}\n",
    "NUL in a row": lambda header, row: f"{header}\n{row}\x00\n",
    "line ends of old": lambda header, row: f"{header}\r{row}\r",
}


def outcome(kind: str, content: str, folder: Path, declaration: SourceDeclaration | None = None) -> str:
    """Everything that the pull lets out: the result as written out, or the traceback of its error."""
    file = folder / NAMES[kind]
    file.write_bytes(content.encode())
    try:
        return repr(pull_file(LocalFile(file), declaration or declared(kind), matcher(), weeks=WEEKS))
    except ConnectorError as error:
        return f"{error!r} {error} {vars(error)} {error.__cause__!r} {traceback.format_exc()}"


def leaks(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary.lower() in text.lower()]


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("broken", BREAK)
def test_nothing_of_a_row_comes_out(kind: str, broken: str, tmp_path: Path) -> None:
    assert leaks(outcome(kind, BREAK[broken](*ROWS[kind]), tmp_path)) == []


@pytest.mark.parametrize("kind", ROWS)
def test_the_search_would_find_it(kind: str, tmp_path: Path) -> None:
    """Positive control: an error repeats a declared column name, so a canary there is found."""
    declaration = declared(kind)
    columns = {**declaration.columns, "cpr": OTHER}
    content = "\n".join([*ROWS[kind], ""])
    assert leaks(outcome(kind, content, tmp_path, replace(declaration, columns=columns))) == [OTHER]
