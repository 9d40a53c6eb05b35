"""A pytest plugin for `make mutants`: what a mutation run needs to be repeatable, and to be over within the hour."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Generator
from functools import _lru_cache_wrapper, lru_cache
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from mutmut.state import state

from gateway.store import ledger
from outcome_verifier import acceptance, claims, countersignature, shapes

_MOST_MEMORY = 2 << 30
_OURS = ("vocabulary", "connectors", "keys", "policies", "gateway", "outcome_verifier", "tests")

# the modules that build something by functions of their own at import, as mutmut wrote them, compiled once; a table of
# shapes after those that it takes shapes from
_TABLES = [
    (module, compile(Path(module.__file__).read_bytes(), module.__file__, "exec"))
    for module in (ledger, shapes, claims, acceptance, countersignature)
]
_WANTED = pytest.StashKey[dict[str, int]]()
_met_by_fixtures: dict[tuple[str, str], set[str]] = {}  # (where it stands, its name) -> the functions that it met

# the same examples for every mutant, no deadline, since a slow machine kills nothing, and no search for a smaller one
_PHASES = (Phase.explicit, Phase.generate)
settings.register_profile("mutants", derandomize=True, deadline=None, database=None, phases=_PHASES)
settings.load_profile("mutants")


def pytest_configure(config: pytest.Config) -> None:
    """Collect whole files where hundreds of single tests are named: pytest is slow to look each of them up.

    A mutant that loops is stopped by its own processor time, since the clock of a busy machine says nothing.
    """
    named = {name: place for place, name in enumerate(config.args)}
    if all("::" in name for name in named):
        config.stash[_WANTED] = named
        config.args = list(dict.fromkeys(name.partition("::")[0] for name in named))
    if "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", ""):
        known = state().duration_by_test
        seconds = 5 + 3 * sum(known.get(name, 0) for name in named)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds), hard))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what was named; first the tests that meet few functions, since they are about this one."""
    wanted = config.stash.get(_WANTED, None)
    if wanted is not None:
        met = Counter(name for names in state().tests_by_mangled_function_name.values() for name in names)
        named = (item for item in items if item.nodeid in wanted)
        items[:] = sorted(named, key=lambda item: (met[item.nodeid], wanted[item.nodeid]))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
    """Remember what a fixture meets that is set up once for many tests: mutmut counts it as met by the first alone."""
    before = set(state()._stats)
    made = yield
    if fixturedef.scope != "function":
        _met_by_fixtures[fixturedef.baseid, fixturedef.argname] = state()._stats - before
    return made


def pytest_runtest_call(item: pytest.Function) -> None:
    """Count what such a fixture met as met by every test that uses it."""
    for (place, name), functions in _met_by_fixtures.items():
        if name in item.fixturenames and item.nodeid.startswith(place):
            state()._stats.update(functions)


def pytest_runtest_setup() -> None:
    """Build again what is built at import, since a mutant is switched on later, and forget every cached answer: what a
    test read before would hide the mutant, and that the next one meets it."""
    for module, code in _TABLES:
        exec(code, vars(module))
    for one in _caches():
        one.cache_clear()


@lru_cache(maxsize=1)
def _caches() -> list[_lru_cache_wrapper[object]]:
    """Every cache of answers that a module of ours has, but for this one."""
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] in _OURS]
    found = [one for module in modules for one in vars(module).values() if isinstance(one, _lru_cache_wrapper)]
    return [one for one in found if one is not _caches]
