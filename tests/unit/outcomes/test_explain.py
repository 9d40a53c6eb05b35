"""The line of the rule that decided a week: as somebody reads it who opens the contract file at that line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.explain import Rules, explain_person
from policies.basis import StopReason
from tests.support.histories import EXAMPLES, history
from vocabulary.weeks import Week

PAUSE = '[[pauses]]\nfrom_week = "2020-W12"\nto_week = "2020-W12"\n\n[freeze]'
TEXT = (EXAMPLES / "contracts" / "impact60.toml").read_text(encoding="utf-8").replace("[freeze]", PAUSE)
TEXT = TEXT.replace('moved = "failure"', 'moved = "neutral"')
CONTRACT = load_contract(TEXT.encode(), file="impact60.toml")
LINES = TEXT.splitlines()

ROWS = [
    # weeks from W10       the runs: reason, weeks, and how the rule's line begins
    ("FF-S", ["QUALIFIES 2 id = \"fleksjob\"", "PAUSED 1 from_week", 'QUALIFIES 1 id = "skaanejob"']),
    ("BH", ["NO_STATE 1 states = ", "REPEATS_WEEK_BEFORE 1 neutral_statuses"]),
    ("-", ['NO_INCOME 1 id = "ordinary_job"']),
    ("NF", ["NEUTRAL 1 moved", 'QUALIFIES 1 id = "fleksjob"']),
    ("D", ["EXIT 1 dead"]),
    ("?U", ["NOT_OBSERVED 1 status", "UNKNOWN_CODE 1 unknown_codes"]),
]  # fmt: skip


@pytest.mark.parametrize(("weeks", "expected"), ROWS)
def test_a_run_names_the_rule_that_decided(weeks: str, expected: list[str]):
    until = Week.parse("2020-W10") + (len(weeks) - 1)
    explained, _ = explain_person(Rules(CONTRACT, TEXT), history(weeks), until)
    [window] = explained.windows
    assert window.counted_weeks + window.not_counted == len(weeks)
    found = [(f"{run.reason.name} {run.weeks} ", LINES[run.line - 1]) for run in window.runs]
    assert [
        name + line[: len(text) - len(name)] for (name, line), text in zip(found, expected, strict=True)
    ] == expected


def test_an_exit_by_record_names_its_own_rule_and_the_last_week_its_measures():
    stopped = replace(history("FFF"), stop=StopReason.OBJECTED, last_week=Week.parse("2020-W10").ordinal)
    explained, _ = explain_person(Rules(CONTRACT, TEXT), stopped, Week.parse("2020-W11"))
    assert [LINES[run.line - 1].partition(" ")[0] for run in explained.windows[0].runs] == ["id", "objected"]
    over = history("F" * 160, start="2018-W40")
    explained, _ = explain_person(Rules(CONTRACT, TEXT), over, Week.parse("2021-W43"))
    last = explained.windows[-1].runs[-1]
    assert LINES[last.line - 1].startswith("weeks_from_enrolment")


def test_windows_follow_each_other_and_their_units_add_up():
    person = history("F" * 30, start="2019-W20")
    weeks, people = explain_person(Rules(CONTRACT, TEXT), person, Week.parse("2019-W49"))
    assert [(part.window, part.units, part.counted_weeks) for part in weeks.windows] == [
        ("2019H1", 7, 7),
        ("2019H2", 30, 23),
    ]
    assert weeks.quantity == weeks.counted_weeks == 30
    assert (people.quantity, str(people.windows[-1].to_week)) == (1, "2019-W49")
