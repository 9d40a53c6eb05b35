"""The verifier in `examples/verifier-js`, written from `docs/attestation-format.md` alone, agrees on every vector."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples" / "verifier-js" / "verify-outcome.mjs"
VECTORS = ROOT / "tests" / "vectors"


def on_vectors(index: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", SCRIPT, "--vectors", index], capture_output=True, text=True, timeout=60, check=False)


def test_it_gives_the_exit_code_of_every_vector():
    number = len(json.loads((VECTORS / "index.json").read_text(encoding="utf-8")))
    done = on_vectors(VECTORS / "index.json")
    assert (done.returncode, done.stdout) == (0, f"{number} of {number} agree\n"), done.stderr


def test_a_vector_with_another_exit_code_would_be_told(tmp_path: Path):
    """The positive control: with one expectation changed the run fails and names the vector."""
    entries = json.loads((VECTORS / "index.json").read_text(encoding="utf-8"))
    for entry in entries:
        for name in ("path", "trust", "contract"):
            entry[name] = str(VECTORS / entry[name])
    entries[0]["exit_code"] = 13
    (tmp_path / "index.json").write_text(json.dumps(entries), encoding="utf-8")
    done = on_vectors(tmp_path / "index.json")
    assert done.returncode == 1
    assert f"{entries[0]['path']}: expected 13, got 0" in done.stdout


def test_its_own_command_line_shows_the_figures_and_refuses_what_it_cannot_read(tmp_path: Path):
    good = VECTORS / "good" / "full.bundle.json"
    options = ["--trust", VECTORS / "TRUST.json", "--contract", VECTORS / "contract.txt", "--at", "1770000000"]
    shown = subprocess.run(["node", SCRIPT, good, *options], capture_output=True, text=True, timeout=60, check=False)
    assert shown.returncode == 0
    assert "outcomes_achieved: 21" in shown.stdout
    missing = subprocess.run(
        ["node", SCRIPT, tmp_path / "none", *options], capture_output=True, text=True, timeout=60, check=False
    )
    assert missing.returncode == 2
