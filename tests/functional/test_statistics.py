"""`gateway connectors statistics` shows figures about groups, keeps none, and says in the log that it asked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select

from connectors.aggregates import load_aggregate
from gateway.cli.connectors import _statistics_csv
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import REAL_TIME, Kind, Settings
from gateway.intake.statistics import ask_statistics
from gateway.simulate.faults import Fault
from gateway.simulate.http_source import HttpSource, Reply
from gateway.simulate.serving import SimulatedTown
from gateway.store.log_tables import LogEntry, PersonLineRow
from keys.whole_file import write_whole
from outcome_verifier import canonical
from tests.attacks.test_formulas import EVIL
from tests.support.command_line import Ran, run
from tests.support.histories import EXAMPLES
from tests.support.served import served

LOGGED = {"logentry", "lognode", "checkpointrow"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedTown]:
    with served(tmp_path_factory.mktemp("served") / "town", only=("jobindsats", "statbank")) as made:
        yield made


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, town: SimulatedTown) -> Iterator[Gateway]:
    """An installation without a contract: figures belong to none."""
    folder = tmp_path_factory.mktemp("gateway")
    made = initialise(
        Settings(data_directory=folder / "data", secrets_directory=town.secrets),
        host_name="gateway.example",
        municipality_code="851",
        municipality_name="Aalborg Kommune",
        kind=Kind.DEMO,
    )
    yield made
    made.store.dispose()


def environment(gateway: Gateway, secrets: Path) -> dict[str, str]:
    return {
        "GATEWAY_DATA_DIRECTORY": str(gateway.settings.data_directory),
        "GATEWAY_SECRETS_DIRECTORY": str(secrets),
        "GATEWAY_STAFF": "engineer",
    }


def asked(gateway: Gateway, town: SimulatedTown, service: str, *options: str | Path) -> Ran:
    declaration = town.statistics / f"{service}.toml"
    return run("connectors", "statistics", declaration, *options, environment=environment(gateway, town.secrets))


def table_counts(gateway: Gateway) -> dict[str, int]:
    with gateway.store.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()) for name in names}


def last_event(gateway: Gateway) -> dict[str, object]:
    with gateway.store.read() as session:
        query = select(LogEntry).where(LogEntry.log == "access").order_by(col(LogEntry.idx).desc())
        body: dict[str, object] = canonical.loads(session.exec(query).first().body.encode())
        return body


def stored(gateway: Gateway) -> bytes:
    return b"".join(file.read_bytes() for file in gateway.settings.data_directory.rglob("*") if file.is_file())


SHOWN = {
    "jobindsats": """\
  Periode  Kommune      Antal personer
  2020M01  Hele landet         107,341
  2020M02  Hele landet       not shown
""",
    "statbank": """\
  OMRÅDE       YDELSESTYPE  TID       INDHOLD
  Hele landet  SU           2020K1    330,128
  Hele landet  SU           2020K2  not shown
""",
}


@pytest.mark.parametrize("service", SHOWN)
def test_figures_are_shown_with_their_digests_and_none_is_in_the_database(
    gateway: Gateway, town: SimulatedTown, service: str
):
    before = table_counts(gateway)
    ran = asked(gateway, town, service)
    assert ran.code == 0, ran.text
    assert SHOWN[service] in ran.out
    assert "2 figures, 1 of them not shown; none was stored" in ran.out
    after = table_counts(gateway)
    assert {name for name, count in after.items() if count != before[name]} <= LOGGED
    assert not [figure for figure in (b"107341", b"330128", b"Hele landet") if figure in stored(gateway)]
    event = last_event(gateway)
    declaration = (town.statistics / f"{service}.toml").read_bytes()
    assert event["kind"] == "statistics_asked"
    assert event["declaration_sha256"] == hashlib.sha256(declaration).hexdigest()
    assert (event["host"], event["figures"], event["not_shown"], event["error"]) == ("127.0.0.1", 2, 1, "")
    assert event["by"] == "engineer"
    assert f"declaration    {event['declaration_sha256']}\n" in ran.out
    assert f"answer         {event['answer_sha256']}\n" in ran.out


def test_the_log_names_nobody_for_figures_about_groups(gateway: Gateway, town: SimulatedTown):
    assert asked(gateway, town, "statbank").code == 0
    with gateway.store.read() as session:
        assert session.exec(select(PersonLineRow)).all() == []


@pytest.mark.parametrize("service", SHOWN)
def test_the_json_file_is_what_inputs_sha256_names_and_the_same_each_time(
    gateway: Gateway, town: SimulatedTown, tmp_path: Path, service: str
):
    first, again = tmp_path / "first.json", tmp_path / "again.json"
    ran = asked(gateway, town, service, "--json", first)
    assert asked(gateway, town, service, "--json", again).code == 0
    assert first.read_bytes() == again.read_bytes()
    assert f"inputs_sha256  {hashlib.sha256(first.read_bytes()).hexdigest()}," in ran.out
    told = canonical.loads_canonical(first.read_bytes())
    assert [row[-1] for row in told["rows"]] == [{"jobindsats": "107341", "statbank": "330128"}[service], None]
    assert told["columns"][-1:] == told["measures"]
    assert (told["source"], told["answer_sha256"]) == ("127.0.0.1", last_event(gateway)["answer_sha256"])


def test_the_csv_file_says_where_a_row_is_from_and_makes_no_zero_of_what_is_not_shown(
    gateway: Gateway, town: SimulatedTown, tmp_path: Path
):
    ran = asked(gateway, town, "statbank", "--csv", tmp_path / "figures.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "figures.csv").read_text("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["OMRÅDE", "YDELSESTYPE", "TID", "INDHOLD", "source", "table", "inputs_sha256"]
    assert [row[3] for row in rows[1:]] == ["330128", "not shown"]
    assert {tuple(row[4:6]) for row in rows[1:]} == {("127.0.0.1", "AUK01")}
    assert f"inputs_sha256  {rows[1][6]}," in ran.out


@pytest.mark.parametrize("label", [one for one in EVIL if one.isprintable() or "\u00a0" in one])
def test_no_label_of_a_service_becomes_a_formula(gateway: Gateway, label: str):
    """Attack: the service, or who speaks for it, sends labels that a spreadsheet would run."""
    answer = {"columns": ["Periode", "Kommune", "Antal personer"], "rows": [["2020M01", label, -5], ["=1", "=2", None]]}
    with HttpSource(lambda request: Reply(json.dumps(answer).encode())) as source:
        text = (EXAMPLES / "statistics" / "jobindsats.toml").read_text("utf-8")
        text = text.replace("https://api.jobindsats.dk", source.url) + '[http]\nproxy = "direct"\n'
        declared = load_aggregate(text.encode(), file="a.toml")
        got = ask_statistics(gateway, declared, secrets=gateway.secrets, clock=REAL_TIME)
    rows = list(csv.reader(io.StringIO(_statistics_csv(got).decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows[1][:3] == ["2020M01", f"'{label}", "-5"]  # the figure stays a number
    assert rows[2][:3] == ["'=1", "'=2", "not shown"]


def test_a_wrong_key_ends_it_and_is_logged_and_nothing_is_written(
    gateway: Gateway, town: SimulatedTown, tmp_path: Path
):
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    for name, content in (
        ("jobindsats-key", b"wr0ng"),
        ("simulated-authority", (town.secrets / "simulated-authority").read_bytes()),
    ):
        write_whole(secrets / name, content)
    file, declaration = tmp_path / "figures.json", town.statistics / "jobindsats.toml"
    there = environment(gateway, secrets)
    for name, address in (("jobindsats-v3", declaration), ("jobindsats-v2", tmp_path / "v2.toml")):
        address.write_text(declaration.read_text("utf-8").replace("jobindsats-v3", name), "utf-8")
        ran = run("connectors", "statistics", address, "--json", file, environment=there)
        assert (ran.code, "(source-refused)" in ran.err) == (11, True), ran.text
        event = last_event(gateway)
        assert (event["service"], event["error"], event["answer_sha256"]) == (name, "source-refused", "")
        assert "wr0ng" not in ran.text
    assert not file.exists()


def test_version_2_is_asked_with_the_same_declaration(gateway: Gateway, town: SimulatedTown, tmp_path: Path):
    text = (town.statistics / "jobindsats.toml").read_text("utf-8").replace("jobindsats-v3", "jobindsats-v2")
    (tmp_path / "v2.toml").write_text(text, "utf-8")
    ran = run("connectors", "statistics", tmp_path / "v2.toml", environment=environment(gateway, town.secrets))
    assert (ran.code, SHOWN["jobindsats"] in ran.out) == (0, True), ran.text


@pytest.mark.parametrize("service", SHOWN)
def test_another_column_ends_it_and_is_logged(gateway: Gateway, town: SimulatedTown, tmp_path: Path, service: str):
    town.served[service].faults.switch_on(Fault.SCHEMA_DRIFT)
    try:
        ran = asked(gateway, town, service, "--csv", tmp_path / "figures.csv")
    finally:
        town.served[service].faults.clear()
    assert (ran.code, "(schema-changed)" in ran.err) == (11, True), ran.text
    assert last_event(gateway)["error"] == "schema-changed"
    assert list(tmp_path.iterdir()) == []


def test_a_service_that_is_not_there_is_told_and_logged(gateway: Gateway, tmp_path: Path):
    text = (EXAMPLES / "statistics" / "statbank.toml").read_text("utf-8")
    text = text.replace("https://api.statbank.dk", "http://127.0.0.1:9") + '[http]\nproxy = "direct"\nattempts = 1\n'
    (tmp_path / "statbank.toml").write_text(text, "utf-8")
    there = environment(gateway, tmp_path)
    ran = run("connectors", "statistics", tmp_path / "statbank.toml", environment=there)
    assert (ran.code, "(source-unavailable)" in ran.err) == (11, True), ran.text
    assert last_event(gateway)["error"] == "source-unavailable"


def test_a_file_that_cannot_be_written_is_told_before_anybody_is_asked(
    gateway: Gateway, town: SimulatedTown, tmp_path: Path
):
    before = town.served["statbank"].requests
    assert asked(gateway, town, "statbank", "--json", tmp_path / "nowhere" / "figures.json").code != 0
    assert asked(gateway, town, "statbank", "--json", tmp_path / "a", "--csv", tmp_path / "a").code == 2
    assert town.served["statbank"].requests == before


def test_a_declaration_of_people_is_refused_here(gateway: Gateway, town: SimulatedTown):
    ran = run(
        "connectors", "statistics", EXAMPLES / "sources" / "dfdg.toml", environment=environment(gateway, town.secrets)
    )
    assert (ran.code, "schema must be aggregate/1" in ran.err) == (3, True), ran.text
