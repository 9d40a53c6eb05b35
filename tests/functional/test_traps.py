"""The traps of the road, from file to payment document: enrolment, corrections, versions, codes, freezes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.contracts import acceptances, declarations
from gateway.errors.contracts import AmendmentRefused, ProgrammeMismatch
from gateway.errors.enrolment import EnrolmentRefused
from gateway.errors.release import SourcesIncomplete, WindowOutOfOrder
from gateway.evaluation.evaluating import evaluate_week
from gateway.intake import enrolment, pulling
from gateway.release.releasing import release
from gateway.simulate.registers import replacement_cpr
from gateway.store import ledger
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import verify_bundle
from policies.errors import PolicyDenied, ProgrammeInvalid
from policies.terms import Purpose
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT
from tests.support.parties import accept_all
from tests.support.simulated import Municipality, acting, following, simulated
from vocabulary.weeks import Week


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, day: date) -> None:
        self.now = datetime.combine(day, datetime.min.time(), tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, days: int) -> None:
        self.now += timedelta(days=days)


SMALL_COURSE = (
    ("people = 120\n", "people = 30\n"),
    ("people = 43\n", "people = 10\n"),
    ("people = 14\n", "people = 5\n"),
    ("people = 55\n", "people = 12\n"),
    ("enrolment_to = 2018-12-30", "enrolment_to = 2018-11-25"),
)


def small(folder: Path, **options) -> Municipality:
    """IMPACT60 with 30 people, so that each case is quick."""
    edits = (*SMALL_CONTRACT, *options.pop("edits", ()))
    return simulated(folder, course_edits=SMALL_COURSE, edits=edits, extract_people=20, **options)


def shown(town: Municipality, bundle: bytes) -> dict:
    trust = TrustFile.load(town.gateway.trust_file())
    return dict(verify_bundle(bundle, trust, now=int(town.gateway.clock().timestamp())).shown)


def last_event(town: Municipality) -> dict:
    """The newest event of the access log: what was allowed and not done is told as well."""
    with town.gateway.store.read() as session:
        body = json.loads(ledger.rows(session, "access")[-1].body)
    return {name: body[name] for name in ("kind", "error", "actions") if name in body}


REFERRALS = {
    # the list's first line is replaced by this: reason that is counted
    "enrolled twice in the list": ("{second}", "enrolled_twice_in_the_list"),
    "not told": ("{cpr};2018-10-01;SAG-1;", "person_was_not_told"),
    "referred after the period": ("{cpr};2019-01-07;SAG-1;notice-2018-1", "referred_outside_the_enrolment_period"),
    "impossible number": ("7113801234;2018-10-01;SAG-1;notice-2018-1", "cpr_no_such_number"),
    "no date": ("{cpr};soon;SAG-1;notice-2018-1", "not_a_day"),
    "a number as case reference": ("{cpr};2018-10-01;{cpr};notice-2018-1", "not_a_case_reference"),
    "too few fields": ("{cpr};2018-10-01", "wrong_number_of_fields"),
}


@pytest.mark.parametrize("name", REFERRALS)
def test_a_list_that_would_shrink_the_denominator_is_refused_whole(tmp_path: Path, name: str):
    line, reason = REFERRALS[name]
    town = small(tmp_path)
    lines = town.drop.referrals.read_text().splitlines()
    lines[1] = line.format(cpr=replacement_cpr(0), second=lines[2])
    town.drop.referrals.write_text("\n".join(lines) + "\n")
    with pytest.raises(EnrolmentRefused) as refused:
        town.enrol()
    assert refused.value.reasons == {"accepted": 29, "the_contract_names": 30, reason: 1}
    [(where, why)] = refused.value.lines
    assert (where, why) == (3 if "second" in line else 2, reason)
    assert f"{town.drop.referrals.name}: line {where} {reason}" in str(refused.value)
    assert replacement_cpr(0) not in str(refused.value)
    assert last_event(town) == {"kind": "not_done", "error": "enrolment-refused", "actions": ["enrol"]}
    town.drop.referrals.write_text(
        "\n".join([lines[0], f"{replacement_cpr(0)};2018-10-03;SAG-1;notice-2018-1", *lines[2:]]) + "\n"
    )
    assert town.enrol().count == 30  # nothing of the refused list was kept
    assert town.enrol().is_new is False  # and the same list again changes nothing


def test_a_sealed_batch_takes_no_other_list(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    town.drop.referrals.write_text(town.drop.referrals.read_text().replace("SAG-0001", "SAG-9999"))
    with pytest.raises(PolicyDenied) as refused:
        town.enrol()
    assert any("batch" in rule for rule in refused.value.decision.rule_ids)


def test_nobody_is_enrolled_in_two_contracts_where_the_contract_refuses_it(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    other = (tmp_path / "impact60.toml").read_text().replace('id = "impact60"', 'id = "second"')
    programme = (EXAMPLES / "programmes" / "impact60.toml").read_text().replace('id = "impact60"', 'id = "second"')
    old = hashlib.sha256((EXAMPLES / "contracts" / "impact60.toml").read_bytes()).hexdigest()
    programme = programme.replace(old, hashlib.sha256(other.encode()).hexdigest())
    programme = programme.replace('"../notices/', '"notices/')
    (tmp_path / "second.toml").write_text(other)
    (tmp_path / "second.programme.toml").write_text(programme)
    accept_all(town.gateway, tmp_path / "second.toml", tmp_path / "second.programme.toml")
    declarations.activate_contract(town.gateway, tmp_path / "second.toml", tmp_path / "second.programme.toml")
    with pytest.raises(EnrolmentRefused) as refused:
        enrolment.enrol(town.gateway, "second", "2018", town.drop.referrals)
    assert refused.value.reasons["enrolled_already"] == 30
    assert refused.value.lines == (), "so many are counted, and none is named"
    assert "line 2" not in str(refused.value)


def test_no_pull_without_a_sealed_cohort_or_for_another_purpose(tmp_path: Path):
    town = small(tmp_path)
    with pytest.raises(PolicyDenied):
        pulling.pull(town.gateway, "impact60", "income", town.drop.income)
    town.enrol()
    with pytest.raises(PolicyDenied) as refused:
        pulling.pull(town.gateway, "impact60", "income", town.drop.income, purpose=Purpose.FRAUD_CONTROL)
    assert "P02-purpose-declared" in refused.value.decision.rule_ids


def test_an_ended_agreement_or_a_switched_off_programme_stops_the_pull(tmp_path: Path):
    town = small(tmp_path, programme_edits=(("active = true", "active = false"),))
    with pytest.raises(PolicyDenied):
        town.enrol()
    ended = small(tmp_path / "ended")
    text = (EXAMPLES / "sources" / "income.toml").read_text().replace("2030-12-31", "2020-12-31")
    (tmp_path / "income.toml").write_text(text)
    ended.enrol()
    declarations.declare_source(ended.gateway, tmp_path / "income.toml")
    with pytest.raises(PolicyDenied) as refused:
        pulling.pull(ended.gateway, "impact60", "income", ended.drop.income)
    assert any("agreement" in rule for rule in refused.value.decision.rule_ids)


def test_pulling_the_same_file_twice_changes_nothing(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    first = town.pull_all()
    again = town.pull_all()
    assert [report.is_new for report in first] == [True, True]
    assert [(report.is_new, report.people_changed, report.postings_added) for report in again] == [(False, 0, 0)] * 2
    assert town.people("2020-W10") == 10


def test_a_week_that_no_source_covers_is_not_guessed(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    with pytest.raises(SourcesIncomplete):
        evaluate_week(town.gateway, "impact60", Week.parse("2021-W20"))


def test_payment_documents_follow_each_other(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    with pytest.raises(WindowOutOfOrder):
        release(town.gateway, "impact60", "2019H1", "payment_document", "operator")
    assert last_event(town) == {"kind": "not_done", "error": "window-out-of-order", "actions": ["release_payment"]}


def test_a_late_correction_of_an_earlier_month_is_paid_in_the_next_window_and_changes_nothing_before(tmp_path: Path):
    """Hours of spring 2019 are taken back after 2019H1 was released: its bundle stays, the next one corrects."""
    clock = Clock(date(2019, 9, 10))
    town = simulated(tmp_path, seed=3, clock=clock)
    town.enrol()
    lines = town.drop.income.read_text().splitlines()
    first, correction = town.folder / "indkomst-2018-08_2019-08.csv", town.folder / "indkomst-2019-09_2020-02.csv"
    first.write_text("\n".join([lines[0], *(line for line in lines[1:] if line.split(";")[1] <= "2019-08")]) + "\n")
    for source, file in (("dream", town.drawn_on(date(2019, 9, 10)).status), ("income", first)):
        pulling.pull(town.gateway, "impact60", source, file)
    release(town.gateway, "impact60", "2018H2", "payment_document", "operator")
    before = release(town.gateway, "impact60", "2019H1", "payment_document", "operator")
    clock.move(days=200)  # past the freeze day of 2019H2
    pulling.pull(town.gateway, "impact60", "dream", town.drawn_on(date(2020, 2, 1)).status)
    taken_back = [
        ";".join([cpr, month, kind, f"-{hours}", employer, f"-{amount}"])
        for cpr, month, kind, hours, employer, amount in (line.split(";") for line in lines[1:])
        if month in ("2019-02", "2019-03", "2019-04", "2019-05") and kind == "00"
    ]
    of_the_months = [line for line in lines[1:] if "2019-08" < line.split(";")[1] <= "2020-02"]
    correction.write_text("\n".join([lines[0], *of_the_months, *taken_back]) + "\n")
    assert pulling.pull(town.gateway, "impact60", "income", correction).postings_added > 0
    again = release(town.gateway, "impact60", "2019H1", "payment_document", "operator")
    assert shown(town, again.bundle)["payable"] == shown(town, before.bundle)["payable"]
    after = shown(town, release(town.gateway, "impact60", "2019H2", "payment_document", "operator").bundle)
    corrections = [line for line in after["lines"] if line["kind"] == "correction"]
    # people in ordinary jobs lost their weeks; coded weeks need no hours and stay
    assert len(corrections) == 1
    assert corrections[0]["quantity"] < 0
    assert corrections[0]["amount_minor"] == 150_000 * corrections[0]["quantity"]
    assert after["payable"]["amount_minor"] == sum(line["amount_minor"] for line in after["lines"])


def test_a_window_is_not_released_before_its_freeze_day(tmp_path: Path):
    clock = Clock(date(2019, 2, 20))  # 2018H2 ends on 30 December; the contract freezes 60 days later
    town = small(tmp_path, clock=clock)
    town.enrol()
    replace(town, drop=town.drawn_on(clock().date())).pull_all()
    with pytest.raises(PolicyDenied) as refused:
        release(town.gateway, "impact60", "2018H2", "payment_document", "operator")
    assert refused.value.decision.rule_ids == ("P23-window-frozen",)
    clock.move(10)
    assert release(town.gateway, "impact60", "2018H2", "payment_document", "operator").is_new


def test_the_same_release_evaluated_again_gives_the_same_claims(tmp_path: Path):
    """Invariant 12: later knowledge does not reach back behind the freeze."""
    towns = [small(tmp_path / part) for part in ("a", "b")]
    results = []
    for town in towns:
        town.enrol()
        town.pull_all()
        claims = shown(town, release(town.gateway, "impact60", "2018H2", "payment_document", "operator").bundle)
        results.append({name: claims[name] for name in ("participants", "payable", "lines", "illustrative")})
    assert results[0] == results[1]


@pytest.mark.parametrize(("word", "allowed"), [("report", True), ("block", False)])
def test_unknown_codes_follow_the_contracts_word(tmp_path: Path, word: str, allowed: bool):
    town = small(tmp_path, edits=(('unknown_codes = "report"', f'unknown_codes = "{word}"'),))
    lines = town.drop.status.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line[:10] == replacement_cpr(3))
    cells = lines[at].split(",")
    cells[lines[0].split(",").index("y_1845")] = "115"
    lines[at] = ",".join(cells)
    town.drop.status.write_text("\n".join(lines) + "\n")
    town.enrol()
    [dream, _] = town.pull_all()
    assert dream.unknown_codes.get("115", 0) >= 1
    if allowed:
        assert release(town.gateway, "impact60", "2018H2", "payment_document", "operator").is_new
    else:
        with pytest.raises(PolicyDenied) as refused:
            release(town.gateway, "impact60", "2018H2", "payment_document", "operator")
        assert any("codes" in rule for rule in refused.value.decision.rule_ids)


def test_a_new_contract_version_counts_from_its_day_and_leaves_earlier_windows_alone(tmp_path: Path):
    """A pause is a new version with an effective date; an attestation names the version it was evaluated under."""
    town = small(tmp_path)
    text = (tmp_path / "impact60.toml").read_text()
    paused = (
        text.replace("version = 1", "version = 2")
        .replace("effective_from = 2018-10-01", "effective_from = 2020-03-16")
        .replace("[freeze]", '[[pauses]]\nfrom_week = "2020-W12"\nto_week = "2020-W20"\n\n[freeze]')
    )
    paused = following(text, paused)
    programme = (tmp_path / "impact60.programme.toml").read_text()
    programme = programme.replace(
        hashlib.sha256(text.encode()).hexdigest(), hashlib.sha256(paused.encode()).hexdigest()
    )
    (tmp_path / "v2.toml").write_text(paused)
    with pytest.raises(ProgrammeMismatch):
        declarations.activate_contract(town.gateway, tmp_path / "v2.toml", tmp_path / "impact60.programme.toml")
    (tmp_path / "v2.programme.toml").write_text(programme)
    town.enrol()
    town.pull_all()
    unpaused, _ = evaluate_week(town.gateway, "impact60", Week.parse("2020-W26"))
    accept_all(town.gateway, tmp_path / "v2.toml", tmp_path / "v2.programme.toml")
    proposal = declarations.propose_change(town.gateway, tmp_path / "v2.toml", tmp_path / "v2.programme.toml")
    declarations.approve_change(acting(town.gateway, "second"), proposal)
    with pytest.raises(AmendmentRefused):
        declarations.propose_change(town.gateway, tmp_path / "impact60.toml", tmp_path / "impact60.programme.toml")
    now, _ = evaluate_week(town.gateway, "impact60", Week.parse("2020-W26"))
    before, _ = evaluate_week(town.gateway, "impact60", Week.parse("2020-W10"))
    weeks = "weeks_in_work_or_education"
    assert now.quantity(weeks) < unpaused.quantity(weeks)
    assert before.quantity(weeks) <= now.quantity(weeks)
    versions = []
    for window in ("2018H2", "2019H1", "2019H2", "2020H1"):
        bundle = release(town.gateway, "impact60", window, "payment_document", "operator").bundle
        trust = TrustFile.load(town.gateway.trust_file())
        seconds = int(town.gateway.clock().timestamp())
        versions.append(verify_bundle(bundle, trust, now=seconds).claims["contract"]["version"])
    assert versions == [1, 1, 1, 2]


MISFITS = {
    "sources": ('sources = ["dream", "income"]', 'sources = ["dream"]'),
    "closes_on": ("closes_on = ", "closes_on = 2019-12-31 # "),
    "parties": ('organisation = "den-sociale-kapitalfond"', 'organisation = "another-fund"'),
}


@pytest.mark.parametrize("key", MISFITS)
def test_a_programme_that_does_not_fit_its_contract_is_refused_when_both_are_read(tmp_path: Path, key: str):
    """Accepted and added, it could never be pulled, evaluated or released."""
    town = small(tmp_path)
    programme = (tmp_path / "impact60.programme.toml").read_text()
    changed = programme.replace(*MISFITS[key])
    assert changed != programme
    (tmp_path / "other.programme.toml").write_text(changed)
    with pytest.raises(ProgrammeInvalid, match="programme-fits-contract") as refused:
        acceptances.accept(town.gateway, tmp_path / "impact60.toml", tmp_path / "other.programme.toml")
    assert refused.value.key == key


def test_of_a_contract_in_force_a_programme_may_take_a_source_away(tmp_path: Path):
    """So a municipality stops reading it; nothing is forced to be read on."""
    town = small(tmp_path)
    programme = (tmp_path / "impact60.programme.toml").read_text()
    (tmp_path / "other.programme.toml").write_text(programme.replace(*MISFITS["sources"]))
    assert declarations.propose_change(town.gateway, tmp_path / "impact60.toml", tmp_path / "other.programme.toml")
