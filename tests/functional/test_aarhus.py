"""A third form of contract goes the whole way: points at fixed months, priced by state, a year's cap carried on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from gateway.oversight import log_reading as oversight
from gateway.release import publication
from gateway.settlement import views
from gateway.settlement.invoice_check import check
from policies.terms import Party, Role
from tests.functional.test_traps import Clock
from tests.support.municipality import EXTRACT_PEOPLE, SimulatedMunicipality
from tests.support.settling import accept, settle
from tests.support.simulated import simulated

YEARS = ("2019", "2020", "2021", "2022", "2023")
A_YEAR = 30_000_000  # the most that is paid for one window; what it cuts is owed in later ones


def test_points_are_counted_released_settled_and_verified(tmp_path: Path):
    made = simulated(tmp_path, "aarhus", extract_people=EXTRACT_PEOPLE, clock=Clock(date(2024, 6, 1)))
    made.enrol()
    made.pull_all()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    publication.publish(town.gateway)
    paid, points = [], []
    for year in YEARS:
        lines = town.verified(town.release(year, "payment_document", "operator").bundle).shown["lines"]
        paid.append(sum(line["amount_minor"] for line in lines))
        points.append(sum(line["quantity"] for line in lines))
    assert (paid[0], points[0]) == (0, 0), "nobody is twelve months in"
    assert points[1] * 3_000_000 > A_YEAR, "positive control: the cap of a year cuts"
    assert max(paid) == paid[1] == A_YEAR
    assert sum(paid) <= 120_000_000, "and the cap of the contract holds"
    accept(town, "2019")
    bills = [settle(town, year) for year in YEARS[1:3]]
    assert [bill.total_minor for bill in bills] == paid[1:3]
    assert all(check(bill.xml).findings == () for bill in bills)
    sums = views.show_statement(town.gateway, "aarhus", as_party=Party("operator", Role.OPERATOR)).cumulative
    assert (sums.paid_minor, sums.due_minor) == (sum(paid[:3]), sum(paid))
    oversight.verify_logs(town.gateway)
