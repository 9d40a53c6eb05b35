"""Persons kept apart where the municipality delivers itself: nobody decides in a case of their own.

Payer, measurer and deliverer are one there. So who registered evidence of a person neither registers an exit of that
person nor takes one back, and corrects nothing of the contract; that a document is confirmed by a second person holds
everywhere. Whoever delivers is named by the programme, and does nothing else under it (`ActsOnOtherSide`).
"""

from __future__ import annotations

from gateway.errors.rights import OwnCase
from gateway.installation.authority import Asking
from gateway.outcomes.contract import Contract
from gateway.store import registered_evidence
from gateway.wording.parties import delivers_itself


def check_not_own_case(asking: Asking, contract: Contract, subject: str | None = None) -> None:
    """Raise `OwnCase` where whoever acts registered evidence of this person; of nobody in particular, of anybody."""
    if not delivers_itself(contract):
        return
    session = asking.session
    if subject is None:
        documents = registered_evidence.of_contract(session, contract.id)
    else:
        documents = registered_evidence.of_person(session, contract.id, subject)
    if any(not asking.uow.by.is_second_to(one.registered_by) for one in documents):
        raise OwnCase(contract=contract.id)
