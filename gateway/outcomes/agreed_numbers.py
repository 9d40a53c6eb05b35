"""The numbers of a term that the parties agree on, each with what the term becomes when that number alone changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar


class ContractRow(Protocol):
    """A dataclass whose fields stand in the contract file by name."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


TERM = TypeVar("TERM", covariant=True)
PART = TypeVar("PART")
WHOLE = TypeVar("WHOLE")
ROW = TypeVar("ROW", bound=ContractRow)


@dataclass(frozen=True, slots=True)
class AgreedNumber(Generic[TERM]):
    """`name` is where the number stands inside its row of the contract file, such as `points.2.at`."""

    name: str
    value: int
    with_value: Callable[[int], TERM]


def numbers_of(row: ROW, *fields: str) -> Iterator[AgreedNumber[ROW]]:
    """A number for each of these fields of the row that is not 0."""

    def number_in(field: str) -> AgreedNumber[ROW]:
        return AgreedNumber(field, getattr(row, field), lambda value: replace(row, **{field: value}))

    return (number_in(field) for field in fields if getattr(row, field))


def numbers_inside(
    name: str, numbers: Iterator[AgreedNumber[PART]], whole: Callable[[PART], WHOLE]
) -> Iterator[AgreedNumber[WHOLE]]:
    """The numbers of a part, under the part's name; `whole` gives the term with the part changed."""

    def number_in(number: AgreedNumber[PART]) -> AgreedNumber[WHOLE]:
        return AgreedNumber(f"{name}.{number.name}", number.value, lambda value: whole(number.with_value(value)))

    return (number_in(number) for number in numbers)
