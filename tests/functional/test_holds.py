"""A pull that looks wrong stops before money moves: empty views, empty answers, nobody of a sealed cohort found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from connectors.transport import Page, Record
from gateway.contracts import declarations
from gateway.errors.holds import DataHeld, HoldRefused, HoldUnknown, PullLooksWrong, PullRejected
from gateway.events import actor
from gateway.intake import answering_holds
from gateway.intake.pulling import PullReport, pull
from gateway.intake.pulling_records import pull_records
from gateway.jobs.doctor import examine_opened
from gateway.release.releasing import release
from gateway.settlement.views import show_investor, show_statement
from gateway.store import holds
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.record_tables import PullRun
from gateway.store.tables import PullRow
from gateway.wording.views import as_json
from policies.errors import PolicyDenied
from tests.functional.test_record_pulls import CHANGES, PERIODS, Pages, PersonByPerson, change, numbers, source_text
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.stored import stored_answers, stored_records, stored_spells
from vocabulary.releases import Recipient, Template

WINDOW = "2018H2"


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """30 people enrolled, nothing pulled, on a Friday."""
    made = ready(tmp_path / "town", pulled=False, clock=Clock(date(2030, 3, 1)))
    made.enrol()
    return made


def moved(town: SimulatedMunicipality, days: int) -> None:
    assert isinstance(town.gateway.clock, Clock)
    town.gateway.clock.now += timedelta(days=days)


def declare(town: SimulatedMunicipality, folder: Path, text: str) -> None:
    file = folder / "source.toml"
    file.write_text(text, encoding="utf-8")
    declarations.declare_source(town.gateway, file)


def ask(town: SimulatedMunicipality, transport: PersonByPerson | Pages, source: str = "dream") -> PullReport:
    return pull_records(town.gateway, town.contract, source, transport)


def unemployed(cpr: str) -> Sequence[Record]:
    return [("730", cpr, "2018-10-01", "")]


def spells(town: SimulatedMunicipality) -> list[tuple[str, str, int, int]]:
    with town.gateway.store.read() as session:
        rows = [row for row in stored_spells(session) if row.known_to is None]
    return sorted((row.subject_id, row.status, row.from_week, row.to_week) for row in rows)


def count_pulls(town: SimulatedMunicipality) -> int:
    with town.gateway.store.read() as session:
        return len(session.exec(select(PullRow)).all())


def count_answers(town: SimulatedMunicipality) -> int:
    with town.gateway.store.read() as session:
        return len(stored_answers(session))


def lines_of(town: SimulatedMunicipality, kind: str) -> Counter[str]:
    """How many people the events of a kind leave a line for, by its action."""
    with town.gateway.store.read() as session:
        entries = session.exec(select(LogEntry.idx).where(LogEntry.log == "access", LogEntry.kind == kind)).all()
        found = session.exec(select(PersonLineRow).where(col(PersonLineRow.log_idx).in_(entries))).all()
        return Counter(json.loads(row.body)["action"] for row in found)


def reasons(town: SimulatedMunicipality) -> list[list[str]]:
    return [[one.reason.value for one in hold.findings] for hold in answering_holds.list_holds(town.gateway)]


def test_a_view_that_shows_no_rows_is_a_finding_and_no_fact(town: SimulatedMunicipality, tmp_path: Path) -> None:
    """As row-level security would show it: everybody's benefit would have ended."""
    declare(town, tmp_path, source_text("periods", PERIODS))
    ask(town, Pages([Page([record for cpr in numbers(town) for record in unemployed(cpr)])]))
    before = spells(town)
    with pytest.raises(PullLooksWrong, match="no_row_at_all: none, and 30 the last time"):
        ask(town, Pages([Page([])]))
    assert spells(town) == before
    assert "ended_benefits" in reasons(town)[0]


def test_a_first_answer_without_changes_is_held(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    with pytest.raises(PullLooksWrong):
        ask(town, Pages([Page([], "c1")]))
    assert (spells(town), count_pulls(town)) == ([], 0)


def test_a_file_in_which_nobody_of_a_sealed_cohort_is_found_is_held(town: SimulatedMunicipality) -> None:
    """A zero at the beginning of every number was lost, or it is another municipality's extract."""
    text = town.drop.status.read_text()
    for cpr in numbers(town):
        text = text.replace(cpr, "6303821236")
    town.drop.status.write_text(text)
    with pytest.raises(PullLooksWrong, match="nobody_found: none of 30") as held:
        pull(town.gateway, town.contract, "dream", town.drop.status)
    assert (spells(town), count_pulls(town)) == ([], 0)
    with pytest.raises(PullLooksWrong) as again:  # it is not read again, and there is one hold
        pull(town.gateway, town.contract, "dream", town.drop.status)
    assert (again.value.hold, len(reasons(town))) == (held.value.hold, 1)
    answering_holds.accept(town.gateway, held.value.hold)
    assert lines_of(town, "hold_answered") == {}, "the pull that reads the file leaves them"
    assert pull(town.gateway, town.contract, "dream", town.drop.status).is_new
    with pytest.raises(HoldUnknown):
        answering_holds.reject(town.gateway, held.value.hold)


def test_what_is_rejected_is_left_out_for_good(town: SimulatedMunicipality) -> None:
    town.drop.status.write_text(town.drop.status.read_text().replace(",7", ",8").replace(",1", ",8"))
    with pytest.raises(PullLooksWrong, match="unknown_codes") as held:
        pull(town.gateway, town.contract, "dream", town.drop.status)
    answering_holds.reject(town.gateway, held.value.hold)
    for _ in range(2):
        with pytest.raises(PullRejected):
            pull(town.gateway, town.contract, "dream", town.drop.status)
    assert (spells(town), count_pulls(town)) == ([], 0)


def held_run(town: SimulatedMunicipality, tmp_path: Path) -> tuple[str, list[tuple[str, str, int, int]]]:
    """Everybody was on a benefit; the answer that is held says of half of them that they are not."""
    declare(town, tmp_path, source_text("periods", PERIODS))
    ask(town, PersonByPerson(unemployed))
    before, gone = spells(town), set(numbers(town)[:16])
    with pytest.raises(PullLooksWrong) as held:
        ask(town, PersonByPerson(lambda cpr: [] if cpr in gone else unemployed(cpr)))
    assert spells(town) == before
    return held.value.hold, before


def test_staged_answers_are_stored_at_once_where_they_are_accepted(town: SimulatedMunicipality, tmp_path: Path) -> None:
    hold, before = held_run(town, tmp_path)
    assert count_answers(town) == 30
    with pytest.raises(PullLooksWrong):  # nobody is asked while it waits
        ask(town, source := PersonByPerson(unemployed))
    assert source.asked == []
    answer = answering_holds.accept(town.gateway, hold)
    assert lines_of(town, "hold_answered") == {"held_accepted": 30}
    assert answer.report is not None
    assert answer.report.people_changed == 16
    assert len([row for row in spells(town) if row[1] == "no_benefit"]) >= 16
    assert spells(town) != before
    assert count_answers(town) == 0
    assert ask(town, PersonByPerson(unemployed)).people_changed == 16  # and it goes on as usual


def test_a_rejected_run_leaves_nothing_and_is_asked_anew(town: SimulatedMunicipality, tmp_path: Path) -> None:
    hold, before = held_run(town, tmp_path)
    answering_holds.reject(town.gateway, hold)
    assert lines_of(town, "hold_answered") == {"held_rejected": 30}
    assert (spells(town), count_answers(town)) == (before, 0)
    source = PersonByPerson(unemployed)
    assert ask(town, source).people_changed == 0
    assert len(source.asked) == 30


def test_rejected_changes_are_told_again_from_the_beginning(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    people = numbers(town)
    ask(town, Pages([Page([change(cpr, f"r{cpr}", "1", "730") for cpr in people], "c1")]))
    deleted = [change(cpr, f"r{cpr}", "2", "730", deleted="1") for cpr in people[:20]]
    before = spells(town)
    with pytest.raises(PullLooksWrong, match="fewer_people_found") as held:
        ask(town, Pages([Page(deleted, "c2")]))
    assert spells(town) == before
    answering_holds.reject(town.gateway, held.value.hold)
    with town.gateway.store.read() as session:
        assert stored_records(session) == []
    again = Pages([Page([change(cpr, f"r{cpr}", "1", "730") for cpr in people], "c1")])
    ask(town, again)
    assert [one.since for one in again.asks] == [""]
    assert spells(town) == before


def test_what_was_held_under_another_declaration_is_judged_anew(town: SimulatedMunicipality, tmp_path: Path) -> None:
    hold, before = held_run(town, tmp_path)
    text = source_text("periods", PERIODS)
    declare(town, tmp_path, text.replace("after_days = 30", "after_days = 31"))
    with pytest.raises(HoldRefused, match="declared in another way"):
        answering_holds.accept(town.gateway, hold)
    source = PersonByPerson(unemployed)
    ask(town, source)
    assert len(source.asked) == 30
    assert spells(town) == before
    assert [one.answer for one in answering_holds.list_holds(town.gateway)] == ["superseded"]


def test_after_its_day_it_takes_two(town: SimulatedMunicipality, tmp_path: Path) -> None:
    hold, before = held_run(town, tmp_path)
    [shown] = answering_holds.list_holds(town.gateway)
    assert (shown.held_on, shown.answer_by) == (date(2030, 3, 1), date(2030, 3, 8))
    moved(town, 8)
    first = answering_holds.accept(town.gateway, hold)
    assert (first.needs_second, first.report, spells(town)) == (True, None, before)
    with pytest.raises(PolicyDenied):  # the same person again
        answering_holds.accept(town.gateway, hold)
    other = town.gateway.acting_as(actor.staff_member("somebody-else"))
    assert answering_holds.reject(other, hold).needs_second  # another answer is a first one
    assert lines_of(town, "hold_proposed") == {}, "nobody's answers were touched yet"
    assert not answering_holds.reject(town.gateway, hold).needs_second
    assert spells(town) == before


def released(town: SimulatedMunicipality) -> None:
    release(town.gateway, town.contract, WINDOW, Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)


def test_a_window_waits_until_a_declared_day_and_no_longer(town: SimulatedMunicipality, tmp_path: Path) -> None:
    """The parties learn since when and until when, and neither finding nor count."""
    town.pull_all()
    file = town.drop.status.with_name("dream-2021-03.csv")
    lines = town.drop.status.read_text().splitlines(keepends=True)
    file.write_text("".join([lines[0], *lines[1:4]]))
    with pytest.raises(PullLooksWrong):
        pull(town.gateway, town.contract, "dream", file)
    released(town)  # its data froze before: what is held concerns it no more


def test_a_window_whose_data_never_came_waits_too(town: SimulatedMunicipality, tmp_path: Path) -> None:
    pull(town.gateway, town.contract, "income", town.drop.income)
    text = town.drop.status.read_text()
    for cpr in numbers(town):
        text = text.replace(cpr, "6303821236")
    town.drop.status.write_text(text)
    with pytest.raises(PullLooksWrong) as looks:
        pull(town.gateway, town.contract, "dream", town.drop.status)
    with pytest.raises(DataHeld) as held:
        released(town)
    assert str(held.value) == "held for a check of data since 2030-03-01, answered by 2030-03-08"
    statement, dates = show_statement(town.gateway, town.contract), show_investor(town.gateway, town.contract)
    following = statement.windows[0].next
    assert following is not None
    assert (following.condition, following.on) == (str(held.value), date(2030, 3, 8))
    assert {one.held for one in dates.declared_dates} == {str(held.value)}
    for shown in (as_json(statement), as_json(dates)):  # and nothing else: no finding, no count
        assert "nobody_found" not in str(shown)
        assert looks.value.hold not in str(shown)
    told = [one for one in examine_opened(town.gateway) if "is held" in one.what]
    assert [one.level for one in told] == ["warn"]
    assert looks.value.hold in told[0].advice
    moved(town, 8)
    with pytest.raises(PolicyDenied) as late:  # the data are missing, as if they had not come
        released(town)
    assert not isinstance(late.value, DataHeld)
    assert {one.held for one in show_investor(town.gateway, town.contract).declared_dates} == {None}
    [overdue] = [one for one in examine_opened(town.gateway) if "is held" in one.what]
    assert overdue.level == "fail"
    with town.gateway.store.read() as session:
        kinds = [entry.kind for entry in session.exec(select(LogEntry).where(LogEntry.kind == "pull_held"))]
    assert len(kinds) == 1


def test_the_commands(tmp_path: Path) -> None:
    town = ready(tmp_path / "town", pulled=False)
    town.enrol()
    assert "no pull is held" in run("holds", "list", environment=town.environment).text
    hold, _ = held_run(town, tmp_path)
    town.gateway.store.dispose()
    listed = run("holds", "list", environment=town.environment)
    assert f"{hold}: ended_benefits: 16 of 30 (53 %, at most 50 %)" in listed.text
    assert "(asked)" in listed.text
    accepted = run("holds", "accept", hold, environment=town.environment)
    assert (accepted.code, "accepted" in accepted.text) == (0, True)
    assert run("holds", "reject", hold, environment=town.environment).code == 4


def test_the_doctor_says_that_the_last_pull_failed(town: SimulatedMunicipality) -> None:
    town.drop.status.write_text("PNR,y_1840\n1")
    with pytest.raises(Exception, match="line"):
        pull(town.gateway, town.contract, "dream", town.drop.status)
    [found] = [one for one in examine_opened(town.gateway) if "the last pull of source dream failed" in one.what]
    assert found.level == "warn"
    assert "(file-truncated)" in found.what


def test_past_pulls_keep_their_measures(town: SimulatedMunicipality) -> None:
    town.pull_all()
    with town.gateway.store.read() as session:
        rows = session.exec(select(PullRow)).all()
        assert all(row.measures["people"] == 30 and row.measures["found"] > 0 for row in rows)
        assert holds.open_holds(session) == []
        assert session.exec(select(PullRun)).all() == []
