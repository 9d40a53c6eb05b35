"""Corrections: what was wrong is superseded with a signed difference, and both stand in the log."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.errors.release import NothingToCorrect, ReleaseInterrupted, RevisionUnknown, WindowOutOfOrder
from gateway.evaluation import evaluating as evaluation
from gateway.intake import pulling
from gateway.outcomes.evaluate import evaluate
from gateway.oversight import log_reading as oversight
from gateway.release import correction, publication
from gateway.release.issuing import Released
from gateway.release.releasing import release
from outcome_verifier import canonical
from outcome_verifier.errors import StatusInvalid
from outcome_verifier.verify import verify_bundle
from tests.functional.test_traps import Clock
from tests.support.money import owed_at
from tests.support.municipality import SimulatedMunicipality, ready

LAST = "2020H2"
PAYMENT, TOTAL = ("payment_document", "operator"), ("contract_total", "investor")


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """Every window up to 2020H2 is released to the operator, and the last one's total to the investor."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    with town.gateway.store.read() as session:
        windows = town.gateway.contract(session, town.contract).windows_until(LAST)
    for window in windows:
        town.release(window.label, *PAYMENT)
    town.release(LAST, *TOTAL)
    return town


def mend(town: SimulatedMunicipality, *, months: tuple[str, ...] = ("2020-10", "2020-11", "2020-12")) -> None:
    """The income file comes again, without anybody's wages in the last months."""
    town.gateway.clock.move(1)
    folder = town.folder / "again"
    folder.mkdir()
    header, *lines = town.drop.income.read_text().splitlines()
    kept = [line for line in lines if not (line.split(";")[1] in months and line.split(";")[2] == "00")]
    assert len(kept) < len(lines)
    (folder / town.drop.income.name).write_text("\n".join([header, *kept]) + "\n")
    pulling.pull(town.gateway, town.contract, "income", folder / town.drop.income.name)


def corrected(town: SimulatedMunicipality) -> dict[str, Released]:
    done = correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    return {one.template: one for one in done}


def test_a_correction_supersedes_every_attestation_whose_figures_were_wrong(town: SimulatedMunicipality):
    old = {template: town.verified(town.release(LAST, template, to).bundle) for template, to in (PAYMENT, TOTAL)}
    mend(town)
    new = corrected(town)
    assert set(new) == {"payment_document", "contract_total"}
    for template, released in new.items():
        verified = town.verified(released.bundle)
        assert verified.claims["supersedes"]["jti"] == old[template].claims["jti"]
        assert verified.claims["seq"] == old[template].claims["seq"] + 1
        before, after = old[template].shown["payable"], verified.shown["payable"]
        assert verified.shown["difference"]["amount_minor"] == after["amount_minor"] - before["amount_minor"] < 0
    total = town.verified(new["contract_total"].bundle).shown
    assert total["difference"]["outcomes_achieved"] == total["outcomes_achieved"] - 12 < 0
    assert "outcomes_by_class" not in total  # two tables of one cohort could be subtracted
    assert "outcomes_by_class" in old["contract_total"].shown
    oversight.verify_logs(town.gateway)


def test_the_old_bundle_handed_out_again_says_by_which_and_the_difference(town: SimulatedMunicipality):
    drawer = town.release(LAST, *TOTAL).bundle
    mend(town)
    new = town.verified(corrected(town)["contract_total"].bundle)
    assert town.verified(drawer)  # as of its own staple
    fresh = release(town.gateway, town.contract, LAST, *TOTAL, revision=1).bundle
    with pytest.raises(StatusInvalid) as refused:
        town.verified(fresh)
    assert refused.value.successor is not None
    assert refused.value.successor.jti == new.claims["jti"]
    assert refused.value.successor.difference == new.shown["difference"]
    assert canonical.loads(town.release(LAST, *TOTAL).bundle)["superseded_by"] is None
    with pytest.raises(RevisionUnknown):
        release(town.gateway, town.contract, LAST, *TOTAL, revision=3)


def test_both_stand_in_the_log_and_every_status_list_is_kept(town: SimulatedMunicipality):
    old = canonical.loads(town.release(LAST, *TOTAL).bundle)
    publication.publish(town.gateway)
    mend(town)
    corrected(town)
    fresh = canonical.loads(release(town.gateway, town.contract, LAST, *TOTAL, revision=1).bundle)
    assert fresh["attestation"] == old["attestation"]
    assert fresh["logged_at"] == old["logged_at"]
    publication.publish(town.gateway)
    archive = town.gateway.settings.public_directory / "status" / "archive"
    kept = [file.read_text() for file in archive.iterdir()]
    assert old["status"] in kept
    assert fresh["status"] in kept


def test_a_second_correction_supersedes_the_first(town: SimulatedMunicipality):
    mend(town)
    first = town.verified(corrected(town)["contract_total"].bundle)
    town.gateway.clock.move(1)
    back = town.folder / "again" / "third" / town.drop.income.name
    back.parent.mkdir()
    back.write_text(
        town.drop.income.read_text() + town.drop.income.read_text().splitlines()[-1].replace("00;", "05;") + "\n"
    )
    pulling.pull(town.gateway, town.contract, "income", back)
    second = town.verified(corrected(town)["contract_total"].bundle)
    assert second.claims["supersedes"]["jti"] == first.claims["jti"]
    assert second.shown["outcomes_achieved"] == 12
    assert second.shown["difference"]["outcomes_achieved"] == -first.shown["difference"]["outcomes_achieved"]


def test_nothing_is_corrected_where_no_figure_differs(town: SimulatedMunicipality):
    with pytest.raises(NothingToCorrect):
        corrected(town)
    assert {row.revision for row in town.rows()} == {1}


def test_a_window_whose_difference_was_settled_is_not_corrected_again(town: SimulatedMunicipality):
    """The next payment document has taken back what was wrong: a correction would take it back twice."""
    mend(town)
    with pytest.raises(WindowOutOfOrder, match="what registers show now stands in the next payment document"):
        correction.correct(town.gateway, town.contract, "2020H1", reason="source_corrected")


def test_what_follows_a_correction_builds_on_it(tmp_path: Path):
    """The payment documents are the same, whether a mistake was corrected or noticed in time."""
    amounts, months = [], ("2019-10", "2019-11", "2019-12")
    for is_late in (False, True):
        town = ready(tmp_path / str(is_late), pulled=False, clock=Clock(date(2030, 1, 1)))
        town.enrol()
        pulling.pull(town.gateway, "impact60", "dream", town.drop.status)
        if is_late:
            pulling.pull(town.gateway, "impact60", "income", town.drop.income)
        else:
            mend(town, months=months)
        bundles = {window: town.release(window, *PAYMENT) for window in ("2018H2", "2019H1", "2019H2")}
        if is_late:
            mend(town, months=months)
            [bundles["2019H2"]] = correction.correct(town.gateway, "impact60", "2019H2", reason="source_corrected")
        bundles["2020H1"] = town.release("2020H1", *PAYMENT)
        shown = {window: town.verified(done.bundle).shown for window, done in bundles.items()}
        amounts.append({window: claims["payable"]["amount_minor"] for window, claims in shown.items()})
        assert all(line["kind"] == "window" for line in shown["2020H1"]["lines"])
    assert amounts[0] == amounts[1]


def test_a_correction_that_is_interrupted_is_finished_by_the_next_release(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    def dies(*_, **__):
        raise KeyboardInterrupt

    mend(town)
    with monkeypatch.context() as patch:
        patch.setattr("gateway.release.issuing.sdjwt.issue", dies)
        with pytest.raises(KeyboardInterrupt):
            corrected(town)
    for template, to in (PAYMENT, TOTAL):
        done = town.release(LAST, template, to)
        assert town.verified(done.bundle).claims["supersedes"]
        with pytest.raises(StatusInvalid):
            town.verified(release(town.gateway, town.contract, LAST, template, to, revision=1).bundle)
    issued = [row for row in town.rows() if row.recipient_role == "operator"]
    assert sorted(row.seq for row in issued) == list(range(1, len(issued) + 1))


def test_a_correction_waits_for_a_release_that_is_interrupted(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    """That one is no correction: what it is to say was drafted already."""
    interrupted(town, monkeypatch, lambda: town.release(LAST, "contract_total", "operator"))
    mend(town)
    with pytest.raises(ReleaseInterrupted):
        corrected(town)


def interrupted(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch, work) -> None:
    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("gateway.release.issuing.sdjwt.issue", dies)
        with pytest.raises(KeyboardInterrupt):
            work()


@pytest.fixture
def early(tmp_path: Path) -> SimulatedMunicipality:
    """Released up to 2019H2, whose wages turn out to be wrong."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    for window in ("2018H2", "2019H1", "2019H2"):
        town.release(window, *PAYMENT)
    mend(town, months=("2019-10", "2019-11", "2019-12"))
    return town


def test_no_window_is_paid_on_top_of_an_unfinished_correction(
    early: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    """It would take back what the correction takes back when it is finished: twice."""
    interrupted(
        early, monkeypatch, lambda: correction.correct(early.gateway, "impact60", "2019H2", reason="source_corrected")
    )
    for template, to in (PAYMENT, TOTAL):
        with pytest.raises(WindowOutOfOrder, match="was interrupted"):
            early.release("2020H1", template, to)
    early.release("2019H2", *PAYMENT)
    early.release("2020H1", *PAYMENT)
    assert paid(early) == due(early, "2020H1")


def test_nothing_is_corrected_below_an_unfinished_payment_document(
    early: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    """What was intended for the next window was reckoned from the old document."""
    interrupted(early, monkeypatch, lambda: early.release("2020H1", *PAYMENT))
    with pytest.raises(WindowOutOfOrder):
        correction.correct(early.gateway, "impact60", "2019H2", reason="source_corrected")
    early.release("2020H1", *PAYMENT)
    assert paid(early) == due(early, "2020H1")


def paid(town: SimulatedMunicipality) -> int:
    """What the standing payment documents add up to, in minor units."""
    rows = {row.window: row for row in sorted(town.rows(), key=lambda row: row.revision) if row.template == PAYMENT[0]}
    assert all(row.state == "issued" for row in rows.values())
    return sum(line["amount_minor"] for row in rows.values() for line in row.due)


def due(town: SimulatedMunicipality, window: str) -> int:
    """What is due up to a window's end, evaluated anew with what its document knew."""
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, "impact60")
        [known] = [row.known_at for row in town.rows() if row.window == window and row.template == PAYMENT[0]]
        programme = town.gateway.programme(session, "impact60")
        cohort = evaluation.histories(session, contract, programme, known_at=known)
    chosen = contract.window(window)
    assert chosen is not None
    return owed_at(contract, evaluate(contract, cohort, chosen.to_week))


def test_a_correction_may_flip_the_investors_mark_and_shows_no_number(tmp_path: Path):
    """Ballerup: ten people, so the difference is met or not met and nothing else."""
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    before = town.verified(town.release(LAST, "predicate", "investor").bundle).shown
    town.gateway.clock.move(1)
    header, *lines = town.drop.income.read_text().splitlines()
    flipped = [line.replace(";00;", ";05;").replace(";01;", ";05;") for line in lines]
    if not before["threshold"]["met"]:
        pytest.fail("the course of the example should meet the threshold")
    (town.folder / "again").mkdir()
    file = town.folder / "again" / town.drop.income.name
    file.write_text("\n".join([header, *flipped]) + "\n")
    pulling.pull(town.gateway, "ballerup", "income", file)
    [done] = correction.correct(town.gateway, "ballerup", LAST, reason="source_corrected")
    shown = verify_bundle(done.bundle, town.trust(), now=int(town.gateway.clock().timestamp())).shown
    assert shown["difference"] == {"threshold_met": -1}
    assert not shown["threshold"]["met"]
