"""Errors of trials: a branch of the tree in `gateway.errors.tree`.

Refused
└── TrialRefused
"""

from __future__ import annotations

from gateway.errors.tree import Refused


class TrialRefused(Refused):
    """`rule` is one of: not-proposed, not-tried-here, tried-before, files, list, too-few, enrolled, near, weeks,
    few-apart."""

    code = "trial-refused"

    def __init__(self, *, draft: str, rule: str, reason: str) -> None:
        self.rule = rule
        super().__init__(f"{draft} was not tried ({rule}): {reason}; nothing is kept of anybody")
