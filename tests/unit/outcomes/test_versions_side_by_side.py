"""What several versions of a contract ask of the same few people, judged as if one text asked it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.attestations.judged_calendar import judged_at_contract, movers_of
from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.in_window import threshold_at
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import Gate
from gateway.outcomes.versions import text_key
from policies.calendar_rules import audit
from tests.support.histories import example_contract

BALLERUP = example_contract("ballerup")  # ten people; met, from four on, in 2020H2 alone
[GOAL] = BALLERUP.measures
LAST = date(2020, 6, 29)  # on which 2020H2 begins


def version(number: int, on: date, *, goal: int = 4, gate: int = 0, text: Contract = BALLERUP) -> Contract:
    [tariff] = text.tariffs
    assert isinstance(tariff, PriceTariff)
    return replace(
        text,
        version=number,
        effective_from=on,
        measures=(replace(GOAL, threshold_people=goal),),
        tariffs=(replace(tariff, gate=Gate(GOAL.id, gate) if gate else None),),
        sha256=f"{number:064x}",
    )


def joined(*versions: Contract) -> Contract:
    return replace(versions[-1], earlier=versions[:-1])


def test_a_threshold_may_change_before_its_one_answer():
    chain = joined(version(1, BALLERUP.effective_from), version(2, LAST, goal=5))
    assert not audit(calendar_of(chain))
    assert [threshold_at(chain, GOAL, place) for place in range(4)] == [4, 4, 4, 5]


def test_which_measure_has_a_threshold_stays():
    """Else another one would be shown as the goal, beside itself as it was shown before."""
    without = version(2, LAST, goal=0)
    for known, new in ((version(1, BALLERUP.effective_from), without), (replace(without, version=1), version(3, LAST))):
        known = replace(known, effective_from=BALLERUP.effective_from)
        with pytest.raises(AmendmentRefused, match="neither add nor drop it") as refused:
            check_amendment(known, new, released=[])
        assert refused.value.part == "measures"


REFUSED = {
    "another behind the answer": (version(1, BALLERUP.effective_from), version(2, date(2021, 1, 4), goal=5)),
    "beside the gate of a version before": (
        version(1, BALLERUP.effective_from, gate=4),
        version(2, LAST, goal=5, gate=5),
    ),
    "beside a gate that is dropped": (version(1, BALLERUP.effective_from, gate=4), version(2, LAST, goal=5)),
    "a gate that comes beside it": (version(1, BALLERUP.effective_from), version(2, LAST, gate=6)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_two_thresholds_on_few_people_are_refused_whichever_version_asks_which(name: str):
    """Paid and not met, or met and not paid, tells between which two numbers they are."""
    found = audit(calendar_of(joined(*REFUSED[name])))
    assert {one.rule for one in found} == {"calendar-threshold"}
    assert found[0].people == 1


def test_a_version_without_a_window_of_its_own_asks_nothing():
    chain = joined(version(1, BALLERUP.effective_from, gate=6), version(2, date(2018, 12, 31)), version(3, LAST))
    assert not audit(calendar_of(chain))


def test_two_thresholds_make_a_text_of_its_own_for_the_audit():
    """Else what was judged of one would be taken for what is true of the other."""
    chain = joined(version(1, BALLERUP.effective_from), version(2, LAST, goal=5))
    assert text_key(chain) != chain.sha256
    assert text_key(joined(version(1, BALLERUP.effective_from), version(2, LAST))) == f"{2:064x}"


def test_an_answer_is_judged_by_the_threshold_of_its_window():
    """Nine of ten is no answer about everybody; ten of ten would be, and who can be in it is asked of each version."""
    chain = joined(version(1, BALLERUP.effective_from, goal=10), version(2, LAST))
    assert not judged_at_contract(chain, movers_of(chain)).findings()
    swapped = joined(version(1, BALLERUP.effective_from), version(2, date(2021, 1, 4), goal=10))
    assert not judged_at_contract(swapped, movers_of(swapped)).findings()
    asked = joined(version(1, BALLERUP.effective_from), version(2, LAST, goal=10))
    [found, *_] = judged_at_contract(asked, movers_of(asked)).findings()
    assert found.rule == "calendar-threshold"
