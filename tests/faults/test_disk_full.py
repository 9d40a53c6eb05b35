"""The disk is full in the middle of a release: nothing half done, one sentence, and a rerun finishes."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event, text

from gateway.errors.store import StoreFull
from gateway.installation.gateway import Gateway
from tests.faults.chain import check_series, left
from tests.faults.test_release_crash import INTENDED, ISSUED, NOTHING
from tests.support.municipality import SimulatedMunicipality, built, ready

pytestmark = pytest.mark.long

REQUEST = ("2018H2", "payment_document", "operator")


def limited(town: SimulatedMunicipality, *, more_pages: int) -> SimulatedMunicipality:
    """The same installation, whose SQLite file may grow by so many pages and no more."""
    gateway = Gateway.open(town.gateway.settings, clock=town.gateway.clock)

    @event.listens_for(gateway.store.engine, "connect")
    def _limit(connection: object, _record: object) -> None:
        cursor = connection.cursor()
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + more_pages}")

    return SimulatedMunicipality(gateway, town.contract, town.drop, town.folder)


def test_a_full_disk_leaves_nothing_or_an_intent_and_a_rerun_finishes(tmp_path: Path):
    """From no room at all up to just enough: every size in between ends the same way."""
    seen = set()
    for more_pages in range(0, 60, 2):
        town = ready(tmp_path / str(more_pages))
        with town.gateway.write() as uow:  # the file is as long as what is in it
            del uow
        try:
            limited(town, more_pages=more_pages).release(*REQUEST)
        except StoreFull as full:
            assert "make room and run again" in str(full)
            state = left(town, REQUEST)
            assert state in (NOTHING, INTENDED)
        else:
            state = left(town, REQUEST)
            assert state == ISSUED
        seen.add(state)
        town.release(*REQUEST)
        check_series(town.rows())
        if state == ISSUED:
            break
    assert {NOTHING, ISSUED} <= seen


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["releaserow", "statusversion", "lognode"])
def test_a_full_disk_under_postgresql_is_the_same_sentence(tmp_path: Path, empty_postgres_url: str, table: str):
    """The server's own error (disk_full, 53100) is raised by a trigger: its disk cannot be filled for a test."""
    town = built(tmp_path, database_url=empty_postgres_url)
    town.enrol()
    town.pull_all()
    raised = "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE disk_full; END $$ LANGUAGE plpgsql"
    with town.gateway.store.alone() as connection:
        connection.execute(text(raised))
        connection.execute(text(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()"))
    with pytest.raises(StoreFull):
        town.release(*REQUEST)
    with town.gateway.store.alone() as connection:
        connection.execute(text("DROP FUNCTION full_disk() CASCADE"))
    assert left(town, REQUEST) in (NOTHING, INTENDED)
    town.release(*REQUEST)
    check_series(town.rows())
    town.gateway.store.dispose()
