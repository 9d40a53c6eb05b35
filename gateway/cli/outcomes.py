"""Commands of the road: pull, evaluate and release."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.asks import answer_asks
from gateway.cli.terminal import (
    Commands,
    columns,
    console,
    counts,
    open_gateway,
    output,
    output_folder,
    progress_bar,
    warn_of_development_key,
    writing,
)

if TYPE_CHECKING:
    from connectors.declaration import SourceDeclaration
    from connectors.inbox import Left
    from gateway.installation.gateway import Gateway
    from gateway.intake.pulling import PullReport
    from policies.terms import Purpose
    from vocabulary.weeks import Week

Contract = Annotated[str, typer.Argument(help="The contract's id.")]


def pull(
    contract: Contract,
    source: Annotated[str, typer.Argument(help="The source's id, such as dream.")],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of that source, oldest first; else what lies in its folder.")
    ] = None,
    purpose: Annotated[str, typer.Option(help="Why the data are read.")] = "outcome-payment",
) -> None:
    """Pull what the contract needs: from files, or from the source itself; what was pulled before changes nothing.

    Without files: every whole file in the folder that the source's declaration names, here or over SFTP.

    Example: gateway pull impact60 dream drop/dream/dream-2021-02.csv
    """
    from connectors.errors import FileNotNeeded
    from gateway.contracts.declarations import source as declared
    from gateway.intake.pulling import pull as use_case
    from policies.terms import Purpose

    if purpose not in set(Purpose):
        raise typer.BadParameter(f"must be one of: {', '.join(Purpose)}", param_hint="--purpose")
    gateway = open_gateway()
    _warn_of_agreement(gateway, source)
    with gateway.store.read() as session:
        declaration = declared(session, source)
    if declaration.coverage is not None:
        _pull_records(gateway, contract, declaration, files or [], Purpose(purpose))
        return
    if not files:
        _pull_folder(gateway, contract, declaration, Purpose(purpose))
    for file in files or ():
        try:
            with progress_bar(file.name) as report:
                done = use_case(gateway, contract, source, file, purpose=Purpose(purpose), progress=report)
        except FileNotNeeded as skipped:
            console.print(f"not needed: {skipped}")
            continue
        _show_pull(done)


def _warn_of_agreement(gateway: Gateway, source: str) -> None:
    """Say that the agreement ends soon, or has ended; whether it may still be read, the policy decides."""
    from gateway.contracts.declarations import source as declared
    from gateway.intake.connecting import connector

    with gateway.store.read() as session:
        warning = connector(gateway, session, declared(session, source), gateway.clock().date()).warning
    if warning:
        console.print(warning, style="yellow")


def _pull_records(
    gateway: Gateway, contract: str, declaration: SourceDeclaration, files: list[Path], purpose: Purpose
) -> None:
    """Ask the source itself, or read the files that are named, which then tell everything together."""
    from contextlib import closing

    from connectors.file_form import form_of
    from connectors.source_file import LocalFile
    from connectors.transports.file import NamedRecords
    from gateway.intake.pulling_records import pull_records

    form = form_of(declaration.transport)
    if files and form is None:
        raise typer.BadParameter(f"{declaration.id} is asked over {declaration.transport.kind} and reads no files")
    transport = (
        NamedRecords([LocalFile(file) for file in files], form, declaration.schema, newest=declaration.has_newest_file)
        if files and form is not None
        else gateway.transport(declaration)
    )
    try:
        with closing(transport), progress_bar(declaration.id) as report:
            done = pull_records(gateway, contract, declaration.id, transport, purpose=purpose, progress=report)
    finally:
        for left in getattr(transport, "left", ()):
            console.print(_left_line(left), style="yellow")
    _show_pull(done)


def _left_line(left: Left) -> str:
    return f"{'waits' if left.waits else 'refused'}: {left.name}: {left.reason}"


def _show_pull(done: PullReport) -> None:
    word = "pulled" if done.is_new else "pulled already, nothing changed"
    console.print(f"{word}: {done.file or done.source}, {done.from_week} to {done.to_week}")
    console.print(
        f"  {done.rows_read:,} rows read, {done.rows_outside_cohort:,} outside the cohort dropped in memory,"
        f" rejected {counts(done.rejected)}, unknown codes {counts(done.unknown_codes)}"
    )
    if done.not_found:
        console.print(f"  {done.not_found} people of the cohort are not in the extract", style="yellow")
    if done.uncertain:
        console.print(
            f"  {done.uncertain} people are uncertain in some weeks or months: a row was lost", style="yellow"
        )


def _pull_folder(gateway: Gateway, contract: str, declaration: SourceDeclaration, purpose: Purpose) -> None:
    from connectors.inbox import Left
    from gateway.installation.settings import REAL_TIME
    from gateway.intake.folder_pulling import pull_folder

    is_empty = True
    with progress_bar(declaration.id) as report:
        steps = pull_folder(
            gateway,
            contract,
            declaration.id,
            secrets=gateway.secrets,
            clock=REAL_TIME,
            purpose=purpose,
            progress=report,
        )
        for step in steps:
            is_empty = False
            if isinstance(step, Left):
                console.print(_left_line(step), style="yellow")
                continue
            if step.report is None:
                console.print(f"not needed: {step.file}")
            else:
                _show_pull(step.report)
            put = f"stays in taken/ for {', '.join(step.waits_for)}" if step.waits_for else "put away in done/"
            console.print(f"  {put}")
    if is_empty:
        console.print("nothing lies in the folder that follows the declared pattern")


def evaluate(
    contract: Contract,
    week: Annotated[str, typer.Option(help="An ISO week such as 2020-W10.")] = "",
    as_of: Annotated[str, typer.Option(help="Or a day in it, such as 2020-03-02.")] = "",
    known_at: Annotated[
        str, typer.Option(help="Repeat it with what was known then: an instant in UTC, or a day to its end.")
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="Say for each person which weeks count and why. The look is logged.")
    ] = False,
    case: Annotated[
        str, typer.Option(help="With --explain: one person alone, by the operator's case reference for the person.")
    ] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="With --explain: write it to a file.")] = None,
    changed_since: Annotated[
        str, typer.Option(help="Say by window what was learnt since then: a day or an instant, as --known-at.")
    ] = "",
) -> None:
    """Evaluate a contract at the end of a week, for the municipality's own eyes; the look is logged.

    A day stands for its whole week: --week and --as-of say the same in two ways, and one of them is needed; only
    with --changed-since may both be left out, and all windows are compared.

    Example: gateway evaluate impact60 --as-of 2020-03-02 --explain --case SAG-0017
    """
    from gateway.cli.explained import show_reconciled
    from gateway.evaluation.evaluating import evaluate_week, utc_text

    if bool(week) == bool(as_of) and (week or not changed_since):
        raise typer.BadParameter("give --week or --as-of" + (", not both" if week else " to say when"))
    if (case or json_file is not None) and not explain:
        raise typer.BadParameter("goes with --explain", param_hint="--case" if case else "--json")
    if explain and changed_since:
        raise typer.BadParameter("--explain and --changed-since are two questions: ask one")
    known = _instant(known_at, "--known-at") if known_at else None
    if changed_since:
        _show_changes(contract, _week(week, as_of) if week or as_of else None, changed_since, known)
        return
    chosen = _week(week, as_of)
    if as_of:
        console.print(f"{as_of} lies in {chosen}; registers show whole weeks, so its end counts, {chosen.sunday}")
    if explain:
        _explain(contract, chosen, known, case, json_file)
        return
    evaluation, found = evaluate_week(open_gateway(), contract, chosen, known_at=known)
    console.print(f"{contract} at the end of {chosen}: {evaluation.participants} people referred")
    rows = [("measure", "unit", "total", "by state")]
    for total in evaluation.totals:
        cells = ", ".join(f"{state} {count}" for state, count in total.by_state)
        rows.append((total.measure, total.kind, str(total.quantity), cells))
    columns(rows)
    console.print(
        f"  exits {evaluation.exits}, not observed {evaluation.not_observed}, person-weeks with unknown codes"
        f" {evaluation.unknown_weeks}"
    )
    show_reconciled(found.reconciled)
    console.print(f"  sources complete to {found.complete_to}, known at {utc_text(found.known_at)}")
    console.print(f"  inputs {evaluation.inputs_sha256}")


def _week(week: str, as_of: str) -> Week:
    from vocabulary.weeks import Week

    try:
        return Week.of(date.fromisoformat(as_of)) if as_of else Week.parse(week)
    except ValueError as error:
        raise typer.BadParameter(f"{as_of or week}: {error}", param_hint="--as-of" if as_of else "--week") from None


def _instant(text: str, option: str) -> datetime:
    """An instant; without a time zone it is in UTC, and a day stands for its end, or for now while it lasts."""
    from gateway.installation.settings import utc_now

    try:
        if len(text) > len("2020-03-02"):
            found = datetime.fromisoformat(text)
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        day = date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: {error}", param_hint=option) from None
    end = datetime.combine(day, time.max, tzinfo=UTC)
    now = utc_now()
    return now if day == now.date() else end


def _explain(contract: str, week: Week, known: datetime | None, case: str, json_file: Path | None) -> None:
    from gateway.cli.explained import as_json, show
    from gateway.evaluation.explaining import explain

    if json_file is None:
        show(explain(open_gateway(), contract, week, case_reference=case, known_at=known))
        return
    with output(json_file) as file:
        found = explain(open_gateway(), contract, week, case_reference=case, known_at=known)
        file.write(json.dumps(as_json(found), ensure_ascii=False, indent=1).encode() + b"\n")
    console.print(f"explained: {json_file} ({len(found.people)} people, protected: {found.protected} people)")


def _show_changes(contract: str, until: Week | None, since: str, known: datetime | None) -> None:
    from gateway.cli.explained import show_changes
    from gateway.evaluation.hindsight import changes

    earlier = _instant(since, "--changed-since")
    try:
        show_changes(changes(open_gateway(), contract, earlier=earlier, later=known, until=until))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--changed-since") from None


def release(
    contract: Annotated[str, typer.Argument(help="The contract's id.")] = "",
    window: Annotated[str, typer.Argument(help="The window's label, such as 2020H2.")] = "",
    template: Annotated[str, typer.Option(help="contract_total, predicate or payment_document.")] = "",
    to: Annotated[str, typer.Option(help="operator or investor.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where to write the evidence bundle.")] = None,
    revision: Annotated[int | None, typer.Option(min=1, help="An earlier one, which says what replaced it.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and draft nothing.")] = False,
    asked: Annotated[
        bool, typer.Option("--asked", help="Release what recipients asked for over HTTP; of every contract.")
    ] = False,
) -> None:
    """Release a planned attestation, or hand out the one that exists, with a fresh status.

    Recipients ask over HTTP, and nothing is evaluated for them: --asked answers what waits, and says of the rest why.

    Example: gateway release impact60 2020H2 --template contract_total --to investor --out impact60.bundle.json
    """
    from gateway.release.publication import publish
    from gateway.release.releasing import check
    from gateway.release.releasing import release as use_case
    from vocabulary.releases import Recipient, Template

    if asked:
        if contract or window or template or to or out or revision or dry_run:
            raise typer.BadParameter("stands alone: it releases whatever was asked for", param_hint="--asked")
        answer_asks()
        return
    if not contract or not window:
        raise typer.BadParameter("give a contract and a window, or --asked", param_hint="CONTRACT WINDOW")
    if template not in set(Template):
        raise typer.BadParameter(f"must be one of: {', '.join(Template)}", param_hint="--template")
    if to not in set(Recipient):
        raise typer.BadParameter(f"must be one of: {', '.join(Recipient)}", param_hint="--to")
    key = (contract, window, Template(template), Recipient(to))
    if dry_run:
        console.print(f"allowed: it would {check(open_gateway(), *key)}; nothing was made")
        return
    path = out or Path(f"{contract}-{window}-{template}-{to}.bundle.json")
    with output(path) as file:
        gateway = open_gateway()
        done = use_case(gateway, *key, revision=revision)
        file.write(done.bundle)
    with writing(gateway.settings.public_directory):
        publish(gateway)
    warn_of_development_key(gateway)
    word = "released" if done.is_new else "released before, handed out again"
    console.print(f"{word}: {path} (entry {done.leaf_index} of the {done.log} log)")


def correct(
    contract: Contract,
    window: Annotated[str, typer.Argument(help="The window's label, such as 2020H2.")],
    reason: Annotated[str, typer.Option(help="source_corrected, evaluation_wrong or contract_misread.")],
    out: Annotated[Path, typer.Option(help="Folder for the new evidence bundles.")] = Path(),
) -> None:
    """Supersede every attestation of a window whose figures differ with what is known now.

    Run again it finishes what was interrupted, or hands out the same bundles once more.

    Example: gateway correct impact60 2020H2 --reason source_corrected --out bundles
    """
    from gateway.release.correction import REASONS
    from gateway.release.correction import correct as use_case
    from gateway.release.publication import publish

    if reason not in REASONS:
        raise typer.BadParameter(f"must be one of: {', '.join(REASONS)}", param_hint="--reason")
    output_folder(out)
    gateway = open_gateway()
    done = use_case(gateway, contract, window, reason=reason)
    with writing(gateway.settings.public_directory):
        publish(gateway)
    warn_of_development_key(gateway)
    for one in done:
        path = out / f"{contract}-{window}-{one.template}-{one.recipient}-r{one.revision}.bundle.json"
        with output(path) as file:
            file.write(one.bundle)
        word = "superseded" if one.is_new else "superseded before, handed out again"
        console.print(f"{word}: {path} (entry {one.leaf_index} of the {one.log} log)")


def state(
    contract: Contract,
    window: Annotated[str, typer.Argument(help="The window's label, such as 2020H2.")],
    out: Annotated[Path, typer.Option(help="Where the signed statement goes (JWS).")],
    kind: Annotated[str, typer.Option(help="relapse_notice.")] = "relapse_notice",
) -> None:
    """Tell the operator whom it takes back, where contract and grant allow it: case references and nothing else.

    Example: gateway state ballerup 2020H2 --out tilbagefald.jwt
    """
    from gateway.outcomes.terms import STATEMENTS
    from gateway.release.statements import state as use_case

    if kind not in STATEMENTS:
        raise typer.BadParameter(f"must be one of: {', '.join(STATEMENTS)}", param_hint="--kind")
    with output(out) as file:
        gateway = open_gateway()
        done = use_case(gateway, contract, window, kind)
        file.write(done.token.encode("ascii") + b"\n")
    warn_of_development_key(gateway)
    word = "stated" if done.is_new else "stated before, handed out again"
    console.print(f"{word}: {out}, {done.people} people; it is personal data, for the operator alone")


COMMANDS: Commands = {
    "pull": pull,
    "evaluate": evaluate,
    "release": release,
    "state": state,
    "correct": correct,
}
