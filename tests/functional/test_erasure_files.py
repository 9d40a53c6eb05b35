"""An erased person is in no file of the database, on either; where somebody's snapshot keeps the rows, that is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from gateway.errors.rights import ErasureUnfinished
from gateway.jobs.doctor import examine_opened
from gateway.rights import archive, erasure, journal, requests
from gateway.rights.people import begin
from gateway.rights.requests import Right
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.tables import LinkageRow, Subject, SubjectKeyRow, VaultRow
from gateway.store.unit_of_work import Store
from tests.functional.test_rights import CASE, OBJECTS, paid_everything, someone, subject_of
from tests.functional.test_traps import Clock
from tests.support.disk import database_bytes
from tests.support.municipality import SimulatedMunicipality, built, ready
from tests.support.simulated import acting


def a_town(folder: Path, request: pytest.FixtureRequest, database: str) -> SimulatedMunicipality:
    """Ballerup with everything paid, whose commands wait for nobody for long."""
    clock = Clock(date(2030, 1, 1))
    if database == "sqlite":
        town = ready(folder, "ballerup", clock=clock)
        url = town.gateway.settings.store_url
    else:
        url = request.getfixturevalue("empty_postgres_url")
        town = built(folder, "ballerup", database_url=url)
        town.enrol()
        town.pull_all()
    town.gateway.store.dispose()
    store = Store(url, busy_seconds=1)
    store.unlock(lambda: town.gateway.keystore.load("vault").private_bytes)
    gateway = replace(town.gateway, store=store, clock=clock)
    town = replace(town, gateway=gateway)
    paid_everything(town)
    return town


def traces(town: SimulatedMunicipality, subject: str) -> dict[str, list[bytes]]:
    """What is in the database of this person alone."""
    with town.gateway.store.read() as session:
        nonces = session.exec(select(PersonLineRow.nonce).where(PersonLineRow.subject_id == subject)).all()
        indexes = session.exec(select(LinkageRow.blind_index).where(LinkageRow.subject_id == subject)).all()
        return {
            "subject id": [subject.encode()],
            "case reference": [session.get_one(Subject, subject).case_reference.encode()],
            "number": [session.get_one(VaultRow, subject).sealed_cpr],
            "key": [session.get_one(SubjectKeyRow, subject).wrapped_key],
            "lines": [bytes(one) for one in nonces],
            "indexes": [bytes(one) for one in indexes],
        }


def found_in(data: bytes, wanted: dict[str, list[bytes]]) -> set[str]:
    return {name for name, values in wanted.items() if any(value in data for value in values)}


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_an_erasure_is_unfinished_while_a_snapshot_keeps_the_rows_and_the_next_run_mends_it(
    tmp_path: Path, request: pytest.FixtureRequest, database: str
):
    town = a_town(tmp_path, request, database)
    gateway, store = town.gateway, town.gateway.store
    who, other = someone(town), someone(town, 1)
    subject, neighbour = subject_of(town, who), subject_of(town, other)
    begin(gateway, town.contract, who, OBJECTS, role=CASE)
    archive.export(gateway, town.contract)
    asked = requests.ask(gateway, town.contract, who, Right.ERASURE, role=CASE)
    wanted, others = traces(town, subject), traces(town, neighbour)
    assert found_in(database_bytes(store), wanted) == wanted.keys()
    if not store.is_sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))  # samples of columns for the planner
    reader = Store(gateway.settings.store_url)
    with reader.read() as session:
        session.exec(select(LogEntry.idx).limit(1)).all() if store.is_sqlite else session.connection().execute(
            text("SELECT 1")
        )
        assert requests.decide(acting(gateway, "second"), town.contract, asked, grant=True).granted
        with pytest.raises(ErasureUnfinished, match="1 erased people are in no table"):
            erasure.finish(gateway)
        assert found_in(database_bytes(store), wanted)
        assert erasure.count_unfinished(gateway) == 1
    assert unfinished(town)
    assert erasure.finish(gateway) == 1
    assert not unfinished(town)
    left = database_bytes(store)
    assert found_in(left, wanted) == set()
    assert found_in(left, others) == others.keys()
    reader.dispose()
    store.dispose()


def unfinished(town: SimulatedMunicipality) -> list[str]:
    return [one.what for one in examine_opened(town.gateway) if "files of the database" in one.what]


def test_no_number_of_what_there_was_of_a_person_stays_anywhere(tmp_path: Path):
    """Two people who are as different as can be leave the same behind: an event and a line of the journal each."""
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    paid_everything(town)
    gateway = town.gateway
    said = []
    for place in range(2):
        who = someone(town)
        begin(gateway, town.contract, who, OBJECTS, role=CASE)
        archive.export(gateway, town.contract)
        asked = requests.ask(gateway, town.contract, who, Right.ERASURE, role=CASE)
        for _ in range(place * 3):
            town.people("2019-W26")  # more lines about everybody who is left
        before = lines(town)
        assert requests.decide(acting(gateway, "second"), town.contract, asked, grant=True).granted
        assert before - lines(town) > 10  # deleted, not emptied
        with gateway.store.read() as session:
            query = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == "person_erased")
            said.append(session.exec(query.order_by(col(LogEntry.idx).desc())).first() or "")
    assert all('"rows"' not in body for body in said)
    assert {len(body) for body in said} == {len(said[0])}
    assert {line["at"] for line in journal.lines(gateway)} == {"2030-01"}


def lines(town: SimulatedMunicipality) -> int:
    with town.gateway.store.read() as session:
        rows = session.exec(select(PersonLineRow)).all()
    assert all(row.subject_id and row.body for row in rows)
    return len(rows)
