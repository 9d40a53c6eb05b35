"""`gateway contract amend`: what a later version would change, before anybody accepts it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Commands, columns, console, open_gateway, progress_bar

if TYPE_CHECKING:
    from gateway.contracts.procurement import ChangeGround, ProcurementSheet
    from gateway.documents.amending import AmendmentPreview, Ending
    from gateway.installation.gateway import Gateway


def amend(
    contract: Annotated[Path, typer.Argument(help="The file of a later version.")],
    ground: Annotated[str, typer.Option(help="On which ground it is changed; see `contract propose --help`.")] = "",
    language: Annotated[str, typer.Option(help="Of the sentences that change: da or en.")] = "en",
    on_people: Annotated[
        bool,
        typer.Option("--on-people", help="What it comes to for those who are followed; municipal eyes, logged."),
    ] = False,
) -> None:
    """Show what a later version of a contract would change, and put nothing in force.

    The sentences that are gone and new, what is owed at most by each window's end, what was released at the new prices,
    when readers are shown it, and the sheet for procurement. With --on-people also what is expected of each window.

    Example: gateway contract amend impact60-v2.toml --ground section-179
    """
    from gateway.documents.amending import preview
    from gateway.documents.contract_page import Language

    if language not in [*Language]:
        raise typer.BadParameter(f"must be one of: {', '.join(Language)}", param_hint="--language")
    gateway = open_gateway()
    with progress_bar("auditing all versions together") as report:
        seen = preview(
            gateway,
            contract,
            language=Language(language),
            ground=ground_named(ground),
            progress=report,
        )
    _show(seen)
    if seen.ending is not None:
        _show_ending(seen.ending)
    if on_people:
        _show_people(gateway, seen)
    _show_sheet(seen.sheet)
    console.print("nothing was proposed and nothing is in force")


def ground_named(text: str) -> ChangeGround | None:
    """The ground of this name; None for no text. `typer.BadParameter` for another."""
    from gateway.contracts.procurement import ChangeGround

    if text and text not in [*ChangeGround]:
        raise typer.BadParameter(f"must be one of: {', '.join(ChangeGround)}", param_hint="--ground")
    return ChangeGround(text) if text else None


def _show(seen: AmendmentPreview) -> None:
    new, known = seen.chain, seen.chain.earlier[-1]
    console.print(f"{new.title}: version {new.version}, from {new.effective_from}, after version {known.version}")
    console.print(f"  sha256 {new.sha256}")
    console.print(f"  changes {known.sha256}")
    console.print("\nWhat it says otherwise" if seen.words else "\nIt says nothing otherwise that the page says")
    for part in seen.words:
        console.print(f"  {part.section}", markup=False)
        for sign, lines in (("-", part.before), ("+", part.after)):
            for line in lines:
                console.print(f"    {sign} {line}", markup=False, highlight=False, soft_wrap=True)
    if seen.read_from:
        console.print(f"\nWeeks are read so from {seen.read_from} on; earlier ones stay as they were read")
    console.print(f"\nOwed in all at most, by each text alone ({new.currency})")
    rows = [("by the end of", f"version {known.version}", f"version {new.version}")]
    for one in seen.windows:
        label = f"{one.window} (new)" if one.is_new else one.window
        rows.append((label, _money(one.most_before, seen), _money(one.most_after, seen)))
    columns(rows)
    for again in seen.released:
        then, now = (_money(again.quantity * price, seen) for price in (again.price_before, again.price_after))
        console.print(f"  {again.window} released {again.quantity} of {again.tariff}: {then}; at the new price {now}")
    if seen.ends_after is not None:
        console.print("\nReaders are shown blocks that end with")
        for word, ends in (("now", seen.ends_before), ("then", seen.ends_after)):
            console.print(f"  {word:<5}{', '.join(ends or ()) or 'nothing yet'}")


def _show_ending(ending: Ending) -> None:
    end = ending.end
    console.print(f"\nIt ends early with {end.last_week} ({end.reason})")
    console.print(f"  still to be paid: {', '.join(ending.owed) or 'nothing'}")
    if ending.unshown:
        console.print(f"  shown to nobody but the creditor: {', '.join(ending.unshown)}")
    if ending.gone:
        console.print(f"  gone, with all that was planned for it: {', '.join(ending.gone)}")
    console.print(f"  registers are read for weeks up to {end.last_week} alone, for the last time on {end.read_until}")
    console.print("  nobody more is enrolled; a source that is not needed for corrections can leave the programme")


def _show_people(gateway: Gateway, seen: AmendmentPreview) -> None:
    from gateway.settlement.forecast import accruals

    now, then = accruals(gateway, seen.chain.id), accruals(gateway, seen.chain.id, chain=seen.chain)
    console.print(
        f"\nExpected of each window at the pace of the last weeks ({seen.chain.currency}); municipal eyes, logged"
    )
    before = {one.window: one.expected_minor for one in now.windows}
    rows = [("window", "now", "then")]
    for one in then.windows:
        was, is_then = _money(before.get(one.window, 0), seen), _money(one.expected_minor, seen)
        rows += [(one.window, was, is_then)]
    columns(rows)


def _show_sheet(sheet: ProcurementSheet) -> None:
    """Figures and a named ground; whether a change is lawful is for a lawyer to say."""
    from gateway.wording.formats import ENGLISH, per_cent

    console.print(f"\nProcurement (udbudsloven §§ 178-184): the most that each text could ever owe ({sheet.currency})")
    rows = [("version", "at most", "change", "ground", "named by")]
    for one in sheet.versions:
        value, change = (_amount(minor, sheet.currency) for minor in (one.value_minor, one.change_minor))
        rows.append((str(one.version), value, change if one is not sheet.versions[0] else "", one.ground, one.named_by))
    columns(rows)
    share = "" if sheet.per_mille is None else f", {per_cent(sheet.per_mille, ENGLISH)} of the original"
    console.print(f"  all changes added up: {_amount(sheet.changed_minor, sheet.currency)}{share}")
    if not sheet.versions[-1].ground:
        console.print("  no ground is named yet: whoever proposes the version names one", style="yellow")
    console.print("  whether a change may be made without a new procedure, nothing here says")


def _money(minor: int | None, seen: AmendmentPreview) -> str:
    return _amount(minor, seen.chain.currency)


def _amount(minor: int | None, currency: str) -> str:
    from gateway.wording.formats import english_money

    return "no bound" if minor is None else english_money(minor, currency)


COMMANDS: Commands = {"amend": amend}
