"""`gateway upgrade` from databases that earlier software left, on both engines, killed at each step and run again."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gateway.errors.oversight import CheckpointMismatch
from gateway.errors.store import SchemaOutdated
from gateway.installation import installing
from gateway.installation.gateway import Gateway
from gateway.oversight.log_reading import verify_logs
from gateway.store import schema
from gateway.store.schema import CURRENT, check_schema, migrate, newest_migration
from gateway.store.unit_of_work import Store
from gateway.store.verification import verify_all
from outcome_verifier import b64
from outcome_verifier.note import VerifierKey
from tests.functional.test_blocks import PAYMENT, TOTAL, WINDOWS
from tests.functional.test_ends import logged
from tests.support.backups import rows_of
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.old_schema import fill, frozen_rows, take_back

# of migrations that somebody may have run: what changes a schema is a migration behind them
TEXTS = {
    "0001_first.py": "ed218bc6f267d81d6ec1f662ce5619e96c0112bb6b6d8e9017241aa1efbf25fc",
    "0002_rights.py": "c465ffb2658032f4784d171f6e2983216de370a77d6944f28e674275fc95b06c",
    "0003_settlement.py": "e86f12ebd3db2fe33cd6a7b1e431287e517d9d85b9f6e39838af18dc341960d9",
    "0004_audits.py": "f0109da33185e8be9818658c2787fe5e589083b8fe23431f247eb3b6e9313dc3",
    "0005_records.py": "ffe5b7da75b4b825ffb98d679bd227f8c3890b1221f8a4d40d131aad6bc72a7c",
    "0006_statistics.py": "051e31fc45548b1411bf8243f09c2077d671ba7ef2f71403cd6788f376a4b2b2",
}


@pytest.fixture(scope="module")
def frozen() -> dict[str, Any]:
    return frozen_rows()


def test_the_texts_of_migrations_that_ran_somewhere_never_change():
    folder = schema.MIGRATIONS / "versions"
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in TEXTS} == TEXTS


def test_a_frozen_database_is_upgraded_with_every_row(database_url: str, frozen: dict[str, Any]):
    """Nothing of it is lost or changed, and each of its logs verifies with the keys of then."""
    store = Store(database_url)
    migrate(store, to="0006")
    fill(store, frozen)
    with pytest.raises(SchemaOutdated, match="gateway upgrade"):
        check_schema(store)
    before = rows_of(store)
    assert {name: len(said["rows"]) for name, said in frozen["tables"].items() if said["rows"]} == {
        "alembic_version": 1
    } | {name: len(rows) for name, rows in before.items() if rows}
    migrate(store)
    check_schema(store)
    after = rows_of(store)
    for name, rows in before.items():
        added = {"basisrow": ("",)}.get(name, ())  # a migration's columns stand behind those that were there
        assert after[name] == [(*row, *added) for row in rows], name
    with store.read() as session:
        manifest = json.loads(b64.decode(frozen["trust"]["manifest"].split(".")[1]))
        for log in manifest["logs"]:
            key = VerifierKey.parse(log["vkey"])
            assert verify_all(session, log["origin"].rpartition("/")[2], key=key).checkpoints > 0
    store.dispose()


@pytest.fixture
def old(tmp_path: Path) -> SimulatedMunicipality:
    """As the software of schema 0006 would have left it: without heads."""
    town = ready(tmp_path)
    take_back(town.gateway.store)
    shutil.rmtree(town.gateway.settings.heads_directory)
    town.gateway.store.dispose()
    return town


def test_the_command_says_from_what_to_what_and_everything_goes_on(old: SimulatedMunicipality):
    refused = run("settle", "state", old.contract, environment=old.environment)
    assert refused.code == 10
    assert "run `gateway upgrade`" in refused.err
    done = run("upgrade", environment=old.environment)
    assert done.code == 0, done.err
    assert f"from schema 0006 to {CURRENT}" in done.out
    again = run("upgrade", environment=old.environment)
    assert again.code == 0, again.err
    assert f"is at schema {CURRENT} already" in again.out
    town = SimulatedMunicipality(Gateway.open(old.gateway.settings), old.contract, old.drop, old.folder)
    town.verified(town.release(WINDOWS[0], *PAYMENT).bundle)
    town.verified(town.release(WINDOWS[0], *TOTAL).bundle)
    verify_logs(town.gateway)
    assert [(one["from_schema"], one["to_schema"]) for one in logged(town, "schema_upgraded")] == [("0006", CURRENT)]


@pytest.mark.parametrize("step", ["_begin_heads", "migrate", "open"])
@pytest.mark.parametrize("when", ["before", "behind"])
def test_killed_at_any_step_the_same_command_does_the_rest(
    old: SimulatedMunicipality, step: str, when: str, monkeypatch: pytest.MonkeyPatch
):
    owner = Gateway if step == "open" else installing
    real = getattr(owner, step)

    def killed(*args: Any, **named: Any) -> Any:
        if when == "behind":
            real(*args, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, killed)
    with pytest.raises(KeyboardInterrupt):
        installing.upgrade(old.gateway.settings)
    monkeypatch.undo()
    gateway = installing.upgrade(old.gateway.settings).gateway
    verify_logs(gateway)
    gateway.store.dispose()


def test_a_failed_migration_leaves_the_old_schema(old: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    before = rows_of(old.gateway.store)
    monkeypatch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        installing.upgrade(old.gateway.settings)
    monkeypatch.undo()
    assert newest_migration(old.gateway.store) == "0006"
    assert rows_of(old.gateway.store) == before
    installing.upgrade(old.gateway.settings).gateway.store.dispose()


def test_an_old_database_whose_heads_are_kept_is_held_against_them(old: SimulatedMunicipality, tmp_path: Path):
    """Whoever puts an old database in the place of an upgraded one signs nothing."""
    copy = tmp_path / "older.sqlite"
    shutil.copy(old.gateway.settings.data_directory / "gateway.sqlite", copy)
    newer = installing.upgrade(old.gateway.settings).gateway
    newer.store.dispose()
    for file in old.gateway.settings.data_directory.glob("gateway.sqlite*"):
        file.unlink()
    shutil.copy(copy, old.gateway.settings.data_directory / "gateway.sqlite")
    with pytest.raises(CheckpointMismatch):
        installing.upgrade(old.gateway.settings)
