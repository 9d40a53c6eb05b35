"""Commands of a contract that starts mid-way: adopt it with opening balances, or run beside an old workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, currency_of, open_gateway, output, warn_of_development_key
from gateway.wording.formats import english_money


def adopt(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    balances: Annotated[Path, typer.Argument(help="The opening balances, exactly as the other party signed them.")],
    signed: Annotated[list[Path], typer.Option(help="What a party signed (`verify-outcome balances`); one for each.")],
) -> None:
    """Take over a contract that already runs, once: both sides state what they settled before; nobody evaluates it.

    The municipality signs here, as its system owner, with the key that signs its attestations.

    Example: gateway contract adopt impact60 opening.toml --signed operator.balances.jwt
    """
    from gateway.contracts.openings import adopt as use_case

    gateway = open_gateway()
    tokens = [file.read_text("ascii", errors="replace").strip() for file in signed]
    adopted = use_case(gateway, contract, balances.read_bytes(), tokens, file=balances.name)
    currency = currency_of(gateway, contract)
    rows: list[tuple[str, ...]] = [("window", "tariff", "quantity", "paid", "held back", "disputed")]
    for one in adopted.opening.stated:
        amounts = (one.paid_minor, one.held_minor, one.disputed_minor)
        rows.append((one.window, one.tariff, str(one.quantity), *(english_money(minor, currency) for minor in amounts)))
    columns(rows)
    console.print(f"adopted: {contract} from the window after {adopted.opening.last_window} on")
    console.print(f"  balances {adopted.opening.sha256}: stated by the parties, not evaluated")
    for said in adopted.signed:
        console.print(f"  signed by {said.role}/{said.organisation}, key {said.kid}")
    console.print(
        "  `gateway settle accruals` shows where the registers differ; nothing of it is ever settled by itself"
    )
    warn_of_development_key(gateway)


def shadow(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    workbook: Annotated[
        Path, typer.Option(help="The old workbook (.xlsx); only the cells that the map names are read.")
    ],
    sheet_map: Annotated[Path, typer.Option("--map", help="Which column holds which figure (TOML).")],
    windows: Annotated[list[str] | None, typer.Option("--window", help="Only this window; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the report goes as well: .csv or .xlsx.")] = None,
) -> None:
    """Hold the gateway's evaluation against the workbook that settles the contract today, for municipal eyes alone.

    Ends with 1 where a figure differs, or a window that has ended is missing in the workbook.

    Example: gateway shadow impact60 --workbook old.xlsx --map map.toml --out report.csv
    """
    from gateway.documents.exports import csv_bytes, xlsx_bytes
    from gateway.evaluation import shadow as use_case

    if out is not None and out.suffix not in (".csv", ".xlsx"):
        raise typer.BadParameter("must end in .csv or .xlsx", param_hint="--out")
    found = use_case.compare(
        open_gateway(), contract, workbook.read_bytes(), sheet_map.read_bytes(), names=(workbook.name, sheet_map.name),
        only=windows or (),
    )  # fmt: skip
    columns([use_case.HEAD, *(use_case.terminal_row(one) for one in found.compared)])
    differing = found.differing
    total = len(found.compared)
    word = f"{differing} of {total} figures differ" if differing else f"all {total} figures are equal"
    if not found.agrees and not differing:
        word = f"{total} figures are equal, and not everything was compared"
    console.print(word, style="green" if found.agrees else "red")
    for label in found.missing:
        console.print(f"  {label} is not in the workbook: not compared", style="red")
    for row, label in found.misspelt:
        console.print(f"  row {row} has the label of {label} in another spelling: not read", style="red")
    for one in found.compared:
        if one.is_rounded:
            console.print(f"  {use_case.rounded_text(one)}", style="yellow")
    if found.is_small:
        console.print(
            "  a small cohort: these figures are for municipal eyes alone, and go to no recipient", style="yellow"
        )
    if out is not None:
        body = [*map(use_case.cells, found.compared), *map(use_case.missing_cells, found.missing)]
        with output(out) as file:
            is_csv = out.suffix == ".csv"
            data = (
                csv_bytes(use_case.HEAD, body)
                if is_csv
                else xlsx_bytes(use_case.HEAD, body, title=f"{contract}: shadow run", on=found.on)
            )
            file.write(data)
        console.print(f"written: {out}")
    if not found.agrees:
        raise typer.Exit(1)


CONTRACT_COMMANDS: Commands = {"adopt": adopt}
COMMANDS: Commands = {"shadow": shadow}
