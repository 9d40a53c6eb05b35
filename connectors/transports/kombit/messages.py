"""The messages of every operation: a module that writes its question and reads its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from connectors.transports.kombit import sf0770_a, sf1491_bevilling, sf1491_effektuering, sf1520
from connectors.transports.kombit.question import Question
from connectors.transports.xml import Element


class Messages(Protocol):
    """What the module of an operation has."""

    def build(self, question: Question) -> Element: ...
    def parse(self, content: Element, question: Question) -> list[dict[str, str]]:
        """A record for each thing that the answer tells, by the operation's columns; a `SourceError`."""
        ...


MESSAGES: Mapping[str, Messages] = {
    "sf1491.effektuering": sf1491_effektuering,
    "sf1491.bevilling": sf1491_bevilling,
    "sf0770_a": sf0770_a,
    "sf1520": sf1520,
}
