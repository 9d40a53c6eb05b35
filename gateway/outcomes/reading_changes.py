"""What a later version may say otherwise of how a week is read, and what of a person's time has one value only.

A week is read by the version of its window (`readings`). What is not about single weeks cannot be: when somebody's time
begins is one day, the pay of a month is of one register, and what was told by a state's name stays told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.contract import Contract
from gateway.outcomes.readings import income_source_of, sources_ever
from gateway.outcomes.terms import WeekState

QUALIFICATION_FIELDS: Mapping[str, str] = {  # of each part why it may not change; empty where it may
    "carries_missing_month_forward": "",
    "first_week_is_enrolment_week": "says when everybody's time begins, which is one day",
    "neutral_statuses": "",
}
STATE_FIELDS: Mapping[str, str] = {
    "id": "is what prices, tables and figures are called by",
    "label_da": "is the name under which figures were told",
    "label_en": "is the name under which figures were told",
    "statuses": "",
    "income_types": "",  # but where their pay is added up
    "hours_per_week_hundredths": "",
    "line": "",
    "is_off_benefit": "",
}


def check_reading(known: Contract, new: Contract) -> None:
    """Raise `AmendmentRefused` where a later version changes of how weeks are read what has one value for good. `known`
    has its earlier versions."""

    def refuse(part: str, reason: str) -> AmendmentRefused:
        return AmendmentRefused(file=new.file, part=part, reason=reason)

    for name, why in QUALIFICATION_FIELDS.items():
        if why and getattr(known.qualification, name) != getattr(new.qualification, name):
            raise refuse("qualification", f"may not change {name}: it {why}")
    if [one.id for one in new.states] != [one.id for one in known.states]:
        reason = "must be those of the version in force, in their order: a new one would be a figure of no earlier week"
        raise refuse("states", reason)
    for before, after in zip(known.states, new.states, strict=True):
        for name, why in STATE_FIELDS.items():
            if why and getattr(before, name) != getattr(after, name):
                raise refuse("states", f"may not change {name} of {before.id!r}: it {why}")
        if before.income_types != after.income_types and _is_added_up(known, before):
            raise refuse("states", f"may not change income_types of {before.id!r}, whose pay is added up over months")
    before_words, words = ([replace(word, line=0) for word in one.status_words] for one in (known, new))
    if words[: len(before_words)] != before_words:
        raise refuse("status_words", "must begin with those of the version in force: earlier weeks are read by them")
    of_pay = income_source_of(known)
    if of_pay and new.income_source not in ("", of_pay):
        reason = f"must be {of_pay!r}, or none: the pay of a month is of one register, whichever weeks ask for it"
        raise refuse("income_source", reason)
    gone = set(sources_ever(known)) - {*known.sources, of_pay}
    if back := sorted(gone & set(new.sources)):
        reason = f"names {', '.join(back)}, which an earlier version dropped: nothing was read from it since"
        raise refuse("status_sources", reason)


def _is_added_up(contract: Contract, state: WeekState) -> bool:
    return any(measure.counts_pay and state in measure.states for measure in contract.measures)
