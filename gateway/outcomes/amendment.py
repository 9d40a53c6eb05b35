"""What a later version of a contract may change: the future, and nothing that anybody was told or paid.

What a price, a scale, a gate or a cap says may change from a window on that has not begun: what was reached before
stays worth what it was (`versions`). So may how a week is read, and earlier weeks stay as they were read (`readings`).
A pause or an extension adds to the end, batches may come otherwise than planned, and an index gets the years that were
published since. Windows that have not begun may be cut otherwise, and what is shown of those that have not ended may
change (`later_windows`); a goal may be met from other numbers on, and measures may come (`later_measures`). What an
existing measure counts stays: under other words it would count the same people twice. All versions are judged as one
calendar (invariant 5).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.ends import check_end
from gateway.outcomes.evaluable import published_indices
from gateway.outcomes.later_caps import check_pays_cut
from gateway.outcomes.later_measures import check_measures
from gateway.outcomes.later_windows import check_windows
from gateway.outcomes.reading_changes import check_reading
from gateway.outcomes.readings import reads_alike
from gateway.outcomes.successors import successions
from gateway.outcomes.tariffs.pay_share import PayShareTariff
from gateway.outcomes.tariffs.price import PriceTariff
from gateway.outcomes.terms import Aggregate, Index, PlannedStatement, WeekState
from vocabulary.weeks import Week

_Refuse: TypeAlias = Callable[[str, str], AmendmentRefused]


class FieldRule(StrEnum):
    """Whether a later version may say something else in a field of a contract."""

    NEVER = "never"
    MAY_GROW = "may grow"  # what stood there stays, and more comes behind it
    MAY_CHANGE = "may change"


_NEVER, _MAY_GROW, _MAY_CHANGE = FieldRule.NEVER, FieldRule.MAY_GROW, FieldRule.MAY_CHANGE

FIELDS: Mapping[str, FieldRule] = {
    "id": _NEVER,
    "version": _MAY_CHANGE,  # rises
    "effective_from": _MAY_CHANGE,  # rises
    "follows": _MAY_CHANGE,  # the text that it changes
    "title": _MAY_CHANGE,
    "currency": _NEVER,
    "rounding": _NEVER,
    "illustrative": _MAY_CHANGE,
    "parties": _MAY_CHANGE,  # but for none that is in the place of another (`successors`)
    "cohort": _MAY_CHANGE,  # batches that are not sealed; who was referred by mistake may grow
    "status_sources": _MAY_CHANGE,  # from a window on, as everything that says how a week is read (`readings`)
    "evidence": _MAY_CHANGE,
    "income_source": _MAY_CHANGE,  # it may begin or end, and not become another
    "unknown_codes_block": _MAY_CHANGE,  # of windows from then on
    "qualification": _MAY_CHANGE,  # what `reading_changes.QUALIFICATION_FIELDS` says
    "states": _MAY_CHANGE,  # what `reading_changes.STATE_FIELDS` says
    "status_words": _MAY_GROW,  # earlier weeks are read by them
    "measures": _MAY_GROW,  # and from how many people a goal is met may change; its states as above
    "aggregates": _NEVER,  # but by which label a window is called that is cut otherwise and ends in the same week
    "tariffs": _MAY_GROW,  # and the terms of `TARIFF_FIELDS` may change
    "caps": _MAY_CHANGE,  # but for whose amounts a person's cap is about
    "windows": _MAY_CHANGE,  # that have not begun
    "pauses": _MAY_GROW,
    "freeze_days": _MAY_CHANGE,  # of windows that have not ended
    "k": _NEVER,
    "k_cohort": _NEVER,
    "breakdown": _MAY_CHANGE,  # while no window has ended that has the one table
    "breakdown_window": _MAY_CHANGE,  # from one that has not ended to another
    "reasons_window": _MAY_CHANGE,  # as above
    "exits": _MAY_CHANGE,  # for whoever leaves from then on
    "register_exits": _MAY_CHANGE,
    "statements": _NEVER,  # they name single people, who were told so when they were enrolled (GDPR art. 13)
    "releases": _MAY_CHANGE,  # of windows that have not ended
    "tied": _MAY_GROW,  # who was one recipient stays one
    "fold": _MAY_CHANGE,
    "block_ends": _MAY_CHANGE,  # which no text says
    "settlement": _MAY_CHANGE,  # an order number is a year's; what an investor lent is not
    "sha256": _MAY_CHANGE,
    "file": _MAY_CHANGE,
    "earlier": _MAY_CHANGE,  # which no text says
    "end": _MAY_GROW,  # once, by a version that changes nothing else (`ends`)
    "end_rights": _MAY_CHANGE,
}
TARIFF_FIELDS = frozenset(
    {
        "price_minor",
        "price_by_state",
        "points",
        "share_per_mille",
        "gate",
        "cap_minor",
        "pays_cut",  # where the cap is raised
        "cap_window_minor",
        "line",
    }
)
_OF_A_VERSION = {"version", "effective_from", "follows", "sha256", "file", "earlier", "block_ends"}
_ENDS_ALONE = "differs: a version that ends a contract changes nothing else"
_SAME = "differs from version {version}: what counts may not change"


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
    if known.end != new.end:
        _check_end(known, new, released, years, refuse)
        return
    for name, rule in FIELDS.items():
        if rule is FieldRule.NEVER and _content(known, name, years) != _content(new, name, years):
            raise refuse(name, _SAME.format(version=known.version))
    try:
        list(successions(known, new))
    except ValueError as error:
        raise refuse("parties", str(error)) from None
    if known.settlement and (new.settlement is None or new.settlement.investor != known.settlement.investor):
        raise refuse("settlement", f"may not change what the investor lent and gets, see version {known.version}")
    if (known.fold.at_most and new.fold.cost != known.fold.cost) or new.fold.at_most < known.fold.at_most:
        raise refuse("fold", "may begin, or let windows wait longer; who bears the wait stays")
    check_measures(known, new, refuse, plain=lambda one: _comparable(one, years))
    _check_tariffs(known, new, years, refuse)
    check_reading(known, new)
    check_pays_cut(known, new, refuse)
    if changes_what_counts(known, new) or len(new.measures) > len(known.measures):
        _check_boundary(known, new, refuse)
    _check_cohort(known, new, sealed, refuse)
    if not {*map(frozenset, known.tied)} <= {*map(frozenset, new.tied)}:
        raise refuse("tied", "must have the ties of the version in force: who shared what they were shown still has it")
    check_windows(known, new, released=released, refuse=refuse)
    if new.pauses[: len(known.pauses)] != known.pauses:
        raise refuse("pauses", "must begin with those of the version in force")
    first = Week.of(new.effective_from)
    if any(pause.from_week < first for pause in new.pauses[len(known.pauses) :]):
        raise refuse("pauses", f"may not begin before {first}, the week of effective_from")


def _check_end(
    known: Contract, new: Contract, released: Collection[str], years: Mapping[str, Collection[int]], refuse: _Refuse
) -> None:
    expected = check_end(known, new, told=released)
    for name in FIELDS.keys() - _OF_A_VERSION:
        if _content(expected, name, years) != _content(new, name, years):
            raise refuse(name, _ENDS_ALONE)
    if not reads_alike(expected, new):
        raise refuse("states", _ENDS_ALONE)


def changes_money(known: Contract, new: Contract) -> bool:
    """Whether something is paid by other terms from the new version's first window on."""
    years = {index.id: index.values for index in published_indices(known)}
    return any(_content(known, name, years) != _content(new, name, years) for name in ("tariffs", "caps"))


def changes_what_counts(known: Contract, new: Contract) -> bool:
    """Whether something is paid by other terms, or a week read otherwise, from the new version's first window on."""
    return changes_money(known, new) or not reads_alike(known, new)


def _check_tariffs(known: Contract, new: Contract, years: Mapping[str, Collection[int]], refuse: _Refuse) -> None:
    """Of each tariff the terms of `TARIFF_FIELDS` alone may change; new ones come behind. None vanishes: a price may
    be nought from now on."""
    if [one.id for one in new.tariffs[: len(known.tariffs)]] != [one.id for one in known.tariffs]:
        raise refuse("tariffs", "must begin with those of the version in force, in their order; new ones come behind")
    for before, after in zip(known.tariffs, new.tariffs, strict=False):
        if type(before) is not type(after):
            raise refuse("tariffs", f"may not make {before.id!r} another kind of tariff")
        changed = {
            one.name
            for one in fields(before)
            if _comparable(getattr(before, one.name), years) != _comparable(getattr(after, one.name), years)
        }
        if wrong := sorted(changed - TARIFF_FIELDS):
            raise refuse("tariffs", f"may not change {', '.join(wrong)} of {before.id!r}")
        if isinstance(before, PayShareTariff) and changed - {"line", "cap_minor", "pays_cut", "cap_window_minor"}:
            raise refuse("tariffs", f"may not change {before.id!r}: a share is of all that somebody was paid")
        if before.payer_prices and changed - {"line"}:
            raise refuse("tariffs", f"may not change {before.id!r}, of which each payer bears a price of its own")
        if _figure_of_gate(before) != _figure_of_gate(after):
            raise refuse("tariffs", f"may not change which figure opens the gate of {before.id!r}")
        if _priced_states(before) != _priced_states(after):
            raise refuse("tariffs", f"may not change for which states {before.id!r} has a price")
    if known.caps.person_excess != new.caps.person_excess:
        raise refuse("caps", "may not change which figure says by how much people pass their cap")


def _priced_states(tariff: Tariff) -> frozenset[str]:
    return frozenset(tariff.price_by_state or {}) if isinstance(tariff, PriceTariff) else frozenset()


def _figure_of_gate(tariff: Tariff) -> str:
    return tariff.gate.of if tariff.gate is not None else ""


def _check_boundary(known: Contract, new: Contract, refuse: _Refuse) -> None:
    """Other terms, and another reading of weeks, hold from the first day of a window on: one window has one version."""
    begins = {window.from_week.monday for window in new.windows}
    if new.effective_from not in begins:
        later = [str(day) for day in sorted(begins) if day > known.effective_from]
        raise refuse("effective_from", f"must be the first day of a window, for other terms: {', '.join(later)}")


def _check_cohort(known: Contract, new: Contract, sealed: Collection[str], refuse: _Refuse) -> None:
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
    now = {one.reason: one.people for one in after.mistaken}
    if any(now.get(one.reason, 0) < one.people for one in before.mistaken):
        raise refuse("cohort.mistaken", f"may not say fewer than version {known.version}: everybody accepted that")
    if after.enrolment_to < before.enrolment_to and (sealed or before.has_cut_offs):
        raise refuse("cohort", f"may not end enrolment before {before.enrolment_to}: somebody may be sealed already")


def _content(contract: Contract, name: str, years: Mapping[str, Collection[int]]) -> object:
    """A part without the places of its lines in the file, with windows by the week in which they end, and with each
    index in these years alone."""
    ends = {window.label: str(window.to_week) for window in contract.windows}
    return _comparable(_by_ends(getattr(contract, name), ends), years)


def _by_ends(part: object, ends: Mapping[str, str]) -> object:
    """What names windows, with the weeks in which they end: a window that is cut otherwise has a label of its own."""
    if isinstance(part, Aggregate):
        return replace(part, windows=tuple(ends[label] for label in part.windows))
    if isinstance(part, PlannedStatement):
        return replace(part, window=ends[part.window])
    return tuple(_by_ends(one, ends) for one in part) if isinstance(part, tuple) else part


def _comparable(value: Any, years: Mapping[str, Collection[int]]) -> Any:
    if isinstance(value, Index):
        return value.within(years.get(value.id, value.values))
    if isinstance(value, WeekState):  # of a measure: which states it counts, whatever they say (`reading_changes`)
        return value.id
    if isinstance(value, tuple):
        return tuple(_comparable(one, years) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {one.name: getattr(value, one.name) for one in fields(value)}
        return replace(
            value, **{part: 0 if part == "line" else _comparable(inner, years) for part, inner in parts.items()}
        )
    return value
