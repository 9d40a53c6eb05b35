"""The `[cohort]` table of a contract file: how many people, in which batches, and from when each one's time counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from gateway.outcomes.terms import Cohort, ReferralBatch
from vocabulary.declaration import DeclarationTable, one_of, unique

MOST_PEOPLE = 100_000


def read_cohort(table: DeclarationTable) -> Cohort:
    """The cohort; `DeclarationInvalid` for sizes that do not add up, or cut-offs that leave a day of enrolment out."""
    size = table.integer("size", least=1, most=MOST_PEOPLE)
    has_cut_offs = "time_from" in table and table.convert("time_from", one_of("referral", "batch")) == "batch"
    batches = []
    for row in table.tables("batches"):
        cut_off = row.day("cut_off") if has_cut_offs else None
        batches.append(ReferralBatch(row.text("id"), row.integer("size", least=1), cut_off))
        row.finish()
    if sum(batch.size for batch in batches) != size:
        raise table.refuse("batches", "sizes must add up to the cohort's size")
    unique(table, "batches", [batch.id for batch in batches])
    found = Cohort(size, table.day("enrolment_from"), table.day("enrolment_to"), tuple(batches))
    if found.enrolment_to < found.enrolment_from:
        raise table.refuse("enrolment_to", "lies before enrolment_from")
    if has_cut_offs:
        _check_cut_offs(table, found, batches)
    if table.convert("double_enrolment", one_of("refuse", "allow")) == "allow":
        reason = "allow would let two contracts count the same people: their totals could be subtracted"
        raise table.refuse("double_enrolment", reason)
    table.finish()
    return found


def _check_cut_offs(table: DeclarationTable, cohort: Cohort, batches: Sequence[ReferralBatch]) -> None:
    days = [cohort.enrolment_from, *(batch.cut_off for batch in batches if batch.cut_off)]
    if any(later < earlier or later == earlier != days[0] for earlier, later in pairwise(days)):
        raise table.refuse("batches", "must stand in the order of their cut-offs, each within the days of enrolment")
    if days[-1] != cohort.enrolment_to:
        raise table.refuse("enrolment_to", "must be the cut-off of the last batch: whoever comes later belongs to none")
