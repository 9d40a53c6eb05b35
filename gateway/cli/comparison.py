"""The command for comparison groups."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, counts, open_gateway, output, progress_bar


def comparison(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    selection: Annotated[Path, typer.Argument(help="The file that declares the group (TOML).")],
    extract: Annotated[Path, typer.Option(help="A whole extract of the contract's status source.")],
    out: Annotated[Path, typer.Option(help="Where the figures go (canonical JSON, not signed).")],
) -> None:
    """Count a measure for everybody in an extract who matches a selection and is in no cohort here: sums alone.

    Example: gateway comparison impact60 group.toml --extract drop/dream/dream-2021-02.csv --out figures.json
    """
    from gateway.evaluation.comparison import compare
    from outcome_verifier import canonical

    with output(out) as file:
        with progress_bar(extract.name) as report:
            done = compare(open_gateway(), contract, selection, extract, progress=report)
        file.write(canonical.dumps(done.body()) + b"\n")
    group = done.group
    console.print(f"{group.title}: {done.people:,} people, {group.from_week} to {group.to_week}")
    rows = [("measure", "unit", "total", "by state")]
    cells = ", ".join(f"{state} {'withheld' if count is None else count}" for state, count in done.by_state)
    rows.append((group.measure.id, group.measure.kind, str(done.quantity), cells))
    columns(rows)
    console.print(f"  left out, {counts({reason: count for reason, count in done.excluded if count is not None})}")
    for digest in done.near:
        what = f"  the group of selection {digest[:16]} had nearly as many people (fewer than {done.rules.k} apart)"
        console.print(f"{what}: the two figures may tell of the few, so keep one of them alone", style="yellow")
    console.print(f"written, not signed: {out}")


COMMANDS: Commands = {"comparison": comparison}
