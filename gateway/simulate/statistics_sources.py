"""Simulated services of figures about groups: Jobindsats v2 and v3, and StatBank. The figures are made up."""

from __future__ import annotations

import json

from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import ReceivedRequest, Reply

_COLUMNS = ["Periode", "Kommune", "Antal personer"]
_ROWS: list[list[str | int | None]] = [["2020M01", "Hele landet", 107_341], ["2020M02", "Hele landet", None]]
_WRONG_KEY = "Forkert nøgle eller nøglen er udløbet."


class StatisticsServices:
    """`/v3/data/...`, `/v2/data/.../json` and `/v1/data`; the first two want a key."""

    def __init__(self, faults: Faults, *, key: str) -> None:
        self._faults, self._key = faults, key

    def __call__(self, request: ReceivedRequest) -> Reply:
        columns = [*_COLUMNS, "Ny"] if self._faults.happens(Fault.SCHEMA_DRIFT) else _COLUMNS
        rows = [[*row, 1] for row in _ROWS] if len(columns) > len(_COLUMNS) else _ROWS
        if request.path.startswith("/v3/data/"):
            if request.headers.get("authorization") != f"Bearer {self._key}":
                return Reply(b'{"error":"unauthorised"}', status=401)
            return Reply(b"\xef\xbb\xbf" + json.dumps({"columns": columns, "rows": rows}).encode())
        if request.path.startswith("/v2/data/"):
            if request.headers.get("authorization") != self._key:
                return Reply(_WRONG_KEY.encode(), "text/plain; charset=utf-8")
            variables = [{"Label": column} for column in columns]
            return Reply(json.dumps([{"Variables": variables, "Data": rows}]).encode())
        asked = json.loads(request.body)
        if request.path != "/v1/data" or asked["format"] != "CSV":
            return Reply(b"{}", status=404)
        head = "OMRÅDE;YDELSESTYPE;TID;INDHOLD" + (";NY" if len(columns) > len(_COLUMNS) else "")
        lines = [head, '"Hele landet";"SU";"2020K1";330128', '"Hele landet";"SU";"2020K2";..']
        return Reply("\r\n".join([*lines, ""]).encode(), "text/csv; charset=utf-8")
