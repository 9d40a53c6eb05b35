"""What an auditor finds and signs, how it comes into the bundle, and what an erasure leaves of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import delete, select

from gateway.errors.audit import AuditRefused, CountersignatureRefused, CountersignaturesCorrupt
from gateway.intake import pulling
from gateway.oversight.audit import countersigning, findings, sampling
from gateway.oversight.audit.findings import Deviation, items_body
from gateway.oversight.log_reading import verify_logs
from gateway.release import correction
from gateway.release.releasing import release
from gateway.store.audit_tables import AuditItem, AuditSample, CountersignatureRow
from gateway.store.log_tables import LogEntry
from gateway.wording import plain_danish
from outcome_verifier import canonical, countersignature, endorsement
from policies.errors import PolicyDenied
from policies.programme_file import load_programme
from tests.functional.test_traps import Clock
from tests.support import auditing
from tests.support.audit_town import (
    PAYMENT,
    TODAY,
    erased,
    original,
    reference,
    sample,
    subjects,
    town,
)
from tests.support.auditing import AUDITOR, ORGANISATION, WINDOW
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.parties import party_key
from tests.support.simulated import acting
from vocabulary.weeks import Week

__all__ = ["original", "sample", "town"]


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
    assert countersigning.take(town.gateway, token).is_new is False
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
    town.gateway.clock.move(3)
    late = resigned(town, token, iat=int((town.gateway.clock() - timedelta(days=1)).timestamp()))
    with pytest.raises(CountersignatureRefused, match="appointment had ended"):
        auditing.take(town, late)
    assert auditing.take(town, token) == "agreed"


def test_a_corrected_attestation_keeps_its_own_and_the_new_one_has_none(town: SimulatedMunicipality):
    released = town.release("2019H1", *PAYMENT)
    open_still = auditing.draw(town, nonce="ab" * 32, window="2019H1").sample.id
    token = auditing.signed(town, auditing.audited(town, window="2019H1"), released)
    auditing.take(town, token)
    town.gateway.clock.move(1)
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
