"""A kill at each step of a backup and of a restore: what is there is whole, and the same command again does the rest.

The child is a copy of this process that ends without a word before or after the step.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from gateway.errors.recovery import RestoreUnfinished
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import store_of
from gateway.installation.settings import Settings
from gateway.oversight.log_reading import verify_logs
from gateway.recovery import backing_up, filling, restoring
from gateway.recovery.manifest import EVENT, MANIFEST
from gateway.rights import erasure
from gateway.store import dump
from gateway.store.schema import check_schema
from gateway.store.unit_of_work import Store, UnitOfWork
from tests.support.backups import (
    Recipient,
    backed_up,
    came_back,
    files_below,
    folders_below,
    gateway,
    kinds_logged,
    opened,
    recipient,
    rows_of,
)
from tests.support.examples import every_third

__all__ = ["gateway", "recipient"]

_KILLED = 9
Step = tuple[Any, str, int, bool]  # where, name, which call, whether it is killed after it

BACKUP: dict[str, Step] = {
    "the folder is there": (Path, "mkdir", 2, True),
    "before the snapshot": (backing_up, "heads_of", 1, False),
    "before the first part": (backing_up, "write_sealed", 1, False),
    "between two parts": (backing_up, "write_sealed", 3, False),
    "before the manifest": (backing_up, "write_sealed", 6, False),
    "the manifest is written": (backing_up, "write_sealed", 6, True),
    "before the event": (UnitOfWork, "record", 2, False),
    "the event is written beside": (backing_up, "write_sealed", 7, True),
    "before the commit": (Session, "commit", 3, False),
    "after the commit": (Session, "commit", 3, True),
    "before it takes its place": (backing_up, "_put_in_place", 1, False),
    "it has taken its place": (backing_up, "_put_in_place", 1, True),
}
RESTORE: dict[str, Step] = {
    "the folder beside is there": (Path, "mkdir", 2, True),
    "half of the keys": (restoring, "write_whole", 4, True),
    "before the tables": (filling, "migrate_to", 1, False),
    "the tables are there": (filling, "migrate_to", 1, True),
    "among the rows": (dump.Loading, "_write", 9, True),
    "before the rows are committed": (Session, "commit", 2, False),
    "the rows are committed": (Session, "commit", 2, True),
    "before the logs are recomputed": (restoring, "recompute_logs", 1, False),
    "before the note": (restoring, "leave_note", 1, False),
    "before it is recorded": (UnitOfWork, "record", 1, False),
    "it is recorded": (Session, "commit", 3, True),
    "before the erasures": (erasure, "repeat", 1, False),
    "after the erasures": (erasure, "repeat", 1, True),
    "before it takes its place": (Path, "rename", 1, False),
    "it has taken its place": (Path, "rename", 1, True),
    "before commands are let in": (restoring, "let_commands_in", 1, False),
    "commands are let in": (restoring, "let_commands_in", 1, True),
}


def killed(step: Step, work: Callable[[], object]) -> None:
    """Do the work in a copy of this process that is killed at the step. Fails where the step was never reached."""
    owner, name, number, after = step
    child = os.fork()
    if child == 0:
        real, calls = getattr(owner, name), iter(range(1, 1_000))

        def ends(*arguments: Any, **named: Any) -> Any:
            is_it = next(calls) == number
            if is_it and not after:
                os._exit(_KILLED)
            result = real(*arguments, **named)
            if is_it:
                os._exit(_KILLED)
            return result

        setattr(owner, name, ends)
        try:
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == _KILLED


@pytest.mark.parametrize("step", every_third(BACKUP))
def test_a_backup_that_was_killed(gateway: Gateway, tmp_path: Path, recipient: Recipient, step: str):
    """What the log names is there and can be restored, and what it does not name is not."""
    out = tmp_path / "out"
    killed(BACKUP[step], lambda: backed_up(Gateway.open(gateway.settings), recipient, out))
    verify_logs(gateway)
    later = a_while_later(gateway)
    made = backed_up(later, recipient, out)
    recorded = kinds_logged(gateway).count("backup_made")
    folders = [*folders_below(out)]
    assert len(folders) == recorded
    assert recorded == (2 if ("commit" in step and "after" in step) or "place" in step else 1)
    assert not [name for name in folders if name.endswith(".new")]
    for name in folders:
        assert {MANIFEST, EVENT} <= {path.name for path in (out / name).iterdir()}
    found = came_back(later, made, recipient, tmp_path / "new", anchors=gateway.settings.heads_directory)
    assert found.read_only == ""


def a_while_later(gateway: Gateway) -> Gateway:
    """The same installation, since two backups of one second are none."""
    return Gateway.open(gateway.settings, clock=lambda: gateway.clock() + timedelta(seconds=20))


@pytest.mark.parametrize("step", every_third(RESTORE))
def test_a_restore_that_was_killed(gateway: Gateway, tmp_path: Path, recipient: Recipient, step: str):
    again(gateway, tmp_path, recipient, RESTORE[step], database_url="")


@pytest.mark.postgres
@pytest.mark.long
@pytest.mark.parametrize("step", RESTORE)
def test_a_restore_into_a_database_of_its_own_that_was_killed(
    gateway: Gateway, tmp_path: Path, recipient: Recipient, step: str, empty_postgres_url: str
):
    again(gateway, tmp_path, recipient, RESTORE[step], database_url=empty_postgres_url)


def again(gateway: Gateway, tmp_path: Path, recipient: Recipient, step: Step, *, database_url: str) -> None:
    """Nothing is there, or all of it; no command opens what is half done; and then it is done."""
    made = backed_up(gateway, recipient, tmp_path / "out")
    into, heads = tmp_path / "new", gateway.settings.heads_directory
    before = files_below(gateway.settings.data_directory)

    def restore() -> Any:
        return came_back(gateway, made, recipient, into, database_url=database_url, anchors=heads)

    killed(step, restore)
    is_in_place = into.exists()
    if (is_in_place and step[1] != "let_commands_in") or (step[3] is False and is_in_place):
        there = store_of(Settings(data_directory=into, database_url=database_url))
        with pytest.raises(RestoreUnfinished):  # as every command does
            check_schema(there)
        there.dispose()
    assert restore().is_new is not is_in_place
    there = opened(gateway, into, database_url=database_url)
    assert kinds_logged(there).count("backup_restored") == 1
    verify_logs(there)
    rows = rows_of(there.store)
    there.store.dispose()
    of_before = rows_of(gateway.store)
    for name in ("statuslist", "signingkeyrow", "installation"):
        assert rows[name] == of_before[name]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["identity.txt", "new", "out", "var"]
    assert files_below(gateway.settings.data_directory) == before


def test_a_step_that_is_never_reached_is_noticed(gateway: Gateway, tmp_path: Path, recipient: Recipient):
    """Positive control."""
    with pytest.raises(AssertionError):
        killed((Store, "unlock", 99, False), lambda: backed_up(gateway, recipient, tmp_path / "out"))
