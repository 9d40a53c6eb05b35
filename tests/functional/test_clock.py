"""A clock that is questioned after a long pause, and one that jumped and is set back; reading asks neither."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.errors.oversight import ClockRefused, LogCorrupt
from gateway.errors.store import ClockJumped, ClockWentBack
from gateway.installation.settings import Kind
from gateway.jobs.diagnosis import FAIL
from gateway.jobs.doctor import examine_opened
from gateway.oversight.log_reading import export_trust, verify_logs
from gateway.oversight.setting_clock import confirm_day, set_clock_back
from gateway.release.releasing import release
from gateway.store import ledger
from outcome_verifier.errors import VerificationError
from tests.functional.test_batches import paid
from tests.functional.test_blocks import PAYMENT, WINDOWS, edit
from tests.functional.test_ends import logged
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting

JUMP = 400


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """Enrolled on the first of January 2027, and nothing pulled yet."""
    made = ready(tmp_path, pulled=False, clock=Clock(date(2027, 1, 1)))
    made.enrol()
    return made


def back(town: SimulatedMunicipality) -> None:
    town.gateway.clock.move(-JUMP)


def set_back_by_two(town: SimulatedMunicipality) -> None:
    assert not set_clock_back(town.gateway).is_set_back
    assert set_clock_back(acting(town.gateway, "second")).is_set_back


def test_after_a_wrong_jump_two_people_go_on_with_the_figures_that_would_have_been(
    town: SimulatedMunicipality, tmp_path_factory: pytest.TempPathFactory
):
    """What was pulled meanwhile is known from the set-back on, and every log verifies."""
    town.gateway.clock.move(JUMP)
    town.pull_all()
    back(town)
    with pytest.raises(ClockWentBack, match="set-clock-back"):
        paid(town, WINDOWS[0])
    assert any("gateway log set-clock-back" in one.advice for one in examine_opened(town.gateway) if one.level == FAIL)
    looked = set_clock_back(town.gateway)
    assert looked.ahead["access"] > 0
    assert not set_clock_back(town.gateway).is_set_back, "the same person only asks again"
    assert set_clock_back(acting(town.gateway, "second")).is_set_back
    other = ready(tmp_path_factory.mktemp("twin"), pulled=False, clock=Clock(date(2027, 1, 1)))
    other.enrol()
    other.pull_all()
    assert paid(town, *WINDOWS[:3]) == paid(other, *WINDOWS[:3])
    verify_logs(town.gateway)
    [event] = logged(town, "clock_set_back")
    assert (event["asked_by"], event["by"]) == (town.gateway.actor.name, "second")
    assert event["ahead"] == looked.ahead
    assert event["brought_back"] > 0
    with pytest.raises(ClockRefused, match="nothing to set back"):
        set_clock_back(town.gateway)


def test_what_was_signed_meanwhile_keeps_its_time_and_is_refused_until_then(town: SimulatedMunicipality):
    town.pull_all()
    town.gateway.clock.move(JUMP)
    wrong = release(town.gateway, town.contract, WINDOWS[0], *PAYMENT).bundle
    town.verified(wrong)
    back(town)
    set_back_by_two(town)
    with pytest.raises(VerificationError, match="future"):
        town.verified(wrong)


def test_reading_and_verifying_ask_no_clock(town: SimulatedMunicipality):
    town.gateway.clock.move(JUMP)
    newest = export_and_read(town)
    back(town)
    assert export_and_read(town) == newest
    town.gateway.store.longest_pause = timedelta(days=31)
    town.gateway.clock.move(10 * JUMP)
    assert export_and_read(town) == newest, "nor does a look carry a wrong clock into the log"


def export_and_read(town: SimulatedMunicipality) -> str:
    """The instant of the newest entry, once the logs were verified and the trust file was handed out."""
    verify_logs(town.gateway)
    export_trust(town.gateway)
    with town.gateway.store.read() as session:
        return ledger.rows(session, "access")[-1].at.isoformat()


def test_a_long_pause_is_questioned_until_somebody_says_the_day(town: SimulatedMunicipality):
    town.gateway.store.longest_pause = timedelta(days=31)
    town.gateway.clock.move(31)
    town.pull_all()
    town.gateway.clock.move(32)
    with pytest.raises(ClockJumped, match="32 days after the newest log entry"):
        paid(town, WINDOWS[0])
    assert any("confirm-day" in one.advice for one in examine_opened(town.gateway) if one.level == FAIL)
    with pytest.raises(ClockRefused, match="set the clock"):
        confirm_day(town.gateway, date(2027, 3, 6))
    confirm_day(town.gateway, date(2027, 3, 5))
    assert paid(town, WINDOWS[0])
    with pytest.raises(ClockRefused, match="nothing is questioned"):
        confirm_day(town.gateway, date(2027, 3, 5))


@pytest.mark.parametrize(("kind", "asks"), [(Kind.DEMO, None), (Kind.TEST, timedelta(days=31))])
def test_an_installation_with_real_people_questions_a_month(
    tmp_path: Path, kind: Kind, asks: timedelta | None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("GATEWAY_LONGEST_PAUSE_DAYS")
    assert ready(tmp_path, pulled=False, kind=kind).gateway.store.longest_pause == asks


def test_an_ask_of_another_day_or_of_other_entries_confirms_nothing(town: SimulatedMunicipality):
    town.gateway.clock.move(JUMP)
    town.pull_all()
    back(town)
    set_clock_back(town.gateway)
    export_trust(town.gateway)
    assert not set_clock_back(acting(town.gateway, "second")).is_set_back
    town.gateway.clock.move(1)
    assert not set_clock_back(acting(town.gateway, "third")).is_set_back
    file = town.gateway.settings.heads_directory / "clock-asked.json"
    file.write_text("{}")
    with pytest.raises(ClockRefused, match="damaged"):
        set_clock_back(town.gateway)


def test_an_entry_that_is_older_by_hand_is_found_also_behind_a_set_back(town: SimulatedMunicipality):
    town.gateway.clock.move(JUMP)
    town.pull_all()
    back(town)
    set_back_by_two(town)
    town.gateway.clock.move(1)
    paid(town, *WINDOWS[:2])
    verify_logs(town.gateway)
    edit(town, "UPDATE logentry SET at = at - 1000000000000 WHERE log = 'payment' AND idx = 1")
    with pytest.raises(LogCorrupt, match="older than the one before"):
        verify_logs(town.gateway)


def test_the_commands_say_it(town: SimulatedMunicipality):
    """The town stands a month and more ahead of today."""
    asked = run("log", "set-clock-back", environment=town.environment)
    assert asked.code == 0, asked.err
    assert "asked; another person now runs the same command today" in asked.out
    done = run("log", "set-clock-back", environment={**town.environment, "GATEWAY_STAFF": "second"})
    assert done.code == 0, done.err
    assert "set back; what was signed meanwhile keeps its time" in done.out
    refused = run("log", "confirm-day", "2027-01-01", environment=town.environment)
    assert refused.code == 5
    assert "2027-01-01 was confirmed: set the clock" in refused.err
