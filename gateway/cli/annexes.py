"""`gateway contract annex`: the pages that parties sign, made from the files that decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import (
    Commands,
    agreed_files,
    console,
    day_of_paper,
    open_gateway,
    output,
    warn_of_development_key,
)


def annex(
    contract: Annotated[Path, typer.Argument(help="The contract file.")],
    programme: Annotated[Path, typer.Argument(help="The programme file declared for it.")],
    out: Annotated[Path, typer.Option(help="Where the annexes go (HTML, to print).")],
    docx: Annotated[Path | None, typer.Option(help="Where they go as a Word file.")] = None,
    on: Annotated[str, typer.Option(help="The day of the paper, YYYY-MM-DD; today where it is left out.")] = "",
) -> None:
    """Write annex A (measurement) and B (payment) in Danish; an installation puts its anchor and who accepted in them.

    Example: gateway contract annex examples/contracts/impact60.toml examples/programmes/impact60.toml
    --out annex.html --docx annex.docx
    """
    from gateway.contracts.accepted import standing
    from gateway.contracts.waiting import parties
    from gateway.documents.annexes import whole
    from gateway.documents.annexes.blocks import html
    from gateway.errors.installation import NotInstalled

    agreed, why = agreed_files(contract, programme)
    fingerprint, is_demo, keys = "", False, None
    try:
        gateway = open_gateway()
    except NotInstalled:
        console.print("no installation: the places of the anchor's fingerprint and of the parties' keys are left blank")
    else:
        fingerprint, is_demo = gateway.fingerprint, gateway.has_development_key()
        warn_of_development_key(gateway)
        console.print(f"fingerprint of the trust anchor: {fingerprint}")
        with gateway.store.read() as session:
            keys = {party: (row.kid, row.at.date()) for party, row in standing(session, agreed).items()}
        missing = ["/".join(party) for party in parties(agreed) if party not in keys]
        console.print(f"accepted by {len(keys)} of {len(keys) + len(missing)} parties", end="")
        console.print(f"; not yet by {', '.join(missing)}" if missing else "")
    title = whole.title(agreed)
    blocks = whole.annexes(agreed, why, fingerprint=fingerprint, on=day_of_paper(on), is_demo=is_demo, accepted=keys)
    with output(out) as file:
        file.write(html(title, blocks).encode())
    console.print(f"annexes: {out}, for contract sha256 {agreed.sha256}")
    if docx is not None:
        from gateway.documents.annexes.docx_file import docx as written

        payer = agreed.party("outcome_payer").name
        with output(docx) as file:
            file.write(written(title, payer, agreed.effective_from, blocks))
        console.print(f"annexes: {docx}")


COMMANDS: Commands = {"annex": annex}
