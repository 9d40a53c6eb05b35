"""SF1491 `EffektueringHent`: benefits as they were paid, with the days that each payment is for.

The service filters by the day of payment, which is not the period: a benefit is paid before or after it, and
corrections come later. So payments are asked for from two months before the first day and without an end, and periods
that lie outside the days asked for are left out here. Payments of one benefit for the same days are added up: where
nothing or less remains, the payment was taken back and the days are not the benefit's.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

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
from connectors.transports.xml import Element, day_text, element, items_of_list, number, only, text_of

_AMOUNT = "OekonomiskYdelseseffektueringBeloeb"
_PAID_AHEAD = timedelta(days=62)
_PARTS = f"{Y}OEkonomiskYdelseseffektuering"


def build(question: Question) -> Element:
    return element(
        f"{Y}EffektueringHent_I",
        heading(question),
        criterion(question),
        element(f"{Y}PartRolle", "Bevillingsmodtager"),
        element(f"{Y}MedtagBevilling", "true"),  # or nothing in the answer says whose the benefit is
        element(f"{Y}OekonomiskEffektueringDispositionsDatoFra", (question.ask.from_day - _PAID_AHEAD).isoformat()),
        own_authority(question),
    )


def parse(content: Element, question: Question) -> list[dict[str, str]]:
    source = question.source
    check_elements(content, "sf1491.effektuering", source=source)
    answer = only(content, f"{Y}EffektueringHent_O", source=source)
    check_heading(answer, question)
    paid: dict[tuple[str, ...], Decimal] = {}
    records: dict[tuple[str, ...], dict[str, str]] = {}
    for payment in items_of_list(
        answer, f"{Y}OEkonomiskEffektueringListe", f"{Y}OEkonomiskEffektuering", source=source
    ):
        for part in items_of_list(payment, f"{_PARTS}Liste", _PARTS, source=source):
            record = _record(part, question)
            key = tuple(record.values())
            paid[key] = paid.get(key, Decimal()) + number(
                text_of(part, f"{Y}{_AMOUNT}", source=source), _AMOUNT, source=source
            )
            records[key] = record
    return [
        record
        for key, record in records.items()
        if paid[key] > 0 and touches(record["PeriodeFra"], record["PeriodeTil"], question)
    ]


def _record(part: Element, question: Question) -> dict[str, str]:
    source = question.source
    benefit = only(part, f"{Y}BevilgetYdelse", source=source)
    check_grantee(benefit, question)
    first = day_text(text_of(part, f"{Y}OekonomiskYdelseseffektueringPeriodeFra", source=source))
    last = day_text(text_of(part, f"{Y}OekonomiskYdelseseffektueringPeriodeTil", source=source))
    return benefit_columns(benefit, question) | {"PeriodeFra": first, "PeriodeTil": last}
