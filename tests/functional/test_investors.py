"""Several lend on one contract: all accept it, all get the same token, and each is told its part of the money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from gateway.contracts.recipients import planned_contracts
from gateway.errors.oversight import ActsOnOtherSide
from gateway.outcomes.terms import apportion
from gateway.release import asks, releasing
from gateway.settlement import billing, paying, views
from gateway.settlement.investor import InvestorSettlement
from outcome_verifier.verify import Demands, verify_bundle
from policies.errors import PolicyDenied, ProgrammeInvalid
from policies.terms import Party, Role
from tests.functional.test_settle_commands import client
from tests.functional.test_settlement import PAYMENT, window
from tests.functional.test_traps import Clock
from tests.support.command_line import run_program
from tests.support.histories import EXAMPLES
from tests.support.lenders import ALL, LENDER, LENT, PROGRAMME, TOWN
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.parties import party_key
from tests.support.payers import FUND
from tests.support.settling import accept, officer, operator
from tests.support.simulated import acting, simulated
from vocabulary.danish_days import danish_day

LENDERS = (LENDER, FUND, TOWN)
TOTAL = ("contract_total", "investor")


def lent(folder: Path) -> SimulatedMunicipality:
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *ALL),
        programme_edits=PROGRAMME,
        clock=Clock(date(2030, 1, 1)),
    )
    made.enrol()
    made.pull_all()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[SimulatedMunicipality]:
    made = lent(tmp_path)
    for label in ("2018H2", "2019H1"):
        made.release(label, *PAYMENT)
    yield made
    made.gateway.store.dispose()


def test_everybody_who_lends_accepts_and_the_bundle_names_them(town: SimulatedMunicipality, tmp_path: Path):
    bundle = town.release("2019H1", *TOTAL).bundle
    verified = verify_bundle(
        bundle, town.trust(), now=int(town.gateway.clock().timestamp()),
        demands=Demands((town.folder / "impact60.toml").read_bytes(), accepted_by=frozenset({party_key(FUND).kid})),
    )  # fmt: skip
    lenders = {one.organisation: one.is_issuer for one in verified.acceptances if one.role == "investor"}
    assert lenders == {LENDER: False, FUND: False, TOWN: True}
    file, trust = tmp_path / "x.bundle.json", tmp_path / "TRUST.json"
    file.write_bytes(bundle)
    trust.write_bytes(town.gateway.trust_file())
    ran = run_program("verify-outcome", file, "--trust", trust, "--at", "2030-01-01T12:00:00+00:00")
    assert ran.code == 0, ran.text
    assert f"{TOWN} (investor, the municipality itself)" in ran.text


def test_all_of_them_get_the_same_token_and_nobody_else_does(town: SimulatedMunicipality):
    first = town.verified(town.release("2019H1", *TOTAL).bundle)
    for organisation in LENDERS:
        party = Party(organisation, Role.INVESTOR)
        got = asks.ask(town.gateway, party, "impact60", "2019H1", "contract_total")
        assert isinstance(got, releasing.Released)
        seen = town.verified(got.bundle)
        assert (seen.shown, seen.claims["jti"]) == (first.shown, first.claims["jti"])
        assert [one.contract for one in planned_contracts(town.gateway, party)] == ["impact60"]
    with pytest.raises(PolicyDenied):
        asks.ask(town.gateway, Party("region-nordjylland", Role.INVESTOR), "impact60", "2019H1", "contract_total")


def test_each_is_told_its_part_of_what_was_lent_repaid_and_earned(town: SimulatedMunicipality):
    town.release("2019H1", *TOTAL)
    accept(town, "2018H2")
    accept(town, "2019H1")
    for payer in [one.organisation for one in _contract(town).payers]:
        bill, _ = billing.request_payment(town.gateway, "impact60", "2019H1", payer=payer, as_party=operator(town))
        paying.approve(officer(town), "impact60", bill.number)
        today = danish_day(town.gateway.clock())
        paying.register_payment(officer(town), "impact60", bill.number, paid_on=today)
    for organisation in LENDERS:
        made = views.show_investor(town.gateway, "impact60", as_party=Party(organisation, Role.INVESTOR))
        assert isinstance(made, InvestorSettlement)
        assert tuple(one.repaid_minor for one in made.investors) == apportion(made.flow.repaid_minor, LENT)
        assert made.flow.repaid_minor == window(town, "2019H1").due_minor > 0
        assert [one.organisation for one in made.investors] == list(LENDERS)


def test_over_http_each_asks_as_itself(town: SimulatedMunicipality):
    town.release("2019H1", *TOTAL)
    app = client(town, "fund-app", FUND, Role.INVESTOR)
    with TestClient(create_app(town.gateway)) as api:
        where = "/contracts/impact60/windows/2019H1/attestations/contract_total"
        assert api.get(where, headers=app.headers(api)).status_code in (200, 202)


def test_the_office_that_lends_has_other_staff(town: SimulatedMunicipality, tmp_path: Path):
    with pytest.raises(ActsOnOtherSide):
        releasing.release(acting(town.gateway, "vera"), "impact60", "2019H1", *TOTAL)
    with pytest.raises(ProgrammeInvalid, match="delivers or lends for the controller, and has another appointment"):
        simulated(
            tmp_path / "same",
            edits=ALL,
            programme_edits=(*PROGRAMME, ('staff = "vera"\nrole = "investor"', 'staff = "ole"\nrole = "investor"')),
        )
    with pytest.raises(ProgrammeInvalid, match="must name who acts for the controller's office"):
        simulated(
            tmp_path / "nobody",
            edits=ALL,
            programme_edits=(*PROGRAMME, ('role = "investor"\nuntil = 2031-12-31', 'role = "dpo"\nuntil = 2031-12-31')),
        )


def test_an_office_that_the_contract_does_not_name_lends_nothing(tmp_path: Path):
    with pytest.raises(ProgrammeInvalid, match="names its unit"):
        simulated(tmp_path / "unsaid", programme_edits=PROGRAMME)


def test_where_nobody_lends_nobody_is_released_to(tmp_path: Path):
    nobody = ('[parties.investor]\norganisation = "den-sociale-kapitalfond"\nname = "Den Sociale Kapitalfond"\n', "")
    lent_by_nobody = [nobody, ('recipients = ["operator", "investor"]', 'recipients = ["operator"]')]
    text = (EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8")
    settlement = text[text.index("# Every payment goes to the investor until") :]
    town = simulated(tmp_path, edits=(*lent_by_nobody, (settlement, "")))
    with pytest.raises(PolicyDenied):
        releasing.release(town.gateway, "impact60", "2019H1", *TOTAL)


def _contract(town: SimulatedMunicipality):
    with town.gateway.store.read() as session:
        return town.gateway.contract(session, "impact60")
