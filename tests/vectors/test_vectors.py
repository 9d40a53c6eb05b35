"""Every vector gives its exit code, and is the same when it is made again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from outcome_verifier import cli
from tests.vectors.make import HERE, files, vectors

INDEX = json.loads((HERE / "index.json").read_text(encoding="utf-8"))
SAID = json.loads((HERE / "said.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", INDEX, ids=[entry["path"] for entry in INDEX])
def test_a_vector_gives_its_exit_code_and_its_reason(entry: dict, capsys: pytest.CaptureFixture[str]):
    named = {name: str(HERE / entry[name]) for name in ("path", "trust", "contract")}
    options = ["--trust", named["trust"], "--contract", named["contract"], "--at", str(entry["now"]), "--json"]
    code = cli.main([named["path"], *options])
    verdict = json.loads(capsys.readouterr().out)
    assert code == entry["exit_code"], verdict
    assert verdict["verified"] is (code == 0)
    if code:
        assert verdict["reason"] == SAID[entry["path"]], "refused for its own flaw, and for no other"
    else:
        checks = [f"{check['number']} {check['title']}: {check['detail']}" for check in verdict["checks"]]
        assert {"checks": checks, "not_checked": verdict["not_checked"]} == SAID[entry["path"]]


def test_made_again_they_are_the_same_bytes_with_no_file_to_spare():
    made = files()
    found = {str(path.relative_to(HERE)) for folder in ("good", "bad") for path in (HERE / folder).rglob("*.*")}
    assert found | {"TRUST.json", "contract.txt", "index.json", "said.json"} == set(made)
    changed = [name for name, content in made.items() if (HERE / name).read_bytes() != content]
    assert changed == []


def test_each_rule_has_its_vector():
    by_step = Counter(entry["exit_code"] for entry in INDEX)
    assert set(by_step) == {0, 3, *range(11, 22)}
    assert sum(count for code, count in by_step.items() if code) >= 100
    assert len({vector.flaw for vector in vectors() if vector.exit_code}) >= 100


def test_each_vector_has_its_name_once():
    names = Counter(Path(entry["path"]).name for entry in INDEX)
    assert [name for name, count in names.items() if count > 1] == []
