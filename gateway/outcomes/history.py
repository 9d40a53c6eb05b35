"""One person's register history as the evaluator reads it: columns by week and by month, no identity."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from connectors.records import IncomePosting, IncomeType, Status, StatusSpell
from outcome_verifier import canonical
from outcome_verifier.tlog import merkle_root


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """What is known of one subject at one instant. Keys are ordinals of `Week` and `Month`."""

    subject: str
    enrolled_on: date
    statuses: Mapping[int, frozenset[Status]]  # week -> what the status register shows; absent = not observed
    hours: Mapping[tuple[int, IncomeType], int]  # (month, type) -> paid hours in hundredths, corrections summed
    postings: Mapping[tuple[int, IncomeType], int]  # (month, type) -> postings less reversals

    @classmethod
    def build(
        cls,
        *,
        subject: str,
        enrolled_on: date,
        spells: Iterable[StatusSpell],
        postings: Iterable[IncomePosting],
    ) -> PersonHistory:
        """The history that these rows amount to, whatever their order."""
        statuses: dict[int, set[Status]] = defaultdict(set)
        for spell in spells:
            for week in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
                statuses[week].add(spell.status)
        hours: dict[tuple[int, IncomeType], int] = defaultdict(int)
        counts: dict[tuple[int, IncomeType], int] = defaultdict(int)
        for posting in postings:
            key = (posting.month.ordinal, posting.income_type)
            hours[key] += posting.paid_hours_hundredths
            counts[key] += -1 if posting.is_reversal else 1
        frozen = {week: frozenset(found) for week, found in statuses.items()}
        return cls(subject, enrolled_on, frozen, dict(hours), dict(counts))

    def leaf(self) -> bytes:
        """SHA-256 over the subject id and this history. The id is 128 random bits that never leave the
        municipality, so it is also the salt: nobody can test a guess, and erasing it ends the link.
        """
        body = {
            "enrolled_on": self.enrolled_on.isoformat(),
            "statuses": [[week, sorted(found)] for week, found in sorted(self.statuses.items())],
            "hours": [[*key, value] for key, value in sorted(self.hours.items())],
            "postings": [[*key, value] for key, value in sorted(self.postings.items())],
        }
        return hashlib.sha256(bytes.fromhex(self.subject) + canonical.dumps(body)).digest()


def inputs_root(cohort: Sequence[PersonHistory]) -> str:
    """Hexadecimal RFC 6962 root over the cohort's leaves in the order of their subject ids (invariant 12)."""
    ordered = sorted(cohort, key=lambda person: person.subject)
    return merkle_root([person.leaf() for person in ordered]).hex()
