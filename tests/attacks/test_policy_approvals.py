"""An attacker with the database, and an older version of the software, brings back rules that were replaced.

Every approval that the manifest key ever signed is at hand, and no key. Positive control: the rules that were approved
last decide, before and after.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, select

from gateway.errors.oversight import LogCorrupt
from gateway.events.log import LogVerified
from gateway.installation import policy_sets
from gateway.installation.gateway import Gateway
from gateway.oversight import governance
from gateway.oversight.log_reading import verify_logs
from gateway.store.rights_tables import PolicySetRow
from policies.engine import PolicyEngine
from policies.errors import PolicySetInvalid
from tests.functional.test_governance import PAYMENT, with_other_rules
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.simulated import acting


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """Rules A, then B, both approved; the software on disk brings B."""
    old = ready(tmp_path, clock=Clock(date(2030, 1, 1)))
    updated = with_other_rules(old.gateway)
    governance.approve_policy_set(acting(updated, "second"), governance.propose_policy_set(updated))
    return replace(old, gateway=updated)


def rows(session: Session) -> list[PolicySetRow]:
    return list(session.exec(select(PolicySetRow).order_by(col(PolicySetRow.position))))


def edited(gateway: Gateway, edit: Callable[[Session], None]) -> None:
    with gateway.write() as uow:
        edit(uow.session)
        uow.record(LogVerified(sizes={}, with_anchor=False))


def inserted_again(session: Session) -> None:
    """The first approval once more, behind the second one."""
    [first, _] = rows(session)
    session.add(PolicySetRow(**{**first.model_dump(), "position": 3}))


def last_taken_away(session: Session) -> None:
    session.delete(rows(session)[-1])


def exchanged(session: Session) -> None:
    [first, second] = rows(session)
    for name in ("sha256", "files", "approval", "approved_by", "approved_at"):
        one, other = getattr(first, name), getattr(second, name)
        setattr(first, name, other)
        setattr(second, name, one)


def put_over_the_last(session: Session) -> None:
    """The old set takes the newest place, with the old approval."""
    [first, second] = rows(session)
    second.sha256, second.files, second.approval = first.sha256, first.files, first.approval


def first_taken_away(session: Session) -> None:
    [first, second] = rows(session)
    session.delete(first)
    session.flush()
    second.position = 1


ATTACKS = [inserted_again, last_taken_away, exchanged, put_over_the_last, first_taken_away]


def test_the_rules_that_were_approved_last_decide(town: SimulatedMunicipality):
    assert governance.status(town.gateway).is_approved
    assert town.release(*PAYMENT).is_new
    with pytest.raises(PolicySetInvalid, match="not the one that was approved"):
        with_the_old_rules(town).release("2019H1", *PAYMENT[1:])


@pytest.mark.parametrize("attack", ATTACKS)
def test_older_rules_do_not_come_back(town: SimulatedMunicipality, attack: Callable[[Session], None]):
    edited(town.gateway, attack)
    old = with_the_old_rules(town)
    for attacked in (old, town):  # and nobody else decides on an edited chain
        with pytest.raises(PolicySetInvalid, match=r"was not signed .* at this place|not the one that the access log"):
            attacked.release(*PAYMENT)
        assert not governance.status(attacked.gateway).is_approved
    assert town.rows() == []


def with_the_old_rules(town: SimulatedMunicipality) -> SimulatedMunicipality:
    """The rules on the attacker's disk do not come from the attacked database."""
    return replace(town, gateway=replace(town.gateway, load_policies=PolicyEngine.load))


def test_the_log_gives_the_attack_away_where_its_entry_goes_too(town: SimulatedMunicipality):
    """Taken from the log as well, the last approval is gone for the policy, and the log does not add up."""

    with town.gateway.store.engine.begin() as database:
        database.execute(text("DELETE FROM policysetrow WHERE position = 2"))
        last = "(SELECT max(idx) FROM logentry WHERE kind = 'policy_set_approved')"
        database.execute(text(f"DELETE FROM logentry WHERE log = 'access' AND idx = {last}"))
    with pytest.raises(LogCorrupt):
        verify_logs(town.gateway)


def test_a_stored_set_whose_text_was_changed_decides_nothing(town: SimulatedMunicipality):
    """Whoever may approve is asked under the stored text: an edited one would let anybody."""

    def edit(session: Session) -> None:
        row = rows(session)[-1]
        name = next(name for name, rules in row.files.items() if "P64-second-person" in rules)
        row.files = {**row.files, name: row.files[name].replace("context.second_person", "true")}

    edited(town.gateway, edit)
    old = with_the_old_rules(town)
    proposal = governance.propose_policy_set(acting(old.gateway, "first"))
    with pytest.raises(PolicySetInvalid, match="another text than its digest"):
        governance.approve_policy_set(acting(old.gateway, "second"), proposal)


def test_approvals_of_another_installation_are_none(town: SimulatedMunicipality, tmp_path: Path):
    with town.gateway.store.read() as session, pytest.raises(PolicySetInvalid, match="approval 1"):
        policy_sets.approvals(session, anchor=town.gateway.anchor(), issuer="https://another.example")
