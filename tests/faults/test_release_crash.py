"""The release cycle breaks at each of its steps: what stays is nothing, an intent, or one complete logged attestation.

A rerun finishes it, and there are never two. Positive control: each fault did strike.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from gateway.attestations import claims
from gateway.errors.release import WindowOutOfOrder
from gateway.events.evaluation import Evaluated, EvaluationAuthorised
from gateway.events.releases import ReleaseIntended, ReleaseIssued
from gateway.installation.authority import Asking
from gateway.jobs.doctor import examine
from gateway.oversight import log_reading as oversight
from gateway.release import bundle, drafting, issuing
from gateway.store import ledger, moves
from gateway.store.log_tables import LogEntry
from gateway.store.unit_of_work import UnitOfWork
from keys.signer import FileSigner
from outcome_verifier import sdjwt
from tests.support.examples import every_third
from tests.support.municipality import SimulatedMunicipality, ready

NOTHING, INTENDED, ISSUED = "nothing", "intended", "issued"
FIRST, SECOND = ("2018H2", "payment_document", "operator"), ("2019H1", "payment_document", "operator")


class Fault(Exception):
    """What breaks in these tests. It belongs to no tree of ours: nobody foresaw it."""


@dataclass
class Breaker:
    """Lets calls through until one that `when` picks; breaks before it, or after it was carried out."""

    real: Callable[..., Any]
    when: Callable[..., bool] = lambda *_, **__: True
    after: bool = False
    struck: int = field(default=0)

    def function(self) -> Callable[..., Any]:
        def broken(*arguments: Any, **named: Any) -> Any:
            if self.struck or not self.when(*arguments, **named):
                return self.real(*arguments, **named)
            self.struck += 1
            if self.after:
                self.real(*arguments, **named)
            raise Fault

        return broken


def nth(number: int) -> Callable[..., bool]:
    """Picks the call of this number, from 1 on."""
    seen = iter(range(1, 1_000))
    return lambda *_, **__: next(seen) == number


def event(kind: type) -> Callable[..., bool]:
    return lambda _unit, what, *_: isinstance(what, kind)


def of_attestation(_session: object, _log: str, *, kind: str, **_: object) -> bool:
    return kind == "attestation"


# step: (where, name, which call, whether it breaks after the call, what is left)
FAULTS: dict[str, tuple[Any, str, Callable[[], Callable[..., bool]], bool, str]] = {
    "1 authorise": (Asking, "ask", lambda: nth(1), False, NOTHING),
    "1 authorised": (Asking, "ask", lambda: nth(1), True, NOTHING),
    "1 before the look is logged": (UnitOfWork, "record", lambda: event(EvaluationAuthorised), False, NOTHING),
    "1 before the first commit": (Session, "commit", lambda: nth(1), False, NOTHING),
    "1 after the first commit": (Session, "commit", lambda: nth(1), True, NOTHING),
    "2 evaluate": (drafting, "evaluate", lambda: nth(1), False, NOTHING),
    "4 draft": (claims, "disclosable_claims", lambda: nth(1), False, NOTHING),
    "4 drafted": (claims, "disclosable_claims", lambda: nth(1), True, NOTHING),
    "5 whether anything moved": (moves, "has_moved", lambda: nth(1), False, NOTHING),
    "5 authorise again": (Asking, "ask", lambda: nth(3), False, NOTHING),
    "5 before the evaluation is logged": (UnitOfWork, "record", lambda: event(Evaluated), False, NOTHING),
    "5 rehearse": (claims, "rehearse", lambda: nth(1), False, NOTHING),
    "6 before the intent is logged": (UnitOfWork, "record", lambda: event(ReleaseIntended), False, NOTHING),
    "6 after the intent is logged": (UnitOfWork, "record", lambda: event(ReleaseIntended), True, NOTHING),
    "6 before the second commit": (Session, "commit", lambda: nth(2), False, NOTHING),
    "6 after the second commit": (Session, "commit", lambda: nth(2), True, INTENDED),
    "7 salts and hashes": (sdjwt, "issue", lambda: nth(1), False, INTENDED),
    "7 signature": (FileSigner, "sign", lambda: nth(1), False, INTENDED),
    "7 signed": (sdjwt, "issue", lambda: nth(1), True, INTENDED),
    "8 before the leaf": (ledger, "append", lambda: of_attestation, False, INTENDED),
    "8 after the leaf": (ledger, "append", lambda: of_attestation, True, INTENDED),
    "8 receipt": (ledger, "receipt", lambda: nth(1), False, INTENDED),
    "8 bundle": (issuing, "assemble", lambda: nth(1), False, INTENDED),
    "9 self-verification": (bundle, "verify_bundle", lambda: nth(1), False, INTENDED),
    "9 self-verified": (bundle, "verify_bundle", lambda: nth(1), True, INTENDED),
    "9 before the issue is logged": (UnitOfWork, "record", lambda: event(ReleaseIssued), False, INTENDED),
    "9 after the issue is logged": (UnitOfWork, "record", lambda: event(ReleaseIssued), True, INTENDED),
    "9 before the third commit": (Session, "commit", lambda: nth(3), False, INTENDED),
    "10 after the third commit": (Session, "commit", lambda: nth(3), True, ISSUED),
}


def left(town: SimulatedMunicipality) -> str:
    """What stands in the store after a fault; and that it stands there wholly."""
    rows = town.rows()
    leaves = attested(town)
    events = logged(town)
    oversight.verify_logs(town.gateway)
    if not rows:
        assert (leaves, events) == ([], [])
        return NOTHING
    [row] = rows
    if row.state == INTENDED:
        assert (row.bundle, row.leaf_index, leaves, events) == (None, None, [], ["release_intended"])
        return INTENDED
    assert (leaves, events) == ([row.jti], ["release_intended", "release_issued"])
    town.verified(row.bundle)
    return ISSUED


def attested(town: SimulatedMunicipality) -> list[str]:
    """The `jti` of every attestation in the log of payments, in order."""
    with town.gateway.store.read() as session:
        rows = session.exec(select(LogEntry).where(LogEntry.log == "payment").order_by(LogEntry.idx)).all()
        return [json.loads(row.body)["jti"] for row in rows]


def logged(town: SimulatedMunicipality) -> list[str]:
    with town.gateway.store.read() as session:
        rows = session.exec(select(LogEntry).where(LogEntry.log == "access").order_by(LogEntry.idx)).all()
        return [row.kind for row in rows if row.kind in ("release_intended", "release_issued")]


def finish(town: SimulatedMunicipality) -> None:
    """A rerun gives the one attestation, and so does every further one."""
    before = [row.jti for row in town.rows()]
    done = town.release(*FIRST)
    verified = town.verified(done.bundle).claims
    assert verified["seq"] == 1
    assert verified["jti"] in (before or [row.jti for row in town.rows()])
    again = town.release(*FIRST)
    assert json.loads(again.bundle)["attestation"] == json.loads(done.bundle)["attestation"]
    assert left(town) == ISSUED


def go_on(town: SimulatedMunicipality) -> None:
    """The next window has the next number and the next leaf."""
    following = town.verified(town.release(*SECOND).bundle)
    assert following.claims["seq"] == 2
    assert attested(town) == [row.jti for row in sorted(town.rows(), key=lambda row: row.seq)]
    assert len({row.status_index for row in town.rows()}) == 2
    oversight.verify_logs(town.gateway)


@pytest.mark.parametrize("step", every_third(FAULTS))
def test_a_fault_leaves_nothing_or_all_and_a_rerun_finishes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
):
    where, name, when, after, expected = FAULTS[step]
    town = ready(tmp_path)
    breaker = Breaker(getattr(where, name), when(), after)
    with monkeypatch.context() as patch:
        patch.setattr(where, name, breaker.function())
        with pytest.raises(Fault):
            town.release(*FIRST)
    assert breaker.struck == 1
    assert left(town) == expected
    finish(town)


def test_without_a_fault_there_is_one_attestation(tmp_path: Path):
    """Positive control of `left`, `finish` and `go_on`."""
    town = ready(tmp_path)
    assert left(town) == NOTHING
    town.release(*FIRST)
    assert left(town) == ISSUED
    finish(town)
    go_on(town)


def test_a_fault_while_an_attestation_is_handed_out_again_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    town = ready(tmp_path)
    town.release(*FIRST)
    with monkeypatch.context() as patch:
        patch.setattr(issuing, "assemble", Breaker(issuing.assemble).function())
        with pytest.raises(Fault):
            town.release(*FIRST)
    assert left(town) == ISSUED
    finish(town)


def test_an_interrupted_release_is_seen_and_blocks_what_follows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`doctor` names it, and the next window waits for it: no sequence can get a gap that way."""
    town = ready(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sdjwt, "issue", Breaker(sdjwt.issue).function())
        with pytest.raises(Fault):
            town.release(*FIRST)
    assert [finding for finding in examine(town.gateway.settings) if "was interrupted" in finding.what]
    with pytest.raises(WindowOutOfOrder, match=r"'2019H1' is worth .* '2018H2' was interrupted and has to be released"):
        town.release(*SECOND)
    finish(town)
    go_on(town)


def test_what_was_intended_is_what_is_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The rerun signs the rehearsed draft and draws no new one."""
    town = ready(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(sdjwt, "issue", Breaker(sdjwt.issue).function())
        with pytest.raises(Fault):
            town.release(*FIRST)
    [intended] = town.rows()
    done = town.release(*FIRST)
    [issued] = town.rows()
    assert issued.draft == intended.draft
    draft = json.loads(intended.draft)
    verified = town.verified(done.bundle)
    assert {name: verified.claims[name] for name in draft["visible"]} == draft["visible"]
    assert dict(verified.shown) == draft["disclosable"]


# the same with a real death: the process is gone, and with it every lock and open file
DEATHS = {
    "while people are looked at": ("gateway.release.drafting:draft", 1, True, NOTHING),
    "between intent and signature": ("gateway.release.issuing:issue", 1, False, INTENDED),
    "with the leaf written, not committed": ("gateway.release.issuing:assemble", 1, True, INTENDED),
    "in the middle of the third commit": ("sqlmodel:Session.commit", 3, False, INTENDED),
    "after the third commit": ("sqlmodel:Session.commit", 3, True, ISSUED),
}
KILLED = """
import importlib, os, signal, sys
from pathlib import Path
from gateway.installation.gateway import Gateway
from gateway.release.releasing import release
from gateway.installation.settings import Settings

place, number, after = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
module, _, path = place.partition(":")
*owner, name = path.split(".")
target = importlib.import_module(module)
for part in owner:
    target = getattr(target, part)
real, calls = getattr(target, name), 0

def deadly(*arguments, **named):
    global calls
    calls += 1
    if calls < number:
        return real(*arguments, **named)
    if after:
        real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(target, name, deadly)
release(Gateway.open(Settings()), *sys.argv[4:])
"""


@pytest.mark.long
@pytest.mark.parametrize("death", DEATHS)
def test_a_killed_process_leaves_nothing_or_all(tmp_path: Path, death: str):
    place, number, after, expected = DEATHS[death]
    town = ready(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, place, str(number), str(after), "impact60", *FIRST],
        env={**os.environ, **town.environment},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert left(town) == expected
    finish(town)
    go_on(town)
