"""Pulls of records: person by person, as a list, and as changes; broken off, overtaken and told the same again.

The sources are functions in this file; the engine, the boundary and the store are the real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlmodel import col, select

from connectors.errors import (
    AnswerForAnother,
    ListMoved,
    SchemaChanged,
    SourceMalformed,
    SourceRefused,
    SourceUnavailable,
)
from connectors.transport import Ask, ListTransport, Page, PersonTransport, Record
from gateway.contracts import declarations
from gateway.errors.holds import PullLooksWrong
from gateway.intake import answering_holds
from gateway.intake.pulling import PullReport
from gateway.intake.pulling_records import pull_records
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.store import basis
from gateway.store.log_tables import LogEntry
from gateway.store.record_tables import PullRun
from gateway.store.tables import PullRow, Subject
from policies.basis import RecordKind
from policies.errors import PolicyDenied
from policies.terms import Role
from tests.support.municipality import SimulatedMunicipality, built, ready
from tests.support.several_sources import AGREEMENT
from tests.support.stored import stored_answers, stored_postings, stored_spells
from vocabulary.records import SubjectRef
from vocabulary.statuses import Status
from vocabulary.weeks import Week

TRANSPORT = '[transport]\nkind = "file"\npattern = "*.csv"\ndelimiter = ";"\n'
PERIODS = {"code": "k", "cpr": "p", "from_day": "f", "to_day": "t"}
POSTINGS = {"amount": "a", "cpr": "p", "income_type": "i", "month": "m", "paid_hours": "h"}
EVENTS = {"cpr": "p", "event": "e", "on": "o", "new_cpr": "n"}


def source_text(
    kind: str, columns: dict[str, str], *, name: str = "dream", answers: str = "whole", lag: int = 0
) -> str:
    lines = "\n".join(f'{word} = "{column}"' for word, column in columns.items())
    code_list = 'code_list = "dream"\n' if kind == "periods" else ""
    lag_line = f"lag_days = {lag}\n" if lag else ""
    return (
        f'schema = "source/1"\nid = "{name}"\nkind = "{kind}"\ntitle = "x"\nsupplied_for_another_purpose = false\n'
        f"{code_list}{TRANSPORT}[columns]\n{lines}\n"
        f'[coverage]\nanswers = "{answers}"\ncomplete_after_days = 30\n{lag_line}{AGREEMENT}'
    )


def declare(town: SimulatedMunicipality, folder: Path, text: str) -> None:
    file = folder / "source.toml"
    file.write_text(text, encoding="utf-8")
    declarations.declare_source(town.gateway, file)


@dataclass
class PersonByPerson:
    """Answers about one person after the other; `dies_at` is the question from which on nobody answers."""

    answer: Callable[[str], Sequence[Record]]
    dies_at: int = 0
    asked: list[str] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    parallel: int = 1

    def ask(self, cpr_digits: str, ask: Ask) -> Sequence[Record]:
        self.asked.append(cpr_digits)
        self.asks.append(ask)
        if self.dies_at and len(self.asked) >= self.dies_at:
            raise SourceUnavailable(source="test", reason="killed")
        return self.answer(cpr_digits)

    def close(self) -> None:
        pass


@dataclass
class Pages:
    """Lists pages; `breaks` after the last of them."""

    listed: Iterable[Page]
    breaks: bool = False
    asks: list[Ask] = field(default_factory=list)

    def pages(self, ask: Ask) -> Iterator[Page]:
        self.asks.append(ask)
        yield from self.listed
        if self.breaks:
            raise SourceUnavailable(source="test", reason="broke off")

    def close(self) -> None:
        pass


assert isinstance(PersonByPerson(lambda _: ()), PersonTransport)
assert isinstance(Pages(()), ListTransport)


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """30 people enrolled, nothing pulled."""
    made = ready(tmp_path / "town", pulled=False)
    made.enrol()
    return made


def numbers(town: SimulatedMunicipality) -> list[str]:
    return [line.split(";")[0] for line in town.drop.referrals.read_text().splitlines()[1:]]


def subject_of(town: SimulatedMunicipality, cpr: str) -> str:
    with town.gateway.store.read() as session:
        found = town.gateway.boundary(session).find(cpr, town.contract)
    assert isinstance(found, SubjectRef)
    return found.value


def rows(town: SimulatedMunicipality) -> list[tuple[object, ...]]:
    with town.gateway.store.read() as session:
        found = stored_spells(session)
    return sorted((r.subject_id, r.code, r.from_week, r.to_week, r.known_to is None) for r in found)


def months(town: SimulatedMunicipality) -> list[tuple[object, ...]]:
    with town.gateway.store.read() as session:
        found = stored_postings(session)
    return sorted((r.subject_id, r.month, r.paid_hours_hundredths, r.known_to is None) for r in found)


def pull(town: SimulatedMunicipality, transport: PersonByPerson | Pages, source: str = "dream") -> PullReport:
    """What a pull comes to, also where so few people in a test look wrong: then somebody has looked and accepts it."""
    try:
        return pull_records(town.gateway, town.contract, source, transport)
    except PullLooksWrong as held:
        answer = answering_holds.accept(town.gateway, held.hold)
        assert answer.report is not None
        return answer.report


def student(cpr: str) -> list[Record]:
    """In education in the spring of 2020, and nothing else. Columns: code, cpr, from_day, to_day."""
    return [("651", cpr, "2020-01-06", "2020-06-28")]


def test_each_is_asked_about_and_every_week_is_told(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    transport = PersonByPerson(student)
    report = pull(town, transport)
    assert sorted(transport.asked) == sorted(numbers(town))
    assert {(a.from_day.isoformat(), a.to_day.isoformat(), a.since) for a in transport.asks} == {
        ("2018-10-01", "2021-07-04", "")  # from the first enrolment to the end of the last window, and no further
    }
    assert report.people_changed == 30
    one = [row[1:] for row in rows(town) if row[0] == subject_of(town, numbers(town)[0])]
    spring = Week.parse("2020-W02").ordinal, Week.parse("2020-W26").ordinal
    assert one == [
        ("", Week.parse("2018-W40").ordinal, spring[0] - 1, True),
        ("", spring[1] + 1, Week.parse("2021-W26").ordinal, True),
        ("651", *spring, True),
    ]


def test_weeks_before_the_word_for_no_benefit_are_not_told(town: SimulatedMunicipality, tmp_path: Path) -> None:
    """That no period covers a week says something only where the list has a word for it in that week."""
    own = (
        '\n[codes]\nsource = "x"\n[codes.statuses]\nno_benefit = [""]\neducation = ["651"]\n'
        '[[codes.limits]]\ncodes = [""]\nfirst = 2020-07-13\nsource = "x"\n'
    )
    declare(town, tmp_path, source_text("periods", PERIODS) + own)
    pull(town, PersonByPerson(student))
    one = [row[1:] for row in rows(town) if row[0] == subject_of(town, numbers(town)[0])]
    assert one == [
        ("", Week.parse("2020-W29").ordinal, Week.parse("2021-W26").ordinal, True),
        ("651", Week.parse("2020-W02").ordinal, Week.parse("2020-W26").ordinal, True),
    ]


def test_the_same_answer_again_changes_nothing(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    pull(town, PersonByPerson(student))
    before = rows(town)
    assert pull(town, PersonByPerson(student)).people_changed == 0
    assert rows(town) == before


def test_a_run_that_was_killed_goes_on_and_nobody_is_lost_or_doubled(
    town: SimulatedMunicipality, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.intake.pulling_records._CHUNK_PEOPLE", 7)
    declare(town, tmp_path, source_text("postings", POSTINGS, name="income"))

    def paid(cpr: str) -> list[Record]:
        # two equal postings are two, where not everybody has them
        return [("100,00", cpr, "00", "2020-03", "160")] * (1 if cpr == numbers(town)[3] else 2)

    killed = PersonByPerson(paid, dies_at=17)
    with pytest.raises(SourceUnavailable):
        pull(town, killed, "income")
    assert months(town) == []
    with town.gateway.store.read() as session:
        assert len(stored_answers(session)) == 14  # two whole chunks, and nothing of the third
    second = PersonByPerson(paid)
    pull(town, second, "income")
    assert set(second.asked).isdisjoint(killed.asked[:14])
    assert len(second.asked) == 16
    assert len(months(town)) == 59
    with town.gateway.store.read() as session:
        assert len(session.exec(select(PullRow)).all()) == 1
        [run] = session.exec(select(PullRun)).all()
        assert (run.position, run.ended_at is None) == ("", False)
        assert stored_answers(session) == {}


def test_an_objection_while_the_source_is_asked_wins(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    late = numbers(town)[3]
    reference = town.drop.referrals.read_text().splitlines()[4].split(";")[2]

    def answer(cpr: str) -> list[Record]:
        if cpr == late:
            objection = NewRecord(RecordKind.OBJECTION, Channel.PHONE)
            begin(town.gateway, town.contract, Who(case_reference=reference), objection, role=Role.CASE_WORKER)
        return student(cpr)

    pull(town, PersonByPerson(answer))
    told = {row[0] for row in rows(town)}
    assert subject_of(town, late) not in told
    assert len(told) == 29
    again = PersonByPerson(student)
    pull(town, again)
    assert late not in again.asked


def test_an_answer_about_somebody_else_stores_nothing_and_names_nobody(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    other = "6303821236"
    with pytest.raises(AnswerForAnother) as refused:
        pull(town, PersonByPerson(lambda cpr: student(other)))
    assert other not in str(refused.value)
    assert rows(town) == []


REFUSALS = {
    "source_refused_to_answer": SourceRefused(source="test", reason="it knows no such number", status=404),
    "answer_cannot_be_used": SourceMalformed(source="test", reason="it is not JSON"),
    "answer_of_another_form": SchemaChanged(source="test", reason="a field is new"),
    "answer_about_another_person": AnswerForAnother(source="test", reason="about another"),
    "source_did_not_answer": SourceUnavailable(source="test", reason="it answered with status 500"),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_one_persons_trouble_is_one_persons(town: SimulatedMunicipality, tmp_path: Path, reason: str) -> None:
    """The first, one in the middle and the last who are asked about: the others are told, and these are counted."""
    declare(town, tmp_path, source_text("periods", PERIODS))
    pull(town, PersonByPerson(student))
    before = rows(town)
    people = sorted({row[0] for row in before})
    troubled = {people[0], people[14], people[-1]}

    def answer(cpr: str) -> list[Record]:
        if subject_of(town, cpr) in troubled:
            raise REFUSALS[reason]
        return [("651", cpr, "2020-01-06", "2020-07-05")]

    report = pull(town, PersonByPerson(answer))
    assert (report.uncertain, report.rejected, report.people_changed) == (3, {reason: 3}, 27)
    standing = [row for row in rows(town) if row[4] and row[0] in troubled]
    assert standing == [row for row in before if row[0] in troubled]  # what was known of them stays


@pytest.mark.parametrize("reason", REFUSALS)
def test_everybodys_trouble_is_the_sources(town: SimulatedMunicipality, tmp_path: Path, reason: str) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))

    def answer(cpr: str) -> list[Record]:
        raise REFUSALS[reason]

    with pytest.raises(type(REFUSALS[reason])):
        pull(town, PersonByPerson(answer))
    assert rows(town) == []


def test_our_credentials_are_nobodys_own_trouble(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    refused = numbers(town)[7]

    def answer(cpr: str) -> list[Record]:
        if cpr == refused:
            raise SourceRefused(source="test", reason="it does not know us", status=401)
        return student(cpr)

    with pytest.raises(SourceRefused):
        pull(town, PersonByPerson(answer))


def test_without_an_agreement_no_question_is_asked(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS).replace("2090-12-31", "2020-12-31"))
    transport = PersonByPerson(student)
    with pytest.raises(PolicyDenied):
        pull(town, transport)
    assert transport.asked == []


def test_what_cannot_be_read_leaves_that_person_as_known_before(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    pull(town, PersonByPerson(student))
    before, odd = rows(town), numbers(town)[0]

    def answer(cpr: str) -> list[Record]:
        return [("651", cpr, "sometime", "2020-06-28")] if cpr == odd else student(cpr)

    report = pull(town, PersonByPerson(answer))
    assert (report.uncertain, report.rejected) == (1, {"not_a_day": 1})
    assert rows(town) == before


def test_a_list_finds_the_cohort_and_drops_everybody_else(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    everybody = [record for cpr in [*numbers(town), "6303821236"] for record in student(cpr)]
    report = pull(town, Pages([Page(everybody[:20]), Page(everybody[10:])]))  # the pages overlap
    assert (report.rows_read, report.rows_outside_cohort, report.people_changed) == (30, 1, 30)


def test_a_list_that_breaks_off_stores_nothing(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    listed = [Page([record for cpr in numbers(town) for record in student(cpr)])]
    with pytest.raises(SourceUnavailable):
        pull(town, Pages(listed, breaks=True))
    assert rows(town) == []


def test_a_posting_on_two_pages_is_refused_since_it_may_be_one(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("postings", POSTINGS, name="income"))
    page = Page([("100,00", numbers(town)[0], "00", "2020-03", "160")])
    with pytest.raises(SourceMalformed, match="two pages have the same posting"):
        pull(town, Pages([page, page]), "income")
    assert months(town) == []


def test_postings_that_all_come_twice_are_held_and_make_nobody_work_twice(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    """A view that joins a table of two rows a person: nobody's hours of the month are certain."""
    declare(town, tmp_path, source_text("postings", POSTINGS, name="income"))
    listed = [("100,00", cpr, "00", "2020-03", "160") for cpr in numbers(town)]
    with pytest.raises(PullLooksWrong, match=r"uncertain_people: 30 of 30") as held:
        pull_records(town.gateway, town.contract, "income", Pages([Page([*listed, *listed])]))
    answering_holds.accept(town.gateway, held.value.hold)
    with town.gateway.store.read() as session:
        kinds = {row.income_type for row in stored_postings(session)}
    assert "unreadable" in kinds


def test_of_a_lost_row_nothing_is_concluded_about_anybody(town: SimulatedMunicipality, tmp_path: Path) -> None:
    """Whose number cannot be read may be anybody: a week that no row shows is then no week without a benefit."""
    declare(town, tmp_path, source_text("periods", PERIODS))
    listed = [*student(numbers(town)[0]), *student("not a number")]
    report = pull(town, Pages([Page(listed)]))
    assert report.rejected == {"cpr_not_ten_digits": 1}
    assert report.uncertain == 29
    assert {row[1] for row in rows(town)} == {"651"}


CHANGES = {**PERIODS, "record": "r", "version": "v", "deleted": "d"}
# the declaration's order of words: code, cpr, from_day, record, to_day, version, deleted


def change(cpr: str, record: str, version: str, code: str = "651", *, deleted: str = "") -> Record:
    return (code, cpr, "2020-01-06", record, "2020-06-28", version, deleted)


def codes_in(town: SimulatedMunicipality, cpr: str, week: str) -> set[str]:
    subject, ordinal = subject_of(town, cpr), Week.parse(week).ordinal
    return {str(r[1]) for r in rows(town) if r[0] == subject and r[4] and int(str(r[2])) <= ordinal <= int(str(r[3]))}


def test_a_changed_number_keeps_its_subject_and_is_found_by_both(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("life_events", EVENTS))
    old, new = numbers(town)[0], "6303821236"
    subject = subject_of(town, old)
    pull(town, PersonByPerson(lambda cpr: [(cpr, "number_changed", "2020-02-01", new)] if cpr == old else []))
    assert subject_of(town, old) == subject_of(town, new) == subject
    with town.gateway.store.read() as session:
        assert town.gateway.boundary(session).with_cpr([SubjectRef(subject)], lambda text: text) == [new]


def test_a_number_that_is_somebody_elses_is_refused_and_counted(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("life_events", EVENTS))
    anne, bo = numbers(town)[:2]
    before = subject_of(town, bo)
    report = pull(town, PersonByPerson(lambda cpr: [(cpr, "number_changed", "2020-02-01", bo)] if cpr == anne else []))
    assert report.rejected == {"changed_number_is_another_persons": 1}
    assert subject_of(town, bo) == before != subject_of(town, anne)


def test_the_dead_and_the_departed_are_asked_about_no_more(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("life_events", EVENTS))
    dead, abroad, back = numbers(town)[:3]
    lives = {
        dead: [(dead, "dead", "2020-03-02", "")],
        abroad: [(abroad, "emigrated", "2020-03-02", "")],
        back: [(back, "emigrated", "2020-03-02", ""), (back, "returned", "2020-05-04", "")],
    }
    pull(town, PersonByPerson(lambda cpr: lives.get(cpr, [])))
    assert codes_in(town, dead, "2020-W10") == codes_in(town, dead, "2021-W26") == {"dead"}
    assert codes_in(town, back, "2020-W18") == {"emigrated"}
    assert codes_in(town, back, "2020-W20") == set()
    again = PersonByPerson(lambda cpr: lives.get(cpr, []))
    pull(town, again)
    assert set(numbers(town)) - set(again.asked) == {dead}  # who is abroad may come back
    declare(town, tmp_path, source_text("postings", POSTINGS, name="income"))
    before = PersonByPerson(lambda cpr: [])
    pull(town, before, "income")
    assert set(before.asked) == set(numbers(town))  # the months before the death count as anybody's do
    after = PersonByPerson(lambda cpr: [])
    pull(town, after, "income")
    assert set(numbers(town)) - set(after.asked) == {dead, abroad}


def test_protection_begins_and_ends_with_the_register(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("life_events", EVENTS))
    anne = numbers(town)[0]

    def protected() -> bool:
        with town.gateway.store.read() as session:
            now = town.gateway.clock()
            return subject_of(town, anne) in basis.having(session, town.contract, RecordKind.PROTECTION, at=now)

    lives = [(anne, "protected", "2020-03-02", "")]
    for _ in range(2):  # told twice, begun once
        pull(town, PersonByPerson(lambda cpr: lives if cpr == anne else []))
        assert protected()
    lives.append((anne, "protection_ended", "2021-03-02", ""))
    pull(town, PersonByPerson(lambda cpr: lives if cpr == anne else []))
    assert not protected()


def test_the_log_says_who_was_asked_about_and_holds_no_number(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    pull(town, PersonByPerson(student))
    with town.gateway.store.read() as session:
        bodies = [row.body for row in session.exec(select(LogEntry).where(col(LogEntry.log) == "access"))]
        people = len(session.exec(select(Subject)).all())
    text = " ".join(map(str, bodies))
    assert all(kind in text for kind in ("records_asked", "records_stored", "records_complete"))
    assert f'"people":{people}' in text
    assert not any(number in text for number in numbers(town))


@pytest.mark.postgres
def test_both_databases_keep_the_same(tmp_path: Path, database_url: str) -> None:
    made = built(tmp_path / "town", database_url="" if database_url.startswith("sqlite") else database_url)
    made.enrol()
    declare(made, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne = numbers(made)[0]
    pull(made, Pages([Page([change(anne, "1", "1")], cursor="c1")]))
    declare(made, tmp_path, source_text("periods", PERIODS))
    pull(made, PersonByPerson(student))
    assert {row[1] for row in rows(made)} == {"", "651"}
    assert Status.EDUCATION in {Status(status) for status in _statuses(made)}
    made.gateway.store.dispose()


def _statuses(town: SimulatedMunicipality) -> set[str]:
    with town.gateway.store.read() as session:
        return {row.status for row in stored_spells(session)}


@dataclass
class Moving:
    """A list that moves while it is read, so many times."""

    still: Sequence[Page]
    times: int
    readings: int = 0

    def pages(self, ask: Ask) -> Iterator[Page]:
        self.readings += 1
        yield Page([("651", "6909991239", "2020-01-06", "2020-06-28"), ("651", "x", "2020-01-06", "2020-06-28")])
        if self.readings <= self.times:
            raise ListMoved(source="test", reason="a record comes on two pages")
        yield from self.still

    def close(self) -> None:
        pass


def test_a_list_that_moved_is_read_again_from_its_beginning_and_then_refused(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    declare(town, tmp_path, source_text("periods", PERIODS))
    anne = numbers(town)[0]
    once = Moving([Page(student(anne))], times=1)
    told = pull(town, once)
    assert once.readings == 2
    assert (told.rows_outside_cohort, told.rejected) == (1, {"cpr_not_ten_digits": 1})  # of one reading
    assert codes_in(town, anne, "2020-W10") == {"651"}
    always = Moving([], times=9)
    with pytest.raises(ListMoved):
        pull_records(town.gateway, town.contract, "dream", always)
    assert always.readings == 2
    assert codes_in(town, anne, "2020-W10") == {"651"}
