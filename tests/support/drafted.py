"""A drafted contract and programme, carried from the files to verified bundles by an invented town."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.contracts import declarations
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.release import publication
from gateway.simulate.course import load_course
from gateway.simulate.drop import write_drop
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality
from tests.support.parties import accept_all
from vocabulary.weeks import Month

_COURSE = """schema = "course/1"
contract = "drafted"
people = {people}
enrolment_from = {first}
enrolment_to = {last}
first_month = "{first_month}"
last_month = "{last_month}"
status_source = "dream"
sustained_months = 4

[[points]]
week = "{week}"
people = {reached}
published = "not public"
reading = "invented"

[activities]
job = 100
"""


def carried_through(contract_file: Path, programme_file: Path, folder: Path) -> tuple[Contract, dict[str, int]]:
    """The contract, and by window what its verified payment documents pay in minor units.

    Both files, and the notices beside the programme, are copied first; nothing of the drafts is changed.
    """
    drafts = folder / "drafts"
    shutil.copytree(programme_file.parent, drafts)
    shutil.copy(contract_file, drafts / contract_file.name)
    contract_file, programme_file = drafts / contract_file.name, drafts / programme_file.name
    contract = load_contract(contract_file.read_bytes(), file=contract_file.name)
    end = contract.freezes_on(contract.windows[-1])
    at = datetime(end.year + 1, 1, 1, tzinfo=UTC)
    payer = contract.party("outcome_payer")
    gateway = initialise(
        Settings(data_directory=folder / "gateway"),
        host_name="gateway.drafted.example",
        municipality_code=payer.municipality_code,
        municipality_name=payer.name,
        kind=Kind.DEMO,
        clock=lambda: at,
    )
    drop = write_drop(folder / "drop", load_course(_course(contract), file="drafted.toml"), seed=1, extract_people=300)
    accept_all(gateway, contract_file, programme_file)
    declarations.activate_contract(gateway, contract_file, programme_file)
    for source in ("dream", "income"):
        declarations.declare_source(gateway, _later(EXAMPLES / "sources" / f"{source}.toml", folder, until=at.date()))
    town = SimulatedMunicipality(gateway, contract.id, drop, folder)
    town.enrol()
    town.pull_all(accepts_holds=True)
    publication.publish(gateway)
    paid = {}
    for window in contract.windows:
        bundle = town.release(window.label, "payment_document", "operator").bundle
        paid[window.label] = sum(line["amount_minor"] for line in town.verified(bundle).shown["lines"])
    return replace(contract), paid


def _course(contract: Contract) -> bytes:
    first, last = contract.cohort.enrolment_from, contract.windows[-1].to_week
    people = contract.cohort.size
    text = _COURSE.format(
        people=people,
        first=first,
        last=contract.cohort.enrolment_to,
        first_month=Month.of(first) + -2,
        last_month=last.month + 2,
        week=last,
        reached=people // 2,
    )
    return text.encode()


def _later(source: Path, folder: Path, *, until: date) -> Path:
    """The declaration with an agreement that lasts until the contract is over."""
    text = source.read_text("utf-8")
    lines = [f"valid_to = {until.year + 1}-12-31" if one.startswith("valid_to") else one for one in text.splitlines()]
    copy = folder / source.name
    copy.write_text("\n".join(lines) + "\n", "utf-8")
    return copy
