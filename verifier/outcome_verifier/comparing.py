"""Whether files that were kept at different times speak of one log with one history.

Two heads of one log are of one history, or are proved to be a fork, or neither can be told. One attestation stands
under each number of a series. Of two trust files one is the ancestor of the other. What cannot be told is never
consistent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations, pairwise
from typing import assert_never

from outcome_verifier.history import Node, Relation, Span, relation
from outcome_verifier.kept import Kept, KeptAttestation, KeptTrust
from outcome_verifier.note import Checkpoint, VerifierKey

_Head = tuple[Checkpoint, VerifierKey]


class Verdict(Enum):
    """What a comparison found, with the exit code of the command."""

    CONSISTENT = 0
    NOT_CONSISTENT = 31
    CANNOT_BE_TOLD = 32


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was compared; `files` are those that it is about."""

    verdict: Verdict
    subject: str
    said: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that was compared."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """A proved contradiction counts most, and then what cannot be told."""
        found = {finding.verdict for finding in self.findings}
        for verdict in (Verdict.NOT_CONSISTENT, Verdict.CANNOT_BE_TOLD):
            if verdict in found:
                return verdict
        return Verdict.CONSISTENT


def compare(files: Sequence[Kept], tiles: Callable[[str], Node]) -> Comparison:
    """Compare every two of the files that speak of the same thing. `tiles` gives, for an origin, what the fetched
    tiles of that log say. Raises `ValueError` for fewer than two files."""
    if len(files) < 2:
        raise ValueError("there is nothing to compare: give two files or more")
    findings = [
        *_unchecked_parts(files),
        *_heads(files, tiles),
        *_numbers(files),
        *_ancestors(files),
    ]
    compared = {name for finding in findings for name in finding.files}
    findings += [
        Finding(
            Verdict.CANNOT_BE_TOLD,
            "log",
            "it speaks of a log that no other of the files speaks of: give another file of the same log",
            (file.name,),
        )
        for file in files
        if file.name not in compared
    ]
    return Comparison(tuple(findings))


def _unchecked_parts(files: Sequence[Kept]) -> Iterator[Finding]:
    for file in files:
        for what in file.unchecked:
            said = f"no trust file at hand holds {what}, so it was not compared: give its issuer's trust file"
            yield Finding(Verdict.CANNOT_BE_TOLD, "key", said, (file.name,))


def _heads(files: Sequence[Kept], tiles: Callable[[str], Node]) -> Iterator[Finding]:
    """Every two heads of one log; the files of a finding are those that hold either."""
    proved: dict[_Head, dict[Span, bytes]] = {}
    holders: dict[_Head, list[int]] = {}
    for number, file in enumerate(files):
        for head in file.heads:
            proved.setdefault((head.checkpoint, head.key), {}).update(head.proved)
            holders.setdefault((head.checkpoint, head.key), []).append(number)

    def names(*heads: _Head) -> tuple[str, ...]:
        return tuple(files[number].name for number in sorted({number for head in heads for number in holders[head]}))

    for one in proved:
        if len(set(holders[one])) > 1:
            said = f"the log {one[0].origin} has one root for {one[0].size} entries"
            yield Finding(Verdict.CONSISTENT, "history", said, names(one))
    for one, other in combinations(proved, 2):
        if one[0].origin != other[0].origin:
            continue
        if one[1] != other[1]:
            said = f"the log {one[0].origin} signs with two keys, {one[1].text()} and {other[1].text()}"
            yield Finding(Verdict.NOT_CONSISTENT, "key", said, names(one, other))
            continue
        old, new = sorted((one, other), key=lambda head: head[0].size)
        found = relation(
            (old[0].size, old[0].root),
            (new[0].size, new[0].root),
            in_old=proved[old],
            in_new=proved[new],
            tiles=tiles(old[0].origin),
        )
        verdict, said = _verdict_on(found, old[0], new[0])
        yield Finding(verdict, "history", said, names(one, other))


def _verdict_on(found: Relation, old: Checkpoint, new: Checkpoint) -> tuple[Verdict, str]:
    heads = f"the log {old.origin} with {old.size} entries", f"the one with {new.size}"
    match found:
        case Relation.ONE_HISTORY:
            return Verdict.CONSISTENT, f"{heads[0]} is the beginning of {heads[1]}"
        case Relation.FORKED if old.size == new.size:
            return Verdict.NOT_CONSISTENT, f"{heads[0]} was signed with two contents: it was forked"
        case Relation.FORKED:
            return Verdict.NOT_CONSISTENT, f"{heads[0]} is not the beginning of {heads[1]}: it was forked"
        case Relation.UNPROVED:
            missing = f"fetch the log's hash tiles of {new.size} entries, and give their folder with --tiles"
            return (
                Verdict.CANNOT_BE_TOLD,
                f"no receipt proves whether {heads[0]} is the beginning of {heads[1]}: {missing}",
            )
        case _:
            assert_never(found)


def _numbers(files: Sequence[Kept]) -> Iterator[Finding]:
    """Two attestations under one number, wherever they stand, also within one file."""
    every = [(file.name, attestation) for file in files for attestation in file.attestations]
    seen: dict[tuple[tuple[str, ...], int], tuple[str, KeptAttestation]] = {}
    for name, attestation in every:
        first_name, first = seen.setdefault((attestation.series, attestation.seq), (name, attestation))
        if first.sha256 != attestation.sha256:
            contract, organisation = attestation.series[1], attestation.series[5]
            said = f"two attestations of contract {contract} for {organisation} have the number {attestation.seq}"
            files_of = tuple(dict.fromkeys((first_name, name)))
            yield Finding(Verdict.NOT_CONSISTENT, "number", said, files_of)


def _ancestors(files: Sequence[Kept]) -> Iterator[Finding]:
    trusts = [(file.trust, file.name) for file in files if file.trust is not None]
    for (one, name), (other, other_name) in combinations(trusts, 2):
        if one.fingerprint != other.fingerprint:
            said = f"two trust anchors, {one.fingerprint} and {other.fingerprint}: one is not that of your contract"
            yield Finding(Verdict.NOT_CONSISTENT, "trust", said, (name, other_name))
    for (old, name), (new, other_name) in pairwise(sorted(trusts, key=lambda entry: entry[0].version)):
        if old.fingerprint == new.fingerprint:
            verdict, said = _follows(old, new)
            yield Finding(verdict, "trust", said, (name, other_name))


def _follows(old: KeptTrust, new: KeptTrust) -> tuple[Verdict, str]:
    """Whether the later trust file goes on from the earlier one."""
    versions = f"version {old.version} and version {new.version} of the trust file"
    if old.version == new.version:
        if old.sha256 != new.sha256:
            return Verdict.NOT_CONSISTENT, f"two trust files are version {old.version}"
        return Verdict.CONSISTENT, f"both are version {old.version} of the trust file"
    if broken := next(_breaks(old, new), None):
        return Verdict.NOT_CONSISTENT, f"{versions} are not of one history: {broken}"
    if new.version > old.version + 1:
        between = f"{old.version + 1} to {new.version - 1}" if new.version > old.version + 2 else f"{old.version + 1}"
        said = f"whether {versions} are of one history: the trust file of version {between} is missing"
        return Verdict.CANNOT_BE_TOLD, said
    return Verdict.CONSISTENT, f"version {new.version} of the trust file follows version {old.version}"


def _breaks(old: KeptTrust, new: KeptTrust) -> Iterator[str]:
    if new.version == old.version + 1 and new.previous != old.sha256:
        yield "the later one names another one before it"
    if new.issued_at < old.issued_at:
        yield "the later one was signed before the earlier one"
    if gone := sorted(old.kids - new.kids):
        yield f"the key {gone[0]} vanished"
    for origin, log in old.logs.items():
        if origin not in new.logs:
            yield f"the log {origin} vanished"
        elif new.logs[origin].key != log.key:
            yield f"the log {origin} has two keys"
        elif log.closed is not None and new.logs[origin].closed != log.closed:
            yield f"the log {origin} was closed, and is no longer closed at the same size"
