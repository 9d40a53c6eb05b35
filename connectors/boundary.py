"""The boundary: the one place where CPR text enters or leaves (invariant 1).

A number becomes a `SubjectRef` here, or the row is outside the cohort and dropped. What comes out of this
module carries no number: not in a value, not in an exception, not in a repr. The one exception is a person's eyes:
`show_source` writes rows of sampled people to a terminal, and to nothing else.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from connectors.errors import RejectReason, RowsNotShown
from keys.blind_index import BLOCK_BYTES, BlindIndexKey, Column, are_digits, can_be_given
from keys.cpr import Cpr
from keys.errors import InvalidCpr, NumberTaken
from keys.linkage import MUNICIPALITY, Linkage, contract_domain
from vocabulary.cpr_digits import NOT_TEN_DIGITS
from vocabulary.cpr_in_text import may_hide_cpr
from vocabulary.records import SubjectRef
from vocabulary.typed_text import is_seen

T = TypeVar("T")
TRIAL = "trial"  # the domain of people on whom drafts are tried: its blind indexes are never stored
_MOST_CHARACTERS = 200  # of a cell
_Row = tuple[str, int, tuple[tuple[str, str], ...]]  # file, line, and (column, text) for each field


class CohortMatcher:
    """Finds the people of one cohort in register rows. Holds blind indexes, never a number."""

    def __init__(self, key: BlindIndexKey, subjects: Mapping[bytes, str]) -> None:
        self._key = key
        self._subjects = {index: SubjectRef(subject) for index, subject in subjects.items()}
        heads = [int.from_bytes(index[:8], "little") for index in self._subjects]
        self._heads = np.sort(np.array(heads, dtype="<u8"))

    @property
    def size(self) -> int:
        """People in the cohort, each once, however many numbers they have had."""
        return len(self.everyone)

    @property
    def everyone(self) -> list[SubjectRef]:
        return sorted(set(self._subjects.values()))

    def only(self, people: Collection[SubjectRef]) -> CohortMatcher:
        """A matcher for these of its people and nobody else."""
        kept = {index: subject.value for index, subject in self._subjects.items() if subject in people}
        return CohortMatcher(self._key, kept)

    def identify(self, text: str) -> SubjectRef | RejectReason | None:
        """The person whose number this text is; None outside the cohort; the reason where it is no number."""
        cpr = parse(text)
        return cpr if isinstance(cpr, RejectReason) else self._subjects.get(self._key.index_of(cpr))

    def identify_all(self, texts: Sequence[str]) -> list[SubjectRef | RejectReason | None]:
        """`identify` for a column of texts, with one pass of the cipher over all of them."""
        parsed = [parse(text) for text in texts]
        joined = "".join(cpr.digits for cpr in parsed if isinstance(cpr, Cpr)).encode("ascii")
        tags = self._key.column(np.frombuffer(joined, dtype=np.uint8).reshape(-1, 10)).tobytes()
        found: list[SubjectRef | RejectReason | None] = []
        start = 0
        for cpr in parsed:
            if isinstance(cpr, RejectReason):
                found.append(cpr)
                continue
            found.append(self._subjects.get(tags[start : start + BLOCK_BYTES]))
            start += BLOCK_BYTES
        return found

    def rows(self, digits: Column) -> tuple[dict[int, SubjectRef], Counter[RejectReason]]:
        """For an (n, 10) column of bytes: row -> person for the cohort's rows, and how many rows are no number."""
        is_number, is_possible = are_digits(digits), can_be_given(digits)
        tags = self._key.column(digits)
        heads = tags[:, :8].copy().view("<u8").ravel()
        found: dict[int, SubjectRef] = {}
        # few rows pass the first eight bytes by chance: the whole index decides
        for row in np.flatnonzero(np.isin(heads, self._heads, kind="sort") & is_number):
            subject = self._subjects.get(tags[row].tobytes())
            if subject is not None:
                found[int(row)] = subject
        not_digits, no_day = int((~is_number).sum()), int((is_number & ~is_possible).sum())
        return found, Counter({RejectReason.NOT_TEN_DIGITS: not_digits, RejectReason.NO_SUCH_NUMBER: no_day})


@dataclass(frozen=True, slots=True, repr=False)
class EverybodyRows:
    """What `EverybodyMatcher.rows` tells of n rows; every array has one entry a row."""

    marks: NDArray[np.uint64]  # two rows with one mark are rows of one person; keyed, and of no use outside the scan
    is_number: NDArray[np.bool_]
    is_possible: NDArray[np.bool_]  # without a meaning where `is_number` is false
    in_a_cohort: NDArray[np.bool_]


class EverybodyMatcher:
    """Tells apart the rows of a whole extract: whose are one person's, and whose are people of a cohort here.

    Holds blind indexes of the municipality's domain, never a number. Safe to use from several threads.
    """

    def __init__(self, key: BlindIndexKey, indexes: Collection[bytes]) -> None:
        self._key = key
        self._indexes = frozenset(indexes)
        self._heads = np.array(sorted(int.from_bytes(index[:8], "little") for index in indexes), dtype="<u8")

    def rows(self, digits: Column) -> EverybodyRows:
        """What an (n, 10) column of bytes is.

        A mark is the first half of a blind index: among 700,000 people, two would share one once in 75 million
        extracts, and would then both be left out.
        """
        is_number, is_possible = are_digits(digits), can_be_given(digits)
        tags = self._key.column(digits)
        marks: NDArray[np.uint64] = tags[:, :8].copy().view("<u8").ravel()
        in_a_cohort = np.zeros(len(digits), dtype=np.bool_)
        for row in np.flatnonzero(np.isin(marks, self._heads, kind="sort") & is_number):
            in_a_cohort[row] = tags[row].tobytes() in self._indexes
        return EverybodyRows(marks, is_number, is_possible, in_a_cohort)


@dataclass(frozen=True, slots=True, repr=False)
class PeopleTried:
    """People on whom a draft contract is tried, under random ids that stand nowhere else and go with the process.

    `found` are those among them who are enrolled here, in whichever contract.
    """

    matcher: CohortMatcher
    people: tuple[tuple[SubjectRef, date], ...]
    found: frozenset[SubjectRef]


class Boundary:
    """CPR text in and out, over the linkage of the caller's transaction."""

    def __init__(self, linkage: Linkage) -> None:
        self._linkage = linkage

    def enrol(self, text: str, contract_id: str, *, refuse_elsewhere: bool) -> SubjectRef | RejectReason:
        """A new subject for this number in this contract, or why not."""
        cpr = parse(text)
        if isinstance(cpr, RejectReason):
            return cpr
        if self._linkage.find(cpr, contract_id) is not None or (refuse_elsewhere and self._linkage.subjects_of(cpr)):
            return RejectReason.ENROLLED_ALREADY
        return SubjectRef(self._linkage.enrol(cpr, contract_id))

    def subjects_of(self, text: str) -> list[SubjectRef]:
        """Whoever has this number in any contract here: to leave a line for them, and to be told to nobody."""
        cpr = parse(text)
        return [] if isinstance(cpr, RejectReason) else [SubjectRef(one) for one in self._linkage.subjects_of(cpr)]

    def matcher(self, contract_id: str, *, without: Collection[str] = ()) -> CohortMatcher:
        """A matcher for everyone in the contract but the subjects `without`; it outlives the transaction."""
        key = self._linkage.index_key(contract_domain(contract_id))
        everyone = self._linkage.indexes_of(contract_id)
        return CohortMatcher(key, {index: subject for index, subject in everyone.items() if subject not in without})

    def everybody(self) -> EverybodyMatcher:
        """A matcher for a whole extract, which knows everyone in a cohort here; it outlives the transaction."""
        return EverybodyMatcher(self._linkage.index_key(MUNICIPALITY), self._linkage.indexes_of_everyone().keys())

    def people_tried(self, rows: Sequence[tuple[str, date]]) -> PeopleTried:
        """These people, each a number's text and a day: every text is a number, once. Nobody is enrolled."""
        key = self._linkage.index_key(TRIAL)
        days = {key.index_of(Cpr.parse(text)): day for text, day in rows}
        ids = {index: secrets.token_hex(16) for index in days}
        return PeopleTried(
            matcher=CohortMatcher(key, ids),
            people=tuple(sorted((SubjectRef(ids[index]), day) for index, day in days.items())),
            found=frozenset(one for text, _ in rows for one in self.subjects_of(text)),
        )

    def find(self, text: str, contract_id: str) -> SubjectRef | RejectReason | None:
        """The person with this number in a contract; None where nobody has it, the reason where it is no number."""
        cpr = parse(text)
        if isinstance(cpr, RejectReason):
            return cpr
        subject = self._linkage.find(cpr, contract_id)
        return None if subject is None else SubjectRef(subject)

    def hide(self, text: str) -> str:
        """The text of a number that a source told, as it may be kept until `renumber` takes it."""
        return self._linkage.hide(text)

    def renumber(self, changes: Sequence[tuple[SubjectRef, str]], contract_id: str) -> Counter[RejectReason]:
        """People have other numbers from now on, the last of theirs in this order, and are found by every earlier one.

        What was refused, by reason: a text that is no number, a number that somebody else of the contract has or had,
        and one that is told of two people at once, of both of them. Then a human must look.
        """
        refused: Counter[RejectReason] = Counter()
        told = [(ref, parse(self._linkage.reveal(text))) for ref, text in changes]
        claims: dict[Cpr, set[SubjectRef]] = {}
        for ref, cpr in told:
            if isinstance(cpr, Cpr):
                claims.setdefault(cpr, set()).add(ref)
        for ref, cpr in told:
            if isinstance(cpr, RejectReason):
                refused[cpr] += 1
            elif len(claims[cpr]) > 1:
                refused[RejectReason.NUMBER_TAKEN] += 1
            else:
                try:
                    self._linkage.renumber(ref.value, cpr, contract_id)
                except NumberTaken:
                    refused[RejectReason.NUMBER_TAKEN] += 1
        return refused

    def with_cpr(self, refs: Iterable[SubjectRef], send: Callable[[str], T]) -> list[T]:
        """Call `send` with each person's ten digits, for a request to the declared source that must carry them."""
        return [send(self._linkage.open(ref.value).digits) for ref in refs]


class Terminal(Protocol):
    """Where rows are shown: in front of somebody's eyes. A file or a pipe keeps what it gets, and says so here."""

    def write(self, text: str, /) -> object: ...
    def isatty(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class RowsApproval:
    """Whose rows may be shown: `people`, who were sampled, and of them without any number those who are `protected`.

    Made where the policy has allowed it and the access log says who is shown.
    """

    people: frozenset[SubjectRef]
    protected: frozenset[SubjectRef]


class SourceRows:
    """Rows of sampled people as they stand in files, in memory until they are shown. They hold CPR text: whoever holds
    this can ask how many there are, and nothing else.
    """

    def __init__(self) -> None:
        self._rows: defaultdict[SubjectRef, list[_Row]] = defaultdict(list)

    def add(self, person: SubjectRef, file: str, line: int, cells: Sequence[tuple[str, str]]) -> None:
        """A row of a person: (column, text) for each field that may be shown. The header is line 1."""
        self._rows[person].append((file, line, tuple(cells)))

    def count(self, person: SubjectRef) -> int:
        return len(self._rows.get(person, ()))


def check_terminal(on: Terminal) -> None:
    """Raise `RowsNotShown` where rows would go to a file or a pipe."""
    if not on.isatty():
        raise RowsNotShown(reason="the output is no terminal, and source rows are kept nowhere")


def show_source(rows: SourceRows, person: SubjectRef, approval: RowsApproval, on: Terminal) -> None:
    """Write a person's rows to a terminal, each field with its column's name; nothing is returned, nothing is kept.

    What is no printable character is escaped, since it would be the terminal that obeys it. Raises `RowsNotShown`
    where `on` is no terminal, or the approval is of somebody else: before anything is written.
    """
    check_terminal(on)
    if person not in approval.people:
        raise RowsNotShown(reason="the approval is of other people")
    hides = person in approval.protected
    for (file, columns), alike in groupby(rows._rows.get(person, ()), key=_file_and_columns):
        on.write(f"  {_printable(file)}\n")
        shown = [(str(line), *(_cell(text, hides=hides) for _, text in cells)) for _, line, cells in alike]
        table = [("line", *map(_printable, columns)), *shown]
        turned = list(zip(*table, strict=True))
        if len(shown) == 1:  # few fields to a line, or an extract's hundreds of weeks below each other
            table, turned = turned, table
        widths = [max(map(len, column)) for column in turned]
        for cells in table:
            on.write(f"    {'  '.join(map(str.ljust, cells, widths)).rstrip()}\n")


def _file_and_columns(row: _Row) -> tuple[str, tuple[str, ...]]:
    file, _, cells = row
    return file, tuple(column for column, _ in cells)


def _cell(text: str, *, hides: bool) -> str:
    return "(protected)" if hides and may_hide_cpr(text) else _printable(text)


def _printable(text: str) -> str:
    """The text as it can be shown: control characters, line ends and turning marks are escaped, a long text is cut."""
    cut = text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}… ({len(text)} characters)"
    return "".join(one if is_seen(one) else one.encode("unicode_escape").decode("ascii") for one in cut)


def parse(text: str) -> Cpr | RejectReason:
    """The number in a cell, or the reason why the cell holds none."""
    try:
        return Cpr.parse(text)
    except InvalidCpr as error:
        return RejectReason.NOT_TEN_DIGITS if error.rule == NOT_TEN_DIGITS else RejectReason.NO_SUCH_NUMBER
