"""A view as JSON: what becomes of names, days, closed sets, and of what is not there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import pytest
from pydantic import TypeAdapter

from gateway.wording.views import View, as_json


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Part:
    from_: date
    """First day."""
    colour: Colour


@dataclass(frozen=True, slots=True)
class Whole(View):
    """Amounts in øre."""

    parts: tuple[Part, ...]
    left: int | None
    """What is left."""
    names: dict[str, str]
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Untellable(View):
    at: datetime | set[str]


NO_INSTANT = datetime.fromisoformat("2020-01-01T00:00:00")  # nobody knows in which time zone
PARTS = (Part(date(2020, 1, 2), Colour.RED),)


def test_a_view_is_written_member_by_member():
    assert as_json(Whole(PARTS, None, {"b": "x", "a": "y"}, said="yes")) == {
        "parts": [{"from": "2020-01-02", "colour": "red"}],
        "left": None,
        "names": {"b": "x", "a": "y"},
        "said": "yes",
    }


def test_only_what_may_be_left_out_is_left_out():
    assert list(as_json(Whole((), None, {}))) == ["parts", "left", "names"]


@pytest.mark.parametrize("value", [NO_INSTANT, {"a"}])
def test_what_is_not_plain_is_refused(value: datetime | set[str]):
    with pytest.raises(TypeError):
        as_json(Untellable(value))


def test_the_schema_says_what_the_texts_below_the_fields_say():
    schema = TypeAdapter(Whole).json_schema(mode="serialization")
    assert schema["description"] == "Amounts in øre."
    assert schema["properties"]["left"]["description"] == "What is left."
    assert schema["$defs"]["Part"]["properties"]["from"]["description"] == "First day."
    assert schema["required"] == ["parts", "left", "names"]
