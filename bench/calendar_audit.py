"""The audit of a calendar of 20 windows and 5 measures, against evaluating one window of the same 5,000 people.

On a contract of few windows the spaces of all first days are held against those that every possible life spans, asked
one by one. `BENCH_PEOPLE` sets another size than 5,000, `BENCH_WEEKS` another time of enrolment than 52 weeks.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from gateway.attestations.judged_calendar import judged_at_contract, movers_of
from gateway.attestations.movers import Movers
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import evaluate
from gateway.outcomes.possible_courses import PossibleLives
from gateway.simulate.invented import generate_course, histories
from policies.isolation import Span
from vocabulary.weeks import Week

_EXAMPLE = Path(__file__).parents[1] / "examples" / "contracts" / "impact60.toml"
_FIRST = Week.parse("2018-W40")
_MEASURES = (
    'kind = "weeks"\nweeks_from_enrolment = 104',
    'kind = "people"\nsustained_weeks = 26',
    'kind = "retention"\nperiod = "week"\nneeded = 26\nwithin = 52\ndays_from_enrolment = 730',
    'kind = "days"\nneeded = 91\ndays_from_enrolment = 730',
    'kind = "follow_up"\nmonths = [6, 12, 18]',
)


def run() -> list[str]:
    """The ratio, what it is made of, and that the spaces are equal to those of every life."""
    people = int(os.environ.get("BENCH_PEOPLE", "5000"))
    contract = _contract(people, enrolling_weeks=int(os.environ.get("BENCH_WEEKS", "52")), windows=20)
    cohort = histories(contract, generate_course(contract, per_cent=50), seed=1, hours_vary=True)
    started = time.process_time()
    evaluate(contract, cohort, contract.windows[9].to_week)
    evaluated = time.process_time()
    judged = judged_at_contract(contract, movers_of(contract))
    moved = time.process_time()
    found = judged.findings()
    ended = time.process_time()
    window, lives, rules = evaluated - started, moved - evaluated, ended - moved
    size = f"{people:,} people × {len(contract.windows)} windows × {len(contract.measures)} measures"
    ratio, days = (lives + rules) / window, len(judged.starts.movers.days)
    parts = f"{days} first days run in {lives:.1f} s, {len(found)} views refused in {rules:.1f} s; {window:.1f} s"
    return [f"audit, {size}: {ratio:.1f}× as long as one window's evaluation ({parts})", _held_against_every_life()]


def _held_against_every_life() -> str:
    contract = _contract(30, enrolling_weeks=2, windows=3)
    started = time.process_time()
    movers = movers_of(contract)
    between = time.process_time()
    plain = [_of_every_life(contract, movers, place) for place in range(len(movers.days))]
    ended = time.process_time()
    if plain != [day.space.key for day in movers.days]:
        raise ValueError("the spaces are others than those of every life")
    ratio = (ended - between) / (between - started)
    return f"spaces of {len(plain)} first days, 3 windows: equal to those of every life, {ratio:.1f}× as long"


def _of_every_life(contract: Contract, movers: Movers, place: int) -> object:
    lives, day, space = PossibleLives(contract), movers.days[place].day, Span()
    rows = [movers.row_of_course(course) for some in (lives.courses, lives.further_courses) for course in some(day)]
    for row in rows:
        space.add({part: row.get(part, 0) - rows[0].get(part, 0) for part in row.keys() | rows[0].keys()})
    return space.key


def _contract(people: int, *, enrolling_weeks: int, windows: int) -> Contract:
    """IMPACT60's states, exits that freeze, and totals of every window for everybody; windows of a quarter."""
    text = _EXAMPLE.read_text("utf-8").replace("size = 120", f"size = {people}").replace('"neutral"', '"frozen"')
    head, _, rest = text.partition("[[measures]]\n")
    before, _, after = head.partition("illustrative = [")
    head = before + after.partition("]\n")[2]
    until = (_FIRST + enrolling_weeks).monday
    head = head.replace("enrolment_to = 2018-12-30", f"enrolment_to = {until}")
    calendar = [
        f'[[windows]]\nlabel = "w{number + 1}"\nfrom_week = "{_FIRST + number * 13}"\n'
        f'to_week = "{_FIRST + (number * 13 + 12)}"\n'
        for number in range(windows)
    ]
    terms = [
        f'[[measures]]\nid = "m{number}"\n{kind}\n'
        'states = ["ordinary_job", "fleksjob", "skaanejob", "education"]\n'
        f'[[tariffs]]\nid = "t{number}"\nkind = "price"\nof = "m{number}"\nprice_minor = {100 + number}\n'
        for number, kind in enumerate(_MEASURES)
    ]
    parts = [
        head,
        *terms,
        *calendar,
        "[freeze]\ndays_after_window = 60\n",
        "[exits]" + rest.partition("[exits]")[2].partition("[disclosure]")[0],
        "[disclosure]\nk = 5\nk_cohort = 25\n",
        '[[releases]]\ntemplate = "contract_total"\nrecipients = ["operator", "investor"]\nwindows = "all"\n',
        '[[releases]]\ntemplate = "payment_document"\nrecipients = ["operator"]\nwindows = "all"\n',
    ]
    return load_contract("\n".join(parts).encode(), file="audited.toml")
