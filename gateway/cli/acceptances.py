"""Commands on acceptances: who has accepted a contract text, and with which key. Nothing comes into force before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, open_gateway, warn_of_development_key

if TYPE_CHECKING:
    from gateway.installation.gateway import Gateway
    from gateway.outcomes.contract import Contract


def accept(
    contract: Annotated[Path, typer.Argument(help="The contract file.")],
    programme: Annotated[Path, typer.Argument(help="The programme file declared for it.")],
) -> None:
    """Accept a contract text as the municipality, signed with the key that signs its attestations.

    Example: gateway contract accept examples/contracts/impact60.toml examples/programmes/impact60.toml
    """
    from gateway.contracts.acceptances import accept as use_case

    gateway = open_gateway()
    _show(gateway, use_case(gateway, contract, programme))
    warn_of_development_key(gateway)


def take_in_acceptance(
    contract: Annotated[Path, typer.Argument(help="The contract file.")],
    file: Annotated[Path, typer.Argument(help="What the party signed (`verify-outcome accept`).")],
    key: Annotated[str, typer.Option(help="Thumbprint of its key, as the party told it, such as on the signed annex.")],
    replaces_key: Annotated[str, typer.Option(help="Thumbprint that the party told before, where it changed.")] = "",
) -> None:
    """Take in another party's acceptance. The first one of an organisation fixes its key.

    Example: gateway contract accepted impact60.toml investor.acceptance.jwt --key 3oY…
    """
    from gateway.contracts.acceptances import take_in
    from gateway.outcomes.contract_file import load_contract

    gateway = open_gateway()
    token = file.read_text("ascii", errors="replace").strip()
    take_in(gateway, contract, token, key=key, replaces_key=replaces_key)
    _show(gateway, load_contract(contract.read_bytes(), file=contract.name))


def acceptances(contract: Annotated[Path, typer.Argument(help="The contract file.")]) -> None:
    """Show who has accepted this contract text, with which key, and whom it waits for.

    Example: gateway contract acceptances examples/contracts/impact60.toml
    """
    from gateway.outcomes.contract_file import load_contract

    _show(open_gateway(), load_contract(contract.read_bytes(), file=contract.name))


def _show(gateway: Gateway, contract: Contract) -> None:
    from gateway.contracts.accepted import is_in_force, standing
    from gateway.contracts.waiting import asked_to_accept, parties, right_of

    with gateway.store.read() as session:
        stands, in_force = standing(session, contract), is_in_force(session, contract)
        right, asked = right_of(session, contract), asked_to_accept(session, contract)
    console.print(f"{contract.id} version {contract.version}, sha256 {contract.sha256}")
    console.print(f"trust anchor {gateway.fingerprint}")
    rows: list[tuple[str, ...]] = [("role", "organisation", "key", "accepted")]
    for party in parties(contract):
        row = stands.get(party)
        rows.append((*party, row.kid, row.at.date().isoformat()) if row else (*party, "–", "not yet"))
    columns(rows, indent=2)
    missing = ["/".join(party) for party in asked if party not in stands]
    if missing:
        console.print(f"waits for {', '.join(missing)}", style="yellow")
    elif in_force:
        console.print("every party has accepted; in force" if right is None else f"a notice by {right.id}; in force")
    else:
        console.print("every party has accepted; `gateway contract add` puts a first version into force,")
        console.print("`gateway contract propose` and `approve` a later one")


COMMANDS: Commands = {"accept": accept, "accepted": take_in_acceptance, "acceptances": acceptances}
