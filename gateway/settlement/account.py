"""The arithmetic between payment documents and bills: what is owed, what was billed, the difference, and who bears it.

Pure and in whole minor units. A bill never repeats an amount: it holds the difference between what the standing
documents say of a line and what earlier bills hold of it. So all bills of a contract add up to all its documents, and a
correction gives a credit note, or an offset against the next invoice, by itself.

Where several pay, the same lines are billed to each of them at once, and each bears its share. Not the line is divided
but the total of everything billed so far (`apportioned`), and a line gets what that adds for the payer: so the shares
of a line add up to it, and what a payer was billed in all stays less than one minor unit from its exact share for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.outcomes.terms import apportion

Place = tuple[str, str]  # window, line key


class BillKind(StrEnum):
    """What a bill is; a credit note takes back."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line of a payment document, as it was signed."""

    tariff: str
    kind: str  # "window" | "correction" of earlier windows
    unit: str
    quantity: int
    amount_minor: int

    @property
    def key(self) -> str:
        return f"{self.tariff}/{self.kind}"


@dataclass(frozen=True, slots=True)
class PaymentDocument:
    """An issued payment document. `is_standing` where nothing superseded it."""

    window: str
    revision: int
    lines: tuple[DocumentLine, ...]
    is_standing: bool

    @property
    def due_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class BillLine:
    """What a bill holds of one line: the difference to what earlier bills hold of it.

    The quantity and `whole_minor` are the line's, `amount_minor` is what this bill's payer bears of it.
    """

    window: str
    key: str
    unit: str
    quantity: int
    amount_minor: int
    whole_minor: int

    @property
    def place(self) -> Place:
        return (self.window, self.key)


@dataclass(frozen=True, slots=True)
class PlannedBill:
    """What could be billed now, whoever bears it: its lines are whole ones."""

    kind: BillKind
    lines: tuple[BillLine, ...]

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines)


def standing_lines(documents: Sequence[PaymentDocument]) -> dict[Place, DocumentLine]:
    """What the standing documents say, by line."""
    return {(one.window, line.key): line for one in documents if one.is_standing for line in one.lines}


def payer_lines(
    lines: Sequence[BillLine], *, billed_minor: int, parts: Sequence[int], payer: int
) -> tuple[BillLine, ...]:
    """What one payer bears of whole lines, after lines worth `billed_minor` in all were billed. `payer` is its place in
    `parts`."""
    found, before = [], billed_minor
    for line in lines:
        after = before + line.whole_minor
        share = apportion(after, parts)[payer] - apportion(before, parts)[payer]
        found.append(replace(line, amount_minor=share))
        before = after
    return tuple(found)


def billed_amounts(lines: Sequence[BillLine]) -> dict[Place, tuple[int, int]]:
    """(quantity, minor units) that bills hold of each line, whoever bears them; `lines` are those of one payer."""
    totals: dict[Place, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for line in lines:
        quantity, amount = totals[line.place]
        totals[line.place] = (quantity + line.quantity, amount + line.whole_minor)
    return dict(totals)


def differences(documents: Sequence[PaymentDocument], lines: Sequence[BillLine]) -> list[BillLine]:
    """What no bill holds yet, by window and line; negative where a correction or a relapse takes back.

    `lines` are those of one payer's bills: every other payer's hold the same.
    """
    due, before = standing_lines(documents), billed_amounts(lines)
    found = []
    for place in sorted(due.keys() | before.keys()):
        now = due.get(place)
        quantity, amount = before.get(place, (0, 0))
        unit = now.unit if now else next(line.unit for line in lines if line.place == place)
        more, change = (now.quantity if now else 0) - quantity, (now.amount_minor if now else 0) - amount
        if change or more:
            found.append(BillLine(*place, unit, more, change, change))
    return found


def plan(
    window: str,
    open_lines: Sequence[BillLine],
    *,
    ready: Collection[Place],
    order: Mapping[str, int],
    offsets: bool,
) -> PlannedBill | None:
    """The bill of a window from what is open and ready; None where there is nothing to bill, or nothing yet.

    With `offsets` what an earlier window takes back is set off here, and a bill that would be negative waits for the
    next one; after the contract's last window it is a credit note all the same.
    """
    usable = [line for line in open_lines if line.place in ready]
    chosen = [line for line in usable if line.window == window]
    if not chosen:
        return None
    if offsets:
        earlier = [line for line in usable if order[line.window] < order[window]]
        nets: dict[str, int] = defaultdict(int)
        for line in earlier:
            nets[line.window] += line.amount_minor
        chosen = [line for line in earlier if nets[line.window] < 0] + chosen
    planned = PlannedBill(BillKind.INVOICE, tuple(sorted(chosen, key=lambda line: (order[line.window], line.key))))
    if planned.total_minor >= 0:
        return planned
    if offsets and order[window] < max(order.values()):
        return None
    return PlannedBill(BillKind.CREDIT_NOTE, planned.lines)
