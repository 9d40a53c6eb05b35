"""A simulated town in a process of its own, so that what serves and what asks do not share an interpreter.

`python -m bench.town FOLDER PEOPLE LATENCY_SECONDS SOURCE...` serves IMPACT60 with so many people until its input ends.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.contracts import declarations
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import REAL_TIME, Kind, Settings
from gateway.intake import enrolment
from gateway.simulate.course import load_course
from gateway.simulate.serving import SimulatedTown
from tests.support.parties import accept_all

_ROOT = Path(__file__).parents[1]
CONTRACT = "impact60"


def _edits(people: int) -> list[tuple[str, str]]:
    return [("size = 120", f"size = {people}"), ("threshold_people = 60", f"threshold_people = {people // 2}")]


@dataclass(frozen=True, slots=True)
class Town:
    folder: Path
    gateway: Gateway

    def pull(self, source: str) -> int:
        """Pull as the command line does; how many records or rows were read."""
        from contextlib import closing

        from gateway.intake.folder_pulling import Taken, pull_folder
        from gateway.intake.pulling_records import pull_records

        with self.gateway.store.read() as session:
            declaration = declarations.source(session, source)
        if declaration.coverage is None:
            steps = pull_folder(self.gateway, CONTRACT, source, secrets=self.gateway.secrets, clock=REAL_TIME)
            reports = [step.report for step in steps if isinstance(step, Taken)]
            return sum(report.rows_read for report in reports if report is not None)
        with closing(self.gateway.transport(declaration)) as transport:
            return pull_records(self.gateway, CONTRACT, source, transport).rows_read


@contextmanager
def town(
    folder: Path, *, people: int, latency_seconds: float, sources: Sequence[str], status: str = "", income: str = ""
) -> Iterator[Town]:
    """The town, and a gateway in whose contract everybody is enrolled."""
    command = [
        sys.executable,
        "-m",
        "bench.town",
        str(folder / "town"),
        str(people),
        str(latency_seconds),
        status,
        income,
    ]
    served = subprocess.Popen([*command, *sources], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT)
    assert served.stdout is not None
    try:
        if served.stdout.readline() != b"ready\n":
            raise OSError("the simulated town did not start")
        made = folder / "town"
        gateway = initialise(
            Settings(data_directory=folder / "gateway", secrets_directory=made / "secrets"),
            host_name="gateway.example",
            municipality_code="851",
            municipality_name="Aalborg Kommune",
            kind=Kind.DEMO,
        )
        files = made / "contract" / f"{CONTRACT}.toml", made / "contract" / f"{CONTRACT}.programme.toml"
        accept_all(gateway, *files)
        declarations.activate_contract(gateway, *files)
        for file in sorted((made / "sources").glob("*.toml")):
            declarations.declare_source(gateway, file)
        enrolment.enrol(gateway, CONTRACT, "2018", made / "drop" / "enrolment" / f"{CONTRACT}.csv")
        yield Town(made, gateway)
        gateway.store.dispose()
    finally:
        served.communicate()


def main(folder: str, people: str, latency: str, status: str, income: str, *sources: str) -> None:
    text = (_ROOT / "examples" / "courses" / f"{CONTRACT}.toml").read_text("utf-8")
    course = load_course(text.replace("people = 120\n", f"people = {people}\n").encode(), file="course.toml")
    with SimulatedTown(
        Path(folder),
        course,
        extract_people=2_000,
        latency_seconds=float(latency),
        status=status,
        income=income,
        contract_edits=_edits(int(people)),
        only=sources,
    ):
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
