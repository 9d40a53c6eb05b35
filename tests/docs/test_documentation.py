"""Documentation is under test: what it names exists, and what exists and matters is named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gateway.errors.table import _OUTCOMES, known_codes
from gateway.installation.settings import Settings
from outcome_verifier import claims as shapes

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in ROOT.rglob("*.md") if not {".venv", "var", "node_modules"} & set(path.parts))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_invariant_names_modules_and_tests_that_exist():
    rows = [line for line in text("docs/security-properties.md").splitlines() if re.match(r"\| \d+ \|", line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 13))
    for row in rows:
        held_by, tested_by = (re.findall(r"`([^`]+\.py)`", cell) for cell in row.split("|")[3:5])
        assert held_by
        assert tested_by
        for name in held_by:
            path = ROOT / name
            assert path.exists() or (ROOT / "verifier" / name).exists(), name
        for name in tested_by:
            assert (ROOT / name).exists(), name


def test_every_setting_is_documented_with_its_name():
    page = text("docs/operations.md")
    for name in Settings.model_fields:
        assert f"`GATEWAY_{name.upper()}`" in page


def test_every_disclosable_claim_stands_in_the_format():
    page = text("docs/attestation-format.md")
    for name in shapes._SHOWN:
        assert f"`{name}`" in page, name


def test_the_readme_names_the_two_commands_and_says_that_no_container_was_run():
    page = text("README.md")
    assert "$ make demo" in page
    assert "$ make test" in page
    assert "has not been run" in page


def test_every_make_target_of_the_pages_exists():
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.MULTILINE))
    for page in PAGES:
        for named in re.findall(r"`make ([a-z-]+)`|\$ make ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert set(filter(None, named)) <= targets, page


def test_decisions_are_listed_in_their_index():
    index = text("docs/adr/README.md")
    for record in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        assert record.name in index
        assert all(word in record.read_text(encoding="utf-8") for word in ("**Context.**", "**Decision.**"))


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/contracts.md", "docs/adoption.md"])
def test_the_commands_of_a_page_are_commands(page: str):
    """Each `gateway …` line of the page names commands and options that exist."""
    import typer.main

    from gateway.cli.app import tree

    root = typer.main.get_command(tree())
    for line in re.findall(r"^\$ gateway (.+)$", text(page), flags=re.MULTILINE):
        command, words = root, line.split()
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        for word in words:
            if word.startswith("--"):
                assert word in known, line


def test_every_exit_code_is_listed_where_operators_look():
    """0, 1 and 2 come from the command line itself; 1 is the doctor's, and that of an error in no tree."""
    from gateway.cli.app import _EXIT_CODES

    [listed] = re.findall(
        r"^`gateway`: (0 done.*?)\.(?:\s|$)", text("docs/operations.md"), flags=re.MULTILINE | re.DOTALL
    )
    on_the_page = {int(number): what for number, what in re.findall(r"(\d+) ([^;]+)", " ".join(listed.split()))}
    assert set(on_the_page) == {0, 1, 2} | {outcome.exit_code for outcome in _OUTCOMES.values()}
    assert "doctor" in on_the_page[1]
    assert " ".join(listed.split()) in _EXIT_CODES


def test_every_error_code_of_the_operations_page_exists():
    named = re.findall(r"\(`([a-z]+(?:-[a-z]+)+)`\)", text("docs/operations.md"))
    assert {"file-overlaps", "amendment-refused", "unsafe-for-production"} <= set(named) <= known_codes()


def test_the_licence_is_the_one_that_both_packages_declare():
    licence = text("LICENSE")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert re.findall(r"^ {3}(\d)\. ", licence, flags=re.MULTILINE) == list("123456789")
    assert "END OF TERMS AND CONDITIONS" in licence
    for name in ("pyproject.toml", "verifier/pyproject.toml"):
        assert tomllib.loads(text(name))["project"]["license"] == "Apache-2.0", name
    assert tomllib.loads(text("pyproject.toml"))["project"]["license-files"] == ["LICENSE"]
    assert "(LICENSE)" in text("README.md")
