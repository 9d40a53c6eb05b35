"""A municipality that does not exist, as real servers on loopback: every source, all telling of the same people.

What a gateway needs to ask them is written into a folder: declarations, the secrets that they name, the contract with
its programme, and the referral list. Numbers are day + 60, which no real source knows.
"""

from __future__ import annotations

import secrets as randomness
import shutil
import ssl
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.base import Progress, no_progress
from gateway.installation.settings import utc_now
from gateway.simulate import declared
from gateway.simulate.case_database import CaseDatabase
from gateway.simulate.certificates import Authority, CertifiedKey, server_context
from gateway.simulate.course import Course, live
from gateway.simulate.drop import write_drop
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import HttpSource, ReceivedRequest, Reply
from gateway.simulate.kombit import SimulatedService
from gateway.simulate.lives import Lives
from gateway.simulate.registers import write_benefits
from gateway.simulate.rest_sources import CaseSystem, Dfdg
from gateway.simulate.sftp_source import SftpSource
from gateway.simulate.statistics_sources import StatisticsServices
from gateway.simulate.token_service import SimulatedTokenService
from keys.whole_file import write_whole

MARK = ".outcome-gateway-simulation"
_CVR = "11111111"
_ISSUER = "https://saml.sts.example"
_LINE = frozenset(
    {
        Fault.UNAUTHORISED, Fault.FORBIDDEN, Fault.PRECONDITION, Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.SLOW_BYTES,
        Fault.HANG, Fault.TRUNCATED, Fault.WRONG_TYPE, Fault.EXPIRED_CERTIFICATE, Fault.ENDLESS, Fault.ENCODING,
    }
)  # fmt: skip
_PAGES = frozenset({Fault.DUPLICATE_PAGE, Fault.REORDERED_PAGE, Fault.CHANGING_PAGE})
_TOKENS = _LINE | {Fault.CLOCK_SKEW}
_SOAP = _LINE | {Fault.CLOCK_SKEW, Fault.SCHEMA_DRIFT, Fault.DUPLICATE_PAGE}
_SFTP = frozenset(
    {
        Fault.UNAUTHORISED, Fault.FORBIDDEN, Fault.SERVER_ERROR, Fault.SLOW_BYTES, Fault.HANG, Fault.TRUNCATED,
        Fault.WRONG_HOST_KEY, Fault.ENDLESS, Fault.ENCODING, Fault.SCHEMA_DRIFT,
    }
) | _PAGES  # fmt: skip
_SERVICES = (  # source, operation, what the declaration calls the service's certificate
    ("sf1491", "sf1491.effektuering", "ydelsesindeks"),
    ("sf0770_a", "sf0770_a", "serviceplatform"),
    ("cpr", "sf1520", "serviceplatform"),
)
_STATISTICS = ("jobindsats", "statbank")
_FILES = (  # source, file pattern, delimiter
    ("dream", "dream-*.csv", ","),
    ("income", "indkomst-*.csv", ";"),
    ("ydelsesrefusion", "yr-ydelsesrefusion-beregning*.csv", ";"),
)


@dataclass(frozen=True, slots=True)
class Served:
    """One thing that can be asked, or that is asked on the way.

    `declaration` is that of a source of people's records: None for a token service, and for a statistics service.
    """

    id: str
    speaks: str
    address: str
    faults: Faults
    can: frozenset[Fault]  # the faults that it can be told to have
    declaration: Path | None
    server: HttpSource | SftpSource | None

    @property
    def requests(self) -> int:
        """How often it was asked; of files here and of a database nobody counts."""
        return 0 if self.server is None else self.server.requests


class SimulatedTown(AbstractContextManager["SimulatedTown"]):
    """Everything of a course on loopback, until it is closed. `folder` must be empty or not exist.

    `latency_seconds` is how long each answer over HTTP takes, `page` how many records the case system gives at once,
    `only` the sources that are started where not all are wanted. `status` and `income` are the sources that decide the
    contract written here; those of the example where they are empty.
    """

    def __init__(
        self,
        folder: Path,
        course: Course,
        *,
        seed: int = 1,
        extract_people: int = 2_000,
        latency_seconds: float = 0.0,
        page: int = 100,
        status: str = "",
        income: str = "",
        contract_edits: Sequence[tuple[str, str]] = (),
        only: Sequence[str] = (),
        wants_database_server: bool = True,
        now: Callable[[], datetime] = utc_now,
        progress: Progress = no_progress,
    ) -> None:
        self.folder = folder.resolve()
        self.secrets, self.sources = self.folder / "secrets", self.folder / "sources"
        self.statistics = self.folder / "statistics"  # declarations of figures about groups
        self.served: dict[str, Served] = {}
        self._latency, self._page, self._now, self._only = latency_seconds, page, now, frozenset(only)
        self._wants_server = wants_database_server
        self.database: CaseDatabase | None = None
        self._stack = ExitStack()
        for made in (self.secrets, self.sources, self.statistics):
            made.mkdir(mode=0o700, parents=True)
        (self.folder / MARK).write_text("made by `gateway simulate --serve`; emptied by the next one\n", "utf-8")
        lives = live(course, seed=seed)
        self.lives = Lives(course, lives, strangers=min(extract_people, 300))
        try:
            drop = write_drop(self.folder / "drop", course, seed=seed, extract_people=extract_people, progress=progress)
            self.referrals = drop.referrals
            if course.status_source == "dream":  # the other registers know these people as well
                write_benefits(self.folder / "drop" / "ydelsesrefusion", course, lives, offset=0, extract_people=20)
            self._files(course)
            self._authority = Authority(self.folder / "authority", now=now())
            self._secret(declared.AUTHORITY, self._authority.path)
            self._server, self._ended = self._authority.issue("server"), self._authority.issue("e", is_expired=True)
            self._rest()
            self._soap()
            self._database()
            self._services_of_figures()
        except BaseException:
            self.close()
            raise
        example = declared.deciding_sources(course.contract)
        self.contract, self.programme = declared.write_contract(
            self.folder / "contract",
            course.contract,
            [one.id for one in self.served.values() if one.declaration is not None],
            status=status or example[0],
            income=income or example[1],
            edits=contract_edits,
        )

    def close(self) -> None:
        self._stack.close()

    def tls(self, faults: Faults, *, wants_client: bool = False) -> ssl.SSLContext:
        """What a server of this town shows: its certificate, or with the fault one that has ended."""
        clients = self._authority.path if wants_client else None
        return server_context(self._server, clients=clients, expired=self._ended, faults=faults)

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def declarations(self) -> list[Path]:
        return [one.declaration for one in self.served.values() if one.declaration is not None]

    def _wants(self, *sources: str) -> bool:
        return not self._only or not self._only.isdisjoint(sources)

    def _files(self, course: Course) -> None:
        """What comes as files: three over SFTP, each from a server of its own, and one in a folder here."""
        for source, pattern, delimiter in _FILES:
            folder = self.folder / "drop" / source
            if not folder.is_dir() or not self._wants(source):
                continue
            key = self.secrets / f"sftp-{source}"
            server = self._stack.enter_context(SftpSource(folder, client_key_file=key))
            text = declared.over_sftp(
                source,
                port=server.port,
                host_key=server.host_key,
                pattern=pattern,
                delimiter=delimiter,
                client_key=key.name,
            )
            address = f"sftp://127.0.0.1:{server.port}/"
            self._add(source, "files over SFTP", address, server.faults, _SFTP, text, server)
        if self._wants("sager"):
            folder = self.folder / "drop" / "sager"
            folder.mkdir(parents=True)
            rows = [f"{one.cpr};{one.code};{one.from_day};{one.to_day};Opdigtet Navn" for one in self.lives.periods()]
            text = "\n".join(["CPR;Kode;Fra;Til;Navn", *rows]) + "\n"
            made_on = (course.last_month + 1).first_day
            (folder / f"sager-{made_on}.csv").write_text(text, encoding="utf-8")
            self._add(
                "sager", "a folder on this machine", str(folder), Faults(), frozenset(),
                declared.in_folder("sager", folder), None,
            )  # fmt: skip

    def _rest(self) -> None:
        periods = self.lives.periods()
        if self._wants("dfdg"):
            faults = Faults()
            self._secret("dfdg-certificate", self._authority.issue("dfdg").path)
            at = self._http(Dfdg(periods, faults), faults, wants_client=True)
            can = _LINE | {Fault.SCHEMA_DRIFT, Fault.DUPLICATE_PAGE, Fault.REORDERED_PAGE}
            self._add(
                "dfdg",
                "REST, client certificate",
                at.url,
                faults,
                can,
                declared.dfdg(at.url),
                at,
            )
        if self._wants("case-system"):
            faults, secret = Faults(), randomness.token_hex(16)
            write_whole(self.secrets / "case-system-secret", secret.encode())
            system = CaseSystem(periods, faults, page=self._page, secret=secret)
            at = self._http(system, faults)
            can = _LINE | _PAGES | {Fault.SCHEMA_DRIFT, Fault.CLOCK_SKEW}
            self._add(
                "case-system",
                "REST, OAuth 2.0",
                at.url,
                faults,
                can,
                declared.case_system(at.url),
                at,
            )

    def _soap(self) -> None:
        if not self._wants(*(source for source, _, _ in _SERVICES), "token-service"):
            return
        ours, tokens, *_ = keys = [
            self._authority.issue(name, uses_rsa=True) for name in ("kombit-system", "kombit-token", "service")
        ]
        service_key = keys[2]
        self._secret("kombit-system", ours.path)
        for name, identity in (
            ("kombit-token", tokens),
            ("ydelsesindeks", service_key),
            ("serviceplatform", service_key),
        ):
            self._certificate(name, identity)
        told: dict[str, Any] = {
            "sf1491": self.lives.benefits(),
            "sf0770_a": self.lives.reports(),
            "cpr": self.lives.civil(),
        }
        faults = Faults()
        entities = {source: f"http://entityid.example/service/{source}/1" for source, _, _ in _SERVICES}
        sts = SimulatedTokenService(
            _ISSUER, tokens, clients=[ours.certificate], authorities=[_CVR], audiences=list(entities.values()),
            now=self._now, faults=faults,
        )  # fmt: skip
        at = self._http(sts.respond, faults)
        token_url = at.url
        self._add("token-service", "WS-Trust, SOAP", at.url, faults, _TOKENS, None, at)
        for source, operation, _ in _SERVICES:
            faults = Faults()
            service = SimulatedService(
                operation, told[source], entity_id=entities[source], identity=service_key,
                token_issuer=tokens.certificate, now=self._now, faults=faults,
            )  # fmt: skip
            at = self._http(service.respond, faults)
            text = declared.soap(source, service=at.url, tokens=token_url, entity_id=entities[source], issuer=_ISSUER)
            self._add(source, "SOAP, token", at.url, faults, _SOAP, text, at)

    def _database(self) -> None:
        if not self._wants("case-view"):
            return
        database = CaseDatabase(self.folder / "database", self.lives.periods(), wants_server=self._wants_server)
        self.database = self._stack.enter_context(database)
        write_whole(self.secrets / "case-view-url", database.url.encode())
        self._add(
            "case-view", database.speaks, database.address, database.faults, frozenset(),
            declared.case_view(database.dialect), None,
        )  # fmt: skip

    def _services_of_figures(self) -> None:
        for service in _STATISTICS:
            if not self._wants(service):
                continue
            faults, key = Faults(), randomness.token_hex(16)
            if service == "jobindsats":
                write_whole(self.secrets / "jobindsats-key", key.encode())
            at = self._http(StatisticsServices(faults, key=key), faults)
            (self.statistics / f"{service}.toml").write_text(declared.statistics(service, at.url), encoding="utf-8")
            self._add(service, "REST, about groups", at.url, faults, _LINE | {Fault.SCHEMA_DRIFT}, None, at)

    def _http(
        self, respond: Callable[[ReceivedRequest], Reply], faults: Faults, *, wants_client: bool = False
    ) -> HttpSource:
        tls = self.tls(faults, wants_client=wants_client)
        source = HttpSource(respond, faults=faults, tls=tls, latency_seconds=self._latency)
        return self._stack.enter_context(source)

    def _add(
        self, source: str, speaks: str, address: str, faults: Faults, can: frozenset[Fault], text: str | None,
        server: HttpSource | SftpSource | None,
    ) -> None:  # fmt: skip
        declaration = None
        if text is not None:
            declaration = self.sources / f"{source}.toml"
            declaration.write_text(text, encoding="utf-8")
        self.served[source] = Served(source, speaks, address, faults, can, declaration, server)

    def _secret(self, name: str, file: Path) -> None:
        write_whole(self.secrets / name, file.read_bytes())

    def _certificate(self, name: str, identity: CertifiedKey) -> None:
        """The certificate alone: what a service is known by."""
        from cryptography.hazmat.primitives.serialization import Encoding

        write_whole(self.secrets / name, identity.certificate.public_bytes(Encoding.PEM))


def empty_folder(folder: Path) -> bool:
    """Make room for a simulation: False where the folder holds what no simulation made."""
    if folder.exists():
        if not (folder / MARK).exists() and any(folder.iterdir()):
            return False
        shutil.rmtree(folder)
    return True
