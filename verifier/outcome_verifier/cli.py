"""`verify-outcome BUNDLE --trust TRUST.json`: checks an evidence bundle offline, a line a check.

`verify-outcome present BUNDLE --only NAMES --out FILE` makes a bundle that shows only some of its claims.
`verify-outcome trial REPORT --trust TRUST.json` checks the signed report of a draft that was tried.
`verify-outcome log OLD NEW` compares files that were kept of a log.
`verify-outcome key`, `accept`, `balances` and `countersign` are for those who sign: parties of a contract, auditors.

Exit codes: 0 verified; 10 + n where check n failed; 3 the trust file cannot be used; 2 usage.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from outcome_verifier.acceptance import INVESTOR, Acceptance
from outcome_verifier.amounts import money
from outcome_verifier.countersignature import Countersignature
from outcome_verifier.errors import StatusInvalid, TrustInvalid, VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import NOTHING, PART, WHOLE, Demands, PassedCheck, VerifiedOutcome, instant, verify_bundle

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
    10: "not every party accepted these rules: do not rely on it, and ask the municipality",
    11: "do not rely on what an auditor is said to have found, and ask the auditor",
}
_WORD = {WHOLE: "ok", PART: "part", NOTHING: "–"}  # of a check that says no to nothing
_COMMANDS = {
    "present": "make a bundle that shows only some of its claims",
    "key": "make a key that signs acceptances, balances or countersignatures, or show its thumbprint",
    "accept": "accept a contract text, as one of its parties",
    "balances": "sign opening balances, as one of the parties",
    "countersign": "sign what an audit found, as the auditor",
    "trial": "check the signed report of a trial",
    "log": "compare files that you kept: one log, one history?",
}
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_AT_THE_END = "at the end of the window"
_REACHED = {
    "outcomes_reached": "outcomes reached",
    "points_reached": "points reached",
    "days_reached": "days reached",
}
_LINES = {"window": "of this window", "correction": "of earlier windows"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    command = _command(given[0]) if given else None
    if command is not None:
        return command(given[1:])
    options = _parser().parse_args(given)
    try:
        data = Path(options.bundle).read_bytes()
        trust_data = Path(options.trust).read_bytes()
        contract = Path(options.contract).read_bytes() if options.contract else None
        anchors = Path(options.anchors).read_bytes() if options.anchors else None
        status = Path(options.status).read_text(encoding="ascii").strip() if options.status else None
    except OSError as error:
        print(f"verify-outcome: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except UnicodeDecodeError:
        print(f"verify-outcome: {options.status}: is no status list token", file=sys.stderr)
        return 2
    now = int(time.time()) if options.at is None else options.at
    try:
        trust = TrustFile.load(trust_data)
        accepted_by, audited_by = frozenset(options.accepted_by), frozenset(options.audited_by)
        demands = Demands(contract, anchors, options.max_status_age, status, accepted_by, audited_by)
        verified = verify_bundle(data, trust, now=now, demands=demands)
    except TrustInvalid as error:
        _fail({"verified": False, "code": error.code, "reason": str(error)}, as_json=options.json)
        return error.exit_code
    except VerificationError as error:
        verdict = {
            "verified": False,
            "step": error.step,
            "code": error.code,
            "reason": str(error),
            "advice": _advice(error, trust),
            **_trust_body(trust),
        }
        if isinstance(error, StatusInvalid) and error.successor is not None:
            verdict["superseded_by"] = {
                "jti": error.successor.jti,
                "seq": error.successor.seq,
                "issued_at": error.successor.issued_at,
                "difference": dict(error.successor.difference),
            }
        _fail(verdict, as_json=options.json)
        return error.exit_code
    if options.json:
        print(json.dumps(as_json(verified, trust), ensure_ascii=False, indent=2))
    else:
        print("\n".join(report(verified, trust)))
    return 0


def _advice(error: VerificationError, trust: TrustFile) -> str:
    """What to do about it; where two causes look the same, the one that costs nothing to try comes first."""
    advice = _ADVICE[error.step]
    if not error.may_need_newer_trust:
        return advice
    return (
        f"your trust file is version {trust.version} of {instant(trust.issued_at)[:10]}, and keys are rotated: ask the"
        " municipality for a newer one, whose fingerprint is the same, and check again. Where the newest one refuses it"
        f" too: {advice}"
    )


def _trust_body(trust: TrustFile) -> dict[str, Any]:
    return {
        "trust_fingerprint": trust.fingerprint,
        "trust_version": trust.version,
        "trust_issued_at": trust.issued_at,
    }


def _command(word: str) -> Callable[[Sequence[str]], int] | None:
    """What a word as first argument asks for, imported only then: plain verification starts without it."""
    match word:
        case "present":
            from outcome_verifier.present import main
        case "key":
            from outcome_verifier.keyfile import main
        case "accept":
            from outcome_verifier.accept import main
        case "balances":
            from outcome_verifier.balances import main
        case "countersign":
            from outcome_verifier.countersign import main
        case "log":
            from outcome_verifier.history_cli import main
        case "trial":
            from outcome_verifier.trial import main
        case _:
            return None
    return main


def report(verified: VerifiedOutcome, trust: TrustFile) -> Iterator[str]:
    """The verdict in lines, for a person."""
    claims = verified.claims
    for check in verified.checks:
        yield f"  {check.number:>2} {_WORD[check.extent]:<5}{check.title:<12} {check.detail}"
    yield ""
    yield f"VERIFIED  {claims['template'].replace('_', ' ')}, {claims['contract']['id']} {claims['window']['label']}"
    if claims.get("demo"):
        yield "DEMO      signed with a development key: proves nothing about real people or money"
    for audit in verified.deviations:
        yield f"DEVIATIONS  {audit.auditor} looked at {audit.sample_said}, and does NOT agree with this attestation:"
        yield "            ask the auditor and the municipality before you rely on it"
    yield f"  from      {claims['municipality']['name']} ({claims['municipality']['code']})"
    yield f"  to        {claims['recipient']['organisation']} ({claims['recipient']['role']}), no. {claims['seq']}"
    yield f"  window    {claims['window']['from_week']} to {claims['window']['to_week']}"
    payers = sum(party.role == "outcome_payer" for party in verified.acceptances)
    yield from figures(claims, verified.shown, further_payers=payers - 1)
    yield from endorsements(verified)
    yield ""
    yield "NOT CHECKED"
    for point in verified.not_checked:
        yield f"  - {point}"
    yield ""
    yield f"profile {verified.profile}, trust file version {trust.version} of {instant(trust.issued_at)}"
    yield f"trust fingerprint {trust.fingerprint}"


def as_json(verified: VerifiedOutcome, trust: TrustFile) -> dict[str, Any]:
    """The same verdict for a program."""
    return {
        "verified": True,
        "deviations": bool(verified.deviations),
        "checks": [_as_json(check) for check in verified.checks],
        "not_checked": list(verified.not_checked),
        "accepted_by": [_as_json(one) for one in verified.acceptances],
        "countersigned_by": [_as_json(one) for one in verified.countersignatures],
        "claims": dict(verified.claims),
        "shown": dict(verified.shown),
        "status_as_of": verified.status_as_of,
        **_trust_body(trust),
    }


def _as_json(one: Acceptance | Countersignature | PassedCheck) -> dict[str, Any]:
    """Its own fields, under the names that they have here; a key's id as `key`."""
    return {"key" if field.name == "kid" else field.name: getattr(one, field.name) for field in fields(one)}


def figures(claims: Mapping[str, Any], shown: Mapping[str, Any], *, further_payers: int = 0) -> Iterator[str]:
    """The shown figures, a line each. A line says of which time it is: weeks and money are a window's, people a level
    at its end. `further_payers` is how many pay beside the municipality."""

    def line(name: str, value: object) -> str:
        return f"  {name:<22}{value}"

    if "participants" in shown:
        yield line("people referred", f"{shown['participants']}, the whole cohort of the contract")
    if "mistaken" in shown:
        yield line("by mistake", f"{shown['mistaken']} of them, who are in the denominator no longer")
    if "outcomes_achieved" in shown:
        yield line("in the outcome", f"{shown['outcomes_achieved']} {_AT_THE_END}, whenever reached")
    for name, words in _REACHED.items():
        if name in shown:
            value = "withheld" if shown[name] is None else f"{shown[name]:,} {_AT_THE_END}, from the enrolment on"
            yield line(words, value)
    if "threshold" in shown:
        met = "met" if shown["threshold"]["met"] else "NOT met"
        has_people = "people" in shown["threshold"]
        people = f"{shown['threshold']['people']} people {_AT_THE_END}: {met}" if has_people else f"{met} {_AT_THE_END}"
        yield line("threshold", people)
    for cell in shown.get("outcomes_by_class", []):
        yield line(f"  {cell['class']}", "withheld" if cell["value"] is None else f"{cell['value']} {_AT_THE_END}")
    for cell in shown.get("not_counted", []):
        yield line(
            f"  not: {cell['reason']}", "withheld" if cell["value"] is None else f"{cell['value']} {_AT_THE_END}"
        )
    if "qualifying_weeks" in shown:
        yield line("qualifying weeks", f"{shown['qualifying_weeks']:,} in this window")
    for entry in shown.get("lines", []):
        currency = shown.get("payable", {}).get("currency", "")
        amount = money(entry["amount_minor"], currency)
        windows = _LINES.get(entry["kind"], entry["kind"])
        yield line(f"  {windows}", f"{_quantity_text(entry, currency)}, {amount}  {entry['tariff']}")
    if "payable" in shown:
        amount = money(shown["payable"]["amount_minor"], shown["payable"]["currency"])
        yield line("payable", f"{amount} for this window, corrections of earlier windows included")
        yield line("  who pays", _who_pays(claims, shown["payable"]["amount_minor"], further_payers))
    for entry in shown.get("payers", []):
        amount = money(entry["amount_minor"], shown.get("payable", {}).get("currency", ""))
        yield line("  of which", f"{amount} of {entry['organisation']}")
    if "sources" in shown:
        sources = shown["sources"]
        yield line("sources complete to", f"{sources['complete_to_week']}, known at {instant(sources['known_at'])}")
    if shown.get("illustrative"):
        yield line("ILLUSTRATIVE", "these terms are not public and were made up:")
        for name in shown["illustrative"]:
            yield f"    {name}"


def endorsements(verified: VerifiedOutcome) -> Iterator[str]:
    """Who else than the issuer signed, each with the thumbprint of its key."""
    names = [f"{one.organisation} ({one.role}{_office(one)})" for one in verified.acceptances]
    width = max(map(len, names))
    yield ""
    yield "ACCEPTED BY"
    for name, accepted in zip(names, verified.acceptances, strict=True):
        yield f"  {name:<{width}}  key {accepted.kid}, {instant(accepted.at)}"
    if verified.countersignatures:
        yield ""
        yield "AUDIT"
    for audit in verified.countersignatures:
        yield f"  {audit}"
        yield f"    key {audit.kid}, {instant(audit.at)}"


def _office(one: Acceptance) -> str:
    """That an investor is the municipality itself: an office of it, beside others that lend."""
    return ", the municipality itself" if one.is_issuer and one.role == INVESTOR else ""


def _quantity_text(entry: Mapping[str, Any], currency: str) -> str:
    """The quantity of a line: `104 week(s)`, and an amount where it is one."""
    if entry["unit"] == "minor":
        return money(entry["quantity"], currency)
    return f"{entry['quantity']} {entry['unit']}(s)"


def _who_pays(claims: Mapping[str, Any], minor: int, further: int) -> str:
    """The payers are the debtors and the operator the creditor, whoever the attestation is for."""
    payer, verb = claims["municipality"]["name"], "takes back from" if minor < 0 else "pays"
    if further > 0:
        payer += f" and {further} further payer(s), by the contract's shares,"
        verb = "take back from" if minor < 0 else "pay"
    organisation, role = claims["recipient"]["organisation"], claims["recipient"]["role"]
    if claims["operator"]["name"] == claims["municipality"]["name"]:  # it delivers itself
        return f"{payer} {verb} whoever lent: repayment of a conditional grant"
    words = f"{payer} {verb} {claims['operator']['name']}"
    return words if role == "operator" else f"{words}; {organisation}, as {role}, is only shown it"


def _fail(verdict: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(verdict, ensure_ascii=False, indent=2))
        return
    where = f" at check {verdict['step']}" if "step" in verdict else ""
    print(f"NOT VERIFIED{where}: {verdict['reason']}")
    if "advice" in verdict:
        print(f"  {verdict['advice']}")
        issued = instant(verdict["trust_issued_at"])
        print(f"trust file version {verdict['trust_version']} of {issued}, fingerprint {verdict['trust_fingerprint']}")


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


def _thumbprint(text: str) -> str:
    """An RFC 7638 thumbprint: SHA-256 in base64url."""
    if not _THUMBPRINT.fullmatch(text):
        raise argparse.ArgumentTypeError("no thumbprint of a key, which has 43 characters")
    return text


def _days(text: str) -> int:
    """Whole days in seconds."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError("not a whole number of days")
    return int(text) * 86_400


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, _COMMANDS))
    others = "\n".join(f"  {name:<{width}}  {what}" for name, what in _COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="verify-outcome",
        description="Check an outcome attestation offline.",
        epilog=f"other commands, each with a --help of its own:\n{others}\n\n{_EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="the evidence bundle")
    parser.add_argument("--trust", required=True, metavar="TRUST.json", help="the issuer's trust file")
    parser.add_argument("--contract", metavar="FILE", help="the contract file that you accepted")
    parser.add_argument("--anchors", metavar="PEM", help="certificate authorities that the seal's path must lead to")
    parser.add_argument("--status", metavar="FILE", help="a fresher status list than the stapled one")
    parser.add_argument(
        "--max-status-age", type=_days, metavar="DAYS", help="refuse a status list that is older than this"
    )
    parser.add_argument(
        "--accepted-by",
        type=_thumbprint,
        action="append",
        default=[],
        metavar="KEY",
        help="thumbprint of a key, such as your own, that must have accepted the contract (may be repeated)",
    )
    parser.add_argument(
        "--audited-by",
        type=_thumbprint,
        action="append",
        default=[],
        metavar="KEY",
        help="thumbprint of an auditor's key that must have countersigned and agreed (may be repeated)",
    )
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.add_argument(
        "--at", type=_seconds, metavar="TIME", help="check as of this time: Unix seconds, or ISO 8601 with an offset"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
