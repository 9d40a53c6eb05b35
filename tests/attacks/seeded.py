"""Seeded cohorts and what their recipients would receive, by the pure functions alone: no database, no clock."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.attestations import claims
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.evaluate import Evaluation, evaluate
from gateway.outcomes.history import PersonHistory
from gateway.outcomes.not_counted import not_counted
from gateway.outcomes.tariff import DueLine, due_lines
from gateway.outcomes.terms import PlannedRelease, Window
from gateway.release.statements import relapsed_people
from tests.attacks.knowledge import Notice, Received
from tests.support.histories import EXAMPLES
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Week

START = Week.parse("2018-W40")
OUT = ""
_STATUSES = {
    OUT: Status.SICKNESS,
    "ordinary_job": Status.NO_BENEFIT,
    "fleksjob": Status.FLEKSJOB,
    "skaanejob": Status.SKAANEJOB,
    "education": Status.EDUCATION,
    "partial_job": Status.BENEFIT,
}
_EMPLOYED = {"ordinary_job", "partial_job"}
_WEIGHTS = {OUT: 50, "ordinary_job": 20, "fleksjob": 13, "education": 10, "partial_job": 6, "skaanejob": 1}
_HOURS = 14_800  # paid hours of a month in hundredths

Known = Callable[[Window], Sequence[PersonHistory]]  # the cohort as its data were known when a window froze


def contract_text(
    name: str, *, size: int, months: int = 0, threshold: int = 0, replaced: Mapping[str, str] | None = None
) -> str:
    """An example contract for a cohort of another size; with `months`, 24 months in windows of so many months."""
    text = (EXAMPLES / "contracts" / f"{name}.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^size = \d+", f"size = {size}", text)
    text = re.sub(r"(?m)^threshold_people = \d+", f"threshold_people = {threshold or size // 2}", text)
    if months:
        windows = [window_table(number, months) for number in range(24 // months)]
        text = re.sub(r"(?s)\[\[windows\]\].*?(?=\[freeze\])", "\n".join(windows), text)
        for key in ("breakdown_windows", "reasons_windows"):
            text = text.replace(f'{key} = ["2020H2"]', f'{key} = ["w{24 // months}"]')
    for old, new in (replaced or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def window_table(number: int, months: int) -> str:
    """Window `number` of so many months of 13 weeks a quarter; 24 months are 104 weeks."""
    edges = [START + 104 * part * months // 24 for part in (number, number + 1)]
    return f'[[windows]]\nlabel = "w{number + 1}"\nfrom_week = "{edges[0]}"\nto_week = "{edges[1] + -1}"\n'


def contract_for(name: str, **options) -> Contract:
    return load_contract(contract_text(name, **options).encode(), file=f"{name}.toml")


def person(number: int, states: Sequence[str], *, enrolled: date = START.monday) -> PersonHistory:
    """A person with this state in each week from `START`; nothing is observed after the last one."""
    weeks = [START + place for place in range(len(states))]
    employed = {week.month.ordinal for week, state in zip(weeks, states, strict=True) if state in _EMPLOYED}
    return PersonHistory(
        subject=f"{number + 1:032x}",
        enrolled_on=enrolled,
        statuses={week.ordinal: frozenset({_STATUSES[s]}) for week, s in zip(weeks, states, strict=True)},
        hours={(month, IncomeType.WAGE): _HOURS for month in sorted(employed)},
        postings={(month, IncomeType.WAGE): 1 for month in sorted(employed)},
        earnings={},
    )


def cohort(
    size: int,
    seed: int,
    *,
    weeks: int = 117,
    enrolment_days: int = 84,
    weights: Mapping[str, int] = _WEIGHTS,
    moving: float = 0.04,
) -> list[PersonHistory]:
    """People who take up and lose work as in IMPACT60, enrolled over a quarter; `moving` is the chance of a week."""
    draw = random.Random(seed)
    people = []
    for number in range(size):
        states = [*draw.choices(list(weights), list(weights.values()))]
        while len(states) < weeks:
            moves = draw.random() < moving
            states += draw.choices(list(weights), list(weights.values())) if moves else states[-1:]
        enrolled = START.monday + timedelta(days=draw.randrange(enrolment_days))
        people.append(person(number, states, enrolled=enrolled))
    return people


def steadier(size: int, seed: int, *, weeks: int = 118) -> list[PersonHistory]:
    """People as in Ballerup: some hold a job for half a year, and some lose it again."""
    return cohort(size, seed, weeks=weeks, weights={OUT: 45, "ordinary_job": 55}, moving=0.02)


def steady(cells: Mapping[str, int], size: int, *, weeks: int = 117) -> list[PersonHistory]:
    """A cohort in which everybody stays in one state: so many people in each, the rest in none."""
    states = [state for state, count in cells.items() for _ in range(count)]
    return [person(number, [state] * weeks) for number, state in enumerate([*states, *[OUT] * (size - len(states))])]


def roster(people: Sequence[PersonHistory]) -> list[date]:
    return [one.enrolled_on for one in people]


@dataclass(frozen=True, slots=True)
class Course:
    """What was received, the due lines of each window's payment document, and whom the operator takes back."""

    received: list[Received]
    due: dict[str, tuple[DueLine, ...]]
    notices: list[Notice]

    def by(self, *recipients: str) -> list[Received | Notice]:
        """All that these recipients hold together; notices go to the operator alone."""
        documents = [document for document in self.received if document.recipient in recipients]
        return [*documents, *(self.notices if "operator" in recipients else [])]

    @property
    def paid(self) -> int:
        """Minor units in all payment documents."""
        return sum(line.amount_minor for lines in self.due.values() for line in lines)


def course(contract: Contract, known: Known | Sequence[PersonHistory], *, refuse: bool = True) -> Course:
    """Draft and rehearse all that the contract plans, window after window, as the release cycle does.

    With `refuse` off nothing is rehearsed: for scenarios in which a rule is switched off.
    """
    at = known if callable(known) else (lambda window: known)
    result, documented = Course([], {}, []), dict[str, tuple[int, int]]()
    paid_in = {one.window for one in contract.releases if one.template == "payment_document"}
    evaluations: dict[tuple[int, str], Evaluation] = {}

    def totals(people: Sequence[PersonHistory], window: Window) -> Evaluation:
        key = (id(people), window.label)
        if key not in evaluations:
            evaluations[key] = evaluate(contract, people, window.to_week)
        return evaluations[key]

    for number, window in enumerate(contract.windows):
        people = at(window)
        now = totals(people, window)
        before = totals(people, contract.windows[number - 1]) if number else None
        series = [one.figures(contract, {}) for one in (before, now) if one is not None]
        due = due_lines(contract, series=series, documented=documented)
        result.due[window.label] = due
        for line in due if window.label in paid_in or not paid_in else ():
            quantity, amount = documented.get(line.tariff, (0, 0))
            documented[line.tariff] = (quantity + line.quantity, amount + line.amount_minor)
        seals = [
            {"batch": "2018", "count": len(people), "sealed_on": "2018-12-30"}
            | dict.fromkeys(("plan", "root", "nonce"), "0" * 64)
        ]
        sources = claims.Sources(str(window.to_week), 1_600_000_000 + number, contract.sources, now.inputs_sha256)
        for release in contract.releases:
            if release.window != window.label:
                continue
            shown = claims.disclosable_claims(
                release.template,
                contract=contract,
                window=window,
                evaluation=now,
                before=before,
                due=due,
                documented={},
                seals=seals,
                sources=sources,
                reasons=_reasons(contract, release, people, window),
            )
            if refuse:
                claims.rehearse(
                    visible(contract, window, release.template, release.recipient), shown, contract=contract
                )
            result.received.append(Received(release.recipient, window.label, release.template, shown))
    places = {one.subject: place for place, one in enumerate(at(contract.windows[0]))}
    for statement in contract.statements:
        window, measure = contract.window(statement.window), contract.people_measure
        assert window is not None
        assert measure is not None
        named = relapsed_people(contract, measure, window, at(window))
        result.notices.append(Notice(window.label, frozenset(places[subject] for subject in named)))
    return result


def _reasons(
    contract: Contract, release: PlannedRelease, people: Sequence[PersonHistory], window: Window
) -> dict[str, int] | None:
    """As the release cycle decides it: for the operator, with the one window that the contract names."""
    measure = contract.people_measure
    if measure is None or (release.recipient, window.label) != ("operator", contract.reasons_window):
        return None
    return not_counted(contract, measure, people, window.to_week)


def visible(contract: Contract, window: Window, template: str, recipient: str) -> dict:
    return claims.visible_claims(
        template,
        contract=contract,
        window=window,
        recipient=recipient,
        issuer="https://gateway.test.example",
        host="gateway.test.example",
        vct_integrity=f"sha256-{'A' * 43}=",
        jti="urn:uuid:00000000-0000-4000-8000-000000000001",
        seq=1,
        status_index=1,
        status_uri="https://gateway.test.example/status/1",
        slot=1_700_000_000,
        decision_id="1",
        policy_set_sha256="0" * 64,
        is_demo=True,
    )
