"""`verify-outcome log OLD NEW … [--trust TRUST.json] [--tiles DIR]`: are files that were kept of one log, one history?

Exit codes: 0 consistent; 31 not consistent; 32 cannot be told; 33 a file cannot be read, or is not what it says;
3 the trust file of `--trust` cannot be used; 2 usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import assert_never

from outcome_verifier.comparing import Comparison, Verdict, compare
from outcome_verifier.errors import TrustInvalid
from outcome_verifier.hash_tiles import HashTiles
from outcome_verifier.history import Node
from outcome_verifier.kept import MOST_BYTES, TRUST, KeptTrust, kind_of, read_kept, read_trust

UNREADABLE, TRUST_INVALID = 33, 3
_EXAMPLE = "example: verify-outcome log old.bundle.json new.bundle.json --trust TRUST.json --tiles public/log"


class _Unreadable(Exception):
    """A file cannot be read, or is not what it says. The text names it."""


def main(arguments: Sequence[str]) -> int:
    """Run `verify-outcome log` and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if len(options.files) < 2:
        parser.error("there is nothing to compare: give two files or more")
    try:
        trust = [read_trust(_read(name)) for name in options.trust]
    except (_Unreadable, TrustInvalid) as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return TRUST_INVALID
    try:
        comparison = _compare(options.files, trust, _tiles(options.tiles))
    except _Unreadable as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return UNREADABLE
    print(_as_json(comparison) if options.json else _as_text(comparison))
    return comparison.verdict.value


def _compare(names: Sequence[str], trust: Sequence[KeptTrust], tiles: Callable[[str], Node]) -> Comparison:
    contents = [(name, _read(name)) for name in names]
    given = list(trust)
    for name, data in contents:
        try:
            if kind_of(data) == TRUST:
                given.append(read_trust(data))
        except (ValueError, KeyError, TypeError, AttributeError, TrustInvalid) as error:
            raise _Unreadable(f"{name}: {error}") from None
    given.sort(key=lambda one: -one.version)
    kept = []
    for name, data in contents:
        try:
            kept.append(read_kept(name, data, given))
        except (ValueError, KeyError, TypeError, TrustInvalid) as error:
            raise _Unreadable(f"{name}: {error}; ask whoever gave it to you for it again") from None
    try:
        return compare(kept, tiles)
    except OSError as error:
        raise _Unreadable(f"{error.filename}: {error.strerror}") from None


def _read(name: str) -> bytes:
    """A file, of which no more is read than such a file can hold."""
    try:
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise _Unreadable(f"{name}: {error.strerror}") from None


def _tiles(folder: str | None) -> Callable[[str], Node]:
    """For an origin, the hashes that its tiles hold; nothing where no folder was given."""
    if folder is None:
        return lambda _: lambda _level, _index: None
    return lambda origin: HashTiles(Path(folder), origin.rpartition("/")[2]).node


def _as_text(comparison: Comparison) -> str:
    lines = []
    for finding in comparison.findings:
        lines.append(f"  {_mark_and_sentence(finding.verdict)[0]:<4}{finding.subject:<9}{finding.said}")
        lines.append(f"      {' '.join(finding.files)}")
    return "\n".join([*lines, "", _mark_and_sentence(comparison.verdict)[1]])


def _mark_and_sentence(verdict: Verdict) -> tuple[str, str]:
    """The mark before a line, and the last sentence of the output."""
    match verdict:
        case Verdict.CONSISTENT:
            return "ok", "CONSISTENT: the files speak of one history"
        case Verdict.NOT_CONSISTENT:
            return "NO", "NOT CONSISTENT: keep every file as it is, and ask municipality and auditor"
        case Verdict.CANNOT_BE_TOLD:
            return "?", "CANNOT BE TOLD: nothing speaks against one history, and not all of it is proved"
        case _:
            assert_never(verdict)


def _as_json(comparison: Comparison) -> str:
    findings = [
        {"verdict": one.verdict.name.lower(), "subject": one.subject, "said": one.said, "files": list(one.files)}
        for one in comparison.findings
    ]
    return json.dumps({"verdict": comparison.verdict.name.lower(), "findings": findings}, ensure_ascii=False, indent=2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify-outcome log",
        description="Compare bundles, receipts, checkpoints and trust files that were kept: one log, one history?",
        epilog=_EXAMPLE,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a bundle, receipt, checkpoint or trust file")
    parser.add_argument(
        "--trust",
        action="append",
        default=[],
        metavar="TRUST.json",
        help="a trust file whose keys count, and which is not compared itself (may be repeated)",
    )
    parser.add_argument("--tiles", metavar="DIR", help="hash tiles that were fetched beforehand, such as public/log")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    return parser
