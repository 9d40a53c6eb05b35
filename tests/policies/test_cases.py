"""Every case is decided as it says, and the cases are enough to notice any change of the rules."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import cedarpy
import pytest

from policies.engine import PolicyEngine, PolicyRequest
from policies.errors import PolicySetInvalid
from policies.terms import Action, LegalBasis, Purpose, Role, SpecialCategoryBasis
from tests.policies.cases import Case, all_cases

CASES = all_cases()
ENGINE = PolicyEngine.load()
SCHEMA = cedarpy.Schema.from_str(ENGINE.rules.schema)
SETS = [
    {str(word) for word in words} for words in (Purpose, LegalBasis, SpecialCategoryBasis, Role)
]  # a set literal of a rule takes its words from one of these


# mutant -> why it decides every request that can be asked as the rules do; none is known
EQUIVALENTS: dict[str, str] = {}


@dataclass(frozen=True)
class Mutant:
    name: str
    policies: dict[str, Any]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_is_decided_by_exactly_these_rules(case: Case) -> None:
    decision = ENGINE.with_programmes([case.request.programme]).authorise(case.request)
    assert (decision.effect, decision.rule_ids, decision.grant_ids) == (
        case.effect,
        case.rule_ids,
        case.grant_ids,
    )


@pytest.mark.parametrize("step", [20, pytest.param(1, marks=pytest.mark.soak)])
def test_the_grants_of_other_programmes_decide_nothing(step: int) -> None:
    """Every case is of a programme of its own; all of them are in force here."""
    engine = ENGINE.with_programmes(case.request.programme for case in CASES)
    asked = CASES[::step]
    decisions = [engine.authorise(case.request) for case in asked]
    assert [(one.effect, one.rule_ids, one.grant_ids) for one in decisions] == [
        (case.effect, case.rule_ids, case.grant_ids) for case in asked
    ]


def test_every_rule_has_a_case_that_only_it_decides_for_every_action_it_guards() -> None:
    """Otherwise a rule could be dropped for one action, and nobody would notice."""
    alone = {(case.rule_ids[0], str(case.request.action)) for case in CASES if len(case.rule_ids) == 1}
    guarded = {(rule.id, action) for rule in ENGINE.rules.rules.values() for action in rule.actions}
    assert guarded <= alone


def test_every_action_is_allowed_in_some_case_and_lacks_a_permit_in_another() -> None:
    allowed = {case.request.action for case in CASES if case.effect == "allow"}
    lacking = {case.request.action for case in CASES if case.rule_ids == ("no-permit",)}
    assert allowed == lacking == set(Action)


@pytest.mark.long
def test_every_mutant_of_the_rules_is_refused_at_load_or_flips_a_case(tell: Callable[[str], None]) -> None:
    """Mutation score of the cases, printed: drop, turn round, narrow and widen each policy."""
    mutants = list(_mutants(json.loads(cedarpy.policies_to_json_str(ENGINE.rules.policies))))
    fates = Counter[str]()
    survivors = []
    for mutant in mutants:
        fate = _fate(mutant)
        fates[fate] += 1
        if fate == "survived":
            survivors.append(mutant.name)
    tell(_score(fates, equivalent=len(EQUIVALENTS)))
    assert sorted(survivors) == sorted(EQUIVALENTS)
    assert fates["flipped a case"] > 100


def test_the_unchanged_rules_survive_the_mutation_harness() -> None:
    """Positive control: what kills a mutant is its change, not the way it is built."""
    unchanged = json.loads(cedarpy.policies_to_json_str(ENGINE.rules.policies))
    assert _fate(Mutant("unchanged", unchanged)) == "survived"


def _score(fates: Counter[str], *, equivalent: int) -> str:
    """The score as it is read: killed of those that can be told from the rules, and how."""
    total = sum(fates.values())
    killed = total - fates["survived"]
    return (
        f"policy mutation score: {100 * killed / (total - equivalent):.1f} % ({killed} of {total - equivalent} killed;"
        f" {fates['refused at load']} refused at load, {fates['flipped a case']} flipped a case;"
        f" {equivalent} equivalent, {total} in all)"
    )


def test_the_score_leaves_equivalents_out_and_counts_survivors() -> None:
    fates = Counter({"refused at load": 10, "flipped a case": 80, "survived": 10})
    assert _score(fates, equivalent=5).startswith("policy mutation score: 94.7 % (90 of 95 killed;")
    assert _score(fates, equivalent=10).startswith("policy mutation score: 100.0 % (90 of 90 killed;")


def _fate(mutant: Mutant) -> str:
    # A mutant that is not Cedar would prove nothing: these two lines raise on it.
    changed = cedarpy.PolicySet.from_json_str(json.dumps(mutant.policies))
    static = cedarpy.policies_from_json_str(json.dumps(mutant.policies | {"templates": {}}))
    if not cedarpy.validate_policies(static, SCHEMA).validation_passed:
        return "refused at load"
    # The cases that name the rule come first: most mutants flip one of them, and the rest need not be asked.
    name = mutant.name.split(":")[0]
    near = [case for case in CASES if name in case.rule_ids]
    far = [case for case in CASES if name not in case.rule_ids]
    for cases in (near, far):
        asked = [(_own_grants_only(case.request), case.effect) for case in cases]
        try:
            engine = PolicyEngine(ENGINE.rules, changed, SCHEMA, [request.programme for request, _ in asked])
        except PolicySetInvalid:
            return "refused at load"
        if any(engine.authorise(request).effect != effect for request, effect in asked):
            return "flipped a case"
    return "survived"


def _own_grants_only(request: PolicyRequest) -> PolicyRequest:
    """The same request in a programme without the other parties' grants: quicker to link."""
    grants = tuple(grant for grant in request.programme.grants if grant.party == request.principal)
    return replace(request, programme=replace(request.programme, grants=grants))


def _mutants(policies: dict[str, Any]) -> Iterator[Mutant]:
    for group in ("staticPolicies", "templates"):
        for key, policy in policies[group].items():
            name = policy["annotations"]["id"]

            def with_policy(
                changed: dict[str, Any] | None,
                what: str,
                *,
                group: str = group,
                key: str = key,
                name: str = name,
            ) -> Mutant:
                mutated = copy.deepcopy(policies)
                if changed is None:
                    del mutated[group][key]
                else:
                    mutated[group][key] = changed
                return Mutant(f"{name}: {what}", mutated)

            yield with_policy(None, "dropped")
            turned = {"forbid": "permit", "permit": "forbid"}[policy["effect"]]
            yield with_policy(policy | {"effect": turned}, "effect turned round")
            for what, action in _other_actions(policy["action"]):
                yield with_policy(policy | {"action": action}, what)
            for condition in policy["conditions"]:
                yield with_policy(policy | {"conditions": [condition | {"kind": "when"}]}, "unless is when")
                for what, body in _other_bodies(condition["body"]):
                    yield with_policy(policy | {"conditions": [condition | {"body": body}]}, what)


def _other_actions(action: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    entities = action.get("entities", [action["entity"]] if "entity" in action else [])
    named = {entity["id"] for entity in entities}
    if action["op"] == "All":
        named = {str(one) for one in Action}
    uids = [{"type": "Gateway::Action", "id": str(one)} for one in Action]
    if len(named) > 1:
        for gone in sorted(named):
            kept = [uid for uid in uids if uid["id"] in named - {gone}]
            yield f"no longer for {gone}", {"op": "in", "entities": kept}
    else:
        for uid in uids:
            if uid["id"] not in named:
                yield f"for {uid['id']} instead", {"op": "==", "entity": uid}


def _other_bodies(body: Any) -> Iterator[tuple[str, Any]]:
    """One change somewhere in an expression: an operator, an operand, or a word of a set."""
    if isinstance(body, list):
        for index, item in enumerate(body):
            for what, changed in _other_bodies(item):
                yield what, [*body[:index], changed, *body[index + 1 :]]
        return
    if not isinstance(body, dict):
        return
    for operator, inner in body.items():
        if operator in ("&&", "||"):
            yield f"only the left of {operator}", inner["left"]
            yield f"only the right of {operator}", inner["right"]
            yield f"{operator} turned", {"||" if operator == "&&" else "&&": inner}
        if operator in ("==", "!="):
            yield f"{operator} turned", {"!=" if operator == "==" else "==": inner}
        if operator == "Set":
            yield from _other_sets(inner)
        for what, changed in _other_bodies(inner):
            yield what, body | {operator: changed}


def _other_sets(members: list[dict[str, str]]) -> Iterator[tuple[str, Any]]:
    present = {member["Value"] for member in members}
    for gone in sorted(present):
        yield f"without {gone}", {"Set": [{"Value": word} for word in sorted(present - {gone})]}
    for vocabulary in SETS:
        if present <= vocabulary:
            for new in sorted(vocabulary - present):
                yield f"also {new}", {"Set": [{"Value": word} for word in sorted(present | {new})]}
