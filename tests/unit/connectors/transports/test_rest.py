"""REST sources: what the declaration says goes into the request and nothing else, and pages make one whole or end."""

from __future__ import annotations

import dataclasses
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.declaration import SourceDeclaration, load_declaration
from connectors.errors import ConnectorError, ListMoved, SchemaChanged, SourceMalformed
from connectors.schema import Schema
from connectors.transport import Ask, ListTransport, Page, PersonTransport, Record
from connectors.transports import connect, lists_everybody
from connectors.transports.addresses import origin
from connectors.transports.rest_settings import Paging, RestSettings
from gateway.simulate.certificates import Authority, server_context
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import HttpSource, ReceivedRequest, Reply
from gateway.simulate.rest_sources import BenefitPeriod, CaseSystem, Dfdg
from tests.unit.connectors.cohort import ANNE, BO, SOURCES, STRANGER
from tests.unit.connectors.transports.outside import OPENED, MemorySecrets, Waits, settings
from vocabulary.errors import DeclarationInvalid

ASK = Ask(date(2020, 1, 6), date(2020, 6, 28))
PERIODS = [
    BenefitPeriod("p1", ANNE, "651", "2020-01-06", "2020-02-02"),
    BenefitPeriod("p2", ANNE, "730", "2020-02-03"),
    BenefitPeriod("p3", BO, "771", "2020-01-06", version=2),
    BenefitPeriod("p4", STRANGER, "781", "2020-01-06"),
    BenefitPeriod("p5", BO, "130", "2019-12-30", "2020-01-05", is_deleted=True),
]
SECRETS = MemorySecrets({"case-system-secret": "s3cret"})


def example(name: str, url: str, **changes: Any) -> tuple[RestSettings, Schema]:
    """The example's declaration, at a simulated source."""
    declaration = load_declaration((SOURCES / f"{name}.toml").read_bytes(), file=f"{name}.toml")
    said: RestSettings = declaration.transport
    auth = dataclasses.replace(said.auth, token_url=url + "/oauth/token") if said.auth else None
    http = changes.pop("http", settings(url))
    said = dataclasses.replace(said, url=url + changes.pop("path", "/api/v1/changes"), auth=auth, http=http, **changes)
    return said, Schema(tuple(declaration.columns.values()), declaration.dropped)


def opened(said: RestSettings, schema: Schema, waits: Waits | None = None, secrets: MemorySecrets = SECRETS) -> Any:
    transport = connect(said, schema, secrets, (waits or Waits()).clock)
    assert isinstance(transport, ListTransport) == lists_everybody(said)
    OPENED.append(transport)
    return transport


@pytest.fixture
def cases() -> Iterator[tuple[HttpSource, CaseSystem]]:
    faults = Faults()
    system = CaseSystem(PERIODS, faults, secret="s3cret")
    with HttpSource(system, faults=faults) as source:
        yield source, system


PATHS = {
    "changes": ("/api/v1/changes", Paging("changes", "cursor", next="next")),
    "number": ("/api/v1/periods", Paging("number", "page", first=1, total="total")),
    "link": ("/api/v1/linked", Paging("link")),
}


def lists(source: HttpSource, kind: str = "changes", **changes: Any) -> ListTransport:
    path, paging = PATHS[kind]
    made = opened(*example("case-system", source.url, path=path, paging=paging, **changes))
    assert isinstance(made, ListTransport)
    return made


def records(pages: Iterator[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


ALL = [
    (ANNE, "651", "2020-01-06", "2020-02-02", "false", "p1", "1"),
    (ANNE, "730", "2020-02-03", "", "false", "p2", "1"),
    (BO, "771", "2020-01-06", "", "false", "p3", "2"),
    (STRANGER, "781", "2020-01-06", "", "false", "p4", "1"),
    (BO, "130", "2019-12-30", "2020-01-05", "true", "p5", "1"),
]


def in_order(schema: Schema) -> list[Record]:
    """`ALL` in the order of the declaration's columns."""
    words = ["changes[*]." + word for word in ("cpr", "code", "from", "to", "deleted", "id", "version")]
    return [tuple(dict(zip(words, row, strict=True))[name] for name in schema.columns) for row in ALL]


@pytest.mark.parametrize("kind", PATHS)
def test_every_way_of_paging_gives_every_record_once_and_nothing_else(
    cases: tuple[HttpSource, CaseSystem], kind: str
) -> None:
    source, system = cases
    _, schema = example("case-system", source.url)
    assert records(lists(source, kind).pages(ASK)) == in_order(schema)
    assert "a name that nobody asked for" not in str(in_order(schema))
    assert all(query["from"] == "2020-01-06" and query["to"] == "2020-06-28" for query in system.queries)


def test_a_source_that_tells_the_last_again_ends_where_its_cursor_stands_still() -> None:
    """With `>=` there is no empty page. Without `repeats` the same answer is a page that came twice."""
    change = b'{"id": "p1", "version": 1, "cpr": "6101801234", "code": "651", "from": "2020-01-06"}'
    page = b'{"changes": [%s], "next": "t1"}' % change
    with HttpSource(lambda request: Reply(page)) as source:
        said, schema = without_auth(source)
        assert len(records(opened(paged(said, repeats=True), schema).pages(ASK))) == 2
        with pytest.raises(SourceMalformed, match="the same page follows again"):
            records(opened(paged(said, repeats=False), schema).pages(ASK))


def paged(said: RestSettings, *, repeats: bool) -> RestSettings:
    return dataclasses.replace(said, paging=dataclasses.replace(said.paging, repeats=repeats))


def test_changes_go_on_from_the_cursor(cases: tuple[HttpSource, CaseSystem]) -> None:
    source, system = cases
    cursor = list(lists(source).pages(ASK))[-1].cursor
    assert cursor == "c5"
    assert records(lists(source).pages(dataclasses.replace(ASK, since=cursor))) == []
    system.periods.append(BenefitPeriod("p6", ANNE, "651", "2020-03-02"))
    assert len(records(lists(source).pages(dataclasses.replace(ASK, since=cursor)))) == 1


# A table of faults: what of the line ends how is `test_http`'s; here each end is seen through the transport.
END = {
    Fault.UNAUTHORISED: "SourceRefused",
    Fault.FORBIDDEN: "SourceRefused",
    Fault.PRECONDITION: "SourceRefused",
    Fault.TOO_MANY: "SourceUnavailable",
    Fault.SERVER_ERROR: "SourceUnavailable",
    Fault.HANG: "SourceUnavailable",
    Fault.SLOW_BYTES: "SourceUnavailable",
    Fault.TRUNCATED: "SourceUnavailable",
    Fault.WRONG_TYPE: "SourceMalformed",
    Fault.ENDLESS: "SourceMalformed",
    Fault.ENCODING: "SourceMalformed",
    Fault.CLOCK_SKEW: "SourceRefused",
    Fault.SCHEMA_DRIFT: "SchemaChanged",
    Fault.DUPLICATE_PAGE: "ListMoved",
    Fault.REORDERED_PAGE: "whole",
    Fault.CHANGING_PAGE: {"changes": "more", "number": "ListMoved", "link": "ListMoved"},
}
KINDS_OF: dict[Fault, tuple[str, ...]] = {
    Fault.DUPLICATE_PAGE: ("changes", "number"),
    Fault.REORDERED_PAGE: tuple(PATHS),
    Fault.CHANGING_PAGE: tuple(PATHS),
}
CELLS = [(fault, kind) for fault in END for kind in KINDS_OF.get(fault, ("changes",))]


@pytest.mark.parametrize(("fault", "kind"), CELLS, ids=lambda value: str(value))
def test_every_fault_fires_and_has_its_end(cases: tuple[HttpSource, CaseSystem], fault: Fault, kind: str) -> None:
    """`whole`: the same records, perhaps some twice. `more`: a record that came while it was read is there as well."""
    source, _ = cases
    short = settings(source.url, attempts=2, read_seconds=0.15, deadline_seconds=2 if fault is Fault.SLOW_BYTES else 60)
    short = dataclasses.replace(short, largest_bytes=200_000, deadline_seconds=0.3 if fault is Fault.SLOW_BYTES else 60)
    transport = lists(source, kind, http=short)
    once = fault in {Fault.DUPLICATE_PAGE, Fault.REORDERED_PAGE}
    pages = transport.pages(ASK)
    got: list[Record] = []
    if fault is Fault.CHANGING_PAGE:
        got += next(pages).records  # it changes between two pages
        once = True
    source.faults.switch_on(fault, times=1 if once else 1_000_000)
    _, schema = example("case-system", source.url)
    try:
        got += records(pages)
    except ConnectorError as error:
        end = type(error).__name__
        shown = "".join(traceback.format_exception(error))
        assert not any(number in shown for number in (ANNE, BO, STRANGER, "s3cret", "Bearer"))
    else:
        end = "whole" if set(got) == set(in_order(schema)) else "more" if set(got) > set(in_order(schema)) else "less"
    expected = END[fault]
    assert end == (expected if isinstance(expected, str) else expected[kind])
    assert source.faults.fired[fault] > 0


def test_the_committed_table_has_every_fault_and_these_ends() -> None:
    """docs/sources/rest.md says how each ends. The certificate is `test_tls`'s."""
    page = (SOURCES.parents[1] / "docs" / "sources" / "rest.md").read_text(encoding="utf-8").split("| fault | end |")[1]
    table = dict(re.findall(r"^\| `([a-z0-9_]+)` \| (.+) \|$", page, flags=re.MULTILINE))
    assert set(table) == {fault.value for fault in set(END) | {Fault.EXPIRED_CERTIFICATE}}
    ends = {fault.value: f"`{end}`" for fault, end in END.items() if isinstance(end, str) and end != "whole"}
    assert {fault: table[fault] for fault in ends} == ends


def test_a_token_is_kept_and_fetched_anew_when_it_ends(cases: tuple[HttpSource, CaseSystem]) -> None:
    source, system = cases
    waits = Waits()
    said, schema = example("case-system", source.url)
    transport = opened(said, schema, waits)
    records(transport.pages(ASK))
    asked = source.requests
    assert asked == 1 + 4  # a token, three pages, and the empty one
    records(transport.pages(ASK))
    assert source.requests == asked + 4
    waits.slept.append(300)
    records(transport.pages(ASK))
    assert source.requests == asked + 4 + 1 + 4
    system.forget_tokens()  # taken back before its end: asked for once more, after a refusal
    assert len(records(transport.pages(ASK))) == 5


# Pages of one list, and the end of changes


def paged_source(pages: list[bytes], said: str = "page") -> Callable[[ReceivedRequest], Reply]:
    return lambda request: Reply(pages[int(request.query.get(said, "1")) - 1])


def three_pages(*codes: str) -> list[bytes]:
    """Pages of one record each, by number, in the form of the example."""
    record = b'{"id": "%s", "version": 1, "cpr": "6101801234", "code": "651", "from": "2020-03-02"}'
    return [b'{"changes": [%s], "total": %d}' % (record % code.encode(), len(codes)) for code in codes]


def test_a_record_on_the_third_page_that_was_on_the_first_ends_the_reading() -> None:
    """One of somebody else moved forward to a page that was read, and is lost: the total is right all the same."""
    for codes in (("p1", "p3", "p1"), ("p1", "p1", "p3"), ("p1", "p3", "p4", "p3")):
        with HttpSource(paged_source(three_pages(*codes))) as source:
            said, schema = without_auth(source)
            said = dataclasses.replace(said, paging=PATHS["number"][1])
            with pytest.raises(ListMoved, match="a record comes on two pages"):
                records(opened(said, schema).pages(ASK))
    with HttpSource(paged_source(three_pages("p1", "p3", "p4"))) as source:
        said, schema = without_auth(source)
        assert len(records(opened(dataclasses.replace(said, paging=PATHS["number"][1]), schema).pages(ASK))) == 3


def test_an_empty_page_between_others_does_not_end_changes() -> None:
    change = b'{"id": "%s", "version": 1, "cpr": "6101801234", "code": "651", "from": "2020-01-06"}'
    told = {"": (b"p1", b"a"), "a": (b"", b"b"), "b": (b"", b"c"), "c": (b"p2", b"d"), "d": (b"", b"d")}

    def respond(request: ReceivedRequest) -> Reply:
        record, cursor = told[request.query.get("cursor", "")]
        return Reply(b'{"changes": [%s], "next": "%s"}' % (change % record if record else b"", cursor))

    for repeats in (True, False):
        with HttpSource(respond) as source:
            said, schema = without_auth(source)
            pages = list(opened(paged(said, repeats=repeats), schema).pages(ASK))
            assert [record[schema.columns.index("changes[*].id")] for page in pages for record in page.records] == [
                "p1", "p2",
            ]  # fmt: skip
            assert pages[-1].cursor == "d"


def test_an_empty_page_ends_changes_whose_cursor_is_the_sources_clock() -> None:
    def respond(request: ReceivedRequest) -> Reply:
        return Reply(b'{"changes": [], "next": "%s"}' % datetime.now(UTC).isoformat().encode())

    with HttpSource(respond) as source:
        assert records(opened(*without_auth(source)).pages(ASK)) == []
        assert source.requests == 1


@pytest.mark.parametrize(
    ("media", "is_read"),
    [
        ("application/hal+json", True),
        ("application/vnd.kommune.v2+json; charset=utf-8", True),
        ("text/x+json", False),
        ("application/json-seq", False),
        ("application/+json", False),
    ],
)
def test_every_type_that_is_json_by_its_suffix_is_read(media: str, is_read: bool) -> None:
    with HttpSource(lambda r: Reply(b'{"changes": []}', content_type=media)) as source:
        transport = opened(*without_auth(source))
        if is_read:
            assert records(transport.pages(ASK)) == []
        else:
            with pytest.raises(SourceMalformed, match="is not of the type"):
                records(transport.pages(ASK))


# One person at a time


@dataclasses.dataclass
class Star:
    source: HttpSource
    seen: list[ReceivedRequest]
    transport: PersonTransport
    schema: Schema


@pytest.fixture
def star(tmp_path: Path) -> Iterator[Star]:
    authority = Authority(tmp_path / "certificates", now=datetime.now(UTC))
    faults, seen = Faults(), []
    service = Dfdg(PERIODS, faults)

    def respond(request: ReceivedRequest) -> Reply:
        seen.append(request)
        return service(request)

    with HttpSource(
        respond, faults=faults, tls=server_context(authority.issue("dfdg"), clients=authority.path)
    ) as source:
        http = dataclasses.replace(settings(source.url), authority="ca", client_certificate="dfdg-certificate")
        said, schema = example("dfdg", source.url, path="/v1/ydelser", http=http)
        secrets = MemorySecrets({"ca": authority.path, "dfdg-certificate": authority.issue("me").path})
        transport = opened(said, schema, secrets=secrets)
        assert isinstance(transport, PersonTransport)
        yield Star(source, seen, transport, schema)


def test_a_person_is_asked_about_in_a_header_and_never_in_an_address(star: Star) -> None:
    place = {name: index for index, name in enumerate(star.schema.columns)}
    got = star.transport.ask(ANNE, ASK)
    assert [record[place["ydelser.ydelse[*].startdato"]] for record in got] == ["2020-01-06", "2020-02-03"]
    assert star.transport.ask("6404801237", ASK) == []
    sent = star.seen[0]
    assert sent.headers["x-civilregistrationidentifier"] == ANNE
    assert sent.headers["activeorganisation"] == '{"OrganisationTypeIdentifier":8,"OrganisationCode":"851"}'
    assert ANNE not in sent.path + str(sent.query)
    assert sent.client_certificate is not None
    assert repr(star.transport) == object.__repr__(star.transport)


def test_a_request_id_is_never_used_twice_also_when_it_is_tried_again(star: Star) -> None:
    """The control: the service answers 412 to an id that it has seen."""
    star.source.faults.switch_on(Fault.SERVER_ERROR, times=1)
    star.transport.ask(ANNE, ASK)
    star.transport.ask(ANNE, ASK)
    ids = [request.headers["x-requestid"] for request in star.seen]
    assert len(set(ids)) == len(ids) == 2
    service = Dfdg(PERIODS, Faults())
    assert [service(star.seen[0]).status for _ in range(2)] == [200, 412]


def test_a_new_member_stops_it(star: Star) -> None:
    star.source.faults.switch_on(Fault.SCHEMA_DRIFT)
    with pytest.raises(SchemaChanged, match=r"does not name: 'ydelser\.ydelse\[\*\]\.satsniveau'"):
        star.transport.ask(ANNE, ASK)


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


def without_auth(source: HttpSource) -> tuple[RestSettings, Schema]:
    said, schema = example("case-system", source.url)
    return dataclasses.replace(said, auth=None), schema


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
