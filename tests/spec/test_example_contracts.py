"""Every contract in examples/contracts against what it must amount to, to the minor unit.

The figures stand in examples/contracts/expected, each with its source and a tag; people are histories that can be read,
and declared figures are signed by a test key and held against the contract before a tariff sees them.
"""

from __future__ import annotations

from math import prod

import pytest

from connectors.codes import shown_by_kind
from gateway.contracts.fitting import check_fits
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.figures import Figures
from gateway.outcomes.lint import lint
from gateway.outcomes.measures.earnings import EarningsMeasure
from gateway.outcomes.measures.instrument import with_marks
from gateway.outcomes.payers import shares
from gateway.outcomes.tariff import owed_amounts
from gateway.outcomes.terms import Rounding, divide
from policies.programme import Programme
from policies.programme_file import load_programme
from tests.support.evaluator import declared
from tests.support.expected import CONTRACTS, Expected, Result, Scenario, at, load_expected, numbers
from tests.support.histories import EXAMPLES, example_contract
from vocabulary.errors import DeclarationInvalid

NAMES = sorted(path.stem for path in CONTRACTS.glob("*.toml"))
LATER = sorted(path.stem.removesuffix("-2") for path in (CONTRACTS / "later").glob("*.toml"))


def expected(name: str) -> Expected:
    path = CONTRACTS / "expected" / f"{name}.toml"
    return load_expected(path.read_bytes(), file=path.name)


def test_every_contract_has_its_expected_figures_and_no_figure_is_without_a_contract():
    assert sorted(path.stem for path in (CONTRACTS / "expected").glob("*.toml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_a_contract_is_published_recomputed_or_marked_as_illustrative(name: str):
    contract, terms = example_contract(name), expected(name).terms
    for term in terms:
        found = at(contract, term.path)
        assert term.value == (found if type(found) in (int, str) else None), term.path
    marked = {term.path for term in terms if term.tag == "illustrative"}
    assert marked == set(contract.illustrative) - {"effective_from"}
    paths = {term.path for term in terms}
    for number in numbers(name):
        assert any(number == path or number.startswith(f"{path}.") for path in paths), number


MEANT = {"off-benefit", "off-benefit-unseen"}  # said of every state off benefits, and of every one by this register


@pytest.mark.parametrize("name", NAMES)
def test_no_example_says_what_cannot_be_meant(name: str):
    found = [one for one in lint(example_contract(name), shown_by_kind()) if one.rule not in MEANT]
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize("name", LATER)
def test_a_later_version_follows_the_example_and_changes_what_may_change(name: str):
    """If this fails after a reviewed change of the example: write its sha256sum into `follows`."""
    known, later = example_contract(name), example_contract(f"later/{name}-2")
    assert (later.id, later.version, later.follows) == (name, 2, known.sha256)
    check_amendment(known, later, released={known.windows[0].label}, sealed={known.cohort.batches[0].id})
    check_fits(later, programme_of(name))


def programme_of(name: str) -> Programme:
    path = EXAMPLES / "programmes" / f"{name}.toml"
    return load_programme(path.read_bytes(), file=path.name)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('tag = "published", ', "", "tag is missing"),
        ('tag = "published"', 'tag = "likely"', "must be one of"),
        (', source = "evaluation" }', " }", "source is missing"),
        ('source = "evaluation"', 'source = "made-up"', "belong together"),
        ('source = "evaluation"', 'source = "elsewhere"', "must be one of"),
    ],
)
def test_a_figure_without_source_or_tag_is_refused(old: str, new: str, reason: str):
    text = (CONTRACTS / "expected" / "koto-sib.toml").read_text("utf-8")
    assert old in text
    with pytest.raises(DeclarationInvalid, match=reason):
        load_expected(text.replace(old, new, 1).encode(), file="koto-sib.toml")


WITH_FIGURES = sorted(path.stem for path in (CONTRACTS / "expected").glob("*.toml"))
SCENARIOS = [(name, scenario) for name in WITH_FIGURES for scenario in expected(name).scenarios]


@pytest.mark.parametrize(("name", "scenario"), SCENARIOS, ids=[f"{name}-{scenario.id}" for name, scenario in SCENARIOS])
def test_a_contract_amounts_to_what_is_expected_of_it(name: str, scenario: Scenario):
    contract = example_contract(name)
    figures = {one.window: one for one in _series(contract, scenario)}
    for result in scenario.results:
        found = _computed(contract, scenario, figures, result)
        if result.reproduces:
            assert found == result.value, result
        else:
            assert found != result.value, f"{result} does reproduce: say so"


def _series(contract: Contract, scenario: Scenario) -> list[Figures]:
    """Cumulative figures by window, up to the last that a result asks for."""
    labels = [window.label for window in contract.windows]
    asked = [labels.index(result.window) for result in scenario.results if result.window]
    known: dict[str, int] = {}
    people = [with_marks(contract, one, scenario.scores[one.subject]) for one in scenario.people]
    series = []
    for window in contract.windows[: max(asked, default=-1) + 1]:
        for one in scenario.declared:
            if one.window == window.label:
                known[one.aggregate] = declared(contract, one.aggregate, one.window, one.value)
        missing = [a.id for a in contract.aggregates if window.label in a.windows and a.id not in known]
        assert not missing, f"{scenario.id} declares no {missing} in {window.label}"
        series.append(evaluate(contract, people, window.to_week).figures(contract, known))
    return series


def _computed(contract: Contract, scenario: Scenario, figures: dict[str, Figures], result: Result) -> int:
    match result.kind:
        case "owed":
            amounts = owed_amounts(contract, list(figures.values()))[list(figures).index(result.window)]
            return sum(amounts.values()) if result.of == "all" else amounts[result.of]
        case "owed_by":
            amounts = owed_amounts(contract, list(figures.values()))[list(figures).index(result.window)]
            return shares(contract, amounts)[[payer.organisation for payer in contract.payers].index(result.of)]
        case "quantity":
            return figures[result.window].quantities[result.of]
        case "met":
            measure = contract.people_measure
            assert measure is not None
            return int(figures[result.window].quantities[measure.id] >= measure.goal_people)
        case "threshold":
            measure = contract.measure(result.of)
            assert measure is not None
            assert isinstance(measure, EarningsMeasure)
            assert result.day is not None
            return measure.earnings.minor(result.day, contract.rounding)
        case "most":
            return contract.caps.most_minor
        case "product":
            values = {one.aggregate: one.value for one in scenario.declared}
            return prod(values[str(part)] for part in result.parts)
        case "sum":
            return sum(int(part) for part in result.parts)
        case "quotient":
            top, bottom = (int(at(contract, str(part))) for part in result.parts)
            return divide(top, bottom, Rounding.NONE)
    group, control = (int(part) for part in result.parts)  # a reduction, per mille
    return divide(1000 * (control - group), control, Rounding.HALF_UP)
