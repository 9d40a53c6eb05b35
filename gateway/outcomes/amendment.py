"""What a later version of a contract may change: the future, and nothing that anybody was told or paid.

A pause or an extension adds to the end, and an index gets the years that were published since. Everything that decides
what a week, a person or a figure is worth stays as it was, since windows are evaluated from the enrolment on: a new
price, state or threshold would reprice the past, and a second threshold, breakdown or predicate would show the same
people twice (invariant 5).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Index
from gateway.outcomes.trial import published_indices
from vocabulary.weeks import Week

_MAY_CHANGE = {"version", "effective_from", "title", "illustrative", "windows", "pauses", "releases", "sha256", "file"}
_MAY_CHANGE |= {"settlement"}  # an order number is a year's; what an investor lent is not, see below
_MAY_CHANGE |= {"cohort"}  # which may come otherwise than planned: see `_check_cohort`


def check_amendment(known: Contract, new: Contract, *, released: Collection[str], sealed: Collection[str] = ()) -> None:
    """Raise `AmendmentRefused` unless `new` may follow `known`. `released` are labels of windows with a release, and
    `sealed` the ids of the batches that are sealed."""

    def refuse(part: str, reason: str) -> AmendmentRefused:
        return AmendmentRefused(file=new.file, part=part, reason=reason)

    if new.version <= known.version:
        raise refuse("version", f"must be higher than {known.version}, which is in force")
    if new.effective_from <= known.effective_from:
        raise refuse("effective_from", f"must be later than {known.effective_from} of version {known.version}")
    years = {index.id: index.values for index in published_indices(known)}
    for field in fields(Contract):
        if field.name not in _MAY_CHANGE and _content(known, field.name, years) != _content(new, field.name, years):
            raise refuse(field.name, f"differs from version {known.version}: what counts may not change")
    if known.settlement and (new.settlement is None or new.settlement.investor != known.settlement.investor):
        raise refuse("settlement", f"may not change what the investor lent and gets, see version {known.version}")
    _check_cohort(known, new, sealed, refuse)
    if new.windows[: len(known.windows)] != known.windows:
        raise refuse("windows", "must begin with those of the version in force; new ones come after them")
    if new.fold.at_most and new.windows != known.windows:
        raise refuse("windows", "may not be added where windows are shown in blocks: the plan stands in the seal")
    if new.pauses[: len(known.pauses)] != known.pauses:
        raise refuse("pauses", "must begin with those of the version in force")
    first = Week.of(new.effective_from)
    if any(pause.from_week < first for pause in new.pauses[len(known.pauses) :]):
        raise refuse("pauses", f"may not begin before {first}, the week of effective_from")
    for window in known.windows:
        end = window.to_week.sunday
        if window.label in released and new.effective_from <= end:
            raise refuse("effective_from", f"must be later than {end}, the end of {window.label}, which was released")
        # a window that ended before stays under the earlier version: planned anew, it could be shown twice
        if end < new.effective_from and _planned_releases(known, window.label) != _planned_releases(new, window.label):
            raise refuse("releases", f"may not change for {window.label}, which ends before effective_from")


def _check_cohort(
    known: Contract, new: Contract, sealed: Collection[str], refuse: Callable[[str, str], AmendmentRefused]
) -> None:
    """A sealed batch stays as it is; one that is not may close with fewer people, take more, or be left out, and others
    may be added behind. Nobody's time begins otherwise for it."""
    before, after = known.cohort, new.cohort
    if (after.enrolment_from, after.has_cut_offs) != (before.enrolment_from, before.has_cut_offs):
        raise refuse("cohort", "may not change from when on people are enrolled, or when their time begins")
    kept = [batch for batch in after.batches if batch.id in {one.id for one in before.batches}]
    for batch in before.batches:
        if batch.id in sealed and batch not in after.batches:
            raise refuse("cohort", f"may not change batch {batch.id!r}, which is sealed")
    if [batch.id for batch in kept] != [batch.id for batch in before.batches if batch.id in {one.id for one in kept}]:
        raise refuse("cohort", "must have the batches in the order of the version in force")
    if list(after.batches[: len(kept)]) != kept:
        raise refuse("cohort", "must have new batches behind those of the version in force")
    cut_offs = {one.id: one.cut_off for one in before.batches}
    if any(cut_offs[batch.id] != batch.cut_off for batch in kept):
        raise refuse("cohort", "may not move the cut-off of a batch: everybody's time begins on it")
    if after.enrolment_to < before.enrolment_to and (sealed or before.has_cut_offs):
        raise refuse("cohort", f"may not end enrolment before {before.enrolment_to}: somebody may be sealed already")


def _content(contract: Contract, name: str, years: Mapping[str, Collection[int]]) -> object:
    """A part without the places of its lines in the file, and with each index in these years alone."""
    return _comparable(getattr(contract, name), years)


def _comparable(value: Any, years: Mapping[str, Collection[int]]) -> Any:
    if isinstance(value, Index):
        return value.within(years.get(value.id, value.values))
    if isinstance(value, tuple):
        return tuple(_comparable(one, years) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: getattr(value, one.name) for one in fields(value)}
        return replace(
            value, **{part: 0 if part == "line" else _comparable(inner, years) for part, inner in parts.items()}
        )
    return value


def _planned_releases(contract: Contract, label: str) -> set[object]:
    return {release for release in contract.releases if release.window == label}
