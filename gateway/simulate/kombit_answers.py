"""What simulated municipal services answer: bodies in the true namespaces and order, with what the real ones echo.

Names, addresses and family are in the answers, as in the real ones, so that it shows whether they are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.transports.kombit.sf0770_a import oio_class
from connectors.transports.kombit.ydelser import Y
from connectors.transports.xml import Element, element

_KONTEKST = "{http://kombit.dk/xml/schemas/kontekst/2017/01/01/}"
_K = "{http://www.kombit.dk/2017/01/01/}"
_S = "{http://rep.oio.dk/skat.dk/eindkomst/}"
_CPR = "{http://rep.oio.dk/cpr.dk/xml/schemas/core/2005/03/18/}"
_SE = "{http://rep.oio.dk/skat.dk/motor/class/virksomhed/xml/schemas/20080401/}"
_XKOM = "http://rep.oio.dk/xkom.dk/xml/schemas"
_ADDRESS = oio_class("alternativadresse")
_P = "{http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/5/}"
_NAME = "Opdigtet Eksempelsen"  # nobody's
_NUMBER = "100000000000000{:03}"


@dataclass(frozen=True, slots=True)
class Benefit:
    """A benefit with the days that a payment, or a grant, is for."""

    name: str
    subject: str  # KLE
    first: date
    last: date | None
    amount: str = "11000.00"


@dataclass(frozen=True, slots=True)
class Report:
    """An employer's report of a wage period."""

    first: date
    last: date
    income_type: str
    hours: str
    income: str
    kind: str = "I"  # I a report, T its reversal


@dataclass(frozen=True, slots=True)
class CivilRecord:
    """What the civil register has of a person."""

    status: str = "1"
    since: date = date(1990, 1, 1)
    valid_number: str = ""
    protected_from: date | None = None
    protected_to: date | None = None


def asked_for(body: Element) -> str:
    """The number in a request, wherever its schema puts it."""
    for tag in ("PartCPRNummer", "PersonCivilRegistrationIdentifier", "PNR"):
        found = [one.text or "" for one in body.iter(f"{{*}}{tag}")]
        if found:
            return found[0]
    return ""


def effektuering(request: Element, number: str, known: Sequence[Benefit] | None) -> Element:
    payments = [
        element(
            f"{Y}OEkonomiskEffektuering",
            element(
                f"{Y}OekonomiskEffektueringStruktur",
                element(f"{Y}OekonomiskEffektueringUUID", "5b5a9a90-0000-4000-8000-000000000001"),
                element(f"{Y}OekonomiskEffektueringDispositionsdato", benefit.first.isoformat()),
                element(f"{Y}OekonomiskEffektueringSamletBruttobeloeb", benefit.amount),
                element(f"{Y}OekonomiskEffektueringBeloebSendtTilUdbetaling", benefit.amount),
                element(f"{Y}OekonomiskEffektueringStartDato", benefit.first.isoformat()),
                element(f"{Y}OEkonomiskEffektueringMasterSystemInstans", *_system()),
                element(f"{Y}OEkonomiskEffektueringModtager", *_part(number)),
            ),
            element(
                f"{Y}OEkonomiskYdelseseffektueringListe",
                element(
                    f"{Y}OEkonomiskYdelseseffektuering",
                    element(f"{Y}OekonomiskYdelseseffektueringBeloeb", benefit.amount),
                    element(f"{Y}OekonomiskYdelseseffektueringPeriodeFra", benefit.first.isoformat()),
                    *_day(f"{Y}OekonomiskYdelseseffektueringPeriodeTil", benefit.last),
                    element(f"{Y}BevilgetYdelse", *_benefit(benefit, number)),
                ),
            ),
        )
        for benefit in known or ()
    ]
    listed = [element(f"{Y}OEkonomiskEffektueringListe", *payments)] if payments else []
    return element(f"{Y}EffektueringHent_O", _heading(request), *listed)


def bevilling(request: Element, number: str, known: Sequence[Benefit] | None) -> Element:
    granted = [element(f"{Y}BevilgetYdelse", *_benefit(benefit, number)) for benefit in known or ()]
    listed = [element(f"{Y}BevilgetYdelseListe", *granted)] if granted else []
    return element(f"{Y}BevillingHent_O", _heading(request), *listed)


def _benefit(benefit: Benefit, number: str) -> list[Element]:
    return [
        element(f"{Y}YdelseKlasse", element(f"{Y}KlasseIdentifikation", "9a1b0000-0000-4000-8000-000000000001")),
        element(f"{Y}YdelseNavn", benefit.name),
        element(f"{Y}BevilgetYdelseID", "1"),
        element(f"{Y}BevilgetYdelseBegrundelse", "en begrundelse, som ingen her må beholde"),
        element(f"{Y}BevilgetYdelseStartDato", benefit.first.isoformat()),
        *_day(f"{Y}BevilgetYdelseSlutDato", benefit.last),
        element(f"{Y}BevilgetYdelseKLEEmne", benefit.subject),
        element(f"{Y}BevilgetYdelseEffektueringModtager", *_part(number)),
        element(
            f"{Y}BevillingStruktur",
            element(f"{Y}BevillingUUID", "7c0d0000-0000-4000-8000-000000000001"),
            element(f"{Y}BevillingFoelsomhed", "FOELSOMME_PERSONOPLYSNINGER"),
            element(f"{Y}BevillingEjer", element(f"{Y}VirksomhedCVRNummer", "11111111")),
            element(f"{Y}BevillingMasterSystemInstans", *_system()),
            element(f"{Y}BevillingAnsvarligAfdeling"),
            element(f"{Y}Bevillingsmodtager", *_part(number)),
        ),
    ]


def _system() -> list[Element]:
    return [
        element(f"{Y}ItSystemInstansIdentifikation", "5b5a9a90-0000-4000-8000-000000000002"),
        element(f"{Y}ItSystemInstansTitel", "Simuleret ydelsessystem"),
    ]


def _part(number: str) -> list[Element]:
    return [
        element(f"{Y}PartType", "Person"),
        element(f"{Y}PartURN", "urn:oio:cpr-nr:0"),
        element(f"{Y}PartFuldtNavn", _NAME),
        element(f"{Y}PartCPRNummer", number),
    ]


def income(request: Element, number: str, known: Sequence[Report] | None) -> Element:
    periods = [_wage_period(report) for report in known or ()]
    given = []
    if periods:
        employer = element(
            f"{_S}IndberetningPligtigVirksomhedStruktur",
            element(f"{_S}IndberetningPligtigVirksomhed", element(f"{_SE}VirksomhedSENummerIdentifikator", "10000009")),
        )
        person = element(
            f"{_S}IndkomstOplysningPersonStruktur",
            element(f"{_CPR}PersonCivilRegistrationIdentifier", number),
            element(
                f"{_S}IndkomstOplysningSamling",
                element(
                    f"{_S}IndberetningPligtigVirksomhed",
                    employer,
                    element(f"{_S}IndkomstLoenPeriodeSamling", *periods),
                ),
            ),
        )
        given = [element(f"{_K}IndkomstPersonUddata", element(f"{_S}IndkomstOplysningPersonSamling", person))]
    return element(f"{_K}IndkomstOplysningPersonHent_O", _heading(request), *given)


def _wage_period(report: Report) -> Element:
    amounts = _form("AngivelseNiveau3", "16001", {57: report.income, 96: report.hours, 200: "0"})
    kind = _form("AngivelseNiveau2", "16000", {19: "0000", 21: "1" if report.kind == "T" else "0"}, amounts)
    whole = _form("AngivelseNiveau1", "11000", {11: report.kind, 12: report.income_type}, kind)
    return element(
        f"{_S}LoenPeriodeOplysningStruktur",
        element(f"{oio_class('angivelse')}AngivelseVirksomhedEgenIdentifikator", "0001"),
        element(
            f"{_S}AngivelsePeriodeStruktur",
            element(
                f"{oio_class('angivelse')}AngivelsePeriode",
                element(f"{{{_XKOM}/2006/09/01/}}StartDate", report.first.isoformat()),
                element(f"{{{_XKOM}/2007/04/15/}}EndDate", report.last.isoformat()),
            ),
        ),
        element(f"{oio_class('indkomstpersongruppe')}IndkomstPersonGruppeDispositionDato", report.last.isoformat()),
        element(
            f"{_S}SupplerendePersonOplysningStruktur",
            element("{http://rep.oio.dk/itst.dk/xml/schemas/2006/01/17/}PersonName", _NAME),
            element(
                f"{_S}AlternativAdresseStruktur",
                *(element(f"{_ADDRESS}AlternativAdresseAdresseLinie{n}", "Opdigtet") for n in (1, 2, 3)),
                element(f"{oio_class('land')}LandKode", "DK", attributes={"scheme": "iso3166-alpha2"}),
            ),
        ),
        element(f"{_S}AngivelseBlanketIndholdStruktur", element(f"{_S}AngivelseOplysningSamling", whole)),
    )


def _form(level: str, number: str, fields: Mapping[int, str], *below: Element) -> Element:
    return element(
        f"{_S}{level}",
        element(f"{oio_class('blanket')}BlanketNummerIdentifikator", number),
        element(f"{_S}AngivelseFeltSamling", *(_field(field, text) for field, text in fields.items())),
        element(f"{_S}UnderAngivelseSamling", *below),
    )


def _field(number: int, text: str) -> Element:
    return element(
        f"{_S}AngivelseFeltIndholdStruktur",
        element(
            f"{_S}BlanketFeltEnhedStruktur",
            element(f"{oio_class('blanketfelt')}BlanketFeltNummerIdentifikator", _NUMBER.format(number)),
            element(f"{oio_class('feltenhedtype')}FeltEnhedTypeKode", "1"),
        ),
        element(f"{oio_class('angivelsefelt')}AngivelseFeltIndholdTekst", text),
    )


def life(_: Element, number: str, known: CivilRecord | None) -> Element:
    told = known or CivilRecord()
    protection = []
    if told.protected_from is not None:
        protection = [
            element(
                f"{_P}adressebeskyttelse",
                element(f"{_P}startdato", told.protected_from.isoformat()),
                *_day(f"{_P}slutdato", told.protected_to),
                element(f"{_P}beskyttet", "true" if told.protected_to is None else "false"),
            )
        ]
    data = element(
        f"{_P}persondata",
        element(f"{_P}personnummer", number),
        element(f"{_P}gaeldendePersonnummer", told.valid_number or number),
        element(f"{_P}navn", element(f"{_P}personadresseringsnavn", _NAME)),
        element(f"{_P}antalBoernUnder18", "2"),
        element(
            f"{_P}status",
            element(f"{_P}status", told.status),
            element(f"{_P}statusdato", element(f"{_P}dato", f"{told.since.isoformat()}T00:00:00")),
        ),
        *protection,
    )
    lives_at = element(f"{_P}adresse", element(f"{_P}aktuelAdresse", element(f"{_P}standardadresse", "Opdigtet Vej 1")))
    return element(f"{_P}PersonLookupResponse", data, lives_at)


def _heading(request: Element) -> Element:
    transaction = request.findtext(f"{_KONTEKST}HovedOplysninger/{_KONTEKST}TransaktionsId") or ""
    at = request.findtext(f"{_KONTEKST}HovedOplysninger/{_KONTEKST}TransaktionsTid") or ""
    return element(
        f"{_KONTEKST}HovedOplysningerSvar",
        element(f"{_KONTEKST}TransaktionsId", transaction),
        element(f"{_KONTEKST}TransaktionsTid", at),
    )


def _day(tag: str, day: date | None) -> list[Element]:
    return [] if day is None else [element(tag, day.isoformat())]


ANSWERS: Mapping[str, Callable[[Element, str, Any], Element]] = {
    "sf1491.effektuering": effektuering,
    "sf1491.bevilling": bevilling,
    "sf0770_a": income,
    "sf1520": life,
}
