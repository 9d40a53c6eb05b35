"""Whether somebody is left who can act: no change, and no day, may leave an installation locked.

Four powers have to be held on every day. Three of them take two people: a rule is proposed by one and approved by
another, and what a person asks for is registered by one and decided by another. What the rules and the grants let a
role do is asked of the policy itself; here stands which people are left on a day, by the appointments.

Where a programme appoints nobody, whoever may run a command may act: then people are never missing, and grants can be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from policies.engine import PolicyEngine, PolicyRequest
from policies.facts import DecisionFacts, Facts, LogFacts, PersonFacts
from policies.programme import Programme
from policies.terms import Action, Party, Purpose, Role
from vocabulary.identity import identity_of
from vocabulary.total import total


class Power(StrEnum):
    """What somebody must be able to do on every day."""

    CHANGE_RULES = "change_rules"
    REGISTER_RIGHT = "register_right"
    READ_LOG = "read_log"
    STOP_PULL = "stop_pull"


WORDS: Mapping[Power, str] = total(
    {
        Power.CHANGE_RULES: "change the rules",
        Power.REGISTER_RIGHT: "register a person's right and decide on it",
        Power.READ_LOG: "read the access log",
        Power.STOP_PULL: "stop a pull for all",
    },
    Power,
)
# as good as facts can be: what is refused on these is refused to everybody
_BEST: Mapping[Action, Facts] = {
    Action.CHANGE_POLICY: DecisionFacts(Purpose.GOVERNANCE, True, True, True),
    Action.DECIDE_RIGHT: DecisionFacts(Purpose.RIGHTS_REQUEST, True, True, True),
    Action.REGISTER_RIGHT: PersonFacts(Purpose.RIGHTS_REQUEST, True, True),
    Action.READ_PERSON: PersonFacts(Purpose.RIGHTS_REQUEST, True, True),
    Action.READ_LOG: LogFacts(Purpose.ACCESS_REVIEW, True),
}
_ANYBODY = frozenset({"a member of staff", "another"})
_REGISTRARS = (Role.CASE_WORKER, Role.SYSTEM_OWNER)
_MUNICIPAL = (Role.MUNICIPALITY, Role.SYSTEM_OWNER, Role.SETTLEMENT_OFFICER, Role.CASE_WORKER, Role.DPO)

Allows = Callable[[Programme, Role, Action], bool]  # whether somebody appointed in the role may do it


@dataclass(frozen=True, slots=True)
class LostPower:
    """A power that nobody has from a day on."""

    power: Power
    contract: str  # whose programme; empty where it takes all of them together
    day: date
    reason: str

    def __str__(self) -> str:
        return f"{self._where}from {self.day} nobody could {WORDS[self.power]}: {self.reason}"

    @property
    def now(self) -> str:
        """The same of a day that has come."""
        return f"{self._where}nobody can {WORDS[self.power]}: {self.reason}"

    @property
    def place(self) -> tuple[Power, str]:
        """What is lost, whenever it is."""
        return self.power, self.contract

    @property
    def _where(self) -> str:
        return f"{self.contract}: " if self.contract else ""


def allowed_by(engine: PolicyEngine) -> Allows:
    """What these rules and each programme's grants let a role do, on the best of facts."""

    answers: dict[tuple[str, Role, Action], bool] = {}  # no day changes them

    def allows(programme: Programme, role: Role, action: Action) -> bool:
        place = programme.sha256, role, action
        if place not in answers:
            principal = programme.party(role) or Party(programme.controller, role)
            request = PolicyRequest(principal, action, programme, _BEST[action])
            answers[place] = engine.with_programmes([programme]).authorise(request).is_allowed
        return answers[place]

    return allows


def lost_powers(programmes: Sequence[Programme], allows: Allows, *, on: date) -> tuple[LostPower, ...]:
    """The powers that nobody has on a day, in the order of the programmes."""
    found = [one for programme in programmes for one in _lost_in(programme, allows, on)]
    appointing = [programme for programme in programmes if programme.appointments]
    owners = [_people(programme, Role.SYSTEM_OWNER, on) for programme in appointing]
    if owners and all(owners) and not frozenset.intersection(*owners):
        reason = "no system owner is appointed in every programme, and one must approve another policy set in all"
        found.append(LostPower(Power.CHANGE_RULES, "", on, reason))
    return tuple(found)


def first_losses(programmes: Sequence[Programme], allows: Allows, *, since: date, until: date) -> tuple[LostPower, ...]:
    """Each power that nobody has on some day of a period, both ends included, with the first such day."""
    ends = {one.until for programme in programmes for one in programme.appointments}
    days = sorted({since, *(day + timedelta(days=1) for day in ends if since <= day < until)})
    found: dict[tuple[Power, str], LostPower] = {}
    for day in days:
        for lost in lost_powers(programmes, allows, on=day):
            found.setdefault(lost.place, lost)
    return tuple(found.values())


def _lost_in(programme: Programme, allows: Allows, on: date) -> list[LostPower]:
    def people(*roles: Role, may: Action) -> frozenset[str]:
        holders = [_people(programme, role, on) for role in roles if allows(programme, role, may)]
        return frozenset[str]().union(*holders)

    owners = people(Role.SYSTEM_OWNER, may=Action.CHANGE_POLICY)
    deciders = people(Role.SYSTEM_OWNER, may=Action.DECIDE_RIGHT)
    registrars = people(*_REGISTRARS, may=Action.REGISTER_RIGHT)
    answering = people(*_REGISTRARS, may=Action.READ_PERSON)
    readers = people(Role.DPO, may=Action.READ_LOG)
    # whoever proposes a change needs no role of their own
    staff = frozenset[str]().union(*(_people(programme, role, on) for role in _MUNICIPAL))
    no_change = _missing(owners, "system owner who may change the rules") or _alone(owners, staff)
    reasons = total(
        {
            Power.CHANGE_RULES: no_change,
            Power.REGISTER_RIGHT: _missing(registrars, "case worker or system owner who may register a right")
            or _missing(answering, "case worker or system owner who may answer a request for access")
            or _missing(deciders, "system owner who may decide on a request")
            or _alone(deciders, registrars),
            Power.READ_LOG: _missing(readers, "data protection officer who may read the log"),
            Power.STOP_PULL: no_change,  # `active` and `pull_until` stand in the programme
        },
        Power,
    )
    return [LostPower(power, programme.contract_id, on, why) for power, why in reasons.items() if why]


def _people(programme: Programme, role: Role, on: date) -> frozenset[str]:
    """Who may act in a role on a day, each once in whatever spellings they are appointed."""
    if not programme.appointments:
        return _ANYBODY
    return frozenset(identity_of(one.staff) for one in programme.appointments if one.role is role and on <= one.until)


def _missing(people: frozenset[str], who: str) -> str:
    return "" if people else f"no {who} is left"


def _alone(deciding: frozenset[str], asking: frozenset[str]) -> str:
    """Why nobody decides what is asked: the only one who could is the only one who asks."""
    return "" if len(deciding | asking) > 1 else "one person is left, and what one asks another must approve"
