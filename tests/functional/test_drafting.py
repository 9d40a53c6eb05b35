"""What is committed before anything is signed: each column of an intent, against what it must be by itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import cast

import pytest
from sqlmodel import Session, select

from gateway.attestations import metadata
from gateway.evaluation.cohort import histories
from gateway.evaluation.erased import left_by_erased
from gateway.events.rights import ErasureRepeated
from gateway.installation.authority import Authorised
from gateway.installation.gateway import Gateway
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.results import person_result
from gateway.release import correction, drafting, planning
from gateway.rights import erasure
from gateway.store.log_tables import DecisionRow, LogEntry, PersonLineRow
from gateway.store.rights_tables import ErasureRow
from gateway.store.tables import Batch, PullRow, ReleaseRow
from tests.functional.test_correction import LAST, PAYMENT, TOTAL
from tests.functional.test_settlement import WEEKS, pull_less_income
from tests.functional.test_traps import Clock
from tests.support.money import owed_at
from tests.support.municipality import SimulatedMunicipality, ready
from vocabulary.releases import Recipient, Template

EARLIER = ("2018H2", "2019H1", "2019H2", "2020H1")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """Somebody is erased; every payment document up to 2020H2, with a correction of the second, and two totals; then a
    correction of the last window, in part.
    """
    town = ready(tmp_path_factory.mktemp("drafting"), clock=Clock(date(2030, 1, 1)))
    erase_whoever_worked_most_and_is_out(town)
    for window in EARLIER[:2]:
        town.release(window, *PAYMENT)
    pull_less_income(town, ("2019-05", "2019-06"))
    correction.correct(town.gateway, town.contract, EARLIER[1], reason="source_corrected")
    for window in EARLIER[2:]:
        town.release(window, *PAYMENT)
    town.release("2020H1", *TOTAL)
    town.release(LAST, *PAYMENT)
    town.release(LAST, *TOTAL)
    town.release(LAST, "contract_total", "operator")
    pull_less_income(town, ("2019-05", "2019-06", "2020-10", "2020-11", "2020-12"))
    correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    return town


def erase_whoever_worked_most_and_is_out(town: SimulatedMunicipality) -> None:
    """By the way of a restored backup, which erases without deciding again. What was counted stays in the totals."""
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        programme = town.gateway.programme(session, town.contract)
        cohort = histories(session, contract, programme, known_at=town.gateway.clock())
    [weeks] = [measure for measure in contract.measures if measure.kind == "weeks"]
    people, last = contract.people_measure, contract.window(LAST).to_week
    assert people is not None
    out = [one for one in cohort if not person_result(contract, people, one, last).quantity]
    most = max(out, key=lambda one: person_result(contract, weeks, one, last).quantity)
    mark = erasure.digest_of(most.subject)
    with town.gateway.write() as uow:
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark))
    assert erasure.repeat(town.gateway) == 1


def row_of(town: SimulatedMunicipality, window: str, template: str, recipient: str, revision: int = 1) -> ReleaseRow:
    wanted = (window, template, recipient, revision)
    [row] = [row for row in town.rows() if (row.window, row.template, row.recipient_role, row.revision) == wanted]
    return row


def slot_of(town: SimulatedMunicipality, row: ReleaseRow) -> int:
    """Midnight of the day on which everything had come, or of a correction. That another one came between, and counts,
    does not show."""
    with town.gateway.store.read() as session:
        pulled = min(one.known_at for one in session.exec(select(PullRow)))  # all at once; then what is corrected
    day = row.intended_at.date() if row.revision > 1 else pulled.date()
    return int(datetime.combine(day, time.min, tzinfo=UTC).timestamp())


def draft_of(row: ReleaseRow) -> dict:
    return json.loads(row.draft)


def events(gateway: Gateway, kind: str) -> list[tuple[dict, LogEntry]]:
    with gateway.store.read() as session:
        rows = session.exec(select(LogEntry).where(LogEntry.kind == kind).order_by(LogEntry.idx)).all()
        return [(json.loads(row.body), row) for row in rows]


def lookers(session: Session, entry: LogEntry) -> list[PersonLineRow]:
    return list(session.exec(select(PersonLineRow).where(PersonLineRow.log_idx == entry.idx)).all())


def test_every_row_says_what_it_was_committed_to(town: SimulatedMunicipality):
    rows = town.rows()
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    assert len({row.id for row in rows}) == len({row.jti for row in rows}) == len(rows)
    assert len({row.status_index for row in rows}) == len(rows)
    for row in rows:
        visible = draft_of(row)["visible"]
        assert (row.contract_id, row.contract_version, row.state) == (contract.id, contract.version, "issued")
        assert row.recipient_organisation == contract.party(row.recipient_role).organisation
        assert row.jti.startswith("urn:uuid:")
        assert (visible["jti"], visible["seq"], visible["iat"]) == (row.jti, row.seq, slot_of(town, row))
        assert visible["nbf"] == visible["iat"]
        assert visible["iss"] == town.gateway.issuer
        assert visible["status"]["status_list"]["idx"] == row.status_index
        assert visible["status"]["status_list"]["uri"].startswith(f"{town.gateway.issuer}/")
        assert visible["demo"] is True
        assert (visible["contract"]["id"], visible["window"]["label"]) == (contract.id, row.window)
        assert visible["recipient"] == {"organisation": row.recipient_organisation, "role": row.recipient_role}
        assert visible["template"] == row.template
        assert visible["policy"]["decision_id"] == row.decision_id


def test_the_type_is_bound_to_the_metadata_that_is_published(town: SimulatedMunicipality):
    files = metadata.metadata_files(town.gateway.issuer)
    for row in town.rows():
        visible = draft_of(row)["visible"]
        name = visible["vct"].removeprefix(f"{town.gateway.issuer}/")
        assert visible["vct#integrity"] == metadata.integrity(files[name])


def test_numbers_are_gap_free_by_type_and_recipient(town: SimulatedMunicipality):
    series: dict[tuple[str, str], list[int]] = {}
    for row in sorted(town.rows(), key=lambda row: row.seq):
        series.setdefault((draft_of(row)["visible"]["vct"], row.recipient_role), []).append(row.seq)
    assert sorted(map(len, series.values())) == [2, 3, 7]
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in series.values())


def test_the_log_names_the_digest_of_the_draft_and_the_decision(town: SimulatedMunicipality):
    said = {body["release"]: body for body, _ in events(town.gateway, "release_intended")}
    [in_force] = {body["sha256"] for body, _ in events(town.gateway, "policy_set_approved")}
    rows = town.rows()
    assert set(said) == {row.id for row in rows}
    for row in rows:
        body = said[row.id]
        assert body["draft_sha256"] == hashlib.sha256(row.draft).hexdigest()
        assert (body["contract"], body["window"]) == (row.contract_id, row.window)
        assert (body["template"], body["recipient"]) == (row.template, row.recipient_role)
        assert body["decision"] == row.decision_id
        assert draft_of(row)["visible"]["policy"]["policy_set_sha256"] == in_force
    with town.gateway.store.read() as session:
        made = {row.id: row.sha256 for row in session.exec(select(DecisionRow)).all()}
    assert all(made[body["decision"]] == body["decision_sha256"] for body in said.values())


def test_everybody_is_logged_once_a_look_under_the_purpose_of_the_request(town: SimulatedMunicipality):
    entries = events(town.gateway, "evaluated")
    assert len(entries) >= len(town.rows())
    with town.gateway.store.read() as session:
        for body, entry in entries:
            lines = lookers(session, entry)
            assert len(lines) == 29  # of 30, one is erased
            assert body["contract"] == town.contract
            assert {json.loads(line.body)["purpose"] for line in lines} == {body["purpose"]} == {"outcome-payment"}
    known = {row.known_at for row in town.rows()}
    said = {datetime.fromisoformat(body["known_at"]) for body, _ in entries}
    assert said == known


def test_what_is_due_adds_up_to_what_the_whole_cohort_is_owed(town: SimulatedMunicipality):
    newest = {row.window: row for row in sorted(town.rows(), key=lambda r: r.revision) if row.template == PAYMENT[0]}
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        programme = town.gateway.programme(session, town.contract)
        remainder = left_by_erased(town.gateway, session, town.contract)
        for row in newest.values():
            cohort = histories(session, contract, programme, known_at=row.known_at)
            week = contract.window(row.window).to_week
            owed = owed_at(contract, evaluate(contract, cohort, week, remainder=remainder))
            before = [other for label, other in newest.items() if label < row.window]
            stated = sum(line["amount_minor"] for other in [*before, row] for line in other.due)
            assert stated == owed
            assert draft_of(row)["disclosable"]["payable"]["amount_minor"] == sum(
                line["amount_minor"] for line in row.due
            )


def test_a_window_holds_its_own_weeks_and_a_correction_stands_where_something_was_learnt(town: SimulatedMunicipality):
    kinds = {label: [line["kind"] for line in row_of(town, label, *PAYMENT).due] for label in (*EARLIER, LAST)}
    assert kinds == {label: ["window"] for label in (*EARLIER, LAST)}
    for window, revision in (("2020H1", 1), (LAST, 1)):
        total = draft_of(row_of(town, window, *TOTAL, revision))["disclosable"]
        [line] = row_of(town, window, *PAYMENT, revision).due
        assert total["qualifying_weeks"] == line["quantity"] > 0


def test_whoever_is_erased_stays_one_of_the_participants_and_is_not_counted_twice(town: SimulatedMunicipality):
    assert {draft_of(row)["disclosable"]["participants"] for row in town.rows()} == {30}
    said = draft_of(row_of(town, LAST, "contract_total", "operator"))["disclosable"]
    assert sum(one["value"] or 0 for one in said["not_counted"]) == 30 - said["outcomes_achieved"]


def test_under_a_cap_by_window_every_earlier_window_is_evaluated_anew(town: SimulatedMunicipality):
    """What each window earned beyond the cap is lost, whenever it was."""
    earned = [
        row_of(town, label, *PAYMENT, 2 if label == EARLIER[1] else 1).due[0]["amount_minor"] for label in EARLIER
    ]
    cap = sorted(earned)[1]
    known = row_of(town, LAST, *PAYMENT).known_at
    paid = {WEEKS: (0, sum(earned))}
    with town.gateway.store.read() as session:
        request = planning.request_of(
            town.gateway, session, town.contract, LAST, Template.PAYMENT_DOCUMENT, Recipient.OPERATOR
        )
        [tariff] = request.contract.tariffs
        capped = replace(request.contract, tariffs=(replace(tariff, cap_window_minor=cap),))
        authorised = cast("Authorised", None)  # whoever asks for a draft has asked before
        planned = planning.Draft(authorised, known, known.date(), paid)
        made = drafting.draft(town.gateway, session, replace(request, contract=capped), planned)
    own, late = (line.amount_minor for line in made.due)
    assert late == sum(min(amount, cap) for amount in earned) - sum(earned) < 0
    assert own == min(cap, row_of(town, LAST, *PAYMENT).due[0]["amount_minor"])


@pytest.mark.parametrize(
    ("ends", "behind"),
    [(None, "2020H1"), (("2018H2", LAST), "2018H2"), (("2018H2", "2019H1", LAST), "2019H1"), ((LAST,), "")],
)
@pytest.mark.parametrize("cap", [0, 10**9])
def test_a_totals_weeks_are_those_since_the_window_or_block_before(
    town: SimulatedMunicipality, ends: tuple[str, ...] | None, behind: str, cap: int
):
    """Of everybody, the erased among them; also where a cap by window asks for every window before."""
    known = row_of(town, LAST, *TOTAL).known_at
    with town.gateway.store.read() as session:
        request = planning.request_of(
            town.gateway, session, town.contract, LAST, Template.CONTRACT_TOTAL, Recipient.INVESTOR
        )
        [tariff] = request.contract.tariffs
        contract = replace(request.contract, tariffs=(replace(tariff, cap_window_minor=cap),), block_ends=ends)
        planned = planning.Draft(cast("Authorised", None), known, known.date(), {WEEKS: (0, 0)})
        made = drafting.draft(town.gateway, session, replace(request, contract=contract), planned)
        programme = town.gateway.programme(session, town.contract)
        cohort = histories(session, contract, programme, known_at=known)
        left = left_by_erased(town.gateway, session, town.contract)
    upto = {
        label: evaluate(contract, cohort, contract.window(label).to_week, remainder=left).quantity(
            next(one.id for one in contract.measures if one.kind == "weeks")
        )
        for label in (*EARLIER, LAST)
    }
    assert made.disclosable["qualifying_weeks"] == upto[LAST] - upto.get(behind, 0) > 0


def test_the_seals_and_sources_are_those_of_the_contract(town: SimulatedMunicipality):
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        seals = [(row.batch_id, row.root_hex, row.nonce_hex) for row in session.exec(select(Batch)).all()]
    for row in town.rows():
        body = draft_of(row)["disclosable"]
        assert [(seal["batch"], seal["root"], seal["nonce"]) for seal in body["cohort_seals"]] == seals
        assert body["sources"]["known_at"] == slot_of(town, row)
        assert body["sources"]["complete_to_week"] == str(contract.window(row.window).to_week)
        assert body["method"]["data_sources"] == list(contract.named_sources)


def test_a_correction_names_what_it_supersedes_and_by_how_much(town: SimulatedMunicipality):
    for template, recipient in (PAYMENT, TOTAL):
        first, second = (row_of(town, LAST, template, recipient, revision) for revision in (1, 2))
        assert (first.supersedes, second.supersedes) == ("", first.id)
        visible, body = draft_of(second)["visible"], draft_of(second)["disclosable"]
        assert visible["supersedes"]["jti"] == first.jti
        jwt = json.loads(first.bundle or b"{}")["attestation"].partition("~")[0]
        assert visible["supersedes"]["sha256"] == hashlib.sha256(jwt.encode()).hexdigest()
        amounts = [draft_of(row)["disclosable"]["payable"]["amount_minor"] for row in (first, second)]
        assert body["difference"]["amount_minor"] == amounts[1] - amounts[0] < 0
        assert "supersedes" not in draft_of(first)["visible"]
        assert "difference" not in draft_of(first)["disclosable"]
        assert first.known_at < second.known_at == second.intended_at


def test_one_table_by_class_and_one_of_reasons_and_none_after_a_correction(town: SimulatedMunicipality):
    """Two tables of one window, subtracted, tell whose class changed."""
    first, second = (draft_of(row_of(town, LAST, *TOTAL, revision))["disclosable"] for revision in (1, 2))
    assert "outcomes_by_class" in first
    assert "outcomes_by_class" not in second
    operator = [draft_of(row_of(town, LAST, "contract_total", "operator", n))["disclosable"] for n in (1, 2)]
    assert "not_counted" in operator[0]
    assert "not_counted" not in operator[1]
    assert all("not_counted" not in draft_of(row)["disclosable"] for row in town.rows() if row.window != LAST)
    assert all(
        "not_counted" not in draft_of(row)["disclosable"] for row in town.rows() if row.recipient_role == "investor"
    )


def test_the_first_window_has_nothing_before_it(tmp_path: Path):
    """And a predicate says a mark, no amount and no line."""
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    town.release(LAST, "predicate", "investor")
    [row] = town.rows()
    assert row.due == []
    body = draft_of(row)["disclosable"]
    assert "payable" not in body
    assert "lines" not in body
    assert body["threshold"]["met"] is True
    assert "on_documents" not in draft_of(row)
    assert draft_of(row)["visible"]["demo"] is True


def test_the_windows_that_are_evaluated_are_the_last_the_last_stated_and_the_one_before_the_block(
    town: SimulatedMunicipality,
):
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    earlier = contract.windows_until(LAST)[:-1]
    needed = drafting._needed_windows(contract, earlier, earlier[:1], None)
    assert [one.label for one in needed] == ["2018H2", "2020H1"]
    needed = drafting._needed_windows(contract, earlier, earlier[:2], None)
    assert [one.label for one in needed] == ["2019H1", "2020H1"]
    needed = drafting._needed_windows(contract, earlier, (), None)
    assert [one.label for one in needed] == ["2020H1"]
