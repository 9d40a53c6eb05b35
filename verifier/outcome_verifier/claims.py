"""Shapes and arithmetic of the claims: what must be there, of which type, and which figures may not contradict."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from outcome_verifier.canonical import is_instant

_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")
_INTEGRITY = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")
_HEX = re.compile(r"[0-9a-f]{64}")
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_CHARACTERS = 2_000
_LATIN_END = 0x250  # Basic Latin, Latin-1 Supplement, Latin Extended-A and -B
_DASHES_AND_QUOTES = "\u2013\u2014\u2018\u2019\u201c\u201d"
_DIFFERENCES = {"outcomes_achieved", "qualifying_weeks", "amount_minor", "threshold_met"}
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
    lines, payable = shown.get("lines"), shown.get("payable")
    if lines is None or payable is None:
        return
    if sum(line["amount_minor"] for line in lines) != payable["amount_minor"]:
        raise ValueError("the lines do not add up to the amount")


def _text(value: Any) -> bool:
    """A text that reads as it looks: printable Latin letters, so no control characters, no marks that turn the reading
    direction, no letters of other scripts that look the same.
    """
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_CHARACTERS or not value.isprintable():
        return False
    return all(ord(character) < _LATIN_END or character in _DASHES_AND_QUOTES for character in value)


def _integer(value: Any) -> bool:
    return type(value) is int


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _fields(**checks: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(checks)
        and all(check(value[name]) for name, check in checks.items())
    )


def _list(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


def _difference(value: Any) -> bool:
    if not isinstance(value, dict) or not set(value) <= _DIFFERENCES or not all(map(_integer, value.values())):
        return False
    return value.get("threshold_met", 0) in (-1, 0, 1)


_SUPERSEDES = _fields(jti=_matches(_UUID), sha256=_matches(_HEX))
_MET_ALONE = _fields(met=lambda value: isinstance(value, bool))
_WITH_PEOPLE = _fields(people=_count, met=lambda value: isinstance(value, bool))

_VISIBLE: dict[str, Callable[[Any], bool]] = {
    "vct#integrity": _matches(_INTEGRITY),
    "jti": _matches(_UUID),
    "status": _fields(status_list=_fields(uri=_text, idx=_count)),
    "seq": lambda value: _count(value) and value >= 1,
    "contract": _fields(id=_text, version=_count, rules_sha256=_matches(_HEX)),
    "window": _fields(label=_text, from_week=_matches(_WEEK), to_week=_matches(_WEEK)),
    "template": lambda value: isinstance(value, str) and value in _KINDS,
    "recipient": _fields(role=_text, organisation=_text),
    "municipality": _fields(code=_text, name=_text),
    "operator": _fields(name=_text),
    "log": _fields(origin=_text),
    "policy": _fields(decision_id=_text, policy_set_sha256=_matches(_HEX)),
}

_SHOWN: dict[str, Callable[[Any], bool]] = {
    "participants": _count,
    "cohort_seals": _list(
        _fields(batch=_text, count=_count, root=_matches(_HEX), sealed_on=_text, nonce=_matches(_HEX))
    ),
    "outcomes_achieved": _count,
    "threshold": lambda value: _WITH_PEOPLE(value) or _MET_ALONE(value),
    "qualifying_weeks": _integer,
    "outcomes_by_class": _list(_fields(**{"class": _text, "value": lambda value: value is None or _count(value)})),
    "not_counted": _list(_fields(reason=_text, value=lambda value: value is None or _count(value))),
    "payable": _fields(amount_minor=_integer, currency=_text),
    "lines": _list(_fields(tariff=_text, kind=_text, unit=_text, quantity=_integer, amount_minor=_integer)),
    "sources": _fields(complete_to_week=_matches(_WEEK), known_at=is_instant),
    "method": _fields(inputs_sha256=_matches(_HEX), engine_version=_text, data_sources=_list(_text)),
    "suppression": _fields(k=_count, k_cohort=_count, rules=_list(_text)),
    "illustrative": _list(_text),
    "difference": _difference,
}
