"""JSON of a declared form becomes records; any other JSON stops the reading, and no cell is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.errors import SchemaChanged, SourceMalformed
from connectors.schema import Schema
from connectors.transports.json_answer import Layout, parse_json, parse_path, written_path

COLUMNS = ("personer[*].cpr", "personer[*].ydelser[*].kode", "personer[*].ydelser[*].timer", "stand.dato")


def layout(**changes: Any) -> Layout:
    given: dict[str, Any] = {
        "records": "personer[*].ydelser[*]",
        "types": {"personer[*].ydelser[*].timer": "decimal"},
        "optional": ["personer[*].ydelser", "personer[*].ydelser[*].timer"],
        "own": ["side.naeste"],
    }
    schema = changes.pop("schema", Schema(COLUMNS, ("personer[*].navn", "personer[*].adresse")))
    return Layout(schema, **(given | changes))


def answer() -> dict[str, Any]:
    return {
        "personer": [
            {
                "cpr": "6101801234",
                "navn": {"for": "Anne", "efter": ["X"]},
                "adresse": None,
                "ydelser": [{"kode": "651", "timer": 3.50}, {"kode": "771", "timer": None}],
            },
            {"cpr": "6202811235", "navn": "Bo", "adresse": "Vej 1", "ydelser": []},
            {"cpr": "6303821236", "navn": "C"},
        ],
        "stand": {"dato": "2020-03-01"},
    }


def read(value: Any, **changes: Any) -> list[tuple[str, ...]]:
    body = value if isinstance(value, bytes) else json.dumps(value).replace("3.5", "3.50").encode()
    return layout(**changes).records(parse_json(body, source="s"), source="s")


def test_there_is_one_record_for_every_item_and_what_is_dropped_is_not_in_it() -> None:
    """Numbers stay as they were written, 3.50 too."""
    assert read(answer()) == [
        ("6101801234", "651", "3.50", "2020-03-01"),
        ("6101801234", "771", "", "2020-03-01"),
    ]


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    value = answer()
    here: Any = value
    for part in path[:-1]:
        here = here[part]
    if to is None:
        del here[path[-1]]
    else:
        here[path[-1]] = to
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (changed("personer", 0, "telefon", to="6101801234"), "does not name: 'personer[*].telefon'"),
        (changed("personer", 0, "6101801234", to=1), "number 5 in 'personer[*]'"),
        (changed("ny", to=[]), "does not name: 'ny'"),
        (changed("personer", 0, "ydelser", 0, "sats", to=1), "does not name: 'personer[*].ydelser[*].sats'"),
        (changed("personer", 0, "cpr", to=None), "'personer[*].cpr' is missing"),
        (changed("personer", 0, "ydelser", 0, "kode", to=651), "'personer[*].ydelser[*].kode' is not of the type text"),
        (changed("personer", 0, "ydelser", 0, "kode", to=["651"]), "is not of the type text"),
        (changed("personer", 0, "ydelser", 0, "timer", to="3,5"), "timer' is not of the type decimal"),
        (changed("personer", 0, "ydelser", 0, "timer", to=True), "timer' is not of the type decimal"),
        (changed("personer", 0, "ydelser", to={"a": 1}), "'personer[*].ydelser' is no list"),
        (changed("personer", to={"a": 1}), "'personer' is no list"),
        (changed("personer", to=["x"]), "'personer[*]' is no object"),
        (changed("stand", to="2020"), "'stand' is no object"),
        (answer() | {"side": {"naeste": {"cursor": "x"}}}, "'side.naeste' is not of the type text or number"),
        (answer() | {"side": {"naeste": True}}, "'side.naeste' is not of the type text or number"),
        ([1], "'the answer' is no object"),
        (b"null", "'the answer' is no object"),
        (b'"text"', "'the answer' is no object"),
        (b'{"personer": null, "stand": {"dato": "x"}}', "'personer' is no list"),
        (b'{"personer": [], "stand": {"dato": null}}', "'stand.dato' is null"),
        (b'{"personer": [{"cpr": "x", "ydelser": [{"kode": "1", "timer": 1e3}]}], "stand": {"dato": ""}}', "timer' is"),
    ],
)
def test_a_source_that_changed_is_said_by_its_path_and_never_by_a_cell(value: Any, said: str) -> None:
    with pytest.raises(SchemaChanged) as refused:
        read(value)
    assert said in str(refused.value)
    assert "6101801234" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{} {}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
        b'{"a": 01}',
        b'{"a": "\x00"}',
        b"\xff\xfe{\x00}\x00",
        "{}".encode("utf-16"),
        b'{"a": "\xe6"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"//\n{}",
        b"'a'",
    ],
)
def test_what_is_not_one_json_text_is_refused(body: bytes) -> None:
    with pytest.raises(SourceMalformed, match="not one JSON text in UTF-8"):
        parse_json(body, source="s")


def test_a_byte_order_mark_and_a_number_without_end_are_harmless() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]", source="s") == ["1"]
    assert parse_json(b"[" + b"9" * 100_000 + b"]", source="s") == ["9" * 100_000]


@pytest.mark.parametrize("text", ["a", "a.b", "a[*].b", "[*].a", "[*]", "a[*][*].b", "", "æ-ø_1.@id"])
def test_paths_that_are_understood(text: str) -> None:
    assert written_path(parse_path(text)) == text


@pytest.mark.parametrize(
    "text", ["a..b", ".a", "a.", "a[0]", "a[]", "*", "a.*", "$.a", "a b", "a.[*]", "1a", "a" + ".a" * 12]
)
def test_paths_that_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a path|is deeper"):
        parse_path(text)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("andre[*].x",), "is in a list of which there is not one record each"),
        (("personer[*].ydelser[*].a", "personer[*].ydelser[*].a.b"), "two things at once"),
        (("personer[*].ydelser",), "two things at once"),
    ],
)
def test_paths_that_contradict_each_other_are_refused(columns: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        layout(schema=Schema(columns), types={}, optional=[])


def test_a_list_at_the_top_and_a_single_object() -> None:
    assert Layout(Schema(("[*].a",)), records="[*]", types={}, optional=[]).records([{"a": "x"}], source="s") == [
        ("x",)
    ]
    assert Layout(Schema(("a",)), records="", types={}, optional=[]).records({"a": "x"}, source="s") == [("x",)]


def test_a_column_that_the_source_does_not_send_is_empty() -> None:
    made = Layout(Schema(("cpr", "a")), records="", types={}, optional=[], not_sent=["cpr"])
    assert made.records({"a": "x"}, source="s") == [("", "x")]
