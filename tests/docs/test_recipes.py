"""The recipes of CONTRIBUTING.md: each there, of ten lines at most, and every file and test that they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WANTED = {
    "A source", "A transport", "A measure kind", "A tariff kind", "A route", "A page", "A job", "An event", "An error",
    "A policy rule",
}  # fmt: skip
MOST_LINES = 10
_PLACE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:toml|md|py))`")


def recipes() -> dict[str, str]:
    """The text of each recipe by its title."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("\n## Recipes\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^### (.+)\n((?:.+\n)+)", text, flags=re.MULTILINE))


def _missing(text: str) -> list[str]:
    """The named places that are not there; of a place with a name in capitals, its folder is asked for."""
    places = [re.sub(r"/[A-Z]+\w*\.\w+$", "", place) for place in _PLACE.findall(text)]
    return [place for place in places if not (ROOT / place).exists()]


def test_there_is_a_recipe_for_everything_that_is_added_often():
    assert set(recipes()) == WANTED


@pytest.mark.parametrize("title", sorted(WANTED))
def test_a_recipe_is_short_and_names_files_and_a_test_that_exist(title: str):
    text = recipes()[title]
    assert len(text.splitlines()) <= MOST_LINES
    assert _missing(text) == []
    assert "`tests/" in text


def test_a_place_that_is_not_there_is_found():
    """Positive control."""
    assert _missing("`gateway/nowhere.py`, `gateway/nowhere/NAME.py`, `gateway/api/NAME.py`, `nothing.toml`") == [
        "gateway/nowhere.py",
        "gateway/nowhere",
        "nothing.toml",
    ]
