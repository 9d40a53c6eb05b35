"""Ten people: the operator is owed to the øre, and the investor learns met or not met, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from gateway.installation.settings import utc_now
from gateway.release.releasing import release
from outcome_verifier import canonical
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import VerifiedOutcome, verify_bundle
from policies.errors import PolicyDenied
from tests.support.examples import every_third
from tests.support.simulated import Municipality, simulated

PRICE = 25_000_000
WINDOWS = ("2019H1", "2019H2", "2020H1", "2020H2")
WEEKS = ("2019-W26", "2019-W52", "2020-W26", "2020-W53")

# people in the outcome at the end of the four windows; every order is tried in tests/property/test_tariff.py
ORDERS = [(10, 9, 8, 7), (0, 10, 0, 3)]


def verified(town: Municipality, bundle: bytes) -> VerifiedOutcome:
    trust = TrustFile.load(town.gateway.trust_file())
    return verify_bundle(bundle, trust, now=int(town.gateway.clock().timestamp()))


def road(folder: Path, order: tuple[int, ...], *, clock: Callable[[], datetime] = utc_now) -> Municipality:
    course = zip(WEEKS, (1, 3, 2, 5), order, strict=True)
    edits = tuple((f'"{week}"\npeople = {old}\n', f'"{week}"\npeople = {new}\n') for week, old, new in course)
    town = simulated(folder, "ballerup", course_edits=edits, clock=clock)
    town.enrol()
    town.pull_all(accepts_holds=True)
    return town


@pytest.mark.parametrize("order", every_third(ORDERS))
def test_payment_is_exact_and_the_investor_sees_a_predicate_alone(tmp_path: Path, order: tuple[int, ...]):
    town = road(tmp_path, order)
    amounts = []
    for window in WINDOWS:
        bundle = release(town.gateway, "ballerup", window, "payment_document", "operator").bundle
        amounts.append(verified(town, bundle).shown["payable"]["amount_minor"])
    steps = [now - before for before, now in zip((0, *order), order, strict=False)]
    assert amounts == [PRICE * step for step in steps]

    result = verified(town, release(town.gateway, "ballerup", "2020H2", "predicate", "investor").bundle)
    assert result.shown["threshold"] == {"people": 4, "met": order[-1] >= 4}
    assert set(result.shown) == {
        "participants", "cohort_seals", "threshold", "sources", "method", "suppression", "illustrative",
    }  # fmt: skip
    assert result.claims["contract"]["rules_sha256"]


@pytest.mark.long
def test_the_predicate_is_the_same_for_every_count_on_its_side(tmp_path: Path):
    """What differs between 4 and 9 people is random, time, digests of inputs: no number and no length."""
    shapes = set()
    for order in ((4, 4, 4, 4), (9, 9, 9, 9)):
        town = road(tmp_path / str(order[0]), order)
        bundle = release(town.gateway, "ballerup", "2020H2", "predicate", "investor").bundle
        shown = {
            name: value
            for name, value in verified(town, bundle).shown.items()
            if name not in ("cohort_seals", "method", "sources")
        }
        # the rest of the token varies in length by chance: its status index has one to five digits
        disclosures = canonical.loads(bundle)["attestation"].split("~")[1:-1]
        shapes.add((json.dumps(shown, sort_keys=True), tuple(sorted(map(len, disclosures)))))
    assert len(shapes) == 1


@pytest.fixture(scope="module")
def small_town(tmp_path_factory: pytest.TempPathFactory) -> Municipality:
    return road(tmp_path_factory.mktemp("ballerup"), (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("window", "template", "recipient", "rule"),
    [
        ("2020H2", "contract_total", "investor", "P27-cohort-reaches-k"),
        ("2020H2", "contract_total", "operator", "P27-cohort-reaches-k"),
        ("2020H1", "predicate", "investor", "P22-release-planned"),
        ("2020H2", "predicate", "operator", "P22-release-planned"),
        ("2020H2", "payment_document", "investor", "P22-release-planned"),
    ],
)
def test_what_is_not_planned_for_a_small_cohort_is_refused_by_name(
    small_town: Municipality, window, template, recipient, rule
):
    with pytest.raises(PolicyDenied) as refused:
        release(small_town.gateway, "ballerup", window, template, recipient)
    assert rule in refused.value.decision.rule_ids


@pytest.mark.long
def test_a_refusal_does_not_depend_on_the_figures(tmp_path: Path):
    """The refusal oracle: rules and text are the same whatever the count is."""
    answers = set()
    for order in ((0, 0, 0, 0), (10, 10, 10, 10)):
        town = road(tmp_path / str(order[0]), order)
        with pytest.raises(PolicyDenied) as refused:
            release(town.gateway, "ballerup", "2020H2", "contract_total", "investor")
        answers.add((refused.value.decision.rule_ids, str(refused.value)))
    assert len(answers) == 1


def test_a_large_cohort_shows_its_exact_total_and_withholds_small_classes(tmp_path: Path):
    town = simulated(tmp_path)
    town.enrol()
    town.pull_all(accepts_holds=True)
    for window in ("2018H2", "2019H1", "2019H2", "2020H1"):
        release(town.gateway, "impact60", window, "payment_document", "operator")
    shown = [
        verified(town, release(town.gateway, "impact60", "2020H2", "contract_total", party).bundle).shown
        for party in ("operator", "investor")
    ]
    assert shown[0]["outcomes_achieved"] == shown[1]["outcomes_achieved"] == 55
    assert shown[0]["threshold"] == {"people": 60, "met": False}
    assert shown[0]["outcomes_by_class"] == shown[1]["outcomes_by_class"]
    values = [cell["value"] for cell in shown[0]["outcomes_by_class"]]
    assert None in values
    assert all(value is None or value >= 5 for value in values)
    earlier = verified(town, release(town.gateway, "impact60", "2020H1", "contract_total", "investor").bundle)
    assert "outcomes_by_class" not in earlier.shown  # two tables of one cohort could be subtracted
