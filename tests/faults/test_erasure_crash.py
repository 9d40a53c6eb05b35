"""An erasure breaks at each of its steps: nobody is erased whose decision did not commit, and nobody comes back.

The journal outside the database has a line before the commit and another after it. Each case is looked at twice: in the
database that the crash left, and in a backup from before that is restored beside the journal.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, select

from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from gateway.jobs.doctor import examine_opened
from gateway.rights import archive, erasure, journal, requests
from gateway.rights.people import Who, begin
from gateway.rights.requests import Right
from gateway.store.rights_tables import ErasureRow
from gateway.store.tables import Subject
from tests.functional.test_rights import CASE, OBJECTS, paid_everything, someone, subject_of
from tests.functional.test_traps import Clock
from tests.support.command_line import Ran, run
from tests.support.examples import every_third
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting


class Fault(Exception):
    """What breaks here. It belongs to no tree of ours: nobody foresaw it."""


@dataclass(frozen=True)
class Asked:
    """A municipality in which an erasure waits for its answer, and a backup of that moment."""

    town: SimulatedMunicipality
    who: Who
    subject: str
    request: str
    backup: Path

    def decide(self) -> None:
        requests.decide(acting(self.town.gateway, "second"), self.town.contract, self.request, grant=True)

    def restored(self) -> Gateway:
        """The database of before, and the journal of now."""
        shutil.copy(self.town.data_directory / journal.NAME, self.backup)
        return Gateway.open(Settings(data_directory=self.backup), clock=self.town.gateway.clock)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    paid_everything(town)
    who = someone(town)
    begin(town.gateway, town.contract, who, OBJECTS, role=CASE)
    archive.export(town.gateway, town.contract)
    request = requests.ask(town.gateway, town.contract, who, Right.ERASURE, role=CASE)
    town.gateway.store.dispose()
    backup = tmp_path / "backup"
    shutil.copytree(town.data_directory, backup)
    return Asked(town, who, subject_of(town, who), request, backup)


def is_there(gateway: Gateway, subject: str) -> bool:
    with gateway.store.read() as session:
        return session.get(Subject, subject) is not None


def breaks(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, after: bool, when: Callable[..., bool]
) -> list[str]:
    """Let `name` break once, before or after it was carried out; what it returns is filled by the strike."""
    real, struck = getattr(owner, name), []

    def broken(*arguments: object, **named: object) -> object:
        if struck or not when(*arguments):
            return real(*arguments, **named)
        struck.append(name)
        if after:
            real(*arguments, **named)
        raise Fault

    monkeypatch.setattr(owner, name, broken)
    return struck


def erases(session: Session, *_: object) -> bool:
    return session.in_transaction() and session.exec(select(ErasureRow)).first() is not None


def always(*_: object) -> bool:
    return True


# step -> what breaks, before or after it, when, and whether the decision has committed by then
STEPS = {
    "before the intent is written": (journal, "intend", False, always, False),
    "between the intent and the commit": (journal, "intend", True, always, False),
    "at the commit": (Session, "commit", False, erases, False),
    "between the commit and its confirmation": (journal, "confirm", False, always, True),
    "after the confirmation": (journal, "confirm", True, always, True),
}


@pytest.mark.parametrize("step", every_third(STEPS))
def test_a_crash_erases_nobody_whose_decision_did_not_commit_and_loses_no_decision_that_did(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, step: str
):
    owner, name, after, when, is_committed = STEPS[step]
    gateway, subject = asked.town.gateway, asked.subject
    with monkeypatch.context() as patch:
        struck = breaks(patch, owner, name, after=after, when=when)
        with pytest.raises(Fault):
            asked.decide()
    assert struck == [name]
    assert is_there(gateway, subject) is not is_committed
    assert erasure.repeat(gateway) == 0  # in the database that the crash left, nobody has to be erased again
    assert is_there(gateway, subject) is not is_committed
    assert not journal.unconfirmed_intents(gateway) or not is_committed
    if not is_committed:
        assert [row.id for row in requests.open_requests(gateway, asked.town.contract)] == [asked.request]
        asked.decide()  # it is decided again, and both lines of it stand
        assert not is_there(gateway, subject)
    assert journal.unconfirmed_intents(gateway) == []
    restored = asked.restored()
    assert is_there(restored, subject)
    assert [one for one in examine_opened(restored) if "in the database again" in one.what]
    assert erasure.repeat(restored) == 1
    assert not is_there(restored, subject)
    assert erasure.repeat(restored) == 0


def test_a_decision_that_rolled_back_erases_nobody_after_a_restore_and_doctor_tells(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
):
    """The line of the intent alone is no decision: whoever it names stays until somebody decides."""
    with monkeypatch.context() as patch:
        breaks(patch, Session, "commit", after=False, when=erases)
        with pytest.raises(Fault):
            asked.decide()
    for gateway in (asked.town.gateway, asked.restored()):
        assert erasure.count_returned(gateway) == 0
        assert erasure.repeat(gateway) == 0
        assert is_there(gateway, asked.subject)
        [finding] = [one for one in examine_opened(gateway) if "not confirmed" in one.what]
        assert asked.request in finding.advice


def test_an_intent_that_the_controller_then_refused_is_closed(asked: Asked, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        breaks(patch, Session, "commit", after=False, when=erases)
        with pytest.raises(Fault):
            asked.decide()
    gateway = asked.town.gateway
    requests.decide(acting(gateway, "second"), asked.town.contract, asked.request, grant=False, rule="withdrawn")
    assert len(journal.unconfirmed_intents(gateway)) == 1
    assert erasure.repeat(gateway) == 0
    assert journal.unconfirmed_intents(gateway) == []
    assert not [one for one in examine_opened(gateway) if "not confirmed" in one.what]
    assert is_there(gateway, asked.subject)


def test_a_commit_whose_confirmation_is_missing_is_confirmed_by_the_database_and_counts_after_a_restore(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        breaks(patch, journal, "confirm", after=False, when=always)
        with pytest.raises(Fault):
            asked.decide()
    gateway = asked.town.gateway
    assert [one for one in examine_opened(gateway) if "not confirmed" in one.what]
    erasure.repeat(gateway)
    assert not [one for one in examine_opened(gateway) if "not confirmed" in one.what]
    restored = asked.restored()
    assert erasure.repeat(restored) == 1


def test_half_a_line_is_no_line_and_the_next_one_stands_by_itself(asked: Asked):
    """A crash in the midst of a line: what it was about to say did not happen, or stands in the database."""
    file = asked.town.data_directory / journal.NAME
    file.write_text('{"at": 1893456000, "contract": "balle')
    assert journal.lines(asked.town.gateway) == []
    asked.decide()
    assert [line["state"] for line in journal.lines(asked.town.gateway)] == ["intended", "confirmed"]


@pytest.mark.parametrize("text", ["no line at all\n", '{"state": "perhaps"}\n', "[]\n"])
def test_a_line_that_is_none_is_not_read_over(asked: Asked, text: str):
    (asked.town.data_directory / journal.NAME).write_text(text)
    with pytest.raises(ValueError):
        erasure.repeat(asked.town.gateway)
    assert [one for one in examine_opened(asked.town.gateway) if "cannot be read" in one.what]


def decided(asked: Asked, out: Path, answer: str = "grant", staff: str = "second") -> Ran:
    """The command, by the clock of this town."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gateway.cli.rights.open_gateway", lambda: acting(asked.town.gateway, staff))
        return run("rights", "decide", asked.town.contract, asked.request, "--answer", answer, "--out", out)


def test_the_certificate_can_be_had_again_and_what_was_killed_is_finished(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """By whoever decided, with the same command; anybody else is told of no such request."""
    with monkeypatch.context() as patch:
        breaks(patch, journal, "confirm", after=False, when=always)
        with pytest.raises(Fault):
            asked.decide()
    assert journal.unconfirmed_intents(asked.town.gateway)
    out = tmp_path / "slettet.jwt"
    for _ in range(2):
        done = decided(asked, out)
        assert done.code == 0, done.text
        assert "answered before, by you: granted" in done.out
        with asked.town.gateway.store.read() as session:
            [row] = session.exec(select(ErasureRow)).all()
        assert out.read_text() == row.certificate + "\n"
        assert row.is_rewritten
        out.unlink()
    assert journal.unconfirmed_intents(asked.town.gateway) == []
    assert decided(asked, out, staff="third").code == 4
    assert decided(asked, out, answer="refuse").code != 0
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_told_before_anybody_is_erased(asked: Asked, tmp_path: Path):
    refused = decided(asked, tmp_path / "no" / "such" / "folder" / "slettet.jwt")
    assert refused.code != 0
    assert "nothing was done" in refused.err
    assert is_there(asked.town.gateway, asked.subject)
    assert not (asked.town.data_directory / journal.NAME).exists()
