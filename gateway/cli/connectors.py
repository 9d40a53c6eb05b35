"""Commands for whoever connects a source: prove a declaration, draft one from a sample, and see what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import columns, console, counts, opened, output, progress_bar

app = typer.Typer(help="Declarations of sources: what is declared, prove one, or draft one.", no_args_is_help=True)


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
    from gateway.checking import check_source, contracts_with
    from gateway.settings import REAL_TIME

    gateway = opened()
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


@app.command("list")
def list_connectors() -> None:
    """Show every source with its agreement, how far it has told, and what has to be done about it.

    Example: gateway connectors list
    """
    from gateway.connecting import connectors

    found = connectors(opened())
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
        for contract in one.unassessed:
            what = f"  {contract}: its programme names no assessment of {one.declaration.id}: nothing is pulled from it"
            console.print(what, style="red")
        if one.warning:
            console.print(f"  {one.warning}", style="red" if one.agreement == "ended" else "yellow")
