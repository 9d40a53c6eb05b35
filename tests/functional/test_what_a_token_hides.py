"""What a token says of its inputs, and of when they froze, tells of nobody; an auditor in the municipality can check.

Equal digests of two tokens would tell that nothing changed between them, and unequal ones that something did; an
instant would tell when the last file came in, or a code was explained.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from gateway.oversight.audit.recomputing import Recomputed, RecomputedCommitments, recompute
from gateway.release import correction, drafting, statements
from gateway.store.tables import PullRow
from outcome_verifier import sdjwt
from policies.errors import PolicyDenied
from tests.functional.test_correction import LAST, PAYMENT, TOTAL, mend
from tests.functional.test_settlement import pull_less_income
from tests.functional.test_statements import said
from tests.functional.test_traps import Clock
from tests.support.audit_town import erased, event, original, subjects, town
from tests.support.auditing import AUDITOR, WINDOW, appoint, draw
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting

__all__ = ["original", "town"]

EARLIER = ("2019H1", "2019H2", "2020H1")
OPERATOR_TOTAL = (TOTAL[0], "operator")


def shown(town: SimulatedMunicipality, window: str, template: str, recipient: str) -> dict[str, Any]:
    """Everything that a recipient is shown."""
    verified = town.verified(town.release(window, template, recipient).bundle)
    return {**verified.claims, **verified.shown}


def release_earlier(town: SimulatedMunicipality) -> None:
    for window in (*EARLIER, LAST):
        town.release(window, *PAYMENT)


def checked(town: SimulatedMunicipality, window: str, template: str, recipient: str) -> RecomputedCommitments:
    return recompute(acting(town.gateway, AUDITOR), town.contract, window, template, recipient)


OWN = {"jti", "status", "policy", "_sd", "recipient", "method", "not_counted"}  # the last is for the operator alone


def test_two_releases_of_equal_data_have_unequal_digests_and_nothing_else_differs(town: SimulatedMunicipality):
    release_earlier(town)
    investor, operator = shown(town, LAST, *TOTAL), shown(town, LAST, *OPERATOR_TOTAL)
    digests = {one["method"]["inputs_sha256"] for one in (investor, operator)}
    assert len(digests) == 2
    mine, theirs = ({name: value for name, value in one.items() if name not in OWN} for one in (investor, operator))
    assert mine == theirs
    mine, theirs = (one["method"] | {"inputs_sha256": ""} for one in (investor, operator))
    assert mine == theirs


def test_without_the_salt_they_would_be_equal(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    """Positive control."""
    release_earlier(town)
    monkeypatch.setattr(drafting, "salted_digest", lambda digest, salt: digest)
    investor, operator = shown(town, LAST, *TOTAL), shown(town, LAST, *OPERATOR_TOTAL)
    assert investor["method"] == operator["method"]


def test_each_release_has_a_salt_of_its_own_and_hands_it_to_nobody(town: SimulatedMunicipality):
    release_earlier(town)
    salts = [json.loads(row.draft)["inputs_salt"] for row in town.rows()]
    assert len(set(salts)) == len(salts) == 5
    assert {len(bytes.fromhex(salt)) for salt in salts} == {16}
    for row, salt in zip(town.rows(), salts, strict=True):
        token = sdjwt.parse(json.loads(row.bundle or b"")["attestation"])
        assert salt not in json.dumps([token.token.payload, sdjwt.disclosed_claims(token)])
        assert salt.encode() not in (row.bundle or b"")


def test_the_auditor_computes_again_what_was_signed(town: SimulatedMunicipality):
    found = checked(town, WINDOW, *PAYMENT)
    assert found.inputs is Recomputed.SAME
    assert found.inputs_sha256 == shown(town, WINDOW, *PAYMENT)["method"]["inputs_sha256"]
    assert event(town, "commitments_recomputed")["inputs"] == "same"
    assert event(town, "evaluated")["purpose"] == "audit"
    with pytest.raises(PolicyDenied):  # the settlement officer is no auditor
        recompute(acting(town.gateway, "ole"), town.contract, WINDOW, *PAYMENT)
    with pytest.raises(PolicyDenied, match="P92"):
        checked(town, LAST, *PAYMENT)


def test_what_was_corrected_and_what_came_before_are_computed_again_alike(town: SimulatedMunicipality):
    release_earlier(town)
    town.release(LAST, *TOTAL)
    pull_less_income(town, ("2020-10", "2020-11"))
    correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    for window, template, recipient in ((LAST, *TOTAL), (LAST, *PAYMENT), (WINDOW, *PAYMENT)):
        found = checked(town, window, template, recipient)
        assert (found.inputs, found.plan) == (Recomputed.SAME, Recomputed.SAME)
    assert [row.revision for row in town.rows() if row.window == LAST] == [1, 1, 2, 2]


def edit(town: SimulatedMunicipality, statement: str, *values: object) -> None:
    """As somebody with the database would, past every use case."""
    with sqlite3.connect(town.data_directory / "gateway.sqlite") as database:
        assert database.execute(statement, values).rowcount == 1


def test_whoever_edits_the_salt_is_found(town: SimulatedMunicipality):
    [row] = town.rows()
    draft = json.loads(row.draft) | {"inputs_salt": "00" * 16}
    edit(town, "UPDATE releaserow SET draft = ?", json.dumps(draft).encode())
    assert checked(town, WINDOW, *PAYMENT).inputs is Recomputed.NOT_OPENED


def test_whoever_moves_the_instant_is_found(town: SimulatedMunicipality):
    edit(town, "UPDATE releaserow SET known_at = known_at + 1")
    assert checked(town, WINDOW, *PAYMENT).inputs is Recomputed.NOT_OPENED


def test_whoever_edits_what_is_known_of_a_person_is_found(town: SimulatedMunicipality):
    [one] = subjects(town, draw(town, size=1).sample.id)
    edit(town, "UPDATE subject SET enrolled_on = date(enrolled_on, '-1 day') WHERE subject_id = ?", one)
    assert checked(town, WINDOW, *PAYMENT).inputs is Recomputed.DIFFERS


def test_after_an_erasure_the_log_alone_is_asked(town: SimulatedMunicipality):
    [one] = subjects(town, draw(town, size=1).sample.id)
    erased(town, one)
    assert checked(town, WINDOW, *PAYMENT).inputs is Recomputed.NOT_COMPUTED


def test_the_command_says_it(tmp_path: Path):
    town = ready(tmp_path)
    appoint(town)
    town.release(WINDOW, *PAYMENT)
    ran = run("audit", "recompute", town.contract, WINDOW, environment={**town.environment, "GATEWAY_STAFF": AUDITOR})
    assert ran.code == 0, ran.err
    assert ran.out.count("computed again, and the same") == 2


def midnight(instant: datetime) -> int:
    return int(datetime.combine(instant.date(), time.min, tzinfo=UTC).timestamp())


def test_a_token_shows_a_day_and_no_time_of_day(town: SimulatedMunicipality):
    with town.gateway.store.read() as session:
        pulled = max(one.known_at for one in session.exec(select(PullRow)))
    town.gateway.clock.now += timedelta(hours=13, minutes=37, seconds=11)
    release_earlier(town)
    mine = shown(town, LAST, *TOTAL)
    assert mine["sources"]["known_at"] == mine["iat"] == mine["nbf"] == midnight(pulled)
    assert json.loads(town.release(LAST, *TOTAL).bundle)["logged_at"] > mine["iat"], "when it was signed the log says"
    mend(town)
    town.gateway.clock.now += timedelta(days=2)
    correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    again = shown(town, LAST, *TOTAL)
    assert again["supersedes"]["jti"] == mine["jti"]
    assert again["iat"] == again["sources"]["known_at"] == midnight(town.gateway.clock.now) > mine["iat"]


def test_a_statement_about_single_people_shows_a_day_too(tmp_path: Path):
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    town.gateway.clock.now += timedelta(hours=7)
    with town.gateway.store.read() as session:
        pulled = max(one.known_at for one in session.exec(select(PullRow)))
        planned = town.gateway.contract(session, town.contract).statements
    said_on = {said(town, statements.state(town.gateway, town.contract, one.window).token)["iat"] for one in planned}
    assert said_on == {midnight(pulled)}


def test_no_header_says_when_it_was_signed(town: SimulatedMunicipality):
    town.gateway.clock.now += timedelta(hours=5)
    release_earlier(town)
    for row in town.rows():
        token = sdjwt.parse(json.loads(row.bundle or b"")["attestation"]).token
        assert token.header["iat"] == token.payload["iat"] == token.payload["nbf"]
        assert token.payload["iat"] % 86_400 == 0


def test_a_correction_of_the_creditors_document_moves_no_slot_of_anybody_else(town: SimulatedMunicipality):
    """What is released later counts with the correction, and says the slot of its own window all the same."""
    slot = shown(town, WINDOW, *PAYMENT)["iat"]
    town.release(EARLIER[0], *PAYMENT)
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, town.contract, EARLIER[0], reason="source_corrected")
    town.gateway.clock.now += timedelta(days=1)
    assert shown(town, EARLIER[0], *TOTAL)["iat"] == slot
    [row] = [one for one in town.rows() if one.template == TOTAL[0]]
    assert row.known_at > datetime(2029, 12, 31, tzinfo=UTC), "it rests on what was known at the correction"
