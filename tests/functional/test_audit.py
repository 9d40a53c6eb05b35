"""An audit end to end: who may sample and see, that nobody can steer it, and what an investor then reads in the bundle.

Each attack has its positive control in the same test or in `test_the_whole_road`.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlmodel import delete, select

from connectors.errors import FileNameMismatch, RowsNotShown
from connectors.records import Week
from gateway import correction, plain_danish, pulling
from gateway.audit import countersigning, findings, sampling, showing
from gateway.audit.findings import Deviation, items_body
from gateway.audit_errors import (
    AuditRefused,
    CountersignatureRefused,
    CountersignaturesCorrupt,
    SampleUnknown,
)
from gateway.installation import Gateway
from gateway.oversight import verify_logs
from gateway.release import release
from gateway.rights import erasure
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.rights_events import ErasureRepeated
from gateway.settings import Settings
from gateway.store.audit_tables import AuditItem, AuditSample, CountersignatureRow
from gateway.store.rights_tables import ErasureRow
from gateway.store.tables import LogEntry, PersonLineRow, Subject
from outcome_verifier import canonical, countersignature, endorsement
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from policies.programme import load_programme
from policies.vocabulary import Role
from tests.functional.test_traps import Clock
from tests.support import auditing
from tests.support.auditing import AUDITOR, NONCE, ORGANISATION, WINDOW, Screen
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.parties import party_key
from tests.support.simulated import acting

TODAY = date(2030, 1, 1)
PAYMENT = ("payment_document", "operator")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """With an appointed auditor, and the first window released."""
    town = ready(tmp_path_factory.mktemp("audit"), clock=Clock(TODAY))
    auditing.appoint(town)
    town.release(WINDOW, *PAYMENT)
    town.gateway.store.dispose()
    return town


@pytest.fixture
def town(original: SimulatedMunicipality, tmp_path: Path) -> SimulatedMunicipality:
    shutil.copytree(original.data_directory, tmp_path / "gateway")
    gateway = Gateway.open(Settings(data_directory=tmp_path / "gateway"), clock=Clock(TODAY))
    return replace(original, gateway=gateway, folder=tmp_path)


@pytest.fixture
def sample(town: SimulatedMunicipality) -> str:
    """Drawn and approved."""
    drawn = auditing.draw(town).sample.id
    auditing.approve(town, drawn)
    return drawn


def subjects(town: SimulatedMunicipality, sample: str) -> list[str]:
    """Who was drawn, by item."""
    with town.gateway.store.read() as session:
        return [one.subject_id for one in sampling.items(session, sample)]


def reference(town: SimulatedMunicipality, subject: str) -> str:
    with town.gateway.store.read() as session:
        return session.get_one(Subject, subject).case_reference


def numbers(town: SimulatedMunicipality) -> dict[str, str]:
    """Case reference -> CPR number, from the municipality's own list."""
    rows = [line.split(";") for line in town.drop.referrals.read_text().splitlines()[1:]]
    return {row[2]: row[0].replace("-", "") for row in rows}


def event(town: SimulatedMunicipality, kind: str) -> dict[str, object]:
    """The newest event of a kind."""
    with town.gateway.store.read() as session:
        rows = session.exec(select(LogEntry).where(LogEntry.log == "access", LogEntry.kind == kind)).all()
    return json.loads(max(rows, key=lambda row: row.idx).body)


def register(town: SimulatedMunicipality, subject: str, kind: RecordKind) -> None:
    who = Who(case_reference=reference(town, subject))
    begin(acting(town.gateway, "clara"), town.contract, who, NewRecord(kind, Channel.LETTER), role=Role.CASE_WORKER)


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
    assert len(set(subjects(town, drawn.sample.id))) == drawn.people == drawn.sample.population == 30


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
    town.gateway.clock.move(1)  # type: ignore[attr-defined]
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
    town.gateway.clock.move(showing.APPROVAL_DAYS)  # type: ignore[attr-defined]
    assert auditing.look(town, drawn).people  # positive control: on the last day
    town.gateway.clock.move(1)  # type: ignore[attr-defined]
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
    assert all(rows > 0 and shown.evidence.spells and shown.evidence.measures for shown, rows in looked.people)
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


# what is found


def test_a_finding_needs_a_look_and_is_of_the_window(town: SimulatedMunicipality, sample: str):
    auditor, code = acting(town.gateway, AUDITOR), Deviation.OTHER_CODE
    first, after = Week.parse("2018-W40"), Week.parse("2019-W01")
    with pytest.raises(AuditRefused, match="not shown yet"):
        findings.find(auditor, sample, 1)
    auditing.look(town, sample)
    refused = [
        (9, None, []),
        (1, None, [(first, first)]),
        (1, code, []),
        (1, code, [(first, after)]),
        (1, code, [(first + 1, first)]),
    ]
    for item, deviation, weeks in refused:
        with pytest.raises(AuditRefused):
            findings.find(auditor, sample, item, deviation=deviation, weeks=weeks)
    with pytest.raises(AuditRefused, match="item 1, 2, 3, 4"):
        auditing.close(town, sample)
    findings.find(auditor, sample, 1, deviation=code, weeks=[(first, first + 2)])


def test_one_deviation_is_a_deviation_and_a_closed_sample_stays_closed(town: SimulatedMunicipality, sample: str):
    auditing.look(town, sample)
    auditing.find_all(town, sample, deviating=(3,))
    closed = auditing.close(town, sample)
    said = json.loads(closed.findings)
    assert (said["verdict"], said["auditor"], said["sample"]["size"]) == ("deviations", ORGANISATION, 4)
    assert auditing.close(town, sample) == closed
    with pytest.raises(AuditRefused, match="closed"):
        findings.find(acting(town.gateway, AUDITOR), sample, 3)
    with pytest.raises(AuditRefused, match="closed"):
        auditing.approve(town, sample)
    with pytest.raises(PolicyDenied, match="P93-sample-approved"):
        auditing.look(town, sample)


def test_what_is_signed_names_nobody_and_tells_no_reason(town: SimulatedMunicipality, sample: str):
    auditing.look(town, sample)
    auditing.find_all(town, sample, deviating=(1, 3))
    closed = auditing.close(town, sample)
    with town.gateway.store.read() as session:
        bodies = "".join(session.exec(select(LogEntry.body).where(LogEntry.log == "access")))
    told = closed.findings.decode() + closed.items.decode()
    for subject in subjects(town, sample):
        assert subject not in told + bodies
        assert reference(town, subject) not in told + bodies
    assert Deviation.OTHER_CODE not in told + bodies
    assert set(json.loads(closed.findings)) == {"auditor", "sample", "verdict"}


# the countersignature


def test_the_whole_road(town: SimulatedMunicipality):
    """The recipient gets the bundle again and reads, offline, that somebody independent looked."""
    released = town.release(WINDOW, *PAYMENT)
    assert town.verified(released.bundle).countersignatures == ()
    token = auditing.signed(town, auditing.audited(town), released)
    assert auditing.take(town, token) == "agreed"
    assert countersigning.take(town.gateway, token)[1] is False
    [found] = town.verified(town.release(WINDOW, *PAYMENT).bundle).countersignatures
    assert (found.verdict, found.auditor, found.size, found.population) == ("agreed", ORGANISATION, 4, 30)
    assert found.kid == party_key(ORGANISATION).kid
    verify_logs(town.gateway)


def test_deviations_are_taken_and_never_give_way_to_an_agreement(town: SimulatedMunicipality):
    """Attack: hiding what was found, by another draw or by deleting the row."""
    released = town.release(WINDOW, *PAYMENT)
    agreed = auditing.signed(town, auditing.audited(town), released)
    auditing.take(town, agreed)
    found = auditing.signed(town, auditing.audited(town, deviating=(1,), nonce="ab" * 32), released)
    assert auditing.take(town, found) == "deviations"
    later = auditing.signed(town, auditing.audited(town, nonce="cd" * 32), released)
    with pytest.raises(CountersignatureRefused, match="already"):
        auditing.take(town, later)
    bundle = town.release(WINDOW, *PAYMENT).bundle
    assert [one.verdict for one in town.verified(bundle).countersignatures] == ["deviations"]
    assert Deviation.OTHER_CODE.encode() not in bundle
    with town.gateway.store.alone() as connection:
        connection.execute(delete(CountersignatureRow).where(CountersignatureRow.verdict == "deviations"))
    with pytest.raises(CountersignaturesCorrupt):
        town.release(WINDOW, *PAYMENT)


def resigned(town: SimulatedMunicipality, token: str, *, by: str = ORGANISATION, **changes: object) -> str:
    """The same statement with other claims, or by another key."""
    said = endorsement.read(token, typ=countersignature.TYPE, shapes=countersignature._SHAPES).claims
    return endorsement.sign(party_key(by), typ=countersignature.TYPE, claims={**said, **changes})


def test_a_countersignature_that_is_not_the_auditors_is_refused(town: SimulatedMunicipality):
    released = town.release(WINDOW, *PAYMENT)
    token = auditing.signed(town, auditing.audited(town, deviating=(2,)), released)
    sample = endorsement.read(token, typ=countersignature.TYPE, shapes=countersignature._SHAPES).claims["sample"]
    wrong = {
        "no auditor": resigned(town, token, by="a stranger"),
        "no auditor whom": resigned(town, token, by="fokus-folkeoplysning"),
        "something else": resigned(town, token, verdict="agreed"),
        "something else than": resigned(town, token, sample={**sample, "size": 3}),
        "something else than what": resigned(town, token, auditor="another"),
        "no attestation": resigned(town, token, attestation={"jti": "urn:uuid:" + "0" * 36, "sha256": "0" * 64}),
        "another contract": resigned(town, token, window="2019H1"),
        "the future": resigned(town, token, iat=int(town.gateway.clock().timestamp()) + 3600),
        "no countersignature": token[:-4],
        "it is no": "",
    }
    for reason, said in wrong.items():
        with pytest.raises(CountersignatureRefused, match=reason):
            auditing.take(town, said)
    assert auditing.take(town, token) == "deviations"


def test_an_auditor_without_a_key_cannot_countersign(tmp_path: Path):
    town = ready(tmp_path, clock=Clock(TODAY))
    auditing.appoint(town, key="")
    released = town.release(WINDOW, *PAYMENT)
    token = auditing.signed(town, auditing.audited(town), released)
    with pytest.raises(CountersignatureRefused, match="no auditor"):
        auditing.take(town, token)


def test_what_was_signed_in_time_is_taken_later_and_what_was_not_never(tmp_path: Path):
    town = ready(tmp_path, clock=Clock(TODAY))
    auditing.appoint(town, until=TODAY)
    released = town.release(WINDOW, *PAYMENT)
    token = auditing.signed(town, auditing.audited(town), released)
    town.gateway.clock.move(3)  # type: ignore[attr-defined]
    late = resigned(town, token, iat=int((town.gateway.clock() - timedelta(days=1)).timestamp()))
    with pytest.raises(CountersignatureRefused, match="appointment had ended"):
        auditing.take(town, late)
    assert auditing.take(town, token) == "agreed"


def test_a_corrected_attestation_keeps_its_own_and_the_new_one_has_none(town: SimulatedMunicipality):
    released = town.release("2019H1", *PAYMENT)
    open_still = auditing.draw(town, nonce="ab" * 32, window="2019H1").sample.id
    token = auditing.signed(town, auditing.audited(town, window="2019H1"), released)
    auditing.take(town, token)
    town.gateway.clock.move(1)  # type: ignore[attr-defined]
    again = town.folder / "again" / town.drop.income.name
    again.parent.mkdir()
    kept = [line for line in town.drop.income.read_text().splitlines() if ";2019-05;00;" not in line]
    again.write_text("\n".join(kept) + "\n")
    pulling.pull(town.gateway, town.contract, "income", again)
    [new] = correction.correct(town.gateway, town.contract, "2019H1", reason="source_corrected")
    old = json.loads(release(town.gateway, town.contract, "2019H1", *PAYMENT, revision=1).bundle)
    assert old["countersignatures"] == [token]
    assert town.verified(new.bundle).countersignatures == ()
    with pytest.raises(PolicyDenied, match="P92-attestation-stands"):
        findings.close(acting(town.gateway, AUDITOR), open_still)


# erasure


def erased(town: SimulatedMunicipality, subject: str) -> None:
    """As after a restore: the journal's person stands in the database again, and is erased again."""
    with town.gateway.store.write(town.gateway.clock()) as uow:
        mark = erasure.digest_of(subject)
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark, rows={}))
    assert erasure.repeat(town.gateway) == 1


def test_erasing_a_sampled_person_takes_the_link_and_leaves_what_was_signed(town: SimulatedMunicipality, sample: str):
    waiting = auditing.draw(town, size=5).sample.id
    auditing.approve(town, waiting)
    for one in (sample, waiting):
        auditing.look(town, one)
    auditing.find_all(town, sample, deviating=(1,))
    closed = auditing.close(town, sample)
    auditing.take(town, auditing.signed(town, closed, town.release(WINDOW, *PAYMENT)))
    subject = subjects(town, sample)[0]
    assert subjects(town, waiting)[0] == subject
    erased(town, subject)
    with town.gateway.store.read() as session:
        assert not session.exec(select(AuditItem).where(AuditItem.subject_id == subject)).all()
        everyone, row = sampling.items(session, sample), session.get_one(AuditSample, sample)
        emptied = everyone[0]
        assert (emptied.subject_id, emptied.salt, emptied.reason, emptied.weeks) == ("", b"", "", [])
        assert items_body(row, everyone) == closed.items
        assert all(findings.digest_of(one) == one.digest for one in everyone[1:])
    assert auditing.close(town, sample) == closed
    for item in (2, 3, 4, 5):
        findings.find(acting(town.gateway, AUDITOR), waiting, item)
    with pytest.raises(AuditRefused, match="erased"):
        findings.find(acting(town.gateway, AUDITOR), waiting, 1)
    left = auditing.close(town, waiting)
    assert (left.size, left.left_out) == (4, 1)
    [found] = town.verified(town.release(WINDOW, *PAYMENT).bundle).countersignatures
    assert found.verdict == "deviations"
    again = auditing.draw(town, size=29, nonce="ab" * 32)
    assert again.sample.not_drawn == {"erased": 1, "not_to_be_read": 0}
    assert again.sample.population == 30
    verify_logs(town.gateway)


def test_canonical_findings_are_what_the_verifier_reads(town: SimulatedMunicipality):
    closed = auditing.audited(town)
    assert canonical.dumps(json.loads(closed.findings)) + b"\n" == closed.findings


def test_people_are_told_that_an_auditor_may_look(original: SimulatedMunicipality):
    """Where the programme declares an audit, the leaflet says why; where it does not, that the data are not for it."""
    audited = (original.folder / "audited.programme.toml").read_bytes()
    plain = (original.folder / "impact60.programme.toml").read_bytes()
    with_audit, without = (load_programme(text, file="programme.toml") for text in (audited, plain))
    assert any("revisor" in why for _, why in plain_danish.purposes(with_audit))
    assert "revision" not in plain_danish.other_purposes(with_audit)
    assert "revision" in plain_danish.other_purposes(without)
