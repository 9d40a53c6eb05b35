"""A contract or programme that says what it may not is refused with its file, the line of the key, and the rule."""

from __future__ import annotations

import pytest

from gateway.outcomes.contract_file import load_contract
from policies.errors import ProgrammeInvalid
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from vocabulary.errors import DeclarationInvalid

SMALL = (("size = 120", "size = 20"),)  # the cohort and its batch
TWO = 'id = "2018"\nsize = 120'
# what is replaced -> how the line begins that is named, and the rule
CONTRACTS: list[tuple[tuple[tuple[str, str], ...], str, str]] = [
    (SMALL, "threshold_people = 60", "calendar-threshold"),
    ((*SMALL, ("threshold_people = 60", "threshold_people = 6")), 'template = "contract_total"', "calendar-cohort"),
    ((("k = 5", "k = 2"),), "k = 2", "disclosure-k"),
    ((("k_cohort = 25", "k_cohort = 20"),), "k_cohort = 20", "disclosure-k-cohort"),
    ((("k_cohort = 25", "k_cohort = 25\nbonus = 1"),), "bonus", "key-unknown"),
    ((("price_minor = 150000", "price_minor = 150000\nprice = 1"),), "price = 1", "key-unknown"),
    ((('title = "IMPACT60"\n', ""),), "", "key-missing"),
    ((("days_after_window = 60", 'days_after_window = "60"'),), "days_after_window", "key-type"),
    ((("enrolment_to = 2018-12-30", "enrolment_to = 2018-09-30"),), "enrolment_to", "cohort-enrolment-to"),
    ((('to_week = "2019-W26"', 'to_week = "2018-W26"'),), "to_week", "windows-to-week"),
    ((('from_week = "2019-W27"', 'from_week = "2019-W26"'),), "from_week", "windows-from-week"),
    ((('label = "2019H2"', 'label = "2019H1"'),), "label =", "windows-label"),
    ((('"refuse" # a person', '"allow" # a person'),), "double_enrolment", "cohort-double-enrolment"),
    (((TWO, TWO.replace("120", "119")),), "[[cohort.batches]]", "cohort-batches"),
    ((('breakdown_windows = ["2020H2"]', 'breakdown_windows = ["2020H1", "2020H2"]'),), "breakdown_windows", ""),
    ((('title = "IMPACT60"', "title = "),), "title = ", "file-readable"),
]
PROGRAMMES = [
    ((("active = true", "active = true\nbonus = 1"),), "bonus", "key-unknown"),
    ((('title = "IMPACT60"\n', ""),), "", "key-missing"),
    ((("active = true", 'active = "yes"'),), "active", "key-type"),
    ((("closes_on = 2022-06-30", "closes_on = 2018-06-30"),), "closes_on", "closes-on"),
    ((("suspension_days = 5 ", "suspension_days = 0 "),), "suspension_days", "suspension-days"),
    ((("until = 2026-12-31", "until = 2020-12-31"),), "accounting_until", "retention-accounting-until"),
    ((('action = "enrol"', 'action = "steal"'),), 'action = "steal"', "grants-action"),
    ((('language = "en"', 'language = "sv"'),), 'language = "sv"', "notices-language"),
    ((('requires = ["statutory_basis"]', 'requires = ["exit"]'),), "requires", "requires"),
    ((('title = "IMPACT60"', "title = "),), "title = ", "file-readable"),
]  # fmt: skip


def edited(kind: str, edits: tuple[tuple[str, str], ...]) -> str:
    text = (EXAMPLES / kind / "impact60.toml").read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def names(refused: DeclarationInvalid | ProgrammeInvalid, text: str, line: str, rule: str) -> None:
    assert refused.file == "bad.toml"
    assert str(refused).startswith("bad.toml")
    assert f"line {refused.line}" in str(refused)
    found = text.splitlines()[refused.line - 1]
    assert found.startswith(line), f"line {refused.line} is {found!r}"
    assert refused.rule == (rule or "disclosure-breakdown-windows")
    assert refused.rule in str(refused)


@pytest.mark.parametrize(("edits", "line", "rule"), CONTRACTS)
def test_a_bad_contract_is_refused_with_line_and_rule(edits: tuple[tuple[str, str], ...], line: str, rule: str):
    text = edited("contracts", edits)
    with pytest.raises(DeclarationInvalid) as refused:
        load_contract(text.encode(), file="bad.toml")
    names(refused.value, text, line, rule)


@pytest.mark.parametrize(("edits", "line", "rule"), PROGRAMMES)
def test_a_bad_programme_is_refused_with_line_and_rule(edits: tuple[tuple[str, str], ...], line: str, rule: str):
    text = edited("programmes", edits)
    with pytest.raises(ProgrammeInvalid) as refused:
        load_programme(text.encode(), file="bad.toml")
    names(refused.value, text, line, rule)
