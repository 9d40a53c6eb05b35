"""Writes the workbook that settled an invented IMPACT60 before: `python examples/adoption/workbook.py OUT.xlsx`.

Its figures are those that the registers of `gateway simulate --seed 1` show, but for one: somebody counted two weeks
too many in the first half of 2019. The sheet beside it names people, as such workbooks do, and is never read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from openpyxl import Workbook

PRICE = 1500
ROWS = [("4. kvartal 2018", 0, 0), ("1. halvår 2019", 126, 13), ("2. halvår 2019", 484, 33)]


def write(path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "Afregning"
    sheet.append(["Periode", "Uger", "Personer i alt", "Beløb (kr.)", "Bemærkning"])
    for label, weeks, people in ROWS:
        sheet.append([label, weeks, people, weeks * PRICE, ""])
    people_sheet = book.create_sheet("Borgere")
    people_sheet.append(["CPR-nummer", "Uger"])
    people_sheet.append(["610170-1234", 12])  # day + 60: nobody's number
    book.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
