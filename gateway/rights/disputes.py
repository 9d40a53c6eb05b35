"""Disputes about a window: while the parties disagree about what is owed, nobody of the contract is erased.

A dispute is about a window and names no person. Whoever registers that it began, or that it has ended, is asked by the
policy as for any other right.
"""

from __future__ import annotations

import uuid

from sqlmodel import col, select

from gateway.authority import Asking, Authorised, deciding
from gateway.drafting import find_window
from gateway.errors import RequestRefused
from gateway.installation import Gateway
from gateway.rights.people import ask_about_person
from gateway.rights_events import DisputeChanged
from gateway.store import queries
from gateway.store.rights_tables import DisputeRow
from policies.basis import Change
from policies.vocabulary import Action, Role


def begin(gateway: Gateway, contract_id: str, window: str, *, role: Role) -> str:
    """Register that the parties disagree about a window, and return the dispute's id.

    Raises `WindowUnknown`, `PolicyDenied`, `RequestRefused` where a dispute about it is open.
    """
    with deciding(gateway) as asking:
        authorised, row = _authorise(gateway, asking, contract_id, window, role)
        if row is not None:
            raise RequestRefused(rule="disputed-already", reason=f"a dispute about {window} is open")
        row = DisputeRow(
            id=str(uuid.uuid4()), contract_id=contract_id, window=window, begun_at=asking.now, by=gateway.staff
        )
        _record(gateway, asking, row, authorised, Change.BEGINS)
        return row.id


def end(gateway: Gateway, contract_id: str, window: str, *, role: Role) -> str:
    """Register that the dispute about a window has ended, and return its id.

    Raises `WindowUnknown`, `PolicyDenied`, `RequestRefused` where no dispute about it is open.
    """
    with deciding(gateway) as asking:
        authorised, row = _authorise(gateway, asking, contract_id, window, role)
        if row is None:
            raise RequestRefused(rule="not-disputed", reason=f"no dispute about {window} is open")
        row.ended_at = asking.now
        _record(gateway, asking, row, authorised, Change.ENDS)
        return row.id


def _authorise(
    gateway: Gateway, asking: Asking, contract_id: str, window: str, role: Role
) -> tuple[Authorised, DisputeRow | None]:
    """The decision, and the open dispute about the window."""
    find_window(gateway.contract(asking.session, contract_id), window)
    programme = gateway.programme(asking.session, contract_id)
    is_enrolled = bool(queries.subjects(asking.session, contract_id))
    authorised = ask_about_person(gateway, asking, programme, Action.REGISTER_RIGHT, role, enrolled=is_enrolled)
    query = select(DisputeRow).where(DisputeRow.contract_id == contract_id, DisputeRow.window == window)
    return authorised, asking.session.exec(query.where(col(DisputeRow.ended_at).is_(None))).first()


def _record(gateway: Gateway, asking: Asking, row: DisputeRow, authorised: Authorised, change: Change) -> None:
    asking.session.add(row)
    asking.uow.record(
        DisputeChanged(
            contract=row.contract_id,
            window=row.window,
            dispute=row.id,
            change=change,
            by=gateway.staff,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        )
    )
