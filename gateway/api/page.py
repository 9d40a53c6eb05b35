"""The API document as one plain page: no script, no asset from anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
h1 { font-size: 1.6rem } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem }
code, pre, .path { font-family: ui-monospace, monospace } .verb { display: inline-block; min-width: 3.2rem;
font-weight: 700; color: #0b5c8a } .tag { color: #555; font-size: .85rem }
pre { background: #f4f4f4; padding: .6rem; overflow-x: auto; font-size: .85rem }
table { border-collapse: collapse; margin: .5rem 0 }
td { padding: .15rem 1rem .15rem 0; vertical-align: top } hr { border: 0; border-top: 1px solid #ccc }
"""
_REF = "#/components/schemas/"


def render(document: dict[str, Any]) -> str:
    """An HTML page of an OpenAPI document: its introduction, each operation, and the schemas that they name."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>{_prose(info['description'])}",
        "<p>Machine-readable: <a href=/openapi.json>/openapi.json</a></p><hr>",
    ]
    for path, verbs in document["paths"].items():
        parts += [_operation(path, verb, operation) for verb, operation in verbs.items()]
    parts.append("<hr>")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts.append(f"<h2 id={escape(name)}>{escape(name)}</h2>{_prose(schema.get('description', ''))}")
        if "enum" in schema:
            parts.append(f"<p>{_kind(schema)}</p>")
        parts.append(_table(_members(schema)))
    return "".join(parts)


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    tags = escape(", ".join(operation.get("tags", [])))
    rows = [
        (f"{entry['name']} ({entry['in']})", _kind(entry["schema"]), entry.get("description", ""))
        for entry in operation.get("parameters", [])
    ]
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        rows += [(name, f"{kind} in {escape(media_type)}", text) for name, kind, text in _members(content["schema"])]
    for status, entry in sorted(operation["responses"].items()):  # `default` comes last
        kinds = [
            f"{escape(media_type)} {_kind(content['schema'])}"
            for media_type, content in entry.get("content", {}).items()
        ]
        rows.append((status, ", ".join(kinds), entry["description"]))
    return (
        f"<h2><span class=verb>{verb.upper()}</span> <span class=path>{escape(path)}</span></h2>"
        f"<div><b>{escape(operation.get('summary', ''))}</b> <span class=tag>{tags}</span></div>"
        f"{_prose(operation.get('description', ''))}{_table(rows)}"
    )


def _members(schema: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, kind (as HTML) and description of each member of an object."""
    members = schema.get("properties", {}).items()
    return [(name, _kind(member), member.get("description", "")) for name, member in members]


def _kind(schema: dict[str, Any]) -> str:
    """What a value is, in a few words of HTML; named schemas are linked."""
    if "$ref" in schema:
        name = escape(schema["$ref"].removeprefix(_REF))
        return f"<a href='#{name}'>{name}</a>"
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return escape(schema.get("type", "anything"))


def _table(rows: Iterable[tuple[str, str, str]]) -> str:
    """Rows of a name, a kind (as HTML) and a text."""
    cells = (f"<tr><td><code>{escape(name)}</code><td>{kind}<td>{_inline(text)}" for name, kind, text in rows)
    return f"<table>{''.join(cells)}</table>"


def _prose(text: str) -> str:
    """Paragraphs and fenced blocks of Markdown."""
    parts = []
    for number, block in enumerate(text.split("```")):
        if number % 2:
            parts.append(f"<pre>{escape(block.partition(chr(10))[2])}</pre>")
        else:
            parts += [f"<p>{_inline(paragraph)}</p>" for paragraph in block.split("\n\n") if paragraph.strip()]
    return "".join(parts)


def _inline(text: str) -> str:
    """Escaped text in which `code` stands as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if n % 2 else piece for n, piece in enumerate(pieces))
