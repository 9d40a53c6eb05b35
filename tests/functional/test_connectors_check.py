"""`gateway connectors check` reads a sample as a pull would and keeps nothing; `new` drafts without a value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import inspect, text
from sqlmodel import col, select

from connectors import transports
from connectors.declaration import load_declaration
from connectors.errors import ConnectorError, FileNameMismatch, HeaderMismatch, SchemaChanged
from connectors.scaffold import scaffold
from connectors.source_file import LocalFile
from connectors.transport import Ask, Page, Record
from gateway.contracts import declarations
from gateway.installation.secrets_folder import SecretsFolder
from gateway.intake import pulling
from gateway.intake.checking import SourceCheck, check_source
from gateway.simulate.sftp_source import SftpSource
from gateway.store.log_tables import LogEntry, PersonLineRow
from outcome_verifier import canonical
from tests.functional.test_folder_pulling import declare_folder, local
from tests.support.clocks import Waiting
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready
from vocabulary.errors import DeclarationInvalid

LOGGED = {"decisionrow", "logentry", "lognode", "personlinerow", "linedigests", "checkpointrow"}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    town = ready(tmp_path, pulled=False)
    town.enrol()
    yield town
    town.gateway.store.dispose()


def checked(town: SimulatedMunicipality, source: str, file: Path | None = None) -> SourceCheck:
    return check_source(
        town.gateway,
        "impact60",
        source,
        None if file is None else LocalFile(file),
        secrets=SecretsFolder(town.folder),
        clock=Waiting().clock,
    )


def table_counts(town: SimulatedMunicipality) -> dict[str, int]:
    with town.gateway.store.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()) for name in names}


def last_events(town: SimulatedMunicipality, count: int) -> list[dict[str, object]]:
    with town.gateway.store.read() as session:
        query = select(LogEntry).where(LogEntry.log == "access").order_by(col(LogEntry.idx))
        return [canonical.loads(row.body.encode()) for row in session.exec(query)][-count:]


def people_in_last_check(town: SimulatedMunicipality) -> int:
    query = (
        select(PersonLineRow)
        .join(LogEntry, col(PersonLineRow.log_idx) == col(LogEntry.idx))
        .where(LogEntry.log == "access", LogEntry.kind == "source_check_authorised")
    )
    with town.gateway.store.read() as session:
        return len(session.exec(query).all())


def test_a_check_counts_what_a_pull_would_count_and_stores_nothing(town: SimulatedMunicipality):
    before = table_counts(town)
    found = checked(town, "dream", town.drop.status)
    after = table_counts(town)
    assert {name for name, count in after.items() if count != before[name]} <= LOGGED
    assert (found.records, found.of_cohort, found.rejected) == (50, 30, {})
    events = last_events(town, 2)
    assert [event["kind"] for event in events] == ["source_check_authorised", "source_checked"]
    assert (events[0]["people"], people_in_last_check(town)) == (30, 30)
    assert (events[1]["records"], events[1]["of_cohort"], events[1]["error"]) == (50, 30, "")
    pulled = pulling.pull(town.gateway, "impact60", "dream", town.drop.status)
    assert (pulled.rows_read, pulled.rows_outside_cohort) == (found.records, found.records - found.of_cohort)


def test_what_would_be_dropped_is_named(town: SimulatedMunicipality):
    assert checked(town, "income", town.drop.income).dropped == ("SE-nummer",)


def test_a_source_that_fails_its_check_is_logged_with_the_reason(town: SimulatedMunicipality):
    path = town.folder / town.drop.status.name
    path.write_text("PNR,y_2001,Ny\n")
    with pytest.raises(SchemaChanged):
        checked(town, "dream", path)
    event = last_events(town, 1)[0]
    assert (event["kind"], event["error"], event["records"]) == ("source_checked", "schema-changed", 0)


def test_a_folder_is_looked_at_and_nothing_in_it_is_moved(town: SimulatedMunicipality):
    inbox = town.folder / "inbox"
    inbox.mkdir()
    (inbox / "dream-1.csv").write_bytes(town.drop.status.read_bytes())
    (inbox / "dream-2.csv").mkdir()
    declare_folder(town, local(inbox))
    found = checked(town, "dream")
    assert (found.sample, found.of_cohort) == ("file dream-1.csv", 30)
    assert [left.reason for left in found.left] == ["it is a folder"]
    assert sorted(path.name for path in inbox.iterdir()) == ["dream-1.csv", "dream-2.csv"]


def permit(town: SimulatedMunicipality, source: str) -> None:
    """The programme names the source as well, and has it in force from the beginning."""
    file = town.folder / "impact60.programme.toml"
    file.write_text(file.read_text("utf-8").replace('sources = ["dream"', f'sources = ["{source}", "dream"'), "utf-8")
    proposal = declarations.propose_change(town.gateway, town.folder / "impact60.toml", file)
    from tests.support.simulated import acting

    declarations.approve_change(acting(town.gateway, "second"), proposal)


def cohort_numbers(town: SimulatedMunicipality) -> list[str]:
    return [line.split(";")[0] for line in town.drop.referrals.read_text().splitlines()[1:]]


def test_records_over_sftp_are_checked_through_the_same_door(town: SimulatedMunicipality):
    permit(town, "sager")
    served = town.folder / "served"
    served.mkdir()
    numbers = [*cohort_numbers(town)[:3], "6303821236", "nonsense"]
    lines = [f"{number};{'110' if n else '9999'};2020-01-06;;Navn" for n, number in enumerate(numbers)]
    (served / "sager-1.csv").write_text("\n".join(["CPR;Kode;Fra;Til;Navn", *lines]) + "\n")
    with SftpSource(served, client_key_file=town.folder / "sftp-key") as server:
        text = (EXAMPLES / "sources" / "sager.toml").read_text("utf-8")
        start, end = text.index("[transport]"), text.index("[coverage]")
        transport = (
            f'[transport]\nkind = "sftp"\nhost = "127.0.0.1"\nport = {server.port}\nuser = "kommune"\n'
            f'host_key = "{server.host_key}"\nclient_key = "sftp-key"\nfolder = "/"\npattern = "sager-*.csv"\n'
            'delimiter = ";"\nquiet_seconds = 1\nclaim = "rename"\nnetworks = ["127.0.0.0/8"]\n\n'
        )
        (town.folder / "sager.toml").write_text(text[:start] + transport + text[end:], "utf-8")
        declarations.declare_source(town.gateway, town.folder / "sager.toml")
        found = checked(town, "sager")
    assert (found.records, found.of_cohort, found.dropped) == (5, 3, ("Navn",))
    assert found.rejected == {"cpr_not_ten_digits": 1}
    assert sum(found.unknown_codes.values()) > 0
    assert [path.name for path in served.iterdir()] == ["sager-1.csv"]
    assert not any(number in repr(found) for number in numbers)


class Person:
    """A transport that is asked about one person at a time."""

    parallel = 1

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, cpr_digits: str, ask: Ask) -> Sequence[Record]:
        self.asked.append(cpr_digits)
        return [("110", cpr_digits, "2020-01-06", "")]

    def close(self) -> None:
        pass


class Listing:
    def pages(self, ask: Ask) -> Iterator[Page]:
        yield Page([("110", "6303821236", "2020-01-06", "")])
        raise AssertionError("one page is a sample")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("kind", ["person", "page", "unsaid"])
def test_other_transports_are_checked_with_one_person_or_one_page(
    town: SimulatedMunicipality, kind: str, monkeypatch: pytest.MonkeyPatch
):
    permit(town, "sager")
    declarations.declare_source(town.gateway, EXAMPLES / "sources" / "sager.toml")
    transport = Listing() if kind == "page" else Person()
    monkeypatch.setattr("gateway.intake.checking.form_of", lambda settings: None)
    monkeypatch.setattr(transports, "lists_everybody", lambda settings: kind != "person")
    monkeypatch.setattr(transports, "connect", lambda *_: transport)
    found = checked(town, "sager")
    sample = "page" if kind == "page" else "person"  # one, also where the module does not say that it asks so
    assert (found.sample, found.records, found.of_cohort) == (sample, 1, int(sample == "person"))
    assert people_in_last_check(town) == (1 if kind == "person" else 30)
    if isinstance(transport, Person):
        assert len(transport.asked) == 1
        assert transport.asked[0] in cohort_numbers(town)


def test_the_command_shows_counts_and_names_and_no_cell(town: SimulatedMunicipality):
    ran = run("connectors", "check", "income", str(town.drop.income), environment=town.environment)
    assert ran.code == 0, ran.text
    assert "income can be read for impact60; nothing was stored" in ran.text
    assert "dropped    SE-nummer" in ran.text
    cells = {cell for line in town.drop.income.read_text().splitlines()[1:] for cell in line.split(";")}
    shown = ran.text.replace(town.drop.income.name, "")
    assert not [cell for cell in cells if len(cell) > 4 and cell in shown]
    ran = run("connectors", "check", "elsewhere", environment=town.environment)
    assert (ran.code, "named by no programme in force" in ran.text) == (2, True)


# --- drafting

VALUES = ("6101801234", "Anne Jensen", "110", "2020-01-06", "Gadenavn 7", "12.345,67")
HEADER = ("CPR-nummer", "Navn", "Ydelseskode", "Fra dato", "Adresse", "Beløb")


def sample(folder: Path, name: str = "sager-2024-03.csv", header: Sequence[str] = HEADER, end: str = ";") -> LocalFile:
    path = folder / name
    path.write_text("\n".join([end.join(header), end.join(VALUES)]) + "\n")
    return LocalFile(path)


def test_a_draft_names_columns_drops_the_rest_and_shows_no_value(tmp_path: Path):
    draft = scaffold(sample(tmp_path), kind="periods", identifier="sager")
    assert 'pattern = "sager-*.csv"' in draft
    assert 'delimiter = ";"' in draft
    assert 'cpr = "CPR-nummer"' in draft
    assert 'code = "Ydelseskode"' in draft
    assert 'from_day = "Fra dato"' in draft
    assert 'to_day = "" # FILL IN' in draft
    assert 'dropped = ["Navn", "Adresse", "Beløb"]' in draft
    assert not [value for value in VALUES if value in draft.replace("2030-12-31", "")]


def test_a_draft_is_refused_until_it_is_filled_in_and_then_reads_the_sample(tmp_path: Path):
    draft = scaffold(sample(tmp_path, header=(*HEADER[:4], "Til", "Beløb")), kind="periods", identifier="sager")
    with pytest.raises(DeclarationInvalid):
        load_declaration(draft.encode(), file="sager.toml")
    filled = (
        draft.replace('title = ""', 'title = "Sager"')
        .replace('code_list = ""', 'code_list = "dream"')
        .replace('reference = ""', 'reference = "A-1"')
        .replace('statute = ""', 'statute = "§ 1"')
        .replace('approver = ""', 'approver = "ejer"')
        .replace("# valid_to", "valid_to")
    )
    declaration = load_declaration(filled.encode(), file="sager.toml")
    declaration.schema.check([*HEADER[:4], "Til", "Beløb"], source="x")
    assert declaration.agreement.permitted_purposes == frozenset()  # so the policy still refuses a pull


@pytest.mark.parametrize(
    ("header", "end"),
    [
        (VALUES, ";"),
        (("6101801234", "Anne"), ";"),
        (("CPR", "610180-1234"), ";"),
        (("CPR", "2020-01-06"), ";"),
        (("CPR", "12,50"), ";"),
        (("CPR", ""), ";"),
        (("CPR", "anne@example.dk"), ";"),
        (("CPR", "CPR"), ";"),
        (("CPR", "a" * 61), ";"),
        (("Anne Jensen", "Gadenavn"), ";"),  # nothing in it is called CPR
        (("Anne Jensen 6101801234",), "\t"),
    ],
)
def test_a_first_row_that_could_be_a_persons_is_refused_and_not_repeated(
    tmp_path: Path, header: Sequence[str], end: str
):
    with pytest.raises(HeaderMismatch) as refused:
        scaffold(sample(tmp_path, header=header, end=end), kind="", identifier="x")
    said = f"{refused.value} {refused.value!r} {vars(refused.value)}"
    assert not [cell for cell in header if len(cell) > 3 and cell in said]


def test_a_file_name_with_a_number_is_refused_and_not_repeated(tmp_path: Path):
    with pytest.raises(FileNameMismatch) as refused:
        scaffold(sample(tmp_path, f"sag-{VALUES[0]}.csv"), kind="", identifier="x")
    assert VALUES[0] not in str(refused.value)


def test_a_wide_extract_is_drafted_with_patterns(tmp_path: Path):
    path = tmp_path / "dream-2021-02.csv"
    path.write_text("PNR,y_2001,y_2002,br_2020_01,br_2020_02,grad_2020_01,koen\n6101801234,730,,1,1,1,2\n")
    draft = scaffold(LocalFile(path), kind="", identifier="dream")
    assert 'kind = "dream"' in draft
    assert 'dropped_patterns = ["br_*", "grad_*"]' in draft
    assert 'dropped = ["koen"]' in draft
    assert 'cpr = "PNR"' in draft


def test_a_workbook_is_drafted_from_its_sheet(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.title = "Udtræk"
    book.active.append(list(HEADER))
    book.active.append(list(VALUES))
    book.save(tmp_path / "sager.xlsx")
    draft = scaffold(LocalFile(tmp_path / "sager.xlsx"), kind="", identifier="sager", sheet="Udtræk")
    assert 'format = "xlsx"\nsheet = "Udtræk"' in draft
    assert not [value for value in VALUES if value in draft]
    with pytest.raises(ConnectorError):
        scaffold(LocalFile(tmp_path / "sager.xlsx"), kind="", identifier="sager", sheet="Andet")


def test_the_command_drafts_to_the_screen_or_to_a_file(tmp_path: Path):
    path = sample(tmp_path).path
    ran = run("connectors", "new", str(path), "--id", "sager", cwd=tmp_path)
    assert (ran.code, 'id = "sager"' in ran.text) == (0, True), ran.text
    ran = run("connectors", "new", str(path), "--out", "draft.toml", cwd=tmp_path)
    assert (ran.code, "fill in what is marked" in ran.text) == (0, True), ran.text
    assert 'kind = "periods"' in (tmp_path / "draft.toml").read_text()
    assert run("connectors", "new", str(path), "--kind", "nonsense", cwd=tmp_path).code == 2
