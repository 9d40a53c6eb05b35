"""The people of a trial as the files of registers show them: histories in memory, and nothing stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

from connectors.base import Progress, Pulled
from connectors.boundary import PeopleTried
from connectors.codes.newcomers import without_newcomers
from connectors.declaration import SourceDeclaration
from connectors.pull import check_has_come, pull_file
from connectors.reading import file_sha256
from connectors.source_file import LocalFile
from gateway.errors.trial import TrialRefused
from gateway.outcomes.contract import Contract
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.manual_evidence import EVIDENCE
from outcome_verifier import canonical
from vocabulary.records import IncomePosting, StatusSpell
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class TrialFiles:
    """What a trial is made from: draft, its programme, the list of people, and the files of each source."""

    contract: Path
    programme: Path
    people: Path
    extracts: Mapping[str, Sequence[Path]]

    def people_sha256(self) -> str:
        """Of the list."""
        return file_sha256(LocalFile(self.people))

    def digest(self) -> str:
        """Of the list and of every file of a source together."""
        extracts = {
            name: sorted(file_sha256(LocalFile(path)) for path in paths) for name, paths in self.extracts.items()
        }
        return hashlib.sha256(canonical.dumps({"people": self.people_sha256(), "extracts": extracts})).hexdigest()


@dataclass(frozen=True, slots=True)
class TriedHistories:
    """Everybody's history, and the week to which every source is complete."""

    people: tuple[PersonHistory, ...]
    complete_to: Week


def read_histories(
    contract: Contract,
    sources: Sequence[SourceDeclaration],
    files: TrialFiles,
    people: PeopleTried,
    *,
    weeks: tuple[Week, Week],
    today: date,
    progress: Progress,
) -> TriedHistories:
    """The histories that these files show of these people. Documents of the case system are not asked for.

    Raises a `ConnectorError`, or `TrialRefused` where files of one source lap over, or do not reach from the first
    person's week on without a gap.
    """
    pulled = {one.id: _pull(contract, one, files, people, weeks, today, progress) for one in sources}
    statuses = {one.id: _spells(one, pulled[one.id]) for one in sources if one.id != contract.income_source}
    first, *behind = [statuses[name] for name in contract.status_sources if name != EVIDENCE] or [{}]
    postings: dict[str, list[IncomePosting]] = {}
    for one in pulled.get(contract.income_source, []):
        for posting in one.postings:
            postings.setdefault(posting.subject.value, []).append(posting)
    histories = tuple(
        PersonHistory.build(
            subject=ref.value,
            enrolled_on=day,
            spells=first.get(ref.value, []),
            behind=[source.get(ref.value, []) for source in behind],
            postings=postings.get(ref.value, []),
        )
        for ref, day in people.people
    )
    return TriedHistories(histories, min(parts[-1].to_week for parts in pulled.values()))


def _pull(
    contract: Contract,
    declaration: SourceDeclaration,
    files: TrialFiles,
    people: PeopleTried,
    weeks: tuple[Week, Week],
    today: date,
    progress: Progress,
) -> list[Pulled]:
    """The files of one source, the earliest first."""
    found = []
    for path in files.extracts[declaration.id]:
        one = pull_file(
            LocalFile(path),
            declaration,
            people.matcher,
            weeks=weeks,
            keeps_amounts=contract.needs_amounts,
            progress=progress,
        )
        check_has_come(one, today=today)
        found.append(one)
    found.sort(key=lambda one: one.from_week)
    if found[0].from_week > weeks[0]:
        reason = f"the files of {declaration.id} begin in {found[0].from_week}, after the first of these people"
        raise TrialRefused(draft=contract.file, rule="weeks", reason=reason)
    for earlier, later in pairwise(found):
        if later.from_week != earlier.to_week + 1:
            reason = f"{later.file} does not go on where {earlier.file} ends, in {earlier.to_week}"
            raise TrialRefused(draft=contract.file, rule="weeks", reason=reason)
    return found


def _spells(declaration: SourceDeclaration, pulled: Sequence[Pulled]) -> dict[str, list[StatusSpell]]:
    """What a status source tells, by subject id."""
    spells = [spell for one in pulled for spell in one.spells]
    judged, _ = without_newcomers(spells, {}, declaration.codes)
    found: dict[str, list[StatusSpell]] = {}
    for spell in judged:
        found.setdefault(spell.subject.value, []).append(spell)
    return found
