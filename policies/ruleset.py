"""The Cedar text as checked values: every rule with its id, titles, law and source text.

Cedar accepts more than we do. Here a policy set is refused (`PolicySetInvalid`) when a file is not in the
manifest or differs from it, a policy has no or a used `@id`, an annotation is unknown or missing, a base
rule is not `forbid … unless`, a template is not a bare `permit` of one action, the schema does not fit, or a
rule names no case that exercises it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cedarpy
from cedarpy import pst

from policies.errors import PolicySetInvalid
from policies.terms import Action

MANIFEST = "POLICYSET.json"
CASES = "CASES.json"  # rule -> the cases that only it decides; approved with the rules
SCHEMA_FILE = "gateway.cedarschema"
_REQUIRED = ("id", "title_da", "title_en")
_SOURCES_OF_LAW = ("gdpr", "law")
_START = re.compile(r"(?m)^(?=@id\()")
_NOT_RULE = re.compile(r"(?m)^(@|//).*\n?")


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy: a numbered base rule (`effect` "forbid") or a grant template (`effect` "permit")."""

    id: str
    effect: str
    actions: tuple[str, ...]  # sorted; every action where the rule names none
    title_da: str
    title_en: str
    gdpr: str  # articles, or empty
    law: str  # Danish law, or empty
    condition: str  # the `unless { … }` of a base rule as written; empty for a template
    file: str  # relative to the policy set


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A policy set that passed every check, ready for the engine."""

    policies: str  # Cedar text
    schema: str
    texts: dict[str, str]  # Cedar text by file
    rules: dict[str, Rule]  # by id, sorted
    cases: str  # text of CASES.json; empty where it was not asked for
    sha256: str  # hex, of the manifest's files

    @property
    def files(self) -> dict[str, str]:
        """Everything that the digest is of, by name."""
        return {**self.texts, SCHEMA_FILE: self.schema, CASES: self.cases}


def manifest_of(directory: Path) -> bytes:
    """POLICYSET.json for the files as they are: a SHA-256 for each, and one over all of them."""
    found = [path for path in directory.rglob("*") if path.suffix in {".cedar", ".cedarschema"} or path.name == CASES]
    files = {path.relative_to(directory).as_posix(): path.read_bytes() for path in sorted(found)}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    manifest = {"schema": "policy-set/1", "sha256": _over(digests), "files": digests}
    return (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode()


def digest_of(files: Mapping[str, str]) -> str:
    """The digest of a policy set from its texts by file name: what the manifest of the same files says."""
    return _over({name: hashlib.sha256(text.encode("utf-8")).hexdigest() for name, text in files.items()})


def _over(digests: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(digests, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def load_ruleset(directory: Path) -> RuleSet:
    """The policy set of a directory, compared with its manifest and checked.

    Raises:
        PolicySetInvalid: see the module; names the file or the rule.
    """
    try:
        written = (directory / MANIFEST).read_bytes()
        schema, cases = ((directory / name).read_bytes().decode("utf-8") for name in (SCHEMA_FILE, CASES))
        texts = {
            path.relative_to(directory).as_posix(): path.read_bytes().decode("utf-8")
            for path in sorted(directory.rglob("*.cedar"))
        }
    except (OSError, UnicodeDecodeError) as error:
        raise PolicySetInvalid(where=directory.name, reason=f"cannot be read ({type(error).__name__})") from None
    actual = manifest_of(directory)
    if written != actual:
        raise PolicySetInvalid(
            where=MANIFEST,
            reason=f"does not match {_differing(written, actual)}; after review: python -m policies.manifest",
        )
    rules = read_ruleset(texts, schema=schema, sha256=json.loads(actual)["sha256"], cases=cases)
    _check_exercised(rules)
    return rules


def _check_exercised(rules: RuleSet) -> None:
    """Refuse a rule that no case exercises: nobody would notice it being wrong."""
    try:
        cases = json.loads(rules.cases)
    except ValueError:
        cases = None
    if not isinstance(cases, dict):
        raise PolicySetInvalid(where=CASES, reason="cannot be read; python -m tests.policies.cases")
    bare = sorted(name for name in rules.rules if not _are_names(cases.get(name)))
    if bare:
        raise PolicySetInvalid(where=f"rule {bare[0]}", reason=f"no case in {CASES} exercises it, by name")
    unknown = sorted(set(cases) - set(rules.rules))
    if unknown:
        raise PolicySetInvalid(where=CASES, reason=f"has cases of {unknown[0]}, which is no rule")


def _are_names(value: object) -> bool:
    """At least one name, each a text and there once. That they name real cases is what the tests hold."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
        return False
    return bool(value) and len(set(value)) == len(value)


def read_ruleset(texts: dict[str, str], *, schema: str, sha256: str, cases: str = "") -> RuleSet:
    """The rules of Cedar texts by file name, checked against the schema.

    Raises:
        PolicySetInvalid: see the module.
    """
    policies, rules = _checked_rules(tuple(texts.items()), schema)
    return RuleSet(policies, schema, dict(texts), dict(rules), cases, sha256)


# the same texts come again: in force, as approved, and as a decision that is explained names them
@lru_cache(maxsize=8)
def _checked_rules(texts: tuple[tuple[str, str], ...], schema: str) -> tuple[str, Mapping[str, Rule]]:
    """The texts as one, and their rules by name, in order."""
    rules: dict[str, Rule] = {}
    for file, text in texts:
        for rule in _rules_of(text, file=file):
            if rule.id in rules:
                raise PolicySetInvalid(
                    where=f"{file}, rule {rule.id}", reason=f"@id stands in {rules[rule.id].file} too"
                )
            rules[rule.id] = rule
    for action in Action:
        if template_id(action) not in rules:
            raise PolicySetInvalid(where="templates", reason=f"no template {template_id(action)} for {action}")
    policies = "\n".join(text for _, text in texts)
    _validate(policies, schema)
    return policies, {name: rules[name] for name in sorted(rules)}


def template_id(action: Action) -> str:
    """The `@id` of the template that grants an action."""
    return f"grant-{action.value.replace('_', '-')}"


def _validate(policies: str, schema: str) -> None:
    try:
        result = cedarpy.validate_policies(policies, cedarpy.Schema.from_str(schema))
    except ValueError as error:
        raise PolicySetInvalid(where=SCHEMA_FILE, reason=f"is not a Cedar schema: {error}") from None
    if not result.validation_passed:
        reasons = "; ".join(sorted(error.error for error in result.errors))
        raise PolicySetInvalid(where="policies", reason=f"the schema does not allow them: {reasons}")


def _rules_of(text: str, *, file: str) -> list[Rule]:
    snippets = _START.split(text)
    if _NOT_RULE.sub("", snippets[0]).strip():
        raise PolicySetInvalid(where=file, reason="a policy does not start with @id(…) at the start of a line")
    rules = []
    for snippet in snippets[1:]:
        try:
            parsed = cedarpy.policies_to_pst(snippet)
        except ValueError as error:
            raise PolicySetInvalid(where=file, reason=f"is not Cedar: {error}") from None
        policies = [*parsed.static_policies.values(), *parsed.templates.values()]
        if len(policies) != 1:
            raise PolicySetInvalid(where=file, reason="a policy does not start with @id(…) at the start of a line")
        rules.append(_rule(policies[0], snippet=snippet, file=file))
    return rules


def _rule(policy: pst.Template, *, snippet: str, file: str) -> Rule:
    notes = dict(policy.annotations)
    name = notes.get("id") or ""
    where = f"{file}, rule {name or 'without id'}"
    unknown = sorted(set(notes) - {*_REQUIRED, *_SOURCES_OF_LAW})
    if unknown:
        raise PolicySetInvalid(where=where, reason=f"unknown annotation @{unknown[0]}")
    missing = [key for key in _REQUIRED if not notes.get(key)]
    if missing or not any(notes.get(key) for key in _SOURCES_OF_LAW):
        raise PolicySetInvalid(where=where, reason=f"needs @{missing[0] if missing else 'gdpr or @law'}")
    if file.startswith("templates/"):
        _check_template(policy, name=name, where=where)
    else:
        _check_forbid(policy, condition=_condition(snippet), where=where)
    return Rule(
        id=name,
        effect=policy.effect,
        actions=_actions(policy, where=where),
        title_da=notes["title_da"] or "",
        title_en=notes["title_en"] or "",
        gdpr=notes.get("gdpr") or "",
        law=notes.get("law") or "",
        condition=_condition(snippet),
        file=file,
    )


def _condition(snippet: str) -> str:
    text = _NOT_RULE.sub("", snippet).strip()
    return text[text.index("\nunless") + 1 :] if "\nunless" in text else ""


def _check_forbid(policy: pst.Template, *, condition: str, where: str) -> None:
    # A `when` that errors is skipped and so lets through; `unless {fact}` with a required fact does not.
    clauses = policy.clauses
    if policy.effect != "forbid" or len(clauses) != 1 or not isinstance(clauses[0], pst.Unless):
        raise PolicySetInvalid(where=where, reason="a base rule must be one forbid … unless { … }")
    if not condition:
        raise PolicySetInvalid(where=where, reason="unless must start its line, so that it can be shown")
    if not isinstance(policy.principal, pst.ScopeAny) or not isinstance(policy.resource, pst.ScopeAny):
        raise PolicySetInvalid(where=where, reason="a base rule must hold for every party and programme")


def _check_template(policy: pst.Template, *, name: str, where: str) -> None:
    slots = [
        scope.entity.name
        for scope in (policy.principal, policy.resource)
        if isinstance(scope, pst.ScopeEq) and isinstance(scope.entity, pst.Slot)
    ]
    if policy.effect != "permit" or slots != ["principal", "resource"] or policy.clauses:
        raise PolicySetInvalid(
            where=where, reason="a template must be a bare permit (?principal, one action, ?resource)"
        )
    if name not in {template_id(action) for action in Action} or not isinstance(policy.action, pst.ActionEq):
        raise PolicySetInvalid(where=where, reason="a template must be called grant-<action>")
    if name != template_id(Action(policy.action.entity.id)):
        raise PolicySetInvalid(where=where, reason=f"permits {policy.action.entity.id}, which is not its name")


def _actions(policy: pst.Template, *, where: str) -> tuple[str, ...]:
    scope = policy.action
    if isinstance(scope, pst.ActionEq):
        named = [scope.entity.id]
    elif isinstance(scope, pst.ActionIn):
        named = [entity.id for entity in scope.entities]
    else:
        named = [action.value for action in Action]
    unknown = sorted(set(named) - {action.value for action in Action})
    if unknown:
        raise PolicySetInvalid(where=where, reason=f"unknown action {unknown[0]}")
    return tuple(sorted(named))


def _differing(written: bytes, actual: bytes) -> str:
    now: dict[str, str] = json.loads(actual)["files"]
    try:
        then = json.loads(written)["files"]
        names = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
    except (ValueError, KeyError, TypeError, AttributeError):
        names = []
    return ", ".join(names) or "the files"
