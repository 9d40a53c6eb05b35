"""Files that come again, come late, or are asked for anew: nothing counts twice and nothing is forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.base import Pulled
from connectors.errors import FileAhead, FileNotNeeded
from connectors.pull import check_has_come, pull_file
from connectors.source_file import LocalFile
from gateway.contracts.declarations import source
from gateway.errors.contracts import AmendmentRefused
from gateway.errors.enrolment import FileOlder, FileOverlaps
from gateway.errors.holds import PullLooksWrong
from gateway.errors.release import WindowOutOfOrder
from gateway.evaluation.evaluating import evaluate_week
from gateway.installation.gateway import Gateway
from gateway.intake import answering_holds, pulling
from gateway.outcomes.calendar import needed_weeks
from gateway.release.releasing import release
from gateway.store import histories
from policies.errors import PolicyDenied
from tests.functional.test_traps import Clock, last_event, shown, small
from tests.support.municipality import ready
from tests.support.simulated import Municipality, amend, simulated
from tests.support.stored import stored_spells
from vocabulary.weeks import Week


def weeks(town: Municipality, week: str) -> int:
    evaluation, _ = evaluate_week(town.gateway, "impact60", Week.parse(week))
    return evaluation.quantity("weeks_in_work_or_education")


def pulled(town: Municipality, file: Path) -> pulling.PullReport:
    return pulling.pull(town.gateway, "impact60", "income", file)


def again(town: Municipality, *, keep=lambda line: True, name: str = "") -> Path:
    """The income file once more, with some of its lines and perhaps another name."""
    lines = town.drop.income.read_text().splitlines()
    folder = town.folder / "again"
    folder.mkdir(exist_ok=True)
    file = folder / (name or town.drop.income.name)
    file.write_text("\n".join([lines[0], *filter(keep, lines[1:])]) + "\n")
    return file


def test_an_income_file_that_comes_again_replaces_the_first(tmp_path: Path):
    """The same months, one line more: a source that mends its file must not double everybody's hours."""
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    counted = weeks(town, "2020-W53")
    same = again(town)
    same.write_text(same.read_text() + same.read_text().splitlines()[-1] + "\n")
    assert pulled(town, same).is_new
    assert weeks(town, "2020-W53") == counted
    with town.gateway.store.read() as session:
        cohort = histories.load_histories(
            session, "impact60", status_sources=["dream"], income_source="income", known_at=town.gateway.clock()
        )
    assert max(hours for person in cohort for hours in person.hours.values()) < 250_00, "hours of one month, once"


def test_a_file_without_anybodys_work_takes_the_work_back(tmp_path: Path):
    """The positive control of the test above: what the later file says is what counts."""
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    counted = weeks(town, "2020-W53")
    assert pulled(town, again(town, keep=lambda line: line.split(";")[2] != "00")).is_new
    assert weeks(town, "2020-W53") < counted


def test_a_reversal_that_cannot_be_read_counts_nothing_of_its_month_until_a_mended_file_comes(tmp_path: Path):
    """Everybody's, where nobody can tell whose it is: that looks wrong, and is believed once somebody accepts it."""
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    counted = weeks(town, "2020-W53")
    whose = next(line.split(";")[0] for line in town.drop.income.read_text().splitlines()[1:] if ";00;" in line)
    months = {line.split(";")[1] for line in town.drop.income.read_text().splitlines()[1:]}
    left = []
    for cpr in (whose, "610180123"):
        broken = again(town)
        broken.write_text(
            broken.read_text() + "".join(f"{cpr};{one};00;160,00-;;-21000,00\n" for one in sorted(months))
        )
        if cpr != whose:
            with pytest.raises(PullLooksWrong, match="uncertain_people: 30 of 30") as held:
                pulled(town, broken)
            answering_holds.accept(town.gateway, held.value.hold)
        report = pulled(town, broken)
        assert report.uncertain == (1 if cpr == whose else 30)
        left.append(weeks(town, "2020-W53"))
    assert left[1] < left[0] < counted
    mended = again(town)
    mended.write_text(mended.read_text() + f"{whose};2018-10;01;0;;0\n")  # another file than the first
    assert pulled(town, mended).is_new
    assert weeks(town, "2020-W53") == counted


def test_a_file_of_a_part_of_the_months_is_refused(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    counted = weeks(town, "2020-W53")
    part = again(town, keep=lambda line: line.split(";")[1] == "2020-05", name="indkomst-2020-05.csv")
    with pytest.raises(FileOverlaps, match="must cover all its months"):
        pulled(town, part)
    assert last_event(town)["error"] == "file-overlaps"
    assert weeks(town, "2020-W53") == counted


def test_a_file_that_was_made_before_another_of_its_months_undoes_nothing(tmp_path: Path):
    """The day in its name says when it was made; it comes late, and the newer file stands."""
    town = small(tmp_path)
    town.enrol()
    pulling.pull(town.gateway, "impact60", "dream", town.drop.status)
    months = town.drop.income.stem
    pulled(town, again(town, name=f"{months}_udtrukket-2021-06-11.csv"))
    counted = weeks(town, "2020-W53")
    late = again(town, keep=lambda line: line.split(";")[1] != "2020-12", name=f"{months}_udtrukket-2021-06-10.csv")
    with pytest.raises(FileOlder, match="was made before"):
        pulled(town, late)
    assert last_event(town)["error"] == "file-older"
    assert weeks(town, "2020-W53") == counted
    newer = again(town, keep=lambda line: line.split(";")[1] != "2020-12", name=f"{months}_udtrukket-2021-06-12.csv")
    assert pulled(town, newer).is_new


def test_a_wider_file_replaces_the_months_before_it(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    pulling.pull(town.gateway, "impact60", "dream", town.drop.status)
    for month in ("2018-10", "2018-11"):
        pulled(town, again(town, keep=lambda line, m=month: line.split(";")[1] == m, name=f"indkomst-{month}.csv"))
    some = weeks(town, "2018-W47")
    pulled(town, town.drop.income)
    assert weeks(town, "2018-W47") == some
    assert weeks(town, "2020-W53") > some


@pytest.mark.long
def test_an_extension_asks_for_more_of_a_file_that_was_read_before(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    assert not any(report.is_new for report in town.pull_all())
    amend(
        town,
        ("version = 1", "version = 2"),
        ("effective_from = 2018-10-01", "effective_from = 2020-06-01"),
        ("[freeze]", '[[windows]]\nlabel = "2021H2"\nfrom_week = "2021-W27"\nto_week = "2021-W52"\n\n[freeze]'),
    )
    assert all(report.is_new for report in town.pull_all())
    assert not any(report.is_new for report in town.pull_all())


def test_an_older_monthly_file_that_comes_late_undoes_no_correction(tmp_path: Path):
    town = simulated(tmp_path, "ballerup", extract_people=50)
    town.enrol()
    files = sorted(town.drop.status.iterdir())
    with pytest.raises(FileNotNeeded):
        pulling.pull(town.gateway, "ballerup", "ydelsesrefusion", files[0])
    assert last_event(town)["kind"] == "pull_not_needed"
    months = [file for file in files if "2019-0" in file.name]
    header, *rows = months[1].read_text().splitlines()
    week = rows[0].split(";")[header.split(";").index("Uge")]
    person = (town.drop.referrals.read_text().splitlines()[1]).split(";")[0]
    row = rows[0].split(";")
    row[header.split(";").index("CPR nummer")] = person
    row[header.split(";").index("Ydelse")] = "Sygedagpenge"
    months[2].write_text(months[2].read_text() + ";".join(row) + "\n")  # corrects a week of the month before
    pulling.pull(town.gateway, "ballerup", "ydelsesrefusion", months[2])
    pulling.pull(town.gateway, "ballerup", "ydelsesrefusion", months[1])  # older, and without the correction
    with town.gateway.store.read() as session:
        cohort = histories.load_histories(
            session,
            "ballerup",
            status_sources=["ydelsesrefusion"],
            income_source="income",
            known_at=town.gateway.clock(),
        )
    found = Week.from_iso(int(week[:4]), int(week[-2:])).ordinal
    shown_then = [sorted(history.statuses[found]) for history in cohort]
    assert ["sickness"] in shown_then
    assert sum(statuses == ["sickness"] for statuses in shown_then) == 1


@pytest.mark.long
def test_a_contract_may_plan_payment_documents_for_some_windows_only(tmp_path: Path):
    """What the others are worth stands in the next one that is planned."""
    plan = 'template = "payment_document"\nrecipients = ["operator"]\nwindows = '
    all_of_them, some = small(tmp_path / "a"), small(tmp_path / "b", edits=((f'{plan}"all"', f'{plan}["2019H1"]'),))
    amounts = []
    for town, windows in ((all_of_them, ("2018H2", "2019H1")), (some, ("2019H1",))):
        town.enrol()
        town.pull_all()
        bundles = [release(town.gateway, "impact60", w, "payment_document", "operator").bundle for w in windows]
        amounts.append(sum(shown(town, bundle)["payable"]["amount_minor"] for bundle in bundles))
    assert amounts[0] == amounts[1] > 0
    with pytest.raises(PolicyDenied):
        release(some.gateway, "impact60", "2018H2", "payment_document", "operator")


def test_a_total_may_be_asked_for_late_and_a_payment_document_not_out_of_order(tmp_path: Path):
    town = small(tmp_path)
    town.enrol()
    town.pull_all()
    for window in ("2018H2", "2019H1"):
        release(town.gateway, "impact60", window, "payment_document", "operator")
    late = shown(town, release(town.gateway, "impact60", "2018H2", "contract_total", "investor").bundle)
    paid = shown(town, release(town.gateway, "impact60", "2018H2", "payment_document", "operator").bundle)
    assert late["payable"] == paid["payable"]
    with pytest.raises(WindowOutOfOrder, match="has to be released first"):
        release(town.gateway, "impact60", "2020H1", "payment_document", "operator")


@pytest.mark.long
def test_a_version_that_reprices_the_past_is_not_put_into_force(tmp_path: Path):
    clock = Clock(date(2021, 12, 1))
    town = small(tmp_path, clock=clock)
    town.enrol()
    town.pull_all()
    release(town.gateway, "impact60", "2018H2", "payment_document", "operator")
    later = (("version = 1", "version = 2"), ("effective_from = 2018-10-01", "effective_from = 2021-12-01"))
    with pytest.raises(AmendmentRefused, match="effective_from must be the first day of a window"):
        amend(town, *later, ("price_minor = 150000 ", "price_minor = 160000 "))
    amend(town, *later)
    shutil.rmtree(tmp_path / "amended")
    assert release(town.gateway, "impact60", "2019H1", "payment_document", "operator").is_new


def test_an_older_monthly_file_does_not_fill_what_a_newer_one_left_open(tmp_path: Path):
    """The newer one has a row whose week cannot be read: whose benefit weeks are lost is unobserved, and stays so."""
    town = ready(tmp_path / "town", "ballerup", pulled=False)
    town.enrol()
    older = sorted(town.drop.status.glob("*.csv"))[6]
    day = older.stem[-10:]
    header, *lines = older.read_text("utf-8").splitlines()
    people = {line.split(";")[0] for line in town.drop.referrals.read_text().splitlines()[1:]}
    place = next(n for n, line in enumerate(lines) if line.split(";")[0] in people)
    cells = lines[place].split(";")
    lines[place] = ";".join([cells[0], "uge 9", *cells[2:]])
    newer = older.with_name(older.name.replace(day, f"{day[:8]}28"))
    newer.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    assert newer.name > older.name
    first = pulling.pull(town.gateway, town.contract, "ydelsesrefusion", newer)
    assert (first.uncertain, first.rejected) == (1, {"not_a_week": 1})
    shown = open_weeks(town)
    late = pulling.pull(town.gateway, town.contract, "ydelsesrefusion", older)
    assert (late.uncertain, late.people_changed) == (0, 0)
    assert open_weeks(town) == shown


def open_weeks(town: Municipality) -> set[tuple[str, str, int]]:
    """Whose status is known in which week."""
    with town.gateway.store.read() as session:
        rows = [row for row in stored_spells(session) if row.known_to is None]
    return {(row.subject_id, row.code, week) for row in rows for week in range(row.from_week, row.to_week + 1)}


def column_ahead(town: Municipality, folder: Path) -> tuple[str, Path]:
    """Columns of a year that somebody made in advance, and nobody has filled."""
    file = folder / "dream-2030.csv"
    header, *rows = town.drop.status.read_text().splitlines()
    file.write_text("".join(f"{line}\n" for line in (f"{header},y_3010", *(f"{row}," for row in rows))))
    return "dream", file


def month_ahead(town: Municipality, folder: Path) -> tuple[str, Path]:
    file = folder / "indkomst-2018-08_2030-03.csv"
    shutil.copy(town.drop.income, file)
    return "income", file


def made_ahead(town: Municipality, folder: Path) -> tuple[str, Path]:
    """No right file of these months would ever be newer than this name."""
    file = folder / "indkomst-2018-08_2021-02_2091-03-01.csv"
    shutil.copy(town.drop.income, file)
    return "income", file


@pytest.mark.parametrize("file_ahead", [column_ahead, month_ahead, made_ahead])
def test_a_file_that_tells_of_days_ahead_is_refused(
    tmp_path: Path, file_ahead: Callable[[Municipality, Path], tuple[str, Path]]
):
    town = ready(tmp_path / "town", pulled=False, clock=Clock(date(2030, 2, 28)))
    town.enrol()
    source, file = file_ahead(town, tmp_path)
    with pytest.raises(FileAhead, match="has not come: ask for it without what is ahead"):
        pulling.pull(town.gateway, town.contract, source, file)
    assert last_event(town)["error"] == "file-ahead"
    assert open_weeks(town) == set()


def test_a_monthly_file_that_was_made_tomorrow_is_refused(tmp_path: Path):
    town = ready(tmp_path / "town", "ballerup", pulled=False)
    town.enrol()
    file = sorted(town.drop.status.glob("*.csv"))[6]
    day = date.fromisoformat(file.stem[-10:])
    pulled = pulled_of(town.gateway, town.contract, file)
    with pytest.raises(FileAhead):
        check_has_come(pulled, today=day - timedelta(days=1))
    check_has_come(pulled, today=day)


def pulled_of(gateway: Gateway, contract_id: str, file: Path) -> Pulled:
    with gateway.store.read() as session:
        contract, declaration = gateway.contract(session, contract_id), source(session, "ydelsesrefusion")
        return pull_file(
            LocalFile(file), declaration, gateway.boundary(session).matcher(contract_id), weeks=needed_weeks(contract)
        )
