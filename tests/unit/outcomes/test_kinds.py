"""A kind is a module: a new one is a file, its row in `kinds`, and an entry of words. Nothing else is touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.outcomes.kinds import MEASURES, TARIFFS
from gateway.wording.kind_words import KindSentence, KindWords, in_both, words_for
from gateway.wording.measures import MEASURE_WORDS
from tests.docs.outcome_rules import PAGE
from tests.support.rule_tables import FOLDER
from tests.support.scratch import copy_product

TOYS = Path(__file__).parent / "toys"
OUTCOMES, WORDING = Path("gateway/outcomes"), Path("gateway/wording")
TERMS = """
[[measures]]
id = "mostly"
kind = "majority"
states = ["fleksjob"]
weeks = 15

[[tariffs]]
id = "each"
kind = "price"
of = "mostly"
price_minor = 100

[[tariffs]]
id = "bonus"
kind = "prize"
of = "mostly"
at_least = 2
amount_minor = 50000
"""
ENTRIES = {
    "measures": """        "majority": {
            "majority": KindSentence(
                in_both("hver person med {weeks} uger i {states}", "each person with {weeks} weeks in {states}"),
                "Antal borgere med {weeks} uger i en tilstand.",
                "Målet er {weeks} uger med",
            )
        },
""",
    "tariffs": """        "prize": {
            "prize": KindSentence(
                in_both("{amount}, når {figure}", "{amount} where {figure}"), "{amount}, når {figure}."
            )
        },
""",
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with a toy measure and a toy tariff, and without their words."""
    copy = copy_product(tmp_path_factory.mktemp("toys"))
    for group, toy in (("measures", "majority"), ("tariffs", "prize")):
        (copy / OUTCOMES / group / f"{toy}.py").write_text((TOYS / f"{toy}.py").read_text("utf-8"), "utf-8")
        _insert(copy / OUTCOMES / "kinds.py", "import kinds_by_word\n", f"from gateway.outcomes.{group} import {toy}\n")
        _insert(copy / OUTCOMES / "kinds.py", f"{group.upper()} = kinds_by_word(\n", f"    {toy}.KIND,\n")
    return copy


def _insert(path: Path, behind: str, text: str) -> None:
    before, found, after = path.read_text("utf-8").partition(behind)
    assert found, behind
    path.write_text(before + found + text + after, "utf-8")


def _run(tree: Path, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{tree}:{tree / 'verifier'}", "PYTHONDONTWRITEBYTECODE": "1"}
    ran = [sys.executable, *command]
    return subprocess.run(ran, cwd=tree, env=environment, input=given, capture_output=True, text=True, check=False)


def test_a_toy_kind_runs_from_contract_text_to_payment(tree: Path):
    """First without words: the import names the kind that lacks them. Then with one entry each."""
    for table, kind in (("measures", "majority"), ("tariffs", "prize")):
        refused = _run(tree, "-c", f"import gateway.wording.{table}")
        assert f"the words of kind '{kind}'" in refused.stderr
        _insert(tree / WORDING / f"{table}.py", f"    {table.upper()},\n    {{\n", ENTRIES[table])
    text = "".join((FOLDER / name).read_text("utf-8") for name in ("contract.toml", "people.toml"))
    ran = _run(tree, str(TOYS / "walk.py"), given=f"{text}\n{TERMS}")
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["payments"] == [
        [["each", "person", 0, 0], ["bonus", "person", 0, 0]],
        [["each", "person", 2, 200], ["bonus", "person", 2, 50000]],
        [["each", "person", 0, 0], ["bonus", "person", 0, 0]],
        [["each", "person", 0, 0], ["bonus", "person", 0, 0]],
    ]
    danish, english = said["pages"]
    assert "- mostly: hver person med 15 uger i fleksjob\n" in danish
    assert "- mostly: each person with 15 weeks in flexible job\n" in english
    assert "- bonus: DKK 500.00 where mostly ≥ 2 person\n" in english
    assert said["counts"] == ["Antal borgere med 15 uger i en tilstand."]
    assert said["pays"][1] == "500,00 kr., når mostly mindst 2 borgere."
    assert said["goals"] == ["Målet er 15 uger med: fleksjob."]
    assert any("mostly: 1 borger" in block and "mostly: 2 borgere" in block for block in said["examples"])
    assert said["lint"] == []
    assert said["ranges"] == [[0, 50000], *[[0, 60000]] * 3]  # nobody has fifteen weeks by the end of the first window
    assert said["best_seen"] == 60000
    assert {"measures.mostly.weeks", "tariffs.bonus.at_least", "tariffs.bonus.amount_minor"} <= set(said["terms"])
    assert said["explained"] == 1


def test_every_kind_is_shown_by_a_table_of_the_manual():
    manual = PAGE.read_text("utf-8")
    for kind in (*MEASURES.values(), *TARIFFS.values()):
        heading = next(line for line in manual.splitlines() if line.strip("# ") == kind.manual)
        mark = heading.partition(" ")[0]
        section = manual.partition(f"\n{heading}\n")[2].partition(f"\n{mark} ")[0]
        assert f'kind = "{kind.word}"' in section, kind.word


SENTENCE = KindSentence(in_both("a", "a"), "a")


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({}, "'days'"),
        ({**MEASURE_WORDS, "toy": {"toy": SENTENCE}}, "'toy'"),
        ({**MEASURE_WORDS, "days": {"days": SENTENCE, "more": SENTENCE}}, "more"),
        ({**MEASURE_WORDS, "people": {"last_week": SENTENCE}}, "last_weeks"),
    ],
)
def test_words_that_are_missing_or_too_much_are_named_at_import(table: dict[str, KindWords], named: str):
    with pytest.raises(TypeError, match=named):
        words_for(MEASURES, table)
