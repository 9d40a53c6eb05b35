"""The policy set on disk: unchanged since it was reviewed, and readable."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from policies.engine import CEDAR_DIRECTORY, PolicyEngine
from policies.errors import PolicySetInvalid
from policies.facts import FACTS
from policies.readable import READABLE, readable
from policies.ruleset import CASES, MANIFEST, load_ruleset, manifest_of
from policies.terms import Action
from tests.policies.cases import all_cases, index


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CEDAR_DIRECTORY, tmp_path / "cedar"))


def test_the_manifest_is_fresh() -> None:
    """If this fails after a reviewed change: python -m policies.manifest."""
    assert (CEDAR_DIRECTORY / MANIFEST).read_bytes() == manifest_of(CEDAR_DIRECTORY)


def test_the_rule_book_is_fresh() -> None:
    """If this fails after a reviewed change: python -m policies.readable."""
    assert READABLE.read_text("utf-8") == readable(load_ruleset(CEDAR_DIRECTORY))


def test_the_rule_book_shows_every_rule_in_both_languages() -> None:
    text = READABLE.read_text("utf-8")
    for rule in PolicyEngine.load().rules.rules.values():
        assert rule.id in text
        assert rule.title_da in text
        assert rule.title_en in text
        assert rule.condition in text


def test_an_unchanged_copy_loads(copied: Path) -> None:
    """Positive control of the refusals below."""
    assert PolicyEngine.load(copied).policy_set_sha256 == PolicyEngine.load().policy_set_sha256


@pytest.mark.parametrize("name", sorted(json.loads((CEDAR_DIRECTORY / MANIFEST).read_bytes())["files"]))
def test_a_changed_file_is_refused_and_named(copied: Path, name: str) -> None:
    (copied / name).write_bytes((copied / name).read_bytes() + b"\n")
    with pytest.raises(PolicySetInvalid, match=name):
        PolicyEngine.load(copied)


@pytest.mark.parametrize("name", sorted(json.loads((CEDAR_DIRECTORY / MANIFEST).read_bytes())["files"]))
def test_a_missing_file_is_refused(copied: Path, name: str) -> None:
    (copied / name).unlink()
    with pytest.raises(PolicySetInvalid):
        PolicyEngine.load(copied)


def test_an_added_file_is_refused(copied: Path) -> None:
    """A file that widens access cannot be slipped in beside the reviewed ones."""
    (copied / "base" / "99-more.cedar").write_text("permit (principal, action, resource);", "utf-8")
    with pytest.raises(PolicySetInvalid, match="99-more"):
        PolicyEngine.load(copied)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"files": []}', "not json"])
def test_a_manifest_that_says_something_else_is_refused(copied: Path, text: str) -> None:
    (copied / MANIFEST).write_text(text, "utf-8")
    with pytest.raises(PolicySetInvalid):
        PolicyEngine.load(copied)


def test_a_permit_without_template_is_refused_even_with_a_fresh_manifest(copied: Path) -> None:
    (copied / "base" / "99-more.cedar").write_text(
        '@id("P99-all")\n@title_en("a")\n@title_da("a")\n@law("l")\npermit (principal, action, resource);\n',
        "utf-8",
    )
    (copied / MANIFEST).write_bytes(manifest_of(copied))
    with pytest.raises(PolicySetInvalid, match="P99-all"):
        PolicyEngine.load(copied)


def test_the_index_of_cases_is_fresh() -> None:
    """If this fails after a new case: python -m tests.policies.cases."""
    assert (CEDAR_DIRECTORY / CASES).read_text("utf-8") == index()


@pytest.mark.long
def test_every_name_in_the_index_is_a_case_that_the_rule_decides_alone() -> None:
    """As the engine decides it, not as the case says it should."""
    cases = {case.name: case for case in all_cases()}
    engine = PolicyEngine.load().with_programmes(case.request.programme for case in cases.values())
    for rule, names in json.loads((CEDAR_DIRECTORY / CASES).read_text("utf-8")).items():
        for name in names:
            assert engine.authorise(cases[name].request).rule_ids == (rule,), name


def reviewed(copied: Path, cases: object) -> Path:
    """The copy with another index of cases and a manifest that fits it: what an insider could write."""
    (copied / CASES).write_text(json.dumps(cases))
    (copied / MANIFEST).write_bytes(manifest_of(copied))
    return copied


def test_a_rule_that_no_case_exercises_is_refused_at_load(copied: Path) -> None:
    cases = json.loads((copied / CASES).read_text())
    del cases["P42-appointment"]
    with pytest.raises(PolicySetInvalid, match="P42-appointment"):
        PolicyEngine.load(reviewed(copied, cases))


@pytest.mark.parametrize("names", [[], True, "deny/a", {"deny/a": 1}, [""], [1], ["deny/a", "deny/a"], None])
def test_a_rule_needs_a_list_of_names_of_cases(copied: Path, names: object) -> None:
    """What is merely there exercises nothing."""
    cases = json.loads((copied / CASES).read_text())
    with pytest.raises(PolicySetInvalid, match="P42-appointment"):
        PolicyEngine.load(reviewed(copied, cases | {"P42-appointment": names}))
    assert PolicyEngine.load(reviewed(copied, cases | {"P42-appointment": ["deny/a", "deny/b"]}))


def test_cases_of_a_rule_that_is_not_there_are_refused(copied: Path) -> None:
    cases = json.loads((copied / CASES).read_text())
    with pytest.raises(PolicySetInvalid, match="P99-gone"):
        PolicyEngine.load(reviewed(copied, cases | {"P99-gone": ["deny/a"]}))


def test_the_cases_are_a_part_of_the_set_that_is_approved(copied: Path) -> None:
    before = PolicyEngine.load(copied).policy_set_sha256
    cases = json.loads((copied / CASES).read_text())
    cases["P42-appointment"] = cases["P42-appointment"][:1]
    assert PolicyEngine.load(reviewed(copied, cases)).policy_set_sha256 != before


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_an_index_of_cases_that_cannot_be_read_refuses_all(copied: Path, text: str) -> None:
    (copied / CASES).write_text(text)
    (copied / MANIFEST).write_bytes(manifest_of(copied))
    with pytest.raises(PolicySetInvalid, match="cannot be read"):
        PolicyEngine.load(copied)


def test_no_manifest_no_policies(copied: Path) -> None:
    (copied / MANIFEST).unlink()
    with pytest.raises(PolicySetInvalid, match="cannot be read"):
        PolicyEngine.load(copied)


def test_the_facts_of_every_action_are_those_of_the_schema() -> None:
    """A fact that Python has and the schema lacks, or the other way round, would refuse every request."""
    schema = PolicyEngine.load().rules.schema
    for action in Action:
        found = re.search(rf"action [^{{;]*\b{action}\b[^{{;]*appliesTo", schema)
        assert found, action
        shared = schema.index("context:", found.end())
        names_a_type = schema[shared:].startswith("context: ReleaseFacts")
        start = schema.index("type ReleaseFacts") if names_a_type else shared
        block = schema[start : schema.index("}", start)]
        declared = {line.split(":")[0].strip() for line in block.splitlines()[1:] if ":" in line}
        assert declared == {field.name for field in fields(FACTS[action])}, action
