"""Everything known of a contract's settlement at one instant, and what follows from it. Pure: no database, no clock.

The use cases ask it before they write, and the statement shows it. Where a line stands is folded from what was signed,
said, billed and paid (`state`); what may be billed now is what both parties accept of what no bill holds yet
(`open_lines`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gateway.contracts.openings import Adopted
from gateway.outcomes.contract import Contract
from gateway.outcomes.reconciling import DocumentsBand
from gateway.outcomes.settlement_terms import CorrectionForm, SettlementTerms
from gateway.outcomes.terms import Window
from gateway.settlement.account import (
    BillLine,
    DocumentLine,
    PaymentDocument,
    Place,
    PlannedBill,
    agreed_worth,
    billed_amounts,
    coming_invoices,
    differences,
    payer_lines,
    plan,
    standing_lines,
    without_contested,
    without_unbilled,
)
from gateway.settlement.states import ACCEPTED, SettlementState, SettlementStep, course
from gateway.store.holds import HeldForCheck
from gateway.store.settlement_tables import Acknowledgement, Adjustment, Bill, Dispute
from policies.terms import Role
from vocabulary.danish_days import danish_day
from vocabulary.releases import Template

BEFORE_SIGNATURE = (SettlementStep.FREEZE, SettlementStep.EVALUATE)
OPEN_OUTCOMES = ("", "upheld")  # of a dispute that still holds its line back
_ANEW = ("stands", "upheld", "accepted")  # after such an answer both parties speak anew


@dataclass(frozen=True, slots=True)
class SignedDocument:
    """An issued payment document with its evidence; or what the parties stated of a window before the gateway.

    `is_stated`: then the document holds what is not paid of it, the digest is that of the opening balances, and there
    is no attestation. What both parties adjusted since stands in the document as lines of their own.
    """

    document: PaymentDocument
    release: str
    version: int
    rules_sha256: str
    jti: str
    jwt_sha256: str
    leaf_index: int
    seq: int
    issued_at: datetime
    is_stated: bool = False
    on_documents: DocumentsBand | None = None  # as its release kept it


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything known of a contract's settlement at one instant."""

    contract: Contract  # the newest version
    terms: SettlementTerms
    signed: tuple[SignedDocument, ...]  # by window, oldest revision first, with adjustments
    intended: frozenset[str]  # windows whose payment document is drafted and not signed
    frozen_at: Mapping[str, datetime | None]
    held: Mapping[str, HeldForCheck]  # windows that wait for a check of data
    acknowledgements: tuple[Acknowledgement, ...]
    disputes: tuple[Dispute, ...]
    adjustments: tuple[Adjustment, ...]
    bills: tuple[Bill, ...]
    paid: Mapping[str, date]  # ids of bills, with the day of the payment
    adopted: Adopted | None  # what the parties stated of the windows before the gateway
    now: datetime

    @property
    def parties(self) -> tuple[Role, Role]:
        """Creditor and payer: both have to acknowledge."""
        return Role(self.contract.creditor), Role.SETTLEMENT_OFFICER

    @property
    def order(self) -> dict[str, int]:
        return {window.label: place for place, window in enumerate(self.contract.windows)}

    def held_by(self, window: Window) -> HeldForCheck | None:
        """What a window waits for that could freeze by the day on which it is answered."""
        held = self.held.get(window.label)
        return held if held is not None and self.contract.freezes_on(window) <= held.answer_by else None

    @property
    def documents(self) -> list[PaymentDocument]:
        return [one.document for one in self.signed]

    def standing(self, window: str) -> SignedDocument | None:
        """The payment document of a window that nothing superseded."""
        return next((one for one in self.signed if one.document.window == window and one.document.is_standing), None)

    def paid_before(self, window: str) -> dict[str, int]:
        """What the parties state as paid of each tariff in a window before the gateway; nothing of any other window."""
        stated = self.adopted.opening.of(window) if self.adopted else ()
        return {one.tariff: one.paid_minor for one in stated}

    def quantity_before(self, window: str) -> dict[str, int]:
        """What the parties state that was reached in a window before the gateway, by tariff."""
        stated = self.adopted.opening.of(window) if self.adopted else ()
        return {one.tariff: one.quantity for one in stated}

    @property
    def stated_paid(self) -> Counter[str]:
        """What the parties state as paid before the gateway, by tariff."""
        found: Counter[str] = Counter()
        for window in self.adopted.opening.windows if self.adopted else ():
            found.update(self.paid_before(window))
        return found

    def bills_of(self, payer: str) -> list[Bill]:
        """The bills of one payer, oldest first."""
        return [bill for bill in self.bills if bill.payer == payer]

    def bill_lines(self) -> list[BillLine]:
        """The lines that were billed, once each: every payer's bills hold the same ones, each with its own share."""
        return [line for bill in self.bills_of(self.contract.payers[0].organisation) for line in lines_of(bill)]

    def differences(self) -> list[BillLine]:
        """What no bill holds yet, in the order of the contract's windows."""
        opened = differences(self.documents, self.bill_lines())
        return sorted(opened, key=lambda line: (self.order[line.window], line.key))

    def bear(self, lines: Sequence[BillLine], payer: str) -> tuple[BillLine, ...]:
        """What a payer bears of whole lines that would be billed next."""
        place = [one.organisation for one in self.contract.payers].index(payer)
        return payer_lines(lines, billed=self.bill_lines(), contract=self.contract, payer=place)

    def borne_by(self, payer: str) -> dict[Place, int]:
        """What a payer bears of each line: what its bills hold of it, and what the next ones would add, were everything
        that is open billed in the contract's order."""
        held = [line for bill in self.bills_of(payer) for line in lines_of(bill)]
        found: dict[Place, int] = defaultdict(int)
        for line in [*held, *self.bear(self.differences(), payer)]:
            found[line.place] += line.amount_minor
        return dict(found)

    def quarrel(self, one: SignedDocument, line: DocumentLine) -> Dispute | None:
        """The dispute that holds a line back, or a part of it: open, or upheld and not followed by anything yet."""
        return next(
            (
                dispute
                for dispute in self.disputes
                if (dispute.release_id, dispute.line) == (one.release, line.key) and dispute.outcome in OPEN_OUTCOMES
            ),
            None,
        )

    def accepted_by(self, one: SignedDocument, line: DocumentLine) -> set[str]:
        """The parties that accept a line: by acknowledgement after the last answer to a dispute, or by adjustment.

        Whoever has to pay accepts by silence from the day after the contract's days for a dispute (`silence_on`).
        """
        if line.is_adjustment or self.worth_agreed(one, line) is not None:
            return {*self.parties}
        spoken = self._spoken_by(one, line)
        debtor, silent = self.debtor(one, line), self.silence_on(one, line)
        is_silent = silent is not None and danish_day(self.now) >= silent
        return {*spoken, debtor} if is_silent and debtor is not None else spoken

    def _spoken_by(self, one: SignedDocument, line: DocumentLine) -> set[str]:
        """The parties that acknowledged a line after the last answer to a dispute."""
        since = self._speaks_anew(one, line)
        return {
            word.role
            for word in self.acknowledgements
            if word.release_id == one.release and line.key in word.lines and (since is None or word.at >= since)
        }

    def debtor(self, one: SignedDocument, line: DocumentLine) -> Role | None:
        """Who has to pay by a line, beside what was billed of it before; None where nobody has."""
        changes = line.amount_minor - self._billed_before(one, line)
        if not changes:
            return None
        return self.parties[changes > 0]

    def worth_agreed(self, one: SignedDocument, line: DocumentLine) -> int | None:
        """What both parties signed that a line is worth instead; None where they did not."""
        return agreed_worth(_words_on(one, line, self.adjustments))

    def silence_on(self, one: SignedDocument, line: DocumentLine) -> date | None:
        """The day from which the silence of whoever has to pay by a line is its acceptance; else None.

        A debtor cannot stop a claim by saying nothing: after the days for a dispute it can contest no more. Who spoke
        is not silent; what is disputed waits for the end of the dispute; what the parties stated before the gateway is
        held back because they agreed to that.
        """
        debtor = self.debtor(one, line)
        if one.is_stated or debtor is None or self.quarrel(one, line) is not None:
            return None
        if line.is_adjustment or debtor in self._spoken_by(one, line):
            return None
        since = self._speaks_anew(one, line) or one.issued_at
        return danish_day(since) + timedelta(days=self.terms.dispute_days + 1)

    def _billed_before(self, one: SignedDocument, line: DocumentLine) -> int:
        """What bills hold of a line that were made before its document."""
        place = (one.document.window, line.key)
        earlier = [bill for bill in self.bills if one.jwt_sha256 not in bill.rests_on]
        own = [bill for bill in earlier if bill.payer == self.contract.payers[0].organisation]
        return sum(part.whole_minor for bill in own for part in lines_of(bill) if part.place == place)

    def _speaks_anew(self, one: SignedDocument, line: DocumentLine) -> datetime | None:
        return max(
            (
                dispute.resolved_at or dispute.at
                for dispute in self.disputes
                if (dispute.release_id, dispute.line) == (one.release, line.key) and dispute.outcome in _ANEW
            ),
            default=None,
        )

    def state(self, one: SignedDocument, line: DocumentLine) -> SettlementState:
        """Where a line of a document stands, folded from the facts."""
        steps = [SettlementStep.STATE_HELD] if one.is_stated else [*BEFORE_SIGNATURE, SettlementStep.RELEASE]
        if not one.document.is_standing:
            return course([*steps, SettlementStep.SUPERSEDE])
        quarrel = self.quarrel(one, line)
        if quarrel is not None:
            upheld = [SettlementStep.UPHOLD] if quarrel.outcome else []
            return course([*steps, SettlementStep.DISPUTE, *upheld])
        if not self.accepted_by(one, line) >= {*self.parties}:
            return course(steps)
        steps.append(SettlementStep.ACKNOWLEDGE)
        place = (one.document.window, line.key)
        _, billed = billed_amounts(self.bill_lines()).get(place, (0, 0))
        if billed == line.amount_minor:  # of an amount of nothing there is nothing to bill, and nothing to pay
            steps.append(SettlementStep.INVOICE)
            # every payer's bill of it: money that one of several still owes is not there
            if all(bill.id in self.paid for bill in self.bills if place in {part.place for part in lines_of(bill)}):
                steps.append(SettlementStep.PAY)
        return course(steps)

    def window_states(self, window: Window) -> list[SettlementState]:
        """The states of a window's lines; of one that is not released, its own."""
        one = self.standing(window.label)
        if one is not None and one.is_stated:
            return [self.state(one, line) for line in one.document.lines] or [course([SettlementStep.STATE_PAID])]
        if one is not None:
            moved = [line for line in one.document.lines if line.amount_minor or line.quantity]
            return [self.state(one, line) for line in moved or one.document.lines] or [SettlementState.RELEASED]
        frozen = self.frozen_at[window.label]
        if window.label in self.intended:
            return [course(BEFORE_SIGNATURE)]
        is_frozen = frozen is not None and frozen <= self.now
        return [course([SettlementStep.FREEZE] if is_frozen else [])]

    def open_lines(self) -> list[BillLine]:
        """What may be billed now, in the order of the contract's windows: what both parties accept of what is open.

        Of a line that is disputed in part the rest, once both accept it. What takes back earlier windows waits until
        those are billed: nobody pays back what was never paid.
        """
        opened = self.differences()
        free = [part for line in opened if (part := self._free_part(line)) is not None]
        return without_unbilled(free, opened, order=self.order)

    def _free_part(self, line: BillLine) -> BillLine | None:
        one = self.standing(line.window)
        if one is None:
            return None
        own = next((signed for signed in one.document.lines if signed.key == line.key), None)
        if own is None:  # the correction has no such line any more
            return line if all(self.state(one, signed) in ACCEPTED for signed in one.document.lines) else None
        quarrel = self.quarrel(one, own)
        if quarrel is None:
            return line if self.state(one, own) in ACCEPTED else None
        if not self.accept_rest(one, own) >= {*self.parties}:
            return None
        return without_contested(line, due_minor=own.amount_minor, contested_minor=quarrel.amount_minor)

    def is_accepted(self, one: SignedDocument, line: DocumentLine) -> bool:
        """Whether both parties accept a line, or what is not contested of it."""
        return self.state(one, line) in ACCEPTED or self.accept_rest(one, line) >= {*self.parties}

    def accept_rest(self, one: SignedDocument, line: DocumentLine) -> set[str]:
        """The parties that accept what a dispute leaves of a line: whoever contests a part accepts the rest."""
        quarrel = self.quarrel(one, line)
        if quarrel is None or quarrel.amount_minor == line.amount_minor:
            return set()
        return {quarrel.role} | {
            word.role for word in self.acknowledgements if word.release_id == one.release and line.key in word.lines
        }

    def planned_bill(self, window: str) -> PlannedBill | None:
        """What would be billed for a window now; None where there is nothing to bill, or nothing yet."""
        free = self.open_lines()
        unissued = [
            one.label
            for one in self.contract.windows
            if self.standing(one.label) is None
            and self.contract.is_planned(Template.PAYMENT_DOCUMENT, self.contract.creditor, one.label)
        ]
        coming = coming_invoices(window, self.differences(), free, unissued=unissued)
        offsets = self.terms.correction is CorrectionForm.OFFSET
        return plan(window, free, order=self.order, offsets=offsets, coming=coming)

    def why_not_paid(self, bill: Bill) -> str:
        """Why a bill is neither handed out nor paid for now; empty where nothing speaks against it.

        A correction may have replaced a document that it rests on. Then both parties look at the new one first, and
        what the bill holds too much of is taken back, so that both are paid together.
        """
        due, billed = standing_lines(self.documents), billed_amounts(self.bill_lines())
        for window in sorted({line.window for line in lines_of(bill)}, key=lambda label: self.order[label]):
            one = self.standing(window)
            if one is None or one.jwt_sha256 in bill.rests_on:
                continue
            places = {line.place for line in lines_of(bill) if line.window == window}
            own = [line for line in one.document.lines if (window, line.key) in places]
            if not all(self.is_accepted(one, line) for line in own):
                return f"{window} was corrected since: both parties acknowledge the new payment document first"
            for place in places:
                owed = due[place].amount_minor if place in due else 0
                if not is_within(billed[place][1], owed):
                    return (
                        f"{window} was corrected since, and the bill holds more than is owed: `gateway settle invoice` "
                        f"makes the credit note of {window} first"
                    )
        return ""

    def dispute_until(self, one: SignedDocument) -> date:
        return danish_day(one.issued_at) + timedelta(days=self.terms.dispute_days)


def is_within(billed_minor: int, due_minor: int) -> bool:
    """Whether bills hold of a line no more than is due of it, and nothing the other way round."""
    return min(0, due_minor) <= billed_minor <= max(0, due_minor)


def lines_of(bill: Bill) -> list[BillLine]:
    """The lines of a stored bill."""
    return [BillLine(**line) for line in bill.lines]


def with_adjustments(signed: Sequence[SignedDocument], adjustments: Sequence[Adjustment]) -> tuple[SignedDocument, ...]:
    """The documents, each that stands with a line beside every line that both parties adjusted."""
    return tuple(_document_with_adjustments(one, adjustments) if one.document.is_standing else one for one in signed)


def _document_with_adjustments(one: SignedDocument, adjustments: Sequence[Adjustment]) -> SignedDocument:
    lines: list[DocumentLine] = []
    for line in one.document.lines:
        lines.append(line)
        worth = agreed_worth(_words_on(one, line, adjustments))
        if worth is not None:
            lines.append(line.adjusted_to(worth))
    return replace(one, document=replace(one.document, lines=tuple(lines)))


def _words_on(one: SignedDocument, line: DocumentLine, adjustments: Sequence[Adjustment]) -> list[Adjustment]:
    return [word for word in adjustments if (word.release_id, word.line) == (one.release, line.key)]
