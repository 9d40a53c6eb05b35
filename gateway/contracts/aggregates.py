"""Declared aggregates: figures that an evaluator signs and on which tariffs may rest.

A figure arrives as a compact JWS. Its key comes with it and is nothing by itself: it must have the thumbprint that the
contract names for the evaluator, so that the contract alone says whose figures count. Every claim is held against the
contract before anything is stored. A figure that comes again for the same window supersedes the earlier one, and shows
as a correction where a payment document was made from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from gateway.errors.aggregates import AggregateMissing, AggregateRefused
from gateway.events.contracts import AggregateDeclared
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Aggregate, Window
from gateway.store.tables import DeclaredRow
from outcome_verifier import endorsement
from outcome_verifier.shapes import Shape, fields, is_contract, is_digest, is_integer, is_text

TYPE = "declared-aggregate+jwt"
_SHAPES: Mapping[str, Shape] = {
    "contract": is_contract,
    "aggregate": is_text,
    "window": is_text,
    "unit": is_text,
    "value": is_integer,
    "method": is_text,
    "source": is_text,
    "period": fields(**{"from": is_text, "to": is_text}),
    "inputs_sha256": is_digest,
}
_MOST = 10**15


def declare(gateway: Gateway, contract_id: str, token: str) -> DeclaredRow:
    """Take in a signed figure; the same token again changes nothing. Raises `AggregateRefused`, `ContractUnknown`."""
    with gateway.write() as uow:
        contract = gateway.contract(uow.session, contract_id)
        claims = checked_claims(contract, token)
        digest = hashlib.sha256(token.encode("ascii")).hexdigest()
        known = uow.session.exec(select(DeclaredRow).where(DeclaredRow.token_sha256 == digest)).first()
        if known is None:
            known = DeclaredRow(
                contract_id=contract.id,
                aggregate=claims["aggregate"],
                window=claims["window"],
                value=claims["value"],
                token=token,
                token_sha256=digest,
                at=uow.now,
            )
            uow.session.add(known)
        uow.record(
            AggregateDeclared(
                contract=contract.id,
                aggregate=known.aggregate,
                window=known.window,
                evaluator=contract.aggregate(known.aggregate).evaluator.id,
                token_sha256=digest,
            )
        )
        return known


def checked_claims(contract: Contract, token: str) -> Mapping[str, Any]:
    """The claims of a figure that the contract's evaluator signed for one of its windows. Raises `AggregateRefused`."""
    try:
        figure = endorsement.read(token, typ=TYPE, shapes=_SHAPES)
        claims = figure.claims
        aggregate = next((one for one in contract.aggregates if one.id == claims["aggregate"]), None)
        if aggregate is None:
            raise ValueError("the contract has no such aggregate")
        if figure.kid != aggregate.evaluator.key:
            raise ValueError("another key signed it than the contract names for this evaluator")
        _check_claims(contract, aggregate, claims)
    except (ValueError, KeyError, TypeError) as error:
        raise AggregateRefused(contract=contract.id, reason=str(error)) from None
    return claims


def known_figures(session: Session, contract: Contract, window: Window, *, at: datetime) -> dict[str, int]:
    """The newest figure of every aggregate at the end of a window, as it was declared by an instant.

    A figure stays until the next window in which one is due; before its first it is absent. Raises `AggregateMissing`.
    """
    query = select(DeclaredRow).where(DeclaredRow.contract_id == contract.id, col(DeclaredRow.at) <= at)
    rows = {(row.aggregate, row.window): row.value for row in session.exec(query.order_by(col(DeclaredRow.id)))}
    labels = [part.label for part in contract.windows_until(window.label)]
    found: dict[str, int] = {}
    missing = []
    for aggregate in contract.aggregates:
        due = [label for label in labels if label in aggregate.windows]
        if due and (aggregate.id, due[-1]) not in rows:
            missing.append(aggregate.id)
        elif due:
            found[aggregate.id] = rows[aggregate.id, due[-1]]
    if missing:
        raise AggregateMissing(contract=contract.id, window=window.label, names=missing)
    return found


def _check_claims(contract: Contract, aggregate: Aggregate, claims: Mapping[str, Any]) -> None:
    if claims["contract"] != contract.identity:
        raise ValueError("it was made for another contract text")
    if claims["window"] not in aggregate.windows:
        raise ValueError("no figure is due in that window")
    for name, expected in (("unit", aggregate.unit), ("method", aggregate.method), ("source", aggregate.source)):
        if claims[name] != expected:
            raise ValueError(f"its {name} is not the contract's")
    value = claims["value"]
    if abs(value) > _MOST:
        raise ValueError("its value is out of bounds")
    first, last = (date.fromisoformat(claims["period"][name]) for name in ("from", "to"))
    if last < first:
        raise ValueError("its period ends before it begins")
