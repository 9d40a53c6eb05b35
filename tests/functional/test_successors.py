"""A party in the place of another: a fund that is sold, an operator that goes bankrupt."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.documents.contract_page import Language, page
from gateway.errors.acceptances import AcceptanceMissing, AcceptanceRefused
from gateway.errors.contracts import AmendmentRefused
from gateway.release import correction
from gateway.release.asks import ask
from gateway.release.issuing import Released
from gateway.settlement import acknowledging, billing, views
from policies.errors import PolicyDenied, ProgrammeInvalid
from policies.terms import Party, Role
from tests.functional.test_amendments import SECOND, built
from tests.functional.test_batches import paid, read
from tests.functional.test_blocks import TOTAL, WINDOWS
from tests.functional.test_correction import mend
from tests.functional.test_ends import logged, on
from tests.support import parties
from tests.support.municipality import SimulatedMunicipality
from tests.support.settling import officer
from tests.support.simulated import Edit, amend
from vocabulary.releases import Template

OLD_FUND, NEW_FUND = "den-sociale-kapitalfond", "ny-fond"
OLD_OPERATOR, NEW_OPERATOR = "fokus-folkeoplysning", "fokus-konkursbo"
BANKRUPT = 'succession_reason = "bankruptcy"'
IN_2019H2 = ("effective_from = 2018-10-01", "effective_from = 2019-10-01")
FUND: tuple[Edit, ...] = (
    (
        f'organisation = "{OLD_FUND}"\nname = "Den Sociale Kapitalfond"',
        f'organisation = "{NEW_FUND}"\nname = "Ny Fond"\nsucceeds = "{OLD_FUND}"\nsuccession_reason = "sale"',
    ),
)
OPERATOR: tuple[Edit, ...] = (
    (
        f'organisation = "{OLD_OPERATOR}"\nname = "FOKUS Folkeoplysning"',
        f'organisation = "{NEW_OPERATOR}"\nname = "FOKUS under konkurs"\nsucceeds = "{OLD_OPERATOR}"\n{BANKRUPT}',
    ),
    ('cvr = "99990015"', 'cvr = "99990023"'),
)


def programme_of(old: str, new: str) -> tuple[Edit, ...]:
    return ((f'organisation = "{old}"', f'organisation = "{new}"'),)


def sold(town: SimulatedMunicipality) -> None:
    amend(town, SECOND, IN_2019H2, *FUND, programme_edits=programme_of(OLD_FUND, NEW_FUND))


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    """Two windows are paid and shown; it is October 2019."""
    made = built(tmp_path, on=date(2019, 10, 2))
    on(made, date(2019, 10, 3)).pull_all()
    paid(made, *WINDOWS[:2])
    for window in WINDOWS[:2]:
        read(made, window, *TOTAL)
    return made


@pytest.mark.long
def test_a_sold_fund_has_what_its_predecessor_had_from_its_own_windows_on(town: SimulatedMunicipality):
    """An old bundle names who accepted the contract then; a new one the successor. Both verify by themselves."""
    sold(town)
    later = on(town, date(2020, 3, 20))
    later.pull_all()
    paid(later, WINDOWS[2])
    new, old = read(later, WINDOWS[2], *TOTAL), read(later, WINDOWS[1], *TOTAL)
    assert (new.claims["recipient"]["organisation"], new.claims["contract"]["version"]) == (NEW_FUND, 2)
    assert (old.claims["recipient"]["organisation"], old.claims["contract"]["version"]) == (OLD_FUND, 1)
    assert [one.organisation for one in new.acceptances if one.role == "investor"] == [NEW_FUND]


def test_the_successor_gets_the_earlier_ones_too_and_the_predecessor_nothing(town: SimulatedMunicipality):
    before = ask(town.gateway, Party(OLD_FUND, Role.INVESTOR), town.contract, WINDOWS[1], Template.CONTRACT_TOTAL)
    assert isinstance(before, Released)
    sold(town)
    for window in WINDOWS[:2]:
        got = ask(town.gateway, Party(NEW_FUND, Role.INVESTOR), town.contract, window, Template.CONTRACT_TOTAL)
        assert isinstance(got, Released)
        assert town.verified(got.bundle).claims["recipient"]["organisation"] == OLD_FUND
        with pytest.raises(PolicyDenied):
            ask(town.gateway, Party(OLD_FUND, Role.INVESTOR), town.contract, window, Template.CONTRACT_TOTAL)


def test_a_window_of_before_is_corrected_for_the_successor(town: SimulatedMunicipality):
    sold(town)
    mend(on(town, date(2019, 10, 4)), months=("2019-05", "2019-06"))
    done = correction.correct(town.gateway, town.contract, WINDOWS[1], reason="source_corrected")
    assert {one.template for one in done} == {"payment_document", "contract_total"}
    got = ask(town.gateway, Party(NEW_FUND, Role.INVESTOR), town.contract, WINDOWS[1], Template.CONTRACT_TOTAL)
    assert isinstance(got, Released)
    assert got.revision == 2
    assert "supersedes" in town.verified(got.bundle).claims


@pytest.mark.long
def test_an_estate_acknowledges_and_bills_what_was_released_before(town: SimulatedMunicipality):
    """The creditor of whatever is not paid yet, with the number of its own."""
    amend(town, SECOND, IN_2019H2, *OPERATOR, programme_edits=programme_of(OLD_OPERATOR, NEW_OPERATOR))
    with pytest.raises(PolicyDenied):
        acknowledging.acknowledge(town.gateway, town.contract, WINDOWS[1], as_party=Party(OLD_OPERATOR, Role.OPERATOR))
    estate = Party(NEW_OPERATOR, Role.OPERATOR)
    acknowledging.acknowledge(town.gateway, town.contract, WINDOWS[1], as_party=estate)
    acknowledging.acknowledge(officer(town), town.contract, WINDOWS[1])
    bill, _ = billing.request_payment(town.gateway, town.contract, WINDOWS[1], number="1", as_party=estate)
    assert b"99990023" in bill.xml
    assert b"99990015" not in bill.xml
    assert views.show_statement(town.gateway, town.contract, as_party=estate)
    said = logged(town, "party_succeeded")
    assert [(one["role"], one["organisation"], one["succeeds"], one["reason"]) for one in said] == [
        ("operator", NEW_OPERATOR, OLD_OPERATOR, "bankruptcy")
    ]


def test_nobody_is_asked_for_the_predecessors_acceptance_and_the_successor_cannot_sign_with_its_key(
    town: SimulatedMunicipality, monkeypatch: pytest.MonkeyPatch
):
    signed = parties.signed_acceptance
    monkeypatch.setattr(
        parties, "signed_acceptance", lambda *args, **named: signed(*args, **named, key=parties.party_key(OLD_FUND))
    )
    with pytest.raises(AcceptanceRefused):
        sold(town)
    monkeypatch.setattr(parties, "take_in_others", lambda *_: None)
    with pytest.raises(AcceptanceMissing, match=NEW_FUND) as missing:
        sold(town)
    assert OLD_FUND not in str(missing.value)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ((FUND[0][0], FUND[0][1].replace(f'succeeds = "{OLD_FUND}"\nsuccession_reason = "sale"', "")), "or one that"),
        ((FUND[0][0], FUND[0][1].replace(f'"{OLD_FUND}"', '"somebody-else"')), "or one that succeeds it"),
    ],
)
def test_a_party_is_not_exchanged_without_a_word(town: SimulatedMunicipality, edit: Edit, reason: str):
    with pytest.raises(AmendmentRefused, match=reason) as refused:
        amend(town, SECOND, IN_2019H2, edit, programme_edits=programme_of(OLD_FUND, NEW_FUND))
    assert refused.value.part == "parties"


def test_another_supplier_needs_a_ground_of_procurement(town: SimulatedMunicipality):
    with pytest.raises(AmendmentRefused, match="section-182") as refused:
        amend(town, SECOND, IN_2019H2, *OPERATOR, ground=None, programme_edits=programme_of(OLD_OPERATOR, NEW_OPERATOR))
    assert refused.value.part == "ground"


def test_a_programme_lets_go_of_the_predecessor(town: SimulatedMunicipality):
    both = (
        f'[[parties]]\norganisation = "{OLD_FUND}"\n',
        f'[[parties]]\norganisation = "{NEW_FUND}"\nrole = "investor"\n\n[[parties]]\norganisation = "{OLD_FUND}"\n',
    )
    with pytest.raises(ProgrammeInvalid, match=f"'{NEW_FUND}' succeeds it"):
        amend(town, SECOND, IN_2019H2, *FUND, programme_edits=(both,))


def test_the_page_says_it_to_whoever_accepts(town: SimulatedMunicipality):
    sold(town)
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    assert f"Ny Fond er indtrådt i stedet for {OLD_FUND} (salg)" in page(contract, Language.DANISH)
    assert "also for earlier" not in page(contract, Language.ENGLISH)
    assert f"Ny Fond is in the place of {OLD_FUND} (sale)" in page(contract, Language.ENGLISH)
