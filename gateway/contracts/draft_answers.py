"""What somebody types for a draft, as values: a wrong answer is refused with the key of what is said about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from gateway.contracts.draft import DraftedOutcome, DraftTerms, identifier
from gateway.outcomes.cohort_file import MOST_PEOPLE
from gateway.wording.drafting import QUESTIONS, DraftQuestion, Language
from policies.terms import LegalRole
from vocabulary.cpr_in_text import may_hide_cpr
from vocabulary.typed_text import typed_text

_MOST_DAYS_AHEAD = 20 * 366
_MOST_WEEKS = 520
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_THOUSANDS = {"da": (".", ","), "en": (",", ".")}
_SAMPLE_DAY = date(2027, 1, 4)
_PROVISIONAL: Mapping[str, Any] = {  # of what was not asked yet, so that money can be reckoned meanwhile
    "title": "Udkast",
    "municipality": ("851", "Kommunen"),
    "operator": "Leverandøren",
    "legal_role": LegalRole.PROCESSOR,
    "enrolment_from": _SAMPLE_DAY,
    "sustained_weeks": 13,
    "hours": 1500,
    "cap": 0,
    "case_number": "1",
}


class AnswerRefused(ValueError):
    """An answer cannot be used: `key` names what is said, with its places."""

    def __init__(self, key: str, **places: object) -> None:
        super().__init__(key)
        self.key, self.places = key, places


@dataclass(slots=True)
class DraftAnswers:
    """The answers so far, by the names of the questions."""

    language: Language
    values: dict[str, Any] = field(default_factory=dict)

    def questions(self) -> list[DraftQuestion]:
        """Those that are asked: nobody is asked for hours of education."""
        outcome = self.values.get("result")
        return [one for one in QUESTIONS if one.name != "hours" or outcome is None or outcome.asks_hours]

    def take(self, question: DraftQuestion, text: str) -> None:
        """Keep the answer to a question. Raises `AnswerRefused`."""
        if may_hide_cpr(text) and question.name not in ("price", "cap"):
            raise AnswerRefused("cpr")
        try:
            plain = typed_text(text.strip())
        except ValueError:
            raise AnswerRefused("empty") from None
        self.values[question.name] = self._read(question, plain)

    def _read(self, question: DraftQuestion, text: str) -> Any:
        match question.name:
            case "legal_role":
                return LegalRole(_choice(question, text))
            case "status_source":
                return _choice(question, text)
            case "result":
                return DraftedOutcome(_choice(question, text))
            case "price":
                return _amount(text, self.language, least=1)
            case "cap":
                return _amount(text, self.language, least=0)
            case "people":
                return _whole(text, MOST_PEOPLE)
            case "sustained_weeks":
                return _whole(text, _MOST_WEEKS)
            case "hours":
                return _hours(text, self.language)
            case "enrolment_from":
                return _day(text)
            case "enrolment_to" | "last_day":
                return self._later_day(question.name, text)
            case "municipality":
                return _municipality(text)
            case _:
                return self._name(question.name, text)

    def _later_day(self, name: str, text: str) -> date:
        day = _day(text)
        before = self.values.get("enrolment_from" if name == "enrolment_to" else "enrolment_to")
        if before is not None and day <= before:
            raise AnswerRefused("before", other=before)
        if before is not None and (day - before).days > _MOST_DAYS_AHEAD:
            raise AnswerRefused("late")
        return day

    def _name(self, name: str, text: str) -> str:
        if name in ("title", "operator") and not identifier(text):
            raise AnswerRefused("name")
        municipality = self.values.get("municipality")
        if name == "operator" and municipality and identifier(text) == identifier(municipality[1]):
            raise AnswerRefused("same")
        return text

    @property
    def can_be_reckoned(self) -> bool:
        """Whether enough is known to say what it may cost."""
        return all(name in self.values for name in ("result", "price", "people", "status_source"))

    def terms(self, *, every: str = "half_year") -> DraftTerms:
        """The draft, with something provisional where a question was not answered yet."""
        known: dict[str, Any] = {**_PROVISIONAL, **self.values}
        first = known["enrolment_from"]
        if "enrolment_to" not in self.values:
            known["enrolment_to"] = first + timedelta(days=83)
        if "last_day" not in self.values:
            known["last_day"] = known["enrolment_to"] + timedelta(days=820)
        code, municipality = known["municipality"]
        return DraftTerms(
            title=known["title"],
            municipality_code=code,
            municipality=municipality,
            operator=known["operator"],
            legal_role=known["legal_role"],
            status_source=known["status_source"],
            outcome=known["result"],
            price_minor=known["price"],
            people=known["people"],
            enrolment_from=first,
            enrolment_to=known["enrolment_to"],
            last_day=known["last_day"],
            weeks=known["sustained_weeks"],
            hours_hundredths=known["hours"] if known["result"].asks_hours else 0,
            cap_minor=known["cap"],
            case_number=known["case_number"],
            every=every,
            language=self.language,
        )


def _choice(question: DraftQuestion, text: str) -> str:
    words = list(question.choices or ())
    if text in words:
        return text
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(words):
        return words[int(text) - 1]
    raise AnswerRefused("choice", most=len(words))


def _amount(text: str, language: Language, *, least: int) -> int:
    """Minor units of an amount as it is written in the language; what could be read in two ways is refused."""
    thousands, point = _THOUSANDS[language]
    plain = text.removesuffix("kr.").removesuffix("kr").strip().replace(" ", thousands)
    form = rf"(\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d{{1,12}})(?:{re.escape(point)}(\d{{2}}))?"
    found = re.fullmatch(form, plain, re.ASCII)
    if not found:
        raise AnswerRefused("amount")
    minor = int(found[1].replace(thousands, "")) * 100 + int(found[2] or 0)
    if minor < least:
        raise AnswerRefused("above_nought")
    return minor


def _whole(text: str, most: int) -> int:
    plain = re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", text)
    if not re.fullmatch(r"\d{1,9}", plain, re.ASCII) or not 1 <= int(plain) <= most:
        raise AnswerRefused("whole", least=1, most=most)
    return int(plain)


def _hours(text: str, language: Language) -> int:
    point = _THOUSANDS[language][1]
    found = re.fullmatch(rf"(\d{{1,3}})(?:{re.escape(point)}(\d{{1,2}}))?", text, re.ASCII)
    hundredths = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0
    if not 1 <= hundredths <= 168 * 100:
        raise AnswerRefused("hours")
    return hundredths


def _day(text: str) -> date:
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else date.fromisoformat(text)
    except ValueError:
        raise AnswerRefused("day") from None


def _municipality(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\d{3})\s+(\S.*)", text, re.ASCII)
    if not found or not identifier(found[2]):
        raise AnswerRefused("municipality")
    return found[1], found[2]
