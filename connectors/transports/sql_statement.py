"""Proof that a declaration's statement is one SELECT that can change nothing, before it is ever sent.

It is read by sqlglot in the database's own dialect. What is allowed is listed, and the rest is refused: whatever needs
more belongs in a view, where the municipality's database people see it. The database is asked to refuse changes too
(`sql_reading`); neither of the two relies on the other.
"""

from __future__ import annotations

import logging
import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

logging.getLogger("sqlglot").setLevel(logging.CRITICAL + 1)  # it would log the statement

DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mssql": "tsql"}
PARAMETERS = frozenset({"from_day", "to_day", "since", "cpr"})

_LONGEST = 20_000
# What databases read in ways of their own: comments, dollar quotes, escapes in strings, session variables.
_UNREADABLE = re.compile(r"--|/\*|\*/|#|\$|\\|@|\x00|`")
_BOUND = re.compile(r"(?<![:\w]):(\w+)(?!:)")  # what SQLAlchemy's text() takes for a parameter
_REFUSED_PARTS = (
    exp.DML, exp.DDL, exp.Command, exp.Copy, exp.Set, exp.Pragma, exp.Attach,
    exp.Into, exp.Lock, exp.WithTableHint, exp.Hint, exp.Operator,
)  # fmt: skip
# fmt: off
_FUNCTIONS = frozenset(
    {
        "And", "Or", "Xor", "Case", "If", "Exists", "Any", "All", "Cast", "Coalesce", "Nullif", "Greatest",
        "Least", "Concat", "ConcatWs", "Lower", "Upper", "Trim", "Substring", "Left", "Right", "Length",
        "Replace", "Pad", "Abs", "Round", "Count", "Min", "Max", "Sum", "RowNumber", "Rank", "DenseRank", "Lag",
        "Lead", "FirstValue", "LastValue", "Extract", "Date", "DateTrunc", "TimestampTrunc", "TimeToStr",
        "StrToDate", "StrToTime", "ToChar", "Year", "Month", "Day",
    }
)
# fmt: on


def check_statement(text: str, dialect: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of the columns that a statement gives, and those of its parameters.

    `ValueError` says why it is refused; of the statement at most a function's name is repeated.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    if _UNREADABLE.search(_without_strings(text)) or "\\" in text:
        raise ValueError("must hold no comment, no dollar quote, no backslash and no @, # or ` outside its texts")
    try:
        parsed = sqlglot.parse(text, read=DIALECTS[dialect])
    except (SqlglotError, RecursionError):
        parsed = []
    if not parsed:
        raise ValueError(f"cannot be read as SQL of {dialect}")
    statements = [one for one in parsed if one is not None]
    if len(statements) != 1 or ";" in _without_strings(text).rstrip().removesuffix(";"):
        raise ValueError("must be one statement")
    (query,) = statements
    if not isinstance(query, exp.Select | exp.SetOperation):
        raise ValueError("must be a SELECT")
    for node in query.walk():
        _check_node(node)
    parameters = frozenset(str(node.this) for node in query.find_all(exp.Placeholder))
    if unknown := parameters - PARAMETERS:
        known = ", ".join(f":{name}" for name in sorted(PARAMETERS))
        raise ValueError(f"has {len(unknown)} parameters that are not known; known are: {known}")
    if set(_BOUND.findall(text)) != parameters:
        raise ValueError("must hold no :word in a text, and CAST(:since AS date) instead of :since::date")
    return _names(query), parameters


def _check_node(node: exp.Expr) -> None:
    if isinstance(node, _REFUSED_PARTS):
        raise ValueError("must only read: it writes, locks or sets something")
    if isinstance(node, exp.With) and node.args.get("recursive"):
        raise ValueError("must not be recursive")
    if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
        raise ValueError("must name its columns: * would read whatever the source adds")
    if isinstance(node, exp.Placeholder) and not isinstance(node.this, str):
        raise ValueError("must use named parameters such as :from_day")
    if isinstance(node, exp.Parameter | exp.SessionParameter):
        raise ValueError("must use named parameters such as :from_day")
    if isinstance(node, exp.Func) and type(node).__name__ not in _FUNCTIONS:
        name = node.name if isinstance(node, exp.Anonymous) else type(node).__name__
        said = f" {name!r}" if re.fullmatch(r"[A-Za-z_]{1,40}", name) else ""
        raise ValueError(f"calls a function{said} that is not known to be harmless: put it in a view")


def _names(query: exp.Select | exp.SetOperation) -> tuple[str, ...]:
    names = tuple(query.named_selects)
    if not names or not all(names) or len(set(names)) != len(names):
        raise ValueError("must give each of its columns a name of its own")
    return names


def _without_strings(text: str) -> str:
    """The statement without what stands in quotes, where signs mean nothing."""
    return re.sub(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", "''", text)
