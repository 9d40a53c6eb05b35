"""Reading stops: in the midst of a read, and for a whole programme; each time a signed receipt says so.

The failure that these re-enact: a public feed that went on following people after their referral was withdrawn.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from connectors.base import Pulled
from gateway.contracts import declarations
from gateway.intake import pulling
from gateway.rights.people import Channel, NewRecord, Recorded, Who, begin, end
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.rights_tables import StopReceiptRow
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from policies.terms import Purpose, Role
from tests.functional.test_rights import claims_of
from tests.functional.test_traps import Clock
from tests.support.histories import EXAMPLES
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from tests.support.simulated import acting, simulated
from tests.support.stored import stored_postings, stored_spells

CASE = Role.CASE_WORKER
CONSENT = NewRecord(
    RecordKind.GDPR_CONSENT, Channel.LETTER, frozenset({Purpose.OUTCOME_PAYMENT}), notice="notice-2018-1"
)
NEEDS_CONSENT = ('requires = ["statutory_basis"]', 'requires = ["statutory_basis", "gdpr_consent"]')


def enrolled(folder: Path, database_url: str, *edits: tuple[str, str]) -> SimulatedMunicipality:
    """The small municipality, with everybody enrolled and nothing read."""
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=SMALL_CONTRACT,
        programme_edits=edits,
        database_url="" if database_url.startswith("sqlite") else database_url,
    )
    made.enrol()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def people(town: SimulatedMunicipality, count: int) -> list[tuple[Who, str]]:
    with town.gateway.store.read() as session:
        rows = session.exec(select(Subject).order_by(Subject.case_reference)).all()[:count]
    return [(Who(case_reference=row.case_reference), row.subject_id) for row in rows]


def objects(town: SimulatedMunicipality, who: Who) -> Recorded:
    return begin(town.gateway, town.contract, who, NewRecord(RecordKind.OBJECTION, Channel.PHONE), role=CASE)


def in_the_midst(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> list[Pulled]:
    """Let something happen once a file was read and before its rows are stored; what was read."""
    real, read = pulling.pull_file, []

    def slow(*arguments: Any, **named: Any) -> Pulled:
        pulled = real(*arguments, **named)
        read.append(pulled)
        if len(read) == 1:
            happens()
        return pulled

    monkeypatch.setattr(pulling, "pull_file", slow)
    return read


def rows_of(town: SimulatedMunicipality, subject: str) -> int:
    with town.gateway.store.read() as session:
        found = [*stored_spells(session), *stored_postings(session)]
    return sum(row.subject_id == subject for row in found)


def pulled_at(town: SimulatedMunicipality, subject: str) -> int:
    """When the person was asked for last, in seconds."""
    query = (
        select(LogEntry.at)
        .join(PersonLineRow, col(PersonLineRow.log_idx) == col(LogEntry.idx))
        .where(LogEntry.log == "access", LogEntry.kind == "pull_authorised", PersonLineRow.subject_id == subject)
    )
    with town.gateway.store.read() as session:
        return int(max(session.exec(query)).timestamp())


def test_an_objection_in_the_midst_of_a_read_wins_over_the_rows_that_were_read(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    town = enrolled(tmp_path, database_url)
    (who, subject), (_, other) = people(town, 2)
    done: list[Recorded] = []
    read = in_the_midst(monkeypatch, lambda: done.append(objects(town, who)))
    town.pull_all()
    assert any(spell.subject.value == subject for spell in read[0].spells)  # positive control: it was read
    assert rows_of(town, subject) == 0
    assert rows_of(town, other) > 0
    said = claims_of(town, done[0].stop_receipt, "stop-receipt+jwt")
    assert (said["record"], said["reasons"]) == (done[0].record, ["objected"])
    assert said["last_pull_at"] == pulled_at(town, subject) <= said["stopped_at"]
    with town.gateway.store.read() as session:
        [kept] = session.exec(select(StopReceiptRow)).all()
    assert (kept.record_id, kept.token) == (done[0].record, done[0].stop_receipt)
    town.gateway.store.dispose()


def test_a_withdrawal_in_the_midst_of_a_read_wins_over_the_rows_that_were_read(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Where the programme requires consent: who never gave one is not asked for, who withdraws is not stored."""
    town = enrolled(tmp_path, database_url, NEEDS_CONSENT)
    (who, subject), (faithful, other), (_, never) = people(town, 3)
    given = begin(town.gateway, town.contract, who, CONSENT, role=CASE)
    begin(town.gateway, town.contract, faithful, CONSENT, role=CASE)
    done: list[Recorded] = []

    def withdraws() -> None:
        done.append(end(town.gateway, town.contract, given.record, channel=Channel.DIGITAL_POST, role=CASE))

    read = in_the_midst(monkeypatch, withdraws)
    town.pull_all()
    assert {spell.subject.value for spell in read[0].spells} == {subject, other}
    assert {subject: rows_of(town, subject), never: rows_of(town, never)} == {subject: 0, never: 0}
    assert rows_of(town, other) > 0
    said = claims_of(town, done[0].stop_receipt, "stop-receipt+jwt")
    assert (said["record"], said["reasons"]) == (given.record, ["withdrawn"])
    assert said["last_pull_at"] == pulled_at(town, subject)
    town.gateway.store.dispose()


def test_where_the_last_person_objects_in_the_midst_of_a_read_nothing_is_stored_and_the_receipt_is_the_programmes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    town = enrolled(tmp_path, "", NEEDS_CONSENT)
    [(who, subject)] = people(town, 1)
    begin(town.gateway, town.contract, who, CONSENT, role=CASE)
    in_the_midst(monkeypatch, lambda: objects(town, who))
    with pytest.raises(PolicyDenied, match="P18"):
        pulling.pull(town.gateway, town.contract, "dream", town.drop.status)
    assert rows_of(town, subject) == 0
    with town.gateway.store.read() as session:
        kept = session.exec(select(StopReceiptRow).order_by(StopReceiptRow.record_id)).all()
    said = [claims_of(town, row.token, "stop-receipt+jwt")["reasons"] for row in kept]
    assert said == [["P18-subjects-covered"], ["objected"]]


ASSESSED = 'assessments = { dream = "15.20.00-G01-1-18, dok. 4" }\n'
PULL_GRANT = """[[grants]]
id = "municipality-pulls"
organisation = "aalborg-kommune"
role = "municipality"
action = "pull_source"

"""
# what the controller or time does -> rule of the receipt. `programme` and `source` replace texts, `day` moves the clock
ENDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the programme's last day for reading has passed": (
        {"programme": ("active = true\n", "active = true\npull_until = 2029-12-31\n")},
        ["P16-pull-open"],
    ),
    "the programme is suspended": (
        {"programme": ("active = true\n", "active = false\n")},
        ["P05-programme-active", "P16-pull-open"],
    ),
    "the purpose is none of the programme's any more": (
        {"programme": ('purposes = ["outcome-payment", ', "purposes = [")},
        ["P02-purpose-declared"],
    ),
    "the agreement has expired": ({"day": date(2031, 1, 1)}, ["P14-agreement-valid"]),
    "the agreement does not permit the purpose any more": (
        {"source": ('["outcome-evaluation", "outcome-payment"]', '["outcome-evaluation"]')},
        ["P15-agreement-purpose"],
    ),
    "the source is none of the programme's any more": (
        {"programme": (f'sources = ["dream", "income"]\n{ASSESSED}', 'sources = ["income"]\n')},
        ["P13-source-declared", "P19-purpose-assessed"],
    ),
    "the assessment of another purpose was taken back": (
        {"programme": (ASSESSED, "")},
        ["P19-purpose-assessed"],
    ),
    "the grant was taken away": (
        {"programme": (PULL_GRANT, "")},
        ["no-permit"],
    ),
}


@pytest.mark.parametrize("what", ENDS)
def test_whatever_ends_a_programme_stops_the_next_read_and_leaves_a_signed_receipt(tmp_path: Path, what: str):
    change, rules = ENDS[what]
    clock = Clock(date(2030, 1, 1))
    town = ready(tmp_path, clock=clock)
    with town.gateway.store.read() as session:
        last = max(session.exec(select(LogEntry.at).where(LogEntry.log == "access", LogEntry.kind == "pull_completed")))
    if "programme" in change:
        file = town.folder / "impact60.programme.toml"
        text = file.read_text()
        assert text.count(change["programme"][0]) == 1
        later = town.folder / "later.programme.toml"
        later.write_text(text.replace(*change["programme"]))
        proposal = declarations.propose_change(town.gateway, town.folder / "impact60.toml", later)
        declarations.approve_change(acting(town.gateway, "second"), proposal)
    if "source" in change:
        narrowed = tmp_path / "dream.toml"
        text = (EXAMPLES / "sources" / "dream.toml").read_text()
        assert change["source"][0] in text
        narrowed.write_text(text.replace(*change["source"]))
        declarations.declare_source(town.gateway, narrowed)
    if "day" in change:
        clock.now = datetime.combine(change["day"], datetime.min.time(), tzinfo=UTC)
    again = tmp_path / town.drop.status.name
    again.write_text(town.drop.status.read_text() + town.drop.status.read_text().splitlines()[-1] + "\n")
    before = len(lines(town))
    with pytest.raises(PolicyDenied) as refused:
        pulling.pull(town.gateway, town.contract, "dream", again)
    assert len(lines(town)) == before  # nobody was looked at
    with town.gateway.store.read() as session:
        [kept] = session.exec(select(StopReceiptRow)).all()
    said = claims_of(town, kept.token, "stop-receipt+jwt")
    assert said["reasons"] == rules == list(refused.value.decision.rule_ids)
    assert (said["contract"], said["source"], said["controller"]) == ("impact60", "dream", "aalborg-kommune")
    assert said["stopped_at"] == said["iat"] == int(clock.now.timestamp())
    status_pulls = [entry for entry in pulls(town) if entry[0] == "dream"]
    assert said["last_pull_at"] == max(at for _, at in status_pulls) <= int(last.timestamp())


def lines(town: SimulatedMunicipality) -> list[PersonLineRow]:
    with town.gateway.store.read() as session:
        return list(session.exec(select(PersonLineRow)))


def pulls(town: SimulatedMunicipality) -> list[tuple[str, int]]:
    """Source and second of every pull that was completed, from the log alone."""

    query = select(LogEntry).where(LogEntry.log == "access", LogEntry.kind == "pull_completed")
    with town.gateway.store.read() as session:
        return [(json.loads(row.body)["source"], int(row.at.timestamp())) for row in session.exec(query)]
