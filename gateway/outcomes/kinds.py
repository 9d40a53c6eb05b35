"""The kinds of measures and tariffs that a contract file may name: a row each, and a module behind it.

A new kind is such a module, its row here, and its words (`gateway.wording.measures`, `gateway.wording.tariffs`).
"""

from __future__ import annotations

from gateway.outcomes.known_terms import kinds_by_word
from gateway.outcomes.measures import (
    days,
    each_day,
    earnings,
    follow_up,
    instrument,
    pay,
    people,
    retention,
    started,
    week_blocks,
    weeks,
)
from gateway.outcomes.tariffs import cohort_threshold, fee, linear, price, share, steps

MEASURES = kinds_by_word(
    weeks.KIND,
    people.KIND,
    retention.KIND,
    days.KIND,
    earnings.KIND,
    pay.KIND,
    follow_up.KIND,
    instrument.KIND,
    each_day.KIND,
    week_blocks.KIND,
    started.KIND,
)
TARIFFS = kinds_by_word(
    price.KIND,
    steps.KIND,
    linear.KIND,
    share.KIND,
    cohort_threshold.KIND,
    fee.KIND,
)
