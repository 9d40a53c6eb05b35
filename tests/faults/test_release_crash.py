"""A crash anywhere in the release cycle leaves nothing, an intent without a signature, or one complete attestation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from gateway import oversight
from gateway import release as cycle
from gateway.attestations.trust import trust_bytes
from gateway.store import ledger
from gateway.store.tables import LogEntry, ReleaseRow
from gateway.store.unit_of_work import UnitOfWork
from outcome_verifier import canonical, sdjwt
from outcome_verifier.errors import ReceiptInvalid
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import verify_bundle
from tests.support.simulated import Municipality, simulated


class Crash(BaseException):
    """Not an Exception, as a kill is none: nothing may catch it."""


def explode(*_: object, **__: object) -> None:
    raise Crash


def at_second_close(times: list[int]) -> Callable[[UnitOfWork], None]:
    original = UnitOfWork.close

    def close(unit: UnitOfWork) -> None:
        times.append(1)
        if len(times) == 2:
            raise Crash
        original(unit)

    return close


STEPS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "2 evaluate": lambda m: m.setattr(cycle, "evaluate", explode),
    "4 draft": lambda m: m.setattr(cycle.claims, "disclosable_claims", explode),
    "5 rehearse": lambda m: m.setattr(cycle.claims, "rehearse", explode),
    "6 log intent": lambda m: m.setattr(cycle, "ReleaseIntended", explode),
    "7 sign": lambda m: m.setattr(sdjwt, "issue", explode),
    "8 append": lambda m: m.setattr(cycle.ledger, "append", explode_for_attestations),
    "8 bundle": lambda m: m.setattr(cycle, "assemble", explode),
    "9 event": lambda m: m.setattr(cycle, "ReleaseIssued", explode),
    "10 commit": lambda m: m.setattr(UnitOfWork, "close", at_second_close([])),
}


def explode_for_attestations(session, log, **entry):
    if entry["kind"] == "attestation":
        raise Crash
    return ORIGINAL_APPEND(session, log, **entry)


ORIGINAL_APPEND = ledger.append


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    made = simulated(tmp_path_factory.mktemp("crash"), "ballerup")
    made.enrol()
    made.pull_all()
    return made


def state(town: Municipality) -> tuple[list[str], int]:
    """States of all releases, and the number of logged attestations."""
    with town.gateway.store.read() as session:
        rows = session.exec(select(ReleaseRow)).all()
        logged = session.exec(select(LogEntry).where(LogEntry.kind == "attestation")).all()
        return sorted(row.state for row in rows), len(logged)


WINDOWS = ("2019H1", "2019H2", "2020H1", "2020H2")


@pytest.mark.parametrize("name", STEPS)
def test_a_crash_leaves_nothing_half_done_and_a_rerun_finishes_it(tmp_path: Path, name: str):
    town = simulated(tmp_path, "ballerup", extract_people=100)
    town.enrol()
    town.pull_all()
    with pytest.MonkeyPatch.context() as patch:
        STEPS[name](patch)
        with pytest.raises(Crash):
            cycle.release(town.gateway, "ballerup", "2019H1", "payment_document", "operator")
    is_intended = int(name.split()[0]) > 6
    assert state(town) == (["intended"] if is_intended else [], 0)
    done = cycle.release(town.gateway, "ballerup", "2019H1", "payment_document", "operator")
    again = cycle.release(town.gateway, "ballerup", "2019H1", "payment_document", "operator")
    assert state(town) == (["issued"], 1)
    trust = TrustFile.load(trust_bytes(town.gateway))
    now = int(town.gateway.clock().timestamp())
    claims = [verify_bundle(bundle, trust, now=now).claims for bundle in (done.bundle, again.bundle)]
    assert claims[0]["jti"] == claims[1]["jti"]
    assert claims[0]["seq"] == 1
    assert {report.log for report in oversight.verify_logs(town.gateway)} == {"attest", "payment", "access"}


def test_a_bundle_that_does_not_verify_is_never_handed_out(town: Municipality, monkeypatch: pytest.MonkeyPatch):
    """Step 9 is the investor's own verifier: where it refuses, nothing is logged."""
    before = state(town)

    def refuse(*_: object, **__: object) -> None:
        raise ReceiptInvalid("planted")

    with monkeypatch.context() as patch:
        patch.setattr("gateway.attestations.bundle.verify_bundle", refuse)
        with pytest.raises(ReceiptInvalid):
            cycle.release(town.gateway, "ballerup", "2019H1", "payment_document", "operator")
    assert state(town) == ([*before[0], "intended"], before[1])


def test_numbers_are_gap_free_over_all_windows(town: Municipality):
    trust = TrustFile.load(trust_bytes(town.gateway))
    now = int(town.gateway.clock().timestamp())
    numbers = [
        verify_bundle(
            cycle.release(town.gateway, "ballerup", window, "payment_document", "operator").bundle, trust, now=now
        ).claims["seq"]
        for window in WINDOWS
    ]
    assert numbers == [1, 2, 3, 4]


def test_a_bundle_is_canonical_and_holds_what_the_format_says(town: Municipality):
    bundle = cycle.release(town.gateway, "ballerup", "2020H2", "predicate", "investor").bundle
    assert set(canonical.loads_canonical(bundle[:-1])) == {"schema", "attestation", "receipt", "seals", "status"}
