"""What stands on a bill: each of its columns, against what it must be by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

import pytest

from gateway.errors.settlement import BillUnknown, SettlementRefused
from gateway.outcomes.contract import Contract
from gateway.settlement.account import BillKind, BillLine, DocumentLine, PlannedBill
from gateway.settlement.billing import _payer, _why_nothing, evidence_of, find_bill, new_bill
from gateway.settlement.invoice import STATED_EVIDENCE, BillEvidence, payable_minor
from gateway.settlement.settled import Settled
from gateway.store.settlement_tables import Bill
from policies.terms import Role
from tests.unit.settlement.facts import bill, both_accept, document, line, paid_by_three, seasons, settlement
from vocabulary.cpr_in_text import REASON

THREE, ALONE = paid_by_three(), seasons()
WAITS = "what autumn takes back waits: it is about earlier windows that are disputed, or not invoiced yet"
SHAPE = "an invoice number has 1 to 30 letters, digits and . / _ -"
FIRST, SECOND = (window.label for window in THREE.windows[:2])


def whole(window: str, *lines: DocumentLine) -> PlannedBill:
    parts = [BillLine(window, one.key, one.unit, one.quantity, one.amount_minor, one.amount_minor) for one in lines]
    kind = BillKind.CREDIT_NOTE if sum(one.amount_minor for one in lines) < 0 else BillKind.INVOICE
    return PlannedBill(kind, tuple(parts))


def bills_of(
    settled: Settled, window: str, planned: PlannedBill, *, number: str = "", is_demo: bool = True
) -> list[Bill]:
    asked_by = (Role.OPERATOR, "operator:fokus")
    return [
        new_bill(settled, window, planned, payer, number=number, asked_by=asked_by, is_demo=is_demo)
        for payer in settled.contract.payers
    ]


def words(one: Bill) -> set[str | None]:
    return {element.text for element in ET.fromstring(one.xml).iter()}


def test_each_of_three_payers_gets_a_bill_of_its_own_share():
    """4, 2 and 1 of 7 parts of 700; on the first of June, a Saturday, payable a month later, on a Monday."""
    seen = settlement(
        THREE, document(FIRST, line(700)), document(SECOND, line(9)), bills=(bill(THREE, (SECOND, line(0))),)
    )
    made = bills_of(seen, FIRST, whole(FIRST, line(700)))
    assert len({one.id for one in made}) == 3
    for place, (one, share) in enumerate(zip(made, (400, 200, 100), strict=True)):
        payer = THREE.payers[place]
        assert {name: value for name, value in one.model_dump().items() if name not in ("id", "xml")} == {
            "contract_id": "impact60",
            "contract_version": 1,
            "contract_sha256": THREE.sha256,
            "position": place + 2,  # after the one that exists
            "window": FIRST,
            "payer": payer.organisation,
            "kind": "invoice",
            "number": f"impact60-{FIRST}-{place + 2}",
            "lines": [asdict(BillLine(FIRST, "weeks/window", "week", 700, share, 700))],
            "rests_on": [f"{FIRST}/1"],
            "total_minor": share,
            "refers_to": "",
            "sha256": hashlib.sha256(one.xml).hexdigest(),
            "issued_on": date(2030, 6, 1),
            "due_on": date(2030, 7, 1),
            "requested_role": "operator",
            "requested_by": "operator:fokus",
            "requested_at": seen.now,
        }
        assert payable_minor(one.xml) == share
        assert {payer.name, one.number, f"{FIRST}/1", "2030-06-01", "2030-07-01"} <= words(one)


@pytest.mark.parametrize(("is_demo", "said"), [(True, True), (False, False)])
def test_a_demonstration_says_that_it_is_one(is_demo: bool, said: bool):
    seen = settlement(ALONE, document("spring", line(5)))
    [made] = bills_of(seen, "spring", whole("spring", line(5)), is_demo=is_demo)
    assert any("DEMO" in (text or "") for text in words(made)) is said


def test_a_bill_is_payable_on_a_working_day():
    """Thirty days after 30 April 2030, as it is in Denmark already, is Ascension Day; after 9 May, Saturday before
    Whitsun.
    """
    for now, due in (
        (datetime(2030, 4, 29, 23, tzinfo=UTC), date(2030, 5, 31)),
        (datetime(2030, 5, 9, 12, tzinfo=UTC), date(2030, 6, 11)),
    ):
        seen = settlement(ALONE, document("spring", line(5)), now=now)
        [made] = bills_of(replace(seen, terms=replace(seen.terms, payment_days=30)), "spring", whole("spring", line(5)))
        assert made.due_on == due


@pytest.mark.parametrize(
    ("contract", "numbers"), [(ALONE, ["F-9"]), (THREE, ["F-9/1", "F-9/2", "F-9/3"])], ids=["alone", "three"]
)
def test_the_operators_own_number_is_followed_by_the_payers_place_where_several_pay(
    contract: Contract, numbers: list[str]
):
    label = contract.windows[0].label
    seen = settlement(contract, document(label, line(7)))
    assert [one.number for one in bills_of(seen, label, whole(label, line(7)), number="F-9")] == numbers


@pytest.mark.parametrize(
    ("number", "rule", "reason"),
    [
        ("9" * 30, "", ""),
        ("9" * 31, "number", SHAPE),
        ("-9", "number", SHAPE),
        ("F 9", "number", SHAPE),
        ("a/B._-9", "", ""),
        ("F-1", "number-used", "F-1 is the number of another invoice"),
        ("730301-2001", "number", f"an invoice number may be none that {REASON}"),
    ],
)
def test_a_number_that_is_none_or_is_used_is_refused(number: str, rule: str, reason: str):
    seen = settlement(ALONE, document("spring", line(5)), bills=(bill(ALONE, ("spring", line(2))),))
    if not rule:
        assert bills_of(seen, "spring", whole("spring", line(3)), number=number)[0].number == number
        return
    with pytest.raises(SettlementRefused) as refused:
        bills_of(seen, "spring", whole("spring", line(3)), number=number)
    assert str(refused.value) == f"nothing was settled ({rule}): {reason}"


def test_names_that_are_too_long_for_a_number_are_told_by_their_digest():
    long = replace(ALONE, id="a-contract-with-a-name-of-its-own")
    digest = hashlib.sha256(b"a-contract-with-a-name-of-its-own-spring").hexdigest()
    seen = settlement(long, document("spring", line(5)))
    [made] = bills_of(seen, "spring", whole("spring", line(5)))
    assert made.number == f"{digest[:16]}-1"


def test_a_share_of_next_to_nothing_is_credited_where_it_is_negative_and_follows_the_whole_where_it_is_nothing():
    """Of 4 the parts 5, 3 and 1 bear 2, 1 and 1; of 5 they bear 3, 2 and nothing."""
    contract = paid_by_three((5, 3, 1))
    before = tuple(
        bill(contract, (FIRST, line(4)), payer=n, share=[part], number=f"F-{n}") for n, part in enumerate((2, 1, 1))
    )
    signed = document(FIRST, line(4)), document(SECOND, line(1))
    made = bills_of(settlement(contract, *signed, bills=before), SECOND, whole(SECOND, line(1)))
    assert [(one.total_minor, one.kind, one.refers_to) for one in made] == [
        (1, "invoice", ""), (1, "invoice", ""), (-1, "credit_note", "F-2"),
    ]  # fmt: skip
    nothing = bills_of(settlement(contract, *signed), SECOND, whole(SECOND, line(-1)))
    assert [(one.total_minor, one.kind) for one in nothing] == [
        (-1, "credit_note"), (0, "credit_note"), (0, "credit_note"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "refers_to"),
    [
        ([], ""),
        (["spring 5"], "F-0"),
        (["spring 5", "autumn 3"], "F-0"),  # the newest that holds one of its lines
        (["spring 5", "spring 1", "autumn 3"], "F-1"),
        (["winter 5", "autumn 3"], "F-1"),  # else the newest
        (["autumn 3", "spring -1"], "F-0"),  # a credit note is about an invoice
    ],
)
def test_a_credit_note_is_about_the_invoice_that_holds_what_it_takes_back(earlier: list[str], refers_to: str):
    held = [
        bill(ALONE, (label, line(int(amount))), number=f"F-{number}")
        for number, (label, amount) in enumerate(entry.split() for entry in earlier)
    ]
    seen = settlement(ALONE, document("spring", line(4)), bills=tuple(held))
    [made] = bills_of(seen, "spring", whole("spring", line(-1)))
    assert (made.kind, made.refers_to) == ("credit_note", refers_to)
    assert words(made) & {"F-0", "F-1"} == {refers_to} - {""}
    [invoice] = bills_of(seen, "spring", whole("spring", line(1)))
    assert invoice.refers_to == ""


def evidence(*names: str, what: Sequence[str] = ()) -> tuple[BillEvidence, ...]:
    return tuple(BillEvidence(name, name, "", *what) for name in names)


def test_a_bill_rests_on_the_standing_documents_of_its_windows_and_on_what_was_stated():
    signed = (
        document("spring", line(5, "held"), is_stated=True),
        document("autumn", line(4), is_standing=False),
        document("autumn", line(5), revision=2),
        document("winter", line(6)),
    )
    seen = settlement(ALONE, *signed)
    assert evidence_of(seen, {"autumn", "winter"}) == evidence("autumn/2", "winter/1")
    assert evidence_of(seen, {"spring"}) == evidence("spring/1", what=[STATED_EVIDENCE])


def test_the_vat_of_a_bill_is_reckoned_after_that_of_its_payers_earlier_ones():
    """25 % of 4.01 is 1.00, and of 8.02 it is 2.01."""
    first = bill(ALONE, ("spring", line(401)))
    seen = settlement(ALONE, document("spring", line(401)), document("autumn", line(401)), bills=(first,))
    [made] = bills_of(
        replace(seen, terms=replace(seen.terms, vat="25", vat_reason="")), "autumn", whole("autumn", line(401))
    )
    assert payable_minor(made.xml) == 502


def test_a_bill_is_found_by_its_number():
    bills = tuple(bill(ALONE, ("spring", line(5)), number=number) for number in ("F-1", "F-2"))
    seen = settlement(ALONE, bills=bills)
    assert find_bill(seen, "F-2") is bills[1]
    with pytest.raises(BillUnknown, match="'F-3' of 'ballerup'"):
        find_bill(seen, "F-3")


def test_who_pays_nothing_is_told_who_does():
    assert _payer(settlement(THREE), THREE.payers[2].organisation) == THREE.payers[2]
    with pytest.raises(SettlementRefused) as refused:
        _payer(settlement(THREE), "nobody")
    said = "nobody pays nothing here; these do: aalborg-kommune, region-nordjylland, statens-fond"
    assert str(refused.value) == f"nothing was settled (payer-unknown): {said}"


@pytest.mark.parametrize(
    ("accepted", "earlier", "own", "why"),
    [
        ("spring autumn", 0, (0,), "autumn is worth nothing, or all of it was billed before"),
        ("spring autumn", 0, (-5,), "what autumn takes back is set off against the next invoice"),
        ("spring autumn", 0, (-1,), "what autumn takes back is set off against the next invoice"),
        ("spring", 0, (-5,), WAITS),  # one of both has not accepted it
        ("spring autumn", 0, (5, -5), WAITS),  # in all nothing
        ("spring autumn", 0, (5, -4), WAITS),
        ("spring", 9, (-5,), WAITS),  # what is open of another window says nothing of this one
    ],
)
def test_why_a_window_brings_no_bill_is_said_after_what_it_takes_back(
    accepted: str, earlier: int, own: tuple[int, ...], why: str
):
    signed = [
        document("spring", line(earlier)),
        document("autumn", *(line(one, kind) for one, kind in zip(own, ("window", "correction"), strict=False))),
    ]
    words = tuple(word for one in signed if one.document.window in accepted for word in both_accept(one))
    assert _why_nothing(settlement(ALONE, *signed, acknowledgements=words), "autumn") == why
