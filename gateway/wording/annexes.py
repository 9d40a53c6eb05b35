"""Danish words of the annexes: units, statuses, income, exits and money. Plain text, escaped where it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import unescape
from typing import assert_never

from gateway.outcomes.contract import Contract
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.off_benefit import BENEFITS
from gateway.outcomes.status_words import StatusWord
from gateway.outcomes.terms import EXIT_OF, ExitRule, FigureUnit, RegisterExit, Rounding, WeekState
from gateway.wording import formats, plain_danish
from gateway.wording import register as register_words
from gateway.wording.formats import danish_hundredths, danish_number, enumeration
from policies.basis import StopReason
from policies.terms import LegalRole
from vocabulary.statuses import IncomeType, Status
from vocabulary.total import total

EXITS: Mapping[StopReason | RegisterExit, str] = total(
    {
        StopReason.WITHDRAWN: "Et samtykke eller et andet grundlag er trukket tilbage eller udløbet",
        StopReason.OBJECTED: "Borgeren har gjort indsigelse (GDPR artikel 21)",
        StopReason.RESTRICTED: "Brugen af oplysningerne er begrænset (GDPR artikel 18)",
        StopReason.EXITED: "Borgeren har forladt indsatsen",
        StopReason.PROTECTED: "Borgeren har navne- og adressebeskyttelse og følges derfor ikke",
        StopReason.PRISON: "Borgeren er i fængsel",
        StopReason.COHABITATION: "Borgeren forsørges af en anden",
        StopReason.MISTAKEN: "Borgeren blev henvist ved en fejl",
        RegisterExit.MOVED: "Registret viser, at borgeren ikke er bosat her",
        RegisterExit.DEAD: "Registret viser, at borgeren er død",
        RegisterExit.PENSION: "Registret viser førtidspension eller folkepension",
    },
    StopReason,
    RegisterExit,
)
RULES = total(
    {
        ExitRule.FROZEN: "Det talte bliver stående. Resultatet bliver, som det var i den sidste uge.",
        ExitRule.NEUTRAL: (
            "Det talte bliver stående, og resultatet bliver, som det var. Borgerens tid står stille imens, så ugerne "
            "kan tælle senere."
        ),
        ExitRule.CENSORED: "Det talte bliver stående. Borgeren er derefter ikke med i noget resultat.",
        ExitRule.FAILURE: "Det talte bliver stående. Ugerne derefter er uger uden resultat.",
        ExitRule.OUT: "Intet tæller for borgeren. Det, der er betalt, går tilbage.",
    },
    ExitRule,
)
RULE_NAMES = total(
    {
        ExitRule.FROZEN: "Fastfryses",
        ExitRule.NEUTRAL: "Sættes i bero",
        ExitRule.CENSORED: "Udgår",
        ExitRule.FAILURE: "Uden resultat",
        ExitRule.OUT: "Tæller ikke",
    },
    ExitRule,
)
ROUNDING = total(
    {
        Rounding.NONE: "Intet beløb har dele af {minor}. Der er ikke noget at runde af.",
        Rounding.DOWN: "Dele af {minor} rundes ned.",
        Rounding.HALF_UP: "Beløb rundes til nærmeste {minor}. Det halve rundes op.",
        Rounding.HALF_EVEN: "Beløb rundes til nærmeste {minor}. Det halve rundes til det lige tal.",
    },
    Rounding,
)
LEGAL_ROLES = total(
    {
        LegalRole.PROCESSOR: "databehandler",
        LegalRole.OTHER_ACTOR: "anden aktør",
        LegalRole.INDEPENDENT_CONTROLLER: "selvstændig dataansvarlig",
    },
    LegalRole,
)
TEMPLATES = {
    "contract_total": "Samlede tal for hele gruppen",
    "predicate": "Kun ja eller nej til, om målet er nået",
    "payment_document": "Betalingsgrundlag: det præcise beløb",
    "relapse_notice": "Leverandørens egne sagsnumre på dem, der skal tale med {office} igen",
}
ADDS = {"by_state": "én gang delt op på tilstande", "reasons": "én gang med grunde til, at nogen ikke tæller"}
_UNIT_WORDS = total(
    {
        FigureUnit.WEEK: ("uge", "uger"),
        FigureUnit.PERSON: ("borger", "borgere"),
        FigureUnit.POINT: ("point", "point"),
        FigureUnit.DAY: ("dag", "dage"),
        FigureUnit.PER_MILLE: ("promille", "promille"),
        FigureUnit.WINDOW: ("periode", "perioder"),
        FigureUnit.MINOR: ("enhed", "enheder"),
        FigureUnit.EVENTS_PER_100: ("enhed", "enheder"),
    },
    FigureUnit,
)


def template(name: str, office: str) -> str:
    """What a template is called; `office` is whom a citizen talks to, in the words of the paper's day."""
    return TEMPLATES[name].format(office=office) if name in TEMPLATES else name


def unit(one: FigureUnit, count: int = 1) -> str:
    """The unit's word beside a number."""
    return _UNIT_WORDS[one][count != 1]


def money(contract: Contract, minor: int) -> str:
    """`150000` as `1.500,00 kr.`, and with the currency's code where it is not Danish."""
    return formats.danish_money(minor, contract.currency)


def minor_unit(contract: Contract) -> str:
    """`øre`, and `0,01 EUR` of a currency whose parts have no name here."""
    return formats.smallest_amount(contract.currency, formats.DANISH)


def figure(contract: Contract, name: str, value: int) -> str:
    """A figure with its unit, as the contract measures it."""
    one = contract.unit_of(name)
    match one:
        case FigureUnit.MINOR:
            return money(contract, value)
        case FigureUnit.EVENTS_PER_100:
            return f"{danish_hundredths(value)} hændelser pr. 100 borgere"
        case (
            FigureUnit.WEEK
            | FigureUnit.PERSON
            | FigureUnit.POINT
            | FigureUnit.DAY
            | FigureUnit.PER_MILLE
            | FigureUnit.WINDOW
        ):
            return f"{danish_number(value)} {unit(one, value)}"
        case _:
            assert_never(one)


def plain(safe: str) -> str:
    """The text behind HTML-safe text of `plain_danish`."""
    return unescape(safe)


def statuses(shown: frozenset[Status], own: Sequence[StatusWord] = ()) -> str:
    """What a register may show, in the order of the list of statuses, and then of the contract's own words."""
    if shown == frozenset(Status) - {Status.UNKNOWN} - EXIT_OF.keys():
        return "enhver ydelse, eller ingen"
    words = [one.label_da for one in own if one.status in shown]
    return enumeration([register_words.STATUSES[one] for one in Status if one in shown] + words, "eller")


def week_of(contract: Contract, state: WeekState) -> str:
    """What a register shows in a week of a state."""
    if not state.is_off_benefit:
        return statuses(state.statuses, contract.status_words)
    named = BENEFITS - state.statuses
    benefits = enumeration([register_words.STATUSES[one] for one in Status if one in named], "eller")
    return f"uden ydelse, ikke nødvendigvis i job: et register, der dækker ugen, viser ikke {benefits}"


def income(state: WeekState) -> str:
    """What must be paid beside the status, or that nothing must."""
    if not state.income_types:
        return "–"
    types = enumeration([register_words.INCOME[one] for one in IncomeType if one in state.income_types], "eller")
    if not state.hours_per_week_hundredths:
        return f"{types} i måneden"
    return f"{types}: mindst {danish_hundredths(state.hours_per_week_hundredths)} timer om ugen"


def read_from(contract: Contract, source: str) -> str:
    """What is read about a person in a source."""
    if source == EVIDENCE:
        kinds = enumeration([plain_danish.DOCUMENTS[one] for one in EvidenceType if one in contract.evidence], "eller")
        return f"Et dokument om {kinds}: slags, uger og fingeraftryk. Dokumentet bliver i sagen"
    if source == "civil":
        return "Nyt CPR-nummer, udrejse, død, navne- og adressebeskyttelse"
    if source != contract.income_source:
        return "Ydelser uge for uge"
    if contract.needs_amounts:
        return "Betalte timer, indkomsttype og beløb"
    return "Betalte timer og indkomsttype. Beløb gemmes ikke"
