"""A stored decision, told and judged again: the facts as they were, under the rules and the programme of that day."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlmodel import Session, select

from gateway.errors.oversight import DecisionUnknown
from gateway.events.rights import DecisionExplained
from gateway.installation.authority import deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.policy_sets import ruleset
from gateway.store.tables import DecisionRow, ProgrammeRow
from outcome_verifier import canonical
from policies.decision import Decision
from policies.engine import PolicyEngine, PolicyRequest
from policies.facts import FACTS, Facts, LogFacts
from policies.programme import load_programme
from policies.terms import Action, Party, Purpose, Role


@dataclass(frozen=True, slots=True)
class Replay:
    """The stored decision and what the rules of that day say now. `engine` differs where Cedar was updated since."""

    stored: dict[str, Any]
    again: Decision
    is_same: bool  # effect, rules, grants, reasons and facts; the engine's version apart
    is_intact: bool  # the stored body has the digest that the log holds


def explain(gateway: Gateway, decision_id: str, *, role: Role = Role.DPO) -> dict[str, Any]:
    """The stored decision: effect, facts, rules, grants, reasons in both languages. The look is logged.

    Raises `DecisionUnknown`, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        row = asking.session.get(DecisionRow, decision_id)
        if row is None:
            raise DecisionUnknown(decision=decision_id)
        programme = gateway.programme(asking.session, _contract_of(asking.session, row))
        facts = LogFacts(
            purpose=Purpose.ACCESS_REVIEW,
            appointment_valid=programme.is_appointed(gateway.staff, role, on=asking.now.date()),
        )
        reader = staff_party(programme, role)
        authorised = asking.ask(reader, Action.READ_LOG, programme, facts)
        asking.uow.record(
            DecisionExplained(
                explained=decision_id, by=gateway.staff, decision=authorised.id, decision_sha256=authorised.sha256
            )
        )
        return dict(row.body) | {"id": row.id, "at": row.at.isoformat(), "sha256": row.sha256}


def replay(gateway: Gateway, decision_id: str, *, role: Role = Role.DPO) -> Replay:
    """Judge a stored decision again. Raises `DecisionUnknown` also where its rules or programme are not stored."""
    stored = explain(gateway, decision_id, role=role)
    with gateway.store.read() as session:
        rules = ruleset(session, stored["policy_set_sha256"])
        query = select(ProgrammeRow).where(ProgrammeRow.sha256 == stored["programme_sha256"])
        declared = session.exec(query).first()
    if rules is None or declared is None:
        raise DecisionUnknown(decision=decision_id)
    programme = load_programme(declared.text, file=declared.file_name)
    party = Party(stored["principal"]["organisation"], Role(stored["principal"]["role"]))
    action = Action(stored["action"])
    request = PolicyRequest(party, action, programme, facts_of(action, stored["facts"]))
    again = PolicyEngine.of(rules).with_programmes([programme]).authorise(request)
    body = {name: value for name, value in stored.items() if name not in ("id", "at", "sha256")}
    fresh = json.loads(again.canonical())
    without = ("engine_version",)
    same = {name: value for name, value in body.items() if name not in without} == {
        name: value for name, value in fresh.items() if name not in without
    }
    return Replay(stored, again, same, _digest(body) == stored["sha256"])


def facts_of(action: Action, values: Mapping[str, Any]) -> Facts:
    """The facts of a stored decision, with their types. `KeyError` or `ValueError` where they are not those of now."""
    kind = FACTS[action]
    return kind(**{field.name: _typed_fact(str(field.type), values[field.name]) for field in fields(kind)})


def _typed_fact(kind: str, value: Any) -> Any:
    match kind:
        case "Purpose":
            return Purpose(value)
        case "Party":
            role, _, organisation = value.partition("/")
            return Party(organisation, Role(role))
        case "frozenset[str]":
            return frozenset(value)
    return value


def _contract_of(session: Session, row: DecisionRow) -> str:
    query = select(ProgrammeRow).where(ProgrammeRow.sha256 == row.body["programme_sha256"])
    declared = session.exec(query).first()
    if declared is None:
        raise DecisionUnknown(decision=row.id)
    return declared.contract_id


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical.dumps(dict(body))).hexdigest()
