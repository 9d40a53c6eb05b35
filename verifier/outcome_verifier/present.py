"""The holder's side: a bundle that shows only some of its claims (RFC 9901 §7.2). Nothing else may change."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from outcome_verifier import canonical, sdjwt
from outcome_verifier.bundle import Bundle

_EXAMPLE = "example: verify-outcome present full.bundle.json --only outcomes_achieved,payable --out shown.bundle.json"


def present(data: bytes, only: Collection[str]) -> bytes:
    """The bundle with the disclosures of these claims alone; `ValueError` for a claim that it does not show."""
    presentation = sdjwt.parse(Bundle.load(data).logged.attestation)
    shown = sdjwt.disclosed_claims(presentation)
    unknown = sorted(set(only) - set(shown))
    if unknown:
        raise ValueError(f"the bundle shows no {', '.join(map(ascii, unknown))}; it shows {', '.join(sorted(shown))}")
    kept = [text for text, name in zip(presentation.disclosures, shown, strict=True) if name in only]
    body = canonical.loads_canonical(data[:-1])
    body["attestation"] = "~".join([presentation.jwt, *kept, ""])
    return canonical.dumps(body) + b"\n"


def main(arguments: Sequence[str]) -> int:
    """Run `verify-outcome present` and return its exit code: 0, or 2 where nothing was written."""
    parser = argparse.ArgumentParser(
        prog="verify-outcome present", description="Show only some claims of a bundle.", epilog=_EXAMPLE
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the evidence bundle")
    parser.add_argument("--only", required=True, metavar="NAMES", help="the claims to show, with commas between")
    parser.add_argument("--out", required=True, metavar="FILE", help="where to write the new bundle")
    options = parser.parse_args(arguments)
    try:
        made = present(Path(options.bundle).read_bytes(), set(options.only.split(",")))
        Path(options.out).write_bytes(made)
    except (OSError, ValueError) as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return 2
    print(f"wrote {options.out}")
    return 0
