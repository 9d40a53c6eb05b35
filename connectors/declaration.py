"""A source is a declaration: a TOML file that says what a register sends, how it is reached, and what it is used for.

`kind` says what the rows mean, `[transport]` how they come. Three kinds are files whose name and layout say what they
cover (`FILE_KINDS`); the others are records, which any transport may bring (`connectors.shapes`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.codes import NAMES, NO_CODES, CodeList, own_codes, shipped_list
from connectors.file_form import FileForm, form_of
from connectors.hold_limits import DEFAULT_LIMITS, HoldLimits, read_limits
from connectors.schema import Schema
from connectors.transports import TransportSettings, check, lists_everybody, read_settings
from connectors.versions import VersionForm
from vocabulary.cpr_in_text import REASON, id_without_cpr, may_hide_cpr
from vocabulary.declaration import DeclarationTable, one_of, parse

# kind -> the words that its columns must have; our words, the declaration names the columns
_FILE_WORDS = {
    "dream": {"cpr"},
    "ydelsesrefusion": {"cpr", "week", "benefit"},
    "income": {"cpr", "month", "income_type", "paid_hours", "amount"},
}
_RECORD_WORDS = {
    "periods": {"cpr", "code", "from_day", "to_day"},  # a code of a list over days: benefits, education
    "postings": {"cpr", "month", "income_type", "paid_hours", "amount"},
    "life_events": {"cpr", "event", "on"},  # changed numbers, deaths, emigration, protection
}
_OPTIONAL_WORDS = {"life_events": {"new_cpr"}}
_CHANGE_WORDS = {"record", "version"}  # needed where a source tells changes; then `deleted` may stand beside them
FILE_KINDS, RECORD_KINDS = tuple(_FILE_WORDS), tuple(_RECORD_WORDS)
KINDS = FILE_KINDS + RECORD_KINDS
_ADD_UP = ("income", "postings")
_CODED = ("dream", "ydelsesrefusion", "periods")
_DREAM_CODE = re.compile(r"[0-9]{3}|\.?")  # empty: no benefit; a point is what SAS writes where nothing is known
WARN_DAYS = 60
_PATTERN = re.compile(r"[^\W\d_][\w-]")  # literal text that a pattern begins with


@dataclass(frozen=True, slots=True)
class SourceAgreement:
    """What the source's owner allows: nothing is pulled without it."""

    reference: str
    statute: str
    permitted_purposes: frozenset[str]
    approver: str
    valid_to: date

    def is_valid(self, *, on: date) -> bool:
        return on <= self.valid_to

    def ends_soon(self, *, on: date) -> bool:
        """Whether it is valid and ends within 60 days."""
        return on <= self.valid_to <= on + timedelta(days=WARN_DAYS)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer of records tells of the days that were asked for.

    With `whole`, everything: what it does not name is not so. With `changes`, the records that are new or changed since
    the cursor; a record stays as it was until a higher version comes. A week can be told of once `complete_after_days`
    have passed since its Sunday. A source of changes whose cursor is an instant is asked `lag_days` again each time.
    `version` is the form in which it writes the versions of its records.
    """

    answers: str
    complete_after_days: int
    lag_days: int
    version: VersionForm = VersionForm.INTEGER


@dataclass(frozen=True, slots=True)
class SourceDeclaration:
    id: str
    kind: str
    title: str
    columns: dict[str, str]  # our word -> the column's name at the source
    dropped: tuple[str, ...]  # columns that the source is known to have and that are never kept
    dropped_patterns: tuple[str, ...]  # the same for columns that a source has one more of every month
    codes: CodeList  # what its codes mean; empty where it has none
    coverage: Coverage | None  # of records; a file's name and layout say it
    holds: HoldLimits  # from when on a pull of it looks wrong
    transport: TransportSettings
    agreement: SourceAgreement
    is_supplied_for_another_purpose: bool  # then an assessment is required before it is used
    sha256: str
    file: str

    @property
    def form(self) -> FileForm:
        """How the files of a kind of file are named and written; `TypeError` of a source that brings none."""
        form = form_of(self.transport)
        if form is None:
            raise TypeError(f"{self.id} is asked over {self.transport.kind}, which brings no files")
        return form

    @property
    def meaning_sha256(self) -> str:
        """The digest of what says what its rows mean: this declaration and the list that comes with the software."""
        return hashlib.sha256(f"{self.sha256}\n{self.codes.sha256}".encode()).hexdigest()

    @property
    def explains_no_code(self) -> bool:
        """Whether its codes mean something and nobody has said what: then every one of them is unknown."""
        return self.kind in _CODED and not self.codes.statuses

    @property
    def tells_pay(self) -> bool:
        """Whether its rows are postings of income."""
        return self.kind in _ADD_UP

    @property
    def has_newest_file(self) -> bool:
        """Whether one of its files, the newest, tells everything, so that an older one would undo it."""
        arrival = getattr(self.transport, "arrival", None)
        reads_all = arrival is not None and arrival.reads == "all"
        return self.coverage is not None and self.coverage.answers == "whole" and not reads_all

    @property
    def schema(self) -> Schema:
        """Which columns the source has, as transports enforce it."""
        return Schema(tuple(self.columns.values()), self.dropped, self.dropped_patterns, self.tells_pay)


def words_of(kind: str) -> list[str]:
    """Our words for the columns that a source of this kind must have, in the order in which people read them."""
    needed = (_FILE_WORDS | _RECORD_WORDS)[kind]
    order = ("cpr", "code", "week", "benefit", "month", "from_day", "to_day", "income_type", "paid_hours", "amount")
    return sorted(needed, key=lambda word: (order.index(word) if word in order else len(order), word))


def load_declaration(text: bytes, *, file: str) -> SourceDeclaration:
    """Read a declaration; `DeclarationInvalid` (file, line, key) for anything it does not understand."""
    root = parse(text, file=file)
    if root.text("schema") != "source/1":
        raise root.refuse("schema", "must be source/1")
    kind = root.convert("kind", one_of(*KINDS))
    coverage = _coverage(root.table("coverage")) if kind in RECORD_KINDS else None
    columns = _columns(root.table("columns"), kind, coverage)
    dropped, patterns = _dropped_columns(root, columns)
    declaration = SourceDeclaration(
        id=root.text("id"),
        kind=kind,
        title=root.text("title"),
        columns=columns,
        dropped=dropped,
        dropped_patterns=patterns,
        codes=_codes(root, kind),
        coverage=coverage,
        holds=read_limits(root.table("holds")) if "holds" in root else DEFAULT_LIMITS,
        transport=_transport(root.table("transport"), kind, coverage),
        agreement=_agreement(root.table("agreement")),
        is_supplied_for_another_purpose=root.flag("supplied_for_another_purpose"),
        sha256=hashlib.sha256(text).hexdigest(),
        file=file,
    )
    root.finish()
    check(root, declaration.transport, declaration.schema)
    if coverage is not None and coverage.answers == "changes" and not lists_everybody(declaration.transport):
        reason = "must be 'whole' where a source is asked person by person: one person's answer is whole"
        raise root.table("coverage").refuse("answers", reason)
    return declaration


def _codes(root: DeclarationTable, kind: str) -> CodeList:
    """The list that comes with the software, with the declaration's own codes before it (`[codes]`)."""
    if kind not in _CODED:
        return NO_CODES
    own = own_codes(root.table("codes")) if "codes" in root else NO_CODES
    if kind == "periods":
        base = (
            shipped_list(root.convert("code_list", one_of(*NAMES)))
            if "code_list" in root or "codes" not in root
            else NO_CODES
        )
    else:
        base = shipped_list(kind)
    if kind == "dream" and not all(_DREAM_CODE.fullmatch(code) for code in own.statuses):
        raise root.refuse("codes", "has a code that is not of three digits, as those of DREAM are, and no point")
    return base.with_own(own)


def _transport(table: DeclarationTable, kind: str, coverage: Coverage | None) -> TransportSettings:
    settings = read_settings(table)
    if kind not in FILE_KINDS:
        arrival = getattr(settings, "arrival", None)
        adds_up = arrival is not None and arrival.reads == "all"
        stays = not getattr(settings, "claims", True)  # nothing is put away: all files are read again
        if adds_up and not stays and coverage is not None and coverage.answers == "whole":
            reason = "must be 'newest' where an answer is whole: files that were put away would be missing from it"
            raise table.refuse("reads", reason)
        return settings
    # what such a file covers stands in its name and layout: nothing else can say it
    form = form_of(settings)
    if form is None:
        raise table.refuse("kind", f"must be file or sftp: {kind} is a kind of file")
    if form.format != "csv":
        raise table.refuse("format", f"must be csv: {kind} is delimited text")
    return settings


def _dropped_columns(root: DeclarationTable, columns: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    dropped, patterns = root.texts("dropped", []), root.texts("dropped_patterns", [])
    for key, names in (("dropped", dropped), ("dropped_patterns", patterns)):
        if any(map(may_hide_cpr, names)):
            raise root.refuse(key, f"names a column that {REASON}")
    schema = Schema((), dropped, patterns)
    for pattern in patterns:
        if not _PATTERN.match(pattern):
            raise root.refuse("dropped_patterns", "must begin with two letters at least: a new column must be noticed")
    for name in columns.values():
        if schema.is_dropped(name):
            raise root.refuse(
                "dropped" if name in dropped else "dropped_patterns", f"names {name!r}, which is one of the columns"
            )
    return dropped, patterns


def _columns(table: DeclarationTable, kind: str, coverage: Coverage | None) -> dict[str, str]:
    needed = (_FILE_WORDS | _RECORD_WORDS)[kind]
    optional = set(_OPTIONAL_WORDS.get(kind, set()))
    if coverage is not None and coverage.answers == "changes":
        needed, optional = needed | _CHANGE_WORDS, optional | {"deleted"}
    words = sorted(needed) + sorted(word for word in optional if word in table)
    columns = {word: table.convert(word, id_without_cpr) for word in words}
    table.finish()
    for word, name in columns.items():
        if list(columns.values()).count(name) > 1:
            raise table.refuse(word, f"names {name!r}, as another word does")
    return columns


def _coverage(table: DeclarationTable) -> Coverage:
    answers = table.convert("answers", one_of("whole", "changes"))
    coverage = Coverage(
        answers=answers,
        complete_after_days=table.integer("complete_after_days", most=366),
        lag_days=table.integer("lag_days", 0, most=366) if answers == "changes" else 0,
        version=_version_form(table) if answers == "changes" else VersionForm.INTEGER,
    )
    table.finish()
    return coverage


def _version_form(table: DeclarationTable) -> VersionForm:
    return VersionForm(table.convert("version", one_of(*VersionForm))) if "version" in table else VersionForm.INTEGER


def _agreement(table: DeclarationTable) -> SourceAgreement:
    agreement = SourceAgreement(
        reference=table.text("reference"),
        statute=table.text("statute"),
        permitted_purposes=frozenset(table.texts("permitted_purposes")),
        approver=table.text("approver"),
        valid_to=table.day("valid_to"),
    )
    table.finish()
    return agreement
