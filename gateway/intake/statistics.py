"""Use case: a statistics service is asked for the figures of a declaration, which are shown and kept nowhere.

Figures are about groups. So no policy is asked, no contract is named, and nothing of the answer is stored; the access
log says who asked which service, with the digests of question and answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal

from connectors.aggregates import AggregateDeclaration, Statistics, fetch
from connectors.errors import ConnectorError
from connectors.transport import Clock, Secrets
from connectors.transports.addresses import host_of
from gateway.events.sources import StatisticsAsked
from gateway.installation.gateway import Gateway
from outcome_verifier import canonical

Row = tuple[str | Decimal | None, ...]  # labels and figures in the order of the declared columns


@dataclass(frozen=True, slots=True)
class StatisticsAnswer:
    """What was asked of whom, and the answer. `content()` tells all of it, and the same for the same answer."""

    declaration: AggregateDeclaration
    statistics: Statistics

    @property
    def host(self) -> str:
        return host_of(self.declaration.url)

    @property
    def rows(self) -> list[Row]:
        """The answer as the service's own table; a figure is None where the service shows none."""
        figures, wide = self.statistics.figures, len(self.declaration.measures)
        rows = []
        for first in range(0, len(figures), wide):
            of_row = figures[first : first + wide]
            cells = {**of_row[0].about, **{figure.measure: figure.value for figure in of_row}}
            rows.append(tuple(cells[name] for name in self.declaration.columns))
        return rows

    @property
    def not_shown(self) -> int:
        """How many figures the service shows no number of."""
        return sum(figure.value is None for figure in self.statistics.figures)

    def content(self) -> bytes:
        """Canonical JSON without an instant, so that whoever gets the same answer has the same bytes.

        Numbers are texts, exact as they were given; null is not shown.
        """
        declared = self.declaration
        return canonical.dumps(
            {
                "id": declared.id,
                "title": declared.title,
                "service": declared.service,
                "source": self.host,
                "table": declared.table,
                "declaration_sha256": self.statistics.declaration_sha256,
                "answer_sha256": self.statistics.answer_sha256,
                "columns": list(declared.columns),
                "measures": list(declared.measures),
                "rows": [[f"{cell:f}" if isinstance(cell, Decimal) else cell for cell in row] for row in self.rows],
            }
        )

    @property
    def inputs_sha256(self) -> str:
        """The digest of the content, by which a declared aggregate can name what it was computed from."""
        return hashlib.sha256(self.content()).hexdigest()


def ask_statistics(
    gateway: Gateway, declaration: AggregateDeclaration, *, secrets: Secrets, clock: Clock
) -> StatisticsAnswer:
    """Ask the service, and log how it ended before anybody sees a figure.

    Raises a `SourceError`, `SchemaChanged` among them, or `SecretMissing`; that is logged too.
    """
    try:
        asked = StatisticsAnswer(declaration, fetch(declaration, secrets, clock))
    except ConnectorError as error:
        _record(gateway, declaration, None, error=error.code)
        raise
    _record(gateway, declaration, asked, error="")
    return asked


def _record(gateway: Gateway, declaration: AggregateDeclaration, asked: StatisticsAnswer | None, *, error: str) -> None:
    with gateway.write() as uow:
        uow.record(
            StatisticsAsked(
                service=declaration.service,
                host=host_of(declaration.url),
                table=declaration.table,
                declaration_sha256=declaration.sha256,
                answer_sha256="" if asked is None else asked.statistics.answer_sha256,
                figures=0 if asked is None else len(asked.statistics.figures),
                not_shown=0 if asked is None else asked.not_shown,
                error=error,
            )
        )
