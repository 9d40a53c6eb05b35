"""SF1520 `PersonBaseDataExtended` 5, `PersonLookup`: what a civil register tells of a life, and nothing of a person.

Names and order as in `PersonBaseDataExtendedServiceMsg.xsd` and `PersonBaseDataExtendedServiceTypes.xsd`. The answer
holds names, addresses, family and citizenship: only the number, the status with its day and the protection of name and
address leave this module. Statuses are those of the schema's own list; of 70 (disappeared), 30 (annulled) and 20
(number for tax alone) nothing is said here, since no event of ours means them.
"""

from __future__ import annotations

from datetime import date

from connectors.cells import read_day
from connectors.errors import SchemaChanged
from connectors.transports.kombit.known_elements import check_elements
from connectors.transports.kombit.question import Question
from connectors.transports.xml import Element, day_text, element, only, optional, text_of
from vocabulary.danish_days import danish_day

_P = "{http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/5/}"
_PNR = "{http://serviceplatformen.dk/xml/schemas/cpr/PNR/1/}PNR"
_AUTHORITY = "{http://serviceplatformen.dk/xml/schemas/AuthorityContext/1/}"
_EVENTS = {"90": "dead", "80": "emigrated"}
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0", ""})  # xs:boolean, or left out
_CHANGED = frozenset({"50", "60"})  # a double number that was deleted; a number that was replaced
_KNOWN = frozenset({"1", "3", "5", "7", "20", "30", "70"}) | set(_EVENTS) | _CHANGED


def build(question: Question) -> Element:
    return element(
        f"{_P}PersonLookupRequest",
        element(f"{_AUTHORITY}AuthorityContext", element(f"{_AUTHORITY}MunicipalityCVR", question.cvr)),
        element(_PNR, question.cpr_digits),
    )


def parse(content: Element, question: Question) -> list[dict[str, str]]:
    """Every event that the answer tells of, on the day it gives; an event without a day has an empty one."""
    source = question.source
    check_elements(content, "sf1520", source=source)
    answer = only(content, f"{_P}PersonLookupResponse", source=source)
    data = only(answer, f"{_P}persondata", source=source)
    question.check_person(text_of(data, f"{_P}personnummer", source=source))
    valid = text_of(data, f"{_P}gaeldendePersonnummer", source=source)
    events = [*_status_events(data, valid, question), *_protection_events(data, question)]
    return [
        {"personnummer": question.cpr_digits, "haendelse": event, "dato": on, "gaeldendePersonnummer": number}
        for event, on, number in events
    ]


def _status_events(data: Element, valid: str, question: Question) -> list[tuple[str, str, str]]:
    source = question.source
    status = optional(data, f"{_P}status", source=source)
    code, day = "", ""
    if status is not None:
        code = text_of(status, f"{_P}status", source=source)
        day = text_of(status, f"{_P}statusdato/{_P}dato", source=source)  # an xs:dateTime, with an offset or without
        found = read_day(day)
        day = found.isoformat() if isinstance(found, date) else day
        if code and code.lstrip("0") not in _KNOWN:
            raise SchemaChanged(source=source, reason="the element 'status' holds a code that its schema does not have")
    code = code.lstrip("0")
    is_changed = code in _CHANGED or valid not in ("", question.cpr_digits)
    events = [("number_changed", day, valid)] if is_changed else []
    return [*events, *([(_EVENTS[code], day, "")] if code in _EVENTS else [])]


def _protection_events(data: Element, question: Question) -> list[tuple[str, str, str]]:
    """The days of protection as they stand, its end too; the schema has `startdato` optional. What says `beskyttet` is
    protected today, whatever its days say: from today, where no earlier beginning can be read, and without an end that
    has passed or is none.
    """
    source = question.source
    protection = optional(data, f"{_P}adressebeskyttelse", source=source)
    if protection is None:
        return []
    begun = day_text(text_of(protection, f"{_P}startdato", source=source))
    ended = day_text(text_of(protection, f"{_P}slutdato", source=source))
    says = text_of(protection, f"{_P}beskyttet", source=source)
    if says not in _YES | _NO:
        raise SchemaChanged(source=source, reason="the element 'beskyttet' is neither true nor false")
    if says in _YES:
        today, first, last = danish_day(question.now), read_day(begun), read_day(ended)
        begun = begun if isinstance(first, date) and first <= today else today.isoformat()
        ended = ended if isinstance(last, date) and last >= today else ""
    events = [("protected", begun, "")] if begun else []
    return [*events, *([("protection_ended", ended, "")] if ended else [])]
