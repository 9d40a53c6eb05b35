"""A pytest plugin for `make mutants`: what a mutation run needs to be repeatable, and to be over in minutes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import Phase, settings

from outcome_verifier import claims

# the module as mutmut wrote it, compiled once
_CLAIMS = compile(Path(claims.__file__).read_bytes(), claims.__file__, "exec")
_WANTED = pytest.StashKey[dict[str, int]]()

# the same examples for every mutant, no deadline, since a slow machine kills nothing, and no search for a smaller one
_PHASES = (Phase.explicit, Phase.generate)
settings.register_profile("mutants", derandomize=True, deadline=None, database=None, phases=_PHASES)
settings.load_profile("mutants")


def pytest_configure(config: pytest.Config) -> None:
    """Collect whole files where hundreds of single tests are named: pytest is slow to look each of them up."""
    named = {name: place for place, name in enumerate(config.args)}
    if all("::" in name for name in named):
        config.stash[_WANTED] = named
        config.args = list(dict.fromkeys(name.partition("::")[0] for name in named))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what was named, in that order."""
    wanted = config.stash.get(_WANTED, None)
    if wanted is not None:
        items[:] = sorted((item for item in items if item.nodeid in wanted), key=lambda item: wanted[item.nodeid])


def pytest_runtest_setup() -> None:
    """Build the verifier's table of shapes again. It is built at import, and a mutant is switched on later."""
    exec(_CLAIMS, vars(claims))
