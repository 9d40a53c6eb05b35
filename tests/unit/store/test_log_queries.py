"""What every decision, release and settlement asks of the access log is found without reading all of it.

SQLite alone: PostgreSQL chooses by how many entries there are.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlmodel import Session

from gateway.contracts import sealed_plan, waiting
from gateway.installation import policy_sets
from gateway.release import countersigned
from gateway.settlement import logged
from gateway.store import contract_queries
from gateway.store.schema import migrate
from gateway.store.unit_of_work import Store

ASKED: dict[str, Callable[[Session], object]] = {
    "ix_logentry_acceptances": waiting.logged_acceptances,
    "ix_logentry_adoptions": lambda session: contract_queries.is_adopted(session, "impact60"),
    "ix_logentry_countersignatures": lambda session: countersigned._logged_digests(session, "a release"),
    "ix_logentry_policy_sets": policy_sets._logged_last,
    "ix_logentry_settlements": lambda session: logged._log_says(session, "impact60"),
    "ix_logentry_versions": sealed_plan._logged_plans,
}


@pytest.mark.parametrize("index", ASKED)
def test_the_log_is_asked_through_its_index(tmp_path: Path, index: str):
    store = Store(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    migrate(store)
    asked: list[tuple[str, object]] = []
    event.listen(store.engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    with store.read() as session:
        ASKED[index](session)
        statement, values = asked[-1]
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    store.dispose()
    assert [index in row[-1] for row in plan] == [True], plan
