"""What a later version may say of what the caps before it cut: paid where such a cap is raised, and lost else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.outcomes.contract import Contract
from gateway.outcomes.later_windows import Refuse


@dataclass(frozen=True, slots=True)
class _SaidOfCap:
    """One cap of a version, in minor units with 0 for none, and whether it pays what the one before cut."""

    part: str  # of the contract file
    name: str
    key: str
    cap_minor: int
    pays_cut: bool


def check_pays_cut(known: Contract, new: Contract, refuse: Refuse) -> None:
    """Raise `AmendmentRefused` where a version says that it pays what was cut, and raises no cap that cut it."""
    before = {one.name: one for one in _caps(known)}
    for cap in _caps(new):
        was = before.get(cap.name)
        if not cap.pays_cut or (was is not None and was.pays_cut and was.cap_minor == cap.cap_minor):
            continue  # what an earlier version said of a cap that stays is said and done
        if was is None or not was.cap_minor or 0 < cap.cap_minor <= was.cap_minor:
            reason = f"says {cap.key} of {cap.name}, which is not raised: leave it out, or raise the cap that cut"
            raise refuse(cap.part, reason)


def key_of_pays_cut(contract: Contract) -> str:
    """The key by which a first version says that it pays what was cut before; empty where none does."""
    return next((cap.key for cap in _caps(contract) if cap.pays_cut), "")


def _caps(contract: Contract) -> Iterator[_SaidOfCap]:
    for one in contract.tariffs:
        yield _SaidOfCap("tariffs", repr(one.id), "pays_cut", one.cap_minor, one.pays_cut)
    caps = contract.caps
    yield _SaidOfCap("caps", "the contract", "pays_cut", caps.most_minor, caps.pays_cut)
    yield _SaidOfCap("caps", "a person", "person_pays_cut", caps.person_minor, caps.person_pays_cut)
