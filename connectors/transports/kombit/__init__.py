"""Municipal services over SOAP: what each is called, how it is spoken to, and which columns it gives.

Names, namespaces and order are those of the services' own WSDL and XSD files, as published in the repository
`Randers-Kommune-Digitalisering/serviceplatformen-examples` (`WsdlForINtegrations`), and of the client types generated
from them in `Randers-Kommune-Digitalisering/rk-digi-serviceplatformen-package` (MIT). An operation whose message could
not be read in such a place is not here: see `docs/sources/`.

This module loads nothing, so that a declaration can be read without an XML library; each operation's messages are
in `connectors.transports.kombit.messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Operation:
    version: str  # of SOAP
    action: str
    has_liberty_header: bool  # Liberty Basic SOAP Binding 2.0
    columns: tuple[str, ...]  # the columns that a declaration may name
    parameters: Mapping[str, str] = field(default_factory=dict)  # name -> pattern; the agreement says their values


_YDELSE = "http://www.kombit.dk/int/2022/01/01/YdelseListeHentService"

OPERATIONS: Mapping[str, Operation] = {
    "sf1491.effektuering": Operation(
        version="1.2",
        action=f"{_YDELSE}#EffektueringHent",
        has_liberty_header=False,
        columns=("PartCPRNummer", "YdelseNavn", "KLEEmne", "KlasseIdentifikation", "PeriodeFra", "PeriodeTil"),
    ),
    "sf1491.bevilling": Operation(
        version="1.2",
        action=f"{_YDELSE}#BevillingHent",
        has_liberty_header=False,
        columns=("PartCPRNummer", "YdelseNavn", "KLEEmne", "KlasseIdentifikation", "StartDato", "SlutDato"),
    ),
    "sf0770_a": Operation(
        version="1.1",
        action=(
            "http://www.kombit.dk/2017/01/01/SKATForwardEIndkomstServiceService_4"
            "#SF0770_A_IndkomstoplysningerLaes_IndkomstoplysningerLaes"
        ),
        has_liberty_header=True,
        columns=("PersonCivilRegistrationIdentifier", "Maaned", "Indkomsttype", "Loentimer", "Indkomst"),
        parameters={
            "subscriber_type": r"\d{1,6}",  # AbonnentTypeKode
            "subscription_type": r"\d{1,6}",  # AbonnementTypeKode
            "purpose": r"\d{1,6}",  # AdgangFormaalTypeKode
            "se_number": r"\d{8}",  # VirksomhedSENummerIdentifikator: the municipality's
        },
    ),
    "sf1520": Operation(
        version="1.1",
        action="http://serviceplatformen.dk/xml/wsdl/soap11/CPR/PersonBaseDataExtended/5/PersonLookup",
        has_liberty_header=True,
        columns=("personnummer", "haendelse", "dato", "gaeldendePersonnummer"),
    ),
}
