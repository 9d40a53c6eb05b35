"""A source of changes: each record stays as it was until a higher version comes, and nothing is lost on the way.

What is re-enacted: a cursor that has passed a record nobody could read, or that came while a person could not be asked
about; records that change hands; a declaration that names its columns otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import literal_column
from sqlmodel import select

from connectors.errors import SourceMalformed, SourceUnavailable
from connectors.transport import Page
from gateway.rights.people import Channel, NewRecord, Who, begin, end
from gateway.store.record_tables import PullRun
from gateway.store.sealed import SealedRow
from policies.basis import RecordKind
from policies.terms import Role
from tests.attacks.canaries import files, leaks
from tests.functional.test_record_pulls import (
    CHANGES,
    PERIODS,
    Pages,
    change,
    codes_in,
    declare,
    numbers,
    pull,
    rows,
    source_text,
    subject_of,
    town,
)
from tests.support.audit_town import erased
from tests.support.municipality import SimulatedMunicipality, built
from tests.support.stored import stored_records

__all__ = ["town"]
STRANGER = "6303821236"
RECORD, VERSION, CODE, CURSOR = "6403821237", "6503821238", "6603821239", "6703821230"  # of nobody


def test_changes_go_on_from_the_cursor_and_the_higher_version_counts(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes", lag=2))
    anne, bo = numbers(town)[:2]
    first = Pages([Page([change(anne, "1", "2"), change(bo, "2", "1")], cursor="2021-03-10T00:00:00+00:00")])
    pull(town, first)
    assert codes_in(town, anne, "2020-W10") == {"651"}
    assert codes_in(town, anne, "2020-W40") == {""}
    late = [change(anne, "1", "1", "730"), change(bo, "2", "2", "730"), change(bo, "2", "1")]  # out of order
    second = Pages([Page(late, cursor="2021-04-10T00:00:00+00:00")])
    pull(town, second)
    assert second.asks[0].since == "2021-03-08T00:00:00+00:00"  # two days of lag
    assert codes_in(town, anne, "2020-W10") == {"651"}
    assert codes_in(town, bo, "2020-W10") == {"730"}
    third = Pages([Page([change(bo, "2", "3", deleted="true")]), Page([change(bo, "2", "2", "730")])])
    pull(town, third)
    assert codes_in(town, bo, "2020-W10") == {""}


def test_changes_that_break_off_keep_page_and_cursor_together(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne, bo = numbers(town)[:2]
    with pytest.raises(SourceUnavailable):
        pull(town, Pages([Page([change(anne, "1", "1")], cursor="c1")], breaks=True))
    with town.gateway.store.read() as session:
        assert len(stored_records(session)) == 1
    assert rows(town) == []  # nothing is concluded from half of them
    rest = Pages([Page([change(bo, "2", "1")], cursor="c2")])
    pull(town, rest)
    assert rest.asks[0].since == "c1"
    assert codes_in(town, anne, "2020-W10") == codes_in(town, bo, "2020-W10") == {"651"}


@pytest.mark.postgres
@pytest.mark.long
def test_a_run_that_broke_off_left_no_order_of_pages_on_postgresql(empty_postgres_url: str, tmp_path: Path) -> None:
    """What was written last would lie last, and whoever has the source's answer would lay it beside the rows."""
    town = built(tmp_path / "town", database_url=empty_postgres_url)
    town.enrol()
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    pages = [Page([change(one, str(place), "1")], cursor=f"c{place}") for place, one in enumerate(numbers(town))]
    with pytest.raises(SourceUnavailable):
        pull(town, Pages(pages, breaks=True))
    with town.gateway.store.read() as session:
        lying = select(SealedRow.subject_id).where(SealedRow.source_id == "dream").order_by(literal_column("ctid"))
        people = session.exec(lying).all()
    assert len(people) >= 30
    assert people == sorted(people)
    town.gateway.store.dispose()


def reference(town: SimulatedMunicipality, position: int) -> Who:
    return Who(case_reference=town.drop.referrals.read_text().splitlines()[1 + position].split(";")[2])


def test_of_a_record_that_is_nobodys_nothing_is_concluded_until_it_is_corrected(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    """The cursor has passed it: a pull that forgot it would take it for a week without a benefit."""
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne, bo = numbers(town)[:2]
    pull(town, Pages([Page([change(anne, "1", "1"), change("not a number", "2", "1", "730")], cursor="c1")]))
    assert codes_in(town, bo, "2020-W10") == set()
    second = pull(town, Pages([Page([], cursor="c2")]))  # nothing new, and still nobody knows whose it is
    assert second.uncertain == 29
    assert codes_in(town, bo, "2020-W10") == set()
    pull(town, Pages([Page([change(bo, "2", "2", "730")], cursor="c3")]))
    assert codes_in(town, bo, "2020-W10") == {"730"}
    assert codes_in(town, bo, "2020-W40") == {""}


def test_a_record_that_was_somebody_elses_is_taken_back(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne, bo = numbers(town)[:2]
    pull(town, Pages([Page([change(anne, "1", "1"), change(anne, "2", "1", "730")], cursor="c1")]))
    assert codes_in(town, anne, "2020-W10") == {"651", "730"}
    pull(town, Pages([Page([change(STRANGER, "1", "2"), change(bo, "2", "2", "730")], cursor="c2")]))
    assert codes_in(town, anne, "2020-W10") == {""}
    assert codes_in(town, bo, "2020-W10") == {"730"}
    with town.gateway.store.read() as session:
        assert stored_records(session).count([]) == 1


def test_of_strangers_no_record_is_kept(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    pull(town, Pages([Page([change(STRANGER, "9", "1")], cursor="c1")]))
    with town.gateway.store.read() as session:
        assert stored_records(session) == []


def test_whoever_may_be_asked_about_again_is_told_of_from_the_beginning(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne = numbers(town)[0]
    pull(town, Pages([Page([], cursor="c1")]))
    restricted = NewRecord(RecordKind.RESTRICTION, Channel.LETTER)
    made = begin(town.gateway, town.contract, reference(town, 0), restricted, role=Role.CASE_WORKER)
    pull(town, Pages([Page([change(anne, "1", "1")], cursor="c2")]))
    assert codes_in(town, anne, "2020-W10") == {""}  # frozen as it was known
    end(town.gateway, town.contract, made.record, channel=Channel.LETTER, role=Role.CASE_WORKER)
    again = Pages([Page([change(anne, "1", "1")], cursor="c2")])
    pull(town, again)
    assert again.asks[0].since == ""
    assert codes_in(town, anne, "2020-W10") == {"651"}
    after = Pages([Page([], cursor="c3")])
    pull(town, after)
    assert after.asks[0].since == "c2"


def test_so_is_whoever_was_left_out_in_the_midst_of_a_pull(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne = numbers(town)[0]
    made: list[str] = []

    def pages() -> Iterator[Page]:
        yield Page([], cursor="c1")
        restricted = NewRecord(RecordKind.RESTRICTION, Channel.LETTER)
        made.append(begin(town.gateway, town.contract, reference(town, 0), restricted, role=Role.CASE_WORKER).record)
        yield Page([change(anne, "1", "1")], cursor="c2")

    pull(town, Pages(pages()))
    end(town.gateway, town.contract, made[0], channel=Channel.LETTER, role=Role.CASE_WORKER)
    again = Pages([Page([change(anne, "1", "1")], cursor="c2")])
    pull(town, again)
    assert again.asks[0].since == ""
    assert codes_in(town, anne, "2020-W10") == {"651"}


def test_another_declaration_begins_anew_and_what_the_first_told_is_not_read_by_its_columns(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    anne = numbers(town)[0]
    for columns in (CHANGES, {**PERIODS, "record": "r", "version": "v"}, CHANGES):
        declare(town, tmp_path, source_text("periods", columns, answers="changes"))
        last = () if "deleted" not in columns else ("",)
        record = ("651", anne, "2020-01-06", "1", "2020-06-28", "1", *last)
        transport = Pages([Page([record], cursor="c1")])
        pull(town, transport)
        assert transport.asks[0].since == ""
        assert codes_in(town, anne, "2020-W10") == {"651"}


@pytest.mark.parametrize("version", ["", "later", "-1", "2020-13-01"])
def test_a_record_without_a_version_stops_the_pull_before_its_page(
    town: SimulatedMunicipality, tmp_path: Path, version: str
) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne = numbers(town)[0]
    with pytest.raises(SourceMalformed, match="no number or no version"):
        pull(town, Pages([Page([], cursor="c1"), Page([change(anne, "1", version)], cursor="c2")]))
    with town.gateway.store.read() as session:
        assert [run.cursor for run in session.exec(select(PullRun))] == ["c1"]


def test_an_erasure_takes_records_and_the_place_in_the_run(town: SimulatedMunicipality, tmp_path: Path) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne = numbers(town)[0]
    subject = subject_of(town, anne)
    pull(town, Pages([Page([change(anne, "1", "1")], cursor="c1")]))
    erased(town, subject)
    with town.gateway.store.read() as session:
        [run] = session.exec(select(PullRun)).all()
        assert len(run.people) == 29
        assert subject not in run.people
        assert stored_records(session) == []


def with_instants(text: str) -> str:
    return text.replace("complete_after_days = 30\n", 'complete_after_days = 30\nversion = "instant"\n')


def test_an_instant_orders_changes_only_with_its_offset(town: SimulatedMunicipality, tmp_path: Path) -> None:
    """In the night in which clocks are set back the newer change shows the earlier time."""
    declare(town, tmp_path, with_instants(source_text("periods", CHANGES, answers="changes")))
    anne = numbers(town)[0]
    older = change(anne, "7", "2020-10-25T02:50:00+02:00", "651")
    newer = change(anne, "7", "2020-10-25T02:10:00+01:00", "730")
    pull(town, Pages([Page([newer, older], cursor="c1")]))
    assert codes_in(town, anne, "2020-W10") == {"730"}
    for mixed in ("2020-10-25T02:50:00", "5", "2020-10-25"):
        with pytest.raises(SourceMalformed, match="an instant with its offset here"):
            pull(town, Pages([Page([change(anne, "7", mixed, "651")], cursor="c2")]))
    assert codes_in(town, anne, "2020-W10") == {"730"}


@pytest.mark.parametrize("other", ["content", "owner", "deleted", "nobody", "stranger"])
def test_a_version_that_is_known_and_says_something_else_stops_the_pull(
    town: SimulatedMunicipality, tmp_path: Path, other: str
) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne, bo = numbers(town)[:2]
    pull(town, Pages([Page([change(anne, "7", "3")], cursor="c1")]))
    pull(town, Pages([Page([change(anne, "7", "3")], cursor="c1")]))  # told again, as it was
    again = {
        "content": change(anne, "7", "3", "730"),
        "owner": change(bo, "7", "3"),
        "deleted": change(anne, "7", "3", deleted="ja"),
        "nobody": change("not a number", "7", "3"),
        "stranger": change(STRANGER, "7", "3"),
    }[other]
    with pytest.raises(SourceMalformed, match="came again with another content, or for another person"):
        pull(town, Pages([Page([again], cursor="c2")]))
    assert codes_in(town, anne, "2020-W10") == {"651"}
    with town.gateway.store.read() as session:
        assert {run.cursor for run in session.exec(select(PullRun))} == {"c1"}


@pytest.mark.parametrize("is_on_one_page", [True, False])
def test_two_records_under_one_number_stop_the_pull(
    town: SimulatedMunicipality, tmp_path: Path, is_on_one_page: bool
) -> None:
    """A view that is a UNION of two tables: the higher version of one would end what the other says of Anne."""
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne, bo = numbers(town)[:2]
    for other in (change(bo, "7", "5"), change(STRANGER, "7", "5"), change(anne, "7", "1", "730")):
        told = [change(anne, "7", "1"), other]
        pages = [Page(told, cursor="c1")] if is_on_one_page else [Page([one]) for one in told]
        with pytest.raises(SourceMalformed, match="two records"):
            pull(town, Pages(pages))
    assert codes_in(town, bo, "2020-W10") == set()


@pytest.mark.parametrize(("word", "codes"), [("SAND", {""}), ("J", {""}), ("-1", {""}), ("FALSK", {"730"})])
def test_deleted_is_a_word_of_a_closed_list(
    town: SimulatedMunicipality, tmp_path: Path, word: str, codes: set[str]
) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne = numbers(town)[0]
    told = [change(anne, "7", "1", deleted="FALSK"), change(anne, "7", "2", "730", deleted=word)]
    pull(town, Pages([Page(told, cursor="c1")]))
    assert codes_in(town, anne, "2020-W10") == codes
    with pytest.raises(SourceMalformed, match="neither yes nor no"):
        pull(town, Pages([Page([change(anne, "7", "3", deleted="måske")], cursor="c2")]))


def test_a_number_as_record_version_cell_or_cursor_is_kept_nowhere(town: SimulatedMunicipality, tmp_path: Path) -> None:
    """And the source goes on: what it tells again changes nothing."""
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    anne, bo = numbers(town)[:2]
    told = [change(anne, RECORD, VERSION), change(bo, "2", "1", CODE)]
    pull(town, Pages([Page([change(anne, "1", "1")], cursor="c1"), Page(told, cursor=CURSOR)]))
    assert codes_in(town, anne, "2020-W10") == {"651"}
    kept = files(town.folder / "gateway")
    assert leaks(kept, (RECORD, VERSION, CODE, CURSOR)) == []
    assert leaks({name: data for name, data in kept.items() if "sqlite" in name}, ["651"])  # positive control
    again = Pages([Page([change(anne, "1", "1"), *told[:1]], cursor="c3")])
    pull(town, again)
    assert again.asks[0].since == "c1"
    assert codes_in(town, anne, "2020-W10") == {"651"}
    taken_back = change(anne, RECORD, str(int(VERSION) + 1), deleted="true")
    later = Pages([Page([taken_back, change(anne, "1", "2", "730")])])
    pull(town, later)
    assert later.asks[0].since == "c3"
    assert codes_in(town, anne, "2020-W10") == {"730"}


def test_a_cursor_that_is_an_instant_is_kept_whatever_its_digits_look_like(
    town: SimulatedMunicipality, tmp_path: Path
) -> None:
    declare(town, tmp_path, source_text("periods", CHANGES, answers="changes"))
    pull(town, Pages([Page([change(numbers(town)[0], "1", "1")], cursor="2021-03-10T12:01:01+01:00")]))
    again = Pages([Page([])])
    pull(town, again)
    assert again.asks[0].since == "2021-03-10T12:01:01+01:00"
