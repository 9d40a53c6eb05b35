"""The mutation report speaks of the code as it is: each module under the digest that it has now."""

from __future__ import annotations

from tests.mutants import report
from tests.mutants.__main__ import MOST_SURVIVORS
from tests.mutants.results import last_results
from tests.mutants.staging import NOT_YET, ROOT, TESTS, digest


def test_the_report_speaks_of_every_module_as_it_is_now():
    """Strict both ways: what is named as not run has no row, and leaves the list when it gets one."""
    said = report.digests(report.PAGE.read_text("utf-8"))
    assert set(NOT_YET) < set(TESTS)
    assert said == {module: digest(module) for module in TESTS if module not in NOT_YET}, "run `make mutants`"


def test_the_report_is_written_from_the_results():
    """Whole: every mutant was tried, few live, and each of them for a reason that is still somebody's."""
    results = last_results()
    assert report.PAGE.read_text("utf-8") == report.page(results)
    assert [result.module for result in results if result.not_run] == []
    assert report.unexplained(results) == report.for_nobody(results) == []
    lived, tried = sum(len(result.survivors) for result in results), sum(result.mutants for result in results)
    assert 0 < lived <= MOST_SURVIVORS * tried


def test_every_module_and_its_tests_are_there():
    for module, tests in TESTS.items():
        assert (ROOT / module).is_file()
        assert all((ROOT / test.partition("::")[0]).exists() for test in tests), module


def test_a_change_of_one_byte_is_another_digest():
    """Positive control: a row with another digest is stale."""
    row = f"| `policies/calendar.py` | `{'0' * 64}` | 2026-01-01 | 1 | 1 | 1 | 0 | 0 | 0 |\n"
    assert report.digests(row) == {"policies/calendar.py": "0" * 64}
    assert digest("policies/calendar.py") != "0" * 64
