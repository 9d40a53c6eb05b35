"""A draft of many measures tried on invented people, as `gateway contract simulate` tries it: processor time.

On a sample every figure is held against the evaluator's, asked anew for each measure, window and person; then a whole
what-if of everybody, each term varied, is measured. `BENCH_PEOPLE` sets another size than 1,000.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.figures import Figures
from gateway.outcomes.forecast import Recount
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.priced_units import PersonalTerms
from gateway.outcomes.results import person_result
from gateway.outcomes.varied import terms
from gateway.outcomes.whatif import Tried, what_if
from gateway.simulate.invented import generate_course, histories
from vocabulary.weeks import Week

_WEEKS, _WINDOWS, _SAMPLE = 204, 17, 50
_EXAMPLE = Path(__file__).parents[1] / "examples" / "contracts" / "impact60.toml"
_FIRST = Week.parse("2018-W40")
_ALL = ("ordinary_job", "fleksjob", "skaanejob", "education", "partial_job")
_WORK, _JOB = _ALL[:4], _ALL[:1]


def run() -> list[str]:
    """The ratio on a sample, and the seconds of the whole."""
    contract, people = _drawn(_SAMPLE)
    started = time.process_time()
    ours = Recount(contract, people).series(contract, {})
    between = time.process_time()
    plain = _person_by_person(contract, people)
    ended = time.process_time()
    if ours != plain:
        raise ValueError("the figures are others than the evaluator's")
    ratio = (ended - between) / (between - started)
    contract, people = _drawn(int(os.environ.get("BENCH_PEOPLE", "1000")))
    size = f"{len(contract.measures)} measures × {len(people):,} people × {_WEEKS} weeks, {_WINDOWS} windows"
    started = time.process_time()
    what_if(contract, [Tried("50 %", contract, (people,), (1,))], {}, swings_of="50 %", plans={}, report=_tell_nobody)
    seconds = time.process_time() - started
    return [
        f"figures of all windows, {_SAMPLE} people: equal to the evaluator's, {ratio:.1f}× as long window by window",
        f"what-if, {size}, {len(terms(contract))} terms varied: processor time {seconds:.1f} s",
    ]


def _tell_nobody(_done: int, _of: int) -> None:
    """Nobody watches a bench."""


def _drawn(people: int) -> tuple[Contract, tuple[PersonHistory, ...]]:
    contract = load_contract(rate_card(people=people, weeks=_WEEKS, windows=_WINDOWS), file="rate_card.toml")
    course = generate_course(contract, per_cent=50)
    return contract, tuple(histories(contract, course, seed=1, hours_vary=True))


def _person_by_person(contract: Contract, people: Sequence[PersonHistory]) -> list[Figures]:
    found, terms = list[Figures](), PersonalTerms.of(contract)
    for number, window in enumerate(contract.windows, start=1):
        quantities, personal = Counter[str](), Counter[str]()
        for person in people:
            units = {
                measure.id: person_result(contract, measure, person, window.to_week).cells
                for measure in contract.measures
            }
            quantities.update({name: sum(cells.values()) for name, cells in units.items()})
            personal.update(terms.amounts([units]))
        found.append(Figures(window.label, dict(quantities), dict(personal), number))
    return found


def rate_card(*, people: int, weeks: int, windows: int) -> bytes:
    """IMPACT60's states and exits with 14 measures of every kind, for so many weeks in equal windows."""
    before, _, rest = _EXAMPLE.read_text("utf-8").partition("[[measures]]\n")
    head = before.replace("size = 120", f"size = {people}").partition("[[states]]")
    illustrative, _, after = head[0].partition("illustrative = [")
    _, _, after = after.partition("]\n")
    exits = "[exits]" + rest.partition("[exits]")[2].partition("[disclosure]")[0]
    measures = [
        _measure("weeks_all", "weeks", _ALL, weeks_from_enrolment=156),
        _measure("weeks_work", "weeks", _WORK, weeks_from_enrolment=104),
        _measure("weeks_job", "weeks", _JOB, weeks_from_enrolment=52),
        _measure("in_work", "people", _WORK, sustained_weeks=13, threshold_people=people // 2),
        _measure("first_job", "retention", _JOB, needed=1, within=1, period='"week"'),
        _measure("job_13", "retention", _JOB, needed=13, within=13, period='"week"'),
        _measure("job_26", "retention", _JOB, needed=26, within=32, period='"week"'),
        _measure("work_26", "retention", _WORK, needed=26, within=26, period='"week"', days_from_enrolment=700),
        _measure("work_52", "retention", _ALL, needed=52, within=60, period='"week"'),
        _measure("months_6", "retention", _WORK, needed=6, within=6, period='"month"'),
        _measure("months_12", "retention", _WORK, needed=12, within=15, period='"month"'),
        _measure("days_182", "days", _WORK, needed=182, days_from_enrolment=638),
        _measure("days_365", "days", _ALL, needed=365),
        _measure("points", "follow_up", _WORK, months="[6, 12, 18, 24, 36]"),
    ]
    prices = [
        f'[[tariffs]]\nid = "{name}"\nkind = "price"\nof = "{name}"\nprice_minor = {1000 * number}\n'
        for number, (name, _) in enumerate(measures, start=1)
    ]
    length = weeks // windows
    calendar = [
        f'[[windows]]\nlabel = "w{number + 1}"\nfrom_week = "{_FIRST + number * length}"\n'
        f'to_week = "{_FIRST + ((number + 1) * length - 1)}"\n'
        for number in range(windows)
    ]
    parts = [
        illustrative + after + "[[states]]" + head[2],
        *(text for _, text in measures),
        *prices,
        f"[caps]\nperson_minor = 500000\ncontract_minor = {400_000 * people}\n",
        *calendar,
        "[freeze]\ndays_after_window = 60\n",
        exits,
        "[disclosure]\nk = 5\nk_cohort = 25\n",
        '[[releases]]\ntemplate = "payment_document"\nrecipients = ["operator"]\nwindows = "all"\n',
    ]
    return "\n".join(parts).encode()


def _measure(name: str, kind: str, states: tuple[str, ...], **terms: object) -> tuple[str, str]:
    named = ", ".join(f'"{state}"' for state in states)
    lines = [f'id = "{name}"', f'kind = "{kind}"', f"states = [{named}]"]
    lines += [f"{key} = {value}" for key, value in terms.items()]
    return name, "\n".join(["[[measures]]", *lines, ""])
