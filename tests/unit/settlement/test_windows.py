"""Where a whole window stands, what of it is billed or set off, who bears it, and what holds a bill back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest

from gateway.outcomes.opening import StatedLine
from gateway.outcomes.settlement_terms import CorrectionForm
from gateway.store.holds import HeldForCheck
from policies.terms import Role
from tests.unit.settlement.facts import (
    NOW,
    PARTIES,
    SEASONS,
    adopted,
    bill,
    both_accept,
    contested,
    document,
    line,
    paid_by_three,
    seasons,
    settlement,
)
from vocabulary.releases import Template

CONTRACT = seasons()
SPRING, AUTUMN = CONTRACT.windows[:2]
OPERATOR, OFFICER = PARTIES


@pytest.mark.parametrize(
    ("lines", "states"),
    [
        ((line(5),), ["released"]),
        ((line(5), line(0, "correction")), ["released"]),  # of what did not move nothing is said
        ((line(5), line(0, "correction", quantity=2)), ["released", "released"]),
        ((line(5), line(3, "correction", quantity=0)), ["released", "released"]),
        ((line(0), line(0, "correction")), ["released", "released"]),
        ((), ["released"]),
    ],
)
def test_a_released_window_has_the_states_of_what_moved_in_it(lines: tuple, states: list[str]):
    assert settlement(CONTRACT, document("spring", *lines)).window_states(SPRING) == states


def test_each_line_of_a_window_has_its_own_state():
    one = document("spring", line(5), line(3, "correction"))
    seen = settlement(CONTRACT, one, acknowledgements=both_accept(document("spring", line(5))))
    assert seen.window_states(SPRING) == ["acknowledged", "released"]


def test_a_window_that_is_not_released_stands_where_its_data_do():
    def states(**facts: object) -> list[str]:
        return settlement(CONTRACT, document("autumn", line(1)), **facts).window_states(SPRING)

    assert states() == ["accruing"]
    assert states(frozen_at={"spring": NOW}) == ["frozen"]
    assert states(frozen_at={"spring": NOW + timedelta(seconds=1)}) == ["accruing"]
    assert states(frozen_at={"spring": NOW}, intended={"spring"}) == ["evaluated"]
    assert states(frozen_at={"spring": NOW}, intended={"autumn"}) == ["frozen"]


def test_of_a_stated_window_what_is_held_back_is_left_and_the_rest_is_closed():
    held, quarrel = line(5, "held", quantity=0), line(7, "disputed", quantity=0)
    one = document("spring", held, quarrel, is_stated=True)
    seen = settlement(CONTRACT, one, disputes=(contested(one, quarrel, 7, role=OPERATOR),))
    assert seen.window_states(SPRING) == ["held", "contested"]
    assert settlement(CONTRACT, document("spring", is_stated=True)).window_states(SPRING) == ["stated"]


def test_a_check_of_data_holds_a_window_only_if_its_answer_may_come_on_the_day_of_the_freeze_or_later():
    freeze = CONTRACT.freezes_on(SPRING)
    for days, expected in ((-1, False), (0, True), (1, True)):
        held = HeldForCheck(since=freeze, answer_by=freeze + timedelta(days=days))
        seen = settlement(CONTRACT, held={"spring": held})
        assert seen.held_by(SPRING) == (held if expected else None)
        assert seen.held_by(AUTUMN) is None


def test_what_was_before_the_gateway_is_told_of_the_stated_windows_alone():
    stated = (
        StatedLine("spring", "weeks", 30, 300, 0, 0, "", ""),
        StatedLine("spring", "people", 2, 50, 0, 0, "", ""),
        StatedLine("autumn", "weeks", 40, 400, 0, 0, "", ""),
    )
    seen = settlement(CONTRACT, adopted=adopted(*stated))
    paid = [seen.paid_before(window) for window in ("spring", "autumn", "winter")]
    assert paid == [{"weeks": 300, "people": 50}, {"weeks": 400}, {}]
    reached = [seen.quantity_before(window) for window in ("spring", "autumn", "winter")]
    assert reached == [{"weeks": 30, "people": 2}, {"weeks": 40}, {}]
    assert seen.stated_paid == {"weeks": 700, "people": 50}
    nothing = settlement(CONTRACT)
    assert (nothing.paid_before("spring"), nothing.quantity_before("spring"), nothing.stated_paid) == ({}, {}, {})


def test_each_payer_bears_its_parts_of_what_was_billed_and_of_what_is_open():
    """4, 2 and 1 of 7: of 1,050 that is 600, 300 and 150; with 10 more, 606, 303 and 151."""
    contract = paid_by_three()
    first, second = (window.label for window in contract.windows[:2])
    bills = tuple(bill(contract, (first, line(700)), payer=n, share=[part]) for n, part in enumerate((400, 200, 100)))
    signed = (document(first, line(1050)), document(second, line(10, tariff="people")))
    seen = settlement(contract, *signed, bills=bills)
    assert [seen.borne_by(payer.organisation) for payer in contract.payers] == [
        {(first, "weeks/window"): 600, (second, "people/window"): 6},
        {(first, "weeks/window"): 300, (second, "people/window"): 3},
        {(first, "weeks/window"): 150, (second, "people/window"): 1},
    ]


@pytest.mark.parametrize(("worth", "debtor"), [(4, OPERATOR), (5, None), (6, OFFICER)])
def test_the_silence_of_whoever_has_to_pay_by_a_correction_accepts_it(worth: int, debtor: Role | None):
    """Five were billed. Of what changes nothing nobody's silence says anything, and who spoke is not silent."""
    held = bill(CONTRACT, ("spring", line(5)), rests_on="spring/1")
    new = document("spring", line(worth), revision=2)
    seen = settlement(CONTRACT, document("spring", line(5), is_standing=False), new, bills=(held,))
    assert seen.debtor(new, line(worth)) == debtor
    silent = seen.silence_on(new, line(worth))
    assert silent == (None if debtor is None else seen.dispute_until(new) + timedelta(days=1))
    for now, accepted in ((NOW + timedelta(days=20), set()), (NOW + timedelta(days=21), {debtor} - {None})):
        assert replace(seen, now=now).accepted_by(new, line(worth)) == accepted
    spoken = [word for word in both_accept(new) if word.role == debtor]
    assert replace(seen, acknowledgements=tuple(spoken)).silence_on(new, line(worth)) is None


def test_a_line_that_a_correction_left_out_is_taken_back_once_both_accept_what_is_in_its_place():
    held = bill(CONTRACT, ("spring", line(5, tariff="people")), rests_on="spring/1")
    new = document("spring", line(0), line(0, "correction"), revision=2)
    signed = (document("spring", line(5, tariff="people"), is_standing=False), new)
    silent = settlement(CONTRACT, *signed, bills=(held,))
    assert silent.open_lines() == []
    half = settlement(
        CONTRACT, *signed, bills=(held,), acknowledgements=both_accept(document("spring", line(0), revision=2))
    )
    assert half.open_lines() == []
    spoken = settlement(CONTRACT, *signed, bills=(held,), acknowledgements=both_accept(new))
    assert [(one.key, one.whole_minor) for one in spoken.open_lines()] == [("people/window", -5)]


def test_only_what_both_accept_is_open():
    one, two = document("spring", line(5)), document("autumn", line(3))
    seen = settlement(CONTRACT, one, two, acknowledgements=both_accept(two))
    assert [part.window for part in seen.open_lines()] == ["autumn"]


def test_what_takes_back_of_an_earlier_window_waits_for_that_window():
    """Nobody pays back what was never paid: spring is not acknowledged, and autumn corrects it."""
    one, two = document("spring", line(5)), document("autumn", line(3), line(-2, "correction"))
    seen = settlement(CONTRACT, one, two, acknowledgements=both_accept(two))
    assert [(part.key, part.whole_minor) for part in seen.open_lines()] == [("weeks/window", 3)]
    words = (*both_accept(one), *both_accept(two))
    assert [part.whole_minor for part in settlement(CONTRACT, one, two, acknowledgements=words).open_lines()] == [5, 3]
    billed = bill(CONTRACT, ("spring", line(5)))
    seen = settlement(CONTRACT, one, two, acknowledgements=words, bills=(billed,))
    assert [part.whole_minor for part in seen.open_lines()] == [-2, 3]


def test_the_rest_of_a_disputed_line_is_accepted_by_a_word_about_this_line_of_this_document():
    one = document("spring", line(5), line(3, "correction"))
    quarrel = contested(one, line(5), 2, role=OPERATOR)

    def rest(*words: object) -> set[str]:
        return settlement(CONTRACT, one, disputes=(quarrel,), acknowledgements=words).accept_rest(one, line(5))

    [_, word] = both_accept(one)
    assert rest() == {OPERATOR}
    assert rest(word) == {OPERATOR, OFFICER}
    [_, of_another_line] = both_accept(document("spring", line(3, "correction")))
    [_, of_another_document] = both_accept(document("autumn", line(5)))
    assert rest(of_another_line, of_another_document) == {OPERATOR}


@pytest.mark.parametrize(
    ("form", "amounts", "window", "bill_lines"),
    [
        # what spring takes back is a credit note of its own, or is set off where autumn brings an invoice
        (CorrectionForm.CREDIT_NOTE, (-5, 8), "spring", [-5]),
        (CorrectionForm.CREDIT_NOTE, (-5, 8), "autumn", [8]),
        (CorrectionForm.OFFSET, (-5, 8), "spring", None),
        (CorrectionForm.OFFSET, (-5, 8), "autumn", [-5, 8]),
        # a window without a document yet may bring an invoice; one with a document of nothing brings none
        (CorrectionForm.OFFSET, (-5,), "spring", None),
        (CorrectionForm.OFFSET, (-5, 0, 0), "spring", None),
        (CorrectionForm.OFFSET, (-5, 0, 0, 0), "spring", [-5]),
        (CorrectionForm.CREDIT_NOTE, (-5,), "spring", [-5]),
        (CorrectionForm.OFFSET, (0, 0, 0, -5), "summer", [-5]),
    ],
)
def test_what_is_taken_back_is_credited_or_set_off_as_the_contract_says(
    form: CorrectionForm, amounts: tuple[int, ...], window: str, bill_lines: list[int] | None
):
    signed = [document(name, line(amount)) for name, amount in zip(SEASONS, amounts, strict=False)]
    accepted = tuple(word for one in signed for word in both_accept(one))
    seen = settlement(CONTRACT, *signed, acknowledgements=accepted)
    planned = replace(seen, terms=replace(seen.terms, correction=form)).planned_bill(window)
    assert (planned and [part.amount_minor for part in planned.lines]) == bill_lines


def test_nothing_is_set_off_against_a_window_that_plans_no_payment_document():
    only = tuple(
        one for one in CONTRACT.releases if one.template != Template.PAYMENT_DOCUMENT or one.window == "spring"
    )
    back = document("spring", line(-5))
    for releases, is_billed in ((CONTRACT.releases, False), (only, True)):
        seen = settlement(replace(CONTRACT, releases=releases), back, acknowledgements=both_accept(back))
        set_off = replace(seen, terms=replace(seen.terms, correction=CorrectionForm.OFFSET))
        assert (set_off.planned_bill("spring") is not None) is is_billed


@pytest.mark.parametrize(
    ("own", "accepted", "bill_lines"),
    [(8, "correction", None), (0, "correction", [-5]), (3, "correction window", [-5, 3])],
)
def test_what_the_last_window_takes_back_waits_for_its_own_line_alone(own: int, accepted: str, bill_lines: object):
    """It is credited where that line is worth nothing, or is accepted and not worth enough."""
    last = document("summer", line(own), line(-5, "correction"))
    words = both_accept(document("summer", *(line(0, kind) for kind in accepted.split())))
    seen = settlement(CONTRACT, *(document(name, line(0)) for name in SEASONS[:3]), last, acknowledgements=words)
    planned = replace(seen, terms=replace(seen.terms, correction=CorrectionForm.OFFSET)).planned_bill("summer")
    assert (planned and [part.amount_minor for part in planned.lines]) == bill_lines


@pytest.mark.parametrize(("first", "second"), list(combinations(SEASONS, 2)))
def test_why_a_bill_is_not_paid_is_told_of_its_first_window_in_the_contracts_order(first: str, second: str):
    corrected = [document(name, line(5), revision=2) for name in (second, first)]
    held = bill(CONTRACT, (second, line(5)), (first, line(5)))
    why = settlement(CONTRACT, *corrected, bills=(held,)).why_not_paid(held)
    assert why.startswith(f"{first} was corrected since: both parties")


def test_a_window_as_it_was_says_nothing_against_a_bill_and_the_next_one_is_looked_at():
    held = bill(CONTRACT, ("spring", line(5)), ("autumn", line(3)), rests_on="spring/1 autumn/1")
    same, new = document("spring", line(5)), document("autumn", line(3), revision=2)
    assert settlement(CONTRACT, same, new, bills=(held,)).why_not_paid(held).startswith("autumn was corrected since")
    assert settlement(CONTRACT, same, bills=(held,)).why_not_paid(held) == ""  # of autumn no document stands


def test_a_bill_of_a_single_minor_unit_that_is_owed_no_more_is_credited_first():
    held = bill(CONTRACT, ("spring", line(1)), rests_on="spring/1")
    new = document("spring", line(1, "correction"), revision=2)  # the line itself is gone
    seen = settlement(CONTRACT, new, bills=(held,), acknowledgements=both_accept(new))
    assert seen.why_not_paid(held).startswith("spring was corrected since, and the bill holds more than is owed")


def test_the_last_day_to_dispute_is_that_many_days_after_the_document():
    one = document("spring", line(5))
    seen = settlement(CONTRACT, one)
    assert seen.dispute_until(one) - timedelta(days=seen.terms.dispute_days) == date(2030, 6, 1)
