"""A pull of what lies in a source's folder: whole files once, none lost and none doubled wherever a command dies."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from connectors.drop_folder import DropFolder
from connectors.errors import FileChanged, SchemaChanged, SourceUnavailable
from connectors.inbox import Left, Where
from connectors.source_file import LocalFile
from gateway.contracts import declarations
from gateway.installation.secrets_folder import SecretsFolder
from gateway.intake import folder_pulling, pulling
from gateway.intake.folder_pulling import Taken, pull_folder
from gateway.simulate.sftp_source import SftpSource
from gateway.store.log_tables import LogEntry
from policies.engine import PolicyEngine, PolicyRequest
from policies.errors import PolicyDenied
from tests.support.clocks import Waiting
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import declare
from tests.support.stored import stored_spells
from vocabulary.errors import DeclarationInvalid

Rows = set[tuple[str, int, int, str]]


def declare_folder(town: SimulatedMunicipality, transport: str, name: str = "dream") -> None:
    """The example source, with another transport table."""
    text = (EXAMPLES / "sources" / f"{name}.toml").read_text("utf-8")
    start, end = text.index("[transport]"), text.index("[columns]")
    file = town.folder / f"{name}.toml"
    file.write_text(f"{text[:start]}[transport]\n{transport}\n{text[end:]}", "utf-8")
    declarations.declare_source(town.gateway, file)


def local(folder: Path) -> str:
    return f'kind = "file"\npattern = "dream-*.csv"\ndelimiter = ","\nfolder = "{folder}"\nquiet_seconds = 1'


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    """People are enrolled, and one extract lies in the folder of the source."""
    town = ready(tmp_path, pulled=False)
    town.enrol()
    folder = tmp_path / "inbox"
    folder.mkdir()
    shutil.copy(town.drop.status, folder)
    declare_folder(town, local(folder))
    yield town
    town.gateway.store.dispose()


def pulled(town: SimulatedMunicipality, contract: str = "impact60") -> list[Taken | Left]:
    secrets = SecretsFolder(town.folder)
    return list(pull_folder(town.gateway, contract, "dream", secrets=secrets, clock=Waiting().clock))


def rows(town: SimulatedMunicipality) -> Rows:
    with town.gateway.store.read() as session:
        found = stored_spells(session)
    assert len(found) == len({(row.subject_id, row.from_week) for row in found})  # nothing is doubled
    return {(row.subject_id, row.from_week, row.to_week, row.code) for row in found}


def files(town: SimulatedMunicipality) -> list[str]:
    inbox = town.folder / "inbox"
    return sorted(str(path.relative_to(inbox)) for path in inbox.rglob("*.csv"))


def kinds(town: SimulatedMunicipality) -> list[str]:
    with town.gateway.store.read() as session:
        query = select(LogEntry.kind).where(LogEntry.log == "access").order_by(LogEntry.idx)
        return list(session.exec(query))


def test_a_file_in_the_folder_is_pulled_once_and_put_away(town: SimulatedMunicipality):
    before = len(kinds(town))
    [taken] = pulled(town)
    assert isinstance(taken, Taken)
    assert taken.report is not None
    assert (taken.report.is_new, taken.waits_for) == (True, ())
    assert kinds(town)[before:] == ["folder_authorised", "pull_authorised", "pull_completed"]
    assert files(town) == [f"done/{town.drop.status.name}"]
    stored = rows(town)
    assert len({subject for subject, *_ in stored}) == 30
    assert pulled(town) == []
    assert rows(town) == stored


class Killed(BaseException):
    """Stands for the end of the process: nothing here may catch it."""


@pytest.mark.parametrize("moment", ["after the claim", "before the commit", "after the commit", "while put away"])
def test_wherever_the_command_dies_the_next_one_stores_each_row_once(
    town: SimulatedMunicipality, moment: str, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patched:
        real_pull, real_move = pulling.pull, DropFolder.move

        def dies(*_: object, **__: object) -> None:
            raise Killed

        def dies_after(*arguments: object, **named: object) -> None:
            real_pull(*arguments, **named)
            raise Killed

        def dies_putting(self: DropFolder, name: str, source: Where, target: Where, new_name: str) -> bool:
            if target is Where.DONE:
                raise Killed
            return real_move(self, name, source, target, new_name)

        if moment == "after the claim":
            patched.setattr(folder_pulling, "pull", dies)
        elif moment == "before the commit":
            patched.setattr(pulling, "_store", dies)
        elif moment == "after the commit":
            patched.setattr(folder_pulling, "pull", dies_after)
        else:
            patched.setattr(DropFolder, "move", dies_putting)
        with pytest.raises(Killed):
            pulled(town)
    assert files(town) == [f"taken/{town.drop.status.name}"]
    was_stored = bool(rows(town))
    assert was_stored is (moment in ("after the commit", "while put away"))
    [taken] = pulled(town)
    assert isinstance(taken, Taken)
    assert taken.report is not None
    assert taken.report.is_new is not was_stored
    assert files(town) == [f"done/{town.drop.status.name}"]
    stored = rows(town)
    pulling.pull(town.gateway, "impact60", "dream", town.drop.status)  # the same file by name changes nothing
    assert rows(town) == stored
    assert len({subject for subject, *_ in stored}) == 30


def test_a_file_stays_until_every_contract_that_reads_the_source_has_had_it(town: SimulatedMunicipality):
    renamed = (('id = "impact60"', 'id = "impact61"'),)  # of the contract, and of what the programme calls it
    declare(town.gateway, "impact60", town.folder, edits=renamed, programme_edits=renamed)
    declare_folder(town, local(town.folder / "inbox"))
    [taken] = pulled(town)
    assert isinstance(taken, Taken)
    assert taken.waits_for == ("impact61",)
    assert files(town) == [f"taken/{town.drop.status.name}"]
    [taken] = pulled(town)  # again for the first contract: it had it
    assert isinstance(taken, Taken)
    assert taken.report is not None
    assert (taken.report.is_new, taken.waits_for) == (False, ("impact61",))


def test_a_refusal_of_the_policy_leaves_the_folder_as_it_is(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    """Asked before the folder is opened: nothing is claimed, and nothing is made in it."""

    def no(engine: PolicyEngine, request: PolicyRequest) -> object:
        return engine._denied_by_engine(request, "no-permit")

    monkeypatch.setattr(PolicyEngine, "authorise", no)
    with pytest.raises(PolicyDenied):
        pulled(town)
    assert [path.name for path in (town.folder / "inbox").iterdir()] == [town.drop.status.name]


def test_a_new_column_stops_the_pull_and_the_file_is_taken_up_again_with_the_next_declaration(
    town: SimulatedMunicipality,
):
    file = town.folder / "inbox" / town.drop.status.name
    lines = file.read_text().splitlines()
    file.write_text("\n".join([f"{lines[0]},Ny kolonne", *(f"{line},x" for line in lines[1:])]) + "\n")
    with pytest.raises(SchemaChanged, match="'Ny kolonne'"):
        pulled(town)
    assert (rows(town), kinds(town)[-1]) == (set(), "pull_failed")
    text = (town.folder / "dream.toml").read_text("utf-8").replace('["br_*"', '["Ny*", "br_*"')
    (town.folder / "dream.toml").write_text(text, "utf-8")
    declarations.declare_source(town.gateway, town.folder / "dream.toml")
    [taken] = pulled(town)
    assert isinstance(taken, Taken)
    assert len({subject for subject, *_ in rows(town)}) == 30


def test_a_file_that_changed_between_its_digest_and_its_rows_stores_nothing(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    path = town.folder / "inbox" / town.drop.status.name
    real = pulling.file_sha256

    def changes(file: LocalFile) -> str:
        digest = real(file)
        path.write_bytes(path.read_bytes().replace(b",730", b",651", 1))
        return digest

    monkeypatch.setattr(pulling, "file_sha256", changes)
    with pytest.raises(FileChanged):
        pulling.pull(town.gateway, "impact60", "dream", path)
    assert (rows(town), kinds(town)[-1]) == (set(), "pull_failed")


def test_over_sftp_the_same_rows_are_stored(town: SimulatedMunicipality):
    with SftpSource(town.folder / "inbox", client_key_file=town.folder / "sftp-key") as server:
        declare_folder(
            town,
            f'kind = "sftp"\nhost = "127.0.0.1"\nport = {server.port}\nuser = "kommune"\n'
            f'host_key = "{server.host_key}"\nclient_key = "sftp-key"\nfolder = "/"\npattern = "dream-*.csv"\n'
            'delimiter = ","\nquiet_seconds = 1\nclaim = "rename"\nnetworks = ["127.0.0.0/8"]',
        )
        [taken] = pulled(town)
        assert isinstance(taken, Taken)
        assert taken.report is not None
        assert taken.report.is_new
        assert pulled(town) == []
    assert files(town) == [f"done/{town.drop.status.name}"]
    stored = rows(town)
    again = pulling.pull(town.gateway, "impact60", "dream", town.drop.status)
    assert (again.is_new, rows(town)) == (False, stored)


def test_a_source_of_records_is_not_pulled_file_by_file(town: SimulatedMunicipality):
    declarations.declare_source(town.gateway, EXAMPLES / "sources" / "sager.toml")
    with pytest.raises(DeclarationInvalid, match="its files are records"):
        list(pull_folder(town.gateway, "impact60", "sager", secrets=SecretsFolder(town.folder), clock=Waiting().clock))


def test_a_source_without_a_folder_says_so(town: SimulatedMunicipality):
    declarations.declare_source(town.gateway, EXAMPLES / "sources" / "dream.toml")
    with pytest.raises(SourceUnavailable, match="names no folder"):
        pulled(town)


def test_the_command_says_what_it_took_and_what_it_left(town: SimulatedMunicipality):
    (town.folder / "inbox" / "dream-link.csv").symlink_to(town.drop.status)
    ran = run("pull", "impact60", "dream", environment=town.environment)
    assert ran.code == 0, ran.text
    assert f"pulled: {town.drop.status.name}" in ran.text
    assert "put away in done/" in ran.text
    assert "refused: dream-link.csv: it is a symbolic link" in ran.text
    (town.folder / "inbox" / "dream-link.csv").unlink()
    assert "nothing lies in the folder" in run("pull", "impact60", "dream", environment=town.environment).text
