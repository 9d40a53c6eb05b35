"""A bond without a threshold of people, from its registers to what the investor verifies: the amount and the count."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gateway.evaluation.evaluating import evaluate_week
from gateway.release import correction
from gateway.release.releasing import release
from outcome_verifier.cli import figures
from outcome_verifier.trust import TrustFile
from outcome_verifier.verify import VerifiedOutcome, verify_bundle
from tests.functional.test_settlement import PAYMENT, pull_less_income
from tests.functional.test_traps import Clock
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_COURSE, SimulatedMunicipality
from tests.support.simulated import simulated
from vocabulary.weeks import Week

PRICE, MEASURE = 5_000_000, "self_support_full_or_partial"
ONCE = (
    ("size = 120", "size = 30"),
    ("enrolment_to = 2018-12-30", "enrolment_to = 2018-11-25"),
    ('kind = "people"\n', 'kind = "retention"\nperiod = "week"\nneeded = 1\n'),
    ("sustained_weeks = 1\nthreshold_people = 60 # the investor earns only from 60 people\n", ""),
    ('of = "weeks_in_work_or_education"\n', f'of = "{MEASURE}"\n'),
    ("price_minor = 150000   # 1,500.00 kr. a week\n", f"price_minor = {PRICE}\n"),
    (f'breakdown = "{MEASURE}" # the one table that is shown by class,\n', ""),
    ('breakdown_windows = ["2020H2"]             # and once: two tables of one cohort could be subtracted\n', ""),
    ('reasons_windows = ["2020H2"]               # why people are not counted, as numbers, for the operator\n', ""),
)


def verified(town: SimulatedMunicipality, bundle: bytes) -> VerifiedOutcome:
    return verify_bundle(bundle, TrustFile.load(town.gateway.trust_file()), now=int(town.gateway.clock().timestamp()))


def test_an_investor_verifies_how_many_were_reached_and_a_correction_says_by_how_many(tmp_path: Path):
    made = simulated(
        tmp_path,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=ONCE,
        clock=Clock(date(2030, 1, 1)),
    )
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    town.enrol()
    town.pull_all()
    owed = 0
    for label, week in (("2018H2", "2018-W52"), ("2019H1", "2019-W26")):
        owed += verified(town, release(town.gateway, town.contract, label, *PAYMENT).bundle).shown["payable"][
            "amount_minor"
        ]
        bundle = release(town.gateway, town.contract, label, "contract_total", "investor").bundle
        outcome = verified(town, bundle)
        counted = evaluate_week(town.gateway, town.contract, Week.parse(week))[0].quantity(MEASURE)
        assert outcome.shown["outcomes_reached"] == counted
        assert counted * PRICE == owed
        assert not {"outcomes_achieved", "threshold", "points_reached"} & set(outcome.shown)
        said = "".join(figures(outcome.claims, outcome.shown))
        assert f"{counted} at the end of the window, from the enrolment on" in said
    before = outcome.shown["outcomes_reached"]
    assert before > 0
    pull_less_income(town, tuple(f"{year}-{month:02}" for year in (2018, 2019) for month in range(1, 13)))
    corrected = correction.correct(town.gateway, town.contract, "2019H1", reason="source_corrected")
    [total] = [one for one in corrected if one.template == "contract_total" and one.recipient == "investor"]
    new = verified(town, total.bundle)
    assert new.shown["outcomes_reached"] < before
    assert new.shown["difference"]["outcomes_reached"] == new.shown["outcomes_reached"] - before
