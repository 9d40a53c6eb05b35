"""The parties and grants of a programme that names none: one municipality in each of its own roles, and whoever earns.

What everybody needs to do their part, and nothing that shows a figure to somebody who is not paid by it: a total for
an investor, a notice on single people or an auditor's look is a grant that the programme says itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policies.terms import Action, Party, Role
from vocabulary.total import total

_CONTROLLERS = (Role.MUNICIPALITY, Role.SYSTEM_OWNER, Role.SETTLEMENT_OFFICER, Role.DPO, Role.CASE_WORKER)
_ACTIONS: Mapping[Role, tuple[Action, ...]] = total(
    {
        Role.MUNICIPALITY: (Action.ENROL, Action.PULL_SOURCE, Action.EVALUATE, Action.REQUEST_PAYMENT),
        Role.SYSTEM_OWNER: (Action.REGISTER_RIGHT, Action.READ_PERSON, Action.DECIDE_RIGHT, Action.CHANGE_POLICY),
        Role.SETTLEMENT_OFFICER: (Action.READ_SETTLEMENT, Action.ACKNOWLEDGE, Action.APPROVE_PAYMENT),
        Role.DPO: (Action.READ_LOG, Action.ADVISE),
        Role.CASE_WORKER: (Action.REGISTER_RIGHT, Action.READ_PERSON),
        Role.OPERATOR: (Action.RELEASE_PAYMENT, Action.READ_SETTLEMENT, Action.ACKNOWLEDGE, Action.REQUEST_PAYMENT),
        Role.INVESTOR: (Action.READ_SETTLEMENT,),
        Role.AUDITOR: (),
    },
    Role,
)


def usual_parties(controller: str, operator: str, investor: str) -> tuple[Party, ...]:
    """The controller in each of its roles, then operator and investor, where there is one."""
    others = ((operator, Role.OPERATOR), (investor, Role.INVESTOR))
    return (*(Party(controller, role) for role in _CONTROLLERS), *(Party(name, role) for name, role in others if name))


def usual_actions(party: Party) -> Iterator[tuple[str, Action]]:
    """What a party may do where the programme does not say it, each with the name of its grant."""
    for action in _ACTIONS[party.role]:
        yield f"{party.role}-{action}".replace("_", "-"), action
