"""XML from outside is refused before a tree of it could do harm, and with nothing of it in the message."""

from __future__ import annotations

import pytest

from connectors.errors import SchemaChanged, SourceError, SourceMalformed
from connectors.transports.xml import MOST_BYTES, check_children, element, only, read, text_of, xml_bytes

_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_DOCTYPES = {
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "ha">{_LAUGHS}]><a>&l9;</a>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x"> %x;]><a/>',
    "external DTD": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
    "a DTD with nothing in it": "<!DOCTYPE a><a/>",
}
REFUSED = {
    **{name: text.encode() for name, text in _DOCTYPES.items()},
    "an entity of nobody": b"<a>&x;</a>",
    "deep": b"<a>" * 65 + b"</a>" * 65,
    "many attributes": ("<a " + " ".join(f'x{n}="1"' for n in range(33)) + "/>").encode(),
    "a huge attribute": b'<a x="' + b"y" * 8_193 + b'"/>',
    "too large": b"<a>" + b"x" * MOST_BYTES + b"</a>",
    "cut off": b"<a><b>6101801234</b>",
    "two roots": b"<a/><b/>",
    "nothing": b"",
    "not XML": b"maintenance 6101801234",
    "UTF-16": '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"),
    "UTF-16 that hides a DTD": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16-le"),
    "another encoding": b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe6</a>',
    "UTF-7 that hides a DTD": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>',
    "not UTF-8": b"<a>\xe6</a>",
    "NUL": b"<a>\x00</a>",
    "an unknown prefix": b"<x:a/>",
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_refused(content: bytes) -> None:
    with pytest.raises(SourceMalformed) as refused:
        read(content, source="source.example")
    assert "6101801234" not in str(refused.value)
    assert "hostname" not in str(refused.value)
    assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_a_wide_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the tree is built, so that most of it never is."""
    monkeypatch.setattr("connectors.transports.xml._MOST_ELEMENTS", 1_000)
    with pytest.raises(SourceMalformed, match="more than 1000 elements"):
        read(b"<a>" + b"<b/>" * 1_001 + b"</a>", source="x")


def test_what_is_plain_is_read() -> None:
    """The positive control: UTF-8 with and without a declaration, comments and instructions left out."""
    for head in (b"", b'<?xml version="1.0" encoding="UTF-8"?>', b"\xef\xbb\xbf"):
        root = read(head + "<a xmlns='urn:x'><?php 1?><!-- c --><b>æ</b></a>".encode(), source="x")
        assert text_of(root, "{urn:x}b", source="x") == "æ"
        assert len(root) == 1


def test_xinclude_is_an_element_like_any_other() -> None:
    root = read(b'<a><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/hostname"/></a>', source="x")
    assert len(root[0]) == 0
    assert root[0].text is None


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"<a xmlns='urn:x'><b/><NytElement/></a>", "'NytElement'"),
        (b"<a xmlns='urn:x'><b/><p6101801234/></a>", "number 2"),  # what could be a cell is not repeated
        (b"<a xmlns='urn:x'><b xmlns='urn:y'/></a>", "'b'"),  # a known name of another namespace is a new one
    ],
)
def test_a_new_element_stops_with_its_name(content: bytes, named: str) -> None:
    with pytest.raises(SchemaChanged, match=named) as changed:
        check_children(read(content, source="x"), frozenset({"{urn:x}b"}), source="x")
    assert "6101801234" not in str(changed.value)


@pytest.mark.parametrize("content", [b"<a xmlns='urn:x'/>", b"<a xmlns='urn:x'><b/><b/></a>"])
def test_a_missing_or_doubled_element_stops(content: bytes) -> None:
    with pytest.raises(SourceError, match="'b'"):
        only(read(content, source="x"), "{urn:x}b", source="x")


def test_a_text_that_became_a_tree_stops() -> None:
    with pytest.raises(SchemaChanged, match="'b' holds elements"):
        text_of(read(b"<a xmlns='urn:x'><b><c/></b></a>", source="x"), "{urn:x}b", source="x")


def test_text_is_written_as_text() -> None:
    """No text can become markup."""
    tricky = "<x>&\"']]>"
    content = xml_bytes(element("{urn:x}a", tricky))
    assert read(content, source="x").text == tricky


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("12<!-- nobody reads this -->34", "1234"),
        ("<![CDATA[12]]>34", "1234"),
        ('<t xmlns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="false">12</t>', "12"),
        ('<t xmlns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>', ""),
    ],
)
def test_the_text_of_an_element_is_all_of_its_text(written: str, text: str) -> None:
    inner = written if written.startswith("<t") else f"<t>{written}</t>"
    assert text_of(read(f'<r xmlns="urn:x">{inner}</r>'.encode(), source="s"), "{urn:x}t", source="s") == text


def test_an_element_that_is_nil_and_holds_a_text_is_neither() -> None:
    content = '<r xmlns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><t i:nil="true">6101801234</t></r>'
    with pytest.raises(SchemaChanged, match="'t' is nil, and holds a text") as changed:
        text_of(read(content.encode(), source="s"), "{urn:x}t", source="s")
    assert "6101801234" not in str(changed.value)
