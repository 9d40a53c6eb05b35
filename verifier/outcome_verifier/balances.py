"""`verify-outcome balances CONTRACT.toml BALANCES.toml`: a party signs what it states of windows before the gateway.

An endorsement of the file's digest, under one contract text. It says that the party states these figures, and that
nobody evaluated them.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcome_verifier import endorsement, signing
from outcome_verifier.accept import ContractText, Party, read_toml
from outcome_verifier.amounts import money
from outcome_verifier.keyfile import passphrase_of
from outcome_verifier.shapes import is_contract, is_digest, is_party

TYPE = "opening-balances+jwt"
SAYS = "stated by the parties, not evaluated"
STATERS = ("outcome_payer", "operator")
CLOCK_SKEW_SECONDS = 60
_SHAPES = {
    "contract": is_contract,
    "balances_sha256": is_digest,
    "party": is_party,
    "statement": lambda value: value == SAYS,
}
_EXAMPLE = (
    "example: verify-outcome balances impact60.toml opening.toml --as operator/fokus-folkeoplysning "
    "--key our.key.pem --out operator.balances.jwt"
)


@dataclass(frozen=True, slots=True)
class StatedBalances:
    """One party's statement. `kid` is the key that made it, `at` the party's own time in Unix seconds."""

    role: str
    organisation: str
    kid: str
    at: int


def sign(contract: Mapping[str, Any], balances: bytes, party: Party, signer: endorsement.JwsSigner, *, at: int) -> str:
    """The party's statement of a balances file at an instant (Unix seconds). `ValueError` for a party without a say."""
    if party[0] not in STATERS:
        raise ValueError("balances are stated by whoever pays and by the operator")
    claims = {
        "contract": dict(contract),
        "balances_sha256": hashlib.sha256(balances).hexdigest(),
        "party": {"role": party[0], "organisation": party[1]},
        "statement": SAYS,
        "iat": at,
    }
    return endorsement.sign(signer, typ=TYPE, claims=claims)


def read(token: str, *, contract: Mapping[str, Any], balances_sha256: str, now: int) -> StatedBalances:
    """A statement of this balances file under this contract text. Raises `ValueError`. Whose the key is, is another
    question.
    """
    found = endorsement.read(token, typ=TYPE, shapes=_SHAPES)
    said = found.claims
    if said["contract"] != contract:
        raise ValueError("balances were signed under another contract text")
    if said["balances_sha256"] != balances_sha256:
        raise ValueError("other balances were signed than these")
    if said["iat"] > now + CLOCK_SKEW_SECONDS:
        raise ValueError("balances were signed in the future")
    return StatedBalances(said["party"]["role"], said["party"]["organisation"], found.kid, said["iat"])


def main(arguments: Sequence[str]) -> int:
    """Run `verify-outcome balances` and return its exit code: 0, or 2 where nothing was signed."""
    options = _parser().parse_args(arguments)
    try:
        contract = ContractText.load(Path(options.contract).read_bytes())
        balances = Path(options.balances).read_bytes()
        body = read_toml(balances)
        if body.get("contract_sha256") != contract.claim["rules_sha256"]:
            raise ValueError(f"{options.balances}: was made for another contract text than {options.contract}")
        role, _, organisation = options.party.partition("/")
        if (role, organisation) not in contract.parties:
            raise ValueError(f"the contract names no such party; it names {', '.join(map('/'.join, contract.parties))}")
        signer = signing.load(Path(options.key), passphrase_of(options.passphrase_file))
        token = sign(contract.claim, balances, (role, organisation), signer, at=int(time.time()))
        Path(options.out).write_text(token + "\n", encoding="ascii")
    except (OSError, ValueError) as error:  # a TOMLDecodeError is a ValueError
        print(f"verify-outcome: {error}", file=sys.stderr)
        return 2
    print("\n".join(_report(contract, body, balances, signer.kid, options.out)))
    return 0


def _report(contract: ContractText, body: Mapping[str, Any], balances: bytes, kid: str, out: str) -> Iterator[str]:
    yield f"STATED     {contract.title} ({contract.claim['id']}, version {contract.claim['version']}), not evaluated"
    yield f"  digest   {hashlib.sha256(balances).hexdigest()}"
    currency = str(body.get("currency", ""))
    for line in body.get("lines", []):
        amounts = "  ".join(
            f"{name} {_money(line.get(f'{name}_minor', 0), currency)}" for name in ("paid", "held", "disputed")
        )
        yield f"  {line.get('window')}  {line.get('tariff')}  {line.get('quantity')}  {amounts}"
    yield f"  by key   {kid}"
    yield ""
    yield f"wrote {out}. Compare every line with what you hold before you hand it to the municipality."


def _money(minor: object, currency: str) -> str:
    if type(minor) is not int:
        raise ValueError("an amount is no whole number of minor units")
    return money(minor, currency)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify-outcome balances",
        description="Sign what a party states of the windows that were settled before the gateway.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("contract", metavar="CONTRACT.toml", help="the contract file, exactly as the parties agreed on")
    parser.add_argument("balances", metavar="BALANCES.toml", help="the opening balances, exactly as both parties sign")
    parser.add_argument("--as", dest="party", required=True, metavar="ROLE/ORGANISATION", help="the party that states")
    parser.add_argument("--key", required=True, metavar="PEM", help="the key that it accepted the contract with")
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="the key's passphrase is its first line; else it is asked"
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="where to write the statement")
    return parser
