"""Calendars written down as a test tells them: who is shown what, and of how many people."""

from __future__ import annotations

from policies.calendar import AskedThreshold, Calendar, PlannedShow

EXACT, MET, OWED = "contract_total", "predicate", "payment_document"
MEASURE = AskedThreshold("m", 12, "threshold_people of m", is_goal=True)


def planned(template, recipient, window):
    return PlannedShow(template, recipient, f"organisation of the {recipient}", window)


def calendar(*shows, people=24, breakdowns=(), tied=(), **more):
    """A calendar with k_cohort 25: its cohort is small unless it is said to be larger."""
    pairs = frozenset(map(frozenset, tied))
    return Calendar(people, 5, 25, shows, breakdowns, pairs, **more)
