"""An instrument in a contract: what is refused, what is said, what is bounded."""

from __future__ import annotations

import pytest

from gateway.documents.annexes.measurement import counts
from gateway.documents.annexes.payment import annex_b
from gateway.documents.contract_page import Language, page
from gateway.outcomes.best_seen import best_seen
from gateway.outcomes.bounds import ranges
from gateway.outcomes.lint import lint
from gateway.outcomes.varied import terms
from gateway.wording.annex_voice import goals
from tests.unit.outcomes.test_paid_by_units import contract_with
from vocabulary.errors import DeclarationInvalid

USED = 'instrument = { id = "who5", name = "WHO-5", version = "1998", lowest = 0, highest = 100, better = "higher" }\n'
CHANGE, CLASS = "change_at_least = 10\n", "class_from = 50\n"
NEAR = "baseline_within_days = 14\nmonths = [3, 6]\nfollow_up_within_days = 21\n"
HEAD = '[[measures]]\nid = "better"\nkind = "instrument"\n'
PRICE = '[[tariffs]]\nid = "t"\nkind = "price"\nof = "better"\nprice_minor = 250000\n'


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (HEAD + USED + NEAR, "change_at_least", "one of them alone"),
        (HEAD + USED + CHANGE + CLASS + NEAR, "change_at_least", "one of them alone"),
        (HEAD + USED + "change_at_least = 101\n" + NEAR, "change_at_least", "nobody could reach it"),
        (HEAD + USED + "class_from = 0\n" + NEAR, "class_from", "not its worst one"),
        (HEAD + USED + "class_from = 101\n" + NEAR, "class_from", "one of the instrument's scores"),
        (HEAD + USED.replace("highest = 100", "highest = 0") + CHANGE + NEAR, "highest", "above lowest"),
        (HEAD + USED + CHANGE + NEAR.replace("[3, 6]", "[6, 3]"), "months", "the earliest first"),
        (HEAD + 'states = ["fleksjob"]\n' + USED + CHANGE + NEAR, "states", "counts whatever registers show"),
        (
            HEAD + USED + CHANGE + NEAR + HEAD.replace("better", "class") + USED.replace("1998", "2020") + CLASS + NEAR,
            "instrument",
            "what another measure does not",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(text: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid) as refused:
        contract_with(text)
    assert key in str(refused.value)
    assert reason in str(refused.value)


def test_everybody_is_told_what_is_measured_and_what_counts():
    contract = contract_with(HEAD + USED + CHANGE + NEAR + PRICE)
    danish, english = (page(contract, language) for language in Language)
    assert "the score of WHO-5 (1998) is at least 10 higher than at the start" in english
    assert "scoren på WHO-5 (1998) er mindst 10 højere end ved egen start" in danish
    said = counts(contract, contract.measures[0])
    assert "fra 0 til 100, er mindst 10 højere" in said
    assert "Scoren indtastes af én medarbejder og bekræftes af en anden. Kun om målet er nået, går ind" in said
    assert goals(contract) == ["3 og 6 måneder efter starten ser vi, om scoren på WHO-5 (1998) er blevet højere."]
    assert annex_b(contract)


def test_a_class_of_low_scores_is_said_as_such():
    lower = USED.replace('"higher"', '"lower"')
    english = page(contract_with(HEAD + lower + "class_from = 9\n" + NEAR), Language.ENGLISH)
    assert "the score of WHO-5 (1998) is 9 or less, and was not at the start" in english


def test_the_bound_is_a_point_for_each_month():
    contract = contract_with(HEAD + USED + CHANGE + NEAR + PRICE)
    assert ranges(contract)[-1].most.minor == best_seen(contract) == 100 * 2 * 250000
    assert lint(contract, {}) == [] or {one.rule for one in lint(contract, {})} == {"income-not-needed"}
    assert {"measures.better.change_at_least", "measures.better.follow_up_within_days"} <= {
        one.name for one in terms(contract)
    }


def test_a_month_behind_the_calendar_is_found():
    late = contract_with(HEAD + USED + CHANGE + NEAR.replace("[3, 6]", "[3, 60]") + PRICE)
    assert "never-pays" in {one.rule for one in lint(late, {})}
