"""`gateway contract referrals`: who came, beside the plan, and what that does to the payment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, open_gateway, output
from gateway.wording.formats import english_money

if TYPE_CHECKING:
    from gateway.evaluation.referrals import Referrals


def referrals(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    readers: Annotated[
        str, typer.Option("--for", help="investor, operator or public: by whole month, to the nearest five.")
    ] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Where the figures go as JSON.")] = None,
) -> None:
    """Show how many people were referred by the end of each month, beside the plan, and what an uptake like this pays.

    Without --for the figures are exact, for municipal eyes, and every look is logged. What readers are told of a month
    stays as it was told.

    Example: gateway contract referrals impact60 --for investor --json referrals.json
    """
    from gateway.evaluation import referrals as use_case
    from gateway.wording.views import as_json

    if readers and readers not in use_case.READERS:
        raise typer.BadParameter(f"must be one of: {', '.join(use_case.READERS)}", param_hint="--for")
    found = use_case.referrals(open_gateway(), contract, to=readers)
    _show(found)
    if json_file is not None:
        with output(json_file) as out:
            out.write((json.dumps(as_json(found), ensure_ascii=False, indent=2) + "\n").encode())
        console.print(f"written: {json_file}")


def _show(found: Referrals) -> None:
    if not found.months:
        console.print("nothing can be told yet: no month had ended when the last batch was sealed")
    rows = [("by the end of", "planned", "referred")]
    for month in found.months:
        people = "under 5" if month.people is None else str(month.people)
        rows.append((month.month, str(month.planned), people))
    if found.months:
        columns(rows)
    if found.is_behind:
        console.print(f"behind plan by more than {found.behind_per_cent} %", style="yellow")
    if found.projected is not None:
        console.print(f"at this pace {found.projected} people by the end of enrolment")
    console.print("what can be owed in all, whatever registers show:", style="bold")
    rows = [("people", "at most", "everybody at the best plain life")]
    for one in found.effects:
        most = "no bound" if one.most_minor is None else english_money(one.most_minor, found.currency)
        rows.append((str(one.people), most, english_money(one.best_minor, found.currency)))
    columns(rows, indent=2)
    for one in found.effects:
        for name in one.unreachable:
            console.print(f"  {one.people} people cannot reach {name}", style="yellow")


COMMANDS: Commands = {"referrals": referrals}
