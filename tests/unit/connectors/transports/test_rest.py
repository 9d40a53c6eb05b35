"""REST sources: what the declaration says goes into the request and nothing else, and pages make one whole or end."""

from __future__ import annotations

import dataclasses
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConnectorError, ListMoved, SchemaChanged, SourceMalformed
from connectors.schema import Schema
from connectors.transport import ListTransport, PersonTransport, Record
from connectors.transports.rest_settings import Paging, RestSettings
from gateway.simulate.certificates import Authority, server_context
from gateway.simulate.faults import Fault, Faults
from gateway.simulate.http_source import HttpSource, ReceivedRequest, Reply
from gateway.simulate.rest_sources import BenefitPeriod, CaseSystem, Dfdg
from tests.unit.connectors.cohort import ANNE, BO, SOURCES, STRANGER
from tests.unit.connectors.transports.outside import MemorySecrets, Waits, settings
from tests.unit.connectors.transports.rest_sources import ASK, example, opened, records, without_auth

PERIODS = [
    BenefitPeriod("p1", ANNE, "651", "2020-01-06", "2020-02-02"),
    BenefitPeriod("p2", ANNE, "730", "2020-02-03"),
    BenefitPeriod("p3", BO, "771", "2020-01-06", version=2),
    BenefitPeriod("p4", STRANGER, "781", "2020-01-06"),
    BenefitPeriod("p5", BO, "130", "2019-12-30", "2020-01-05", is_deleted=True),
]


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
