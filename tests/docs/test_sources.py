"""Every declaration in docs/sources and in examples/sources is one that can be declared."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from connectors.codes import NAMES, shipped_list, shown_by_kind
from connectors.declaration import load_declaration
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.lint import lint
from policies.programme_file import load_programme
from vocabulary.statuses import Status
from vocabulary.weeks import Week

ROOT = Path(__file__).parents[2]
OVERVIEW = ROOT / "docs" / "sources" / "README.md"
_LIMITS = r"(?<=\| law or page \|\n\|---\|---\|---\|---\|\n)(.*?)(?=\n?<!-- end of limits -->)"
BLOCKS = [
    (f"{page.name}:{number}", block)
    for page in sorted((ROOT / "docs" / "sources").glob("*.md"))
    for number, block in enumerate(
        re.findall(r"^```toml\n(schema.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize(("name", "block"), BLOCKS, ids=[name for name, _ in BLOCKS])
def test_a_declaration_in_the_documentation_can_be_declared(name: str, block: str):
    assert load_declaration(block.encode(), file=name).agreement.permitted_purposes


@pytest.mark.parametrize("file", sorted((ROOT / "examples" / "sources").glob("*.toml")), ids=lambda file: file.name)
def test_an_example_can_be_declared_and_is_called_what_it_is(file: Path):
    assert load_declaration(file.read_bytes(), file=file.name).id == file.stem


def test_the_overview_names_every_example_and_links_every_page():
    overview = (ROOT / "docs" / "sources" / "README.md").read_text("utf-8")
    for file in (ROOT / "examples" / "sources").glob("*.toml"):
        assert f"| `{file.stem}` |" in overview
    for page in (ROOT / "docs" / "sources").glob("*.md"):
        # what SOAP sources have in common is linked from each of their pages
        assert page.name in ("README.md", "kombit.md") or f"]({page.name})" in overview


def limits_table() -> str:
    """A row for each entry of `limits` in a list that comes with the software."""
    rows = []
    for name in NAMES:
        entries = {limit.days for limit in shipped_list(name).limits.values()}
        begins = min(days.first for days in entries)  # of the list as a whole
        for days in entries:
            parts = [f"from {days.first}"] if days.first != begins else []
            parts += [f"to {days.last}"] if days.last != date.max else []
            parts += [f"closed to new from {days.closed_to_new}"] if days.closed_to_new else []
            if parts:
                rows.append(f"| `{name}` | {', '.join(sorted(days.together))} | {', '.join(parts)} | {days.source} |")
    return "\n".join(sorted(rows)) + "\n"


def test_the_days_of_codes_and_the_laws_that_end_them_are_those_of_the_lists():
    """After a change of a list: `python -m tests.docs.test_sources` writes the table."""
    found = re.search(_LIMITS, OVERVIEW.read_text("utf-8"), flags=re.DOTALL)
    assert found is not None
    assert found[1] == limits_table()


def test_the_codes_in_the_documentation_are_read():
    page = (ROOT / "docs" / "sources" / "README.md").read_text("utf-8")
    [block] = re.findall(r"^```toml\n(\[codes\].*?)^```", page, re.MULTILINE | re.DOTALL)
    example = (ROOT / "examples" / "sources" / "sager.toml").read_text("utf-8")
    codes = load_declaration((example + block).encode(), file="sager.toml").codes
    assert codes.statuses["kth"] is Status.UNEMPLOYED
    assert codes.status_in("653", Week.parse("2025-W20")) is None


def test_the_order_of_precedence_in_the_documentation_is_one_that_a_contract_may_have():
    page = (ROOT / "docs" / "sources" / "README.md").read_text("utf-8")
    [block] = re.findall(r"^```toml\n(\[sources\].*?)^```", page, re.MULTILINE | re.DOTALL)
    example = (ROOT / "examples" / "contracts" / "impact60.toml").read_text("utf-8")
    text, count = re.subn(r"^\[sources\]\n.*?(?=^\[)", f"{block}\n", example, flags=re.MULTILINE | re.DOTALL)
    assert count == 1
    contract = load_contract(text.encode(), file="impact60.toml")
    assert contract.status_sources == ("civil", "dream", "education", "evidence")
    assert {kind.value for kind in contract.evidence} == {"self_employed", "work_abroad"}
    assert not [finding for finding in lint(contract, shown_by_kind()) if finding.refuses]


def test_the_assessments_in_the_documentation_are_those_of_a_programme():
    page = (ROOT / "docs" / "sources" / "README.md").read_text("utf-8")
    [block] = re.findall(r"^```toml\n(sources = .*?)^```", page, re.MULTILINE | re.DOTALL)
    example = (ROOT / "examples" / "programmes" / "impact60.toml").read_text("utf-8")
    text, count = re.subn(r"^sources = .*\nassessments = .*\n", block, example, flags=re.MULTILINE)
    assert count == 1
    programme = load_programme(text.encode(), file="impact60.toml")
    assert programme.is_assessed("dream", for_another_purpose=True)


if __name__ == "__main__":
    written = re.sub(_LIMITS, lambda _: limits_table(), OVERVIEW.read_text("utf-8"), flags=re.DOTALL)
    OVERVIEW.write_text(written, "utf-8")
