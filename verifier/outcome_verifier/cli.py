"""`verify-outcome BUNDLE --trust TRUST.json`: checks an evidence bundle offline, a line a check.

Exit codes: 0 verified; 10 + n where check n failed; 3 the trust file cannot be used; 2 usage.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from outcome_verifier.errors import TrustInvalid, VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, VerifiedOutcome, instant, verify_bundle

_EXAMPLE = "example: verify-outcome impact60-2020H2.bundle.json --trust TRUST.json --contract impact60.toml"
_ADVICE = {
    1: "ask for the bundle again: it is no bundle, or it was changed on its way",
    2: "the attestation is not one of this kind, or it was changed",
    3: "check the trust file's fingerprint against your contract; if it is right, the attestation is not genuine",
    4: "a claim was added or changed: ask the holder for the bundle as it was issued",
    5: "compare issuer and type with your contract",
    6: "the log does not hold this attestation: do not rely on it, and ask the municipality",
    7: "the denominator was not sealed as stated: do not rely on it, and ask the municipality",
    8: "ask for the attestation that replaces it",
    9: "compare the contract file with the one you signed",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        data = Path(options.bundle).read_bytes()
        trust_data = Path(options.trust).read_bytes()
        contract = Path(options.contract).read_bytes() if options.contract else None
    except OSError as error:
        print(f"verify-outcome: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    now = int(time.time()) if options.at is None else options.at
    try:
        trust = TrustFile.load(trust_data)
        verified = verify_bundle(data, trust, now=now, demands=Demands(contract))
    except TrustInvalid as error:
        _fail({"verified": False, "code": error.code, "reason": str(error)}, as_json=options.json)
        return error.exit_code
    except VerificationError as error:
        _fail(
            {
                "verified": False,
                "step": error.step,
                "code": error.code,
                "reason": str(error),
                "advice": _ADVICE[error.step],
                "trust_fingerprint": trust.fingerprint,
            },
            as_json=options.json,
        )
        return error.exit_code
    if options.json:
        print(json.dumps(as_json(verified, trust), ensure_ascii=False, indent=2))
    else:
        print("\n".join(report(verified, trust)))
    return 0


def report(verified: VerifiedOutcome, trust: TrustFile) -> Iterator[str]:
    """The verdict in lines, for a person."""
    claims = verified.claims
    for check in verified.checks:
        yield f"  {check.number} ok  {check.title:<12} {check.detail}"
    yield ""
    yield f"VERIFIED  {claims['template'].replace('_', ' ')}, {claims['contract']['id']} {claims['window']['label']}"
    if claims.get("demo"):
        yield "DEMO      signed with a development key: proves nothing about real people or money"
    yield f"  from      {claims['municipality']['name']} ({claims['municipality']['code']})"
    yield f"  to        {claims['recipient']['organisation']} ({claims['recipient']['role']}), no. {claims['seq']}"
    yield f"  window    {claims['window']['from_week']} to {claims['window']['to_week']}"
    yield from _figures(verified.shown)
    yield ""
    yield "NOT CHECKED"
    for point in verified.not_checked:
        yield f"  - {point}"
    yield ""
    yield f"trust file {trust.fingerprint}"


def as_json(verified: VerifiedOutcome, trust: TrustFile) -> dict[str, Any]:
    """The same verdict for a program."""
    return {
        "verified": True,
        "checks": [{"number": check.number, "title": check.title, "detail": check.detail} for check in verified.checks],
        "not_checked": list(verified.not_checked),
        "claims": dict(verified.claims),
        "shown": dict(verified.shown),
        "status_as_of": verified.status_as_of,
        "trust_fingerprint": trust.fingerprint,
    }


def _figures(shown: Mapping[str, Any]) -> Iterator[str]:
    def line(name: str, value: object) -> str:
        return f"  {name:<22}{value}"

    if "participants" in shown:
        yield line("people referred", shown["participants"])
    if "outcomes_achieved" in shown:
        yield line("in the outcome", shown["outcomes_achieved"])
    if "threshold" in shown:
        met = "met" if shown["threshold"]["met"] else "NOT met"
        people = f"{shown['threshold']['people']} people: " if "people" in shown["threshold"] else ""
        yield line("threshold", people + met)
    for cell in shown.get("outcomes_by_class", []):
        value = "withheld" if cell["value"] is None else cell["value"]
        yield line(f"  {cell['class']}", value)
    if "qualifying_weeks" in shown:
        yield line("qualifying weeks", shown["qualifying_weeks"])
    for entry in shown.get("lines", []):
        amount = money(entry["amount_minor"], shown.get("payable", {}).get("currency", ""))
        yield line(f"  {entry['kind']}", f"{entry['quantity']} {entry['unit']}(s), {amount}  {entry['measure']}")
    if "payable" in shown:
        yield line("payable", money(shown["payable"]["amount_minor"], shown["payable"]["currency"]))
    if "sources" in shown:
        sources = shown["sources"]
        yield line("sources complete to", f"{sources['complete_to_week']}, known at {instant(sources['known_at'])}")
    if shown.get("illustrative"):
        yield line("ILLUSTRATIVE", "these terms are not public and were made up:")
        for name in shown["illustrative"]:
            yield f"    {name}"


def money(minor: int, currency: str) -> str:
    """Minor units as an amount with two decimals: -123456 DKK -> -1,234.56 DKK."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d} {currency}".rstrip()


def _fail(verdict: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(verdict, ensure_ascii=False, indent=2))
        return
    where = f" at check {verdict['step']}" if "step" in verdict else ""
    print(f"NOT VERIFIED{where}: {verdict['reason']}")
    if "advice" in verdict:
        print(f"  {verdict['advice']}")
        print(f"trust file {verdict['trust_fingerprint']}")


def _seconds(text: str) -> int:
    """Unix seconds of `1770000000` or `2026-02-02T02:40:00+00:00`; a time without an offset has no one meaning."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("neither Unix seconds nor an ISO 8601 time") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("the time has no offset: write Z or +01:00 after it")
    return int(moment.timestamp())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify-outcome", description="Check an outcome attestation offline.", epilog=_EXAMPLE
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the evidence bundle")
    parser.add_argument("--trust", required=True, metavar="TRUST.json", help="the issuer's trust file")
    parser.add_argument("--contract", metavar="FILE", help="the contract file that you accepted")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument(
        "--at", type=_seconds, metavar="TIME", help="check as of this time: Unix seconds, or ISO 8601 with an offset"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
