"""The claims of the three attestation templates, and the rehearsal that judges them before anything is signed.

`contract_total` shows exact totals of a cohort of at least k_cohort people; `predicate` shows met or not met;
`payment_document` shows what is owed, exactly, to the creditor alone. See docs/attestation-format.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gateway.attestations.reached import reached_claims
from gateway.errors.release import DraftRefused
from gateway.outcomes.blocks import block_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation
from gateway.outcomes.not_counted import OTHER
from gateway.outcomes.payers import shares
from gateway.outcomes.tariff import DueLine
from gateway.outcomes.terms import FigureUnit, Window
from gateway.wording.parties import deliverer
from gateway.wording.views import JsonValue
from outcome_verifier.claims import check_figures, check_shapes
from policies.disclosure import DisclosureRules, fold_small, show_breakdown
from policies.terms import Action
from vocabulary.cpr_in_text import holds_cpr
from vocabulary.releases import Recipient, Template
from vocabulary.total import total

Claims: TypeAlias = dict[str, JsonValue]
"""What is signed, before it is text: see docs/attestation-format.md."""

ENGINE_VERSION = "outcome-gateway/0.1.0"
RULES = ("k", "k-cohort", "class", "complement")

VCT_NAMES: Mapping[Template, str] = total(
    {
        Template.CONTRACT_TOTAL: "outcome-attestation/1",
        Template.PREDICATE: "outcome-attestation/1",
        Template.PAYMENT_DOCUMENT: "payment-document/1",
    },
    Template,
)
LOGS: Mapping[Template, str] = total(
    {Template.CONTRACT_TOTAL: "attest", Template.PREDICATE: "attest", Template.PAYMENT_DOCUMENT: "payment"}, Template
)
ACTIONS: Mapping[Template, Action] = total(
    {  # template -> what the policy is asked before it is drafted, and before it is signed
        Template.CONTRACT_TOTAL: Action.RELEASE_TOTAL,
        Template.PREDICATE: Action.RELEASE_PREDICATE,
        Template.PAYMENT_DOCUMENT: Action.RELEASE_PAYMENT,
    },
    Template,
)

_COHORT = {"participants", "mistaken", "cohort_seals"}
_DISCLOSABLE = total({
    Template.CONTRACT_TOTAL: {
        *_COHORT, "outcomes_achieved", "outcomes_reached", "points_reached", "days_reached", "threshold",
        "qualifying_weeks", "payable", "outcomes_by_class", "not_counted", "sources", "method", "suppression",
        "illustrative", "difference",
    },
    Template.PREDICATE: {
        *_COHORT, "threshold", "sources", "method", "suppression", "illustrative", "difference",
    },
    Template.PAYMENT_DOCUMENT: {
        *_COHORT, "payable", "lines", "payers", "sources", "method", "illustrative", "difference",
    },
}, Template)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sources:
    """Up to which week the sources are complete, in which slot they froze (Unix seconds), and the salted digest of the
    inputs (`gateway.attestations.inputs`)."""

    complete_to_week: str
    slot: int
    names: tuple[str, ...]
    inputs_sha256: str


def disclosable_claims(
    template: Template,
    *,
    contract: Contract,
    window: Window,
    evaluation: Evaluation,
    before: Evaluation | None,
    due: Sequence[DueLine],
    documented: Mapping[str, int],
    seals: Sequence[Mapping[str, Any]],
    sources: Sources,
    reasons: Mapping[str, int] | None = None,
) -> Claims:
    """The selectively disclosable claims of a template: integers, marks and digests only.

    What a recipient may not see is not in its token at all; nothing relies on a holder's restraint. `documented` is
    what earlier payment documents and the opening balances say of each tariff, in minor units.
    """
    measure = contract.people_measure
    mistaken = contract.cohort.mistaken_people
    claims: dict[str, Any] = {
        "participants": evaluation.participants,
        **({"mistaken": mistaken} if mistaken else {}),
        "cohort_seals": [dict(seal) for seal in seals],
        "sources": {"complete_to_week": sources.complete_to_week, "known_at": sources.slot},
        "method": {
            "inputs_sha256": sources.inputs_sha256,
            "engine_version": ENGINE_VERSION,
            "data_sources": list(sources.names),
        },
        "illustrative": list(contract.illustrative),
    }
    payable = {"amount_minor": sum(line.amount_minor for line in due), "currency": contract.currency}
    if template == Template.PAYMENT_DOCUMENT:
        claims["payable"] = payable
        claims["lines"] = [
            {
                "tariff": line.tariff,
                "kind": line.kind,
                "unit": line.unit,
                "quantity": line.quantity,
                "amount_minor": line.amount_minor,
            }
            for line in due
        ]
        if len(contract.payers) > 1:
            claims["payers"] = payers_claim(contract, due, documented)
        return claims
    claims["suppression"] = {"k": contract.k, "k_cohort": contract.k_cohort, "rules": list(RULES)}
    if measure:
        achieved = evaluation.quantity(measure.id)
        met = achieved >= measure.goal_people
        claims["threshold"] = {"people": measure.goal_people, "met": met}
    if template == Template.CONTRACT_TOTAL:
        claims["payable"] = payable
        if measure:
            claims["outcomes_achieved"] = achieved
        claims |= reached_claims(contract, evaluation)
        weeks = [one for one in contract.measures if one.unit is FigureUnit.WEEK]
        if weeks:
            claims["qualifying_weeks"] = sum(
                evaluation.quantity(one.id) - (before.quantity(one.id) if before else 0) for one in weeks
            )
        if contract.breakdown and window.label == contract.breakdown_window:
            claims["outcomes_by_class"] = _breakdown(contract, evaluation)
        if measure and reasons is not None:
            claims["not_counted"] = _reasons(contract, reasons)
    return claims


def payers_claim(contract: Contract, due: Sequence[DueLine], documented: Mapping[str, int]) -> list[dict[str, Any]]:
    """What each payer owes by the document: its part of everything documented by now, less that of what was before."""
    now = Counter(documented)
    for line in due:
        now[line.tariff] += line.amount_minor
    pairs = zip(contract.payers, shares(contract, now), shares(contract, documented), strict=True)
    return [{"organisation": payer.organisation, "amount_minor": owed - before} for payer, owed, before in pairs]


def _breakdown(contract: Contract, evaluation: Evaluation) -> list[dict[str, Any]]:
    cells = evaluation.by_state(contract.breakdown)
    rules = DisclosureRules(k=contract.k, k_cohort=contract.k_cohort)
    shown = show_breakdown(cells, parent=evaluation.quantity(contract.breakdown), rules=rules)
    return [{"class": cell.label, "value": cell.value} for cell in shown]


def _reasons(contract: Contract, reasons: Mapping[str, int]) -> list[dict[str, Any]]:
    """Its sum is public too: everybody less those in the outcome. What is withheld is counted under `other`."""
    rules = DisclosureRules(k=contract.k, k_cohort=contract.k_cohort)
    shown = fold_small(reasons, into=OTHER, rules=rules)
    return [{"reason": cell.label, "value": cell.value} for cell in shown]


def visible_claims(
    template: Template,
    *,
    contract: Contract,
    window: Window,
    recipient: Recipient,
    issuer: str,
    host: str,
    vct_integrity: str,
    jti: str,
    seq: int,
    status_index: int,
    status_uri: str,
    slot: int,
    decision_id: str,
    policy_set_sha256: str,
    is_demo: bool,
) -> Claims:
    """The claims that every presentation shows: what this is, from whom, for which rules and which window.

    `slot` (Unix seconds) is that of the freeze: when it is signed is the log's to say.
    """
    is_block = contract.block_ends is not None and template != Template.PAYMENT_DOCUMENT
    first = block_of(contract, window.label)[0] if is_block else window
    payer, party = (contract.party(role) for role in ("outcome_payer", recipient))
    claims: dict[str, Any] = {
        "iss": issuer,
        "vct": f"{issuer}/vct/{VCT_NAMES[template]}",
        "vct#integrity": vct_integrity,
        "nbf": slot,
        "iat": slot,
        "jti": jti,
        "status": {"status_list": {"uri": status_uri, "idx": status_index}},
        "seq": seq,
        "contract": contract.identity,
        "window": {
            "label": window.label,
            "from_week": str(first.from_week),
            "to_week": str(window.to_week),
        },
        "template": template,
        "recipient": {"role": recipient, "organisation": party.organisation},
        "municipality": {"code": payer.municipality_code, "name": payer.name},
        "operator": {"name": deliverer(contract).name},
        "log": {"origin": f"{host}/{LOGS[template]}"},
        "policy": {"decision_id": decision_id, "policy_set_sha256": policy_set_sha256},
    }
    if is_demo:
        claims["demo"] = True
    return claims


def rehearse(visible: Mapping[str, Any], disclosable: Mapping[str, Any], *, contract: Contract) -> None:
    """Judge the exact claims that are about to be signed; `DraftRefused` names the rule that they break.

    The last gate before the key: it repeats what earlier steps promise, from the finished draft alone.
    """
    template, recipient = Template(visible["template"]), Recipient(visible["recipient"]["role"])
    unplanned = set(disclosable) - _DISCLOSABLE[template]
    if unplanned:
        raise DraftRefused(rule="planned-claims", reason=f"{template} may not disclose {sorted(unplanned)}")
    if not contract.is_planned(template, recipient, visible["window"]["label"]):
        raise DraftRefused(rule="planned-release", reason="the contract declares no such release")
    if ("supersedes" in visible) != ("difference" in disclosable):
        raise DraftRefused(
            rule="signed-difference", reason="what supersedes says the difference, and nothing else does"
        )
    counted = disclosable["participants"] - disclosable.get("mistaken", 0)
    if template == Template.CONTRACT_TOTAL and counted < contract.k_cohort:
        raise DraftRefused(rule="k-cohort", reason="the cohort is too small for exact totals")
    if disclosable["participants"] != sum(seal["count"] for seal in disclosable["cohort_seals"]):
        raise DraftRefused(rule="sealed-denominator", reason="participants differ from the sealed count")
    if "not_counted" in disclosable and recipient != Recipient.OPERATOR:
        raise DraftRefused(rule="reasons-to-operator", reason="why people are not counted is for the operator alone")
    for cell in [*disclosable.get("outcomes_by_class", []), *disclosable.get("not_counted", [])]:
        if cell["value"] is not None and cell["value"] < contract.k:
            raise DraftRefused(rule="k", reason="a cell below k is not withheld")
    _check_reasons(disclosable)
    _check_values({"visible": visible, "disclosable": disclosable})
    try:  # what the investor's verifier would refuse must not become an intent that can never be issued
        check_shapes(visible, disclosable)
        check_figures(disclosable)
    except (ValueError, KeyError) as error:
        raise DraftRefused(rule="verifiable", reason=str(error)) from None


def _check_reasons(disclosable: Mapping[str, Any]) -> None:
    """What is withheld stands under `other`, so that the shown reasons add up and leave nothing to subtract."""
    values = {cell["reason"]: cell["value"] for cell in disclosable.get("not_counted", [])}
    shown = [value for value in values.values() if value is not None]
    rest = disclosable["participants"] - disclosable.get("outcomes_achieved", 0)
    if shown and (values.get(OTHER) is None or sum(shown) != rest):
        raise DraftRefused(rule="reasons-complement", reason="withheld reasons do not stand under other")


def _check_values(value: object) -> None:
    """Integers, texts, marks and lists of them only; no text that could be a CPR number."""
    match value:
        case bool() | int() | None:
            return
        case str():
            if holds_cpr(value):
                raise DraftRefused(rule="no-cpr", reason="a text could hold a CPR number")
        case list() | tuple():
            for item in value:
                _check_values(item)
        case dict():
            for key, item in value.items():
                _check_values(key)
                _check_values(item)
        case _:
            raise DraftRefused(rule="integers-only", reason=f"a value is of type {type(value).__name__}")
