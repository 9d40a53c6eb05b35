"""`gateway contract simulate`: a contract tried on simulated or real people before anybody signs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, open_gateway, output, progress_bar
from gateway.wording.formats import ENGLISH, english_money, per_cent, whole

if TYPE_CHECKING:
    from gateway.outcomes.contract import Contract
    from gateway.outcomes.waits import PricedWait
    from gateway.outcomes.whatif import Tried, WhatIf

_PER_CENT = (25, 50, 75)
_TEMPLATE = {
    "contract_total": "totals of the whole group",
    "predicate": "met or not met",
    "payment_document": "what the municipality owes",
    "relapse_notice": "the operator's case references of whom to take back",
}
_ADDS = {"by_state": "the people measure by state", "reasons": "why people are not counted"}


def simulate(
    file: Annotated[Path, typer.Argument(help="The contract file, a draft or one in force.", metavar="CONTRACT.toml")],
    success: Annotated[
        list[int] | None,
        typer.Option(help="Per cent in a counted state at the end; again for each.", min=0, max=100),
    ] = None,
    course: Annotated[Path | None, typer.Option(help="A course file instead of rates.")] = None,
    cohort: Annotated[
        str, typer.Option(help="A contract of this installation: try the draft on its people, and log it.")
    ] = "",
    declared: Annotated[
        list[str] | None, typer.Option(help="NAME=FIGURE or NAME@WINDOW=FIGURE, for a declared aggregate.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The first cohort's seed; the same seed draws the same people.")] = 1,
    draws: Annotated[int, typer.Option(help="How many cohorts are drawn for each rate.", min=1, max=1000)] = 3,
    json_file: Annotated[Path | None, typer.Option("--json", help="Where the figures go as JSON.")] = None,
    svg_file: Annotated[Path | None, typer.Option("--svg", help="Where the chart goes as SVG.")] = None,
) -> None:
    """Try a contract before anybody signs: payments, what each term moves, best and worst case, who is shown what.

    Example: gateway contract simulate examples/contracts/impact60.toml --success 30 --success 60 --svg chart.svg
    """
    from gateway.errors.whatif import SimulationRefused
    from gateway.outcomes.contract_file import load_contract
    from gateway.outcomes.whatif import what_if

    text = file.read_bytes()
    draft = load_contract(text, file=file.name)
    if sum((bool(success), course is not None, bool(cohort))) > 1:
        raise typer.BadParameter("choose one of --success, --course and --cohort")
    figures = assumed_figures(draft, declared or [])
    console.print(f"{draft.title}: version {draft.version}, sha256 {draft.sha256}")
    plans = _plans(draft)
    with progress_bar("trying the draft") as report:
        try:
            tried = _cohorts_to_try(draft, text, success or [], course, cohort, seed, draws)
            middle = tried[len(tried) // 2].name
            found = what_if(draft, tried, figures, swings_of=middle, plans=plans, report=report)
        except ValueError as error:
            raise SimulationRefused(draft=file.name, reason=str(error)) from None
    _print(draft, found)
    for path, kind, content_of in ((json_file, "json", _as_json), (svg_file, "svg", _as_svg)):
        if path is not None:
            with output(path) as out:
                out.write(content_of(draft, found).encode())
            console.print(f"{kind}: {path}")


def _plans(draft: Contract) -> dict[str, tuple[str, ...]]:
    """By which the draft's windows may be shown together; none where each is shown by itself, or no plan passes."""
    from gateway.attestations.calendar_audit import audit_contract
    from vocabulary.errors import DeclarationInvalid

    if not draft.fold.at_most:
        return {}
    try:
        with progress_bar("auditing the calendar") as report:
            passed = audit_contract(draft, progress=report)
    except DeclarationInvalid as refused:
        console.print(f"  {refused}", style="yellow")
        return {}
    plans = (("where people begin evenly", passed.expected), ("at worst", passed.worst))
    return {name: plan.ends for name, plan in plans if plan is not None}


def _cohorts_to_try(
    draft: Contract, text: bytes, success: Sequence[int], course: Path | None, cohort: str, seed: int, draws: int
) -> list[Tried]:
    """The cohorts that were asked for; what there is to say of them is said."""
    from gateway.outcomes.forecast import shift_weeks
    from gateway.outcomes.whatif import Tried
    from gateway.simulate.course import load_course
    from gateway.simulate.invented import generate_course, histories, scale_course
    from gateway.simulate.registers import SOURCES, simulated_source
    from vocabulary.weeks import Week

    seeds = tuple(range(seed, seed + draws))
    if cohort:
        return [_historical(draft, text, cohort)]
    if not draft.measures:
        console.print("  it counts nobody itself: no cohort is drawn, declared figures decide")
        return [Tried("declared figures", draft, ((),))]
    chosen = simulated_source(draft.status_sources)
    if chosen not in SOURCES:
        console.print(f"  nobody here can simulate {chosen!r}: it shows what DREAM would", style="yellow")
    for other in draft.status_sources:
        if other != chosen:
            console.print(f"  {other!r} tells nothing in this simulation", style="yellow")
    if course is None:
        rates = list(dict.fromkeys(success)) or list(_PER_CENT)
        console.print(f"  invented people, per cent in a counted state at the end: {', '.join(map(str, rates))}")
        console.print(f"  {draws} cohorts of {draft.cohort.size} for each rate, seeds {seeds[0]} to {seeds[-1]}")
        return [
            Tried(
                f"{rate} %",
                draft,
                tuple(tuple(histories(draft, lives, seed=one, hours_vary=True)) for one in seeds),
                seeds,
            )
            for rate, lives in ((rate, generate_course(draft, per_cent=rate)) for rate in rates)
        ]
    loaded = load_course(course.read_bytes(), file=course.name)
    if loaded.people != draft.cohort.size:
        console.print(f"  the course's {loaded.people} people were scaled to the contract's {draft.cohort.size}")
        loaded = scale_course(loaded, draft.cohort.size)
    console.print(f"  course {course.name}: {draws} cohorts of invented people, seeds {seeds[0]} to {seeds[-1]}")
    weeks = Week.of(loaded.enrolment_from) - Week.of(draft.cohort.enrolment_from)
    _say_moved(weeks)
    there = shift_weeks(draft, weeks)
    return [Tried(course.stem, there, tuple(tuple(histories(there, loaded, seed=one)) for one in seeds), seeds)]


def _historical(draft: Contract, text: bytes, cohort: str) -> Tried:
    from gateway.evaluation.whatif import historical

    found = historical(open_gateway(), cohort, draft, text)
    people = len(found.tried.cohorts[0])
    console.print(f"  {people} people of {cohort!r}, as the registers show them to {found.complete_to}; logged")
    if people != draft.cohort.size:
        console.print(f"  the draft is for {draft.cohort.size}: figures are those of {people}", style="yellow")
    if found.erased:
        console.print(f"  {found.erased} people were erased and are in no figure", style="yellow")
    _say_moved(found.moved_weeks)
    if found.windows_left_out:
        console.print(
            f"  left out, since the registers end before: {', '.join(found.windows_left_out)}", style="yellow"
        )
    return found.tried


def _say_moved(weeks: int) -> None:
    if weeks:
        word = "earlier" if weeks < 0 else "later"
        console.print(f"  the contract's calendar was moved {abs(weeks)} weeks {word}, to the cohort's", style="yellow")


def assumed_figures(draft: Contract, texts: Sequence[str]) -> dict[str, dict[str, int]]:
    """The figures assumed for declared aggregates. Raises a usage error for what the contract does not declare."""
    known = {aggregate.id: aggregate.windows for aggregate in draft.aggregates}
    found: dict[str, dict[str, int]] = {}
    for text in texts:
        place, _, figure = text.partition("=")
        name, _, window = place.partition("@")
        if name not in known or (window and window not in known[name]):
            raise typer.BadParameter(f"{place!r} is no figure of this contract", param_hint="--declared")
        if not figure.removeprefix("-").isascii() or not figure.removeprefix("-").isdigit():
            raise typer.BadParameter(f"{text!r} must end in a whole number", param_hint="--declared")
        found.setdefault(name, {}).update(dict.fromkeys([window] if window else known[name], int(figure)))
    return found


def _print(draft: Contract, found: WhatIf) -> None:
    _print_payments(found)
    _print_swings(found)
    _print_cases(found)
    if found.wait is not None:
        _print_wait(found, found.wait)
    console.print("what each recipient will be shown, and never before:", style="bold")
    rows = [("day", "recipient", "what", "window", "weeks")]
    for one in found.shown:
        what = ", ".join([_TEMPLATE.get(one.template, one.template), *(_ADDS[part] for part in one.adds)])
        weeks = f"{one.window.from_week} – {one.window.to_week}"
        rows.append((one.earliest_on.isoformat(), f"{one.recipient} ({one.name})", what, one.window.label, weeks))
    columns(rows, indent=2)
    for name in draft.illustrative:
        console.print(f"  illustrative {name}", style="yellow")


def _print_payments(found: WhatIf) -> None:
    currency = found.currency
    console.print(f"expected payments by window, {currency}:", style="bold")
    scenarios = found.scenarios
    rows = [["window", *(one.name for one in scenarios)]]
    for position, payment in enumerate(scenarios[0].payments):
        rows.append(
            [payment.window, *(english_money(one.payments[position].amount_minor, currency) for one in scenarios)]
        )
    rows.append(["in all", *(english_money(one.payments[-1].owed_minor, currency) for one in scenarios)])
    if any(len(one.seeds) > 1 for one in scenarios):
        rows.append(["  least drawn", *(english_money(one.least_minor, currency) for one in scenarios)])
        rows.append(["  most drawn", *(english_money(one.most_minor, currency) for one in scenarios)])
    if scenarios[0].threshold_met is not None:
        of = [max(1, len(one.seeds)) for one in scenarios]
        rows.append(["threshold met", *(f"{one.threshold_met} of {n}" for one, n in zip(scenarios, of, strict=True))])
    _print_figures(rows)
    for name in found.not_assumed:
        console.print(f"  nothing is assumed for {name}: what rests on it is left out (--declared)", style="yellow")


def _print_swings(found: WhatIf) -> None:
    currency = found.currency
    console.print(f"what each term moves, alone and by a tenth ({found.swings_of}):", style="bold")
    rows = [["term", "now", "lower", "changes", "higher", "changes"]]
    if not found.swings:
        console.print("  not reckoned of real people: it would tell of the few who move a total")
        return
    moving = [one for one in found.swings if one.size]
    for one in moving:
        lower = "–" if one.lower is None else whole(one.lower, ENGLISH)
        changes = [_change(one.lower_change_minor, currency), _change(one.higher_change_minor, currency)]
        rows.append([one.term, whole(one.value, ENGLISH), lower, changes[0], whole(one.higher, ENGLISH), changes[1]])
    if moving:
        _print_figures(rows)
    still = [one.term for one in found.swings if not one.size]
    if still:
        console.print(f"  move nothing here: {', '.join(still)}")


def _print_cases(found: WhatIf) -> None:
    currency = found.currency
    console.print(f"worst and best case, {currency}:", style="bold")
    rows = [["party", "", "worst", "best"]]
    for case in found.parties:
        if case.basis == "not said":
            rows.append([f"{case.role} ({case.name})", "the contract does not say what it lends", "–", "–"])
        else:
            rows.append(
                [
                    f"{case.role} ({case.name})",
                    case.basis,
                    _bound_text(case.worst, currency),
                    _bound_text(case.best, currency),
                ]
            )
    _print_figures(rows, left=2)
    high = found.ranges[-1].most.minor
    if high is not None and 0 < found.best_seen_minor < high:
        reached = english_money(found.best_seen_minor, currency)
        console.print(f"  {reached} is reached when everybody lives the best plain life; the bound is never passed")


def _print_wait(found: WhatIf, wait: PricedWait) -> None:
    """What reaches the investor later than it is owed, and what that is worth to whoever bears it."""
    currency = found.currency
    console.print(f"what waits for the end of a block, borne by the {wait.borne_by}, {currency}:", style="bold")
    for plan in dict.fromkeys(one.plan for one in wait.waits):
        mine = [one for one in wait.waits if one.plan == plan]
        if not mine[0].windows:
            console.print(f"  {plan}: nothing")
            continue
        rows = [[plan, "days", *(one.scenario for one in mine)]]
        for place, window in enumerate(mine[0].windows):
            amounts = [english_money(one.windows[place].amount_minor, currency) for one in mine]
            rows.append([f"{window.window} with {window.later}", str(window.days), *amounts])
        rate = per_cent(wait.per_mille_a_year, ENGLISH)
        rows.append([f"in all, at {rate} a year", "", *(english_money(one.worth_minor, currency) for one in mine)])
        _print_figures(rows)


def _print_figures(rows: list[list[str]], *, left: int = 1) -> None:
    """Columns of figures, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    columns(
        [
            [cell if n < left else cell.rjust(width) for n, (cell, width) in enumerate(zip(row, widths, strict=True))]
            for row in rows
        ],
        indent=2,
    )


def _change(minor: int | None, currency: str) -> str:
    return "–" if minor is None else f"{'+' if minor > 0 else ''}{english_money(minor, currency)}"


def _bound_text(minor: int | None, currency: str) -> str:
    return "no bound" if minor is None else english_money(minor, currency)


def _as_json(_: Contract, found: WhatIf) -> str:
    return json.dumps(found.body(), ensure_ascii=False, indent=2) + "\n"


def _as_svg(draft: Contract, found: WhatIf) -> str:
    from gateway.documents.chart import Bars, payments_chart, svg

    first = found.scenarios[0]
    if first.seeds:
        how = f"Mean of {len(first.seeds)} cohorts of invented people, seeds {first.seeds[0]} to {first.seeds[-1]}"
    else:
        how = f"One cohort of {first.people} people" if first.people else "Declared figures as assumed"
    chart = payments_chart(
        f"{draft.title}: expected payments by window",
        how,
        [payment.window for payment in first.payments],
        [Bars(one.name, tuple(payment.amount_minor for payment in one.payments)) for one in found.scenarios],
        currency=draft.currency,
        note=f"{draft.id} version {draft.version}, sha256 {draft.sha256}",
    )
    return svg(chart)


COMMANDS: Commands = {"simulate": simulate}
