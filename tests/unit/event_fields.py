"""The fields of every event, by kind and schema: what logs hold, and how a kind may grow.

    python -m tests.unit.event_fields

adds the fields of new kinds and of raised schemas to `event_fields.json`, and changes nothing that stands there.
"""

from __future__ import annotations

import json
import pkgutil
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import gateway.events
from gateway.events.event import Event

FILE = Path(__file__).with_suffix(".json")
Fields = dict[str, str]  # name -> type, in order
BY_SCHEMA = dict[str, dict[str, Fields]]  # kind -> schema -> fields


def events() -> list[type[Event]]:
    """Every event class there is."""
    topics = [import_module(f"gateway.events.{topic.name}") for topic in pkgutil.iter_modules(gateway.events.__path__)]
    found = {value for topic in topics for value in vars(topic).values() if isinstance(value, type)}
    return [one for one in found if issubclass(one, Event) and one is not Event]


def recorded_fields() -> BY_SCHEMA:
    """What the file holds."""
    kinds: BY_SCHEMA = json.loads(FILE.read_text("utf-8"))
    return kinds


def fields_of(event: type[Event]) -> Fields:
    return {field.name: str(field.type) for field in fields(event)}


def complaints(event: type[Event], recorded: BY_SCHEMA) -> list[str]:
    """What is wrong with an event class, against what was recorded of its kind."""
    schemas = recorded.get(event.kind, {})
    if str(event.schema) != max(schemas, key=int, default=""):
        return [f"{event.kind}: schema {event.schema} is not the newest that is recorded"]
    found = []
    if fields_of(event) != schemas[str(event.schema)]:
        found.append(f"{event.kind}: its fields were changed and its schema was not raised")
    for schema, earlier in schemas.items():
        if schema != "1" and str(int(schema) - 1) not in schemas:
            found.append(f"{event.kind}: schema {schema} follows none")
        later = schemas.get(str(int(schema) + 1), earlier)
        if list(later.items())[: len(earlier)] != list(earlier.items()):
            found.append(f"{event.kind}: schema {int(schema) + 1} does more than add fields at the end")
    return found


def main() -> None:
    recorded = recorded_fields() if FILE.exists() else {}
    for event in events():
        recorded.setdefault(event.kind, {}).setdefault(str(event.schema), fields_of(event))
    FILE.write_text(json.dumps(dict(sorted(recorded.items())), indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
