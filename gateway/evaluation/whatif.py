"""Use case: a draft contract is tried on the cohort of a contract in force. Money by window comes out, and no person.

1. Ask the policy, as for an evaluation: the municipality looks at its own people, for the purpose of evaluation.
2. Refuse a cohort below k_cohort: with terms that anybody may choose, so few people would show one by one.
3. Refuse a draft whose registers are others than those that were read.
4. Load everybody's histories as known now, on a snapshot, and record the look with the draft's digest.
5. Move the draft's calendar to the cohort's, and end it where the registers end.
6. Refuse a draft whose counts differ in fewer than k people from those of the contract, or of a draft tried before: the
   difference of the two figures would be about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.errors.whatif import SimulationRefused
from gateway.evaluation.cohort import histories
from gateway.evaluation.erased import left_by_erased
from gateway.evaluation.evaluating import ask_to_evaluate, known_by
from gateway.evaluation.looking import Snapshot, look_apart
from gateway.events.evaluation import DraftTried
from gateway.events.event import PersonLine
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.forecast import shift_weeks, weeks_between
from gateway.outcomes.history import PersonHistory, inputs_root
from gateway.outcomes.readings import sources_read
from gateway.outcomes.told_apart import counted_columns, tells_few_apart
from gateway.outcomes.whatif import Tried
from gateway.store import contract_queries
from gateway.store.contract_tables import TriedDraft
from policies.terms import Purpose
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Historical:
    """A draft on the calendar of real people, ready to be tried."""

    tried: Tried
    moved_weeks: int
    complete_to: Week
    windows_left_out: tuple[str, ...]  # they end after the registers do
    erased: int  # people whose histories are gone: they are in no figure


def historical(gateway: Gateway, contract_id: str, draft: Contract, text: bytes) -> Historical:
    """The cohort of a contract in force, read for a draft, and every look logged. `text` is that of the draft's file.

    Raises `PolicyDenied`, `ContractUnknown`, `SimulationRefused`.
    """

    def authorise(asking: Asking) -> Authorised:
        known = gateway.contract(asking.session, contract_id)
        programme = gateway.programme(asking.session, contract_id)
        authorised = ask_to_evaluate(asking, known, programme, Purpose.OUTCOME_EVALUATION)  # 1
        _check(known, draft)  # 2, 3
        return authorised

    def look(at: Snapshot, _authorised: Authorised) -> _Cohort:
        known = gateway.contract(at.session, contract_id)
        programme = gateway.programme(at.session, contract_id)
        complete = known_by(at.session, known, at.now).complete_to
        people = histories(at.session, known, programme, known_at=at.now)
        if complete is None or not people:
            raise SimulationRefused(draft=draft.file, reason=f"nothing of {contract_id!r} has been read yet")
        if len(people) < known.k_cohort:
            raise SimulationRefused(draft=draft.file, reason=_too_few(len(people), known))
        earlier = [
            load_contract(row.text, file=draft.file) for row in contract_queries.tried_drafts(at.session, known.id)
        ]
        _check_apart(draft, [known, *earlier], people, complete)  # 6
        return _Cohort(known, people, complete, left_by_erased(gateway, at.session, known.id).people)

    found = look_apart(
        gateway,
        contract_id,
        Purpose.OUTCOME_EVALUATION,
        authorise=authorise,
        look=look,
        record=lambda asking, authorised, seen: _record(asking, draft, text, seen, authorised),  # 4
    )
    cohort, complete = found.people, found.complete_to
    weeks = weeks_between(draft, cohort)
    there = shift_weeks(draft, weeks)  # 5
    windows = tuple(window for window in there.windows if window.to_week <= complete)
    if not windows:
        raise SimulationRefused(draft=draft.file, reason=f"the registers end in {complete}, before its first window")
    left_out = tuple(window.label for window in there.windows[len(windows) :])
    tried = Tried(f"cohort {contract_id}", replace(there, windows=windows), (tuple(cohort),))
    return Historical(tried, weeks, complete, left_out, found.erased)


@dataclass(frozen=True, slots=True)
class _Cohort:
    """Everybody of a contract in force, as known now."""

    contract: Contract
    people: list[PersonHistory]
    complete_to: Week
    erased: int


def _check(known: Contract, draft: Contract) -> None:
    if known.cohort.size < known.k_cohort:
        raise SimulationRefused(draft=draft.file, reason=_too_few(known.cohort.size, known))
    if draft.measures and (draft.named_sources, draft.evidence) != (known.named_sources, known.evidence):
        read, wanted = (", ".join((*one.named_sources, *sorted(one.evidence))) or "none" for one in (known, draft))
        raise SimulationRefused(draft=draft.file, reason=f"it reads {wanted}; of {known.id!r} was read: {read}")
    if draft.measures and len(sources_read(known)) > 1:
        reason = f"of {known.id!r} earlier weeks were read from other sources than later ones; a draft has one order"
        raise SimulationRefused(draft=draft.file, reason=reason)
    if draft.needs_amounts and not known.needs_amounts:
        raise SimulationRefused(draft=draft.file, reason=f"it counts pay, and no amounts were kept for {known.id!r}")


def _check_apart(draft: Contract, earlier: Sequence[Contract], people: Sequence[PersonHistory], until: Week) -> None:
    """Raise `SimulationRefused` where few people count otherwise than under a contract whose figures are known here."""
    here, *others = (
        counted_columns(shift_weeks(one, weeks_between(one, people)), people, until=until) for one in (draft, *earlier)
    )
    if tells_few_apart(here, set().union(*others), k=earlier[0].k):
        reason = (
            f"of these people it counts fewer than {earlier[0].k} otherwise than the contract or a draft tried before:"
            " the two figures would tell of them; try it on invented people (--success, --course)"
        )
        raise SimulationRefused(draft=draft.file, reason=reason)


def _too_few(people: int, known: Contract) -> str:
    return f"{people} people are below the k_cohort of {known.k_cohort}; simulate a cohort instead"


def _record(asking: Asking, draft: Contract, text: bytes, seen: _Cohort, authorised: Authorised) -> _Cohort:
    known, cohort = seen.contract, seen.people
    if asking.session.get(TriedDraft, (known.id, draft.sha256)) is None:
        asking.session.add(TriedDraft(contract_id=known.id, sha256=draft.sha256, text=text))
    purpose = Purpose.OUTCOME_EVALUATION
    asking.uow.record(
        DraftTried(
            contract=known.id,
            version=known.version,
            draft_sha256=draft.sha256,
            purpose=purpose,
            people=len(cohort),
            inputs_sha256=inputs_root(cohort),
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        ),
        [PersonLine(person.subject, "evaluate", purpose) for person in cohort],
    )
    return seen
