"""What a declaration says of a request: texts with places for days, a cursor and, in a header or a body, the number.

`{name}` is a place; `{{` and `}}` are braces. A text that comes out empty is left out of the request, so that
`changed_since = "{since}"` is not sent when there is nothing to go on from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from connectors.transport import Ask
from vocabulary.declaration import DeclarationTable

_PART = re.compile(r"\{\{|\}\}|\{(\w*)\}|[{}]")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")  # a token of RFC 9110 §5.6.2
_DEEPEST = 6
PLACES = frozenset({"from_day", "to_day", "from_month", "to_month", "since", "request_id"})
NUMBER = "cpr"


def places(values: Any) -> set[str]:
    """The places in a text, or in the texts of a table."""
    if isinstance(values, Mapping):
        return {place for value in values.values() for place in places(value)}
    return {found[1] for found in _PART.finditer(values) if found[1]} if isinstance(values, str) else set()


def read_texts(table: DeclarationTable, *, may_hold_number: bool, are_headers: bool = False) -> dict[str, str]:
    """A table of templates, checked."""
    for name in table:
        if are_headers and not _HEADER_NAME.fullmatch(name):
            raise table.refuse(name, "is no name of a header")
    texts = {name: _template(table, name, may_hold_number=may_hold_number) for name in table}
    table.finish()
    return texts


def read_body(table: DeclarationTable, *, depth: int = 0) -> dict[str, Any]:
    """A JSON object: templates, whole numbers, and objects in it."""
    body: dict[str, Any] = {}
    for name in table:
        if table.is_table(name):
            if depth == _DEEPEST:
                raise table.refuse(name, f"is deeper than {_DEEPEST}")
            body[name] = read_body(table.table(name), depth=depth + 1)
        elif table.is_text(name):
            body[name] = _template(table, name, may_hold_number=True)
        else:
            body[name] = table.integer(name)
    table.finish()
    return body


def values_of(ask: Ask, number: str) -> dict[str, str]:
    """What stands in the places of one request. The id is new each time, 36 characters long."""
    return {
        "from_day": ask.from_day.isoformat(),
        "to_day": ask.to_day.isoformat(),
        "from_month": ask.from_day.isoformat()[:7],
        "to_month": ask.to_day.isoformat()[:7],
        "since": ask.since,
        "request_id": str(uuid4()),
        NUMBER: number,
    }


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """The template with its places filled; texts that come out empty are left out of tables."""
    if isinstance(template, Mapping):
        filled = {name: fill(value, values) for name, value in template.items()}
        return {name: value for name, value in filled.items() if value != ""}
    return _PART.sub(lambda found: _part(found, values), template) if isinstance(template, str) else template


def _part(found: re.Match[str], values: Mapping[str, str]) -> str:
    return values[found[1]] if found[1] else found[0][0]


def _template(table: DeclarationTable, name: str, *, may_hold_number: bool) -> str:
    text = table.text(name)
    for found in _PART.finditer(text):
        if found[0] in {"{{", "}}"}:
            continue
        if found[1] == NUMBER and not may_hold_number:
            raise table.refuse(name, "may not hold {cpr}: a number never stands in an address, which others log")
        if found[1] not in PLACES | {NUMBER}:
            known = ", ".join(f"{{{place}}}" for place in sorted(PLACES | ({NUMBER} if may_hold_number else set())))
            raise table.refuse(name, f"has a place that is not known; known are: {known}")
    return text
