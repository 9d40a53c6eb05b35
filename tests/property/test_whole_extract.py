"""A whole extract scanned in blocks comes to what `pull_dream` and the evaluator come to person by person.

Lines are drawn with what municipal exports hold: quotes, spaces, carriage returns, shifted columns, people who stand
twice, broken numbers, unknown codes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import whole_extract
from connectors.boundary import CohortMatcher, EverybodyMatcher
from connectors.dream import pull_dream
from connectors.errors import RejectReason
from connectors.source_file import LocalFile
from connectors.whole_extract import scan_extract
from gateway.outcomes.arrays import GroupMeasure
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory
from gateway.simulate.registers import replacement_cpr
from keys.blind_index import BlindIndexKey
from keys.cpr import Cpr
from tests.support.examples import examples
from tests.support.histories import example_contract
from tests.unit.connectors.cohort import declared
from vocabulary.records import StatusSpell
from vocabulary.statuses import Status
from vocabulary.weeks import Week

pytestmark = pytest.mark.property

IMPACT60 = example_contract("impact60")
FIRST, WEEKS = Week.parse("2020-W51"), 6  # over the end of a year with 53 weeks
REFERENCE = FIRST + -1
CHOSEN = {Status.NO_BENEFIT, Status.EDUCATION, Status.BENEFIT, Status.HOLIDAY}
KEY = BlindIndexKey.derive(b"k" * 32, domain="test", version=1)
COHORT = [replacement_cpr(number) for number in (0, 1)]
EVERYBODY = [replacement_cpr(number) for number in range(40)]

CODES = st.sampled_from(["", "", "651", "771", "730", "121", "115", "999", "000"])
ODD = st.sampled_from(['""', '"651"', " 651", '"121 "', "651\t", "7710", "65", "6 1", '"', '"65', "a51", "\xa0", "²51"])
CELLS = st.one_of(CODES, CODES, CODES, CODES, ODD)
NUMBERS = st.one_of(st.sampled_from(EVERYBODY), st.sampled_from(["7113801234", "610180123x", "", "6101"]))


@st.composite
def lines(draw: st.DrawFn) -> str:
    number = draw(NUMBERS)
    cells = draw(st.lists(CELLS, min_size=WEEKS + 1, max_size=WEEKS + 1))
    if draw(st.integers(0, 9)) == 0:
        cells = cells[: draw(st.integers(0, WEEKS))] + ["651"] * draw(st.integers(0, 2))
    quoted = f'"{number}"' if draw(st.integers(0, 4)) == 0 else number
    return ",".join([quoted, *cells]) + draw(st.sampled_from(["", "", "\r", "\r\r"]))


def header(order: list[int]) -> str:
    weeks = [REFERENCE + n for n in order]
    return ",".join(["PNR", *(f"y_{str(week)[2:4]}{str(week)[6:]}" for week in weeks)])


@settings(max_examples=examples(300), deadline=None)
@given(
    st.lists(lines(), max_size=30),
    st.permutations(range(WEEKS + 1)),
    st.sampled_from(["weeks", "people"]),
    st.integers(40, 4000),
    st.booleans(),
)
def test_a_scan_is_what_one_person_after_the_other_comes_to(
    tmp_path_factory: pytest.TempPathFactory,
    body: list[str],
    order: list[int],
    kind: str,
    block_bytes: int,
    is_ordered: bool,
):
    path = tmp_path_factory.getbasetemp() / "dream-drawn.csv"
    text = "".join(f"{line}\n" for line in [header(sorted(order) if is_ordered else order), *body])
    path.write_bytes(text.encode("iso-8859-1"))
    by_status = tuple(state for state in IMPACT60.states if not state.income_types)
    weeks, people = (replace(measure, states=by_status) for measure in IMPACT60.measures)
    measure = weeks if kind == "weeks" else replace(people, sustained_weeks=2)
    contract = replace(IMPACT60, measures=(measure,), tariffs=())
    group = GroupMeasure.of(contract, measure, first=FIRST, weeks=WEEKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_extract, "_BLOCK_BYTES", block_bytes)
        scanned = scan_extract(
            LocalFile(path),
            declared("dream"),
            EverybodyMatcher(KEY, [KEY.index_of(Cpr.parse(cpr)) for cpr in COHORT]),
            reference=REFERENCE,
            chosen=CHOSEN,
            weeks=(FIRST, FIRST + (WEEKS - 1)),
            values=group.values,
            reduce=group.sums,
        )
    totals = group.totals(scanned.sums)
    people = one_by_one(path)
    expected = evaluate(contract, people, FIRST + (WEEKS - 1))
    assert totals.people == scanned.people == expected.participants
    assert totals.by_state == expected.totals[0].by_state
    assert (totals.exits, totals.unknown_weeks) == (expected.exits, expected.unknown_weeks)
    others = scanned.in_a_cohort + scanned.other_status + scanned.rejected.total()
    assert scanned.rows_read == len(body) == scanned.people + others
    assert scanned.rejected[RejectReason.DUPLICATE_ROW] == doubled(body)


def one_by_one(path: Path) -> list[PersonHistory]:
    """Everybody outside the cohort who matches, as a pull of one cohort would find them."""
    strangers = {KEY.index_of(Cpr.parse(cpr)): f"{n:032x}" for n, cpr in enumerate(EVERYBODY) if cpr not in COHORT}
    matcher = CohortMatcher(KEY, strangers)
    pulled = pull_dream(LocalFile(path), declared("dream"), matcher, weeks=(REFERENCE, FIRST + (WEEKS - 1)))
    by_person: dict[str, list[StatusSpell]] = {}
    for spell in pulled.spells:
        by_person.setdefault(spell.subject.value, []).append(spell)
    return [
        PersonHistory.build(subject=subject, enrolled_on=FIRST.monday, spells=spells, postings=[])
        for subject, spells in by_person.items()
        if any(spell.from_week <= REFERENCE <= spell.to_week and spell.status in CHOSEN for spell in spells)
    ]


def doubled(body: list[str]) -> int:
    """Rows of people outside the cohort who stand more than once."""
    starts = [line.split(",")[0].strip('"') for line in body if "," in line]
    found = Counter(start for start in starts if start in EVERYBODY and start not in COHORT)
    return sum(count for count in found.values() if count > 1)
