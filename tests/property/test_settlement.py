"""Arithmetic of settlement on generated contracts: documents, corrections and bills always agree to the øre."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outcomes.contract import Contract
from gateway.outcomes.payers import parts_of, shares
from gateway.outcomes.settlement_terms import Draw, InvestorTerms
from gateway.outcomes.terms import apportion
from gateway.settlement.account import (
    BillKind,
    BillLine,
    DocumentLine,
    PaymentDocument,
    billed_amounts,
    coming_invoices,
    differences,
    payer_lines,
    plan,
    standing_lines,
)
from gateway.settlement.investor import flow
from tests.support.examples import examples
from tests.support.histories import example_contract

pytestmark = pytest.mark.property

WINDOWS = ("W1", "W2", "W3", "W4")
ORDER = {label: place for place, label in enumerate(WINDOWS)}
TARIFFS = ("weeks", "people")
AMOUNTS = st.integers(-(10**9), 10**9)

lines = st.lists(
    st.builds(
        DocumentLine,
        tariff=st.sampled_from(TARIFFS),
        kind=st.sampled_from(["window", "correction"]),
        unit=st.just("week"),
        quantity=st.integers(-500, 500),
        amount_minor=AMOUNTS,
    ),
    max_size=4,
    unique_by=lambda line: line.key,
).map(tuple)
# what happens to a contract: a window's document is issued, or the newest one is corrected, and then both parties
# acknowledge and bill, or not yet
steps = st.lists(st.tuples(st.sampled_from(["issue", "correct"]), lines, st.booleans()), max_size=10)


def run(
    happened: list[tuple[str, tuple[DocumentLine, ...], bool]], *, offsets: bool
) -> tuple[list[PaymentDocument], list[list]]:
    """Play the steps; every bill that could be made was made. Returns the documents and the bills."""
    documents: list[PaymentDocument] = []
    bills: list[tuple[str, list[BillLine]]] = []
    for what, content, is_billed in happened:
        standing = [one for one in documents if one.is_standing]
        if what == "issue" and len(standing) < len(WINDOWS):
            documents.append(PaymentDocument(WINDOWS[len(standing)], 1, content, is_standing=True))
        elif standing:
            last = standing[-1]
            documents = [replace(one, is_standing=one.is_standing and one is not last) for one in documents]
            documents.append(PaymentDocument(last.window, last.revision + 1, content, is_standing=True))
        if is_billed:
            bill_all(documents, bills, offsets=offsets)
    bill_all(documents, bills, offsets=offsets)
    return documents, bills


def unissued(documents: list[PaymentDocument]) -> set[str]:
    return set(WINDOWS) - {one.window for one in documents}


def bill_all(documents: list[PaymentDocument], bills: list, *, offsets: bool) -> None:
    for window in WINDOWS:
        held = [line for _, lines_ in bills for line in lines_]
        opened = differences(documents, held)
        coming = coming_invoices(window, opened, opened, unissued=unissued(documents))
        made = plan(window, opened, order=ORDER, offsets=offsets, coming=coming)
        if made is not None:
            bills.append((made.kind, list(made.lines)))
            assert (made.total_minor < 0) == (made.kind is BillKind.CREDIT_NOTE)


@settings(max_examples=examples(300))
@given(steps)
def test_invoices_and_credit_notes_add_up_to_the_standing_documents(happened):
    documents, bills = run(happened, offsets=False)
    total = sum(line.amount_minor for _, held in bills for line in held)
    assert total == sum(one.due_minor for one in documents if one.is_standing)
    held = [line for _, lines_ in bills for line in lines_]
    assert differences(documents, held) == []
    assert {place: pair[1] for place, pair in billed_amounts(held).items() if pair[1]} == {
        place: line.amount_minor for place, line in standing_lines(documents).items() if line.amount_minor
    }


@settings(max_examples=examples(300))
@given(steps)
def test_with_offsets_nothing_is_lost_and_what_no_later_window_has_room_for_is_credited(happened):
    documents, bills = run(happened, offsets=True)
    held = [line for _, lines_ in bills for line in lines_]
    left = sum(line.amount_minor for line in differences(documents, held))
    total = sum(line.amount_minor for line in held)
    assert total + left == sum(one.due_minor for one in documents if one.is_standing)
    if {one.window for one in documents} == set(WINDOWS):
        bill_all(documents, bills, offsets=True)  # what waited for a window that turned out to have no room
        held = [line for _, lines_ in bills for line in lines_]
        assert differences(documents, held) == []


@given(st.lists(AMOUNTS, min_size=1, max_size=4), st.integers(0, 3))
def test_a_last_window_that_is_worth_nothing_loses_no_claim(amounts, last):
    """A relapse of 90,000.09 before a window of 0 was never credited."""
    documents = [
        PaymentDocument(window, 1, (DocumentLine("weeks", "window", "week", 1, amount),), is_standing=True)
        for window, amount in zip(WINDOWS, [*amounts[:last], -9_000_009, 0, 0, 0], strict=False)
    ]
    bills: list = []
    for _ in WINDOWS:
        bill_all(documents, bills, offsets=True)
    assert differences(documents, [line for _, lines_ in bills for line in lines_]) == []


@settings(max_examples=examples(200))
@given(steps, st.booleans())
def test_a_document_that_is_corrected_to_what_it_was_gives_no_bill(happened, offsets):
    documents, bills = run(happened, offsets=offsets)
    standing = [one for one in documents if one.is_standing]
    if not standing:
        return
    held = [line for _, lines_ in bills for line in lines_]
    before = differences(documents, held)
    last = standing[-1]
    again = [replace(one, is_standing=one.is_standing and one is not last) for one in documents]
    assert differences([*again, replace(last, revision=last.revision + 1)], held) == before


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=4), st.integers(0, 10**9), AMOUNTS, st.booleans())
def test_an_investors_money_is_split_without_a_rest(draws, cap, paid, goal_met):
    from datetime import date

    terms = InvestorTerms("repaid_then_capped", tuple(Draw(date(2020, 1, 1), one) for one in draws), cap)
    made = flow(terms, drawn_minor=terms.capital_minor, paid_minor=paid, goal_met=goal_met)
    assert made.repaid_minor + made.return_minor + made.beyond_minor == max(0, paid)
    assert made.repaid_minor + made.at_risk_minor == made.drawn_minor
    assert 0 <= made.return_minor <= (cap if goal_met else 0)
    assert made.beyond_minor >= 0
    if made.return_minor:
        assert made.at_risk_minor == 0  # no return before the capital is back


PARTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=6).map(tuple)


@given(st.integers(-(10**15), 10**15), PARTS)
def test_shares_add_up_and_each_is_less_than_one_unit_from_its_exact_value(total, parts):
    shares = apportion(total, parts)
    assert sum(shares) == total
    assert all(abs(share * sum(parts) - total * part) < sum(parts) for share, part in zip(shares, parts, strict=True))


def divided(parts: tuple[int, ...], prices: dict[str, tuple[int, ...]]) -> Contract:
    """A contract of two tariffs that so many payers bear, by shares or by the price that each owes."""
    template = example_contract("impact60")
    first, others = template.payers[0], [one for one in template.parties if one.role != "outcome_payer"]
    payers = [replace(first, organisation=f"payer-{n}", share_parts=part) for n, part in enumerate(parts)]
    tariffs = (replace(template.tariffs[0], id=name, payer_prices=prices.get(name, ())) for name in TARIFFS)
    return replace(template, parties=(*payers, *others), tariffs=tuple(tariffs))


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    parts = draw(PARTS)
    prices = st.lists(st.integers(0, 10**6), min_size=len(parts), max_size=len(parts)).map(tuple).filter(any)
    return divided(parts, draw(st.dictionaries(st.sampled_from(TARIFFS), prices)))


@settings(max_examples=examples(300))
@given(steps, contracts(), st.booleans(), st.data())
def test_every_payer_is_billed_its_share_whatever_was_corrected_disputed_or_set_off(happened, contract, offsets, data):
    """After every bill, and not only at the end; of a disputed line nobody is billed anything until it is free."""
    parts = contract.share_parts
    documents: list[PaymentDocument] = []
    whole: list[BillLine] = []
    own: list[list[BillLine]] = [[] for _ in parts]

    def bill(held_back: set) -> None:
        for window in WINDOWS:
            opened = differences(documents, own[-1])  # whoever is asked: all hold the same lines
            free = [line for line in opened if line.place not in held_back]
            coming = coming_invoices(window, opened, free, unissued=unissued(documents))
            made = plan(window, free, order=ORDER, offsets=offsets, coming=coming)
            if made is None:
                continue
            pieces = [payer_lines(made.lines, billed=whole, contract=contract, payer=n) for n in range(len(parts))]
            for number, line in enumerate(made.lines):
                assert sum(piece[number].amount_minor for piece in pieces) == line.whole_minor
            whole.extend(made.lines)
            for held, piece in zip(own, pieces, strict=True):
                held.extend(piece)
            for place, held in enumerate(own):
                running = sum(line.amount_minor for line in held)
                exact = sum(_exact(contract, line, place) for line in whole)
                assert abs(running - exact) < len({parts_of(contract, name) for name in TARIFFS})
            assert sum(line.amount_minor for held in own for line in held) == sum(line.whole_minor for line in whole)

    for what, content, _ in happened:
        standing = [one for one in documents if one.is_standing]
        if what == "issue" and len(standing) < len(WINDOWS):
            documents.append(PaymentDocument(WINDOWS[len(standing)], 1, content, is_standing=True))
        elif standing:
            last = standing[-1]
            documents = [replace(one, is_standing=one.is_standing and one is not last) for one in documents]
            documents.append(PaymentDocument(last.window, last.revision + 1, content, is_standing=True))
        places = sorted(standing_lines(documents))
        bill(set(data.draw(st.lists(st.sampled_from(places), max_size=2))) if places else set())
    bill(set())
    if not offsets:
        due: Counter[str] = Counter()
        for line in standing_lines(documents).values():
            due[line.tariff] += line.amount_minor
        assert tuple(sum(line.amount_minor for line in held) for held in own) == shares(contract, due)


def _exact(contract: Contract, line: BillLine, place: int) -> Fraction:
    parts = parts_of(contract, line.tariff)
    return Fraction(line.whole_minor * parts[place], sum(parts))


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6), st.integers(0, 10**6))
def test_whole_units_are_paid_by_everybody_at_its_own_price_to_the_minor_unit(units, one, other):
    contract = divided((1, 1), {"weeks": (one, other)})
    assert shares(contract, {"weeks": units * (one + other)}) == (units * one, units * other)


def test_a_division_in_the_proportion_of_the_shares_is_theirs():
    assert shares(divided((2, 1), {"weeks": (400, 200)}), {"weeks": 1, "people": 1}) == (1, 1)
    assert shares(divided((2, 1), {"weeks": (400, 201)}), {"weeks": 1, "people": 1}) == (2, 0)


def test_what_is_set_off_waits_for_the_invoice_that_this_window_may_still_bring():
    """Asked for a window whose own line nobody acknowledged yet, what an earlier one takes back is no credit note."""
    back = BillLine("W1", "weeks/window", "week", -1, -100, -100)
    own = BillLine("W2", "weeks/window", "week", 2, 300, 300)
    for free, kind, total in (([back], None, None), ([back, own], BillKind.INVOICE, 200)):
        coming = coming_invoices("W2", [back, own], free, unissued=())
        made = plan("W2", free, order=ORDER, offsets=True, coming=coming)
        assert (made and made.kind, made and made.total_minor) == (kind, total)
    alone = plan("W2", [back], order=ORDER, offsets=True, coming=coming_invoices("W2", [back], [back], unissued=()))
    assert alone is not None
    assert alone.kind is BillKind.CREDIT_NOTE
    later = coming_invoices("W2", [back], [back], unissued=("W3",))
    assert plan("W2", [back], order=ORDER, offsets=True, coming=later) is None
