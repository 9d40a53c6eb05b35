"""Shapes and arithmetic of the claims: what must be there, of which type, and which figures may not contradict."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from outcome_verifier.canonical import is_instant
from outcome_verifier.shapes import (
    Shape,
    fields,
    is_contract,
    is_count,
    is_digest,
    is_integer,
    is_party,
    is_text,
    is_uuid,
    list_of,
    matches,
)

_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")
_INTEGRITY = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")
_DIFFERENCES = {
    "outcomes_achieved",
    "outcomes_reached",
    "points_reached",
    "days_reached",
    "qualifying_weeks",
    "amount_minor",
    "threshold_met",
}
_KINDS = {  # template -> how its type (vct) and its log's origin end
    "contract_total": ("/vct/outcome-attestation/1", "/attest"),
    "predicate": ("/vct/outcome-attestation/1", "/attest"),
    "payment_document": ("/vct/payment-document/1", "/payment"),
}


def check_shapes(claims: Mapping[str, Any], shown: Mapping[str, Any]) -> None:
    """Raise `ValueError` or `KeyError` unless every claim has its type; floats never get this far."""
    for name, check in _VISIBLE.items():
        if name not in claims:
            raise ValueError(f"the claim {name} is missing")
        if not check(claims[name]):
            raise ValueError(f"the claim {name} has the wrong form")
    vct, log = _KINDS[claims["template"]]
    if not claims["vct"].endswith(vct) or not claims["log"]["origin"].endswith(log):
        raise ValueError("template, type (vct) and log do not belong together")
    if "demo" in claims and claims["demo"] is not True:
        raise ValueError("the claim demo has the wrong form")
    if "supersedes" in claims and not _SUPERSEDES(claims["supersedes"]):
        raise ValueError("the claim supersedes has the wrong form")
    if "difference" in shown and "supersedes" not in claims:
        raise ValueError("a difference is shown, and nothing is superseded")
    if claims["window"]["to_week"] < claims["window"]["from_week"]:
        raise ValueError("the window ends before it begins")
    for name, content in shown.items():
        if name not in _SHOWN:
            raise ValueError(f"a claim {name!r} is disclosed that this type does not have")
        if not _SHOWN[name](content):
            raise ValueError(f"the claim {name} has the wrong form")


def check_figures(shown: Mapping[str, Any]) -> None:
    """Raise `ValueError` where two shown figures contradict each other."""
    achieved, people = shown.get("outcomes_achieved"), shown.get("participants")
    if achieved is not None and people is not None and achieved > people:
        raise ValueError("more outcomes than participants")
    if people is not None and shown.get("mistaken", 0) > people:
        raise ValueError("more referred by mistake than participants")
    threshold = shown.get("threshold")
    if (
        achieved is not None
        and threshold is not None
        and "people" in threshold
        and threshold["met"] != (achieved >= threshold["people"])
    ):
        raise ValueError("the threshold's verdict does not follow from the outcomes")
    cells = shown.get("outcomes_by_class")
    if achieved is not None and cells is not None:
        known = [cell["value"] for cell in cells if cell["value"] is not None]
        if sum(known) > achieved or (len(known) == len(cells) and sum(known) != achieved):
            raise ValueError("the classes do not add up to the outcomes")
    reasons = shown.get("not_counted")
    if achieved is not None and people is not None and reasons is not None:
        known = [cell["value"] for cell in reasons if cell["value"] is not None]
        if sum(known) > people - achieved or (len(known) == len(reasons) and sum(known) != people - achieved):
            raise ValueError("the reasons do not add up to the people who are not in the outcome")
    payable = shown.get("payable")
    if payable is None:
        return
    for name, words in (("lines", "the lines"), ("payers", "the payers' parts")):
        if name in shown and sum(entry["amount_minor"] for entry in shown[name]) != payable["amount_minor"]:
            raise ValueError(f"{words} do not add up to the amount")


def _difference(value: Any) -> bool:
    if not isinstance(value, dict) or not set(value) <= _DIFFERENCES or not all(map(is_integer, value.values())):
        return False
    return value.get("threshold_met", 0) in (-1, 0, 1)


def _count_or_withheld(value: Any) -> bool:
    return value is None or is_count(value)


_SUPERSEDES = fields(jti=is_uuid, sha256=is_digest)
_MET_ALONE = fields(met=lambda value: isinstance(value, bool))
_WITH_PEOPLE = fields(people=is_count, met=lambda value: isinstance(value, bool))

_VISIBLE: dict[str, Shape] = {
    "vct#integrity": matches(_INTEGRITY),
    "jti": is_uuid,
    "status": fields(status_list=fields(uri=is_text, idx=is_count)),
    "seq": lambda value: is_count(value) and value >= 1,
    "contract": is_contract,
    "window": fields(label=is_text, from_week=matches(_WEEK), to_week=matches(_WEEK)),
    "template": lambda value: isinstance(value, str) and value in _KINDS,
    "recipient": is_party,
    "municipality": fields(code=is_text, name=is_text),
    "operator": fields(name=is_text),
    "log": fields(origin=is_text),
    "policy": fields(decision_id=is_text, policy_set_sha256=is_digest),
}

_SHOWN: dict[str, Shape] = {
    "participants": is_count,
    "mistaken": is_count,
    "cohort_seals": list_of(
        fields(batch=is_text, count=is_count, plan=is_digest, root=is_digest, sealed_on=is_text, nonce=is_digest)
    ),
    "outcomes_achieved": is_count,
    "outcomes_reached": _count_or_withheld,
    "points_reached": _count_or_withheld,
    "days_reached": _count_or_withheld,
    "threshold": lambda value: _WITH_PEOPLE(value) or _MET_ALONE(value),
    "qualifying_weeks": is_integer,
    "outcomes_by_class": list_of(fields(**{"class": is_text, "value": _count_or_withheld})),
    "not_counted": list_of(fields(reason=is_text, value=_count_or_withheld)),
    "payable": fields(amount_minor=is_integer, currency=is_text),
    "lines": list_of(fields(tariff=is_text, kind=is_text, unit=is_text, quantity=is_integer, amount_minor=is_integer)),
    "payers": list_of(fields(organisation=is_text, amount_minor=is_integer)),
    "sources": fields(complete_to_week=matches(_WEEK), known_at=is_instant),
    "method": fields(inputs_sha256=is_digest, engine_version=is_text, data_sources=list_of(is_text)),
    "suppression": fields(k=is_count, k_cohort=is_count, rules=list_of(is_text)),
    "illustrative": list_of(is_text),
    "difference": _difference,
}
