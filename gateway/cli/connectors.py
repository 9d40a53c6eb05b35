"""Commands for whoever connects a source: prove a declaration, draft one from a sample, see what is declared, and ask
a statistics service about groups.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import columns, console, counts, open_gateway, output, progress_bar

if TYPE_CHECKING:
    from gateway.intake.statistics import StatisticsAnswer

app = typer.Typer(help="Declarations of sources: what is declared, prove one, or draft one.", no_args_is_help=True)


NOT_SHOWN = "not shown"  # of a figure that the service keeps back, or does not have
NO_CODES = "nothing says what its codes mean, so every one is unknown and counts nowhere: fill in [codes]"


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="The source's id, such as dream.")],
    file: Annotated[Path | None, typer.Argument(help="A file to check instead of the source itself.")] = None,
    contract: Annotated[str, typer.Option(help="For which contract, where several read the source.")] = "",
) -> None:
    """Read one sample of a source as a pull would, count it and store nothing; the look is logged.

    It says whether the source is reached, lets us in and has the declared columns, and what would be dropped.

    Example: gateway connectors check dream drop/dream/dream-2021-02.csv
    """
    from connectors.source_file import LocalFile
    from gateway.installation.settings import REAL_TIME
    from gateway.intake.checking import check_source, contracts_with

    gateway = open_gateway()
    named = [contract] if contract else contracts_with(gateway, name)
    if len(named) != 1:
        found = f"is named by {', '.join(named)}: say for which" if named else "is named by no programme in force"
        raise typer.BadParameter(f"{name} {found}", param_hint="--contract")
    with progress_bar(name if file is None else file.name):  # a folder must be quiet for a while
        done = check_source(
            gateway,
            named[0],
            name,
            None if file is None else LocalFile(file),
            secrets=gateway.secrets,
            clock=REAL_TIME,
        )
    console.print(f"{name} can be read for {done.contract}; nothing was stored")
    console.print(f"  sample     {done.sample}: {done.records:,} rows, {done.of_cohort:,} of the cohort's people")
    console.print("  columns    all that are declared are there, and no other")
    console.print(f"  dropped    {', '.join(done.dropped) or 'none: nothing but the declared columns is there'}")
    console.print(f"  rejected   {counts(done.rejected)}")
    console.print(f"  unknown    codes {counts(done.unknown_codes)}")
    if done.explains_no_code:
        console.print(f"  {NO_CODES}", style="yellow")
    for left in done.left:
        console.print(f"  {'waits' if left.waits else 'refused'}: {left.name}: {left.reason}", style="yellow")


@app.command()
def new(
    sample: Annotated[Path, typer.Argument(help="A file as the source sends it (CSV or XLSX).")],
    kind: Annotated[str, typer.Option(help="What its rows mean; guessed where it is left out.")] = "",
    identifier: Annotated[str, typer.Option("--id", help="The source's id.")] = "new-source",
    sheet: Annotated[str, typer.Option(help="Of a workbook: the sheet's name.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where the draft goes; else it is printed.")] = None,
) -> None:
    """Draft a declaration from the header of a sample file. No row is read, and no value is shown.

    Example: gateway connectors new sager-2024-03.csv --id sager --kind periods --out sager.toml
    """
    from connectors.declaration import KINDS
    from connectors.scaffold import scaffold
    from connectors.source_file import LocalFile

    if kind and kind not in KINDS:
        raise typer.BadParameter(f"must be one of: {', '.join(KINDS)}", param_hint="--kind")
    if sample.suffix.lower() == ".xlsx" and not sheet:
        raise typer.BadParameter("a workbook needs the name of its sheet", param_hint="--sheet")
    text = scaffold(LocalFile(sample), kind=kind, identifier=identifier, sheet=sheet)
    if out is None:
        console.print(text, end="")
        return
    with output(out) as file:
        file.write(text.encode())
    console.print(f"drafted: {out}; fill in what is marked, then `gateway contract source {out}`")


@app.command()
def statistics(
    declaration: Annotated[Path, typer.Argument(help="Figures to ask for: a file of schema aggregate/1.")],
    json: Annotated[Path | None, typer.Option(help="Write them, with what they are, as canonical JSON.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write them as CSV, without formulas.")] = None,
) -> None:
    """Ask Jobindsats or StatBank for figures about groups and show them. None is stored; that it was asked is logged.

    Example: gateway connectors statistics examples/statistics/statbank.toml --json figures.json
    """
    from connectors.aggregates import load_aggregate
    from gateway.installation.settings import REAL_TIME
    from gateway.intake.statistics import ask_statistics

    if json is not None and csv is not None and json.resolve() == csv.resolve():
        raise typer.BadParameter("names the same file as --json", param_hint="--csv")
    declared = load_aggregate(declaration.read_bytes(), file=declaration.name)
    gateway = open_gateway()
    with ExitStack() as files:
        json_file, csv_file = (None if path is None else files.enter_context(output(path)) for path in (json, csv))
        with progress_bar(declared.id):
            asked = ask_statistics(gateway, declared, secrets=gateway.secrets, clock=REAL_TIME)
        if json_file is not None:
            json_file.write(asked.content())
        if csv_file is not None:
            csv_file.write(_statistics_csv(asked))
    _show_statistics(asked)
    for path in (json, csv):
        if path is not None:
            console.print(f"written: {path}")


def _show_statistics(asked: StatisticsAnswer) -> None:
    declared, figures = asked.declaration, asked.statistics.figures
    console.print(f"{declared.title}: {declared.service}, table {declared.table}, from {asked.host}")
    shown = [
        [NOT_SHOWN if cell is None else cell if isinstance(cell, str) else f"{cell:,f}" for cell in row]
        for row in asked.rows
    ]
    places = [declared.columns.index(name) for name in declared.measures]
    columns([declared.columns, *shown], indent=2, numbers=places)
    console.print(f"  {len(figures):,} figures, {asked.not_shown:,} of them {NOT_SHOWN}; none was stored")
    console.print(f"  declaration    {asked.statistics.declaration_sha256}")
    console.print(f"  answer         {asked.statistics.answer_sha256}")
    console.print(f"  inputs_sha256  {asked.inputs_sha256}, which is the SHA-256 of what --json writes")


def _statistics_csv(asked: StatisticsAnswer) -> bytes:
    """The rows with where they are from. A figure that is not shown is a text, which no sum takes for zero."""
    from gateway.documents.exports import csv_bytes

    origin = (asked.host, asked.declaration.table, asked.inputs_sha256)
    body = [[*(NOT_SHOWN if cell is None else cell for cell in row), *origin] for row in asked.rows]
    return csv_bytes([*asked.declaration.columns, "source", "table", "inputs_sha256"], body)


@app.command("list")
def list_connectors() -> None:
    """Show every source with its agreement, how far it has told, and what has to be done about it.

    Example: gateway connectors list
    """
    from gateway.intake.connecting import connectors

    found = connectors(open_gateway())
    rows: list[tuple[str, ...]] = [
        ("source", "kind", "transport", "agreement", "valid to", "", "contract", "complete to", "assessment")
    ]
    for one in found:
        declared = one.declaration
        state = "" if one.agreement == "valid" else one.agreement
        agreement = (declared.agreement.reference, str(declared.agreement.valid_to), state)
        head: tuple[str, ...] = (declared.id, declared.kind, one.transport, *agreement)
        for use in one.uses:
            needed = declared.is_supplied_for_another_purpose
            assessment = (use.assessment or "MISSING") if needed else "not needed"
            rows.append((*head, use.contract, str(use.complete_to or "nothing yet"), assessment))
            head = ("",) * len(head)
        if not one.uses:
            rows.append((*head, "no contract", "", ""))
    columns(rows)
    for one in found:
        if one.rest:
            console.print(f"  {one.rest}", style="red")
        if one.declaration.explains_no_code:
            console.print(f"  {one.declaration.id}: {NO_CODES}", style="yellow")
        if one.declaration.is_supplied_for_another_purpose:
            console.print(f"  {one.declaration.id}: supplied for another purpose: assessment required", style="yellow")
        for contract in one.unassessed_contracts:
            what = f"  {contract}: its programme names no assessment of {one.declaration.id}: nothing is pulled from it"
            console.print(what, style="red")
        if one.warning:
            console.print(f"  {one.warning}", style="red" if one.agreement == "ended" else "yellow")
