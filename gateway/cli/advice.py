"""Commands of the data protection officer's advice, and of the controller's answers to it."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.terminal import columns, console, open_gateway

app = typer.Typer(help="Advice of the data protection officer, and the controller's answers.", no_args_is_help=True)
Contract = Annotated[str, typer.Argument(help="The contract's id.")]
Advice = Annotated[str, typer.Argument(help="The advice's id.")]


@app.command()
def give(
    contract: Contract,
    text: Annotated[str, typer.Option(help="The advice. No name and no number of a person.")],
    window: Annotated[str, typer.Option(help="A window; without one the whole contract.")] = "",
    suspend: Annotated[bool, typer.Option("--suspend", help="Hold its releases until the controller decides.")] = False,
) -> None:
    """Record advice as the data protection officer, and suspend releases where it says so.

    Example: gateway advice give impact60 --window 2020H2 --text "The table is too fine." --suspend
    """
    from gateway.oversight import advice

    row = advice.advise(open_gateway(), contract, text, window=window, suspends=suspend)
    console.print(f"recorded: {row.id}")
    if suspend:
        held = f"window {window}" if window else "every window"
        console.print(f"  {held} of {contract} is held; the controller decides by {row.decide_by}", style="yellow")


@app.command()
def answer(
    advice: Advice,
    followed: Annotated[bool, typer.Option("--followed/--not-followed", help="What the controller decided.")],
    text: Annotated[str, typer.Option(help="Why; needed where the advice is not followed.")] = "",
) -> None:
    """Answer advice as the system owner: followed, or not followed and why.

    Example: gateway advice answer 5f0c… --not-followed --text "The contract names this table."
    """
    from gateway.oversight.advice import answer as use_case

    row = use_case(open_gateway(), advice, followed=followed, text=text)
    console.print(f"answered: {row.answer}")
    if row.suspends:
        word = "goes on" if row.answer == "not_followed" else "stays held until the officer lifts it"
        console.print(f"  the release {word}")


@app.command()
def lift(advice: Advice) -> None:
    """Take advice back as the data protection officer; a suspension ends with it.

    Example: gateway advice lift 5f0c…
    """
    from gateway.oversight.advice import lift as use_case

    console.print(f"lifted: {use_case(open_gateway(), advice).id}")


@app.command("list")
def list_advice(contract: Annotated[str, typer.Argument(help="The contract's id; all without one.")] = "") -> None:
    """Show the advice that was given and what became of it.

    Example: gateway advice list impact60
    """
    from gateway.oversight.advice import all_advice

    gateway = open_gateway()
    rows = [("advice", "contract", "window", "holds", "given on", "decide by", "answer", "lifted")]
    with gateway.store.read() as session:
        for row in all_advice(session, contract):
            held = "yes" if row.holds else "no"
            given, until = row.given_on.isoformat(), row.decide_by.isoformat()
            answered = row.answer or ("open" if row.waits else "none")
            if row.answered_at is not None:
                answered += f" on {row.answered_at.date()} by {row.answered_by}"
            lifted = "no" if row.lifted_at is None else f"on {row.lifted_at.date()} by {row.lifted_by}"
            rows.append((row.id, row.contract, row.window or "all", held, given, until, answered, lifted))
    columns(rows)


@app.command()
def sample(
    contract: Contract,
    size: Annotated[int, typer.Option(min=1, max=500, help="How many events are drawn.")] = 20,
    seed: Annotated[str, typer.Option(help="Any text; the same seed draws the same events.")] = "1",
) -> None:
    """Draw events of the access log for a spot check; that, and the seed, are logged.

    Example: gateway advice sample impact60 --size 20 --seed 2026-11
    """
    from gateway.oversight.advice import sample as use_case

    for line in use_case(open_gateway(), contract, size=size, seed=seed):
        facts = {name: value for name, value in line.body.items() if name != "kind"}
        console.print(f"{line.index:>5}  {line.at:%Y-%m-%d %H:%M:%S}  {line.kind}", style="bold")
        console.print("       " + ", ".join(f"{name} {value}" for name, value in facts.items()))
