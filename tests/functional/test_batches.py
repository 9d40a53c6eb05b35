"""Batches that are sealed one after the other: each is pulled, counted and paid by itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.errors.enrolment import BatchTooLate
from gateway.errors.release import ReadersHeld, WindowInBlock
from gateway.evaluation.evaluating import evaluate_week
from gateway.events.rights import ErasureRepeated
from gateway.intake import enrolment, pulling
from gateway.jobs.doctor import examine_opened
from gateway.oversight.audit.recomputing import Recomputed, recompute
from gateway.release import correction
from gateway.release.releasing import release
from gateway.rights import erasure
from gateway.store import histories, queries
from gateway.store.rights_tables import ErasureRow
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import VerifiedOutcome, verify_bundle
from policies.errors import PolicyDenied
from tests.functional.test_blocks import FOLD, PAYMENT, TOTAL
from tests.functional.test_blocks import WINDOWS as EVERY_WINDOW
from tests.functional.test_correction import mend
from tests.functional.test_traps import Clock
from tests.support.auditing import AUDITOR, appoint
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, copied
from tests.support.simulated import Edit, Municipality, acting, simulated
from vocabulary.releases import Template
from vocabulary.statuses import Status
from vocabulary.weeks import Week

WINDOWS = EVERY_WINDOW[:5]  # to which the files tell
UNTIL_THEN = ('[[windows]]\nlabel = "2021H1"\nfrom_week = "2021-W01"\nto_week = "2021-W26"\n\n', "")
EARLY = 26
OPERATOR = (Template.CONTRACT_TOTAL, "operator")


def batches(early: int, late: int) -> Edit:
    return (
        'id = "2018"\nsize = 30\n',
        f'id = "early"\nsize = {early}\n\n[[cohort.batches]]\nid = "late"\nsize = {late}\n',
    )


def built(folder: Path, *edits: Edit, early: int = EARLY) -> Municipality:
    """Two referral lists, of which the first is sealed; nothing is pulled."""
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, batches(early, 30 - early), *edits),
        clock=Clock(date(2030, 1, 1)),
    )
    header, *lines = made.drop.referrals.read_text().splitlines()
    for name, some in (("early", lines[-early:]), ("late", lines[:-early])):
        (folder / f"{name}.csv").write_text("\n".join([header, *some]) + "\n")
    seal(made, "early")
    return made


def seal(town: Municipality, batch: str) -> None:
    enrolment.enrol(town.gateway, town.contract, batch, town.folder / f"{batch}.csv")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    made = built(tmp_path_factory.mktemp("batches"), FOLD)
    made.pull_all()
    return made


@pytest.fixture
def town(original: Municipality, tmp_path: Path) -> SimulatedMunicipality:
    """The early batch is sealed and pulled, of a contract that is shown in blocks where it must."""
    same = SimulatedMunicipality(original.gateway, original.contract, original.drop, original.folder)
    return copied(same, tmp_path, clock=Clock(date(2030, 1, 1)))


def read(town: Municipality, window: str, template: str, recipient: str) -> VerifiedOutcome:
    """What is released, as its recipient reads it."""
    bundle = release(town.gateway, town.contract, window, template, recipient).bundle
    return verify_bundle(bundle, TrustFile.load(town.gateway.trust_file()), now=int(town.gateway.clock().timestamp()))


def paid(town: Municipality, *windows: str) -> list[int]:
    return [read(town, window, *PAYMENT).shown["payable"]["amount_minor"] for window in windows]


def named(seen: VerifiedOutcome) -> list[str]:
    return [seal["batch"] for seal in seen.shown["cohort_seals"]]


def counts_from(town: Municipality) -> dict[str, str]:
    with town.gateway.store.read() as session:
        return {one.batch_id: one.counts_from for one in queries.batches(session, town.contract)}


def test_a_batch_is_paid_before_the_others_are_sealed(town: SimulatedMunicipality):
    seen = read(town, WINDOWS[0], *PAYMENT)
    assert (seen.shown["participants"], named(seen)) == (EARLY, ["early"])
    assert (seen.shown["participants"], named(seen)) == (EARLY, ["early"])
    total = read(town, WINDOWS[0], *TOTAL)
    assert (total.shown["participants"], named(total)) == (EARLY, ["early"])
    assert paid(town, WINDOWS[1]) > [0]


def test_a_later_batch_counts_from_the_first_window_of_which_nothing_was_released(town: SimulatedMunicipality):
    """It is in none of the figures before, whenever they are asked for, and in all of those from then on."""
    first = [read(town, window, *PAYMENT) for window in WINDOWS[:2]]
    seal(town, "late")
    assert counts_from(town) == {"early": WINDOWS[0], "late": WINDOWS[2]}
    town.pull_all()
    later = read(town, WINDOWS[2], *PAYMENT)
    assert (later.shown["participants"], named(later)) == (30, ["early", "late"])
    again = [read(town, window, *PAYMENT) for window in WINDOWS[:2]]
    assert [one.shown for one in again] == [one.shown for one in first]
    for label, people in (("2018-W52", EARLY), ("2019-W26", EARLY), ("2019-W27", 30)):
        assert evaluate_week(town.gateway, town.contract, Week.parse(label))[0].participants == people


def test_what_is_paid_in_all_is_what_would_be_had_everybody_come_at_once(town: SimulatedMunicipality, tmp_path: Path):
    early = paid(town, *WINDOWS[:2])
    seal(town, "late")
    town.pull_all()
    rest = paid(town, *WINDOWS[2:])
    other = built(tmp_path / "twin", FOLD)
    seal(other, "late")
    other.pull_all()
    at_once = paid(other, *WINDOWS)
    assert sum(early) < sum(at_once[:2])
    assert sum(early) + sum(rest) == sum(at_once)


def test_nothing_is_told_of_people_of_whom_nothing_was_pulled(town: SimulatedMunicipality):
    """The files were read before they were sealed: they are read once more, and tell nothing new of the others."""
    paid(town, WINDOWS[0])
    seal(town, "late")
    with pytest.raises(PolicyDenied) as refused:
        read(town, WINDOWS[1], *PAYMENT)
    assert refused.value.decision.rule_ids == ("P24-sources-complete",)
    before = paid(town, WINDOWS[0])
    town.pull_all()
    assert paid(town, WINDOWS[0]) == before
    assert read(town, WINDOWS[1], *PAYMENT).shown["participants"] == 30
    with town.gateway.store.read() as session:
        assert [row.batches for row in queries.pulls(session, town.contract, "dream")] == [1, 2]
    town.pull_all()
    with town.gateway.store.read() as session:
        assert len(queries.pulls(session, town.contract, "dream")) == 2, "the same file once more changes nothing"


def test_a_correction_of_an_earlier_window_rests_on_the_batches_of_then(town: SimulatedMunicipality):
    [_, before] = [read(town, window, *PAYMENT) for window in WINDOWS[:2]]
    seal(town, "late")
    town.pull_all()
    mend(town, months=("2019-05", "2019-06"))
    [done] = correction.correct(town.gateway, town.contract, WINDOWS[1], reason="source_corrected")
    seen = town.verified(done.bundle)
    assert (seen.shown["participants"], named(seen)) == (EARLY, ["early"])
    assert seen.shown["payable"]["amount_minor"] < before.shown["payable"]["amount_minor"]


def test_an_auditor_finds_what_each_attestation_rests_on(town: SimulatedMunicipality):
    appoint(town)
    read(town, WINDOWS[0], *PAYMENT)
    seal(town, "late")
    town.pull_all()
    read(town, WINDOWS[1], *PAYMENT)
    for window in WINDOWS[:2]:
        found = recompute(acting(town.gateway, AUDITOR), town.contract, window, *PAYMENT)
        assert (found.inputs, found.plan) == (Recomputed.SAME, Recomputed.SAME)


def test_a_batch_that_could_count_in_no_window_is_refused(tmp_path: Path):
    short = built(tmp_path, FOLD, UNTIL_THEN)
    short.pull_all()
    paid(short, *WINDOWS)
    with pytest.raises(BatchTooLate, match=WINDOWS[-1]):
        seal(short, "late")
    assert counts_from(short) == {"early": WINDOWS[0]}


def test_a_preview_says_from_when_on_people_count(town: SimulatedMunicipality):
    paid(town, WINDOWS[0])
    seen = enrolment.preview(town.gateway, town.contract, "late", town.folder / "late.csv")
    assert (seen.counts_from, seen.would_seal) == (WINDOWS[1], True)
    assert counts_from(town) == {"early": WINDOWS[0]}


def test_a_few_alone_are_paid_and_shown_to_nobody_else(tmp_path: Path):
    """Twenty-nine of thirty in the last batch: the one is paid. What readers see begins with the others."""
    few = built(tmp_path, FOLD, early=1)
    few.pull_all()
    alone = paid(few, WINDOWS[0])
    for recipient in (TOTAL, OPERATOR):
        with pytest.raises(WindowInBlock, match="is not shown with the people who are sealed"):
            read(few, WINDOWS[0], *recipient)
    seal(few, "late")
    few.pull_all()
    with pytest.raises(WindowInBlock, match=f"is shown with '{WINDOWS[1]}'"):
        read(few, WINDOWS[0], *TOTAL)
    assert paid(few, WINDOWS[0]) == alone
    paid(few, WINDOWS[1])
    total = read(few, WINDOWS[1], *TOTAL)
    assert total.shown["participants"] == 30
    assert total.claims["window"]["from_week"] == "2018-W40"


def test_without_blocks_readers_wait_where_a_few_would_be_told_of(tmp_path: Path):
    """The contract shows each window by itself, and was audited for all thirty: of one nobody else is told."""
    few = built(tmp_path, early=1)
    few.pull_all()
    assert paid(few, WINDOWS[0])
    with pytest.raises((ReadersHeld, PolicyDenied)):
        read(few, WINDOWS[0], *TOTAL)
    said = [one.what for one in examine_opened(few.gateway)]
    assert any("nothing is released to readers: with the people who are sealed" in one for one in said)
    assert f"{few.contract}: late of 2 batches not sealed yet" in said
    seal(few, "late")
    few.pull_all()
    paid(few, WINDOWS[1])
    with pytest.raises(ReadersHeld, match="with the people who are sealed"):
        read(few, WINDOWS[1], *TOTAL)


def test_an_older_file_read_again_tells_the_later_batch_and_the_earlier_one_nothing(tmp_path: Path):
    """A newer file has covered its weeks, when the later people were not looked for."""
    two = ('id = "2018"\nsize = 10\n', 'id = "early"\nsize = 6\n\n[[cohort.batches]]\nid = "late"\nsize = 4\n')
    town = simulated(tmp_path, "ballerup", extract_people=EXTRACT_PEOPLE, edits=(two,))
    header, *lines = town.drop.referrals.read_text().splitlines()
    for name, some in (("early", lines[:6]), ("late", lines[6:])):
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *some]) + "\n")
    seal(town, "early")
    town.pull_all()

    def weeks(batch: str) -> list[dict[int, frozenset[Status]]]:
        with town.gateway.store.read() as session:
            people = [one.subject_id for one in queries.subjects(session, town.contract) if one.batch_id == batch]
            found = histories.load_histories(
                session,
                town.contract,
                status_sources=["ydelsesrefusion"],
                income_source="income",
                known_at=town.gateway.clock(),
                subjects=people,
            )
        return [dict(one.statuses) for one in found]

    before = weeks("early")
    seal(town, "late")
    [march] = [file for file in town.drop.status.iterdir() if "2019-03" in file.name]
    pulling.pull(town.gateway, town.contract, "ydelsesrefusion", march)
    assert weeks("early") == before
    assert [len(one) for one in weeks("late")] == [4] * 4, "its four weeks, which a newer file has covered"


def test_who_is_erased_stays_in_the_count_of_the_batch(town: SimulatedMunicipality, tmp_path: Path):
    """Of a batch that counts from the second window on, before that window is documented."""
    paid(town, WINDOWS[0])
    seal(town, "late")
    town.pull_all()
    twin = copied(town, tmp_path / "twin", clock=Clock(date(2030, 1, 1)))
    expected = paid(twin, *WINDOWS[1:])
    with town.gateway.write() as uow:
        late = next(one for one in queries.subjects(uow.session, town.contract) if one.batch_id == "late")
        mark = erasure.digest_of(late.subject_id)
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark))
    assert erasure.repeat(town.gateway) == 1
    for label, people in (("2018-W52", EARLY), ("2019-W26", 30)):
        assert evaluate_week(town.gateway, town.contract, Week.parse(label))[0].participants == people
    assert paid(town, *WINDOWS[1:]) == expected
    assert read(town, WINDOWS[1], *PAYMENT).shown["participants"] == 30
