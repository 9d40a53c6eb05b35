"""Every check of the sheet, from facts that hold and from the same facts with one of them wrong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace

import pytest

from gateway.events.actor import staff_member
from gateway.outcomes.contract import Contract
from gateway.outcomes.opening import StatedLine
from gateway.outcomes.tariffs.declared_price import DeclaredPriceTariff
from gateway.outcomes.tariffs.fee import FeeTariff
from gateway.outcomes.tariffs.linear import LinearTariff
from gateway.outcomes.tariffs.steps import StepsTariff
from gateway.outcomes.terms import Aggregate, Caps, Evaluator, FigureUnit, Gate, ScalePoint
from gateway.settlement.account import BillLine, DocumentLine
from gateway.settlement.billing import new_bill
from gateway.settlement.settled import Settled, SignedDocument
from gateway.settlement.sheet import CheckName, SheetCheck, SheetContract, SheetEvidence, SheetShare, checks, sheet
from gateway.store.settlement_tables import Bill
from policies.terms import Role
from tests.unit.settlement.facts import (
    SEASONS,
    adopted,
    both_accept,
    contested,
    document,
    line,
    paid_by_three,
    seasons,
    settlement,
)

CONTRACT = seasons()
[TARIFF] = CONTRACT.tariffs
PRICE, CAP = 25_000_000, 250_000_000
NAME = "steady_and_off_benefits"
ANNA = staff_member("anna")
ON_SIGNATURE = "ikke efterregnelig af totaler: signaturen gælder · rests on the signature, not on totals"


def people(count: int, kind: str = "window", *, amount: int | None = None) -> DocumentLine:
    return line(count * PRICE if amount is None else amount, kind, tariff=NAME, quantity=count)


def signed(window: str, *lines: DocumentLine, contract: Contract = CONTRACT, **more: object) -> SignedDocument:
    return replace(document(window, *lines, **more), rules_sha256=contract.sha256)


def billed(settled: Settled, window: str = "spring", payer: int = 0) -> tuple[Settled, Bill]:
    """The settlement with the bill of everything that both accept, and that bill."""
    planned = settled.planned_bill(window)
    assert planned is not None
    bills = [
        new_bill(settled, window, planned, one, number="", asked_by=(Role.OPERATOR, "operator:x"), is_demo=True)
        for one in settled.contract.payers
    ]
    return replace(settled, bills=(*settled.bills, *bills)), bills[payer]


def accepted(contract: Contract, *documents: SignedDocument, **facts: object) -> Settled:
    words = tuple(word for one in documents for word in both_accept(one))
    return settlement(contract, *documents, acknowledgements=words, **facts)


def found(
    settled: Settled, bill: Bill, *, versions: Collection[Contract] = (), approved: Collection[str] = ()
) -> dict[CheckName, SheetCheck]:
    made = checks(settled, bill, versions=versions or [settled.contract], approved=approved, approver=ANNA)
    assert [one.name for one in made] == list(CheckName)  # in the order of the sheet
    return {one.name: one for one in made}


def wrong(settled: Settled, bill: Bill, **more: Collection) -> list[str]:
    return [str(one.name) for one in found(settled, bill, **more).values() if not one.holds]


def price_check(settled: Settled, bill: Bill, **more: Collection) -> tuple[bool, str]:
    one = found(settled, bill, **more)[CheckName.AGREED_PRICE]
    return one.holds, one.fact


def test_every_check_of_a_bill_that_is_right_holds_and_names_its_fact():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    assert {one.name: (one.holds, one.fact) for one in found(settled, bill).values()} == {
        "agreed_price": (True, f"pris · price: {NAME} 250.000,00"),
        "recalculated": (True, "underskrevet · signed 500.000,00; bilaget · the document 500.000,00"),
        "acknowledged": (True, "leverandør og kommune, hver linje · operator and municipality, every line"),
        "account_and_year": (True, "5.58.81.002; resultat fra · result of 2019; bogført · booked 2030"),
        "contract_version": (True, CONTRACT.sha256[:16]),
        "not_paid_before": (True, "ingen attestation, ingen betaling · no approval, no payment"),
        "second_person": (True, "operator:x krævede · asked; anna attesterer · approves"),
    }


@pytest.mark.parametrize(
    ("documents", "window", "holds"),
    [
        ([("spring", people(2))], "spring", True),
        ([("spring", people(2, amount=2 * PRICE + 1))], "spring", False),
        ([("spring", people(2)), ("autumn", people(3))], "autumn", True),
        ([("spring", people(2)), ("autumn", people(3), people(-1, "correction"))], "autumn", True),
        ([("spring", people(2)), ("autumn", people(3, amount=2 * PRICE))], "autumn", False),
        (
            [("spring", people(2)), ("autumn", people(3, amount=2 * PRICE))],
            "spring",
            True,
        ),  # a later one does not count
        ([("spring", people(2), people(0, "window_adjustment", amount=-5))], "spring", True),  # agreed on beside it
        ([("spring", people(11, amount=CAP))], "spring", True),
        ([("spring", people(11))], "spring", False),
    ],
)
def test_what_documents_add_up_to_is_what_the_price_makes_of_their_quantities(
    documents: list[tuple], window: str, holds: bool
):
    settled, bill = billed(accepted(CONTRACT, *(signed(*one) for one in documents)), window)
    expected = f"pris · price: {NAME} 250.000,00" if holds else f"afviger · differs: {NAME}"
    assert price_check(settled, bill) == (holds, expected)


def test_a_price_that_reads_more_than_its_quantity_rests_on_the_signature():
    by_state = dict.fromkeys(("ordinary_job", "education"), 7)
    for contract in (
        replace(CONTRACT, tariffs=(replace(TARIFF, cap_window_minor=5),)),
        replace(CONTRACT, caps=Caps(person_minor=5)),
        replace(CONTRACT, tariffs=(replace(TARIFF, price_by_state=by_state),)),
    ):
        settled, bill = billed(accepted(contract, signed("spring", people(2, amount=1))))
        assert price_check(settled, bill) == (True, ON_SIGNATURE)


def declared(name: str, windows: tuple[str, ...] = SEASONS) -> Aggregate:
    return Aggregate(name, FigureUnit.PERSON, Evaluator("e", "E", ""), "a method", "a register", windows, 0)


def mixed() -> Contract:
    """A fee, the price, steps of the same people, and a line of a rate that is declared from autumn on."""
    rate = declared("rate", SEASONS[1:])
    return replace(
        CONTRACT,
        aggregates=(rate,),
        tariffs=(
            FeeTariff("fee", 0, 500),
            TARIFF,
            StepsTariff("steps", 0, TARIFF.main_figure, (ScalePoint(2, 1000), ScalePoint(5, 9000))),
            LinearTariff("rate", 0, "rate", (ScalePoint(0, 100), ScalePoint(10, 1100))),
        ),
    )


@pytest.mark.parametrize(
    ("window", "fee", "price", "steps", "rate", "differs"),
    [
        ("spring", 500, 2 * PRICE, 1000, 0, ""),  # what a rate of nothing is worth is not owed before it is due
        ("spring", 500, 2 * PRICE, 1000, 100, "rate"),
        ("spring", 499, 2 * PRICE, 1001, 0, "fee, steps"),
        # another window, three more people, a rate of 4
        ("autumn", 500, 3 * PRICE, 8000, 500, ""),
        ("autumn", 1000, 3 * PRICE, 8000, 500, "fee"),
        ("autumn", 0, 3 * PRICE, 8000, 500, "fee"),
        ("autumn", 500, 3 * PRICE, 9000, 500, "steps"),
        ("autumn", 500, 3 * PRICE, 8000, 400, "rate"),
    ],
)
def test_fees_steps_and_declared_figures_are_computed_again_beside_prices(
    window: str, fee: int, price: int, steps: int, rate: int, differs: str
):
    people, points = (2, 0) if window == "spring" else (3, 4)
    own = (
        line(5, "window_adjustment", tariff="fee"),  # wherever it stands, what is agreed on follows from no price
        line(fee, tariff="fee", quantity=1),
        line(price, tariff=NAME, quantity=people),
        line(steps, tariff="steps", quantity=people),
        line(rate, tariff="rate", quantity=points),
    )
    before = (
        line(500, tariff="fee", quantity=1), line(2 * PRICE, tariff=NAME, quantity=2),
        line(1000, tariff="steps", quantity=2),
    )  # fmt: skip
    documents = [("spring", *own)] if window == "spring" else [("spring", *before), (window, *own)]
    settled, bill = billed(accepted(mixed(), *(signed(*one, contract=mixed()) for one in documents)), window)
    said = f"afviger · differs: {differs}" if differs else f"pris · price: fee 5,00, {NAME} 250.000,00"
    assert price_check(settled, bill) == (not differs, said)


@pytest.mark.parametrize(
    ("gate", "is_computed"), [(Gate(TARIFF.main_figure, 2), True), (Gate(TARIFF.main_figure, 3), False), (None, True)]
)
def test_a_gate_on_what_lines_show_is_open_or_shut_as_they_say(gate: Gate | None, is_computed: bool):
    contract = replace(CONTRACT, tariffs=(TARIFF, FeeTariff("fee", 0, 500, gate=gate)))
    one = signed("spring", people(2), line(500, tariff="fee", quantity=1), contract=contract)
    settled, bill = billed(accepted(contract, one))
    assert price_check(settled, bill)[0] is is_computed


def test_a_gate_on_what_no_line_shows_rests_on_the_signature():
    """As in New York: paid for people in work, once the rate is five points above that of the control group."""
    tariff = DeclaredPriceTariff("in_work", 0, "more", 600_000, gate=Gate("points", 50))
    contract = replace(CONTRACT, measures=(), aggregates=(declared("points"), declared("more")), tariffs=(tariff,))
    for amount in (1_800_000, 0):  # of three people, once with the gate shut
        extra = line(5, "window_adjustment", tariff="in_work")
        one = signed("spring", line(amount, tariff="in_work", quantity=3), extra, contract=contract)
        settled, bill = billed(accepted(contract, one))
        assert price_check(settled, bill) == (True, ON_SIGNATURE)


def test_steps_have_no_price_that_could_be_named():
    free = replace(CONTRACT, tariffs=(replace(TARIFF, price_minor=0),))
    settled, bill = billed(accepted(free, signed("spring", people(2, amount=0), line(5, "window_adjustment"))))
    assert price_check(settled, bill) == (True, "pris · price: trin · steps")


def test_a_document_under_no_known_version_or_that_stands_no_more_has_no_agreed_price():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    other = replace(CONTRACT, sha256="f" * 64)
    assert price_check(settled, bill, versions=[other]) == (
        False, "no version of the contract has the digest that spring was signed under",
    )  # fmt: skip
    assert price_check(settled, bill, versions=[other, CONTRACT])[0]
    gone = replace(settled, signed=())
    assert price_check(gone, bill) == (False, "no payment document of spring stands")


def test_a_stated_window_is_not_evaluated_and_later_ones_begin_with_it():
    before = adopted(StatedLine("spring", NAME, 2, 2 * PRICE - 5, 5, 0, "", ""))
    held = signed("spring", line(5, "held", tariff=NAME, quantity=0), is_stated=True)
    settled, bill = billed(accepted(CONTRACT, held, adopted=before))
    assert price_check(settled, bill) == (
        True, "oplyst af parterne, ikke opgjort · stated by the parties, not evaluated",
    )  # fmt: skip
    for amount, holds in ((3 * PRICE, True), (3 * PRICE - 5, False)):
        settled, bill = billed(
            accepted(CONTRACT, held, signed("autumn", people(3, amount=amount)), adopted=before), "autumn"
        )
        assert price_check(settled, bill)[0] is holds


@pytest.mark.parametrize(
    ("autumn", "differs"),
    [((500, 3 * PRICE), ""), ((500, 4 * PRICE), NAME), ((600, 3 * PRICE), "fee")],
)
def test_what_was_settled_otherwise_before_the_gateway_is_not_made_up_for_after_it(
    autumn: tuple[int, int], differs: str
):
    """In spring two were paid as one, and of the fee a fifth was left out: so it stays."""
    contract = replace(CONTRACT, tariffs=(FeeTariff("fee", 0, 500), TARIFF))
    before = adopted(
        StatedLine("spring", "fee", 1, 400, 0, 0, "", ""), StatedLine("spring", NAME, 2, PRICE, 0, 0, "", "")
    )
    fee, price = autumn
    one = signed("autumn", line(fee, tariff="fee", quantity=1), line(price, tariff=NAME, quantity=3), contract=contract)
    held = signed("spring", is_stated=True)
    settled, bill = billed(accepted(contract, held, one, adopted=before), "autumn")
    assert found(settled, bill)[CheckName.AGREED_PRICE].holds is not differs
    assert differs in price_check(settled, bill)[1]


@pytest.mark.parametrize(
    ("figure", "fact"), [("rate", ON_SIGNATURE), (TARIFF.main_figure, f"afviger · differs: {NAME}")]
)
def test_a_declared_figure_after_adoption_rests_on_the_signature(figure: str, fact: str):
    """What its evaluator declared of the stated windows may be another figure than the parties state of them."""
    steps = StepsTariff(NAME, 0, figure, (ScalePoint(2, 1000), ScalePoint(5, 9000)))
    contract = replace(CONTRACT, aggregates=(declared("rate"),), tariffs=(steps,))
    before = adopted(StatedLine("spring", NAME, 2, 1000, 0, 0, "", ""))
    one = signed("autumn", line(7777, tariff=NAME, quantity=3), contract=contract)
    settled, bill = billed(accepted(contract, signed("spring", is_stated=True), one, adopted=before), "autumn")
    assert price_check(settled, bill) == (fact == ON_SIGNATURE, fact)


def test_a_share_is_recalculated_after_what_was_billed_before():
    """4, 2 and 1 of 7 parts: of 5 after 1 they bear 2, 1 and 1 more; and each bill stands by itself."""
    contract = paid_by_three()
    first, second = (window.label for window in contract.windows[:2])
    seen = accepted(contract, signed(first, line(1)), signed(second, line(5)))
    seen, _ = billed(seen, first)
    for payer in range(3):
        settled, bill = billed(seen, second, payer)
        assert found(settled, bill)[CheckName.RECALCULATED].holds
        made = sheet(settled, bill, (), is_demo=False)
        assert made.share == SheetShare((4, 2, 1)[payer], 7)
        assert (made.payer, made.bill.total_minor) == (contract.payers[payer].name, bill.total_minor)
        earlier = next(one for one in settled.bills if one.payer == bill.payer)
        assert found(settled, earlier)[CheckName.RECALCULATED].holds


def changed(bill: Bill, **columns: object) -> Bill:
    return Bill(**{**bill.model_dump(), **columns})


def test_a_row_that_says_another_amount_than_its_document_or_its_lines_is_not_recalculated():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    [only] = bill.lines
    for edited in (
        changed(bill, total_minor=bill.total_minor + 1),
        changed(bill, xml=bill.xml.replace(b"500000.00", b"500000.01")),
        changed(bill, lines=[{**only, "amount_minor": only["amount_minor"] + 1}]),
        changed(bill, lines=[{**only, "whole_minor": only["whole_minor"] - 1}]),
    ):
        assert "recalculated" in wrong(replace(settled, bills=(edited,)), edited)
    single, own = billed(accepted(CONTRACT, signed("spring", people(1, amount=1))))
    gone = replace(single, signed=(signed("spring", people(1, "correction", amount=1)),))
    assert "recalculated" in wrong(gone, own)  # a single øre of a line that nobody signs any more
    less = replace(settled, signed=(signed("spring", people(1)),))
    assert "recalculated" in wrong(less, bill)  # more is billed than is owed
    assert "recalculated" in wrong(replace(settled, signed=(signed("spring", people(2, "correction")),)), bill)


def test_the_vat_of_a_bill_is_checked_after_that_of_its_payers_earlier_ones():
    seen = accepted(CONTRACT, signed("spring", people(1, amount=401)), signed("autumn", people(1, amount=401)))
    seen = replace(seen, terms=replace(seen.terms, vat="25", vat_reason=""))
    seen, first = billed(seen)
    settled, bill = billed(seen, "autumn")
    for one, rounding, payable in ((first, 0, 501), (bill, 1, 502)):
        assert found(settled, one)[CheckName.RECALCULATED].holds
        made = sheet(settled, one, (), is_demo=True).bill
        assert (made.total_minor, made.vat_minor, made.rounding_minor, made.payable_minor) == (
            401,
            100,
            rounding,
            payable,
        )


def test_a_line_that_not_both_accept_or_that_is_disputed_is_not_acknowledged():
    one = signed("spring", people(2), people(1, "correction"))
    settled, bill = billed(accepted(CONTRACT, one))
    no = "ikke af begge, eller bestridt · not by both, or disputed"
    silent = replace(settled, acknowledgements=settled.acknowledgements[:1])
    assert found(silent, bill)[CheckName.ACKNOWLEDGED] == SheetCheck(CheckName.ACKNOWLEDGED, False, no)
    quarrel = contested(one, people(2), 2 * PRICE, role=Role.OPERATOR)
    assert wrong(replace(settled, disputes=(quarrel,)), bill) == ["acknowledged"]
    # what is disputed beside the bill's own line stays out of it
    part = changed(bill, lines=[entry for entry in bill.lines if entry["key"].endswith("correction")])
    assert found(replace(settled, disputes=(quarrel,)), part)[CheckName.ACKNOWLEDGED].holds


def test_the_account_is_the_contracts_and_no_result_is_booked_before_its_year():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    other = changed(bill, xml=bill.xml.replace(b"5.58.81.002", b"5.58.81.999"))
    assert wrong(settled, other) == ["account_and_year"]
    for year, holds in ((2018, False), (2019, True)):
        early = changed(bill, issued_on=bill.issued_on.replace(year=year))
        assert found(settled, early)[CheckName.ACCOUNT_AND_YEAR].holds is holds


def test_every_version_that_a_bill_rests_on_is_known():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    other = replace(CONTRACT, sha256="f" * 64)
    edited = changed(bill, contract_sha256=other.sha256)
    both = ", ".join(sorted((CONTRACT.sha256[:16], "f" * 16)))
    for versions, holds in (([CONTRACT], False), ([CONTRACT, other], True)):
        one = found(settled, edited, versions=versions)[CheckName.CONTRACT_VERSION]
        assert (one.holds, one.fact) == (holds, both)


def test_a_document_of_another_window_or_that_stands_no_more_says_nothing_of_a_bill():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    other = replace(CONTRACT, sha256="f" * 64)
    for beside in (
        signed("autumn", people(1), contract=other),
        signed("spring", people(1), revision=0, is_standing=False, contract=other),
    ):
        assert wrong(replace(settled, signed=(beside, *settled.signed)), bill) == []


def test_nothing_is_approved_or_paid_twice():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    said = "attesteret eller betalt før · before"
    twin = changed(bill, id="another")
    for seen, approved in (
        (settled, [bill.id]),
        (replace(settled, paid={bill.id: bill.issued_on}), []),
        (replace(settled, bills=(bill, twin)), []),
    ):
        one = found(seen, bill, approved=approved)[CheckName.NOT_PAID_BEFORE]
        assert (one.holds, one.fact) == (False, said)
    assert found(settled, bill, approved=["another"])[CheckName.NOT_PAID_BEFORE].holds


def test_whoever_asked_is_no_second_person():
    settled, bill = billed(accepted(CONTRACT, signed("spring", people(2))))
    own = changed(bill, requested_by="anna")
    assert wrong(settled, own) == ["second_person"]


@pytest.mark.parametrize("is_demo", [True, False])
def test_the_sheet_says_what_is_asked_for_of_whom_and_on_which_evidence(is_demo: bool):
    seen = accepted(CONTRACT, signed("spring", people(2)), signed("autumn", people(1)))
    seen, _ = billed(seen)
    settled, bill = billed(seen, "autumn")
    made = sheet(settled, bill, [SheetCheck(CheckName.RECALCULATED, True, "x")], is_demo=is_demo)
    assert (made.schema, made.currency, made.demo) == ("settlement-sheet/1", "DKK", is_demo)
    assert made.contract == SheetContract("ballerup", CONTRACT.title, 1)
    assert (made.payer, made.creditor, made.share) == ("Ballerup Kommune", "Specialisterne", SheetShare(1, 1))
    assert made.illustrative == tuple(CONTRACT.illustrative)
    assert {name: value for name, value in asdict(made.bill).items() if name != "lines"} == {
        "number": bill.number,
        "kind": "invoice",
        "total_minor": PRICE,
        "vat_minor": 0,
        "rounding_minor": 0,
        "payable_minor": PRICE,
        "issued_on": bill.issued_on,
        "due_on": bill.due_on,
        "requested_by": "operator:x",
        "sha256": bill.sha256,
        "refers_to": "",
    }
    assert made.bill.lines == (BillLine("autumn", f"{NAME}/window", "week", 1, PRICE, PRICE),)
    buyer = settled.terms.buyer(bill.payer)
    assert (made.account, made.order_number) == (buyer.account, buyer.order_number)
    assert (made.person_reference, made.gln) == (buyer.person_reference, buyer.party.gln)
    assert made.evidence == (SheetEvidence("autumn", "autumn/1", "autumn/1", 0),)
    assert made.checks == (SheetCheck(CheckName.RECALCULATED, True, "x"),)
