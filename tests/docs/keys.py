"""Writes docs/contract-keys.md and docs/programme-keys.md: `python -m tests.docs.keys`.

Keys, types, bounds, closed words and defaults are those that the readers ask for while they read every example; what a
key means stands in tests/docs/keys.toml.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from gateway.outcomes.contract_file import load_contract
from policies.programme_file import load_programme
from tests.docs.key_trace import AskedKey, traced
from tests.support.mistaken import named_lines

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PAGES = {kind: ROOT / "docs" / f"{kind}-keys.md" for kind in ("contract", "programme")}
_WORDS = Path(__file__).with_name("keys.toml")
_ELSEWHERE = ("comparison_group", "opening", "explain")  # readers of other files in the room of outcomes
_ASKS = {"text", "integer", "integers", "flag", "day", "texts", "lines", "convert", "list_of", "word", "words"}
_ASKS |= {"table", "tables", "rows", "knows", "figure"}
_READERS = {
    "contract": sorted((ROOT / "gateway" / "outcomes").rglob("*.py")),
    "programme": [ROOT / "policies" / "programme_file.py", ROOT / "policies" / "words.py"],
}
_NAMED_BY_FILE = re.compile(r"(indices\.values|tariffs\.price_by_(?:state|payer)|assessments)\.[^.]+")
_INTRODUCTION = """# Every key of a {kind} file

A {kind} is a TOML file. What it leaves out has its default, and papers say it in words. Keys of a table that stands
several times, such as `[[words]]`, are shown once. `_minor` amounts are in minor units of the currency: 2500000 is
25,000.00 kr. How to draft both files: [drafting.md](drafting.md).

Nothing here is written by hand: the page is made by `python -m tests.docs.keys` from what the readers ask for, and from
[tests/docs/keys.toml](../tests/docs/keys.toml).
"""


@dataclass(frozen=True, slots=True)
class KeyWords:
    """What a key means; `left_out` says what holds without it, where it has no default."""

    unit: str
    example: str
    changes: str
    left_out: str = ""


@cache
def asked_keys(kind: str) -> Mapping[str, tuple[AskedKey, ...]]:
    """Every key that a reader asks for in any example, by its dotted name; names that a file gives itself are `*`."""
    load = load_contract if kind == "contract" else load_programme
    files = [*sorted((EXAMPLES / f"{kind}s").glob("*.toml")), EXAMPLES / "simplest" / f"{kind}.toml"]
    texts = [file.read_text("utf-8") for file in files]
    texts.append(Path(__file__).with_name(f"every_{kind}_key.toml").read_text("utf-8"))
    with traced() as asked:
        for number, text in enumerate(texts):
            named_lines(lambda read, place=number: load(read, file=f"{place}.toml"), f"{text}\n# read for its keys\n")
    found: dict[str, tuple[AskedKey, ...]] = {}
    for key, asks in asked.items():
        plain = _NAMED_BY_FILE.sub(r"\1.*", key)
        found[plain] = (*found.get(plain, ()), *asks)
    return found


@cache
def key_words(kind: str) -> Mapping[str, KeyWords]:
    return {key: KeyWords(*words) for key, words in tomllib.loads(_WORDS.read_text("utf-8"))[kind].items()}


def words_of(kind: str, key: str) -> KeyWords | None:
    """The words of a key, by its own name or by that of its table with a star for one part."""
    words = key_words(kind)
    parts = key.split(".")
    starred = [".".join([*parts[:at], "*", *parts[at + 1 :]]) for at in range(1, len(parts))]
    return next((words[name] for name in (key, *starred) if name in words), None)


def static_keys(kind: str) -> Iterator[tuple[str, str]]:
    """Every key that stands as a word in a call of a reader, with its module."""
    folder = ROOT / "gateway" / "outcomes"
    files = (
        folder.rglob("*.py")
        if kind == "contract"
        else (ROOT / "policies" / f for f in ("programme_file.py", "words.py"))
    )
    for file in files:
        text = file.read_text("utf-8")
        if "DeclarationTable" not in text or file.stem in _ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ASKS:
                for given in node.args:
                    if isinstance(given, ast.Constant) and isinstance(given.value, str) and given.value:
                        yield given.value, file.name
                        if node.func.attr not in ("knows", "figure"):
                            break


def page(kind: str) -> str:
    """The whole page of a kind of file."""
    parts = [_INTRODUCTION.format(kind=kind)]
    order = {key.split(".")[0]: place for place, key in reversed(list(enumerate(key_words(kind))))}
    keys = asked_keys(kind)
    plain = [key for key in keys if "." not in key and not any(other.startswith(f"{key}.") for other in keys)]
    parts.append(f"## The file itself\n\n{_table(kind, sorted(plain, key=lambda key: order.get(key, 0)))}")
    for head in sorted({key.split(".")[0] for key in keys} - set(plain), key=lambda key: order.get(key, 0)):
        rows = [key for key in keys if key == head or key.startswith(f"{head}.")]
        parts.append(f"## `{head}`\n\n{_table(kind, rows)}")
    return "\n".join(parts)


def _table(kind: str, keys: Sequence[str]) -> str:
    lines = [["key", "type", "unit", "default", "example", "what it changes"], ["---"] * 6]
    for key in keys:
        words = words_of(kind, key) or KeyWords("", "", "")
        asks = asked_keys(kind)[key]
        lines.append([f"`{key}`", _type(asks), words.unit, _default(asks, words), _code(words.example), words.changes])
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n" for cells in lines)


def _type(asks: Sequence[AskedKey]) -> str:
    kinds = list(dict.fromkeys(ask.type for ask in asks))
    words = list(dict.fromkeys(word for ask in asks for word in ask.words))
    least = [ask.least for ask in asks if ask.type.startswith(("whole", "list of whole")) and ask.least is not None]
    most = [ask.most for ask in asks if ask.most is not None]
    bounds = ""
    if least:
        bounds = f", {min(least)} to {max(most)}" if len(most) == len(asks) else f", at least {min(least)}"
    listed = f": {', '.join(f'`{word}`' for word in words)}" if words else ""
    return f"{' or '.join(kinds)}{bounds}{listed}"


def _default(asks: Sequence[AskedKey], words: KeyWords) -> str:
    defaults = [ask.default for ask in asks if ask.default is not None]
    if words.left_out:
        return words.left_out
    if not defaults:
        return ""
    default = defaults[0]
    if isinstance(default, date):
        return "that of `cohort.enrolment_from`"
    if default in ({}, []):
        return "each key has its own" if default == {} else "none"
    if isinstance(default, list):
        return _code(", ".join(f'"{word}"' for word in default))
    if isinstance(default, bool):
        return _code(str(default).lower())
    return _code(f'"{default}"' if isinstance(default, str) and default else str(default))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


if __name__ == "__main__":
    for each, path in PAGES.items():
        path.write_text(page(each), "utf-8")
