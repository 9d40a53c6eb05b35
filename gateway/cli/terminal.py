"""What the commands share: one console, one progress bar, one way to open the installation and to write a file.

What is heavy is imported where it is used, so that a small command starts at once.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from gateway.errors.installation import OutputUnwritable

if TYPE_CHECKING:
    from connectors.base import Progress as Report
    from gateway.installation.gateway import Gateway
    from gateway.outcomes.contract import Contract
    from gateway.store.unit_of_work import Store
    from policies.programme import Programme

Commands = Mapping[str, Callable[..., None]]  # by the name that is typed: a function may be called otherwise

Case = Annotated[str, typer.Option(help="The operator's case reference for the person.")]

# a line is never folded or cut, and a text never read as markup: paths and digests come out as they are
console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def open_gateway() -> Gateway:
    """The installation that the environment names."""
    from gateway.installation.gateway import Gateway
    from gateway.installation.settings import Settings

    return Gateway.open(Settings())


def currency_of(gateway: Gateway, contract: str) -> str:
    """The currency of a contract's amounts."""
    with gateway.store.read() as session:
        return gateway.contract(session, contract).currency


def open_database() -> Store:
    """The same installation's database alone, for a command that needs no key."""
    from gateway.installation.in_force import check_profile, open_store
    from gateway.installation.settings import Settings

    settings = Settings()
    store, installed = open_store(settings)
    check_profile(settings, installed.kind)
    return store


def refuse_in_production(command: str) -> None:
    """Raise `UnsafeForProduction` in the production profile: the command makes people who do not exist."""
    from gateway.errors.installation import UnsafeForProduction
    from gateway.installation.settings import Settings

    if Settings().profile == "production":
        reason = f"`gateway {command}` makes people who do not exist; leave GATEWAY_PROFILE out where you try things"
        raise UnsafeForProduction(reason=reason)


def agreed_files(contract: Path, programme: Path) -> tuple[Contract, Programme]:
    """A contract file and the programme file declared for this very text, read without an installation.

    Raises `DeclarationInvalid`, or `ProgrammeInvalid` where the programme names another text.
    """
    from gateway.outcomes.contract_file import load_contract
    from policies.errors import ProgrammeInvalid
    from policies.programme_file import load_programme
    from vocabulary.mistakes import line_of

    agreed = load_contract(contract.read_bytes(), file=contract.name)
    why = load_programme(programme.read_bytes(), file=programme.name)
    if (why.contract_id, why.contract_sha256) != (agreed.id, agreed.sha256):
        line = line_of(programme.read_text("utf-8"), (), "contract_sha256")
        reason = f"was declared for another contract text than {contract.name}"
        raise ProgrammeInvalid(file=programme.name, line=line, key="contract_sha256", reason=reason)
    return agreed, why


def day_of_paper(text: str) -> date:
    """The day whose words a paper uses: the one that was typed, or today."""
    from gateway.installation.settings import utc_now

    if not text:
        return utc_now().date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be a day such as 2026-07-01", param_hint="--on") from None


def warn_of_development_key(gateway: Gateway) -> None:
    """Say loudly, and beside the output, that what is signed here proves nothing real."""
    if gateway.has_development_key():
        warning = "DEVELOPMENT KEY: every attestation is marked demo and proves nothing about real people or money"
        typer.secho(warning, err=True, fg="red", bold=True)


@contextmanager
def output(path: Path) -> Iterator[BytesIO]:
    """What the block writes becomes the file, whole or not at all; its place is taken before the block is entered, and
    a block that writes nothing leaves what was there.

    Raises `OutputUnwritable`: before the block, or after it where the disk is full by then.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        if target.exists() and not target.is_file():
            raise OutputUnwritable(where=str(path), reason="not a file")
        temporary.touch(exist_ok=False)
    except OSError as error:
        raise OutputUnwritable(where=str(path), reason=_reason(error)) from None
    try:
        content = BytesIO()
        yield content
        if written := content.getvalue():
            with writing(path):
                temporary.write_bytes(written)
                temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def output_folder(path: Path) -> None:
    """Make a folder that files will be written into, and try that they can be. Raises `OutputUnwritable`."""
    probe = path / f".{secrets.token_hex(4)}.new"
    try:
        path.mkdir(parents=True, exist_ok=True)
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise OutputUnwritable(where=str(path), reason=_reason(error)) from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A block that writes this file, or below this folder: what the system refuses there is `OutputUnwritable`."""
    try:
        yield
    except OSError as error:
        raise OutputUnwritable(where=str(path), reason=_reason(error), is_done=True) from None


def _reason(error: OSError) -> str:
    return error.strerror or "refused"


@contextmanager
def progress_bar(title: str, *, on: Console = console) -> Iterator[Report]:
    """A bar that shows (done, total) while the block runs and leaves no trace after it; a total of 0 is not known."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    title_of = TextColumn("  {task.description}", markup=False)
    parts = (title_of, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*parts, console=on, transient=True, disable=not on.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None)

        yield report


def columns(
    rows: Sequence[Sequence[str]], *, on: Console = console, indent: int = 0, numbers: Collection[int] = ()
) -> None:
    """Print rows of cells below each other, the first row as the heading; no cell is ever folded or cut.

    `numbers` are the places of columns that end below each other.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    align = [str.rjust if place in numbers else str.ljust for place in range(len(widths))]
    for number, row in enumerate(rows):
        cells = zip(align, row, widths, strict=True)
        line = "  ".join(aligned(cell, width) for aligned, cell, width in cells).rstrip()
        on.print(" " * indent + line, style="" if number else "bold")


def counts(values: dict[str, int]) -> str:
    """`{"a": 1}` as `a: 1`, or `none`."""
    return ", ".join(f"{name}: {count}" for name, count in sorted(values.items())) or "none"
