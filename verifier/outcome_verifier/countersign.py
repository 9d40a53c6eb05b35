"""`verify-outcome countersign FINDINGS.json`: an auditor signs what it found of one attestation, which must verify."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from outcome_verifier import canonical, countersignature, endorsement, signing
from outcome_verifier.countersignature import FINDINGS
from outcome_verifier.errors import TrustInvalid, VerificationError
from outcome_verifier.keyfile import passphrase_of
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import VerifiedOutcome, verify_bundle

_EXAMPLE = (
    "example: verify-outcome countersign findings.json --bundle impact60-2020H2.bundle.json --trust TRUST.json "
    "--key auditor.key.pem --out audit.jwt"
)


def read_findings(data: bytes) -> dict[str, Any]:
    """The findings that the gateway wrote on municipal premises: canonical JSON, perhaps with a line feed after it.

    Raises `ValueError`.
    """
    found = canonical.loads_canonical(data.removesuffix(b"\n"))
    if not isinstance(found, dict) or set(found) != set(FINDINGS):
        raise ValueError(f"the findings are not exactly {', '.join(sorted(FINDINGS))}")
    for name, shape in FINDINGS.items():
        if not shape(found[name]):
            raise ValueError(f"the findings have a {name} of the wrong form")
    return found


def countersign(
    findings: Mapping[str, Any], verified: VerifiedOutcome, trust: TrustFile, signer: endorsement.JwsSigner, *, at: int
) -> str:
    """The countersignature at an instant (Unix seconds), as a verifier accepts it; `ValueError` where none would."""
    digest = verified.jwt_sha256
    said = countersignature.claims(findings, visible=verified.claims, jwt_sha256=digest, at=at)
    token = endorsement.sign(signer, typ=countersignature.TYPE, claims=said)
    found = countersignature.check_all(
        [token],
        claims=verified.claims,
        shown=verified.shown,
        jwt_sha256=digest,
        dependent={trust.anchor, *trust.keys, *(one.kid for one in verified.acceptances)},
        now=at,
    )
    countersignature.check_independent(found, verified.acceptances)
    return token


def main(arguments: Sequence[str]) -> int:
    """Run `verify-outcome countersign`. Exit codes: 0; 10 + n: the bundle fails check n; 3: the trust file; 2: else."""
    options = _parser().parse_args(arguments)
    now = int(time.time())
    try:
        findings = read_findings(Path(options.findings).read_bytes())
        trust = TrustFile.load(Path(options.trust).read_bytes())
        verified = verify_bundle(Path(options.bundle).read_bytes(), trust, now=now)
        signer = signing.load(Path(options.key), passphrase_of(options.passphrase_file))
        token = countersign(findings, verified, trust, signer, at=now)
        Path(options.out).write_text(token + "\n", encoding="ascii")
    except VerificationError as error:
        print(f"verify-outcome: nothing was signed, the bundle fails check {error.step}: {error}", file=sys.stderr)
        return error.exit_code
    except TrustInvalid as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, ValueError) as error:
        print(f"verify-outcome: {error}", file=sys.stderr)
        return 2
    claims, sample = verified.claims, findings["sample"]
    seen = countersignature.sample_in_words(sample["size"], sample["population"], sample["draw"])
    print(
        f"COUNTERSIGNED  {claims['contract']['id']} {claims['window']['label']}, no. {claims['seq']}, {claims['jti']}"
    )
    print(f"  for          {claims['recipient']['organisation']} ({claims['recipient']['role']})")
    print(f'  as           {findings["auditor"]}: "{findings["verdict"]}", {seen}')
    print(f"  by the key   {signer.kid}")
    print(f"  trust        {trust.fingerprint}")
    print(f"\nwrote {options.out}: hand it to the municipality, which puts it into the bundles of this attestation.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verify-outcome countersign",
        description="Check a bundle, and sign what an audit of a sample found of its attestation.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("findings", metavar="FINDINGS.json", help="what was found, as the gateway wrote it")
    parser.add_argument("--bundle", required=True, metavar="BUNDLE", help="the evidence bundle of the attestation")
    parser.add_argument("--trust", required=True, metavar="TRUST.json", help="the issuer's trust file")
    parser.add_argument("--key", required=True, metavar="PEM", help="the auditor's private key")
    parser.add_argument(
        "--passphrase-file", metavar="FILE", help="the key's passphrase is its first line; else it is asked"
    )
    parser.add_argument("--out", required=True, metavar="FILE", help="where to write the countersignature")
    return parser
