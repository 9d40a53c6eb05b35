"""Whether a programme fits the contract that it was declared for: read beside each other, before either is in force.

What does not fit could be accepted by everybody, and then nothing of it could be pulled, evaluated or released.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.outcomes.calendar import needed_weeks
from gateway.outcomes.contract import Contract
from gateway.outcomes.status_words import WordCategory
from gateway.wording.parties import delivers_itself
from policies.errors import ProgrammeInvalid
from policies.programme import Programme
from policies.terms import Party, Role, StatusCondition


def check_fits(contract: Contract, programme: Programme) -> None:
    """Raise `ProgrammeInvalid` with every key of the programme that leaves the contract without what it needs."""
    misfits = [
        ProgrammeInvalid(file=programme.file, line=1, key=key, reason=reason, rule="programme-fits-contract")
        for key, reason in _misfits(contract, programme)
    ]
    if misfits:
        raise ProgrammeInvalid.of_all(misfits)


def words_without_ground(contract: Contract, programme: Programme) -> Iterator[str]:
    """What the programme does not say of the contract's status words and must: the condition of GDPR art. 9 or 10 that
    allows each, and that a table by class may show it where one does."""
    named = {one.word: one for one in programme.conditions}
    for word in contract.status_words:
        found = named.get(word.id)
        if found is None:
            yield f"must name the condition that allows {word.id!r} ({word.category}), which {contract.file} reads"
        elif word.category is WordCategory.HEALTH and not found.condition.is_special:
            yield f"must name a point of GDPR art. 9(2) for {word.id!r}, which tells of health"
        elif word.category is WordCategory.CUSTODY and found.condition is not StatusCondition.ART_10:
            yield f"must name GDPR art. 10 and its law for {word.id!r}, which tells of custody"
        elif word.in_breakdown and not found.in_breakdown:
            yield f"must say in_breakdown = true of {word.id!r}, or {contract.file} may not show it by class"
    for name in named.keys() - {word.id for word in contract.status_words}:
        yield f"names {name!r}, which is no status word of {contract.file}"


def _misfits(contract: Contract, programme: Programme) -> Iterator[tuple[str, str]]:
    for source in contract.sources:
        if source not in programme.sources:
            yield "sources", f"must name {source!r}, which {contract.file} reads"
    yield from (("status_conditions", reason) for reason in words_without_ground(contract, programme))
    first, last = needed_weeks(contract)
    days = min(first.monday, contract.cohort.enrolment_from), last.sunday
    if not programme.covers(*days):
        yield "closes_on", f"and opens_on must hold {days[0]} to {days[1]}, the days that {contract.file} asks for"
    for recipient in sorted({release.recipient for release in contract.releases}):
        for one in contract.parties_as(recipient):
            party = Party(one.organisation, Role(recipient))
            if party not in programme.parties:
                said = f"must name {party.organisation!r} as {party.role}: {contract.file} plans releases to it"
                yield "parties", said
    for one in contract.parties:
        if (gone := one.succession) is not None and Party(gone.organisation, Role(one.role)) in programme.parties:
            yield "parties", f"may not name {gone.organisation!r} as {one.role}: {one.organisation!r} succeeds it"
    if delivers_itself(contract):
        roles = {one.role for one in programme.appointments}
        if Role.AUDITOR not in roles:
            yield "appointments", f"must name an auditor: the municipality itself delivers what {contract.file} counts"
        if Role.OPERATOR not in roles:
            said = f"must name as operator who delivers what {contract.file} counts: people who do nothing else here"
            yield "appointments", said
    lends = any(party.unit for party in contract.parties)
    if lends != (Party(programme.controller, Role.INVESTOR) in programme.parties):
        yield (
            "parties",
            f"must name {programme.controller!r} as investor if, and only if, {contract.file} names its unit",
        )
