"""People are looked at outside the writer's lock: others write meanwhile, and nothing holds that moved meanwhile.

In the order of events and by no clock: a look is held where it reads histories, until another writer has committed.
Positive controls: under the lock the other writer is refused, and without the check stale figures are signed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.attestations.inputs import salted_digest
from gateway.errors.release import NothingToCorrect, SourcesIncomplete
from gateway.errors.store import StoreBusy
from gateway.evaluation import looking, shadow, whatif
from gateway.evaluation.evaluating import evaluate_week
from gateway.evaluation.explaining import explain
from gateway.evaluation.hindsight import changes
from gateway.events.log import LogVerified
from gateway.installation.settings import Settings
from gateway.intake import pulling
from gateway.outcomes.contract_file import load_contract
from gateway.oversight import log_reading as oversight
from gateway.release import correction, drafting, statements
from gateway.rights.people import Who, begin
from gateway.settlement.forecast import accruals
from gateway.store import histories, moves
from gateway.store.log_tables import LogEntry
from gateway.store.unit_of_work import Store
from outcome_verifier import canonical
from policies.errors import PolicyDenied
from policies.terms import Party, Role
from tests.faults.test_signer import drop_grant, end, suspend
from tests.functional.test_correction import LAST, PAYMENT, mend
from tests.functional.test_rights import OBJECTS, erased, someone
from tests.functional.test_shadow import MAP, NAMES, workbook_of
from tests.functional.test_statements import said, stated
from tests.functional.test_traps import Clock
from tests.support.acting import SOMEBODY
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT, SimulatedMunicipality, built, ready
from tests.support.simulated import amend
from vocabulary.weeks import Week

FIRST = ("2018H2", *PAYMENT)
WEEK = Week.parse("2020-W53")
LONG_SECONDS = 120  # nothing waits so long unless it fails
DPO = Party("aalborg-kommune", Role.DPO)


BOTH = ("sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.long]))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    if request.param == "sqlite":
        made = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    else:
        made = built(tmp_path, database_url=request.getfixturevalue("empty_postgres_url"))
        made.enrol()
        made.pull_all()
    yield made
    made.gateway.store.dispose()


def release_all(town: SimulatedMunicipality) -> None:
    with town.gateway.store.read() as session:
        windows = town.gateway.contract(session, town.contract).windows_until(LAST)
    for window in windows:
        town.release(window.label, *PAYMENT)


def correct(town: SimulatedMunicipality) -> object:
    return correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")


def try_draft(town: SimulatedMunicipality) -> object:
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text()
    for old, new in SMALL_CONTRACT:
        text = text.replace(old, new)
    return whatif.historical(
        town.gateway, town.contract, load_contract(text.encode(), file="draft.toml"), text.encode()
    )


def kinds(town: SimulatedMunicipality) -> list[str]:
    with town.gateway.store.read() as session:
        return list(session.exec(select(LogEntry.kind).where(LogEntry.log == "access").order_by(LogEntry.idx)))


USES: dict[str, Callable[[SimulatedMunicipality], object]] = {
    "release": lambda town: town.release(*FIRST),
    "evaluate": lambda town: evaluate_week(town.gateway, town.contract, WEEK),
    "explain": lambda town: explain(town.gateway, town.contract, WEEK),
    "hindsight": lambda town: changes(town.gateway, town.contract, earlier=newest(town)),
    "shadow": lambda town: shadow.compare(
        town.gateway, town.contract, workbook_of([["4. kvartal 2018", 1, 1, 1]]), MAP, names=NAMES
    ),
    "what if": try_draft,
    "forecast": lambda town: accruals(town.gateway, town.contract),
}


def newest(town: SimulatedMunicipality) -> datetime:
    """The instant at which the last file was pulled."""
    with town.gateway.store.read() as session:
        query = select(LogEntry.at).where(LogEntry.log == "access", LogEntry.kind == "pull_completed")
        return max(session.exec(query))


class Held:
    """Holds the first look where it reads histories, until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reads, self.goes_on = threading.Event(), threading.Event()
        real = histories.load_histories

        def held(*arguments, **named):
            if not self.reads.is_set():
                self.reads.set()
                assert self.goes_on.wait(LONG_SECONDS)
            return real(*arguments, **named)

        monkeypatch.setattr(histories, "load_histories", held)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("town", BOTH, indirect=True)
def test_another_writer_commits_while_people_are_looked_at(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch, use: str
):
    if isinstance(town.gateway.clock, Clock):
        town.gateway.clock.move(1)
    held = Held(monkeypatch)
    with ThreadPoolExecutor(1) as threads:
        looking_on = threads.submit(USES[use], town)
        assert held.reads.wait(LONG_SECONDS)
        try:
            assert kinds(town)[-1] == "evaluation_authorised"  # committed before anybody's row is read
            with town.gateway.write() as uow:
                index = uow.record(LogVerified(sizes={}, with_anchor=False))
            assert kinds(town)[index] == "log_verified"
            assert not looking_on.done()
        finally:
            held.goes_on.set()
        assert looking_on.result(LONG_SECONDS) is not None
    assert kinds(town).count("evaluation_authorised") == 2  # what the other wrote is no look: it started over
    oversight.verify_logs(town.gateway)


def test_who_only_looks_makes_nobody_start_over(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    held = Held(monkeypatch)
    with ThreadPoolExecutor(1) as threads:
        looking_on = threads.submit(town.release, *FIRST)
        assert held.reads.wait(LONG_SECONDS)
        oversight.read_log(town.gateway, DPO, first=0, count=10)
        held.goes_on.set()
        assert looking_on.result(LONG_SECONDS).is_new
    assert kinds(town).count("evaluation_authorised") == 1


def test_under_the_lock_the_other_writer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Positive control: this is how it was, and how the last of three looks is made."""
    town = ready(tmp_path)
    monkeypatch.setattr(looking, "_FREE_LOOKS", 0)
    held = Held(monkeypatch)
    impatient = Store(Settings(data_directory=town.data_directory).store_url, busy_seconds=0)
    with ThreadPoolExecutor(1) as threads:
        looking_on = threads.submit(town.release, *FIRST)
        assert held.reads.wait(LONG_SECONDS)
        with pytest.raises(StoreBusy), impatient.write(town.gateway.clock(), by=SOMEBODY):
            pass
        held.goes_on.set()
        assert looking_on.result(LONG_SECONDS).is_new


def interrupting(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, times: int = 1) -> list[str]:
    """`act` happens after people were looked at for a draft and before that is written. The digests of all drafts."""
    drafted: list[str] = []
    real = drafting.draft

    def draft(*arguments, **named):
        made = real(*arguments, **named)
        drafted.append(made.evaluation.inputs_sha256)
        if len(drafted) <= times:
            act()
        return made

    monkeypatch.setattr(drafting, "draft", draft)
    return drafted


PAUSE = '[[pauses]]\nfrom_week = "2020-W40"\nto_week = "2020-W45"\n\n[freeze]'
ACTS: dict[str, tuple[Callable[[SimulatedMunicipality], object], str]] = {
    "pulled": (mend, ""),
    "objected": (lambda town: begin(town.gateway, town.contract, someone(town), OBJECTS, role=Role.CASE_WORKER), ""),
    "amended": (
        lambda town: amend(
            town,
            ("[freeze]", PAUSE),
            ("version = 1\n", "version = 2\n"),
            ("effective_from = 2018-10-01", "effective_from = 2020-09-01"),
        ),
        "",
    ),
    "released by another": (lambda town: town.release(*FIRST), ""),
    "suspended": (suspend, "P32-not-suspended"),
    "programme ended": (end, "P05-programme-active"),
    "grant dropped": (drop_grant, "no-permit"),
}


@pytest.mark.parametrize("what", ACTS)
def test_what_moves_between_look_and_intent_makes_it_start_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
):
    act, rule = ACTS[what]
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    drafted = interrupting(monkeypatch, lambda: act(town))
    if rule:
        with pytest.raises(PolicyDenied, match=rule):
            town.release(*FIRST)
        assert (len(drafted), town.rows()) == (1, [])
    else:
        town.verified(town.release(*FIRST).bundle)
        assert len(drafted) == 2
        assert [row.state for row in town.rows()] == ["issued"]
    oversight.verify_logs(town.gateway)


def test_somebody_erased_meanwhile_is_in_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    town = ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))
    release_all(town)
    drafted = interrupting(monkeypatch, lambda: erased(town, someone(town)))
    signed = town.verified(town.release(LAST, "predicate", "investor").bundle).shown
    seen, kept = drafted
    [row] = [row for row in town.rows() if (row.window, row.template) == (LAST, "predicate")]
    salt = bytes.fromhex(canonical.loads(row.draft)["inputs_salt"])
    assert signed["method"]["inputs_sha256"] == salted_digest(kept, salt) != salted_digest(seen, salt)
    left, _ = evaluate_week(town.gateway, town.contract, WEEK)
    assert signed["participants"] == left.participants == 10


def test_whoever_objects_while_a_statement_is_made_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other, town = (ready(tmp_path / name, "ballerup", clock=Clock(date(2030, 1, 1))) for name in ("a", "b"))
    window, (first, *others) = next((window, people) for window, people in stated(other).items() if people)
    real = statements._people_to_name
    calls: list[int] = []

    def named(*arguments, **options):
        found = real(*arguments, **options)
        calls.append(len(found))
        if len(calls) == 1:
            begin(town.gateway, town.contract, Who(case_reference=first), OBJECTS, role=Role.CASE_WORKER)
        return found

    monkeypatch.setattr(statements, "_people_to_name", named)
    made = statements.state(town.gateway, town.contract, window)
    assert [person["case_reference"] for person in said(town, made.token)["people"]] == others
    assert calls == [len(others) + 1, len(others)]


def stale_and_fresh(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch) -> tuple[object, object]:
    """What a correction signs where a file lands while it looks; and what it would have signed without that file."""
    release_all(town)
    mend(town)
    shown: list[object] = []
    real = drafting.draft

    def draft(*arguments, **named):
        made = real(*arguments, **named)
        shown.append(made.disclosable["payable"])
        if len(shown) == 1:
            again(town)
        return made

    with monkeypatch.context() as patch:
        patch.setattr(drafting, "draft", draft)
        [done] = correct(town)
    signed = town.verified(done.bundle).shown["payable"]
    return shown[0], signed


def again(town: SimulatedMunicipality) -> None:
    """The income file comes a third time, as it was at first and with one line more."""
    town.gateway.clock.move(1)
    file = town.folder / "again" / "third" / town.drop.income.name
    file.parent.mkdir()
    lines = town.drop.income.read_text()
    file.write_text(lines + lines.splitlines()[-1].replace("00;", "05;") + "\n")
    pulling.pull(town.gateway, town.contract, "income", file)


def test_nothing_is_signed_against_data_that_changed_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The file that lands takes back what the correction would have corrected: then there is nothing to correct."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    with pytest.raises(NothingToCorrect):
        stale_and_fresh(town, monkeypatch)
    assert {row.revision for row in town.rows()} == {1}


def test_without_the_check_stale_figures_are_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Positive control: the check is what holds them back."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    with monkeypatch.context() as patch:
        patch.setattr(moves, "has_moved", lambda *_, **__: False)
        stale, signed = stale_and_fresh(town, patch)
    assert signed == stale
    monkeypatch.undo()
    [done] = correct(town)  # and are corrected once more, to what the first revision said
    first = next(row for row in town.rows() if (row.window, row.revision) == (LAST, 1))
    assert town.verified(done.bundle).shown["payable"] == canonical.loads(first.draft)["disclosable"]["payable"]


def test_what_moves_again_and_again_is_looked_at_under_the_lock_at_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    town = ready(tmp_path)

    def write() -> None:
        with town.gateway.write() as uow:
            uow.record(LogVerified(sizes={}, with_anchor=False))

    drafted = interrupting(monkeypatch, write, times=2)
    assert town.release(*FIRST).is_new
    assert len(drafted) == 3
    assert kinds(town).count("evaluation_authorised") == 3


def test_a_look_that_is_refused_is_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    town = ready(tmp_path)
    with pytest.raises(SourcesIncomplete):
        evaluate_week(town.gateway, town.contract, Week.parse("2022-W01"))
    assert kinds(town)[-2:] == ["evaluation_authorised", "not_done"]
