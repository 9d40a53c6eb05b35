"""The arithmetic between payment documents and bills: what is owed, what was billed, the difference, and who bears it.

Pure and in whole minor units. A bill never repeats an amount: it holds the difference between what the standing
documents say of a line and what earlier bills hold of it. So all bills of a contract add up to all its documents, and a
correction gives a credit note, or an offset against the next invoice, by itself.

Where several pay, the same lines are billed to each of them at once, and each bears its share. Not the line is divided
but the total of everything billed so far (`payers.shares`), and a line gets what that adds for the payer: so the shares
of a line add up to it, and what a payer was billed in all stays less than one minor unit from its exact share for ever.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from gateway.outcomes.contract import Contract
from gateway.outcomes.payers import shares

Place = tuple[str, str]  # window, line key
_ADJUSTMENT = "_adjustment"
_PARTIES = 2


class BillKind(StrEnum):
    """What a bill is; a credit note takes back."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    REPAYMENT = "repayment"  # of a conditional grant: no invoice, and negative where something goes back


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One line of a payment document, as it was signed."""

    tariff: str
    kind: str  # "window" | "correction" of earlier windows | either with "_adjustment"
    unit: str
    quantity: int
    amount_minor: int

    @property
    def key(self) -> str:
        return f"{self.tariff}/{self.kind}"

    @property
    def is_adjustment(self) -> bool:
        """Whether the parties agreed on it, beside what was evaluated."""
        return self.kind.endswith(_ADJUSTMENT)

    def adjusted_to(self, worth_minor: int) -> DocumentLine:
        """The line that stands beside this one where both parties sign that it is worth so much instead."""
        return DocumentLine(self.tariff, self.kind + _ADJUSTMENT, self.unit, 0, worth_minor - self.amount_minor)


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

    def by_tariff(self, *, with_adjustments: bool) -> Counter[str]:
        """What its lines say, in minor units."""
        found: Counter[str] = Counter()
        for line in self.lines:
            if with_adjustments or not line.is_adjustment:
                found[line.tariff] += line.amount_minor
        return found

    @property
    def evaluated_minor(self) -> int:
        """What was signed, without what the parties adjusted: later windows go on from there."""
        return sum(line.amount_minor for line in self.lines if not line.is_adjustment)


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

    @property
    def tariff(self) -> str:
        return self.key.partition("/")[0]


class Worth(Protocol):
    """What one party says that a line is worth instead."""

    @property
    def role(self) -> str: ...
    @property
    def worth_minor(self) -> int: ...


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
    lines: Sequence[BillLine], *, billed: Sequence[BillLine], contract: Contract, payer: int
) -> tuple[BillLine, ...]:
    """What one payer bears of whole lines, after others were billed. `payer` is its place in the contract."""
    found, amounts = [], amounts_by_tariff(billed)
    before = shares(contract, amounts)
    for line in lines:
        amounts[line.tariff] += line.whole_minor
        after = shares(contract, amounts)
        found.append(replace(line, amount_minor=after[payer] - before[payer]))
        before = after
    return tuple(found)


def amounts_by_tariff(lines: Sequence[BillLine]) -> Counter[str]:
    """What whole lines are worth, in minor units."""
    found: Counter[str] = Counter()
    for line in lines:
        found[line.tariff] += line.whole_minor
    return found


def billed_amounts(lines: Sequence[BillLine]) -> dict[Place, tuple[int, int]]:
    """(quantity, minor units) that bills hold of each line, whoever bears them; `lines` are those of one payer."""
    totals: dict[Place, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for line in lines:
        quantity, amount = totals[line.place]
        totals[line.place] = (quantity + line.quantity, amount + line.whole_minor)
    return dict(totals)


def differences(documents: Sequence[PaymentDocument], lines: Sequence[BillLine]) -> list[BillLine]:
    """What no bill holds yet, by window and line; negative where a correction or a relapse takes back.

    `lines` are those of one payer's bills: every other payer's hold the same. A quantity alone is no difference.
    """
    due, before = standing_lines(documents), billed_amounts(lines)
    found = []
    for place in sorted(due.keys() | before.keys()):
        now = due.get(place)
        quantity, amount = before.get(place, (0, 0))
        unit = now.unit if now else next(line.unit for line in lines if line.place == place)
        more, change = (now.quantity if now else 0) - quantity, (now.amount_minor if now else 0) - amount
        if change:
            found.append(BillLine(*place, unit, more, change, change))
    return found


def without_contested(line: BillLine, *, due_minor: int, contested_minor: int) -> BillLine | None:
    """What may be billed of an open line while `contested_minor` of the `due_minor` that it is worth is disputed.

    What would be taken back of a disputed line waits for the end of the dispute.
    """
    if line.whole_minor * due_minor <= 0:
        return None
    rest = abs(line.whole_minor) - abs(contested_minor)
    if rest <= 0:
        return None
    amount = rest if due_minor > 0 else -rest
    return replace(line, amount_minor=amount, whole_minor=amount)


def without_unbilled(
    free: Sequence[BillLine], opened: Sequence[BillLine], *, order: Mapping[str, int]
) -> list[BillLine]:
    """`free` without the corrections that take back what is still open of the same tariff in earlier windows."""
    return [
        line
        for line in free
        if line.whole_minor > 0
        or not line.key.endswith("/correction")
        or not any(
            other.whole_minor > 0 and other.tariff == line.tariff and order[other.window] < order[line.window]
            for other in opened
        )
    ]


def agreed_worth(words: Sequence[Worth]) -> int | None:
    """What both parties signed last that a line is worth; None where they never said the same.

    `words` are what each proposed, oldest first: whoever says what the other proposed signs it.
    """
    found: int | None = None
    proposed: dict[str, int] = {}
    for word in words:
        proposed[word.role] = word.worth_minor
        if len(proposed) == _PARTIES and len(set(proposed.values())) == 1:
            found, proposed = word.worth_minor, {}
    return found


def coming_invoices(
    window: str, opened: Sequence[BillLine], free: Sequence[BillLine], *, unissued: Collection[str]
) -> set[str]:
    """The windows that may still bring an invoice beside a bill of `window`: those without a document, those with
    something open, and `window` itself where not all of that is free yet."""
    owed = _positive(opened)
    own, now = (sum(line.whole_minor for line in lines if line.window == window) for lines in (owed, _positive(free)))
    return {line.window for line in owed if line.window != window or own > now} | set(unissued)


def _positive(lines: Sequence[BillLine]) -> list[BillLine]:
    return [line for line in lines if line.whole_minor > 0]


def plan(
    window: str,
    free: Sequence[BillLine],
    *,
    order: Mapping[str, int],
    offsets: bool,
    coming: Collection[str],
) -> PlannedBill | None:
    """The bill of a window from what is free to be billed; None where there is nothing to bill, or nothing yet.

    With `offsets` what an earlier window takes back is set off here, and a bill that would be negative waits for this
    or a later window in `coming`, which may still bring an invoice; where there is none it is a credit note all the
    same.
    """
    chosen = [line for line in free if line.window == window]
    if offsets:
        earlier = [line for line in free if order[line.window] < order[window]]
        nets: dict[str, int] = defaultdict(int)
        for line in earlier:
            nets[line.window] += line.amount_minor
        chosen = [line for line in earlier if nets[line.window] < 0] + chosen
    if not chosen:
        return None
    planned = PlannedBill(BillKind.INVOICE, tuple(sorted(chosen, key=lambda line: (order[line.window], line.key))))
    if planned.total_minor >= 0:
        return planned
    if offsets and any(order[one] >= order[window] for one in coming):
        return None
    return PlannedBill(BillKind.CREDIT_NOTE, planned.lines)
