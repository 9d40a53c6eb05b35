"""Use cases that show a settlement: the statement to operator and municipality, and the investor's own view.

Each look is decided by the policy and logged with the digest of what was shown.
"""

from __future__ import annotations

from gateway.events.settlement import SettlementRead
from gateway.installation.authority import Asking, Authorised, deciding
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.settlement.acknowledging import is_appointed, party_of
from gateway.settlement.investor import InvestorDates, ShownToInvestor, investor_view
from gateway.settlement.reading import read_settlement
from gateway.settlement.settled import Settled, lines_of
from gateway.settlement.statement import digest, statement
from gateway.settlement.statement_view import SettlementStatement
from gateway.settlement.states import SettlementState
from gateway.store import queries
from outcome_verifier import canonical
from policies.facts import StatementFacts
from policies.programme import Programme
from policies.terms import Action, Party, Purpose, Role
from vocabulary.danish_days import danish_day


def show_statement(gateway: Gateway, contract_id: str, *, as_party: Party | None = None) -> SettlementStatement:
    """The statement over all windows, for the operator over HTTP or the settlement officer. Raises `PolicyDenied`."""
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        party = party_of(programme, as_party)
        authorised = ask_to_read(asking, programme, party, creditor_of(gateway, asking, contract_id))
        settled = read_settlement(gateway, asking.session, contract_id, now=asking.now)
        made = statement(settled, is_demo=gateway.installed.is_demo)
        record_view(asking, contract_id, "statement", party, digest(made), authorised)
    return made


def show_investor(gateway: Gateway, contract_id: str, *, as_party: Party | None = None) -> InvestorDates:
    """The investor's view, for the investor over HTTP or the settlement officer. Raises `PolicyDenied`."""
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        party = party_of(programme, as_party)
        authorised = ask_to_read(
            asking, programme, party, creditor_of(gateway, asking, contract_id), is_for_investor=True
        )
        settled = read_settlement(gateway, asking.session, contract_id, now=asking.now)
        made = _investor_view(asking, settled)
        record_view(asking, contract_id, "investor", party, digest(made), authorised)
    return made


def _investor_view(asking: Asking, settled: Settled) -> InvestorDates:
    contract = settled.contract
    paid = {window.label for window in contract.windows if set(settled.window_states(window)) == {SettlementState.PAID}}
    return investor_view(
        contract,
        shown=_shown_to_investor(asking, contract),
        documents={one.window: one.due_minor for one in settled.documents if one.is_standing},
        paid=frozenset(paid),
        on=danish_day(asking.now),
        stated=_paid_before(settled),
        held={one.label: str(held) for one in contract.windows if (held := settled.held_by(one)) is not None},
    )


def _paid_before(settled: Settled) -> tuple[str, int] | None:
    """The last stated window, and what is paid of all of them by now."""
    if settled.adopted is None:
        return None
    opening = settled.adopted.opening
    billed = sum(
        line.whole_minor
        for bill in settled.bills_of(settled.contract.payers[0].organisation)
        if bill.id in settled.paid
        for line in lines_of(bill)
        if line.window in opening.windows
    )
    return opening.last_window, opening.paid_minor + billed


def show_settlement(gateway: Gateway, contract_id: str, *, as_party: Party) -> SettlementStatement | InvestorDates:
    """What a party of the contract reads: the creditor the statement, an investor that is none its own view."""
    with gateway.store.read() as session:
        is_creditor = gateway.contract(session, contract_id).creditor.value == as_party.role.value
    if as_party.role is Role.INVESTOR and not is_creditor:
        return show_investor(gateway, contract_id, as_party=as_party)
    return show_statement(gateway, contract_id, as_party=as_party)


def creditor_of(gateway: Gateway, asking: Asking, contract_id: str) -> Role:
    """The role of whoever is owed the money."""
    return Role(gateway.contract(asking.session, contract_id).creditor)


def ask_to_read(
    asking: Asking, programme: Programme, party: Party, creditor: Role, *, is_for_investor: bool = False
) -> Authorised:
    """The decision on reading a settlement. An investor sees amounts in its own view alone, which tells nothing that
    its attestations do not, and has none where the cohort is small (invariant 6)."""
    facts = StatementFacts(
        purpose=Purpose.OUTCOME_PAYMENT,
        appointment_valid=is_appointed(asking, programme, party),
        amounts_may_be_shown=is_for_investor or party.role in (creditor, Role.OPERATOR, Role.SETTLEMENT_OFFICER),
    )
    return asking.ask(party, Action.READ_SETTLEMENT, programme, facts)


def record_view(asking: Asking, contract_id: str, view: str, party: Party, sha256: str, authorised: Authorised) -> None:
    asking.uow.record(
        SettlementRead(
            contract=contract_id,
            view=view,
            to=str(party),
            statement_sha256=sha256,
            decision=authorised.id,
            decision_sha256=authorised.sha256,
        )
    )


def _shown_to_investor(asking: Asking, contract: Contract) -> list[ShownToInvestor]:
    """What the investor's newest issued attestations say, in the contract's order."""
    order = {window.label: place for place, window in enumerate(contract.windows)}
    rows = [
        row
        for row in queries.releases(asking.session, contract.id)
        if row.state == "issued" and row.recipient_role == Role.INVESTOR and row.template != "payment_document"
    ]
    newest = {(row.window, row.template): row for row in sorted(rows, key=lambda row: row.revision)}
    found = []
    for (window, template), row in sorted(newest.items(), key=lambda item: (order[item[0][0]], item[0][1])):
        claims = canonical.loads(row.draft)["disclosable"]
        found.append(
            ShownToInvestor(
                window=window,
                template=template,
                met=claims.get("threshold", {}).get("met", False),
                achieved=claims.get("outcomes_achieved"),
                payable_minor=claims.get("payable", {}).get("amount_minor"),
            )
        )
    return found
