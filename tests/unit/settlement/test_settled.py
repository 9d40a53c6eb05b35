"""Where a line stands, who accepts it, what may be billed and what is not paid: folded from facts, one at a time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors.settlement import SettlementRefused
from gateway.settlement.account import (
    BillLine,
    DocumentLine,
    PaymentDocument,
    agreed_worth,
    coming_invoices,
    differences,
    plan,
    without_contested,
    without_unbilled,
)
from gateway.settlement.acknowledging import (
    DisputeOutcome,
    check_answer,
    find_line,
    letter_digest,
    may_accept,
    same_document,
)
from gateway.settlement.settled import Settled, SignedDocument, is_within
from gateway.settlement.states import SettlementState
from policies.terms import Role
from tests.support.settlement_world import PRICE, TARIFF, Document, Game, World
from vocabulary.danish_days import danish_day

OPERATOR, OFFICER = PARTIES = (Role.OPERATOR, Role.SETTLEMENT_OFFICER)
GAME = Game(((2, -1, 0), (1, 0, 0)), offsets=False)
LINE = f"{TARIFF}/window"
RELEASED = World(documents=(Document(0, 1, (("window", 2),), 0),))


def seen(world: World) -> tuple[Settled, SignedDocument, DocumentLine]:
    """The settlement, its newest document and that document's first line."""
    settled = GAME.settled(world)
    one = settled.signed[-1]
    return settled, one, one.document.lines[0]


def acks(*roles: str, place: int = 0, tick: int = 1) -> tuple:
    return tuple((0, tick, place, role, (LINE,)) for role in roles)


def dispute(outcome: str = "", *, contested: int = 2 * PRICE, role: str = OPERATOR, answered: int = 9) -> tuple:
    return ((0, LINE, role, contested, outcome, 2, (0, answered)),)


def state(world: World) -> SettlementState:
    settled, one, line = seen(world)
    return settled.state(one, line)


def billed(world: World, window: int = 0) -> World:
    """The world once a window was billed."""
    label = GAME.contract.windows[window].label
    return next(after for name, after in GAME.towards_the_end(world) if name == f"invoice {label}")


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        (RELEASED, "released"),
        (replace(RELEASED, acks=acks(OPERATOR)), "released"),
        (replace(RELEASED, acks=acks(OPERATOR, OFFICER)), "acknowledged"),
        (replace(RELEASED, acks=acks(OPERATOR, OFFICER), disputes=dispute()), "disputed"),
        (replace(RELEASED, acks=acks(OPERATOR, OFFICER), disputes=dispute("upheld")), "upheld"),
        (replace(RELEASED, acks=acks(OPERATOR, OFFICER), disputes=dispute("withdrawn")), "acknowledged"),
        (replace(RELEASED, acks=acks(OPERATOR, OFFICER), disputes=dispute("stands")), "released"),
        (replace(RELEASED, acks=acks(OPERATOR, OFFICER, tick=9), disputes=dispute("stands")), "acknowledged"),
        (replace(RELEASED, acks=acks(OPERATOR, OFFICER, tick=10), disputes=dispute("accepted")), "acknowledged"),
        (replace(RELEASED, words=((0, LINE, OPERATOR, 5), (0, LINE, OFFICER, 5))), "acknowledged"),
        (replace(RELEASED, words=((0, LINE, OPERATOR, 5), (0, LINE, OFFICER, 6))), "released"),
        (World(documents=(Document(0, 1, (("window", 0),), 0),), acks=acks(OPERATOR, OFFICER)), "paid"),
    ],
)
def test_a_line_stands_where_the_facts_put_it(world: World, expected: str):
    assert state(world) == expected


def test_a_bill_makes_it_invoiced_and_its_payment_paid():
    world = billed(replace(RELEASED, acks=acks(OPERATOR, OFFICER)))
    assert state(world) == "invoiced"
    assert state(replace(world, paid=frozenset({world.bills[0].id}))) == "paid"


def test_what_a_correction_replaced_is_superseded():
    world = replace(RELEASED, documents=(*RELEASED.documents, Document(0, 2, (("window", 1),), 0)))
    settled = GAME.settled(world)
    old, new = settled.signed
    assert settled.state(old, old.document.lines[0]) == "superseded"
    assert settled.standing(GAME.contract.windows[0].label) == new


def test_what_is_owed_is_accepted_by_the_municipalitys_silence_from_its_day():
    settled, one, line = seen(RELEASED)
    silent = settled.silence_on(one, line)
    assert (settled.debtor(one, line), silent) == (OFFICER, settled.dispute_until(one) + timedelta(days=1))
    days = (silent - danish_day(settled.now)).days
    waits = replace(RELEASED, acks=acks(OPERATOR))
    assert (state(replace(waits, day=days - 1)), state(replace(waits, day=days))) == ("released", "acknowledged")
    both = seen(replace(RELEASED, day=days))
    assert both[0].accepted_by(*both[1:]) == {OFFICER}, "a creditor's silence accepts nothing"
    assert state(replace(RELEASED, day=days)) == "released"
    spoken = seen(replace(RELEASED, acks=acks(OFFICER)))
    assert spoken[0].silence_on(*spoken[1:]) is None  # who spoke is not silent
    contested = seen(replace(waits, day=days, disputes=dispute(role=OFFICER)))
    assert contested[0].silence_on(*contested[1:]) is None
    nothing = seen(World(documents=(Document(0, 1, (("window", 0),), 0),)))
    assert (nothing[0].debtor(*nothing[1:]), nothing[0].silence_on(*nothing[1:])) == (None, None)


def test_what_takes_back_is_accepted_by_the_operators_silence_from_its_day():
    back = World(documents=(*RELEASED.documents, Document(1, 1, (("window", -1),), 0)), acks=acks(OFFICER, place=1))
    settled, one, line = seen(back)
    silent = settled.silence_on(one, line)
    assert silent is not None
    assert settled.debtor(one, line) == OPERATOR
    assert (silent - settled.dispute_until(one)).days == 1
    days = (silent - danish_day(settled.now)).days
    before, after = (seen(replace(back, day=days - 1)), seen(replace(back, day=days)))
    assert before[0].accepted_by(*before[1:]) == {OFFICER}
    assert after[0].accepted_by(*after[1:]) == {OFFICER, OPERATOR}
    assert state(replace(back, day=days)) == "acknowledged"
    raised = ((1, LINE, OPERATOR, -PRICE, "", 2, (0, 9)),)
    disputed = seen(replace(back, day=days, disputes=raised))
    assert disputed[0].silence_on(*disputed[1:]) is None
    answered = ((1, LINE, OPERATOR, -PRICE, "stands", 2, (10, 9)),)
    anew = seen(replace(back, day=days, disputes=answered))
    assert (anew[0].silence_on(*anew[1:]) - silent).days == 10  # the days begin with the answer


def test_a_corrected_line_takes_back_what_was_billed_before_and_silence_accepts_that_also_after_its_credit_note():
    world = billed(replace(RELEASED, acks=acks(OPERATOR, OFFICER)))
    corrected = replace(
        world,
        documents=(*world.documents, Document(0, 2, (("window", 1),), 0)),
        acks=(*world.acks, *acks(OFFICER, place=1)),
    )
    settled, one, line = seen(corrected)
    silent = settled.silence_on(one, line)
    assert silent is not None
    later = replace(corrected, day=(silent - danish_day(settled.now)).days)
    assert state(later) == "acknowledged"
    credited = billed(later)
    assert (credited.bills[-1].kind, credited.bills[-1].total_minor) == ("credit_note", -PRICE)
    assert state(credited) == "invoiced"


def test_of_a_line_that_is_disputed_in_part_the_rest_is_free_once_both_accept_it():
    part = replace(RELEASED, disputes=dispute(contested=PRICE))
    settled, one, line = seen(part)
    assert settled.accept_rest(one, line) == {OPERATOR}  # whoever contests a part accepts the rest
    assert settled.open_lines() == []
    assert may_accept(settled, one, line, OFFICER, by_name=False)
    assert not may_accept(settled, one, line, OPERATOR, by_name=False)
    both = replace(part, acks=acks(OFFICER, tick=3))
    settled, one, line = seen(both)
    assert settled.is_accepted(one, line)
    assert [(free.quantity, free.whole_minor) for free in settled.open_lines()] == [(2, PRICE)]
    rest = GAME.settled(billed(both))
    assert rest.open_lines() == []
    assert [(opened.quantity, opened.whole_minor) for opened in rest.differences()] == [(0, PRICE)]
    whole = seen(replace(RELEASED, disputes=dispute(), acks=acks(OFFICER, tick=3)))
    assert whole[0].accept_rest(*whole[1:]) == set()


def test_an_adjustment_is_a_line_of_its_own_beside_what_was_signed():
    world = replace(RELEASED, words=((0, LINE, OPERATOR, PRICE), (0, LINE, OFFICER, PRICE)))
    settled, one, line = seen(world)
    assert [(each.key, each.quantity, each.amount_minor) for each in one.document.lines] == [
        (LINE, 2, 2 * PRICE),
        (f"{LINE}_adjustment", 0, -PRICE),
    ]
    assert settled.accepted_by(one, one.document.lines[1]) == set(PARTIES)
    assert settled.worth_agreed(one, line) == PRICE
    assert (one.document.due_minor, one.document.evaluated_minor) == (PRICE, 2 * PRICE)
    [bill] = billed(world).bills
    assert (bill.total_minor, len(bill.lines)) == (PRICE, 2)
    corrected = replace(world, documents=(*world.documents, Document(0, 2, (("window", 2),), 0)))
    assert [len(each.document.lines) for each in GAME.settled(corrected).signed] == [1, 1]  # ends with its document


def test_a_bill_whose_document_was_corrected_is_not_paid_before_what_follows_from_that():
    world = billed(replace(RELEASED, acks=acks(OPERATOR, OFFICER)))
    [bill] = world.bills
    assert GAME.settled(world).why_not_paid(bill) == ""
    corrected = replace(world, documents=(*world.documents, Document(0, 2, (("window", 1),), 0)))
    assert "both parties acknowledge" in GAME.settled(corrected).why_not_paid(bill)
    accepted = replace(corrected, acks=(*corrected.acks, *acks(OPERATOR, OFFICER, place=1)))
    assert "credit note" in GAME.settled(accepted).why_not_paid(bill)
    credited = billed(accepted)
    assert [GAME.settled(credited).why_not_paid(one) for one in credited.bills] == ["", ""]
    more = replace(world, documents=(*world.documents, Document(0, 2, (("window", 3),), 0)))
    more = replace(more, acks=(*more.acks, *acks(OPERATOR, OFFICER, place=1)))
    assert GAME.settled(more).why_not_paid(bill) == ""  # what it holds is owed, and more is billed beside it


REFUSALS = {
    "other-party": "the party that raised a dispute withdraws it, the other one answers it",
    "answered": "you agreed that the line is wrong: correct it, adjust it, or acknowledge it by its name",
    "answer": "a dispute is answered by one of: stands, withdrawn, upheld",
}


@pytest.mark.parametrize(
    ("current", "answer", "is_own", "rule"),
    [
        ("", DisputeOutcome.STANDS, False, ""),
        ("", DisputeOutcome.UPHELD, False, ""),
        ("", DisputeOutcome.WITHDRAWN, True, ""),
        ("upheld", DisputeOutcome.WITHDRAWN, True, ""),
        ("", DisputeOutcome.WITHDRAWN, False, "other-party"),
        ("", DisputeOutcome.STANDS, True, "other-party"),
        ("upheld", DisputeOutcome.STANDS, False, "answered"),
        ("upheld", DisputeOutcome.UPHELD, False, "answered"),
        ("", DisputeOutcome.ACCEPTED, False, "answer"),
        ("", DisputeOutcome.ADJUSTED, True, "answer"),
        *((ended, DisputeOutcome.WITHDRAWN, True, "dispute-ended") for ended in ("stands", "withdrawn", "accepted")),
    ],
)
def test_a_dispute_is_answered_by_the_other_party_once_and_withdrawn_by_its_own_at_any_time(
    current: str, answer: DisputeOutcome, is_own: bool, rule: str
):
    if not rule:
        check_answer(current, answer, is_own=is_own)
        return
    why = REFUSALS.get(rule, f"the dispute has ended: {current}")
    with pytest.raises(SettlementRefused, match=rf"\({rule}\): {re.escape(why)}$"):
        check_answer(current, answer, is_own=is_own)


def test_a_line_is_named_by_its_key_and_what_parties_adjusted_is_none():
    released = seen(RELEASED)[1]
    lines = [DocumentLine("weeks", kind, "week", 1, 1) for kind in ("window", "correction", "window_adjustment")]
    one = replace(released, document=replace(released.document, lines=tuple(lines)))
    assert find_line(one, "weeks/correction") is lines[1]
    for key in ("weeks", "weeks/window_adjustment"):
        why = r"\(line-unknown\): the payment document has these lines: weeks/window, weeks/correction$"
        with pytest.raises(SettlementRefused, match=why):
            find_line(one, key)


def test_a_word_is_about_the_document_that_its_party_holds():
    one = seen(RELEASED)[1]
    assert same_document(one, "") is same_document(one, one.jwt_sha256) is one
    with pytest.raises(SettlementRefused, match=r"\(other-document\): the digest is that of another payment document$"):
        same_document(one, "f" * 64)
    with pytest.raises(SettlementRefused, match=r"\(no-document\): no payment document of this window stands$"):
        same_document(None, "")


@pytest.mark.parametrize("text", ["", "0" * 63, "0" * 65, "A" * 64, " " + "0" * 63])
def test_the_digest_of_a_letter_is_64_hex_digits(text: str):
    assert letter_digest("0f" * 32) == "0f" * 32
    why = r"\(digest\): the letter's digest must be a SHA-256 as 64 hex digits$"
    with pytest.raises(SettlementRefused, match=why):
        letter_digest(text)


@pytest.mark.parametrize(
    ("billed_minor", "due", "expected"),
    [(0, 5, True), (5, 5, True), (6, 5, False), (-1, 5, False), (0, -5, True), (-5, -5, True), (-6, -5, False),
     (1, -5, False), (0, 0, True), (1, 0, False), (-1, 0, False)],
)  # fmt: skip
def test_bills_hold_no_more_than_is_due_and_nothing_the_other_way_round(billed_minor: int, due: int, expected: bool):
    assert is_within(billed_minor, due) is expected


def line(window: str, kind: str, amount: int, tariff: str = "weeks") -> BillLine:
    return BillLine(window, f"{tariff}/{kind}", "week", 1, amount, amount)


@pytest.mark.parametrize(
    ("open_minor", "due", "contested", "expected"),
    [(100, 100, 30, 70), (100, 100, 100, None), (100, 100, 0, 100), (-100, -100, -30, -70), (-100, -100, -100, None),
     (-20, 80, 30, None), (20, -80, -30, None), (-20, 0, 0, None), (40, 100, 60, None), (70, 100, 60, 10),
     (1, 1, 0, 1), (2, 2, 1, 1), (-1, -1, 0, -1)],
)  # fmt: skip
def test_what_is_contested_is_held_back_and_what_would_be_taken_back_waits(
    open_minor: int, due: int, contested: int, expected: int | None
):
    made = without_contested(line("W1", "window", open_minor), due_minor=due, contested_minor=contested)
    assert (made and (made.amount_minor, made.whole_minor)) == (expected and (expected, expected))


def test_a_correction_takes_back_nothing_that_is_still_open_in_an_earlier_window_of_the_same_tariff():
    order = {"W1": 0, "W2": 1, "W3": 2}
    back = line("W2", "correction", -5)

    def waits(*opened: BillLine, free: BillLine = back) -> bool:
        return without_unbilled([free], [free, *opened], order=order) == []

    assert waits(line("W1", "window", 5))
    assert not waits(line("W1", "window", -5))
    assert not waits(line("W3", "window", 5))
    assert not waits(line("W2", "window", 5))
    assert not waits(line("W1", "window", 5, tariff="people"))
    assert not waits(line("W1", "window", 5), free=line("W2", "correction", 5))
    assert not waits(line("W1", "window", 5), free=line("W2", "window", -5))
    assert waits(line("W1", "window", 1))  # a single minor unit is money
    assert not waits(line("W1", "window", 5), free=line("W2", "correction", 1))


def test_what_a_document_says_no_more_is_open_with_the_whole_of_what_was_billed():
    billed = BillLine("W1", "weeks/window", "week", 3, 45, 45)
    assert differences([], [billed]) == [BillLine("W1", "weeks/window", "week", -3, -45, -45)]
    other = PaymentDocument("W1", 2, (DocumentLine("weeks", "window", "week", 4, 45),), is_standing=True)
    assert differences([other], [billed]) == []  # a quantity alone is no difference


@pytest.mark.parametrize(
    ("free", "window", "expected"),
    [
        ("W1 5, W1 -5", "W1", ("invoice", [5, -5])),  # a bill of nothing closes both lines
        ("W1 5, W1 -4", "W1", ("invoice", [5, -4])),
        ("W1 5, W1 -6", "W1", None),  # W2 may still bring an invoice
        ("W1 5, W1 -6, W2 8", "W2", ("invoice", [5, -6, 8])),
        ("W1 5, W1 -5, W2 8", "W2", ("invoice", [8])),  # W1 takes nothing back, and is billed by itself
        ("W1 5, W1 -4, W2 8", "W2", ("invoice", [8])),
        ("W1 -6, W2 5", "W2", None),
        ("W2 8, W3 -9", "W2", ("invoice", [8])),  # nothing is set off against what comes before it
    ],
)
def test_a_bill_of_a_window_sets_off_what_earlier_windows_take_back_in_all(
    free: str, window: str, expected: tuple[str, list[int]] | None
):
    parts = [entry.split() for entry in free.split(", ")]
    lines = [line(label, "correction" if n % 2 else "window", int(amount)) for n, (label, amount) in enumerate(parts)]
    made = plan(window, lines, order={"W1": 0, "W2": 1, "W3": 2}, offsets=True, coming={"W2", "W3"})
    assert (made and (made.kind, sorted(part.amount_minor for part in made.lines))) == (
        expected and (expected[0], sorted(expected[1]))
    )


def test_a_window_with_a_single_minor_unit_open_may_still_bring_an_invoice():
    opened = [line("W1", "window", 1), line("W2", "window", -5)]
    assert coming_invoices("W2", opened, opened, unissued=()) == {"W1"}
    assert coming_invoices("W1", opened, opened, unissued=("W3",)) == {"W3"}  # all of W1 is free already
    assert coming_invoices("W1", opened, [], unissued=()) == {"W1"}


def word(role: str, worth: int):
    from gateway.store.settlement_tables import Adjustment

    return Adjustment(role=role, worth_minor=worth)


def test_both_parties_sign_the_same_amount_and_the_newest_word_of_each_counts():
    a, b = Role.OPERATOR, Role.SETTLEMENT_OFFICER
    said = [word(a, 5), word(a, 6), word(b, 5), word(b, 6), word(a, 7), word(b, 8), word(a, 8)]
    assert [agreed_worth(said[:count]) for count in range(len(said) + 1)] == [
        None, None, None, None, 6, 6, 6, 8,
    ]  # fmt: skip


def test_a_document_is_worth_its_lines():
    lines = (DocumentLine("weeks", "window", "week", 1, 7), DocumentLine("weeks", "correction", "week", -1, -2))
    one = PaymentDocument("W1", 1, lines, is_standing=True)
    assert (one.due_minor, one.evaluated_minor, lines[0].key) == (5, 5, "weeks/window")
    assert lines[0].adjusted_to(10) == DocumentLine("weeks", "window_adjustment", "week", 0, 3)
