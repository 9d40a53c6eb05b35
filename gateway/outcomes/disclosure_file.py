"""The `[disclosure]` table of a contract file: how many people stand behind a figure, and what is shown by class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.outcomes.contract import Measure
from gateway.outcomes.fold_terms import FoldTerms, fold_terms
from gateway.outcomes.terms import ContractParty, Window
from vocabulary.declaration import DeclarationTable
from vocabulary.releases import Recipient


@dataclass(frozen=True, slots=True)
class DisclosureTerms:
    """What the table says; each field is one of `Contract`."""

    k: int
    k_cohort: int
    breakdown: str
    breakdown_window: str
    reasons_window: str
    tied: tuple[tuple[str, str], ...]
    fold: FoldTerms


def read_disclosure(
    table: DeclarationTable,
    parties: Sequence[ContractParty],
    measures: Sequence[Measure],
    windows: Sequence[Window],
) -> DisclosureTerms:
    """What the table says; `DeclarationInvalid` for what it cannot mean."""
    breakdown, breakdown_window, reasons_window = _read_classes(table, measures, windows)
    terms = DisclosureTerms(
        k=table.integer("k", 5, least=3, most=10),
        k_cohort=table.integer("k_cohort", 25, least=25),
        breakdown=breakdown,
        breakdown_window=breakdown_window,
        reasons_window=reasons_window,
        tied=table.part(lambda: _tied_recipients(table)),
        fold=table.part(lambda: fold_terms(table, parties)),
    )
    table.finish()
    return terms


def _read_classes(
    table: DeclarationTable, measures: Sequence[Measure], windows: Sequence[Window]
) -> tuple[str, str, str]:
    """The measure that is shown by class and its window, and the window of reasons; each empty where there is none."""
    if not measures:
        for key in ("breakdown", "reasons_windows"):
            with table.check():
                if key in table:
                    raise table.refuse(key, "shows what measures count, and this contract has none")
        return "", "", ""
    breakdown = table.text("breakdown", "")
    with table.check():
        if breakdown and breakdown not in {measure.id for measure in measures if measure.goal_people}:
            raise table.refuse("breakdown", "must name the measure with the threshold: the classes are parts of it")
    return (
        breakdown,
        _one_window(table, "breakdown_windows", windows) if "breakdown" in table else "",
        _one_window(table, "reasons_windows", windows) if "reasons_windows" in table else "",
    )


def _one_window(table: DeclarationTable, key: str, windows: Sequence[Window]) -> str:
    """The one window whose table is shown: tables of one cohort in two windows could be subtracted."""

    def read() -> str:
        chosen = table.texts(key)
        if len(chosen) != 1 or chosen[0] not in {window.label for window in windows}:
            raise table.refuse(key, "must name exactly one of the contract's windows")
        return chosen[0]

    return table.part(read)


def _tied_recipients(table: DeclarationTable) -> tuple[tuple[str, str], ...]:
    """Pairs of recipients that count as one, such as two parties with a common board."""
    pairs = []
    for text in table.texts("tied", []):
        first, _, second = text.partition("+")
        if {first, second} != set(Recipient):
            raise table.refuse("tied", f"must hold {'+'.join(Recipient)!r}: two recipients that count as one")
        pairs.append((first, second))
    return tuple(pairs)
