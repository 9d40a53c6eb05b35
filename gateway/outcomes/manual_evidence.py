"""Manual evidence: a document in the municipality's case system that shows weeks which no register shows.

It counts as one more status source of a contract that names it, at the place that the contract gives it. The document
never comes here: its digest does, with a kind, weeks and the last day on which the document is valid.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from vocabulary.statuses import Status
from vocabulary.total import total
from vocabulary.weeks import Week

SCORE = "score"  # what is registered of somebody in the place of a kind of document, where an instrument measured it
EVIDENCE = "evidence"  # its name among a contract's status sources; no register may be declared under it


class EvidenceType(StrEnum):
    """What a document may show. A contract names those that it accepts."""

    SELF_EMPLOYED = "self_employed"
    WORK_ABROAD = "work_abroad"
    EDUCATION = "education"  # such as after 29, when registers of the young and of grants are silent
    FLEKSJOB_PERMIT = "fleksjob_permit"  # a permit (*bevilling*) that has not reached any register


STATUS_OF = total(
    {
        EvidenceType.SELF_EMPLOYED: Status.SELF_EMPLOYED,
        EvidenceType.WORK_ABROAD: Status.WORK_ABROAD,
        EvidenceType.EDUCATION: Status.EDUCATION,
        EvidenceType.FLEKSJOB_PERMIT: Status.FLEKSJOB,
    },
    EvidenceType,
)


def last_week(to_week: Week, expires_on: date) -> Week:
    """The last week that the document vouches for: none that it was not valid to the end of."""
    return min(to_week, Week.of(expires_on + timedelta(days=1)) + -1)
