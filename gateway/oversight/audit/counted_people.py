"""What stands beside a sampled person's source rows: what the store holds, what the evaluator made of it, and which
files the figures rest on. All of it as it was known when the attestation's data were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from sqlmodel import Session

from connectors.declaration import FILE_KINDS, SourceDeclaration
from connectors.errors import FileNameMismatch
from connectors.reading import check_name, file_sha256
from connectors.source_file import LocalFile
from gateway.contracts.declarations import source
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import contract_of, join_versions, texts_before
from gateway.outcomes.contract import Contract
from gateway.outcomes.ends import right_used
from gateway.outcomes.explain import MeasureExplained, Rules, explain_person
from gateway.outcomes.measures.instrument import with_marks
from gateway.outcomes.readings import sources_ever
from gateway.store import basis, contract_queries, histories, queries, registered_evidence
from gateway.store.postings import postings_of_person
from gateway.store.spells import spells_of_person
from gateway.store.tables import PullRow, ReleaseRow
from vocabulary.weeks import Month, Week


@dataclass(frozen=True, slots=True)
class SpellCounted:
    source: str
    from_week: Week
    to_week: Week
    code: str
    status: str


@dataclass(frozen=True, slots=True)
class MonthCounted:
    source: str
    month: Month
    income_type: str
    hours_hundredths: int
    is_reversal: bool


@dataclass(frozen=True, slots=True)
class PersonCounted:
    """One person, in the weeks that the attestation rests on."""

    spells: tuple[SpellCounted, ...]
    months: tuple[MonthCounted, ...]
    measures: tuple[MeasureExplained, ...]


@dataclass(frozen=True, slots=True)
class FileGiven:
    """A file that is laid before the auditor. `pulled_at` is None where no pull read these bytes, and `is_later` says
    that one did only after the attestation's data were known: nothing of it counts then.
    """

    path: Path
    declaration: SourceDeclaration
    sha256: str
    pulled_at: datetime | None
    is_later: bool


def rules_of(session: Session, row: ReleaseRow) -> Rules:
    """The contract as the attestation was made under it, with its text."""
    versions = contract_queries.contract_versions(session, row.contract_id)
    chain = [one for one in versions if one.version <= row.contract_version]
    contract = join_versions(chain)
    later = [one for one in versions if one.version > row.contract_version and one.activated_at <= row.intended_at]
    if later and right_used(contract, contract_of(later[0])) is not None:  # a notice of one party, which cut it
        contract = join_versions([*chain, later[0]])
    return Rules(contract, chain[-1].text.decode("utf-8"), texts_before(session, contract))


def last_week(contract: Contract, row: ReleaseRow) -> Week:
    """The last week of the attestation's window."""
    return next(window.to_week for window in contract.windows if window.label == row.window)


def people_counted(
    gateway: Gateway, session: Session, rules: Rules, row: ReleaseRow, subjects: Sequence[str]
) -> Mapping[str, PersonCounted]:
    """By subject id; nobody else's rows are read."""
    contract, until = rules.contract, last_week(rules.contract, row)
    programme = gateway.programme(session, contract.id, known_at=row.known_at)
    people = histories.load_read(
        session,
        contract,
        known_at=row.known_at,
        stops=basis.stops(session, programme, subjects, at=row.known_at),
        subjects=subjects,
    )
    scores = registered_evidence.confirmed_scores(session, contract.id, subjects, known_at=row.known_at)
    people = [with_marks(contract, one, scores.get(one.subject, {})) for one in people]
    return {
        person.subject: PersonCounted(
            _spells(session, contract.id, person.subject, row.known_at, until=until),
            _months(session, contract.id, person.subject, row.known_at, until=until.month),
            explain_person(rules, person, until),
        )
        for person in people
    }


def _spells(
    session: Session, contract_id: str, subject: str, known_at: datetime, *, until: Week
) -> tuple[SpellCounted, ...]:
    found: list[SpellCounted] = []
    for name, versions in sorted(spells_of_person(session, contract_id, subject).items()):
        for one in sorted(versions, key=lambda one: (one.from_week, one.code)):
            if one.from_week > until.ordinal or not one.is_known_at(known_at):
                continue
            last = Week(min(one.to_week, until.ordinal))
            before = found[-1] if found else None
            same = before and (before.source, before.code, before.status) == (name, one.code, one.status)
            if before and same and before.to_week + 1 == Week(one.from_week):  # of two files: one run to a reader
                found[-1] = replace(before, to_week=last)
                continue
            found.append(SpellCounted(name, Week(one.from_week), last, one.code, one.status))
    return tuple(found)


def _months(
    session: Session, contract_id: str, subject: str, known_at: datetime, *, until: Month
) -> tuple[MonthCounted, ...]:
    return tuple(
        MonthCounted(
            name,
            one.posting.month,
            one.posting.income_type,
            one.posting.paid_hours_hundredths,
            one.posting.is_reversal,
        )
        for name, versions in sorted(postings_of_person(session, contract_id, subject).items())
        for one in sorted(versions, key=lambda one: (one.posting.month, one.posting.income_type))
        if one.posting.month <= until and one.is_known_at(known_at)
    )


def file_given(session: Session, contract: Contract, row: ReleaseRow, path: Path) -> FileGiven:
    """The file with the source that it is of, by its name, and the pull that read its bytes.

    Raises `FileNameMismatch` where it is named as none of the contract's sources declares.
    """
    declarations = [source(session, name) for name in sources_ever(contract)]
    patterns = {one.form.pattern: one for one in declarations if one.kind in FILE_KINDS}
    pattern = next((one for one in patterns if fnmatch(path.name, one)), " or ".join(patterns))
    check_name(path.name, pattern)
    declaration = patterns.get(pattern)
    if declaration is None:
        raise FileNameMismatch(file=path.name, pattern=pattern)
    digest = file_sha256(LocalFile(path))
    pulls = [pull for pull in queries.pulls(session, contract.id, declaration.id) if pull.file_sha256 == digest]
    pulled_at = pulls[0].known_at if pulls else None
    return FileGiven(path, declaration, digest, pulled_at, pulled_at is not None and pulled_at > row.known_at)


def not_given(session: Session, contract: Contract, row: ReleaseRow, given: Sequence[FileGiven]) -> tuple[str, ...]:
    """The files that the attestation rests on and that are not laid before the auditor, by name, oldest first."""
    digests, until = {file.sha256 for file in given}, last_week(contract, row).ordinal
    rows: list[PullRow] = [
        pull for name in sources_ever(contract) for pull in queries.pulls(session, contract.id, name)
    ]
    wanted = [pull for pull in rows if pull.known_at <= row.known_at and pull.from_week <= until]
    return tuple(dict.fromkeys(pull.file_name for pull in wanted if pull.file_sha256 not in digests))
