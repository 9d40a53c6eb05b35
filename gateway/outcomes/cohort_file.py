"""The `[cohort]` table of a contract file: how many people, in which batches, and from when each one's time counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from gateway.outcomes.terms import BEHIND_PER_CENT, Cohort, Mistaken, ReferralBatch
from policies.basis import MistakeReason
from vocabulary.declaration import DeclarationTable, member_of, one_of
from vocabulary.mistakes import Hole
from vocabulary.weeks import Month

MOST_PEOPLE = 100_000
WHOLE_COHORT = "all"  # the batch of a cohort that says none


def read_cohort(table: DeclarationTable) -> Cohort:
    """The cohort; `DeclarationInvalid` for sizes that do not add up, or cut-offs that leave a day of enrolment out."""
    size = table.integer("size", least=1, most=MOST_PEOPLE)
    time_from = table.convert("time_from", one_of("referral", "batch"), "referral")
    double = table.convert("double_enrolment", one_of("refuse", "allow"), "refuse")

    def read(row: DeclarationTable) -> ReferralBatch:
        cut_off = row.part(lambda: _cut_off(row, time_from))
        batch = ReferralBatch(row.text("id"), row.integer("size", least=1), cut_off)
        row.finish()
        return batch

    whole = (ReferralBatch(WHOLE_COHORT, size),)
    batches = table.rows("batches", read, by="id") if "batches" in table or time_from == "batch" else whole
    planned = table.integers("planned", most=MOST_PEOPLE) if "planned" in table else ()
    behind = table.integer("behind_per_cent", BEHIND_PER_CENT, least=1, most=99)
    mistaken = table.rows("mistaken", _mistakes, by="reason") if "mistaken" in table else ()
    cohort = Cohort(size, table.day("enrolment_from"), table.day("enrolment_to"), batches, planned, behind, mistaken)
    table.finish()
    with table.check():
        if cohort.mistaken_people >= size:
            raise table.refuse("mistaken", "must leave somebody of the cohort")
    with table.check():
        if sum(batch.size for batch in batches) != size:
            raise table.refuse("batches", "sizes must add up to the cohort's size")
    with table.check():
        if double == "allow":
            reason = "allow would let two contracts count the same people: their totals could be subtracted"
            raise table.refuse("double_enrolment", reason)
    if cohort.enrolment_to < cohort.enrolment_from:
        raise table.refuse("enrolment_to", "lies before enrolment_from")
    with table.check():
        months = Month.of(cohort.enrolment_to) - Month.of(cohort.enrolment_from) + 1
        if "planned" in table and (len(planned), sum(planned)) != (months, size):
            reason = f"must hold a number for each of the {months} months of enrolment, which add up to the size"
            raise table.refuse("planned", reason)
    with table.check():
        if time_from == "batch":
            _check_cut_offs(table, cohort, batches)
    return cohort


def _mistakes(row: DeclarationTable) -> Mistaken:
    found = Mistaken(row.integer("people", least=1), row.convert("reason", member_of(MistakeReason)))
    row.finish()
    return found


def _cut_off(row: DeclarationTable, time_from: str) -> date | None:
    if isinstance(time_from, Hole):
        row.knows("cut_off")
    return row.day("cut_off") if time_from == "batch" else None


def _check_cut_offs(table: DeclarationTable, cohort: Cohort, batches: Sequence[ReferralBatch]) -> None:
    days = [cohort.enrolment_from, *(batch.cut_off for batch in batches if batch.cut_off)]
    if any(later < earlier or later == earlier != days[0] for earlier, later in pairwise(days)):
        raise table.refuse("batches", "must stand in the order of their cut-offs, each within the days of enrolment")
    if days[-1] != cohort.enrolment_to:
        raise table.refuse("enrolment_to", "must be the cut-off of the last batch: whoever comes later belongs to none")
