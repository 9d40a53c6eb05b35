"""SF1491 `BevillingHent`: benefits as they were granted, with the days from which and to which.

Only grants that began before the end of the days asked for are asked for; those that ended before them are left out
here, since the service can filter by the last day only where there is one. A grant is not a payment: a benefit that is
stopped without its grant being ended shows as granted.
"""

from __future__ import annotations

from connectors.transports.kombit.known_elements import check_elements
from connectors.transports.kombit.question import Question, check_heading, heading
from connectors.transports.kombit.ydelser import (
    Y,
    benefit_columns,
    check_grantee,
    criterion,
    own_authority,
    touches,
)
from connectors.transports.xml import Element, day_text, element, items_of_list, only, text_of


def build(question: Question) -> Element:
    return element(
        f"{Y}BevillingHent_I",
        heading(question),
        criterion(question),
        element(f"{Y}PartRolle", "Bevillingsmodtager"),
        element(f"{Y}MedtagEffektueringer", "false"),
        element(f"{Y}BevilgetYdelseStartDatoTil", question.ask.to_day.isoformat()),
        own_authority(question),
    )


def parse(content: Element, question: Question) -> list[dict[str, str]]:
    source = question.source
    check_elements(content, "sf1491.bevilling", source=source)
    answer = only(content, f"{Y}BevillingHent_O", source=source)
    check_heading(answer, question)
    records = []
    for benefit in items_of_list(answer, f"{Y}BevilgetYdelseListe", f"{Y}BevilgetYdelse", source=source):
        check_grantee(benefit, question)
        first = day_text(text_of(benefit, f"{Y}BevilgetYdelseStartDato", source=source))
        last = day_text(text_of(benefit, f"{Y}BevilgetYdelseSlutDato", source=source))
        if touches(first, last, question):
            records.append(benefit_columns(benefit, question) | {"StartDato": first, "SlutDato": last})
    return records
