"""Who is asked about no more: the dead and the departed, once the day has come."""

from __future__ import annotations

from datetime import timedelta

from gateway.store.spells import SpellVersion
from gateway.store.storing_records import ended_people
from gateway.store.tables import PullRow
from gateway.store.unit_of_work import Store
from tests.support.acting import SOMEBODY
from tests.support.databases import NOW, a_subject, add_subject
from tests.support.stored import edit_spells
from tests.unit.connectors.cohort import declared
from tests.unit.store.test_spells import EVENT, REF
from vocabulary.danish_days import danish_day
from vocabulary.statuses import Status
from vocabulary.weeks import Week


def test_a_death_of_this_week_has_not_come_where_the_weeks_before_are_told(store: Store) -> None:
    """The source has told everything up to last week, and all that is left to tell lies behind the death."""
    week = Week.of(danish_day(NOW))
    weeks = week + -3, week + 20
    with store.write(NOW, by=SOMEBODY) as uow:
        add_subject(uow.session, a_subject(REF.value))
        away = SpellVersion(Status.DEAD, "dead", week.ordinal, weeks[1].ordinal, 1, NOW)
        edit_spells(uow.session, "c", "cpr", REF.value, lambda _: [away])
        told = PullRow(
            contract_id="c",
            source_id="dream",
            file_name="f",
            file_sha256="0",
            meaning_sha256="",
            from_week=weeks[0].ordinal,
            to_week=week.ordinal - 1,
            edition=1,
            asked_to_week=weeks[1].ordinal,
            batches=0,
            counts={},
            measures={},
            decision_id="d",
            known_at=NOW,
        )
        uow.session.add(told)
        uow.record(EVENT)

    def ended(days: int) -> set[object]:
        with store.read() as session:
            now = NOW + timedelta(days=days)
            return {*ended_people(session, "c", declared("dream"), [REF], weeks=weeks, now=now)}

    assert ended(0) == set()
    assert ended(7) == {REF}
