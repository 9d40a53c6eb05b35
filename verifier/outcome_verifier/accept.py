"""`verify-outcome accept CONTRACT.toml`: a party signs that it accepts this contract text and this trust anchor."""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcome_verifier import acceptance, endorsement, signing
from outcome_verifier.errors import TrustInvalid
from outcome_verifier.keyfile import passphrase_of
from outcome_verifier.shapes import is_contract, is_text
from outcome_verifier.trust import TrustFile

_MOST_POINTS = 1_000  # of a line: a key of more is read in a time that grows with their square

Party = tuple[str, str]  # role, organisation
_EXAMPLE = (
    "example: verify-outcome accept impact60.toml --trust TRUST.json --as investor/den-sociale-kapitalfond "
    "--key our.key.pem --out investor.acceptance.jwt"
)


@dataclass(frozen=True, slots=True)
class ContractText:
    """What of a contract file is accepted: its digest, which binds every character, and whom it names."""

    claim: Mapping[str, Any]  # the claim `contract`: id, version, digest
    title: str
    parties: tuple[Party, ...]

    @classmethod
    def load(cls, data: bytes) -> ContractText:
        """Read a contract file; `ValueError` where it names no contract or no parties."""
        body = read_toml(data)
        claim = {"id": body.get("id"), "version": body.get("version", 1)}
        claim["rules_sha256"] = hashlib.sha256(data).hexdigest()
        if not is_contract(claim) or not is_text(body.get("title")):
            raise ValueError("the contract file has no id or title, or a version that is none")
        parties = sorted(_parties(body))
        if not parties or len(parties) > acceptance.MOST or len(set(parties)) != len(parties):
            raise ValueError("the contract file names no parties, too many, or one twice")
        return cls(claim, body["title"], tuple(parties))


def read_toml(data: bytes) -> dict[str, Any]:
    """The values of a TOML file; `ValueError` for any other, and for tables or lists that are too deep to be read."""
    text = data.decode("utf-8")
    try:
        if all(line.count(".") <= _MOST_POINTS for line in text.split("\n")):
            return tomllib.loads(text)
    except RecursionError:
        pass
    raise ValueError("the file has lists or tables within each other, deeper than anybody reads")


def accept(contract: ContractText, trust: TrustFile, party: Party, signer: endorsement.JwsSigner, *, at: int) -> str:
    """The party's acceptance at an instant (Unix seconds); `ValueError` where this key cannot accept for it."""
    if party not in contract.parties:
        known = ", ".join(map("/".join, contract.parties))
        raise ValueError(f"the contract names no such party; it names {known}")
    if signer.kid in trust.keys and party[0] != acceptance.PAYER:
        raise ValueError("the key is the issuer's, which accepts for the municipality alone")
    said = acceptance.claims(contract.claim, contract.parties, party, trust=trust.fingerprint, at=at)
    token = endorsement.sign(signer, typ=acceptance.TYPE, claims=said)
    acceptance.read(token, contract=contract.claim, trust=trust.fingerprint, now=at)
    return token


def main(arguments: Sequence[str]) -> int:
    """Run `verify-outcome accept` and return its exit code: 0, 3 for the trust file, or 2 where nothing was signed."""
    options = _parser().parse_args(arguments)
    try:
        contract = ContractText.load(Path(options.contract).read_bytes())
        trust = TrustFile.load(Path(options.trust).read_bytes())
        role, _, organisation = options.party.partition("/")
        signer = signing.load(Path(options.key), passphrase_of(options.passphrase_file))
        token = accept(contract, trust, (role, organisation), signer, at=int(time.time()))
        Path(options.out).write_text(token + "\n", encoding="ascii")
    except TrustInvalid as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, ValueError) as error:  # a TOMLDecodeError is a ValueError
        print(f"verify-outcome: {error}", file=sys.stderr)
        return 2
    print("\n".join(_report(contract, trust, (role, organisation), signer.kid, options.out)))
    return 0


def _report(contract: ContractText, trust: TrustFile, party: Party, kid: str, out: str) -> Iterator[str]:
    yield f"ACCEPTED       {contract.title} ({contract.claim['id']}, version {contract.claim['version']})"
    yield f"  digest       {contract.claim['rules_sha256']}"
    yield f"  issuer       {trust.issuer}"
    yield f"  fingerprint  {trust.fingerprint}"
    yield "  parties"
    for role, organisation in contract.parties:
        mark = "   <- in whose name this is signed" if (role, organisation) == party else ""
        yield f"    {role}/{organisation}{mark}"
    yield f"  by the key   {kid}"
    yield ""
    yield f"wrote {out}. Compare the fingerprint and the parties with the contract on paper before you hand it to the"
    yield f"municipality. Later, verify what it hands out with --accepted-by={kid}"


def _parties(body: Mapping[str, Any]) -> Iterator[Party]:
    """Every party: the tables `[parties.ROLE]`, further payers as `[[payers]]` and investors as `[[investors]]`."""
    tables = body.get("parties", {})
    further = {acceptance.PAYER: body.get("payers", []), acceptance.INVESTOR: body.get("investors", [])}
    if not isinstance(tables, dict) or not all(isinstance(rows, list) for rows in further.values()):
        raise ValueError("the contract file has parties of another form")
    for role, table in [*tables.items(), *((role, table) for role, rows in further.items() for table in rows)]:
        organisation = table.get("organisation") if isinstance(table, dict) else None
        if not is_text(role) or not is_text(organisation):
            raise ValueError("the contract file names a party without an organisation")
        yield role, str(organisation)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify-outcome accept",
        description="Sign that a party accepts this contract file and this trust file's anchor.",
        epilog=_EXAMPLE,
    )
    parser.add_argument(
        "contract", metavar="CONTRACT.toml", help="the contract file, exactly as the parties agreed on it"
    )
    parser.add_argument("--trust", required=True, metavar="TRUST.json", help="the municipality's trust file")
    parser.add_argument("--as", dest="party", required=True, metavar="ROLE/ORGANISATION", help="the party that accepts")
    parser.add_argument("--key", required=True, metavar="PEM", help="the party's private key")
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="the key's passphrase is its first line; else it is asked"
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="where to write the acceptance")
    return parser
