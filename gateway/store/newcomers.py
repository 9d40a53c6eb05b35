"""People who are new to a benefit that a law closed: judged by what a source tells now and what it told before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from connectors.codes.newcomers import subjects_to_judge, without_newcomers
from connectors.declaration import SourceDeclaration
from gateway.store.spells import source_spells
from vocabulary.records import StatusSpell, SubjectRef


def judge_newcomers(
    session: Session,
    contract_id: str,
    declaration: SourceDeclaration,
    spells: Sequence[StatusSpell],
    *,
    now: datetime,
) -> tuple[list[StatusSpell], Counter[str]]:
    """The spells of a pull as they are stored, and the weeks of people who are new to a closed benefit, by code.

    A monthly file shows nothing of the time before a benefit closed: what the source told then is asked in the store.
    """
    people = [subject.value for subject in subjects_to_judge(spells, declaration.codes)]
    told = source_spells(session, contract_id, declaration.id, people, known_at=now) if people else {}
    before = {SubjectRef(subject): found for subject, found in told.items()}
    return without_newcomers(spells, before, declaration.codes)
