"""By which version of a contract a week is read: a week belongs to the version whose first window holds it.

A later version may say otherwise how weeks are read: the status sources and their order, documents, the statuses and
hours of a state, what a missing month means, neutral weeks, exits. It does so from its first window on; earlier weeks
stay as they were read, with today's data too. An exit is of the version of its own week, for whatever comes behind it.
A contract without earlier versions, or whose versions read alike, is one stretch, and nothing is asked twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby

from gateway.outcomes.calendar import needed_weeks
from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory, splice_weeks
from gateway.outcomes.manual_evidence import EVIDENCE, EvidenceType
from gateway.outcomes.terms import WeekState
from vocabulary.weeks import Week

READING_FIELDS = (
    "status_sources",
    "evidence",
    "income_source",
    "unknown_codes_block",
    "qualification",
    "states",
    "exits",
    "register_exits",
)
"""What of a contract says how a week is read, and what holds a window back for it."""
_ALWAYS = 10**6  # behind the ordinal of every week


@dataclass(frozen=True, slots=True)
class Reading:
    """Weeks on end, by their ordinals, that one version reads: from `since` until before `until`."""

    since: int
    until: int
    version: Contract

    def states(self, states: Sequence[WeekState]) -> Sequence[WeekState]:
        """The states of the same ids, as this version has them."""
        own = {one.id: one for one in self.version.states}
        return tuple(own[one.id] for one in states)


def readings(contract: Contract) -> tuple[Reading, ...]:
    """The stretches of weeks that are read alike, the earliest first; the newest version is that of the last."""
    return _readings(SameContract(contract)) if contract.earlier else (Reading(0, _ALWAYS, contract),)


def version_of_week(contract: Contract, week: int) -> Contract:
    """The version that reads a week, by its ordinal."""
    if not contract.earlier:
        return contract
    return next(one.version for one in readings(contract) if week < one.until)


def reads_alike(one: Contract, other: Contract) -> bool:
    """Whether two versions read every week alike, wherever in its file each says so."""
    return _reading_of(one) == _reading_of(other)


def has_changed_reading(contract: Contract) -> bool:
    """Whether some week is read otherwise than another."""
    return bool(contract.earlier) and len(readings(contract)) > 1


@dataclass(frozen=True, slots=True, eq=False)
class SameContract:
    """A contract as the object that it is, to keep what was found out about it: its values cannot be hashed."""

    contract: Contract

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameContract) and self.contract is other.contract

    def __hash__(self) -> int:
        return id(self.contract)


@lru_cache(maxsize=256)
def _readings(same: SameContract) -> tuple[Reading, ...]:
    found: list[tuple[int, Contract]] = []
    for version in (*same.contract.earlier, same.contract):
        since = Week.of(version.effective_from).ordinal if found else 0
        if found and reads_alike(found[-1][1], version):
            since = found.pop()[0]
        found.append((since, version))
    ends = [*(since for since, _ in found[1:]), _ALWAYS]
    return tuple(Reading(since, end, version) for (since, version), end in zip(found, ends, strict=True))


def _reading_of(contract: Contract) -> tuple[object, ...]:
    said = (getattr(contract, name) for name in READING_FIELDS if name != "states")
    return (*said, tuple(replace(state, line=0) for state in contract.states))


def sources_read(contract: Contract) -> tuple[Reading, ...]:
    """The stretches of weeks in which the same status sources decide in the same order, with the same documents."""
    alike = groupby(readings(contract), lambda one: (one.version.status_sources, one.version.evidence))
    runs = [list(run) for _, run in alike]
    return tuple(Reading(run[0].since, run[-1].until, run[-1].version) for run in runs)


def histories_by_week(contract: Contract, read: Callable[[Contract], list[PersonHistory]]) -> list[PersonHistory]:
    """Everybody's history, of which each week is as the sources of its version tell it. `read` says what the sources of
    one version make of the whole, of the same people in the same order."""
    stretches = sources_read(contract)
    if len(stretches) == 1:
        return read(contract)
    told = [(one.since, one.until, read(one.version)) for one in stretches]
    return [
        splice_weeks([(since, until, people[place]) for since, until, people in told])
        for place in range(len(told[-1][2]))
    ]


def without_documents(contract: Contract) -> Contract:
    """The contract as if no version took documents."""
    return replace(
        contract,
        status_sources=tuple(source for source in contract.status_sources if source != EVIDENCE),
        evidence=frozenset(),
        earlier=tuple(map(without_documents, contract.earlier)),
    )


def income_source_of(contract: Contract) -> str:
    """The register of pay of all versions, which have one at most; empty where none reads pay."""
    return next((one.income_source for one in (*contract.earlier, contract) if one.income_source), "")


def documents_ever(contract: Contract) -> frozenset[EvidenceType]:
    """The kinds of documents that count in some week."""
    return frozenset[EvidenceType]().union(*(one.evidence for one in (*contract.earlier, contract)))


def named_ever(contract: Contract) -> tuple[str, ...]:
    """Whatever may decide some week, evidence among it: the sources of the newest version first."""
    versions = (contract, *reversed(contract.earlier))
    return tuple(dict.fromkeys(source for version in versions for source in version.named_sources))


def sources_ever(contract: Contract) -> tuple[str, ...]:
    """The registers that some week is read from."""
    return tuple(source for source in named_ever(contract) if source != EVIDENCE)


def asked_weeks(contract: Contract, source: str) -> tuple[Week, Week]:
    """The weeks that a source is asked for: those that some version reads from it, and no others (GDPR art. 5(1)(c)).
    All of the contract's where no version names it."""
    first, last = needed_weeks(contract)
    read = [one for one in readings(contract) if source in one.version.named_sources]
    if not read:
        return first, last
    return max(first, Week(read[0].since)), min(last, Week(read[-1].until - 1))
