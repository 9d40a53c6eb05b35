"""Commands of municipal IT: init, upgrade, doctor, serve and demo."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.terminal import (
    Commands,
    console,
    open_gateway,
    progress_bar,
    refuse_in_production,
    warn_of_development_key,
    writing,
)


def init(
    municipality_code: Annotated[str, typer.Option(help="Three digits (kommunekode), such as 851.")],
    municipality_name: Annotated[str, typer.Option(help="Name of the municipality.")],
    host_name: Annotated[str, typer.Option(help="Host under which the gateway is known outside.")],
    demo_keys: Annotated[
        bool, typer.Option("--demo-keys", help="Make development keys: every attestation is marked `demo`.")
    ] = False,
    test: Annotated[
        bool,
        typer.Option("--test", help="A test installation, for real registers: its keys are development keys too."),
    ] = False,
) -> None:
    """Make keys, database and status list of a new installation. Where one stands nothing is made or changed.

    Example: gateway init --municipality-code 851 --municipality-name "Aalborg Kommune"
    --host-name gateway.aalborg.example
    """
    from gateway.installation.installing import initialise
    from gateway.installation.settings import Kind, Settings
    from gateway.release.publication import publish

    if test and demo_keys:
        raise typer.BadParameter("is for people who do not exist, --test for real ones", param_hint="--demo-keys")
    kind = Kind.TEST if test else Kind.DEMO if demo_keys else Kind.PRODUCTION
    settings = Settings()
    with writing(settings.data_directory):
        gateway = initialise(
            settings,
            host_name=host_name,
            municipality_code=municipality_code,
            municipality_name=municipality_name,
            kind=kind,
        )
        publish(gateway)
    warn_of_development_key(gateway)
    console.print(f"installed in {settings.data_directory.resolve()} for {municipality_name} ({municipality_code})")
    console.print(f"  kind             {kind}")
    console.print(f"  passphrase file  {settings.passphrase_path} (keep a copy apart from the backup)")
    console.print(f"  trust file       {settings.public_directory / 'trust.json'}")
    console.print(f"  fingerprint      {gateway.fingerprint}")


def upgrade() -> None:
    """Bring the database to this version of the software, after a backup where one is declared. Again changes nothing.

    Example: gateway upgrade
    """
    from gateway.cli.recovery import show_backup
    from gateway.installation.installing import is_outdated
    from gateway.installation.installing import upgrade as use_case
    from gateway.installation.settings import Settings, utc_now
    from gateway.recovery.backing_up import back_up_before_upgrade, record_backup
    from gateway.release.publication import publish
    from gateway.store.schema import CURRENT

    settings, made = Settings(), None
    if is_outdated(settings):
        if settings.backup_recipient and settings.backup_directory:
            with progress_bar("rows") as report:
                made = back_up_before_upgrade(settings, now=utc_now(), report=report)
            show_backup(made)
        else:
            console.print("no backup is made first: GATEWAY_BACKUP_RECIPIENT and GATEWAY_BACKUP_DIRECTORY declare none")
    with writing(settings.data_directory):
        done = use_case(settings)
        if made is not None:
            record_backup(done.gateway, made)
        publish(done.gateway, anew=True)
    if done.from_schema == CURRENT:
        console.print(f"the database is at schema {CURRENT} already")
    else:
        console.print(f"the database was brought from schema {done.from_schema} to {CURRENT}")


def publish() -> None:
    """Write every public file that is missing, damaged or of before, with a fresh status list. Again changes nothing.

    Run it by a timer, once a day: a status list ends 30 days after it was signed. Example: gateway publish
    """
    from gateway.release.publication import publish as use_case

    gateway = open_gateway()
    with writing(gateway.settings.public_directory):
        files = use_case(gateway, anew=True)
    if files:
        console.print(f"published: {len(files)} files in {gateway.settings.public_directory}")
    else:
        console.print("published by another command meanwhile, which committed later")


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Every finding, as JSON: level, what and advice.")] = False,
    monitor: Annotated[
        bool, typer.Option(help="One line for a monitor, with its exit codes: 0 ok, 1 warn, 2 fail.")
    ] = False,
) -> None:
    """Tell the truth about this installation, also about what will fail within 60 days.

    Exit code 1 when something fails already; with --monitor 2, and 1 where something needs looking at.
    Example: gateway doctor
    """
    from gateway.installation.settings import Settings
    from gateway.jobs.diagnosis import FAIL, OK, WARN
    from gateway.jobs.doctor import examine

    findings = examine(Settings())
    if monitor:
        counts = {level: [one for one in findings if one.level == level] for level in (OK, WARN, FAIL)}
        worst = FAIL if counts[FAIL] else WARN if counts[WARN] else OK
        first = f": {counts[worst][0].what}" if worst != OK else ""
        typer.echo(f"{worst.upper()} {len(counts[FAIL])} fail, {len(counts[WARN])} warn, {len(counts[OK])} ok{first}")
        raise typer.Exit((OK, WARN, FAIL).index(worst))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in findings], ensure_ascii=False, indent=1))
        raise typer.Exit(any(one.level == FAIL for one in findings))
    colours = {"ok": "green", "warn": "yellow", "fail": "red"}
    for finding in findings:
        console.print(f"{finding.level:<5}", style=colours[finding.level], end=" ")
        console.print(finding.what)
        if finding.advice:
            console.print(f"      {finding.advice}")
    if any(finding.level == FAIL for finding in findings):
        raise typer.Exit(1)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 for any that is free.", min=0, max=65535)] = 8443,
) -> None:
    """Serve the HTTP API and the public files. TLS ends at the municipality's proxy.

    Example: gateway serve --port 8443
    """
    from gateway.api.serving import listening, serve_on

    with listening(host, port) as listener:
        gateway = open_gateway()
        warn_of_development_key(gateway)
        serve_on(listener, gateway, say=console.print)


def demo(
    serve: Annotated[bool, typer.Option(help="Serve the HTTP API at the end, or just end.")] = True,
    directory: Annotated[Path, typer.Option(help="Folder of the demo's own; it is emptied first.")] = Path("var/demo"),
    port: Annotated[int, typer.Option(help="Port of the API; 0 for any that is free.", min=0, max=65535)] = 8443,
) -> None:
    """Run the main job on a simulated municipality, for both reference bonds, and verify what it made.

    Example: gateway demo --no-serve
    """
    refuse_in_production("demo")
    from gateway.cli.demo import run

    run(console, directory, port=port if serve else None)


COMMANDS: Commands = {
    "init": init,
    "upgrade": upgrade,
    "publish": publish,
    "doctor": doctor,
    "serve": serve,
    "demo": demo,
}
