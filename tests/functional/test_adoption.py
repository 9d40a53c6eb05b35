"""A contract that already runs is adopted mid-way: what its parties state is closed, and the gateway goes on.

The same small IMPACT60 is settled twice: by the gateway from the first window on, and adopted after its third. The
second must pay every later window what the first pays.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from gateway.contracts import declarations, openings
from gateway.documents import exports, statement_page
from gateway.errors.adoption import AdoptionRefused
from gateway.errors.settlement import SettlementMismatch, SettlementRefused
from gateway.evaluation.evaluating import evaluate_week
from gateway.installation.settings import Kind
from gateway.jobs.doctor import examine_opened
from gateway.release.releasing import check
from gateway.settlement import acknowledging, paying, views
from gateway.settlement.acknowledging import DisputeOutcome
from gateway.settlement.forecast import accruals
from gateway.settlement.investor import InvestorSettlement, PaidBefore
from gateway.settlement.statement_view import StatementWindow
from gateway.store.log_tables import LogEntry
from gateway.store.settlement_tables import Dispute
from gateway.wording.views import as_json
from policies.errors import PolicyDenied
from policies.terms import Party, Role
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, built, ready
from tests.support.opening import Line, adopt, balances_text, contract_of, operator_signs, paid
from tests.support.parties import party_key
from tests.support.settling import INVESTOR, LETTER, invoiced, officer, operator, settle
from tests.support.simulated import acting
from vocabulary.danish_days import danish_day
from vocabulary.weeks import Week

WEEKS = "weeks_in_work_or_education"
STATED, OWN = ("2018H2", "2019H1", "2019H2"), ("2020H1", "2020H2")
PRICE = 150_000


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path)


@cache
def whole() -> dict[str, tuple[int, int]]:
    """What a gateway that settled from the start says of each window: quantity and minor units."""
    made = ready(Path(tempfile.mkdtemp(prefix="whole-")))
    found = {}
    for label in (*STATED, *OWN):
        made.release(label, "payment_document", "operator")
        row = next(row for row in made.rows() if row.window == label)
        found[label] = (sum(line["quantity"] for line in row.due), sum(line["amount_minor"] for line in row.due))
    made.gateway.store.dispose()
    return found


def as_paid() -> list[Line]:
    return [paid(label, WEEKS, *whole()[label]) for label in STATED]


def with_quarrel() -> list[Line]:
    """The last stated window as the parties left it: ten weeks held back, two disputed by the operator."""
    quantity, minor = whole()["2019H2"]
    disputed = {"disputed_minor": 2 * PRICE, "disputed_by": "operator", "reason": "quantity"}
    last = paid("2019H2", WEEKS, quantity, minor - 12 * PRICE, held_minor=10 * PRICE, **disputed)
    return [*as_paid()[:2], last]


def text_of(town: SimulatedMunicipality, lines: list[Line]) -> bytes:
    return balances_text(contract_of(town), "2019H2", lines)


def due(town: SimulatedMunicipality, label: str) -> tuple[int, int]:
    row = next(row for row in town.rows() if (row.window, row.template) == (label, "payment_document"))
    return sum(line["quantity"] for line in row.due), sum(line["amount_minor"] for line in row.due)


def window(town: SimulatedMunicipality, label: str) -> StatementWindow:
    made = views.show_statement(town.gateway, town.contract, as_party=operator(town))
    return next(one for one in made.windows if one.window == label)


def events(town: SimulatedMunicipality) -> list[str]:
    with town.gateway.store.read() as session:
        return [row.kind for row in session.exec(select(LogEntry).where(LogEntry.log == "access"))]


def test_every_later_window_pays_what_it_would_have_paid(town: SimulatedMunicipality):
    adopt(town, text_of(town, as_paid()))
    assert events(town)[-1] == "contract_adopted"
    for label in OWN:
        town.verified(town.release(label, "payment_document", "operator").bundle)
        assert due(town, label) == whole()[label]
    made = views.show_statement(town.gateway, town.contract, as_party=operator(town))
    sums = made.cumulative
    assert sums.due_minor == sum(minor for _, minor in whole().values())
    assert sums.tariffs[0].quantity == sum(quantity for quantity, _ in whole().values())
    assert sums.paid_minor == sum(whole()[label][1] for label in STATED)
    assert [one.state for one in made.windows][:4] == ["stated", "stated", "stated", "released"]


def test_a_stated_window_is_never_released(town: SimulatedMunicipality):
    adopt(town, text_of(town, as_paid()))
    for label in STATED:
        for template, recipient in (("payment_document", "operator"), ("contract_total", "investor")):
            with pytest.raises(PolicyDenied, match="P33-settled-here"):
                check(town.gateway, town.contract, label, template, recipient)
    assert check(town.gateway, town.contract, "2020H1", "payment_document", "operator") == "release"


def test_a_difference_is_reported_and_paid_by_nobody(town: SimulatedMunicipality):
    """The parties paid five weeks more than the registers show: the later windows are worth the same all the same."""
    quantity, minor = whole()["2019H2"]
    adopt(town, text_of(town, [*as_paid()[:2], paid("2019H2", WEEKS, quantity + 5, minor + 5 * PRICE)]))
    made = accruals(town.gateway, town.contract)
    assert [(one.window, one.evaluated_minor - one.stated_minor) for one in made.stated if one.differs] == [
        ("2019H2", -5 * PRICE)
    ]
    town.release("2020H1", "payment_document", "operator")
    assert due(town, "2020H1") == whole()["2020H1"]
    row = next(row for row in town.rows() if row.window == "2020H1")
    assert {line["kind"] for line in row.due} == {"window"}  # no correction of what was stated


def test_held_and_disputed_amounts_have_a_life_of_their_own(town: SimulatedMunicipality):
    adopted = adopt(town, text_of(town, with_quarrel()))
    assert {line.line: line.state for line in window(town, "2019H2").lines} == {
        f"{WEEKS}/stated": "stated",
        f"{WEEKS}/held": "held",
        f"{WEEKS}/disputed": "contested",
    }
    assert window(town, "2019H2").disputed_minor == 2 * PRICE
    made = views.show_statement(town.gateway, town.contract, as_party=operator(town))
    assert sum(one.due_minor for one in made.payers) == made.cumulative.due_minor
    assert sum(one.paid_minor for one in made.payers) == made.cumulative.paid_minor > 0
    years = {one.window: one.payment_expected_on for one in accruals(town.gateway, town.contract).windows}
    assert years["2019H1"] <= danish_day(adopted.at)  # it was paid before both signed it
    acknowledging.acknowledge(town.gateway, town.contract, "2019H2", as_party=operator(town))
    with pytest.raises(SettlementRefused, match="other-document"):
        acknowledging.acknowledge(officer(town), town.contract, "2019H2", jwt_sha256="0" * 64)
    acknowledging.acknowledge(officer(town), town.contract, "2019H2", jwt_sha256=adopted.opening.sha256)
    bill = invoiced(town, "2019H2")
    assert bill.total_minor == 10 * PRICE  # what is held back, and neither what was paid nor what is disputed
    assert b"stated by the parties, not evaluated" in bill.xml
    paying.approve(officer(town), town.contract, bill.number)
    today = danish_day(town.gateway.clock())
    paying.register_payment(officer(town), town.contract, bill.number, paid_on=today)
    with town.gateway.store.read() as session:
        [dispute] = session.exec(select(Dispute)).all()
    acknowledging.resolve(officer(town), dispute.id, outcome=DisputeOutcome.STANDS, text_sha256=LETTER)
    assert window(town, "2019H2").lines[2].state == "held"
    settle(town, "2019H2")
    assert window(town, "2019H2").paid_minor == whole()["2019H2"][1]
    assert window(town, "2019H2").state == "paid"


def test_an_own_window_is_settled_after_stated_ones(town: SimulatedMunicipality):
    """Every check of the sheet holds, among them that all of it follows from price and quantity."""
    adopt(town, text_of(town, as_paid()))
    town.release("2020H1", "payment_document", "operator")
    assert settle(town, "2020H1").total_minor == whole()["2020H1"][1]


def test_the_investors_flow_begins_with_what_was_stated_as_paid(town: SimulatedMunicipality):
    adopt(town, text_of(town, with_quarrel()))
    made = views.show_investor(town.gateway, town.contract, as_party=INVESTOR)
    stated = sum(minor for _, minor in (whole()[label] for label in STATED)) - 12 * PRICE
    says = "stated by the parties, not evaluated"
    assert isinstance(made, InvestorSettlement)
    assert made.stated == PaidBefore(says, "2019H2", stated)
    assert made.flow.repaid_minor == stated
    assert not {one.window for one in made.declared_dates} & set(STATED)  # of these it is told nothing more
    acknowledging.acknowledge(town.gateway, town.contract, "2019H2", as_party=operator(town))
    acknowledging.acknowledge(officer(town), town.contract, "2019H2")
    bill = invoiced(town, "2019H2")
    paying.approve(officer(town), town.contract, bill.number)
    paying.register_payment(officer(town), town.contract, bill.number, paid_on=danish_day(town.gateway.clock()))
    again = views.show_investor(town.gateway, town.contract, as_party=INVESTOR)
    assert isinstance(again, InvestorSettlement)
    assert again.stated is not None
    assert again.stated.paid_minor == stated + 10 * PRICE


def test_the_investor_of_a_small_cohort_learns_nothing_of_it(tmp_path: Path):
    town = ready(tmp_path, "ballerup")
    contract = contract_of(town)
    labels = [window.label for window in contract.windows][:1]
    adopt(town, balances_text(contract, labels[0], [paid(labels[0], one.id, 0, 0) for one in contract.tariffs]))
    made = views.show_investor(town.gateway, town.contract, as_party=Party("den-sociale-kapitalfond", Role.INVESTOR))
    assert set(as_json(made)) == {"schema", "contract", "declared_dates", "predicates"}


def test_every_view_says_that_it_is_stated(town: SimulatedMunicipality):
    adopt(town, text_of(town, with_quarrel()))
    made = views.show_statement(town.gateway, town.contract, as_party=operator(town))
    assert made.opening is not None
    assert [one.role for one in made.opening.signed_by] == ["operator", "outcome_payer"]
    page = statement_page.page(made)
    assert "oplyst af parterne og ikke opgjort" in page
    assert page.count("Oplyst af parterne, ikke opgjort") == 3
    kinds = [row[exports.HEAD.index("kind")] for row in exports.rows(made)]
    assert kinds == ["stated", "stated", "stated", "held", "disputed"]
    said = [finding.what for finding in examine_opened(town.gateway)]
    assert "impact60: windows up to 2019H2 are stated by the parties, not evaluated" in said
    assert not [one for one in said if "2018H2" in one]


def _keys(town: SimulatedMunicipality) -> dict[str, str]:
    """Signatures that must not count, by what is wrong with each."""
    contract, now, opening = contract_of(town), town.gateway.clock(), text_of(town, as_paid())
    other = text_of(town, with_quarrel())
    with town.gateway.store.read() as session:
        own = town.gateway.signer(session)
    return {
        "another key": operator_signs(contract, opening, at=now, key=party_key("a stranger")),
        "the investor's key": operator_signs(contract, opening, at=now, key=party_key("den-sociale-kapitalfond")),
        "the municipality's key": operator_signs(contract, opening, at=now, key=own),
        "other balances": operator_signs(contract, other, at=now),
        "cut off": operator_signs(contract, opening, at=now)[:-4],
        "the municipality twice": operator_signs(contract, opening, at=now, key=own, role="outcome_payer"),
        "nothing": "",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "another key",
        "the investor's key",
        "the municipality's key",
        "other balances",
        "cut off",
        "the municipality twice",
        "nothing",
    ],
)
def test_nothing_is_adopted_without_both_signatures(town: SimulatedMunicipality, wrong: str):
    token = _keys(town)[wrong]
    owner = acting(town.gateway, "owner")
    with pytest.raises(AdoptionRefused):
        openings.adopt(owner, town.contract, text_of(town, as_paid()), [token], file="opening.toml")
    with pytest.raises(PolicyDenied, match="P64"):  # nobody but the municipality
        openings.adopt(owner, town.contract, text_of(town, as_paid()), [], file="opening.toml")
    assert "contract_adopted" not in events(town)
    town.release("2018H2", "payment_document", "operator")  # and the contract goes on as before


def test_adoption_is_once_and_comes_first(town: SimulatedMunicipality):
    opening = text_of(town, as_paid())
    before = adopt(town, opening)
    assert adopt(town, opening).signed == before.signed  # the same again changes nothing
    with pytest.raises(AdoptionRefused, match="once"):
        adopt(town, text_of(town, with_quarrel()))


def test_what_was_released_is_not_adopted_over(town: SimulatedMunicipality):
    town.release("2018H2", "contract_total", "investor")
    with pytest.raises(AdoptionRefused, match="released"):
        adopt(town, text_of(town, as_paid()))


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM openingrow",
        "UPDATE openingrow SET text = CAST(replace(text, 'paid_minor = ', 'paid_minor = 1') AS BLOB)",
        "UPDATE openingrow SET windows = '[\"2018H2\"]'",
        "UPDATE openingrow SET signed = '[]'",
        "UPDATE openingrow SET sha256 = '0'",
    ],
)
def test_an_edited_row_stops_settlement_and_releases(town: SimulatedMunicipality, attack: str):
    adopt(town, text_of(town, as_paid()))
    town.release("2020H1", "payment_document", "operator")  # positive control
    with town.gateway.store.engine.begin() as connection:
        connection.execute(text(attack))
    with pytest.raises(SettlementMismatch):
        views.show_statement(town.gateway, town.contract, as_party=operator(town))
    with pytest.raises((SettlementMismatch, PolicyDenied)):
        town.release("2020H2", "payment_document", "operator")
    with pytest.raises((SettlementMismatch, PolicyDenied)):
        town.release("2018H2", "payment_document", "operator")


def test_what_is_in_force_cannot_become_a_shadow(town: SimulatedMunicipality):
    files = [town.folder / name for name in ("impact60.toml", "impact60.programme.toml")]
    with pytest.raises(AdoptionRefused, match="in-force"):
        declarations.activate_contract(town.gateway, *files, in_shadow=True)


def in_shadow(folder: Path) -> SimulatedMunicipality:
    """The small municipality whose contract came in shadow into a test installation, enrolled and pulled."""
    town = built(folder, kind=Kind.TEST, in_shadow=True)
    town.enrol()
    town.pull_all()
    return town


def test_a_shadow_ends_with_the_adoption(tmp_path: Path):
    town = in_shadow(tmp_path)
    result, _ = evaluate_week(town.gateway, town.contract, Week.parse("2020-W10"))
    assert result.participants == 30
    for label in ("2018H2", "2020H1"):
        with pytest.raises(PolicyDenied, match="P33-settled-here"):
            town.release(label, "payment_document", "operator")
    said = [finding.what for finding in examine_opened(town.gateway)]
    assert [one for one in said if "runs in shadow" in one]
    files = [str(town.folder / name) for name in ("impact60.toml", "impact60.programme.toml")]
    # without --shadow: it ends nothing, and says so
    again = run("contract", "add", *files, environment=town.environment)
    assert (again.code, "in shadow" in again.out) == (0, True)
    assert "nothing is settled here" in run("settle", "state", town.contract, environment=town.environment).out
    adopt(town, text_of(town, as_paid()))
    assert "in shadow" not in run("settle", "state", town.contract, environment=town.environment).out
    town.release("2020H1", "payment_document", "operator")
    assert due(town, "2020H1") == whole()["2020H1"]
    with pytest.raises(PolicyDenied, match="P33-settled-here"):
        town.release("2018H2", "payment_document", "operator")
