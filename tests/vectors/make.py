"""Writes every vector as a file: `python -m tests.vectors.make`. The same bytes at every run.

Keys, salts and signatures come from the text of the seed and from nothing else: they belong to nobody.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from outcome_verifier.errors import TrustInvalid, VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import Demands, verify_bundle
from tests.support.bundles import CONTRACT, NOW, Issuer
from tests.vectors import bundle_flaws, endorsement_flaws, token_flaws
from tests.vectors.making import Vector

HERE = Path(__file__).parent
SEED = "outcome vectors 1"


def vectors() -> list[Vector]:
    """Good ones first, then bad ones in the order of the steps."""
    return [
        *bundle_flaws.GOOD,
        *endorsement_flaws.GOOD,
        *bundle_flaws.trust(),
        *bundle_flaws.step1(),
        *endorsement_flaws.step1(),
        *token_flaws.step2(),
        *token_flaws.step3(),
        *token_flaws.step4(),
        *token_flaws.step5(),
        *bundle_flaws.step6(),
        *bundle_flaws.step7(),
        *bundle_flaws.step8(),
        *bundle_flaws.step9(),
        *endorsement_flaws.step10(),
        *endorsement_flaws.step11(),
    ]


def files() -> dict[str, bytes]:
    """Path below this folder -> content, the index among them."""
    made = {"TRUST.json": Issuer(SEED).trust_bytes(), "contract.txt": CONTRACT}
    index: list[dict[str, Any]] = []
    for vector in vectors():
        trust, name = vector.trust(Issuer(SEED)), "TRUST.json"
        if trust != made["TRUST.json"]:
            name = vector.path.replace(".bundle.json", ".trust.json")
            made[name] = trust
        made[vector.path] = vector.bundle(Issuer(SEED))
        index.append(
            {
                "path": vector.path,
                "trust": name,
                "contract": "contract.txt",
                "now": NOW,
                "profile": "pinned-key",
                "exit_code": vector.exit_code,
                "flaw": vector.flaw,
            }
        )
    made["index.json"] = _text(index)
    made["said.json"] = _text({entry["path"]: said(made, entry) for entry in index})
    return made


def said(made: dict[str, bytes], entry: dict[str, Any]) -> Any:
    """What the verifier of this project says of a vector: its reason, or each check and what was not checked."""
    try:
        trust = TrustFile.load(made[entry["trust"]])
        demands = Demands(made[entry["contract"]])
        verified = verify_bundle(made[entry["path"]], trust, now=entry["now"], demands=demands)
    except (TrustInvalid, VerificationError) as error:
        return str(error)
    checks = [f"{check.number} {check.title}: {check.detail}" for check in verified.checks]
    return {"checks": checks, "not_checked": list(verified.not_checked)}


def _text(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def main() -> None:
    for folder in ("good", "bad"):
        for old in sorted((HERE / folder).rglob("*.json")):
            old.unlink()
    made = files()
    for name, content in made.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    print(f"wrote {len(made)} files, {sum(map(len, made.values())):,} bytes")


if __name__ == "__main__":
    main()
