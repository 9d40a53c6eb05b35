"""Commands on the rules: what is in force, changing it with a second person, and decisions told and judged again."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.terminal import columns, console, open_gateway

app = typer.Typer(help="The policy set, and the decisions made under it.", no_args_is_help=True)
Decision = Annotated[str, typer.Argument(help="The decision's id, from the access log or an attestation.")]


@app.command()
def status() -> None:
    """Show which policy set is in force and whether it is the one on disk.

    Example: gateway policy status
    """
    from gateway.oversight import governance

    found = governance.status(open_gateway())
    console.print(f"on disk:  {found.on_disk}, {found.rules} rules and templates")
    console.print(f"in force: {found.in_force or 'none'}, approved by {found.approved_by or 'nobody'}")
    if not found.is_approved:
        console.print(f"  {found.objection}", style="red")


@app.command()
def propose() -> None:
    """Propose the policy set on disk; a second person approves it.

    Example: gateway policy propose
    """
    from gateway.oversight import governance

    proposal = governance.propose_policy_set(open_gateway())
    console.print(f"proposed: {proposal}; a second person runs `gateway policy approve {proposal}`")


@app.command()
def approve(proposal: Annotated[str, typer.Argument(help="The proposal's id.")]) -> None:
    """Approve a proposed policy set, as a system owner who did not propose it.

    Example: gateway policy approve 5f0c…
    """
    from gateway.oversight import governance

    console.print(f"in force: {governance.approve_policy_set(open_gateway(), proposal)}")


@app.command()
def explain(decision: Decision) -> None:
    """Tell one decision: what was asked, what was known, which rules or grants decided. The look is logged.

    Example: gateway policy explain 5f0c…
    """
    from gateway.oversight import decisions

    told = decisions.explain(open_gateway(), decision)
    found = told.decision
    principal = found.principal
    console.print(f"{found.effect.upper()}: {found.action} for {principal.role}/{principal.organisation}")
    console.print(f"  {told.at.isoformat()} in programme {found.programme}")
    console.print(f"  {found.reason_da}")
    console.print(f"  {found.reason_en}")
    rows = [("fact", "value")]
    rows += [
        (name, ", ".join(value) if isinstance(value, tuple) else str(value)) for name, value in found.facts.items()
    ]
    columns(rows, indent=2)
    for title, names in (("rules", found.rule_ids), ("grants", found.grant_ids)):
        console.print(f"  {title}: {', '.join(names) or 'none'}")
    console.print(f"  policy set {found.policy_set_sha256}")
    console.print(f"  programme  {found.programme_sha256}")
    console.print(f"  decision   {told.sha256}, engine {found.engine_version}")


@app.command()
def replay(decision: Decision) -> None:
    """Judge a stored decision again, under the rules and the programme of its day; exit code 1 where it differs.

    Example: gateway policy replay 5f0c…
    """
    from gateway.oversight import decisions

    done = decisions.replay(open_gateway(), decision)
    console.print(f"stored: {done.stored.decision.effect} by {', '.join(done.stored.decision.rule_ids)}")
    console.print(f"again:  {done.again.effect} by {', '.join(done.again.rule_ids)}")
    if done.is_same and done.stored.is_intact:
        console.print("the same, and the stored text is the one that the log holds", style="green")
        return
    told = "another outcome" if done.stored.is_intact else "the stored text is not the one that the log holds"
    console.print(f"DIFFERS: {told}", style="red")
    raise typer.Exit(1)
