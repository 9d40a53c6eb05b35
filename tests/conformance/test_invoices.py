"""Invoices and credit notes against the EN 16931 rules of CEN/TC 434, run by a processor that others wrote.

The rules of Peppol and those for Denmark (DK-R) lie on top of these and are not in any package that can be installed:
what passes here was not validated against them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import distribution

import pytest
from saxonche import PySaxonProcessor

from gateway.settlement.invoice import BillFacts
from tests.property.test_reachability import bills
from tests.support.histories import example_contract
from tests.unit.settlement.test_invoice import CASES, bill, made

Rules = Callable[[bytes], list[str]]
RULES = "mcp_einvoicing_core/resources/schematron/en16931_base/CEN-EN16931-UBL.xslt"
_FAILED = re.compile(r"<svrl:failed-assert.*?<svrl:text>(.*?)</svrl:text>", re.DOTALL)


@pytest.fixture(scope="module")
def failures() -> Rules:
    """Says which assertions of the rules a document fails."""
    rules = distribution("mcp-einvoicing-core").locate_file(RULES)  # the package itself is not imported
    processor = PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(rules))

    def run(xml: bytes) -> list[str]:
        report = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode("utf-8")))
        assert report.count("svrl:fired-rule") > 40  # the rules saw the document
        return _FAILED.findall(report)

    return run


@pytest.mark.parametrize("facts", CASES, ids=lambda facts: f"{facts.kind} {facts.total_minor}")
@pytest.mark.parametrize("name", ["impact60", "ballerup"])
def test_what_is_made_keeps_the_european_norm(failures: Rules, name: str, facts: BillFacts):
    assert failures(made(example_contract(name), facts)) == []


@pytest.mark.parametrize("facts", CASES, ids=lambda facts: f"{facts.kind} {facts.total_minor}")
@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_so_does_each_with_vat_whatever_it_has_to_be_rounded_by(failures: Rules, facts: BillFacts, before: int):
    facts = replace(facts, before_minor=before)
    assert failures(made(example_contract("impact60"), facts, vat="25", vat_reason="")) == []


def test_an_amount_that_is_one_oere_off_is_found(failures: Rules):
    """Positive control."""
    xml = made(example_contract("impact60"), bill(7_650_000))
    wrong = xml.replace(b">76500.00</cbc:PayableAmount>", b">76500.01</cbc:PayableAmount>")
    assert wrong != xml
    assert [found[:10] for found in failures(wrong)] == ["[BR-CO-16]"]


def test_so_does_every_kind_of_document_that_the_search_of_all_states_makes(failures: Rules):
    """Invoices and credit notes, offsets, adjustments, rests of disputed lines and what corrections take back."""
    made_bills = bills()
    keys = {line["key"].partition("/")[2] for one in made_bills for line in one.lines}
    assert keys >= {"window", "correction", "window_adjustment"}
    assert {one.kind for one in made_bills} == {"invoice", "credit_note"}
    assert any(len({line["window"] for line in one.lines}) > 1 for one in made_bills), "an offset"
    assert {one.number: failures(one.xml) for one in made_bills} == {one.number: [] for one in made_bills}
