"""Commands of the settlement: from a released payment document to an invoice that is approved and paid."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gateway.cli.terminal import columns, console, currency_of, open_gateway, output, warn_of_development_key
from gateway.wording.formats import english_money
from gateway.wording.settlement import ROLES, pair_of

if TYPE_CHECKING:
    from gateway.settlement.sheet import SettlementSheet
    from gateway.settlement.statement_view import PayerAccount, StatementWindow

app = typer.Typer(
    help="What is owed: statements, disputes, invoices, approval, payment and accruals.", no_args_is_help=True
)
Contract = Annotated[str, typer.Argument(help="The contract's id.")]
Window = Annotated[str, typer.Argument(help="The window's label, such as 2020H2.")]
Number = Annotated[str, typer.Argument(help="The number of the invoice or credit note.")]
Letter = Annotated[Path, typer.Option(help="The letter that explains it: only its SHA-256 is kept here.")]
_Word = TypeVar("_Word", bound=StrEnum)


@app.command()
def state(contract: Contract) -> None:
    """Show where every window stands: states, amounts, disputes, and what is expected next.

    Example: gateway settle state impact60
    """
    from gateway.settlement.states import SettlementState
    from gateway.settlement.views import show_statement
    from gateway.store import contract_queries
    from gateway.store.holds import HELD

    gateway = open_gateway()
    made = show_statement(gateway, contract)
    currency = made.currency
    with gateway.store.read() as session:
        if contract_queries.in_shadow(session, contract):
            console.print("in shadow: nothing is settled here before `gateway contract adopt`", style="yellow")
    rows = [["window", "state", "due", "invoiced", "paid", "disputed", "next", "on"]]
    for one in made.windows:
        amounts = [english_money(minor, currency) for _, minor in (*_sums(one), ("disputed", one.disputed_minor))]
        on = one.next.on.isoformat() if one.next and one.next.on else ""
        following = [one.next.what.replace("_", " ") if one.next else "", on]
        rows.append([one.window, one.state, *amounts, *following])
    columns(rows)
    if opening := made.opening:
        console.print(f"  up to {opening.last_window}: {opening.says}; {opening.balances_sha256}", style="yellow")
    for one in made.windows:
        if one.next and one.next.condition.startswith(HELD):
            console.print(f"  {one.window}: {one.next.condition}", style="yellow")
        for line in one.lines:
            if line.dispute:
                said, held = line.dispute, english_money(line.dispute.amount_minor, currency)
                answer = f"to be answered by {said.answer_by}"
                if said.is_upheld:
                    answer = "upheld: correct it, adjust it, or both acknowledge it with --line"
                console.print(
                    f"  {one.window} {line.line} disputed by the {said.by} ({said.reason}),"
                    f" {held} of {english_money(line.amount_minor, currency)}: {said.id}, {answer}",
                    style="yellow",
                )
            if line.silence_on and line.silence_of and line.state is SettlementState.RELEASED:
                who = pair_of(ROLES, line.silence_of)[1]
                console.print(f"  {one.window} {line.line}: silence of the {who} accepts it from {line.silence_on}")
    for payer in made.payers if len(made.payers) > 1 else ():
        sums = (f"{english_money(minor, currency)} {name}" for name, minor in _sums(payer))
        prices = [f"{english_money(one.price_minor, currency)} of {one.tariff}" for one in payer.prices]
        shares = ", ".join([*([payer.share] if payer.share else []), *prices])
        console.print(f"  {payer.name} bears {shares}: {', '.join(sums)}")
    for tariff in made.cumulative.tariffs:
        cap = f" of at most {english_money(tariff.cap_minor, currency)}" if tariff.cap_minor else ""
        reached = "; the cap is reached" if tariff.cap_reached else ""
        quantity = f"{tariff.quantity} {tariff.unit}s"
        console.print(f"  {tariff.tariff}: {quantity}, {english_money(tariff.due_minor, currency)}{cap}{reached}")


@app.command()
def statement(
    contract: Contract,
    out: Annotated[Path, typer.Option(help="Where it goes: .html to print, .json, .csv or .xlsx.")],
) -> None:
    """Write the statement over all windows: to print, or for a program, or for a spreadsheet without formulas.

    Example: gateway settle statement impact60 --out afregning.html
    """
    from gateway.documents.exports import HEAD, csv_bytes, rows, xlsx_bytes
    from gateway.documents.statement_page import page
    from gateway.settlement.views import show_statement
    from gateway.wording.views import as_json
    from outcome_verifier import canonical

    if out.suffix not in (".html", ".json", ".csv", ".xlsx"):
        raise typer.BadParameter("must end in .html, .json, .csv or .xlsx", param_hint="--out")
    with output(out) as file:
        gateway = open_gateway()
        made = show_statement(gateway, contract)
        match out.suffix:
            case ".html":
                file.write(page(made).encode("utf-8"))
            case ".json":
                file.write(canonical.dumps(as_json(made)) + b"\n")
            case ".csv":
                file.write(csv_bytes(HEAD, rows(made)))
            case _:
                file.write(xlsx_bytes(HEAD, rows(made), title=made.contract.title, on=made.made_on))
    warn_of_development_key(gateway)
    console.print(f"written: {out}, {english_money(made.cumulative.due_minor, made.currency)} due in all")


@app.command()
def acknowledge(
    contract: Contract,
    window: Window,
    jwt_sha256: Annotated[
        str, typer.Option(help="SHA-256 of the payment document's JWT that is accepted; another is refused.")
    ] = "",
    line: Annotated[
        str, typer.Option(help="One line by its key, also one whose dispute was upheld: as it stands after all.")
    ] = "",
) -> None:
    """Accept every undisputed line of a window for the municipality, as its settlement officer.

    The operator does the same over HTTP. Example: gateway settle acknowledge impact60 2020H2
    """
    from gateway.settlement.acknowledging import acknowledge as use_case

    keys = use_case(open_gateway(), contract, window, line_key=line, jwt_sha256=jwt_sha256)
    console.print(f"acknowledged: {', '.join(keys)}" if keys else "acknowledged before, or disputed: nothing changed")


@app.command()
def dispute(
    contract: Contract,
    window: Window,
    line: Annotated[str, typer.Option(help="The line's key, such as weeks_in_work_or_education/window.")],
    reason: Annotated[str, typer.Option(help="quantity, amount, source, period or contract.")],
    letter: Letter,
    amount_minor: Annotated[
        int | None, typer.Option(help="How much of it, in minor units (øre), where it is not all: the rest goes on.")
    ] = None,
) -> None:
    """Contest one line of a payment document for the municipality, or a part of it; the rest goes on.

    Example: gateway settle dispute impact60 2020H2 --line weeks/window --reason source --letter letter.pdf
    """
    from gateway.settlement.acknowledging import DisputeReason
    from gateway.settlement.acknowledging import dispute as use_case

    word = _word(DisputeReason, reason, "--reason")
    digest = _digest(letter)
    gateway = open_gateway()
    row = use_case(gateway, contract, window, line, reason=word, text_sha256=digest, amount_minor=amount_minor)
    console.print(f"disputed: {row.line} of {window}, dispute {row.id}")
    held = english_money(row.amount_minor, currency_of(gateway, contract))
    console.print(f"  {held} of this line is held back; to be answered by {row.answer_by}", style="yellow")


@app.command()
def resolve(
    dispute: Annotated[str, typer.Argument(help="The dispute's id.")],
    outcome: Annotated[str, typer.Option(help="stands, upheld, or withdrawn by whoever raised it.")],
    letter: Letter,
) -> None:
    """Answer the operator's dispute, or withdraw the municipality's own.

    An upheld line is held back until `gateway correct` supersedes the document, `gateway settle adjust` says what it is
    worth, or both acknowledge it by its name.

    Example: gateway settle resolve 5f0c… --outcome stands --letter answer.pdf
    """
    from gateway.settlement.acknowledging import DisputeOutcome
    from gateway.settlement.acknowledging import resolve as use_case

    row = use_case(
        open_gateway(), dispute, outcome=_word(DisputeOutcome, outcome, "--outcome"), text_sha256=_digest(letter)
    )
    console.print(f"resolved: {row.line} of {row.window}, {row.outcome}")


@app.command()
def adjust(
    contract: Contract,
    window: Window,
    line: Annotated[str, typer.Option(help="The line's key, such as weeks_in_work_or_education/window.")],
    worth_minor: Annotated[int, typer.Option(help="What the line is worth instead, in minor units (øre).")],
    letter: Letter,
) -> None:
    """Say for the municipality what a line is worth instead of what was evaluated; once both say the same it is agreed.

    For what no register will show. The difference is a line of its own, and is billed as such.

    Example: gateway settle adjust impact60 2019H1 --line weeks/window --worth-minor 3000000 --letter aftale.pdf
    """
    from gateway.settlement.adjusting import adjust as use_case

    gateway = open_gateway()
    made = use_case(gateway, contract, window, line, worth_minor=worth_minor, text_sha256=_digest(letter))
    worth = english_money(made.worth_minor, currency_of(gateway, contract))
    word = "agreed by both" if made.is_agreed else "proposed; it counts once the operator says the same"
    console.print(f"adjusted: {made.line} of {window} is worth {worth}, {word}")


@app.command()
def invoice(
    contract: Contract,
    window: Window,
    out: Annotated[Path, typer.Option(help="Where the invoice or credit note goes (UBL 2.1, XML).")],
    number: Annotated[str, typer.Option(help="The operator's own number; one is derived without it.")] = "",
    payer: Annotated[str, typer.Option(help="Whose invoice, by organisation; the municipality's without it.")] = "",
) -> None:
    """Make the invoice, or the credit note, of what both parties acknowledged; asked again, hand it out again.

    Where several pay, the invoices of all of them are made at once: ask again with --payer for each of the others.

    Example: gateway settle invoice impact60 2020H2 --out faktura.xml
    """
    from gateway.settlement.account import BillKind
    from gateway.settlement.billing import request_payment
    from gateway.settlement.invoice_check import check

    gateway = open_gateway()
    with output(out) as file:
        bill, is_new = request_payment(gateway, contract, window, number=number, payer=payer)
        file.write(bill.xml)
    asked = english_money(bill.total_minor, currency_of(gateway, contract))
    word = "made" if is_new else "made before, handed out again"
    kind = f"{bill.kind.replace('_', ' ')} {bill.number}"
    console.print(f"{word}: {kind}, {asked} to be paid by {bill.payer}, {out}")
    form = "no invoice" if bill.kind == BillKind.REPAYMENT else f"Peppol BIS Billing 3, {check(bill.xml)}"
    console.print(f"  due on {bill.due_on}; {form}")


@app.command()
def sheet(
    contract: Contract, number: Number, out: Annotated[Path, typer.Option(help="Where the sheet goes (HTML).")]
) -> None:
    """Write the settlement sheet of an invoice, its checks ticked from facts.

    Example: gateway settle sheet impact60 impact60-2020H2-1 --out ark.html
    """
    from gateway.documents.sheet_page import page
    from gateway.settlement.paying import show_sheet

    with output(out) as file:
        made = show_sheet(open_gateway(), contract, number)
        file.write(page(made).encode("utf-8"))
    _show_checks(made)
    console.print(f"written: {out}")


@app.command()
def approve(contract: Contract, number: Number) -> None:
    """Approve an invoice as a settlement officer who did not ask for it; every check has to hold.

    Run again by the same person it says that it was done. Example: gateway settle approve impact60 impact60-2020H2-1
    """
    from gateway.settlement.paying import approve as use_case
    from gateway.settlement.paying import approved_before
    from policies.errors import PolicyDenied

    gateway = open_gateway()
    try:
        made = use_case(gateway, contract, number)
    except PolicyDenied:
        if (before := approved_before(gateway, contract, number)) is None:
            raise
        console.print(f"approved before, by you on {before.on}: {number}; nothing was done now")
        return
    _show_checks(made)
    console.print(f"approved: {number}, {english_money(made.bill.total_minor, made.currency)}", style="green")


@app.command("paid")
def register_paid(
    contract: Contract,
    number: Number,
    on: Annotated[str, typer.Option(help="The day of the payment, such as 2021-04-01.")],
) -> None:
    """Register that an approved invoice was paid, or that a credit note was set off.

    Run again by the same person for the same day it says that it was done.

    Example: gateway settle paid impact60 impact60-2020H2-1 --on 2021-04-01
    """
    from gateway.settlement.paying import paid_before, register_payment
    from policies.errors import PolicyDenied

    try:
        day = date.fromisoformat(on)
    except ValueError:
        raise typer.BadParameter("must be a day such as 2021-04-01", param_hint="--on") from None
    gateway = open_gateway()
    try:
        bill = register_payment(gateway, contract, number, paid_on=day)
    except PolicyDenied:
        if (before := paid_before(gateway, contract, number, paid_on=day)) is None:
            raise
        console.print(f"paid: {number} on {day}, as you registered on {before.on}; nothing was done now")
        return
    amount = english_money(bill.total_minor, currency_of(gateway, contract))
    console.print(f"paid: {bill.number}, {amount}, on {day}")


@app.command()
def investor(contract: Contract) -> None:
    """Show the investor's view as the investor gets it: below k_cohort met or not met, and declared dates.

    Example: gateway settle investor impact60
    """
    from gateway.settlement.investor import InvestorSettlement
    from gateway.settlement.views import show_investor

    made = show_investor(open_gateway(), contract)
    columns(
        [
            ("window", "template", "from"),
            *((one.window, one.template, one.from_.isoformat()) for one in made.declared_dates),
        ]
    )
    for held in {f"{one.window}: {one.held}" for one in made.declared_dates if one.held}:
        console.print(f"  {held}", style="yellow")
    for one in made.predicates:
        console.print(f"  {one.window}: {'met' if one.met else 'not met'}")
    if not isinstance(made, InvestorSettlement):
        return
    currency = made.currency
    if stated := made.stated:
        console.print(f"  up to {stated.last_window}: {english_money(stated.paid_minor, currency)} paid, {stated.says}")
    if goal := made.goal:
        console.print(f"  goal {goal.people} people, {goal.achieved} in {goal.window}")
    flow = made.flow
    console.print(f"  drawn: {english_money(flow.drawn_minor, currency)}")
    console.print(f"  repaid: {english_money(flow.repaid_minor, currency)}")
    console.print(f"  return: {english_money(flow.return_minor, currency)}")
    console.print(f"  at risk: {english_money(flow.at_risk_minor, currency)}")


@app.command()
def accruals(contract: Contract) -> None:
    """Show accruals and a forecast by window and budget year, for the municipality alone; the look is logged.

    Example: gateway settle accruals impact60
    """
    from gateway.settlement.forecast import accruals as use_case

    gateway = open_gateway()
    made = use_case(gateway, contract)
    currency = currency_of(gateway, contract)
    shares = any(one.own_minor != one.expected_minor for one in made.windows)
    own = ["own share"] if shares else []
    rows = [["window", "signed", "accrued", "expected in all", *own, "paid about", "budget year"]]
    for one in made.windows:
        sums = [english_money(value, currency) for value in (one.signed_minor, one.accrued_minor, one.expected_minor)]
        sums += [english_money(one.own_minor, currency)] if shares else []
        rows.append([one.window, *sums, one.payment_expected_on.isoformat(), str(one.budget_year)])
    columns(rows)
    for year, own_minor, minor in made.by_year:
        of_all = f", own share of {english_money(minor, currency)}" if shares else ""
        console.print(f"  budget {year}: {english_money(own_minor, currency)}{of_all}")
    for again in made.stated:
        said = f"{again.stated_quantity} for {english_money(again.stated_minor, currency)}"
        now = f"{again.evaluated_quantity} for {english_money(again.evaluated_minor, currency)}"
        word = f"DIFFERS: the registers show {now}" if again.differs else "the registers show the same"
        console.print(
            f"  {again.window} {again.tariff} stated: {said}; {word}", style="yellow" if again.differs else ""
        )
    if any(again.differs for again in made.stated):
        console.print("  a difference to what the parties stated is neither paid nor taken back; they settle it")
    console.print(f"  sources complete to {made.complete_to}; an estimate at the pace of the last 13 weeks, no claim")


def _sums(one: StatementWindow | PayerAccount) -> tuple[tuple[str, int], ...]:
    return (("due", one.due_minor), ("invoiced", one.invoiced_minor), ("paid", one.paid_minor))


def _show_checks(made: SettlementSheet) -> None:
    for one in made.checks:
        mark = "ok " if one.holds else "NO "
        console.print(f"  {mark} {one.name.replace('_', ' ')}: {one.fact}", style="" if one.holds else "red")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _word(kind: type[_Word], word: str, hint: str) -> _Word:
    if word not in set(kind):
        raise typer.BadParameter(f"must be one of: {', '.join(kind)}", param_hint=hint)
    return kind(word)
