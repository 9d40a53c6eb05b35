"""Who was referred by mistake: reading stops at once, and the denominator falls by a number that everybody accepts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.contracts.mistaken import registered_mistakes
from gateway.documents import report_page
from gateway.documents.annexes.blocks import Paragraph
from gateway.documents.annexes.measurement import annex_a
from gateway.documents.contract_page import Language, page
from gateway.errors.contracts import AmendmentRefused
from gateway.errors.rights import RecordRefused
from gateway.evaluation.evaluating import evaluate_week
from gateway.installation.in_force import newest_contract
from gateway.release import correction
from gateway.rights import people
from gateway.rights.people import Channel, NewRecord, Recorded
from gateway.rights.report import report
from gateway.rights.report_view import AccessReport
from gateway.store import ledger
from policies.basis import MistakeReason, RecordKind
from tests.functional.test_amendments import SECOND, built
from tests.functional.test_batches import paid, read
from tests.functional.test_block_plans import erase_somebody
from tests.functional.test_blocks import PAYMENT, TOTAL, WINDOWS, edit
from tests.functional.test_correction import mend
from tests.functional.test_ends import on
from tests.functional.test_rights import CASE, someone
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, copied
from tests.support.simulated import Edit, amend
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

WRONG = MistakeReason.OTHER_COHORT
IN_2019H2 = ("effective_from = 2018-10-01", "effective_from = 2019-10-07")
OUT = ("[exits]\n", '[exits]\nmistaken = "out"\n')
OF_WHOM = range(6, 10)


def mistaken(*said: tuple[int, str]) -> Edit:
    rows = "".join(f'[[cohort.mistaken]]\npeople = {number}\nreason = "{reason}"\n\n' for number, reason in said)
    return "[[cohort.batches]]", f"{rows}[[cohort.batches]]"


def mark(town: SimulatedMunicipality, *places: int, reason: MistakeReason | None = WRONG) -> list[Recorded]:
    new = NewRecord(RecordKind.MISTAKE, Channel.MEETING, reason=reason)
    return [people.begin(town.gateway, town.contract, someone(town, place), new, role=CASE) for place in places]


def in_the_outcome(town: SimulatedMunicipality, week: str) -> int:
    found = evaluate_week(town.gateway, town.contract, Week.parse(week))[0]
    return found.quantity("weeks_in_work_or_education")


def paid_twice(folder: Path, *edits: Edit) -> SimulatedMunicipality:
    """Two windows are paid and shown; it is October 2019."""
    town = built(folder, *edits, on=date(2019, 10, 2))
    on(town, date(2019, 10, 3)).pull_all()
    paid(town, *WINDOWS[:2])
    for window in WINDOWS[:2]:
        read(town, window, *TOTAL)
    return town


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    return paid_twice(tmp_path_factory.mktemp("mistaken"))


@pytest.fixture
def town(original: SimulatedMunicipality, tmp_path: Path) -> SimulatedMunicipality:
    return copied(original, tmp_path, clock=Clock(date(2019, 10, 3)))


def test_they_leave_the_denominator_once_everybody_has_accepted_so_many(town: SimulatedMunicipality):
    """The seals still add up to everyone referred, and every check of the verifier holds. An earlier window stays as it
    was told, also where it is corrected."""
    receipts = [one.stop_receipt for one in mark(town, *OF_WHOM)]
    assert all(receipts), "reading stops at once"
    amend(town, SECOND, IN_2019H2, mistaken((4, WRONG)))
    mend(on(town, date(2019, 10, 4)), months=("2019-05", "2019-06"))
    for done in correction.correct(town.gateway, town.contract, WINDOWS[1], reason="source_corrected"):
        assert "mistaken" not in town.verified(done.bundle).shown
    later = on(town, date(2020, 3, 20))
    later.pull_all()
    for template in (PAYMENT, TOTAL):
        seen = read(later, WINDOWS[2], *template)
        assert (seen.shown["participants"], seen.shown["mistaken"]) == (30, 4)
        assert sum(one["count"] for one in seen.shown["cohort_seals"]) == 30


@pytest.mark.parametrize(("edits", "stays"), [((), True), ((OUT,), False)], ids=["frozen", "the control: out"])
def test_what_they_had_reached_stays_and_cannot_be_subtracted(tmp_path: Path, edits: tuple[Edit, ...], stays: bool):
    """Whoever delivers knows who left. Of figures that fall by their leaving it would read what they had reached: so
    does a contract that says `out`, which is judged as one whose results are taken back."""
    town = paid_twice(tmp_path, *edits)
    before = in_the_outcome(town, "2019-W39")
    mark(town, *range(29))
    on(town, date(2020, 3, 20)).pull_all()
    after = in_the_outcome(town, "2019-W52")
    assert (after >= before) == stays
    assert stays or after <= 52 < before, "weeks of the one who is left"


@pytest.mark.long
def test_no_version_leaves_fewer_than_k_cohort_who_are_told_of(town: SimulatedMunicipality):
    """30 less 6 are 24, and the contract shows totals of 25 and more."""
    mark(town, *range(6))
    with pytest.raises(DeclarationInvalid, match="may be about 24 people, and k_cohort is 25") as refused:
        amend(town, SECOND, IN_2019H2, mistaken((6, WRONG)))
    assert refused.value.rule == "calendar-part"


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        pytest.param([mistaken((5, WRONG))], "says 5 for other_cohort, and 4 are", id="more than are registered"),
        pytest.param([mistaken((1, "not_asked"))], "says 1 for not_asked, and 0 are", id="of another reason"),
        pytest.param(
            [mistaken((4, WRONG)), ("effective_from = 2019-10-07", "effective_from = 2019-10-02")],
            "must lie behind 2019-10-03",
            id="of figures that were told",
        ),
    ],
)
def test_a_count_that_does_not_fit_is_refused(town: SimulatedMunicipality, edits: list[Edit], reason: str):
    mark(town, *OF_WHOM)
    with pytest.raises(AmendmentRefused, match=reason):
        amend(town, SECOND, IN_2019H2, *edits)


@pytest.mark.long
def test_what_was_accepted_is_neither_lowered_nor_taken_back(town: SimulatedMunicipality):
    first, *_, last = mark(town, *OF_WHOM)
    amend(town, SECOND, IN_2019H2, mistaken((3, WRONG)))
    with town.gateway.store.read() as session:
        second = newest_contract(session, town.contract)
    people.end(town.gateway, town.contract, last.record, channel=Channel.MEETING, role=CASE)  # nobody counted that one
    [other] = mark(town, 11, reason=MistakeReason.NOT_ASKED)
    with pytest.raises(RecordRefused, match=r"cohort\.mistaken of version 2 counts this mistake"):
        people.end(town.gateway, town.contract, first.record, channel=Channel.MEETING, role=CASE)
    later = f'follows = "{second.sha256}"\neffective_from = 2019-10-14'
    third = ("version = 1", "version = 3"), (IN_2019H2[0], later)
    for fewer in ([mistaken((2, WRONG))], []):
        with pytest.raises(AmendmentRefused, match="may not say fewer than version 2"):
            amend(town, *third, *fewer, follows=False)
    people.end(town.gateway, town.contract, other.record, channel=Channel.MEETING, role=CASE)


def test_who_was_erased_since_still_counts_as_registered(town: SimulatedMunicipality):
    """The number is what the access log tells, which knows nobody."""
    mark(town, *OF_WHOM)
    erase_somebody(town, someone(town, OF_WHOM[0]).case_reference)
    amend(town, SECOND, IN_2019H2, mistaken((4, WRONG)))


def test_records_of_before_mistakes_were_known_are_none(town: SimulatedMunicipality):
    """Their events have no reason, which an older schema did not have."""
    new = NewRecord(RecordKind.OBJECTION, Channel.LETTER)
    people.begin(town.gateway, town.contract, someone(town, 12), new, role=CASE)
    edit(town, "UPDATE logentry SET body = replace(body, ?, '') WHERE kind = 'record_changed'", ',"reason":""')
    mark(town, 6)
    with town.gateway.store.read() as session:
        bodies = [row.body for row in ledger.rows(session, "access", count=1000) if row.kind == "record_changed"]
        assert ['"reason"' in body for body in bodies] == [False, True]
        assert registered_mistakes(session, town.contract) == {WRONG: 1}


def test_a_mistake_says_what_was_wrong_with_the_referral_and_nothing_else_does(town: SimulatedMunicipality):
    with pytest.raises(RecordRefused, match="a mistake, and nothing else"):
        mark(town, 6, reason=None)
    wrong = NewRecord(RecordKind.OBJECTION, Channel.LETTER, reason=WRONG)
    with pytest.raises(RecordRefused, match="a mistake, and nothing else"):
        people.begin(town.gateway, town.contract, someone(town, 6), wrong, role=CASE)


def test_a_first_version_counts_nobody_and_none_counts_everybody(tmp_path: Path):
    with pytest.raises(DeclarationInvalid, match="follows"):
        built(tmp_path / "first", mistaken((1, WRONG)))
    with pytest.raises(DeclarationInvalid, match="must leave somebody"):
        built(tmp_path / "all", mistaken((30, WRONG)))


def test_page_annex_command_and_report_say_it(town: SimulatedMunicipality):
    mark(town, 6)
    amend(town, SECOND, IN_2019H2, mistaken((1, WRONG)))
    with town.gateway.store.read() as session:
        contract, programme = newest_contract(session, town.contract), town.gateway.programme(session, town.contract)
    assert "Of them 1 were referred by mistake" in page(contract, Language.ENGLISH)
    annexed = [one.text for one in annex_a(contract, programme, on=date(2019, 10, 3)) if isinstance(one, Paragraph)]
    assert any(text.startswith("Af dem er 1 fejlhenvist") for text in annexed)
    told: AccessReport = report(town.gateway, town.contract, someone(town, 6), role=CASE)
    assert [(one.kind, one.reason) for one in told.held.records][-1] == ("mistake", "other_cohort")
    assert "du blev henvist ved en fejl: du hører ikke til dem, indsatsen er for" in report_page.page(told)
    case = someone(town, 7).case_reference
    asked = ["rights", "record", town.contract, "mistake", "--reason", "other_cohort", "--case", case]
    done = run(*asked, "--channel", "meeting", environment=town.environment)
    assert done.code == 0, done.err
    assert "from now on no register is read about this person" in done.out
