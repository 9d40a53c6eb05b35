"""The HTTP client sends nothing where it should not, and whatever a source does ends soon and in a named way."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate

import pytest

from connectors.errors import RequestUnsafe, SourceError, SourceMalformed, SourceRefused, SourceUnavailable
from connectors.transports.http import HttpAnswer, HttpClient, HttpRequest
from gateway.simulate.faults import Fault
from gateway.simulate.http_source import HttpSource, ReceivedRequest, Reply
from tests.unit.connectors.transports.outside import Waits, client

CANARY = "6101801234"
JSON = ("application/json",)


def respond(request: ReceivedRequest) -> Reply:
    return Reply(b'{"ok": true, "padding": "%s"}' % (b"x" * 200))


@pytest.fixture
def source() -> Iterator[HttpSource]:
    with HttpSource(respond) as running:
        yield running


def ask(http: HttpClient, url: str, **options: object) -> HttpAnswer:
    request = HttpRequest("POST", url, {"x-person": CANARY}, CANARY.encode())
    return http.send(lambda: request, accept=JSON, **options)


def ending(http: HttpClient, url: str) -> str:
    try:
        return f"answered {ask(http, url).status}"
    except SourceError as error:
        assert CANARY not in "".join(traceback.format_exception(error))
        assert error.__context__ is None or CANARY not in repr(vars(error.__context__))
        return type(error).__name__


FOREVER = {
    Fault.UNAUTHORISED: ("SourceRefused", 1),
    Fault.FORBIDDEN: ("SourceRefused", 1),
    Fault.PRECONDITION: ("SourceRefused", 1),
    Fault.TOO_MANY: ("SourceUnavailable", 3),
    Fault.SERVER_ERROR: ("SourceUnavailable", 3),
    Fault.HANG: ("SourceUnavailable", 3),
    Fault.TRUNCATED: ("SourceUnavailable", 3),
    Fault.WRONG_TYPE: ("SourceMalformed", 1),
    Fault.ENDLESS: ("SourceMalformed", 1),
}


@pytest.mark.parametrize(("fault", "end"), FOREVER.items(), ids=lambda value: str(value))
def test_every_fault_of_the_line_has_its_end(source: HttpSource, fault: Fault, end: tuple[str, int]) -> None:
    """The fault fires as often as the client asks, and the client asks no more often than it should."""
    source.faults.switch_on(fault)
    name, times = end
    with_limit = client(source.url, Waits(), largest_bytes=1_000_000)
    assert ending(with_limit, source.url) == name
    assert source.faults.fired == {fault: times}
    assert source.requests == times


@pytest.mark.parametrize("fault", [Fault.TOO_MANY, Fault.SERVER_ERROR, Fault.HANG, Fault.TRUNCATED])
def test_what_passes_is_tried_again(source: HttpSource, fault: Fault) -> None:
    source.faults.switch_on(fault, times=2)
    assert ending(client(source.url, Waits()), source.url) == "answered 200"
    assert source.faults.fired == {fault: 2}


def test_slow_bytes_end_with_the_deadline(source: HttpSource) -> None:
    """Each byte comes within the read timeout, so the deadline alone ends it."""
    source.faults.switch_on(Fault.SLOW_BYTES)
    assert ending(client(source.url, Waits(), deadline_seconds=0.4), source.url) == "SourceUnavailable"
    assert source.faults.fired == {Fault.SLOW_BYTES: 1}


def test_what_must_not_be_repeated_is_sent_once(source: HttpSource) -> None:
    source.faults.switch_on(Fault.SERVER_ERROR, times=1)
    with pytest.raises(SourceUnavailable):
        ask(client(source.url, Waits()), source.url, is_repeatable=False)
    assert source.requests == 1


def test_every_attempt_is_built_anew(source: HttpSource) -> None:
    """Ids, instants and signatures may not be used twice."""
    source.faults.switch_on(Fault.SERVER_ERROR, times=2)
    built: list[HttpRequest] = []

    def build() -> HttpRequest:
        built.append(HttpRequest("GET", source.url))
        return built[-1]

    client(source.url, Waits()).send(build, accept=JSON)
    assert len(built) == 3


def test_a_status_that_is_asked_for_is_an_answer(source: HttpSource) -> None:
    """SOAP 1.1 sends its faults with status 500 (SOAP 1.1 §6.2)."""
    source.faults.switch_on(Fault.SERVER_ERROR)
    assert ask(client(source.url, Waits()), source.url, statuses=(200, 500)).status == 500


# Waiting


def headers_then_answer(headers: dict[str, str]) -> Callable[[ReceivedRequest], Reply]:
    left = [Reply(b"{}", status=429, headers=headers)]
    return lambda request: left.pop() if left else Reply(b"{}")


@contextmanager
def answering(reply: Callable[[ReceivedRequest], Reply]) -> Iterator[HttpSource]:
    with HttpSource(reply) as running:
        yield running


@pytest.mark.parametrize("is_date", [False, True])
def test_the_source_says_how_long_to_wait_in_seconds_or_by_its_own_clock(is_date: bool) -> None:
    waits = Waits()
    said = formatdate(time.time() + 9, usegmt=True) if is_date else "7"
    with answering(headers_then_answer({"Retry-After": said})) as source:
        assert ending(client(source.url, waits), source.url) == "answered 200"
    assert 7 <= waits.slept[0] <= 9 + 20


@pytest.mark.parametrize("text", ["soon", "-5", "1e9", "Wed, 01 Jan 1020", "٣"])
def test_a_wait_that_is_none_is_the_usual_one(text: str) -> None:
    waits = Waits()
    with answering(headers_then_answer({"Retry-After": text} if text.isascii() else {})) as source:
        assert ending(client(source.url, waits), source.url) == "answered 200"
    assert waits.slept[0] <= 20


def test_a_wait_beyond_the_deadline_is_not_waited() -> None:
    waits = Waits()
    with answering(headers_then_answer({"Retry-After": "3600"})) as source:
        assert ending(client(source.url, waits), source.url) == "SourceUnavailable"
    assert waits.slept == []


def test_nobody_waits_longer_than_the_deadline_because_of_another_request() -> None:
    """A source that asks one thread to wait for an hour does not make the others wait for it."""
    waits = Waits()
    with answering(headers_then_answer({"Retry-After": "3600"})) as source:
        http = client(source.url, waits)
        assert ending(http, source.url) == "SourceUnavailable"
        with pytest.raises(SourceUnavailable, match="wait longer than the deadline"):
            ask(http, source.url)
        assert source.requests == 1
    assert waits.slept == []


def test_requests_are_kept_apart(source: HttpSource) -> None:
    waits = Waits()
    http = client(source.url, waits, per_minute=60)
    for _ in range(4):
        ask(http, source.url)
    assert 2.5 < sum(waits.slept) <= 3


def test_threads_share_the_connections_and_no_deadline(source: HttpSource) -> None:
    http = client(source.url, Waits(), parallel=3)
    ends: list[str] = []
    threads = [threading.Thread(target=lambda: ends.append(ending(http, source.url))) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == ["answered 200"] * 9


@pytest.mark.parametrize(("status", "seconds"), [(429, "1,800"), (503, "1,800")])
def test_how_long_the_source_asks_to_wait_is_told(status: int, seconds: str) -> None:
    reply = Reply(b"{}", status=status, headers={"Retry-After": "1800"})
    with answering(lambda request: reply) as source:
        said = f"it answered with status {status}, and asks to wait {seconds} seconds"
        with pytest.raises(SourceUnavailable, match=said):
            ask(client(source.url, Waits()), source.url)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 407, 409, 410, 412, 415, 422, 501, 307])
def test_the_advice_is_about_what_the_status_means(status: int) -> None:
    """Credentials are checked where they were refused, and nowhere else."""
    with answering(lambda request: Reply(b"", status=status)) as source, pytest.raises(SourceRefused) as refused:
        ask(client(source.url, Waits()), source.url)
    assert ("check the credentials and the agreement" in str(refused.value)) == (status in (401, 403))
    assert ("ask whoever runs the proxy" in str(refused.value)) == (status == 407)
    assert "what was stored before stays" in str(refused.value)


# Where requests go


def test_a_redirect_is_not_followed() -> None:
    with (
        HttpSource(respond) as other,
        answering(lambda r: Reply(b"", status=307, headers={"Location": other.url})) as source,
    ):
        with pytest.raises(SourceRefused, match=r"redirect \(307\), which is not followed"):
            ask(client(source.url, Waits()), source.url)
        assert other.requests == 0


@pytest.mark.parametrize("other", ["http://127.0.0.1:1/", "https://127.0.0.1:{port}/", "http://localhost:{port}/"])
def test_an_origin_that_is_not_declared_is_not_asked(source: HttpSource, other: str) -> None:
    port = source.url.rsplit(":", 1)[1]
    with pytest.raises(RequestUnsafe, match="does not name this scheme, host and port"):
        ask(client(source.url, Waits()), other.format(port=port))
    assert source.requests == 0


@pytest.mark.parametrize("path", ["/6101801234", "/?cpr=610180-1234", "/?q=%36101801234", "/?q=%2536101801234"])
def test_a_number_never_stands_in_an_address(source: HttpSource, path: str) -> None:
    with pytest.raises(RequestUnsafe, match="could hold a CPR number") as refused:
        ask(client(source.url, Waits()), source.url + path)
    assert CANARY not in str(refused.value)
    assert source.requests == 0


def test_a_uuid_in_an_address_is_no_number(source: HttpSource) -> None:
    url = source.url + "/?cursor=12345678901a4bcd8901234567890abc&x=550e8400-e29b-41d4-a716-446655440000"
    assert ask(client(source.url, Waits()), url).status == 200


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "æ", "a\x00b", "a\x7f"])
def test_a_header_cannot_be_broken_by_its_value(source: HttpSource, value: str) -> None:
    http = client(source.url, Waits())
    with pytest.raises(RequestUnsafe, match="header 'x-a'"):
        http.send(lambda: HttpRequest("GET", source.url, {"x-a": value}), accept=JSON)
    assert source.requests == 0


FORBIDDEN = [
    "169.254.169.254",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "100.100.100.200",
    "0.0.0.0",
    "127.0.0.1",
    "224.0.0.1",
    "::1",
    "fe80::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_name_that_leads_inside_is_not_dialled(address: str) -> None:
    """Also where a harmless address stands beside it."""
    http = client("https://source.example", Waits(), resolve=lambda host, port: ["93.184.215.14", address])
    with pytest.raises(RequestUnsafe, match="not public"):
        ask(http, "https://source.example/x")


def test_a_declared_network_is_dialled_and_a_changed_answer_is_judged_again(source: HttpSource) -> None:
    """DNS rebinding: what was judged is dialled, and each connection is judged; the name is never resolved twice."""
    asked: list[str] = []
    port = int(source.url.rsplit(":", 1)[1])
    url = f"http://localhost:{port}"

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    http = client(url, Waits(), resolve=rebinding)
    assert ask(http, url).status == 200
    assert asked == ["localhost"]
    http.close()
    http = client(url, Waits(), resolve=rebinding)
    with pytest.raises(RequestUnsafe):
        ask(http, url)
    assert source.requests == 1


def test_a_name_that_is_not_known_cannot_be_reached() -> None:
    def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("name server failed for a secret name")

    http = client("https://source.example", Waits(), resolve=unknown)
    with pytest.raises(SourceUnavailable, match=r"source\.example: it cannot be reached") as failed:
        ask(http, "https://source.example/path")
    assert "secret" not in str(failed.value)


# What comes back


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b"{}", content_type="application/json; charset=utf-16"), "another charset"),
        (Reply(b"{}", content_type="application/json; charset=iso-8859-1"), "another charset"),
        (Reply(b"{}", headers={"Content-Encoding": "gzip"}), "compressed"),
        (Reply(b"{}", content_type="text/json"), "not of the type application/json"),
        (Reply(b"{}", content_type=""), "not of the type"),
        (Reply(b"x" * 31_000_000), "larger than 8388608 bytes"),
    ],
)
def test_an_answer_of_another_form_is_refused(reply: Reply, said: str) -> None:
    with answering(lambda request: reply) as source, pytest.raises(SourceMalformed, match=said):
        ask(client(source.url, Waits()), source.url)


def test_no_cookie_is_kept() -> None:
    seen: list[str] = []

    def with_cookie(request: ReceivedRequest) -> Reply:
        seen.append(request.headers.get("cookie", ""))
        return Reply(b"{}", headers={"Set-Cookie": "person=6101801234; Path=/"})

    with answering(with_cookie) as source:
        http = client(source.url, Waits())
        ask(http, source.url)
        ask(http, source.url)
    assert seen == ["", ""]


def test_nothing_is_logged(source: HttpSource, caplog: pytest.LogCaptureFixture) -> None:
    """The control: with the client's own silence lifted, the address is in the log."""
    caplog.set_level(logging.DEBUG)
    ask(client(source.url, Waits()), source.url + "/canary-path")
    assert "canary-path" not in caplog.text
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        level = logger.level
        logger.setLevel(logging.DEBUG)
        logger.propagate = True
        ask(client(source.url, Waits()), source.url + "/canary-path")
        logger.setLevel(level)
        logger.propagate = False
    assert "canary-path" in caplog.text
