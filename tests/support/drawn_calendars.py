"""Contracts of years drawn at random: up to three measures of any kind, windows of a month to three quarters."""

from __future__ import annotations

import random
import re

from tests.attacks.seeded import contract_text
from vocabulary.weeks import Week

_FOUR = 'states = ["ordinary_job", "fleksjob", "skaanejob", "education"]'
_WAGE = 'states = ["ordinary_job"]'
_INDEX = """[[indices]]
id = "i"
source = "a table"
values = { 2018 = 99, 2019 = 100, 2020 = 103, 2021 = 107, 2022 = 109, 2023 = 111, 2024 = 117 }
"""


def _measure(draw: random.Random, place: int) -> str:
    kind = draw.choice(("weeks", "people", "retention", "days", "follow_up", "earnings"))
    limit = draw.choice(("", f"\ndays_from_enrolment = {draw.choice((182, 200, 365, 730))}"))
    needed = draw.choice((30, 91, 182))
    terms = {
        "weeks": f"weeks_from_enrolment = {draw.choice((13, 26, 39, 52, 60, 82, 104, 156))}",
        "people": f"sustained_weeks = {draw.choice((1, 4, 13, 26))}",
        "retention": draw.choice(
            (
                f'period = "week"\nneeded = {draw.choice((4, 13, 26))}',
                f'period = "month"\nneeded = {draw.choice((1, 3, 6))}',
                'period = "week"\nneeded = 13\nwithin = 26',
            )
        )
        + limit,
        "days": f"needed = {needed}" + draw.choice(("", f"\ndays_from_enrolment = {draw.choice((365, 730))}")),
        "follow_up": f"months = {sorted(draw.sample(range(1, 30), draw.randint(1, 4)))}",
        "earnings": 'earnings = { amount_minor = 100000, partial_months = "leave_out" }' + limit,
    }[kind]
    states = _WAGE if kind == "earnings" else draw.choice((_FOUR, _FOUR, 'states = ["fleksjob"]'))
    return f'[[measures]]\nid = "m{place}"\nkind = "{kind}"\n{states}\n{terms}\n'


def _windows(draw: random.Random) -> str:
    week, found = Week.parse("2018-W40"), []
    for place in range(draw.randint(2, 7)):
        last = week + draw.choice((4, 9, 13, 13, 26, 26, 39)) + -1
        found.append(f'[[windows]]\nlabel = "w{place}"\nfrom_week = "{week}"\nto_week = "{last}"\n')
        week = last + 1
    return "\n".join(found)


def draw_years(seed: int) -> str:
    """The text of one contract; the product may refuse it, since nobody reaches something in it."""
    draw = random.Random(seed)
    text = contract_text("impact60", size=draw.choice((30, 120)))
    frozen, neutral = text.replace('"neutral"', '"frozen"'), text.replace('moved = "failure"', 'moved = "neutral"')
    text = frozen if draw.random() < 0.7 else neutral
    text = re.sub(r"(?s)\[\[measures\]\].*?(?=\[\[windows)", "", text, count=1)
    text = re.sub(r"(?s)\[\[windows\]\].*?(?=\[freeze\])", _windows(draw) + "\n", text)
    text = re.sub(r"(?m)^(breakdown|breakdown_windows|reasons_windows) =.*\n", "", text)
    text = re.sub(r"(?s)illustrative = \[.*?\]", "illustrative = []", text, count=1)
    text = re.sub(r"(?s)# Where the invoice goes.*", "", text).replace('rounding = "none"', 'rounding = "down"')
    until = draw.choice(("2018-10-07", "2018-12-30", "2019-03-31"))
    text = text.replace("enrolment_to = 2018-12-30", f"enrolment_to = {until}")
    indexed = draw.random() < 0.4
    parts = [text, _INDEX if indexed else ""]
    for place in range(draw.randint(1, 3)):
        price = f'[[tariffs]]\nid = "t{place}"\nkind = "price"\nof = "m{place}"\nprice_minor = {1000 + place}\n'
        parts += [_measure(draw, place), price + ('index = "i"\nbase_year = 2019\n' if indexed else "")]
    parts.append("[caps]\nperson_minor = 5000\n" if draw.random() < 0.2 else "")
    return "\n".join(parts)
