"""What the commands share: one console, one progress bar, one way to open the installation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from connectors.base import Progress as Report
from gateway.installation import Gateway
from gateway.settings import Settings

console = Console(highlight=False)


def opened() -> Gateway:
    """The installation that the environment names."""
    return Gateway.open(Settings())


@contextmanager
def progress_bar(title: str, *, on: Console = console) -> Iterator[Report]:
    """A bar that shows (done, total) while the block runs and leaves no trace after it."""
    columns = (TextColumn("  {task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=on, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report


def counts(values: dict[str, int]) -> str:
    """`{"a": 1}` as `a: 1`, or `none`."""
    return ", ".join(f"{name}: {count}" for name, count in sorted(values.items())) or "none"
