"""Records that come as files: put away once stored, by digest in the log, named on the command line as well."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.contracts import declarations
from gateway.events.records import RecordsComplete
from gateway.store.log_tables import LogEntry
from tests.support.clocks import let_nobody_wait
from tests.support.command_line import Ran, run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality
from tests.support.several_sources import several, source_text
from tests.support.stored import stored_spells

IN_FOLDER = 'pattern = "*.csv"\n'


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedMunicipality]:
    """A source of periods that the contract reads, in a drop folder."""
    let_nobody_wait(monkeypatch)
    town = several(tmp_path)
    declare(town, "")
    (tmp_path / "inbox").mkdir()
    yield town
    town.gateway.store.dispose()


def declare(town: SimulatedMunicipality, more: str) -> None:
    folder = f'folder = "{town.folder / "inbox"}"\nquiet_seconds = 1\n{more}'
    file = town.folder / "school.toml"
    file.write_text(source_text("school", "periods").replace(IN_FOLDER, IN_FOLDER + folder), "utf-8")
    declarations.declare_source(town.gateway, file)


def put(town: SimulatedMunicipality, name: str, code: str, folder: str = "inbox") -> Path:
    """An export about the first person on the referral list."""
    number = town.drop.referrals.read_text("utf-8").splitlines()[1].split(";")[0]
    path = town.folder / folder / name
    path.write_text(f"p;k;f;t\n{number};{code};2020-03-02;2020-03-15\n", "utf-8")
    return path


def pull(town: SimulatedMunicipality, *files: Path, source: str = "school") -> Ran:
    town.gateway.store.dispose()
    return run("pull", "impact60", source, *files, environment=town.environment)


def codes(town: SimulatedMunicipality) -> set[str]:
    with town.gateway.store.read() as session:
        rows = [row for row in stored_spells(session) if row.source_id == "school"]
    return {row.code for row in rows if row.known_to is None and row.code}


def told_files(town: SimulatedMunicipality) -> list[str]:
    with town.gateway.store.read() as session:
        bodies = session.exec(select(LogEntry.body).where(LogEntry.kind == RecordsComplete.kind)).all()
    return [digest for body in bodies for digest in json.loads(body)["files"]]


def test_what_was_stored_is_put_away_and_the_log_names_the_file(town: SimulatedMunicipality):
    put(town, "a-1.csv", "651")
    newest = hashlib.sha256(put(town, "a-2.csv", "661").read_bytes()).hexdigest()
    told = pull(town)
    assert told.code == 0, told.text
    assert sorted(path.name for path in (town.folder / "inbox" / "done").iterdir()) == ["a-1.csv", "a-2.csv"]
    assert codes(town) == {"661"}
    assert told_files(town) == [newest]


def test_what_is_left_is_told_with_its_reason(town: SimulatedMunicipality):
    put(town, "a-1.csv", "651")
    (town.folder / "inbox" / "a-2.csv").symlink_to("/etc/passwd")
    told = pull(town)
    assert told.code == 0, told.text
    assert "refused: a-2.csv: it is a symbolic link" in told.out


def test_a_file_that_cannot_be_read_stays_claimed(town: SimulatedMunicipality):
    put(town, "a-1.csv", "651").write_text("p;k;f;t;new\n", "utf-8")
    assert "schema-changed" in pull(town).text
    assert (town.folder / "inbox" / "taken" / "a-1.csv").exists()


def test_files_that_are_named_are_read_together(town: SimulatedMunicipality):
    (town.folder / "elsewhere").mkdir()
    files = [put(town, "a-1.csv", "651", "elsewhere"), put(town, "a-2.csv", "661", "elsewhere")]
    told = pull(town, *files)
    assert told.code == 0, told.text
    assert codes(town) == {"651", "661"}
    assert all(file.exists() for file in files)


def test_a_source_that_is_asked_reads_no_files(town: SimulatedMunicipality):
    declarations.declare_source(town.gateway, EXAMPLES / "sources" / "dfdg.toml")
    told = pull(town, put(town, "a-1.csv", "651"), source="dfdg")
    assert told.code == 2
    assert "dfdg is asked over rest and reads no files" in " ".join(told.text.split())


def test_what_adds_up_cannot_be_whole(town: SimulatedMunicipality):
    """The files before would have been put away: their people would read as without a benefit."""
    with pytest.raises(declarations.DeclarationInvalid, match=r"reads must be 'newest'"):
        declare(town, 'reads = "all"\n')


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("sager-31-01-2021.csv", "sager-01-03-2021.csv"),
        ("sager-9.csv", "sager-10.csv"),
        ("sager-2021-02.csv", "sager-2021-03.csv"),
    ],
)
def test_the_newest_is_the_newest_by_the_day_or_number_in_its_name(town: SimulatedMunicipality, older: str, newer: str):
    put(town, older, "651")
    put(town, newer, "661")
    told = pull(town)
    assert told.code == 0, told.text
    assert codes(town) == {"661"}
    put(town, older, "651")  # and once more, late
    late = pull(town)
    assert "folder-empty" in late.text
    assert f"is older than {newer}, which was read before" in " ".join(late.text.split())
    assert codes(town) == {"661"}
    assert [path.name for path in (town.folder / "inbox").iterdir() if path.is_file()] == []
    put(town, newer, "651")  # the newest, sent again with other content, is read
    assert pull(town).code == 0
    assert codes(town) == {"651"}


@pytest.mark.parametrize(
    "names", [("a.csv", "b.csv"), ("a-310121.csv", "a-010321.csv"), ("a-2021-03-01.csv", "a-7.csv")]
)
def test_of_files_without_an_order_none_is_read(town: SimulatedMunicipality, names: tuple[str, str]):
    for name in names:
        put(town, name, "651")
    told = pull(town)
    assert "source-malformed" in told.text
    assert "which of 2 files is the newest cannot be told" in " ".join(told.text.split())
    assert codes(town) == set()


def test_a_declared_form_of_names_is_the_only_one(town: SimulatedMunicipality):
    declare(town, 'named_by = "number"\n')
    put(town, "a-310121.csv", "651")
    put(town, "a-010321.csv", "661")
    assert pull(town).code == 0
    assert codes(town) == {"651"}
    with pytest.raises(declarations.DeclarationInvalid, match="named_by must be one of: day, month, number"):
        declare(town, 'named_by = "alphabet"\n')


def test_an_older_file_that_is_named_undoes_nothing(town: SimulatedMunicipality):
    (town.folder / "elsewhere").mkdir()
    older, newer = (
        put(town, f"a-{day}.csv", code, "elsewhere") for day, code in (("31-01-2021", "651"), ("01-03-2021", "661"))
    )
    assert pull(town, newer).code == 0
    told = pull(town, older)
    assert "source-malformed" in told.text
    assert codes(town) == {"661"}
    assert pull(town, put(town, "a-02-03-2021.csv", "651", "elsewhere")).code == 0
    assert codes(town) == {"651"}
