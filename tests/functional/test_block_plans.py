"""How a plan of blocks comes about, and what becomes of it: previewed, sealed without somebody, and corrected later."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.attestations import calendar_audit
from gateway.attestations.block_plan import SealedDays, ends_of_blocks
from gateway.attestations.judged_calendar import JudgedCalendar
from gateway.errors.release import WindowInBlock, WindowOutOfOrder
from gateway.events.rights import ErasureRepeated
from gateway.intake import enrolment
from gateway.outcomes.contract_file import load_contract
from gateway.oversight.audit.recomputing import Recomputed, recompute
from gateway.release import correction
from gateway.release.releasing import release
from gateway.rights import erasure
from gateway.store import queries
from gateway.store.rights_tables import ErasureRow
from gateway.store.tables import Subject
from tests.functional.test_blocks import LATE, PAYMENT, TOTAL, WINDOWS, edit, text_of, town, verified
from tests.functional.test_correction import mend
from tests.functional.test_traps import Clock
from tests.support.auditing import AUDITOR, appoint
from tests.support.command_line import run
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_COURSE, SimulatedMunicipality, copied
from tests.support.simulated import Municipality, acting, simulated
from vocabulary.releases import Template

pytestmark = pytest.mark.long

__all__ = ["town"]

INNER, END = "2020H1", "2020H2"
EARLY, LAST_DAY = [date(2018, 10, 1)], [date(2018, 12, 30)]
IN_BLOCKS = WINDOWS[:3] + WINDOWS[4:]
TWO_BATCHES = ('id = "2018"\nsize = 30\n', 'id = "early"\nsize = 15\n\n[[cohort.batches]]\nid = "late"\nsize = 15\n')


def built(folder: Path, *edits: tuple[str, str], clock: Clock | None = None) -> SimulatedMunicipality:
    """With the contract in force and nobody enrolled."""
    options = {} if clock is None else {"clock": clock}
    made = simulated(
        folder, extract_people=EXTRACT_PEOPLE, course_edits=SMALL_COURSE[:-1], edits=(*LATE, *edits), **options
    )
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def copy_of(town: Municipality, folder: Path) -> SimulatedMunicipality:
    """A copy of its own, enrolled and pulled."""
    original = SimulatedMunicipality(town.gateway, town.contract, town.drop, town.folder)
    return copied(original, folder, clock=Clock(date(2030, 1, 1)))


def sealed_ends(town: SimulatedMunicipality) -> list[list[str]]:
    with town.gateway.store.read() as session:
        return [one.block_ends for one in queries.batches(session, town.contract)]


def days_of(town: SimulatedMunicipality) -> list[date]:
    with town.gateway.store.read() as session:
        return [one.enrolled_on for one in queries.subjects(session, town.contract)]


def test_a_preview_says_before_the_seal_which_windows_will_wait(tmp_path: Path):
    """And how far it has come; the seal runs nothing again."""
    town, steps = built(tmp_path), []
    calendar_audit._movers_of_text.cache_clear()  # how far it came is told once in a process
    seen = enrolment.preview(
        town.gateway, town.contract, "2018", town.drop.referrals, progress=lambda *done: steps.append(done)
    )
    assert seen.waiting == ((INNER, END),)
    assert steps == [(done, len(steps)) for done in range(1, len(steps) + 1)] != []
    ran = run("enrol", town.contract, town.drop.referrals, "--batch", "2018", "--preview", environment=town.environment)
    assert ran.code == 0, ran.err
    assert f"  {INNER} will be shown with {END}: by itself it could be about a few people" in ran.out.splitlines()
    assert sealed_ends(town) == [], "a preview seals nothing"
    enrolment.enrol(town.gateway, town.contract, "2018", town.drop.referrals)
    assert sealed_ends(town) == [list(IN_BLOCKS)], "and what is sealed is what was shown"


@pytest.mark.long  # an audit takes three seconds
def test_a_preview_of_windows_that_all_stand_alone_says_nothing(tmp_path: Path):
    """Everybody on one day can still change every figure of all windows."""
    town = built(tmp_path)
    header, *lines = town.drop.referrals.read_text().splitlines()
    rows = [line.split(";") for line in lines]
    column = next(place for place, cell in enumerate(rows[0]) if cell.startswith("2018-"))
    for row in rows:
        row[column] = "2018-10-01"
    town.drop.referrals.write_text("\n".join([header, *(";".join(row) for row in rows)]) + "\n")
    assert enrolment.preview(town.gateway, town.contract, "2018", town.drop.referrals).waiting == ()


def lists_of(town: SimulatedMunicipality) -> tuple[Path, Path]:
    """The referral list in two halves."""
    header, *lines = town.drop.referrals.read_text().splitlines()
    files = town.folder / "early.csv", town.folder / "late.csv"
    for file, part in zip(files, (lines[:15], lines[15:]), strict=True):
        file.write_text("\n".join([header, *part]) + "\n")
    return files


def erase_somebody(town: SimulatedMunicipality, case: str = "") -> None:
    """By the way of a restored backup, which erases without deciding again."""
    query = select(Subject.subject_id)
    with town.gateway.write() as uow:
        found = uow.session.exec(query.where(Subject.case_reference == case) if case else query).first()
        mark = erasure.digest_of(found or "")
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark))
    assert erasure.repeat(town.gateway) == 1


def test_who_was_erased_between_two_batches_could_have_begun_on_any_day(tmp_path: Path):
    """The day is not known any more, and what was counted stays in the totals: the plan holds on whichever it was."""
    town = built(tmp_path, TWO_BATCHES)
    early, late = lists_of(town)
    enrolment.enrol(town.gateway, town.contract, "early", early)
    erase_somebody(town)
    enrolment.enrol(town.gateway, town.contract, "late", late)
    assert len(days_of(town)) == 29
    assert sealed_ends(town) == [[], list(IN_BLOCKS)]


@pytest.mark.long  # an audit takes three seconds
@pytest.mark.parametrize(
    ("sealed", "ends"),
    [
        pytest.param([(0, 30, EARLY * 30)], WINDOWS, id="everybody on the first day"),
        pytest.param([(0, 30, EARLY * 29 + LAST_DAY)], IN_BLOCKS, id="one of them on the last"),
        pytest.param([(0, 30, EARLY * 29)], IN_BLOCKS, id="nobody knows one day, which may be the last"),
        pytest.param([(0, 3, EARLY * 3)], (), id="a few"),
        pytest.param([(0, 3, EARLY * 3), (3, 27, EARLY * 27)], WINDOWS[3:], id="a few, and others later"),
        pytest.param([(0, 27, EARLY * 27), (2, 3, LAST_DAY * 3)], IN_BLOCKS, id="a few later, while others go on"),
        pytest.param(
            [(0, 27, EARLY * 27), (5, 3, EARLY * 3)],
            (*WINDOWS[:2], WINDOWS[-1]),
            id="a few late, with all that was theirs before: too large a part of one window",
        ),
    ],
)
def test_batches_are_planned_as_they_count(sealed: list[tuple[int, int, list[date]]], ends: tuple[str, ...]):
    """Each is the window from which on people count, how many they are, and the days that are known."""
    contract = load_contract(text_of(*LATE), file="folds.toml")
    assert ends_of_blocks(contract, [SealedDays(*one) for one in sealed]) == tuple(ends)


def test_who_counts_later_leaves_what_was_shown_as_it_is():
    contract = load_contract(text_of(*LATE), file="folds.toml")
    sealed = [SealedDays(0, 15, EARLY * 15), SealedDays(1, 15, LAST_DAY * 15)]
    assert ends_of_blocks(contract, sealed) == ("2019H1", "2019H2", "2020H2", "2021H1")
    shown = ends_of_blocks(contract, sealed, shown={"2018H2"})
    assert shown == ("2018H2",), "beside it nothing may be shown any more: what comes later less it is about fifteen"


def test_an_auditor_computes_the_plan_of_two_batches_again(tmp_path: Path):
    """Each batch has a seal and a salt of its own; with somebody erased the records alone say what was sealed."""
    town = built(tmp_path, TWO_BATCHES, clock=Clock(date(2030, 1, 1)))
    early, late = lists_of(town)
    enrolment.enrol(town.gateway, town.contract, "early", early)
    assert sealed_ends(town) == [[]], "before everybody is sealed nothing is settled"
    enrolment.enrol(town.gateway, town.contract, "late", late)
    assert sealed_ends(town) == [[], list(IN_BLOCKS)], "with the last batch the days of all of them decide"
    town.pull_all()
    appoint(town)
    town.release(WINDOWS[0], *PAYMENT)
    seen = verified(town, town.release(WINDOWS[0], *PAYMENT).bundle)
    assert len({seal["plan"] for seal in seen.shown["cohort_seals"]}) == 2

    def plan() -> Recomputed:
        return recompute(acting(town.gateway, AUDITOR), town.contract, WINDOWS[0], *PAYMENT).plan

    assert plan() is Recomputed.SAME
    edit(town, "UPDATE batch SET counts_from = ?", WINDOWS[1])
    assert plan() is Recomputed.NOT_OPENED


@pytest.mark.long  # an audit takes three seconds
def test_without_a_day_of_somebody_all_windows_stand_where_they_always_do():
    text = text_of(("k_cohort = 25", 'k_cohort = 25\nfold = "blocks"\nfold_at_most = 1\nfold_cost = "payer"'))
    days = [date(2018, 10, 1 + day % 20) for day in range(30)]
    assert ends_of_blocks(load_contract(text, file="safe.toml"), [SealedDays(0, 31, days)]) == WINDOWS
    assert ends_of_blocks(load_contract(text_of(), file="on-time.toml"), []) == ()


def test_where_nothing_passes_what_was_shown_stays_and_nothing_more_is(monkeypatch: pytest.MonkeyPatch):
    """At the seal nothing is refused any more."""
    contract = load_contract(text_of(*LATE), file="folds.toml")
    monkeypatch.setattr(JudgedCalendar, "ends", lambda self, shown: None)
    sealed = [SealedDays(0, 30, [date(2018, 10, 1)] * 30)]
    assert ends_of_blocks(contract, sealed) == ()
    assert ends_of_blocks(contract, sealed, shown={WINDOWS[1], WINDOWS[0]}) == WINDOWS[:2]


def test_a_correction_of_a_blocks_total_is_signed_over_the_whole_block(town: Municipality, tmp_path: Path):
    made = copy_of(town, tmp_path)
    paid = {window: verified(made, made.release(window, *PAYMENT).bundle) for window in (*WINDOWS[:4], END)}
    total = verified(made, made.release(END, *TOTAL).bundle)
    amount = {window: one.shown["payable"]["amount_minor"] for window, one in paid.items()}
    assert total.shown["payable"]["amount_minor"] == amount[INNER] + amount[END]
    mend(made, months=("2020-03", "2020-04"))
    with pytest.raises(WindowOutOfOrder):  # the inner window's document: the one of its end has come since
        correction.correct(made.gateway, made.contract, INNER, reason="source_corrected")
    done = {
        one.template: one for one in correction.correct(made.gateway, made.contract, END, reason="source_corrected")
    }
    document, again = (verified(made, done[one].bundle) for one in (Template.PAYMENT_DOCUMENT, Template.CONTRACT_TOTAL))
    assert again.claims["window"] == total.claims["window"]
    assert again.claims["supersedes"]["jti"] == total.claims["jti"]
    assert again.shown["payable"]["amount_minor"] == amount[INNER] + document.shown["payable"]["amount_minor"]
    assert again.shown["difference"]["amount_minor"] == document.shown["difference"]["amount_minor"] < 0
    assert again.shown["qualifying_weeks"] < total.shown["qualifying_weeks"]
    assert "outcomes_by_class" not in again.shown


def test_a_correction_of_an_inner_window_is_the_creditors_alone(town: Municipality, tmp_path: Path):
    made = copy_of(town, tmp_path)
    for window in WINDOWS[:4]:
        made.release(window, *PAYMENT)
    mend(made, months=("2020-03", "2020-04"))
    done = correction.correct(made.gateway, made.contract, INNER, reason="source_corrected")
    assert [(one.template, one.recipient) for one in done] == [PAYMENT]
    with pytest.raises(WindowInBlock):
        release(made.gateway, made.contract, INNER, *TOTAL)
    corrected = verified(made, done[0].bundle).shown["payable"]["amount_minor"]
    end = verified(made, made.release(END, *PAYMENT).bundle).shown["payable"]["amount_minor"]
    block = verified(made, made.release(END, *TOTAL).bundle)
    assert block.shown["payable"]["amount_minor"] == corrected + end
    assert "supersedes" not in block.claims
