"""What erased people leave, in an invented town: who worked in which weeks, since when that is known, by which rules.

Four windows of a week each. The units of a person by the end of a window are the weeks of work until then.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, create_engine, delete

from gateway.evaluation import erased
from gateway.evaluation.erased import keep_figures, keep_pending, left_by_erased
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.history import NOBODY, PersonHistory, Remainder
from gateway.outcomes.terms import Window
from gateway.store.sealed import NO_PERSON, About, Shelf, opened_values
from gateway.store.tables import Batch, ReleaseRow, Subject
from gateway.store.unlocked import unlock
from tests.attacks.outsider import texts
from tests.support.databases import NOW, VAULT_KEY, a_subject, add_subject
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

    def seal_batch(self, count: int, contract_id: str = "c") -> None:
        texts_of_batch = dict.fromkeys(
            ("file_sha256", "root_hex", "nonce_hex", "sealed_on", "seal_sha256", "plan_sha256", "plan_salt_hex"), ""
        )
        self.session.add(
            Batch(contract_id=contract_id, batch_id="1", count=count, leaf_index=0, block_ends=[], **texts_of_batch)
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
            keep_figures(self.session, row, figures, drafted_at=self.now)

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


@pytest.fixture(scope="module")
def engine() -> Engine:
    """Empty tables in memory: nothing here depends on a database's own ways."""
    found = create_engine("sqlite://")
    SQLModel.metadata.create_all(found)
    return found


@pytest.fixture
def town(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[InventedTown]:
    """In a transaction of which nothing stays."""
    with Session(engine) as session:
        unlock(session, lambda: VAULT_KEY)
        invented = InventedTown(session)
        monkeypatch.setattr(erased, "histories", invented.histories)
        yield invented


def test_before_anybody_is_erased_nothing_is_left_and_nothing_is_asked(
    town: InventedTown, monkeypatch: pytest.MonkeyPatch
):
    town.enrol(ANNE, BO)
    town.tell(ANNE, 0, 1)
    town.document(0)
    monkeypatch.setattr(erased, "histories", None)
    assert town.left() == NOBODY
    assert town.pending() is None


def test_who_is_here_and_in_no_sealed_batch_is_not_less_than_nobody(town: InventedTown):
    town.enrol(ANNE)
    town.tell(ANNE, 0)
    town.session.exec(delete(Batch))
    assert town.left() == NOBODY
    town.seal_batch(7, "another")
    assert town.left() == NOBODY


def test_what_was_reached_since_the_documents_is_pending_until_one_speaks_of_it(town: InventedTown):
    """Anne has worked in weeks 1, 2 and 4, of which the document of w1 knew one; Bo's weeks are nobody's here."""
    town.enrol(ANNE, BO)
    town.tell(ANNE, 0)
    town.tell(BO, 0, 1, 2, 3)
    town.document(0)
    town.tell(ANNE, 0, 1, 3)
    town.erase(ANNE)
    assert town.left().people == 1
    assert town.units() == [1, 2, 2, 3]
    assert town.amounts() == [10, 20, 20, 30]
    assert town.pending_units() == {0: 0, 1: 1, 2: 1, 3: 2}, "less what the document's figures hold of her"
    pending = town.pending()
    assert pending is not None
    assert pending.people == 0
    town.document(1)
    pending = town.pending()
    assert pending is not None
    assert pending.people == 0
    assert town.pending_units() == {2: 0, 3: 1}, "less what the newest document before them holds of her now"
    assert town.units() == [1, 2, 2, 3]
    town.document(2)
    assert town.pending_units() == {3: 1}
    town.document(3)
    assert town.pending() is None
    assert town.units() == [1, 2, 2, 3]
    assert town.amounts() == [10, 20, 20, 30]


def test_what_is_pending_of_several_people_is_one_sum(town: InventedTown):
    town.enrol(ANNE, BO, CARL)
    town.tell(ANNE, 0, 1)
    town.tell(BO, 2)
    town.erase(ANNE)
    assert town.pending_units() == {0: 1, 1: 2, 2: 2, 3: 2}
    town.document(1)
    town.erase(BO)
    assert town.pending_units() == {0: 0, 1: 0, 2: 1, 3: 1}
    assert town.left().people == 2
    assert town.units() == [1, 2, 3, 3]
    town.document(2)
    assert town.pending() is None, "of w4 nothing is pending but noughts"


def test_a_correction_of_an_early_window_leaves_pending_what_later_documents_are_about(town: InventedTown):
    town.enrol(ANNE, BO)
    town.document(0)
    town.document(1)
    town.tell(ANNE, 0)
    town.erase(ANNE)
    town.document(0)
    assert town.pending_units() == {1: 1, 2: 1, 3: 1}, "the document of w2 speaks of w2 and of what follows"
    assert town.units() == [1, 1, 1, 1]
    town.document(1)
    assert town.pending() is None
    assert town.units() == [1, 1, 1, 1]


def test_a_later_document_about_a_window_holds_for_it(town: InventedTown):
    """She is known to have worked when w1 is corrected, and not to have when she is erased."""
    town.enrol(ANNE, BO)
    town.document(0)
    town.tell(ANNE, 0)
    town.document(0)
    town.document(1)
    town.tell(ANNE)
    town.erase(ANNE)
    assert town.pending_units() == {0: -1, 1: -1, 2: -1, 3: -1}
    assert town.units() == [0, 0, 0, 0]
    town.document(1)
    assert town.pending() is None
    assert town.units() == [0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_is_what_the_erased_had_reached_whatever_happens_before_and_behind(town: InventedTown, seed: int):
    """Registers tell things anew, documents of any window are made and corrected, people are erased: the oracle still
    knows what each of the erased had reached by then."""
    lots, people = random.Random(seed), [f"{number:032x}" for number in range(5)]
    town.enrol(*people)
    expected, here, newest = [0] * 4, [*people], -1
    for _ in range(25):
        match lots.choice(["tell", "tell", "document", "document", "erase"]):
            case "tell" if here:
                town.tell(lots.choice(here), *(week for week in range(4) if lots.random() < 0.5))
            case "document":
                place = lots.randint(0, min(3, newest + 1))
                newest = max(newest, place)
                town.document(place)
            case "erase" if here:
                somebody = here.pop(lots.randrange(len(here)))
                weeks = town.worked[somebody][-1][1]
                expected = [many + sum(week <= place for week in weeks) for place, many in enumerate(expected)]
                town.erase(somebody)
        if len(here) < len(people):
            assert town.units() == expected
            assert town.amounts() == [10 * many for many in expected]
            assert town.left().people == len(people) - len(here)
    assert len(here) < len(people)


def test_the_living_are_taken_off_as_they_were_known_when_a_document_was_made(town: InventedTown):
    """Its data may be older than its draft; what is told later of the living changes nothing of the erased."""
    town.enrol(ANNE, BO)
    town.tell(ANNE, 0)
    town.tell(BO, 0)
    known_at = town.now
    town.tell(BO, 0, 1)
    town.document(1, known_at=known_at)
    town.tell(BO)
    town.erase(ANNE)
    assert town.units() == [1, 1, 1, 1]
    town.tell(BO, 0, 1, 2, 3)
    assert town.units() == [1, 1, 1, 1]


def test_a_document_is_evaluated_again_by_the_rules_that_were_known_when_it_was_drafted(town: InventedTown):
    """From w3 on weeks are dear; later, and back to w2, they are said to have been dear all the time."""
    town.enrol(ANNE, BO)
    town.rules.append((town.now, CHEAP.windows[2].from_week.monday, DEAR))
    for somebody in (ANNE, BO):
        town.tell(somebody, 0, 1, 2, 3)
    town.document(2)
    town.rules.append((town.now + HOUR, CHEAP.windows[1].from_week.monday, DEAR))
    town.now += HOUR
    town.erase(ANNE)
    assert town.amounts() == [10, 2000, 3000, 4000]
    pending = town.pending()
    assert pending is not None
    assert [pending.amounts[end]["m"] for end in ENDS] == [10, 1980, 0, 1000]


def test_a_document_is_evaluated_again_by_the_programme_that_was_in_force_when_it_was_drafted(town: InventedTown):
    town.programmes[0] = (NOW, InventedProgramme(sees_until=1))
    town.enrol(ANNE, BO)
    for somebody in (ANNE, BO):
        town.tell(somebody, 0, 1, 2)
    town.document(3)
    town.now += HOUR
    town.programmes.append((town.now, InventedProgramme()))
    town.erase(ANNE)
    assert town.units() == [1, 2, 3, 3]
    assert town.pending_units() == {0: 1, 1: 2, 2: 2, 3: 2}


def test_what_is_no_payment_document_rests_on_nothing_that_is_kept(town: InventedTown):
    town.enrol(ANNE, BO)
    town.document(0, template=Template.CONTRACT_TOTAL)
    town.tell(ANNE, 0)
    town.document(0)
    town.document(1, template=Template.PREDICATE)
    town.erase(ANNE)
    assert town.pending_units() == {0: 0, 1: 0, 2: 0, 3: 0}
    assert town.units() == [1, 1, 1, 1]
    row = town.session.get(ReleaseRow, "2")
    assert row is not None
    [value] = opened_values(town.session, Shelf("c", About.FIGURES, "2")).values()
    known_at, drafted_at, figures = value
    assert known_at == drafted_at == int(row.known_at.timestamp() * 1_000_000)
    assert figures == {
        "people": 0,
        "weeks": [[ENDS[0], [["m", [["fleksjob", 1]]]]]],
        "amounts": [[ENDS[0], [["m", 10]]]],
    }


def test_an_amount_alone_is_pending_too_and_so_are_weeks_that_nothing_is_paid_for(town: InventedTown):
    town.enrol(ANNE, BO, CARL)
    town.tell(ANNE, 0)
    town.document(0)
    town.rules.append((town.now, CHEAP.windows[1].from_week.monday, DEAR))
    town.erase(ANNE)
    town.document(0)
    assert town.pending_units() == {1: 0, 2: 0, 3: 0}
    assert town.amounts() == [10, 1000, 1000, 1000]
    town.rules.append((town.now, BEGIN, replace(CHEAP, tariffs=())))
    town.document(3)
    assert town.pending() is None
    town.tell(BO, 1)
    town.erase(BO)
    town.document(0)
    assert town.pending_units() == {1: 1, 2: 1, 3: 1}
    assert town.units() == [1, 2, 2, 2]
