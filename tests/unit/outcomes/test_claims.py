"""The rehearsal judges the exact claims before the key signs: each rule has a draft that only it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.attestations.claims import rehearse, visible_claims
from gateway.errors.release import DraftRefused
from gateway.outcomes.terms import Window
from tests.support.histories import example_contract
from vocabulary.weeks import Week

IMPACT60 = example_contract("impact60")
DIGESTS = {"plan": "ef" * 32, "root": "ab" * 32, "nonce": "cd" * 32}
SEAL = {"batch": "2018", "count": 120, "sealed_on": "2018-10-01"} | DIGESTS


def visible(
    template: str = "contract_total", recipient: str = "investor", label: str = "2020H2", **changes: Any
) -> dict[str, Any]:
    unknown = Window("1999H1", Week.parse("1999-W01"), Week.parse("1999-W26"))
    window = unknown if label == unknown.label else IMPACT60.window(label)
    claims = visible_claims(
        template,
        contract=IMPACT60,
        window=window,
        recipient=recipient,
        issuer="https://gateway.example",
        host="gateway.example",
        vct_integrity="sha256-" + "A" * 43 + "=",
        jti="urn:uuid:00000000-0000-4000-8000-000000000000",
        seq=1,
        status_index=7,
        status_uri="https://gateway.example/status/1",
        slot=1_600_000_000,
        decision_id="d",
        policy_set_sha256="0" * 64,
        is_demo=False,
    )
    return claims | changes


def disclosable(**changes: Any) -> dict[str, Any]:
    cells = [{"class": "a", "value": 50}, {"class": "b", "value": None}]
    return {"participants": 120, "cohort_seals": [SEAL], "outcomes_by_class": cells, **changes}


def test_a_good_draft_passes():
    rehearse(visible(), disclosable(), contract=IMPACT60)


DRAFTS = {
    "planned-claims": (visible(), disclosable(names=["x"])),
    "planned-claims in a payment document": (
        visible("payment_document", "operator"),
        {"participants": 120, "cohort_seals": [SEAL], "outcomes_achieved": 55},
    ),
    "planned-release": (visible(label="1999H1"), disclosable()),
    "planned-release to another": (visible("payment_document"), {"participants": 120, "cohort_seals": [SEAL]}),
    "k-cohort": (visible(), disclosable(participants=24, cohort_seals=[{**SEAL, "count": 24}])),
    "sealed-denominator": (visible(), disclosable(participants=119)),
    "k": (visible(), disclosable(outcomes_by_class=[{"class": "a", "value": 4}])),
    "no-cpr": (visible(), disclosable(illustrative=["6101801234"])),
    "no-cpr with a dash": (visible(), disclosable(illustrative=["see 610180-1234."])),
    "verifiable: a text that turns the reading direction": (visible(operator={"name": "FOKUS\u202e"}), disclosable()),
    "verifiable: figures that contradict": (visible(), disclosable(outcomes_achieved=49)),
    "verifiable: a form": (visible(), disclosable(threshold={"people": 60, "met": "yes"})),
    "integers-only": (visible(), disclosable(payable={"amount_minor": 1.5, "currency": "DKK"})),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_that_breaks_a_rule_is_not_signed(name: str):
    with pytest.raises(DraftRefused) as refused:
        rehearse(*DRAFTS[name], contract=IMPACT60)
    assert name.startswith(refused.value.rule), str(refused.value)


NOT_COUNTED = {"participants": 120, "cohort_seals": [SEAL], "outcomes_achieved": 55}


@pytest.mark.parametrize(
    "values",
    [
        {"left": 40, "other": None},  # 25 people are left to subtract
        {"left": 40, "on_benefit": None},
        {"left": 40, "on_benefit": None, "other": 20},
    ],
)
def test_reasons_that_leave_something_to_subtract_are_not_signed(values: dict[str, int | None]):
    def draft(values: dict[str, int | None]) -> dict[str, Any]:
        return NOT_COUNTED | {"not_counted": [{"reason": name, "value": value} for name, value in values.items()]}

    with pytest.raises(DraftRefused) as refused:
        rehearse(visible(recipient="operator"), draft(values), contract=IMPACT60)
    assert refused.value.rule == "reasons-complement"
    for good in ({"left": 40, "on_benefit": None, "other": 25}, {"left": None, "other": None}):
        rehearse(visible(recipient="operator"), draft(good), contract=IMPACT60)


def test_a_digest_is_not_taken_for_a_number():
    """Sixty-four hexadecimal digits may hold ten decimal ones in a row: that is no CPR number."""
    digest = "6101801234" + "ab" * 27
    method = {"inputs_sha256": digest, "engine_version": "1", "data_sources": ["dream"]}
    rehearse(visible(), disclosable(method=method), contract=IMPACT60)
