"""A statement as CSV or XLSX whose cells no spreadsheet takes for a formula.

A text that begins with a sign of a formula gets an apostrophe before it (CWE-1236), also behind blanks and in the wide
forms that some programs read alike. Amounts are numbers: in CSV with a decimal comma, in XLSX as cells.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

from gateway.settlement.statement_view import SettlementStatement
from outcome_verifier.currencies import MINOR_DIGITS

HEAD = (
    "contract", "window", "from_week", "to_week", "state", "tariff", "kind", "unit", "quantity", "whole_amount",
    "payer", "amount", "amount_minor", "line_state", "on_documents", "document", "jwt_sha256", "contract_version",
    "rules_sha256", "gln", "order_number", "person_reference", "account",
)  # fmt: skip
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")
_MOST_MINOR = 10**14  # a spreadsheet keeps 15 digits

Cell = str | int | Decimal


def safe(text: str) -> str:
    """The text, with an apostrophe where a spreadsheet could read a formula."""
    return f"'{text}" if text.lstrip(" \xa0\u200b\ufeff").startswith(_SIGNS) or text.startswith(_SIGNS) else text


def rows(made: SettlementStatement) -> list[list[Cell]]:
    """One row for each line of a payment document and each payer, with its share as amount.

    A line's quantity and whole amount stand in the row of its first payer alone, so that their columns add up.
    """
    payers, contract = {payer.organisation: payer for payer in made.payers}, made.contract
    return [
        [
            contract.id,
            window.window,
            window.from_week,
            window.to_week,
            window.state.value,
            line.tariff,
            line.kind,
            line.unit,
            line.quantity if share is line.shares[0] else "",
            _amount(line.amount_minor, made.currency) if share is line.shares[0] else "",
            share.payer,
            _amount(share.amount_minor, made.currency),
            share.amount_minor,
            line.state.value,
            window.on_documents.band.value if window.on_documents else "",
            document.jti,
            document.jwt_sha256,
            document.contract_version,
            document.rules_sha256,
            payers[share.payer].gln,
            payers[share.payer].order_number,
            payers[share.payer].person_reference,
            payers[share.payer].account,
        ]
        for window in made.windows
        if (document := window.document) is not None
        for line in window.lines
        for share in line.shares
    ]


def csv_bytes(head: Sequence[str], body: Sequence[Sequence[Cell]]) -> bytes:
    """Semicolons, decimal commas and a byte order mark, as a Danish spreadsheet expects."""
    text = StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow([safe(cell) for cell in head])
    for row in body:
        writer.writerow([_in_csv(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def xlsx_bytes(head: Sequence[str], body: Sequence[Sequence[Cell]], *, title: str, on: date) -> bytes:
    """One sheet; texts are written as texts whatever they look like, and no cell is a formula or a link."""
    from xlsxwriter import Workbook  # a tenth of a second that only this needs

    data = BytesIO()
    book = Workbook(
        data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": safe(title), "created": datetime(on.year, on.month, on.day, tzinfo=UTC)})
    sheet = book.add_worksheet(safe("settlement"))
    bold = book.add_format({"bold": True, "bottom": 1})
    formats = sorted({_number_format(value) for row in body for value in row if isinstance(value, Decimal)})
    money = {one: book.add_format({"num_format": one}) for one in formats}
    for column, cell in enumerate(head):
        sheet.write_string(0, column, safe(cell), bold)
    for number, row in enumerate(body, start=1):
        for column, value in enumerate(row):
            match value:
                case str():
                    sheet.write_string(number, column, safe(value))
                case int():
                    sheet.write_number(number, column, _small(value))
                case Decimal():
                    sheet.write_number(number, column, value, money[_number_format(value)])
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(body)), len(head) - 1)
    sheet.autofit()
    book.close()
    return data.getvalue()


def _amount(minor: int, currency: str) -> Decimal:
    return Decimal(_small(minor)).scaleb(-MINOR_DIGITS[currency])


def _number_format(amount: Decimal) -> str:
    """As many decimals as the amount has, which are those of its currency."""
    places = -int(amount.as_tuple().exponent)
    return f"#,##0.{'0' * places}" if places else "#,##0"


def _small(value: int) -> int:
    if abs(value) > _MOST_MINOR:
        raise ValueError("a spreadsheet would round this number")
    return value


def _in_csv(cell: Cell) -> str:
    if isinstance(cell, str):
        return safe(cell)
    return f"{cell:f}".replace(".", ",") if isinstance(cell, Decimal) else str(cell)
