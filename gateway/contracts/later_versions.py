"""What is asked of a later version of a contract before it may come into force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from sqlmodel import Session

from connectors.base import Progress, no_progress
from gateway.attestations.calendar_audit import audit_contract, known_movers
from gateway.contracts.fitting import check_fits
from gateway.contracts.sealed_plan import planned_ends
from gateway.errors.contracts import AmendmentRefused
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of, join_versions
from gateway.outcomes.amendment import changes_what_counts, check_amendment
from gateway.outcomes.blocks import reader_windows
from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.later_measures import changes_measures
from gateway.outcomes.later_windows import changes_windows
from gateway.outcomes.versions import has_changed
from gateway.store import contract_queries, queries
from policies.calendar_rules import audit
from policies.programme import Programme
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
    sealed = {batch.batch_id for batch in queries.batches(session, contract.id)}
    newest = join_versions(known)
    if contract.follows != newest.sha256:
        reason = f"must be {newest.sha256}, of version {newest.version}: who accepts a change accepts what it changes"
        raise AmendmentRefused(file=contract.file, part="follows", reason=reason)
    check_amendment(newest, contract, released=released, sealed=sealed)
    if contract.effective_from <= on and changes_what_counts(newest, contract):
        reason = f"must lie behind {on}: other terms hold from a window on that begins when everybody has accepted"
        raise AmendmentRefused(file=contract.file, part="effective_from", reason=reason)
    if contract.effective_from <= on and (changes_windows(newest, contract) or changes_measures(newest, contract)):
        reason = f"must lie behind {on}: what is shown, when and of which weeks changes once everybody has accepted"
        raise AmendmentRefused(file=contract.file, part="effective_from", reason=reason)
    _check_sealed_windows(session, newest, contract)
    _judge_chain(session, chain_of(session, contract))


def _check_sealed_windows(session: Session, known: Contract, new: Contract) -> None:
    """A seal says from which window on its people count: that window stays, whether or not it has begun."""
    for batch in queries.batches(session, known.id):
        if known.window(batch.counts_from) not in new.windows:
            reason = f"must keep {batch.counts_from}: batch {batch.batch_id!r} is sealed, and counts from it on"
            raise AmendmentRefused(file=new.file, part="windows", reason=reason)


def chain_of(session: Session, contract: Contract) -> Contract:
    """A contract with the versions that are in force before it."""
    known = [one for one in contract_queries.contract_versions(session, contract.id) if one.sha256 != contract.sha256]
    return replace(contract, earlier=tuple(map(contract_of, known)))


def run_lives(gateway: Gateway, contract: Contract, progress: Progress = no_progress) -> None:
    """Run what all versions are judged by, for seconds, before anybody waits for the writer."""
    with gateway.store.read() as session:
        chain = chain_of(session, contract)
        if chain.earlier and (chain.fold.at_most or has_changed(chain)):
            known_movers(chain, progress=progress)


def _judge_chain(session: Session, chain: Contract) -> None:
    """What all versions show by their texts; then whoever is sealed, where it is shown in blocks; else whoever begins
    when."""
    for finding in audit(calendar_of(chain)):
        raise DeclarationInvalid(file=chain.file, line=1, key=finding.key, reason=str(finding), rule=finding.rule)
    if not chain.fold.at_most or not queries.batches(session, chain.id):
        audit_contract(chain)
    elif (has_changed(chain) or changes_windows(chain.earlier[-1], chain)) and (told := reader_windows(chain)):
        last = chain.windows[told[-1]].label
        if planned_ends(session, chain)[-1:] == (last,):
            return
        reason = f"with the people who are sealed readers could not be shown everything by {last} under these terms"
        raise DeclarationInvalid(file=chain.file, line=1, key="disclosure.fold", reason=reason, rule="calendar-part")
