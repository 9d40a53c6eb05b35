"""One organisation in two roles: it works, counts as one recipient, and is refused where it would be on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.api.app import create_app
from gateway.errors.contracts import OrganisationUnknown
from gateway.outcomes.calendar import calendar_of
from gateway.settlement import billing, paying
from policies.calendar import views as calendar_views
from policies.errors import ProgrammeInvalid
from policies.programme_file import load_programme
from policies.terms import Party, Role
from tests.functional.test_payers import pay
from tests.functional.test_settle_commands import client
from tests.functional.test_settlement import PAYMENT, statement, window
from tests.support import payers as three
from tests.support.histories import EXAMPLES, example_contract
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.settling import accept, officer, settle
from tests.support.simulated import Edit, simulated
from vocabulary.errors import DeclarationInvalid

FOKUS, FUND, SPECIALISTERNE = "fokus-folkeoplysning", "den-sociale-kapitalfond", "specialisterne"


def becomes(old: str, new: str) -> Edit:
    return (f'organisation = "{old}"', f'organisation = "{new}"')


def town_of(folder: Path, *edits: Edit, programme: tuple[Edit, ...] = ()) -> SimulatedMunicipality:
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *edits),
        programme_edits=programme,
    )
    made.enrol()
    made.pull_all()
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    for label in ("2018H2", "2019H1"):
        town.release(label, *PAYMENT)
    return town


def test_an_operator_that_lends_as_well_has_two_hats_and_is_told_which_one_to_wear(tmp_path: Path):
    town = town_of(tmp_path, becomes(FUND, FOKUS), programme=(becomes(FUND, FOKUS),))
    town.release("2019H1", "contract_total", "investor")
    contract = example_contract("impact60", edit=becomes(FUND, FOKUS))
    assert [view.roles for view in calendar_views(calendar_of(contract), {})] == [("investor", "operator")]
    settle(town, "2019H1")
    provider, lender = (client(town, f"fokus-{role}", FOKUS, role) for role in (Role.OPERATOR, Role.INVESTOR))
    with TestClient(create_app(town.gateway)) as api:
        own, lent = (api.get("/contracts/impact60/settlement", headers=one.headers(api)) for one in (provider, lender))
        assert own.json()["schema"] == "settlement-statement/1"
        assert lent.json()["schema"] == "investor-settlement/1"
        due = window(town, "2019H1").due_minor
        assert lent.json()["flow"]["repaid_minor"] == due
        body = {"jwt_sha256": statement(town).windows[0].document.jwt_sha256}
        where = "/contracts/impact60/windows/2018H2/acknowledgement"
        refused = api.post(where, json=body, headers=lender.headers(api))
        assert refused.status_code == 403
        assert "only where it is the creditor" in refused.json()["reason"], "it says which hat"
        assert api.post(where, json=body, headers=provider.headers(api)).status_code == 200


def test_a_client_is_registered_in_a_role_that_its_organisation_has(tmp_path: Path):
    town = town_of(tmp_path)
    with pytest.raises(OrganisationUnknown, match=f"names '{FUND}' as operator") as refused:
        client(town, "fund-app", FUND, Role.OPERATOR)
    assert f"investor/{FUND}" in str(refused.value)
    client(town, "fund-app", FUND, Role.INVESTOR)


def test_an_operator_that_bears_a_share_is_billed_it_and_the_municipality_alone_approves(tmp_path: Path):
    edits = tuple((old, new.replace(three.FUND, FOKUS)) for old, new in three.SHARED)
    town = town_of(tmp_path, *edits)
    accept(town, "2019H1")
    party = Party(FOKUS, Role.OPERATOR)
    asked = [
        billing.request_payment(town.gateway, "impact60", "2019H1", payer=payer, as_party=party)[0]
        for payer in ("aalborg-kommune", three.REGION, FOKUS)
    ]
    assert sum(bill.total_minor for bill in asked) == window(town, "2019H1").due_minor
    own = asked[-1]
    assert (own.payer, own.requested_by) == (FOKUS, f"operator/{FOKUS}")
    made = paying.approve(officer(town), "impact60", own.number)
    assert next(one for one in made.checks if one.name == "second_person").holds
    for bill in asked[:-1]:
        pay(town, bill)
    assert window(town, "2019H1").state == "invoiced", "its own share counts as paid when that is registered too"


def test_a_small_cohorts_investor_may_not_learn_amounts_in_another_role(tmp_path: Path):
    """Neither as the operator nor as a payer; also where nothing at all is planned for it as an investor."""
    shared = [
        ('municipality_code = "151"\n', 'municipality_code = "151"\nshare_parts = 2\n'),
        (
            "[parties.operator]\n",
            f'[[payers]]\norganisation = "{FUND}"\nname = "Fonden"\nshare_parts = 1\n\n[parties.operator]\n',
        ),
        (
            "[settlement.seller]\n",
            f"""[[settlement.payers]]
organisation = "{FUND}"
cvr = "99990058"
gln = "5799999002007"
zip = "1000"
city = "K"
order_number = "1"
person_reference = "x"
account = "1.2"

[settlement.seller]
""",
        ),
    ]
    pairs = {f"e{number}": pair for number, pair in enumerate(shared)}
    nothing = ('template = "predicate"\nrecipients = ["investor"]', 'template = "predicate"\nrecipients = ["operator"]')
    once = ('template = "payment_document"\nrecipients = ["operator"]\nwindows = "all"',
            'template = "payment_document"\nrecipients = ["operator"]\nwindows = ["2020H2"]')  # fmt: skip
    for edits in (pairs, {"tie": becomes(FUND, SPECIALISTERNE)}):
        for more in ({}, {"nothing": nothing}):
            with pytest.raises(DeclarationInvalid, match="calendar-tied"):
                example_contract("ballerup", **edits, **more)
        assert example_contract("ballerup", **edits, once=once).cohort.size == 10
    # positive control: a payer that does not lend learns no more than what it owes
    other = {name: (old, new.replace(FUND, "region")) for name, (old, new) in pairs.items()}
    assert len(example_contract("ballerup", **other).payers) == 2


PROGRAMME = (EXAMPLES / "programmes/impact60.toml").read_text("utf-8")
BOTH_SIDES = [
    ("settlement_officer", FOKUS, "belongs to the controller"),
    ("case_worker", FOKUS, "belongs to the controller"),
    ("system_owner", FUND, "belongs to the controller"),
    ("dpo", FUND, "may not measure or watch"),
    ("settlement_officer", three.REGION, "belongs to the controller"),  # another payer's people approve nothing here
]  # fmt: skip


@pytest.mark.parametrize(("role", "organisation", "reason"), BOTH_SIDES)
def test_whoever_earns_or_pays_beside_the_municipality_holds_none_of_its_offices(role, organisation, reason):
    old = f'organisation = "aalborg-kommune"\nrole = "{role}"\n'
    assert old in PROGRAMME
    text = PROGRAMME.replace(old, old.replace("aalborg-kommune", organisation))
    with pytest.raises(ProgrammeInvalid, match=reason) as refused:
        load_programme(text.encode(), file="impact60.toml")
    assert refused.value.key.startswith("parties.")
    assert text.splitlines()[refused.value.line - 1] == f'role = "{role}"'


def test_the_municipality_neither_earns_nor_lends_in_its_own_programme():
    for role, reason in (("operator", "may not measure or watch"), ("investor", "must name who acts")):
        text = PROGRAMME.replace(
            "[[grants]]\n", f'[[parties]]\norganisation = "aalborg-kommune"\nrole = "{role}"\n\n[[grants]]\n', 1
        )
        with pytest.raises(ProgrammeInvalid, match=reason):
            load_programme(text.encode(), file="impact60.toml")
