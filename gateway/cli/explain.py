"""`gateway explain`: one week of one person, as a case worker reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.explained import line_said
from gateway.cli.terminal import Case, Commands, columns, console, open_gateway
from gateway.wording.formats import UNDIVIDED, decimal

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.evaluation.explaining_week import MeasureShown, SourceShown, WeekExplanation, WeekShown


def explain(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    case: Case,
    week: Annotated[str, typer.Option(help="An ISO week such as 2020-W09.")],
) -> None:
    """Say which rows led to the status of one week of one person, and what the contract makes of it.

    The look is logged, with who looked; the person's access report shows it.

    Example: gateway explain impact60 --case SAG-0017 --week 2020-W09
    """
    from gateway.evaluation.explaining_week import explain_week
    from vocabulary.weeks import Week

    try:
        chosen = Week.parse(week)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--week") from None
    _show(explain_week(open_gateway(), contract, chosen, case))


def _show(found: WeekExplanation) -> None:
    contract, week = found.contract, found.week
    where = f"window {found.window}" if found.window else "outside every window"
    if found.shown is None:
        console.print("protected: nothing of this person is shown one by one; the look is logged")
        return
    shown = found.shown
    console.print(f"{shown.case_reference} in {week}, {week.monday} to {week.sunday}: {where}", style="bold")
    console.print(f"  lines are those of {contract.file}, version {contract.version}")
    if shown.stop is not None:
        console.print(f"  not followed: {shown.stop}", style="yellow")
    _show_sources(shown)
    _show_hours(found, shown)
    _show_verdicts(shown)


def _show_sources(shown: WeekShown) -> None:
    console.print()
    console.print("What each source tells of the week, in the contract's order of precedence", style="bold")
    rows: list[tuple[str, ...]] = [("source", "tells", "code", "weeks", "known since", "told by", "")]
    for number, source in enumerate(shown.sources, start=1):
        name = f"{number}. {source.source}"
        if not source.rows:
            rows.append((name, "nothing", "", "", "", _how_far(source), ""))
        for row in sorted(source.rows, key=lambda row: not row.counts):
            word = "" if row.counts else "does not count"
            if row.replaced_on is not None:
                word = f"{'withdrawn' if source.source == 'evidence' else 'replaced'} {_instant(row.replaced_on)}"
            weeks = f"{row.from_week} – {row.to_week}"
            rows.append((name, row.status, row.code, weeks, _instant(row.known_since), row.origin, word))
            name = ""
    columns(rows, indent=2)
    if not shown.decided_by:
        console.print("  no source tells this week: it is not observed")
    elif len(shown.sources) == 1:
        console.print(f"  {shown.decided_by} decides: it is the only status source")
    else:
        told = next(one.told_statuses for one in shown.sources if one.source == shown.decided_by)
        why = "no source tells anything else" if told == {"no_benefit"} else "the first that tells a status"
        console.print(f"  {shown.decided_by} decides: {why}")
    for first, second in shown.disagreements:
        console.print(f"  {first} and {second} disagree: {first} has precedence", style="yellow")


def _how_far(source: SourceShown) -> str:
    if source.source == "evidence":
        return "no document covers the week"
    return "nothing was pulled yet" if source.complete_to is None else f"complete to {source.complete_to}"


def _show_hours(found: WeekExplanation, shown: WeekShown) -> None:
    if not found.contract.income_source:
        return
    console.print()
    weeks = len(shown.month.weeks())
    console.print(f"Paid hours of {shown.month}, the month of the week's Thursday; it has {weeks} weeks", style="bold")
    rows: list[tuple[str, ...]] = [("month", "type", "hours", "known since", "told by", "")]
    for one in shown.postings:
        word = "takes an earlier posting back" if one.is_reversal else ""
        word = f"replaced {_instant(one.replaced_on)}" if one.replaced_on is not None else word
        hours = _hours(one.hours_hundredths)
        rows.append((str(one.month), one.income_type, hours, _instant(one.known_since), one.origin, word))
    if shown.postings:
        columns(rows, indent=2)
    else:
        reached = found.income_complete_to
        far = "nothing was pulled yet" if reached is None else f"complete to {reached}"
        console.print(f"  none; {found.contract.income_source} is {far}")
    for state in shown.states:
        said = f"  {state.state} (line {state.line}): "
        if state.needed_hundredths:
            said += f"needs {_hours(state.needed_hundredths)} hours, paid {_hours(state.paid_hundredths)}"
            short = state.paid_hundredths < state.needed_hundredths
            console.print(said, style="yellow" if short else "")
        else:
            console.print(f"{said}asks for no number of hours")


def _show_verdicts(shown: WeekShown) -> None:
    console.print()
    console.print("What the contract makes of the week", style="bold")
    rows: list[tuple[str, ...]] = [("measure", "counts", "line", "why")]
    rows += [_verdict(one, shown) for one in shown.measures]
    columns(rows, indent=2)


def _verdict(one: MeasureShown, shown: WeekShown) -> tuple[str, ...]:
    if one.verdict is None:
        closed = "" if shown.begins_on == shown.enrolled_on else f", in a batch that closed on {shown.begins_on}"
        why = f"before the person's first week: enrolled on {shown.enrolled_on}{closed}"
        return (one.measure, "no", str(one.line), why)
    counts = f"as {one.verdict.state}" if one.verdict.state else "no"
    return (one.measure, counts, line_said(one.line, one.earlier_version), str(one.verdict.reason))


def _instant(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"


def _hours(hundredths: int) -> str:
    return decimal(hundredths, UNDIVIDED)


COMMANDS: Commands = {"explain": explain}
