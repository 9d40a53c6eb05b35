"""The manual of the outcome rules is the one that its tables make."""

from __future__ import annotations

from tests.docs.outcome_rules import PAGE, page
from tests.support.rule_tables import chapters


def test_the_page_is_made_from_the_tables_as_they_are():
    """Where this fails: `python -m tests.docs.outcome_rules`."""
    assert PAGE.read_text("utf-8") == page()


def test_every_rule_of_the_tables_stands_on_the_page():
    text = PAGE.read_text("utf-8")
    for chapter in chapters():
        assert f"## {chapter.title}\n" in text
        for part in (*chapter.rules, *chapter.matrices):
            assert f"### {part.title}\n" in text
