"""Windows that are shown together: from the sealed list to the investor's money, in a town with a few late starters.

82 weeks from the enrolment end in the second half of 2020 for whoever began in the last weeks of 2018: 2020H2 by itself
would be about them. So 2020H1 waits for it, and only the creditor is told in between.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from gateway.attestations.block_plan import SealedDays, ends_of_blocks, plan_digest
from gateway.attestations.calendar_audit import audit_contract
from gateway.errors.enrolment import SealsCorrupt
from gateway.errors.release import WindowInBlock
from gateway.jobs.doctor import examine_opened
from gateway.outcomes.contract_file import load_contract
from gateway.oversight.audit.recomputing import Recomputed, RecomputedCommitments, recompute
from gateway.release.asks import ask
from gateway.release.releasing import check, release
from gateway.settlement.investor import ShownToInvestor, investor_view
from gateway.store import queries
from outcome_verifier.errors import VerificationError
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import VerifiedOutcome, verify_bundle
from policies.terms import Party, Role
from tests.functional.test_traps import Clock
from tests.support.auditing import AUDITOR, appoint
from tests.support.histories import EXAMPLES
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_COURSE, SimulatedMunicipality, copied
from tests.support.simulated import Municipality, acting, simulated
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Recipient, Template

FOLD = ("k_cohort = 25", 'k_cohort = 25\nfold = "blocks"\nfold_at_most = 1\nfold_cost = "investor"')
LATE = (
    ("size = 120", "size = 30"),
    ("threshold_people = 60", "threshold_people = 15"),
    ("weeks_from_enrolment = 156", "weeks_from_enrolment = 82"),
    FOLD,
)
PAYMENT = (Template.PAYMENT_DOCUMENT, Recipient.OPERATOR)
TOTAL = (Template.CONTRACT_TOTAL, Recipient.INVESTOR)
WINDOWS = ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2", "2021H1")
INNER = "2020H1"
INVESTOR = "den-sociale-kapitalfond"


def text_of(*edits: tuple[str, str]) -> bytes:
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    made = simulated(
        tmp_path_factory.mktemp("blocks"),
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE[:-1],
        edits=LATE,
        clock=Clock(date(2030, 1, 1)),
    )
    made.enrol()
    made.pull_all()
    return made


def verified(town: Municipality, bundle: bytes) -> VerifiedOutcome:
    return verify_bundle(bundle, TrustFile.load(town.gateway.trust_file()), now=int(town.gateway.clock().timestamp()))


def test_the_seal_says_which_windows_wait(town: Municipality):
    with town.gateway.store.read() as session:
        [batch] = queries.batches(session, "impact60")
        days = [one.enrolled_on for one in queries.subjects(session, "impact60")]
        contract = town.gateway.contract(session, "impact60")
    assert tuple(batch.block_ends) == contract.block_ends == WINDOWS[:3] + WINDOWS[4:]
    signed = load_contract(text_of(*LATE), file="impact60.toml")
    assert ends_of_blocks(signed, [SealedDays(0, len(days), days)]) == contract.block_ends
    assert contract.breakdown_window == contract.reasons_window == "2020H2"
    assert contract.is_planned(*PAYMENT, "2020H1")
    assert not contract.is_planned(*TOTAL, "2020H1")


def verdict(town: Municipality) -> RecomputedCommitments:
    """What an appointed auditor is told of the first payment document."""
    return recompute(acting(town.gateway, AUDITOR), "impact60", WINDOWS[0], *PAYMENT)


@pytest.fixture
def audited(town: Municipality, tmp_path: Path) -> SimulatedMunicipality:
    """A copy of its own, with an auditor and the first payment document."""
    original = SimulatedMunicipality(town.gateway, town.contract, town.drop, town.folder)
    made = copied(original, tmp_path, clock=Clock(date(2030, 1, 1)))
    appoint(made)
    release(made.gateway, "impact60", WINDOWS[0], *PAYMENT)
    return made


def edit(town: SimulatedMunicipality, statement: str, *values: object) -> None:
    """As somebody with the database would, past every use case."""
    with sqlite3.connect(town.data_directory / "gateway.sqlite") as database:
        assert database.execute(statement, values).rowcount


def test_the_seal_holds_a_digest_of_the_plan_that_an_auditor_opens(audited: SimulatedMunicipality):
    seen = verified(audited, release(audited.gateway, "impact60", WINDOWS[0], *PAYMENT).bundle)
    [seal] = seen.shown["cohort_seals"]
    assert verdict(audited).plan is Recomputed.SAME
    with audited.gateway.store.read() as session:
        [batch] = queries.batches(session, "impact60")
        contract = audited.gateway.contract(session, "impact60")
    plan = {"contract_sha256": contract.sha256, "ends": batch.block_ends, "schema": "block-plan/1"}
    plan["counts_from"] = WINDOWS[0]
    opened = bytes.fromhex(batch.plan_salt_hex) + json.dumps(plan, sort_keys=True, separators=(",", ":")).encode()
    assert seal["plan"] == hashlib.sha256(opened).hexdigest() == batch.plan_sha256
    assert batch.plan_salt_hex not in json.dumps([seen.claims, seen.shown])


def test_nobody_finds_the_plan_by_trying_all_of_them(audited: SimulatedMunicipality):
    """A calendar has few: with the nonce of the seal, which everybody holds, none of them opens it."""
    seen = verified(audited, release(audited.gateway, "impact60", WINDOWS[0], *PAYMENT).bundle)
    [seal] = seen.shown["cohort_seals"]
    with audited.gateway.store.read() as session:
        contract = audited.gateway.contract(session, "impact60")
    labels = [window.label for window in contract.windows]
    plans = [[one for place, one in enumerate(labels) if tried >> place & 1] for tried in range(1 << len(labels))]
    assert contract.block_ends in [tuple(ends) for ends in plans]
    for salt in (b"", bytes.fromhex(seal["nonce"])):
        assert seal["plan"] not in {plan_digest(contract.sha256, WINDOWS[0], ends, salt) for ends in plans}


def test_whoever_edits_the_plan_is_found(audited: SimulatedMunicipality):
    edit(audited, "UPDATE batch SET block_ends = ?", json.dumps(list(WINDOWS)))
    assert verdict(audited).plan is Recomputed.NOT_OPENED
    edit(audited, "UPDATE batch SET plan_sha256 = ?", "00" * 32)
    with pytest.raises(VerificationError):  # a digest that fits another plan is in no log
        release(audited.gateway, "impact60", WINDOWS[1], *PAYMENT)


def test_no_reader_is_shown_a_window_that_somebody_edited_out_of_its_block(audited: SimulatedMunicipality):
    """Also where the digest beside it is made to fit: the seal in the log does not."""
    for ends, refused in (([], WindowInBlock), (list(WINDOWS), SealsCorrupt)):
        edit(audited, "UPDATE batch SET block_ends = ?", json.dumps(ends))
        with pytest.raises(refused):
            check(audited.gateway, "impact60", INNER, *TOTAL)
    assert check(audited.gateway, "impact60", WINDOWS[1], *PAYMENT) == "release"
    assert "impact60: a seal does not hold" in [one.what for one in examine_opened(audited.gateway)]
    with audited.gateway.store.read() as session:
        [batch] = queries.batches(session, "impact60")
        text = audited.gateway.contract(session, "impact60").sha256
    digest = plan_digest(text, WINDOWS[0], WINDOWS, bytes.fromhex(batch.plan_salt_hex))
    edit(audited, "UPDATE batch SET plan_sha256 = ?", digest)
    with pytest.raises(SealsCorrupt):
        release(audited.gateway, "impact60", INNER, *TOTAL)


def test_whoever_edits_the_days_is_found(audited: SimulatedMunicipality):
    edit(audited, "UPDATE subject SET enrolled_on = (SELECT min(enrolled_on) FROM subject)")
    assert verdict(audited).plan is Recomputed.DIFFERS


def test_a_block_is_shown_once_at_its_end_and_paid_on_time(town: Municipality):
    owed = {}
    for label in WINDOWS[:4]:
        paid = verified(town, release(town.gateway, "impact60", label, *PAYMENT).bundle)
        owed[label] = paid.shown["payable"]["amount_minor"]
        assert paid.claims["window"]["label"] == label
    assert owed["2020H1"], "and so is the inner window's document"
    with pytest.raises(WindowInBlock, match="'2020H1' is shown with '2020H2'"):
        release(town.gateway, "impact60", "2020H1", *TOTAL)
    with pytest.raises(WindowInBlock):
        check(town.gateway, "impact60", "2020H1", *TOTAL)
    with pytest.raises(WindowInBlock):
        ask(town.gateway, Party(INVESTOR, Role.INVESTOR), "impact60", "2020H1", Template.CONTRACT_TOTAL)
    before = verified(town, release(town.gateway, "impact60", "2019H2", *TOTAL).bundle)
    assert before.shown["payable"]["amount_minor"] == owed["2019H2"]
    last = verified(town, release(town.gateway, "impact60", "2020H2", *PAYMENT).bundle)
    owed["2020H2"] = last.shown["payable"]["amount_minor"]
    block = verified(town, release(town.gateway, "impact60", "2020H2", *TOTAL).bundle)
    assert block.claims["window"] == {"label": "2020H2", "from_week": "2020-W01", "to_week": "2020-W53"}
    assert block.shown["payable"]["amount_minor"] == owed["2020H1"] + owed["2020H2"]
    assert block.shown["qualifying_weeks"] * 150000 == owed["2020H1"] + owed["2020H2"]


def test_the_investor_is_shown_money_with_the_block(town: Municipality):
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, "impact60")
    documents = dict(zip(WINDOWS, (1, 2, 3, 4, 5, 6), strict=True))

    def view(paid: set[str]):
        shown = [ShownToInvestor("2019H2", "contract_total", True, 15, 3)]
        shown.append(ShownToInvestor("2020H2", "contract_total", True, 15, 9))
        return investor_view(contract, shown=shown, documents=documents, paid=frozenset(paid), on=date(2022, 1, 1))

    part, whole = view({"2019H2", "2020H2"}), view({"2019H2", "2020H1", "2020H2"})
    assert [(one.window, one.payable_minor, one.is_paid) for one in part.windows] == [
        ("2019H2", 3, True),
        ("2020H2", 9, False),
    ]
    assert [one.is_paid for one in whole.windows] == [True, True]


def test_three_grades():
    safe = audit_contract(load_contract(text_of(), file="safe.toml"))
    assert (safe.worst, safe.expected) == (None, None)
    folds = audit_contract(load_contract(text_of(*LATE), file="folds.toml"))
    assert folds.expected
    assert folds.expected.ends == WINDOWS[:3] + WINDOWS[4:]
    assert folds.worst
    assert folds.worst.longest_wait >= 1
    with pytest.raises(DeclarationInvalid, match="plan no contract_total"):
        audit_contract(load_contract(text_of(*LATE[:3]), file="says-nothing.toml"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('fold = "blocks"', 'fold = "later"', "blocks"),
        ("fold_at_most = 1", "fold_at_most = 0", "at least 1"),
        ("\nfold_at_most = 1", "", "fold_at_most"),
        ('\nfold_cost = "investor"', "", "fold_cost"),
        ('fold_cost = "investor"', 'fold_cost = "nobody"', "payer, operator, investor"),
        ('\nfold = "blocks"', "", "fold_at_most"),
    ],
)
def test_terms_that_say_half_of_it_are_refused(old: str, new: str, words: str):
    with pytest.raises(DeclarationInvalid, match=words):
        load_contract(text_of(*LATE, (old, new)), file="half.toml")
