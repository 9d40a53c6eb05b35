"""Builds verify.html, one file that needs nothing beside it: `python verifier/page/build.py`."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

from outcome_verifier.currencies import MINOR_DIGITS

HERE = Path(__file__).parent
VERIFIER = ("bytes", "json", "forms", "jws", "log", "trust", "attestation", "standing", "endorsements", "verify")
SCRIPTS = ("words", "page")


def page() -> str:
    """The page, its style and scripts inline. The policy lets exactly these run, and nothing be fetched or sent."""
    scripts = {"verify": verifier(), "currencies": currencies(), **{name: _source(f"{name}.js") for name in SCRIPTS}}
    style = _source("page.css")
    policy = [
        "default-src 'none'",
        f"script-src {' '.join(map(_hash, scripts.values()))}",
        f"style-src {_hash(style)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    text = _source("page.html")
    for name, content in {"policy": "; ".join(policy), "style": style, **scripts}.items():
        text = text.replace(f"{{{{{name}}}}}", content)
    return text


def verifier() -> str:
    """The checks as one script, whose names stay inside it: all that it sets is `globalThis.OutcomeVerifier`."""
    parts = "\n".join(_source(f"{name}.js") for name in VERIFIER)
    return f'"use strict";\n\n(() => {{\n{parts}}})();\n'


def currencies() -> str:
    """How many digits the minor units of each currency take, as the command line has them."""
    return f'"use strict";\n\nconst MINOR_DIGITS = {json.dumps(dict(MINOR_DIGITS))};\n'


def _source(name: str) -> str:
    text = (HERE / name).read_text(encoding="utf-8")
    if "</script" in text and not name.endswith(".html"):
        raise ValueError(f"{name} would end its own element")
    return text


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


if __name__ == "__main__":
    (HERE / "verify.html").write_text(page(), encoding="utf-8", newline="\n")
