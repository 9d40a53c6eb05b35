"""Commands of people's rights: records, the access report, requests, erasure and the archive."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.terminal import Case, columns, console, open_gateway, output

if TYPE_CHECKING:
    from gateway.rights.people import Recorded, Who
    from policies.terms import Role

app = typer.Typer(help="What people may ask for, and the records that allow reading.", no_args_is_help=True)

Contract = Annotated[str, typer.Argument(help="The contract's id.")]
CprFile = Annotated[
    Path | None, typer.Option(help="Or a file that holds the CPR number; - reads it from standard input.")
]
As = Annotated[str, typer.Option("--as", help="In which role you act: case_worker or system_owner.")]
Channel = Annotated[str, typer.Option(help="letter, digital_post, phone, meeting or register.")]


def _person(case: str, cpr_file: Path | None) -> Who:
    """The person that the options name. A number is never an argument: those are visible to everybody here."""
    from gateway.rights.people import Who

    if bool(case) == (cpr_file is not None):
        raise typer.BadParameter("give --case or --cpr-file", param_hint="--case")
    if cpr_file is None:
        return Who(case_reference=case)
    try:
        text = sys.stdin.readline() if str(cpr_file) == "-" else cpr_file.read_text("ascii", errors="replace")
    except OSError:  # whoever gives the number itself in the file's place must not read it in a message
        raise typer.BadParameter("there is no such file, or it cannot be read", param_hint="--cpr-file") from None
    return Who(cpr=text.strip())


def _role(word: str) -> Role:
    from gateway.rights.people import STAFF
    from policies.terms import Role

    if word not in set(STAFF):
        raise typer.BadParameter(f"must be one of: {', '.join(STAFF)}", param_hint="--as")
    return Role(word)


def _record_and_show(use_case: Callable[[], Recorded], out: Path | None) -> None:
    with nullcontext() if out is None else output(out) as file:  # its place is taken before anything is recorded
        done = use_case()
        if file is not None and done.stop_receipt:
            file.write(done.stop_receipt.encode("ascii") + b"\n")
    console.print(f"recorded: {done.record}")
    if done.stop_receipt:
        console.print("  from now on no register is read about this person; the receipt is signed", style="green")
        console.print(f"  {done.stop_receipt}" if out is None else f"  receipt: {out}")


@app.command()
def record(
    contract: Contract,
    kind: Annotated[str, typer.Argument(help="objection, restriction, exit, mistake, protection or a consent.")],
    case: Case = "",
    cpr_file: CprFile = None,
    channel: Channel = "letter",
    purpose: Annotated[
        list[str] | None, typer.Option(help="What a consent covers; may be given more than once.")
    ] = None,
    notice: Annotated[str, typer.Option(help="The notice that a consent rests on.")] = "",
    valid_to: Annotated[str, typer.Option(help="The last day of a record that ends by itself.")] = "",
    since: Annotated[
        str, typer.Option("--on", help="The day of an exit, prison or cohabitation, where it was before today.")
    ] = "",
    reason: Annotated[
        str, typer.Option(help="What was wrong with a referral by mistake: other_person, other_cohort or not_asked.")
    ] = "",
    role: As = "case_worker",
    receipt: Annotated[Path | None, typer.Option(help="Where a signed stop receipt goes.")] = None,
) -> None:
    """Register that something begins today, or began on a day; what stops the reading gives a signed receipt.

    What was released for weeks after an exit that is registered late is taken back by the next payment document, or by
    `gateway correct` of the last one. Whoever was referred by mistake leaves the denominator by a later version of the
    contract, which says how many they are (cohort.mistaken).

    Example: gateway rights record impact60 exit --on 2020-03-02 --case F-017 --channel register
    """
    from gateway.rights.people import Channel as Received
    from gateway.rights.people import NewRecord, begin
    from policies.basis import MistakeReason, RecordKind
    from policies.terms import Purpose

    asked = [(kind, list(map(str, RecordKind)), "KIND"), (channel, list(map(str, Received)), "--channel")]
    asked += [(one, list(map(str, Purpose)), "--purpose") for one in purpose or ()]
    asked += [(reason, list(map(str, MistakeReason)), "--reason")] if reason else []
    for word, allowed, hint in asked:
        if word not in allowed:
            raise typer.BadParameter(f"must be one of: {', '.join(allowed)}", param_hint=hint)
    new = NewRecord(
        kind=RecordKind(kind),
        channel=Received(channel),
        purposes=frozenset(map(Purpose, purpose or ())),
        notice=notice,
        valid_to=_day(valid_to, "--valid-to"),
        since=_day(since, "--on"),
        reason=MistakeReason(reason) if reason else None,
    )
    who, acts_as = _person(case, cpr_file), _role(role)
    _record_and_show(lambda: begin(open_gateway(), contract, who, new, role=acts_as), receipt)


@app.command("end")
def end_record(
    contract: Contract,
    record: Annotated[str, typer.Argument(help="The record's id, from the person's receipt or report.")],
    channel: Channel = "letter",
    role: As = "case_worker",
    receipt: Annotated[Path | None, typer.Option(help="Where a signed stop receipt goes.")] = None,
) -> None:
    """Register that a record ends today: a consent is withdrawn, a restriction lifted. It touches no other record.

    Example: gateway rights end impact60 5f0c… --channel phone
    """
    from gateway.rights.people import Channel as Received
    from gateway.rights.people import end

    if channel not in set(Received):
        raise typer.BadParameter(f"must be one of: {', '.join(Received)}", param_hint="--channel")
    acts_as = _role(role)
    _record_and_show(lambda: end(open_gateway(), contract, record, channel=Received(channel), role=acts_as), receipt)


@app.command()
def report(
    contract: Contract,
    out: Annotated[Path, typer.Option(help="Where the Danish page to print goes (HTML).")],
    case: Case = "",
    cpr_file: CprFile = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="Where the same goes as JSON.")] = None,
    role: As = "case_worker",
) -> None:
    """Write a person's access report: what is held, every look-up, and what each recipient got (GDPR art. 15).

    Example: gateway rights report impact60 --case F-017 --out indsigt.html --json indsigt.json
    """
    from gateway.documents.report_page import page
    from gateway.rights import report as reports
    from gateway.wording.views import as_json

    with output(out) as file:
        made = reports.report(open_gateway(), contract, _person(case, cpr_file), role=_role(role))
        file.write(page(made).encode())
    console.print(f"report: {out}")
    if json_out is not None:
        with output(json_out) as file:
            file.write(json.dumps(as_json(made), ensure_ascii=False, indent=1).encode() + b"\n")
        console.print(f"report: {json_out}")


@app.command()
def consent(
    contract: Contract,
    record: Annotated[str, typer.Argument(help="The consent's record id.")],
    contact: Annotated[Path, typer.Option(help="A file with [contact]: where a citizen writes to withdraw it.")],
    out: Annotated[Path, typer.Option(help="Where the receipt goes (JSON-LD).")],
    role: As = "case_worker",
) -> None:
    """Write the receipt of a consent: ISO/IEC TS 27560 in the words of the Data Privacy Vocabulary.

    Example: gateway rights consent ballerup 5f0c… --contact examples/contacts/ballerup.toml --out samtykke.jsonld
    """
    from gateway.contracts.contact import load_contact
    from gateway.rights.receipt import consent_receipt

    where = load_contact(contact.read_bytes(), file=contact.name)
    with output(out) as file:
        made = consent_receipt(open_gateway(), contract, record, where, role=_role(role))
        file.write(json.dumps(made, ensure_ascii=False, indent=1).encode() + b"\n")
    console.print(f"receipt: {out}")


@app.command()
def ask(
    contract: Contract,
    right: Annotated[str, typer.Argument(help="rectification or erasure.")],
    case: Case = "",
    cpr_file: CprFile = None,
    role: As = "case_worker",
) -> None:
    """Register a request that the controller has to decide; another person decides it.

    Example: gateway rights ask impact60 erasure --case F-017
    """
    from gateway.rights import requests

    if right not in set(requests.Right):
        raise typer.BadParameter(f"must be one of: {', '.join(requests.Right)}", param_hint="RIGHT")
    asked = requests.ask(open_gateway(), contract, _person(case, cpr_file), requests.Right(right), role=_role(role))
    console.print(f"asked: {asked}; a system owner decides with `gateway rights decide {contract} {asked}`")


@app.command("list")
def list_requests(contract: Contract) -> None:
    """Show the requests that wait for an answer.

    Example: gateway rights list impact60
    """
    from gateway.rights import requests

    rows = [("request", "right", "asked on", "by")]
    found = requests.open_requests(open_gateway(), contract)
    rows += [(one.id, one.right, one.asked_on.isoformat(), one.asked_by) for one in found]
    columns(rows)


@app.command()
def decide(
    contract: Contract,
    request: Annotated[str, typer.Argument(help="The request's id.")],
    answer: Annotated[str, typer.Option(help="grant or refuse.")],
    rule: Annotated[str, typer.Option(help="The rule that a refusal rests on.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where a signed certificate of erasure goes.")] = None,
) -> None:
    """Answer a request, as a system owner who is not the one that registered it. Granting erasure erases.

    What law keeps decides over a grant: the answer is then a refusal that names every rule. Run again by the same
    person it finishes what was interrupted, and hands out the certificate once more.

    Example: gateway rights decide impact60 5f0c… --answer grant --out slettet.jwt
    """
    from gateway.errors.rights import RequestUnknown
    from gateway.rights import requests
    from gateway.rights.erasure import finish

    if answer not in ("grant", "refuse"):
        raise typer.BadParameter("must be one of: grant, refuse", param_hint="--answer")
    gateway = open_gateway()
    with nullcontext() if out is None else output(out) as file:  # its place is taken before anybody is erased
        try:
            done = requests.decide(gateway, contract, request, grant=answer == "grant", rule=rule)
        except RequestUnknown:
            done = requests.answered_before(gateway, contract, request, grant=answer == "grant")
        if file is not None and done.certificate:
            file.write(done.certificate.encode("ascii") + b"\n")
    word = "answered" if done.is_new else "answered before, by you"
    console.print(f"{word}: {'granted' if done.granted else 'refused'}")
    for reason in done.reasons:
        console.print(f"  {reason}", style="yellow")
    if done.certificate:
        console.print(f"  {done.certificate}" if out is None else f"  certificate: {out}")
        finish(gateway)


@app.command()
def archive(
    contract: Contract,
    out: Annotated[Path, typer.Option(help="Where the export goes (XML).")],
) -> None:
    """Write the export for the archive: everybody, with case number, KLE code and date runs.

    Example: gateway rights archive impact60 --out arkiv.xml
    """
    from gateway.rights.archive import export

    with output(out) as file:
        made = export(open_gateway(), contract)
        file.write(made.xml)
    console.print(f"export: {out}, {made.people} people, sha256 {made.sha256}")


@app.command("repeat-erasures")
def repeat_erasures() -> None:
    """After a backup was restored: erase again whoever had been erased since. Finishes what was interrupted, too.

    Example: gateway rights repeat-erasures
    """
    from gateway.rights.erasure import finish, repeat

    gateway = open_gateway()
    console.print(f"erased again: {repeat(gateway)}")
    console.print(f"written anew after erasures: {finish(gateway)}")


def _day(text: str, hint: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=hint) from None
