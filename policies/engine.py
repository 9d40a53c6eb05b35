"""The decision: is this request allowed, by which grant, or refused by which rules.

`PolicyEngine.load()` reads and checks the Cedar text, `with_programmes()` links the grants, `authorise()`
judges one request and `check()` raises where it is refused. How Cedar is asked so that it cannot fail open:

1. the schema goes with every call, so a fact that is missing, extra or of another type gives no decision;
2. allow needs three things: Cedar says Allow, it reports no error, and it names a grant;
3. everything else is a denial with a rule id, also when Cedar itself fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cedarpy

from policies.decision import Decision, FactValue
from policies.errors import PolicyDenied, PolicySetInvalid
from policies.facts import Facts
from policies.programme import Grant, Programme
from policies.ruleset import RuleSet, load_ruleset, template_id
from policies.terms import Action, Party

CEDAR_DIRECTORY = Path(__file__).parent / "cedar"
ENGINE_ERROR = "engine-error"
NO_PERMIT = "no-permit"
NOT_LOADED = "programme-not-loaded"
_ENGINE = f"cedarpy/{version('cedarpy')}"  # asked once: the installer's files are read for it


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """Who wants to do what in which programme, and what is known. For a release the principal is the
    recipient, and `facts.requested_by` is who asks for it."""

    principal: Party
    action: Action
    programme: Programme
    facts: Facts


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """What Cedar said, in our words: nothing in it depends on the order in which Cedar lists reasons."""

    is_allowed: bool
    has_failed: bool  # no decision, an error, or an allow that names nobody
    policy_ids: tuple[str, ...]  # sorted: link ids of grants on allow, positions of rules on deny
    rule_ids: tuple[str, ...]  # sorted: their @id


@lru_cache(maxsize=1)  # one process decides by one set, and opens the engine for every use case
def _parsed_set(policies: str, schema: str) -> tuple[cedarpy.PolicySet, cedarpy.Schema]:
    return cedarpy.PolicySet.from_str(policies), cedarpy.Schema.from_str(schema)


class PolicyEngine:
    """Judges requests under one policy set and the grants of the programmes it was given. Immutable."""

    def __init__(
        self,
        rules: RuleSet,
        policies: cedarpy.PolicySet,
        schema: cedarpy.Schema,
        programmes: Iterable[Programme] = (),
    ) -> None:
        """`policies` holds the rules and the templates, without links; the grants are linked here."""
        self._rules = rules
        self._bare = policies
        self._schema = schema
        self._programmes: dict[str, Programme] = {}
        for programme in programmes:
            if programme.id in self._programmes:
                raise PolicySetInvalid(where=f"programme {programme.id}", reason="is loaded twice")
            self._programmes[programme.id] = programme
        links = [_link(grant) for programme in self._programmes.values() for grant in programme.grants]
        try:
            self._policies = policies.with_linked_batch(links)
        except ValueError as error:
            raise PolicySetInvalid(where="grants", reason=f"cannot be linked: {error}") from None

    @classmethod
    def load(cls, directory: Path = CEDAR_DIRECTORY) -> PolicyEngine:
        """The engine of a policy set on disk, without any grant.

        Raises:
            PolicySetInvalid: the files differ from their manifest, or a rule breaks the house rules.
        """
        return cls.of(load_ruleset(directory))

    @classmethod
    def of(cls, rules: RuleSet) -> PolicyEngine:
        """The engine of a policy set that is already checked, without any grant."""
        return cls(rules, *_parsed_set(rules.policies, rules.schema))

    @property
    def rules(self) -> RuleSet:
        return self._rules

    @property
    def policy_set_sha256(self) -> str:
        return self._rules.sha256

    def with_programmes(self, programmes: Iterable[Programme]) -> PolicyEngine:
        """An engine with exactly the grants of these programmes; this one is left as it is.

        Raises:
            PolicySetInvalid: two programmes have the same id, or a grant cannot be linked.
        """
        return PolicyEngine(self._rules, self._bare, self._schema, programmes)

    def authorise(self, request: PolicyRequest) -> Decision:
        """The decision on a request; what cannot be judged is denied, not raised."""
        if self._programmes.get(request.programme.id) != request.programme:
            return self._denied_by_engine(request, NOT_LOADED)
        answer = ask(
            cedar_request(request),
            policies=self._policies,
            entities=_entities(request),
            schema=self._schema,
        )
        if answer.has_failed:
            return self._denied_by_engine(request, ENGINE_ERROR)
        if answer.is_allowed:
            return self._decision(request, effect="allow", rule_ids=answer.rule_ids, grant_ids=answer.policy_ids)
        if not answer.rule_ids:
            return self._denied_by_engine(request, NO_PERMIT)
        return self._decision(request, effect="deny", rule_ids=answer.rule_ids, grant_ids=())

    def check(self, request: PolicyRequest) -> Decision:
        """The decision on a request that is allowed.

        Raises:
            PolicyDenied: it is not; the exception carries the decision.
        """
        decision = self.authorise(request)
        if not decision.is_allowed:
            raise PolicyDenied(decision)
        return decision

    def _decision(
        self, request: PolicyRequest, *, effect: str, rule_ids: tuple[str, ...], grant_ids: tuple[str, ...]
    ) -> Decision:
        rules = [self._rules.rules[rule_id] for rule_id in rule_ids]
        english = " ".join(f"{rule.title_en} ({rule.id})" for rule in rules)
        danish = " ".join(f"{rule.title_da} ({rule.id})" for rule in rules)
        if effect == "deny":
            english, danish = f"Must hold and does not: {english}", f"Skal gælde, men gør ikke: {danish}"
        return self._record(request, effect=effect, rule_ids=rule_ids, grant_ids=grant_ids, reasons=(english, danish))

    def _denied_by_engine(self, request: PolicyRequest, rule_id: str) -> Decision:
        who, what, where = request.principal, request.action, request.programme.id
        reasons = {
            NO_PERMIT: (
                f"No grant lets {who} do {what} in programme {where}; the controller may add one.",
                f"Ingen bevilling lader {who} gøre {what} i {where}; den dataansvarlige kan tilføje en.",
            ),
            NOT_LOADED: (
                f"Programme {where} is not loaded in this engine as the request states it.",
                f"Programmet {where} er ikke indlæst, som anmodningen angiver det.",
            ),
            ENGINE_ERROR: (
                "The policy engine gave no answer: a fact is missing or of the wrong type, or it failed.",
                "Regelmotoren svarede ikke: en oplysning mangler eller har forkert type, eller den fejlede.",
            ),
        }
        return self._record(request, effect="deny", rule_ids=(rule_id,), grant_ids=(), reasons=reasons[rule_id])

    def _record(
        self,
        request: PolicyRequest,
        *,
        effect: str,
        rule_ids: tuple[str, ...],
        grant_ids: tuple[str, ...],
        reasons: tuple[str, str],
    ) -> Decision:
        return Decision(
            effect=effect,
            action=request.action,
            principal=request.principal,
            programme=request.programme.id,
            rule_ids=rule_ids,
            grant_ids=grant_ids,
            reason_en=reasons[0],
            reason_da=reasons[1],
            facts=MappingProxyType(recorded_facts(request.facts)),
            policy_set_sha256=self._rules.sha256,
            programme_sha256=request.programme.sha256,
            engine_version=_ENGINE,
        )


def ask(
    request: Mapping[str, Any],
    *,
    policies: cedarpy.PolicySet,
    entities: list[dict[str, Any]],
    schema: cedarpy.Schema,
) -> EngineAnswer:
    """One question to Cedar. A schema is required: without one, a rule whose fact is missing is skipped."""
    failed = EngineAnswer(is_allowed=False, has_failed=True, policy_ids=(), rule_ids=())
    try:
        result = cedarpy.is_authorized(dict(request), policies, entities, schema)
        decision = result.decision
    # What the binding raises for a request that it cannot pass on: text that is not UTF-8 or JSON
    # (ValueError), a missing part or a decision of an unknown name (KeyError), a value that is not JSON
    # (TypeError).
    except (ValueError, KeyError, TypeError):
        return failed
    policy_ids = tuple(sorted(result.diagnostics.reasons))
    names = result.diagnostics.id_annotations_by_reason
    allowed = decision is cedarpy.Decision.Allow
    if result.diagnostics.errors or decision is cedarpy.Decision.NoDecision:
        return failed
    if (allowed and not policy_ids) or not all(names.get(policy_id) for policy_id in policy_ids):
        return failed
    rule_ids = tuple(sorted({names[policy_id] for policy_id in policy_ids}))
    return EngineAnswer(is_allowed=allowed, has_failed=False, policy_ids=policy_ids, rule_ids=rule_ids)


def cedar_request(request: PolicyRequest) -> dict[str, Any]:
    """The request as Cedar takes it. Ids are passed as values, never pasted into Cedar text."""
    return {
        "principal": _party_uid(request.principal),
        "action": {"type": "Gateway::Action", "id": str(request.action)},
        "resource": _programme_uid(request.programme.id),
        "context": {field.name: _cedar_value(getattr(request.facts, field.name)) for field in fields(request.facts)},
    }


def recorded_facts(facts: Facts) -> dict[str, FactValue]:
    """The facts as a decision keeps them: plain text, numbers, booleans and sorted tuples of text."""
    kept: dict[str, FactValue] = {}
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, frozenset):
            kept[field.name] = tuple(sorted(str(item) for item in value))
        elif isinstance(value, (bool, int)):
            kept[field.name] = value
        else:
            kept[field.name] = str(value)
    return kept


def _cedar_value(value: object) -> object:
    if isinstance(value, Party):
        return {"__entity": _party_uid(value)}
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    return value


def _party_uid(party: Party) -> dict[str, str]:
    return {"type": "Gateway::Party", "id": str(party)}


def _programme_uid(programme: str) -> dict[str, str]:
    return {"type": "Gateway::Programme", "id": programme}


def _link(grant: Grant) -> dict[str, Any]:
    return {
        "template_id": template_id(grant.action),
        "new_id": grant.id,
        "values": {"?principal": _party_uid(grant.party), "?resource": _programme_uid(grant.programme)},
    }


def _entities(request: PolicyRequest) -> list[dict[str, Any]]:
    programme = request.programme
    named = (getattr(request.facts, field.name) for field in fields(request.facts))
    parties = {request.principal, *programme.parties, *(value for value in named if isinstance(value, Party))}
    declared: dict[str, Any] = {
        "active": programme.active,
        "contract_sha256": programme.contract_sha256,
        "controller": programme.controller,
        "legal_basis": str(programme.legal_basis),
        "special_category_basis": str(programme.special_category_basis),
        "parties": [{"__entity": _party_uid(party)} for party in sorted(programme.parties)],
        "purposes": sorted(str(purpose) for purpose in programme.purposes),
        "sources": sorted(programme.sources),
    }
    people = [
        {
            "uid": _party_uid(party),
            "attrs": {"organisation": party.organisation, "role": str(party.role)},
            "parents": [],
        }
        for party in sorted(parties)
    ]
    return [*people, {"uid": _programme_uid(programme.id), "attrs": declared, "parents": []}]
