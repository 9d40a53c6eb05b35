"""Which elements an answer may have, and where: every level is frozen, also in what is read of nobody.

The trees lie beside this module, one for each operation and one for tokens, as the published schemas have them. A new
element may mean that the others mean something else, so it stops the answer at whatever level it stands; where somebody
has decided about it, the declaration names it as `dropped`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from connectors.transports.xml import Element, check_children

_PREFIX = re.compile(r"(\w+) = (\S+)")
_LINE = re.compile(r"((?:  )*)(\w+):([\w-]+)( \*)?")


@dataclass(slots=True)
class _Known:
    """An element's children; `is_open` where the schema lets anything stand in it."""

    children: dict[str, _Known] = field(default_factory=dict)
    is_open: bool = False


def check_elements(body: Element, operation: str, *, source: str) -> None:
    """`SchemaChanged` where an element of the answer stands where the operation's schema has none of its name."""
    _check(body, _tree(operation), source)


def _check(parent: Element, known: _Known, source: str) -> None:
    if known.is_open:
        return
    check_children(parent, frozenset(known.children), source=source)
    for child in parent:
        _check(child, known.children[child.tag], source)


@cache
def _tree(operation: str) -> _Known:
    """What a body of an answer may hold."""
    text = resources.files("connectors.transports.kombit").joinpath("schemas", f"{operation}.txt").read_text("utf-8")
    return parse_tree(text)


def parse_tree(text: str) -> _Known:
    """The tree that a file holds: prefixes of namespaces, then a name on each line, two spaces deeper than its parent.

    `ValueError` for a line that is none of them.
    """
    prefixes: Mapping[str, str] = dict(_PREFIX.findall(text))
    above = [_Known()]
    for line in text.splitlines():
        if not line or line.startswith("#") or _PREFIX.fullmatch(line):
            continue
        found = _LINE.fullmatch(line)
        depth = len(found[1]) // 2 if found else len(above)
        if found is None or depth >= len(above):
            raise ValueError(f"{line!r} is no element below the one before it")
        del above[depth + 1 :]
        known = above[-1].children[f"{{{prefixes[found[2]]}}}{found[3]}"] = _Known(is_open=bool(found[4]))
        above.append(known)
    return above[0]
