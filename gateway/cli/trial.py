"""`gateway contract trial`: a draft on people of a past year, under a programme of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, open_gateway, output, progress_bar, warn_of_development_key
from gateway.cli.whatif import assumed_figures
from gateway.wording.formats import english_money

if TYPE_CHECKING:
    from gateway.evaluation.trial import TrialReport

_NOT_SHOWN = "not shown"


def trial(
    contract: Annotated[Path, typer.Argument(help="The draft.", metavar="CONTRACT.toml")],
    programme: Annotated[Path, typer.Argument(help="The trial's own programme.", metavar="PROGRAMME.toml")],
    people: Annotated[
        Path, typer.Option("--list", help="The list of people: CPR number and day, as a referral list has them.")
    ],
    file: Annotated[list[str], typer.Option("--register", help="SOURCE=FILE, a register's file; again for each.")],
    declared: Annotated[
        list[str] | None, typer.Option(help="NAME=FIGURE or NAME@WINDOW=FIGURE, for a declared aggregate.")
    ] = None,
    propose: Annotated[
        bool, typer.Option("--propose", help="Propose the trial, for somebody else to run; nobody is looked up.")
    ] = False,
    report: Annotated[Path | None, typer.Option("--out", help="Where the signed report goes (JWT).")] = None,
    page: Annotated[Path | None, typer.Option("--html", help="Where the printed page goes.")] = None,
) -> None:
    """Try a draft on people of a past year who are in no contract: rounded figures, a page and a signed report.

    One proposes with --propose; a system owner who is another runs the same command without it. A text is tried once;
    the same command again hands out the same report. Nothing is kept of anybody.

    Example: gateway contract trial draft.toml trial.programme.toml --list list.csv --register dream=dream-2025-12.csv
    --register income=indkomst-2024-01_2025-12.csv --out draft.trial.jwt --html draft.trial.html
    """
    from gateway.documents.trial_page import page as printed
    from gateway.evaluation.trial import propose_trial, run_trial
    from gateway.evaluation.tried_people import TrialFiles
    from gateway.outcomes.contract_file import load_contract

    files = TrialFiles(contract, programme, people, _extracts(file))
    if propose:
        digest = propose_trial(open_gateway(), files)
        console.print(f"proposed: a system owner who is another may run it with the same files (digest {digest})")
        return
    if report is None:
        raise typer.BadParameter("says where the signed report goes; or give --propose", param_hint="--out")
    figures = assumed_figures(load_contract(contract.read_bytes(), file=contract.name), declared or [])
    gateway = open_gateway()
    with output(report) as out:
        with progress_bar("trying the draft") as told:
            done = run_trial(gateway, files, figures, progress=told)
        out.write(done.token.encode("ascii") + b"\n")
    if page is not None:
        with output(page) as out:
            digest = hashlib.sha256(done.token.encode("ascii")).hexdigest()
            out.write(printed(done.report, report_sha256=digest).encode())
    warn_of_development_key(gateway)
    if not done.is_new:
        console.print("tried before with these files: this is the report of then")
    _show(done.report)
    for path in (report, page):
        if path is not None:
            console.print(f"written: {path}")


def _extracts(texts: Sequence[str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for text in texts:
        source, sign, path = text.partition("=")
        if not (source and sign and path):
            raise typer.BadParameter(f"{text!r} must be SOURCE=FILE", param_hint="--register")
        found.setdefault(source, []).append(Path(path))
    return found


def _show(shown: TrialReport) -> None:
    console.print(f"{shown.title}: tried on about {shown.people} people; the registers end in {shown.complete_to}")
    rows = [("window", "counts", "people", "reached", shown.currency)]
    for window in shown.windows:
        amount = _NOT_SHOWN if window.amount_minor is None else english_money(window.amount_minor, shown.currency)
        for one in window.measures:
            people, units = (_NOT_SHOWN if value is None else str(value) for value in (one.people, one.units))
            rows.append((window.window, one.measure, people, units, amount))
    columns(rows, indent=2)
    for name in shown.left_out:
        console.print(f"  left out, since the registers end before: {name}", style="yellow")


COMMANDS: Commands = {"trial": trial}
