"""A shadow run: the evaluation beside the workbook that settles the contract today. Nothing of it leaves."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from sqlmodel import select

from gateway.errors.adoption import WorkbookRefused
from gateway.errors.contracts import WindowUnknown
from gateway.errors.release import SourcesIncomplete
from gateway.evaluation import shadow
from gateway.evaluation.evaluating import evaluate_week
from gateway.store.log_tables import LogEntry
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready
from vocabulary.weeks import Week

MAP = (EXAMPLES / "adoption" / "impact60.map.toml").read_bytes()
NAMES = ("old.xlsx", "map.toml")
ENDS = {"4. kvartal 2018": "2018-W52", "1. halvår 2019": "2019-W26", "2. halvår 2019": "2019-W52"}
CPR = "6101701234"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    return ready(tmp_path_factory.mktemp("shadow"))


@pytest.fixture(scope="module")
def rows(town: SimulatedMunicipality) -> list[list[object]]:
    """What a workbook says that agrees with the registers."""
    found: list[list[object]] = []
    before = 0
    for label, week in ENDS.items():
        result, _ = evaluate_week(town.gateway, town.contract, Week.parse(week))
        weeks = result.quantity("weeks_in_work_or_education")
        people = result.quantity("self_support_full_or_partial")
        found.append([label, weeks - before, people, (weeks - before) * 1500])
        before = weeks
    return found


def workbook_of(rows: list[list[object]]) -> bytes:
    book = Workbook()
    book.active.title = "Afregning"
    for row in [["Periode", "Uger", "Personer", "Beløb"], *rows, ["Borger", CPR, CPR, CPR]]:
        book.active.append(row)
    data = BytesIO()
    book.save(data)
    return data.getvalue()


def off_by(rows: list[list[object]], row: int, column: int, by: int) -> list[list[object]]:
    found = [list(one) for one in rows]
    found[row][column] += by
    return found


def events(town: SimulatedMunicipality) -> list[dict]:
    with town.gateway.store.read() as session:
        found = session.exec(select(LogEntry).where(LogEntry.log == "access").order_by(LogEntry.idx)).all()
    return [canonical.loads(row.body.encode()) for row in found]


def compare(town: SimulatedMunicipality, data: bytes, **options: object) -> shadow.ShadowReport:
    return shadow.compare(town.gateway, town.contract, data, MAP, names=NAMES, **options)


def test_a_workbook_that_agrees_is_equal_in_every_figure(town: SimulatedMunicipality, rows: list[list[object]]):
    report = compare(town, workbook_of(rows))
    assert (len(report.compared), report.differing, report.missing) == (9, 0, ())
    assert {one.window for one in report.compared} == {"2018H2", "2019H1", "2019H2"}
    event = events(town)[-1]
    assert (event["kind"], event["figures"], event["differing"]) == ("shadow_compared", 9, 0)
    assert [one["kind"] for one in events(town)[-4:-1]] == ["evaluated"] * 3  # everybody who was looked at
    with town.gateway.store.read() as session:
        assert session.exec(select(ReleaseRow)).all() == []


@pytest.mark.parametrize(("column", "by", "figure"), [(1, 2, "quantity"), (2, -1, "measure"), (3, 1, "amount")])
def test_a_difference_is_said_in_the_window_where_it_is(
    town: SimulatedMunicipality, rows: list[list[object]], column: int, by: int, figure: str
):
    report = compare(town, workbook_of(off_by(rows, 1, column, by)))
    [one] = [one for one in report.compared if one.difference]
    assert (one.window, one.figure.reads, one.difference) == (
        "2019H1",
        figure,
        -by * (100 if figure == "amount" else 1),
    )


def test_only_some_windows_are_compared_where_only_some_are_asked(town: SimulatedMunicipality, rows):
    report = compare(town, workbook_of(rows), only=["2019H1"])
    assert {one.window for one in report.compared} == {"2019H1"}
    with pytest.raises(WindowUnknown):
        compare(town, workbook_of(rows), only=["2017H1"])
    report = compare(town, workbook_of(rows[:1] + rows[2:]))
    assert report.missing == ("2019H1",)


def test_what_cannot_be_compared_is_refused(town: SimulatedMunicipality, rows: list[list[object]]):
    for wrong, reason in (
        (off_by(rows, 1, 1, 0.5), "whole number of units"),
        (off_by(rows, 1, 3, 0.001), "whole number of minor units of DKK"),
        (off_by(rows, 1, 1, 101_701_234), "too large for a quantity"),  # a column of CPR numbers
        ([["en anden periode", 1, 1, 1]], "label of a window"),
    ):
        with pytest.raises(WorkbookRefused, match=reason) as refused:
            compare(town, workbook_of(wrong))
        assert CPR not in str(refused.value)
    later = [*rows, ["2020H1", 1, 1, 1], ["2020H2", 1, 1, 1], ["2021H1", 1, 1, 1]]
    with pytest.raises(SourcesIncomplete):
        compare(town, workbook_of(later))


@pytest.mark.parametrize(
    ("noise", "figures"),
    [(1.2e-10, {3}), (-1.2e-10, {3}), (4e-9, {3}), (1e-11, {1, 2, 3}), (-7e-13, {1, 2, 3})],
)
def test_a_spreadsheets_sum_is_the_whole_number_beside_it(
    town: SimulatedMunicipality, rows: list[list[object]], noise: float, figures: set[int]
):
    """38,999.61 added up in a spreadsheet may be 38999.61000000012."""
    noisy = [[cell + noise if column in figures else cell for column, cell in enumerate(row)] for row in rows]
    report = compare(town, workbook_of(noisy))
    assert (report.differing, report.agrees) == (0, True)
    assert compare(town, workbook_of(rows)).compared[0].is_rounded is False
    assert any(one.is_rounded for one in report.compared) == any(
        f"{cell:.15g}" != f"{round(cell, 2):.15g}" for row in noisy for cell in row[1:]
    )


def test_a_sum_with_øre_is_read_to_the_øre_and_no_further(town: SimulatedMunicipality, rows: list[list[object]]):
    odd = off_by(rows, 1, 3, 38999.61000000012)
    [one] = [one for one in compare(town, workbook_of(odd)).compared if one.difference]
    assert one.difference == -3_899_961
    for wrong in (38999.615, 38999.6101, 38999.61002):
        with pytest.raises(WorkbookRefused, match="whole number of minor units of DKK"):
            compare(town, workbook_of(off_by(rows, 1, 3, wrong)))


def test_a_window_that_is_missing_at_the_end_is_named_and_the_command_ends_with_one(
    town: SimulatedMunicipality, rows: list[list[object]], tmp_path: Path
):
    assert compare(town, workbook_of(rows[:2])).missing == ("2019H2",)
    assert compare(town, workbook_of(rows[1:])).missing == ("2018H2",)
    own = [[window, *row[1:]] for window, row in zip(("2018H2", "2019H1", "2019H2"), rows, strict=True)]
    plain = MAP[: MAP.index(b"[labels]")] + MAP[MAP.index(b"[[figures]]") :]
    report = shadow.compare(town.gateway, town.contract, workbook_of(own), plain, names=NAMES)
    assert report.missing == ("2020H1", "2020H2")  # they have ended, and the map takes the contract's labels
    report = compare(town, workbook_of(rows[:2]), only=["2019H1", "2019H2"])
    assert (report.missing, report.agrees, report.differing) == (("2019H2",), False, 0)
    assert compare(town, workbook_of(rows[:2]), only=["2019H1"]).agrees  # positive control
    (tmp_path / "map.toml").write_bytes(MAP)
    (tmp_path / "old.xlsx").write_bytes(workbook_of(rows[:2]))
    given = ("shadow", town.contract, "--workbook", "old.xlsx", "--map", "map.toml", "--out", "report.csv")
    ran = run(*given, environment=town.environment, cwd=tmp_path)
    assert ran.code == 1
    assert "2019H2 is not in the workbook" in ran.out
    assert "all 6 figures are equal" not in ran.out
    table = list(csv.DictReader(StringIO((tmp_path / "report.csv").read_text("utf-8-sig")), delimiter=";"))
    assert [row["window"] for row in table if row["verdict"] == "missing"] == ["2019H2"]


@pytest.mark.parametrize("label", ["1. HALVÅR 2019", "1. Halvår  2019", "1.\u00a0halvår 2019", "1. halva\u030ar 2019"])
def test_a_label_in_another_spelling_is_named_and_not_read(
    town: SimulatedMunicipality, rows: list[list[object]], tmp_path: Path, label: str
):
    odd = [rows[0], [label, *rows[1][1:]], rows[2]]
    report = compare(town, workbook_of(odd))
    assert (report.misspelt, report.missing, report.agrees) == (((3, "2019H1"),), ("2019H1",), False)
    (tmp_path / "map.toml").write_bytes(MAP)
    (tmp_path / "old.xlsx").write_bytes(workbook_of(odd))
    ran = run(
        "shadow", town.contract, "--workbook", "old.xlsx", "--map", "map.toml",
        environment=town.environment, cwd=tmp_path,
    )  # fmt: skip
    assert (ran.code, "row 3 has the label of 2019H1 in another spelling" in ran.out) == (1, True), ran.text
    with pytest.raises(WorkbookRefused, match="row 2 has that of 2019H1 in another spelling"):
        compare(town, workbook_of([odd[1]]))


def test_the_command_prints_a_table_and_ends_with_one_where_a_figure_differs(
    town: SimulatedMunicipality, rows: list[list[object]], tmp_path: Path
):
    (tmp_path / "map.toml").write_bytes(MAP)
    (tmp_path / "old.xlsx").write_bytes(workbook_of(off_by(rows, 1, 1, 2)))
    given = ("shadow", town.contract, "--workbook", "old.xlsx", "--map", "map.toml")
    ran = run(*given, "--out", "report.csv", environment=town.environment, cwd=tmp_path)
    assert (ran.code, ran.err) == (1, "")
    assert "1 of 9 figures differ" in ran.out
    table = list(csv.DictReader(StringIO((tmp_path / "report.csv").read_text("utf-8-sig")), delimiter=";"))
    assert [row["window"] for row in table if row["verdict"] == "differs"] == ["2019H1"]
    ran = run(*given, "--out", "report.xlsx", environment=town.environment, cwd=tmp_path)
    sheet = load_workbook(tmp_path / "report.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}  # no formula
    assert CPR not in ran.text + (tmp_path / "report.csv").read_text("utf-8-sig")
    (tmp_path / "old.xlsx").write_bytes(workbook_of(rows))
    ran = run(*given, environment=town.environment, cwd=tmp_path)
    assert (ran.code, "all 9 figures are equal" in ran.out) == (0, True), ran.text
