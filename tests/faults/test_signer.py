"""The signer asks again: what was decided between an intent and its signature holds.

Between the two transactions of a release somebody else acts: the officer suspends, a programme ends, a grant is
dropped. The intent then stays as it is, unsigned, and that is told. Positive control: with nobody acting it is signed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gateway.contracts import declarations
from gateway.errors.release import ReleaseInterrupted
from gateway.errors.signer import SignerRefused, StaysUnsigned
from gateway.events.log import LogVerified
from gateway.installation.authority import Asking, Authorised, deciding
from gateway.jobs.doctor import examine_opened
from gateway.oversight import advice
from gateway.oversight import log_reading as oversight
from gateway.release import correction, issuing, releasing
from gateway.release.planning import ReleaseRequest, plan, request_of
from gateway.store.tables import ReleaseRow
from outcome_verifier import sdjwt
from policies.errors import PolicyDenied
from tests.faults.test_release_crash import FIRST, SECOND, Breaker, Fault, attested
from tests.functional.test_correction import LAST, mend
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting
from vocabulary.releases import Recipient, Template

TOTAL = ("2018H2", "contract_total", "investor")
GRANT = '[[grants]]\nid = "operator-payment"\norganisation = "fokus-folkeoplysning"\nrole = "operator"\n'
GRANT += 'action = "release_payment"\n'


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def suspend(town: SimulatedMunicipality) -> Callable[[], None]:
    """The officer suspends; what is returned lifts it."""
    given = advice.advise(acting(town.gateway, "dpo"), town.contract, "Wait.", window="2018H2", suspends=True)
    return lambda: void(advice.lift(acting(town.gateway, "dpo"), given.id))


def change(town: SimulatedMunicipality, old: str, new: str) -> Callable[[], None]:
    """Two people change the programme; what is returned changes it back."""
    file = town.folder / "impact60.programme.toml"
    before = file.read_text("utf-8")

    def put(text: str, name: str) -> None:
        changed = town.folder / name
        changed.write_text(text, "utf-8")
        proposal = declarations.propose_change(town.gateway, town.folder / "impact60.toml", changed)
        declarations.approve_change(acting(town.gateway, "second"), proposal)

    assert old in before
    put(before.replace(old, new), "changed.programme.toml")
    return lambda: put(before + "# as before\n", "back.programme.toml")


def end(town: SimulatedMunicipality) -> Callable[[], None]:
    return change(town, "active = true", "active = false")


def drop_grant(town: SimulatedMunicipality) -> Callable[[], None]:
    return change(town, GRANT, "")


def void(_: object) -> None:
    return None


ACTS: dict[str, tuple[Callable[[SimulatedMunicipality], Callable[[], None]], str]] = {
    "suspended": (suspend, "P32-not-suspended"),
    "programme ended": (end, "P05-programme-active"),
    "grant dropped": (drop_grant, "no-permit"),
}


def interrupting(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """`act` happens after the intent is committed and before it is signed, once."""
    done: list[object] = []
    for where in (releasing, correction):
        real = where.finish

        def finish(*arguments, real=real, **named):
            if not done:
                done.append(True)
                done.append(act())
            return real(*arguments, **named)

        monkeypatch.setattr(where, "finish", finish)


def told(town: SimulatedMunicipality) -> list[str]:
    return [finding.what for finding in examine_opened(town.gateway) if "unsigned" in finding.what]


@pytest.mark.parametrize("what", ACTS)
def test_what_is_refused_between_intent_and_signature_is_not_signed(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch, what: str
):
    act, rule = ACTS[what]
    back: list[Callable[[], None]] = []
    with monkeypatch.context() as patch:
        interrupting(patch, lambda: back.append(act(town)))
        with pytest.raises(StaysUnsigned, match=rule) as refused:
            town.release(*FIRST)
    assert refused.value.decision.rule_ids == (rule,)
    [row] = town.rows()
    assert (row.state, row.bundle, row.leaf_index, attested(town)) == ("intended", None, None, [])
    assert refused.value.release == row.id
    [finding] = told(town)
    assert rule in finding
    with pytest.raises(StaysUnsigned, match=rule):  # asking again changes nothing
        town.release(*FIRST)
    oversight.verify_logs(town.gateway)
    back[0]()
    done = town.release(*FIRST)
    assert done.release == row.id
    assert town.verified(done.bundle).claims["seq"] == 1
    assert town.verified(town.release(*SECOND).bundle).claims["seq"] == 2
    assert told(town) == []
    oversight.verify_logs(town.gateway)


def test_with_nobody_acting_it_is_signed(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    """Positive control of `interrupting`."""
    interrupting(monkeypatch, lambda: None)
    assert town.release(*FIRST).is_new


def test_a_correction_is_not_signed_either(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    with town.gateway.store.read() as session:
        windows = town.gateway.contract(session, town.contract).windows_until(LAST)
    for window in windows:
        town.release(window.label, *FIRST[1:])
    mend(town)
    given = []

    def act() -> None:
        given.append(advice.advise(acting(town.gateway, "dpo"), town.contract, "Wait.", suspends=True))

    with monkeypatch.context() as patch:
        interrupting(patch, act)
        with pytest.raises(StaysUnsigned, match="P32"):
            correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    old, new = sorted((row for row in town.rows() if row.window == LAST), key=lambda row: row.revision)
    assert (old.state, new.state) == ("issued", "intended")
    with pytest.raises(StaysUnsigned, match="P32"):  # the same command would finish it, and may not
        correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    advice.lift(acting(town.gateway, "dpo"), given[0].id)
    done = town.release(LAST, *FIRST[1:])
    assert (done.release, done.revision) == (new.id, 2)
    assert town.verified(done.bundle).claims["supersedes"]["jti"] == old.jti


def test_a_series_waits_for_what_stays_unsigned(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    """No number is given away after one that nobody has: a total waits for the total before it."""
    town.release(*FIRST)
    town.release(*SECOND)
    with monkeypatch.context() as patch:
        interrupting(patch, lambda: suspend(town))
        with pytest.raises(StaysUnsigned):
            town.release(*TOTAL)
    with pytest.raises(ReleaseInterrupted, match="'2018H2'"):
        town.release("2019H1", *TOTAL[1:])
    assert town.release("2019H1", "contract_total", "operator").is_new  # another series


def test_a_rerun_that_finds_it_signed_asks_too(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    """Two at once: the other command was faster, and the officer faster than this one."""
    issued: list[object] = []

    def act() -> None:
        issued.append(True)
        town.release(*FIRST)
        suspend(town)

    interrupting(monkeypatch, act)
    with pytest.raises(PolicyDenied, match="P32"):
        town.release(*FIRST)
    assert [row.state for row in town.rows()] == ["issued"]


def authorised(town: SimulatedMunicipality, asking: Asking, request: ReleaseRequest) -> Authorised:
    return plan(town.gateway, asking.session, request, now=asking.now, ask=asking.ask).authorised


def test_the_signer_takes_no_other_decision(town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch):
    """Not one of an earlier transaction, and not one about another recipient or template."""
    with monkeypatch.context() as patch:
        patch.setattr(sdjwt, "issue", Breaker(sdjwt.issue).function())
        with pytest.raises(Fault):
            town.release(*FIRST)
    [row] = town.rows()
    with town.gateway.store.read() as session:
        request = request_of(town.gateway, session, town.contract, *FIRST)
    with deciding(town.gateway) as asking:
        earlier = authorised(town, asking, request)
        asking.uow.record(LogVerified(sizes={}, with_anchor=False))
    other = replace(request, template=Template.CONTRACT_TOTAL, recipient=Recipient.INVESTOR)
    with deciding(town.gateway) as asking:
        intended = asking.session.get_one(ReleaseRow, row.id)
        with pytest.raises(SignerRefused):
            issuing.issue(town.gateway, asking, intended, earlier)
        wrong = authorised(town, asking, other)
        with pytest.raises(SignerRefused):
            issuing.issue(town.gateway, asking, intended, wrong)
        asking.uow.record(LogVerified(sizes={}, with_anchor=False))
    assert attested(town) == []
    assert town.release(*FIRST).is_new
