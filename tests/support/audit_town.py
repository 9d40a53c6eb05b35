"""A municipality with an auditor: its fixtures, and what tests ask of a sample."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.events.rights import ErasureRepeated
from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings
from gateway.oversight.audit import sampling
from gateway.rights import erasure
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.store.log_tables import LogEntry
from gateway.store.rights_tables import ErasureRow
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.terms import Role
from tests.functional.test_traps import Clock
from tests.support import auditing
from tests.support.auditing import WINDOW
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting

TODAY = date(2030, 1, 1)
PAYMENT = ("payment_document", "operator")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """With an appointed auditor, and the first window released."""
    town = ready(tmp_path_factory.mktemp("audit"), clock=Clock(TODAY))
    auditing.appoint(town)
    town.release(WINDOW, *PAYMENT)
    town.gateway.store.dispose()
    return town


@pytest.fixture
def town(original: SimulatedMunicipality, tmp_path: Path) -> SimulatedMunicipality:
    shutil.copytree(original.data_directory, tmp_path / "gateway")
    gateway = Gateway.open(Settings(data_directory=tmp_path / "gateway"), clock=Clock(TODAY))
    return replace(original, gateway=gateway, folder=tmp_path)


@pytest.fixture
def sample(town: SimulatedMunicipality) -> str:
    """Drawn and approved."""
    drawn = auditing.draw(town).sample.id
    auditing.approve(town, drawn)
    return drawn


def subjects(town: SimulatedMunicipality, sample: str) -> list[str]:
    """Who was drawn, by item."""
    with town.gateway.store.read() as session:
        return [one.subject_id for one in sampling.items(session, sample)]


def reference(town: SimulatedMunicipality, subject: str) -> str:
    with town.gateway.store.read() as session:
        return session.get_one(Subject, subject).case_reference


def numbers(town: SimulatedMunicipality) -> dict[str, str]:
    """Case reference -> CPR number, from the municipality's own list."""
    rows = [line.split(";") for line in town.drop.referrals.read_text().splitlines()[1:]]
    return {row[2]: row[0].replace("-", "") for row in rows}


def event(town: SimulatedMunicipality, kind: str) -> dict[str, object]:
    """The newest event of a kind."""
    with town.gateway.store.read() as session:
        rows = session.exec(select(LogEntry).where(LogEntry.log == "access", LogEntry.kind == kind)).all()
    return json.loads(max(rows, key=lambda row: row.idx).body)


def register(town: SimulatedMunicipality, subject: str, kind: RecordKind) -> None:
    who = Who(case_reference=reference(town, subject))
    begin(acting(town.gateway, "clara"), town.contract, who, NewRecord(kind, Channel.LETTER), role=Role.CASE_WORKER)


def erased(town: SimulatedMunicipality, subject: str) -> None:
    """As after a restore: the journal's person stands in the database again, and is erased again."""
    with town.gateway.write() as uow:
        mark = erasure.digest_of(subject)
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark))
    assert erasure.repeat(town.gateway) == 1
