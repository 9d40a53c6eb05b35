"""A first draft of a contract, its programme and its notice, from fifteen answers: what nobody was asked has a default,
and what nobody may guess says so in a comment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.contracts.draft_notice import notice_text
from gateway.outcomes.terms import SCHEMA
from gateway.wording.drafting import COMMENTS, Language, money_in_words
from policies.terms import LegalRole
from vocabulary.total import total
from vocabulary.weeks import Week

CONTRACT, PROGRAMME, NOTICE = "contract.toml", "programme.toml", "notice.da.md"
_FOLDED = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "é": "e", "ü": "u", "ö": "oe", "ä": "ae"})
_FIRST_DAY_OF_WORDS = date(2020, 1, 1)
_YEARS_OF_ACCOUNTS = 5  # bogføringsloven § 12; a municipality may say more


class DraftedOutcome(StrEnum):
    """What a draft can pay for; any other outcome is written into the file by hand."""

    JOB = "job"
    EDUCATION = "education"
    JOB_OR_EDUCATION = "job_or_education"

    @property
    def asks_hours(self) -> bool:
        return self is not DraftedOutcome.EDUCATION


_STATES: Mapping[DraftedOutcome, tuple[str, ...]] = total(
    {
        DraftedOutcome.JOB: ("job",),
        DraftedOutcome.EDUCATION: ("education",),
        DraftedOutcome.JOB_OR_EDUCATION: ("job", "education"),
    },
    DraftedOutcome,
)


@dataclass(frozen=True, slots=True)
class DraftTerms:
    """What a draft says. Amounts in øre, hours in hundredths a week (0 without a job), `cap_minor` 0 for none."""

    title: str
    municipality_code: str
    municipality: str
    operator: str
    legal_role: LegalRole
    status_source: str
    outcome: DraftedOutcome
    price_minor: int
    people: int
    enrolment_from: date
    enrolment_to: date
    last_day: date
    weeks: int
    hours_hundredths: int
    cap_minor: int
    case_number: str
    every: str = "half_year"
    language: Language = "da"  # of the comments

    def comment(self, key: str, **places: object) -> str:
        return f"# {COMMENTS[key].text_in(self.language, **places)}"

    @property
    def id(self) -> str:
        return identifier(self.title)

    @property
    def last_week(self) -> Week:
        """The last week that is measured: the one that the last day lies in."""
        return Week.of(self.last_day)

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.status_source, "income") if self.hours_hundredths else (self.status_source,)


def identifier(name: str) -> str:
    """A name as an id: lower-case letters, digits and hyphens, a letter first; empty where nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower().translate(_FOLDED)).strip("-")
    return re.sub(r"^[^a-z]+", "", plain)[:48].rstrip("-")


def contract_text(terms: DraftTerms) -> str:
    """The contract file. `gateway.outcomes.contract_file` says what in it cannot be meant."""
    states = _STATES[terms.outcome]
    income = ', income = "income"' if terms.hours_hundredths else ""
    say = terms.comment

    def words(minor: int) -> str:
        return money_in_words(minor, terms.language)

    most = f"{terms.cap_minor} {say('cap', words=words(terms.cap_minor))}"
    cap = f"\n[caps]\ncontract_minor = {most}\n" if terms.cap_minor else ""
    named = ", ".join(f'"{state}"' for state in states)
    return f"""{say("contract")}
schema = "{SCHEMA}"
id = "{terms.id}"
title = {_text(terms.title)}
cohort = {{ size = {terms.people}, enrolment_from = {terms.enrolment_from}, enrolment_to = {terms.enrolment_to} }}
sources = {{ status = "{terms.status_source}"{income} }}
windows = {{ from = "{Week.of(terms.enrolment_from)}", to = "{terms.last_week}", every = "{terms.every}" }}

[parties.outcome_payer]
organisation = "{identifier(terms.municipality)}"
name = {_text(terms.municipality)}
municipality_code = "{terms.municipality_code}"

[parties.operator]
organisation = "{identifier(terms.operator)}"
name = {_text(terms.operator)}
legal_role = "{terms.legal_role}" {say("legal_role")}
{"".join(_state(state, terms) for state in states)}
[[measures]]
id = "reached"
kind = "people"
states = [{named}]
sustained_weeks = {terms.weeks} {say("weeks")}

[[tariffs]]
id = "reached"
kind = "price"
of = "reached"
price_minor = {terms.price_minor} {say("price", words=words(terms.price_minor))}
{cap}"""


def _state(state: str, terms: DraftTerms) -> str:
    if state == "education":
        return """
[[states]]
id = "education"
label = { da = "uddannelse", en = "education" }
statuses = ["education"]
"""
    return f"""
[[states]]
id = "job"
label = {{ da = "ordinært job", en = "ordinary job" }}
statuses = ["no_benefit"]
income_types = ["wage"]
hours_per_week_hundredths = {terms.hours_hundredths} {terms.comment("hours")}
"""


def programme_text(terms: DraftTerms, contract: str, notice: str) -> str:
    """The programme file for these very texts of a contract and a notice."""
    say, last = terms.comment, terms.last_week.sunday + timedelta(days=183)
    sources = ", ".join(f'"{source}"' for source in terms.sources)
    until = date(last.year + _YEARS_OF_ACCOUNTS, 12, 31)
    return f"""{say("programme")}
schema = "programme/1"
id = "{terms.id}"
contract_sha256 = "{_sha256(contract)}" {say("sha256", file=CONTRACT)}
title = {_text(terms.title)}
purposes = ["outcome-payment", "outcome-evaluation", "access-review", "rights-request", "governance"]
legal_basis = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e" {say("legal_basis")}
special_category_basis = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-g" {say("special")}
opens_on = {Week.of(terms.enrolment_from).monday}
closes_on = {last}
sources = [{sources}]
assessments = {{ {terms.status_source} = {_text(terms.case_number)} }} {say("assessments")}
controller = "{identifier(terms.municipality)}"
operator = "{identifier(terms.operator)}"
requires = ["statutory_basis"] {say("requires")}
protected_persons = "count" {say("protected")}

[retention]
case_number = {_text(terms.case_number)}
kle = "15.20.00"
archive = "preserve"
accounting_until = {until}

[[notices]]
id = "notice-{terms.enrolment_from.year}-1"
file = "{NOTICE}"
sha256 = "{_sha256(notice)}" {say("sha256", file=NOTICE)}

[[words]] {say("office")}
key = "employment_office"
da = "kommunen"
en = "the municipality"
valid_from = {_FIRST_DAY_OF_WORDS}
source = "kommunens egen betegnelse: ret den, hvis den er en anden"

[[words]] {say("law")}
key = "law"
da = "Lov om en aktiv beskæftigelsesindsats; databeskyttelsesloven §§ 7 og 11"
en = "Lov om en aktiv beskæftigelsesindsats; databeskyttelsesloven, sections 7 and 11"
valid_from = {_FIRST_DAY_OF_WORDS}
source = "ret den, hvis indsatsen hviler på en anden lov"
"""


def drafted_files(terms: DraftTerms) -> dict[str, str]:
    """The name and text of each file of a draft."""
    contract, notice = contract_text(terms), notice_text(terms.title, terms.municipality, terms.operator, terms.people)
    return {CONTRACT: contract, PROGRAMME: programme_text(terms, contract, notice), NOTICE: notice}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
