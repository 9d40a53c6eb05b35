"""Commands of oversight: show, verify and checkpoint the logs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import console, open_gateway, output

app = typer.Typer(help="The access log and the logs of attestations and payments.", no_args_is_help=True)


@app.command()
def show(
    first: Annotated[int, typer.Option("--from", help="Index of the first event.")] = 0,
    count: Annotated[int, typer.Option(help="How many events at most.")] = 50,
    contract: Annotated[str, typer.Option(help="The contract in whose programme you have your grant.")] = "",
    role: Annotated[str, typer.Option("--as", help="In which role you read it: dpo or auditor.")] = "dpo",
) -> None:
    """Read the access log as the data protection officer, or as an appointed auditor; the reading is logged too.

    Example: gateway log show --from 0 --count 20
    """
    from gateway.installation.authority import staff_party
    from gateway.oversight.log_reading import read_log
    from gateway.store import contract_queries
    from policies.terms import Role

    if role not in (Role.DPO, Role.AUDITOR):
        raise typer.BadParameter("must be dpo or auditor", param_hint="--as")
    gateway = open_gateway()
    with gateway.store.read() as session:
        known = contract_queries.contract_ids(session)
        chosen = contract or (known[0] if known else "")
        reader = staff_party(gateway.programme(session, chosen), Role(role))
    lines = read_log(gateway, reader, first=first, count=count, contract_id=chosen)
    for line in lines:
        facts = {name: value for name, value in line.body.items() if name != "kind"}
        console.print(f"{line.index:>5}  {line.at:%Y-%m-%d %H:%M:%S}  {line.kind}", style="bold")
        console.print("       " + ", ".join(f"{name} {value}" for name, value in facts.items()))


@app.command()
def verify(
    against: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that was kept outside; may be given for each log.")
    ] = None,
) -> None:
    """Recompute every log from its rows and name the first entry that is changed, missing or out of place.

    Example: gateway log verify --against kept/access.checkpoint
    """
    from gateway.oversight.log_reading import verify_logs

    notes = [path.read_text(encoding="utf-8") for path in against or []]
    saved = {note.split("\n", 1)[0].rpartition("/")[2]: note for note in notes}
    for report in verify_logs(open_gateway(), against=saved):
        console.print(f"{report.log:<8} {report.size:>6} entries  root {report.root.hex()}")
        console.print(f"         {report.checkpoints} signed heads agree; {report.anchor}")


@app.command()
def checkpoint(
    log: Annotated[str, typer.Argument(help="attest, payment or access.")] = "access",
    out: Annotated[Path | None, typer.Option(help="Where to write it.")] = None,
) -> None:
    """Write a signed checkpoint, to be kept where this installation cannot reach it.

    Example: gateway log checkpoint access --out kept/access.checkpoint
    """
    from gateway.installation.gateway import LOGS
    from gateway.oversight.log_reading import checkpoint as use_case

    if log not in LOGS:
        raise typer.BadParameter(f"must be one of: {', '.join(LOGS)}", param_hint="LOG")
    if out is None:
        typer.echo(use_case(open_gateway(), log), nl=False)
        return
    with output(out) as file:
        file.write(use_case(open_gateway(), log).encode("utf-8"))
    console.print(f"wrote {out}")


@app.command("confirm-day")
def confirm_day(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Today, such as 2026-12-01.")],
) -> None:
    """Say that the machine's clock is right, where nothing was written for so long that it is questioned.

    Example: gateway log confirm-day 2026-12-01
    """
    from gateway.oversight.setting_clock import confirm_day as use_case

    use_case(open_gateway(), day.date())
    console.print("confirmed; everything is written again, and the access log says who confirmed the day")


@app.command("set-clock-back")
def set_clock_back() -> None:
    """Go on where the clock jumped ahead and something was written: one person asks, another one confirms.

    Example: gateway log set-clock-back
    """
    from gateway.oversight.setting_clock import set_clock_back as use_case

    found = use_case(open_gateway())
    console.print(f"the clock says {found.now:%Y-%m-%d %H:%M} UTC, the newest log entry {found.newest:%Y-%m-%d %H:%M}")
    for log, count in found.ahead.items():
        console.print(f"{log:<8} {count:>6} entries have an instant that has not come")
    if found.is_set_back:
        console.print("set back; what was signed meanwhile keeps its time, and readers refuse it until that has come")
    else:
        console.print("asked; another person now runs the same command today, and nothing is written until then")


@app.command("keep-heads")
def keep_heads(
    shown: Annotated[
        list[Path] | None,
        typer.Option("--shown", help="A bundle, receipt or checkpoint that was handed out; may be repeated."),
    ] = None,
) -> None:
    """Keep the heads of the logs anew where their folder is lost: one person asks, another one confirms.

    Example: gateway log keep-heads --shown kept/access.checkpoint --shown from-the-investor/2018H2.json
    """
    from gateway.oversight.keeping_heads import keep_heads as use_case

    found = use_case(open_gateway(), shown or [])
    for log, size in found.sizes.items():
        compared = found.compared[log]
        seen = (
            f"compared up to {compared}" if compared or not size else "compared with nothing: --shown a receipt of it"
        )
        console.print(f"{log:<8} {size:>6} entries, {seen}")
    if found.is_kept:
        console.print("kept; entries behind what was compared are nobody's proof, and the access log says so")
    else:
        console.print("asked; another person now runs the same command, and nothing is written until then")
