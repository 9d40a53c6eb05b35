"""The one place that touches what is attacked: the command line, asked as anybody may who has the software."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from gateway.cli.app import main


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `gateway contract check` says of a text: whether it may be signed as it stands, and the rule against it."""

    passes: bool
    said: str

    @property
    def rule(self) -> str:
        found = re.search(r"rule\s+([a-z0-9-]+)", self.said) or re.search(r"\((calendar-[a-z-]+)", self.said)
        return found[1] if found else ""


def verdict(text: str) -> Verdict:
    """Of a contract. A line that says *refused* is a refusal whatever the exit code is."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contract.toml"
        file.write_text(text, encoding="utf-8")
        out, err, code = io.StringIO(), io.StringIO(), 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                with patch("sys.argv", ["gateway", "contract", "check", str(file)]):
                    main()
            except SystemExit as ended:
                code = int(ended.code or 0)
    said = out.getvalue() + err.getvalue()
    return Verdict(code == 0 and "  refused:" not in said, said)


def kinds(text: str) -> Iterator[str]:
    """The kinds that may stand where this text has one that nobody knows."""
    found = re.search(r"must be one of: ([a-z_, ]+)", verdict(text).said.replace("\n", " "))
    assert found, "the product names its kinds"
    yield from found[1].strip().split(", ")
