"""The page that a lawyer reads leaves out nothing that pays, in either language, for every example contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from string import Formatter

import pytest
from typer.testing import CliRunner

from gateway.cli.app import tree
from gateway.documents.annexes.blocks import html
from gateway.documents.annexes.reading import reading
from gateway.documents.contract_page import Language, money, page, sections
from gateway.outcomes.kinds import MEASURES, TARIFFS
from gateway.outcomes.measures.earnings import EarningsMeasure
from gateway.outcomes.terms import ExitRule, FigureUnit, RegisterExit, Rounding
from gateway.wording import contract as contract_words
from gateway.wording.measures import MEASURE_WORDS
from gateway.wording.tariffs import TARIFF_WORDS
from policies.basis import StopReason
from tests.support.histories import EXAMPLES, example_contract

NAMES = sorted(path.stem for path in (EXAMPLES / "contracts").glob("*.toml"))


def amounts(name: str) -> Iterator[int]:
    """Every amount of the contract in minor units."""
    contract = example_contract(name)
    for tariff in contract.tariffs:
        yield from (tariff.single_price, tariff.cap_minor, tariff.cap_window_minor)
        yield from (getattr(tariff, "price_by_state", None) or {}).values()
        yield from (point.amount_minor for point in getattr(tariff, "points", ()))
    caps = contract.caps
    yield from (caps.person_minor, caps.contract_minor, caps.capital_minor, caps.most_minor)
    for measure in contract.measures:
        if isinstance(measure, EarningsMeasure):
            yield measure.earnings.amount_minor
        yield from (measure.published_index.values.values() if measure.published_index else ())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", NAMES)
def test_every_term_stands_on_the_page_beside_the_digest(name: str, language: Language):
    contract, text = example_contract(name), page(example_contract(name), language)
    assert text.splitlines()[1] == f"sha256 {contract.sha256}"
    for part in (*contract.measures, *contract.aggregates, *contract.tariffs, *contract.states):
        assert f"- {part.id}" in text
    for minor in amounts(name):
        assert not minor or money(minor, contract.currency, language) in text, minor
    for tariff in contract.tariffs:
        assert all(figure in text for figure in tariff.figures())
    for word in (*contract.illustrative, *(window.label for window in contract.windows)):
        assert word in text
    for party in contract.parties:
        assert party.name in text
    assert "{" not in text


def test_amounts_are_written_as_each_language_writes_them():
    assert [money(123456789, "DKK", one) for one in Language] == ["1.234.567,89 DKK", "DKK 1,234,567.89"]
    assert [money(-5, "EUR", one) for one in Language] == ["-0,05 EUR", "EUR -0.05"]


def test_both_languages_say_the_same_things():
    """Every sentence has both languages, with the same blanks to fill in."""
    tables = [value for name, value in vars(contract_words).items() if name.isupper()]
    assert len(tables) == 10
    kinds = [*MEASURE_WORDS.values(), *TARIFF_WORDS.values()]
    assert len(kinds) == len(MEASURES) + len(TARIFFS)
    pages = [{key: sentence.page for key, sentence in words.items()} for words in kinds]
    for table in (*tables, *pages):
        for words in table.values():
            blanks = [{name for _, name, _, _ in Formatter().parse(words[one]) if name} for one in Language]
            assert blanks[0] == blanks[1], words


def test_there_are_words_for_everything_that_a_contract_can_say():
    assert set(MEASURE_WORDS) == set(MEASURES)
    assert set(TARIFF_WORDS) == set(TARIFFS)
    assert set(contract_words.UNITS) == set(FigureUnit)
    assert set(contract_words.RULES) == set(ExitRule)
    assert set(contract_words.EXITS) == {*StopReason, *RegisterExit}
    assert {f"rounding_{rule}" for rule in Rounding} <= set(contract_words.LINES)


def test_one_last_week_is_one_and_no_plural():
    said = CliRunner().invoke(tree(), ["contract", "show", str(EXAMPLES / "contracts" / "impact60.toml")]).output
    assert "i periodens sidste uge" in " ".join(said.split())
    assert "sidste 1 uger" not in said
    assert "last 1 weeks" not in said
    assert "ører" not in said.replace("hører", "")


def test_the_command_prints_both_languages_or_one():
    file = str(EXAMPLES / "contracts" / "ballerup.toml")
    both = CliRunner().invoke(tree(), ["contract", "show", file])
    assert both.exit_code == 0
    assert "PARTERNE" in both.output
    assert "THE PARTIES" in both.output
    one = CliRunner().invoke(tree(), ["contract", "show", file, "--language", "en"])
    assert one.output.strip() == page(example_contract("ballerup"), Language.ENGLISH).strip()
    assert CliRunner().invoke(tree(), ["contract", "show", file, "--language", "xx"]).exit_code == 2


@pytest.mark.parametrize("name", NAMES)
def test_the_printed_page_holds_every_sentence_twice_numbered_alike_beside_the_digest(name: str):
    contract = example_contract(name)
    printed = unescape(html(contract.title, reading(contract, list(Language)))).replace("<wbr>", "")
    assert printed.count(contract.sha256) == len(Language)
    for language in Language:
        for section in sections(contract, language):
            assert all(f"  {line}." in printed for line in section.lines)
    numbers = re.findall(r"<p>(\d+\.\d+)  ", printed)
    assert numbers[: len(numbers) // 2] == numbers[len(numbers) // 2 :] != []


def test_a_printed_page_runs_and_loads_nothing_whatever_the_contract_says():
    hostile = replace(example_contract("impact60"), title="<script src=//x.test>alert(1)</script>")
    printed = html(hostile.title, reading(hostile, list(Language)))
    assert "<script" not in printed
    assert "default-src 'none'" in printed
    assert "<div class='long annex' lang=en>" in printed


def test_the_command_writes_the_printed_page(tmp_path: Path):
    file = str(EXAMPLES / "contracts" / "impact60.toml")
    ran = CliRunner().invoke(
        tree(), ["contract", "show", file, "--language", "en", "--html", str(tmp_path / "page.html")]
    )
    assert ran.exit_code == 0
    assert example_contract("impact60").sha256 in ran.output
    assert "Målgruppen" not in (tmp_path / "page.html").read_text("utf-8")
