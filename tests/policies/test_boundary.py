"""Every combination of facts at their boundary, for each action: allowed if and only if every needed fact holds.

The tables below are written by hand from what each action must ask, and do not look at the rules. What is generated is
the product: a rule that is too narrow, too wide or that depends on something else shows as a row that disagrees.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from policies.engine import PolicyEngine, PolicyRequest
from policies.facts import FACTS
from policies.programme import Grant
from policies.terms import Action, Party, Purpose, Role
from tests.policies.cases import Case, all_cases

CASES = {case.name: case for case in all_cases()}
ENGINE = PolicyEngine.load()

# action -> the allow case that it starts from, the purposes it may serve, and the facts that must be true
FOUR = ("cohort_sealed", "release_planned", "window_frozen", "sources_complete", "settled_here")
RESULT = (*FOUR, "codes_acceptable", "cells_cleared", "not_suspended")
PAID, KNOWN, REVIEW = Purpose.OUTCOME_PAYMENT, Purpose.OUTCOME_EVALUATION, Purpose.ACCESS_REVIEW
AUDITS = Purpose.AUDIT
PLANS = Purpose.PLANNING
RIGHTS, GOVERNS, FOLLOWS = Purpose.RIGHTS_REQUEST, Purpose.GOVERNANCE, Purpose.INDIVIDUAL_FOLLOW_UP
NEEDED: dict[Action, tuple[str, set[Purpose], tuple[str, ...]]] = {
    Action.ENROL: ("municipality_enrols_people", {PAID, KNOWN}, ("period_within_programme", "batch_open")),
    Action.PULL_SOURCE: (
        "municipality_pulls_source",
        {PAID, KNOWN},
        (
            "agreement_valid",
            "purpose_assessed",
            "period_within_programme",
            "pull_open",
            "subjects_enrolled",
            "subjects_covered",
        ),
    ),
    Action.REGISTER_EVIDENCE: (
        "case_worker_registers_evidence",
        {PAID, KNOWN},
        ("appointment_valid", "subject_enrolled", "subjects_covered", "evidence_declared", "second_person"),
    ),
    Action.EVALUATE: ("municipality_evaluates", {PAID, KNOWN}, ("cohort_sealed",)),
    Action.RELEASE_TOTAL: ("operator_asks_for_total", {PAID, KNOWN}, (*RESULT, "cohort_reaches_k")),
    Action.RELEASE_PREDICATE: ("investor_asks_for_predicate", {PAID, KNOWN}, (*RESULT, "date_declared")),
    Action.RELEASE_PAYMENT: ("operator_asks_for_payment_document", {PAID}, (*RESULT, "recipient_is_creditor")),
    Action.RELEASE_INDIVIDUAL: (
        "operator_asks_for_statement_about_relapses",
        {FOLLOWS},
        (*FOUR, "own_legal_basis", "legal_role_permits", "not_suspended"),
    ),
    Action.READ_LOG: ("auditor_reads_log", {REVIEW}, ("appointment_valid",)),
    Action.REGISTER_RIGHT: (
        "case_worker_registers_objection",
        {RIGHTS},
        ("appointment_valid", "subject_enrolled"),
    ),
    Action.READ_PERSON: (
        "case_worker_answers_access_request",
        {RIGHTS},
        ("appointment_valid", "subject_enrolled"),
    ),
    Action.DECIDE_RIGHT: (
        "system_owner_decides_on_erasure",
        {RIGHTS},
        ("appointment_valid", "second_person", "retention_clear"),
    ),
    Action.ADVISE: ("dpo_advises", {GOVERNS}, ("appointment_valid",)),
    Action.CHANGE_POLICY: (
        "system_owner_changes_the_rules",
        {GOVERNS},
        ("appointment_valid", "second_person", "retention_clear"),
    ),
    Action.READ_SETTLEMENT: ("operator_reads_its_settlement", {PAID}, ("appointment_valid", "amounts_may_be_shown")),
    Action.ACKNOWLEDGE: (
        "investor_acknowledges_a_repayment",
        {PAID},
        ("appointment_valid", "document_stands", "in_time", "party_is_creditor"),
    ),
    Action.REQUEST_PAYMENT: (
        "operator_asks_to_be_paid",
        {PAID},
        ("appointment_valid", "document_stands", "lines_acknowledged", "not_suspended"),
    ),
    Action.APPROVE_PAYMENT: (
        "settlement_officer_approves_payment",
        {PAID},
        ("appointment_valid", "second_person", "checks_hold", "not_done_before"),
    ),
    Action.AUDIT: ("auditor_draws_a_sample", {AUDITS}, ("appointment_valid", "attestation_stands")),
    Action.AUDIT_ROWS: (
        "auditor_sees_source_rows",
        {AUDITS},
        ("appointment_valid", "attestation_stands", "second_person", "sample_approved"),
    ),
    Action.TRY_CONTRACT: (
        "system_owner_tries_a_draft",
        {PLANS},
        (
            "agreement_valid",
            "purpose_assessed",
            "period_within_programme",
            "pull_open",
            "appointment_valid",
            "second_person",
        ),
    ),
}
# what an ended programme still has to let happen: whoever was counted keeps rights, and whoever watches goes on
AFTER_THE_END = {
    Action.READ_LOG,
    Action.REGISTER_RIGHT,
    Action.READ_PERSON,
    Action.DECIDE_RIGHT,
    Action.ADVISE,
    Action.CHANGE_POLICY,
    Action.READ_SETTLEMENT,
    Action.ACKNOWLEDGE,
    Action.REQUEST_PAYMENT,
    Action.APPROVE_PAYMENT,
    Action.AUDIT,
    Action.AUDIT_ROWS,
}
# who may be given a grant of it that works
ROLES = {
    Action.ENROL: {Role.MUNICIPALITY},
    Action.PULL_SOURCE: {Role.MUNICIPALITY},
    Action.REGISTER_EVIDENCE: {Role.CASE_WORKER, Role.SYSTEM_OWNER},
    Action.EVALUATE: {Role.MUNICIPALITY},
    Action.RELEASE_INDIVIDUAL: {Role.OPERATOR},
    Action.READ_LOG: {Role.DPO, Role.AUDITOR},
    Action.REGISTER_RIGHT: {Role.CASE_WORKER, Role.SYSTEM_OWNER},
    Action.READ_PERSON: {Role.CASE_WORKER, Role.SYSTEM_OWNER},
    Action.DECIDE_RIGHT: {Role.SYSTEM_OWNER},
    Action.ADVISE: {Role.DPO},
    Action.CHANGE_POLICY: {Role.SYSTEM_OWNER},
    Action.READ_SETTLEMENT: {Role.OPERATOR, Role.INVESTOR, Role.SETTLEMENT_OFFICER},
    Action.ACKNOWLEDGE: {Role.OPERATOR, Role.INVESTOR, Role.SETTLEMENT_OFFICER},
    Action.REQUEST_PAYMENT: {Role.OPERATOR, Role.MUNICIPALITY},
    Action.APPROVE_PAYMENT: {Role.SETTLEMENT_OFFICER},
    Action.AUDIT: {Role.AUDITOR},
    Action.AUDIT_ROWS: {Role.AUDITOR},
    Action.TRY_CONTRACT: {Role.SYSTEM_OWNER},
}


def start(action: Action) -> Case:
    return CASES[f"allow/{NEEDED[action][0]}"]


def boundary(action: Action) -> dict[str, list[Any]]:
    """The values of every fact on both sides of what is asked of it."""
    request = start(action).request
    found: dict[str, list[Any]] = {}
    for field in fields(FACTS[action]):
        match field.name:
            case "purpose":
                good = sorted(NEEDED[action][1] & request.programme.purposes)
                undeclared = Purpose.MARKETING
                other = next(word for word in Purpose if word in request.programme.purposes - NEEDED[action][1])
                found["purpose"] = [*good[:1], other, undeclared]
            case "contract_sha256":
                found["contract_sha256"] = [request.programme.contract_sha256, "d" * 64]
            case "requested_by":
                stranger = Party("another", request.principal.role)
                municipality = Party(request.programme.controller, Role.MUNICIPALITY)
                found["requested_by"] = [request.principal, municipality, stranger]
            case "source":
                found["source"] = [min(request.programme.sources), "undeclared"]
            case "agreement_purposes":
                found["agreement_purposes"] = [frozenset(map(str, NEEDED[action][1])), frozenset({str(REVIEW)})]
            case name:
                assert field.type == "bool", name
                found[name] = [True, False]
    return found


def expected(action: Action, active: bool, values: dict[str, Any], request: PolicyRequest) -> bool:
    """By the tables above alone."""
    _, purposes, needed = NEEDED[action]
    municipality = Party(request.programme.controller, Role.MUNICIPALITY)
    return (
        (active or action in AFTER_THE_END)
        and values["purpose"] in purposes
        and all(values[name] for name in needed)
        and values.get("contract_sha256", request.programme.contract_sha256) == request.programme.contract_sha256
        and values.get("requested_by", request.principal) in (request.principal, municipality)
        and values.get("source", "dream") in request.programme.sources
        and values["purpose"] in values.get("agreement_purposes", {values["purpose"]})
    )


LARGE = {
    Action.PULL_SOURCE,
    Action.RELEASE_TOTAL,
    Action.RELEASE_PREDICATE,
    Action.RELEASE_PAYMENT,
    Action.RELEASE_INDIVIDUAL,
}


def deviations(values: dict[str, list[Any]], named: dict[str, Any], active: bool) -> int:
    """How many facts are not at their best."""
    return sum(named[name] != options[0] for name, options in values.items()) + (not active)


def judge(action: Action, tell: Callable[[str], None], *, off: int | None) -> None:
    """With so many facts off at most; None for the whole product."""
    request, values = start(action).request, boundary(action)
    asked = allowed = 0
    for active in (True, False):
        programme = replace(request.programme, active=active)
        engine = ENGINE.with_programmes([programme])
        for chosen in itertools.product(*values.values()):
            named = dict(zip(values, chosen, strict=True))
            if off is not None and deviations(values, named, active) > off:
                continue
            question = replace(request, programme=programme, facts=FACTS[action](**named))
            effect = engine.authorise(question).effect
            asked, allowed = asked + 1, allowed + (effect == "allow")
            assert (effect == "allow") == expected(action, active, named, request), named
    assert 0 < allowed < asked
    tell(f"policy boundary table, {action}: {asked} combinations judged, {allowed} allowed")


@pytest.mark.parametrize("action", Action)
def test_every_combination_of_facts_is_judged_as_the_table_says(action: Action, tell: Callable[[str], None]) -> None:
    """The whole product; of an action with many facts every two that are off, and more with the longer tests."""
    judge(action, tell, off=2 if action in LARGE else None)


@pytest.mark.long
@pytest.mark.parametrize("action", sorted(LARGE))
def test_every_four_facts_that_are_off_are_judged_as_the_table_says(action: Action, tell: Callable[[str], None]):
    judge(action, tell, off=4)


@pytest.mark.soak
@pytest.mark.parametrize("action", sorted(LARGE))
def test_the_whole_product_of_many_facts_is_judged_as_the_table_says(
    action: Action, tell: Callable[[str], None]
) -> None:
    judge(action, tell, off=None)


@pytest.mark.parametrize("action", ROLES)
def test_no_grant_makes_up_for_the_wrong_role(action: Action) -> None:
    """The right grant, linked to each role in turn, with every fact at its best."""
    request = start(action).request
    for role in Role:
        party = Party(request.programme.controller, role)
        grant = Grant("g/1", party.organisation, role, action, request.programme.id)
        programme = replace(request.programme, parties=request.programme.parties | {party}, grants=(grant,))
        facts = request.facts
        if "requested_by" in boundary(action):
            facts = replace(facts, requested_by=party)
        asked = PolicyRequest(party, action, programme, facts)
        effect = ENGINE.with_programmes([programme]).authorise(asked).effect
        assert (effect == "allow") == (role in ROLES[action]), role


def test_the_tables_name_every_action_and_every_fact() -> None:
    assert set(NEEDED) == set(Action)
    used = {name for _, _, needed in NEEDED.values() for name in needed}
    flags = {field.name for kind in FACTS.values() for field in fields(kind) if field.type == "bool"}
    assert used == flags
