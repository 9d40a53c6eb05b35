"""Bitemporal spells: nothing is overwritten, and a past evaluation reads what was known then."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from gateway.events.contracts import SourceDeclared
from gateway.outcomes.history import PersonHistory
from gateway.store import histories, postings, spells
from gateway.store.queries import complete_since, completeness
from gateway.store.tables import LinkageRow, PullRow
from gateway.store.unit_of_work import Store
from gateway.store.vault import VaultTables
from keys.errors import VaultCorrupt
from keys.linkage import BlindIndexRow
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_subject, add_subject
from tests.support.stored import stored_postings, stored_spells
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Month, Week

REF = SubjectRef("a" * 32)
FIRST = Week.parse("2020-W01")
EVENT = SourceDeclared(source="dream", sha256="0" * 64)
LETTERS = {"F": (Status.FLEKSJOB, "771"), "-": (Status.NO_BENEFIT, ""), "U": (Status.UNKNOWN, "9x")}
DAY = timedelta(days=1)


def shown(weeks: str, *, start: int = 0) -> list[StatusSpell]:
    """One spell a letter, from the start-th week; a blank is not observed."""
    return [
        StatusSpell(REF, *LETTERS[letter], FIRST + start + n, FIRST + start + n)
        for n, letter in enumerate(weeks)
        if letter != " "
    ]


def pull(
    store: Store, weeks: str, *, day: int, start: int = 0, edition: int | None = None, covered_since: range = range(0)
) -> int:
    with store.write(NOW + day * DAY, by=SOMEBODY) as uow:
        uow.record(EVENT)
        return spells.store_spells(
            uow.session,
            "c",
            "dream",
            shown(weeks, start=start),
            from_week=FIRST + start,
            to_week=FIRST + (start + len(weeks) - 1),
            edition=day if edition is None else edition,
            now=uow.now,
            covered_since=lambda _: [FIRST.ordinal + week for week in covered_since],
        )


def known(store: Store, *, day: int) -> str:
    """What the store says of the first weeks, as known at the end of a day."""
    letters = {status: letter for letter, (status, _) in LETTERS.items()}
    history = load(store, day=day)
    weeks = range(FIRST.ordinal, FIRST.ordinal + 6)
    return "".join("".join(letters[s] for s in history.statuses.get(week, ())) or " " for week in weeks)


def load(store: Store, *, day: int) -> PersonHistory:
    with store.read() as session:
        [history] = histories.load_histories(
            session, "c", status_sources=["dream"], income_source="income", known_at=NOW + day * DAY
        )
    return history


@pytest.fixture
def enrolled(store: Store) -> Store:
    with store.write(NOW, by=SOMEBODY) as uow:
        add_subject(uow.session, a_subject(REF.value))
        uow.record(EVENT)
    return store


def test_a_correction_changes_today_and_not_yesterday(enrolled: Store) -> None:
    assert pull(enrolled, "FFF--", day=1) == 1
    assert pull(enrolled, "F-F--", day=2) == 1
    assert pull(enrolled, "F-F--", day=3) == 0  # the same again
    assert pull(enrolled, "UU", day=4, start=4) == 1  # an extract that covers later weeks only
    assert [known(enrolled, day=day) for day in range(5)] == [
        "      ",
        "FFF-- ",
        "F-F-- ",
        "F-F-- ",
        "F-F-UU",
    ]


def test_an_older_file_that_comes_late_undoes_nothing_and_still_tells_the_weeks_behind(enrolled: Store) -> None:
    pull(enrolled, "F-F", day=1, edition=20)
    assert pull(enrolled, "FFF--", day=2, edition=10) == 1
    assert known(enrolled, day=2) == "F-F-- "
    assert pull(enrolled, "UUU", day=3, edition=10) == 0
    assert known(enrolled, day=3) == "F-F-- "
    assert pull(enrolled, "FFF", day=4, edition=20) == 1  # the same edition again, mended
    assert known(enrolled, day=4) == "FFF-- "


def test_what_a_newer_edition_left_open_an_older_one_does_not_fill(enrolled: Store) -> None:
    pull(enrolled, "F F", day=1, edition=20)
    assert pull(enrolled, "----U", day=2, edition=10, covered_since=range(3)) == 1
    assert known(enrolled, day=2) == "F F-U "


def test_weeks_that_a_newer_edition_confirmed_are_its_own(enrolled: Store) -> None:
    pull(enrolled, "FF--", day=1, edition=10)
    assert pull(enrolled, "FF--", day=2, edition=20) == 0
    assert pull(enrolled, "UUUU", day=3, edition=15) == 0
    assert pull(enrolled, "F", day=4, edition=30) == 0  # confirms a part of a row
    assert pull(enrolled, "UU", day=5, edition=25) == 1
    assert known(enrolled, day=5) == "FU--  "
    assert known(enrolled, day=4) == "FF--  "


def test_consecutive_weeks_are_one_row(enrolled: Store) -> None:
    pull(enrolled, "FFF--F", day=1)
    with enrolled.read() as session:
        found = stored_spells(session)
    weeks = [(row.code, row.from_week - FIRST.ordinal, row.to_week - FIRST.ordinal) for row in found]
    assert weeks == [("771", 0, 2), ("", 3, 4), ("771", 5, 5)]


def test_postings_are_summed_as_of_the_day(enrolled: Store) -> None:
    """A correction is another posting: it counts from the day it was known."""
    month = Month.parse("2020-01")
    for day, hours in ((1, 16_000), (2, -4_000)):
        with enrolled.write(NOW + day * DAY, by=SOMEBODY) as uow:
            posting = IncomePosting(REF, month, IncomeType.WAGE, hours, hours < 0)
            assert postings.store_postings(uow.session, "c", "income", day, [posting], replaced=[], now=uow.now) == 1
            uow.record(EVENT)
    key = (month.ordinal, IncomeType.WAGE)
    assert [load(enrolled, day=day).hours.get(key, 0) for day in range(3)] == [0, 16_000, 12_000]
    assert [load(enrolled, day=day).postings.get(key, 0) for day in range(3)] == [0, 1, 0]


def test_a_file_that_comes_again_replaces_its_postings_from_that_day(enrolled: Store) -> None:
    month = Month.parse("2020-01")
    for day, hours, replaced in ((1, 16_000, []), (2, 1_000, []), (3, 15_000, [1])):
        with enrolled.write(NOW + day * DAY, by=SOMEBODY) as uow:
            posting = IncomePosting(REF, month, IncomeType.WAGE, hours)
            postings.store_postings(uow.session, "c", "income", day, [posting], replaced=replaced, now=uow.now)
            uow.record(EVENT)
    key = (month.ordinal, IncomeType.WAGE)
    assert [load(enrolled, day=day).hours.get(key, 0) for day in range(4)] == [0, 16_000, 17_000, 16_000]


def test_a_file_that_comes_again_gives_no_new_version_of_what_it_says_again(enrolled: Store) -> None:
    """Equal postings are counted one by one: two that are the same stand twice, and one that is gone is closed once."""
    month = Month.parse("2020-01")
    for day, hours, replaced in ((1, [8_000, 8_000, 500], []), (2, [8_000, 700], [1])):
        with enrolled.write(NOW + day * DAY, by=SOMEBODY) as uow:
            found = [IncomePosting(REF, month, IncomeType.WAGE, one) for one in hours]
            postings.store_postings(uow.session, "c", "income", day, found, replaced=replaced, now=uow.now)
            uow.record(EVENT)
    with enrolled.read() as session:
        rows = stored_postings(session)
    seen = sorted((row.paid_hours_hundredths, (row.known_from - NOW).days, row.known_to is None) for row in rows)
    assert seen == [(500, 1, False), (700, 2, True), (8_000, 1, False), (8_000, 1, True)]
    assert [load(enrolled, day=day).hours[month.ordinal, IncomeType.WAGE] for day in (1, 2)] == [16_500, 8_700]


def test_a_posting_with_another_amount_is_another_posting(enrolled: Store) -> None:
    month = Month.parse("2020-01")
    for day, amount, replaced in ((1, 100, []), (2, 200, [1])):
        with enrolled.write(NOW + day * DAY, by=SOMEBODY) as uow:
            posting = IncomePosting(REF, month, IncomeType.WAGE, 16_000, amount_minor=amount)
            postings.store_postings(uow.session, "c", "income", day, [posting], replaced=replaced, now=uow.now)
            uow.record(EVENT)
    assert [load(enrolled, day=day).earnings[month.ordinal, IncomeType.WAGE] for day in (1, 2)] == [100, 200]


def test_a_file_that_comes_again_takes_nothing_from_whoever_is_not_followed_any_more(enrolled: Store) -> None:
    """It was read without that person, so it says nothing of the person: what was known stays."""
    month = Month.parse("2020-01")
    with enrolled.write(NOW + DAY, by=SOMEBODY) as uow:
        posting = IncomePosting(REF, month, IncomeType.WAGE, 16_000)
        postings.store_postings(uow.session, "c", "income", 1, [posting], replaced=[], now=uow.now)
        uow.record(EVENT)
    with enrolled.write(NOW + 2 * DAY, by=SOMEBODY) as uow:
        postings.store_postings(uow.session, "c", "income", 2, [], replaced=[1], without=[REF.value], now=uow.now)
        uow.record(EVENT)
    assert load(enrolled, day=2).hours == {(month.ordinal, IncomeType.WAGE): 16_000}


@given(st.lists(st.integers(0, 12), unique=True))
def test_runs_cover_exactly_their_numbers(numbers: list[int]) -> None:
    """Rejoined, the runs are the numbers; two runs never touch."""
    runs = spells._runs(sorted(numbers))
    assert [n for first, last in runs for n in range(first, last + 1)] == sorted(numbers)
    assert all(after[0] > before[1] + 1 for before, after in pairwise(runs))


def a_pull(from_week: int, to_week: int, *, day: int) -> PullRow:
    return PullRow(
        contract_id="c",
        source_id="dream",
        file_name="f",
        file_sha256=str(day),
        meaning_sha256="",
        from_week=FIRST.ordinal + from_week,
        to_week=FIRST.ordinal + to_week,
        edition=1,
        asked_to_week=FIRST.ordinal + 9,
        batches=1,
        counts={},
        decision_id="d",
        known_at=NOW + day * DAY,
    )


def test_completeness_stops_at_the_first_gap() -> None:
    rows = [a_pull(0, 3, day=1), a_pull(6, 9, day=2)]
    assert completeness(rows, first=FIRST).to_week == FIRST + 3
    assert completeness([*rows, a_pull(4, 5, day=3)], first=FIRST).to_week == FIRST + 9
    assert complete_since([*rows, a_pull(4, 5, day=3)], first=FIRST, to=FIRST + 9) == NOW + 3 * DAY
    assert complete_since(rows, first=FIRST, to=FIRST + 4) is None
    assert completeness(rows, first=FIRST + 4).to_week is None


def test_the_vault_keeps_and_finds_what_was_sealed(store: Store) -> None:
    """One number in two contracts shares its municipal index; each contract's index finds its own subject."""
    with store.write(NOW, by=SOMEBODY) as uow:
        vault = VaultTables(uow.session)
        for subject, contract in (("a" * 32, "contract:x"), ("b" * 32, "contract:y")):
            indexes = [BlindIndexRow("municipality", 1, b"m" * 16), BlindIndexRow(contract, 1, b"c" * 16)]
            vault.add(subject, sealed_cpr=b"sealed", wrapped_key=b"key", indexes=indexes)
        uow.record(EVENT)
    with store.read() as session:
        vault = VaultTables(session)
        assert sorted(vault.subjects_at("municipality", 1, b"m" * 16)) == ["a" * 32, "b" * 32]
        assert vault.subjects_in("contract:x", 1) == {b"c" * 16: "a" * 32}
        assert vault.subjects_in("contract:x", 2) == {}
        assert vault.sealed_entry("a" * 32) == (b"sealed", b"key")
        with pytest.raises(VaultCorrupt):
            vault.sealed_entry("c" * 32)
        assert len(session.exec(select(LinkageRow)).all()) == 4
