"""A simulated municipality: a folder with register files and an installation that reads them, made in one call."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from connectors.errors import FileNotNeeded
from gateway.contracts import declarations
from gateway.contracts.procurement import ChangeGround
from gateway.errors.holds import PullLooksWrong
from gateway.evaluation.evaluating import evaluate_week
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings, utc_now
from gateway.intake import answering_holds, enrolment, pulling
from gateway.simulate.course import load_course
from gateway.simulate.drop import Drop, write_drop
from tests.support.histories import EXAMPLES
from tests.support.parties import accept_all
from vocabulary.weeks import Week

Edit = tuple[str, str]
TOWNS = {
    "impact60": ("851", "Aalborg Kommune"),
    "ballerup": ("151", "Ballerup Kommune"),
    "aarhus": ("751", "Aarhus Kommune"),
    "housing-first": ("751", "Aarhus Kommune"),
    "laer-for-livet": ("751", "Aarhus Kommune"),
    "viborg": ("791", "Viborg Kommune"),
    "randers-ydelsesrefusion": ("730", "Randers Kommune"),
}


@dataclass(frozen=True)
class Municipality:
    """An installation and the folder of files that it was given."""

    gateway: Gateway
    contract: str
    drop: Drop
    folder: Path

    def enrol(self) -> enrolment.Enrolled:
        with self.gateway.store.read() as session:
            batch = self.gateway.contract(session, self.contract).cohort.batches[0]
        return enrolment.enrol(self.gateway, self.contract, batch.id, self.drop.referrals)

    def pull_all(self, *, accepts_holds: bool = False) -> list[pulling.PullReport]:
        """Pull everything in the drop, oldest first. What looks wrong raises `PullLooksWrong`, or somebody says that it
        is right.
        """
        source = "dream" if self.drop.status.is_file() else "ydelsesrefusion"
        status = [self.drop.status] if self.drop.status.is_file() else sorted(self.drop.status.iterdir())
        reports = []
        for name, files in ((source, status), ("income", [self.drop.income])):
            for file in files:
                try:
                    reports.append(pulling.pull(self.gateway, self.contract, name, file))
                except FileNotNeeded:
                    continue
                except PullLooksWrong as held:
                    if not accepts_holds:
                        raise
                    answering_holds.accept(self.gateway, held.hold)
                    reports.append(pulling.pull(self.gateway, self.contract, name, file))
        return reports

    def drawn_on(self, day: date) -> Drop:
        """The extract and the income file as they would have been on a day: nothing of them lies ahead of it."""
        folder = self.folder / f"drawn-{day}"
        folder.mkdir()
        status, income = folder / f"dream-{day:%Y-%m}.csv", folder / f"indkomst-2018-08_{day:%Y-%m}.csv"
        header, *rows = (line.split(",") for line in self.drop.status.read_text().splitlines())
        last = f"y_{str(Week.of(day))[2:4]}{str(Week.of(day))[6:]}"
        width = 1 + sum(name <= last for name in header[1:])
        status.write_text("".join(",".join(row[:width]) + "\n" for row in (header, *rows)))
        first, *lines = self.drop.income.read_text().splitlines()
        kept = [line for line in lines if line.split(";")[1] <= f"{day:%Y-%m}"]
        income.write_text("".join(f"{line}\n" for line in (first, *kept)))
        return replace(self.drop, status=status, income=income)

    def people(self, week: str) -> int:
        """How many are in the contract's outcome at the end of a week."""
        result, _ = evaluate_week(self.gateway, self.contract, Week.parse(week))
        with self.gateway.store.read() as session:
            measure = self.gateway.contract(session, self.contract).people_measure
        assert measure is not None
        return result.quantity(measure.id)


def declare(
    gateway: Gateway,
    name: str,
    folder: Path,
    *,
    edits: tuple[Edit, ...] = (),
    programme_edits: tuple[Edit, ...] = (),
    in_shadow: bool = False,
) -> None:
    """Put an example contract, with texts replaced, and its programme into force, accepted by all; declare sources."""
    text = _edited(EXAMPLES / "contracts" / f"{name}.toml", edits)
    programme = _edited(EXAMPLES / "programmes" / f"{name}.toml", programme_edits)
    known = hashlib.sha256((EXAMPLES / "contracts" / f"{name}.toml").read_bytes()).hexdigest()
    programme = programme.replace(known, hashlib.sha256(text.encode()).hexdigest())
    programme = programme.replace('"../notices/', '"notices/')
    shutil.copytree(EXAMPLES / "notices", folder / "notices", dirs_exist_ok=True)
    contract_file, programme_file = folder / f"{name}.toml", folder / f"{name}.programme.toml"
    contract_file.write_text(text, encoding="utf-8")
    programme_file.write_text(programme, encoding="utf-8")
    accept_all(gateway, contract_file, programme_file)
    declarations.activate_contract(gateway, contract_file, programme_file, in_shadow=in_shadow)
    for source in ("dream", "ydelsesrefusion", "income"):
        declarations.declare_source(gateway, EXAMPLES / "sources" / f"{source}.toml")


def amend(
    town: Municipality,
    *edits: Edit,
    follows: bool = True,
    ground: ChangeGround | None = ChangeGround.CLAUSE,
    programme_edits: tuple[Edit, ...] = (),
) -> None:
    """Put a later version of the contract in force, with texts of the one before replaced, and of its programme; with
    `follows` it says which text it changes."""
    before = (town.folder / f"{town.contract}.toml").read_text(encoding="utf-8")
    text = _edited(town.folder / f"{town.contract}.toml", edits)
    text = following(before, text) if follows else text
    put_later_in_force(town, text, ground=ground, programme_edits=programme_edits)


def put_later_in_force(
    town: Municipality,
    text: str,
    *,
    ground: ChangeGround | None = ChangeGround.CLAUSE,
    programme_edits: tuple[Edit, ...] = (),
) -> None:
    """Put a text in force as the next version: all accept it, one proposes it on a ground, and another approves."""
    contract, programme = (town.folder / f"{town.contract}{suffix}.toml" for suffix in ("", ".programme"))
    before = contract.read_text(encoding="utf-8")
    digests = [hashlib.sha256(version.encode()).hexdigest() for version in (before, text)]
    folder = town.folder / "amended"
    folder.mkdir(exist_ok=True)
    (folder / contract.name).write_text(text, encoding="utf-8")
    changed = _edited(programme, programme_edits).replace(*digests).replace('"notices/', '"../notices/')
    (folder / programme.name).write_text(changed, encoding="utf-8")
    accept_all(town.gateway, folder / contract.name, folder / programme.name)
    proposal = declarations.propose_change(town.gateway, folder / contract.name, folder / programme.name, ground=ground)
    declarations.approve_change(acting(town.gateway, "second"), proposal)


def following(before: str, text: str) -> str:
    """A later text that says which one it changes."""
    digest = hashlib.sha256(before.encode()).hexdigest()
    return text.replace("\neffective_from =", f'\nfollows = "{digest}"\neffective_from =', 1)


def acting(gateway: Gateway, staff: str) -> Gateway:
    """The same installation with another member of staff at the keyboard."""
    return replace(gateway, settings=gateway.settings.model_copy(update={"staff": staff}))


def simulated(
    folder: Path,
    name: str = "impact60",
    *,
    seed: int = 1,
    extract_people: int = 300,
    course_edits: tuple[Edit, ...] = (),
    edits: tuple[Edit, ...] = (),
    programme_edits: tuple[Edit, ...] = (),
    database_url: str = "",
    kind: Kind = Kind.DEMO,
    in_shadow: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> Municipality:
    """An installation with its contract in force and its register files written; nothing is enrolled or pulled.

    On SQLite and by the real clock it is a copy of what the same words made before in this process.
    """
    words = (name, seed, extract_people, course_edits, edits, programme_edits, kind, in_shadow)
    if database_url or clock is not utc_now:
        return _made(folder, *words, database_url=database_url, clock=clock)
    original = _original(*words)
    shutil.copytree(original.folder, folder, dirs_exist_ok=True)
    return reopened(original, folder)


def reopened(original: Municipality, folder: Path, *, clock: Callable[[], datetime] = utc_now) -> Municipality:
    """The copy of a municipality that stands in `folder`."""
    gateway = Gateway.open(Settings(data_directory=folder / "gateway"), clock=clock)
    return Municipality(gateway, original.contract, _moved(original.drop, original.folder, folder), folder)


@cache
def _original(*words: Any) -> Municipality:
    town = _made(Path(tempfile.mkdtemp(prefix=f"{words[0]}-")), *words)
    town.gateway.store.dispose()
    return town


@cache
def _installation(name: str, kind: Kind, at: datetime | None) -> Path:
    """Keys, database and status list of an installation that knows no contract yet: of an instant, or of now."""
    folder = Path(tempfile.mkdtemp(prefix="installation-"))
    install(folder, name, kind, clock=utc_now if at is None else lambda: at).store.dispose()
    return folder


def install(
    folder: Path, name: str, kind: Kind, *, database_url: str = "", clock: Callable[[], datetime] = utc_now
) -> Gateway:
    """An installation of the contract's municipality that knows no contract yet."""
    code, town = TOWNS[name]
    return initialise(
        Settings(data_directory=folder, database_url=database_url),
        host_name=f"gateway.{name}.example",
        municipality_code=code,
        municipality_name=town,
        kind=kind,
        clock=clock,
    )


def _made(
    folder: Path,
    name: str,
    seed: int,
    extract_people: int,
    course_edits: tuple[Edit, ...],
    edits: tuple[Edit, ...],
    programme_edits: tuple[Edit, ...],
    kind: Kind,
    in_shadow: bool,
    *,
    database_url: str = "",
    clock: Callable[[], datetime] = utc_now,
) -> Municipality:
    folder.mkdir(parents=True, exist_ok=True)
    course = load_course(_edited(EXAMPLES / "courses" / f"{name}.toml", course_edits).encode(), file=f"{name}.toml")
    drop = write_drop(folder / "drop", course, seed=seed, extract_people=extract_people)
    installed = folder / "gateway"
    if database_url:
        gateway = install(installed, name, kind, database_url=database_url, clock=clock)
    else:
        at = None if clock is utc_now else clock()
        shutil.copytree(_installation(name, kind, at), installed, dirs_exist_ok=True)
        gateway = Gateway.open(Settings(data_directory=installed), clock=clock)
    declare(gateway, name, folder, edits=edits, programme_edits=programme_edits, in_shadow=in_shadow)
    return Municipality(gateway, name, drop, folder)


def _moved(drop: Drop, old: Path, new: Path) -> Drop:
    return Drop(*(new / path.relative_to(old) for path in (drop.referrals, drop.status, drop.income)))


def _edited(file: Path, edits: tuple[Edit, ...]) -> str:
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        if old not in text:
            raise ValueError(f"{old!r} does not stand in {file.name}")
        text = text.replace(old, new)
    return text
