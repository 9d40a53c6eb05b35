"""One thing that `gateway doctor` says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

OK, WARN, FAIL = "ok", "warn", "fail"
LOOK_AHEAD = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding with its level, and what helps."""

    level: str
    what: str
    advice: str = ""
