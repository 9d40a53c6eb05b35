"""A published course comes out of the written files, whatever the seed, and one person's rows count for one."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from gateway.simulate.registers import replacement_cpr
from tests.support.simulated import Municipality, simulated

PUBLISHED = {"2020-W10": 43, "2020-W18": 14, "2020-W53": 55}
COURSES = {
    # other counts and weeks at the three points
    "rising": (("43", "5"), ("14", "30"), ("55", "90")),
    "nobody": (("43", "0"), ("14", "0"), ("55", "0")),
    "everybody, then none": (("43", "120"), ("14", "120"), ("55", "1")),
}


def road(folder: Path, **options) -> Municipality:
    """Enrol and pull; what wrote the files is gone before anything reads them."""
    town = simulated(folder, **options)
    gc.collect()
    town.enrol()
    town.pull_all()
    return town


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 2018))])
def test_the_published_course_comes_out_of_the_files(tmp_path: Path, seed: int):
    town = road(tmp_path, seed=seed)
    assert {week: town.people(week) for week in PUBLISHED} == PUBLISHED


@pytest.mark.long
@pytest.mark.parametrize("name", COURSES)
def test_other_courses_come_out_too(tmp_path: Path, name: str):
    edits = tuple((f"people = {old}\n", f"people = {new}\n") for old, new in COURSES[name])
    town = road(tmp_path, seed=7, course_edits=edits)
    assert list(map(town.people, PUBLISHED)) == [int(new) for _, new in COURSES[name]]


def test_ballerup_follows_its_course_with_a_relapse(tmp_path: Path):
    town = road(tmp_path, name="ballerup")
    assert [town.people(week) for week in ("2019-W26", "2019-W52", "2020-W26", "2020-W53")] == [1, 3, 2, 5]


def test_changing_one_persons_rows_changes_the_count_by_exactly_one(tmp_path: Path):
    """The person goes from fleksjob, which counts by its code alone, to sickness benefit for all weeks."""
    before = road(tmp_path / "before")
    after = simulated(tmp_path / "after")
    status = after.drop.status
    lines = status.read_text().splitlines()
    people = {replacement_cpr(number) for number in range(120)}
    at = lines[0].split(",").index("y_2010")
    chosen = next(n for n, line in enumerate(lines) if line[:10] in people and line.split(",")[at] == "771")
    cpr, *codes = lines[chosen].split(",")
    lines[chosen] = ",".join([cpr, *("890" for _ in codes)])
    status.write_text("\n".join(lines) + "\n")
    after.enrol()
    after.pull_all()
    assert before.people("2020-W10") - after.people("2020-W10") == 1


def test_the_pipeline_needs_nothing_but_the_files(tmp_path: Path):
    """The course file and the simulation are not needed once the files are written."""
    town = simulated(tmp_path)
    import sys

    for module in [name for name in sys.modules if name.startswith("gateway.simulate")]:
        del sys.modules[module]
    town.enrol()
    town.pull_all()
    assert not [name for name in sys.modules if name.startswith("gateway.simulate")]
    assert town.people("2020-W10") == 43


def test_the_same_seed_writes_the_same_bytes_and_only_replacement_numbers(tmp_path: Path):
    first, second = (simulated(tmp_path / part).drop for part in ("a", "b"))
    for one, other in zip(
        (first.referrals, first.status, first.income), (second.referrals, second.status, second.income), strict=True
    ):
        assert one.read_bytes() == other.read_bytes()
        numbers = [line[:10] for line in one.read_text().splitlines()[1:]]
        assert all(int(number[:2]) > 60 for number in numbers)
    third = simulated(tmp_path / "c", seed=2).drop
    assert third.status.read_bytes() != first.status.read_bytes()
