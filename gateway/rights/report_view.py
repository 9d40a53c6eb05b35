"""What a person is shown on request (GDPR art. 15), part by part: the file as JSON has these names.

Made for one person, by the municipality's staff, and handed to that person alone. Hours are in hundredths and amounts
in minor units; both ends of every run of days are in it; an instant is told in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gateway.wording.views import JsonValue, View
from vocabulary.statuses import IncomeType, Status


@dataclass(frozen=True, slots=True)
class ContractNamed:
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class LegalBasisTold:
    article_6: str
    article_9: str
    law: str


@dataclass(frozen=True, slots=True)
class PurposeTold:
    """A purpose of the programme, with its IRI in the Data Privacy Vocabulary and its name in two languages."""

    id: str
    iri: str
    da: str
    en: str


@dataclass(frozen=True, slots=True)
class RetentionTold:
    until: date
    archive: str
    case_number: str


@dataclass(frozen=True, slots=True)
class SourceTold:
    id: str
    title: str
    da: str
    statute: str


@dataclass(frozen=True, slots=True)
class CategoryTold:
    """GDPR art. 15(1)(b) and (g): a kind of data, and where it is from."""

    id: str
    da: str
    source: str
    special: bool


@dataclass(frozen=True, slots=True)
class RecipientTold:
    """GDPR art. 15(1)(c): by name, also before anything was sent. `gets` are templates and kinds of statements."""

    organisation: str
    name: str
    role: str
    gets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusHeld:
    """A status without a break. `known_on` and `known_last_on`: when its first and its last part was told."""

    source: str
    status: Status
    code: str
    from_: date
    to: date
    known_on: date
    known_last_on: date
    replaced_on: date | None


@dataclass(frozen=True, slots=True)
class IncomeHeld:
    """A month is written as `2020-03`. `amount_minor` is 0 where the contract counts no pay."""

    source: str
    month: str
    type: IncomeType
    hours_hundredths: int
    taken_back: bool
    amount_minor: int
    known_on: date
    replaced_on: date | None


@dataclass(frozen=True, slots=True)
class DocumentHeld:
    """A document of the case system that is registered as evidence; here stands its digest alone."""

    document: str
    kind: str
    from_: date
    to: date
    expires_on: date
    sha256: str
    registered_on: date
    confirmed_on: date | None
    withdrawn_on: date | None
    instrument: str = ""
    score: int | None = None
    """What an instrument measured on `expires_on`, where it is no document about weeks."""


@dataclass(frozen=True, slots=True)
class RecordHeld:
    """That a record, such as a consent or an objection, began or ended. `reason` is what was wrong with a referral by
    mistake, of any other record it is empty."""

    record: str
    kind: str
    reason: str
    change: str
    purposes: tuple[str, ...]
    notice: str
    channel: str
    on: date


@dataclass(frozen=True, slots=True)
class PersonHeld:
    """What is held of the person."""

    case_reference: str
    enrolled_on: date
    notice: str
    cpr_number: str
    statuses: tuple[StatusHeld, ...]
    income: tuple[IncomeHeld, ...]
    documents: tuple[DocumentHeld, ...]
    records: tuple[RecordHeld, ...]


@dataclass(frozen=True, slots=True)
class LookUp:
    """An event in which the person's data took part: when, by its entry in the log, what was done, in which role, why,
    and where. The log names who it was; a citizen's report names the role (C-579/21).
    """

    at: str
    entry: str
    action: str
    role: str
    purpose: str
    source: str


@dataclass(frozen=True, slots=True)
class NoticeReceived:
    """A statement that names the person. The token is a copy for this person only where it names nobody else."""

    recipient: str
    name: str
    template: str
    window: str
    on: date
    about_you_alone: bool
    content: Mapping[str, JsonValue]
    token_sha256: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class AttestationReceived:
    """An attestation in whose figures the person's data were, as it was signed. `content` and `attestation` are empty
    where its amount is the creditor's alone: of a window that is shown together with others."""

    recipient: str
    name: str
    template: str
    window: str
    revision: int
    on: date
    about_you_alone: bool
    content: Mapping[str, JsonValue]
    visible: Mapping[str, JsonValue]
    attestation: str


@dataclass(frozen=True, slots=True)
class RequestTold:
    """What the person asked for; `answer` is `open` until somebody has decided."""

    request: str
    right: str
    asked_on: date
    answer: str
    rule: str


@dataclass(frozen=True, slots=True)
class AccessReport(View):
    """Everything about one person in one contract. `names` are the contract's own, of its states and windows; the
    office is whom the person talks to about work and benefits, as the programme calls it on the day of the report.
    """

    schema: str
    made_on: date
    controller: str
    names: Mapping[str, str]
    programme: str
    employment_office: str
    contract: ContractNamed
    legal_basis: LegalBasisTold
    purposes: tuple[PurposeTold, ...]
    retention: RetentionTold
    sources: tuple[SourceTold, ...]
    categories: tuple[CategoryTold, ...]
    recipients: tuple[RecipientTold, ...]
    third_countries: tuple[str, ...]
    automated_decisions: bool
    held: PersonHeld
    look_ups: tuple[LookUp, ...]
    received: tuple[AttestationReceived | NoticeReceived, ...]
    requests: tuple[RequestTold, ...]
    rights: tuple[str, ...]
