"""Commands on keys, API clients and the trust file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import columns, console, open_gateway, output

app = typer.Typer(help="Keys of the installation and of its API clients.", no_args_is_help=True)
trust_app = typer.Typer(help="The trust file that verifiers use.", no_args_is_help=True)


@app.command("list")
def list_keys() -> None:
    """Show the signing keys with their states, and the keys in the key store, without their material.

    Example: gateway keys list
    """
    from gateway.installation.signing import list_signing_keys

    gateway = open_gateway()
    rows = [("signing key", "alg", "state", "since", "where")]
    rows += [
        (key.kid, key.alg, key.state, f"{key.valid_from or key.added_at:%Y-%m-%d}", key.uri.partition("?")[0])
        for key in list_signing_keys(gateway)
    ]
    columns(rows)
    console.print()
    for name in gateway.keystore.names():
        key = gateway.keystore.load(name)
        mark = "  development" if key.is_development else ""
        console.print(f"{name:<14} {key.kind:<8} since {key.created_at:%Y-%m-%d}{mark}")


@app.command()
def client(
    client_id: Annotated[str, typer.Argument(help="The client's id.")],
    organisation: Annotated[str, typer.Option(help="Its organisation, as in the contract.")],
    role: Annotated[str, typer.Option(help="operator, investor, dpo or auditor.")],
    jwk: Annotated[Path, typer.Option(help="Its public P-256 key as a JWK file.")],
) -> None:
    """Register an API client's public key; the same registration again changes nothing.

    Example: gateway keys client fokus-app --organisation fokus-folkeoplysning --role operator --jwk fokus.jwk
    """
    from gateway.installation.clients import register_client
    from policies.terms import Role

    if role not in {Role.OPERATOR, Role.INVESTOR, Role.DPO, Role.AUDITOR}:
        raise typer.BadParameter("must be operator, investor, dpo or auditor", param_hint="--role")
    thumbprint = register_client(
        open_gateway(), client_id=client_id, organisation=organisation, role=Role(role), jwk_file=jwk
    )
    console.print(f"registered {client_id} for {organisation} as {role}; key {thumbprint}")


@app.command("clients")
def list_clients() -> None:
    """Show the API clients, the revoked ones too.

    Example: gateway keys clients
    """
    from gateway.installation.clients import registered_clients

    rows = [("client", "organisation", "role", "key", "active", "since")]
    for found in registered_clients(open_gateway()):
        active = "yes" if found.is_active else "no"
        party = found.party
        rows.append((found.client_id, party.organisation, party.role, found.key, active, f"{found.since:%Y-%m-%d}"))
    columns(rows)


@app.command()
def revoke(client: Annotated[str, typer.Argument(help="The client's id.", metavar="CLIENT")]) -> None:
    """Revoke an API client: it gets no token, and its living ones end at once. Again changes nothing.

    Example: gateway keys revoke fokus-app
    """
    from gateway.installation.clients import revoke_client

    is_new = revoke_client(open_gateway(), client)
    console.print(f"{'revoked' if is_new else 'revoked already, nothing changed'}: {client}")


@app.command()
def mend() -> None:
    """Mend what commands that were killed left in the key store; a key that no row names is set aside, not removed.

    Example: gateway keys mend
    """
    from gateway.installation.mending_keys import mend_keys

    removed = mend_keys(open_gateway())
    console.print(f"mended: {', '.join(removed)}" if removed else "nothing to mend")


@trust_app.command()
def export(out: Annotated[Path, typer.Option(help="Where to write it.")] = Path("TRUST.json")) -> None:
    """Write the trust file and print the fingerprint that a contract can print.

    Example: gateway trust export --out TRUST.json
    """
    from gateway.oversight.log_reading import export_trust

    with output(out) as file:
        data, fingerprint = export_trust(open_gateway())
        file.write(data)
    console.print(f"wrote {out}")
    console.print(f"fingerprint {fingerprint}")
