"""Before a seal, which nobody can undo: what it would seal is shown, and somebody says yes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, func, select

from connectors.errors import FileChanged
from gateway.errors.enrolment import EnrolmentRefused
from gateway.intake import enrolment
from gateway.rights.people import Who, find
from gateway.store import ledger
from gateway.store.tables import Batch, LinkageRow, Subject, SubjectKeyRow, VaultRow
from policies.errors import PolicyDenied
from tests.support.command_line import PROGRAMS, WIDE, run
from tests.support.municipality import SimulatedMunicipality, ready


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, pulled=False)


def rows(town: SimulatedMunicipality) -> list[int]:
    """How many rows each table of people has."""
    with town.gateway.store.read() as session:
        tables = (Subject, Batch, LinkageRow, VaultRow, SubjectKeyRow)
        return [session.exec(select(func.count()).select_from(table)).one() for table in tables]


def events(town: SimulatedMunicipality) -> list[dict]:
    with town.gateway.store.read() as session:
        return [json.loads(row.body) for row in ledger.rows(session, "access")]


def spoil(town: SimulatedMunicipality, **changes: str) -> list[str]:
    """Put other lines into the list: `line_3="…"`, where `{cpr}` is the number that stands there."""
    lines = town.drop.referrals.read_text().splitlines()
    for name, text in changes.items():
        place = int(name.removeprefix("line_")) - 1
        lines[place] = text.format(cpr=lines[place].split(";")[0])
    town.drop.referrals.write_text("\n".join(lines) + "\n")
    return lines


def preview(town: SimulatedMunicipality) -> enrolment.EnrolmentPreview:
    return enrolment.preview(town.gateway, town.contract, "2018", town.drop.referrals)


def test_a_preview_says_what_would_be_sealed_and_stores_nothing(town: SimulatedMunicipality):
    before = rows(town)
    seen = preview(town)
    assert (seen.named, seen.accepted, seen.refused, seen.would_seal) == (30, 30, (), True)
    assert seen.referred is not None
    assert seen.referred[0] <= seen.referred[1]
    assert sum(people for _, people in seen.notices) == 30
    assert rows(town) == before
    last = events(town)[-1]
    assert (last["kind"], last["listed"], last["accepted"]) == ("enrolment_previewed", 30, 30)
    assert town.enrol().is_new
    assert rows(town) != before  # positive control
    again = preview(town)
    assert again.sealed is not None
    assert not again.sealed.is_new


def test_a_preview_names_every_bad_row_by_its_line_and_no_value(town: SimulatedMunicipality):
    lines = spoil(
        town,
        line_2="{cpr};2018-10-01;SAG-0002;notice-2018-1",  # SAG-0002 is the person's in line 3
        line_5="{cpr};soon;SAG-0004;notice-2018-1",
        line_9="{cpr};2018-10-01;SAG-0008;told-by-phone",
        line_12="too few",
    )
    before = rows(town)
    seen = preview(town)
    twice = "case_reference_twice_in_the_list"
    assert seen.refused == (
        (2, twice),
        (3, twice),
        (5, "not_a_day"),
        (9, "person_was_not_told"),
        (12, "wrong_number_of_fields"),
    )
    assert (seen.accepted, seen.would_seal) == (25, False)
    assert rows(town) == before
    written = repr(seen) + json.dumps(events(town))
    assert "2018" in written  # positive control
    for value in (*(line.split(";")[0] for line in lines[1:] if ";" in line), "SAG-0002", "soon", "told-by-phone"):
        assert value not in written
    with pytest.raises(EnrolmentRefused) as refused:
        town.enrol()
    assert refused.value.lines == seen.refused, "the seal refuses what the preview said"
    assert rows(town) == before


def test_a_person_who_stands_twice_is_seen_before_anybody_is_enrolled(town: SimulatedMunicipality):
    lines = town.drop.referrals.read_text().splitlines()
    number = lines[4].split(";")[0]
    spoil(town, line_2=f"{number[:6]}-{number[6:]};2018-10-01;SAG-0001;notice-2018-1")
    assert preview(town).refused == ((5, "enrolled_twice_in_the_list"),)


def test_a_preview_is_refused_where_a_seal_is(town: SimulatedMunicipality):
    town.enrol()
    spoil(town, line_2="{cpr};2018-10-01;SAG-9999;notice-2018-1")
    with pytest.raises(PolicyDenied):
        preview(town)
    assert events(town)[-1]["kind"] == "denied"


def test_the_list_that_is_sealed_is_the_one_that_was_looked_at(town: SimulatedMunicipality):
    digest = preview(town).file_sha256
    spoil(town, line_2="{cpr};2018-10-02;SAG-0001;notice-2018-1")
    with pytest.raises(FileChanged):
        enrolment.enrol(town.gateway, town.contract, "2018", town.drop.referrals, previewed_sha256=digest)
    assert rows(town)[:2] == [0, 0]


def test_the_database_keeps_a_case_reference_one_person_s(town: SimulatedMunicipality):
    town.enrol()

    def another(contract: str) -> Subject:
        return Subject(
            subject_id="0" * 31 + contract[-1],
            contract_id=contract,
            batch_id="2018",
            enrolled_on=date(2018, 10, 1),
            case_reference="SAG-0001",
            notice_id="notice-2018-1",
        )

    with Session(town.gateway.store.engine) as session:
        session.add(another(town.contract))
        with pytest.raises(IntegrityError):
            session.flush()
    with Session(town.gateway.store.engine) as session:  # another contract's operator numbers its people by itself
        session.add(another("other"))
        session.flush()
        assert find(town.gateway, session, "other", Who(case_reference="SAG-0001")) is not None


def gateway(town: SimulatedMunicipality, *options: str):
    environment = {"GATEWAY_DATA_DIRECTORY": str(town.gateway.settings.data_directory)}
    return run("enrol", "impact60", town.drop.referrals, "--batch", "2018", *options, environment=environment)


def at_a_terminal(town: SimulatedMunicipality, answer: str) -> tuple[int, str]:
    """The command with somebody in front of it who types this."""
    leader, follower = pty.openpty()
    environment = {**os.environ, **WIDE, "GATEWAY_DATA_DIRECTORY": str(town.gateway.settings.data_directory)}
    running = subprocess.Popen(
        [PROGRAMS / "gateway", "enrol", "impact60", town.drop.referrals, "--batch", "2018"],
        env=environment,
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.write(leader, answer.encode())
    said, _ = running.communicate(timeout=60)
    os.close(leader)
    os.close(follower)
    return running.returncode, said


def test_nobody_seals_without_a_yes(town: SimulatedMunicipality):
    ran = gateway(town)
    assert (ran.code, "--yes" in ran.err) == (2, True), ran.text
    assert gateway(town, "--yes", "--preview").code == 2
    assert rows(town)[:2] == [0, 0]
    assert [one["kind"] for one in events(town)].count("enrolment_previewed") == 0
    code, said = at_a_terminal(town, "n\n")
    assert (code, "30 of the 30 people" in said, "not sealed" in said) == (5, True, True), said
    assert rows(town)[:2] == [0, 0]
    code, said = at_a_terminal(town, "y\n")
    assert (code, "sealed: 30 people" in said) == (0, True), said
    assert rows(town)[:2] == [30, 1]
    code, said = at_a_terminal(town, "")  # nobody is asked for what is done
    assert (code, "sealed already, nothing changed" in said) == (0, True), said


def test_a_preview_on_the_command_line(town: SimulatedMunicipality):
    ran = gateway(town, "--preview")
    assert (ran.code, "30 of the 30 people that it names" in ran.out) == (0, True), ran.text
    assert "notice-2018-1: 30 people" in ran.out
    spoil(town, line_4="{cpr};2018-10-01;SAG-0002;notice-2018-1")
    ran = gateway(town, "--preview")
    assert ran.code == 5, ran.text
    assert "line 3: case reference twice in the list" in ran.out
    assert "line 4: case reference twice in the list" in ran.out
    assert "SAG-0002" not in ran.text
    assert rows(town)[:2] == [0, 0]
    ran = gateway(town, "--yes")
    assert (ran.code, "(enrolment-refused)" in ran.err) == (5, True), ran.text
