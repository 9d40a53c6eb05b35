"""What an operation is asked, and the heading that the services of KOMBIT's framework have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.errors import AnswerForAnother, Remedy, SourceRefused
from connectors.transport import Ask
from connectors.transports.wss import instant
from connectors.transports.xml import Element, element, only, text_of

_KONTEKST = "{http://kombit.dk/xml/schemas/kontekst/2017/01/01/}"


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """One person's question to one service. Holds a number, so it has no repr."""

    cpr_digits: str
    ask: Ask
    cvr: str
    transaction_id: str  # a UUID of this question
    now: datetime
    parameters: Mapping[str, str]
    source: str  # how messages name the service: its host

    def check_person(self, found: str) -> None:
        """`AnswerForAnother` where a number in the answer is not the one that was asked for."""
        if found != self.cpr_digits:
            raise AnswerForAnother(source=self.source, reason="the answer is about another person than was asked for")


def heading(question: Question) -> Element:
    """`HovedOplysninger`: the framework's id and time of a call."""
    return element(
        f"{_KONTEKST}HovedOplysninger",
        element(f"{_KONTEKST}TransaktionsId", question.transaction_id),
        element(f"{_KONTEKST}TransaktionsTid", instant(question.now)),
    )


def check_heading(content: Element, question: Question) -> None:
    """That the answer is to this call and says no error; the text of an error is not repeated, it may name someone."""
    heading_ = only(content, f"{_KONTEKST}HovedOplysningerSvar", source=question.source)
    if text_of(heading_, f"{_KONTEKST}TransaktionsId", source=question.source) != question.transaction_id:
        raise AnswerForAnother(source=question.source, reason="the answer is to another question than was asked")
    if heading_.find(f"{_KONTEKST}SvarReaktion/{_KONTEKST}Fejl") is not None:
        reason = "it answered with an error of its own (SvarReaktion/Fejl)"
        raise SourceRefused(source=question.source, reason=reason, remedy=Remedy.REQUEST)
