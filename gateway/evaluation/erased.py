"""What erased people left in a contract's figures: what its documents hold, less what the living count for in them.

Nothing of it is stored. The municipal record of a payment document has every figure that a tariff reads. The same
evaluation of whoever is still here, with what was known then and under the rules of then, gives the living part; the
difference is the erased, all together and nothing finer. What they had reached since the last document until they were
erased is one sealed sum of the contract, which goes with its next document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from gateway.evaluation.cohort import histories
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.ends import until_it_ended
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import NOBODY, PersonHistory, Remainder
from gateway.store import queries
from gateway.store.counting import counts_from
from gateway.store.sealed import (
    NO_PERSON,
    About,
    Shelf,
    clear,
    instant_of,
    microseconds,
    opened_values,
    seal_values,
)
from gateway.store.tables import ReleaseRow
from policies.programme import Programme
from vocabulary.releases import Template
from vocabulary.weeks import Week

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Document:
    """The figures of a payment document, by the last weeks of the windows that it rests on."""

    known_at: datetime  # its data
    drafted_at: datetime  # by the versions and the programme of then
    figures: Remainder


def left_by_erased(gateway: Gateway, session: Session, contract_id: str) -> Remainder:
    """What the erased of a contract are part of its figures with, at the end of each window."""
    contract = gateway.contract(session, contract_id)
    people = _erased_people(session, contract)
    if not people:
        return NOBODY
    windows = [window.to_week for window in contract.windows]
    documented = NOBODY
    for document in _documents(session, contract_id):
        living = _figures(gateway, session, contract_id, document)
        documented = _with_newer(documented, document.figures.plus(_negative(living)))
    left = _at_each(documented, windows).plus(_at_each(_pending(session, contract), windows))
    return replace(left, people=sum(people.values()), later=people)


def keep_figures(
    session: Session, contract: Contract, row: ReleaseRow, evaluations: Iterable[Evaluation], *, drafted_at: datetime
) -> None:
    """Keep what a payment document rests on, in its transaction. Pending stays what later documents are about: once
    somebody is erased, a document rests on every window up to its own."""
    figures = _sums(evaluations)
    value = [microseconds(row.known_at), microseconds(drafted_at), figures.body()]
    seal_values(session, Shelf(row.contract_id, About.FIGURES, row.id), {NO_PERSON: value})
    pending, said = _pending(session, contract), figures.by_week.keys()
    documented = {week for document in _documents(session, row.contract_id) for week in document.figures.by_week}
    rest = NOBODY
    for week in (Week(ordinal) for ordinal in pending.by_week if ordinal not in said):
        newest = max(one for one in documented if one <= week.ordinal)  # what `_at_each` falls back to
        still = _at_each(pending, [week])
        if newest in said:
            told = Week(newest)
            still = still.plus(
                _negative(Remainder(0, {week.ordinal: pending.at(told)}, {week.ordinal: pending.amounts_at(told)}))
            )
        rest = _with_newer(rest, still)
    if _is_nothing(rest):
        clear(session, _pending_shelf(row.contract_id))
    else:
        seal_values(session, _pending_shelf(row.contract_id), {NO_PERSON: [rest.body()]})


def keep_pending(gateway: Gateway, session: Session, programme: Programme, subject: str, *, now: datetime) -> None:
    """Add to what is pending what a person, who is erased now, has reached since the documents were made."""
    contract_id = programme.contract_id
    contract = gateway.contract(session, contract_id)
    windows = [window.to_week for window in contract.windows]
    [person] = histories(session, contract, programme, known_at=now, only=subject)
    reached = _sums(
        evaluate(gateway.contract_for(session, contract_id, window), [person], window.to_week)
        for window in contract.windows
    )
    documented = NOBODY
    for document in _documents(session, contract_id):
        documented = _with_newer(documented, _figures(gateway, session, contract_id, document, only=subject))
    since = reached.plus(_negative(_at_each(documented, windows)))
    pending = _at_each(_pending(session, contract), windows).plus(since)
    seal_values(session, _pending_shelf(contract_id), {NO_PERSON: [pending.body()]})


def _erased_people(session: Session, contract: Contract) -> Counter[int]:
    """How many who were sealed into a batch are not here, by the week from which it counts."""
    here = Counter(one.batch_id for one in queries.subjects(session, contract.id))
    found: Counter[int] = Counter()
    for batch in queries.batches(session, contract.id):
        if batch.count > here[batch.batch_id]:
            found[counts_from(contract, batch)] += batch.count - here[batch.batch_id]
    return found


def _documents(session: Session, contract_id: str) -> list[_Document]:
    """The payment documents in the order in which they were made, issued or about to be."""
    found = []
    for row in queries.releases(session, contract_id):
        if row.template != Template.PAYMENT_DOCUMENT:
            continue
        shelf = Shelf(contract_id, About.FIGURES, row.id)
        known_at, drafted_at, body = opened_values(session, shelf)[NO_PERSON]
        found.append(_Document(instant_of(known_at), instant_of(drafted_at), Remainder.of(body)))
    return found


def _figures(
    gateway: Gateway, session: Session, contract_id: str, document: _Document, *, only: str | None = None
) -> Remainder:
    """What a document would rest on were nobody in it but the living, or one of them."""

    def rules_of(week: Week) -> Contract:
        rules, _ = gateway.contract_and_text(session, contract_id, on=week.sunday, known_at=document.drafted_at)
        return rules

    programme = gateway.programme(session, contract_id, known_at=document.drafted_at)
    weeks = [Week(ordinal) for ordinal in document.figures.by_week]
    cohort: Sequence[PersonHistory] = histories(
        session, rules_of(max(weeks)), programme, known_at=document.known_at, only=only
    )
    return _sums(evaluate(rules_of(week), cohort, week) for week in weeks)


def _sums(evaluations: Iterable[Evaluation]) -> Remainder:
    seen = list(evaluations)
    return Remainder(
        0,
        {one.week.ordinal: {total.measure: dict(total.by_state) for total in one.totals} for one in seen},
        {one.week.ordinal: dict(one.personal) for one in seen},
    )


def _negative(sums: Remainder) -> Remainder:
    def less(numbers: Mapping[str, int]) -> dict[str, int]:
        return {name: -number for name, number in numbers.items()}

    by_week = {
        week: {measure: less(states) for measure, states in measures.items()} for week, measures in sums.by_week.items()
    }
    return Remainder(0, by_week, {week: less(amounts) for week, amounts in sums.amounts.items()})


def _is_nothing(sums: Remainder) -> bool:
    quantities = (
        number for measures in sums.by_week.values() for states in measures.values() for number in states.values()
    )
    return not any(quantities) and not any(amount for tariffs in sums.amounts.values() for amount in tariffs.values())


def _with_newer(older: Remainder, newer: Remainder) -> Remainder:
    """What a later document says of a window holds."""
    return Remainder(0, {**older.by_week, **newer.by_week}, {**older.amounts, **newer.amounts})


def _at_each(sums: Remainder, weeks: Sequence[Week]) -> Remainder:
    """The sums at each of these weeks, which are those of the newest before it where there are none of its own."""
    by_week = {week.ordinal: sums.at(week) for week in weeks}
    return Remainder(0, by_week, {week.ordinal: sums.amounts_at(week) for week in weeks})


def _pending(session: Session, contract: Contract) -> Remainder:
    """What the erased had reached that no document is about yet; of a contract that ended, up to its last week."""
    value = opened_values(session, _pending_shelf(contract.id)).get(NO_PERSON)
    return NOBODY if value is None else until_the_end(Remainder.of(value[0]), contract)


def until_the_end(sums: Remainder, contract: Contract) -> Remainder:
    """What was kept of a window that was cut since is of its last week now, and nothing is of windows that are gone."""
    if contract.end is None:
        return sums
    last = contract.windows[-1]
    whole = until_it_ended(contract).window(last.label).to_week.ordinal

    def cut_sums(by_week: Mapping[int, T]) -> dict[int, T]:
        kept = {week: value for week, value in by_week.items() if week <= last.to_week.ordinal}
        return {**kept, last.to_week.ordinal: by_week[whole]} if whole in by_week else kept

    return replace(sums, by_week=cut_sums(sums.by_week), amounts=cut_sums(sums.amounts))


def _pending_shelf(contract_id: str) -> Shelf:
    return Shelf(contract_id, About.PENDING, "")
