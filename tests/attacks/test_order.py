"""No order tells: nothing about people stands in the order of a referral list or of an extract, on either database.

Five lists of 200 people, each in an order of its own, and an extract in the order of the lists, with a second one that
corrects the first of every other person. What is judged are the rows as the files left them, and again after the
database was written anew. One thief has the numbers of the participants and the order of the extract, with its cells
blanked; another the whole extract, and looks for its contents, for sizes, for numbers of rows and for whom it changed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel, select

from connectors.shapes import Owned
from gateway.events.log import LogVerified
from gateway.intake import enrolment
from gateway.store import holds, records
from gateway.store.audit_tables import AuditItem
from gateway.store.order import is_of_people
from gateway.store.record_tables import PullRun
from gateway.store.records import Versioned
from gateway.store.rewriting import write_anew
from gateway.store.tables import Subject
from keys.source_keys import SourceKeys
from tests.attacks.ordered import Judge, Order, linked, linked_by_content, orders, suspects, traces
from tests.support.simulated import Municipality, simulated
from vocabulary.records import SubjectRef

BATCHES, PEOPLE = 5, 200
BY_CHANCE = 12  # of 200 laid beside each other by lot, more than so many fit once in a hundred million times
CONTROL = "control"
MONTHS = ("2018-11", "2018-12")


@dataclass(frozen=True)
class Robbed:
    """A municipality, and its people in the order of each list."""

    town: Municipality
    lists: list[list[str]]
    facts: dict[str, date]
    contents: dict[str, list[int]]  # hours a month, in hundredths, as the extract has them
    corrected: set[str]

    def judged(self) -> list[tuple[Judge, Order]]:
        judges = [Judge(listed, self.facts, seed=seed) for seed, listed in enumerate(self.lists)]
        everything = orders(self.town.gateway.store, [person for listed in self.lists for person in listed])
        return [(judge, order) for judge in judges for order in everything]

    def judged_by_content(self) -> list[tuple[Judge, Order]]:
        """By those who have the whole extract: people by whether it corrected them, and then by their hours."""
        ordered = sorted(self.lists[0], key=lambda one: (one in self.corrected, sum(self.contents[one])))
        judge = Judge(ordered, self.facts, seed=0)
        return [(judge, order) for order in orders(self.town.gateway.store, ordered)]

    def most_linked(self) -> dict[str, int]:
        everything = orders(self.town.gateway.store, [person for listed in self.lists for person in listed])
        return {
            order.where: max(linked(order, listed) for listed in self.lists)
            for order in everything
            if not order.is_a_fact
        }


def numbers(seed: int) -> list[str]:
    """200 replacement numbers of one list, in an order of its own."""
    found = [f"{61 + n % 28:02d}{1 + n // 28:02d}{60 + seed:02d}{1000 + n:04d}" for n in range(PEOPLE)]
    random.Random(seed).shuffle(found)
    return found


def write_files(town: Municipality, lists: Sequence[Sequence[str]]) -> dict[str, str]:
    """Referral lists by day of referral, and extracts in their order; the case reference of each number."""
    everybody = [number for listed in lists for number in listed]
    lots = random.Random(60)
    references = dict(zip(everybody, lots.sample(range(10_000), len(everybody)), strict=True))
    header, *_ = town.drop.referrals.read_text("utf-8").splitlines()
    for batch, listed in enumerate(lists):
        days = [date(2018, 10, 8) + timedelta(days=7 * (n * 8 // PEOPLE)) for n in range(PEOPLE)]
        rows = [
            f"{number};{day};S-{references[number]:04d};notice-2018-1" for number, day in zip(listed, days, strict=True)
        ]
        (town.drop.referrals.parent / f"list-{batch}.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    header, first, second, *_ = town.drop.status.read_text("utf-8").splitlines()
    rows = [f"{number},{lots.choice((first, second)).partition(',')[2]}" for number in everybody]
    town.drop.status.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    write_income(town, draw_hours(everybody, lots))
    return {number: f"S-{reference:04d}" for number, reference in references.items()}


def write_income(town: Municipality, hours: Mapping[str, Sequence[int]]) -> None:
    header = town.drop.income.read_text("utf-8").partition("\n")[0]
    rows = [
        f"{number};{month};00;{told[place] // 100},{told[place] % 100:02d};00000000;10000,00"
        for place, month in enumerate(MONTHS)
        for number, told in hours.items()
    ]
    town.drop.income.write_text("\n".join([header, *rows]) + "\n", "utf-8")


def draw_hours(everybody: Sequence[str], lots: random.Random) -> dict[str, list[int]]:
    return {number: [lots.randrange(20_00, 160_00) for _ in MONTHS] for number in everybody}


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.long])]
)
def robbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robbed]:
    batches = "".join(f'[[cohort.batches]]\nid = "{batch}"\nsize = {PEOPLE}\n\n' for batch in range(BATCHES))
    town = simulated(
        tmp_path_factory.mktemp("ordered"),
        extract_people=20,
        edits=(
            ('[[cohort.batches]]\nid = "2018"\nsize = 120\n', batches),
            ("size = 120\n", f"size = {BATCHES * PEOPLE}\n"),
        ),
        database_url="" if request.param == "sqlite" else request.getfixturevalue("order_postgres_url"),
    )
    lists = [numbers(seed) for seed in range(BATCHES)]
    references = write_files(town, lists)
    for batch in range(BATCHES):
        file = town.drop.referrals.parent / f"list-{batch}.csv"
        enrolment.enrol(town.gateway, town.contract, str(batch), file)
    town.pull_all(accepts_holds=True)
    everybody = [number for listed in lists for number in listed]
    hours = draw_hours(everybody, random.Random(61))
    write_income(town, hours)
    town.pull_all(accepts_holds=True)
    corrected = random.Random(62).sample(everybody, len(everybody) // 2)
    hours |= draw_hours(corrected, random.Random(63))
    write_income(town, hours)
    town.pull_all(accepts_holds=True)  # of every other person what was told is corrected
    with town.gateway.store.read() as session:
        by_reference = {row.case_reference: row for row in session.exec(select(Subject))}
    rows = {number: by_reference[reference] for number, reference in references.items()}
    made = Robbed(
        town,
        [[rows[number].subject_id for number in listed] for listed in lists],
        {row.subject_id: row.enrolled_on for row in rows.values()},
        {rows[number].subject_id: told for number, told in hours.items()},
        {rows[number].subject_id for number in corrected},
    )
    keep_records(made)
    yield made
    town.gateway.store.dispose()


def keep_records(made: Robbed) -> None:
    """What sources of records leave: the newest version of each record, and answers that are kept aside."""
    people = [SubjectRef(person) for listed in made.lists for person in listed]
    with made.town.gateway.write() as uow:
        weeks = {"from_week": 1, "to_week": 2, "asked_to_week": 2}
        run = PullRun(
            id="0" * 64, contract_id=made.town.contract, source_id="cases", source_sha256="", position="", cursor="",
            newest_file="", batches=1, people=[], counts={}, began_at=uow.now, **weeks,
        )  # fmt: skip
        told = [Versioned(person, ("a",), f"record-{n}", 1, is_deleted=False) for n, person in enumerate(people)]
        for page in range(0, len(told), PEOPLE):
            assert (
                records.keep(uow.session, run, SourceKeys(b"a key of the source"), told[page : page + PEOPLE]) == PEOPLE
            )
        records.seal_anew(uow.session, run.contract_id, run.source_id)  # as at the end of a run
        holds.stage(uow.session, made.town.contract, run.id, [Owned(person, ("a",)) for person in people], {}, [])
        uow.record(LogVerified(sizes={}, with_anchor=False))


@pytest.fixture(scope="module")
def order_postgres_url(postgres_url: str) -> str:
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url

    engine = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE ordered"))
    engine.dispose()
    return make_url(postgres_url).set(database="ordered").render_as_string(hide_password=False)


def test_a_table_that_names_people_is_one_of_people():
    """Whoever adds a table about people says so, and its keys then order what is written."""
    named = {table for table in SQLModel.metadata.tables.values() if "subject_id" in table.columns}
    assert named == {table for table in SQLModel.metadata.tables.values() if is_of_people(table)}
    assert AuditItem.__table__ in named
    assert len(named) == 9


@pytest.mark.long
def test_nothing_stands_in_the_order_of_a_file_before_or_after_everything_is_written_anew(robbed: Robbed):
    store = robbed.town.gateway.store
    before = robbed.judged()
    tables = {order.where.partition(".")[0] for _, order in before}
    assert {"subject", "vaultrow", "subjectkeyrow", "linkagerow", "basisrow", "personlinerow"} <= tables
    assert "sealedrow" in tables
    assert list(suspects(before)) == []
    assert max(robbed.most_linked().values()) < BY_CHANCE
    store.dispose()
    write_anew(store)
    assert list(suspects(robbed.judged())) == []
    assert max(robbed.most_linked().values()) < BY_CHANCE


def test_whoever_has_the_whole_extract_links_nobody(robbed: Robbed):
    """Nobody by what it says; and of the people of one list and day nothing differs that is not drawn by lot."""
    store = robbed.town.gateway.store
    assert linked_by_content(store, robbed.contents) == 0
    assert list(suspects(robbed.judged_by_content())) == []
    shown = traces(store, list(robbed.facts))
    alike: dict[tuple[int, date], set[str]] = defaultdict(set)
    for number, listed in enumerate(robbed.lists):
        for person in listed:
            alike[number, robbed.facts[person]].add(shown[person])
    assert {len(seen) for seen in alike.values()} == {1}


def test_with_rows_in_clear_the_whole_extract_links_everybody(robbed: Robbed):
    """Positive control: what was stored before, one row for each month and version of it."""
    store = robbed.town.gateway.store
    with store.alone() as connection:
        connection.execute(text(f"CREATE TABLE {CONTROL} (subject_id TEXT, month INTEGER, hours INTEGER)"))
        for person, told in sorted(robbed.contents.items()):
            for month, hours in enumerate([*told, *([100] if person in robbed.corrected else [])]):
                row = {"person": person, "month": month, "hours": hours}
                connection.execute(text(f"INSERT INTO {CONTROL} VALUES (:person, :month, :hours)"), row)
    try:
        # what is sealed may hold the digits of somebody else by chance
        assert linked_by_content(store, robbed.contents) >= BATCHES * PEOPLE - 5
        said = " ".join(suspects(robbed.judged_by_content()))
        assert f"{CONTROL}.rows" in said, "who was corrected has a row more"
        assert f"{CONTROL}.hours" in said
        assert len(set(traces(store, list(robbed.facts)).values())) > BATCHES * PEOPLE // 2
    finally:
        with store.alone() as connection:
            connection.execute(text(f"DROP TABLE {CONTROL}"))


def test_rows_in_the_order_of_a_list_are_found_by_number_by_place_and_in_a_cell(robbed: Robbed):
    """Positive control: what was stored before, a number that runs along, or a list of people in one cell."""
    listed = robbed.lists[0]
    store = robbed.town.gateway.store
    mixed = sorted(listed, key=lambda person: (listed.index(person) % 10, listed.index(person)))
    with store.alone() as connection:
        connection.execute(text(f"CREATE TABLE {CONTROL} (number INTEGER, subject_id TEXT)"))
        for number, person in [*enumerate(listed), (0, ",".join(listed))]:
            row = {"number": number, "person": person}
            connection.execute(text(f"INSERT INTO {CONTROL} VALUES (:number, :person)"), row)
    try:
        judge = Judge(listed, robbed.facts, seed=0)
        everything = orders(store, listed)
        found = [(judge, order) for order in everything if order.where.startswith(CONTROL)]
        said = " ".join(suspects(found))
        for column in ("number", "place", "as it lies", "subject_id inside"):
            assert f"{CONTROL}.{column}" in said
        assert {linked(order, listed) for _, order in found if f"{CONTROL}.number," in order.where} == {PEOPLE}
        in_turn = Order("in turn", {person: number for number, person in enumerate(mixed)})
        assert list(suspects([(judge, in_turn)]))  # every tenth of the list, ten times
    finally:
        with store.alone() as connection:
            connection.execute(text(f"DROP TABLE {CONTROL}"))
