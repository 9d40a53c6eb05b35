"""A gateway beside a simulated municipality whose every source is a server on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors import transports
from connectors.inbox import Left
from connectors.transport import Clock
from gateway.contracts import declarations
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.intake import enrolment
from gateway.intake.folder_pulling import pull_folder
from gateway.intake.pulling_records import pull_records
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.simulate.course import load_course
from gateway.simulate.serving import SimulatedTown
from policies.basis import RecordKind
from policies.terms import Role
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT, SMALL_COURSE
from tests.support.parties import accept_all
from tests.support.stored import stored_postings, stored_spells

Rows = list[tuple[object, ...]]


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[SimulatedTown]:
    """IMPACT60 with 30 people on loopback; `options` are those of `SimulatedTown`."""
    text = (EXAMPLES / "courses" / "impact60.toml").read_text("utf-8")
    for old, new in SMALL_COURSE:
        text = text.replace(old, new)
    course = load_course(text.encode(), file="impact60.toml")
    options = {"extract_people": 20, "contract_edits": SMALL_CONTRACT} | options
    with SimulatedTown(folder, course, **options) as town:
        yield town


def installed(
    folder: Path, town: SimulatedTown, *, changes: Sequence[tuple[str, str]] = (), asked_about: int = 30
) -> Gateway:
    """A gateway with the contract in force, every source declared, and everybody enrolled; nothing is pulled.

    `changes` are texts to replace in declarations, wherever they stand. With `asked_about` all but so many people have
    objected, so that nobody asks about them.
    """
    gateway = initialise(
        Settings(data_directory=folder, secrets_directory=town.secrets),
        host_name="gateway.example",
        municipality_code="851",
        municipality_name="Aalborg Kommune",
        kind=Kind.DEMO,
    )
    accept_all(gateway, town.contract, town.programme)
    declarations.activate_contract(gateway, town.contract, town.programme)
    for file in town.declarations:
        text = file.read_text("utf-8")
        for old, new in changes:
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
        declarations.declare_source(gateway, file)
    enrolment.enrol(gateway, "impact60", "2018", town.referrals)
    for line in town.referrals.read_text("utf-8").splitlines()[1 + asked_about :]:
        objection = NewRecord(RecordKind.OBJECTION, Channel.PHONE)
        begin(gateway, "impact60", Who(case_reference=line.split(";")[2]), objection, role=Role.CASE_WORKER)
    return gateway


@dataclass(frozen=True)
class Copied:
    """A copy of an installation, which a test may do with as it likes."""

    gateway: Gateway
    folder: Path


def copied(original: Gateway, folder: Path) -> Copied:
    data = original.settings.data_directory
    shutil.copytree(data, folder)
    return Copied(Gateway.open(original.settings.model_copy(update={"data_directory": folder})), folder)


def pulled(gateway: Gateway, source: str, clock: Clock) -> list[Left]:
    """Pull a source as the command line does, with a clock of one's own; the files that were left where they lay.

    Raises what a pull raises.
    """
    with gateway.store.read() as session:
        declaration = declarations.source(session, source)
    if declaration.coverage is None:
        steps = pull_folder(gateway, "impact60", source, secrets=gateway.secrets, clock=clock)
        return [step for step in steps if isinstance(step, Left)]
    transport = transports.connect(declaration.transport, declaration.schema, gateway.secrets, clock)
    try:
        pull_records(gateway, "impact60", source, transport)
    finally:
        transport.close()
    return []


def told(gateway: Gateway, source: str) -> Rows:
    """Every row that stands, sorted and with its doubles; without when it was learnt."""
    with gateway.store.read() as session:
        spells = [row for row in stored_spells(session) if row.source_id == source]
        incomes = [row for row in stored_postings(session) if row.source_id == source]
    shown = [
        (row.subject_id, row.code, row.status, row.from_week, row.to_week) for row in spells if row.known_to is None
    ]
    paid = [
        (row.subject_id, row.month, row.income_type, row.paid_hours_hundredths, "")
        for row in incomes
        if row.known_to is None
    ]
    return sorted([*shown, *paid], key=str)
