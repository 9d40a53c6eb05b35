"""The bodies of requests, byte for byte, and what is read of answers.

The golden files were compared with the published schemas by hand and validated against them with libxml2
(`EffektueringHent_IType.xsd`, `BevillingHent_IType.xsd`, `IndkomstOplysningPersonHent_IType.xsd`,
`PersonBaseDataExtendedServiceMsg.xsd`). One thing does not validate: the income register's pattern for a CPR number
does not allow the day+60 numbers of nobody that are used here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from connectors.errors import AnswerForAnother, SchemaChanged, SourceError, SourceMalformed, SourceRefused
from connectors.transports.kombit import OPERATIONS
from connectors.transports.kombit.known_elements import parse_tree
from connectors.transports.kombit.messages import MESSAGES
from connectors.transports.kombit.question import Question
from connectors.transports.xml import Element, element, read, without, xml_bytes
from gateway.simulate.kombit_answers import ANSWERS, Benefit, CivilRecord, Report
from tests.unit.connectors.transports.soap.world import ANNA, ASK, BO, CVR, MARCH

GOLDEN = Path(__file__).parent / "golden"
QUESTION = Question(
    cpr_digits=ANNA,
    ask=ASK,
    cvr=CVR,
    transaction_id="b1c8e3f0-0000-4000-8000-000000000001",
    now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    parameters={"subscriber_type": "1", "subscription_type": "2", "purpose": "3", "se_number": "12345678"},
    source="source.example",
)


def body(content: Element) -> Element:
    """As an answer comes: read again from its bytes, in a body."""
    return read(xml_bytes(element("{http://www.w3.org/2003/05/soap-envelope}Body", content)), source="x")


def parsed(operation: str, known: Any, change: Callable[[Element], object] = lambda _: None) -> list[tuple[str, ...]]:
    messages = MESSAGES[operation]
    content = body(ANSWERS[operation](messages.build(QUESTION), ANNA, known))
    change(content)
    records = messages.parse(content, QUESTION)
    assert all(tuple(record) == OPERATIONS[operation].columns for record in records)
    return [tuple(record.values()) for record in records]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_requests_are_as_the_golden_files(operation: str) -> None:
    built = MESSAGES[operation].build(QUESTION)
    etree.indent(built)
    assert xml_bytes(built) + b"\n" == (GOLDEN / f"{operation}.xml").read_bytes()


def set_text(name: str, text: str) -> Callable[[Element], object]:
    def change(root: Element) -> None:
        for found in root.iter(f"{{*}}{name}"):
            found.text = text

    return change


def remove(name: str) -> Callable[[Element], object]:
    def change(root: Element) -> None:
        for found in list(root.iter(f"{{*}}{name}")):
            parent = found.getparent()
            assert parent is not None
            parent.remove(found)

    return change


# SF1491

KONTANT = Benefit("Kontanthjælp", "32.24.04", *MARCH)
PAID = (ANNA, "Kontanthjælp", "32.24.04", "9a1b0000-0000-4000-8000-000000000001", "2020-03-01", "2020-03-31")


@pytest.mark.parametrize(
    ("benefits", "records"),
    [
        ([], []),
        ([KONTANT], [PAID]),
        ([KONTANT, KONTANT], [PAID]),  # two payments for the same days
        ([KONTANT, replace(KONTANT, amount="-11000.00")], []),  # taken back
        ([KONTANT, replace(KONTANT, amount="-1000.00")], [PAID]),  # a part taken back
        ([replace(KONTANT, first=date(2020, 1, 1), last=date(2020, 1, 31))], []),  # not among the days asked for
        ([replace(KONTANT, last=None)], [(*PAID[:-1], "")]),
    ],
)
def test_payments_become_periods(benefits: Sequence[Benefit], records: list[tuple[str, ...]]) -> None:
    assert parsed("sf1491.effektuering", benefits) == records


def test_grants_become_periods() -> None:
    ended = replace(KONTANT, first=date(2019, 1, 1), last=date(2019, 12, 31))
    assert parsed("sf1491.bevilling", [replace(KONTANT, last=None), ended]) == [(*PAID[:-1], "")]
    assert parsed("sf1491.bevilling", None) == []


# SF0770_A

REPORT = Report(*MARCH, "00", "160.33", "25000.00")


@pytest.mark.parametrize(
    ("reports", "records"),
    [
        (None, []),
        ([REPORT], [(ANNA, "2020-03", "00", "160.33", "25000.00")]),
        (
            [REPORT, replace(REPORT, hours="-10", income="-1500.5")],  # a correction of an earlier month
            [(ANNA, "2020-03", "00", "160.33", "25000.00"), (ANNA, "2020-03", "00", "-10.00", "-1500.50")],
        ),
        ([replace(REPORT, income_type="6")], [(ANNA, "2020-03", "06", "160.33", "25000.00")]),
        (
            [replace(REPORT, first=date(2020, 2, 24), last=date(2020, 3, 8))],
            [(ANNA, "2020-03", "00", "160.33", "25000.00")],
        ),
        ([replace(REPORT, kind="T")], [(ANNA, "2020-03", "00", "160.33", "reversed")]),  # no amount: nobody counts it
    ],
)
def test_reports_become_postings(reports: Sequence[Report] | None, records: list[tuple[str, ...]]) -> None:
    """Displayed field 200 (no relation between wage and hours) is in every report and is not read as hours."""
    assert parsed("sf0770_a", reports) == records


def test_a_report_without_an_income_type_is_no_wage() -> None:
    """Type 00 is pay for work; what has no type must not become it."""
    assert parsed("sf0770_a", [replace(REPORT, income_type="")]) == [(ANNA, "2020-03", "", "160.33", "25000.00")]


# SF1520


@pytest.mark.parametrize(
    ("life", "events"),
    [
        (CivilRecord(), []),
        (CivilRecord("90", date(2020, 3, 8)), [("dead", "2020-03-08", "")]),
        (CivilRecord("80", date(2020, 3, 8)), [("emigrated", "2020-03-08", "")]),
        (CivilRecord("60", date(2020, 3, 8), BO), [("number_changed", "2020-03-08", BO)]),
        (CivilRecord("50", date(2020, 3, 8), BO), [("number_changed", "2020-03-08", BO)]),
        (CivilRecord("70", date(2020, 3, 8)), []),
        (CivilRecord(protected_from=date(2019, 1, 1)), [("protected", "2019-01-01", "")]),
        (
            CivilRecord(protected_from=date(2019, 1, 1), protected_to=date(2020, 1, 1)),
            [("protected", "2019-01-01", ""), ("protection_ended", "2020-01-01", "")],
        ),
    ],
)
def test_a_register_tells_of_a_life(life: CivilRecord, events: list[tuple[str, str, str]]) -> None:
    assert parsed("sf1520", life) == [(ANNA, *event) for event in events]


@pytest.mark.parametrize(
    ("says", "begun", "ended", "events"),
    [
        ("true", "2019-01-01", "2026-06-01", [("protected", "2019-01-01"), ("protection_ended", "2026-06-01")]),
        ("true", "", "", [("protected", "2026-01-02")]),
        ("true", "", "2025-12-31", [("protected", "2026-01-02")]),
        ("true", "2026-03-01", "", [("protected", "2026-01-02")]),
        ("false", "2019-01-01", "2020-01-01", [("protected", "2019-01-01"), ("protection_ended", "2020-01-01")]),
        ("false", "", "", []),
        ("", "2019-01-01", "", [("protected", "2019-01-01")]),
    ],
)
def test_what_is_said_to_be_protected_is(says: str, begun: str, ended: str, events: list[tuple[str, str]]) -> None:
    def change(content: Element) -> None:
        for name, text in (("beskyttet", says), ("startdato", begun), ("slutdato", ended)):
            [found] = content.iter("{*}adressebeskyttelse")
            [one] = found.iter(f"{{*}}{name}")
            one.text = text

    life = CivilRecord(protected_from=date(2019, 1, 1), protected_to=date(2020, 1, 1))
    assert parsed("sf1520", life, change) == [(ANNA, event, day, "") for event, day in events]


# What stops an answer

KNOWN: dict[str, Any] = {
    "sf1491.effektuering": [KONTANT],
    "sf1491.bevilling": [KONTANT],
    "sf0770_a": [REPORT],
    "sf1520": CivilRecord("90", date(2020, 3, 8)),
}
WHOSE = {
    "sf1491.effektuering": "PartCPRNummer",
    "sf1491.bevilling": "PartCPRNummer",
    "sf0770_a": "PersonCivilRegistrationIdentifier",
    "sf1520": "personnummer",
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("change", [set_text, lambda name, _: remove(name)], ids=["another", "nobody"])
def test_an_answer_about_another_person_or_nobody_is_refused(
    operation: str, change: Callable[[str, str], Callable[[Element], object]]
) -> None:
    with pytest.raises(AnswerForAnother) as refused:
        parsed(operation, KNOWN[operation], change(WHOSE[operation], BO))
    assert BO not in str(refused.value)
    assert ANNA not in str(refused.value)


@pytest.mark.parametrize("operation", ["sf1491.effektuering", "sf1491.bevilling", "sf0770_a"])
def test_an_answer_to_another_question_is_refused(operation: str) -> None:
    with pytest.raises(AnswerForAnother):
        parsed(operation, KNOWN[operation], set_text("TransaktionsId", "b1c8e3f0-0000-4000-8000-000000000002"))


def test_an_error_of_the_service_is_refused_without_its_text() -> None:
    kontekst = "{http://kombit.dk/xml/schemas/kontekst/2017/01/01/}"

    def add_error(root: Element) -> None:
        told = element(f"{kontekst}Fejl", element(f"{kontekst}FejlTekst", f"{ANNA} findes ikke"))
        next(root.iter(f"{kontekst}HovedOplysningerSvar")).append(element(f"{kontekst}SvarReaktion", told))

    with pytest.raises(SourceRefused) as refused:
        parsed("sf1491.effektuering", [], add_error)
    assert ANNA not in str(refused.value)


@pytest.mark.parametrize(
    ("operation", "change", "error"),
    [
        ("sf1491.effektuering", set_text("OekonomiskYdelseseffektueringBeloeb", "NaN"), SchemaChanged),
        ("sf1491.effektuering", set_text("OekonomiskYdelseseffektueringBeloeb", "1,5"), SchemaChanged),
        ("sf1491.effektuering", remove("BevillingStruktur"), SchemaChanged),
        ("sf1491.effektuering", remove("HovedOplysningerSvar"), SchemaChanged),
        ("sf0770_a", set_text("AngivelseFeltIndholdTekst", "many"), SchemaChanged),
        ("sf0770_a", set_text("AngivelseFeltIndholdTekst", "1e400000000"), SchemaChanged),
        ("sf0770_a", set_text("EndDate", "2020-13-01"), SchemaChanged),
        ("sf0770_a", set_text("BlanketNummerIdentifikator", "11001"), SchemaChanged),
        ("sf0770_a", set_text("BlanketFeltNummerIdentifikator", "100000000000000096"), SourceMalformed),
        ("sf1520", set_text("status", "91"), SchemaChanged),
        ("sf1520", remove("persondata"), SchemaChanged),
    ],
)
def test_an_answer_of_another_shape_stops(
    operation: str, change: Callable[[Element], object], error: type[SourceError]
) -> None:
    with pytest.raises(error) as stopped:
        parsed(operation, KNOWN[operation], change)
    assert ANNA not in str(stopped.value)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_question_has_no_repr_with_a_number(operation: str) -> None:
    assert ANNA not in repr(QUESTION)


# Every level is frozen


def elements_of(operation: str) -> list[str]:
    """The place of every element of the example's answer, from the body down."""
    content = body(ANSWERS[operation](MESSAGES[operation].build(QUESTION), ANNA, FULL[operation]))
    tree = content.getroottree()
    return [tree.getelementpath(found) for found in content.iter()]


FULL: dict[str, Any] = KNOWN | {
    "sf1520": CivilRecord("60", date(2020, 3, 8), BO, protected_from=date(2019, 1, 1), protected_to=date(2030, 1, 1))
}
LEVELS = [(operation, place) for operation in OPERATIONS for place in elements_of(operation)]


@pytest.mark.parametrize(("operation", "place"), LEVELS)
@pytest.mark.parametrize("tag", ["nyt", "{http://elsewhere.example/}nyt", "own"])
def test_a_new_element_at_any_level_stops_it(operation: str, place: str, tag: str) -> None:
    """Also in what is dropped as a whole. `own`: a name of the service's own namespace."""

    def plant(root: Element) -> None:
        target = root if place == "." else root.find(place)
        assert target is not None
        namespace = etree.QName(target.tag).namespace
        target.append(element(f"{{{namespace}}}nyt" if tag == "own" else tag, ANNA))

    assert parsed(operation, FULL[operation])
    with pytest.raises(SchemaChanged, match="the element 'nyt' is new") as stopped:
        parsed(operation, FULL[operation], plant)
    assert ANNA not in str(stopped.value)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_known_element_at_another_level_stops_it(operation: str) -> None:
    """A name that the schema has elsewhere is new where it has none."""

    def plant(root: Element) -> None:
        last = list(root.iter())[-1]
        root[0].append(element(last.tag))
        root.append(element(last.tag))

    with pytest.raises(SchemaChanged, match="is new"):
        parsed(operation, FULL[operation], plant)


def test_a_new_element_that_is_declared_as_dropped_stops_nothing() -> None:
    def plant(root: Element) -> None:
        root[0][0].append(element("nyt", ANNA))
        without(root, lambda name: name == "nyt")

    assert parsed("sf0770_a", [REPORT], plant) == parsed("sf0770_a", [REPORT])


def test_a_tree_says_where_it_is_wrong() -> None:
    known = parse_tree("# x\n\na = urn:a\n\na:one\n  a:two *\n  a:three\n    a:four\na:five\n")
    assert list(known.children) == ["{urn:a}one", "{urn:a}five"]
    assert list(known.children["{urn:a}one"].children) == ["{urn:a}two", "{urn:a}three"]
    assert [one.is_open for one in known.children["{urn:a}one"].children.values()] == [True, False]
    for wrong in ("a:one\n    a:two", "  a:one", "one", "a:one x", "a:one\n a:two"):
        with pytest.raises(ValueError, match="is no element below the one before it"):
            parse_tree(f"a = urn:a\n\n{wrong}\n")


# What the register says of days


PROTECTION = "{http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/5/}"
TODAY, YESTERDAY, TOMORROW = "2026-01-02", "2026-01-01", "2026-01-03"


@pytest.mark.parametrize(
    ("begun", "ended", "says", "events"),
    [
        ("", "", "true", [("protected", TODAY)]),
        ("", "", "1", [("protected", TODAY)]),
        ("", "", "false", []),
        ("", "", "", []),
        ("2019-01-01", "", "true", [("protected", "2019-01-01")]),
        ("2019-01-01+01:00", "", "true", [("protected", "2019-01-01")]),
        ("", "2027-01-01+01:00", "true", [("protected", TODAY), ("protection_ended", "2027-01-01")]),
        ("", "2027-01-01", "true", [("protected", TODAY), ("protection_ended", "2027-01-01")]),
        ("2019-01-01", "2020-01-01", "true", [("protected", "2019-01-01")]),  # the register says that it goes on
        ("2019-01-01", YESTERDAY, "true", [("protected", "2019-01-01")]),
        ("2019-01-01", TODAY, "true", [("protected", "2019-01-01"), ("protection_ended", TODAY)]),
        ("2019-01-01", "2020-01-01", "false", [("protected", "2019-01-01"), ("protection_ended", "2020-01-01")]),
        ("2019-01-01", "2027-01-01", "false", [("protected", "2019-01-01"), ("protection_ended", "2027-01-01")]),
        (TOMORROW, "", "true", [("protected", TODAY)]),
        (TOMORROW, "", "false", [("protected", TOMORROW)]),
        ("0001-01-01", "", "true", [("protected", TODAY)]),  # a day by which a system says that it has none
        ("0001-01-01", "", "false", [("protected", "0001-01-01")]),  # nothing is concluded about this person
        ("2019-01-01", "soon", "true", [("protected", "2019-01-01")]),
    ],
)  # fmt: skip
def test_what_is_protected_today_is_protected(begun: str, ended: str, says: str, events: list[tuple[str, str]]) -> None:
    def change(root: Element) -> None:
        given = next(root.iter(f"{PROTECTION}adressebeskyttelse"))
        for child in list(given):
            given.remove(child)
        for name, text in (("startdato", begun), ("slutdato", ended), ("beskyttet", says)):
            if text:
                given.append(element(f"{PROTECTION}{name}", text))

    found = parsed("sf1520", CivilRecord(protected_from=date(2019, 1, 1)), change)
    assert [(event, on) for _, event, on, _ in found] == events


def test_what_is_neither_protected_nor_not_stops() -> None:
    with pytest.raises(SchemaChanged, match="'beskyttet' is neither true nor false"):
        parsed("sf1520", CivilRecord(protected_from=date(2019, 1, 1)), set_text("beskyttet", "ja"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2020-03-07T23:00:00Z", "2020-03-08"),
        ("2020-03-08T00:00:00+01:00", "2020-03-08"),
        ("2020-06-30T22:30:00Z", "2020-07-01"),
        ("2020-03-08T00:00:00", "2020-03-08"),
        ("2020-03-081", "2020-03-081"),  # no day: nothing is concluded about this person
        ("", ""),
    ],
)
def test_the_day_of_a_status_is_the_danish_day_of_its_instant(text: str, day: str) -> None:
    assert parsed("sf1520", CivilRecord("90", date(2020, 3, 8)), set_text("dato", text)) == [(ANNA, "dead", day, "")]


def test_days_may_have_a_zone() -> None:
    plain = parsed("sf1491.effektuering", [KONTANT])
    assert (
        parsed("sf1491.effektuering", [KONTANT], set_text("OekonomiskYdelseseffektueringPeriodeFra", "2020-03-01Z"))
        == plain
    )
    assert parsed("sf0770_a", [REPORT], set_text("EndDate", "2020-03-31+02:00")) == parsed("sf0770_a", [REPORT])
    with pytest.raises(SchemaChanged):
        parsed("sf0770_a", [REPORT], set_text("EndDate", "2020-03-311"))
