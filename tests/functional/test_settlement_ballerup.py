"""Ten people: settled to the øre, a relapse set off against the next invoice, and an investor who sees no amount."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors.settlement import SettlementRefused
from gateway.release.releasing import release
from gateway.settlement import views
from gateway.settlement.invoice_check import check
from gateway.store.settlement_tables import Bill
from gateway.wording.views import as_json
from policies.errors import PolicyDenied
from tests.functional.test_settlement import PAYMENT, statement, window
from tests.functional.test_shown_is_not_owed import PRICE, road
from tests.support.settling import INVESTOR, accept, invoiced, settle


def test_ballerup_is_settled_to_the_oere_and_a_relapse_is_set_off_against_the_next_invoice(tmp_path: Path):
    town = road(tmp_path, (1, 3, 2, 5))
    for label in ("2019H1", "2019H2", "2020H1", "2020H2"):
        before = statement(town).cumulative.due_minor
        release(town.gateway, "ballerup", label, *PAYMENT)
        assert statement(town).cumulative.due_minor - before == window(town, label).due_minor
    bills: list[Bill] = [settle(town, "2019H1"), settle(town, "2019H2")]
    accept(town, "2020H1")
    with pytest.raises(SettlementRefused, match="set off against the next invoice"):
        invoiced(town, "2020H1")
    bills.append(settle(town, "2020H2"))
    assert [bill.total_minor for bill in bills] == [PRICE, 2 * PRICE, 2 * PRICE]  # 3 in, less the one that fell back
    assert [line["amount_minor"] for line in bills[-1].lines] == [-PRICE, 3 * PRICE]
    assert all(check(bill.xml).findings == () for bill in bills)
    sums = statement(town).cumulative
    assert sums.paid_minor == sums.due_minor == 5 * PRICE
    assert {one.state for one in statement(town).windows} == {"paid"}


@pytest.mark.long
def test_the_investor_of_ten_people_sees_a_predicate_and_dates_whatever_was_paid(tmp_path: Path):
    seen = set()
    for order in ((4, 4, 4, 4), (9, 9, 9, 9)):
        town = road(tmp_path / str(order[0]), order)
        for label in ("2019H1", "2019H2", "2020H1", "2020H2"):
            release(town.gateway, "ballerup", label, *PAYMENT)
            accept(town, label)
            if label == "2019H1":
                settle(town, label)
        release(town.gateway, "ballerup", "2020H2", "predicate", "investor")
        made = as_json(views.show_investor(town.gateway, "ballerup", as_party=INVESTOR))
        assert set(made) == {"schema", "contract", "declared_dates", "predicates"}
        made.pop("contract")
        seen.add(str(made))
    dates = [{"window": "2020H2", "template": "predicate", "from": "2021-03-04"}]
    predicates = [{"window": "2020H2", "met": True}]
    assert seen == {str({"schema": "investor-settlement/1", "declared_dates": dates, "predicates": predicates})}
    with pytest.raises(PolicyDenied) as refused:  # the statement is not the investor's
        views.show_statement(town.gateway, "ballerup", as_party=INVESTOR)
    assert refused.value.decision.rule_ids == ("P71-amounts-shown",)
