"""Kinds stand in logs for years: each event writes its own out, no two share one, and lists of kinds know them."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import gateway.events
from gateway.events.event import Event
from gateway.store.moves import LOOKS


def events() -> list[type[Event]]:
    topics = [import_module(f"gateway.events.{topic.name}") for topic in pkgutil.iter_modules(gateway.events.__path__)]
    found = {value for topic in topics for value in vars(topic).values() if isinstance(value, type)}
    return [one for one in found if issubclass(one, Event) and one is not Event]


def test_every_event_writes_its_kind_out():
    assert [one.__name__ for one in events() if not isinstance(vars(one).get("kind"), str)] == []


def test_no_two_events_share_a_kind():
    kinds = [one.kind for one in events()]
    assert len(kinds) == len(set(kinds)) > 80


def test_what_only_looks_is_named_by_kinds_that_there_are():
    assert {one.kind for one in events()} >= LOOKS
