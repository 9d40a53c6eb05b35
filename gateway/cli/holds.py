"""Commands for pulls that look wrong: what stands out in each, and what the system owner decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import columns, console, open_gateway

if TYPE_CHECKING:
    from gateway.intake.answering_holds import HoldAnswer

app = typer.Typer(help="Pulls that look wrong, and what is decided about them.", no_args_is_help=True)
Hold = Annotated[str, typer.Argument(help="The hold's id, as `gateway holds list` shows it.")]


@app.command("list")
def list_holds(
    contract: Annotated[str, typer.Argument(help="The contract's id; all without one.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Those that were answered too.")] = False,
) -> None:
    """Show the pulls that are held, and what stands out in each: counts, and nobody's row.

    Example: gateway holds list impact60
    """
    from gateway.intake.answering_holds import list_holds as use_case

    found = [one for one in use_case(open_gateway(), contract) if every or not one.answer]
    if not found:
        console.print("no pull is held")
        return
    rows = [("hold", "contract", "source", "file", "held on", "answer by", "state")]
    for one in found:
        state = one.answer or ("waits for a second person" if one.proposed else "late" if one.is_overdue else "waits")
        rows.append(
            (one.id, one.contract, one.source, one.file or "(asked)", str(one.held_on), str(one.answer_by), state)
        )
    columns(rows)
    for one in found:
        for finding in one.findings:
            console.print(f"  {one.id}: {finding}", style="yellow")
        if one.proposed and not one.answer:
            console.print(f"  {one.id}: {one.proposed} by {one.proposed_by}; another person has to say the same")


@app.command()
def accept(hold: Hold) -> None:
    """Let exactly this file or answer through, as the system owner; after its day it takes two people.

    Example: gateway holds accept 5f0c12ab
    """
    from gateway.intake.answering_holds import accept as use_case

    answer = use_case(open_gateway(), hold)
    _show_answer(answer)
    if answer.needs_second:
        return
    shown = answer.hold
    if answer.report is None:
        console.print(f"  pull it again: `gateway pull {shown.contract} {shown.source}`, with {shown.file}")
    else:
        console.print(f"  stored: {answer.report.people_changed} people changed")


@app.command()
def reject(hold: Hold) -> None:
    """Leave this file or answer out for good, as the system owner; after its day it takes two people.

    Example: gateway holds reject 5f0c12ab
    """
    from gateway.intake.answering_holds import reject as use_case

    answer = use_case(open_gateway(), hold)
    _show_answer(answer)
    if not answer.needs_second:
        console.print(f"  ask the owner of {answer.hold.source} for another, and pull again")


def _show_answer(answer: HoldAnswer) -> None:
    shown = answer.hold
    if answer.needs_second:
        console.print(f"{shown.proposed} by {shown.proposed_by}; nothing has happened yet")
        second = f"its day was {shown.answer_by}: another person has to give the same command"
        console.print(f"  {second}", style="yellow")
    else:
        console.print(f"{shown.answer}: {shown.id}")
