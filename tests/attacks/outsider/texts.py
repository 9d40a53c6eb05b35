"""Contract files of the attacker's own, written around the contract of the manual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.attacks.outsider.documents import name_of, week_named

HEAD = """schema = "outcome-contract/1"
id = "outsider"
version = 1
effective_from = {start}
title = "A contract of the attacker"
currency = "DKK"
rounding = "half_up"
illustrative = []

[parties.outcome_payer]
organisation = "payer"
name = "A municipality"
municipality_code = "851"

[parties.operator]
organisation = "operator"
name = "An operator"
legal_role = "processor"

[parties.investor]
organisation = "investor"
name = "An investor"

[cohort]
size = {size}
enrolment_from = {start}
enrolment_to = {end}
double_enrolment = "refuse"
{batches}
[sources]
status = "dream"
income = "income"
unknown_codes = "report"

[qualification]
week_belongs_to = "month_of_thursday"
missing_month = "no_hours"
first_week = "{first_week}"
neutral_statuses = []

[[states]]
id = "fleksjob"
label = {{ da = "fleksjob", en = "flexible job" }}
statuses = ["fleksjob"]

[[states]]
id = "education"
label = {{ da = "uddannelse", en = "education" }}
statuses = ["education"]

[[states]]
id = "paid"
label = {{ da = "løn", en = "pay" }}
statuses = ["any"]
income_types = ["wage"]

[exits]
withdrawn = "frozen"
objected = "frozen"
restricted = "frozen"
exited = "frozen"
prison = "frozen"
cohabitation = "frozen"
protected = "frozen"
moved = "{moved}"
dead = "failure"
pension = "failure"

[freeze]
days_after_window = 60

[disclosure]
k = 5
k_cohort = {k_cohort}
{more}"""


def window(label: str, first: str, last: str) -> str:
    return f'[[windows]]\nlabel = "{label}"\nfrom_week = "{first}"\nto_week = "{last}"\n'


def windows(start: str, lengths: Sequence[int]) -> str:
    """Windows of so many weeks, one after the other: w1, w2, …"""
    first, found = week_named(start), []
    for place, length in enumerate(lengths, 1):
        found.append(window(f"w{place}", name_of(first), name_of(first + length - 1)))
        first += length
    return "\n".join(found)


def measure(kind: str, states: Sequence[str], more: str, name: str = "m", goal: int = 0) -> str:
    quoted = ", ".join(f'"{state}"' for state in states)
    of = f"states = [{quoted}]\n" if states else ""
    text = f'[[measures]]\nid = "{name}"\nkind = "{kind}"\n{of}{more}\n'
    return text + (f"threshold_people = {goal}\n" if goal else "")


def price(of: str, minor: int | dict[str, int] = 1000, more: str = "") -> str:
    said = (
        f"price_minor = {minor}"
        if isinstance(minor, int)
        else "price_by_state = { " + ", ".join(f"{state} = {amount}" for state, amount in minor.items()) + " }"
    )
    return f'[[tariffs]]\nid = "{of}"\nkind = "price"\nof = "{of}"\n{said}\n{more}\n'


def release(template: str, recipients: Sequence[str], labels: Sequence[str] | str = "all") -> str:
    named = '"all"' if labels == "all" else "[" + ", ".join(f'"{one}"' for one in labels) + "]"
    quoted = ", ".join(f'"{one}"' for one in recipients)
    return f'[[releases]]\ntemplate = "{template}"\nrecipients = [{quoted}]\nwindows = {named}\n'


def notices(labels: Sequence[str]) -> str:
    """Statements to the operator of whom it takes back, by name, in these windows."""
    quoted = ", ".join(f'"{one}"' for one in labels)
    return f'[[statements]]\nkind = "relapse_notice"\nwindows = [{quoted}]\n'


def table(label: str, of: str = "m") -> str:
    """The terms of a table by class in one window."""
    return f'breakdown = "{of}"\nbreakdown_windows = ["{label}"]\n'


def contract(
    *terms: str,
    start: date,
    end: date,
    size: int = 30,
    k_cohort: int = 25,
    moved: str = "failure",
    first_week: str = "week_of_enrolment",
    totals: str = "",
    disclosure: str = "",
    batches: Sequence[tuple[int, date]] = (),
) -> str:
    """A contract that shows totals to the investor in all windows, or as `totals` says, and pays its operator.

    `batches` are people and cut-offs, where everybody's time begins when the batch closes.
    """
    terms_of_head = {"size": size, "k_cohort": k_cohort, "moved": moved, "first_week": first_week, "more": disclosure}
    closing = f'\n[[cohort.batches]]\nid = "all"\nsize = {size}\n'
    if batches:
        rows = (
            f'\n[[cohort.batches]]\nid = "b{place}"\nsize = {many}\ncut_off = {day}\n'
            for place, (many, day) in enumerate(batches, 1)
        )
        closing = 'time_from = "batch"\n' + "".join(rows)
    head = HEAD.format(start=start, end=end, batches=closing, **terms_of_head)
    shown = totals or release("contract_total", ["investor"])
    return "\n".join([head, *terms, shown, release("payment_document", ["operator"])])
