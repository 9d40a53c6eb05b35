"""A municipality that is ready to be asked: built once a process for each contract, then copied.

`simulated` (tests/support/simulated.py) builds from nothing and takes every knob; this is the quick way to a
municipality whose people are enrolled and whose files are pulled.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from gateway.installation.settings import Kind, utc_now
from gateway.release import publication
from gateway.release import releasing as release
from gateway.store import queries
from gateway.store.tables import ReleaseRow
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import VerifiedOutcome, verify_bundle
from tests.support.simulated import Edit, Municipality, reopened, simulated

# IMPACT60 with 30 people, so that each case is quick; 30 still reaches k_cohort
SMALL_COURSE: tuple[Edit, ...] = (
    ("people = 120\n", "people = 30\n"),
    ("people = 43\n", "people = 10\n"),
    ("people = 14\n", "people = 5\n"),
    ("people = 55\n", "people = 12\n"),
    ("enrolment_to = 2018-12-30", "enrolment_to = 2018-11-25"),
)
SMALL_CONTRACT: tuple[Edit, ...] = (
    ("size = 120", "size = 30"),
    ("threshold_people = 60", "threshold_people = 15"),
    ("enrolment_to = 2018-12-30", "enrolment_to = 2018-11-25"),  # of so few nobody may have 13 weeks beside one of 1
)
EXTRACT_PEOPLE = 20


@dataclass(frozen=True)
class SimulatedMunicipality(Municipality):
    """An installation, its files, and what is asked of it most."""

    @property
    def data_directory(self) -> Path:
        return self.gateway.settings.data_directory

    @property
    def environment(self) -> dict[str, str]:
        """What the command line must be told to find this installation."""
        url = self.gateway.settings.database_url
        return {"GATEWAY_DATA_DIRECTORY": str(self.data_directory), **({"GATEWAY_DATABASE_URL": url} if url else {})}

    def release(self, window: str, template: str, recipient: str) -> release.Released:
        return release.release(self.gateway, self.contract, window, template, recipient)

    def rows(self) -> list[ReleaseRow]:
        """Every release as it stands in the store."""
        with self.gateway.store.read() as session:
            return list(queries.releases(session, self.contract))

    def trust(self) -> TrustFile:
        return TrustFile.load(self.gateway.trust_file())

    def verified(self, bundle: bytes) -> VerifiedOutcome:
        """The bundle as its recipient reads it; raises where it does not verify."""
        return verify_bundle(bundle, self.trust(), now=int(self.gateway.clock().timestamp()))


def ready(
    folder: Path,
    name: str = "impact60",
    *,
    pulled: bool = True,
    kind: Kind = Kind.DEMO,
    clock: Callable[[], datetime] = utc_now,
) -> SimulatedMunicipality:
    """A copy of its own, in `folder`: contract in force, and (with `pulled`) people enrolled and files pulled."""
    return copied(_original(name, pulled, kind), folder, clock=clock)


def copied(
    original: SimulatedMunicipality, folder: Path, *, clock: Callable[[], datetime] = utc_now
) -> SimulatedMunicipality:
    """The same municipality once more, in `folder`; the original's store is at rest."""
    shutil.copytree(original.folder, folder, dirs_exist_ok=True)
    town = reopened(original, folder, clock=clock)
    return SimulatedMunicipality(town.gateway, original.contract, town.drop, folder)


def built(
    folder: Path, name: str = "impact60", *, database_url: str = "", kind: Kind = Kind.DEMO, in_shadow: bool = False
) -> SimulatedMunicipality:
    """The small municipality from nothing, on any database; nobody is enrolled yet."""
    is_large = name == "impact60"
    town = simulated(
        folder,
        name,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE if is_large else (),
        edits=SMALL_CONTRACT if is_large else (),
        database_url=database_url,
        kind=kind,
        in_shadow=in_shadow,
    )
    return SimulatedMunicipality(town.gateway, town.contract, town.drop, town.folder)


@cache
def _original(name: str, pulled: bool, kind: Kind) -> SimulatedMunicipality:
    town = built(Path(tempfile.mkdtemp(prefix=f"{name}-")), name, kind=kind)
    if pulled:
        town.enrol()
        town.pull_all()
        publication.publish(town.gateway)
    town.gateway.store.dispose()
    return town
