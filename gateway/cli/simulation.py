"""`gateway simulate`: a municipality that does not exist, as register files, or as servers that a gateway can ask."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, progress_bar, refuse_in_production, writing

if TYPE_CHECKING:
    from gateway.outcomes.contract import Contract
    from gateway.simulate.course import Course
    from gateway.simulate.serving import SimulatedTown


def simulate(
    course: Annotated[Path, typer.Option(help="A course file, such as examples/courses/impact60.toml.")],
    out: Annotated[Path, typer.Option(help="Folder to write to; with --serve it is a folder of its own.")],
    seed: Annotated[int, typer.Option(help="The same seed tells the same lives.")] = 1,
    extract_people: Annotated[int, typer.Option(help="People outside the cohort in a wide extract.")] = 20_000,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve every source on this machine until Ctrl-C, instead of files alone.")
    ] = False,
    fault: Annotated[
        list[str] | None, typer.Option(help="With --serve: SOURCE=FAULT, what goes wrong; may be given again.")
    ] = None,
    status: Annotated[str, typer.Option(help="With --serve: the source that decides a week's status.")] = "",
    income: Annotated[str, typer.Option(help="With --serve: the source that decides paid hours.")] = "",
) -> None:
    """Make a municipality that does not exist: its registers' files, or all its sources as servers on this machine.

    CPR numbers are day + 60. With --serve every source tells of the same people, and the folder holds the declarations,
    secrets, contract and referral list with which a gateway asks them.

    Example: gateway simulate --serve --course examples/courses/impact60.toml --out var/town --fault sf1491=hang
    """
    refuse_in_production("simulate")
    from gateway.simulate.course import load_course

    loaded = load_course(course.read_bytes(), file=course.name)
    if serve:
        _serve(loaded, out, seed, extract_people, fault or [], status, income)
        return
    if fault or status or income:
        raise typer.BadParameter("--fault, --status and --income go with --serve", param_hint="--serve")
    from gateway.simulate.drop import write_drop

    with writing(out), progress_bar("writing the extract") as report:
        drop = write_drop(out, loaded, seed=seed, extract_people=extract_people, progress=report)
    for path in (drop.referrals, drop.status, drop.income):
        console.print(f"wrote {path}")


def _serve(
    course: Course, out: Path, seed: int, extract_people: int, faults: list[str], status: str, income: str
) -> None:
    from gateway.errors.installation import UnsafeDirectory
    from gateway.simulate.serving import SimulatedTown, empty_folder

    with writing(out):
        if not empty_folder(out):
            raise UnsafeDirectory(where=str(out))
        with progress_bar("writing the extract") as report:
            town = SimulatedTown(
                out,
                course,
                seed=seed,
                extract_people=extract_people,
                status=status,
                income=income,
                progress=report,
            )
    with town:
        switched = _switch(town, faults)
        ended = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: ended.set())
        _tell(town, course, switched)
        ended.wait()
        console.print("\nwhat was asked:")
        rows = [("source", "requests", "faults that happened")]
        for one in town.served.values():
            fired = ", ".join(f"{fault}: {count}" for fault, count in one.faults.fired.items())
            rows.append((one.id, "" if one.server is None else str(one.requests), fired))
        columns(rows, indent=2)


def _switch(town: SimulatedTown, faults: list[str]) -> dict[str, list[str]]:
    """Switch on what was asked for; source -> its faults."""
    switched: dict[str, list[str]] = {}
    for wanted in faults:
        source, _, name = wanted.partition("=")
        if source not in town.served:
            raise typer.BadParameter(f"{source!r} is none of: {', '.join(town.served)}", param_hint="--fault")
        can = town.served[source].can
        if name not in {fault.value for fault in can}:
            known = ", ".join(sorted(can)) or "nothing can be switched on here"
            raise typer.BadParameter(f"{source} cannot have {name!r}; it can have: {known}", param_hint="--fault")
        town.served[source].faults.switch_on(next(fault for fault in can if fault == name))
        switched.setdefault(source, []).append(name)
    return switched


def _accepting(contract: Contract, folder: str, file: str) -> list[str]:
    """What operator and investor do elsewhere: make a key, accept the contract, and send both."""
    others = " ".join(f"{one.role}/{one.organisation}" for one in contract.parties if one.role != "outcome_payer")
    key, token = f"{folder}/${{party%%/*}}.key.pem", f"{folder}/${{party%%/*}}.jwt"
    text = f"{folder}/contract/{file}"
    return [
        f"for party in {others}; do",
        f"  verify-outcome key {key}",
        f"  verify-outcome accept {text} --trust {folder}/TRUST.json --as $party --key {key} --out {token}",
        f"  thumbprint=$(verify-outcome key {key} | sed -n 's/^thumbprint *//p')",
        f"  gateway contract accepted {text} {token} --key=$thumbprint",
        "done",
    ]


def _tell(town: SimulatedTown, course: Course, switched: dict[str, list[str]]) -> None:
    from gateway.outcomes.contract_file import load_contract

    contract = load_contract(town.contract.read_bytes(), file=town.contract.name)
    payer = contract.party("outcome_payer")
    console.print(f"{payer.name}, simulated: {course.people} people who do not exist, known to every source below.\n")
    heading = ("source", "how it is asked", "where", "fault" if switched else "")
    served = town.served.values()
    rows = [(one.id, one.speaks, one.address, ", ".join(switched.get(one.id, []))) for one in served]
    columns([heading, *rows], indent=2)
    here = os.path.relpath(town.folder)
    quoted = shlex.quote(str(town.folder) if here.startswith("..") else here)
    batch = contract.cohort.batches[0].id
    last = course.points[-1].week if course.points else contract.windows[-1].to_week
    others = [one.id for one in town.served.values() if one.declaration and one.id != "cpr"]
    init = (
        f"gateway init --municipality-code {payer.municipality_code or '000'} --host-name gateway.example --demo-keys"
    )
    files = f"{quoted}/contract/{town.contract.name} {quoted}/contract/{town.programme.name}"
    lines = [
        f"export GATEWAY_DATA_DIRECTORY={quoted}/gateway GATEWAY_SECRETS_DIRECTORY={quoted}/secrets",
        f"{init} --municipality-name {shlex.quote(payer.name)}",
        f"gateway trust export --out {quoted}/TRUST.json",
        f"gateway contract accept {files}",
        *_accepting(contract, quoted, town.contract.name),
        f"gateway contract add {files}",
        f"for file in {quoted}/sources/*.toml; do gateway contract source $file; done",
        f"gateway enrol {contract.id} {quoted}/drop/enrolment/{town.referrals.name} --batch {batch} --yes",
        f"for source in cpr {' '.join(others)}; do gateway pull {contract.id} $source; done",
        f"gateway evaluate {contract.id} --week {last}",
        f"for file in {quoted}/statistics/*.toml; do gateway connectors statistics $file; done",
    ]
    console.print("\nIn another terminal, from this folder:\n")
    for line in lines:
        console.print(f"  {line}", soft_wrap=True, highlight=False)
    decide = " and ".join(contract.sources)
    console.print(
        f"\n{decide} decide the contract; choose others with --status and --income. Ctrl-C ends it."
        "\nPorts and keys are new at each start: declare the sources again then."
    )


COMMANDS: Commands = {"simulate": simulate}
