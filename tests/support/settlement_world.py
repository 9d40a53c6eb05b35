"""A small world of one contract, to be searched: what parties may do, and how a register changes in between.

A world is what happened. What may be done next, and what follows, is asked of the pure functions that the use cases
ask. Two worlds with one `key` are alike to everybody from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from gateway.errors.settlement import SettlementRefused
from gateway.events.actor import staff_member
from gateway.outcomes.contract import Contract
from gateway.outcomes.settlement_terms import CorrectionForm
from gateway.settlement import account, acknowledging, billing
from gateway.settlement.acknowledging import DisputeOutcome
from gateway.settlement.settled import Settled, SignedDocument, lines_of, with_adjustments
from gateway.settlement.sheet import CheckName, checks
from gateway.settlement.states import CLOSED, TRANSITIONS, SettlementStep
from gateway.store.settlement_tables import Acknowledgement, Adjustment, Bill, Dispute
from policies.terms import Role
from tests.support.histories import example_contract
from vocabulary.danish_days import danish_day

PARTIES = (Role.OPERATOR, Role.SETTLEMENT_OFFICER)

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
TARIFF = "steady_and_off_benefits"
PRICE = 25_000_000


@dataclass(frozen=True)
class Document:
    """A payment document: its window by place, its revision, and (kind, people) of its lines."""

    window: int
    revision: int
    lines: tuple[tuple[str, int], ...]
    on: int  # the day


@dataclass(frozen=True, eq=False)
class World:
    """What happened. `truth` is which of two tables the registers show; times are (day, tick)."""

    documents: tuple[Document, ...] = ()
    acks: tuple[tuple[int, int, int, str, tuple[str, ...]], ...] = ()  # day, tick, document, role, lines
    # document, line, role, contested, outcome, raised tick, answered (day, tick)
    disputes: tuple[tuple[int, str, str, int, str, int, tuple[int, int]], ...] = ()
    words: tuple[tuple[int, str, str, int], ...] = ()  # document, line, role, worth
    bills: tuple[Bill, ...] = ()
    approved: frozenset[str] = frozenset()
    paid: frozenset[str] = frozenset()
    truth: int = 0
    day: int = 0
    tick: int = 0

    def later(self, **changes: object) -> World:
        return replace(self, tick=self.tick + 1, **changes)  # fmt: skip


def _at(day: int, tick: int) -> datetime:
    return START + timedelta(days=day, seconds=tick)


@lru_cache(maxsize=100_000)
def _ack_row(n: int, label: str, day: int, tick: int, place: int, role: str, lines: tuple[str, ...]) -> Acknowledgement:
    return Acknowledgement(
        id=str(n), contract_id="c", window=label, release_id=str(place), lines=list(lines), jwt_sha256="", role=role,
        by="", at=_at(day, tick),
    )  # fmt: skip


@lru_cache(maxsize=100_000)
def _dispute_row(
    n: int, label: str, place: int, line: str, role: str, contested: int, outcome: str, raised: int, answered: tuple
) -> Dispute:
    return Dispute(
        id=str(n), contract_id="c", window=label, release_id=str(place), line=line, amount_minor=contested,
        reason="source", text_sha256="", role=role, by="", at=_at(0, raised), answer_by=START.date(), outcome=outcome,
        outcome_sha256="", resolved_by="", resolved_at=_at(*answered) if outcome else None,
    )  # fmt: skip


@lru_cache(maxsize=100_000)
def _word_row(n: int, label: str, place: int, line: str, role: str, worth: int) -> Adjustment:
    return Adjustment(
        id=str(n), contract_id="c", position=n, window=label, release_id=str(place), line=line, worth_minor=worth,
        text_sha256="", role=role, by="", at=START,
    )  # fmt: skip


class Game:
    """The rules: how many windows, who pays, and what the registers show of each window before and after a change."""

    def __init__(
        self, truths: tuple[tuple[int, ...], tuple[int, ...]], *, offsets: bool, disputes: int = 1, words: int = 2
    ) -> None:
        contract = example_contract("ballerup")
        assert contract.settlement is not None
        terms = replace(
            contract.settlement, correction=CorrectionForm.OFFSET if offsets else CorrectionForm.CREDIT_NOTE
        )
        self.contract: Contract = replace(contract, windows=contract.windows[: len(truths[0])], settlement=terms)
        self.terms = terms
        self.truths = truths
        self.most_disputes, self.most_words = disputes, words
        self.settled = lru_cache(maxsize=64)(self._settled)
        self._holding: dict[object, bool] = {}

    # what everybody sees

    def standing(self, world: World) -> dict[int, int]:
        """By window, the place of its newest document."""
        return {one.window: place for place, one in enumerate(world.documents)}

    def _settled(self, world: World) -> Settled:
        newest = set(self.standing(world).values())
        signed = [
            SignedDocument(
                document=account.PaymentDocument(
                    self.contract.windows[one.window].label,
                    one.revision,
                    tuple(
                        account.DocumentLine(TARIFF, kind, "person", people, people * PRICE)
                        for kind, people in one.lines
                    ),
                    is_standing=place in newest,
                ),
                release=str(place),
                version=1,
                rules_sha256=self.contract.sha256,
                jti=f"urn:uuid:{place}",
                jwt_sha256=f"{place:064x}",
                leaf_index=place,
                seq=place,
                issued_at=_at(one.on, 0),
            )
            for place, one in enumerate(world.documents)
        ]
        labels = [self.contract.windows[one.window].label for one in world.documents]
        words = tuple(_word_row(n, labels[row[0]], *row) for n, row in enumerate(world.words))
        signed.sort(key=lambda one: (one.document.window, one.document.revision))
        return Settled(
            contract=self.contract,
            terms=self.terms,
            signed=with_adjustments(signed, words),
            intended=frozenset(),
            frozen_at={window.label: START for window in self.contract.windows},
            held={},
            acknowledgements=tuple(_ack_row(n, labels[row[2]], *row) for n, row in enumerate(world.acks)),
            disputes=tuple(_dispute_row(n, labels[row[0]], *row) for n, row in enumerate(world.disputes)),
            adjustments=words,
            bills=world.bills,
            paid={number: danish_day(START) for number in world.paid},
            adopted=None,
            now=_at(world.day, world.tick),
        )  # fmt: skip

    def key(self, world: World) -> object:
        """What decides everything that can follow."""
        settled = self.settled(world)
        today = danish_day(settled.now)
        lines = []
        for place in self.standing(world).values():
            one = next(one for one in settled.signed if one.release == str(place))
            for line in one.document.lines:
                quarrel = settled.quarrel(one, line)
                silent = settled.silence_on(one, line)
                lines.append(
                    (
                        one.document.window,
                        line.key,
                        line.amount_minor,
                        settled.state(one, line),
                        frozenset(settled.accepted_by(one, line)),
                        frozenset(settled.accept_rest(one, line)),
                        quarrel and (quarrel.role, quarrel.amount_minor, quarrel.outcome),
                        silent is not None and silent <= today,
                        today <= settled.dispute_until(one),
                        settled.worth_agreed(one, line),
                        tuple((role, worth) for at, key, role, worth in world.words if (at, key) == (place, line.key)),
                        sum(1 for at, key, *_ in world.disputes if (at, key) == (place, line.key)),
                    )
                )
        standing = {f"{place:064x}" for place in self.standing(world).values()}
        bills = tuple(
            sorted(
                (
                    bill.window,
                    str(lines_of(bill)),
                    standing >= set(bill.rests_on),
                    bill.number in world.approved,
                    bill.id in world.paid,
                )
                for bill in world.bills
            )
        )
        return (tuple(lines), bills, world.truth, len(world.disputes), len(world.words))

    # what may be done

    def moves(self, world: World) -> Iterator[tuple[str, World]]:
        """Everything that somebody can do, or that can happen, and the world after it."""
        yield from self.towards_the_end(world)
        settled, newest = self.settled(world), self.standing(world)
        if world.truth == 0:
            yield "register changes", world.later(truth=1)
        for window, place in newest.items():
            one = next(one for one in settled.signed if one.release == str(place))
            originals = [line for line in one.document.lines if not line.is_adjustment]
            for line in originals:
                if len(world.disputes) < self.most_disputes and danish_day(settled.now) <= settled.dispute_until(one):
                    for role in PARTIES:
                        for contested in {line.amount_minor, line.amount_minor // 2}:
                            if SettlementStep.DISPUTE in TRANSITIONS[settled.state(one, line)]:
                                row = (place, line.key, role, contested, "", world.tick, (0, 0))
                                yield f"{role} disputes {contested}", world.later(disputes=(*world.disputes, row))
                if len(world.words) < self.most_words:
                    for role in PARTIES:
                        worth = line.amount_minor - PRICE // 2
                        if settled.worth_agreed(one, line) != worth:
                            yield f"{role} adjusts {window}", self._word(world, place, line.key, role, worth)
        yield from self._correct(world)

    def towards_the_end(self, world: World) -> Iterator[tuple[str, World]]:
        """What parties do who want to come to an end, the most urgent first."""
        settled, newest = self.settled(world), self.standing(world)
        for bill in world.bills:
            if bill.number in world.approved and bill.id not in world.paid and not settled.why_not_paid(bill):
                yield f"pay {bill.number}", world.later(paid=world.paid | {bill.id})
        for bill in world.bills:
            if bill.number not in world.approved and self._holds(settled, bill):
                yield f"approve {bill.number}", world.later(approved=world.approved | {bill.number})
        for window in newest:
            label = self.contract.windows[window].label
            planned = settled.planned_bill(label)
            if planned is not None:
                made = [
                    billing.new_bill(
                        settled, label, planned, payer, number="", asked_by=(Role.OPERATOR, "o"), is_demo=True
                    )
                    for payer in self.contract.payers
                ]
                for bill in made:
                    bill.id = bill.number
                yield f"invoice {label}", world.later(bills=(*world.bills, *made))
        for number, row in enumerate(world.disputes):
            yield from self._answers(world, number, row)
        for window, place in newest.items():
            one = next(one for one in settled.signed if one.release == str(place))
            for role in PARTIES:
                for by_name in (False, True):
                    keys = tuple(
                        line.key
                        for line in one.document.lines
                        if not line.is_adjustment
                        and acknowledging.may_accept(settled, one, line, role, by_name=by_name)
                    )
                    if keys and not (by_name and self._same_without_names(settled, one, role, keys)):
                        ack = (world.day, world.tick, place, role, keys)
                        yield f"{role} accepts {window}", self._accepted(world.later(acks=(*world.acks, ack)), place)
        yield from self._release(world)
        silences = [
            silent
            for one in settled.signed
            if one.document.is_standing
            for line in one.document.lines
            if (silent := settled.silence_on(one, line)) is not None and silent > danish_day(settled.now)
        ]
        if silences:
            days = (max(silences) - danish_day(settled.now)).days
            yield "the days pass", world.later(day=world.day + days)

    def _is_possible(self, does: Callable[[], object]) -> bool:
        try:
            does()
        except SettlementRefused:
            return False
        return True

    def _holds(self, settled: Settled, bill: Bill) -> bool:
        """Whether every check of the sheet holds for a second person."""
        lines = [
            (one.jwt_sha256, line.key, line.amount_minor, settled.is_accepted(one, line))
            for one in settled.signed
            if one.document.is_standing
            for line in one.document.lines
        ]
        key = (bill.sha256, tuple(lines), tuple(other.sha256 for other in settled.bills), bill.id in settled.paid)
        if key not in self._holding:
            found = checks(settled, bill, versions=[self.contract], approved=(), approver=staff_member("anna"))
            self._holding[key] = all(one.holds for one in found if one.name is not CheckName.SECOND_PERSON)
        return self._holding[key]

    def _same_without_names(self, settled: Settled, one: SignedDocument, role: str, keys: tuple[str, ...]) -> bool:
        return keys == tuple(
            line.key
            for line in one.document.lines
            if not line.is_adjustment and acknowledging.may_accept(settled, one, line, role, by_name=False)
        )

    def _answers(self, world: World, number: int, row: tuple) -> Iterator[tuple[str, World]]:
        place, line, role, contested, outcome, raised, _ = row
        if place not in self.standing(world).values():
            return
        for answer in (DisputeOutcome.WITHDRAWN, DisputeOutcome.STANDS, DisputeOutcome.UPHELD):
            own = answer is DisputeOutcome.WITHDRAWN
            if self._is_possible(lambda a=answer, o=own: acknowledging.check_answer(outcome, a, is_own=o)):
                new = (place, line, role, contested, str(answer), raised, (world.day, world.tick))
                rows = (*world.disputes[:number], new, *world.disputes[number + 1 :])
                yield f"dispute {number} {answer}", world.later(disputes=rows)

    def _accepted(self, world: World, place: int) -> World:
        """A dispute that was upheld has ended once both acknowledged its line by its name."""
        settled = self.settled(world)
        one = next(one for one in settled.signed if one.release == str(place))
        rows = []
        for row in world.disputes:
            line = next((line for line in one.document.lines if (place, line.key) == row[:2]), None)
            both = line is not None and settled.accepted_by(one, line) >= set(PARTIES)
            rows.append((*row[:4], "accepted", *row[5:]) if row[4] == "upheld" and both else row)
        return replace(world, disputes=tuple(rows))

    def _word(self, world: World, place: int, line: str, role: str, worth: int) -> World:
        after_it = world.later(words=(*world.words, (place, line, role, worth)))
        settled = self.settled(after_it)
        one = next(one for one in settled.signed if one.release == str(place))
        signed = next(signed for signed in one.document.lines if signed.key == line)
        if settled.worth_agreed(one, signed) != worth:
            return after_it
        rows = tuple(
            (*row[:4], "adjusted", *row[5:]) if row[:2] == (place, line) and row[4] in ("", "upheld") else row
            for row in after_it.disputes
        )
        return replace(after_it, disputes=rows)

    def _evaluated(self, world: World, window: int) -> tuple[tuple[str, int], ...]:
        """What a payment document of a window says with what the registers show now."""
        truth, newest = self.truths[world.truth], self.standing(world)
        earlier = sum(
            people for at, place in newest.items() if at < window for _, people in world.documents[place].lines
        )
        late = sum(truth[:window]) - earlier
        return (("window", truth[window]), *([("correction", late)] if late else []))

    def _release(self, world: World) -> Iterator[tuple[str, World]]:
        window = len(self.standing(world))
        if window < len(self.contract.windows):
            new = Document(window, 1, self._evaluated(world, window), world.day)
            yield f"release {window}", world.later(documents=(*world.documents, new))

    def _correct(self, world: World) -> Iterator[tuple[str, World]]:
        """The newest window alone is corrected, and only where a figure differs."""
        newest = self.standing(world)
        if newest:
            window = max(newest)
            old = world.documents[newest[window]]
            lines = self._evaluated(world, window)
            if lines != old.lines:
                new = Document(window, old.revision + 1, lines, world.day)
                yield f"correct {window}", world.later(documents=(*world.documents, new))

    # what must be true

    def is_settled(self, world: World) -> bool:
        settled = self.settled(world)
        return (
            len(self.standing(world)) == len(self.contract.windows)
            and all(state in CLOSED for window in self.contract.windows for state in settled.window_states(window))
            and not settled.differences()
            and all(bill.id in world.paid for bill in world.bills)
        )

    def sums(self, world: World) -> tuple[int, int, int]:
        """(owed, paid, open): what standing documents say, what was paid, and what is billed or still to be billed."""
        settled = self.settled(world)
        owed = sum(one.due_minor for one in settled.documents if one.is_standing)
        paid = sum(bill.total_minor for bill in world.bills if bill.id in world.paid)
        billed = sum(bill.total_minor for bill in world.bills if bill.id not in world.paid)
        return owed, paid, billed + sum(line.whole_minor for line in settled.differences())
