"""A contract that ends early: settled to the last whole week, paid exactly, told to no reader, and then not read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.contracts.sealed_plan import planned_ends
from gateway.documents.amending import preview
from gateway.documents.annexes.blocks import Paragraph
from gateway.documents.annexes.measurement import annex_a
from gateway.documents.contract_page import Language
from gateway.errors.contracts import AmendmentRefused, WindowUnknown
from gateway.errors.release import WindowInBlock
from gateway.evaluation.evaluating import evaluate_week
from gateway.installation.in_force import newest_contract
from gateway.intake import enrolment
from gateway.release import correction
from gateway.release.releasing import release
from gateway.settlement import views
from gateway.settlement.forecast import accruals
from gateway.store import spells
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical
from policies.errors import PolicyDenied
from tests.functional.test_amendments import BEFORE, SECOND, built
from tests.functional.test_batches import paid, read
from tests.functional.test_block_plans import built as built_in_blocks
from tests.functional.test_blocks import PAYMENT, TOTAL, WINDOWS
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality
from tests.support.settling import operator
from tests.support.simulated import Edit, amend, following
from vocabulary.weeks import Week

LAST, CUT = "2020-W13", "2020H1"
IN_2020 = ("effective_from = 2018-10-01", "effective_from = 2020-01-06")
WEEK_PRICE = 150_000


def end_with(week: str, reason: str = "agreed", more: str = "") -> Edit:
    return "[freeze]", f'[end]\nlast_week = "{week}"\nreason = "{reason}"\n{more}\n[freeze]'


def on(town: SimulatedMunicipality, day: date) -> SimulatedMunicipality:
    """The same town some day, with files as they are drawn then."""
    now = town.gateway.clock().date()
    town.gateway.clock.move((day - now).days)
    return replace(town, drop=town.drawn_on(day))


def last_read(town: SimulatedMunicipality) -> Week:
    with town.gateway.store.read() as session:
        told = spells.spell_versions(session, town.contract, "dream")
    return Week(max(one.to_week for versions in told.values() for one in versions))


def logged(town: SimulatedMunicipality, kind: str) -> list[dict]:
    with town.gateway.store.read() as session:
        found = session.exec(select(LogEntry.body).where(LogEntry.kind == kind)).all()
    return [canonical.loads(body.encode()) for body in found]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """It ends in the middle of 2020H1, which everybody accepts before; four windows are paid, three shown."""
    town = built(tmp_path_factory.mktemp("ended"))
    amend(town, SECOND, IN_2020, end_with(LAST), ground=None)
    town = on(town, date(2020, 5, 28))
    town.pull_all()
    return town


def test_what_was_reached_by_the_last_week_is_paid(ended: SimulatedMunicipality):
    by_then, before = (
        evaluate_week(ended.gateway, ended.contract, Week.parse(week))[0].quantity("weeks_in_work_or_education")
        for week in (LAST, "2019-W52")
    )
    assert paid(ended, *WINDOWS[:4])[-1] == (by_then - before) * WEEK_PRICE > 0
    seen = read(ended, CUT, *PAYMENT)
    assert seen.claims["window"]["to_week"] == LAST
    assert seen.claims["contract"]["version"] == 2
    assert [read(ended, window, *PAYMENT).claims["contract"]["version"] for window in WINDOWS[:3]] == [1, 1, 1]


def test_readers_get_what_was_planned_before_and_no_figure_of_the_cut_window(ended: SimulatedMunicipality):
    paid(ended, *WINDOWS[:4])
    assert [read(ended, window, *TOTAL).shown["payable"]["amount_minor"] for window in WINDOWS[:3]] == paid(
        ended, *WINDOWS[:3]
    )
    for recipient in ("investor", "operator"):
        with pytest.raises(PolicyDenied):
            release(ended.gateway, ended.contract, CUT, "contract_total", recipient)
    with pytest.raises(WindowUnknown):
        release(ended.gateway, ended.contract, "2020H2", *PAYMENT)


def test_nothing_behind_the_last_week_is_read_and_after_a_day_nothing_at_all(tmp_path: Path):
    town = built(tmp_path)
    amend(town, SECOND, IN_2020, end_with(LAST), ground=None)
    town = on(town, date(2020, 5, 28))
    town.pull_all()
    assert last_read(town) == Week.parse(LAST)
    town = on(town, date(2020, 8, 27))
    with pytest.raises(PolicyDenied):
        town.pull_all()
    assert (
        logged(town, "contract_ended_early")[0]
        | {
            "contract": "impact60",
            "version": 2,
            "last_week": LAST,
            "reason": "agreed",
            "read_until": "2020-08-26",
        }
        == logged(town, "contract_ended_early")[0]
    )
    assert paid(town, *WINDOWS[:4])[-1] > 0  # what is owed stays owed


def test_what_comes_late_is_corrected_and_owed(tmp_path: Path):
    town = built(tmp_path)
    amend(town, SECOND, IN_2020, end_with(LAST, more="read_days = 90\n"), ground=None)
    town = on(town, date(2020, 5, 28))
    header, *lines = town.drop.income.read_text().splitlines()
    kept = [line for line in lines if not (line.split(";")[1] == "2020-03" and line.split(";")[2] == "00")]
    whole = town.drop.income.read_text()
    town.drop.income.write_text("\n".join([header, *kept]) + "\n")
    town.pull_all()
    first = paid(town, *WINDOWS[:4])
    town = on(town, date(2020, 6, 27))
    town.drop.income.write_text(whole)
    town.pull_all()
    [done] = correction.correct(town.gateway, town.contract, CUT, reason="source_corrected")
    assert done.template == PAYMENT[0]
    assert town.verified(done.bundle).shown["payable"]["amount_minor"] > first[-1]


def test_nobody_more_is_enrolled(tmp_path: Path):
    batches = ('id = "2018"\nsize = 30\n', 'id = "2018"\nsize = 30\n\n[[cohort.batches]]\nid = "more"\nsize = 30\n')
    town = built(tmp_path, batches, ("size = 30\nenrolment", "size = 60\nenrolment"))
    amend(town, SECOND, IN_2020, end_with(LAST), ground=None)
    with pytest.raises(PolicyDenied):
        enrolment.enrol(town.gateway, town.contract, "more", town.drop.referrals)


def test_a_window_that_was_released_is_not_cut(tmp_path: Path):
    town = built(tmp_path)
    town = on(town, date(2020, 3, 20))
    town.pull_all()
    paid(town, *WINDOWS[:3])
    with pytest.raises(AmendmentRefused, match="of which something was released") as refused:
        amend(town, SECOND, ("effective_from = 2018-10-01", "effective_from = 2019-07-08"), end_with("2019-W40"))
    assert refused.value.part == "end.last_week"
    amend(town, SECOND, IN_2020, end_with("2020-W04"), ground=None)  # agreed afterwards: nothing was told of it


@pytest.mark.long
def test_an_open_block_is_paid_and_shows_no_figure(tmp_path: Path):
    """82 weeks: 2020H1 would be shown with 2020H2, and the contract ends before. The plan follows from the seals."""
    made = built_in_blocks(tmp_path, clock=Clock(BEFORE))
    made.enrol()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    with town.gateway.store.read() as session:
        before = town.gateway.contract(session, town.contract).block_ends
    assert before is not None
    assert CUT not in before
    amend(
        town, SECOND, ("effective_from = 2018-10-01", "effective_from = 2020-06-29"), end_with("2020-W30"), ground=None
    )
    with town.gateway.store.read() as session:
        ends = town.gateway.contract(session, town.contract).block_ends
        again = planned_ends(session, newest_contract(session, town.contract))
    assert ends == again == tuple(end for end in before if end < CUT)
    town = on(town, date(2020, 9, 24))
    town.pull_all()
    assert paid(town, *WINDOWS[:5])[-1] > 0
    for window in ends:
        assert read(town, window, *TOTAL).shown
    for window in (CUT, "2020H2"):
        with pytest.raises(WindowInBlock, match="or in the time that the contract has left"):
            read(town, window, *TOTAL)


def test_an_amendment_says_beforehand_what_an_end_comes_to(tmp_path: Path):
    town = built(tmp_path)
    before = text = (town.folder / "impact60.toml").read_text()
    for old, new in (SECOND, IN_2020, end_with(LAST, "law_changed")):
        text = text.replace(old, new)
    file = town.folder / "v2.toml"
    file.write_text(following(before, text))
    seen = preview(town.gateway, file, language=Language.ENGLISH)
    assert seen.ending is not None
    assert (seen.ending.owed, seen.ending.gone) == (WINDOWS[:4], WINDOWS[4:])
    assert seen.ending.unshown == (CUT,)
    assert [line for part in seen.words for line in part.after if "2020-08-26" in line]
    late = run("contract", "amend", file, environment=town.environment)  # by the clock of today
    assert late.code == 5, "what is missing could not be read any more, and its last window never be paid"
    assert "dream is not complete to the last week" in late.err
    on(town, date(2020, 5, 28)).pull_all()
    ran = run("contract", "amend", file, environment=town.environment)
    assert ran.code == 0, ran.err
    for said in (
        "It ends early with 2020-W13 (law_changed)",
        "gone, with all that was planned for it: 2020H2, 2021H1",
        "registers are read for weeks up to 2020-W13 alone, for the last time on 2020-08-26",
    ):
        assert said in ran.out


def test_statement_annex_and_forecast_speak_of_what_is_left(ended: SimulatedMunicipality):
    """Nothing of them names a window that is gone, and the annex says the end in the parties' language."""
    paid(ended, *WINDOWS[:4])
    made = views.show_statement(ended.gateway, ended.contract, as_party=operator(ended))
    assert [one.window for one in made.windows] == [*WINDOWS[:4]]
    assert [one.window for one in accruals(ended.gateway, ended.contract).windows] == [*WINDOWS[:4]]
    with ended.gateway.store.read() as session:
        contract = ended.gateway.contract(session, ended.contract)
        programme = ended.gateway.programme(session, ended.contract)
    blocks = annex_a(contract, programme, on=ended.gateway.clock().date())
    told = " ".join(block.text for block in blocks if isinstance(block, Paragraph))
    assert f"Aftalen ophører før tid med uge {LAST}: parterne er enige om det." in told
    assert f"{CUT} gøres op til og med den uge" in told
    assert not any(window in told for window in WINDOWS[4:])
