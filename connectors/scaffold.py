"""A first draft of a declaration from the header of a sample file: names of columns, and never a value.

Only the first row is read. It must be a header: a row that could be a person's is refused without repeating it. What
the sample cannot say (the agreement, the statute, the purposes) is left to fill in, and a declaration in which
something is to be filled in is refused when it is declared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.declaration import KINDS, words_of
from connectors.errors import FileNameMismatch, HeaderMismatch
from connectors.file_form import FileForm
from connectors.reading import NAMELESS
from connectors.record_file import header_of
from connectors.source_file import SourceFile
from vocabulary.cpr_in_text import may_hide_cpr
from vocabulary.typed_text import is_seen

_DELIMITERS = (";", "\t", ",")
_LONGEST_NAME = 60
# what a cell looks like and a column's name does not: a number, an amount, a day, an address of mail
_CELL = re.compile(r"[\d\s.,:/+-]+|.*\d{4}-\d{2}-\d{2}.*|.*@.*")
_CPR_NAME = re.compile(r"cpr|pnr|personnummer|person_?nr|person_?id", re.IGNORECASE)
_WEEK_NAME = re.compile(r"y_\d{4}", re.IGNORECASE)
_STEM = re.compile(r"[A-Za-zÆØÅæøå_-]{2,}_(?=\d)")
# our words -> what such a column is often called
_LIKELY: Mapping[str, str] = {
    "cpr": _CPR_NAME.pattern,
    "code": r"kode|ydelse|status|benefit|klasse",
    "from_day": r"fra|start|begynd|from",
    "to_day": r"til|slut|ophør|to$|end",
    "week": r"uge|week",
    "benefit": r"ydelse",
    "month": r"måned|maaned|month|periode",
    "income_type": r"indkomsttype|type",
    "paid_hours": r"timer|hours",
    "amount": r"beløb|beloeb|amount",
    "event": r"hændelse|haendelse|event|status",
    "on": r"dato|date|dag",
}


def scaffold(file: SourceFile, *, kind: str, identifier: str, sheet: str = "") -> str:
    """The draft's text (TOML). `kind` may be empty: then it is DREAM for columns `y_YYWW`, and else periods.

    Raises `FileNameMismatch` for a name that could hold a CPR number, `HeaderMismatch` for a first row that is no
    header, and what a file that cannot be read raises.
    """
    if may_hide_cpr(file.name):
        raise FileNameMismatch(file=NAMELESS, pattern="any other")
    form, header = _read(file, sheet)
    _check_is_a_header(header, file=file.name)
    kind = kind or ("dream" if any(map(_WEEK_NAME.fullmatch, header)) else "periods")
    chosen = _likely_columns(header, kind)
    rest = [name for name in header if name not in chosen.values()]
    if kind == "dream":
        rest = [name for name in rest if not _WEEK_NAME.fullmatch(name)]
    return "\n".join(_lines(form, kind, identifier, chosen, rest)) + "\n"


def _read(file: SourceFile, sheet: str) -> tuple[FileForm, list[str]]:
    """The form of the file, and its first row. Of the delimiters the one that makes most columns is meant."""
    pattern = re.sub(r"\d+(?:[_.-]\d+)*", "*", file.name)
    if file.name.lower().endswith(".xlsx"):
        form = FileForm(pattern, format="xlsx", sheet=sheet)
        return form, header_of(file, form)
    forms = [FileForm(pattern, delimiter) for delimiter in _DELIMITERS]
    read = [(form, header_of(file, form)) for form in forms]
    return max(read, key=lambda one: len(one[1]))


def _check_is_a_header(header: Sequence[str], *, file: str) -> None:
    for position, name in enumerate(header, start=1):
        if not name or len(name) > _LONGEST_NAME or not is_seen(name) or _CELL.fullmatch(name) or may_hide_cpr(name):
            reason = "could be a cell of a person's row: the first row must hold names of columns"
            raise HeaderMismatch(file=file, column="", position=position, reason=reason)
        if header.count(name) > 1:
            raise HeaderMismatch(file=file, column="", position=position, reason="stands twice in the first row")
    if not any(map(_CPR_NAME.search, header)):
        reason = "no column is called CPR, PNR or personnummer, so the first row may be no header"
        raise HeaderMismatch(file=file, column="", position=0, reason=reason)


def _likely_columns(header: Sequence[str], kind: str) -> dict[str, str]:
    """Our words with the first column that is likely called so; empty where none is."""
    chosen: dict[str, str] = {}
    for word in words_of(kind):
        likely = re.compile(_LIKELY[word], re.IGNORECASE)
        free = (name for name in header if likely.search(name) and name not in chosen.values())
        chosen[word] = next(free, "")
    return chosen


def _lines(form: FileForm, kind: str, identifier: str, chosen: Mapping[str, str], rest: Sequence[str]) -> list[str]:
    patterns = sorted({f"{found[0]}*" for name in rest if (found := _STEM.match(name))}) if kind == "dream" else []
    dropped = [name for name in rest if not any(name.startswith(pattern[:-1]) for pattern in patterns)]
    is_record = kind not in ("dream", "ydelsesrefusion", "income")
    sheet = [f"sheet = {_text(form.sheet)}"] if form.format == "xlsx" else [f"delimiter = {_text(form.delimiter)}"]
    return [
        f"# Drafted from the header of a sample. Known kinds: {', '.join(KINDS)}.",
        'schema = "source/1"',
        f"id = {_text(identifier)}",
        f"kind = {_text(kind)}",
        'title = "" # FILL IN',
        *(
            ['code_list = "" # FILL IN: dream, ydelsesrefusion or sf1491; leave it out where [codes] has them']
            if kind == "periods"
            else []
        ),
        "supplied_for_another_purpose = true # change it where the source is supplied for this very purpose",
        "# columns that are known and never kept; any other new column stops a pull",
        f"dropped = [{', '.join(map(_text, dropped))}]",
        *([f"dropped_patterns = [{', '.join(map(_text, patterns))}]"] if patterns else []),
        "",
        "[transport]",
        'kind = "file"',
        f"pattern = {_text(form.pattern)}",
        *([f"format = {_text(form.format)}"] if form.format == "xlsx" else []),
        *sheet,
        '# folder = "/srv/drop/…" # with quiet_seconds = 60, or manifest = "sha256"; kind = "sftp" needs more',
        *(
            ["", "[coverage]", 'answers = "whole" # or "changes"', "complete_after_days = 7 # after a week's Sunday"]
            if is_record
            else []
        ),
        "",
        "[columns]",
        *(f"{word} = {_text(name)}{'' if name else ' # FILL IN: which column'}" for word, name in chosen.items()),
        "",
        "[agreement]",
        'reference = "" # FILL IN',
        'statute = "" # FILL IN',
        'permitted_purposes = [] # FILL IN, such as "outcome-evaluation", "outcome-payment"',
        'approver = "" # FILL IN',
        "# valid_to = 2030-12-31 # FILL IN",
    ]


def _text(text: str) -> str:
    """A TOML basic string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
