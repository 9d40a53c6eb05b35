"""An invented town of which people are erased: who worked in which weeks, since when that is known, by which rules.

Four windows of a week each. The units of a person by the end of a window are the weeks of work until then.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session, delete

from gateway.evaluation.erased import keep_figures, keep_pending, left_by_erased
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import PersonHistory, Remainder
from gateway.outcomes.terms import Window
from gateway.store.sealed import NO_PERSON, About, Shelf, opened_values
from gateway.store.tables import Batch, ReleaseRow, Subject
from tests.attacks.outsider import texts
from tests.support.databases import NOW, a_subject, add_subject
from vocabulary.releases import Recipient, Template
from vocabulary.statuses import Status

BEGIN = date(2019, 12, 30)  # the Monday of 2020-W01
HOUR = timedelta(hours=1)
ANNE, BO, CARL = "a" * 32, "b" * 32, "c" * 32


def contract_of(price: int) -> Contract:
    text = texts.contract(
        texts.measure("weeks", ["fleksjob"], "weeks_from_enrolment = 4"),
        texts.price("m", price),
        texts.windows("2020-W01", [1, 1, 1, 1]),
        start=BEGIN,
        end=BEGIN + timedelta(days=6),
    )
    return replace(load_contract(text.encode(), file="invented.toml"), id="c")


CHEAP, DEAR = contract_of(10), contract_of(1000)
ENDS = [window.to_week.ordinal for window in CHEAP.windows]


@dataclass(frozen=True)
class InventedProgramme:
    contract_id: str = "c"
    sees_until: int = 9  # of the weeks of work, so many are asked for


@dataclass
class InventedTown:
    """In the place of the gateway: rules by the instant since which they are known and the day from which they hold."""

    session: Session
    rules: list[tuple[datetime, date, Contract]] = field(default_factory=lambda: [(NOW, BEGIN, CHEAP)])
    programmes: list[tuple[datetime, InventedProgramme]] = field(default_factory=lambda: [(NOW, InventedProgramme())])
    worked: dict[str, list[tuple[datetime, frozenset[int]]]] = field(default_factory=dict)
    now: datetime = NOW
    documents: int = 0

    # what is asked of the gateway

    def contract_and_text(
        self, session: Session, contract_id: str, *, on: date | None = None, known_at: datetime | None = None
    ) -> tuple[Contract, str]:
        assert (session, contract_id) == (self.session, "c")
        return [
            contract
            for since, holds_from, contract in self.rules
            if since <= (known_at or self.now) and (on is None or holds_from <= on)
        ][-1], ""

    def contract(self, session: Session, contract_id: str, *, on: date | None = None) -> Contract:
        return self.contract_and_text(session, contract_id, on=on)[0]

    def contract_for(self, session: Session, contract_id: str, window: Window) -> Contract:
        return self.contract(session, contract_id, on=window.to_week.sunday)

    def programme(self, session: Session, contract_id: str, *, known_at: datetime | None = None) -> InventedProgramme:
        assert (session, contract_id) == (self.session, "c")
        return [one for since, one in self.programmes if since <= (known_at or self.now)][-1]

    def histories(
        self,
        session: Session,
        contract: Contract,
        programme: InventedProgramme,
        *,
        known_at: datetime,
        only: str | None = None,
    ) -> list[PersonHistory]:
        """In the place of the stored ones; of whoever is here."""
        assert (session, contract.id) == (self.session, "c")
        here = [subject for subject in self.worked if only in (None, subject)]
        return [self._history(subject, programme, known_at) for subject in here]

    def _history(self, subject: str, programme: InventedProgramme, known_at: datetime) -> PersonHistory:
        weeks = [weeks for since, weeks in self.worked[subject] if since <= known_at][-1]
        statuses = {ENDS[0] + week: frozenset({Status.FLEKSJOB}) for week in weeks if week < programme.sees_until}
        return PersonHistory(subject, BEGIN, statuses, {}, {}, {})

    # what happens in the town

    def tell(self, subject: str, *weeks: int) -> None:
        """An hour later it is known that somebody worked in these weeks, counted from 0."""
        self.now += HOUR
        self.worked.setdefault(subject, []).append((self.now, frozenset(weeks)))

    def enrol(self, *subjects: str) -> None:
        for number, subject in enumerate(subjects):
            row = a_subject(subject)
            row.case_reference = f"F-{number}"
            add_subject(self.session, row)
            self.tell(subject)
        self.seal_batch(len(subjects))

    def seal_batch(self, count: int, contract_id: str = "c", *, batch_id: str = "1", counts_from: str = "") -> None:
        texts_of_batch = dict.fromkeys(
            (
                "file_sha256",
                "root_hex",
                "nonce_hex",
                "sealed_on",
                "seal_sha256",
                "plan_sha256",
                "plan_salt_hex",
            ),
            "",
        )
        self.session.add(
            Batch(
                contract_id=contract_id,
                batch_id=batch_id,
                count=count,
                leaf_index=0,
                block_ends=[],
                sealed_at=self.now,
                counts_from=counts_from,
                **texts_of_batch,
            )
        )

    def erase(self, subject: str) -> None:
        self.now += HOUR
        keep_pending(self, self.session, self.programme(self.session, "c"), subject, now=self.now)
        self.session.exec(delete(Subject).where(Subject.subject_id == subject))
        del self.worked[subject]

    def document(
        self, place: int, template: Template = Template.PAYMENT_DOCUMENT, known_at: datetime | None = None
    ) -> None:
        """A release of a window. As drafting has it, it rests on the window before, and on every earlier one as soon as
        anybody is erased: what is pending of them goes with it.
        """
        self.now += HOUR
        self.documents += 1
        left, programme = self.left(), self.programme(self.session, "c")
        windows = CHEAP.windows[0 if left.people else max(0, place - 1) : place + 1]
        row = ReleaseRow(
            id=f"{self.documents}",
            contract_id="c",
            contract_version=1,
            window=windows[-1].label,
            template=template,
            recipient_role=Recipient.OPERATOR,
            recipient_organisation="operator",
            revision=self.documents,
            supersedes="",
            state="intended",
            seq=self.documents,
            jti="",
            status_index=0,
            draft=b"",
            due=[],
            decision_id="",
            known_at=known_at or self.now,
            intended_at=self.now,
        )
        self.session.add(row)
        if template is Template.PAYMENT_DOCUMENT:
            cohort = self.histories(self.session, CHEAP, programme, known_at=row.known_at)
            rules = {window: self.contract_for(self.session, "c", window) for window in windows}
            figures = (evaluate(rule, cohort, window.to_week, remainder=left) for window, rule in rules.items())
            keep_figures(self.session, self.contract(self.session, "c"), row, figures, drafted_at=self.now)

    def left(self) -> Remainder:
        return left_by_erased(self, self.session, "c")

    def units(self) -> list[int]:
        """What the erased leave at the end of each window."""
        left = self.left()
        return [left.by_week[end]["m"]["fleksjob"] for end in ENDS]

    def amounts(self) -> list[int]:
        left = self.left()
        return [left.amounts[end]["m"] for end in ENDS]

    def pending(self) -> Remainder | None:
        """What stands sealed as no document's yet."""
        values = opened_values(self.session, Shelf("c", About.PENDING, ""))
        return Remainder.of(values[NO_PERSON][0]) if values else None

    def pending_units(self) -> dict[int, int]:
        """The same by the place of the window."""
        pending = self.pending()
        return (
            {}
            if pending is None
            else {ENDS.index(end): pending.by_week[end]["m"]["fleksjob"] for end in pending.by_week}
        )
