"""Pay per day, per block of weeks and per person who started: what is refused, what is said, what is bounded."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.documents.annexes.measurement import annex_a, counts
from gateway.documents.annexes.payment import annex_b
from gateway.documents.contract_page import Language, page
from gateway.outcomes.best_seen import best_seen
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.lint import lint
from gateway.outcomes.varied import terms
from gateway.wording.annex_voice import goals
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from tests.support.rule_tables import FOLDER
from vocabulary.errors import DeclarationInvalid

DAYS = '[[measures]]\nid = "days"\nkind = "each_day"\nstates = ["fleksjob"]\ndays_from_enrolment = 100\n'
BLOCKS = (
    '[[measures]]\nid = "blocks"\nkind = "week_blocks"\nstates = ["fleksjob"]\nweeks_per_block = 4\nmost_blocks = 3\n'
    "consecutive = true\n"
)
STARTED = '[[measures]]\nid = "started"\nkind = "started"\n'
ALL = "".join(
    measure + f'[[tariffs]]\nid = "{name}"\nkind = "price"\nof = "{name}"\nprice_minor = {price}\n'
    for measure, name, price in ((DAYS, "days", 300), (BLOCKS, "blocks", 50000), (STARTED, "started", 900000))
)


def contract_with(text: str) -> Contract:
    around = "".join((FOLDER / name).read_text("utf-8") for name in ("contract.toml", "people.toml"))
    return load_contract(f"{around}\n{text}".encode(), file="x.toml")


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (STARTED + 'states = ["fleksjob"]\n', "states", "counts whatever registers show"),
        (STARTED.replace("started", "days", 1).replace('"started"', '"each_day"'), "states", "missing"),
        (DAYS.replace("100", "0"), "days_from_enrolment", "1"),
        (BLOCKS.replace("consecutive = true\n", ""), "consecutive", "missing"),
        (BLOCKS + "weeks_from_enrolment = 11\n", "weeks_from_enrolment", "fewer weeks than 3 blocks of 4 need"),
        (BLOCKS.replace("most_blocks = 3", "most_blocks = 0"), "most_blocks", "1"),
        (BLOCKS + 'outcome_state = "last"\n', "outcome_state", "has one state"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_key(text: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid) as refused:
        contract_with(text)
    assert any(key in one.key for one in refused.value.mistakes)
    assert reason in str(refused.value)


def test_page_annexes_and_leaflet_say_what_is_counted_and_paid():
    contract = contract_with(ALL)
    danish, english = (page(contract, language) for language in Language)
    assert "- days: each day of weeks in flexible job; within 100 days" in english
    assert "each full block of 4 weeks on end in flexible job, 3 blocks at most" in english
    assert "- started: each person, once, from the first week that may count, whatever the registers show" in english
    assert "- started: 9.000,00 DKK for hver person under started" in danish
    assert "- days: 3,00 DKK for hver dag under days" in danish
    said = [counts(contract, measure) for measure in contract.measures]
    assert said[0].startswith("Antal dage i alt i uger, hvor en borger er i en tilstand.")
    assert "højst 3 blokke for hver borger" in said[1]
    assert "Kun et ophør, hvor intet tæller, tager det tilbage." in said[2]
    assert goals(contract) == [
        "En dag tæller ved: fleksjob.",
        "Målet er blokke på 4 uger i træk, højst 3, med: fleksjob.",
        "Hver, der begynder, tæller.",
    ]
    programme = load_programme((EXAMPLES / "programmes" / "impact60.toml").read_bytes(), file="p")
    assert annex_a(contract, programme, on=date(2020, 1, 1))
    assert annex_b(contract)


def test_the_bound_is_what_everybody_in_a_state_brings():
    contract = contract_with(ALL)
    assert ranges(contract)[-1].most.minor == 100 * (100 * 300 + 3 * 50000 + 900000)
    assert best_seen(contract) == 100 * (100 * 300 + 3 * 50000 + 900000)
    assert {"measures.blocks.weeks_per_block", "measures.days.days_from_enrolment"} <= {
        one.name for one in terms(contract)
    }


def test_a_contract_may_pay_for_who_started_alone():
    text = STARTED + '[[tariffs]]\nid = "t"\nkind = "price"\nof = "started"\nprice_minor = 100\n'
    assert lint(contract_with(text), {}) == []
    around = "".join((FOLDER / name).read_text("utf-8") for name in ("contract.toml", "people.toml"))
    begin, end = around.index("[[states]]"), around.index("[exits]")
    alone = load_contract(f"{around[:begin]}{around[end:]}\n{text}".encode(), file="x.toml")
    assert {one.rule for one in lint(alone, {})} == {"income-not-needed"}
    assert best_seen(alone) == 10_000


def test_a_day_and_a_week_of_one_state_are_paid_twice():
    weeks = '[[measures]]\nid = "weeks"\nkind = "weeks"\nstates = ["fleksjob"]\nweeks_from_enrolment = 52\n'
    prices = "".join(
        f'[[tariffs]]\nid = "{name}"\nkind = "price"\nof = "{name}"\nprice_minor = 100\n' for name in ("days", "weeks")
    )
    assert "pays-twice" in {one.rule for one in lint(contract_with(DAYS + weeks + prices), {})}


PAY = '[[measures]]\nid = "pay"\nkind = "pay"\nstates = ["paid"]\npartial_months = "count"\n'
MOST = "most_minor = 250000\n"
SHARE = '[[tariffs]]\nid = "share"\nkind = "share"\nof = "pay"\nshare_per_mille = 200\n'
TOTAL = '[[releases]]\ntemplate = "contract_total"\nrecipients = ["investor"]\nwindows = ["Q4"]\n'


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (PAY.replace('["paid"]', '["fleksjob"]') + SHARE, "states", "one state with income_types"),
        (PAY + MOST.replace("250000", "0") + SHARE, "most_minor", "1"),
        (PAY + SHARE + "may_be_negative = true\n", "may_be_negative", "pay of single people"),
        (
            PAY + SHARE.replace('"share"\nof', '"price"\nof').replace("share_per", "price_minor = 5 # per"),
            "of",
            "a tariff of kind 'share' alone",
        ),
        (PAY + SHARE + 'gate = { of = "pay", at_least = 5 }\n', "gate.of", "a tariff of kind 'share' alone"),
        (PAY + SHARE + TOTAL, "template", "give the measure most_minor"),
    ],
)
def test_pay_that_cannot_be_paid_so_is_refused(text: str, key: str, reason: str):
    with pytest.raises(DeclarationInvalid) as refused:
        contract_with(text)
    assert key in refused.value.key
    assert reason in str(refused.value)


def test_a_share_of_pay_is_said_bounded_and_shown_where_each_person_has_a_bound():
    contract = contract_with(PAY + MOST + SHARE + TOTAL)
    assert ranges(contract)[-1].most.minor == best_seen(contract) == 100 * 50_000
    danish, english = (page(contract, language) for language in Language)
    assert "pay (pay) in the months in which a week counts; at most DKK 2,500.00 of each person" in english
    assert "- share: 20 % of each person's pay under pay" in english
    assert "- share: 20 % af hver persons løn under pay" in danish
    assert "Hver borger tæller højst for 2.500,00 kr." in counts(contract, contract.measures[0])
    assert annex_b(contract)
    assert {"tariffs.share.share_per_mille", "measures.pay.most_minor"} <= {one.name for one in terms(contract)}


def test_without_a_bound_the_creditor_alone_is_told_and_nothing_bounds_what_is_owed():
    contract = contract_with(PAY + SHARE)
    assert ranges(contract)[-1].most.minor is None
    assert best_seen(contract) == 0  # no life is the best
    assert annex_b(contract)
