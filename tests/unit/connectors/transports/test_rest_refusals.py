"""What a source that is asked by REST may not answer, and what its declaration may not say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from connectors.declaration import SourceDeclaration, load_declaration
from connectors.errors import ConnectorError, SchemaChanged, SourceMalformed
from connectors.transports.addresses import origin
from connectors.transports.rest_settings import Paging
from gateway.simulate.http_source import HttpSource, ReceivedRequest, Reply
from tests.unit.connectors.cohort import SOURCES
from tests.unit.connectors.transports.rest_sources import ASK, opened, records, without_auth
from vocabulary.errors import DeclarationInvalid

# What a source may not do


@pytest.mark.parametrize(
    ("respond", "said"),
    [
        (lambda r: Reply(b'{"changes": [], "next": 3}'), None),
        (lambda r: Reply(b'{"changes": [{}], "next": "x"}'), "is missing"),
        (lambda r: Reply(b'{"changes": [], "next": "x", "cpr": "6101801234"}'), "'cpr'"),
        (lambda r: Reply(b'{"changes": [' + b"[" * 50_000), "not one JSON text"),
        (lambda r: Reply(b'{"changes": [], "changes": []}'), "not one JSON text"),
    ],
)
def test_answers_of_another_form_end_it(respond: Callable[[ReceivedRequest], Reply], said: str | None) -> None:
    with HttpSource(respond) as source:
        transport = opened(*without_auth(source))
        if said is None:
            assert records(transport.pages(ASK)) == []
            return
        with pytest.raises((SchemaChanged, SourceMalformed), match=said):
            records(transport.pages(ASK))


@pytest.mark.parametrize(
    "link",
    [
        '<http://169.254.169.254/latest>; rel="next"',
        '<https://elsewhere.example/x>; rel="next"',
        '<//elsewhere.example/x>; rel="next"',
        '</x?cpr=6101801234>; rel="next"',
    ],
)
def test_a_link_may_not_lead_elsewhere_or_hold_a_number(link: str) -> None:
    with HttpSource(lambda r: Reply(b'{"changes": []}', headers={"Link": link})) as source:
        said, schema = without_auth(source)
        transport = opened(dataclasses.replace(said, paging=Paging("link")), schema)
        with pytest.raises(ConnectorError, match="the request was not sent"):
            records(transport.pages(ASK))
        assert source.requests == 1


def test_a_cursor_that_comes_again_ends_it_and_one_that_holds_a_header_is_not_sent() -> None:
    answers = iter(["a", "b", "a"])
    with HttpSource(lambda r: Reply(b'{"changes": [], "next": "%s"}' % next(answers).encode())) as source:
        said, schema = without_auth(source)
        transport = opened(dataclasses.replace(said, paging=Paging("cursor", "cursor", next="next")), schema)
        with pytest.raises(SourceMalformed, match="the same page follows again"):
            records(transport.pages(ASK))
    with HttpSource(lambda r: Reply(b"{}")) as source:
        said, schema = without_auth(source)
        transport = opened(dataclasses.replace(said, headers={"x-since": "{since}"}), schema)
        with pytest.raises(ConnectorError, match="the request was not sent"):
            records(transport.pages(dataclasses.replace(ASK, since="a\r\nx-evil: 1")))
        assert source.requests == 0


@pytest.mark.parametrize("counts", [True, False])
def test_a_cursor_that_could_be_a_number_stands_in_an_address_where_it_counts(counts: bool) -> None:
    """Whoever declares it says that it is a running number; else it is not sent, and the refusal says what helps."""
    asked = []

    def respond(request: ReceivedRequest) -> Reply:
        asked.append(request.query.get("cursor", ""))
        return Reply(b'{"changes": [], "next": "7303012001"}')

    with HttpSource(respond) as source:
        said, schema = without_auth(source)
        paging = Paging("changes", "cursor", next="next", repeats=True, counts=counts)
        transport = opened(dataclasses.replace(said, paging=paging), schema)
        if counts:
            assert records(transport.pages(ASK)) == []
            assert asked == ["", "7303012001"]
        else:
            with pytest.raises(ConnectorError, match="declared as one that counts") as refused:
                records(transport.pages(ASK))
            assert "7303012001" not in str(refused.value)
            assert asked == [""]


# Declarations

TEXT = (SOURCES / "dfdg.toml").read_text(encoding="utf-8")


def declared(text: str) -> SourceDeclaration:
    return load_declaration(text.encode(), file="s.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("https://dfdg.example/", "http://dfdg.example/", "must begin with https://"),
        ("https://dfdg.example/", "https://user:pw@dfdg.example/", "no user and no password"),
        ("https://dfdg.example/", "file:///etc/", "must be an address"),
        ("https://dfdg.example/", "https://dfdg.example/6101801234/", "could hold a CPR number"),
        ("https://dfdg.example/", "https://dfdg.example/{cpr}/", "without braces"),
        ("[transport.headers]", '[transport.query]\nq = "{cpr}"\n\n[transport.headers]', "may not hold {cpr}"),
        ('x-requestId = "{request_id}"', 'x-requestId = "{id}"', "a place that is not known"),
        ('x-requestId = "{request_id}"', 'x-requestId = "{"', "a place that is not known"),
        ('x-requestId = "{request_id}"', '"x request" = "1"', "is no name of a header"),
        ('"{cpr}"', '"x"', "needs {cpr} in a header or in the body"),
        ('asks = "person"', 'asks = "list"', "may hold no {cpr}"),
        ('records = "ydelser.ydelse[*]"', 'records = "$..ydelse"', "is not a path"),
        ("parallel = 4", "parallel = 0", "must be at least 1"),
        ("parallel = 4", 'networks = ["0.0.0.0/0"]', "wider than a network of one organisation"),
        ("parallel = 4", 'proxy = "socks5://x"', "must begin with https"),
        ("parallel = 4", 'proxy = "http://us:pw@proxy.example:8080"', "must hold no user and no password"),
        ("parallel = 4", "verify = false", "transport.http.verify is not a word"),
        ("[transport.http]", '[transport.body]\na = "b"\n\n[transport.http]', "stands with POST alone"),
        (
            "[transport.http]",
            '[transport.paging]\nkind = "changes"\n\n[transport.http]',
            "one person's answer is whole",
        ),
    ],
)
def test_a_declaration_that_could_lead_astray_is_refused_at_load(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(DeclarationInvalid) as refused:
        declared(TEXT.replace(old, new, 1))
    assert said in str(refused.value)


_ITEM = "ydelser.ydelse[*]"


_PAGED = '\n[transport.paging]\nkind = "cursor"\nparameter = "cursor"\nnext = "{}"\ntotal = "{}"\n\n'


@pytest.mark.parametrize(
    ("old", "new", "key", "line", "said"),
    [
        (f'"{_ITEM}.startdato"', '"andre[*].x"', "columns.from_day", 'from_day = "andre', "not one record each"),
        (f'"{_ITEM}.startdato"', '"a..b"', "columns.from_day", 'from_day = "a..b', "is not a path"),
        (f'"{_ITEM}.startdato"', f'"{_ITEM}.slutdato.dag"', "columns.to_day", "to_day =", "is two things at once"),
        (f'"{_ITEM}"', '"ydelser"', "columns.code", "code =", "not one record each"),
        (f'"{_ITEM}"', '"ydelser..ydelse[*]"', "transport.records", "records =", "is not a path"),
        (f'"{_ITEM}.kyYdelsesIdentifier"', '"a b"', "dropped", "dropped =", "is not a path"),
        (f'"{_ITEM}.kyYdelsesIdentifier"', f'"{_ITEM}.startdato.dag"', "dropped", "dropped =", "two things at once"),
        ('"ydelser.ydelse",', '"ydelser.ydelse.antal",', "transport.optional", "optional =", "two things at once"),
        ('"ydelser.ydelse",', '\n  "ydelser.ydelse",\n  "$",', "transport.optional", "optional =", "is not a path"),
        ("optional =", 'not_sent = ["x"]\noptional =', "transport.not_sent", "not_sent =", "'x', which is no column"),
        (
            "[transport.http]",
            f'[transport.types]\n"{_ITEM}.x" = "text"\n\n[transport.http]',
            f"transport.types.{_ITEM}.x",
            f'"{_ITEM}.x" =',
            "which is no column",
        ),
        (
            "[transport.http]",
            f"[transport.types]\n'{_ITEM}.startdato' = \"day\"\n\n[transport.http]",
            f"transport.types.{_ITEM}.startdato",
            f"'{_ITEM}.startdato' =",
            "must be one of",
        ),
        (
            "[transport.http]",
            _PAGED.format("ydelser.ydelse", "antal") + "[transport.http]",
            "transport.paging.next",
            "next =",
            "two things at once",
        ),
        (
            "[transport.http]",
            _PAGED.format("naeste", "naeste.antal") + "[transport.http]",
            "transport.paging.total",
            "total =",
            "two things at once",
        ),
        (
            "[transport.http]",
            _PAGED.format("a", "b[*]") + "[transport.http]",
            "transport.paging.total",
            "total =",
            "list",
        ),
        (
            'x-requestId = "{request_id}"',
            '"x request" = "1"',
            "transport.headers.x request",
            '"x request" =',
            "no name",
        ),
        ('"{request_id}"', '"{id}"', "transport.headers.x-requestId", "x-requestId =", "not known"),
        ("lists", "", "coverage.answers", "answers =", "must be 'whole' where a source is asked person by person"),
    ],
)
def test_what_contradicts_itself_is_refused_at_load_where_it_stands(
    old: str, new: str, key: str, line: str, said: str
) -> None:
    """The file, the line of the key, and the key: nobody has to look for which of many paths was meant."""
    if old == "lists":  # a source of changes, asked person by person
        text = TEXT.replace('answers = "whole"', 'answers = "changes"')
        text = text.replace("[columns]\n", f'[columns]\nrecord = "{_ITEM}.nr"\nversion = "{_ITEM}.version"\n')
    else:
        assert old in TEXT
        text = TEXT.replace(old, new, 1)
    places = [number for number, one in enumerate(text.splitlines(), start=1) if one.startswith(line)]
    with pytest.raises(DeclarationInvalid) as refused:
        declared(text)
    assert (refused.value.file, refused.value.key, [refused.value.line]) == ("s.toml", key, places)
    assert said in refused.value.reason


def test_requests_go_to_the_declared_addresses_alone() -> None:
    text = (SOURCES / "case-system.toml").read_text(encoding="utf-8")
    assert declared(text).transport.http.origins == {origin("https://cases.example")}
