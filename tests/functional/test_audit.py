"""An audit end to end: who may sample and see, that nobody can steer it, and what an investor then reads in the bundle.

Each attack has its positive control in the same test or in `test_the_whole_road`.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from sqlmodel import select

from connectors.errors import FileNameMismatch, RowsNotShown
from gateway.errors.audit import AuditRefused, SampleUnknown
from gateway.installation.gateway import Gateway
from gateway.oversight.audit import findings, sampling, showing
from gateway.store.log_tables import PersonLineRow
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from tests.functional.test_traps import Clock
from tests.support import auditing
from tests.support.audit_town import (
    PAYMENT,
    TODAY,
    event,
    numbers,
    original,
    reference,
    register,
    sample,
    subjects,
    town,
)
from tests.support.auditing import AUDITOR, NONCE, WINDOW, Screen
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting

__all__ = ["original", "sample", "town"]


# the sample


def test_the_sample_is_the_one_that_a_slow_oracle_draws(town: SimulatedMunicipality):
    """From the signed attestation, the sealed roots and the nonce alone, by the rule as docs/audit.md states it."""
    drawn = auditing.draw(town, size=7)
    bundle = json.loads(town.release(WINDOW, *PAYMENT).bundle)
    jwt = bundle["attestation"].split("~")[0]
    verified = town.verified(town.release(WINDOW, *PAYMENT).bundle)
    roots = [seal["root"] for seal in sorted(verified.shown["cohort_seals"], key=lambda seal: seal["batch"])]
    parts = {"attestation": hashlib.sha256(jwt.encode()).hexdigest(), "nonce": NONCE, "roots": roots}
    seed = hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    with town.gateway.store.read() as session:
        everyone = session.exec(select(Subject.subject_id)).all()
    remaining, expected = set(everyone), []
    while len(expected) < 7:
        lowest = min(remaining, key=lambda one: hashlib.sha256(bytes.fromhex(seed + one)).digest())
        expected.append(lowest)
        remaining.remove(lowest)
    assert drawn.sample.seed == seed
    assert subjects(town, drawn.sample.id) == expected


def test_the_same_inputs_give_the_same_sample_and_no_second_draw(town: SimulatedMunicipality):
    first = auditing.draw(town)
    again = auditing.draw(town, nonce=NONCE.upper())
    assert (again.sample.id, again.is_new) == (first.sample.id, False)
    assert event(town, "audit_sample_drawn")["again"] is True


def test_choosing_size_or_nonce_after_seeing_is_seen(town: SimulatedMunicipality):
    """Attack: drawing until it fits. A larger sample only adds people, and each draw is numbered where it is signed."""
    first = auditing.draw(town, size=4)
    larger = auditing.draw(town, size=9)
    other = auditing.draw(town, nonce="ab" * 16)
    assert subjects(town, larger.sample.id)[:4] == subjects(town, first.sample.id)
    assert subjects(town, other.sample.id) != subjects(town, first.sample.id)
    assert [one.sample.position for one in (first, larger, other)] == [1, 2, 3]
    assert event(town, "audit_sample_drawn")["position"] == 3
    auditing.approve(town, other.sample.id)
    auditing.look(town, other.sample.id)
    auditing.find_all(town, other.sample.id)
    closed = auditing.close(town, other.sample.id)
    assert json.loads(closed.findings)["sample"]["draw"] == 3, "whoever reads the bundle sees that two came before"
    assert json.loads(closed.findings)["sample"]["items_sha256"] == hashlib.sha256(closed.items).hexdigest()


def test_nobody_is_drawn_twice_even_where_everybody_is(town: SimulatedMunicipality):
    drawn = auditing.draw(town, size=30)
    assert len(set(subjects(town, drawn.sample.id))) == drawn.sample.people == drawn.sample.population == 30


def test_a_sample_that_makes_no_sense_is_refused(town: SimulatedMunicipality):
    odd = "5f5" * 16 + "5"
    for size, nonce in ((0, NONCE), (31, NONCE), (4, ""), (4, "5f" * 15), (4, "5f" * 65), (4, "zz" * 32), (4, odd)):
        with pytest.raises(AuditRefused):
            auditing.draw(town, size=size, nonce=nonce)


def test_who_objected_is_not_drawn_and_is_counted(town: SimulatedMunicipality):
    """The rows of whoever objected are shown to nobody; whoever left was read until then, and can be drawn."""
    with town.gateway.store.read() as session:
        people = session.exec(select(Subject.subject_id).order_by(Subject.case_reference)).all()
    register(town, people[0], RecordKind.OBJECTION)
    register(town, people[1], RecordKind.RESTRICTION)
    register(town, people[2], RecordKind.EXIT)
    with pytest.raises(AuditRefused, match="1 to 28"):
        auditing.draw(town, size=29)
    drawn = auditing.draw(town, size=28)
    assert set(people) - set(subjects(town, drawn.sample.id)) == set(people[:2])
    assert drawn.sample.not_drawn == {"erased": 0, "not_to_be_read": 2}
    assert drawn.sample.population == 30


# who may


STEPS: dict[str, Callable[[SimulatedMunicipality, Gateway, str], object]] = {
    "draw": lambda town, as_whom, _: sampling.draw(as_whom, town.contract, WINDOW, *PAYMENT, size=2, nonce="cd" * 32),
    "rows": lambda town, as_whom, sample: showing.show(
        as_whom, sample, auditing.sources(town), on=Screen(), begin=lambda _: None, tell=lambda *_: None
    ),
    "find": lambda town, as_whom, sample: findings.find(as_whom, sample, 1),
    "close": lambda town, as_whom, sample: findings.close(as_whom, sample),
}


def test_nobody_but_the_auditor_takes_a_step_of_an_audit(town: SimulatedMunicipality, sample: str):
    for step, other in product(STEPS.values(), ("ole", "dorte", "somebody")):
        with pytest.raises(PolicyDenied, match="P42-appointment"):
            step(town, acting(town.gateway, other), sample)


def test_an_expired_appointment_opens_nothing(tmp_path: Path):
    town = ready(tmp_path, clock=Clock(TODAY))
    auditing.appoint(town, until=TODAY)
    town.release(WINDOW, *PAYMENT)
    drawn = auditing.draw(town).sample.id  # positive control: on the last day
    auditing.approve(town, drawn)
    town.gateway.clock.move(1)
    for step in STEPS.values():
        with pytest.raises(PolicyDenied, match="P42-appointment"):
            step(town, acting(town.gateway, AUDITOR), drawn)


def test_rows_need_another_persons_approval_that_is_in_force(town: SimulatedMunicipality):
    drawn = auditing.draw(town).sample.id
    with pytest.raises(PolicyDenied, match="P93-sample-approved"):
        auditing.look(town, drawn)
    for somebody, rule in ((AUDITOR, "P64-second-person"), ("dorte", "P42-appointment")):
        with pytest.raises(PolicyDenied, match=rule):
            showing.approve(acting(town.gateway, somebody), drawn)
    auditing.approve(town, drawn)
    town.gateway.clock.move(showing.APPROVAL_DAYS)
    assert auditing.look(town, drawn).people  # positive control: on the last day
    town.gateway.clock.move(1)
    with pytest.raises(PolicyDenied, match="P93-sample-approved"):
        auditing.look(town, drawn)


def test_an_approval_of_one_sample_opens_no_other(town: SimulatedMunicipality, sample: str):
    other = auditing.draw(town, nonce="ab" * 32).sample.id
    with pytest.raises(PolicyDenied, match="P93-sample-approved"):
        auditing.look(town, other)


def test_only_an_attestation_that_is_issued_is_audited(town: SimulatedMunicipality):
    with pytest.raises(PolicyDenied, match="P92-attestation-stands"):
        auditing.draw(town, window="2019H1")
    with pytest.raises(SampleUnknown):
        auditing.look(town, "another")


# the rows


def test_the_rows_of_the_sampled_are_shown_and_nobody_elses(town: SimulatedMunicipality, sample: str):
    looked = auditing.look(town, sample)
    drawn = subjects(town, sample)
    mine = {numbers(town)[reference(town, subject)] for subject in drawn}
    assert [shown.case_reference for shown, _ in looked.people] == [reference(town, subject) for subject in drawn]
    assert all(number in looked.screen for number in mine)
    assert not any(number in looked.screen for number in set(numbers(town).values()) - mine)
    assert all(rows > 0 and shown.counted.spells and shown.counted.measures for shown, rows in looked.people)
    assert "y_1840" in looked.screen
    assert "y_1901" not in looked.screen  # behind the window: nothing that the attestation does not rest on
    assert (looked.opening.missing, looked.opening.left_out) == ((), ())


def test_each_person_who_is_shown_has_a_line_and_nobody_else(town: SimulatedMunicipality, sample: str):
    auditing.look(town, sample, only=(2,))
    assert event(town, "source_rows_opened")["items"] == [2]
    with town.gateway.store.read() as session:
        lines = [row for row in session.exec(select(PersonLineRow)) if '"audit_rows"' in row.body]
    assert [row.subject_id for row in lines] == [subjects(town, sample)[1]]
    assert '"purpose":"audit"' in lines[0].body


def test_rows_go_to_no_pipe_and_no_file(town: SimulatedMunicipality, sample: str):
    """Attack: `gateway audit rows … > rows.txt`. That it was tried is logged; positive control: `auditing.look`."""
    pipe, told = io.StringIO(), []
    with pytest.raises(RowsNotShown):
        showing.show(
            acting(town.gateway, AUDITOR),
            sample,
            auditing.sources(town),
            on=pipe,
            begin=told.append,
            tell=lambda *shown: told.append(shown),
        )
    assert (pipe.getvalue(), told) == ("", [])
    assert event(town, "not_done")["error"] == RowsNotShown.code
    with town.gateway.store.read() as session:
        assert not [one for one in sampling.items(session, sample) if one.shown_at]


def test_a_changed_file_is_named_and_so_is_one_that_is_not_laid(town: SimulatedMunicipality, sample: str):
    changed = town.folder / "changed" / town.drop.income.name
    changed.parent.mkdir()
    changed.write_bytes(town.drop.income.read_bytes() + town.drop.income.read_bytes().splitlines(keepends=True)[-1])
    looked = auditing.look(town, sample, [changed])
    [laid] = looked.opening.files
    assert laid.file.pulled_at is None
    assert looked.opening.missing == (town.drop.status.name, town.drop.income.name)
    assert event(town, "source_rows_opened")["unknown_files"] == 1
    same = auditing.look(town, sample).opening
    assert all(laid.file.pulled_at and not laid.file.is_later for laid in same.files)  # positive control


def test_a_file_of_no_source_is_refused(town: SimulatedMunicipality, sample: str):
    strange = town.folder / "notes.csv"
    strange.write_text("PNR\n")
    with pytest.raises(FileNameMismatch):
        auditing.look(town, sample, [strange])


def test_somebody_protected_is_shown_without_number_and_case_reference(town: SimulatedMunicipality):
    """They can be drawn, or an error could hide among them; what identifies them is not what an auditor needs."""
    drawn = auditing.draw(town).sample.id
    subject = subjects(town, drawn)[1]
    mine = reference(town, subject)
    register(town, subject, RecordKind.PROTECTION)
    auditing.approve(town, drawn)
    looked = auditing.look(town, drawn)
    assert [shown.case_reference for shown, _ in looked.people].count("") == 1
    assert mine not in repr(looked.people)
    assert numbers(town)[mine] not in looked.screen
    assert "(protected)" in looked.screen
    assert looked.people[1][1] > 1  # positive control: the rows themselves are there


def test_an_objection_after_the_draw_is_obeyed_and_the_item_left_out(town: SimulatedMunicipality, sample: str):
    subject = subjects(town, sample)[0]
    mine = numbers(town)[reference(town, subject)]
    register(town, subject, RecordKind.OBJECTION)
    looked = auditing.look(town, sample)
    assert looked.opening.left_out == (1,)
    assert mine not in looked.screen
    with pytest.raises(AuditRefused, match="nobody is left"):
        auditing.look(town, sample, only=(1,))
    for item in (2, 3, 4):
        findings.find(acting(town.gateway, AUDITOR), sample, item)
    closed = auditing.close(town, sample)
    assert (closed.size, closed.left_out, closed.verdict) == (3, 1, "agreed")
