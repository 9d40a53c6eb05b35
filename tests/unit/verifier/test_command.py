"""`verify-outcome` as its user meets it: verdicts, exit codes, and a start that loads next to nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from outcome_verifier import cli
from tests.support.bundles import CONTRACT, NOW, Issuer, disclosable, visible


@pytest.fixture
def files(tmp_path: Path) -> tuple[Issuer, Path]:
    issuer = Issuer()
    (tmp_path / "bundle.json").write_bytes(issuer.bundle(issuer.token(visible(demo=True))))
    (tmp_path / "TRUST.json").write_bytes(issuer.trust_bytes())
    (tmp_path / "contract.toml").write_bytes(CONTRACT)
    return issuer, tmp_path


def run(folder: Path, *more: str) -> int:
    arguments = [str(folder / "bundle.json"), "--trust", str(folder / "TRUST.json"), "--at", str(NOW), *more]
    return cli.main(arguments)


def test_a_good_bundle_is_reported_a_line_a_check(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    _, folder = files
    assert run(folder, "--contract", str(folder / "contract.toml")) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines() if " ok  " in line] == [str(n) for n in range(1, 12)]
    for text in ("VERIFIED", "DEMO", "NOT CHECKED", "21,000.00 DKK", "withheld", "trust file"):
        assert text in out


def figures(folder: Path, issuer: Issuer, capsys: pytest.CaptureFixture[str], token: str) -> dict[str, str]:
    """Each figure's line of the verdict, by the name that it begins with."""
    (folder / "bundle.json").write_bytes(issuer.bundle(token))
    assert run(folder) == 0
    shown = capsys.readouterr().out.partition("\n  window ")[2].partition("\n\n")[0]
    return dict(re.split(r" {2,}", line.strip(), maxsplit=1) for line in shown.splitlines()[1:])


def test_each_figure_says_of_which_time_it_is(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    issuer, folder = files
    found = figures(folder, issuer, capsys, issuer.token(shown=disclosable(qualifying_weeks=1234)))
    assert found["people referred"] == "40, the whole cohort of the contract"
    assert found["in the outcome"] == "21 at the end of the window, whenever reached"
    assert found["threshold"] == "20 people at the end of the window: met"
    assert found["job"] == "21 at the end of the window"
    assert found["other"] == "withheld"
    assert found["qualifying weeks"] == "1,234 in this window"
    assert found["payable"] == "21,000.00 DKK for this window, corrections of earlier windows included"


def test_a_verdict_without_numbers_is_of_the_window_s_end(
    files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]
):
    issuer, folder = files
    shown = disclosable(outcomes_achieved=None, outcomes_by_class=None, payable=None, threshold={"met": False})
    found = figures(folder, issuer, capsys, issuer.token(visible(template="predicate"), shown))
    assert found["threshold"] == "NOT met at the end of the window"
    assert "who pays" not in found


PAYMENTS = {
    "investor": (2_100_000, "Aalborg Kommune pays An operator; an-investor, as investor, is only shown it"),
    "operator": (2_100_000, "Aalborg Kommune pays An operator"),
    "taken back": (-500, "Aalborg Kommune takes back from An operator"),
    "nothing": (0, "Aalborg Kommune pays An operator"),
}


@pytest.mark.parametrize("case", PAYMENTS)
def test_who_pays_whom_is_said(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str], case: str):
    """What is payable is the municipality's debt to the operator, whoever holds the bundle."""
    issuer, folder = files
    amount, words = PAYMENTS[case]
    role = "investor" if case == "investor" else "operator"
    claims = visible(recipient={"role": role, "organisation": f"an-{role}"})
    shown = disclosable(payable={"amount_minor": amount, "currency": "DKK"})
    assert figures(folder, issuer, capsys, issuer.token(claims, shown))["who pays"] == words


@pytest.mark.parametrize(("amount", "verb"), [(2_100_000, "pay"), (-500, "take back from")])
def test_several_payers_are_not_called_one(amount: int, verb: str):
    """A reader who takes the municipality for the only debtor would expect all of the money from it."""
    shown = disclosable(payable={"amount_minor": amount, "currency": "DKK"})
    claims = visible(recipient={"role": "operator", "organisation": "an-operator"})
    lines = list(cli.figures(claims, shown, further_payers=2))
    words = f"Aalborg Kommune and 2 further payer(s), by the contract's shares, {verb} An operator"
    assert any(line.endswith(words) for line in lines)


def test_the_lines_of_a_payment_say_which_windows_they_are_of(capsys: pytest.CaptureFixture[str]):
    lines = [
        {"tariff": "m", "kind": "window", "unit": "week", "quantity": 3, "amount_minor": 300},
        {"tariff": "m", "kind": "correction", "unit": "week", "quantity": -1, "amount_minor": -100},
    ]
    shown = {"lines": lines, "payable": {"amount_minor": 200, "currency": "DKK"}}
    found = [re.split(r" {2,}", line.strip(), maxsplit=1) for line in cli.figures(visible(), shown)]
    assert found[0] == ["of this window", "3 week(s), 3.00 DKK  m"]
    assert found[1] == ["of earlier windows", "-1 week(s), -1.00 DKK  m"]


def test_the_verdict_as_json_holds_the_same(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    _, folder = files
    assert run(folder, "--json") == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["verified"] is True
    assert len(verdict["checks"]) == 11
    assert verdict["shown"]["participants"] == 40


def test_each_failing_check_has_its_exit_code(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    issuer, folder = files
    (folder / "bundle.json").write_bytes(issuer.bundle(edit=lambda b: b.update(status="")))
    assert run(folder) == 18
    assert "NOT VERIFIED at check 8" in capsys.readouterr().out
    assert run(folder, "--json") == 18
    assert json.loads(capsys.readouterr().out)["code"] == "status-invalid"
    (folder / "contract.toml").write_bytes(b"another")
    (folder / "bundle.json").write_bytes(issuer.bundle())
    assert run(folder, "--contract", str(folder / "contract.toml")) == 19


def test_a_broken_trust_file_and_a_missing_file_are_told_apart(
    files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]
):
    _, folder = files
    (folder / "TRUST.json").write_bytes(b"{}")
    assert run(folder) == 3
    (folder / "TRUST.json").unlink()
    assert run(folder) == 2
    assert "TRUST.json" in capsys.readouterr().err


def test_starting_loads_no_heavy_package():
    """Cold start stays short because nothing beyond the standard library and cryptography is imported."""
    code = "import outcome_verifier.cli, sys; print(' '.join(sys.modules))"
    found = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    assert found & {"tomllib", "getpass", "outcome_verifier.signing", "outcome_verifier.present"} == set()
    heavy = {"pydantic", "typer", "jwt", "httpx", "rich", "sqlalchemy", "sqlmodel", "numpy", "gateway", "socket", "ssl"}
    assert found & heavy == set()
