"""The closed vocabulary of a decision: purposes, legal bases, roles and actions.

A word that is not here is refused where it is read (invariant 3). Purposes map to the W3C Data Privacy
Vocabulary 2.2 in `purposes.toml`; legal bases are IRIs of its GDPR extension
(https://w3id.org/dpv/legal/eu/gdpr).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files

from vocabulary.declaration import one_of, parse
from vocabulary.identity import identity_of
from vocabulary.total import total


class Purpose(StrEnum):
    """Why data are read or released. Programmes choose among these; GDPR art. 5(1)(b)."""

    OUTCOME_PAYMENT = "outcome-payment"
    OUTCOME_EVALUATION = "outcome-evaluation"
    ACCESS_REVIEW = "access-review"
    INDIVIDUAL_FOLLOW_UP = "individual-follow-up"
    RIGHTS_REQUEST = "rights-request"
    GOVERNANCE = "governance"
    AUDIT = "audit"
    PLANNING = "planning"  # a trial before anybody signs; of a programme that settles nothing
    # Words that a request may name and no programme here declares: they exist to be refused by a rule,
    # not by a spelling check.
    MARKETING = "marketing"
    FRAUD_CONTROL = "fraud-control"
    CREDIT_CHECK = "credit-check"
    RESEARCH = "research"


NEVER_DECLARED = frozenset({Purpose.MARKETING, Purpose.FRAUD_CONTROL, Purpose.CREDIT_CHECK, Purpose.RESEARCH})


class LegalBasis(StrEnum):
    """A point of GDPR art. 6(1), as the IRI of the Data Privacy Vocabulary."""

    CONSENT = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"
    LEGAL_OBLIGATION = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-c"
    PUBLIC_TASK = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"
    LEGITIMATE_INTEREST = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-f"


class SpecialCategoryBasis(StrEnum):
    """The exception of GDPR art. 9(2) that a programme rests on; benefit registers show sickness benefit."""

    NONE = "none"
    EXPLICIT_CONSENT = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-a"
    LEGAL_CLAIMS = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-f"
    SUBSTANTIAL_PUBLIC_INTEREST = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-g"
    HEALTH_OR_SOCIAL_CARE = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-h"


class StatusCondition(StrEnum):
    """What allows a word of a contract that tells more than the labour market: a point of GDPR art. 9(2), art. 10, or
    that it is neither a special category nor about crime."""

    ORDINARY = "ordinary"
    ART_9_2_A = "art-9-2-a"  # explicit consent
    ART_9_2_B = "art-9-2-b"  # employment and social protection law
    ART_9_2_C = "art-9-2-c"  # vital interests
    ART_9_2_D = "art-9-2-d"  # foundations and associations
    ART_9_2_E = "art-9-2-e"  # made public by the person
    ART_9_2_F = "art-9-2-f"  # legal claims
    ART_9_2_G = "art-9-2-g"  # substantial public interest
    ART_9_2_H = "art-9-2-h"  # health or social care
    ART_9_2_I = "art-9-2-i"  # public health
    ART_9_2_J = "art-9-2-j"  # archives, research, statistics
    ART_10 = "art-10"  # criminal convictions and offences, as a law allows

    @property
    def is_special(self) -> bool:
        """Whether it is a point of art. 9(2)."""
        return self.startswith("art-9")


NEEDS_LAW = frozenset(
    {
        StatusCondition.ART_9_2_B,
        StatusCondition.ART_9_2_G,
        StatusCondition.ART_9_2_H,
        StatusCondition.ART_9_2_I,
        StatusCondition.ART_9_2_J,
        StatusCondition.ART_10,
    }
)  # which rest on Union or national law


SERVICE_NAME = "gateway ("  # how the name of a service begins: no person and no client has such a one


def is_service_name(name: str) -> bool:
    """Whether only a service may have this name, in whatever spelling."""
    return identity_of(name).startswith(SERVICE_NAME)


class Role(StrEnum):
    """The hat an organisation wears in a programme. One organisation may wear several."""

    MUNICIPALITY = "municipality"
    OPERATOR = "operator"
    INVESTOR = "investor"
    DPO = "dpo"
    SETTLEMENT_OFFICER = "settlement_officer"
    SYSTEM_OWNER = "system_owner"
    CASE_WORKER = "case_worker"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What is asked for. Anything else cannot be asked."""

    ENROL = "enrol"
    PULL_SOURCE = "pull_source"
    REGISTER_EVIDENCE = "register_evidence"
    EVALUATE = "evaluate"
    RELEASE_TOTAL = "release_total"
    RELEASE_PREDICATE = "release_predicate"
    RELEASE_PAYMENT = "release_payment"
    RELEASE_INDIVIDUAL = "release_individual"
    READ_LOG = "read_log"
    REGISTER_RIGHT = "register_right"
    READ_PERSON = "read_person"
    DECIDE_RIGHT = "decide_right"
    ADVISE = "advise"
    CHANGE_POLICY = "change_policy"
    READ_SETTLEMENT = "read_settlement"
    ACKNOWLEDGE = "acknowledge"
    REQUEST_PAYMENT = "request_payment"
    APPROVE_PAYMENT = "approve_payment"
    AUDIT = "audit"
    AUDIT_ROWS = "audit_rows"
    TRY_CONTRACT = "try_contract"


class LegalRole(StrEnum):
    """What the operator is in law, as the contract says: it decides which grants are possible."""

    PROCESSOR = "processor"  # acts for the municipality under GDPR art. 28
    OTHER_ACTOR = "other_actor"  # anden aktør: performs the municipality's task under the employment acts
    INDEPENDENT_CONTROLLER = "independent_controller"  # decides on its own data


# legal role -> the bases on which an operator of that role can be given single people's data (rule P52): whoever acts
# for the municipality shares its task; a controller of its own needs each person's consent
PERMITTED_BASES: Mapping[LegalRole, frozenset[LegalBasis]] = total(
    {
        LegalRole.PROCESSOR: frozenset({LegalBasis.PUBLIC_TASK, LegalBasis.LEGAL_OBLIGATION, LegalBasis.CONSENT}),
        LegalRole.OTHER_ACTOR: frozenset({LegalBasis.PUBLIC_TASK, LegalBasis.LEGAL_OBLIGATION, LegalBasis.CONSENT}),
        LegalRole.INDEPENDENT_CONTROLLER: frozenset({LegalBasis.CONSENT}),
    },
    LegalRole,
)


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """An organisation in one role."""

    organisation: str  # kebab-case id, as in the contract
    role: Role

    def __str__(self) -> str:
        return f"{self.role}/{self.organisation}"


@dataclass(frozen=True, slots=True)
class PurposeTerm:
    """A purpose in words, with the DPV 2.2 term that it equals or narrows."""

    purpose: Purpose
    iri: str
    relation: str  # "equals" | "narrower"
    label_da: str
    label_en: str


def purpose_terms() -> Mapping[Purpose, PurposeTerm]:
    """Every purpose with its DPV term, from `purposes.toml`.

    Raises:
        DeclarationInvalid: the file names another purpose, or lacks a field (a broken installation).
        TypeError: a purpose has no term.
    """
    root = parse(files("policies").joinpath("purposes.toml").read_bytes(), file="purposes.toml")
    terms: dict[Purpose, PurposeTerm] = {}
    for table in root.tables("purposes"):
        purpose = table.word("id", Purpose)
        terms[purpose] = PurposeTerm(
            purpose=purpose,
            iri=table.text("iri"),
            relation=table.convert("relation", one_of("equals", "narrower")),
            label_da=table.text("da"),
            label_en=table.text("en"),
        )
        table.finish()
    root.finish()
    return total(terms, Purpose)
