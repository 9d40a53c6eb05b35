"""One file of a declared source, read by the connector of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.declaration import SourceDeclaration
from connectors.dream import pull_dream
from connectors.income import pull_income
from connectors.reading import check_name
from connectors.records import Week
from connectors.ydelsesrefusion import pull_ydelsesrefusion

_PULL: Mapping[str, Callable[..., Pulled]] = {
    "dream": pull_dream,
    "ydelsesrefusion": pull_ydelsesrefusion,
    "income": pull_income,
}


def pull_file(
    path: Path,
    declaration: SourceDeclaration,
    matcher: CohortMatcher,
    *,
    weeks: tuple[Week, Week],
    keeps_amounts: bool = False,
    progress: Progress = no_progress,
) -> Pulled:
    """Read one file as its source declares it; amounts of money only where they are needed.

    Raises a `ConnectorError`; then nothing of it is kept.
    """
    check_name(path, declaration.transport.pattern)
    needed = {"keeps_amounts": True} if keeps_amounts and declaration.kind == "income" else {}
    return _PULL[declaration.kind](path, declaration, matcher, weeks=weeks, progress=progress, **needed)
