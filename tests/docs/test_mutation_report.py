"""The mutation report speaks of the code as it is: each module under the digest that it has now."""

from __future__ import annotations

import pytest

from tests.mutants import report
from tests.mutants.results import last_results
from tests.mutants.staging import ROOT, TESTS, digest


@pytest.mark.long
def test_the_report_speaks_of_every_module_as_it_is_now():
    """Before a release: while code changes every hour, a run of most of an hour after each change is no help."""
    said = report.digests(report.PAGE.read_text("utf-8"))
    stale = [module for module in TESTS if said.get(module) != digest(module)]
    assert stale == [], "run `make mutants`"


def test_the_report_is_written_from_the_results():
    said = report.digests(report.PAGE.read_text("utf-8"))
    assert said == {result.module: result.sha256 for result in last_results()}


def test_every_module_and_its_tests_are_there():
    for module, tests in TESTS.items():
        assert (ROOT / module).is_file()
        assert all((ROOT / test).exists() for test in tests), module


def test_a_change_of_one_byte_is_another_digest():
    """Positive control: a row with another digest is stale."""
    row = f"| `policies/calendar.py` | `{'0' * 64}` | 2026-01-01 | 1 | 1 | 1 | 0 | 0 | 0 |\n"
    assert report.digests(row) == {"policies/calendar.py": "0" * 64}
    assert digest("policies/calendar.py") != "0" * 64
