"""Enrolments as of bonds that exist: what must still be shown of them, or refusing everything would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.attacks.outsider import texts
from tests.attacks.outsider.documents import Terms, read

EXAMPLES = Path(__file__).parents[3] / "examples" / "contracts"


@dataclass(frozen=True)
class Shown:
    """What the investor of a contract sees: windows with a total on time, and the longest wait for one in weeks."""

    windows: int
    of: int
    longest_wait_weeks: int
    paid_windows: int  # payment documents for the creditor: exact, and each on time


def shown_by(terms: Terms) -> Shown:
    total = sorted(
        {one.at for one in terms.releases if (one.template, one.recipient) == ("contract_total", "investor")}
    )
    told = total or [one.at for one in terms.releases if one.recipient == "investor"]
    ends = [window.last for window in terms.windows]
    waits = [ends[next((at for at in told if at >= place), len(ends) - 1)] - end for place, end in enumerate(ends)]
    paid = {one.at for one in terms.releases if one.template == "payment_document"}
    return Shown(len(total), len(ends), max(waits), len(paid))


def example(name: str) -> Terms:
    return read((EXAMPLES / f"{name}.toml").read_text("utf-8"))


def quarterly(measure: str, *, size: int, enrolment_years: float, years: int, first_shown: int) -> Terms:
    """People who begin over years, asked each quarter: totals for the investor from a quarter on."""
    quarters = [f"w{place + 1}" for place in range(4 * years)]
    return read(
        texts.contract(
            measure,
            texts.price("m", 150000),
            texts.windows("2020-W01", [13] * (4 * years)),
            start=date(2019, 12, 30),
            end=date.fromordinal(date(2019, 12, 30).toordinal() + int(364 * enrolment_years) - 1),
            size=size,
            totals=texts.release("contract_total", ["investor"], quarters[first_shown - 1 :]),
        )
    )


def denver_like(first_shown: int = 9) -> Terms:
    """250 people over two years into housing; who is housed is asked each quarter for five years."""
    held = texts.measure("people", ["fleksjob"], "sustained_weeks = 13", goal=100)
    return quarterly(held, size=250, enrolment_years=1.75, years=5, first_shown=first_shown)


def augsburg_like(first_shown: int = 9) -> Terms:
    """100 young people over two years; reached is half a year in work, by each quarter."""
    held = texts.measure("retention", ["fleksjob"], 'period = "week"\nneeded = 26')
    return quarterly(held, size=100, enrolment_years=1.75, years=4, first_shown=first_shown)


def five_years(first_shown: int = 21) -> Terms:
    """150 people over five years, and two more in which they are followed."""
    held = texts.measure("people", ["fleksjob"], "sustained_weeks = 13", goal=60)
    return quarterly(held, size=150, enrolment_years=4.75, years=7, first_shown=first_shown)
