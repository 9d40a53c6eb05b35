"""Commands on sources: what is declared, under which agreement, and how far each has told."""

from __future__ import annotations

import typer

from gateway.cli.terminal import columns, console, opened

app = typer.Typer(help="The sources that are declared, and what they may be used for.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The sources that are declared, and what they may be used for."""


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
        if one.declaration.is_supplied_for_another_purpose:
            console.print(f"  {one.declaration.id}: supplied for another purpose: assessment required", style="yellow")
        for contract in one.unassessed:
            what = f"  {contract}: its programme names no assessment of {one.declaration.id}: nothing is pulled from it"
            console.print(what, style="red")
        if one.warning:
            console.print(f"  {one.warning}", style="red" if one.agreement == "ended" else "yellow")
