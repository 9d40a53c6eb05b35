"""What people and programs are shown of a settlement and of a person, byte for byte as it was recorded.

Identifiers, digests and keys are new in each installation: each becomes a number, by first appearance. A page stands
here without its style sheet, a workbook as the texts and numbers of its cells. `GOLDEN=write` records what is shown.
"""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from gateway.cli import rights, settle
from gateway.installation.gateway import Gateway
from gateway.release import correction, statements
from gateway.settlement import acknowledging, paying
from policies.terms import Role
from tests.functional.test_adoption import text_of, with_quarrel
from tests.functional.test_on_documents import with_documents
from tests.functional.test_payers import bills_of, three
from tests.functional.test_settlement import pull_less_income
from tests.functional.test_traps import Clock
from tests.support.api_client import Client
from tests.support.command_line import run
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.opening import adopt
from tests.support.settling import contest, officer, operator
from tests.support.simulated import Edit, acting, simulated

pytestmark = pytest.mark.long  # it changes where words change, and nobody changes them by chance
GOLDEN = Path(__file__).parent / "golden"
_NEW_EACH_TIME = re.compile(
    r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![\w-])[\w-]{43}(?![\w-])|eyJ[\w.~-]+"
)
# a place in the status list, one in the access log, and widths that follow from digits
_DRAWN = re.compile(r'("idx": |"entry": ")\d+|<cols>.*?</cols>')


def steady(text: str) -> str:
    """The text with what differs between two installations numbered, and without style sheets."""
    seen: dict[str, str] = {}
    text = re.sub(r"<style>.*?</style>|<meta http-equiv=Content-Security-Policy[^>]*>", "", text, flags=re.DOTALL)
    return _NEW_EACH_TIME.sub(lambda match: seen.setdefault(match[0], f"<{len(seen)}>"), _DRAWN.sub(r"\1", text))


def cells(workbook: bytes) -> str:
    """The parts of a workbook that hold its cells."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        return "\n".join(parts.read(f"xl/{name}").decode() for name in ("sharedStrings.xml", "worksheets/sheet1.xml"))


def read(file: Path) -> str:
    return cells(file.read_bytes()) if file.suffix == ".xlsx" else file.read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("golden")


def paid_by_three(folder: Path) -> SimulatedMunicipality:
    """Three payers: a window billed and paid in part, one that was corrected and is contested, one not released."""
    town = three(folder, clock=Clock(date(2030, 1, 1)))
    acknowledging.acknowledge(town.gateway, town.contract, "2019H1", as_party=operator(town))
    acknowledging.acknowledge(officer(town), town.contract, "2019H1")
    bills = bills_of(town, "2019H1", number="F-1")
    paying.approve(officer(town), town.contract, bills[0].number)
    paying.register_payment(officer(town), town.contract, bills[0].number, paid_on=bills[0].issued_on)
    town.release("2019H2", "payment_document", "operator")
    pull_less_income(town, ("2019-08", "2019-09"))
    correction.correct(town.gateway, town.contract, "2019H2", reason="source_corrected")
    contest(town, "2019H2", "weeks_in_work_or_education/window")
    for label in ("2018H2", "2019H1"):
        town.release(label, "contract_total", "investor")
    return town


def new(folder: Path, name: str, course: tuple[Edit, ...] = (), edits: tuple[Edit, ...] = ()) -> SimulatedMunicipality:
    """Enrolled and pulled, all of it on one day."""
    clock = Clock(date(2030, 1, 1))
    made = simulated(folder, name, extract_people=EXTRACT_PEOPLE, course_edits=course, edits=edits, clock=clock)
    made.enrol()
    made.pull_all()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def adopted(folder: Path) -> SimulatedMunicipality:
    """A contract that was adopted after three windows, the last of them held back in part and contested in part."""
    town = new(folder, "impact60", SMALL_COURSE, SMALL_CONTRACT)
    adopt(town, text_of(town, with_quarrel()))
    town.release("2020H1", "payment_document", "operator")
    town.release("2020H1", "contract_total", "investor")
    return town


def documented(folder: Path) -> SimulatedMunicipality:
    """A contract whose weeks rest on documents too."""
    return with_documents(folder, 5)


def of_few(folder: Path) -> SimulatedMunicipality:
    """A small cohort: an investor learns dates alone; the operator is told whom it takes back."""
    town = new(folder, "ballerup")
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    for window in contract.windows:
        town.release(window.label, "payment_document", "operator")
    for one in contract.statements:
        statements.state(town.gateway, town.contract, one.window)
    return town


TOWNS: dict[str, Callable[[Path], SimulatedMunicipality]] = {
    "three": paid_by_three,
    "adopted": adopted,
    "documented": documented,
    "few": of_few,
    "asked": paid_by_three,  # where nobody else looks: a report tells of every look
}


@pytest.fixture(scope="module")
def town(folder: Path) -> Callable[[str], SimulatedMunicipality]:
    return cache(lambda name: TOWNS[name](folder / name))


def at_the_desk(gateway: Gateway, *command: str, cwd: Path) -> str:
    """What a command prints and writes, on the installation's own clock."""
    with pytest.MonkeyPatch.context() as patch:
        for room in (settle, rights):
            patch.setattr(room, "open_gateway", lambda: gateway)
        ran = run(*command, cwd=cwd)
    assert ran.code == 0, ran.text
    files = [cwd / word for word in command if "." in word and (cwd / word).is_file()]
    said = ran.text + "".join(f"\n--- {file.name}\n{read(file)}" for file in files)
    for file in files:
        file.unlink()
    return said


def over_http(town: SimulatedMunicipality, organisation: str, role: Role) -> str:
    client = Client(town.gateway, f"golden-{role.value}")
    client.register(town.folder, organisation, role)
    api = TestClient(create_app(town.gateway))
    return api.get(f"/contracts/{town.contract}/settlement", headers=client.headers(api)).content.decode()


SHOWN = [
    *(f"{town} settle {command}" for town in ("three", "adopted") for command in ("state", "investor", "accruals")),
    *(
        f"{town} settle statement --out s.{form}"
        for town in ("three", "adopted")
        for form in ("html", "json", "csv", "xlsx")
    ),
    "documented settle state",
    "documented settle statement --out s.html",
    "documented settle statement --out s.csv",
    "documented operator over http",
    "few settle investor",
    "few settle state",
    "three settle sheet F-1/1 --out s.html",
    "three settle sheet F-1/2 --out s.html",
    "three settle invoice 2019H1 --out f.xml",
    "three settle invoice 2019H1 --payer statens-fond --out f.xml",
    "three operator over http",
    "three investor over http",
    "adopted operator over http",
    "adopted investor over http",
    "few investor over http",
    "asked rights report --case SAG-0002 --out r.html --json r.json",
    "few rights report --case SAG-0001 --out r.html --json r.json",
]


@pytest.mark.parametrize("case", SHOWN)
def test_what_is_shown_is_what_was_recorded(town: Callable[[str], SimulatedMunicipality], case: str):
    name, *words = case.split()
    place = town(name)
    match words:
        case ["operator", *_]:
            shown = over_http(place, operator(place).organisation, Role.OPERATOR)
        case ["investor", *_]:
            shown = over_http(place, "den-sociale-kapitalfond", Role.INVESTOR)
        case ["rights", command, *options]:
            gateway = acting(place.gateway, "worker")
            shown = at_the_desk(gateway, "rights", command, place.contract, *options, cwd=place.folder)
        case [room, command, *options]:
            shown = at_the_desk(officer(place), room, command, place.contract, *options, cwd=place.folder)
    file = GOLDEN / (re.sub(r"[^a-z0-9]+", "-", case.lower()) + ".txt")
    if os.environ.get("GOLDEN") == "write":
        file.write_text(steady(shown), encoding="utf-8", newline="")
    assert steady(shown) == file.read_bytes().decode("utf-8")
