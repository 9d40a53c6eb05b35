"""`verify-outcome` as its user meets it: verdicts, exit codes, and a start that loads next to nothing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outcome_verifier import cli
from outcome_verifier.errors import _KEY_REASONS
from outcome_verifier.trust import TrustFile
from tests.support.bundles import CONTRACT, NOW, Issuer, disclosable, visible

VECTORS = Path(__file__).parents[2] / "vectors"


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
    assert [line.split()[0] for line in out.splitlines() if " ok  " in line] == [str(n) for n in range(1, 11)]
    assert " 11 –    audit" in out, "nothing to check is not a check that passed"
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


def test_what_was_reached_stands_beside_the_time_that_it_is_of(
    files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]
):
    issuer, folder = files
    shown = {**disclosable(outcomes_reached=1234), "points_reached": None}
    found = figures(folder, issuer, capsys, issuer.token(shown=shown))
    assert found["outcomes reached"] == "1,234 at the end of the window, from the enrolment on"
    assert found["points reached"] == "withheld"


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


def extents(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[int, str]:
    """How much of each check was made."""
    assert run(folder, "--json", *more) == 0
    return {check["number"]: check["extent"] for check in json.loads(capsys.readouterr().out)["checks"]}


def test_a_check_that_was_not_made_has_no_tick(files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str]):
    issuer, folder = files
    contract = ("--contract", str(folder / "contract.toml"))
    token = issuer.token()
    audit = [issuer.countersigns(token)]
    (folder / "bundle.json").write_bytes(issuer.bundle(token, edit=lambda body: body.update(countersignatures=audit)))
    assert set(extents(folder, capsys, *contract).values()) == {"whole"}  # positive control
    assert extents(folder, capsys)[9] == "part", "no contract file was given"
    (folder / "bundle.json").write_bytes(issuer.bundle(token))
    assert extents(folder, capsys)[11] == "nothing"
    (folder / "bundle.json").write_bytes(issuer.bundle(issuer.token(shown=disclosable(cohort_seals=None))))
    assert extents(folder, capsys)[7] == "part"
    assert run(folder) == 0
    out = capsys.readouterr().out
    for line in (" 7 part seals", " 9 part contract", "11 –    audit", " 8 ok   status"):
        assert line in out


@pytest.mark.parametrize(("seconds", "extent"), [(0, "whole"), (1, "part")])
def test_a_status_list_from_before_the_issue_is_no_status(
    files: tuple[Issuer, Path], capsys: pytest.CaptureFixture[str], seconds: int, extent: str
):
    issuer, folder = files
    older = issuer.status(iat=NOW - seconds)
    (folder / "bundle.json").write_bytes(issuer.bundle(edit=lambda body: body.update(status=older)))
    assert extents(folder, capsys)[8] == extent
    assert run(folder) == 0
    out = capsys.readouterr().out
    assert ("from before it was issued" in out) is bool(seconds)
    assert ("the status since it was issued" in out) is bool(seconds)


def vector(name: str) -> dict[str, Any]:
    """The vector whose path ends so."""
    [entry] = [one for one in json.loads((VECTORS / "index.json").read_text()) if one["path"].endswith(f"/{name}")]
    return entry


KEY_REASONS = {
    "unknown-key.bundle.json": 13,
    "unknown-log.bundle.json": 16,
    "key-pending.bundle.json": 16,
    "key-not-valid-yet.bundle.json": 16,
    "status-by-an-unknown-key.bundle.json": 18,
    "list-by-a-retired-key.bundle.json": 18,
    "municipality-with-two-keys.bundle.json": 20,
    "accepted-before-the-key.bundle.json": 20,
}


@pytest.mark.parametrize("name", KEY_REASONS)
def test_an_older_trust_file_is_named_as_what_it_is(name: str, capsys: pytest.CaptureFixture[str]):
    """After a rotation a genuine bundle looks like one that is nobody's: both causes are said."""
    entry = vector(name)
    given = [str(VECTORS / entry["path"]), "--trust", str(VECTORS / entry["trust"]), "--at", str(entry["now"])]
    assert cli.main(given) == KEY_REASONS[name] == entry["exit_code"]
    out = capsys.readouterr().out
    trust = TrustFile.load((VECTORS / entry["trust"]).read_bytes())
    day = datetime.fromtimestamp(trust.issued_at, UTC).date()
    assert f"your trust file is version {trust.version} of {day}" in out
    assert "a newer one, whose fingerprint is the same" in out
    assert trust.fingerprint in out
    assert cli.main([*given, "--json"]) == entry["exit_code"]
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["trust_version"], verdict["trust_issued_at"]) == (trust.version, trust.issued_at)


def test_what_a_newer_trust_file_cannot_mend_is_not_excused_by_one(capsys: pytest.CaptureFixture[str]):
    entry = vector("step-3/zero-signature.bundle.json")
    given = [str(VECTORS / entry["path"]), "--trust", str(VECTORS / entry["trust"]), "--at", str(entry["now"])]
    assert cli.main(given) == entry["exit_code"]
    assert "newer" not in capsys.readouterr().out


def test_every_reason_about_a_key_that_is_not_trusted_has_both_causes():
    said = json.loads((VECTORS / "said.json").read_text())
    reasons = {text for text in said.values() if isinstance(text, str)}
    about = {one for one in reasons if re.search("trust file does not hold|key was not valid|no trusted key", one)}
    assert about == _KEY_REASONS


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    for name in ("present", "key", "accept", "balances", "countersign"):
        assert re.search(rf"^  {name} +[a-z]", out, re.MULTILINE), name
        assert cli._command(name) is not None
        with pytest.raises(SystemExit) as ended:
            cli.main([name, "--help"])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith("usage: ")


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
