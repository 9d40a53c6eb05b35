"""That nobody is fixed is no art where nothing is shown: what the product must let pass of enrolments that exist."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attacks.outsider.floors import Shown, augsburg_like, denver_like, example, five_years, shown_by
from tests.attacks.outsider.product import verdict

FLOORS = {
    "impact60": (lambda: example("impact60"), Shown(6, 6, 0, 6)),
    "ballerup": (lambda: example("ballerup"), Shown(0, 4, 79, 4)),  # ten people: met or not, once, at the end
    "aarhus": (lambda: example("aarhus"), Shown(0, 5, 209, 5)),  # a price for each state: nothing to the investor
    "Denver-like": (lambda: denver_like(9), Shown(12, 20, 104, 20)),
    "Augsburg-like": (lambda: augsburg_like(10), Shown(7, 16, 117, 16)),
    "five-year enrolment": (lambda: five_years(21), Shown(8, 28, 260, 28)),
}
SLOW = ("Denver-like", "Augsburg-like", "five-year enrolment")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in SLOW else []) for name in FLOORS]
)
def test_so_much_is_shown_and_everything_is_paid_on_time(name: str, tell: Callable[[str], None]):
    """Windows with a total on time, the longest wait for one in weeks, and a payment document for each window."""
    make, floor = FLOORS[name]
    terms = make()
    assert verdict(terms.text).passes
    shown = shown_by(terms)
    tell(
        f"outsider, {name}: {shown.windows} of {shown.of} windows shown on time, longest wait"
        f" {shown.longest_wait_weeks} weeks, {shown.paid_windows} windows paid exactly"
    )
    assert shown.windows >= floor.windows
    assert shown.longest_wait_weeks <= floor.longest_wait_weeks
    assert shown.paid_windows == shown.of
