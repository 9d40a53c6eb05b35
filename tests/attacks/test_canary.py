"""Invariant 1: canary CPR numbers go into every source, and every byte that is written or sent is searched for them.

Searched are the database with its journal, keys, public files, bundles, log output down to every SQL statement, errors,
tracebacks, temporary and removed files, what the HTTP API answers and what its server prints, and reports: in clear,
with a dash, base64, hexadecimal, reversed, as integers, and as unkeyed hashes. What an operator or an investor receives
is searched for case references and subject ids too. Each form and each channel has a positive control.

There are no metrics. Deleted rows have a module of their own (test_deleted_rows.py).
"""

from __future__ import annotations

import base64
import io
import logging
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.client import HTTPConnection
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from gateway.api.app import create_app
from gateway.errors.table import outcome
from gateway.evaluation import comparison
from gateway.intake import enrolment, pulling
from gateway.oversight import log_reading as oversight
from gateway.release import publication
from gateway.release.releasing import release
from gateway.store.tables import Subject
from outcome_verifier import canonical
from policies.terms import Party, Role
from tests.attacks import traces
from tests.attacks.canaries import INSIDE, files, forms, leaks, plant, plant_broken_files
from tests.attacks.probes import garbled, probes
from tests.support.api_client import Client
from tests.support.histories import EXAMPLES
from tests.support.simulated import Municipality, simulated

PARTIES = {
    "fokus-app": ("fokus-folkeoplysning", Role.OPERATOR),
    "dsk-app": ("den-sociale-kapitalfond", Role.INVESTOR),
    "dpo-app": ("aalborg-kommune", Role.DPO),
}
NUMBERS = (INSIDE[0], f"{INSIDE[1][:6]}-{INSIDE[1][6:]}")  # sent to the API
WINDOWS = ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2")
ATTESTATIONS = (
    *(f"/contracts/impact60/windows/{window}/attestations/payment_document" for window in WINDOWS),
    "/contracts/impact60/windows/2020H2/attestations/contract_total",
)
# by operators, investors and anybody
RECEIVED = ("payment_document", "contract_total", "comparison", "http", "served", "public/")
# the command line with a fault that nobody foresaw in the midst of a file
FAULT = """
import sys
from connectors import boundary
from gateway.cli.app import main

def fault(self, texts):
    raise RuntimeError("nobody foresaw this")

matcher, method = sys.argv.pop(1).split(".")
setattr(getattr(boundary, matcher), method, fault)
main()
"""


@dataclass(frozen=True)
class Run:
    """What was written or sent on the road, by channel; who it is about; and every path that was written."""

    channels: dict[str, bytes]
    about: list[str]  # subject ids and case references
    written: set[str]
    folder: Path

    @property
    def received(self) -> dict[str, bytes]:
        return {name: data for name, data in self.channels.items() if name.startswith(RECEIVED)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The whole road, with canaries in every source and with every log at its most talkative."""
    folder = tmp_path_factory.mktemp("canary")
    temporary = folder / "temporary"
    temporary.mkdir()
    with talkative() as log:
        town = simulated(folder)
        plant(town)
        broken = plant_broken_files(town)
        plant_comparison(town, broken[0])
        clients = [registered(town, name, role) for name, role in PARTIES.items()]
        with traces.temporary_files_in(temporary), traces.traced(folder / "traces") as environment:
            environment |= {"TMPDIR": str(temporary), "SQLITE_TMPDIR": str(temporary)}
            environment |= {"GATEWAY_DATA_DIRECTORY": str(folder / "gateway")}
            with journal(folder / "gateway" / "gateway.sqlite") as kept:
                reports = repr([town.enrol(), town.pull_all(accepts_holds=True)]).encode()
            sent = {"reports": reports, "journal": b"".join(kept), **dict(releases(town))}
            sent["comparison"] = compared(town)
            publication.publish(town.gateway)
            dpo = Party("aalborg-kommune", Role.DPO)
            sent["access log"] = repr(oversight.read_log(town.gateway, dpo, first=0, count=500)).encode()
            sent["errors"] = "\n".join(errors(town, broken)).encode()
            sent["http"] = http(town, clients)
            sent["served"], sent["server output"] = served(clients, environment)
            sent["command line"] = command_line(town, broken, environment)
            sent["tracebacks"] = tracebacks(town, environment)
        with town.gateway.store.read() as session:
            about = [text for row in session.exec(select(Subject)) for text in (row.subject_id, row.case_reference)]
        town.gateway.store.dispose()
    sent |= {"logging": log.getvalue().encode(), "removed files": traces.removed(folder / "traces")}
    found = {**files(folder / "gateway"), **{f"temporary/{name}": data for name, data in files(temporary).items()}}
    return Run({**sent, **found}, about, traces.written(folder / "traces"), folder)


@contextmanager
def talkative() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG, with every statement, parameter and row of the database."""
    stream = io.StringIO()
    root, database = logging.getLogger(), logging.getLogger("sqlalchemy")
    # the test client is no part of the gateway, and logs what it sends; pytest would keep all of this in memory again
    clients = [logging.getLogger(name) for name in ("httpx", "httpx2", "httpcore", "httpcore2")]
    before = {logger: (logger.level, logger.handlers) for logger in (root, database, *clients)}
    root.handlers = [logging.StreamHandler(stream)]
    for logger in before:
        logger.setLevel(logging.WARNING if logger in clients else logging.DEBUG)
    try:
        yield stream
    finally:
        for logger, (level, handlers) in before.items():
            logger.setLevel(level)
            logger.handlers = handlers


@contextmanager
def journal(database: Path) -> Iterator[list[bytes]]:
    """The write-ahead log of the block, with every page as it was after each commit: a reader keeps it from ending."""
    kept: list[bytes] = []
    reader = sqlite3.connect(database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM subject").fetchone()
    yield kept
    kept.append(database.with_name(f"{database.name}-wal").read_bytes())
    reader.close()


def registered(town: Municipality, name: str, party: tuple[str, Role]) -> Client:
    client = Client(town.gateway, name)
    client.register(town.folder, *party)
    return client


def releases(town: Municipality) -> Iterator[tuple[str, bytes]]:
    """Every bundle of the road to the end of the contract."""
    asked = [(window, "payment_document", "operator") for window in WINDOWS]
    for window, template, recipient in (*asked, ("2020H2", "contract_total", "investor")):
        done = release(town.gateway, "impact60", window, template, recipient)
        yield f"{template} {window}", done.bundle


def plant_comparison(town: Municipality, broken: Path) -> None:
    """The file of a comparison group that is large enough, and an extract with a number in the header's place."""
    text = (EXAMPLES / "comparisons" / "impact60.toml").read_text("utf-8")
    group = text.replace('"unemployed", "benefit"', '"no_benefit", "education"')
    (town.folder / "group.toml").write_text(group, "utf-8")
    shutil.copy(broken, town.folder / "dream-broken.csv")


def compared(town: Municipality) -> bytes:
    """The figures of a comparison group from the whole extract, in which people of the cohort stand as well."""
    return canonical.dumps(
        comparison.compare(town.gateway, "impact60", town.folder / "group.toml", town.drop.status).body()
    )


def errors(town: Municipality, broken: list[Path]) -> Iterator[str]:
    """The messages, reprs and tracebacks of everything that goes wrong with files full of canaries."""
    for path in broken:
        with pytest.raises(Exception) as caught:
            pulling.pull(town.gateway, "impact60", "income", path)
        assert outcome(caught.value) is not None, type(caught.value)
        yield _shown(caught.value)
    with pytest.raises(Exception) as caught:  # a number in the header's place
        comparison.compare(town.gateway, "impact60", town.folder / "group.toml", town.folder / "dream-broken.csv")
    yield _shown(caught.value)
    with pytest.raises(Exception) as caught:
        enrolment.enrol(town.gateway, "impact60", "2018", town.folder / "again.csv")
    yield _shown(caught.value)


def _shown(error: BaseException) -> str:
    """All that an error tells, with those it came from, suppressed or not."""
    text = f"{error} {error!r} {error.__dict__} {''.join(traceback.format_exception(error))}"
    before = error.__cause__ or error.__context__
    return text + (_shown(before) if before else "")


def http(town: Municipality, clients: list[Client]) -> bytes:
    """What the API answers to everybody's good requests, and to requests that carry a number."""
    api = TestClient(create_app(town.gateway), raise_server_exceptions=False, follow_redirects=False)
    tokens = [client.headers(api) for client in clients]
    answers = [api.get(path) for path in ("/health", "/openapi.json", "/docs", "/trust.json", "/status/1")]
    for token in tokens:
        answers += [api.get(path, headers=token) for path in ("/contracts", "/access-log?count=500")]
        answers += [api.post(path, headers=token) for path in ATTESTATIONS]
    assert [answer.status_code for answer in answers].count(200) >= 5 + 3 + 1 + len(WINDOWS)
    for number in NUMBERS:
        for probe in probes(number, clients, tokens):
            sent = {"headers": probe.headers, "content": probe.body or None}
            answers.append(api.request(probe.method, probe.path, **sent))
    assert {200, 400, 401, 404, 405, 422} <= {answer.status_code for answer in answers}
    return b"".join(repr(answer.headers.raw).encode() + answer.content for answer in answers)


def served(clients: list[Client], environment: dict[str, str]) -> tuple[bytes, bytes]:
    """What a real server answers to requests that carry a number, and what it prints meanwhile."""
    command = [sys.executable, "-X", "dev", "-m", "gateway.cli.app", "serve", "--port", "0"]
    server = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    said, answers = b"", b""
    try:
        assert server.stdout is not None
        while not (found := re.search(rb"serving on http://127.0.0.1:(\d+)", said)):
            said += server.stdout.readline()
            assert server.poll() is None, said
        port = int(found[1])
        api = HTTPConnection("127.0.0.1", port, timeout=10)
        for probe in probes(INSIDE[0], clients, []):
            api.request(probe.method, probe.path, body=probe.body or None, headers=probe.headers)
            answer = api.getresponse()
            answers += f"{answer.status} {answer.headers.items()}".encode() + answer.read()
        api.close()
        answers += garbled(port, INSIDE[0])
    finally:
        server.send_signal(signal.SIGINT)
        rest, _ = server.communicate(timeout=20)
    return answers, said + rest


def command_line(town: Municipality, broken: list[Path], environment: dict[str, str]) -> bytes:
    """What the command prints where all is well, and where it is not."""
    output = _printed(
        [
            ["-m", "gateway.cli.app", *arguments]
            for arguments in (
                ["pull", "impact60", "income", str(town.drop.income)],
                ["pull", "impact60", "income", str(broken[1])],
                ["connectors", "check", "income", str(town.drop.income)],
                ["connectors", "check", "income", str(broken[1])],
                ["connectors", "new", str(town.drop.income)],
                *(["connectors", "new", str(path)] for path in broken),
                ["evaluate", "impact60", "--week", "2020-W10"],
                ["comparison", "impact60", *_of(town.drop.status, town)],
                ["comparison", "impact60", *_of(town.folder / "dream-broken.csv", town)],
                ["log", "show", "--count", "500"],
                ["doctor"],
            )
        ],
        environment,
    )
    assert b"sources complete to" in output  # the commands did run
    assert b"written, not signed" in output
    assert b"income can be read for impact60" in output
    return output


def _of(extract: Path, town: Municipality) -> list[str]:
    out = town.folder / "temporary" / "figures.json"
    return [str(town.folder / "group.toml"), "--extract", str(extract), "--out", str(out)]


def tracebacks(town: Municipality, environment: dict[str, str]) -> bytes:
    """What `python -X dev` prints where an error that nobody foresaw ends the command in the midst of a file."""
    faults = (
        ("CohortMatcher.rows", "dream", town.drop.status),
        ("CohortMatcher.identify_all", "income", town.drop.income),
    )
    again = town.folder / "again"  # not the file that was pulled already
    commands = [
        ["-X", "dev", "-c", FAULT, method, "pull", "impact60", source, str(again / file.name)]
        for method, source, file in faults
    ]
    comparing = ["comparison", "impact60", *_of(town.drop.status, town)]
    commands.append(["-X", "dev", "-c", FAULT, "EverybodyMatcher.rows", *comparing])
    output = _printed(commands, environment)
    assert output.count(b"an error that nobody foresaw: RuntimeError, ") == 3
    assert b"nobody foresaw this" not in output  # what an exception says may hold a person
    return output


def _printed(commands: list[list[str]], environment: dict[str, str]) -> bytes:
    """What Python prints with these arguments, two processes at a time."""

    def ran(arguments: list[str]) -> bytes:
        command = [sys.executable, *arguments]
        done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)
        return done.stdout + done.stderr

    with ThreadPoolExecutor(2) as pool:
        return b"".join(pool.map(ran, commands))


@pytest.mark.long
def test_no_canary_leaves_the_boundary(run: Run):
    assert leaks(run.channels) == []


@pytest.mark.long
def test_recipients_get_no_case_reference_and_no_subject_id(run: Run):
    """Bundles, public files and what the API answers are the same for whoever holds the case system: unlinkable."""
    assert leaks(run.received, run.about) == []


@pytest.mark.long
def test_every_channel_was_filled(run: Run):
    """A search of nothing finds nothing."""
    assert any("gateway.sqlite" in name for name in run.channels)
    assert all(any(name.startswith(kind) for name in run.received) for kind in RECEIVED)
    quiet = ("-wal", "-shm")
    assert [name for name, data in run.channels.items() if not data and not name.endswith(quiet)] == []
    assert len(run.about) == len(set(run.about)) == 240
    for told in (b"INSERT INTO linkagerow", b"INSERT INTO personlinerow", b"Row ("):
        assert told in run.channels["logging"]


@pytest.mark.long
def test_the_database_does_hold_the_people_that_recipients_do_not_see(run: Run):
    """Positive control: the same search finds every person where they have to be, in the file and in its journal."""
    for name in ("gateway.sqlite", "journal"):
        assert all(f"{name}: clear" in leaks({name: run.channels[name]}, [text]) for text in run.about[:20])


@pytest.mark.long
def test_the_search_finds_each_form_in_each_channel(run: Run):
    """Positive control: a planted number is found, whatever the form and wherever it stands."""
    for name, data in run.channels.items():
        middle = len(data) // 2
        before, after = data[max(0, middle - 50_000) : middle], data[middle : middle + 50_000]
        for form, pattern in forms(INSIDE[0]):
            assert leaks({name: before + pattern + after}, INSIDE[:1]), (name, form)


@pytest.mark.long
def test_the_search_finds_references_and_ids_in_what_is_received(run: Run):
    for name, data in run.received.items():
        for text in run.about[:2]:
            for form, pattern in forms(text):
                assert leaks({name: data[:100] + pattern + data[100:]}, [text]), (name, form)


def test_base64_is_found_wherever_the_number_stands():
    for before in range(6):
        text = base64.b64encode(b"x" * before + INSIDE[0].encode() + b"yyy")
        assert leaks({"text": text})


@pytest.mark.long
def test_nothing_is_written_outside_the_installation_and_the_temporary_folder(run: Run):
    """So no byte escapes the search above: no history, cache or dump elsewhere, and no file without a name."""
    searched = tuple(f"{os.path.realpath(run.folder / name)}/" for name in ("gateway", "temporary"))
    assert f"{searched[0]}gateway.sqlite" in run.written
    assert sorted(path for path in run.written if not path.startswith((*searched, "/dev/null"))) == []
    assert [path for path in run.written if "(nameless)" in path] == []


def test_temporary_and_removed_files_are_traced(tmp_path: Path):
    """Positive control: a file that lived for a moment, here or in a process below, is found with what stood in it."""
    here = "import tempfile; file = tempfile.NamedTemporaryFile(); file.write(b'%s'); file.close()"
    with traces.traced(tmp_path / "traces") as environment:
        for number in INSIDE[:2]:
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "there").write_text(number)
        tempfile.TemporaryFile().close()
        (tmp_path / "old").write_text(INSIDE[1])
        (tmp_path / "new").write_text("")
        (tmp_path / "new").replace(tmp_path / "old")
        subprocess.run([sys.executable, "-c", here % INSIDE[2]], env={**os.environ, **environment}, check=True)
    (tmp_path / "later").write_text("")
    gone, written = traces.removed(tmp_path / "traces"), traces.written(tmp_path / "traces")
    assert all(leaks({"removed": gone}, [number]) == ["removed: clear"] for number in INSIDE)
    assert f"{os.path.realpath(tmp_path)}/old" in written
    assert f"{os.path.realpath(tmp_path)}/later" not in written
    assert any("(nameless)" in path for path in written)


def test_a_database_error_shows_no_row(tmp_path: Path):
    """An error of the driver ends as a traceback in the journal: with the statement, and without its parameters."""
    store = simulated(tmp_path).gateway.store
    careless = create_engine(store.engine.url)  # positive control
    nobody = dict.fromkeys(("contract_id", "batch_id", "case_reference", "notice_id"), "-")
    twice = [{**nobody, "subject_id": INSIDE[0], "enrolled_on": date.min}] * 2
    told = []
    for engine in (store.engine, careless):
        with pytest.raises(IntegrityError) as caught, engine.begin() as connection:
            connection.execute(insert(Subject), twice)
        told.append("".join(traceback.format_exception(caught.value)).encode())
        engine.dispose()
    assert all(b"INSERT INTO subject" in text for text in told)
    assert [leaks({"traceback": text}) for text in told] == [[], ["traceback: clear"]]


def test_an_error_that_carried_its_row_would_be_found():
    """Positive control: a number in an error behind the error, even a suppressed one."""

    def careless() -> None:
        try:
            int(f"{INSIDE[0]}x")
        except ValueError:
            raise ValueError("not a number") from None

    with pytest.raises(ValueError) as caught:
        careless()
    assert leaks({"errors": _shown(caught.value).encode()})
