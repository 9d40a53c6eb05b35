"""What was found to go wrong with Cedar and its binding, each with what we do about it.

Where a test can, it first shows the trap itself (positive control), then that the engine does not fall in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import cedarpy
import pytest

from policies import engine as engine_module
from policies.engine import ENGINE_ERROR, NO_PERMIT, NOT_LOADED, PolicyEngine, PolicyRequest, ask, cedar_request
from policies.errors import PolicyDenied, PolicySetInvalid
from policies.facts import EvaluateFacts, ReleaseFacts
from policies.ruleset import read_ruleset
from policies.terms import Action, Party, Purpose, Role
from tests.policies.cases import Case, all_cases

CASES = all_cases()
RULES = PolicyEngine.load().rules


def case_named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


TOTAL = case_named("allow/operator_asks_for_total").request
ENGINE = PolicyEngine.load().with_programmes([TOTAL.programme])
EVERYTHING_WRONG = replace(
    TOTAL,
    facts=replace(
        TOTAL.facts,
        cohort_sealed=False,
        release_planned=False,
        window_frozen=False,
        sources_complete=False,
        cohort_reaches_k=False,
    ),
)


def raw(request: PolicyRequest, context: dict[str, Any], schema: cedarpy.Schema | None) -> cedarpy.AuthzResult:
    """Cedar asked without our wrapper."""
    return cedarpy.is_authorized(
        cedar_request(request) | {"context": context},
        ENGINE._policies,
        engine_module._entities(request),
        schema,
    )


def test_trap_1_a_missing_fact_is_allow_without_a_schema_and_a_denial_here() -> None:
    """A forbid whose fact is missing errors and is skipped; only the schema on the call stops it."""
    context = cedar_request(TOTAL)["context"]
    del context["cohort_sealed"]
    assert raw(TOTAL, context, None).decision is cedarpy.Decision.Allow  # the trap
    answer = ask(
        cedar_request(TOTAL) | {"context": context},
        policies=ENGINE._policies,
        entities=engine_module._entities(TOTAL),
        schema=ENGINE._schema,
    )
    assert (answer.is_allowed, answer.has_failed) == (False, True)


def test_trap_1_every_fact_is_required_and_typed() -> None:
    """Whichever fact is missing, renamed, extra or of another type: no answer, so a denial."""
    for case in CASES:
        if case.effect == "deny":
            continue
        whole = cedar_request(case.request)
        assert PolicyEngine.load().with_programmes([case.request.programme]).authorise(case.request).is_allowed
        for name in whole["context"]:
            rest = {key: value for key, value in whole["context"].items() if key != name}
            for context in (rest, rest | {name: 1}, rest | {name: None}, whole["context"] | {"more": True}):
                answer = ask(
                    whole | {"context": context},
                    policies=ENGINE._policies,
                    entities=engine_module._entities(case.request),
                    schema=ENGINE._schema,
                )
                assert answer.has_failed, (case.name, name)


def test_a_fact_of_another_type_is_an_engine_error() -> None:
    """The number 1 is not true, and facts of another action do not fit."""
    for facts in (
        replace(TOTAL.facts, cohort_sealed=1),
        replace(TOTAL.facts, cells_cleared="yes"),
        replace(TOTAL.facts, contract_sha256=b"bytes"),
        replace(TOTAL.facts, contract_sha256="\ud800"),
        EvaluateFacts(purpose=Purpose.OUTCOME_PAYMENT, contract_sha256="c" * 64, cohort_sealed=True),
    ):
        assert ENGINE.authorise(replace(TOTAL, facts=facts)).rule_ids == (ENGINE_ERROR,)


def test_trap_2_reasons_come_in_any_order_and_are_sorted() -> None:
    """Equal requests give equal decisions, to the byte, although Cedar lists reasons at random."""
    context = cedar_request(EVERYTHING_WRONG)["context"]
    orders = {tuple(raw(EVERYTHING_WRONG, context, ENGINE._schema).diagnostics.reasons) for _ in range(60)}
    assert len(orders) > 1  # the trap
    decisions = [ENGINE.authorise(EVERYTHING_WRONG) for _ in range(60)]
    assert len({decision.sha256 for decision in decisions}) == 1
    assert decisions[0].rule_ids == tuple(sorted(decisions[0].rule_ids))
    assert len(decisions[0].rule_ids) == 5


def test_trap_3_default_deny_gives_no_reason_and_gets_ours() -> None:
    """A denial without a reason cannot be explained: it names the grant that is missing."""
    request = case_named("deny/nobody_was_granted/operator_asks_for_total").request
    loaded = PolicyEngine.load().with_programmes([request.programme])
    result = cedarpy.is_authorized(
        cedar_request(request), loaded._policies, engine_module._entities(request), loaded._schema
    )
    assert (result.decision, result.diagnostics.reasons) == (cedarpy.Decision.Deny, [])  # the trap
    with pytest.raises(PolicyDenied, match="operator/udbyder") as caught:
        loaded.check(request)
    assert caught.value.decision.rule_ids == (NO_PERMIT,)
    assert "release_total" in caught.value.decision.reason_en
    assert caught.value.code == "policy-denied"


ONE = """\
@id("{}")
@title_en("a")
@title_da("a")
@law("l")
forbid (principal, action, resource)
unless {{ {} }};
"""
GRANTS = {"templates/grants.cedar": RULES.policies[RULES.policies.index("// What a programme file can grant") :]}
REFUSED = {
    "missing @id": (ONE.format("X1", "resource.active").replace('@id("X1")\n', ""), "@id"),
    "empty @id": (ONE.format("", "resource.active"), "needs @id"),
    "two policies under one @id": (
        ONE.format("X1", "resource.active") + "forbid (principal, action, resource)\nunless { true };",
        "@id",
    ),
    "unknown annotation": (ONE.format("X1", "resource.active").replace("@law", "@lov"), "@lov"),
    "no law": (ONE.format("X1", "resource.active").replace('@law("l")\n', ""), "@gdpr or @law"),
    "no Danish title": (ONE.format("X1", "resource.active").replace('@title_da("a")\n', ""), "@title_da"),
    "when in place of unless": (
        ONE.format("X1", "resource.active").replace("unless", "when"),
        "forbid … unless",
    ),
    "a base rule that permits": (
        ONE.format("X1", "resource.active").replace("forbid", "permit"),
        "forbid … unless",
    ),
    "a misspelt attribute": (ONE.format("X1", "resource.activ"), "schema"),
    "an attribute that one action lacks": (ONE.format("X1", "context.cells_cleared"), "schema"),
    "an action that nobody knows": (
        ONE.format("X1", "resource.active").replace(
            "(principal, action,", '(principal, action == Gateway::Action::"peek",'
        ),
        "peek",
    ),
    "for one party only": (
        ONE.format("X1", "resource.active").replace("(principal,", '(principal == Gateway::Party::"operator/x",'),
        "every party",
    ),
    "not Cedar": (ONE.format("X1", "resource.active) ("), "Cedar"),
    "division, which Cedar lacks": (ONE.format("X1", "1 / 2 > 0"), "Cedar"),
}


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED)
def test_trap_4_and_6_a_rule_against_the_house_rules_is_refused_at_load(text: str, says: str) -> None:
    with pytest.raises(PolicySetInvalid) as caught:
        read_ruleset(GRANTS | {"base/x.cedar": text}, schema=RULES.schema, sha256="")
    assert says in str(caught.value)


def test_trap_4_a_duplicate_id_is_accepted_by_cedar_and_refused_here() -> None:
    same = ONE.format("X1", "resource.active") + ONE.format("X1", "context.purpose != resource.controller")
    assert len(cedarpy.PolicySet.from_str(same)) == 2  # the trap
    with pytest.raises(PolicySetInvalid, match=r"@id stands in base/x\.cedar too"):
        read_ruleset(GRANTS | {"base/x.cedar": same}, schema=RULES.schema, sha256="")


def test_a_rule_within_the_house_rules_is_read() -> None:
    """Positive control of the refusals above."""
    text = ONE.format("X1", "resource.active")
    rules = read_ruleset(GRANTS | {"base/x.cedar": text}, schema=RULES.schema, sha256="").rules
    assert rules["X1"].condition == "unless { resource.active };"


TEMPLATE = GRANTS["templates/grants.cedar"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEMPLATE.replace('Action::"enrol"', 'Action::"read_log"'), "not its name"),
        (TEMPLATE.replace("grant-enrol", "grant-everything"), "grant-<action>"),
        (TEMPLATE.replace("principal == ?principal", "principal", 1), "bare permit"),
        (TEMPLATE.replace("permit (", "forbid (", 1), "bare permit"),
        (TEMPLATE[: TEMPLATE.index('@id("grant-advise")')], "no template grant-advise"),
    ],
)
def test_a_template_that_grants_more_than_one_named_action_is_refused(text: str, says: str) -> None:
    with pytest.raises(PolicySetInvalid, match=says):
        read_ruleset({"templates/grants.cedar": text}, schema=RULES.schema, sha256="")


def test_trap_5_allow_names_grants_only_and_deny_names_rules_only() -> None:
    allowed = ENGINE.authorise(TOTAL)
    denied = ENGINE.authorise(EVERYTHING_WRONG)
    assert allowed.rule_ids == ("grant-release-total",)
    assert allowed.grant_ids == (f"{TOTAL.programme.id}/operator-udbyder-release_total",)
    assert denied.grant_ids == ()
    assert not any(rule_id.startswith("grant-") for rule_id in denied.rule_ids)


def test_trap_6_rules_judge_facts_and_never_count() -> None:
    """Counting is Python's: the schema has no number that a rule could compare."""
    assert "Long" not in RULES.schema


@pytest.mark.parametrize("name", ['x" || true || "', "x\n\0", 'udbyder", "role', "\\u{0}", "operator/udbyder"])
def test_trap_7_a_strange_party_id_is_a_value_and_never_cedar_text(name: str) -> None:
    party = Party(name, Role.OPERATOR)
    facts = TOTAL.facts
    assert isinstance(facts, ReleaseFacts)
    decision = ENGINE.authorise(replace(TOTAL, principal=party, facts=replace(facts, requested_by=party)))
    assert decision.rule_ids == ("P01-declared-party",)
    assert json.loads(decision.canonical())["principal"]["organisation"] == name


class Failing:
    """Stands in for the binding: raises, or answers what Cedar should not."""

    def __init__(self, result: Mapping[str, Any] | Exception) -> None:
        self._result = result

    def __call__(self, *_: object) -> cedarpy.AuthzResult:
        if isinstance(self._result, Exception):
            raise self._result
        return cedarpy.AuthzResult(dict(self._result))


GRANT = "test/g"
NAMED = {"reason": [GRANT], "id_annotations_by_reason": {GRANT: "grant-release-total"}}
ANSWERS: dict[str, tuple[Mapping[str, Any] | Exception, bool]] = {
    "allow with a grant": ({"decision": "Allow", "diagnostics": NAMED}, False),
    "allow with an error": ({"decision": "Allow", "diagnostics": NAMED | {"errors": ["e"]}}, True),
    "allow without a reason": ({"decision": "Allow", "diagnostics": {"reason": []}}, True),
    "allow by a policy without id": ({"decision": "Allow", "diagnostics": {"reason": [GRANT]}}, True),
    "deny with an error": ({"decision": "Deny", "diagnostics": {"errors": ["e"]}}, True),
    "no decision": ({"decision": "NoDecision", "diagnostics": NAMED}, True),
    "a decision of another word": ({"decision": "Maybe", "diagnostics": NAMED}, True),
    "no decision at all": ({"diagnostics": NAMED}, True),
    "ValueError": (ValueError("broken"), True),
    "KeyError": (KeyError("broken"), True),
    "TypeError": (TypeError("broken"), True),
}


@pytest.mark.parametrize(("result", "failed"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_not_clean_is_a_denial(
    monkeypatch: pytest.MonkeyPatch, result: Mapping[str, Any] | Exception, failed: bool
) -> None:
    monkeypatch.setattr(cedarpy, "is_authorized", Failing(result))
    decision = ENGINE.authorise(TOTAL)
    assert (decision.effect, decision.rule_ids == (ENGINE_ERROR,)) == (
        "deny" if failed else "allow",
        failed,
    )


def test_a_programme_that_differs_from_the_loaded_one_is_refused() -> None:
    """A caller cannot bring its own programme: the grants and the declarations come from one file."""
    changed = replace(TOTAL.programme, purposes=frozenset(Purpose))
    unknown = replace(TOTAL.programme, id="other")
    for programme in (changed, unknown):
        assert ENGINE.authorise(replace(TOTAL, programme=programme)).rule_ids == (NOT_LOADED,)
    with pytest.raises(PolicySetInvalid, match="loaded twice"):
        ENGINE.with_programmes([TOTAL.programme, changed])


def test_grants_of_one_engine_do_not_reach_another() -> None:
    """Linking gives a new engine; the one without programmes still refuses everything."""
    assert ENGINE.authorise(TOTAL).is_allowed
    assert PolicyEngine.load().authorise(TOTAL).rule_ids == (NOT_LOADED,)
    assert not ENGINE.with_programmes([]).authorise(TOTAL).is_allowed


def test_a_grant_in_another_programme_does_not_help() -> None:
    """Grants hold for one programme: the same party in the next one has no permit."""
    bare = replace(TOTAL.programme, id="bare", grants=())
    both = ENGINE.with_programmes([TOTAL.programme, bare])
    assert both.authorise(replace(TOTAL, programme=bare)).rule_ids == (NO_PERMIT,)
    assert both.authorise(TOTAL).is_allowed


def test_a_decision_records_facts_as_plain_values() -> None:
    decision = ENGINE.authorise(TOTAL)
    assert decision.facts["requested_by"] == "operator/udbyder"
    assert decision.facts["cohort_sealed"] is True
    pull = case_named("allow/municipality_pulls_source").request
    facts = ENGINE.with_programmes([pull.programme]).authorise(pull).facts
    assert facts["agreement_purposes"] == ("access-review", "outcome-evaluation", "outcome-payment")
    assert decision.policy_set_sha256 == RULES.sha256
    assert decision.action is Action.RELEASE_TOTAL
