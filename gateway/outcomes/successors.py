"""Who a later version may put in the place of whom, and who has today what somebody had before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import ContractParty

REPLACED = frozenset({"operator", "investor"})


def successions(known: Contract, new: Contract) -> Iterator[ContractParty]:
    """The parties of a later version that are in the place of others of the version in force; raises `ValueError` where
    the parties differ by anything else."""
    if len(known.parties) != len(new.parties):
        raise ValueError("may not become more or fewer: another party may be in the place of one")
    for before, after in zip(known.parties, new.parties, strict=True):
        if before == after:
            continue
        found = after.succession
        if found is None or (after.role, found.organisation) != (before.role, before.organisation):
            raise ValueError(f"must name {before.organisation!r} as {before.role}, or one that succeeds it")
        if before.role not in REPLACED or before.unit:
            raise ValueError(f"may not replace {before.organisation!r}: operator and investors have successors")
        if given_up := _roles(after.organisation, *known.earlier, known) - _roles(after.organisation, new):
            had = " and ".join(sorted(given_up))
            raise ValueError(f"may not name {after.organisation!r}, which was {had}: it has what it was shown then")
        if replace(after, organisation=before.organisation, name=before.name, succession=before.succession) != before:
            raise ValueError(f"must give {after.organisation!r} what {before.organisation!r} had: part and role in law")
        yield after


def _roles(organisation: str, *versions: Contract) -> set[str]:
    return {party.role for version in versions for party in version.parties if party.organisation == organisation}


def holder_today(chain: Contract, role: str, organisation: str) -> str:
    """The organisation that has a role today which somebody had under a version of the chain: the last of its
    successors, or itself."""
    for version in (*chain.earlier, chain):
        for party in version.parties_as(role):
            if party.succession is not None and party.succession.organisation == organisation:
                organisation = party.organisation
    return organisation
