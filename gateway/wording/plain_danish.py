"""The facts of a contract in plain Danish, for the people it counts: short words, escaped, and never a promise more.

Every function gives HTML-safe text. A word that is not known here falls back to what the file itself says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from gateway.outcomes.contract import Contract
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.readings import asked_weeks, documents_ever, income_source_of, named_ever
from gateway.outcomes.terms import ExitRule, FigureUnit
from gateway.wording.formats import day, enumeration, month_of_year
from gateway.wording.parties import names_in
from policies.basis import StopReason
from policies.programme import Programme
from policies.terms import NEVER_DECLARED, LegalBasis, Purpose, SpecialCategoryBasis, StatusCondition, purpose_terms
from vocabulary.total import total

PROMISE = "Det påvirker ikke din ydelse."

_BENEFITS = "Hvilke ydelser du får uge for uge."
_HOURS = (
    "Betalte timer og indkomsttype, ikke beløb. Vi ser kun, om et beløb er ført tilbage. Selve beløbet gemmer vi ikke."
)
_PAY = "Betalte timer, indkomsttype og beløb. Vi lægger beløbene sammen for at se, om målet er nået."
# source id -> its name, whose it is, what is read
_SOURCES = {
    "dream": ("DREAM", "Et register hos Styrelsen for Arbejdsmarked og Rekruttering.", _BENEFITS),
    "ydelsesrefusion": ("Ydelsesrefusion", "Kommunernes fælles system til refusion fra staten.", _BENEFITS),
    "civil": (
        "CPR-registeret",
        "Folkeregisteret.",
        "Nyt CPR-nummer, rejse til udlandet, død og beskyttelse af navn og adresse.",
    ),
    "income": ("Indkomstregisteret", "Her melder arbejdsgivere og andre ind, hvad de udbetaler.", _HOURS),
}
DOCUMENTS = total(
    {
        EvidenceType.SELF_EMPLOYED: "selvstændig virksomhed",
        EvidenceType.WORK_ABROAD: "arbejde i udlandet",
        EvidenceType.EDUCATION: "uddannelse",
        EvidenceType.FLEKSJOB_PERMIT: "bevilling af fleksjob",
    },
    EvidenceType,
)
_CASE = ("Din sag i kommunen", "Kommunens eget sagssystem.")
_WEEKS = ("benefits", "Ydelser og andre statusser uge for uge")  # id and words of a category
_WEEKS_OF = {
    EVIDENCE: ("documents", "Hvad et dokument i din sag viser om dine uger, ikke selve dokumentet"),
    "civil": ("civil_status", "Nyt CPR-nummer, rejse til udlandet, død, beskyttet navn og adresse"),
}
_WHY = total(
    {
        Purpose.OUTCOME_PAYMENT: "Kommunen betaler kun for resultater. Derfor tæller vi dem.",
        Purpose.OUTCOME_EVALUATION: "Vi vil vide, om hjælpen virker.",
        Purpose.ACCESS_REVIEW: "Vi ser efter, hvem der har læst hvad.",
        Purpose.INDIVIDUAL_FOLLOW_UP: "Leverandøren skal vide, hvem der igen har brug for hjælp.",
        Purpose.RIGHTS_REQUEST: "Beder du om noget, skal vi kunne finde det.",
        Purpose.AUDIT: (
            "En revisor ser efter, om vi har talt rigtigt. Det sker hos kommunen, for nogle få ved lodtrækning."
        ),
        Purpose.PLANNING: "Vi prøver en ny aftale, før den bliver indgået. Kun runde samlede tal kommer ud.",
        Purpose.GOVERNANCE: "Reglerne her skal kunne ses efter og rettes.",
        **dict.fromkeys(NEVER_DECLARED, ""),
    },
    Purpose,
)
_BASIS: Mapping[LegalBasis | SpecialCategoryBasis, str] = total(
    {
        SpecialCategoryBasis.NONE: "",
        LegalBasis.CONSENT: "samtykke",
        LegalBasis.LEGAL_OBLIGATION: "en pligt, som loven giver kommunen",
        LegalBasis.PUBLIC_TASK: "en opgave i samfundets interesse",
        LegalBasis.LEGITIMATE_INTEREST: "en legitim interesse",
        SpecialCategoryBasis.EXPLICIT_CONSENT: "udtrykkeligt samtykke",
        SpecialCategoryBasis.LEGAL_CLAIMS: "retskrav",
        SpecialCategoryBasis.SUBSTANTIAL_PUBLIC_INTEREST: "væsentlige samfundsinteresser",
        SpecialCategoryBasis.HEALTH_OR_SOCIAL_CARE: "sundhed og social omsorg",
    },
    LegalBasis,
    SpecialCategoryBasis,
)


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of personal data (GDPR art. 15(1)(b)): in plain words, where from, and whether art. 9 protects it."""

    id: str
    what: str
    source: str  # a source of the contract, "referral_list" or "yourself"
    is_special: bool = False


def categories(contract: Contract) -> list[Category]:
    """Every kind of personal data that is held of a person under the contract."""
    pay = "og beløb" if contract.needs_amounts else "ikke beløb"
    of_pay = income_source_of(contract)
    income = f"Betalte timer og indkomsttype måned for måned, {pay}"
    return [
        Category("identification", "CPR-nummer, gemt krypteret", "referral_list"),
        Category(
            "referral",
            "Dag for henvisning, leverandørens sagsnummer og hvilken underretning du fik",
            "referral_list",
            True,
        ),
        *(Category(*_WEEKS_OF.get(one, _WEEKS), one, True) for one in named_ever(contract) if one != of_pay),
        *([Category("income", income, of_pay)] if of_pay else []),
        Category("records", "Samtykker, indsigelser og andet, du har sagt til os", "yourself"),
    ]


def category_source(contract: Contract, source: str) -> str:
    """The name of where a category comes from."""
    others = {"referral_list": "Kommunens liste over henviste", "yourself": "Dig selv", EVIDENCE: _CASE[0]}
    return others.get(source) or source_name(contract, source)


def purposes(programme: Programme) -> list[tuple[str, str]]:
    """Each purpose that the programme declares: its Danish label, and why."""
    terms = purpose_terms()
    declared = [purpose for purpose in Purpose if purpose in programme.purposes]
    return [(escape(terms[purpose].label_da.capitalize()), _WHY[purpose]) for purpose in declared]


def other_purposes(programme: Programme) -> str:
    """What the data are not used for: the rest of the closed vocabulary."""
    terms = purpose_terms()
    return enumeration([escape(terms[one].label_da) for one in Purpose if one not in programme.purposes], "eller")


def legal_ground(programme: Programme) -> str:
    """The articles of the GDPR that the programme rests on."""
    ground, health = programme.legal_basis, programme.special_category_basis
    parts = [f"artikel 6, stk. 1, litra {ground.rpartition('-')[2]} ({_BASIS[ground]})"]
    if health is not SpecialCategoryBasis.NONE:
        parts.append(f"for helbred artikel 9, stk. 2, litra {health.rpartition('-')[2]} ({_BASIS[health]})")
    return enumeration(parts)


def article_of(condition: StatusCondition) -> str:
    """The article of the GDPR that allows a status word; empty for one that needs none."""
    if condition is StatusCondition.ORDINARY:
        return ""
    return f"artikel 9, stk. 2, litra {condition[-1]}" if condition.is_special else "artikel 10"


def status_words(contract: Contract, programme: Programme) -> list[str]:
    """What the contract reads beyond benefits and pay, each with its register and the article that allows it, safe in
    HTML."""
    named = {one.word: one for one in programme.conditions}
    found = []
    for word in contract.status_words:
        article = article_of(named[word.id].condition) if word.id in named else ""
        text = f"{escape(word.label_da)} (fra {source_name(contract, word.source)}{f'; {article}' if article else ''})"
        found.append(text)
    return found


def source_name(contract: Contract, source: str) -> str:
    return _source(contract, source)[0]


def sources(contract: Contract) -> list[tuple[str, str, str, str]]:
    """Each source that is read: its name, whose it is, what is read, and about which time; documents count as one.

    The time is that of `asked_weeks`: from the week of the first enrolment to the last window, where no version says
    otherwise; whole months of income.
    """
    found = []
    for source in named_ever(contract):
        first, last = asked_weeks(contract, source)
        weeks = f"{day(first.monday)} til {day(last.sunday)}"
        months = f"{month_of_year(first.month)} til {month_of_year(last.month)}"
        found.append((*_source(contract, source), months if source == income_source_of(contract) else weeks))
    return found


def _source(contract: Contract, source: str) -> tuple[str, str, str]:
    if source == EVIDENCE:
        kinds = enumeration([DOCUMENTS[one] for one in EvidenceType if one in documents_ever(contract)], "eller")
        what = f"Dokument om {kinds}: kun slags og uger."
        return (*_CASE, what)
    fallback = (escape(source), "", _HOURS if source == income_source_of(contract) else _BENEFITS)
    name, whose, what = _SOURCES.get(source, fallback)
    return name, whose, _PAY if source == income_source_of(contract) and contract.needs_amounts else what


def recipients(contract: Contract) -> list[str]:
    """The roles that the contract plans a release for, each once, in the order of its parties."""
    planned = {release.recipient for release in contract.releases}
    return list(dict.fromkeys(party.role for party in contract.parties if party.role in planned))


def shared_about_group(contract: Contract) -> list[tuple[str, frozenset[str]]]:
    """What the contract plans to release about the whole group, in plain words, and the roles that get it.

    Below k_cohort no count of results is ever described.
    """
    total, paid, told = (_roles(contract, name) for name in ("contract_total", "payment_document", "predicate"))
    if contract.cohort.size < contract.k_cohort:
        total = frozenset()  # refused when the contract is read, and by rule P27
    measure = contract.people_measure
    rows = [("Hvor mange der er med", total)]
    if measure:
        rows.append((f"Hvor mange der nåede målet, og om det er mindst {measure.goal_people}", total))
    if any(one.unit is FigureUnit.WEEK for one in contract.measures):
        rows.append(("Hvor mange uger der tæller i alt", total))
    if contract.breakdown:
        rows.append((f"Én gang: tallet for hver slags mål. Alt under {contract.k} er skjult", total))
    if paid <= total:
        rows.append(("Hvad kommunen skal betale", total))
    else:
        rows += [("Hvad kommunen skal betale, og for hvor mange", paid), ("Hvad kommunen skal betale", total - paid)]
    goal = f"mindst {measure.goal_people} ud af {contract.cohort.size}" if measure else "gruppen"
    rows.append((f"Kun ja eller nej: Nåede {goal} målet?", told))
    return [(text, roles) for text, roles in rows if roles]


def told_about_you(contract: Contract, office: str) -> list[tuple[str, frozenset[str]]]:
    """What leaves the municipality about one person, and the roles that get it. `office` is whom one talks to again."""
    if not contract.statements:
        return []
    return [(f"Deres sagsnummer for dig, hvis du skal tale med {office} igen", frozenset({"operator"}))]


def after_no(contract: Contract) -> str:
    """What becomes of what was counted when a person objects or withdraws: the exit rule, said aloud."""
    rules = {contract.exits[reason] for reason in (StopReason.OBJECTED, StopReason.WITHDRAWN)}
    if rules == {ExitRule.OUT}:
        return "Når du er stoppet, tæller dine resultater ikke med."
    return "Når du er stoppet, læser vi ikke mere. Det, vi har talt indtil da, bliver stående som et tal for gruppen."


def how_often(contract: Contract, role: str) -> str:
    """How many times the role gets a result; a single one is dated by the end of its window."""
    windows = [
        one for one in contract.windows if any((r.recipient, r.window) == (role, one.label) for r in contract.releases)
    ]
    if len(windows) == 1:
        return f"Én gang, efter {day(windows[0].to_week.sunday)}"
    return f"{len(windows)} gange" if windows else "aldrig"


def _roles(contract: Contract, template: str) -> frozenset[str]:
    return frozenset(release.recipient for release in contract.releases if release.template == template)


def small_groups(contract: Contract) -> list[str]:
    """How a group of this size is protected, and what is left that a payment tells by itself (invariant 2)."""
    size, least = contract.cohort.size, contract.k_cohort
    texts = [f"Gruppen er på {size}. Samlede tal kræver, at gruppen er på mindst {least}."]
    if size >= least:
        texts.append(
            f"Deler vi et tal op, skjuler vi alt under {contract.k}. Så er det svært at regne sig frem til dig."
        )
    else:
        texts.append("Gruppen er altså for lille. Derfor får en investor aldrig et antal, kun ja eller nej.")
    exact = _roles(contract, "payment_document") | (
        _roles(contract, "contract_total") if size >= least else frozenset()
    )
    if exact:
        names = enumeration([escape(names_in(contract, role)) for role in recipients(contract) if role in exact])
        texts.append(
            f"Én ting skal du vide: Betalingen skal passe helt. Når alle eller ingen er i mål, kan {names} se det på "
            "tallet. Så ved de det også om dig."
        )
    return texts
