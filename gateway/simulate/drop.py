"""Writes a whole municipal drop for one course: referral list, status extract and income postings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from connectors.base import Progress, no_progress
from gateway.simulate.course import Course, live
from gateway.simulate.registers import (
    write_benefits,
    write_dream,
    write_income,
    write_referrals,
)

_COHORT_SPACING = 10_000_000  # keeps the invented people of different cohorts apart


@dataclass(frozen=True, slots=True)
class Drop:
    """Where the files of one simulated municipality stand."""

    referrals: Path
    status: Path  # a file, or a folder of monthly files
    income: Path


def write_drop(
    folder: Path,
    course: Course,
    *,
    seed: int,
    extract_people: int,
    cohort: int = 0,
    progress: Progress = no_progress,
) -> Drop:
    """Write the files that a cohort following this course leaves in the registers.

    `extract_people` is the number of other people in a wide extract (a hundredth of it in monthly files);
    `cohort` (0 or 1) keeps two cohorts of one municipality apart. The same arguments write the same bytes.
    """
    offset = cohort * _COHORT_SPACING
    lives = live(course, seed=seed)
    referrals = folder / "enrolment" / f"{course.contract}.csv"
    write_referrals(referrals, lives, offset=offset, notice=f"notice-{course.enrolment_from.year}-1")
    others = extract_people // 100
    income = folder / "income" / f"indkomst-{course.first_month}_{course.last_month}.csv"
    write_income(income, course, lives, offset=offset, extract_people=others)
    if course.status_source == "dream":
        status = folder / "dream" / f"dream-{course.last_month}.csv"
        write_dream(
            status,
            course,
            lives,
            offset=offset,
            extract_people=extract_people,
            seed=seed,
            progress=progress,
        )
    else:
        status = folder / "ydelsesrefusion"
        write_benefits(status, course, lives, offset=offset, extract_people=others)
    return Drop(referrals, status, income)
