"""Random contracts and histories, as the plain dicts that the oracle reads; everything follows from one seed.

Terms are small against the length of a history, so that each rule is felt both by people who are paid and by people
who are not.
"""

from __future__ import annotations

import random
from typing import Any

from tests.property.oracle import DAYS, WEEK_OF_NAME, month_of_week

NAME_OF_WEEK = {week: name for name, week in WEEK_OF_NAME.items()}
RULES = ("frozen", "neutral", "censored", "failure", "out")
REASONS = ("withdrawn", "objected", "restricted", "exited", "prison", "cohabitation", "protected")
REGISTER = ("moved", "dead", "pension")
PAID_WORK = ("fleksjob", "skaanejob", "education", "supported_work")
WORK = (*PAID_WORK, "word:housed")
IDLE = ("unemployed", "benefit", "activation", "sickness", "wage_subsidy")
NEUTRAL = ("holiday", "parental_leave", "sickness")
EXITS = ("not_resident", "dead", "disability_pension", "old_age_pension")

STATES = (
    {"id": "job", "statuses": ["no_benefit"], "income_types": ["wage"], "hours": 1000},
    {"id": "partial", "statuses": ["unemployed", "benefit"], "income_types": ["wage"], "hours": 800},
    {"id": "coded", "statuses": ["fleksjob", "skaanejob"], "income_types": [], "hours": 0},
    {"id": "study", "statuses": ["education"], "income_types": [], "hours": 0},
    {"id": "granted", "statuses": ["no_benefit"], "income_types": ["education_grant", "wage"], "hours": 0},
    {"id": "home", "statuses": ["word:housed"], "income_types": [], "hours": 0},
    {"id": "odd", "statuses": ["supported_work", "disability_pension"], "income_types": [], "hours": 0},
    {"id": "off", "off": [*IDLE, *PAID_WORK, "holiday", "parental_leave"], "income_types": [], "hours": 0},
    {"id": "well", "off": ["sickness", "benefit"], "income_types": [], "hours": 0},
)
PAID = {"id": "pay", "statuses": ["no_benefit"], "income_types": ["wage", "b_income"], "hours": 0}
WAGES = {year: 12000 + 371 * (year - 2017) for year in range(2017, 2024)}


def day_text(number: int) -> str:
    return "{:04d}-{:02d}-{:02d}".format(*DAYS[number])


def contract_of(rng: random.Random) -> dict[str, Any]:
    first = WEEK_OF_NAME[rng.choice(("2018-W40", "2019-W01", "2019-W27", "2020-W10", "2020-W36"))]
    windows, week = [], first
    for number in range(rng.randint(2, 3)):
        last = week + rng.randint(12, 30)
        windows.append((f"w{number + 1}", NAME_OF_WEEK[week], NAME_OF_WEEK[last]))
        week = last + 1
    pauses = []
    if rng.random() < 0.35:
        at = first + rng.randint(0, week - first)
        for _ in range(rng.choice((1, 1, 2))):
            length = rng.randint(1, 9)
            pauses.append((NAME_OF_WEEK[at], NAME_OF_WEEK[at + length - 1]))
            at += length + rng.randint(1, 12)
    kinds = rng.sample(
        (
            "weeks",
            "people",
            "retention",
            "retention",
            "days",
            "earnings",
            "pay",
            "follow_up",
            "instrument",
            "each_day",
            "week_blocks",
            "started",
        ),
        rng.randint(1, 4),
    )
    measures = [_measure(rng, kind, f"m{number}") for number, kind in enumerate(kinds, start=1)]
    rounding = rng.choice(("down", "half_up", "half_even"))
    declared = {name: _declared(rng, len(windows)) for name in ("a1", "a2", "heads")}
    tariffs = [_price(rng, measure) for measure in measures]
    others = rng.sample(("fee", "steps", "linear", "share", "cohort_threshold"), rng.choice((0, 1, 1, 2)))
    names = [measure["id"] for measure in measures if measure["kind"] != "pay"]
    labels = [label for label, _, _ in windows]
    tariffs += [_tariff(rng, kind, names, labels) for kind in others]
    rng.shuffle(tariffs)
    for tariff in tariffs:
        tariff["cap_minor"] = rng.choice((0, 0, 0, rng.randint(1, 40000)))
        tariff["cap_window_minor"] = rng.choice((0, 0, 0, rng.randint(1, 20000)))
        tariff["carries_excess"] = bool(tariff["cap_window_minor"]) and rng.random() < 0.5
    with_capital = rng.random() < 0.2
    return {
        "first_week": rng.choice(("week_of_enrolment", "week_after_enrolment")),
        "missing_month": rng.choice(("no_hours", "carry_forward")),
        "neutral": sorted(rng.sample(NEUTRAL, rng.randint(0, 2))),
        "pauses": pauses,
        "windows": windows,
        "record_exits": {reason: rng.choice(RULES) for reason in REASONS},
        "register_exits": {exit_: rng.choice(RULES) for exit_ in REGISTER},
        "measures": measures,
        "tariffs": tariffs,
        "declared": declared,
        "rounding": rounding,
        "caps": {
            "contract_minor": rng.choice((0, 0, rng.randint(1, 3000), rng.randint(1, 3000), rng.randint(1000, 60000))),
            "person_minor": rng.choice((0, rng.randint(100, 20000))),
            "capital_minor": rng.randint(1000, 50000) if with_capital else 0,
            "return_per_mille_a_year": rng.randint(0, 150) if with_capital else 0,
            "return_years": rng.randint(1, 5) if with_capital else 0,
        },
    }


def _measure(rng: random.Random, kind: str, name: str) -> dict[str, Any]:
    measure: dict[str, Any] = {"id": name, "kind": kind, "states": rng.sample(STATES, rng.randint(3, len(STATES)))}
    days = rng.choice((0, rng.randint(30, 330)))
    match kind:
        case "weeks":
            measure["weeks_from_enrolment"] = rng.randint(2, 70)
        case "people":
            measure["sustained_weeks"] = rng.choice((1, rng.randint(2, 14)))
        case "retention":
            by_month = rng.random() < 0.5
            needed = rng.choice((1, 2, 2, 3) if by_month else (1, rng.randint(2, 16), rng.randint(2, 16)))
            within = needed + rng.choice((0, 0, rng.randint(1, 6)))
            days = days and days + 60
            measure |= {"needed": needed, "within": within, "by_month": by_month, "days_from_enrolment": days}
        case "days":
            needed = rng.randint(1, 150)
            measure |= {"needed": needed, "days_from_enrolment": days and max(days, needed)}
        case "earnings":
            by_index = rng.random() < 0.5
            measure["states"] = [PAID]
            measure["days_from_enrolment"] = days
            measure["earnings"] = {
                "amount_minor": 0 if by_index else rng.randint(1, 60) * 100_000,
                "hours_hundredths": rng.randint(1, 400) * 25 if by_index else 0,
                "index": WAGES if by_index else None,
                "counts_partial_months": rng.random() < 0.5,
            }
        case "pay":
            measure["states"] = [PAID]
            measure["days_from_enrolment"] = days
            measure |= {
                "counts_partial_months": rng.random() < 0.5,
                "most_minor": rng.choice((0, rng.randint(1, 90) * 10**5)),
            }
        case "follow_up":
            measure["months"] = sorted(rng.sample(range(1, 13), rng.randint(1, 3)))
        case "instrument":
            is_class = rng.random() < 0.5
            measure |= {
                "states": [],
                "better": rng.choice(("higher", "lower")),
                "change_at_least": 0 if is_class else rng.randint(1, 40),
                "class_from": rng.randint(20, 80) if is_class else 0,
                "baseline_within_days": rng.choice((0, 10, 60)),
                "follow_up_within_days": rng.choice((0, 14, 30)),
                "months": sorted(rng.sample(range(1, 13), rng.randint(1, 3))),
            }
        case "each_day":
            measure["days_from_enrolment"] = rng.randint(1, 330)
        case "week_blocks":
            measure |= {"weeks_per_block": rng.randint(1, 9), "most_blocks": rng.randint(1, 6)}
            measure["weeks_from_enrolment"] = rng.choice((0, rng.randint(5, 60)))
            measure["consecutive"] = rng.random() < 0.5
        case "started":
            measure["states"] = []
    if kind in ("people", "retention", "days", "week_blocks"):
        measure["outcome_state"] = rng.choice((None, "last", "most", "most", "lowest"))
    return measure


def _price(rng: random.Random, measure: dict[str, Any]) -> dict[str, Any]:
    if measure["kind"] == "pay":
        return {
            "id": f"t-{measure['id']}",
            "kind": "share",
            "of": measure["id"],
            "share_per_mille": rng.randint(1, 100),
            "price_by_state": None,
            "index": None,
        }
    by_state = bool(measure["states"]) and rng.random() < 0.4
    index = rng.random() < 0.4
    return {
        "id": f"t-{measure['id']}",
        "kind": "price",
        "of": measure["id"],
        "price_minor": 0 if by_state else rng.randint(1, 9999),
        "price_by_state": {one["id"]: rng.randint(1, 9999) for one in measure["states"]} if by_state else None,
        "index": WAGES if index else None,
        "base_year": rng.randint(2017, 2020) if index else 0,
    }


def _declared(rng: random.Random, windows: int) -> list[int | None]:
    """A figure by window; None before it is due."""
    due = rng.randint(0, windows)
    return [rng.randint(-200, 900) if number >= due else None for number in range(windows)]


def _tariff(rng: random.Random, kind: str, measures: list[str], labels: list[str]) -> dict[str, Any]:
    tariff: dict[str, Any] = {"id": f"t-{kind}", "kind": kind, "of": "", "price_minor": rng.randint(1, 9999)}
    match kind:
        case "steps" | "linear":
            tariff["of"] = rng.choice(("a1", *measures))
            places = sorted(rng.sample(range(-20, 400), rng.randint(2, 5)))
            if tariff["of"] != "a1":
                places = sorted(rng.sample(range(30), rng.randint(2, 5)))
            tariff["points"] = [(at, rng.randint(0, 30000)) for at in places]
        case "share":
            tariff |= {
                "of": "a1",
                "minus": rng.choice(("", "a2")),
                "multiplier": rng.choice(("", "heads")),
                "share_per_mille": rng.randint(1, 1000),
                "may_be_negative": rng.random() < 0.5,
            }
        case "cohort_threshold":
            pooled = ("heads", rng.randint(1, 600), rng.choice(labels)) if rng.random() < 0.6 else None
            tariff |= {"cohorts": [("a1", rng.randint(1, 800)), ("a2", rng.randint(1, 800))], "pooled": pooled}
    return tariff


def history_of(rng: random.Random, contract: dict[str, Any]) -> dict[str, Any]:
    """Rows as two registers might have sent them: with gaps, overlaps, doubles and corrections."""
    first, last = WEEK_OF_NAME[contract["windows"][0][1]], WEEK_OF_NAME[contract["windows"][-1][2]]
    is_late = rng.random() < 0.25
    enrolled = 7 * first + (rng.randint(0, 7 * (last - first) + 13) if is_late else rng.randint(0, 27))
    works = rng.choice((0.25, 0.6, 0.85))
    spells: list[tuple[str, str, str]] = []
    week = enrolled // 7 - rng.randint(0, 6)
    while week <= last:
        length = rng.choice((1, 2, rng.randint(1, 8), rng.randint(4, 30)))
        to = min(week + length - 1, last + 2)
        _spell(rng, spells, _status(rng, contract, works), week, to)
        week = to + 1
    if rng.random() < 0.1:  # dead, and shown so ever after
        died = rng.randint(enrolled // 7, last + 1)
        spells = [row for row in spells if WEEK_OF_NAME[row[2]] < died]
        _spell(rng, spells, "dead", died, max(died, last))
    stop = None
    if rng.random() < 0.3:
        since = rng.randint(enrolled - 10, 7 * last + 20)
        stop = (rng.choice(REASONS), None if rng.random() < 0.1 else day_text(since))
    return {
        "enrolled_on": day_text(enrolled),
        "spells": spells,
        "postings": _postings(rng, works, enrolled // 7 - 4, last + 3),
        "stop": stop,
        "scores": _scores(rng, enrolled),
    }


def _scores(rng: random.Random, enrolled: int) -> list[tuple[str, int]]:
    """Of one instrument: about the start, and about the days so many months later; each day once."""
    days = [enrolled + rng.randint(-12, 20)] if rng.random() < 0.9 else []
    for months in range(1, 13):
        days += [enrolled + 30 * months + rng.randint(-20, 20) for _ in range(rng.choice((0, 1, 1, 2)))]
    return [(day_text(day), rng.randint(0, 100)) for day in sorted(set(days))]


def _status(rng: random.Random, contract: dict[str, Any], works: float) -> str:
    drawn = rng.random()
    if drawn < 0.06:
        return ""  # a gap
    if drawn < 0.10:
        return rng.choice(EXITS)
    if drawn < 0.13:
        return "unknown"
    if drawn < 0.25:
        return rng.choice(contract["neutral"] or NEUTRAL)
    return rng.choice((*WORK, "no_benefit", "no_benefit")) if rng.random() < works else rng.choice(IDLE)


def _spell(rng: random.Random, spells: list[tuple[str, str, str]], status: str, week: int, to: int) -> None:
    if not status:
        return
    spells.append((status, NAME_OF_WEEK[week], NAME_OF_WEEK[to]))
    drawn = rng.random()
    if status in EXITS and drawn < 0.3:  # two exits in one week, such as a pension of somebody who moves away
        spells.append((rng.choice(EXITS), NAME_OF_WEEK[week], NAME_OF_WEEK[to]))
    elif drawn < 0.06:  # the same from a second source
        spells.append((status, NAME_OF_WEEK[week], NAME_OF_WEEK[to]))
    elif drawn < 0.14:  # and another status beside it, in some of the weeks
        other = rng.choice((*WORK, *IDLE, *NEUTRAL, "no_benefit"))
        spells.append((other, NAME_OF_WEEK[rng.randint(week, to)], NAME_OF_WEEK[to]))


def _postings(rng: random.Random, works: float, first: int, last: int) -> list[tuple[str, str, int, bool, int]]:
    rows = []
    for year, month in sorted({month_of_week(week) for week in range(first, last + 1)}):
        name = f"{year}-{month:02d}"
        if rng.random() < works:
            hours = rng.choice((rng.randint(0, 3000), 4000, 5000, 3999, rng.randint(3000, 18500)))
            rows.append((name, rng.choice(("wage", "wage", "wage", "b_income")), hours, False, hours * 150))
            drawn = rng.random()
            if drawn < 0.08:  # taken back whole, perhaps to be paid anew
                rows.append((name, rows[-1][1], -hours, True, -hours * 150))
                if rng.random() < 0.5:
                    rows.append((name, rows[-1][1], hours, False, hours * 150))
            elif drawn < 0.16:  # corrected by a part
                part = rng.randint(0, max(0, hours))
                rows.append((name, rows[-1][1], -part, True, -part * 150 - 1))
        if rng.random() < 0.05:  # pay of an earlier month is taken back in this one
            rows.append((name, rng.choice(("wage", "b_income")), 0, True, -rng.randint(1, 4_000_000)))
        if rng.random() < 0.15:
            rows.append((name, "education_grant", 0, False, 658900))
            if rng.random() < 0.3:
                rows.append((name, "education_grant", 0, True, -658900))
    rng.shuffle(rows)
    return rows
