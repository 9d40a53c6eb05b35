"""What a use case shows, and the same as JSON: the API sends it, a file holds it, a digest commits to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import ClassVar

from typing_extensions import TypeAliasType  # `type` of the language from Python 3.12 on; the API's schema reads it

JsonValue = TypeAliasType("JsonValue", "str | int | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None")


def json_name(field: str) -> str:
    """The member that a field becomes: a name that Python keeps for itself has an underscore behind it there."""
    return field.removesuffix("_")


class View:
    """What a use case shows: a frozen dataclass of plain values that stands in the room of its use case.

    Its docstring says units and who may see it, a text below a field what the field means: the API's schema is made of
    both. A field whose default is None is left out of the JSON where it is None.
    """

    __slots__ = ()
    __pydantic_config__: ClassVar[Mapping[str, bool | Callable[[str], str]]] = {  # read by the API alone
        "use_attribute_docstrings": True,
        "alias_generator": json_name,
    }


def as_json(view: View) -> dict[str, JsonValue]:
    """The view's members in the order of its fields: days and instants as ISO 8601, members of a closed set by their
    values.

    Raises `TypeError` for a value that is not plain.
    """
    return _members(view)


def _members(shown: object) -> dict[str, JsonValue]:
    if not is_dataclass(shown):
        raise TypeError(f"{type(shown).__name__} is not a view")
    values = [(field, getattr(shown, field.name)) for field in fields(shown)]
    return {json_name(one.name): _plain(value) for one, value in values if value is not None or one.default is not None}


def _plain(value: object) -> JsonValue:
    match value:
        case Enum():
            return _plain(value.value)
        case None | str() | int():
            return value
        case date() if not isinstance(value, datetime) or value.tzinfo is not None:
            return value.isoformat()
        case Mapping():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return _members(value)
