"""What is known of a request: one frozen class per kind of action, every field required.

Facts are computed by the caller from the contract, the store and the clock; rules only read them. A fact
says what must hold for the request to go on, so that forgetting one can never open a door: there are no
defaults, and the Cedar schema requires each of them with its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policies.terms import Action, Party, Purpose
from vocabulary.total import total


@dataclass(frozen=True, slots=True)
class EnrolFacts:
    """Before people are enrolled, or a batch is sealed."""

    purpose: Purpose
    contract_sha256: str  # hex; of the contract file in force
    period_within_programme: bool  # the referral days lie within opens_on..closes_on
    batch_open: bool  # the batch is declared in the contract and not sealed yet


@dataclass(frozen=True, slots=True)
class PullFacts:
    """Before a source is read."""

    purpose: Purpose
    contract_sha256: str
    source: str  # as the programme declares it: "dream", "ydelsesrefusion", "income"
    agreement_valid: bool  # the agreement with the source's owner is in force on the day of the pull
    agreement_purposes: frozenset[str]  # what that agreement lets the data be used for
    purpose_assessed: bool  # supplied for this purpose, or the programme names the assessment: Programme.is_assessed
    period_within_programme: bool  # the weeks asked for lie within opens_on..closes_on
    pull_open: bool  # Programme.pull_open(on=today)
    subjects_enrolled: bool  # a batch of the contract is sealed
    subjects_covered: bool  # somebody is asked for, and everyone asked for may be followed: basis.coverage


@dataclass(frozen=True, slots=True)
class EvidenceFacts:
    """Before a document is registered, confirmed or withdrawn as evidence of one person's weeks."""

    purpose: Purpose
    contract_sha256: str
    appointment_valid: bool
    subject_enrolled: bool
    subjects_covered: bool  # the person may be followed; always true where evidence is withdrawn
    evidence_declared: bool  # the contract names this kind of document; always true where evidence is withdrawn
    second_person: bool  # a confirmation: by another than whoever registered it; always true for what is none


@dataclass(frozen=True, slots=True)
class EvaluateFacts:
    """Before outcomes are computed, for a release or for the municipality's own eyes."""

    purpose: Purpose
    contract_sha256: str
    cohort_sealed: bool  # whoever counts by the window's end was sealed before (invariant 7)


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """Before a result leaves. The request's principal is the recipient; `requested_by` is who asks."""

    purpose: Purpose
    contract_sha256: str
    requested_by: Party  # the recipient itself, or the municipality on its behalf
    cohort_sealed: bool
    release_planned: bool  # template × window × recipient stands in the contract
    window_frozen: bool  # the contract's freeze day of the window has passed
    sources_complete: bool  # every source is complete to the window's last week
    cohort_reaches_k: bool  # disclosure.may_show_total(cohort, rules)
    date_declared: bool  # a predicate: the contract declares one at this window, and its day has come
    codes_acceptable: bool  # no unknown code, or the contract says that they do not block
    cells_cleared: bool  # every table in the draft went through disclosure.show_breakdown
    recipient_is_creditor: bool  # the contract owes the money of this window to the recipient
    not_suspended: bool  # no advice of the data protection officer holds this window back
    settled_here: bool  # the contract does not run in shadow, and no opening balance states this window


@dataclass(frozen=True, slots=True)
class LogFacts:
    """Before the access log is read."""

    purpose: Purpose
    appointment_valid: bool  # whoever reads is appointed on the day, by name or by client id


@dataclass(frozen=True, slots=True)
class IndividualFacts:
    """Before a statement about single people goes to the operator, by its own case references."""

    purpose: Purpose
    contract_sha256: str
    requested_by: Party
    cohort_sealed: bool
    release_planned: bool  # the contract declares this kind of statement
    window_frozen: bool
    sources_complete: bool
    own_legal_basis: bool  # the grant names a legal basis of its own: a statute, or consent that each person gave
    legal_role_permits: bool  # vocabulary.LegalRole of the operator goes with that basis
    not_suspended: bool
    settled_here: bool


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Before somebody looks at one person's data, or registers that person's right."""

    purpose: Purpose
    appointment_valid: bool
    subject_enrolled: bool  # the person is enrolled in this contract


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """Before the controller decides on a person's request, or changes the rules."""

    purpose: Purpose
    appointment_valid: bool
    second_person: bool  # whoever decides is another than whoever asked
    retention_clear: bool  # nothing that must be kept would be lost


@dataclass(frozen=True, slots=True)
class AdviceFacts:
    """Before advice is recorded, or a release is suspended."""

    purpose: Purpose
    appointment_valid: bool


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """Before a settlement statement is shown to the operator, an investor or the municipality's own staff."""

    purpose: Purpose
    appointment_valid: bool
    amounts_may_be_shown: bool  # to creditor and payer always; an investor in its own view alone


@dataclass(frozen=True, slots=True)
class AcknowledgeFacts:
    """Before a party acknowledges or disputes what a payment document says, or a dispute is settled."""

    purpose: Purpose
    appointment_valid: bool
    document_stands: bool  # the payment document is issued, and nothing superseded it
    in_time: bool  # a dispute: the contract's days have not passed; always true for what is no dispute
    party_is_creditor: bool  # whoever speaks is owed the money


@dataclass(frozen=True, slots=True)
class RequestPaymentFacts:
    """Before an invoice or a credit note is made from payment documents."""

    purpose: Purpose
    appointment_valid: bool
    document_stands: bool
    lines_acknowledged: bool  # both parties acknowledged every line that would be invoiced
    not_suspended: bool


@dataclass(frozen=True, slots=True)
class ApprovePaymentFacts:
    """Before a payment is approved, or registered as made."""

    purpose: Purpose
    appointment_valid: bool
    second_person: bool  # whoever approves is another than whoever asked for the payment
    checks_hold: bool  # every check of the settlement sheet holds
    not_done_before: bool  # it was not approved (or not paid) already


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """Before an auditor draws a sample of people, says what was found of one, or closes the sample."""

    purpose: Purpose
    appointment_valid: bool
    attestation_stands: bool  # it is issued, and nothing superseded it


@dataclass(frozen=True, slots=True)
class AuditRowsFacts:
    """Before an auditor is shown the source rows of sampled people."""

    purpose: Purpose
    appointment_valid: bool
    attestation_stands: bool
    second_person: bool  # the system owner who let the rows be shown is another than the auditor
    sample_approved: bool  # that approval is of this sample and in force, and the sample is not closed


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """Before a source is read to try a draft contract on people who are in no contract."""

    purpose: Purpose
    contract_sha256: str  # of the draft
    source: str
    agreement_valid: bool
    agreement_purposes: frozenset[str]
    purpose_assessed: bool
    period_within_programme: bool  # the people's days, up to today, lie within opens_on..closes_on
    pull_open: bool
    appointment_valid: bool
    second_person: bool  # whoever runs the trial is another than whoever proposed it with these files


Facts = (
    EnrolFacts
    | PullFacts
    | EvidenceFacts
    | EvaluateFacts
    | ReleaseFacts
    | IndividualFacts
    | LogFacts
    | PersonFacts
    | DecisionFacts
    | AdviceFacts
    | StatementFacts
    | AcknowledgeFacts
    | RequestPaymentFacts
    | ApprovePaymentFacts
    | AuditFacts
    | AuditRowsFacts
    | TrialFacts
)

FACTS: Mapping[Action, type[Facts]] = total(
    {
        Action.ENROL: EnrolFacts,
        Action.PULL_SOURCE: PullFacts,
        Action.REGISTER_EVIDENCE: EvidenceFacts,
        Action.EVALUATE: EvaluateFacts,
        Action.RELEASE_TOTAL: ReleaseFacts,
        Action.RELEASE_PREDICATE: ReleaseFacts,
        Action.RELEASE_PAYMENT: ReleaseFacts,
        Action.RELEASE_INDIVIDUAL: IndividualFacts,
        Action.READ_LOG: LogFacts,
        Action.REGISTER_RIGHT: PersonFacts,
        Action.READ_PERSON: PersonFacts,
        Action.DECIDE_RIGHT: DecisionFacts,
        Action.ADVISE: AdviceFacts,
        Action.CHANGE_POLICY: DecisionFacts,
        Action.READ_SETTLEMENT: StatementFacts,
        Action.ACKNOWLEDGE: AcknowledgeFacts,
        Action.REQUEST_PAYMENT: RequestPaymentFacts,
        Action.APPROVE_PAYMENT: ApprovePaymentFacts,
        Action.AUDIT: AuditFacts,
        Action.AUDIT_ROWS: AuditRowsFacts,
        Action.TRY_CONTRACT: TrialFacts,
    },
    Action,
)
