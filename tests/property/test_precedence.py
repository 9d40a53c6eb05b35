"""What several sources tell is resolved as a slow reading of the rule says, and one source alone is left as it is."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from gateway.outcomes.history import PersonHistory
from gateway.outcomes.precedence import Disagreement, by_week, disagreements, resolve
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

FIRST = Week.parse("2020-W01")
WEEKS = 5
SHOWN = (
    Status.NO_BENEFIT,
    Status.UNKNOWN,
    Status.UNEMPLOYED,
    Status.EDUCATION,
    Status.SELF_EMPLOYED,
    Status.DEAD,
    Status.NOT_RESIDENT,
)
told = st.dictionaries(
    st.integers(FIRST.ordinal, FIRST.ordinal + WEEKS - 1), st.frozensets(st.sampled_from(SHOWN), min_size=1, max_size=2)
)
sources = st.lists(told, min_size=1, max_size=4)


def slowly(told: list[dict[int, frozenset[Status]]], week: int) -> frozenset[Status] | None:
    """The rule as the contract's page has it, a sentence a line."""
    telling = [source[week] for source in told if week in source]
    if not telling:
        return None  # a week that no source tells is not observed
    for shown in telling:
        if any(status != "no_benefit" for status in shown):
            return shown  # the first that tells a status decides
    return frozenset({Status.NO_BENEFIT})  # registers that know of no benefit have yielded, and nobody else spoke


def pairs_slowly(told: list[dict[int, frozenset[Status]]]) -> set[Disagreement]:
    found = set()
    for week in range(FIRST.ordinal, FIRST.ordinal + WEEKS):
        for second, other in enumerate(told):
            for first, one in enumerate(told[:second]):
                mine = {s for s in one.get(week, ()) if s not in ("no_benefit", "unknown")}
                theirs = {s for s in other.get(week, ()) if s not in ("no_benefit", "unknown")}
                if mine and theirs and mine != theirs:
                    found.add(Disagreement(week, first, second))
    return found


@given(told=sources)
def test_the_first_that_tells_a_status_decides(told: list[dict[int, frozenset[Status]]]) -> None:
    resolved = resolve(told)
    for week in range(FIRST.ordinal, FIRST.ordinal + WEEKS):
        assert resolved.get(week) == slowly(told, week)


@given(told=sources)
def test_disagreements_are_those_of_the_slow_reading(told: list[dict[int, frozenset[Status]]]) -> None:
    found = list(disagreements(told))
    assert len(found) == len(set(found))
    assert set(found) == pairs_slowly(told)


def spells_of(source: dict[int, frozenset[Status]]) -> list[StatusSpell]:
    ref = SubjectRef("a" * 32)
    return [StatusSpell(ref, s, "", Week(week), Week(week)) for week, shown in source.items() for s in shown]


def history(first: list[StatusSpell], behind: list[list[StatusSpell]]) -> PersonHistory:
    return PersonHistory.build(subject="a" * 32, enrolled_on=date(2020, 1, 1), spells=first, postings=[], behind=behind)


@given(told=told, silent=st.lists(st.just({}), max_size=3))
def test_one_source_alone_is_read_as_it_is_and_silent_ones_change_nothing(
    told: dict[int, frozenset[Status]], silent: list[dict[int, frozenset[Status]]]
) -> None:
    """Also where it is not the first: a digest of inputs made before there were several sources stays the same."""
    alone = history(spells_of(told), [])
    assert alone.statuses == by_week(spells_of(told)) == told
    among = history([], [*map(spells_of, silent), spells_of(told)])
    assert (among.statuses, among.leaf()) == (alone.statuses, alone.leaf())
