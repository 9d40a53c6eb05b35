"""Settings of an installation, from the environment (`GATEWAY_…`), each with its unit in its name."""

from __future__ import annotations

import getpass
import os
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from connectors.transport import Clock
from gateway.events import actor
from gateway.events.actor import Actor
from gateway.installation.secrets_folder import SecretsFolder
from vocabulary.errors import TextInvalid
from vocabulary.typed_text import check_name


class Kind(StrEnum):
    """What an installation is for. It is chosen once, and its keys say the same: see `gateway.installation.gateway`."""

    PRODUCTION = "production"
    TEST = "test"  # real registers, and development keys: a shadow run, a rehearsal; nothing that it signs counts
    DEMO = "demo"  # people who do not exist


_BY_FILE = "a secret stands in no variable: put it into a file, and name that, or give it as a systemd credential"
_PLAIN_SECRETS = ("GATEWAY_PASSPHRASE", "GATEWAY_DATABASE_PASSWORD", "PGPASSWORD")


class Settings(BaseSettings):
    """Every knob there is. The contract's own parameters are not here: they belong to the contract."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_", extra="forbid", frozen=True, hide_input_in_errors=True)

    profile: Literal["development", "test", "production"] = Field(
        default="development",
        description="`production` opens a production installation alone, `test` any other; `development` asks nothing.",
    )
    data_directory: Path = Field(default=Path("var"), description="Keys, public files and, by default, the database.")
    database_url: str = Field(
        default="", description="SQLAlchemy URL without a password; empty means SQLite in the data directory."
    )
    database_password_file: Path | None = Field(
        default=None,
        description="File that holds the database password; else the systemd credential `gateway-database-password`.",
    )
    passphrase_file: Path | None = Field(
        default=None,
        description="File that holds the passphrase of the key store; default `passphrase` in it.",
    )
    secrets_directory: Path | None = Field(
        default=None, description="Folder of what sources ask for (keys, passwords), a file each; default `secrets`."
    )
    anchors_directory: Path | None = Field(
        default=None,
        description="Folder of the heads of the logs, backed up apart from the database; default `anchors`.",
    )
    staff: str = Field(
        default="", description="Who acts on the command line; empty means the login name. Stands in the access log."
    )
    service: str = Field(
        default="", description="What a timer runs, such as `scheduled pull`: then the gateway acts, and no person."
    )
    log_jobs: bool = Field(
        default=False, description="Each command leaves a line in JSON on standard error when it ends."
    )
    backup_recipient: str = Field(
        default="",
        description="Public key of age (age1…) for which backups are encrypted; its private part is elsewhere.",
    )
    backup_directory: Path | None = Field(
        default=None, description="Folder that backups go to, on another disk than the data directory."
    )
    backup_days: int = Field(
        default=2, ge=1, le=366, description="After how many days without a backup `gateway doctor` warns."
    )
    backup_months: int = Field(
        default=0,
        ge=0,
        le=600,
        description="For how many months a backup of the database is kept; then the journal of erasures forgets, too."
        " 0: it never does.",
    )
    longest_pause_days: int = Field(
        default=31,
        ge=0,
        le=3650,
        description="After so many days without a log entry the machine's clock is questioned, until a person confirms"
        " the day; 0: never. A demo never asks.",
    )
    status_ttl_seconds: int = Field(default=43_200, ge=60, description="How long a reader may cache the status list.")
    token_life_seconds: int = Field(default=300, ge=30, le=600, description="Life of an access token.")

    @field_validator("database_url")
    @classmethod
    def _holds_no_password(cls, url: str) -> str:
        try:
            read = make_url(url) if url else None
        except (ArgumentError, ValueError):  # its text may quote the URL
            raise ValueError("is no SQLAlchemy URL") from None
        if read is not None and read.drivername not in ("sqlite", "postgresql+psycopg"):
            raise ValueError("must begin with postgresql+psycopg:// or sqlite:///: it runs on no other")
        if read is not None and (read.password or any("password" in name for name in read.query)):
            raise ValueError(f"holds a password: {_BY_FILE}")
        return url

    @model_validator(mode="after")
    def _takes_no_secret_from_the_environment(self) -> Self:
        """What stands in the environment is read by whoever may look at the process: secrets come by files."""
        found = [name for name in _PLAIN_SECRETS if name in os.environ]
        if found:
            raise ValueError(f"{', '.join(found)}: {_BY_FILE}")
        return self

    @property
    def actor(self) -> Actor:
        """Who acts on the command line: the service, or the named member of staff, or the login name of the process.

        Raises `TextInvalid`.
        """
        if self.service:
            return actor.service(check_name(self.service, what="the name of the service (GATEWAY_SERVICE)"))
        what = "the name of the staff member (GATEWAY_STAFF)"
        name = check_name(self.staff or getpass.getuser(), what=what)
        try:
            return actor.staff_member(name)
        except ValueError as error:
            raise TextInvalid(what=what, reason=str(error)) from None

    @property
    def store_url(self) -> str:
        """The database URL with its password, never to be shown or logged."""
        if not self.database_url:
            return f"sqlite:///{self.data_directory.resolve() / 'gateway.sqlite'}"
        file = self.database_password_file or _credential("gateway-database-password")
        if file is None:
            return self.database_url
        password = SecretsFolder(file.parent).text(file.name)
        return make_url(self.database_url).set(password=password).render_as_string(hide_password=False)

    @property
    def keys_directory(self) -> Path:
        return self.data_directory / "keys"

    @property
    def heads_directory(self) -> Path:
        """Where the heads of the logs are kept: never restored together with the database."""
        return self.anchors_directory or self.data_directory / "anchors"

    @property
    def secrets_path(self) -> Path:
        """The named folder, the credentials that systemd gives, or `secrets` in the data directory."""
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        return self.secrets_directory or (Path(credentials) if credentials else self.data_directory / "secrets")

    @property
    def public_directory(self) -> Path:
        """Static files that anybody may fetch: keys, status list, checkpoint, type metadata."""
        return self.data_directory / "public"

    @property
    def passphrase_path(self) -> Path:
        """The named file, the systemd credential `gateway-passphrase`, or `passphrase` in the data directory."""
        named = self.passphrase_file or _credential("gateway-passphrase")
        return named or self.data_directory / "passphrase"

    def read_passphrase(self) -> bytes:
        """The passphrase of the key store. Raises what `keys.keystore.read_passphrase` raises."""
        from keys.keystore import read_passphrase  # whoever opens no key needs no cryptography

        return read_passphrase(self.passphrase_path)


def _credential(name: str) -> Path | None:
    """The file of a systemd credential, where the service was given one of this name."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / name if folder else None
    return file if file is not None and file.exists() else None


def utc_now() -> datetime:
    """The one place where the clock is read."""
    return datetime.now(UTC)


REAL_TIME = Clock(time.monotonic, time.sleep, utc_now)
