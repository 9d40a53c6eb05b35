"""SF0770_A eIndkomst: reported income and paid hours of one person, by reporting employer and wage period.

Namespaces and order are those of `IndkomstOplysningPersonHent_IType.xsd` (revision r5123) and of the OIO schemas that
it imports. An answer is a tree of forms (*blanketter*): 11000 is a report with its income type, 16000 below it a kind
of income, 16001 below that the amounts and hours. Fields go by display numbers, which are others than those an employer
reports with: paid hours are reported as field 200 and displayed as ...096, while displayed ...200 is 'no relation
between wage and hours'. The numbers are read from the public client `odense-rpa/skat-eindkomst-ws`
(`Parsers/eIndkomstParser.cs`); the list of the tax administration itself is the spreadsheet 'underbilag 1' of the
subscription, which was not read for this.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from connectors.cells import read_day
from connectors.errors import RejectReason, SchemaChanged, SourceMalformed
from connectors.transports.kombit.known_elements import check_elements
from connectors.transports.kombit.question import Question, check_heading, heading
from connectors.transports.xml import (
    Element,
    day_text,
    element,
    items_of_list,
    number,
    only,
    optional,
    text_of,
)

_K = "{http://www.kombit.dk/2017/01/01/}"
_S = "{http://rep.oio.dk/skat.dk/eindkomst/}"
_CPR = "{http://rep.oio.dk/cpr.dk/xml/schemas/core/2005/03/18/}"
_SE = "{http://rep.oio.dk/skat.dk/motor/class/virksomhed/xml/schemas/20080401/}"


def oio_class(name: str) -> str:
    """The namespace of an OIO class of the income register."""
    return f"{{http://rep.oio.dk/skat.dk/eindkomst/class/{name}/xml/schemas/20071202/}}"


_BLANKET = f"{oio_class('blanket')}BlanketNummerIdentifikator"
_FIELD = f"{_S}BlanketFeltEnhedStruktur/{oio_class('blanketfelt')}BlanketFeltNummerIdentifikator"
_CONTENT = f"{oio_class('angivelsefelt')}AngivelseFeltIndholdTekst"
_PERIOD = "http://rep.oio.dk/xkom.dk/xml/schemas"
_END_OF_PERIOD = (
    f"{_S}AngivelsePeriodeStruktur/{oio_class('angivelse')}AngivelsePeriode/{{{_PERIOD}/2007/04/15/}}EndDate"
)
_NUMBER = "100000000000000{:03}"
_INCOME_TYPE, _KIND_OF_REPORT, _REVERSED = (_NUMBER.format(display) for display in (12, 11, 21))
_A_INCOME = {_NUMBER.format(57), _NUMBER.format(58)}  # with and without labour market contribution
_B_INCOME = {_NUMBER.format(70), _NUMBER.format(71)}
_HOURS = _NUMBER.format(96)
_REPORT, _KIND, _AMOUNTS = "11000", "16000", "16001"
_UNREADABLE = "reversed"  # in place of an amount: the shape then concludes nothing about this person


def build(question: Question) -> Element:
    given = question.parameters
    return element(
        f"{_K}IndkomstOplysningPersonHent_I",
        heading(question),
        element(
            f"{_K}IndkomstOplysningPersonInddata",
            element(
                f"{_S}AbonnentAdgangStruktur",
                element(f"{oio_class('abonnenttype')}AbonnentTypeKode", given["subscriber_type"]),
                element(f"{oio_class('abonnementtype')}AbonnementTypeKode", given["subscription_type"]),
                element(f"{oio_class('adgangformaaltype')}AdgangFormaalTypeKode", given["purpose"]),
            ),
            element(
                f"{_S}AbonnentStruktur",
                element(
                    f"{_S}AbonnentVirksomhedStruktur",
                    element(
                        f"{_S}AbonnentVirksomhed",
                        element(f"{_SE}VirksomhedSENummerIdentifikator", given["se_number"]),
                    ),
                ),
            ),
            element(
                f"{_S}IndkomstOplysningValg",
                element(f"{_S}IndkomstPersonSamling", _search(question)),
            ),
        ),
    )


def _search(question: Question) -> Element:
    ask = question.ask
    return element(
        f"{_S}PersonIndkomstSoegeStruktur",
        element(f"{_CPR}PersonCivilRegistrationIdentifier", question.cpr_digits),
        element(
            f"{_S}SoegeAarMaanedLukketStruktur",
            element(f"{oio_class('soegeaarmaanedfrakode')}SoegeAarMaanedFraKode", f"{ask.from_day:%Y%m}"),
            element(f"{oio_class('soegeaarmaanedtilkode')}SoegeAarMaanedTilKode", f"{ask.to_day:%Y%m}"),
        ),
    )


def parse(content: Element, question: Question) -> list[dict[str, str]]:
    """A record for each report, in the month in which its wage period ends; corrections are reports of their own."""
    source = question.source
    check_elements(content, "sf0770_a", source=source)
    answer = only(content, f"{_K}IndkomstOplysningPersonHent_O", source=source)
    check_heading(answer, question)
    given = optional(answer, f"{_K}IndkomstPersonUddata", source=source)
    records: list[dict[str, str]] = []
    for person in items_of_list(
        given, f"{_S}IndkomstOplysningPersonSamling", f"{_S}IndkomstOplysningPersonStruktur", source=source
    ):
        question.check_person(text_of(person, f"{_CPR}PersonCivilRegistrationIdentifier", source=source))
        for employer in items_of_list(
            person, f"{_S}IndkomstOplysningSamling", f"{_S}IndberetningPligtigVirksomhed", source=source
        ):
            for period in items_of_list(
                employer, f"{_S}IndkomstLoenPeriodeSamling", f"{_S}LoenPeriodeOplysningStruktur", source=source
            ):
                records += _reports(period, question)
    return records


def _reports(period: Element, question: Question) -> Iterator[dict[str, str]]:
    source = question.source
    end = text_of(period, _END_OF_PERIOD, source=source)
    day = read_day(day_text(end))
    if isinstance(day, RejectReason):
        raise SchemaChanged(source=source, reason="the element 'EndDate' holds something that is no day")
    month = f"{day:%Y-%m}"
    holder = optional(period, f"{_S}AngivelseBlanketIndholdStruktur", source=source)
    for report in items_of_list(holder, f"{_S}AngivelseOplysningSamling", f"{_S}AngivelseNiveau1", source=source):
        if _form(report, source) != _REPORT:
            raise SchemaChanged(source=source, reason=f"a report is on another form than {_REPORT}")
        about = _fields(report, source)
        income_type = about.get(_INCOME_TYPE, "")
        hours, income, is_reversed = Decimal(), Decimal(), about.get(_KIND_OF_REPORT, "") == "T"
        for kind in _below(report, 2, _KIND, source):
            is_reversed |= _fields(kind, source).get(_REVERSED, "") in ("1", "true")
            for amounts in _below(kind, 3, _AMOUNTS, source):
                for field, text in _fields(amounts, source).items():
                    if field == _HOURS:
                        hours += number(text, "AngivelseFeltIndholdTekst", source=source)
                    elif field in _A_INCOME or field in _B_INCOME:
                        income += number(text, "AngivelseFeltIndholdTekst", source=source)
        yield {
            "PersonCivilRegistrationIdentifier": question.cpr_digits,
            "Maaned": month,
            "Indkomsttype": income_type.zfill(2) if income_type else "",  # no type is not type 00, which is pay
            "Loentimer": f"{hours:.2f}",
            # what a reversal's amounts mean is not public: taken away, or negative already
            "Indkomst": _UNREADABLE if is_reversed else f"{income:.2f}",
        }


def _form(form: Element, source: str) -> str:
    """The number of a form."""
    return text_of(form, _BLANKET, source=source)


def _below(form: Element, level: int, blanket: str, source: str) -> list[Element]:
    """The forms of this number directly below; those of other numbers (holiday pay, pensions) are dropped."""
    below = items_of_list(form, f"{_S}UnderAngivelseSamling", f"{_S}AngivelseNiveau{level}", source=source)
    return [found for found in below if _form(found, source) == blanket]


def _fields(level: Element, source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in items_of_list(level, f"{_S}AngivelseFeltSamling", f"{_S}AngivelseFeltIndholdStruktur", source=source):
        display_number = text_of(field, _FIELD, source=source)
        if display_number in found:
            raise SourceMalformed(source=source, reason="a field stands twice on one form")
        found[display_number] = text_of(field, _CONTENT, source=source)
    return found
