"""Who acts, and in which role: what every event says first, and no writer of an event fills in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from policies.terms import SERVICE_NAME, Role, is_service_name
from vocabulary.identity import are_two_people

OUTSIDE = frozenset({Role.OPERATOR, Role.INVESTOR})  # whose people never sit at the municipality's keyboard


class ActorKind(StrEnum):
    """How somebody came here: the same name may be that of a person and of a client."""

    STAFF = "staff"  # at the command line
    CLIENT = "client"  # over HTTP, by its registered key
    SERVICE = "service"  # nobody asked: a timer, or the server itself


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something here, in one role."""

    name: str  # a member of staff, a client's id, or "gateway (…)" for a service
    role: Role
    kind: ActorKind

    def in_role(self, role: Role) -> Actor:
        """The same member of staff in the role that the policy was just asked about. A client has the role that it was
        registered in; a service, and staff who ask for somebody outside, act for the municipality.
        """
        return self if self.kind is not ActorKind.STAFF or role in OUTSIDE else replace(self, role=role)

    def is_second_to(self, first: str) -> bool:
        """Whether whoever acts is a second person to the one who asked, registered or proposed under the name `first`.

        A service is nobody's second person and has none: a human being answers for each of the two steps.
        """
        return self.kind is not ActorKind.SERVICE and not is_service_name(first) and are_two_people(first, self.name)

    def body(self) -> dict[str, object]:
        """As it stands in every event."""
        return {"by": self.name, "by_role": self.role, "by_kind": self.kind}


def staff_member(name: str) -> Actor:
    """Somebody at the command line, in no role but the municipality's until the policy is asked.

    Raises `ValueError` for a name that only a service may have.
    """
    if is_service_name(name):
        raise ValueError("is the name of a service")
    return Actor(name, Role.MUNICIPALITY, ActorKind.STAFF)


def client(client_id: str, role: Role) -> Actor:
    """An authenticated client of the API."""
    return Actor(client_id, role, ActorKind.CLIENT)


def service(what: str) -> Actor:
    """The gateway itself, named by what it does: "gateway (server)", "gateway (scheduled pull)"."""
    return Actor(f"{SERVICE_NAME}{what})", Role.MUNICIPALITY, ActorKind.SERVICE)
