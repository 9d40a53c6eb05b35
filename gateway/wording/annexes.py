"""Danish words of the annexes: units, statuses, income, exits and money. Plain text, escaped where it is printed."""

from __future__ import annotations

from datetime import date
from html import unescape

from gateway.outcomes.contract import Contract
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.tariff import UNIT_OF
from gateway.outcomes.terms import EXIT_OF, ExitRule, FigureUnit, RegisterExit, Rounding, WeekState
from gateway.wording import plain_danish
from gateway.wording import register as register_words
from policies.basis import StopReason
from policies.terms import LegalRole
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Week

EXITS: dict[StopReason | RegisterExit, str] = {
    StopReason.WITHDRAWN: "Et samtykke eller et andet grundlag er trukket tilbage eller udløbet",
    StopReason.OBJECTED: "Borgeren har gjort indsigelse (GDPR artikel 21)",
    StopReason.RESTRICTED: "Brugen af oplysningerne er begrænset (GDPR artikel 18)",
    StopReason.EXITED: "Borgeren har forladt indsatsen",
    StopReason.PROTECTED: "Borgeren har navne- og adressebeskyttelse og følges derfor ikke",
    StopReason.PRISON: "Borgeren er i fængsel",
    StopReason.COHABITATION: "Borgeren forsørges af en anden",
    RegisterExit.MOVED: "Registret viser, at borgeren ikke er bosat her",
    RegisterExit.DEAD: "Registret viser, at borgeren er død",
    RegisterExit.PENSION: "Registret viser førtidspension eller folkepension",
}
RULES = {
    ExitRule.FROZEN: "Det talte bliver stående. Resultatet bliver, som det var i den sidste uge.",
    ExitRule.NEUTRAL: (
        "Det talte bliver stående, og resultatet bliver, som det var. Borgerens tid står stille imens, så ugerne kan "
        "tælle senere."
    ),
    ExitRule.CENSORED: "Det talte bliver stående. Borgeren er derefter ikke med i noget resultat.",
    ExitRule.FAILURE: "Det talte bliver stående. Ugerne derefter er uger uden resultat.",
    ExitRule.OUT: "Intet tæller for borgeren. Det, der er betalt, går tilbage.",
}
RULE_NAMES = {
    ExitRule.FROZEN: "Fastfryses",
    ExitRule.NEUTRAL: "Sættes i bero",
    ExitRule.CENSORED: "Udgår",
    ExitRule.FAILURE: "Uden resultat",
    ExitRule.OUT: "Tæller ikke",
}
ROUNDING = {
    Rounding.NONE: "Alle beløb går op i hele {minor}. Der er ikke noget at runde af.",
    Rounding.DOWN: "Dele af en {minor} rundes ned.",
    Rounding.HALF_UP: "Beløb rundes til nærmeste {minor}. Det halve rundes op.",
    Rounding.HALF_EVEN: "Beløb rundes til nærmeste {minor}. Det halve rundes til det lige tal.",
}
LEGAL_ROLES = {
    LegalRole.PROCESSOR: "databehandler",
    LegalRole.OTHER_ACTOR: "anden aktør",
    LegalRole.INDEPENDENT_CONTROLLER: "selvstændig dataansvarlig",
}
TEMPLATES = {
    "contract_total": "Samlede tal for hele gruppen",
    "predicate": "Kun ja eller nej til, om målet er nået",
    "payment_document": "Betalingsgrundlag: det præcise beløb",
    "relapse_notice": "Sagsnumre på dem, der skal tale med jobcentret igen",
}
ADDS = {"by_state": "én gang delt op på tilstande", "reasons": "én gang med grunde til, at nogen ikke tæller"}
_UNITS = {
    FigureUnit.WEEK: ("uge", "uger"),
    FigureUnit.PERSON: ("borger", "borgere"),
    FigureUnit.POINT: ("point", "point"),
    FigureUnit.DAY: ("dag", "dage"),
    FigureUnit.PER_MILLE: ("promille", "promille"),
    FigureUnit.WINDOW: ("periode", "perioder"),
}


def unit(one: FigureUnit, count: int = 1) -> str:
    """The unit's word beside a number."""
    return _UNITS.get(one, ("enhed", "enheder"))[count != 1]


def number(value: int) -> str:
    """`1234567` as `1.234.567`."""
    return f"{value:,}".replace(",", ".")


def hundredths(value: int) -> str:
    """`1550` as `15,5`."""
    whole, rest = divmod(abs(value), 100)
    sign = "-" if value < 0 else ""
    return sign + number(whole) + (f",{rest:02d}".rstrip("0") if rest else "")


def money(contract: Contract, minor: int) -> str:
    """`150000` as `1.500,00 kr.`, and with the currency's code where it is not Danish."""
    whole, rest = divmod(abs(minor), 100)
    sign, currency = "-" if minor < 0 else "", "kr." if contract.currency == "DKK" else contract.currency
    return f"{sign}{number(whole)},{rest:02d} {currency}"


def minor_unit(contract: Contract) -> str:
    return "øre" if contract.currency == "DKK" else "hundrededel af valutaen"


def per_cent(per_mille: int) -> str:
    """`125` as `12,5 %`."""
    return f"{per_mille // 10}{f',{per_mille % 10}' if per_mille % 10 else ''} %"


def figure(contract: Contract, name: str, value: int) -> str:
    """A figure with its unit, as the contract measures it."""
    measure = contract.measure(name)
    one = contract.aggregate(name).unit if measure is None else UNIT_OF[measure.kind]
    match one:
        case FigureUnit.MINOR:
            return money(contract, value)
        case FigureUnit.EVENTS_PER_100:
            return f"{hundredths(value)} hændelser pr. 100 borgere"
    return f"{number(value)} {unit(one, value)}"


def day(when: date) -> str:
    return plain_danish.day(when)


def month(number: int) -> str:
    """The month's name, 1 to 12."""
    return plain_danish.day(date(2000, number, 1)).split()[1]


def listed(words: list[str], word: str = "og") -> str:
    return plain_danish.listed(words, word)


def week(one: Week) -> str:
    """`2020-W09` as `uge 9, 2020`."""
    year, found = str(one).split("-W")
    return f"uge {int(found)}, {year}"


def plain(safe: str) -> str:
    """The text behind HTML-safe text of `plain_danish`."""
    return unescape(safe)


def statuses(shown: frozenset[Status]) -> str:
    """What a register may show, in the order of the list of statuses."""
    if shown == frozenset(Status) - {Status.UNKNOWN} - EXIT_OF.keys():
        return "enhver ydelse, eller ingen"
    return listed([register_words.STATUSES[one] for one in Status if one in shown], "eller")


def income(state: WeekState) -> str:
    """What must be paid beside the status, or that nothing must."""
    if not state.income_types:
        return "–"
    types = listed([register_words.INCOME[one] for one in IncomeType if one in state.income_types], "eller")
    if not state.hours_per_week_hundredths:
        return f"{types} i måneden"
    return f"{types}: mindst {hundredths(state.hours_per_week_hundredths)} timer om ugen"


def read_from(contract: Contract, source: str) -> str:
    """What is read about a person in a source."""
    if source == EVIDENCE:
        kinds = listed([plain_danish.DOCUMENTS[one] for one in EvidenceType if one in contract.evidence], "eller")
        return f"Et dokument om {kinds}: slags, uger og fingeraftryk. Dokumentet bliver i sagen"
    if source == "civil":
        return "Nyt CPR-nummer, udrejse, død, navne- og adressebeskyttelse"
    if source != contract.income_source:
        return "Ydelser uge for uge"
    if contract.needs_amounts:
        return "Betalte timer, indkomsttype og beløb"
    return "Betalte timer og indkomsttype. Beløb gemmes ikke"
