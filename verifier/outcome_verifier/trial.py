"""`verify-outcome trial REPORT.jwt --trust TRUST.json`: what a municipality signed of a draft that it tried.

A report is no attestation: nobody is owed anything by it, it stands in no public log, and its figures are rounded. It
says which contract text was tried, so that it can lie beside the annexes of that text and of no other.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from outcome_verifier import canonical, jws
from outcome_verifier.amounts import money
from outcome_verifier.errors import TrustInvalid
from outcome_verifier.shapes import (
    Shape,
    fields,
    is_contract,
    is_count,
    is_digest,
    is_integer,
    is_text,
    list_of,
    matches,
)
from outcome_verifier.trust import TrustFile

TYPE = "trial-report+jwt"
_EXAMPLE = "example: verify-outcome trial impact60.trial.jwt --trust TRUST.json --contract impact60.toml"
_SIGNATURE, _CONTRACT = 13, 19  # exit codes, as of the checks 3 and 9 of a bundle


def _or_nothing(shape: Shape) -> Shape:
    return lambda value: value is None or shape(value)


_SHAPES: Mapping[str, Shape] = {
    "iss": is_text,
    "iat": canonical.is_instant,
    "contract": is_contract,
    "title": is_text,
    "programme_sha256": is_digest,
    "municipality": fields(code=is_text, name=is_text),
    "purpose": lambda value: value == "planning",
    "currency": is_text,
    "people": is_count,
    "planned_people": is_count,
    "step": is_count,
    "k": is_count,
    "complete_to": matches(re.compile(r"\d{4}-W\d{2}")),
    "windows": list_of(
        fields(
            window=is_text,
            measures=list_of(
                fields(measure=is_text, unit=is_text, people=_or_nothing(is_count), units=_or_nothing(is_integer))
            ),
            amount_minor=_or_nothing(is_integer),
        )
    ),
    "left_out": list_of(is_text),
    "assumed": list_of(fields(figure=is_text, window=is_text, value=is_integer)),
    "demo": lambda value: isinstance(value, bool),
}


def read(token: str, trust: TrustFile) -> Mapping[str, Any]:
    """The claims of a report that a key of this trust file signed in its time. Raises `ValueError`."""
    parsed = jws.parse(token, typ=TYPE, members=frozenset())
    claims = parsed.payload
    if set(claims) != set(_SHAPES) or not all(shape(claims[name]) for name, shape in _SHAPES.items()):
        raise ValueError("it is no report of a trial")
    key = trust.keys.get(parsed.header["kid"])
    if key is None or claims["iss"] != trust.issuer:
        raise ValueError("it was signed with a key that the trust file does not hold, or names another issuer")
    jws.verify_signature(parsed, key.key)
    if not key.covers(claims["iat"]):
        raise ValueError("the key was not valid when it was signed")
    return claims


def main(arguments: Sequence[str]) -> int:
    """Run `verify-outcome trial`: 0, or 2 usage, 3 trust file, 13 signature or form, 19 another contract."""
    options = _parser().parse_args(arguments)
    try:
        token = Path(options.report).read_text(encoding="ascii").strip()
        trust = TrustFile.load(Path(options.trust).read_bytes())
        contract = Path(options.contract).read_bytes() if options.contract else None
    except (OSError, UnicodeDecodeError) as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return 2
    except TrustInvalid as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return error.exit_code
    try:
        claims = read(token, trust)
    except ValueError as error:
        print(f"verify-outcome: the report cannot be relied on: {error}", file=sys.stderr)
        return _SIGNATURE
    if contract is not None and hashlib.sha256(contract).hexdigest() != claims["contract"]["rules_sha256"]:
        print("verify-outcome: the report is about another contract text", file=sys.stderr)
        return _CONTRACT
    print("\n".join(_report(claims, trust)))
    return 0


def _report(claims: Mapping[str, Any], trust: TrustFile) -> Iterator[str]:
    contract, currency = claims["contract"], claims["currency"]
    yield f"TRIAL     {claims['title']} ({contract['id']}, version {contract['version']}): no payment and no result"
    if claims["demo"]:
        yield "DEMO      signed with a development key: proves nothing about real people or money"
    yield f"  text     {contract['rules_sha256']}"
    yield f"  from     {claims['municipality']['name']} ({claims['municipality']['code']})"
    yield f"  people   about {claims['people']}, to the nearest {claims['step']}"
    for window in claims["windows"]:
        counted = "  ".join(
            f"{one['measure']}: {_number(one['people'])} people, {_number(one['units'])} {one['unit']}"
            for one in window["measures"]
        )
        amount = "not shown" if window["amount_minor"] is None else money(window["amount_minor"], currency)
        yield f"  {window['window']}  {counted}  {amount}"
    yield ""
    yield f"trust fingerprint {trust.fingerprint}"


def _number(number: int | None) -> str:
    return "not shown," if number is None else str(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify-outcome trial",
        description="Check the signed report of a contract that was tried before anybody signed it.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("report", metavar="REPORT.jwt", help="the report as the municipality handed it out")
    parser.add_argument("--trust", required=True, metavar="TRUST.json", help="the municipality's trust file")
    parser.add_argument("--contract", metavar="CONTRACT.toml", help="the contract text that it must be about")
    return parser
