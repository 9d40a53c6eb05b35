"""Money tells an amount as well as a figure does: an investor gets none of an inner window, by whatever route.

The creditor is paid on time for every window. What flows on is told with the block, and the contract says who bears the
wait. 2020H1 waits for 2020H2 here, as in `test_blocks`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.attestations.calendar_audit import audit_contract
from gateway.documents import report_page
from gateway.documents.annexes.payment import annex_b
from gateway.documents.contract_page import Language, page
from gateway.errors.release import WindowInBlock
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.fold_terms import WaitBearer
from gateway.outcomes.forecast import ForecastPayment
from gateway.outcomes.waits import priced_wait
from gateway.release.asks import ask
from gateway.release.releasing import release
from gateway.rights.people import Who
from gateway.rights.report import report
from gateway.settlement import acknowledging, billing, paying, views
from gateway.store import queries
from gateway.wording.views import as_json
from policies.errors import PolicyDenied
from policies.terms import Role
from tests.functional.test_block_plans import copy_of
from tests.functional.test_blocks import LATE, PAYMENT, TOTAL, WINDOWS, text_of, town
from tests.support.command_line import run
from tests.support.payers import FUND, SHARED
from tests.support.settling import INVESTOR, accept, invoiced, officer, settle
from tests.support.simulated import Municipality
from vocabulary.danish_days import danish_day
from vocabulary.errors import DeclarationInvalid
from vocabulary.releases import Template

__all__ = ["town"]

INNER, END = "2020H1", "2020H2"


def view(town: Municipality) -> dict[str, Any]:
    """Everything that the investor's view says."""
    return json.loads(json.dumps(as_json(views.show_investor(town.gateway, "impact60", as_party=INVESTOR))))


def answers(town: Municipality) -> list[str]:
    """What the investor is told that asks for each thing of the inner window."""
    found = []
    for template in Template:
        with pytest.raises((WindowInBlock, PolicyDenied)) as refused:
            ask(town.gateway, INVESTOR, "impact60", INNER, template)
        found.append(str(refused.value))
    return found


def steps(town: Municipality) -> Iterator[Callable[[], object]]:
    """The way of the inner window's money, from its payment document to its payment."""
    yield lambda: release(town.gateway, "impact60", INNER, *PAYMENT)
    yield lambda: accept(town, INNER)
    yield lambda: invoiced(town, INNER)
    bill = invoiced(town, INNER)
    yield lambda: paying.approve(officer(town), town.contract, bill.number)
    today = danish_day(town.gateway.clock())
    yield lambda: paying.register_payment(officer(town), town.contract, bill.number, paid_on=today)


@pytest.mark.long
def test_an_inner_windows_money_moves_nothing_that_an_investor_sees(town: Municipality):
    for window in WINDOWS[:3]:
        release(town.gateway, "impact60", window, *PAYMENT)
        release(town.gateway, "impact60", window, *TOTAL)
        accept(town, window)
    for window in WINDOWS[1:3]:  # the first is worth nothing
        settle(town, window)
    before, told = view(town), answers(town)
    assert [one["window"] for one in before["windows"]] == list(WINDOWS[:3])
    assert INNER not in json.dumps(before), "neither an amount nor a day"
    for step in steps(town):
        step()
        assert view(town) == before
        assert answers(town) == told
    release(town.gateway, "impact60", END, *PAYMENT)
    assert view(town) == before
    release(town.gateway, "impact60", END, *TOTAL)
    half = view(town)
    assert (half["windows"][-1]["window"], half["windows"][-1]["is_paid"]) == (END, False)
    assert half["flow"] == before["flow"], "what flows on is due with the block, and with all of it"
    settle(town, END)
    whole = view(town)
    block = whole["windows"][-1]
    assert block["is_paid"]
    assert whole["flow"]["repaid_minor"] == before["flow"]["repaid_minor"] + block["payable_minor"]
    assert block["payable_minor"] > 0


def test_a_participants_report_tells_no_amount_of_a_window_that_waits(town: Municipality, tmp_path: Path):
    """Whoever may read what recipients got could tell an investor. That there is a document is told, and what is shown
    to readers as it was signed."""
    made = copy_of(town, tmp_path)
    for window in (*WINDOWS[:4], END):
        made.release(window, *PAYMENT)
    made.release(END, *TOTAL)
    with made.gateway.store.read() as session:
        reference = queries.subjects(session, "impact60")[0].case_reference
    told = report(made.gateway, "impact60", Who(case_reference=reference), role=Role.CASE_WORKER)
    paid = {one.window: bool(one.content) for one in told.received if one.template == PAYMENT[0]}
    assert paid == {window: window not in (INNER, END) for window in (*WINDOWS[:4], END)}
    assert all(one.content for one in told.received if one.template == TOTAL[0])
    assert all(bool(one.content) == bool(one.attestation) for one in told.received)
    assert "som kun modtageren ser for denne periode for sig" in report_page.page(told)


def test_an_investor_reads_no_statement_window_by_window(town: Municipality):
    """Also of a cohort that is large enough for totals. Nor does it accept, contest or invoice."""
    with pytest.raises(PolicyDenied, match="P71"):
        views.show_statement(town.gateway, "impact60", as_party=INVESTOR)
    with pytest.raises(PolicyDenied):
        acknowledging.acknowledge(town.gateway, "impact60", WINDOWS[0], as_party=INVESTOR)
    with pytest.raises(PolicyDenied):
        billing.request_payment(town.gateway, "impact60", WINDOWS[0], number="", as_party=INVESTOR)


@pytest.mark.long
def test_an_investor_that_bears_a_share_would_be_told_by_its_bills():
    """They come on time, so that no block helps; those of a fund that lends nothing are between it and the creditor."""
    edits = [(old, new.replace(FUND, INVESTOR.organisation)) for old, new in SHARED]
    with pytest.raises(DeclarationInvalid, match=r"bill: .*leave den-sociale-kapitalfond out of"):
        audit_contract(load_contract(text_of(*LATE, *edits), file="both.toml"))
    assert audit_contract(load_contract(text_of(*LATE, *SHARED), file="other.toml")).worst is not None


@pytest.mark.parametrize(
    ("word", "name"),
    [("payer", "Aalborg Kommune"), ("operator", "FOKUS Folkeoplysning"), ("investor", "Den Sociale Kapitalfond")],
)
def test_page_and_annex_say_who_bears_the_wait(word: str, name: str):
    contract = load_contract(text_of(*LATE, ('fold_cost = "investor"', f'fold_cost = "{word}"')), file="f.toml")
    assert f"{name} bears the wait" in page(contract, Language.ENGLISH)
    assert f"Det, som det koster at vente, bæres af {name}." in str(annex_b(contract))


def test_who_lends_nothing_waits_for_nothing():
    """Without an investor no word of it is asked for, and none is taken."""
    start = text_of(*LATE).decode()
    text = start[: start.index("[parties.investor]")] + start[start.index("[cohort]") :]
    text = text[: text.index("[settlement.investor]")].replace('recipients = ["investor", ', "recipients = [")
    text = text.replace('recipients = ["operator", "investor"]', 'recipients = ["operator"]')
    with pytest.raises(DeclarationInvalid, match="fold_cost"):
        load_contract(text.encode(), file="alone.toml")
    assert load_contract(text.replace('fold_cost = "investor"\n', "").encode(), file="alone.toml").fold.cost is None


def test_the_wait_is_priced_by_amount_and_day():
    contract = load_contract(text_of(*LATE), file="folds.toml")
    payments = [ForecastPayment(label, 1_000_000_00, 0) for label in WINDOWS]
    found = priced_wait(contract, {"plan": (*WINDOWS[:3], *WINDOWS[4:]), "on time": WINDOWS}, {"half": payments})
    assert found is not None
    assert (found.borne_by, found.per_mille_a_year) == (WaitBearer.INVESTOR, 10)
    waiting, on_time = found.waits
    [window] = waiting.windows
    assert (window.window, window.later, window.amount_minor) == (INNER, END, 1_000_000_00)
    assert window.days == (date(2021, 1, 3) - date(2020, 6, 28)).days
    assert waiting.worth_minor == 1_000_000_00 * window.days * 10 // (1000 * 365)
    assert (on_time.windows, on_time.worth_minor) == ((), 0)
    assert priced_wait(load_contract(text_of(), file="safe.toml"), {}, {"half": payments}) is None


def test_simulate_says_what_the_wait_is_worth(tmp_path: Path):
    (tmp_path / "folds.toml").write_bytes(text_of(*LATE))
    out = tmp_path / "out.json"
    ran = run("contract", "simulate", tmp_path / "folds.toml", "--success", "50", "--draws", "1", "--json", out)
    assert ran.code == 0, ran.text
    assert "what waits for the end of a block, borne by the investor, DKK:" in ran.out
    assert "where people begin evenly" in ran.out
    assert "in all, at 1 % a year" in ran.out
    [even, _] = json.loads(out.read_text())["wait"]["waits"]
    assert [(one["window"], one["later"]) for one in even["windows"]] == [(INNER, END)]
    assert even["worth_minor"] > 0
