"""Words of a programme: a paper uses those of its day, and a day without a word is refused with key and day."""

from __future__ import annotations

from datetime import date

import pytest

from policies.errors import ProgrammeInvalid, WordNotValid
from policies.programme import Programme
from policies.programme_file import load_programme
from policies.words import OFFICE, ProgrammeWord, ProgrammeWords, places_of
from tests.support.histories import EXAMPLES


def programme(name: str = "impact60") -> Programme:
    return load_programme((EXAMPLES / "programmes" / f"{name}.toml").read_bytes(), file=f"{name}.toml")


def words(*days: tuple[str, str, str | None]) -> ProgrammeWords:
    """(text, first day, last day) of each word of one key, `k`."""
    entries = [
        ProgrammeWord("k", text, text, date.fromisoformat(first), date.fromisoformat(last) if last else None, "x")
        for text, first, last in days
    ]
    return ProgrammeWords(tuple(entries), "p.toml")


@pytest.mark.parametrize(
    ("day", "office"),
    [
        ("2018-01-01", "jobcentret"),
        ("2026-06-30", "jobcentret"),  # both ends belong to the word
        ("2026-07-01", "kommunen"),
        ("2030-01-01", "kommunen"),
    ],
)
def test_an_office_is_called_what_it_is_called_on_the_day(day: str, office: str) -> None:
    assert programme().office(on=date.fromisoformat(day)) == office


def test_a_law_is_cited_as_it_stands_on_the_day() -> None:
    before, after = (programme().law(on=date(*day)) for day in ((2026, 12, 31), (2027, 1, 1)))
    assert before.startswith("Lov om organisering og understøttelse")
    assert "2027" in after
    illustrative = [one.source for one in programme().words.entries if one.valid_from == date(2027, 1, 1)]
    assert all(source.startswith("illustrative") for source in illustrative), "the law of 2027 is only expected"


def test_the_law_of_a_grant_is_a_word_too() -> None:
    ballerup = programme("ballerup")
    [grant] = [one for one in ballerup.grants if one.law_reference]
    law = ballerup.words.word_on(date(2020, 1, 1), grant.law_reference)
    assert law.danish == "Lov om en aktiv beskæftigelsesindsats § 4"


@pytest.mark.parametrize("day", [date(2017, 12, 31), date(2020, 6, 1)], ids=["before the first", "in a gap"])
def test_a_day_without_a_word_is_refused_with_key_and_day(day: date) -> None:
    known = words(("a", "2018-01-01", "2020-05-31"), ("b", "2020-06-02", None))
    with pytest.raises(WordNotValid, match=rf"p\.toml has no word for k on {day}"):
        known.word_on(day, "k")


def test_a_programme_without_a_word_for_the_office_is_refused() -> None:
    text = (EXAMPLES / "programmes" / "impact60.toml").read_text("utf-8").replace('"employment_office"', '"office"')
    with pytest.raises(ProgrammeInvalid, match=r"\bwords has no word for employment_office"):
        load_programme(text.encode(), file="impact60.toml")


def test_a_word_may_hold_for_a_single_day_and_its_programme_is_named_where_it_is_missing() -> None:
    text = (EXAMPLES / "programmes" / "impact60.toml").read_text("utf-8")
    text = text.replace("valid_to = 2026-06-30", "valid_to = 2018-01-01")
    found = load_programme(text.encode(), file="impact60.toml")
    assert found.office(on=date(2018, 1, 1)) == "jobcentret"
    with pytest.raises(WordNotValid, match=r"^impact60\.toml has no word for employment_office on 2018-01-02"):
        found.office(on=date(2018, 1, 2))


def test_a_text_gets_the_words_of_its_day_in_its_language() -> None:
    known, text = programme().words, "A {employment_office}, B {law}."
    assert places_of(text) == {OFFICE, "law"}
    assert known.fill(text, day=date(2026, 7, 1), language="da").startswith("A kommunen, B Lov om organisering")
    assert known.fill(text, day=date(2026, 6, 30), language="en").startswith("A the job centre, B Lov om organisering")
    assert "chapters 6-7" in known.fill(text, day=date(2026, 6, 30), language="en")


@pytest.mark.parametrize(
    ("days", "on", "last"),
    [
        # the last day with a word, of keys that have none some day within 60 days
        ([("a", "2018-01-01", None)], "2026-11-29", None),
        ([("a", "2018-01-01", "2027-01-28")], "2026-11-29", "2027-01-28"),  # in 60 days
        ([("a", "2018-01-01", "2027-01-29")], "2026-11-29", None),  # in 61
        ([("a", "2018-01-01", "2026-12-31"), ("b", "2027-01-01", None)], "2026-11-29", None),
        ([("a", "2018-01-01", "2026-12-31"), ("b", "2027-01-02", None)], "2026-11-29", "2026-12-31"),
        ([("b", "2027-01-01", "2027-01-10"), ("a", "2018-01-01", "2026-12-31")], "2026-11-29", "2027-01-10"),
        ([("a", "2018-01-01", "2026-11-28")], "2026-11-29", "2026-11-28"),  # it has ended
        ([("a", "2018-01-01", "2026-07-02")], "2026-11-29", "2026-07-02"),  # long ago
        ([("a", "2027-03-01", None)], "2026-11-29", "2026-11-28"),  # none has been yet
    ],
)
def test_a_word_that_ends_is_foreseen_60_days_ahead(
    days: list[tuple[str, str, str | None]], on: str, last: str | None
) -> None:
    found = words(*days).last_days(on=date.fromisoformat(on))
    assert found == ({"k": date.fromisoformat(last)} if last else {})


def test_a_word_that_ends_before_it_begins_is_refused_in_these_words() -> None:
    text = (EXAMPLES / "programmes" / "impact60.toml").read_text("utf-8")
    with pytest.raises(ProgrammeInvalid) as refused:
        load_programme(text.replace("valid_to = 2026-12-31", "valid_to = 2017-12-31").encode(), file="impact60.toml")
    assert refused.value.reason == "lies before valid_from"
