"""XML from outside, read with nothing of XML that a message between systems needs no use for.

An answer is UTF-8, has no document type and so no entities, and is bounded in bytes, depth, elements and attributes
before a tree of it exists. Nothing is fetched, included or transformed. What is written keeps the order in which it
is given, and an empty optional is left out by whoever writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import cast

from lxml import etree

from connectors.errors import SchemaChanged, SourceMalformed
from connectors.schema import is_a_name

MOST_BYTES = 6_000_000  # what the public clients of these services accept of one answer
_MOST_ELEMENTS = 200_000
_MOST_DEPTH = 64
_MOST_ATTRIBUTES = 32
_MOST_ATTRIBUTE_CHARACTERS = 8_192
_CHUNK_BYTES = 65_536
_DECLARED_ENCODING = re.compile(rb"""^<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']""")

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Element = etree._Element

# the prefixes of every namespace that is written, so that a message reads alike each time
PREFIXES = {
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://www.w3.org/2003/05/soap-envelope": "soap",
    "http://www.w3.org/2005/08/addressing": "wsa",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd": "wsse",
    "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd": "wsse11",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd": "wsu",
    "http://docs.oasis-open.org/ws-sx/ws-trust/200512": "wst",
    "http://schemas.xmlsoap.org/ws/2004/09/policy": "wsp",
    "http://docs.oasis-open.org/wsfed/authorization/200706": "auth",
    "http://www.w3.org/2000/09/xmldsig#": "ds",
    "urn:oasis:names:tc:SAML:2.0:assertion": "saml",
    "urn:liberty:sb:2006-08": "sbf",
    "urn:liberty:sb:profile": "sbfprofile",
    "http://kombit.dk/xml/schemas/kontekst/2017/01/01/": "kontekst",
    "http://www.kombit.dk/int/2022/01/01/": "kombit2022int",
    "http://www.kombit.dk/2017/01/01/": "kombit2017",
    "http://rep.oio.dk/skat.dk/eindkomst/": "fase2",
    "http://rep.oio.dk/cpr.dk/xml/schemas/core/2005/03/18/": "core",
    "http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/5/": "person",
    "http://serviceplatformen.dk/xml/schemas/AuthorityContext/1/": "autctx",
    "http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/": "cpr",
}
_OIO_CLASS = re.compile(r"http://rep\.oio\.dk/skat\.dk/(?:eindkomst|motor)/class/([a-z]+)/xml/schemas/\d{8}/")
_ZONED_DAY = re.compile(r"\A([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})\Z")
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")


def element(tag: str, *content: Element | str, attributes: dict[str, str] | None = None) -> Element:
    """An element `{namespace}name` with its children or text, in the order given."""
    namespace = etree.QName(tag).namespace or ""
    oio = _OIO_CLASS.fullmatch(namespace)
    prefix = oio[1] if oio else PREFIXES.get(namespace)
    made = etree.Element(tag, attributes or {}, nsmap=None if prefix is None else {prefix: namespace})
    for part in content:
        if isinstance(part, str):
            made.text = (made.text or "") + part
        else:
            made.append(part)
    return made


def xml_bytes(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def read(content: bytes, *, source: str) -> Element:
    """The root of an answer; `SourceMalformed` for anything that is not plain, bounded XML in UTF-8."""
    if len(content) > MOST_BYTES:
        raise _malformed_xml(source, f"the answer has more than {MOST_BYTES} bytes")
    declared = _DECLARED_ENCODING.match(content)
    if declared is not None and declared[1].lower() not in (b"utf-8", b"utf8"):
        raise _malformed_xml(source, "the answer is declared in another encoding than UTF-8")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed_xml(source, "the answer is not UTF-8") from None
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:  # in plain UTF-8 there is no other way to write them
        raise _malformed_xml(source, "the answer has a document type, which no message between systems has")
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    depth = elements = 0
    try:
        for start in range(0, len(content), _CHUNK_BYTES):
            parser.feed(content[start : start + _CHUNK_BYTES])
            for event, found in parser.read_events():
                depth += 1 if event == "start" else -1
                if event == "start":
                    elements += 1
                    _check_bounds(cast(Element, found), depth, elements, source)
        root: Element = parser.close()
    except etree.XMLSyntaxError:
        raise _malformed_xml(source, "the answer is not well-formed XML, or is cut off") from None
    return root


def _check_bounds(found: Element, depth: int, elements: int, source: str) -> None:
    if depth > _MOST_DEPTH:
        raise _malformed_xml(source, f"the answer is nested deeper than {_MOST_DEPTH} elements")
    if elements > _MOST_ELEMENTS:
        raise _malformed_xml(source, f"the answer has more than {_MOST_ELEMENTS} elements")
    if len(found.attrib) > _MOST_ATTRIBUTES:
        raise _malformed_xml(source, f"an element of the answer has more than {_MOST_ATTRIBUTES} attributes")
    if any(len(value) > _MOST_ATTRIBUTE_CHARACTERS for value in found.attrib.values()):
        raise _malformed_xml(
            source, f"an attribute of the answer is longer than {_MOST_ATTRIBUTE_CHARACTERS} characters"
        )


def only(parent: Element, tag: str, *, source: str) -> Element:
    """The one child of this name; `SchemaChanged` where it is missing or stands twice."""
    found = optional(parent, tag, source=source)
    if found is None:
        raise SchemaChanged(source=source, reason=f"the element {_local(tag)!r} is missing")
    return found


def optional(parent: Element, tag: str, *, source: str) -> Element | None:
    """The child of this name, or none; `SchemaChanged` where it stands twice."""
    found = parent.findall(tag)
    if len(found) > 1:
        raise SchemaChanged(source=source, reason=f"the element {_local(tag)!r} stands more than once")
    return found[0] if found else None


def items_of_list(parent: Element | None, tag: str, item: str, *, source: str) -> list[Element]:
    """The items of a list; nothing where the list is not there. `SchemaChanged` for anything else in it."""
    found = None if parent is None else optional(parent, tag, source=source)
    if found is None:
        return []
    check_children(found, frozenset({item}), source=source)
    return list(found)


def text_of(parent: Element, path: str, *, source: str) -> str:
    """The text at a path of optional elements, each of which may stand once; empty where there is none."""
    here: Element | None = parent
    for tag in _steps(path):
        here = None if here is None else optional(here, tag, source=source)
    if here is None:
        return ""
    if len(here):
        raise SchemaChanged(source=source, reason=f"the element {_local(here.tag)!r} holds elements instead of a text")
    text = (here.text or "").strip()
    if text and here.get(_NIL, "false").strip() not in ("false", "0"):
        raise SchemaChanged(source=source, reason=f"the element {_local(here.tag)!r} is nil, and holds a text")
    return text


def day_text(text: str) -> str:
    """An `xs:date` without the zone that it may have (`2020-03-01+01:00`): the day is the one that is written. Anything
    else as it is.
    """
    return _ZONED_DAY.sub(r"\1", text)


def number(text: str, name: str, *, source: str) -> Decimal:
    """A plain decimal number with a point; `SchemaChanged` with the element's name for anything else."""
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        raise SchemaChanged(source=source, reason=f"the element {name!r} holds something that is no number")
    return Decimal(text)


def check_children(parent: Element, known: frozenset[str], *, source: str) -> None:
    """`SchemaChanged` for a child that the service's schema did not have when this was written.

    Its name is repeated only if it cannot be somebody's data: letters alone, at most 60.
    """
    for position, child in enumerate(parent, start=1):
        if child.tag in known:
            continue
        local = _local(child.tag)
        named = repr(local) if is_a_name(local) else f"number {position}"
        raise SchemaChanged(source=source, reason=f"in {_local(parent.tag)!r} the element {named} is new")


def without(root: Element, is_dropped: Callable[[str], bool]) -> Element:
    """The same tree without the elements whose names a declaration drops: new ones that somebody has decided about."""
    for found in [found for found in root.iter() if is_dropped(_local(found.tag))]:
        parent = found.getparent()
        if parent is not None:
            parent.remove(found)
    return root


def _steps(path: str) -> Iterator[str]:
    return (found[0] for found in re.finditer(r"\{[^}]*\}[^/]+", path))


def _local(tag: str) -> str:
    return etree.QName(tag).localname


def _malformed_xml(source: str, reason: str) -> SourceMalformed:
    return SourceMalformed(source=source, reason=reason)
