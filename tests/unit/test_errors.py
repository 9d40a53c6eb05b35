"""Every error of every room has a code of its own and a place in the table of outcomes."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

import connectors.errors
import gateway.errors
import keys.errors
import outcome_verifier.errors
import policies.errors
import vocabulary.errors
from gateway.errors.store import StoreBusy
from gateway.errors.table import known_codes, outcome

ROOMS = [
    *(import_module(f"gateway.errors.{module.name}") for module in pkgutil.iter_modules(gateway.errors.__path__)),
    connectors.errors,
    keys.errors,
    outcome_verifier.errors,
    policies.errors,
    vocabulary.errors,
]


def classes(room: ModuleType) -> list[type[Exception]]:
    found = [value for _, value in inspect.getmembers(room, inspect.isclass) if value.__module__ == room.__name__]
    return [value for value in found if issubclass(value, Exception)]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_every_class_has_its_own_code_and_an_outcome(room: ModuleType) -> None:
    for found in classes(room):
        code = vars(found).get("code")
        assert isinstance(code, str), f"{found.__name__} inherits its code"
        assert code in known_codes(), f"{found.__name__}: {code} has no outcome"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.__name__)
def test_the_tree_in_the_docstring_names_every_class(room: ModuleType) -> None:
    missing = [found.__name__ for found in classes(room) if found.__name__ not in (room.__doc__ or "")]
    assert missing == []


def test_codes_are_unique_across_rooms_and_none_is_left_over() -> None:
    codes = [vars(found)["code"] for room in ROOMS for found in classes(room)]
    assert sorted(codes) == sorted(set(codes))
    assert known_codes() == set(codes)


def test_outcomes_are_refusals() -> None:
    """No error ends like a success, on the command line or over HTTP."""
    found = outcome(StoreBusy())
    assert found is not None
    assert (found.exit_code, found.status) == (10, 503)
    assert outcome(ValueError("canary")) is None
