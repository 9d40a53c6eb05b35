"""SF1491 Ydelsesindeks (own sector), `YdelseListeHentService`: what its two operations have in common.

Namespace http://www.kombit.dk/int/2022/01/01/, revision r4697; elements in the order of `EffektueringHent_IType.xsd`,
`EffektueringHent_OType.xsd`, `BevillingHent_IType.xsd`, `BevillingHent_OType.xsd` and `BevillingStrukturType.xsd`.
"""

from __future__ import annotations

from connectors.cells import read_day, read_last_day
from connectors.errors import RejectReason
from connectors.transports.kombit.question import Question
from connectors.transports.xml import Element, element, only, text_of

Y = "{http://www.kombit.dk/int/2022/01/01/}"


def criterion(question: Question) -> Element:
    return element(f"{Y}Kriterie", element(f"{Y}PartCPRNummer", question.cpr_digits))


def own_authority(question: Question) -> Element:
    """`RettighedListe`: grants of this municipality and no other, which is the least that the service can be asked."""
    return element(
        f"{Y}RettighedListe",
        element(
            f"{Y}BevillingDataAfgrGruppe",
            element(f"{Y}MyndighedDataAfgrListe", element(f"{Y}VirksomhedCVRNummer", question.cvr)),
        ),
    )


def check_grantee(benefit: Element, question: Question) -> None:
    """That a benefit is granted to the person asked for. Who is paid may be another: a landlord, for instance."""
    grant = only(benefit, f"{Y}BevillingStruktur", source=question.source)
    grantee = only(grant, f"{Y}Bevillingsmodtager", source=question.source)
    question.check_person(text_of(grantee, f"{Y}PartCPRNummer", source=question.source))


def benefit_columns(benefit: Element, question: Question) -> dict[str, str]:
    """Whose the benefit is and which it is; its class is named by UUID, by KLE subject and by name."""
    source = question.source
    return {
        "PartCPRNummer": question.cpr_digits,
        "YdelseNavn": text_of(benefit, f"{Y}YdelseNavn", source=source),
        "KLEEmne": text_of(benefit, f"{Y}BevilgetYdelseKLEEmne", source=source),
        "KlasseIdentifikation": text_of(benefit, f"{Y}YdelseKlasse/{Y}KlasseIdentifikation", source=source),
    }


def touches(first: str, last: str, question: Question) -> bool:
    """Whether some of these days were asked for; days that cannot be read are given on, for the shape to judge."""
    begins, ends = read_day(first), read_last_day(last)
    if isinstance(begins, RejectReason) or isinstance(ends, RejectReason):
        return True
    return begins <= question.ask.to_day and (ends is None or ends >= question.ask.from_day)
