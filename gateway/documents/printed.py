"""A self-contained page to print: one style sheet, allowed by its digest; nothing else may load or run."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from importlib.resources import files


def document(title: str, pages: Iterable[str], *, styles: Iterable[str] = ()) -> str:
    """The HTML of pages whose bodies are HTML-safe already, in Danish; `styles` are further sheets of this package."""
    sheets = [files("gateway.documents").joinpath(name).read_text("utf-8") for name in ("leaflet.css", *styles)]
    style = "".join(sheets)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    csp = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        "<!doctype html><html lang=da><head><meta charset=utf-8>"
        f'<meta http-equiv=Content-Security-Policy content="{csp}"><meta name=viewport content="width=device-width">'
        f"<title>{title}</title><style>{style}</style></head><body>"
        f"{''.join(f'<main class=page>{page}</main>' for page in pages)}</body></html>\n"
    )
