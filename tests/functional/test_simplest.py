"""The simplest contract and its programme: under thirty lines each, and all the way to bundles that verify."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.contracts.fitting import check_fits
from gateway.outcomes.contract_file import load_contract
from policies.programme_file import load_programme
from tests.support.command_line import run
from tests.support.drafted import carried_through
from tests.support.histories import EXAMPLES

SIMPLEST = EXAMPLES / "simplest"
FILES = [SIMPLEST / "contract.toml", SIMPLEST / "programme.toml"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_is_under_thirty_lines_in_all(file: Path):
    assert len(file.read_text("utf-8").splitlines()) < 30
    assert max(map(len, file.read_text("utf-8").splitlines())) <= 140


def test_from_the_check_to_bundles_that_verify(tmp_path: Path):
    checked = run("contract", "check", FILES[0], "--programme", FILES[1])
    assert checked.code == 0, checked.err
    assert "refused" not in checked.out
    contract = load_contract(FILES[0].read_bytes(), file="contract.toml")
    check_fits(contract, load_programme(FILES[1].read_bytes(), file="programme.toml"))
    _, paid = carried_through(*FILES, tmp_path)
    assert list(paid) == ["2027H1", "2027H2", "2028H1", "2028H2", "2029H1"]
    assert sum(paid.values()) == 30 * 2_500_000
