"""Commands on contracts, programmes and source declarations."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import (
    agreed_files,
    columns,
    console,
    day_of_paper,
    open_database,
    open_gateway,
    output,
    progress_bar,
)

if TYPE_CHECKING:
    from gateway.attestations.calendar_audit import AuditedContract
    from gateway.installation.gateway import Gateway
    from policies.programme import Programme

_GROUND_HELP = (
    "On which ground it changes what is paid, for how long or for whom: section-179, -180, -181, -182, -183 (of"
    " udbudsloven), not-a-public-contract or new-procedure."
)
app = typer.Typer(help="Contracts, programmes and source declarations.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A contract file.")],
    programme: Annotated[Path | None, typer.Option(help="Its programme file: whether its words last.")] = None,
) -> None:
    """Read a contract file, audit its calendar and say what it means; needs no installation.

    Example: gateway contract check examples/contracts/impact60.toml --programme examples/programmes/impact60.toml
    """
    from connectors.codes import shown_by_kind
    from gateway.attestations.calendar_audit import audit_contract
    from gateway.contracts.fitting import words_without_ground
    from gateway.outcomes.calendar import calendar_of
    from gateway.outcomes.contract_file import load_contract
    from gateway.outcomes.exits import warnings
    from gateway.outcomes.lint import lint
    from gateway.wording.prices import prices_in_words
    from policies.calendar import views

    contract = load_contract(file.read_bytes(), file=file.name)
    findings = lint(contract, shown_by_kind())
    can_be_audited = not any(finding.refuses for finding in findings)  # else it may not even be evaluated
    with progress_bar("auditing the calendar") as report:
        passed = audit_contract(contract, progress=report) if can_be_audited else None
    smallest = {} if passed is None else passed.smallest
    console.print(f"{contract.title}: version {contract.version}, in force from {contract.effective_from}")
    console.print(f"  {contract.cohort.size} people; {len(contract.windows)} windows; sha256 {contract.sha256}")
    for measure in contract.measures:
        states = ", ".join(state.id for state in measure.states)
        console.print(f"  {measure.kind:<11} {measure.id}: {states}")
    for aggregate in contract.aggregates:
        console.print(f"  declared  {aggregate.id}: {aggregate.unit} by {aggregate.evaluator.name}")
    for tariff in contract.tariffs:
        console.print(f"  {tariff.kind:<11} {tariff.id}: pays for {', '.join(tariff.figures()) or 'delivery'}")
    console.print("calendar: what each may put side by side, and the fewest people that any combination of its figures")
    console.print("is about, whoever begins when; people are named only where a grant of its own says so:")
    if not can_be_audited:
        console.print("  not audited: what is refused below must be mended first", style="yellow")
    rows: list[tuple[str, ...]] = [
        ("recipient", "exact totals", "met or not", "amounts", "by state", "names people", "smallest group")
    ]
    for view in views(calendar_of(contract), smallest):
        windows = (view.exact, view.predicates, view.documents, view.breakdowns, view.named)
        shown = [", ".join(labels) if len(labels) < 3 else f"{len(labels)} windows" for labels in windows]
        rows.append((" + ".join(view.roles), *(text or "–" for text in shown), str(view.smallest)))
    columns(rows, indent=2)
    if passed is not None:
        _show_waits(passed)
    for finding in findings:
        console.print(f"  {'refused' if finding.refuses else 'warning'}: {finding}", style="yellow")
    for warning in warnings(contract):
        console.print(f"  warning: {warning}", style="yellow")
    if contract.settlement is not None and contract.settlement.vat_percent:
        console.print(f"  VAT {contract.settlement.vat_percent} %, of each bill rounded to the minor unit; what that")
        console.print("  leaves of the VAT of all bills together stands on the bill as its rounding amount (BT-114)")
    for name in contract.illustrative:
        console.print(f"  illustrative {name}", style="yellow")
    for word in contract.status_words:
        console.print(f"  status word {word.id}: tells of {word.category}, by a condition that the programme names")
    if programme is not None:
        _, why = agreed_files(file, programme)
        for reason in words_without_ground(contract, why):
            console.print(f"  refused: {why.file}: status_conditions {reason}", style="yellow")
        for key, last in why.words.last_days(on=day_of_paper("")).items():
            console.print(
                f"  warning: the word for {key} ends on {last}, and none begins the day after", style="yellow"
            )
    console.print("prices and caps, in the words of the parties:")
    for line in prices_in_words(contract):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A contract file.")],
    language: Annotated[str, typer.Option(help="da or en; both where it is left out.")] = "",
    html: Annotated[Path | None, typer.Option(help="Where the page goes instead (HTML, to print).")] = None,
) -> None:
    """Print a contract as one page to read, in Danish and English, beside its digest; needs no installation.

    Example: gateway contract show examples/contracts/impact60.toml --html impact60.html
    """
    from gateway.documents.contract_page import Language, page
    from gateway.outcomes.contract_file import load_contract

    if language not in ("", *Language):
        raise typer.BadParameter(f"must be one of: {', '.join(Language)}", param_hint="--language")
    contract = load_contract(file.read_bytes(), file=file.name)
    chosen = [Language(language)] if language else list(Language)
    if html is not None:
        from gateway.documents.annexes import blocks
        from gateway.documents.annexes.reading import reading

        with output(html) as out:
            out.write(blocks.html(contract.title, reading(contract, chosen)).encode())
        console.print(f"page: {html}, for contract sha256 {contract.sha256}")
        return
    console.print("\n".join(page(contract, one) for one in chosen), markup=False, highlight=False, soft_wrap=True)


@app.command()
def add(
    contract: Annotated[Path, typer.Argument(help="The contract file.")],
    programme: Annotated[Path, typer.Argument(help="The programme file declared for it.")],
    shadow: Annotated[
        bool, typer.Option("--shadow", help="It is settled elsewhere: nothing is released here until it is adopted.")
    ] = False,
) -> None:
    """Put a contract that every party has accepted into force, with its programme; the same again changes nothing.

    Example: gateway contract add examples/contracts/impact60.toml examples/programmes/impact60.toml
    """
    from gateway.contracts.declarations import activate_contract
    from gateway.store import contract_queries

    gateway = open_gateway()
    loaded = activate_contract(gateway, contract, programme, in_shadow=shadow)
    console.print(f"in force: {loaded.id} version {loaded.version}, sha256 {loaded.sha256}")
    with gateway.store.read() as session:  # also where it came in shadow before: adding it again does not end that
        if contract_queries.in_shadow(session, loaded.id):
            console.print("  in shadow: pulled and evaluated, and nothing is released before `gateway contract adopt`")
    _say_who_is_left(gateway)


@app.command()
def propose(
    contract: Annotated[Path, typer.Argument(help="The contract file.")],
    programme: Annotated[Path, typer.Argument(help="The programme file declared for it.")],
    ground: Annotated[str, typer.Option(help=_GROUND_HELP)] = "",
) -> None:
    """Propose another version of a contract or its programme; a second person approves it.

    Example: gateway contract propose impact60-v2.toml impact60-v2.programme.toml --ground section-179
    """
    from gateway.cli.amendments import ground_named
    from gateway.contracts.declarations import propose_change
    from policies.programme_file import load_programme

    gateway = open_gateway()
    proposal = propose_change(gateway, contract, programme, ground=ground_named(ground))
    console.print(f"proposed: {proposal}; a second person runs `gateway contract approve {proposal}`")
    _say_who_is_left(gateway, load_programme(programme.read_bytes(), file=programme.name))


@app.command()
def approve(proposal: Annotated[str, typer.Argument(help="The proposal's id.")]) -> None:
    """Approve a proposed version, as a system owner who did not propose it.

    Example: gateway contract approve 5f0c…
    """
    from gateway.contracts.declarations import approve_change

    gateway = open_gateway()
    loaded = approve_change(gateway, proposal)
    console.print(f"in force: {loaded.id} version {loaded.version}, sha256 {loaded.sha256}")
    _say_who_is_left(gateway)


@app.command()
def proposals() -> None:
    """Show the proposed changes that wait for a second person.

    Example: gateway contract proposals
    """
    from gateway.contracts.declarations import open_proposals

    gateway = open_gateway()
    rows = [("proposal", "contract", "proposed on", "by", "sha256")]
    with gateway.store.read() as session:
        for row in open_proposals(session):
            what = row.contract or "policy set"
            rows.append((row.id, what, row.proposed_on.isoformat(), row.proposed_by, row.sha256))
    columns(rows)


@app.command()
def source(file: Annotated[Path, typer.Argument(help="A source declaration.")]) -> None:
    """Declare a source; the same file again changes nothing.

    Example: gateway contract source examples/sources/dream.toml
    """
    from gateway.contracts.declarations import declare_source

    declared = declare_source(open_gateway(), file)
    console.print(f"declared: {declared.id} ({declared.title}), agreement until {declared.agreement.valid_to}")
    if declared.is_supplied_for_another_purpose:
        console.print("  supplied for another purpose: an assessment is required before it is used", style="yellow")


@app.command()
def declare(
    contract: Annotated[str, typer.Argument(help="The contract's id.")],
    file: Annotated[Path, typer.Argument(help="The figure that its evaluator signed (JWS).")],
) -> None:
    """Take in a declared aggregate; a later figure of the same window supersedes it and shows as a correction.

    Example: gateway contract declare koto-sib forskel-2019.jwt
    """
    from gateway.contracts.aggregates import declare as use_case

    row = use_case(open_gateway(), contract, file.read_text("ascii", errors="replace").strip())
    console.print(f"declared: {row.aggregate} of {row.window} is {row.value}, sha256 {row.token_sha256}")


@app.command("processing-record")
def processing_record(
    contract: Annotated[Path, typer.Argument(help="The contract file.")],
    programme: Annotated[Path, typer.Argument(help="The programme file declared for it.")],
    source: Annotated[list[Path], typer.Option(help="A source declaration; one for each source.")],
    on: Annotated[str, typer.Option(help="The day of the paper, YYYY-MM-DD; today where it is left out.")] = "",
) -> None:
    """Print the record of processing activities (GDPR art. 30) that the files amount to; needs no installation.

    Example: gateway contract processing-record examples/contracts/impact60.toml examples/programmes/impact60.toml
    --source examples/sources/dream.toml --source examples/sources/income.toml
    """
    from connectors.declaration import load_declaration
    from gateway.documents.processing_record import record
    from gateway.outcomes.contract_file import load_contract
    from policies.programme_file import load_programme

    agreed = load_contract(contract.read_bytes(), file=contract.name)
    why = load_programme(programme.read_bytes(), file=programme.name)
    sources = [load_declaration(one.read_bytes(), file=one.name) for one in source]
    console.print(record(agreed, why, sources, on=day_of_paper(on)))


@app.command()
def leaflet(
    contract: Annotated[Path, typer.Argument(help="The contract file.")],
    programme: Annotated[Path, typer.Argument(help="The programme file declared for it.")],
    contact: Annotated[Path, typer.Option(help="A file with [contact]: where a citizen writes.")],
    out: Annotated[Path, typer.Option(help="Where the leaflet goes (HTML, to print).")],
    letter_out: Annotated[Path | None, typer.Option(help="Where the letter goes (HTML, to print).")] = None,
    on: Annotated[str, typer.Option(help="The day of the paper, YYYY-MM-DD; today where it is left out.")] = "",
) -> None:
    """Write the citizen's leaflet and letter in plain Danish; needs no installation.

    Example: gateway contract leaflet examples/contracts/impact60.toml examples/programmes/impact60.toml --contact
    examples/contacts/aalborg.toml --out leaflet.html --letter-out letter.html
    """
    from gateway.contracts.contact import load_contact
    from gateway.documents import leaflet as pages

    agreed, why = agreed_files(contract, programme)
    where, day = load_contact(contact.read_bytes(), file=contact.name), day_of_paper(on)
    with output(out) as file:
        file.write(pages.leaflet(agreed, why, where, on=day).encode())
    console.print(f"leaflet: {out}")
    if letter_out is not None:
        with output(letter_out) as file:
            file.write(pages.letter(agreed, why, where, on=day).encode())
        console.print(f"letter: {letter_out}")


@app.command()
def notice(
    programme: Annotated[Path, typer.Argument(help="The programme file; its notices lie where it says.")],
    out: Annotated[Path, typer.Option(help="Where the text goes (Markdown).")],
    notice_id: Annotated[
        str, typer.Option("--notice", help="The notice by its id; the newest of all where it is left out.")
    ] = "",
    language: Annotated[str, typer.Option(help="da or en.")] = "da",
    on: Annotated[str, typer.Option(help="The day of the paper, YYYY-MM-DD; today where it is left out.")] = "",
) -> None:
    """Write a notice as a person gets it, in the words of its day; needs no installation.

    Example: gateway contract notice examples/programmes/impact60.toml --out underretning.md
    """
    from gateway.contracts.notice_text import notice_text
    from policies.programme_file import load_programme

    why = load_programme(programme.read_bytes(), file=programme.name)
    text = notice_text(why, programme.parent, notice_id=notice_id, language=language, on=day_of_paper(on))
    with output(out) as file:
        file.write(text.encode())
    console.print(f"notice: {out}")


@app.command("list")
def list_contracts() -> None:
    """Show the contracts in force and their windows, and the versions that wait for a party.

    Example: gateway contract list
    """
    from gateway.contracts.waiting import waiting
    from gateway.installation.in_force import contract_and_text
    from gateway.store import contract_queries

    store = open_database()
    rows = [("contract", "version", "people", "window", "weeks", "freezes from")]
    with store.read() as session:
        for contract_id in contract_queries.contract_ids(session):
            contract, _ = contract_and_text(session, contract_id)
            for position, window in enumerate(contract.windows):
                head = (contract.id, str(contract.version), str(contract.cohort.size)) if not position else ("",) * 3
                weeks = f"{window.from_week} – {window.to_week}"
                is_here = contract_queries.is_settled_here(session, contract_id, window.label)
                elsewhere = "in shadow" if contract_queries.in_shadow(session, contract_id) else "stated by the parties"
                rows.append((*head, window.label, weeks, str(contract.freezes_on(window)) if is_here else elsewhere))
        later = waiting(session)
    columns(rows)
    for one in later:
        console.print(f"not in force: {one}", style="yellow")


def _say_who_is_left(gateway: Gateway, programme: Programme | None = None) -> None:
    """What nobody will be able to do any more, and from when, as appointments end."""
    from gateway.installation.powers import losses_ahead

    today = gateway.clock().date()
    with gateway.store.read() as session:
        for lost in losses_ahead(gateway, session, since=today, until=date.max, programme=programme):
            console.print(f"  {lost}", style="yellow")


def _show_waits(passed: AuditedContract) -> None:
    """Which windows anybody is shown later, where the calendar is audited."""
    from gateway.outcomes.blocks import in_blocks, reader_windows, shown_with

    if passed.worst is None or passed.expected is None:
        console.print("  every window is shown on time, whoever begins when")
        return
    shown = [passed.contract.windows[place].label for place in reader_windows(passed.contract)]
    for when, plan in (("where people begin evenly", passed.expected), ("at worst", passed.worst)):
        planned = in_blocks(passed.contract, plan.ends)
        later = [f"{label} is shown with {end}" for label in shown if (end := shown_with(planned, label))]
        said = f"{', '.join(later)}, the others on time" if later else "every window is shown on time"
        console.print(f"  {when}: {said}")
