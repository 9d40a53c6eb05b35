"""A story: the law of 29 December 2025 comes in the middle of a contract.

The contract runs from October 2024 to June 2027. On 1 July 2026 ressourceforløb closes to new people: whoever had one
goes on. The register gets codes that no list explains yet: one of a fleksjob in November 2026, and one of a benefit on
1 January 2027, when a new main law is expected. These two codes are ILLUSTRATIVE: no list of them is published.

Nothing of it is taken for no benefit, nothing is lost, and nobody is kept waiting without being told: the weeks are
unknown and counted, `gateway doctor` names the codes, the municipality amends its code list, the same file is read
again, and a correction pays what was missing, which both parties verify.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.transport import Page
from gateway.contracts import declarations
from gateway.errors.holds import DataHeld, PullLooksWrong
from gateway.intake import answering_holds, pulling
from gateway.intake.pulling_records import pull_records
from gateway.jobs.doctor import WARN, examine_opened
from gateway.oversight import log_reading
from gateway.release import correction
from gateway.simulate.registers import replacement_cpr
from policies.errors import PolicyDenied
from tests.functional.test_record_pulls import PERIODS, Pages, PersonByPerson, declare, numbers, source_text
from tests.functional.test_traps import Clock
from tests.support.examples import every_third
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from tests.support.simulated import Edit, simulated
from tests.support.stored import stored_spells
from vocabulary.weeks import Week

# IMPACT60 six years later: 2026 has 53 weeks, as 2020 had
LATER: tuple[Edit, ...] = (("2018", "2024"), ("2020", "2026"), ("2021", "2027"))
SUNDAY: Edit = ("2024-12-30", "2024-12-29")
# of so few one may be too much
FOLD: Edit = (
    "k_cohort = 25",
    'k_cohort = 25\nfold = "blocks"\nfold_at_most = 1\nfold_cost = "investor"',
)
PERIOD: tuple[Edit, ...] = (
    ("opens_on = 2018-10-01", "opens_on = 2024-09-30"),  # the Monday of the first week
    ("closes_on = 2022", "closes_on = 2028"),
    ("accounting_until = 2026", "accounting_until = 2034"),
    ("notice-2018-1", "notice-2024-1"),
)
ANNE, BO, DORA, EMIL = 18, 7, 17, 15  # by their number in the referral list
LAST = "2026H2"
PRICE_MINOR = 150_000
AMENDED = """
[codes]
source = "illustrative: letter of the supplier, 1 February 2027"

[codes.statuses]
fleksjob = ["775"]
unemployed = ["932"]

[[codes.limits]]
codes = ["775"]
first = 2026-11-02
source = "illustrative"

[[codes.limits]]
codes = ["932"]
first = 2027-01-01
source = "illustrative: main law expected from 1 January 2027"
"""
BO_IS_RIGHT = AMENDED.replace("[codes.statuses]", '[codes.statuses]\nbenefit = ["810"]')


def reformed(folder: Path, unknown_codes: str = "report") -> SimulatedMunicipality:
    """The contract in March 2027, when the data of the second half of 2026 freeze; nothing is pulled."""
    town = simulated(
        folder,
        course_edits=(*SMALL_COURSE[:-1], *LATER, SUNDAY),
        edits=(
            *SMALL_CONTRACT[:-1],
            FOLD,
            *LATER,
            ("2019", "2025"),
            SUNDAY,
            ('unknown_codes = "report"', f'unknown_codes = "{unknown_codes}"'),
        ),
        programme_edits=PERIOD,
        extract_people=20,
        clock=Clock(date(2027, 3, 10)),
    )
    _write_reform(town.drop.status)
    town.enrol()
    return SimulatedMunicipality(town.gateway, town.contract, town.drop, town.folder)


def _write_reform(extract: Path) -> None:
    """What the register shows of four people, and of everybody on kontanthjælp from 2027 on."""
    header, *lines = (line.split(",") for line in extract.read_text().splitlines())
    weeks = [(number, f"20{name[2:4]}-W{name[4:]}") for number, name in enumerate(header) if number]
    shown = {ANNE: ("810", "2026-W10"), BO: ("810", "2026-W40"), DORA: ("775", "2026-W45"), EMIL: ("775", "2026-W45")}
    by_number = {replacement_cpr(person): told for person, told in shown.items()}
    for cells in lines:
        code, since = by_number.get(cells[0], ("", "9999"))
        for number, week in weeks:
            if week >= since:
                cells[number] = code
            elif week >= "2027" and cells[number] == "730":
                cells[number] = "932"
            elif cells[number] == "115":  # another story
                cells[number] = "730"
    extract.write_text("\n".join(",".join(cells) for cells in (header, *lines)) + "\n")


def amend_codes(town: SimulatedMunicipality, codes: str) -> pulling.PullReport:
    """Declare the source anew with codes of its own, and pull the same file again."""
    file = town.folder / "dream.toml"
    file.write_text((EXAMPLES / "sources" / "dream.toml").read_text("utf-8") + codes, "utf-8")
    declarations.declare_source(town.gateway, file)
    town.gateway.clock.move(1)
    return pulling.pull(town.gateway, town.contract, "dream", town.drop.status)


def statuses_of(town: SimulatedMunicipality, code: str, since: str = "2026-W28") -> set[str]:
    """The statuses that the store holds now of a code, in spells that reach beyond a week."""
    with town.gateway.store.read() as session:
        rows = [row for row in stored_spells(session) if row.code == code and row.known_to is None]
    return {row.status for row in rows if row.to_week >= Week.parse(since).ordinal}


def release_all(town: SimulatedMunicipality) -> None:
    with town.gateway.store.read() as session:
        windows = town.gateway.contract(session, town.contract).windows_until(LAST)
    for window in windows:
        town.release(window.label, "payment_document", "operator")
    town.release(LAST, "contract_total", "investor")


@pytest.mark.long
def test_the_law_of_29_december_2025_in_mid_contract(tmp_path: Path):
    town = reformed(tmp_path)

    # The pull counts every week that it cannot read, by code. Anne had her ressourceforløb before and keeps it.
    dream, _ = town.pull_all(accepts_holds=True)
    on_benefit = dream.unknown_codes.pop("932")
    assert on_benefit > 0
    assert on_benefit % 8 == 0, "whole people, in the eight weeks of 2027 that the extract has"
    assert dream.unknown_codes == {"775": 2 * 17, "810 (new after it closed)": 14 + 8}
    assert statuses_of(town, "810") == {"benefit", "unknown"}
    assert statuses_of(town, "775") == statuses_of(town, "932") == {"unknown"}

    # It is said aloud, with the code and what helps.
    [said] = [one for one in examine_opened(town.gateway) if "could not read" in one.what]
    assert said.level == WARN
    assert "775 in 34 weeks" in said.what
    assert "810 (new after it closed) in 22 weeks" in said.what
    assert "[codes]" in said.advice

    # The contract reports unknown codes and does not wait for them: what is certain is paid in its time.
    release_all(town)
    paid = town.verified(town.release(LAST, "payment_document", "operator").bundle).shown
    total = town.verified(town.release(LAST, "contract_total", "investor").bundle).shown
    achieved = town.people("2026-W53")
    assert total["outcomes_achieved"] == achieved

    # The municipality learns what the codes mean. The same file says more under the amended list; Bo stays unknown.
    again = amend_codes(town, AMENDED)
    assert again.is_new
    assert again.unknown_codes == {"810 (new after it closed)": 22}
    assert (statuses_of(town, "775"), statuses_of(town, "932")) == ({"fleksjob"}, {"unemployed"})
    assert town.people("2026-W53") == achieved + 2

    # Dora's and Emil's nine weeks are paid by a correction; operator and investor verify the difference themselves.
    corrected = {
        one.template: town.verified(one.bundle).shown
        for one in correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    }
    missing = 2 * 9 * PRICE_MINOR
    payment, figures = corrected["payment_document"], corrected["contract_total"]
    assert payment["difference"]["amount_minor"] == missing
    assert payment["payable"]["amount_minor"] == paid["payable"]["amount_minor"] + missing
    assert figures["difference"]["outcomes_achieved"] == 2
    assert figures["outcomes_achieved"] == total["outcomes_achieved"] + 2 == achieved + 2

    # Bo came from another municipality with his ressourceforløb: a person decides that, and no figure changes.
    last = amend_codes(town, BO_IS_RIGHT)
    assert last.is_new
    assert last.unknown_codes == {}
    assert statuses_of(town, "810") == {"benefit"}
    handed_out = correction.correct(town.gateway, town.contract, LAST, reason="source_corrected")
    assert {one.template: town.verified(one.bundle).shown for one in handed_out} == corrected
    assert not any(one.is_new for one in handed_out), "nothing is left to correct: the last one again"
    assert not [one for one in examine_opened(town.gateway) if "could not read" in one.what]
    assert not pulling.pull(town.gateway, town.contract, "dream", town.drop.status).is_new, "the same again is nothing"
    log_reading.verify_logs(town.gateway)


@pytest.mark.long
def test_a_contract_that_blocks_unknown_codes_waits_until_the_list_is_amended_and_says_so(tmp_path: Path):
    town = reformed(tmp_path, "block")
    town.pull_all(accepts_holds=True)
    for window in ("2024H2", "2025H1", "2025H2", "2026H1"):  # before the law nothing is unknown
        assert town.release(window, "payment_document", "operator").is_new
    with pytest.raises(PolicyDenied) as refused:
        town.release(LAST, "payment_document", "operator")
    assert any("codes" in rule for rule in refused.value.decision.rule_ids)
    amend_codes(town, AMENDED)
    with pytest.raises(PolicyDenied):
        town.release(LAST, "payment_document", "operator")  # of Bo nobody is certain yet
    amend_codes(town, BO_IS_RIGHT)
    assert town.release(LAST, "payment_document", "operator").is_new


def test_what_nobody_can_read_yet_is_held_until_the_list_is_amended(tmp_path: Path):
    """More than half of the people have a code that no list explains: the pull is held before money moves."""
    town = reformed(tmp_path)
    pulling.pull(town.gateway, town.contract, "income", town.drop.income)
    with pytest.raises(PullLooksWrong):
        pulling.pull(town.gateway, town.contract, "dream", town.drop.status)
    [held] = answering_holds.list_holds(town.gateway, town.contract)
    assert any("unknown_codes" in finding for finding in map(str, held.findings))
    assert any("held" in one.what for one in examine_opened(town.gateway) if one.level == WARN)
    with pytest.raises(DataHeld):
        town.release("2024H2", "payment_document", "operator")

    again = amend_codes(town, AMENDED)
    assert again.is_new
    assert again.unknown_codes == {"810 (new after it closed)": 22}, "one person of thirty is no alarm, and is counted"
    assert [one.answer for one in answering_holds.list_holds(town.gateway, town.contract)] == ["superseded"]
    release_all(town)


@pytest.mark.parametrize("answers", every_third(["person by person", "list", "changes"]))
def test_who_is_new_is_told_apart_whatever_way_the_records_come(tmp_path: Path, answers: str):
    """Three people of a source of periods: one goes on, one is new, and one came back to what he had."""
    town = ready(tmp_path / "town", pulled=False)
    town.enrol()
    goes_on, is_new, came_back, *others = numbers(town)
    periods = {
        goes_on: [("810", "2020-01-06", "2020-12-27")],
        is_new: [("730", "2020-01-06", "2020-09-27"), ("810", "2020-09-28", "2020-12-27")],
        came_back: [("810", "2020-01-06", "2020-06-28"), ("813", "2020-09-28", "2020-12-27")],
    }
    own = (
        '\n[codes]\nsource = "x"\n[codes.statuses]\nbenefit = ["810", "813", "730"]\nno_benefit = [""]\n'
        '[[codes.limits]]\ncodes = ["810", "813"]\nclosed_to_new = 2020-07-01\nsource = "illustrative law"\n'
    )
    is_list = answers != "person by person"
    columns = PERIODS | ({"record": "r", "version": "v"} if answers == "changes" else {})
    text = source_text("periods", columns, answers="changes" if answers == "changes" else "whole")
    declare(town, tmp_path, text + own)

    def records(number: str) -> list[tuple[str, ...]]:
        found = []
        for code, first, last in periods.get(number, []):
            cells = {"code": code, "cpr": number if is_list else "", "from_day": first, "to_day": last}
            cells |= {"record": f"{number}-{first}", "version": "1"}
            found.append(tuple(cells[word] for word in sorted(columns)))
        return found

    if is_list:
        everything = [record for number in (*periods, *others) for record in records(number)]
        report = pull_records(town.gateway, town.contract, "dream", Pages([Page(tuple(everything), "1")]))
    else:
        report = pull_records(town.gateway, town.contract, "dream", PersonByPerson(records))
    assert report.unknown_codes == {"810 (new after it closed)": 13}
    with town.gateway.store.read() as session:
        rows = [row for row in stored_spells(session) if row.code and row.known_to is None]
    told = {(row.code, row.status, str(Week(row.from_week)), str(Week(row.to_week))) for row in rows}
    assert told == {
        ("810", "benefit", "2020-W02", "2020-W52"),
        ("730", "benefit", "2020-W02", "2020-W39"),
        ("810", "unknown", "2020-W40", "2020-W52"),
        ("810", "benefit", "2020-W02", "2020-W26"),
        ("813", "benefit", "2020-W40", "2020-W52"),
    }
