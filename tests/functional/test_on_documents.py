"""How much rests on documents: from a payment document to the statement, and what nobody learns of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from gateway.documents import exports
from gateway.documents.statement_page import page
from gateway.errors.settlement import SettlementMismatch
from gateway.evaluation import evaluating as evaluation
from gateway.events.rights import ErasureRepeated
from gateway.outcomes.reconciling import DocumentsBand
from gateway.release import correction
from gateway.rights import erasure
from gateway.settlement import views
from gateway.settlement.statement import digest
from gateway.settlement.statement_view import SettlementStatement
from gateway.store.rights_tables import ErasureRow
from gateway.store.tables import ReleaseRow
from gateway.wording.views import as_json
from outcome_verifier import canonical
from policies.disclosure import Band
from tests.functional.test_evidence import BUSINESS, confirmed, pull, subject_of
from tests.functional.test_record_pulls import PersonByPerson
from tests.functional.test_traps import Clock
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.settling import INVESTOR, officer, operator
from tests.support.several_sources import DOCUMENTS_FIRST, several, several_anew
from tests.support.stored import stored_documents
from vocabulary.weeks import Week

PAYMENT = ("payment_document", "operator")
WINDOWS = ("2018H2", "2019H1", "2019H2")
LAST = WINDOWS[-1]  # registers alone show 202 weeks of eight people by its end
DOCUMENT = replace(BUSINESS, from_week=Week.parse("2019-W10"), to_week=Week.parse("2019-W19"))  # ten weeks
# people of whom no register shows a week that counts by then
PEOPLE = [f"SAG-{number:04}" for number in (2, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 20)]
WEEKS = "weeks_in_work_or_education"
NOT_SHOWN = DocumentsBand(Band.WITHHELD, 5, WEEKS)
TENTH = DocumentsBand(Band.FROM_10_TO_25, 5, WEEKS)  # 50 of 252 weeks
THIRD = DocumentsBand(Band.FROM_25_TO_50, 5, WEEKS)  # 50 of 153 weeks


def told(town: SimulatedMunicipality, documents: int) -> SimulatedMunicipality:
    """Every register has told, and so many people have a document, when the three windows are released."""
    for source in ("civil", "school"):
        pull(town, source, PersonByPerson(lambda cpr: []))
    for someone in PEOPLE[:documents]:
        confirmed(town, someone, DOCUMENT)
    for label in WINDOWS:
        town.release(label, *PAYMENT)
    return town


def with_documents(folder: Path, documents: int) -> SimulatedMunicipality:
    return told(several(folder, clock=Clock(date(2030, 1, 1)), edits=DOCUMENTS_FIRST), documents)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    made = with_documents(tmp_path / "town", 5)
    yield made
    made.gateway.store.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    if request.param == "sqlite":
        made = with_documents(tmp_path / "town", 5)
    else:
        url = request.getfixturevalue("empty_postgres_url")
        clock = Clock(date(2030, 1, 1))
        made = told(several_anew(tmp_path / "town", database_url=url, clock=clock, edits=DOCUMENTS_FIRST), 5)
    yield made
    made.gateway.store.dispose()


def statement(town: SimulatedMunicipality) -> SettlementStatement:
    return views.show_statement(town.gateway, town.contract, as_party=operator(town))


def shown(town: SimulatedMunicipality) -> dict[str, DocumentsBand | None]:
    return {one.window: one.on_documents for one in statement(town).windows if one.document}


def drafts(town: SimulatedMunicipality) -> list[dict[str, Any]]:
    with town.gateway.store.read() as session:
        return [canonical.loads(row.draft) for row in session.exec(select(ReleaseRow))]


def erase(town: SimulatedMunicipality, reference: str) -> None:
    """By the way of a restored backup, which erases without deciding again."""
    mark = erasure.digest_of(subject_of(town, reference))
    with town.gateway.write() as uow:
        uow.session.add(ErasureRow(subject_sha256=mark, contract_id=town.contract, certificate="", at=uow.now))
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256=mark))
    assert erasure.repeat(town.gateway) == 1


@pytest.mark.long
def test_the_operator_that_wrote_the_documents_cannot_tell_none_from_one_or_from_four(tmp_path: Path):
    """The attack: it knows its own documents and reads the statement for whether there are others."""
    towns = [with_documents(tmp_path / str(number), number) for number in (0, 1, 4)]
    assert [shown(town) for town in towns] == [dict.fromkeys(WINDOWS, NOT_SHOWN)] * 3
    assert len({json.dumps([one["on_documents"] for one in drafts(town)]) for town in towns}) == 1
    said = [page(statement(town)) for town in towns]
    assert [text.count("vises ikke") for text in said] == [3] * 3  # positive control of the words
    # a document that counts changes what is owed, which the operator is told anyway
    assert len({statement(town).cumulative.due_minor for town in towns}) == 3


def test_the_statement_shows_a_range_and_never_a_number(on_both: SimulatedMunicipality):
    town = on_both
    # by the end of 2018H2 nobody has a document: too few stand on one side
    assert shown(town) == {"2018H2": NOT_SHOWN, "2019H1": THIRD, LAST: TENTH}
    for made in (statement(town), views.show_statement(officer(town), town.contract)):
        assert made.windows[2].on_documents == TENTH
        assert made.windows[3].on_documents is None  # not released
    made = statement(town)
    changed_window = replace(made.windows[2], on_documents=replace(TENTH, band=Band.UNDER_10))
    changed = replace(made, windows=(*made.windows[:2], changed_window, *made.windows[3:]))
    assert digest(changed) != digest(made)
    text = page(made)
    assert (text.count("25–50 %"), text.count("10–25 %"), text.count("vises ikke")) == (1, 1, 1)
    rows = exports.csv_bytes(exports.HEAD, exports.rows(made)).decode("utf-8-sig")
    bands = {row["window"]: row["on_documents"] for row in csv.DictReader(StringIO(rows), delimiter=";")}
    assert bands[LAST] == "from_10_to_25"


def test_a_later_registration_or_an_erasure_changes_nothing_that_was_said(on_both: SimulatedMunicipality):
    town = on_both
    before = statement(town).windows
    for someone in PEOPLE[5:]:
        confirmed(town, someone, DOCUMENT)
    assert statement(town).windows == before
    for someone in PEOPLE[:2]:
        erase(town, someone)
    assert statement(town).windows == before
    with town.gateway.store.read() as session:
        assert len(stored_documents(session)) == len(PEOPLE) - 2  # positive control


@pytest.mark.long
def test_a_correction_says_it_of_what_is_known_then(town: SimulatedMunicipality):
    town.gateway.clock.move(1)
    for someone in PEOPLE[5:]:
        confirmed(town, someone, DOCUMENT)
    correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    assert shown(town)[LAST] == replace(TENTH, band=Band.FROM_25_TO_50)  # 130 of 332 weeks
    with town.gateway.store.read() as session:
        rows = session.exec(select(ReleaseRow).where(ReleaseRow.window == LAST).order_by(ReleaseRow.revision)).all()
        kept = [canonical.loads(row.draft)["on_documents"]["band"] for row in rows]
    assert kept == ["from_10_to_25", "from_25_to_50"]


def test_who_was_erased_before_the_release_stands_on_neither_side(tmp_path: Path):
    town = several(tmp_path / "town", clock=Clock(date(2030, 1, 1)), edits=DOCUMENTS_FIRST)
    for someone in PEOPLE[:5]:
        confirmed(town, someone, DOCUMENT)
    erase(town, PEOPLE[0])
    assert shown(told(town, 0)) == dict.fromkeys(WINDOWS, NOT_SHOWN)


def test_no_investor_and_no_attestation_holds_it(town: SimulatedMunicipality):
    view = json.dumps(as_json(views.show_investor(town.gateway, town.contract, as_party=INVESTOR)))
    assert ("on_documents" in view, "from_10_to_25" in view) == (False, False)
    released = town.verified(town.release(LAST, *PAYMENT).bundle)
    signed = json.dumps([released.claims, released.shown], default=str)
    assert ("on_documents" in signed, "from_10_to_25" in signed) == (False, False)
    assert [one["on_documents"] for one in drafts(town)][-1] == asdict(TENTH)  # positive control


def test_a_band_that_is_edited_in_the_database_settles_nothing(town: SimulatedMunicipality):
    with town.gateway.write() as uow:
        [row] = uow.session.exec(select(ReleaseRow).where(ReleaseRow.window == LAST)).all()
        row.draft = row.draft.replace(b"from_10_to_25", b"under_10")
        uow.session.add(row)
        uow.record(ErasureRepeated(contract=town.contract, subject_sha256="0" * 64))
    with pytest.raises(SettlementMismatch, match="release_intended"):
        statement(town)


def test_of_a_contract_that_takes_no_documents_nothing_is_computed_or_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def never(*_args: object, **_named: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(evaluation, "rests_on_documents", never)
    town = ready(tmp_path)
    for label in WINDOWS:
        town.release(label, *PAYMENT)
    assert shown(town) == dict.fromkeys(WINDOWS)
    assert [one for one in drafts(town) if "on_documents" in one] == []
    assert "okumenter i kommunens sagssystem" not in page(statement(town))


@pytest.mark.long
def test_of_a_contract_that_takes_some_everybody_is_looked_at_twice_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """How long a release takes does not tell whether there is a document."""
    looks: list[int] = []
    counted = evaluation.rests_on_documents

    def counting(contract: Any, cohort: Any, others: Any, week: Any) -> Any:
        looks.append(len(others))
        return counted(contract, cohort, others, week)

    monkeypatch.setattr(evaluation, "rests_on_documents", counting)
    for number in (0, 5):
        with_documents(tmp_path / str(number), number)
    assert looks == [30] * 6
