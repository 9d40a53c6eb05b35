"""Verifiers that this project did not write agree on the good vectors; where they are laxer is written down.

Each looks at a part: `@sd-jwt/sd-jwt-vc` and `openvc-core` at the SD-JWT VC and its status, `jose` at the signed JWT,
`tlog-scales` at checkpoint and inclusion. `verdicts.json` is the table vector × verifier; any change fails. It is made
again with `python -m tests.conformance.test_independent_verifiers`.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openvc.proof.sd_jwt import SdJwtVcProofSuite
from openvc.status.issue import verify_status_list_token
from openvc.status.token_status_list import check_token_status
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint, InclusionProof

from outcome_verifier import b64, canonical, proof
from outcome_verifier.bundle import attestation_leaf
from outcome_verifier.tlog import leaf_hash

HERE = Path(__file__).parent
VECTORS = HERE.parent / "vectors"
TABLE = HERE / "verdicts.json"
TRUST_UNUSABLE = 3
Verdicts = dict[str, dict[str, str]]


def bundles() -> dict[str, dict[str, Any]]:
    """Every vector whose bundle can be read as JSON, with the keys of its trust file."""
    found = {}
    for entry in json.loads((VECTORS / "index.json").read_text()):
        if entry["exit_code"] == TRUST_UNUSABLE:
            continue  # trust files are ours alone
        try:
            body = canonical.loads((VECTORS / entry["path"]).read_bytes())
            trust = canonical.loads((VECTORS / entry["trust"]).read_bytes())
            manifest = canonical.loads(b64.decode(trust["manifest"].split(".")[1]))
        except (ValueError, KeyError, AttributeError):
            continue
        if isinstance(body, dict) and isinstance(body.get("attestation"), str):
            found[entry["path"]] = {**entry, "body": body, "manifest": manifest}
    return found


def javascript(vectors: dict[str, dict[str, Any]]) -> Verdicts:
    asked = [
        {
            "id": name,
            "attestation": vector["body"]["attestation"],
            "status": str(vector["body"].get("status")),
            "jwk": vector["manifest"]["keys"][0]["jwk"],
            "now": vector["now"],
        }
        for name, vector in vectors.items()
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as told:
        json.dump(asked, told)
        told.flush()
        done = subprocess.run(["node", "verify.mjs", told.name], cwd=HERE / "js", capture_output=True, check=True)
    return dict(json.loads(done.stdout))


def openvc(vector: dict[str, Any]) -> None:
    """The SD-JWT VC, then its status in the stapled list. It reads the wall clock, so validity is ours to compare."""
    jwk = vector["manifest"]["keys"][0]["jwk"]
    verified = SdJwtVcProofSuite().verify(vector["body"]["attestation"], public_key_jwk=jwk, check_temporal=False)
    now = datetime.fromtimestamp(vector["now"], UTC)
    status = verify_status_list_token(vector["body"]["status"], public_key_jwk=jwk, now=now)
    result = check_token_status(verified.claims, resolve_status_list_token=lambda _uri: status)
    if result is not None and getattr(result, "status", 0) != 0:
        raise ValueError("revoked")


def tlog_scales(vector: dict[str, Any]) -> None:
    """Checkpoint and inclusion of the attestation's receipt."""
    body = vector["body"]
    jwt = body["attestation"].split("~")[0]
    claims = canonical.loads(b64.decode(jwt.split(".")[1]))
    [vkey] = [log["vkey"] for log in vector["manifest"]["logs"] if log["origin"] == claims["log"]["origin"]]
    receipt = proof.parse_proof(body["receipt"])  # the container; what stands in it is judged by the oracle
    checkpoint = Checkpoint.from_text(receipt.note)
    checkpoint.verify(Vkey.from_string(vkey))
    digest = hashlib.sha256(jwt.encode()).hexdigest()
    leaf = attestation_leaf(claims["jti"], digest, claims["status"]["status_list"]["idx"], body["logged_at"])
    inclusion = InclusionProof(receipt.index, checkpoint.size, list(receipt.path))
    inclusion.check(leaf_hash(canonical.dumps(leaf)), checkpoint.root_hash)


PYTHON: dict[str, Callable[[dict[str, Any]], None]] = {"openvc-core": openvc, "tlog-scales": tlog_scales}


def table() -> Verdicts:
    """Vector -> verifier -> verdict; `outcome_verifier` is our own exit code."""
    vectors = bundles()
    verdicts = javascript(vectors)
    for name, vector in vectors.items():
        for verifier, verify in PYTHON.items():
            try:
                verify(vector)
            except Exception:  # noqa: BLE001 - whatever an oracle raises is its refusal
                verdicts[name][verifier] = "reject"
            else:
                verdicts[name][verifier] = "accept"
        verdicts[name]["outcome_verifier"] = str(vector["exit_code"])
    return {name: dict(sorted(verdicts[name].items())) for name in sorted(verdicts)}


@pytest.fixture(scope="module")
def now() -> Verdicts:
    return table()


def test_the_table_of_verdicts_has_not_changed(now: Verdicts):
    assert now == json.loads(TABLE.read_text())


def test_every_good_vector_is_good_to_every_verifier(now: Verdicts):
    good = {name: verdicts for name, verdicts in now.items() if verdicts["outcome_verifier"] == "0"}
    assert len(good) >= 8
    for name, verdicts in good.items():
        assert {verdict for verifier, verdict in verdicts.items() if verifier != "outcome_verifier"} == {"accept"}, name


def test_each_verifier_refuses_what_is_its_part(now: Verdicts):
    """Positive control: each of them can refuse, and the strict ones refuse most of what breaks RFC 9901."""
    for verifier, least in {"@sd-jwt/sd-jwt-vc": 15, "jose": 6, "openvc-core": 15, "tlog-scales": 4}.items():
        refused = [name for name, verdicts in now.items() if verdicts[verifier] == "reject"]
        assert len(refused) >= least, verifier


if __name__ == "__main__":
    TABLE.write_text(json.dumps(table(), indent=1) + "\n")
    print(f"wrote {TABLE.name}")
