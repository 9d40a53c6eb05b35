"""Six forms that Danish municipalities sign, each from the referral list to verified bundles and paid bills.

Each is changed on the way, in another thing than the others: `examples/contracts/later`. What is expected is worked out
by hand beside each story, in kroner.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.contracts.procurement import ChangeGround
from gateway.oversight import log_reading
from gateway.simulate.course import Activity
from tests.support.command_line import run_program
from tests.support.forms import Change, Pay, Seal, Some, Story, Walked, walk
from tests.support.histories import EXAMPLES

JOB, BENEFIT, NOTHING, EDUCATION = Activity.JOB, Activity.BENEFIT, Activity.NO_RECORD, Activity.EDUCATION

SINCE = date(2018, 10, 8)
IMPACT60 = Story(
    "impact60",
    "notice-2018-1",
    "2018-09",
    (Some(60, SINCE, (("2019-01", JOB),)), Some(60, SINCE)),
    (
        Seal(date(2018, 12, 31), "2018"),
        Pay(date(2019, 9, 15), ("2018H2", "2019H1")),
        Change(date(2019, 9, 15), ChangeGround.CLAUSE),
        Pay(date(2020, 9, 15), ("2019H2", "2020H1")),
    ),
)
# 60 people x 26 weeks = 1,560 weeks: at 1,500 kr. until the end of 2019, and at 2,000 kr. from then on
IMPACT60_OWED = {"2018H2": 0, "2019H1": 2_340_000, "2019H2": 2_340_000, "2020H1": 3_120_000}

BALLERUP = Story(
    "ballerup",
    "notice-2018-1",
    "2018-09",
    (
        Some(3, SINCE, (("2018-12", JOB),)),
        Some(1, SINCE, (("2018-12", JOB), ("2019-09", BENEFIT))),
        Some(2, SINCE, (("2020-09", JOB),)),
        Some(4, SINCE),
    ),
    (
        Seal(date(2018, 12, 31), "2018"),
        Pay(date(2020, 4, 15), ("2019H1", "2019H2")),
        Change(date(2020, 4, 15), ChangeGround.CLAUSE),
        Pay(date(2021, 9, 15), ("2020H1", "2020H2", "2021H1")),
    ),
)
# 250,000 kr. for each who is in a steady job: four, then one falls back; two more in the window that was added
BALLERUP_OWED = {"2019H1": 1_000_000, "2019H2": -250_000, "2020H1": 0, "2020H2": 0, "2021H1": 500_000}
SET_OFF = {"2019H2": 0, "2021H1": 250_000}  # what is taken back is set off against the next invoice

FIRST, SECOND = date(2022, 1, 3), date(2023, 1, 2)
HOUSING_FIRST = Story(
    "housing-first",
    "notice-2021-1",
    "2021-09",
    (
        Some(15, FIRST, (("2022-03", NOTHING),), "2022"),
        Some(5, FIRST, (("2022-03", NOTHING), ("2023-03", BENEFIT)), "2022"),
        Some(20, FIRST, (), "2022"),
        Some(6, SECOND, (("2023-06", NOTHING),), "2023"),
        Some(4, SECOND, (), "2023"),
    ),
    (
        Seal(date(2022, 1, 5), "2022"),
        Pay(date(2022, 10, 10), ("6 måneder",)),
        Change(date(2022, 10, 10), ChangeGround.CLAUSE),
        Seal(date(2023, 1, 4), "2023"),
        Pay(date(2024, 4, 10), ("12 måneder", "18 måneder", "24 måneder")),
    ),
)
# after 12 months 20 of the first batch, after 18 and 24 months 15; after 12 months 6 of the second, in the last window
HOUSING_FIRST_OWED = {
    "6 måneder": (0, 0),
    "12 måneder": (20 * 12_300, 20 * 7_200),
    "18 måneder": (15 * 18_900, 15 * 10_125),
    "24 måneder": (15 * 26_700 + 6 * 12_300, 15 * 13_500 + 6 * 7_200),
}

READ = date(2022, 5, 2)


def reads(*better: int) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    """A child that reads better after so many months than at the start."""
    return (("reading_test", ((0, 40), *((months, 55) for months in better))),)


LAER_FOR_LIVET = Story(
    "laer-for-livet",
    "notice-2022-1",
    "2022-02",
    (
        Some(5, READ, scores=reads(12, 24, 36, 48)),
        Some(10, READ, scores=reads(12, 24)),
        Some(12, READ, scores=reads(12)),
        Some(53, READ),
    ),
    (
        Seal(date(2022, 5, 3), "2022"),
        Pay(date(2023, 8, 15), ("12 måneder",)),
        Change(date(2023, 8, 15), ChangeGround.NOT_PUBLIC),
        Pay(date(2025, 8, 15), ("24 måneder", "36 måneder")),
        Pay(date(2026, 8, 15), ("48 måneder",)),
    ),
)
# 50,000 kr. a point: 27 points, then 15. Version 2 pays its own from 50 points on: 47 are too few, with 52 it pays ten
LAER_FOR_LIVET_OWED = {"12 måneder": 1_350_000, "24 måneder": 750_000, "36 måneder": 0, "48 måneder": 500_000}

BEGINS = date(2023, 10, 2)


def masters(*better: int) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    return (("self_mastery", ((0, 20), *((months, 24) for months in better))),)


def is_content(*since: int) -> tuple[tuple[str, tuple[tuple[int, int], ...]], ...]:
    return (("life_satisfaction", ((0, 5), *((months, 6) for months in since))),)


VIBORG = Story(
    "viborg",
    "notice-2023-1",
    "2023-06",
    (
        Some(8, BEGINS, (("2024-03", NOTHING),), scores=masters(12, 24, 36)),
        Some(2, BEGINS, (("2024-03", NOTHING),), scores=masters(12, 24)),
        Some(5, BEGINS, scores=masters(12, 24)),
        Some(5, BEGINS, scores=masters(12)),
        Some(6, BEGINS, scores=is_content(12, 36)),
        Some(3, BEGINS, (("2025-01", NOTHING), ("2026-01", BENEFIT)), scores=is_content(12)),
        Some(31, BEGINS),
    ),
    (
        Seal(date(2023, 10, 3), "2023"),
        Pay(date(2025, 1, 15), ("12 måneder",)),
        Change(date(2025, 1, 15), ChangeGround.NOT_PUBLIC),
        Pay(date(2026, 1, 15), ("24 måneder",)),
        Pay(date(2027, 1, 15), ("36 måneder",)),
    ),
)
# selvmestring 20, 15 and 8 points of 21,000 kr.: 35 points pass the cap of 630,000 kr., and the second year has 10 of
# them; the cap is raised, and the last 8 are paid. Livstilfredshed 9, 0 and 6 points of 15,000 kr.; off benefits 10, 13
# and 10 points of 60,000 kr. The municipality owes two of three parts.
VIBORG_OWED = {
    "12 måneder": (2 * 385_000, 385_000),  # 420,000 + 135,000 + 600,000
    "24 måneder": (2 * 330_000, 330_000),  # 210,000 + 780,000
    "36 måneder": (2 * 286_000, 286_000),  # 168,000 + 90,000 + 600,000
}

RANDERS = Story(
    "randers-ydelsesrefusion",
    "notice-2021-1",
    "2021-01",
    (
        Some(8, date(2021, 1, 4), (("2021-04", NOTHING),)),
        Some(4, date(2021, 1, 4), (("2021-04", NOTHING), ("2022-07", BENEFIT))),
        Some(18, date(2021, 1, 4)),
    ),
    (
        Seal(date(2021, 4, 1), "all"),
        Pay(date(2022, 3, 15), ("2021H1", "2021H2")),
        Change(date(2022, 3, 15), ChangeGround.SMALL),
        Pay(date(2023, 9, 15), ("2022H1", "2022H2", "2023H1")),
    ),
)
# a week is 1,000 kr. in 2021, 1,022 kr. in 2022 and 1,060 kr. in 2023, which version 2 adds
RANDERS_OWED = {
    "2021H1": 12 * 14 * 1_000,  # from W13 on, the first week of April
    "2021H2": 12 * 26 * 1_000,
    "2022H1": 12 * 26 * 1_022,
    "2022H2": 8 * 26 * 1_022,
    "2023H1": 8 * 26 * 1_060,
}
LONG = [
    (RANDERS, RANDERS_OWED),
    (IMPACT60, IMPACT60_OWED),
    (BALLERUP, BALLERUP_OWED),
    (LAER_FOR_LIVET, LAER_FOR_LIVET_OWED),
    (VIBORG, VIBORG_OWED),
]
FORMS = [
    pytest.param(HOUSING_FIRST, HOUSING_FIRST_OWED, id="housing-first"),
    *(pytest.param(*one, id=one[0].contract, marks=pytest.mark.long) for one in LONG),
]


@pytest.mark.parametrize(("story", "owed"), FORMS)
def test_from_the_referral_list_to_verified_bundles_with_a_change_on_the_way(
    story: Story, owed: dict[str, int | tuple[int, int]], tmp_path: Path
):
    done = walk(story, tmp_path)
    kroner = {window: parts if isinstance(parts, tuple) else (parts,) for window, parts in owed.items()}
    due = kroner | ({window: (left,) for window, left in SET_OFF.items()} if story is BALLERUP else {})
    billed = {window: tuple(minor // 100 for minor in by_payer.values()) for window, by_payer in done.billed.items()}
    assert billed == {window: parts if any(parts) else () for window, parts in due.items()}
    verified = {window: done.town.verified(bundle) for window, bundle in done.bundles.items()}
    for window, parts in kroner.items():
        assert verified[window].shown["payable"]["amount_minor"] == 100 * sum(parts), window
        assert verified[window].shown["participants"] == done.evaluated[window]
    first, *_, last = verified.values()
    assert (first.claims["contract"]["version"], last.claims["contract"]["version"]) == (1, 2)
    log_reading.verify_logs(done.town.gateway)
    said = read_by_verify_outcome(done, list(owed)[-1])
    assert f"{sum(kroner[list(owed)[-1]]):,}.00 DKK for this window" in said


def read_by_verify_outcome(done: Walked, window: str) -> str:
    """What the small verifier says of a bundle to a party that holds the text of version 2."""
    bundle, trust = done.town.folder / "x.bundle.json", done.town.folder / "TRUST.json"
    bundle.write_bytes(done.bundles[window])
    trust.write_bytes(done.town.gateway.trust_file())
    terms = EXAMPLES / "contracts" / "later" / f"{done.town.contract}-2.toml"
    at = done.town.gateway.clock().isoformat()
    ran = run_program("verify-outcome", bundle, "--trust", trust, "--contract", terms, "--at", at)
    assert ran.code == 0, ran.text
    return ran.out
