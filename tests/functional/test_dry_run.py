"""The word of a dry run is what the release then does: in every state that a release can be in, of both bonds.

Each state is made once. From there every planned and unplanned release is asked for, dry and then in earnest, the last
window first: what an earlier step released is the state of the next one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gateway.errors.release import WindowOutOfOrder
from gateway.errors.tree import Refused
from gateway.oversight import advice
from gateway.release import correction
from gateway.release.releasing import check, release
from outcome_verifier import sdjwt
from policies.errors import PolicyDenied
from tests.functional.test_correction import mend
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting

ASKED = [
    (template, recipient)
    for template in ("contract_total", "predicate", "payment_document")
    for recipient in ("operator", "investor")
]
PAYMENT = ("payment_document", "operator")
LAST = "2020H2"


class Interrupted(Exception):
    """What breaks a release here after its intent was committed."""


def interrupt(act: Callable[[], object]) -> None:
    def broken(*_: object, **__: object) -> None:
        raise Interrupted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sdjwt, "issue", broken)
        with pytest.raises(Interrupted):
            act()


def labels(town: SimulatedMunicipality, until: str = LAST) -> list[str]:
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        return [window.label for window in contract.windows_until(until)]


def shown_last(town: SimulatedMunicipality) -> tuple[str, str]:
    """What the investor gets of the last window."""
    return ("contract_total" if town.contract == "impact60" else "predicate", "investor")


def nothing_yet(_town: SimulatedMunicipality) -> None:
    """Nobody has asked for anything."""


def payments_released(town: SimulatedMunicipality) -> None:
    for label in labels(town):
        town.release(label, *PAYMENT)


def all_released(town: SimulatedMunicipality) -> None:
    payments_released(town)
    town.release(LAST, *shown_last(town))


def payment_interrupted(town: SimulatedMunicipality) -> None:
    first, second, *_ = labels(town)
    town.release(first, *PAYMENT)
    interrupt(lambda: town.release(second, *PAYMENT))


def last_interrupted(town: SimulatedMunicipality) -> None:
    payments_released(town)
    interrupt(lambda: town.release(LAST, *shown_last(town)))


def series_interrupted(town: SimulatedMunicipality) -> None:
    """A number of the investor's series is given away and not signed, below one that is."""
    payments_released(town)
    town.release(LAST, *shown_last(town))
    if town.contract == "impact60":
        interrupt(lambda: town.release("2018H2", *shown_last(town)))


def corrected(town: SimulatedMunicipality) -> None:
    all_released(town)
    mend(town)
    correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")


def correction_interrupted(town: SimulatedMunicipality) -> None:
    all_released(town)
    mend(town)
    interrupt(lambda: correction.correct(town.gateway, town.contract, LAST, reason="source_corrected"))


def suspended(town: SimulatedMunicipality) -> None:
    advice.advise(acting(town.gateway, "dpo"), town.contract, "Wait.", suspends=True)


def suspended_when_interrupted(town: SimulatedMunicipality) -> None:
    last_interrupted(town)
    suspended(town)


def suspended_when_released(town: SimulatedMunicipality) -> None:
    all_released(town)
    advice.advise(acting(town.gateway, "dpo"), town.contract, "Wait.", window=LAST, suspends=True)


# state: what a dry run has to say in it at least once, else the walk would prove nothing
STATES: dict[Callable[[SimulatedMunicipality], None], set[str]] = {
    nothing_yet: {"release", "window-out-of-order", "policy-denied"},
    payments_released: {"hand out", "release", "policy-denied"},
    all_released: {"hand out", "policy-denied"},
    payment_interrupted: {"hand out", "finish", "window-out-of-order"},
    last_interrupted: {"hand out", "finish"},
    series_interrupted: {"hand out"},
    corrected: {"hand out"},
    correction_interrupted: {"finish", "hand out"},
    suspended: {"policy-denied"},
    suspended_when_interrupted: {"policy-denied", "release-unsigned"},
    suspended_when_released: {"policy-denied", "hand out"},
}


QUICK = (nothing_yet, all_released, last_interrupted, suspended_when_interrupted)  # the others are run by `make long`


def _marks(name: str, state: Callable[[SimulatedMunicipality], None]) -> list[pytest.MarkDecorator]:
    return [] if name == "ballerup" and state in QUICK else [pytest.mark.long]


def word(act: Callable[..., str], *arguments: object) -> str:
    """What an act says or does: its word, or the code and text of its refusal."""
    try:
        return act(*arguments)
    except (Refused, PolicyDenied) as error:
        return f"{error.code}: {error}"


def done(town: SimulatedMunicipality, window: str, template: str, recipient: str) -> str:
    """What a release really does."""
    before = {(row.id, row.state) for row in town.rows()}
    released = release(town.gateway, town.contract, window, template, recipient)
    if not released.is_new:
        return "hand out"
    return "finish" if (released.release, "intended") in before else "release"


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param(name, state, id=f"{name}-{state.__name__}", marks=_marks(name, state))
        for name in ("ballerup", "impact60")
        for state in STATES
    ],
)
def test_a_dry_run_says_what_the_release_does(
    tmp_path: Path, name: str, state: Callable[[SimulatedMunicipality], None]
):
    town = ready(tmp_path, name, clock=Clock(date(2030, 1, 1)))
    state(town)
    heard = set()
    first, second, *_, last = labels(town)
    for window in (last, second, first):
        for template, recipient in ASKED:
            asked = (window, template, recipient)
            said = word(check, town.gateway, town.contract, *asked)
            did = word(done, town, *asked)
            assert said == did, asked
            heard.add(said.partition(":")[0])
    assert heard >= STATES[state]


def test_a_payment_document_is_never_made_below_one_that_stands(tmp_path: Path):
    """Its row is gone: another one would be the second of its window, and worth what was paid already."""
    town = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    first, second, *_ = labels(town)
    town.release(first, *PAYMENT)
    town.release(second, *PAYMENT)
    with sqlite3.connect(town.data_directory / "gateway.sqlite") as database:
        database.execute("DELETE FROM releaserow WHERE window = ?", (first,))
    database.close()
    for act in (check, release):
        with pytest.raises(WindowOutOfOrder, match=f"{second!r} was released already"):
            act(town.gateway, town.contract, first, *PAYMENT)
    assert [row.window for row in town.rows()] == [second]
    assert check(town.gateway, town.contract, first, "contract_total", "investor") == "release"  # it is owed to nobody
