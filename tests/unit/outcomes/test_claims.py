"""The rehearsal judges the exact claims before the key signs: each rule has a draft that only it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.attestations.claims import rehearse
from gateway.errors import DraftRefused
from tests.support.histories import example_contract

IMPACT60 = example_contract("impact60")
SEAL = {"batch": "2018", "count": 120, "root": "ab" * 32, "sealed_on": "2018-10-01", "nonce": "cd" * 32}


def visible(**changes: Any) -> dict[str, Any]:
    return {
        "template": "contract_total",
        "recipient": {"role": "investor", "organisation": "den-sociale-kapitalfond"},
        "window": {"label": "2020H2"},
        **changes,
    }


def disclosable(**changes: Any) -> dict[str, Any]:
    cells = [{"class": "a", "value": 50}, {"class": "b", "value": None}]
    return {"participants": 120, "cohort_seals": [SEAL], "outcomes_by_class": cells, **changes}


def test_a_good_draft_passes():
    rehearse(visible(), disclosable(), contract=IMPACT60)


DRAFTS = {
    "planned-claims": (visible(), disclosable(names=["x"])),
    "planned-claims in a payment document": (
        visible(template="payment_document", recipient={"role": "operator"}),
        {"participants": 120, "cohort_seals": [SEAL], "outcomes_achieved": 55},
    ),
    "planned-release": (visible(window={"label": "1999H1"}), disclosable()),
    "planned-release to another": (visible(template="payment_document"), {"participants": 120, "cohort_seals": [SEAL]}),
    "k-cohort": (visible(), disclosable(participants=24, cohort_seals=[{**SEAL, "count": 24}])),
    "sealed-denominator": (visible(), disclosable(participants=119)),
    "k": (visible(), disclosable(outcomes_by_class=[{"class": "a", "value": 4}])),
    "no-cpr": (visible(), disclosable(illustrative=["6101801234"])),
    "no-cpr with a dash": (visible(), disclosable(illustrative=["see 610180-1234."])),
    "integers-only": (visible(), disclosable(payable={"amount_minor": 1.5, "currency": "DKK"})),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_that_breaks_a_rule_is_not_signed(name: str):
    with pytest.raises(DraftRefused) as refused:
        rehearse(*DRAFTS[name], contract=IMPACT60)
    assert name.startswith(refused.value.rule)


def test_a_digest_is_not_taken_for_a_number():
    """Sixty-four hexadecimal digits may hold ten decimal ones in a row: that is no CPR number."""
    digest = "6101801234" + "ab" * 27
    rehearse(visible(), disclosable(method={"inputs_sha256": digest}), contract=IMPACT60)
