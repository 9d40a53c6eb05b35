"""Kinds stand in logs for years: each event writes its own out, no two share one, and lists of kinds know them.

An event grows by fields at its end, under a raised schema, and in no other way; who did it stands in each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

import pytest

from gateway.events import actor
from gateway.events.actor import ActorKind
from gateway.events.contracts import SourceDeclared
from gateway.events.event import Event
from gateway.store.moves import LOOKS, RELEASE_ASKS
from gateway.store.tables import ReleaseAsk
from policies.terms import Role
from tests.unit.event_fields import FILE, complaints, events, recorded_fields

BEFORE_ANY_FIELD = {"kind", "schema", "by", "by_role", "by_kind", "at"}
ANNA = actor.staff_member("anna")


@dataclass(frozen=True, slots=True)
class Toy(Event):
    kind = "toy"
    source: str


@dataclass(frozen=True, slots=True)
class Renamed(Event):
    kind = "toy"
    origin: str


@dataclass(frozen=True, slots=True)
class Grown(Event):
    kind = "toy"
    schema = 2
    source: str
    more: int


@dataclass(frozen=True, slots=True)
class PutFirst(Event):
    kind = "toy"
    schema = 2
    more: int
    source: str


def test_every_event_writes_its_kind_out():
    assert [one.__name__ for one in events() if not isinstance(vars(one).get("kind"), str)] == []


def test_no_two_events_share_a_kind():
    kinds = [one.kind for one in events()]
    assert len(kinds) == len(set(kinds)) > 80


def test_what_only_looks_is_named_by_kinds_that_there_are():
    assert {one.kind for one in events()} >= LOOKS


def test_every_event_has_the_fields_that_are_recorded_of_its_kind_and_schema():
    recorded = recorded_fields()
    assert [said for one in events() for said in complaints(one, recorded)] == []


def test_no_kind_that_a_log_may_hold_is_forgotten():
    assert recorded_fields().keys() == {one.kind for one in events()}


def test_the_record_is_as_it_is_written():
    assert FILE.read_text("utf-8") == json.dumps(recorded_fields(), indent=1) + "\n"


@pytest.mark.parametrize(
    ("event", "schemas", "said"),
    [
        (Toy, {}, "not the newest"),
        (Renamed, {"1": {"source": "str"}}, "schema was not raised"),
        (Grown, {"1": {"source": "str"}}, "not the newest"),
        (Grown, {"2": {"source": "str", "more": "int"}}, "follows none"),
        (PutFirst, {"1": {"source": "str"}, "2": {"more": "int", "source": "str"}}, "more than add fields"),
        (Grown, {"1": {"source": "int"}, "2": {"source": "str", "more": "int"}}, "more than add fields"),
        (Toy, {"1": {"source": "str"}, "2": {"source": "str", "more": "int"}}, "not the newest"),
    ],
)
def test_a_kind_that_grows_otherwise_is_named(event: type[Event], schemas: dict[str, dict[str, str]], said: str):
    assert said in " ".join(complaints(event, {"toy": schemas}))


def test_a_kind_may_grow_at_its_end_under_a_raised_schema():
    assert complaints(Grown, {"toy": {"1": {"source": "str"}, "2": {"source": "str", "more": "int"}}}) == []
    assert complaints(Toy, {"toy": {"1": {"source": "str"}}}) == []


def test_no_event_has_a_field_for_what_every_event_says():
    taken = {f"{one.kind}.{field.name}" for one in events() for field in fields(one) if field.name in BEFORE_ANY_FIELD}
    assert taken == set()


def test_an_event_says_who_did_it_and_in_which_role():
    told = SourceDeclared(source="dream", sha256="0").body(ANNA.in_role(Role.SYSTEM_OWNER), "now")
    assert told == {
        "kind": "source_declared",
        "schema": 1,
        "by": "anna",
        "by_role": "system_owner",
        "by_kind": "staff",
        "at": "now",
        "source": "dream",
        "sha256": "0",
    }


def test_staff_who_ask_for_somebody_outside_act_for_the_municipality():
    assert ANNA.role is Role.MUNICIPALITY
    for role in (Role.OPERATOR, Role.INVESTOR):
        assert ANNA.in_role(role) == ANNA


def test_a_client_and_a_service_keep_their_role():
    fokus, timer = actor.client("fokus-app", Role.OPERATOR), actor.service("scheduled pull")
    assert fokus.in_role(Role.DPO) == fokus
    assert timer.in_role(Role.SYSTEM_OWNER) == timer
    assert (timer.name, timer.role, timer.kind) == ("gateway (scheduled pull)", Role.MUNICIPALITY, ActorKind.SERVICE)


def test_nobody_has_the_name_of_a_service():
    with pytest.raises(ValueError, match="a service"):
        actor.staff_member("gateway (scheduled pull)")


def test_the_table_of_release_asks_is_called_so():
    assert ReleaseAsk.__tablename__ == RELEASE_ASKS
