"""Who was erased after a backup is erased again by the restore, or stands where nobody can look at them."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.errors.oversight import CheckpointMismatch
from gateway.rights import archive, erasure, journal, requests
from gateway.rights.people import begin
from gateway.rights.report import report
from gateway.rights.requests import Right
from gateway.store.tables import Subject
from tests.attacks.test_deleted_rows import on_disk
from tests.functional.test_rights import CASE, OBJECTS, paid_everything, someone, subject_of
from tests.functional.test_traps import Clock
from tests.support.backups import Recipient, backed_up, came_back, kinds_logged, opened
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    made = ready(tmp_path / "town", "ballerup", clock=Clock(date(2030, 1, 1)))
    paid_everything(made)
    return made


def test_who_was_erased_since_is_erased_again(town: SimulatedMunicipality, tmp_path: Path):
    gateway, recipient = town.gateway, Recipient.begin(tmp_path)
    who = someone(town)
    subject = subject_of(town, who)
    begin(gateway, town.contract, who, OBJECTS, role=CASE)
    archive.export(gateway, town.contract)
    request = requests.ask(gateway, town.contract, who, Right.ERASURE, role=CASE)
    made = backed_up(gateway, recipient, tmp_path / "out")
    then = tmp_path / "heads of then"
    shutil.copytree(gateway.settings.heads_directory, then)
    requests.decide(acting(gateway, "second"), town.contract, request, grant=True)
    newest = gateway.settings.data_directory / journal.NAME
    now = gateway.settings.heads_directory

    # the journal of the backup knows nothing of it: the newest one does
    silent = came_back(gateway, made, recipient, tmp_path / "silent", anchors=then)
    assert (silent.erased_again, silent.returned) == (0, 0)
    found = came_back(gateway, made, recipient, tmp_path / "new", anchors=then, newer_journal=newest)
    assert (found.erased_again, found.returned, found.read_only) == (1, 0, "")
    there = opened(gateway, tmp_path / "new")
    assert kinds_logged(there)[-3:] == ["backup_restored", "erasure_repeated", "database_rewritten"]
    with there.store.read() as session:
        assert session.get(Subject, subject) is None
        assert session.exec(select(Subject)).first() is not None  # the others are here
    there.store.dispose()
    assert erasure.count_unfinished(opened(gateway, tmp_path / "new")) == 0
    assert subject.encode() not in on_disk(tmp_path / "new")
    assert subject.encode() in on_disk(tmp_path / "silent")  # positive control

    # held against the heads of now, it went back: the person stands there, and nobody can look
    behind = came_back(gateway, made, recipient, tmp_path / "behind", anchors=now, newer_journal=newest)
    assert (behind.erased_again, behind.returned) == (0, 1)
    assert "restored from an older backup" in behind.read_only
    with pytest.raises(CheckpointMismatch):
        report(opened(gateway, tmp_path / "behind"), town.contract, who, role=CASE)
    for name in ("silent", "new", "behind"):
        # whose journal is never the poorer one
        lines = (tmp_path / name / journal.NAME).read_text() if (tmp_path / name / journal.NAME).exists() else ""
        assert ("confirmed" in lines) == (name != "silent")


def test_two_journals_are_one_that_forgets_nobody():
    def line(mark: str, state: str) -> str:
        return f'{{"at": "2026-11", "contract": "c", "request": "r", "state": "{state}", "subject_sha256": "{mark}"}}\n'

    older, newer = line("a", "confirmed") + line("b", "intended"), line("b", "intended") + line("b", "confirmed")
    joined = journal.join(older.encode(), newer.encode()).decode()
    assert joined == line("a", "confirmed") + line("b", "intended") + line("b", "confirmed")
    assert journal.join(older.encode(), b"").decode() == older
    assert journal.join(b"", newer.encode()).decode() == newer
    assert journal.join(b"", b"") == b""
    with pytest.raises(ValueError):
        journal.join(b"no line\n", b"")
