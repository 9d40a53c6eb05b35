"""What erased people leave, in an invented town: nothing but sums, which are what they had reached."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, delete

from gateway.evaluation import erased
from gateway.evaluation.erased import until_the_end
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.history import NOBODY, Remainder
from gateway.store.sealed import About, Shelf, opened_values
from gateway.store.tables import Batch, ReleaseRow
from gateway.store.unlocked import unlock
from tests.support.databases import NOW, VAULT_KEY, tables_in_memory
from tests.support.histories import EXAMPLES
from tests.unit.evaluation.invented_town import (
    ANNE,
    BEGIN,
    BO,
    CARL,
    CHEAP,
    DEAR,
    ENDS,
    HOUR,
    InventedProgramme,
    InventedTown,
)
from vocabulary.releases import Template
from vocabulary.weeks import Week


@pytest.fixture(scope="module")
def engine() -> Engine:
    return tables_in_memory()


@pytest.fixture
def town(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[InventedTown]:
    """In a transaction of which nothing stays."""
    with Session(engine) as session:
        unlock(session, lambda: VAULT_KEY)
        invented = InventedTown(session)
        monkeypatch.setattr(erased, "histories", invented.histories)
        yield invented


def test_before_anybody_is_erased_nothing_is_left_and_nothing_is_asked(
    town: InventedTown, monkeypatch: pytest.MonkeyPatch
):
    town.enrol(ANNE, BO)
    town.tell(ANNE, 0, 1)
    town.document(0)
    monkeypatch.setattr(erased, "histories", None)
    assert town.left() == NOBODY
    assert town.pending() is None


def test_who_is_here_and_in_no_sealed_batch_is_not_less_than_nobody(town: InventedTown):
    town.enrol(ANNE)
    town.tell(ANNE, 0)
    town.session.exec(delete(Batch))
    assert town.left() == NOBODY
    town.seal_batch(7, "another")
    assert town.left() == NOBODY


def test_what_was_reached_since_the_documents_is_pending_until_one_speaks_of_it(town: InventedTown):
    """Anne has worked in weeks 1, 2 and 4, of which the document of w1 knew one; Bo's weeks are nobody's here."""
    town.enrol(ANNE, BO)
    town.tell(ANNE, 0)
    town.tell(BO, 0, 1, 2, 3)
    town.document(0)
    town.tell(ANNE, 0, 1, 3)
    town.erase(ANNE)
    assert town.left().people == 1
    assert town.units() == [1, 2, 2, 3]
    assert town.amounts() == [10, 20, 20, 30]
    assert town.pending_units() == {0: 0, 1: 1, 2: 1, 3: 2}, "less what the document's figures hold of her"
    pending = town.pending()
    assert pending is not None
    assert pending.people == 0
    town.document(1)
    pending = town.pending()
    assert pending is not None
    assert pending.people == 0
    assert town.pending_units() == {2: 0, 3: 1}, "less what the newest document before them holds of her now"
    assert town.units() == [1, 2, 2, 3]
    town.document(2)
    assert town.pending_units() == {3: 1}
    town.document(3)
    assert town.pending() is None
    assert town.units() == [1, 2, 2, 3]
    assert town.amounts() == [10, 20, 20, 30]


def test_what_is_pending_of_several_people_is_one_sum(town: InventedTown):
    town.enrol(ANNE, BO, CARL)
    town.tell(ANNE, 0, 1)
    town.tell(BO, 2)
    town.erase(ANNE)
    assert town.pending_units() == {0: 1, 1: 2, 2: 2, 3: 2}
    town.document(1)
    town.erase(BO)
    assert town.pending_units() == {0: 0, 1: 0, 2: 1, 3: 1}
    assert town.left().people == 2
    assert town.units() == [1, 2, 3, 3]
    town.document(2)
    assert town.pending() is None, "of w4 nothing is pending but noughts"


def test_a_correction_of_an_early_window_leaves_pending_what_later_documents_are_about(town: InventedTown):
    town.enrol(ANNE, BO)
    town.document(0)
    town.document(1)
    town.tell(ANNE, 0)
    town.erase(ANNE)
    town.document(0)
    assert town.pending_units() == {1: 1, 2: 1, 3: 1}, "the document of w2 speaks of w2 and of what follows"
    assert town.units() == [1, 1, 1, 1]
    town.document(1)
    assert town.pending() is None
    assert town.units() == [1, 1, 1, 1]


def test_a_later_document_about_a_window_holds_for_it(town: InventedTown):
    """She is known to have worked when w1 is corrected, and not to have when she is erased."""
    town.enrol(ANNE, BO)
    town.document(0)
    town.tell(ANNE, 0)
    town.document(0)
    town.document(1)
    town.tell(ANNE)
    town.erase(ANNE)
    assert town.pending_units() == {0: -1, 1: -1, 2: -1, 3: -1}
    assert town.units() == [0, 0, 0, 0]
    town.document(1)
    assert town.pending() is None
    assert town.units() == [0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_is_what_the_erased_had_reached_whatever_happens_before_and_behind(town: InventedTown, seed: int):
    """Registers tell things anew, documents of any window are made and corrected, people are erased: the oracle still
    knows what each of the erased had reached by then."""
    lots, people = random.Random(seed), [f"{number:032x}" for number in range(5)]
    town.enrol(*people)
    expected, here, newest = [0] * 4, [*people], -1
    for _ in range(25):
        match lots.choice(["tell", "tell", "document", "document", "erase"]):
            case "tell" if here:
                town.tell(lots.choice(here), *(week for week in range(4) if lots.random() < 0.5))
            case "document":
                place = lots.randint(0, min(3, newest + 1))
                newest = max(newest, place)
                town.document(place)
            case "erase" if here:
                somebody = here.pop(lots.randrange(len(here)))
                weeks = town.worked[somebody][-1][1]
                expected = [many + sum(week <= place for week in weeks) for place, many in enumerate(expected)]
                town.erase(somebody)
        if len(here) < len(people):
            assert town.units() == expected
            assert town.amounts() == [10 * many for many in expected]
            assert town.left().people == len(people) - len(here)
    assert len(here) < len(people)


def test_the_living_are_taken_off_as_they_were_known_when_a_document_was_made(town: InventedTown):
    """Its data may be older than its draft; what is told later of the living changes nothing of the erased."""
    town.enrol(ANNE, BO)
    town.tell(ANNE, 0)
    town.tell(BO, 0)
    known_at = town.now
    town.tell(BO, 0, 1)
    town.document(1, known_at=known_at)
    town.tell(BO)
    town.erase(ANNE)
    assert town.units() == [1, 1, 1, 1]
    town.tell(BO, 0, 1, 2, 3)
    assert town.units() == [1, 1, 1, 1]


def test_a_document_is_evaluated_again_by_the_rules_that_were_known_when_it_was_drafted(town: InventedTown):
    """From w3 on weeks are dear; later, and back to w2, they are said to have been dear all the time."""
    town.enrol(ANNE, BO)
    town.rules.append((town.now, CHEAP.windows[2].from_week.monday, DEAR))
    for somebody in (ANNE, BO):
        town.tell(somebody, 0, 1, 2, 3)
    town.document(2)
    town.rules.append((town.now + HOUR, CHEAP.windows[1].from_week.monday, DEAR))
    town.now += HOUR
    town.erase(ANNE)
    assert town.amounts() == [10, 2000, 3000, 4000]
    pending = town.pending()
    assert pending is not None
    assert [pending.amounts[end]["m"] for end in ENDS] == [10, 1980, 0, 1000]


def test_a_document_is_evaluated_again_by_the_programme_that_was_in_force_when_it_was_drafted(town: InventedTown):
    town.programmes[0] = (NOW, InventedProgramme(sees_until=1))
    town.enrol(ANNE, BO)
    for somebody in (ANNE, BO):
        town.tell(somebody, 0, 1, 2)
    town.document(3)
    town.now += HOUR
    town.programmes.append((town.now, InventedProgramme()))
    town.erase(ANNE)
    assert town.units() == [1, 2, 3, 3]
    assert town.pending_units() == {0: 1, 1: 2, 2: 2, 3: 2}


def test_what_is_no_payment_document_rests_on_nothing_that_is_kept(town: InventedTown):
    town.enrol(ANNE, BO)
    town.document(0, template=Template.CONTRACT_TOTAL)
    town.tell(ANNE, 0)
    town.document(0)
    town.document(1, template=Template.PREDICATE)
    town.erase(ANNE)
    assert town.pending_units() == {0: 0, 1: 0, 2: 0, 3: 0}
    assert town.units() == [1, 1, 1, 1]
    row = town.session.get(ReleaseRow, "2")
    assert row is not None
    [value] = opened_values(town.session, Shelf("c", About.FIGURES, "2")).values()
    known_at, drafted_at, figures = value
    assert known_at == drafted_at == int(row.known_at.timestamp() * 1_000_000)
    assert figures == {
        "people": 0,
        "weeks": [[ENDS[0], [["m", [["fleksjob", 1]]]]]],
        "amounts": [[ENDS[0], [["m", 10]]]],
    }


def test_an_amount_alone_is_pending_too_and_so_are_weeks_that_nothing_is_paid_for(town: InventedTown):
    town.enrol(ANNE, BO, CARL)
    town.tell(ANNE, 0)
    town.document(0)
    town.rules.append((town.now, CHEAP.windows[1].from_week.monday, DEAR))
    town.erase(ANNE)
    town.document(0)
    assert town.pending_units() == {1: 0, 2: 0, 3: 0}
    assert town.amounts() == [10, 1000, 1000, 1000]
    town.rules.append((town.now, BEGIN, replace(CHEAP, tariffs=())))
    town.document(3)
    assert town.pending() is None
    town.tell(BO, 1)
    town.erase(BO)
    town.document(0)
    assert town.pending_units() == {1: 1, 2: 1, 3: 1}
    assert town.units() == [1, 2, 2, 2]


def test_the_erased_of_each_batch_are_in_the_cohort_from_its_window_on(town: InventedTown):
    """Of two batches that count from the second window on nobody is here any more, of one that always counted one."""
    town.enrol(ANNE)
    windows = town.contract(town.session, "c").windows
    town.seal_batch(2, batch_id="2", counts_from=windows[1].label)
    town.seal_batch(3, batch_id="3", counts_from=windows[1].label)
    town.seal_batch(1, batch_id="4", counts_from=windows[0].label)
    left = town.left()
    assert left.people == 6
    assert [left.people_at(window.to_week) for window in windows[:3]] == [1, 6, 6]


def test_what_was_pending_of_a_window_that_is_cut_since_is_of_its_last_week():
    """Kept by the end that the window had then; of later windows, which are gone, nothing is left."""
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8")
    known = load_contract(text.encode(), file="impact60.toml")
    follows = f'version = 2\nfollows = "{known.sha256}"'
    text = text.replace("version = 1", follows).replace("effective_from = 2018-10-01", "effective_from = 2020-01-06")
    text += '\n[end]\nlast_week = "2020-W13"\nreason = "agreed"\n'
    ended = replace(load_contract(text.encode(), file="later.toml"), earlier=(known,))
    weeks = [window.to_week.ordinal for window in known.windows]
    sums = {week: {"m": {"work": number}} for number, week in enumerate(weeks)}
    kept = Remainder(0, sums, {week: {"t": 100 * number} for number, week in enumerate(weeks)})
    found = until_the_end(kept, ended)
    cut = Week.parse("2020-W13").ordinal
    assert list(found.by_week) == list(found.amounts) == [*weeks[:3], cut]
    assert (found.by_week[cut], found.amounts[cut]) == ({"m": {"work": 3}}, {"t": 300})
    again = until_the_end(found, ended)  # once it was kept anew
    assert (again.by_week, again.amounts) == (found.by_week, found.amounts)
    assert until_the_end(kept, known) is kept
