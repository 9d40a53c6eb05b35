"""Versions of one contract that read weeks otherwise, and people by what each source tells of their weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.measures.weeks import WeeksMeasure
from gateway.outcomes.readings import histories_by_week
from gateway.outcomes.results import AskedWeeks, units_by_window
from gateway.outcomes.terms import ExitRule, RegisterExit, WeekState, Window
from policies.basis import Stop, StopReason
from tests.support.histories import LETTERS, example_contract
from vocabulary.records import IncomePosting, StatusSpell, SubjectRef
from vocabulary.statuses import IncomeType
from vocabulary.weeks import Month, Week

IMPACT60 = example_contract("impact60")
FIRST = Week.parse("2020-W10")  # windows of four weeks: March, April, and the last week of April with three of May
_STATES = {state.id: state for state in IMPACT60.states}
PERSON = SubjectRef(f"{1:032x}")


def chain(*versions: tuple[int, Mapping[str, Any]], windows: int = 3) -> Contract:
    """The newest of these versions with the earlier ones: each holds from a window on, by its place.

    Of each: `hours` a week of a job in hundredths, `fleksjob` and `neutral` as letters of statuses, `sources` in their
    order, the kinds of `documents`, `carry` of a missing month, and exits by their names. What is left out is as
    IMPACT60 says it.
    """
    made = [_version(number, since, terms, windows) for number, (since, terms) in enumerate(versions, start=1)]
    return replace(made[-1], earlier=tuple(made[:-1]))


def _version(number: int, since: int, terms: Mapping[str, Any], windows: int) -> Contract:
    calendar = tuple(Window(f"w{place}", FIRST + 4 * place, FIRST + (4 * place + 3)) for place in range(windows))
    states = (
        replace(_STATES["ordinary_job"], hours_per_week_hundredths=terms.get("hours", 1000), line=10 * number),
        replace(_STATES["fleksjob"], statuses=_letters(terms.get("fleksjob", "F")), line=10 * number + 1),
    )
    sources = terms.get("sources", ("dream",))
    return replace(
        IMPACT60,
        version=number,
        effective_from=calendar[since].from_week.monday,
        status_sources=sources,
        evidence=frozenset(map(EvidenceType, terms.get("documents", ()))),
        qualification=replace(
            IMPACT60.qualification,
            carries_missing_month_forward=terms.get("carry", False),
            neutral_statuses=_letters(terms.get("neutral", "H")),
        ),
        states=states,
        measures=(WeeksMeasure("weeks", states, 1, weeks_from_enrolment=52),),
        windows=calendar,
        exits={one: ExitRule(terms.get(one.value, "frozen")) for one in StopReason},
        register_exits={one: ExitRule(terms.get(one.value, "failure")) for one in RegisterExit},
        sha256=f"{number:064x}",
    )


def _letters(letters: str) -> frozenset[Any]:
    return frozenset(LETTERS[letter] for letter in letters)


def states_of(contract: Contract) -> tuple[WeekState, ...]:
    return contract.measures[0].states


def person(
    contract: Contract,
    told: Mapping[str, str],
    *,
    hours: Mapping[str, int] | None = None,
    stop: Stop | None = None,
) -> PersonHistory:
    """Somebody from the first week on of whom each source tells a letter a week, `?` for nothing, as the contract's
    versions read it; `hours` are paid ones by month."""
    spells = {
        source: [
            StatusSpell(PERSON, LETTERS[letter], "", FIRST + place, FIRST + place)
            for place, letter in enumerate(letters)
            if letter != "?"
        ]
        for source, letters in told.items()
    }
    postings = [
        IncomePosting(PERSON, Month.parse(month), IncomeType.WAGE, paid) for month, paid in (hours or {}).items()
    ]

    def read(version: Contract) -> list[PersonHistory]:
        first, *behind = [spells.get(source, []) for source in version.status_sources]
        order = version.status_sources
        return [
            PersonHistory.build(
                subject=PERSON.value,
                enrolled_on=FIRST.monday,
                spells=first,
                behind=behind,
                documents=order.index(EVIDENCE) if EVIDENCE in order else None,
                postings=postings,
                stop=stop,
            )
        ]

    [found] = histories_by_week(contract, read)
    return found


def units(contract: Contract, someone: PersonHistory) -> list[int]:
    """How many weeks count by the end of each window."""
    [measure] = contract.measures
    asked = AskedWeeks.of(contract, measure.states, someone, contract.windows[-1].to_week)
    return [sum(cells.values()) for cells in units_by_window(contract, measure, someone, asked)]
