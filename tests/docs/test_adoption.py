"""The road of docs/adoption.md, run line by line as it stands there; and the example files fit their contract."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from gateway.outcomes.opening import load_opening
from tests.docs.test_operations import ROOT, run
from tests.support.histories import EXAMPLES, example_contract

PAGE = (ROOT / "docs" / "adoption.md").read_text(encoding="utf-8")
ROAD = [
    line.removeprefix("$ ")
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
# a word that the output of a line must hold, by the line's beginning
SAYS = {
    "gateway init": "kind             test",
    "gateway contract add": "in shadow",
    "gateway shadow": "2 of 9 figures differ",  # two weeks too many, and the money for them
    "verify-outcome balances": "STATED",
    "gateway contract adopt": "adopted: impact60 from the window after 2019H2 on",
    "gateway settle state impact60": "contested",
    "gateway settle accruals": "DIFFERS: the registers show 124",
    "gateway release": "released",
    "verify-outcome bundle.json": "VERIFIED",
    "gateway doctor": "stated by the parties, not evaluated",
}


def test_the_example_balances_fit_the_example_contract():
    """After an edit of the contract: write its digest into the file, as into the programmes."""
    file = EXAMPLES / "adoption" / "impact60.opening.toml"
    opening = load_opening(file.read_bytes(), example_contract("impact60"), file=file.name)
    assert opening.windows == ("2018H2", "2019H1", "2019H2")
    assert opening.paid_minor == 89_400_000


@pytest.mark.long
def test_the_road_works_as_it_is_written(tmp_path: Path):
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    exports = "".join(f"{line}\n" for line in ROAD if line.startswith("export "))
    said = {line: run(tmp_path, exports + line) for line in ROAD if not line.startswith("export ")}
    for beginning, word in SAYS.items():
        [out] = [out for line, out in said.items() if line.startswith(beginning)]
        assert word in out, beginning
    [removing] = re.findall(r"`rm -r ([^`]+)`", PAGE)
    left = {path.name for path in tmp_path.iterdir()} - {"examples", ".venv"}
    assert set(removing.split()) == left
