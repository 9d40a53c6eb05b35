"""A stored decision, told and judged again: the facts as they were, under the rules and the programme of that day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from gateway.errors.oversight import DecisionUnknown
from gateway.events.rights import DecisionExplained
from gateway.installation.authority import deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.installation.policy_sets import ruleset
from gateway.store.contract_tables import ProgrammeRow
from gateway.store.log_tables import DecisionRow
from outcome_verifier import canonical
from policies.decision import Decision, FactValue
from policies.engine import PolicyEngine, PolicyRequest
from policies.facts import FACTS, Facts, LogFacts
from policies.programme_file import load_programme
from policies.terms import Action, Party, Purpose, Role


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as it was stored, for whoever may read the access log. `is_intact`: it has the digest that the log
    holds.
    """

    id: str
    at: datetime
    sha256: str
    decision: Decision
    is_intact: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """The stored decision and what the rules of that day say now. `is_same`: effect, rules, grants, reasons and facts;
    the engine's version differs where Cedar was updated since.
    """

    stored: StoredDecision
    again: Decision
    is_same: bool


def explain(gateway: Gateway, decision_id: str, *, role: Role = Role.DPO) -> StoredDecision:
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
            appointment_valid=asking.is_appointed(programme, role),
        )
        reader = staff_party(programme, role)
        authorised = asking.ask(reader, Action.READ_LOG, programme, facts)
        asking.uow.record(
            DecisionExplained(explained=decision_id, decision=authorised.id, decision_sha256=authorised.sha256)
        )
        digest = hashlib.sha256(canonical.dumps(dict(row.body))).hexdigest()
        return StoredDecision(row.id, row.at, row.sha256, _decision_of(row), digest == row.sha256)


def replay(gateway: Gateway, decision_id: str, *, role: Role = Role.DPO) -> Replay:
    """Judge a stored decision again. Raises `DecisionUnknown` also where its rules or programme are not stored."""
    stored = explain(gateway, decision_id, role=role)
    then = stored.decision
    with gateway.store.read() as session:
        rules = ruleset(session, then.policy_set_sha256)
        query = select(ProgrammeRow).where(ProgrammeRow.sha256 == then.programme_sha256)
        declared = session.exec(query).first()
    if rules is None or declared is None:
        raise DecisionUnknown(decision=decision_id)
    programme = load_programme(declared.text, file=declared.file_name)
    request = PolicyRequest(then.principal, then.action, programme, facts_of(then.action, then.facts))
    again = PolicyEngine.of(rules).with_programmes([programme]).authorise(request)
    return Replay(stored, again, replace(then, engine_version=again.engine_version) == again)


def facts_of(action: Action, values: Mapping[str, FactValue]) -> Facts:
    """The facts of a stored decision, with their types. `KeyError` or `ValueError` where they are not those of now."""
    kind = FACTS[action]
    return kind(**{field.name: _typed_fact(str(field.type), values[field.name]) for field in fields(kind)})


def _typed_fact(kind: str, value: FactValue) -> Any:
    match kind:
        case "Purpose":
            return Purpose(str(value))
        case "Party":
            role, _, organisation = str(value).partition("/")
            return Party(organisation, Role(role))
        case "frozenset[str]":
            return frozenset(value) if isinstance(value, tuple) else value
    return value


def _decision_of(row: DecisionRow) -> Decision:
    body = row.body
    principal = Party(body["principal"]["organisation"], Role(body["principal"]["role"]))
    facts = {name: tuple(value) if isinstance(value, list) else value for name, value in body["facts"].items()}
    values = {field.name: body[field.name] for field in fields(Decision)}
    values |= {name: tuple(body[name]) for name in ("rule_ids", "grant_ids")}
    return Decision(**values | {"principal": principal, "action": Action(body["action"]), "facts": facts})


def _contract_of(session: Session, row: DecisionRow) -> str:
    query = select(ProgrammeRow).where(ProgrammeRow.sha256 == row.body["programme_sha256"])
    declared = session.exec(query).first()
    if declared is None:
        raise DecisionUnknown(decision=row.id)
    return declared.contract_id
