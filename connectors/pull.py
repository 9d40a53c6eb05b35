"""One file of a declared source, read by the connector of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from connectors.base import Progress, Pulled, no_progress
from connectors.boundary import CohortMatcher
from connectors.declaration import SourceDeclaration
from connectors.dream import pull_dream
from connectors.errors import FileAhead
from connectors.income import pull_income
from connectors.reading import check_is_a_table, check_name
from connectors.source_file import SourceFile
from connectors.ydelsesrefusion import pull_ydelsesrefusion
from vocabulary.errors import DeclarationInvalid
from vocabulary.weeks import Week

_PULL: Mapping[str, Callable[..., Pulled]] = {
    "dream": pull_dream,
    "ydelsesrefusion": pull_ydelsesrefusion,
    "income": pull_income,
}


def check_is_a_kind_of_file(declaration: SourceDeclaration) -> None:
    """Raise `DeclarationInvalid` for a source of records: what its files cover does not stand in their names."""
    if declaration.kind not in _PULL:
        reason = f"is {declaration.kind}: its files are records, and are not pulled one by one"
        raise DeclarationInvalid(file=declaration.file, line=1, key="kind", reason=reason)


def pull_file(
    file: SourceFile,
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
    check_is_a_kind_of_file(declaration)
    check_name(file.name, declaration.form.pattern)
    check_is_a_table(file)
    needed = {"keeps_amounts": True} if keeps_amounts and declaration.kind == "income" else {}
    return _PULL[declaration.kind](file, declaration, matcher, weeks=weeks, progress=progress, **needed)


def check_has_come(pulled: Pulled, *, today: date) -> None:
    """Raise `FileAhead` where a file tells of days that have not come, or says that it was made then."""
    if pulled.newest > today:
        raise FileAhead(file=pulled.file, newest=pulled.newest)
