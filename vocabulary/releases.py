"""What a contract can plan to release, and to whom: closed sets."""

from __future__ import annotations

from enum import StrEnum


class Template(StrEnum):
    """What an attestation says. Its claims: docs/attestation-format.md."""

    CONTRACT_TOTAL = "contract_total"  # exact totals of a cohort of at least k_cohort people
    PREDICATE = "predicate"  # met or not met
    PAYMENT_DOCUMENT = "payment_document"  # what is owed, exactly, to the creditor alone


class Recipient(StrEnum):
    """The roles of a contract to which attestations go."""

    OPERATOR = "operator"
    INVESTOR = "investor"
