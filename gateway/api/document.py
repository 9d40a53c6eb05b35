"""The API document as one plain page: no script, no asset from anywhere else."""

from __future__ import annotations

from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a }
h1 { font-size: 1.6rem } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem }
code, .path { font-family: ui-monospace, monospace } .verb { display: inline-block; min-width: 3.2rem;
font-weight: 700; color: #0b5c8a } .tag { color: #555; font-size: .85rem }
table { border-collapse: collapse; margin: .5rem 0 }
td { padding: .15rem 1rem .15rem 0; vertical-align: top } hr { border: 0; border-top: 1px solid #ccc }
"""


def render(schema: dict[str, Any]) -> str:
    """An HTML page of an OpenAPI document."""
    info = schema["info"]
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{_text(info['description'])}</p>",
        "<p>Machine-readable: <a href=/openapi.json>/openapi.json</a></p><hr>",
    ]
    for path, verbs in schema["paths"].items():
        for verb, operation in verbs.items():
            parts.append(_operation(path, verb, operation))
    return "".join(parts)


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    tags = escape(", ".join(operation.get("tags", [])))
    rows = [
        (f"{entry['name']} ({entry['in']})", entry.get("description", "")) for entry in operation.get("parameters", [])
    ]
    rows += [(code, entry.get("description", "")) for code, entry in operation.get("responses", {}).items()]
    table = "".join(f"<tr><td><code>{escape(name)}</code><td>{_text(text)}" for name, text in rows)
    return (
        f"<h2><span class=verb>{verb.upper()}</span> <span class=path>{escape(path)}</span></h2>"
        f"<div><b>{escape(operation.get('summary', ''))}</b> <span class=tag>{tags}</span></div>"
        f"<p>{_text(operation.get('description', ''))}</p><table>{table}</table>"
    )


def _text(text: str) -> str:
    """Escaped text in which `code` stands as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if n % 2 else piece for n, piece in enumerate(pieces))
