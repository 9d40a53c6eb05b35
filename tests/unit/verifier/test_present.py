"""The holder may withhold, and nothing else; a reader may bring a fresher status list."""

from __future__ import annotations

from pathlib import Path

import pytest

from outcome_verifier import b64, cli, statuslist
from outcome_verifier.present import present
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import verify_bundle
from tests.support.bundles import INDEX, NOW, Issuer, disclosable

ISSUER = Issuer("present")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "full.json").write_bytes(ISSUER.bundle())
    (tmp_path / "TRUST.json").write_bytes(ISSUER.trust_bytes())
    return tmp_path


def run(folder: Path, bundle: str, *options: str) -> int:
    return cli.main([str(folder / bundle), "--trust", str(folder / "TRUST.json"), "--at", str(NOW), *options])


@pytest.mark.parametrize("only", [{"outcomes_achieved", "payable"}, {"participants"}, set(disclosable())])
def test_what_is_shown_verifies_and_the_rest_is_gone(only: set[str]):
    data = present(ISSUER.bundle(), only)
    verified = verify_bundle(data, TrustFile.load(ISSUER.trust_bytes()), now=NOW)
    assert set(verified.shown) == only
    hidden = {str(value) for name, value in disclosable().items() if name not in only and isinstance(value, int)}
    token = data.decode().partition("~")[2]
    disclosures = [b64.decode(text).decode() for text in token.partition('"')[0].split("~") if text]
    assert not any(f",{value}]" in text for text in disclosures for value in hidden)


def test_the_command_writes_a_bundle_that_verifies(folder: Path, capsys: pytest.CaptureFixture[str]):
    out = str(folder / "shown.json")
    assert cli.main(["present", str(folder / "full.json"), "--only", "outcomes_achieved,payable", "--out", out]) == 0
    assert run(folder, "shown.json") == 0
    told = capsys.readouterr().out
    assert "21" in told
    assert "people referred" not in told


def test_a_claim_that_is_not_there_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]):
    out = folder / "shown.json"
    assert cli.main(["present", str(folder / "full.json"), "--only", "names", "--out", str(out)]) == 2
    assert "participants" in capsys.readouterr().err
    assert not out.exists()


def test_a_fresher_status_list_is_read_instead_of_the_staple(folder: Path, capsys: pytest.CaptureFixture[str]):
    bits = statuslist.with_status(ISSUER.bits, INDEX, statuslist.INVALID)
    fresh = ISSUER.status(status_list={"bits": 1, "lst": statuslist.encode(bits)}, iat=NOW)
    (folder / "status").write_text(fresh + "\n")
    assert run(folder, "full.json") == 0
    assert run(folder, "full.json", "--status", str(folder / "status")) == 18
    (folder / "status").write_text("hello")
    assert run(folder, "full.json", "--status", str(folder / "status")) == 18


@pytest.mark.parametrize(("days", "code"), [("1", 0), ("0", 0), ("x", 2), ("-1", 2)])
def test_the_age_of_the_status_is_given_in_days(folder: Path, days: str, code: int):
    if code:
        with pytest.raises(SystemExit) as refused:
            run(folder, "full.json", "--max-status-age", days)
        assert refused.value.code == code
    else:
        assert run(folder, "full.json", "--max-status-age", days) == code


def test_the_verdict_names_profile_and_trust_version(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert run(folder, "full.json") == 0
    assert "profile pinned-key, trust file version 1 of 2026-02-02" in capsys.readouterr().out
