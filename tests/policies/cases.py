"""The allow and deny cases: JSON that names no engine, read into requests.

An allow case is a whole request. A deny case names the allow cases that it is the `same_as`, and what is
different in it (`except`); each of them must be refused by exactly the rules it lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from policies.basis import RecordKind, Requirements
from policies.engine import CEDAR_DIRECTORY, NO_PERMIT, PolicyRequest
from policies.facts import FACTS, Facts
from policies.programme import Grant, Programme, Retention
from policies.ruleset import CASES
from policies.terms import Action, LegalBasis, Party, Purpose, Role, SpecialCategoryBasis
from policies.words import ProgrammeWords

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    name: str
    request: PolicyRequest
    effect: str
    rule_ids: tuple[str, ...]
    grant_ids: tuple[str, ...]


def all_cases() -> list[Case]:
    """Every case, each with a programme of its own so that one engine can hold them all."""
    cases = [*_allow_cases(), *_deny_cases()]
    return [_in_own_programme(case, number) for number, case in enumerate(cases)]


def index() -> str:
    """CASES.json: every rule with the cases that it alone decides."""
    found: dict[str, list[str]] = {}
    for case in all_cases():
        if len(case.rule_ids) == 1 and case.rule_ids[0] != NO_PERMIT:  # which is no rule
            found.setdefault(case.rule_ids[0], []).append(case.name)
    return json.dumps({rule: sorted(names) for rule, names in sorted(found.items())}, indent=1) + "\n"


def _allow_cases() -> Iterator[Case]:
    for path in sorted((HERE / "allow").glob("*.json")):
        yield _case(f"allow/{path.stem}", json.loads(path.read_text("utf-8")))


def _deny_cases() -> Iterator[Case]:
    for path in sorted((HERE / "deny").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        for name in case["same_as"]:
            base = json.loads((HERE / "allow" / f"{name}.json").read_text("utf-8"))
            different = dict(case["except"])
            base["facts"] |= different.pop("facts", {})
            base["programme"] = base.get("programme", {}) | different.pop("programme", {})
            base |= different | {"expect": case["expect"]}
            yield _case(f"deny/{path.stem}/{name}", base)


def _case(name: str, case: dict[str, Any]) -> Case:
    known = {"proves", "principal", "action", "facts", "programme", "expect"}
    unknown = set(case) - known - {"undeclared", "declared", "granted", "ungranted"}
    assert not unknown, f"{name}: {unknown}"
    principal, action = case["principal"], case["action"]
    declared = json.loads((HERE / "programme.json").read_text("utf-8")) | case.get("programme", {})
    if case.get("declared") and principal not in declared["parties"]:
        declared["parties"].append(principal)
    if case.get("undeclared"):
        declared["parties"].remove(principal)
    grant = principal | {"action": action}
    if case.get("granted"):
        declared["grants"].append(grant)
    if case.get("ungranted"):
        declared["grants"].remove(grant)
    expect = case["expect"]
    return Case(
        name=name,
        request=PolicyRequest(
            principal=_party(principal),
            action=Action(action),
            programme=_programme(declared),
            facts=_facts(Action(action), case["facts"]),
        ),
        effect=expect["effect"],
        rule_ids=tuple(expect["rule_ids"]),
        grant_ids=tuple(expect["grant_ids"]),
    )


def _in_own_programme(case: Case, number: int) -> Case:
    programme = case.request.programme
    new_id = f"{programme.id}-{number}"

    def renamed(grant_id: str) -> str:
        return grant_id.replace(f"{programme.id}/", f"{new_id}/", 1)

    grants = tuple(replace(grant, id=renamed(grant.id), programme=new_id) for grant in programme.grants)
    own = replace(programme, id=new_id, grants=grants)
    return replace(
        case,
        request=replace(case.request, programme=own),
        grant_ids=tuple(renamed(grant_id) for grant_id in case.grant_ids),
    )


def _party(value: dict[str, str]) -> Party:
    return Party(value["organisation"], Role(value["role"]))


def _facts(action: Action, values: dict[str, Any]) -> Facts:
    kind = FACTS[action]
    converters: dict[str, Any] = {
        "purpose": Purpose,
        "requested_by": _party,
        "agreement_purposes": frozenset,
    }
    assert set(values) == {field.name for field in fields(kind)}
    return kind(**{key: converters.get(key, lambda value: value)(value) for key, value in values.items()})


def _programme(value: dict[str, Any]) -> Programme:
    name = value["id"]
    grants = [
        Grant(
            id=f"{name}/{entry['role']}-{entry['organisation']}-{entry['action']}",
            organisation=entry["organisation"],
            role=Role(entry["role"]),
            action=Action(entry["action"]),
            programme=name,
        )
        for entry in value["grants"]
    ]
    return Programme(
        id=name,
        contract_id=value["contract_id"],
        contract_sha256=value["contract_sha256"],
        title=value["title"],
        active=value["active"],
        purposes=frozenset(Purpose(purpose) for purpose in value["purposes"]),
        legal_basis=LegalBasis(value["legal_basis"]),
        law_reference=value["law_reference"],
        special_category_basis=SpecialCategoryBasis(value["special_category_basis"]),
        opens_on=date.fromisoformat(value["opens_on"]),
        closes_on=date.fromisoformat(value["closes_on"]),
        pull_until=None,
        requirements=Requirements(frozenset({RecordKind.STATUTORY_BASIS}), excludes_protected=False),
        notices=(),
        retention=Retention("1", "15.20.00", "discard", date(2027, 12, 31)),
        words=ProgrammeWords((), "programme.json"),
        appointments=(),
        conditions=(),
        suspension_days=5,
        most_look_ups=100,
        sources=frozenset(value["sources"]),
        assessments={},
        controller=value["controller"],
        parties=frozenset(_party(party) for party in value["parties"]),
        grants=tuple(sorted(grants, key=lambda grant: grant.id)),
        sha256="e" * 64,
        file="programme.json",
    )


if __name__ == "__main__":
    (CEDAR_DIRECTORY / CASES).write_text(index(), "utf-8")
