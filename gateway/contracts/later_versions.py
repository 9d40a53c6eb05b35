"""What is asked of a later version of a contract before it may come into force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlmodel import Session

from connectors.base import Progress, no_progress
from gateway.attestations.calendar_audit import audit_contract, known_movers
from gateway.contracts import accepted
from gateway.contracts.fitting import check_fits
from gateway.contracts.mistaken import check_registered
from gateway.contracts.sealed_plan import planned_ends
from gateway.contracts.waiting import right_of
from gateway.errors.contracts import AmendmentRefused
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of
from gateway.outcomes.amendment import changes_what_counts, check_amendment
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.later_measures import changes_measures
from gateway.outcomes.later_windows import changes_windows
from gateway.outcomes.versions import has_changed
from gateway.store import contract_queries, counting, queries
from policies.calendar import groups
from policies.calendar_rules import audit
from policies.programme import Programme
from vocabulary.danish_days import danish_day
from vocabulary.errors import DeclarationInvalid


def check_later(session: Session, contract: Contract, programme: Programme, *, on: date) -> None:
    """Raise `AmendmentRefused` where a later contract changes more than it may, or changes what counts or is paid in a
    window that has begun by this day; `DeclarationInvalid` where all versions together would tell of a few.

    A new text has to fit its programme. Of the text in force a programme may take sources and days away: so a
    municipality stops reading them.
    """
    known = contract_queries.contract_versions(session, contract.id)
    if known and known[-1].sha256 == contract.sha256:
        return
    check_fits(contract, programme)
    if not known:
        return
    # each version was held against the one before it, so the newest stands for all of them
    released = {release.window for release in queries.releases(session, contract.id)}
    if contract.end is not None and (opening := contract_queries.opening(session, contract.id)) is not None:
        released.update(opening.windows)
    sealed = {batch.batch_id for batch in queries.batches(session, contract.id)}
    *earlier, last = map(contract_of, known)
    newest = replace(last, earlier=tuple(earlier))  # a notice too, as its text says it
    if contract.follows != newest.sha256:
        reason = f"must be {newest.sha256}, of version {newest.version}: who accepts a change accepts what it changes"
        raise AmendmentRefused(file=contract.file, part="follows", reason=reason)
    check_amendment(newest, contract, released=released, sealed=sealed)
    if contract.effective_from <= on and changes_what_counts(newest, contract):
        reason = f"must lie behind {on}: other terms hold from a window on that begins when everybody has accepted"
        raise AmendmentRefused(file=contract.file, part="effective_from", reason=reason)
    check_registered(session, newest, contract)
    if contract.end == newest.end:  # an end says by itself which windows it cuts, and of which nothing was told
        _check_windows_ahead(session, newest, contract, on=on)
    _check_read_in_time(session, newest, contract, on=on)
    _check_notice(session, contract, on=on)
    _judge_chain(session, chain_of(session, contract))


def _check_read_in_time(session: Session, known: Contract, new: Contract, *, on: date) -> None:
    """Of a contract that ends, what is missing of its last week can still be read."""
    if new.end is None or new.end == known.end or new.end.read_until > on:
        return
    for source in new.sources:
        told = counting.complete_to(session, known, source)
        if told is None or told < new.end.last_week:
            reason = f"lets registers be read until {new.end.read_until}, and {source} is not complete to the last week"
            raise AmendmentRefused(file=new.file, part="end.read_days", reason=reason)


def _check_windows_ahead(session: Session, known: Contract, new: Contract, *, on: date) -> None:
    """What is shown, when and of which weeks changes behind this day alone. A seal says from which window on its people
    count: that window stays, whether or not it has begun."""
    changes_figures = changes_windows(known, new) or changes_measures(known, new)
    if new.effective_from <= on and (changes_figures or new.cohort.mistaken != known.cohort.mistaken):
        reason = f"must lie behind {on}: what is shown, when and of which weeks changes once everybody has accepted"
        raise AmendmentRefused(file=new.file, part="effective_from", reason=reason)
    for batch in queries.batches(session, known.id):
        if known.window(batch.counts_from) not in new.windows:
            reason = f"must keep {batch.counts_from}: batch {batch.batch_id!r} is sealed, and counts from it on"
            raise AmendmentRefused(file=new.file, part="windows", reason=reason)


def _check_notice(session: Session, contract: Contract, *, on: date) -> None:
    """Raise `AmendmentRefused` where one party ends the contract sooner than its right lets it, from the day on which
    its notice was taken in; today, where it was not yet."""
    right = right_of(session, contract)
    if right is None or contract.end is None:
        return
    row = accepted.notice_given(session, contract, right)
    given = on if row is None else danish_day(row.at)
    if contract.end.last_week < (earliest := right.earliest_week(given)):
        reason = f"must be {earliest} or later, by {right.id!r} and a notice of {given}"
        raise AmendmentRefused(file=contract.file, part="end.last_week", reason=reason)


def chain_of(session: Session, contract: Contract) -> Contract:
    """A contract with the versions that are in force before it."""
    known = [one for one in contract_queries.contract_versions(session, contract.id) if one.sha256 != contract.sha256]
    return replace(contract, earlier=tuple(map(contract_of, known)))


def run_lives(gateway: Gateway, contract: Contract, progress: Progress = no_progress) -> None:
    """Run what all versions are judged by, for seconds, before anybody waits for the writer."""
    with gateway.store.read() as session:
        chain = chain_of(session, contract)
        if chain.earlier and (chain.fold.at_most or has_changed(chain) or _ties_parties(chain)):
            known_movers(chain, progress=progress)


def _ties_parties(chain: Contract) -> bool:
    """Whether recipients are one organisation now that were two: what both were shown is in one hand."""
    return groups(calendar_of(chain)) != groups(calendar_of(chain.earlier[-1]))


def _judge_chain(session: Session, chain: Contract) -> None:
    """What all versions show by their texts; then whoever is sealed, where it is shown in blocks; else whoever begins
    when."""
    for finding in audit(calendar_of(chain)):
        raise DeclarationInvalid(file=chain.file, line=1, key=finding.key, reason=str(finding), rule=finding.rule)
    if chain.end is not None and chain.fold.at_most:
        return  # the blocks were settled before, and the text's own audit judged what is paid (`calendar_audit`)
    if not chain.fold.at_most or not queries.batches(session, chain.id):
        audit_contract(chain)
    elif (has_changed(chain) or changes_windows(chain.earlier[-1], chain) or _ties_parties(chain)) and (
        told := reader_windows(chain)
    ):
        last = chain.windows[told[-1]].label
        if planned_ends(session, chain)[-1:] == (last,):
            return
        reason = f"with the people who are sealed readers could not be shown everything by {last} under these terms"
        raise DeclarationInvalid(file=chain.file, line=1, key="disclosure.fold", reason=reason, rule="calendar-part")
