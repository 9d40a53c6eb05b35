"""What the access log says of a later version beside that it is in force: whom it replaces, with which week it ends."""

from __future__ import annotations

from gateway.events.contracts import ContractEndedEarly, PartySucceeded
from gateway.outcomes.contract import Contract
from gateway.outcomes.successors import successions
from gateway.store.unit_of_work import UnitOfWork


def record_changes(uow: UnitOfWork, known: Contract, new: Contract) -> None:
    """Log what the version in force and the one after it differ in. Of two that differ in nothing of it nothing."""
    for party in successions(known, new):
        if party.succession is not None:
            uow.record(
                PartySucceeded(
                    contract=new.id,
                    version=new.version,
                    role=party.role,
                    organisation=party.organisation,
                    succeeds=party.succession.organisation,
                    reason=party.succession.reason,
                )
            )
    if new.end is not None and known.end is None:
        uow.record(
            ContractEndedEarly(
                contract=new.id,
                version=new.version,
                last_week=str(new.end.last_week),
                reason=new.end.reason,
                read_until=new.end.read_until.isoformat(),
            )
        )
