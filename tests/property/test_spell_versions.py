"""Stored spells against a slow model: every as-of query says what it would if each pull had kept a full copy, and
nothing that a pull only confirms gets a new version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.events.contracts import SourceDeclared
from gateway.store import histories, spells
from gateway.store.spells import SpellVersion
from gateway.store.tables import Subject
from gateway.store.unit_of_work import Store
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, add_subject, sqlite_store
from tests.support.examples import examples
from tests.unit.store.test_spells import DAY, FIRST, LETTERS
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status

pytestmark = pytest.mark.property

WEEKS = 6
EVENT = SourceDeclared(source="dream", sha256="0" * 64)
Shown = dict[int, frozenset[Status]]


@dataclass(frozen=True)
class Pull:
    """One file: what it shows of consecutive weeks, a set of letters a week, and its edition."""

    start: int
    weeks: tuple[frozenset[str], ...]
    edition: int
    late: tuple[int, str] | None  # a week outside of what it covers, which it corrects


@dataclass
class Model:
    """Every pull makes a full copy of what is known of each week; a copy a day is kept."""

    known: dict[int, tuple[int, frozenset[str]]] = field(default_factory=dict)
    covered: dict[int, int] = field(default_factory=dict)  # week -> the newest edition that covered it
    days: list[Shown] = field(default_factory=lambda: [{}])

    def pull(self, one: Pull) -> None:
        told = {one.start + n: letters for n, letters in enumerate(one.weeks)}
        covered = list(told)
        if one.late is not None:
            week, letter = one.late
            told[week] = told.get(week, frozenset()) | {letter}
        if any(told.values()):  # of whom a file says nothing at all it tells nothing
            for week, letters in told.items():
                newest = max(self.known.get(week, (0, frozenset()))[0], self.covered.get(week, 0))
                if newest <= one.edition:
                    self.known[week] = (one.edition, letters)
            self.known = {week: shown for week, shown in self.known.items() if shown[1]}
        self.covered |= {week: max(one.edition, self.covered.get(week, 0)) for week in covered}
        self.days.append(
            {week: frozenset(LETTERS[one][0] for one in letters) for week, (_, letters) in self.known.items()}
        )


pulls = st.builds(
    lambda start, weeks, edition, late: Pull(start, tuple(weeks[: WEEKS - start]), edition, late),
    st.integers(0, WEEKS - 1),
    st.lists(st.frozensets(st.sampled_from("F-U"), max_size=2), min_size=1, max_size=WEEKS),
    st.integers(1, 4),
    st.none() | st.tuples(st.integers(0, WEEKS - 1), st.sampled_from("F-U")),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = sqlite_store(tmp_path_factory.mktemp("spells") / "spells.sqlite")
    yield made
    made.dispose()


NUMBERS = count(1)


def somebody(store: Store) -> SubjectRef:
    """A person of whom nothing is known, alone in a contract."""
    ref = SubjectRef(f"{next(NUMBERS):032x}")
    with store.write(NOW, by=SOMEBODY) as uow:
        add_subject(
            uow.session,
            Subject(
                subject_id=ref.value,
                contract_id=ref.value,
                batch_id="1",
                enrolled_on=date(2020, 1, 1),
                case_reference="F-1",
                notice_id="N-1",
            ),
        )
        uow.record(EVENT)
    return ref


def rows_of(store: Store, ref: SubjectRef) -> list[SpellVersion]:
    with store.read() as session:
        found = spells.spells_of_person(session, ref.value, ref.value).get("dream", [])
    return sorted(found, key=lambda row: (row.from_week, row.known_from))


def known(store: Store, ref: SubjectRef, *, day: int) -> Shown:
    with store.read() as session:
        [history] = histories.load_histories(
            session, ref.value, status_sources=["dream"], income_source="income", known_at=NOW + day * DAY
        )
    return {week - FIRST.ordinal: shown for week, shown in history.statuses.items()}


def stored(store: Store, ref: SubjectRef, one: Pull, *, day: int, before: Sequence[Pull] = ()) -> None:
    found = [
        StatusSpell(ref, *LETTERS[letter], FIRST + week, FIRST + week)
        for week, letters in [
            *((one.start + n, letters) for n, letters in enumerate(one.weeks)),
            *([(one.late[0], frozenset(one.late[1]))] if one.late else []),
        ]
        for letter in letters
    ]
    with store.write(NOW, by=SOMEBODY) as uow:
        uow.record(EVENT)
        spells.store_spells(
            uow.session,
            ref.value,
            "dream",
            found,
            from_week=FIRST + one.start,
            to_week=FIRST + (one.start + len(one.weeks) - 1),
            edition=one.edition,
            now=NOW + day * DAY,
            covered_since=lambda _: {
                FIRST.ordinal + other.start + n
                for other in before
                if other.edition > one.edition
                for n in range(len(other.weeks))
            },
        )


@pytest.mark.long
@settings(max_examples=examples(200), deadline=None)
@given(sequence=st.lists(pulls, min_size=1, max_size=6))
def test_as_of_queries_say_what_full_copies_would_and_what_is_confirmed_gets_no_new_version(
    store: Store, sequence: list[Pull]
):
    ref, model = somebody(store), Model()
    for day, one in enumerate(sequence, start=1):
        stored(store, ref, one, day=day, before=sequence[: day - 1])
        model.pull(one)
    assert [known(store, ref, day=day) for day in range(len(model.days))] == model.days
    rows = rows_of(store, ref)
    for week in range(WEEKS):
        for status, _ in LETTERS.values():
            shown = [status in copy.get(week, ()) for copy in model.days]
            begins = [day for day in range(1, len(shown)) if shown[day] and not shown[day - 1]]
            told = [
                row for row in rows if row.status == status and row.from_week <= (FIRST + week).ordinal <= row.to_week
            ]
            assert sorted(row.known_from for row in told) == [NOW + day * DAY for day in begins]


def test_a_confirmed_week_stays_one_version_where_its_neighbour_is_corrected(store: Store):
    """Only the corrected week was ever replaced; the weeks around it are known since the first day."""
    ref, whole = somebody(store), tuple(frozenset("F") for _ in range(5))
    stored(store, ref, Pull(0, whole, 1, None), day=1)
    stored(store, ref, Pull(0, (*whole[:2], frozenset("-"), *whole[:2]), 2, None), day=2)
    seen = [
        (row.from_week - FIRST.ordinal, row.to_week - FIRST.ordinal, row.code, row.known_from, row.known_to)
        for row in rows_of(store, ref)
    ]
    first, second = NOW + DAY, NOW + 2 * DAY
    assert seen == [
        (0, 1, "771", first, None),
        (2, 2, "771", first, second),
        (2, 2, "", second, None),
        (3, 4, "771", first, None),
    ]
