"""Who is new to a benefit that a law closed to new people, and what a code of it means in their weeks.

A law that ends a benefit *for new people* lets those go on who have it. So a code that closed means the same as ever of
somebody who had it, and nothing certain of anybody else: such a week is unknown and counted, as one whose code no list
explains, until the municipality says in the declaration's own codes what it means. It never becomes no benefit.

A person had the benefit where the source shows one of its codes in a week that holds a day before it closed, or in the
first week of all that it shows of the person: then nothing is known of the time before, and nothing says that it began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from connectors.codes import CodeList, Limits
from vocabulary.records import StatusSpell, SubjectRef
from vocabulary.statuses import Status

_Shown = Mapping[int, set[str]]  # week -> the codes that a source shows in it


def subjects_to_judge(spells: Sequence[StatusSpell], codes: CodeList) -> list[SubjectRef]:
    """The people of these spells who have a code in a week in which nobody new can get it, sorted."""
    return sorted({spell.subject for spell in spells if _is_closed(spell, codes)})


def without_newcomers(
    spells: Sequence[StatusSpell], before: Mapping[SubjectRef, Sequence[StatusSpell]], codes: CodeList
) -> tuple[list[StatusSpell], Counter[str]]:
    """The spells, with those of people who are new to a closed benefit unknown; and how many weeks, by code.

    `before` is what the source told of the people of `subjects_to_judge` until now; where the new spells show a week,
    they stand.
    """
    judged = set(subjects_to_judge(spells, codes))
    if not judged:
        return list(spells), Counter()
    own: dict[SubjectRef, list[StatusSpell]] = {subject: [] for subject in judged}
    for spell in spells:
        if spell.subject in judged:
            own[spell.subject].append(spell)
    shown = {subject: _shown_weeks(told, before.get(subject, ())) for subject, told in own.items()}
    unknown: Counter[str] = Counter()
    found: list[StatusSpell] = []
    for spell in spells:
        limit = codes.limits.get(spell.code)
        if limit is None or not _is_closed(spell, codes) or _had_benefit(shown[spell.subject], limit):
            found.append(spell)
            continue
        # nobody who is new has a week of it before it closed: the whole spell is theirs
        found.append(StatusSpell(spell.subject, Status.UNKNOWN, spell.code, spell.from_week, spell.to_week))
        unknown[f"{spell.code} (new after it closed)"] += spell.to_week - spell.from_week + 1
    return found, unknown


def _is_closed(spell: StatusSpell, codes: CodeList) -> bool:
    limit = codes.limits.get(spell.code)
    if limit is None or limit.last_open is None or spell.status is Status.UNKNOWN:
        return False
    return spell.to_week > limit.last_open


def _had_benefit(shown: _Shown, limit: Limits) -> bool:
    together, last_open = limit.days.together, limit.last_open
    first = min(shown)
    return bool(together & shown[first]) or any(
        together & told for week, told in shown.items() if last_open is not None and week <= last_open.ordinal
    )


def _shown_weeks(told: Sequence[StatusSpell], before: Sequence[StatusSpell]) -> dict[int, set[str]]:
    """Every week of which anything is known, with its codes; what is told now stands before what was known."""
    now = _codes_by_week(told)
    return _codes_by_week(before) | now


def _codes_by_week(spells: Sequence[StatusSpell]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for spell in spells:
        for week in range(spell.from_week.ordinal, spell.to_week.ordinal + 1):
            found.setdefault(week, set()).add(spell.code)
    return found
