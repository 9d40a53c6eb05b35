"""Commands of an audit: a sample, its rows on the terminal, what was found, and the auditor's countersignature."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import columns, console, open_gateway, output
from gateway.wording.formats import DANISH_UNDIVIDED, decimal
from vocabulary.total import total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.oversight.audit.counted_people import PersonCounted
    from gateway.oversight.audit.showing import ItemShown, LaidFile, ShowingIntroduction
    from vocabulary.weeks import Week

app = typer.Typer(
    help="An audit of the people behind an attestation: by an appointed auditor, on municipal premises.",
    no_args_is_help=True,
)
Sample = Annotated[str, typer.Argument(help="The sample's id.")]


@app.command()
def sample(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    window: Annotated[str, typer.Argument(help="The window's label, such as 2020H2.")],
    size: Annotated[int, typer.Option(min=1, help="How many people are drawn.")],
    nonce: Annotated[str, typer.Option(help="16 to 64 random bytes in hexadecimal, made by the auditor.")],
    template: Annotated[str, typer.Option(help="contract_total, predicate or payment_document.")] = "payment_document",
    to: Annotated[str, typer.Option(help="operator or investor.")] = "operator",
) -> None:
    """Draw people behind an attestation that stands, as the auditor; every draw is numbered and logged.

    Example: gateway audit sample impact60 2020H2 --size 12 --nonce 5f0c…
    """
    from gateway.oversight.audit.sampling import draw

    done = draw(open_gateway(), contract, window, template, to, size=size, nonce=nonce)
    row = done.sample
    word = "drawn" if done.is_new else "drawn before with these very inputs, nothing changed"
    console.print(f"{word}: {row.people} of {row.population} people behind {contract} {window} ({template} to {to})")
    console.print(f"  sample {row.id}")
    console.print(f"  seed   {row.seed}")
    if row.position > 1:
        earlier = f"draw {row.position} of this attestation: the findings say that {row.position - 1} came before it"
        console.print(f"  {earlier}", style="yellow")
    for reason, people in sorted(row.not_drawn.items()):
        if people:
            console.print(f"  not drawn, {reason.replace('_', ' ')}: {people} people", style="yellow")
    if row.rows_until is None:
        console.print(f"  a system owner lets its rows be shown: gateway audit approve {row.id}")


@app.command()
def recompute(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    window: Annotated[str, typer.Argument(help="The window's label, such as 2020H2.")],
    template: Annotated[str, typer.Option(help="contract_total, predicate or payment_document.")] = "payment_document",
    to: Annotated[str, typer.Option(help="operator or investor.")] = "operator",
) -> None:
    """Compute again what an attestation commits to and does not show, as the auditor: inputs, and the plan of blocks.

    Example: gateway audit recompute impact60 2020H2 --template contract_total --to investor
    """
    from gateway.oversight.audit.recomputing import Recomputed
    from gateway.oversight.audit.recomputing import recompute as use_case

    said = total(
        {
            Recomputed.SAME: "computed again, and the same",
            Recomputed.NOT_COMPUTED: "as the records say; nobody can compute it again, since somebody was erased",
            Recomputed.DIFFERS: "THE STORE GIVES SOMETHING ELSE",
            Recomputed.NOT_OPENED: "NOT WHAT THE RECORDS SAY",
        },
        Recomputed,
    )
    found = use_case(open_gateway(), contract, window, template, to)
    console.print(f"{contract} {window} ({template} to {to}), inputs {found.inputs_sha256}")
    parts = {"inputs": found.inputs, "plan of blocks": found.plan, "what each payer owes": found.payers}
    became = {name: one for name, one in parts.items() if one is not None}
    for name, one in became.items():
        console.print(f"  {name}: {said[one]}", style="" if one.holds else "bold red")
    if not all(one.holds for one in became.values()):
        raise typer.Exit(1)


@app.command()
def approve(sample: Sample) -> None:
    """Let the source rows of a sample be shown to the auditor, as a system owner.

    Example: gateway audit approve 5f0c…
    """
    from gateway.oversight.audit.showing import approve as use_case

    until = use_case(open_gateway(), sample)
    console.print(f"approved: the rows of sample {sample} may be shown up to {until}")


@app.command()
def rows(
    sample: Sample,
    files: Annotated[list[Path], typer.Argument(help="The files that were pulled, of any of the contract's sources.")],
    item: Annotated[list[int] | None, typer.Option(min=1, help="One item, or several; all without it.")] = None,
) -> None:
    """Show sampled people's source rows on this terminal, beside what the store holds and what was counted.

    The rows go to no file and no pipe. Each person shown has a line in the access log.

    Example: gateway audit rows 5f0c… drop/dream/dream-2021-02.csv drop/income/*.csv --item 3
    """
    from gateway.oversight.audit.showing import show

    show(open_gateway(), sample, files, on=sys.stdout, begin=_begin, tell=_tell, only=item or ())


def _begin(found: ShowingIntroduction) -> None:
    from gateway.evaluation.evaluating import utc_text

    contract = found.contract
    console.print(f"{contract.id} {found.window}: data known at {utc_text(found.known_at)}", style="bold")
    console.print(f"  lines are those of {contract.file}, version {contract.version}, SHA-256 {contract.sha256}")
    for laid in found.files:
        _show_file(laid)
    for name in found.missing:
        console.print(f"  not laid here, and the figures rest on it: {name}", style="yellow")
    for item in found.left_out:
        console.print(f"  item {item} is shown no more: erased, or not to be read any more", style="yellow")


def _show_file(laid: LaidFile) -> None:
    file = laid.file
    name = f"{file.path.name} ({file.declaration.id})"
    if file.pulled_at is None:
        console.print(f"  {name}: NOT THE FILE THAT WAS PULLED, a finding in itself", style="bold red")
    elif file.is_later:
        console.print(f"  {name}: pulled on {file.pulled_at:%Y-%m-%d}, after these figures", style="yellow")
    else:
        console.print(f"  {name}: as it was pulled on {file.pulled_at:%Y-%m-%d}")
    console.print(f"    SHA-256 {file.sha256}")
    for reason, count in sorted(laid.rejected.items()):
        console.print(f"    {count} rows are nobody's: {reason.replace('_', ' ')}", style="yellow")


def _tell(shown: ItemShown, rows: int) -> None:
    console.print()
    who = shown.case_reference or "(protected: no number and no case reference)"
    console.print(f"item {shown.item} of {shown.of}: {who}", style="bold")
    _show_held(shown.counted)
    console.print("what was counted", style="bold")
    from gateway.cli.explained import show_measures

    show_measures(shown.counted.measures)
    console.print("rows in the files" if rows else "no row in the files", style="bold")
    sys.stdout.flush()


def _show_held(evidence: PersonCounted) -> None:
    console.print("what the store holds", style="bold")
    spells = [
        (one.source, str(one.from_week), str(one.to_week), one.code or "(none)", one.status) for one in evidence.spells
    ]
    columns([("source", "from", "to", "code", "read as"), *spells], indent=2)
    months = [
        (one.source, str(one.month), one.income_type, _hours(one.hours_hundredths), "yes" if one.is_reversal else "")
        for one in evidence.months
    ]
    if months:
        columns([("source", "month", "type", "hours", "taken back"), *months], indent=2)


def _hours(hundredths: int) -> str:
    return decimal(hundredths, DANISH_UNDIVIDED)


@app.command()
def find(
    sample: Sample,
    item: Annotated[int, typer.Option(min=1, help="The item's number.")],
    agrees: Annotated[bool, typer.Option("--agrees", help="What was counted agrees with the sources.")] = False,
    deviates: Annotated[
        str,
        typer.Option(help="Or why not: row_missing, other_code, other_hours, wrong_person, wrong_week_rule or other."),
    ] = "",
    weeks: Annotated[
        list[str] | None, typer.Option(help="Which weeks deviate: 2020-W07 or 2020-W07..2020-W09.")
    ] = None,
) -> None:
    """Say what was found of an item that was shown; until the sample is closed a later word replaces it.

    Example: gateway audit find 5f0c… --item 3 --deviates other_hours --weeks 2020-W07..2020-W09
    """
    from gateway.oversight.audit.findings import Deviation
    from gateway.oversight.audit.findings import find as use_case

    if agrees == bool(deviates):
        raise typer.BadParameter("say --agrees, or --deviates and why")
    if deviates and deviates not in set(Deviation):
        raise typer.BadParameter(f"must be one of: {', '.join(Deviation)}", param_hint="--deviates")
    use_case(
        open_gateway(),
        sample,
        item,
        deviation=Deviation(deviates) if deviates else None,
        weeks=[*map(_weeks, weeks or ())],
    )
    console.print(f"found: item {item} {'agrees' if agrees else 'deviates'}")


def _weeks(text: str) -> tuple[Week, Week]:
    from vocabulary.weeks import Week

    first, _, last = text.partition("..")
    try:
        return Week.parse(first), Week.parse(last or first)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--weeks") from None


@app.command()
def close(
    sample: Sample,
    out: Annotated[Path, typer.Option(help="Where the findings go, for the auditor to sign.")],
    items: Annotated[Path | None, typer.Option(help="Where to write what their digest is of; it names nobody.")] = None,
) -> None:
    """Close a sample of which something was found for every item, and write the findings that the auditor signs.

    The same again writes the same. The auditor signs elsewhere: verify-outcome countersign FINDINGS.json …

    Example: gateway audit close 5f0c… --out findings.json
    """
    from gateway.oversight.audit.findings import close as use_case

    with output(out) as file:
        done = use_case(open_gateway(), sample)
        file.write(done.findings)
    if items is not None:
        with output(items) as file:
            file.write(done.items)
    console.print(f"closed: {out}, {done.verdict}, {done.size} people")
    if done.left_out:
        console.print(f"  left out, erased or not to be read any more: {done.left_out} people", style="yellow")


@app.command()
def take(file: Annotated[Path, typer.Argument(help="What the auditor signed (JWS).")]) -> None:
    """Take in what the auditor signed, whatever it says: the bundle carries it from the next hand-out on.

    Example: gateway audit take countersignature.jwt
    """
    from gateway.oversight.audit.countersigning import take as use_case

    done = use_case(open_gateway(), file.read_text("utf-8", errors="replace"))
    word = "taken" if done.is_new else "taken before, nothing changed"
    console.print(f"{word}: {done.verdict}, signed with key {done.kid}")
    console.print("  hand the bundle out again, so that its recipient gets it: gateway release")


@app.command("list")
def list_samples(contract: Annotated[str, typer.Argument(help="The contract's id; all without one.")] = "") -> None:
    """Show the samples that were drawn and how far each has come; no person and no finding.

    Example: gateway audit list impact60
    """
    from gateway.oversight.audit.sampling import list_samples as use_case

    gateway = open_gateway()
    rows: list[Sequence[str]] = [
        (
            "sample",
            "contract",
            "window",
            "template",
            "to",
            "draw",
            "people",
            "drawn on",
            "rows until",
            "found",
            "verdict",
        )
    ]
    with gateway.store.read() as session:
        for row in use_case(session, contract):
            verdict = f"{row.verdict}, countersigned" if row.is_countersigned else row.verdict or "open"
            rows.append(
                (
                    row.id,
                    row.contract,
                    row.window,
                    row.template,
                    row.recipient,
                    str(row.position),
                    f"{row.people} of {row.population}",
                    f"{row.drawn_on:%Y-%m-%d}",
                    "not approved" if row.rows_until is None else str(row.rows_until),
                    str(row.found),
                    verdict,
                )
            )
    columns(rows)
