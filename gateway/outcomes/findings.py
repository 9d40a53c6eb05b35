"""A finding of a careful reader of a contract, with its line and a way out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LintFinding:
    """`line` is 1-based in the contract file. One that `refuses` keeps the contract from being put in force."""

    rule: str
    line: int
    what: str
    suggestion: str
    refuses: bool = False

    def __str__(self) -> str:
        return f"line {self.line}: {self.what} ({self.rule}); {self.suggestion}"
