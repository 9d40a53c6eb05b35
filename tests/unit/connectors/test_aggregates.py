"""Figures about groups are read exactly, and can never be taken for what a register says about a person."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import connectors.aggregates
from connectors.aggregates import AggregateDeclaration, Statistics, StatisticsFigure, fetch, load_aggregate
from connectors.declaration import load_declaration
from connectors.errors import SchemaChanged, SourceError, SourceMalformed, SourceRefused
from connectors.transport import ListTransport, Page, PersonTransport, Record
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import HttpSource, ReceivedRequest, Reply
from gateway.simulate.statistics_sources import StatisticsServices
from tests.unit.connectors.transports.outside import MemorySecrets, Waits, settings
from vocabulary.errors import DeclarationInvalid

EXAMPLES = Path(__file__).parents[3] / "examples" / "statistics"
JOBINDSATS = (EXAMPLES / "jobindsats.toml").read_bytes()
STATBANK = (EXAMPLES / "statbank.toml").read_bytes()
V2 = JOBINDSATS.replace(b"jobindsats-v3", b"jobindsats-v2")


@pytest.fixture
def services() -> Iterator[HttpSource]:
    faults = Faults()
    with HttpSource(StatisticsServices(faults, key="k3y"), faults=faults) as source:
        yield source


def declared(text: bytes, source: HttpSource) -> AggregateDeclaration:
    made = load_aggregate(text, file="a.toml")
    path = "/v1" if made.service == "statbank" else ""
    return dataclasses.replace(made, url=source.url + path, http=settings(source.url))


def read(text: bytes, source: HttpSource, key: str = "k3y") -> Statistics:
    return fetch(declared(text, source), MemorySecrets({"jobindsats-key": key}), Waits().clock)


@pytest.mark.parametrize("text", [JOBINDSATS, V2], ids=["v3", "v2"])
def test_jobindsats_figures_and_what_it_does_not_show(services: HttpSource, text: bytes) -> None:
    about = {"Periode": "2020M01", "Kommune": "Hele landet"}
    got = read(text, services).figures
    assert got[0] == StatisticsFigure("Antal personer", about, Decimal(107341))
    assert got[1].value is None


def test_statbank_figures(services: HttpSource) -> None:
    got = read(STATBANK, services).figures
    assert [(one.about["TID"], one.value) for one in got] == [("2020K1", Decimal(330128)), ("2020K2", None)]


@pytest.mark.parametrize("text", [JOBINDSATS, V2], ids=["v3", "v2"])
def test_a_wrong_key_is_a_refusal_also_where_it_comes_as_a_sentence(services: HttpSource, text: bytes) -> None:
    with pytest.raises(SourceRefused) as refused:
        read(text, services, key="wr0ng")
    assert "wr0ng" not in str(refused.value)


@pytest.mark.parametrize("text", [JOBINDSATS, V2, STATBANK], ids=["v3", "v2", "statbank"])
def test_another_column_stops_it(services: HttpSource, text: bytes) -> None:
    services.faults.switch_on(Fault.SCHEMA_DRIFT)
    with pytest.raises(SchemaChanged):
        read(text, services)
    assert services.faults.fired == {Fault.SCHEMA_DRIFT: 1}


@pytest.mark.parametrize(
    "fault", [Fault.UNAUTHORISED, Fault.SERVER_ERROR, Fault.TRUNCATED, Fault.WRONG_TYPE, Fault.ENCODING]
)
def test_faults_of_the_line_end_it(services: HttpSource, fault: Fault) -> None:
    services.faults.switch_on(fault)
    with pytest.raises(SourceError):
        read(JOBINDSATS, services)
    assert services.faults.fired[fault] > 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"columns": ["Periode", "Kommune", "Antal personer"], "rows": [["a", "b"]]}',
        b'{"columns": ["Periode", "Kommune", "Antal personer"], "rows": [["a", "b", "c"]]}',
        b'{"columns": ["Periode", "Kommune", "Antal personer"], "rows": [["a", "b", true]]}',
        b'{"columns": ["Periode", "Kommune", "Antal personer"], "rows": [["a", ["b"], 1]]}',
        b'{"columns": ["Periode", "Kommune", "Antal personer"], "rows": {}}',
        b'{"columns": ["Periode", "Kommune", "Antal personer"], "rows": [["a", "b", "1.234"]]}',
        b'{"columns": null, "rows": []}',
        b"[]",
        b"3",
    ],
)
def test_answers_of_another_form(body: bytes) -> None:
    with HttpSource(lambda request: Reply(body)) as source, pytest.raises((SchemaChanged, SourceMalformed)):
        read(JOBINDSATS, source)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("\x1b]0;owned\x07", "cannot be seen"),
        ("Hele\nlandet", "cannot be seen"),
        ("\u202e001,01", "cannot be seen"),
        ("6101801234", "could hold a CPR number"),
        ("610180-1234", "could hold a CPR number"),
        ("x" * 201, "no text"),
    ],
)
def test_a_label_that_would_move_the_terminal_or_could_be_a_number_is_refused_and_not_repeated(label: str, said: str):
    """Attack: a service about groups answers with what is no name of a group."""
    answer = {"columns": ["Periode", "Kommune", "Antal personer"], "rows": [["2020M01", label, 5]]}
    body = json.dumps(answer).encode()
    with HttpSource(lambda request: Reply(body)) as source, pytest.raises(SchemaChanged, match=said) as refused:
        read(JOBINDSATS, source)
    assert label not in str(refused.value)


def of_statbank(*rows: str) -> tuple[StatisticsFigure, ...]:
    body = "\r\n".join(["OMRÅDE;YDELSESTYPE;TID;INDHOLD", *rows, ""]).encode()
    with HttpSource(lambda request: Reply(body, "text/csv; charset=utf-8")) as source:
        return read(STATBANK, source).figures


def test_a_label_of_statbank_may_hold_a_semicolon_or_quotation_marks():
    [figure] = of_statbank('"Alle; også ""andre""";SU;2020K1;7')
    assert figure.about["OMRÅDE"] == 'Alle; også "andre"'


@pytest.mark.parametrize("row", ['"Alle;SU;2020K1;7', '"Alle"x;SU;2020K1;7', "Alle;SU;2020K1", ""])
def test_a_row_of_statbank_in_another_form_stops_it(row: str):
    with pytest.raises(SchemaChanged):
        of_statbank(row)


# No figure is a person's status


def test_a_declaration_of_figures_is_no_source_and_a_source_declares_no_figures() -> None:
    with pytest.raises(DeclarationInvalid, match="schema must be source/1"):
        load_declaration(STATBANK, file="a.toml")
    with pytest.raises(DeclarationInvalid, match="schema must be aggregate/1"):
        load_aggregate(STATBANK.replace(b"aggregate/1", b"source/1"), file="a.toml")


def test_figures_have_no_place_for_a_person(services: HttpSource) -> None:
    """Neither a transport, nor a page, nor a record: the engine has no use for them, and mypy says so too."""
    got = read(STATBANK, services)
    for one in (got, got.figures, got.figures[0]):
        assert not isinstance(one, PersonTransport | ListTransport | Page)
        assert not (isinstance(one, tuple) and all(isinstance(cell, str) for cell in one))
    hints = [*typing.get_type_hints(Statistics).values(), *typing.get_type_hints(StatisticsFigure).values()]
    assert Record not in hints
    assert not any(hasattr(connectors.aggregates, name) for name in ("SubjectRef", "StatusSpell", "Record", "Boundary"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"AUK01"', b'"../x"', "is not the name of a table"),
        (b'measures = ["INDHOLD"]', b'measures = ["X"]', "is not one of the columns"),
        (b'measures = ["INDHOLD"]', b"measures = []", "at least one column"),
        (b'"statbank"\n', b'"elsewhere"\n', "must be one of: jobindsats-v3"),
        (b'["SU"]', b'["6101801234"]', "could hold a CPR number"),
        (b"https://", b"http://", "must begin with https://"),
        (b'table = "', b'code_list = "dream"\ntable = "', "code_list is not a word"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(old: bytes, new: bytes, said: str) -> None:
    assert old in STATBANK
    with pytest.raises(DeclarationInvalid) as refused:
        load_aggregate(STATBANK.replace(old, new, 1), file="a.toml")
    assert said in str(refused.value)


def test_the_question_to_statbank_is_in_its_own_form() -> None:
    seen: list[ReceivedRequest] = []

    def respond(request: ReceivedRequest) -> Reply:
        seen.append(request)
        return Reply(b"x")

    with HttpSource(respond) as source, pytest.raises(SourceError):
        read(STATBANK, source)
    assert seen[0].path == "/v1/data"
    assert seen[0].body == (
        b'{"table": "AUK01", "format": "CSV", "lang": "da", "variables": [{"code": "OMR\\u00c5DE", "values": ["000"]}, '
        b'{"code": "YDELSESTYPE", "values": ["SU"]}, {"code": "Tid", "values": ["*"]}]}'
    )
