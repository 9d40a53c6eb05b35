"""Use case: a shadow run. The gateway's evaluation beside the workbook that settles the contract today.

For every window that the workbook has: the mapped figures, old and new, and the difference. It looks at people's data,
so it is asked and logged as an evaluation; what comes out are totals, for the municipality alone. Each window is
evaluated with what is known now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from gateway.contracts import aggregates
from gateway.errors.adoption import WorkbookRefused
from gateway.errors.release import SourcesIncomplete
from gateway.evaluation import evaluating, workbook
from gateway.evaluation.cohort import histories
from gateway.evaluation.erased import left_by_erased
from gateway.evaluation.looking import Snapshot, look_apart
from gateway.evaluation.shadow_map import Counts, MappedFigure, Reads, ShadowMap, Unit, load_map
from gateway.events.adoption import ShadowCompared
from gateway.installation.authority import Asking, Authorised
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.figures import Figures
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.tariff import owed_amounts
from gateway.wording import formats
from outcome_verifier.currencies import MINOR_DIGITS
from policies.terms import Purpose
from vocabulary.weeks import Week

HEAD = ("window", "figure", "old", "gateway", "difference", "verdict")
_MOST_OFF, _MOST_OFF_RELATIVE = Decimal("0.001"), Decimal("0.000001")
_MOST_UNITS = 10**7  # person-weeks; what is larger is no quantity, and may be a CPR number that a wrong map points at


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of one window: whole units, or minor units of the currency."""

    window: str
    figure: MappedFigure
    old: int
    new: int
    is_rounded: bool = False  # the workbook's figure was whole but for what a spreadsheet's sum leaves behind

    @property
    def difference(self) -> int:
        """Gateway less workbook."""
        return self.new - self.old


@dataclass(frozen=True, slots=True)
class ShadowReport:
    compared: tuple[Compared, ...]
    missing: tuple[str, ...]  # windows that the workbook does not have and should
    misspelt: tuple[tuple[int, str], ...]  # rows that are left out: the label of a window in another spelling
    is_small: bool  # the cohort is below k_cohort
    on: date

    @property
    def differing(self) -> int:
        return sum(one.difference != 0 for one in self.compared)

    @property
    def agrees(self) -> bool:
        """Whether everything that there is to compare was compared, and is equal."""
        return not (self.differing or self.missing or self.misspelt)


def compare(
    gateway: Gateway,
    contract_id: str,
    sheet: bytes,
    sheet_map: bytes,
    *,
    names: tuple[str, str],
    only: Collection[str] = (),
) -> ShadowReport:
    """The difference report; `names` are those of workbook and map, `only` limits it to some windows.

    Raises `WorkbookRefused`, `DeclarationInvalid`, `WindowUnknown`, `SourcesIncomplete`, `AggregateMissing`,
    `PolicyDenied`.
    """

    def authorise(asking: Asking) -> tuple[ShadowMap, Authorised]:
        contract = gateway.contract(asking.session, contract_id)
        mapped = load_map(sheet_map, contract, file=names[1])
        for label in only:
            contract.window(label)
        programme = gateway.programme(asking.session, contract_id)
        return mapped, evaluating.ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_EVALUATION)

    def look(at: Snapshot, asked: tuple[ShadowMap, Authorised]) -> _Shadowed:
        return _evaluate(gateway, at, contract_id, sheet, asked[0], file=names[0], only=only)

    def record(asking: Asking, asked: tuple[ShadowMap, Authorised], seen: _Shadowed) -> ShadowReport:
        authorised = asked[1]
        for rules, end in seen.ends:
            evaluating.record_evaluation(
                asking, rules, end, seen.cohort, authorised, Purpose.OUTCOME_EVALUATION, known_at=seen.known_at
            )
        asking.uow.record(
            ShadowCompared(
                contract=contract_id,
                sheet_sha256=hashlib.sha256(sheet).hexdigest(),
                map_sha256=hashlib.sha256(sheet_map).hexdigest(),
                windows=seen.labels,
                figures=len(seen.report.compared),
                differing=seen.report.differing,
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            )
        )
        return seen.report

    return look_apart(gateway, contract_id, Purpose.OUTCOME_EVALUATION, authorise=authorise, look=look, record=record)


@dataclass(frozen=True, slots=True)
class _Shadowed:
    """The report with what it was made from: each window's rules and evaluation, of the same people."""

    report: ShadowReport
    labels: list[str]
    cohort: list[PersonHistory]
    ends: list[tuple[Contract, Evaluation]]
    known_at: datetime


def _evaluate(
    gateway: Gateway,
    at: Snapshot,
    contract_id: str,
    sheet: bytes,
    mapped: ShadowMap,
    *,
    file: str,
    only: Collection[str],
) -> _Shadowed:
    contract = gateway.contract(at.session, contract_id)
    programme = gateway.programme(at.session, contract_id)
    found = _rows(sheet, mapped, file=file)
    old = _old(found, mapped, file=file)
    wanted = [window for window in contract.windows if window.label in old and (not only or window.label in only)]
    if not wanted:
        alike = ", ".join(f"row {row} has that of {label} in another spelling" for row, label in found.misspelt)
        reason = f"no row has the label of a window{alike and f'; {alike}'}"
        raise WorkbookRefused(file=file, where=mapped.sheet, reason=reason)
    last = contract.windows_until(wanted[-1].label)
    as_of = evaluating.known_by(at.session, contract, at.now)
    if as_of.complete_to is None or as_of.complete_to < last[-1].to_week:
        shown = "nowhere" if as_of.complete_to is None else f"to {as_of.complete_to}"
        raise SourcesIncomplete(contract=contract_id, week=str(last[-1].to_week), complete=shown)
    cohort = histories(at.session, contract, programme, known_at=at.now)
    remainder = left_by_erased(gateway, at.session, contract_id)
    rules = [gateway.contract_for(at.session, contract_id, window) for window in last]
    ends = [evaluate(rule, cohort, part.to_week, remainder=remainder) for rule, part in zip(rules, last, strict=True)]
    new = _new(at, contract, mapped, ends)
    labels = [window.label for window in wanted]
    report = ShadowReport(
        compared=tuple(
            Compared(label, figure, old[label][figure][0], new[label][figure], is_rounded=old[label][figure][1])
            for label in labels
            for figure in mapped.figures
        ),
        missing=tuple(_missing(contract, mapped, old, last[-1].to_week, as_of.complete_to, only)),
        misspelt=tuple((row, label) for row, label in found.misspelt if not only or label in only),
        is_small=contract.cohort.size < contract.k_cohort,
        on=at.now.date(),
    )
    return _Shadowed(report, labels, cohort, list(zip(rules, ends, strict=True)), at.now)


def _missing(
    contract: Contract, mapped: ShadowMap, old: Collection[str], last: Week, complete_to: Week, only: Collection[str]
) -> Iterator[str]:
    """Windows without a row: of those asked for, or of those that end before the last row's or by now, as mapped."""
    for window in contract.windows:
        is_due = window.to_week <= last or (window.to_week <= complete_to and mapped.holds(window.label))
        if window.label not in old and (window.label in only if only else is_due):
            yield window.label


def rounded_text(one: Compared) -> str:
    """That the workbook's figure was rounded, and to what."""
    return f"{one.window} {one.figure.name}: the workbook's sum is read as {_text(one, one.old)}"


def missing_cells(label: str) -> list[str | int | Decimal]:
    """A spreadsheet's row of a window that the workbook does not have."""
    return [label, "", "", "", "", "missing"]


def terminal_row(one: Compared) -> tuple[str, ...]:
    """A row for the terminal."""
    verdict = "DIFFERS" if one.difference else "equal"
    return (one.window, one.figure.name, *(_text(one, value) for value in (one.old, one.new, one.difference)), verdict)


def cells(one: Compared) -> list[str | int | Decimal]:
    """The same row for a spreadsheet: figures as numbers."""
    values = (one.old, one.new, one.difference)
    currency = one.figure.currency
    numbers = [Decimal(value).scaleb(-MINOR_DIGITS[currency]) if currency else value for value in values]
    return [one.window, one.figure.name, *numbers, "differs" if one.difference else "equal"]


def _text(one: Compared, value: int) -> str:
    currency = one.figure.currency
    return formats.english_money(value, currency) if currency else formats.whole(value, formats.ENGLISH)


def _rows(sheet: bytes, mapped: ShadowMap, *, file: str) -> workbook.WorkbookRows:
    return workbook.rows(
        sheet,
        file=file,
        sheet=mapped.sheet,
        label_column=mapped.label_column,
        columns=[figure.column for figure in mapped.figures],
        labels=mapped.labels,
    )


def _old(
    found: workbook.WorkbookRows, mapped: ShadowMap, *, file: str
) -> dict[str, dict[MappedFigure, tuple[int, bool]]]:
    """The workbook's figures in whole units, each with whether it was rounded to one. Raises `WorkbookRefused`."""
    by_column = {figure.column: figure for figure in mapped.figures}
    return {
        label: {by_column[column]: _whole(value, by_column[column], label, file) for column, value in row.items()}
        for label, row in found.cells.items()
    }


def _whole(value: Decimal, figure: MappedFigure, label: str, file: str) -> tuple[int, bool]:
    """A figure in whole units, and whether it was rounded to them.

    A spreadsheet adds in binary, and its sum of 38,999.61 may be 38999.61000000012: what lies within a millionth of
    whole units, and within a thousandth of one, is that. Anything else was not added up from whole units.
    """
    scaled = value.scaleb(MINOR_DIGITS[figure.currency]) if figure.unit is Unit.WHOLE else value
    where = f"column {figure.column} of {label}"
    whole = scaled.to_integral_value()
    if abs(scaled - whole) > min(_MOST_OFF, _MOST_OFF_RELATIVE * max(abs(whole), Decimal(1))):
        unit = f"minor units of {figure.currency}" if figure.currency else "units"
        raise WorkbookRefused(file=file, where=where, reason=f"is no whole number of {unit}; round it in the workbook")
    if figure.reads is not Reads.AMOUNT and abs(whole) > _MOST_UNITS:
        raise WorkbookRefused(
            file=file, where=where, reason="is too large for a quantity; does the map name the column?"
        )
    return int(whole), whole != scaled


def _new(
    at: Snapshot, contract: Contract, mapped: ShadowMap, ends: list[Evaluation]
) -> dict[str, dict[MappedFigure, int]]:
    """The gateway's figures, as the map counts them."""
    windows = contract.windows[: len(ends)]
    series = [
        end.figures(contract, aggregates.known_figures(at.session, contract, window, at=at.now))
        for window, end in zip(windows, ends, strict=True)
    ]
    amounts = owed_amounts(contract, series)
    found: dict[str, dict[MappedFigure, int]] = {}
    before = dict.fromkeys(mapped.figures, 0)
    for window, end, figures, due in zip(windows, ends, series, amounts, strict=True):
        so_far = {figure: _so_far(contract, figure, end, figures, due) for figure in mapped.figures}
        found[window.label] = {
            figure: value - (before[figure] if figure.counts is Counts.WINDOW else 0)
            for figure, value in so_far.items()
        }
        before = so_far
    return found


def _so_far(contract: Contract, figure: MappedFigure, end: Evaluation, figures: Figures, due: dict[str, int]) -> int:
    if figure.reads is Reads.MEASURE:
        return end.quantity(figure.of)
    if figure.reads is Reads.AMOUNT:
        return due[figure.of]
    return next(one for one in contract.tariffs if one.id == figure.of).quantity(figures)
