"""Where the policy is asked: every decision is stored, and its event is in the same transaction.

A refusal is an event too. It must survive, so a refused use case commits its refusal first and raises after.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlmodel import Session

from connectors.errors import ConnectorError
from gateway.errors.oversight import ActsOnOtherSide
from gateway.errors.tree import NotFound, Refused
from gateway.events.actor import ActorKind
from gateway.events.decisions import Denied, NotDone
from gateway.events.event import Event, PersonLine
from gateway.installation.gateway import Gateway
from gateway.installation.policy_sets import check_approved
from gateway.store.clock import ClockRule
from gateway.store.log_tables import DecisionRow
from gateway.store.people_read import people_read
from gateway.store.unit_of_work import UnitOfWork
from outcome_verifier import canonical
from outcome_verifier.errors import VerificationError
from policies.decision import Decision
from policies.engine import PolicyEngine, PolicyRequest
from policies.errors import PolicyDenied
from policies.facts import Facts
from policies.programme import Programme
from policies.terms import Action, Party, Purpose, Role
from vocabulary.errors import DeclarationInvalid

# what ends a use case that the policy had allowed
_NOT_DONE = (NotFound, Refused, ConnectorError, DeclarationInvalid, VerificationError)


@dataclass(frozen=True, slots=True)
class Authorised:
    """An allowed decision as it stands in the store."""

    id: str
    decision: Decision

    @property
    def sha256(self) -> str:
        return self.decision.sha256


def municipality(programme: Programme) -> Party:
    """The municipality itself, as a principal."""
    return Party(programme.controller, Role.MUNICIPALITY)


def staff_party(programme: Programme, role: Role) -> Party:
    """The municipality's staff in a role, as a principal."""
    declared = programme.party(role)
    return Party(programme.controller, role) if declared is None else declared


@contextmanager
def deciding(gateway: Gateway, *, clock: ClockRule = ClockRule.CHECKED) -> Iterator[Asking]:
    """A writing transaction in which the policy is asked. A refusal commits its event and then raises.

    `with deciding(gateway) as asking: authorised = asking.ask(…)`; what follows in the block runs only when the
    answer was yes. Ask before writing: `PolicyDenied` is raised after the commit. Where the policy allowed and the
    use case refuses, all of it is rolled back and `NotDone` is recorded in its place: data may have been read.
    """
    refused: PolicyDenied | None = None
    asking: Asking | None = None
    try:
        with gateway.write(clock=clock) as uow:
            asking = Asking(gateway, uow)
            try:
                yield asking
            except PolicyDenied as error:
                refused = error
    except _NOT_DONE as error:
        if asking is not None:
            _record_failure(gateway, asking, error.code, asking.session, kept=asking.kept)
        raise
    if refused is not None:
        raise refused


@contextmanager
def noting_what_fails(gateway: Gateway, asking: Asking, session: Session) -> Iterator[None]:
    """Where an earlier transaction allowed and this refuses, `NotDone` is recorded: data may have been read, and whose
    was read in `session` has a line.
    """
    try:
        yield
    except _NOT_DONE as error:
        _record_failure(gateway, asking, error.code, session, kept=())
        raise


def _record_failure(
    gateway: Gateway,
    asking: Asking,
    code: str,
    session: Session,
    kept: Sequence[tuple[Event, Sequence[PersonLine]]],
) -> None:
    if not asking.asked and not kept:
        return
    with gateway.store.write(gateway.clock(), by=asking.uow.by) as uow:
        for what, lines in kept:
            uow.record(what, lines)
        if asking.asked:
            uow.record(
                NotDone(
                    actions=[action.value for action, _, _ in asking.asked],
                    principals=[str(principal) for _, principal, _ in asking.asked],
                    programme=asking.asked[0][2],
                    error=code,
                ),
                lines_of_people_read(session, asking.purpose),
            )


def lines_of_people_read(session: Session, purpose: Purpose) -> list[PersonLine]:
    """A line for everybody whose rows this session has read, for an event that shows no result."""
    return [PersonLine(subject, "checked", purpose) for subject in people_read(session)]


class Asking:
    """An open transaction that can ask the policy."""

    def __init__(self, gateway: Gateway, uow: UnitOfWork) -> None:
        self._gateway = gateway
        self.uow = uow
        self.session = uow.session
        self.now = uow.now
        self.asked: list[tuple[Action, Party, str]] = []
        self.allowed: list[Authorised] = []
        self.kept: list[tuple[Event, Sequence[PersonLine]]] = []
        self.purpose = Purpose.OUTCOME_EVALUATION  # of what was asked last

    def keep(self, what: Event, lines: Sequence[PersonLine] = (), *, also_now: bool = True) -> None:
        """Record what was seen of people so that it stays in the log also where all else is rolled back."""
        self.kept.append((what, lines))
        if also_now:
            self.uow.record(what, lines)

    def has_allowed(self, authorised: Authorised) -> bool:
        """Whether this decision was made here, in this transaction: an earlier one may be overtaken by now."""
        return any(one is authorised for one in self.allowed)

    def act_in(self, role: Role) -> None:
        """From here on the events of this transaction say that whoever acts does so in this role."""
        self.uow.by = self.uow.by.in_role(role)

    def is_appointed(self, programme: Programme, role: Role) -> bool:
        """Whether whoever acts may act in this role today. A service never may: nobody would answer for it."""
        by = self.uow.by
        return by.kind is not ActorKind.SERVICE and programme.is_appointed(by.name, role, on=self.now.date())

    def ask(
        self,
        principal: Party,
        action: Action,
        programme: Programme,
        facts: Facts,
        *,
        engine: PolicyEngine | None = None,
    ) -> Authorised:
        """The stored decision; `PolicyDenied` with its refusal recorded.

        From here on the events of this transaction say that whoever acts did so in the role that was asked about.
        `engine` holds rules that were approved before, for the one decision that approves others. Raises
        `PolicySetInvalid` where nobody approved the rules, and `ActsOnOtherSide` where it is somebody who delivers or
        lends for the controller.
        """
        by = self.uow.by
        if by.kind is ActorKind.STAFF and programme.acts_on_other_side(by.name):
            raise ActsOnOtherSide(programme=programme.id)
        self.act_in(principal.role)
        self.purpose = facts.purpose
        if engine is None:
            engine = self._gateway.policies
            check_approved(self.session, engine.rules, anchor=self._gateway.anchor(), issuer=self._gateway.issuer)
        decision = engine.with_programmes([programme]).authorise(PolicyRequest(principal, action, programme, facts))
        identifier = str(uuid.uuid4())
        self.session.add(
            DecisionRow(
                id=identifier,
                at=self.now,
                sha256=decision.sha256,
                action=action,
                principal=str(principal),
                programme=programme.id,
                effect=decision.effect,
                body=canonical.loads(decision.canonical()),
            )
        )
        if not decision.is_allowed:
            self.uow.record(
                Denied(
                    action=action,
                    principal=str(principal),
                    programme=programme.id,
                    rules=list(decision.rule_ids),
                    decision=identifier,
                    decision_sha256=decision.sha256,
                ),
                lines_of_people_read(self.session, facts.purpose),
            )
            raise PolicyDenied(decision)
        self.asked.append((action, principal, programme.id))
        self.allowed.append(Authorised(identifier, decision))
        return self.allowed[-1]
