"""A source that pulls cannot reach is left alone, also by the next process, until an instant; and it is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from connectors.errors import SourceMalformed, SourceUnavailable
from gateway.errors.pulls import SourceRests
from gateway.events.sources import SourceAnswersAgain
from gateway.installation.gateway import Gateway
from gateway.installation.secrets_folder import SecretsFolder
from gateway.installation.settings import Settings
from gateway.intake.checking import check_source
from gateway.intake.folder_pulling import pull_folder
from gateway.intake.pulling_records import pull_records
from gateway.jobs.doctor import examine_opened
from gateway.simulate.sftp_source import SftpSource
from gateway.store.circuit import FAILURES_IN_A_ROW, FIRST_REST, LONGEST_REST, has_failed
from gateway.store.log_tables import LogEntry
from tests.functional.test_folder_pulling import declare_folder
from tests.functional.test_record_pulls import PersonByPerson, declare, source_text
from tests.functional.test_traps import Clock
from tests.support.clocks import Waiting
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready

FORM = 'pattern = "dream-*.csv"\ndelimiter = ","\nquiet_seconds = 1'


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    """`dream` is a source of records that is asked over the network."""
    made = ready(tmp_path / "town", pulled=False, clock=Clock(date(2030, 3, 1)))
    made.enrol()
    rest = """[transport]
kind = "rest"
asks = "person"
method = "POST"
url = "https://127.0.0.1:9/x"
records = "y[*]"
not_sent = ["p"]
[transport.body]
cpr = "{cpr}"
[transport.http]
attempts = 1
proxy = "direct"
"""
    text = source_text("periods", {"code": "y[*].k", "cpr": "p", "from_day": "y[*].f", "to_day": "y[*].t"})
    begin, end = text.index("[transport]"), text.index("[columns]")
    declare(made, tmp_path, text[:begin] + rest + text[end:])
    yield made
    made.gateway.store.dispose()


def unreachable(_: str):
    raise SourceUnavailable(source="test", reason="it cannot be reached")


def malformed(_: str):
    raise SourceMalformed(source="test", reason="it is not JSON")


def ending(gateway: Gateway, answer) -> str:
    try:
        pull_records(gateway, "impact60", "dream", PersonByPerson(answer))
    except (SourceUnavailable, SourceMalformed, SourceRests) as error:
        return error.code
    return "stored"


def as_new_process(town: SimulatedMunicipality) -> Gateway:
    town.gateway.store.dispose()
    return Gateway.open(Settings(data_directory=town.gateway.settings.data_directory), clock=town.gateway.clock)


def moved(gateway: Gateway, by: timedelta) -> None:
    assert isinstance(gateway.clock, Clock)
    gateway.clock.now += by


def test_it_is_left_alone_by_the_next_process_and_then_tried_again(town: SimulatedMunicipality):
    for _ in range(FAILURES_IN_A_ROW):
        assert ending(as_new_process(town), unreachable) == "source-unavailable"
    asked = PersonByPerson(lambda _: ())
    with pytest.raises(SourceRests, match=r"by 3 pulls in a row and is left alone until 2030-03-01T00:15\+00:00"):
        pull_records(as_new_process(town), "impact60", "dream", asked)
    assert asked.asked == []  # nobody's number went out
    moved(town.gateway, FIRST_REST)
    assert ending(as_new_process(town), unreachable) == "source-unavailable"
    moved(town.gateway, FIRST_REST)
    assert ending(as_new_process(town), unreachable) == "source-rests"  # twice as long now
    moved(town.gateway, FIRST_REST)
    assert ending(as_new_process(town), lambda cpr: [("651", cpr, "2020-01-06", "")]) == "stored"
    moved(town.gateway, timedelta(days=40))
    assert ending(as_new_process(town), unreachable) == "source-unavailable"
    assert ending(as_new_process(town), unreachable) == "source-unavailable"  # counted from the beginning


def test_it_is_left_alone_for_a_day_at_most(town: SimulatedMunicipality):
    for _ in range(14):
        assert ending(town.gateway, unreachable) == "source-unavailable"
        moved(town.gateway, LONGEST_REST)


def test_an_answer_that_cannot_be_read_is_an_answer(town: SimulatedMunicipality):
    for answer in (unreachable, unreachable, malformed, unreachable, unreachable):
        assert ending(town.gateway, answer) != "source-rests"


def test_list_and_doctor_say_until_when_and_a_check_asks_at_once(town: SimulatedMunicipality):
    for _ in range(FAILURES_IN_A_ROW):
        ending(town.gateway, unreachable)
    [found] = [one for one in examine_opened(town.gateway) if "left alone" in one.what]
    assert found.level == "warn"
    assert (
        "source dream could not be reached by 3 pulls in a row; it is left alone until 2030-03-01T00:15" in found.what
    )
    with pytest.raises(SourceUnavailable):  # it is asked, and nobody is there
        check_source(town.gateway, "impact60", "dream", None, secrets=town.gateway.secrets, clock=Waiting().clock)
    assert ending(town.gateway, unreachable) == "source-rests"


def test_the_list_on_a_terminal(town: SimulatedMunicipality):
    for _ in range(FAILURES_IN_A_ROW):
        ending(town.gateway, unreachable)
    town.gateway.store.dispose()
    told = run("connectors", "list", environment=town.environment)
    assert "source dream could not be reached by 3 pulls in a row; it is left alone until" in told.text


def test_a_folder_over_sftp_is_left_alone_and_one_on_this_machine_is_not(tmp_path: Path):
    made = ready(tmp_path / "town", pulled=False, clock=Clock(date(2030, 3, 1)))
    made.enrol()
    (tmp_path / "inbox").mkdir()

    def ending() -> str:
        secrets, clock = SecretsFolder(tmp_path), Waiting().clock
        try:
            return str(list(pull_folder(made.gateway, "impact60", "dream", secrets=secrets, clock=clock)))
        except (SourceUnavailable, SourceRests) as error:
            return error.code

    def served(source: SftpSource) -> None:
        line = f'port = {source.port}\nhost_key = "{source.host_key}"\nclient_key = "sftp-key"\nuser = "kommune"'
        place = 'host = "127.0.0.1"\nfolder = "/"\nclaim = "none"\nnetworks = ["127.0.0.0/8"]'
        declare_folder(made, f'kind = "sftp"\n{FORM}\n{line}\n{place}')

    declare_folder(made, f'kind = "file"\n{FORM}\nfolder = "{tmp_path / "missing"}"')
    assert {ending() for _ in range(FAILURES_IN_A_ROW + 1)} == {"source-unavailable"}
    with SftpSource(tmp_path / "inbox", client_key_file=tmp_path / "sftp-key") as source:
        served(source)
    assert {ending() for _ in range(FAILURES_IN_A_ROW)} == {"source-unavailable"}
    assert ending() == "source-rests"
    moved(made.gateway, FIRST_REST)
    with SftpSource(tmp_path / "inbox", client_key_file=tmp_path / "sftp-key") as source:
        served(source)
        assert ending() == "[]"
    with made.gateway.store.read() as session:
        events = session.exec(select(LogEntry.kind).where(LogEntry.kind == SourceAnswersAgain.kind)).all()
        assert len(events) == 1
        assert not has_failed(session, "dream")
    made.gateway.store.dispose()
