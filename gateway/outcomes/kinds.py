"""The kinds of measures and tariffs that a contract file may name: a row each, and a module behind it."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.outcomes.known_terms import MeasureKind, TariffKind
from gateway.outcomes.measures import days, earnings, follow_up, people, retention, weeks
from gateway.outcomes.tariffs import cohort_threshold, fee, linear, price, share, steps

MEASURES: Mapping[str, MeasureKind] = {
    kind.word: kind for kind in (weeks.KIND, people.KIND, retention.KIND, days.KIND, earnings.KIND, follow_up.KIND)
}
TARIFFS: Mapping[str, TariffKind] = {
    kind.word: kind for kind in (price.KIND, steps.KIND, linear.KIND, share.KIND, cohort_threshold.KIND, fee.KIND)
}
