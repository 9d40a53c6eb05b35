"""A form of contract on its road: from the referral list to bundles and bills, with a later version in between.

A story says who is referred, what the registers and instruments show of them, and what is done on which day. Nothing is
drawn: whoever reads it can work out by hand what is owed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connectors.errors import FileNotNeeded
from gateway.contracts.procurement import ChangeGround
from gateway.errors.holds import PullLooksWrong
from gateway.evaluation import manual_evidence
from gateway.evaluation.evaluating import evaluate_week
from gateway.evaluation.manual_evidence import ScoreSheet
from gateway.installation.settings import Kind
from gateway.intake import answering_holds, enrolment, pulling
from gateway.outcomes.calendar import months_after
from gateway.outcomes.contract import Contract
from gateway.settlement import acknowledging, billing, paying
from gateway.simulate.course import Activity, Course, Life
from gateway.simulate.drop import Drop
from gateway.simulate.registers import write_benefits, write_dream, write_income, write_referrals
from policies.terms import Party, Role
from tests.functional.test_traps import Clock
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality
from tests.support.settling import officer
from tests.support.simulated import Edit, acting, amend, declare, install, put_later_in_force
from vocabulary.danish_days import danish_day
from vocabulary.weeks import Month

_STRANGERS = 5  # whom the extract names as well
_FORM = "ab" * 32  # digest of a filled-in questionnaire


@dataclass(frozen=True)
class Some:
    """So many people who live alike: what they do from a month on, and on a benefit before it.

    `scores` are of an instrument by months after the start, 0 for the baseline.
    """

    people: int
    referred: date
    does: tuple[tuple[str, Activity], ...] = ()
    batch: str = ""
    scores: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()


@dataclass(frozen=True)
class Seal:
    """A batch is sealed on a day."""

    on: date
    batch: str


@dataclass(frozen=True)
class Pay:
    """On a day the registers are read, and these windows released, acknowledged, billed and paid."""

    on: date
    windows: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """On a day everybody has accepted version 2, the example or what edits make of the text, and it is in force."""

    on: date
    ground: ChangeGround
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Story:
    """One form from its referral list on. `first_month` is that of the registers' files."""

    contract: str
    notice: str
    first_month: str
    some: tuple[Some, ...]
    steps: tuple[Seal | Pay | Change, ...]
    edits: tuple[Edit, ...] = ()  # of the example contract


@dataclass(frozen=True)
class Walked:
    """What came of it: by window how many people an evaluation finds, the bundle, and what each payer was billed,
    in minor units."""

    town: SimulatedMunicipality
    evaluated: dict[str, int]
    bundles: dict[str, bytes]
    billed: dict[str, dict[str, int]]


def walk(story: Story, folder: Path) -> Walked:
    """Every step of a story, in its order."""
    clock = Clock(story.steps[0].on)
    gateway = install(folder / "gateway", story.contract, Kind.DEMO, clock=clock)
    declare(gateway, story.contract, folder, edits=story.edits)
    town = SimulatedMunicipality(gateway, story.contract, Drop(folder, folder, folder), folder)
    done, pulled, scored = Walked(town, {}, {}, {}), set[str](), set[tuple[str, ScoreSheet]]()
    for step in story.steps:
        clock.move((step.on - danish_day(clock())).days)
        match step:
            case Seal():
                _seal(story, town, step.batch)
            case Change() if step.edits:
                amend(town, *step.edits, ground=step.ground)
            case Change():
                text = (EXAMPLES / "contracts" / "later" / f"{story.contract}-2.toml").read_text("utf-8")
                put_later_in_force(town, text, ground=step.ground)
            case Pay():
                for source, file in _files(story, town, step.on):
                    if file.name not in pulled:
                        pulled.add(file.name)
                        _pull(town, source, file)
                for case, sheet in _sheets(story, _contract(town), step.on):
                    if (case, sheet) not in scored:
                        scored.add((case, sheet))
                        _register(town, case, sheet)
                for window in step.windows:
                    week = _contract(town).window(window).to_week
                    done.evaluated[window] = evaluate_week(town.gateway, town.contract, week)[0].participants
                    bundle = town.release(window, "payment_document", _creditor(town).role).bundle
                    owed = town.verified(bundle).shown["payable"]["amount_minor"]
                    done.bundles[window], done.billed[window] = bundle, _settle(town, window, is_owed=owed > 0)
    return done


def _contract(town: SimulatedMunicipality) -> Contract:
    with town.gateway.store.read() as session:
        return town.gateway.contract(session, town.contract)


def _creditor(town: SimulatedMunicipality) -> Party:
    contract = _contract(town)
    role = Role.OPERATOR if contract.parties_as("operator") else Role.INVESTOR
    return Party(contract.party(role).organisation, role)


def _lives(story: Story) -> Iterator[tuple[Life, Some]]:
    first, number = Month.parse(story.first_month), 0
    for some in story.some:
        months = [Activity.BENEFIT] * 120
        for since, activity in some.does:
            start = Month.parse(since) - first
            months[start:] = [activity] * (len(months) - start)
        for _ in range(some.people):
            yield Life(number, some.referred, tuple(months)), some
            number += 1


def _seal(story: Story, town: SimulatedMunicipality, batch: str) -> None:
    file = town.folder / f"{batch}.csv"
    write_referrals(
        file, [life for life, some in _lives(story) if some.batch in ("", batch)], offset=0, notice=story.notice
    )
    enrolment.enrol(town.gateway, town.contract, batch, file)


def _files(story: Story, town: SimulatedMunicipality, on: date) -> list[tuple[str, Path]]:
    """What the registers' files say on a day: to the end of the month before."""
    contract, lives = _contract(town), [life for life, _ in _lives(story)]
    first, last = Month.parse(story.first_month), Month.of(on) + -1
    [source], folder = contract.status_sources, town.folder / f"drawn-{on}"
    course = Course(contract.id, len(lives), on, on, first, last, source, 1, (), ())
    if source == "dream":
        files = [(source, folder / f"dream-{last}.csv")]
        write_dream(files[0][1], course, lives, offset=0, extract_people=_STRANGERS, seed=1)
    else:
        write_benefits(folder, course, lives, offset=0, extract_people=_STRANGERS)
        files = [(source, file) for file in sorted(folder.iterdir())]
    if contract.income_source:
        files.append(("income", folder / "income" / f"indkomst-{first}_{last}.csv"))
        write_income(files[-1][1], course, lives, offset=0, extract_people=_STRANGERS)
    return files


def _pull(town: SimulatedMunicipality, source: str, file: Path) -> None:
    try:
        pulling.pull(town.gateway, town.contract, source, file)
    except FileNotNeeded:
        return
    except PullLooksWrong as held:  # so many leave benefits at once: somebody says that it is right
        answering_holds.accept(town.gateway, held.hold)
        pulling.pull(town.gateway, town.contract, source, file)


def _sheets(story: Story, contract: Contract, on: date) -> Iterator[tuple[str, ScoreSheet]]:
    """What instruments have measured by a day, by case reference."""
    [start, *_] = [batch.cut_off for batch in contract.cohort.batches]
    for life, some in _lives(story):
        for instrument, scores in some.scores:
            assert start is not None
            for months, score in scores:
                if months_after(start, months) < on:
                    sheet = ScoreSheet(instrument, months_after(start, months), score, _FORM)
                    yield f"SAG-{life.number + 1:04d}", sheet


def _register(town: SimulatedMunicipality, case: str, sheet: ScoreSheet) -> None:
    """One case worker enters it, and another one confirms it."""
    clara, carla = acting(town.gateway, "clara"), acting(town.gateway, "carla")
    entered = manual_evidence.register(clara, town.contract, case, sheet, role=Role.CASE_WORKER)
    manual_evidence.confirm(carla, entered, role=Role.CASE_WORKER)


def _settle(town: SimulatedMunicipality, window: str, *, is_owed: bool) -> dict[str, int]:
    """Both sides acknowledge; each payer is billed, approves and pays. What each was billed, where anything is owed."""
    contract, creditor, desk = _contract(town), _creditor(town), officer(town)
    acknowledging.acknowledge(town.gateway, contract.id, window, as_party=creditor)
    acknowledging.acknowledge(desk, contract.id, window)
    # an operator bills; where nobody delivers for money the municipality states what it repays
    is_billing = creditor.role is Role.OPERATOR
    biller = town.gateway if is_billing else acting(town.gateway, "mona")
    billed = {}
    for payer in [one.organisation for one in contract.payers] if is_owed else ():
        bill, _ = billing.request_payment(
            biller, contract.id, window, payer=payer, as_party=creditor if is_billing else None
        )
        billed[payer] = bill.total_minor
        paying.approve(desk, contract.id, bill.number)
        paying.register_payment(desk, contract.id, bill.number, paid_on=danish_day(town.gateway.clock()))
    return billed
